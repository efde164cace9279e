"""Booking, moving and cancelling appointments, and what happened to them. Call inside an act.

Times are given as the wall clock of the practice shows them and kept as instants; lengths add in real minutes. A time
that does not exist is refused; a time that comes twice, when the clocks go back, is asked for (S-57). Two bookings
never share therapist, room or person: `[start, end)`, checked while nobody else can write.
"""

from __future__ import annotations

import uuid
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from palpate.clinic.access import appointments as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access.trail import locked_head
from palpate.clinic.models import Appointment, Episode, Person, Room, User
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, Refused

State = Appointment.State
MINUTES = (15, 20, 30, 40, 45, 50, 60, 75, 90, 120)  # lengths that can be booked
USUAL = 60  # minutes: a massage of the back with its questions and tests
MONTHS_AHEAD = 18
FIRST, LAST = time(8), time(20)  # between which free times are proposed; others may be typed
STEP = timedelta(minutes=15)
WHO = {"therapist": "the therapist", "room": "the room", "person": "the person"}
# What one tap may turn a state into. What is done or cancelled stays so.
CHANGES: dict[str, frozenset[str]] = {
    State.BOOKED: frozenset({State.ARRIVED, State.NO_SHOW, State.CANCELLED}),
    State.ARRIVED: frozenset({State.BOOKED, State.CANCELLED}),
    State.NO_SHOW: frozenset({State.BOOKED, State.ARRIVED}),
}


class TimeTaken(Refused):
    """Somebody or something is taken at that time. `free` are times near it, as instants."""

    status = 409

    def __init__(self, message: str, free: Sequence[datetime]) -> None:
        super().__init__(message)
        self.free = free


class ComesTwice(BadInput):
    """The clocks go back that night, and this time comes twice: somebody must say which is meant."""


@dataclass(frozen=True)
class Wish:
    """What is to be booked. `starts` is an instant; `minutes` are real minutes."""

    person: Person
    therapist: User
    room: Room | None
    starts: datetime
    minutes: int
    episode: Episode | None = None

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


def instant(day: date, at: time, time_zone: str, which: str = "") -> datetime:
    """The instant at which the practice's clock shows a time. Takes which: "first" or "second", where it comes twice.

    Errors  BadInput, where the clocks go forward over it; ComesTwice, where nobody said which is meant.
    """
    zone = ZoneInfo(time_zone)
    wall = datetime.combine(day, at)
    one, other = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if one.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise BadInput("there is no such time that day: the clocks go forward over it; choose another", "time")
    if one.utcoffset() == other.utcoffset():
        return one.astimezone(UTC)
    if which not in ("first", "second"):
        raise ComesTwice("this time comes twice, since the clocks go back; say which one is meant", "which")
    return (one if which == "first" else other).astimezone(UTC)


def last_day(today: date) -> date:
    """The last day that can be booked: 18 months ahead (S-24)."""
    month = today.month - 1 + MONTHS_AHEAD
    year, month = today.year + month // 12, month % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _checked(wish: Wish, time_zone: str, but: uuid.UUID | None = None) -> date:
    """The wall date of a wish that can be booked. Errors: BadInput with the field; TimeTaken."""
    day = wish.starts.astimezone(ZoneInfo(time_zone)).date()
    today = now().astimezone(ZoneInfo(time_zone)).date()
    if wish.minutes not in MINUTES:
        raise BadInput("choose one of the lengths", "minutes")
    if wish.starts < now():
        raise BadInput("this time is over; choose a later one", "time")
    if day > last_day(today):
        raise BadInput(f"at most {MONTHS_AHEAD} months ahead can be booked", "day")
    if not the.therapists().filter(pk=wish.therapist.pk).exists():
        raise BadInput("choose somebody who treats people here", "therapist")
    if wish.room is not None and not wish.room.active:
        raise BadInput("this room is not in use", "room")
    if wish.episode is not None and wish.episode.person_id != wish.person.pk:
        raise Conflict("This episode belongs to another person. Nothing was saved.")
    room = wish.room.pk if wish.room is not None else None
    clash = rows.taken(wish.starts, wish.ends, wish.therapist.pk, wish.person.pk, room, but)
    if clash:
        whom = " and ".join(dict.fromkeys(WHO[which] for _, _, which in clash))
        free = near(wish, time_zone, but)
        raise TimeTaken(f"At this time {whom} is taken. Nothing was saved.", free)
    return day


def book(wish: Wish, time_zone: str) -> Appointment:
    """Books an appointment. Errors: BadInput with the field; TimeTaken with free times near."""
    locked_head()  # every act takes this lock at its end: taken now, one booking is checked and written at a time
    day = _checked(wish, time_zone)
    row = Appointment(
        person=wish.person,
        episode=wish.episode,
        therapist=wish.therapist,
        room=wish.room,
        starts=wish.starts,
        ends=wish.ends,
        day=day,
        created=now(),
    )
    row.save(force_insert=True)
    return row


def move(appointment: Appointment, version: int, wish: Wish, time_zone: str) -> Appointment:
    """Moves an appointment that is still to come. Errors: as for `book`; Conflict."""
    locked_head()
    held = _held(appointment, version)
    if held.state != State.BOOKED:
        raise Conflict("Only an appointment that is booked can be moved. Nothing was changed.")
    held.day = _checked(wish, time_zone, held.pk)
    held.therapist, held.room = wish.therapist, wish.room
    held.starts, held.ends = wish.starts, wish.ends
    held.version += 1
    held.save()
    return held


def set_state(appointment: Appointment, version: int, state: str) -> Appointment:
    """Says what became of an appointment. Errors: Conflict, where it cannot become that, or has changed meanwhile."""
    held = _held(appointment, version)
    if state == held.state:
        return held
    if state not in CHANGES.get(held.state, frozenset()):
        raise Conflict(f"This appointment is {held.get_state_display().lower()}. Nothing was changed.")
    if state == State.NO_SHOW and held.starts > now():
        raise Conflict("This appointment has not begun yet. Nothing was changed.")
    if state != State.ARRIVED and rows.has_session(held):
        raise Conflict("A session was begun for this appointment. Nothing was changed.")
    if held.state == State.NO_SHOW:
        locked_head()
        clash = rows.taken(held.starts, held.ends, held.therapist_id, held.person_id, held.room_id, held.pk)
        if clash:
            raise Conflict("Its time has been given to somebody else meanwhile. Book another. Nothing was changed.")
    held.state = state
    held.version += 1
    held.save(update_fields=["state", "version"])
    return held


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
    """Times from one day to another, both included, at which therapist, room and person of a wish are free.

    One query. Times that do not exist or come twice are passed over.
    """
    zone = ZoneInfo(time_zone)
    begin = datetime.combine(since, FIRST, zone).astimezone(UTC)
    end = datetime.combine(until, LAST, zone).astimezone(UTC)
    room = wish.room.pk if wish.room is not None else None
    busy = rows.taken(begin, end, wish.therapist.pk, wish.person.pk, room, but)
    earliest, length = now(), timedelta(minutes=wish.minutes)
    day = since
    while day <= until:
        wall = datetime.combine(day, FIRST)
        while wall + length <= datetime.combine(day, LAST):
            try:
                starts = instant(day, wall.time(), time_zone)
            except BadInput:
                starts = None
            if starts is not None and starts >= earliest:
                ends = starts + length
                if not any(begins < ends and starts < stops for begins, stops, _ in busy):
                    yield starts
            wall += STEP
        day += timedelta(days=1)
