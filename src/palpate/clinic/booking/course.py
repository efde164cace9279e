"""A whole course at once: the protocol's windows are searched for all its sessions, and up to three proposals shown.

Only what lies before the next decision point is booked, unless somebody says why; the rest is held as a proposal, shown
and taking nobody's time. Where the decision
stops the course, its later appointments are shown to be cancelled; nothing is ever cancelled by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from palpate.clinic import appointments
from palpate.clinic import moment as clock
from palpate.clinic.access import booking as rows
from palpate.clinic.access import care, checking
from palpate.clinic.access import practice as the
from palpate.clinic.appointments import USUAL, Wish
from palpate.clinic.booking import hours, offering
from palpate.clinic.deciding import MAY_TREAT
from palpate.clinic.in_sight import emergency_elsewhere
from palpate.clinic.models import Appointment, Decision, Episode, HeldSession, Person, Room, Service, Session, User
from palpate.clinic.moment import now
from palpate.clinic.names import clean_text
from palpate.clinic.overruling import NOT_TREAT, TREAT, standing, why_not
from palpate.clinic.publishing import in_force
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.course import check_points
from palpate.pathway.pathway import Protocol

SEARCHED = 21  # days beyond the course's own length in which its first session is looked for
SLOT = 15  # minutes
LONGEST_WHY = 300
# Decisions that end a course of massage, or stop it until a clinician has looked; and the one that makes it wait.
STOPS = ("emergency", "medical_exam_first", "physician_clearance", "change_treatment", "complete")
PAUSES = "do_not_massage_now"


@dataclass(frozen=True)
class Planned:
    """One session at a time: given, booked, held or proposed. `number` counts from 1."""

    number: int
    therapist: uuid.UUID
    room: uuid.UUID | None
    starts: datetime


@dataclass(frozen=True)
class Search:
    """What is looked for: when the person can come, with whom, and what is booked each time."""

    since: date
    therapist: User | None = None
    service: Service | None = None
    weekdays: frozenset[int] = frozenset()  # 0 is Monday; empty: any
    earliest: time | None = None
    latest: time | None = None

    def lengths(self, protocol: Protocol) -> tuple[int, int]:
        """Minutes of an appointment, and of the turnover after it."""
        if self.service is not None:
            return self.service.minutes, self.service.turnover_minutes
        return max(USUAL, protocol.minutes), 0


@dataclass(frozen=True)
class Course:
    """A course as it stands: its protocol, the sessions given, the appointments to come, and what is held."""

    episode: Episode
    protocol: Protocol
    given: tuple[Session, ...]
    booked: tuple[Appointment, ...]
    held: tuple[HeldSession, ...]

    @property
    def next_number(self) -> int:
        """The first session that is neither given nor booked."""
        return len(self.given) + len(self.booked) + 1

    @property
    def decision_point(self) -> int:
        """The session after which the response is judged next."""
        points = check_points(self.protocol)
        return next((point for point in points if point > len(self.given)), self.protocol.sessions)

    @property
    def is_full(self) -> bool:
        return self.next_number > self.protocol.sessions


def course_of(episode: Episode) -> Course | None:
    """The course of an episode; None where no protocol is chosen, or the pathway in force does not have it."""
    pathway = in_force().pathway
    protocol = pathway.protocols.get(episode.protocol) if pathway is not None else None
    if protocol is None or episode.planned_at is None:
        return None
    given = tuple(one for one in care.sessions(episode).select_related("appointment") if one.massage_given)
    done = {one.appointment_id for one in given}
    practice = the.the_practice()
    today = clock.today(practice.time_zone if practice is not None else "UTC")
    booked = [row for row in rows.course_appointments(episode, today) if row.pk not in done]
    return Course(episode, protocol, given, tuple(booked), tuple(rows.held_sessions(episode)))


def may_book(decision: Decision | None) -> bool:
    """Whether a course may be booked: the newest decision allows massage, or was overruled with a reason.

    Never in an emergency, also where that is in another episode of the same person.
    """
    if decision is None or emergency_elsewhere(decision.episode):
        return False
    override = standing(decision)
    if override is not None:
        return override.does == TREAT and why_not(decision) == ""
    return decision.disposition in MAY_TREAT


def to_cancel(episode: Episode, decision: Decision | None) -> list[Appointment]:
    """Appointments still to come of a course that the newest decision stops, or lets wait (`only_waits`).

    They stay until somebody cancels them.
    """
    if decision is None:
        return []
    override = standing(decision)
    if override is not None and decision.disposition != "emergency":
        stops = override.does == NOT_TREAT
    else:
        stops = decision.disposition in (*STOPS, PAUSES)
    return rows.cancellable(episode, now()) if stops else []


def only_waits(decision: Decision | None) -> bool:
    """Whether massage only waits: a later appointment may well stand, so somebody looks at each."""
    return decision is not None and decision.disposition == PAUSES and standing(decision) is None


# --- Looking for times ------------------------------------------------------------------------------------------------


def propose(
    course: Course, search: Search, time_zone: str, fixed: Sequence[Planned], count: int = 3
) -> list[list[Planned]]:
    """The best times for the sessions that are not fixed, the best first; none where nothing fits.

    Takes  fixed: sessions that stay, those that were given among them.
    """
    from palpate.scheduling import Fixed, propose, read_request

    if not _staff(search):
        return []
    request = read_request(_request(course, search, time_zone, fixed))
    kept = {one.number: Fixed(str(one.therapist), one.starts, _text(one.room)) for one in fixed}
    return [
        [
            Planned(one.session, uuid.UUID(one.therapist), uuid.UUID(one.room) if one.room else None, one.starts_at)
            for one in proposal.bookings
            if one.session not in kept
        ]
        for proposal in propose(request, "course", count, kept)
    ]


def why_none(course: Course, search: Search, time_zone: str, fixed: Sequence[Planned]) -> str:
    """Which rule leaves no time for the course, as a sentence."""
    from palpate.scheduling import Fixed, read_request
    from palpate.scheduling import why_not as reason

    if search.service is not None and not _staff(search):
        who = search.therapist.name if search.therapist is not None else "Nobody here"
        return f"{who} {'does not give' if search.therapist is not None else 'gives'} “{search.service.name}”."
    kept = {one.number: Fixed(str(one.therapist), one.starts, _text(one.room)) for one in fixed}
    return reason(read_request(_request(course, search, time_zone, fixed)), "course", kept)


def _staff(search: Search) -> list[uuid.UUID]:
    """The therapists with whom sessions are looked for: those who give the service."""
    asked = [user.pk for user in the.therapists() if search.therapist is None or user.pk == search.therapist.pk]
    give = offering.who_gives(search.service, asked)
    return [id for id in asked if id in give]


def _text(id: uuid.UUID | None) -> str | None:
    return None if id is None else str(id)


def _local(at: datetime, zone: ZoneInfo) -> str:
    """A time as a request takes it: by the practice's clock, with its offset, since a time may come twice."""
    return at.astimezone(zone).isoformat(timespec="minutes")


