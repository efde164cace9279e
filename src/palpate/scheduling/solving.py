"""All courses of a request at once: a first plan, a bound, columns to choose among, and betterment while time is left.

A small request is solved exactly: CP-SAT chooses among all its columns. In a large one it chooses among those of the
good plans that were met on the way, and column generation gives the bound.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil
from time import monotonic

import numpy as np

from palpate.scheduling.board import Board
from palpate.scheduling.bounding import Master
from palpate.scheduling.choosing import choose, every_column
from palpate.scheduling.plan import Plan, first_plan, improve
from palpate.scheduling.pricing import Column, ColumnKey, Pricer
from palpate.scheduling.reasons import OTHERS, Reasons
from palpate.scheduling.records import Booking, Request, Schedule
from palpate.scheduling.work import Budget

SMALL = 5_000  # columns in all, among which CP-SAT chooses at once
MOST_CHOSEN = 4_000  # columns of the plans met last, among which CP-SAT chooses in a large request
SHARES = ((0.78, 0.92), (0.97, 1.0))  # of the work: until when CP-SAT chooses, and the plan is bettered, in turn
NOISE = 7.0  # days
ROUNDING = 1e-4  # of sums of prices


def solve(request: Request, seconds: float, seed: int) -> Schedule:
    """The schedule of a request. See `palpate.scheduling.schedule`."""
    began = monotonic()
    budget = Budget(seconds, monotonic)
    # In an order of our own, so that the order of a request does not change what is found.
    courses = sorted(request.courses, key=lambda course: (course.earliest, course.id))
    therapists = sorted(request.therapists, key=lambda therapist: therapist.id)
    ordered = Request(request.time, request.slot, tuple(therapists), request.rooms, request.booked, tuple(courses))
    solver = _Solver(ordered, budget, seed)
    plan = solver.plan()
    reasons = Reasons(request)
    placed = {courses[number].id for number in plan.columns}
    unplaced = {one.id: reasons.of(one) or OTHERS for one in request.courses if one.id not in placed}
    by_course: dict[str, list[Booking]] = {}
    for booking in bookings_of(solver.board, [plan.columns[number] for number in sorted(plan.columns)]):
        by_course.setdefault(booking.course, []).append(booking)
    return Schedule(
        status="partial" if unplaced else "optimal" if solver.proven else "feasible",
        bookings=tuple(booking for one in request.courses for booking in by_course.get(one.id, ())),
        unplaced=unplaced,
        cost=plan.worth[1],
        bound=solver.bound(plan),
        changes=plan.worth[2],
        seconds=monotonic() - began,
    )


class _Solver:
    def __init__(self, request: Request, budget: Budget, seed: int) -> None:
        self.board = Board(request)
        self.changes = sum(course.sessions - 1 for course in request.courses)
        self.pricer = Pricer(self.board, 0.5 / (1 + self.changes), budget)
        self.budget, self.seed, self.dice = budget, seed, random.Random(seed)
        self.proven = False
        self.master: Master | None = None

    def plan(self) -> Plan:
        """The best plan found."""
        free = self.pricer.holding(np.zeros(len(self.board.places)))
        able = [at for at in range(len(self.board.courses)) if self.pricer.best(at, free)]
        plan = self._first(able)
        if not able:
            self.proven = True
            return plan
        every = every_column(self.pricer, able, SMALL)
        if every is not None:
            plan, self.proven = choose(self.pricer, every, plan, 1.0, self.seed)
            if self.proven:
                return plan
        pool: dict[ColumnKey, Column] = {}
        self._improve(plan, able, pool, 0.4)
        self.master = Master(self.pricer, able, len(able) - len(plan.columns))
        self.master.first_bound()
        for column in plan.columns.values():
            self.master.add(column)
        if not self._closed(plan):
            self.master.improve(0.7, self._cost(plan))
        for until_chosen, until_improved in SHARES:
            if not self._closed(plan):
                columns = list(pool.values())[-MOST_CHOSEN:]
                plan, _ = choose(self.pricer, columns, plan, until_chosen, self.seed)
                self._improve(plan, able, pool, until_improved)
        self._closed(plan)
        return plan

    def _improve(self, plan: Plan, able: Sequence[int], pool: dict[ColumnKey, Column], share: float) -> None:
        began = self.budget.work
        improve(plan, able, self.dice, pool, lambda: self._progress(began, share))

    def _first(self, able: Sequence[int]) -> Plan:
        """The best of several: courses in order of their first days, of their ends, of how few times they have ..."""
        courses = self.board.courses
        few = [len(priced.options.starts) for priced in self.pricer.courses]
        least = [(course.sessions - 1) * course.gap[0] for course in courses]
        best: Plan | None = None
        for turn, part in enumerate((0.0, 1.0, -1.0, 0.5, 2.0, None, 0.0, 0.0, 1.0, 1.0)):
            order = list(able)
            if part is None:
                order.sort(key=lambda at: few[at])
            else:
                noise = [self.dice.random() * (NOISE if turn > 5 else 0) for _ in courses]
                late = [c.earliest + part * days + more for c, days, more in zip(courses, least, noise, strict=True)]
                order.sort(key=lambda at: late[at])
            plan = first_plan(self.pricer, order)
            best = plan if best is None or plan.worth < best.worth else best
            if not self.budget.left(0.15):
                break
        assert best is not None
        return best

    def _progress(self, began: float, share: float) -> float:
        """How far the work from `began` to a share of all has come: from 0 to 1."""
        left = self.budget.left(share)
        return 1.0 if not left else (self.budget.work - began) / (self.budget.work - began + left)

    def _cost(self, plan: Plan) -> float:
        return plan.worth[1] + plan.worth[2] * self.pricer.change

    def _closed(self, plan: Plan) -> bool:
        """Whether the bound proves the plan to be the best: any better one would cost at least one change less."""
        assert self.master is not None
        self.proven = self._cost(plan) < self.master.bound + self.pricer.change - ROUNDING * self.pricer.change
        return self.proven

    def bound(self, plan: Plan) -> int | None:
        """No plan that places as many courses has fewer days; None where nothing is known."""
        if self.proven:
            return plan.worth[1]
        if self.master is None:
            return None
        most = self.changes * self.pricer.change  # what changes alone can have added
        return min(plan.worth[1], max(0, ceil(self.master.bound - most - ROUNDING)))


def bookings_of(board: Board, columns: Sequence[Column]) -> list[Booking]:
    """The sessions of columns that fit together, each with a room by its name."""
    sessions = [
        (int(board.time[start]), column, k, start, room)
        for column in columns
        for k, (start, room) in enumerate(zip(column.starts, column.rooms, strict=True))
    ]
    bookings: dict[tuple[int, int], Booking] = {}
    busy: dict[str, int] = {}  # room -> until when
    for at, column, k, start, room_class in sorted(sessions, key=lambda row: (row[0], row[1].course)):
        course = board.courses[column.course]
        room: str | None = None
        if room_class == 0:
            # Those alike, by their starts: whichever is free takes the next session, so that they always suffice.
            room = next(name for name in board.pool_on[int(board.day[start])] if busy.get(name, 0) <= at)
            busy[room] = at + board.hold_of(course)
        elif room_class > 0:
            room = board.room_names[room_class - 1]
        therapist = board.request.therapists[int(board.therapist[start])].id
        bookings[column.course, k] = Booking(course.id, k + 1, therapist, room, at, at + course.minutes)
    return [bookings[key] for key in sorted(bookings)]
