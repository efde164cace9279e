"""First-fit booking, as booking products do it: course by course, the earliest free time for each session in turn.

It keeps the same rules as the program, by plain loops and without the program's own search. Where a later session
finds no time, the course begins again at the next time for its first session: it gives up no sooner than it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from palpate.scheduling.records import Booking, Course, Request, Span

LONGEST = 400  # first times that are tried for one course


class Start(NamedTuple):
    """A time at which a therapist could begin, and until when the therapist works that day."""

    at: int
    day: int
    therapist: str
    until: int


def first_fit(request: Request) -> list[Booking]:
    """The bookings, course by course in the request's order. A course that cannot be placed has none."""
    return _Book(request).all()


def days_of(request: Request, bookings: list[Booking]) -> int:
    """The sum over booked courses of days from `earliest` to the last session."""
    last = {booking.course: request.time.day(booking.start) for booking in bookings}
    return sum(last[course.id] - course.earliest for course in request.courses if course.id in last)


def fewest_days(request: Request, placed: set[str]) -> int:
    """The fewest days that the gaps allow: every placed course begins on its earliest day and keeps the least gap."""
    return sum((course.sessions - 1) * course.gap[0] for course in request.courses if course.id in placed)


class _Book:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.starts: dict[int, list[Start]] = {}  # by day
        for start in _all_starts(request):
            self.starts.setdefault(start.day, []).append(start)
        for starts in self.starts.values():
            starts.sort()
        self.taken: dict[tuple[str, str], list[Span]] = {}
        for row in request.booked:
            for kind in ("therapist", "room", "patient"):
                if getattr(row, kind) is not None:
                    self.taken.setdefault((kind, getattr(row, kind)), []).append(row.span)

    def all(self) -> list[Booking]:
        bookings: list[Booking] = []
        for course in self.request.courses:
            found = self.course(course)
            for booking in found:
                hold = self.hold(course)
                self.take("therapist", booking.therapist, Span(booking.start, booking.start + hold))
                if booking.room is not None:
                    self.take("room", booking.room, Span(booking.start, booking.start + hold))
                self.take("patient", course.patient, Span(booking.start, booking.end))
            bookings += found
        return bookings

    def take(self, kind: str, name: str, span: Span) -> None:
        self.taken.setdefault((kind, name), []).append(span)

    def hold(self, course: Course) -> int:
        slot = self.request.slot
        return -(-(course.minutes + course.turnover) // slot) * slot

    def course(self, course: Course) -> list[Booking]:
        last_day = max(self.starts, default=0)
        for first in islice(self.free(course, course.earliest, last_day), LONGEST):
            found = [first]
            while len(found) < course.sessions:
                before = self.request.time.day(found[-1].start)
                latest = min(before + course.gap[1], self.request.time.day(first.start) + course.within)
                after = next(self.free(course, before + course.gap[0], latest), None)
                if after is None:
                    break
                found.append(after)
            else:
                return [
                    Booking(course.id, at + 1, one.therapist, one.room, one.start, one.end)
                    for at, one in enumerate(found)
                ]
        return []

    def free(self, course: Course, day: int, last: int) -> Iterator[Booking]:
        """Free times for one session, the earliest first."""
        known = {one.id for one in self.request.therapists if course.skills <= one.skills}
        if course.therapist is not None:
            known &= {course.therapist}
        hold = self.hold(course)
        for today in range(day, last + 1):
            for start in self.starts.get(today, ()):
                end = start.at + course.minutes
                if start.therapist not in known or start.at + hold > start.until:
                    continue
                if course.available is not None and not any(
                    span.start <= start.at and end <= span.end for span in course.available
                ):
                    continue
                if not self.is_free("therapist", start.therapist, start.at, start.at + hold):
                    continue
                if not self.is_free("patient", course.patient, start.at, end):
                    continue
                rooms = self.request.rooms
                room = None
                if rooms is not None:
                    room = next((r for r in rooms if self.is_free("room", r, start.at, start.at + hold)), None)
                if rooms is None or room is not None:
                    yield Booking(course.id, 0, start.therapist, room, start.at, end)

    def is_free(self, kind: str, name: str, start: int, end: int) -> bool:
        return all(span.end <= start or end <= span.start for span in self.taken.get((kind, name), ()))


def _all_starts(request: Request) -> Iterator[Start]:
    time = request.time
    for therapist in request.therapists:
        for span in therapist.hours:
            for day in range(time.day(span.start), time.day(span.end - 1) + 1):
                until = min(span.end, time.bounds(day)[1])
                for at in time.grid(day, request.slot):
                    if span.start <= at < until:
                        yield Start(at, day, therapist.id, until)