def _request(course: Course, search: Search, time_zone: str, fixed: Sequence[Planned]) -> dict[str, Any]:
    """The request of the contract's section 4 for one course, with everything that is booked around it."""
    protocol, zone = course.protocol, ZoneInfo(time_zone)
    minutes, turnover = search.lengths(protocol)
    since = max(search.since, now().astimezone(zone).date())
    until = min(since + timedelta(days=protocol.within_days + SEARCHED), appointments.last_day(since))
    works = hours.windows(_staff(search), since, until, time_zone)
    rooms = [room.pk for room in the.rooms()]
    ours = {row.pk for row in course.booked if any(row.starts == one.starts for one in fixed)}
    moving = {row.pk for row in course.booked} - ours
    taken = []
    for row in rows.busy(now(), datetime.combine(until + timedelta(days=1), time.min, zone)):
        if row.pk in moving:
            continue
        whom = {"therapist": str(row.therapist_id)} if row.therapist_id in works else {}
        whom |= {"room": str(row.room_id)} if row.room_id in rooms else {}
        if whom and row.pk not in ours:
            taken.append({**whom, "from": _local(row.starts, zone), "to": _local(row.held_until, zone)})
        if row.person_id == course.episode.person_id and row.pk not in ours:
            taken.append({"patient": "person", "from": _local(row.starts, zone), "to": _local(row.ends, zone)})
    wanted: dict[str, Any] = {
        "id": "course",
        "patient": "person",
        "sessions": protocol.sessions,
        "minutes": minutes,
        "turnover_minutes": turnover,
        "gap_days": list(protocol.gap_days),
        "within_days": protocol.within_days,
        "earliest": since.isoformat(),
        "available": _available(search, since, until, zone),
    }
    known = {one.therapist for one in fixed} - set(works)  # who gave a session and is not asked for another
    therapists = [{"id": str(id), "hours": _open(windows, zone)} for id, windows in works.items()]
    return {
        "palpate": 1,
        "time_zone": time_zone,
        "slot_minutes": SLOT,
        "therapists": therapists + [{"id": str(id), "hours": []} for id in sorted(known, key=str)],
        "rooms": [{"id": str(id)} for id in rooms] if rooms else None,
        "booked": taken,
        "courses": [wanted],
    }


