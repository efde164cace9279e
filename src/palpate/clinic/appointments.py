"""Booking, moving and cancelling appointments, and what happened to them. Call inside an act.

Times are given as the wall clock of the practice shows them and kept as instants; lengths add in real minutes. Two
bookings never share therapist, room or person: `[start, end)`. The store itself holds that
(`palpate.clinic.booking.constraint`); what is checked here beforehand makes for a clear answer with free times.
"""

from __future__ import annotations

import uuid
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from palpate.clinic import messages
from palpate.clinic.access import appointments as rows
from palpate.clinic.access import booking, phone
from palpate.clinic.access import practice as the
from palpate.clinic.access.trail import locked_head
from palpate.clinic.acts import open_deed
from palpate.clinic.booking import cancelling, constraint, hours, offering, wall
from palpate.clinic.booking.wall import ComesTwice, instant
from palpate.clinic.models import Appointment, Episode, Person, Room, Service, User
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, Refused

__all__ = ["ComesTwice", "TimeTaken", "Wish", "book", "free", "instant", "last_day", "move", "near", "set_state"]

State = Appointment.State
MINUTES = (15, 20, 30, 40, 45, 50, 60, 75, 90, 120)  # lengths that can be booked without a service
USUAL = 60  # minutes: a massage of the back with its questions and tests
MONTHS_AHEAD = 18
STEP = timedelta(minutes=15)
WHO = {"therapist": "the therapist", "room": "the room", "person": "the person"}
# What one tap may turn a state into. What is done or cancelled stays so.
CHANGES: dict[str, frozenset[str]] = {
    State.BOOKED: frozenset({State.ARRIVED, State.NO_SHOW, State.CANCELLED}),
    State.ARRIVED: frozenset({State.BOOKED, State.CANCELLED}),
    State.NO_SHOW: frozenset({State.BOOKED, State.ARRIVED}),
}
PERSON, PRACTICE = "person", "practice"  # who cancels


class TimeTaken(Refused):
    """Somebody or something is taken at that time. `free` are times near it, as instants."""

    status = 409

    def __init__(self, message: str, free: Sequence[datetime]) -> None:
        super().__init__(message)
        self.free = free


@dataclass(frozen=True)
class Wish:
    """What is to be booked. `starts` is an instant; lengths are real minutes.

    outside         all the same, though the therapist does not work then
    course_session  which session of the course it is for, from 1
    ahead_why       why it is booked past the next decision point
    """

    person: Person
    therapist: User
    room: Room | None
    starts: datetime
    minutes: int
    episode: Episode | None = None
    service: Service | None = None
    turnover: int = 0
    outside: bool = False
    course_session: int | None = None
    ahead_why: str = ""

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)

    @property
    def held_until(self) -> datetime:
        """Until when therapist and room are taken."""
        return self.ends + timedelta(minutes=self.turnover)


def last_day(today: date) -> date:
    """The last day that can be booked: 18 months ahead (S-24)."""
    month = today.month - 1 + MONTHS_AHEAD
    year, month = today.year + month // 12, month % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _checked(wish: Wish, time_zone: str, but: uuid.UUID | None = None) -> None:
    """Whether a wish can be booked. Errors: BadInput with the field; TimeTaken."""
    zone = ZoneInfo(time_zone)
    day, today = wish.starts.astimezone(zone).date(), now().astimezone(zone).date()
    if wish.service is None and wish.minutes not in MINUTES:
        raise BadInput("choose one of the lengths", "minutes")
    if wish.starts < now():
        raise BadInput("this time is over; choose a later one", "time")
    if day > last_day(today):
        raise BadInput(f"at most {MONTHS_AHEAD} months ahead can be booked", "day")
    if not the.therapists().filter(pk=wish.therapist.pk).exists():
        raise BadInput("choose somebody who treats people here", "therapist")
    if not offering.who_gives(wish.service, [wish.therapist.pk]):
        assert wish.service is not None
        raise BadInput(f"{wish.therapist.name} does not give “{wish.service.name}”; choose somebody else, or another "
                       "service", "therapist")  # fmt: skip
    if wish.room is not None and not wish.room.active:
        raise BadInput("this room is not in use", "room")
    if wish.episode is not None and wish.episode.person_id != wish.person.pk:
        raise Conflict("This episode belongs to another person. Nothing was saved.")
    if not wish.outside and wish.therapist.pk in booking.with_hours():
        works = hours.windows([wish.therapist.pk], day - timedelta(days=1), day, time_zone)[wish.therapist.pk]
        if not hours.within(works, wish.starts, wish.ends):
            raise BadInput(f"{wish.therapist.name} does not work then; say that it is meant, or choose another time",
                           "outside")  # fmt: skip
    whom = clash(wish, but)
    if whom:
        raise _taken(wish, whom, time_zone, but)


