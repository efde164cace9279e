"""What is asked and what is answered, as plain records. Instants are minutes since 1970 in UTC; days are local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from palpate.scheduling.local_time import LocalTime

_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Span:
    """The minutes from `start` up to and without `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Therapist:
    """Who treats. `hours` are in order and do not touch each other."""

    id: str
    skills: frozenset[str]
    hours: tuple[Span, ...]


@dataclass(frozen=True)
class Booked:
    """A time that is taken already, for each of those that it names."""

    span: Span
    therapist: str | None = None
    room: str | None = None
    patient: str | None = None


@dataclass(frozen=True)
class Course:
    """A course to be booked whole.

    minutes, turnover   of one session, and after it: turnover holds therapist and room, not the patient
    gap                 fewest and most days from one session to the next
    within              most days from the first session to the last
    earliest            the first day that will do, as an ordinal of the calendar
    therapist           the only one who will do, or None
    available           when the patient can come, in order and not touching; None: at any time
    """

    id: str
    patient: str
    sessions: int
    minutes: int
    turnover: int
    gap: tuple[int, int]
    within: int
    earliest: int
    skills: frozenset[str]
    therapist: str | None
    available: tuple[Span, ...] | None


@dataclass(frozen=True)
class Request:
    """A sound request. `rooms` None: rooms do not limit."""

    time: LocalTime
    slot: int
    therapists: tuple[Therapist, ...]
    rooms: tuple[str, ...] | None
    booked: tuple[Booked, ...]
    courses: tuple[Course, ...]

    def course(self, name: str) -> Course:
        """The course of that id. Errors: KeyError."""
        return next((course for course in self.courses if course.id == name), None) or _no_course(name)


def _no_course(name: str) -> Course:
    raise KeyError(name)


@dataclass(frozen=True)
class Booking:
    """One session at its time. `session` counts from 1; `room` is None where rooms do not limit."""

    course: str
    session: int
    therapist: str
    room: str | None
    start: int
    end: int

    @property
    def starts_at(self) -> datetime:
        """The instant at which it begins, in UTC."""
        return _START + timedelta(minutes=self.start)

    @property
    def ends_at(self) -> datetime:
        """The instant at which the patient is free again, in UTC; turnover comes after it."""
        return _START + timedelta(minutes=self.end)

    def as_json(self, time: LocalTime) -> dict[str, Any]:
        """As the contract has it, with local times."""
        return {
            "course": self.course,
            "session": self.session,
            "therapist": self.therapist,
            "room": self.room,
            "from": time.text(self.start),
            "to": time.text(self.end),
        }


@dataclass(frozen=True)
class Fixed:
    """Where a session of a course stays: with whom, from when (aware), and in which room, if that matters."""

    therapist: str
    starts_at: datetime
    room: str | None = None

    @property
    def start(self) -> int:
        """Minutes since 1970 in UTC."""
        return (self.starts_at - _START) // timedelta(minutes=1)


@dataclass(frozen=True)
class Proposal:
    """Times for one whole course.

    days      from the course's earliest day to its last session
    changes   how often the next session has another therapist
    """

    bookings: tuple[Booking, ...]
    days: int
    changes: int


@dataclass(frozen=True)
class Schedule:
    """The answer to a request.

    status     `optimal`: proven to be the best; `partial`: some course was not placed; `feasible`: neither
    unplaced   course id -> which rule stood in the way, as a sentence
    cost       the sum over placed courses of days from `earliest` to the last session
    bound      no schedule that places as many courses has a lower cost; None where none is known
    changes    how often the next session of a course has another therapist
    seconds    how long it took
    """

    status: str
    bookings: tuple[Booking, ...]
    unplaced: Mapping[str, str]
    cost: int
    bound: int | None
    changes: int
    seconds: float

    @property
    def gap(self) -> float | None:
        """The part of the cost that might be saved: (cost - bound) / cost, 0 where the cost is 0; None: unknown."""
        if self.bound is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else 0.0

    def as_json(self, time: LocalTime) -> dict[str, Any]:
        """As the contract has it, with `placed` and `changes` beside."""
        gap = self.gap
        return {
            "palpate": 1,
            "status": self.status,
            "bookings": [booking.as_json(time) for booking in self.bookings],
            "unplaced": [{"course": name, "because": because} for name, because in self.unplaced.items()],
            "placed": len({booking.course for booking in self.bookings}),
            "cost": self.cost,
            "bound": self.bound,
            "gap": None if gap is None else round(gap, 4),
            "changes": self.changes,
            "seconds": round(self.seconds, 2),
        }