def _open(windows: Sequence[hours.Window], zone: ZoneInfo) -> list[dict[str, str]]:
    """Working hours from the next quarter of an hour on, since nobody is booked into what is over."""
    begin = now()
    return [
        {"from": _local(max(window.starts, _quarter(begin)), zone), "to": _local(window.ends, zone)}
        for window in windows
        if window.ends > _quarter(begin)
    ]


def _quarter(at: datetime) -> datetime:
    at = at.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=SLOT - 1)
    return at - timedelta(minutes=at.minute % SLOT)


def _available(search: Search, since: date, until: date, zone: ZoneInfo) -> list[dict[str, str]] | None:
    if not search.weekdays and search.earliest is None and search.latest is None:
        return None
    found = []
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        if search.weekdays and day.weekday() not in search.weekdays:
            continue
        begins = datetime.combine(day, search.earliest or time.min, zone).astimezone(UTC)
        ends = datetime.combine(day, search.latest or time(23, 59), zone).replace(fold=1).astimezone(UTC)
        if begins < ends:
            found.append({"from": _local(begins, zone), "to": _local(ends, zone)})
    return found


def fixed_of(course: Course, time_zone: str, up_to: int | None = None) -> list[Planned]:
    """The sessions that stay: those given, and the appointments booked, up to a number where one is told."""
    found = []
    for number, session in enumerate(course.given, 1):
        row = session.appointment
        starts = row.starts if row is not None else datetime.combine(session.day, time(12), ZoneInfo(time_zone))
        found.append(Planned(number, session.therapist_id, row.room_id if row is not None else None, starts))
    for number, row in enumerate(course.booked, len(course.given) + 1):
        found.append(Planned(number, row.therapist_id, row.room_id, row.starts))
    return [one for one in found if up_to is None or one.number <= up_to]


# --- The protocol's windows -------------------------------------------------------------------------------------------


def breaks(protocol: Protocol, days: Mapping[int, date]) -> str:
    """Which window of the protocol these days of numbered sessions break, as a sentence; empty where they keep all."""
    low, high = protocol.gap_days
    numbers = sorted(days)
    for before, after in pairwise(numbers):
        gap = (days[after] - days[before]).days
        if not low * (after - before) <= gap <= high * (after - before):
            return f"Session {after} would be {gap} days after session {before}; {low} to {high} are meant."
    if numbers and (days[numbers[-1]] - days[numbers[0]]).days > protocol.within_days:
        return f"All sessions lie within {protocol.within_days} days of the first; this course would take longer."
    return ""


def days_of(planned: Sequence[Planned], time_zone: str) -> dict[int, date]:
    """The wall date of each session, by its number."""
    zone = ZoneInfo(time_zone)
    return {one.number: one.starts.astimezone(zone).date() for one in planned}


