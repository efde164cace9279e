"""An honest bound on what any plan costs, by column generation.

The linear programme chooses among columns while **groups** of cells (one therapist's free time in one go; the rooms of
a few hours) have room for so many cells in all. Its dual prices, spread evenly over the cells of a group, are prices of
cells; at any such prices, what the cheapest columns cost, less what all cells would bring, is no more than any plan
costs (Lagrange). So the bound holds however early the search is ended, and whatever the solver's rounding. Prices are
taken between the newest and the best so far, which keeps them from jumping (Wentges 1997,
doi 10.1016/S0969-6016(97)00001-4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

from palpate.scheduling.board import Board, Floats, Ints
from palpate.scheduling.pricing import Column, Pricer

ROOM_GROUP = 240  # minutes
SMOOTH = 0.7  # the weight of the best prices so far
DEAR = 1_000.0  # price of leaving out one course more than need be, in days
EXACT = 1e-6
CLOSE = 0.001  # the part of the cost at which going on is no longer worth while


def grouped_cells(board: Board) -> Ints:
    """The group of each cell."""
    new = np.ones(len(board.time), dtype=np.bool_)
    new[1:] = (board.until[1:] != board.until[:-1]) | (board.therapist[1:] != board.therapist[:-1])
    parts: list[Ints] = [np.cumsum(new) - 1]
    behind = int(new.sum())
    midnight = {int(day): board.request.time.bounds(int(day))[0] for day in np.unique(board.days)}
    begin = np.array([midnight[int(day)] for day in board.days], dtype=np.int64)
    _, hours = np.unique(board.days * 100 + (board.instants - begin) // ROOM_GROUP, return_inverse=True)
    while sum(map(len, parts)) < len(board.places):  # room classes, then patients: each has a cell per instant
        parts.append(hours + behind)
        behind += int(hours.max()) + 1
    return np.concatenate(parts)


class Master:
    """The linear programme of a pricer's courses, of which `spare` may be left out."""

    def __init__(self, pricer: Pricer, able: Iterable[int], spare: int) -> None:
        self.pricer, self.able, self.spare = pricer, sorted(able), spare
        self.group = grouped_cells(pricer.board)
        self.room: Floats = np.bincount(self.group, weights=pricer.board.places).astype(np.float64)
        self.price: Floats = np.zeros(len(self.room))  # the best so far, of groups
        self.bound = -np.inf
        self._known: set[Any] = set()
        self._solver = solver = pywraplp.Solver.CreateSolver("GLOP")
        self._rows: dict[int, Any] = {}
        self._goal = solver.Objective()
        self._goal.SetMinimization()
        self._course = {course: solver.Constraint(1.0, 1.0) for course in self.able}
        self._left_out = solver.Constraint(-solver.infinity(), float(spare))
        beyond = solver.NumVar(0.0, solver.infinity(), "")
        self._left_out.SetCoefficient(beyond, -1.0)
        self._goal.SetCoefficient(beyond, DEAR)
        for course in self.able:
            out = solver.NumVar(0.0, 1.0, "")
            self._course[course].SetCoefficient(out, 1.0)
            self._left_out.SetCoefficient(out, 1.0)

    def cost(self, column: Column) -> float:
        """Days, and changes as what they weigh."""
        return column.days + self.pricer.change * column.changes

    def add(self, column: Column) -> bool:
        """Takes a column in, unless one that holds as much of each group is there. Returns whether it was new."""
        held = np.bincount(self.group[column.cells])
        groups = np.flatnonzero(held)
        key = (column.course, column.days, column.changes, tuple(groups), tuple(held[groups]))
        if key in self._known:
            return False
        self._known.add(key)
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._goal.SetCoefficient(variable, self.cost(column))
        self._course[column.course].SetCoefficient(variable, 1.0)
        for group in groups.tolist():
            if group not in self._rows:
                self._rows[group] = self._solver.Constraint(-self._solver.infinity(), float(self.room[group]))
            self._rows[group].SetCoefficient(variable, float(held[group]))
        return True

    def first_bound(self) -> None:
        """The bound at which nothing has a price: each course alone."""
        holding = self.pricer.holding(np.zeros(len(self.group)))
        alone = sorted(self.pricer.best(course, holding)[0][0] for course in self.able)
        self.bound = float(sum(alone[: len(alone) - self.spare]))

    def improve(self, share: float, most: float) -> None:
        """Raises the bound until the work is spent, or the bound is close to `most`, the cost of a plan."""
        smooth = SMOOTH
        while self.pricer.budget.left(share):
            newest, course_price, out_price = self._solve()
            between = smooth * self.price + (1 - smooth) * newest
            new = self._bounding_round(between, newest, course_price, out_price)
            if self.bound >= most * (1 - CLOSE) - EXACT:
                return
            if not new:
                if not smooth:
                    return
                smooth = smooth / 2 if smooth > 0.2 else 0.0

    def _solve(self) -> tuple[Floats, dict[int, float], float]:
        """Prices of groups, what each course may cost, and what leaving one out brings."""
        self._solver.SetTimeLimit(max(1, int(1000 * self.pricer.budget.clock_left())))
        self._solver.Solve()
        self.pricer.budget.spend(1e-3 + self._solver.iterations() * (len(self._rows) + len(self._course)) * 2e-7)
        newest = np.zeros(len(self.room))
        for group, row in self._rows.items():
            newest[group] = max(0.0, -row.dual_value())
        courses = {course: row.dual_value() for course, row in self._course.items()}
        return newest, courses, max(0.0, -self._left_out.dual_value())

    def _bounding_round(self, price: Floats, newest: Floats, course_price: dict[int, float], out_price: float) -> int:
        """Prices all courses once: a bound, and how many columns are new to the programme and worth their price."""
        holding = self.pricer.holding(price[self.group])
        total = -float((price * self.room).sum()) - out_price * self.spare
        new = 0
        for course in self.able:
            found = self.pricer.best(course, holding, 2)
            total += min(found[0][0], out_price) if self.spare else found[0][0]
            new += sum(self._worth_while(column, newest, course_price) for _, column in found)
        if total > self.bound:
            self.bound, self.price = total, price
        return new

    def _worth_while(self, column: Column, newest: Floats, course_price: dict[int, float]) -> bool:
        real = self.cost(column) + float(newest[self.group[column.cells]].sum())
        return bool(real < course_price[column.course] - EXACT) and self.add(column)
