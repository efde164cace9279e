"""Proposals for one course, given everything that is booked. Exact, and quick enough to wait for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise

import numpy as np

from palpate.scheduling.board import Board, Bools, Floats, Ints
from palpate.scheduling.course_search import NEVER, CourseSearch, Path
from palpate.scheduling.local_time import DAY
from palpate.scheduling.records import Booking, Course, Fixed, Proposal, Request


def proposals(request: Request, course: Course, count: int, fixed: Mapping[int, Fixed]) -> list[Proposal]:
    """At most `count` proposals for the course, the best first. Source of what best means: contract section 4."""
    wrong = [number for number in fixed if not 1 <= number <= course.sessions]
    if wrong:
        raise KeyError(wrong[0])
    finder = Finder(Board(request, [course]), course, fixed)
    found: list[Proposal] = []
    for far in (finder.other_half_day, finder.other_time):
        while len(found) < count:
            proposal = finder.best(far(found))
            if proposal is None:
                break
            found.append(proposal)
    return found


class Finder:
    """One course and its starts. The first session that is not fixed is where proposals differ."""

    def __init__(self, board: Board, course: Course, fixed: Mapping[int, Fixed]) -> None:
        self.board, self.course, self.fixed = board, course, fixed
        self.request = request = board.request
        self.starts: Ints = self.board.options(course).starts
        self.free = [k for k in range(course.sessions) if k + 1 not in fixed]
        names = [therapist.id for therapist in request.therapists]
        self.names = [*names, *sorted({one.therapist for one in fixed.values()} - set(names))]
        self.day: Ints = self.board.day[self.starts]
        days = [*map(int, self.day), *(request.time.day(one.start) for one in fixed.values())]
        self.first = min(days, default=0)
        self.span = max(days, default=-1) - self.first + 1
        self.search = CourseSearch(course, self.first, self.span, change=1 / (course.sessions + 1))

    @cached_property
    def clock(self) -> Ints:
        """Of the starts: minutes since midnight, as clocks show them."""
        shown = [self._clock(int(instant)) for instant in self.board.instants]
        return np.array(shown, dtype=np.int64)[self.board.at[self.starts]]

    def _clock(self, instant: int) -> int:
        wall = self.request.time.wall(instant)
        return wall.hour * 60 + wall.minute

    def other_half_day(self, found: list[Proposal]) -> Bools:
        """Of the starts, those on other days, or in other halves of a day, than where proposals begin already."""
        good = np.ones(len(self.starts), dtype=np.bool_)
        for start in self._begins(found):
            afternoon = self._clock(start) >= DAY // 2
            good &= (self.day != self.request.time.day(start)) | ((self.clock >= DAY // 2) != afternoon)
        return good

    def other_time(self, found: list[Proposal]) -> Bools:
        """Of the starts, those at which no first session that is proposed already would still go on, or begin later."""
        good = np.ones(len(self.starts), dtype=np.bool_)
        for start in self._begins(found):
            good &= abs(self.board.time[self.starts] - start) >= self.course.minutes
        return good

    def _begins(self, found: list[Proposal]) -> list[int]:
        return [proposal.bookings[self.free[0]].start for proposal in found] if self.free else []

    def fits(self) -> bool:
        """Whether there is any time for the course."""
        return self._path(np.ones(len(self.starts), dtype=np.bool_)) is not None

    def best(self, good: Bools) -> Proposal | None:
        """The best proposal whose first free session is at one of the `good` starts."""
        path = self._path(good) if self.free else None
        return None if path is None else self._proposal(path, good)

    def _path(self, good: Bools) -> Path | None:
        every = self._prices(np.ones(len(self.starts), dtype=np.bool_))
        prices = [every] * self.course.sessions
        if self.free:
            prices[self.free[0]] = self._prices(good)
        for number, one in self.fixed.items():
            prices[number - 1] = np.full_like(every, NEVER)
            day = self.request.time.day(one.start) - self.first
            prices[number - 1][self.names.index(one.therapist), day] = 0.0
        return self.search.best(prices)

    def _prices(self, good: Bools) -> Floats:
        table = np.full((len(self.names), self.span), NEVER)
        starts = self.starts[good]
        table[self.board.therapist[starts], self.board.day[starts] - self.first] = 0.0
        return table

    def _proposal(self, path: Path, good: Bools) -> Proposal:
        bookings: list[Booking] = []
        usual: int | None = None  # the time of day of the first session
        room: str | None = None
        for k, (therapist, day) in enumerate(zip(path.therapists, path.days, strict=True)):
            if k + 1 in self.fixed:
                one = self.fixed[k + 1]
                start, room = one.start, one.room or room
                usual = self._clock(start) if usual is None else usual
                booking = Booking(self.course.id, k + 1, one.therapist, one.room, start, start + self.course.minutes)
            else:
                here = (self.board.therapist[self.starts] == therapist) & (self.day == day + self.first)
                choice = np.flatnonzero(here & good if k == self.free[0] else here)
                nearest = choice[0] if usual is None else choice[abs(self.clock[choice] - usual).argmin()]
                usual = int(self.clock[nearest]) if usual is None else usual
                number = int(self.starts[nearest])
                rooms = rooms_free(self.board, self.course, number)
                room = room if room in rooms else next(iter(rooms), None)
                start = int(self.board.time[number])
                name = self.names[therapist]
                booking = Booking(self.course.id, k + 1, name, room, start, start + self.course.minutes)
            bookings.append(booking)
        changes = sum(a.therapist != b.therapist for a, b in pairwise(bookings))
        last = self.request.time.day(bookings[-1].start)
        return Proposal(tuple(bookings), last - self.course.earliest, changes)


def rooms_free(board: Board, course: Course, start: int) -> list[str]:
    """The rooms that are free for a session of the course at a start, in the request's order."""
    rooms = board.kind(course).rooms
    if rooms is None:
        return []
    at = int(board.at[start])
    free = {name for name, good in zip(board.room_names, rooms[1:, at], strict=True) if good}
    free |= set(board.pool_on[int(board.day[start])])
    return [name for name in board.request.rooms or () if name in free]