# --- Booking ----------------------------------------------------------------------------------------------------------


def book(
    course: Course, search: Search, chosen: Sequence[Planned], time_zone: str, why: str = ""
) -> tuple[list[Appointment], list[HeldSession]]:
    """Books the sessions of a proposal up to the next decision point, all of them where a reason is given.

    Returns  the appointments, and the later sessions that are held as a proposal.
    Errors   BadInput, where the proposal breaks the protocol; TimeTaken; Conflict, where the course has changed.
    """
    why = clean_text(why, field="why", longest=LONGEST_WHY).strip()
    course = _locked(course)
    if [one.number for one in chosen] != list(range(course.next_number, course.protocol.sessions + 1)) or not chosen:
        raise Conflict("This course has changed meanwhile. Nothing was booked. Open the page again.")
    fixed = fixed_of(course, time_zone)
    broken = breaks(course.protocol, days_of([*fixed, *chosen], time_zone))
    if broken:
        raise BadInput(f"{broken} Nothing was booked.")
    last = course.protocol.sessions if why else course.decision_point
    staff, rooms = {user.pk: user for user in the.therapists()}, {room.pk: room for room in the.rooms()}
    for old in course.held:
        old.state = HeldSession.State.DROPPED
        old.version += 1
        old.save()
    booked, held = [], []
    for one in chosen:
        therapist, room = staff.get(one.therapist), rooms.get(one.room) if one.room is not None else None
        if therapist is None or (one.room is not None and room is None):
            raise Conflict("A therapist or room of this proposal is no longer there. Nothing was booked.")
        wish = _wish(course, search, one, therapist, room, why if one.number > course.decision_point else "")
        if one.number <= last:
            booked.append(appointments.book(wish, time_zone))
        else:
            held.append(_hold(course.episode, wish))
    return booked, held


def _locked(course: Course) -> Course:
    """The course as it stands now, nobody else booking it meanwhile. Errors: Conflict, where it cannot be booked."""
    episode = checking.locked(course.episode)
    found = course_of(episode)
    if found is None or episode.state != Episode.State.OPEN or not may_book(care.newest_decision(episode)):
        raise Conflict("This course cannot be booked now. Nothing was changed. Open the page again.")
    return found


def _wish(course: Course, search: Search, one: Planned, therapist: User, room: Room | None, why: str) -> Wish:
    minutes, turnover = search.lengths(course.protocol)
    person: Person = course.episode.person
    return Wish(person, therapist, room, one.starts, minutes, course.episode, search.service, turnover,
                course_session=one.number, ahead_why=why)  # fmt: skip


def _hold(episode: Episode, wish: Wish) -> HeldSession:
    assert wish.course_session is not None
    row = HeldSession(
        person=wish.person,
        episode=episode,
        number=wish.course_session,
        therapist=wish.therapist,
        room=wish.room,
        service=wish.service,
        starts=wish.starts,
        ends=wish.ends,
        made=now(),
    )
    row.save(force_insert=True)
    return row


def book_held(course: Course, time_zone: str) -> list[Appointment]:
    """Books what is held, up to the next decision point. Errors: Conflict, where nothing is; TimeTaken; BadInput."""
    course = _locked(course)
    due = [row for row in course.held if course.next_number <= row.number <= course.decision_point]
    if not due or due[0].number != course.next_number:
        raise Conflict("There is no proposal to book. Nothing was changed.")
    planned = [Planned(row.number, row.therapist_id, row.room_id, row.starts) for row in due]
    broken = breaks(course.protocol, days_of([*fixed_of(course, time_zone), *planned], time_zone))
    if broken:
        raise BadInput(f"{broken} Look for other times.")
    made = []
    for row in due:
        search = Search(row.starts.date(), service=row.service)
        one = Planned(row.number, row.therapist_id, row.room_id, row.starts)
        made.append(appointments.book(_wish(course, search, one, row.therapist, row.room, ""), time_zone))
        row.state = HeldSession.State.BOOKED
        row.version += 1
        row.save()
    return made
