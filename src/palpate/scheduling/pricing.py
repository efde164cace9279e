"""Whole courses as columns, and the cheapest columns at given prices of the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from palpate.scheduling.board import Board, Bools, Floats, Ints
from palpate.scheduling.course_search import NEVER, CourseSearch, Path
from palpate.scheduling.records import Course
from palpate.scheduling.work import Budget

ColumnKey = tuple[int, tuple[int, ...], tuple[int, ...]]
NEAR_DAYS = 21  # how many more days than the fewest are looked at first


@dataclass(frozen=True, eq=False)
class Column:
    """One way to book one course.

    course   its number in the request
    starts, rooms   per session: the start on the board, and the room class (-1: rooms do not limit)
    days     from the course's earliest day to its last session
    changes  of therapist, from one session to the next
    cells    all that it holds
    """

    course: int
    starts: tuple[int, ...]
    rooms: tuple[int, ...]
    days: int
    changes: int
    cells: Ints

    @property
    def key(self) -> ColumnKey:
        """Two columns with one key are the same column."""
        return self.course, self.starts, self.rooms


class Pricer:
    """The columns of all courses of a board.

    Takes   change: what one change of therapist costs, in days: so little that all changes together cost less than one.
    """

    def __init__(self, board: Board, change: float, budget: Budget) -> None:
        self.board, self.change, self.budget = board, change, budget
        self.courses = [_Priced(board, course, change) for course in board.courses]

    def holding(self, price: Floats, blocked: Bools | None = None) -> Holding:
        """What sessions cost that hold cells at these prices, and none that is blocked."""
        self.budget.spend(len(price) * 5e-8)
        return Holding(self.board, price, blocked)

    def best(self, course: int, holding: Holding, count: int = 1) -> list[tuple[float, Column]]:
        """The cheapest columns of a course with their prices, days and changes counted in; each ends on another day."""
        self.budget.spend(self.courses[course].work)
        return self.courses[course].best(course, holding, count)

    def soonest(self, course: int, full: Bools) -> Column | None:
        """The best column of a course that holds no cell that is full, or None where there is none."""
        self.budget.spend(len(full) * 3e-9 + self.courses[course].work)
        return self.courses[course].soonest(course, np.concatenate([[0], np.cumsum(full)]), full)


class Holding:
    """The price of a session at each start, by its length; worked out once for all courses."""

    def __init__(self, board: Board, price: Floats, blocked: Bools | None) -> None:
        self.board = board
        self.sums = np.concatenate([[0.0], np.cumsum(price)])
        self.stops = None if blocked is None else np.concatenate([[0], np.cumsum(blocked)])
        self._kinds: dict[int, tuple[Floats, Ints]] = {}

    def between(self, first: Ints, behind: Ints) -> Floats:
        """The price of the cells from each `first` to before its `behind`."""
        price: Floats = self.sums[behind] - self.sums[first]
        if self.stops is not None:
            price[self.stops[behind] != self.stops[first]] = NEVER
        return price

    def of(self, course: Course) -> tuple[Floats, Ints]:
        """Per start of the board, the price of therapist and cheapest room; per instant, that room's class."""
        kind = self.board.kind(course)
        if kind.hold not in self._kinds:
            numbers = np.arange(len(self.board.time))
            price = self.between(numbers, kind.therapist_end)
            room = np.full(len(self.board.instants), -1)
            if kind.rooms is not None:
                at = np.arange(len(self.board.instants))
                least = np.full(len(at), NEVER)
                for number, free in enumerate(kind.rooms):
                    first = self.board.rooms_from + number * len(at)
                    own = np.where(free, self.between(first + at, first + kind.room_end), NEVER)
                    room = np.where(own < least, number, room)
                    least = np.minimum(least, own)
                price = price + least[self.board.at]
            self._kinds[kind.hold] = (price, room)
        return self._kinds[kind.hold]


