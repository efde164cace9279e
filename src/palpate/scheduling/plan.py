"""A plan: at most one column per course, none of them in the way of another, and ways to better it.

Courses are placed one after another, each at its best among what is left (`insert`); then, over and over, a few that
are near each other are taken out and put back in another order (`improve`). Each placement is exact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log

import numpy as np

from palpate.scheduling.board import Bools, Ints
from palpate.scheduling.course_search import NEVER
from palpate.scheduling.pricing import Column, ColumnKey, Pricer

HOT, COLD = 3.0, 0.2  # days by which a plan may be worse, about, at first and in the end
UNPLACED = 200.0  # days that a course not placed counts for
MOST_OUT = 10  # courses taken out at a time

Worth = tuple[int, int, int]  # courses not placed, days, changes: less is better, the first counts first


class Plan:
    """Which column each course has. Takes `pricer`, and the columns of a plan to begin with."""

    def __init__(self, pricer: Pricer, columns: Iterable[Column] = ()) -> None:
        self.pricer = pricer
        self.places = pricer.board.places
        self.used: Ints = np.zeros_like(self.places)
        self.columns: dict[int, Column] = {}
        for column in columns:
            self.add(column)

    @property
    def worth(self) -> Worth:
        """How good the plan is."""
        columns = self.columns.values()
        unplaced = len(self.pricer.courses) - len(self.columns)
        return unplaced, sum(one.days for one in columns), sum(one.changes for one in columns)

    @property
    def full(self) -> Bools:
        """The cells that have no room left."""
        return self.used >= self.places

    def add(self, column: Column) -> None:
        """Books a column, which must fit."""
        self.columns[column.course] = column
        self.used[column.cells] += 1

    def remove(self, course: int) -> Column:
        """Takes a course out of the plan."""
        column = self.columns.pop(course)
        self.used[column.cells] -= 1
        return column

    def insert(self, course: int) -> None:
        """Places a course at its best among what is free, if there is anything free for it."""
        column = self.pricer.soonest(course, self.full)
        if column is not None:
            self.add(column)

    def put_back(self, columns: Mapping[int, Column]) -> None:
        """Makes the plan what it was when it had these columns."""
        for course in [one for one, column in self.columns.items() if columns.get(one) is not column]:
            self.remove(course)
        for course, column in columns.items():
            if course not in self.columns:
                self.add(column)


def first_plan(pricer: Pricer, order: Iterable[int]) -> Plan:
    """Each course in its turn at its best among what those before it left."""
    plan = Plan(pricer)
    for course in order:
        plan.insert(course)
    return plan


def improve(
    plan: Plan, able: Sequence[int], dice: random.Random, pool: dict[ColumnKey, Column], progress: Callable[[], float]
) -> None:
    """Betters a plan of the courses that are `able` to be placed.

    At first a plan that is somewhat worse is gone on with, too, the less so the further it is (simulated annealing,
    Kirkpatrick 1983, doi 10.1126/science.220.4598.671). The best on the way is what remains.
    Takes   pool: what the columns of good plans are added to; progress: 0 at the beginning, 1 or more ends it.
    """
    best, kept = plan.worth, dict(plan.columns)
    now = _weight(best, plan)
    few = [len(plan.pricer.courses[course].options.starts) for course in range(len(plan.pricer.courses))]
    while (done := progress()) < 1:
        before = dict(plan.columns)
        for course in _near(plan, dice, dice.randint(2, MOST_OUT)):
            plan.remove(course)
        waiting = [course for course in able if course not in plan.columns]
        dice.shuffle(waiting)
        chance = dice.random()
        if chance < 0.25:
            waiting.sort(key=lambda course: few[course])
        elif chance < 0.5:
            waiting.sort(key=lambda course: -before[course].days if course in before else -NEVER)
        for course in waiting:
            plan.insert(course)
        worth = plan.worth
        weight = _weight(worth, plan)
        heat = HOT * (COLD / HOT) ** done
        if weight <= now - heat * log(1 - dice.random()):
            now = weight
            for column in plan.columns.values():
                if before.get(column.course) is not column:
                    pool[column.key] = column
            if worth < best:
                best, kept = worth, dict(plan.columns)
        else:
            plan.put_back(before)
    plan.put_back(kept)


def _weight(worth: Worth, plan: Plan) -> float:
    return worth[0] * UNPLACED + worth[1] + worth[2] * plan.pricer.change


def _near(plan: Plan, dice: random.Random, count: int) -> list[int]:
    """Courses that might be in each other's way: their days are near."""
    if not plan.columns:
        return []
    numbers = np.array(sorted(plan.columns))
    ends = np.array([(plan.columns[n].starts[0], plan.columns[n].starts[-1]) for n in numbers])
    days = plan.pricer.board.day[ends].sum(axis=1)
    chance = np.array([dice.random() for _ in numbers])
    far = abs(days - days[dice.randrange(len(numbers))]) + chance * 12
    return [int(number) for number in numbers[far.argsort(kind="stable")[:count]]]