def clash(wish: Wish, but: uuid.UUID | None = None) -> list[str]:
    """Who or what is taken at the time of a wish: "therapist", "room", "person"."""
    room = wish.room.pk if wish.room is not None else None
    busy = rows.taken(wish.starts, wish.held_until, wish.therapist.pk, wish.person.pk, room, but)
    return list(dict.fromkeys(which for begins, ends, which in busy if _meets(wish, wish.starts, begins, ends, which)))


def _meets(wish: Wish, starts: datetime, begins: datetime, ends: datetime, which: str) -> bool:
    """Whether what is taken meets a wish at this start: the person is held until its end, the others longer."""
    minutes = wish.minutes if which == "person" else wish.minutes + wish.turnover
    return begins < starts + timedelta(minutes=minutes) and starts < ends


def _taken(wish: Wish, clashing: Sequence[str], time_zone: str, but: uuid.UUID | None) -> TimeTaken:
    whom = " and ".join(WHO[which] for which in clashing)
    return TimeTaken(f"At this time {whom} is taken. Nothing was saved.", near(wish, time_zone, but))


def _save(row: Appointment, wish: Wish, time_zone: str, *, new: bool) -> None:
    """Writes a row, unless the store finds its time taken by one that came in between. Errors: TimeTaken."""
    try:
        with transaction.atomic():
            row.save(force_insert=new)
    except IntegrityError as error:
        if not constraint.is_double(error):
            raise
        but = None if new else row.pk
        raise _taken(wish, clash(wish, but) or ["therapist"], time_zone, but) from None


def book(wish: Wish, time_zone: str) -> Appointment:
    """Books an appointment. Errors: BadInput with the field; TimeTaken with free times near."""
    locked_head()  # every act takes this lock at its end: taken now, two bookings never wait for each other
    _checked(wish, time_zone)
    row = Appointment(person=wish.person, created=now())
    _fill(row, wish, time_zone)
    row.episode, row.course_session, row.ahead_why = wish.episode, wish.course_session, wish.ahead_why
    _save(row, wish, time_zone, new=True)
    messages.booked(row)
    return row


def move(appointment: Appointment, version: int, wish: Wish, time_zone: str) -> Appointment:
    """Moves an appointment that is still to come. Errors: as for `book`; Conflict."""
    locked_head()
    held = _held(appointment, version)
    if held.state != State.BOOKED:
        raise Conflict("Only an appointment that is booked can be moved. Nothing was changed.")
    _checked(wish, time_zone, held.pk)
    before = held.starts
    _fill(held, wish, time_zone)
    held.version += 1
    _save(held, wish, time_zone, new=False)
    _meet_wish(held)
    messages.moved(held, before)
    return held


def _fill(row: Appointment, wish: Wish, time_zone: str) -> None:
    row.therapist, row.room, row.service = wish.therapist, wish.room, wish.service
    row.starts, row.ends, row.held_until = wish.starts, wish.ends, wish.held_until
    wall.stamp(row, time_zone)