class _Priced:
    """One course: its starts, by the groups among which only the cheapest counts."""

    def __init__(self, board: Board, course: Course, change: float) -> None:
        self.board, self.course = board, course
        self.options = options = board.options(course)
        self.therapists, rows = np.unique(options.therapist, return_inverse=True)
        self.first = int(options.day.min()) if len(options.day) else 0
        self.span = int(options.day.max()) - self.first + 1 if len(options.day) else 0
        self.shape = (len(self.therapists), self.span)
        self.place: Ints = rows * self.span + options.day - self.first
        self.group: Ints = np.full(self.shape[0] * self.span, -1)
        self.group[self.place] = np.arange(len(options.groups))
        self.ends: Ints = np.append(options.groups[1:], len(options.starts))
        # Most courses end soon. Whatever ends later costs at least its days, as prices are never less than nothing.
        self.near = min(self.span, (course.sessions - 1) * course.gap[0] + NEAR_DAYS)
        self.searches = [CourseSearch(course, self.first, span, change) for span in sorted({self.near, self.span})]
        self.kind = board.kind(course)
        self._near()
        self.work = 1.8e-4 * course.sessions + 2.4e-8 * self.searches[0].size + 2.4e-8 * len(options.starts)
        self.patient = board.patient_cells.get(course.patient)
        if self.patient is not None:
            self.patient_from: Ints = self.patient + board.at[options.starts]
            until = np.searchsorted(board.instants, board.time[options.starts] + course.minutes)
            self.patient_to: Ints = self.patient + until

    def _near(self) -> None:
        """The starts on the days that are looked at first, and what goes with them."""
        options = self.options
        near = self.board.day[options.starts] < self.first + self.searches[0].span
        self.near_numbers: Ints = np.flatnonzero(near)
        self.starts_near: Ints = options.starts[near]
        grouped = self.board.grouped(self.starts_near)
        self.groups_near = grouped.groups
        self.place_near: Ints = (
            np.searchsorted(self.therapists, grouped.therapist) * self.span + grouped.day - self.first
        )
        self.group_near: Ints = np.full(self.shape[0] * self.span, -1)
        self.group_near[self.place_near] = np.arange(len(grouped.groups))
        at = self.board.at[self.starts_near]
        self.begin, self.last = (int(at.min()), int(at.max()) + 1) if len(at) else (0, 0)
        self.at_near: Ints = at - self.begin

    def soonest(self, number: int, stops: Ints, full: Bools) -> Column | None:
        """As `best`, where nothing has a price, and quicker; `stops` are the sums of full cells."""
        search, near = self.searches[0], self.starts_near
        if not len(near):
            return None
        good = stops[self.kind.therapist_end[near]] == stops[near]
        room = None
        if self.kind.rooms is not None:
            room = np.full(self.last - self.begin, -1)
            for at in range(len(self.kind.rooms) - 1, -1, -1):
                first = self.board.rooms_from + at * len(self.board.instants)
                own = stops[first + self.kind.room_end[self.begin : self.last]]
                free = own == stops[first + self.begin : first + self.last]
                room[free & self.kind.rooms[at, self.begin : self.last]] = at
            good &= room[self.at_near] >= 0
        if self.patient is not None:
            good &= stops[self.patient_to[self.near_numbers]] == stops[self.patient_from[self.near_numbers]]
        table = np.full(self.shape[0] * self.span, NEVER)
        table[self.place_near[np.logical_or.reduceat(good, self.groups_near)]] = 0.0
        found = search.best([table.reshape(self.shape)[:, : search.span]] * self.course.sessions)
        if found is None or found.cost > self.first + search.span - self.course.earliest:
            columns = self.best(number, Holding(self.board, np.zeros(len(full)), full), 1)
            return columns[0][1] if columns else None
        starts = []
        for therapist, day in zip(found.therapists, found.days, strict=True):
            group = self.group_near[therapist * self.span + day]
            begin = self.groups_near[group]
            starts.append(int(near[begin + int(good[begin:].argmax())]))
        rooms = [-1 if room is None else int(room[self.board.at[start] - self.begin]) for start in starts]
        return made_column(self.board, number, starts, rooms)

    def best(self, number: int, holding: Holding, count: int) -> list[tuple[float, Column]]:
        if not len(self.options.starts):
            return []
        price, room = holding.of(self.course)
        own = price[self.options.starts]
        if self.patient is not None:
            own = own + holding.between(self.patient_from, self.patient_to)
        table = np.full(self.shape[0] * self.span, NEVER)
        table[self.place] = np.minimum.reduceat(own, self.options.groups)
        paths: list[Path] = []
        for search in self.searches:
            prices = [table.reshape(self.shape)[:, : search.span]] * self.course.sessions
            paths = search.several(prices, count)
            if paths and paths[0].cost <= self.first + search.span - self.course.earliest:
                break
        return [(path.cost, self._column(number, path, own, room)) for path in paths]

    def _column(self, number: int, path: Path, own: Floats, room: Ints) -> Column:
        starts: list[int] = []
        for therapist, day in zip(path.therapists, path.days, strict=True):
            group = self.group[therapist * self.span + day]
            first, behind = self.options.groups[group], self.ends[group]
            starts.append(int(self.options.starts[first + int(own[first:behind].argmin())]))
        rooms = [int(room[self.board.at[start]]) for start in starts]
        return made_column(self.board, number, starts, rooms)


def made_column(board: Board, number: int, starts: Sequence[int], rooms: Sequence[int]) -> Column:
    """The column of a course by its sessions."""
    course = board.courses[number]
    cells = [
        np.arange(cells.start, cells.stop)
        for start, room in zip(starts, rooms, strict=True)
        for cells in board.cells_of(course, start, room)
    ]
    who = board.therapist[list(starts)]
    changes = int((who[1:] != who[:-1]).sum())
    days = int(board.day[starts[-1]]) - course.earliest
    return Column(number, tuple(starts), tuple(rooms), days, changes, np.concatenate(cells))