def as_wish(row: Appointment, starts: datetime | None = None, **other: object) -> Wish:
    """An appointment as what would be booked, at its own time or another."""
    told: dict[str, object] = {
        "person": row.person,
        "therapist": row.therapist,
        "room": row.room,
        "starts": starts or row.starts,
        "minutes": int((row.ends - row.starts).total_seconds()) // 60,
        "episode": row.episode,
        "service": row.service,
        "turnover": int((row.held_until - row.ends).total_seconds()) // 60,
        "course_session": row.course_session,
        "ahead_why": row.ahead_why,
    }
    return Wish(**(told | other))  # type: ignore[arg-type]


def set_state(appointment: Appointment, version: int, state: str, by: str = PRACTICE) -> Appointment:
    """Says what became of an appointment. Takes by: who cancels, the person or the practice.

    Errors  Conflict, where it cannot become that, or has changed meanwhile.
    """
    locked_head()
    held = _held(appointment, version)
    if state == held.state:
        return held
    if state not in CHANGES.get(held.state, frozenset()):
        raise Conflict(f"This appointment is {held.get_state_display().lower()}. Nothing was changed.")
    if state == State.NO_SHOW and held.starts > now():
        raise Conflict("This appointment has not begun yet. Nothing was changed.")
    if state != State.ARRIVED and rows.has_session(held):
        raise Conflict("A session was begun for this appointment. Nothing was changed.")
    before, held.state = held.state, state
    held.fee_cents = cancelling.fee_of(held, by)
    if state == State.CANCELLED:
        if by not in (PERSON, PRACTICE):
            raise BadInput("Say who cancels: the person or the practice.")
        held.cancelled_at, held.cancelled_by = now(), by
    held.version += 1
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as error:
        if before != State.NO_SHOW or not constraint.is_double(error):
            raise
        raise Conflict(
            "Its time has been given to somebody else meanwhile. Book another. Nothing was changed."
        ) from None
    if state == State.CANCELLED:
        _meet_wish(held)
        messages.cancelled(held)
    elif state == State.NO_SHOW:
        messages.withdraw(held)
    return held


def _meet_wish(row: Appointment) -> None:
    """A visit that was moved or cancelled answers what the person asked about it by telephone."""
    wish = phone.open_wish(row)
    if wish is not None:
        wish.done, wish.done_by_id = now(), open_deed().actor.user_id
        wish.save(update_fields=["done", "done_by"])


def _held(appointment: Appointment, version: int) -> Appointment:
    held = rows.locked(appointment)
    if held.version != version:
        raise Conflict("This appointment has changed meanwhile. Nothing was saved. Open the page again.")
    return held


def near(wish: Wish, time_zone: str, but: uuid.UUID | None = None, most: int = 6) -> list[datetime]:
    """Free times of the same length nearest to a wish, in order, within three days before and after it."""
    day = wish.starts.astimezone(ZoneInfo(time_zone)).date()
    found = free(wish, day - timedelta(days=3), day + timedelta(days=3), time_zone, but)
    nearest = sorted(found, key=lambda starts: abs(starts - wish.starts))[:most]
    return sorted(nearest)


def free(wish: Wish, since: date, until: date, time_zone: str, but: uuid.UUID | None = None) -> Iterator[datetime]:
    """Times from one day to another, both included, at which the therapist works and nobody and nothing is taken; none
    where the therapist does not give the service.

    Times begin at quarters of an hour, as the wall shows them. A constant number of queries.
    """
    works = hours.windows([wish.therapist.pk], since, until, time_zone)[wish.therapist.pk]
    if not works or not offering.who_gives(wish.service, [wish.therapist.pk]):
        return
    room = wish.room.pk if wish.room is not None else None
    busy = rows.taken(works[0].starts, works[-1].ends + timedelta(minutes=wish.turnover), wish.therapist.pk,
                      wish.person.pk, room, but)  # fmt: skip
    earliest, length = now(), timedelta(minutes=wish.minutes)
    for window in works:
        starts = window.starts
        while starts + length <= window.ends:
            if starts >= earliest and not any(_meets(wish, starts, *one) for one in busy):
                yield starts
            starts += STEP
