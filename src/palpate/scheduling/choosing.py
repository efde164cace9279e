"""CP-SAT chooses among columns: at most one per course, no cell held by more than it has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import numpy as np
from ortools.sat.python import cp_model

from palpate.scheduling.board import Board
from palpate.scheduling.plan import Plan
from palpate.scheduling.pricing import Column, Pricer, made_column
from palpate.scheduling.work import Budget


def choose(pricer: Pricer, columns: Sequence[Column], plan: Plan, share: float, seed: int) -> tuple[Plan, bool]:
    """The best plan of these columns that was found, never worse than `plan`; and whether it is proven to be the best.

    Takes   share: of all work, up to which it may take.
    """
    budget: Budget = pricer.budget
    work = budget.left(share)
    if not work:
        return plan, False
    model = cp_model.CpModel()
    chosen = {id(column) for column in plan.columns.values()}
    unique = {column.key: column for column in [*columns, *plan.columns.values()]}
    pool = list(unique.values())
    taken = [model.new_bool_var("") for _ in pool]
    by_course: dict[int, list[int]] = {}
    by_cell: dict[int, list[int]] = {}
    for at, column in enumerate(pool):
        by_course.setdefault(column.course, []).append(at)
        for cell in column.cells.tolist():
            by_cell.setdefault(cell, []).append(at)
        model.add_hint(taken[at], id(column) in chosen)
    for rows in by_course.values():
        model.add_at_most_one(taken[at] for at in rows)
    places = pricer.board.places
    # One constraint for all cells that the same columns want.
    alike = {tuple(rows): cell for cell, rows in by_cell.items() if len(rows) > places[cell]}
    for wanted, cell in alike.items():
        if places[cell] == 1:
            model.add_at_most_one(taken[at] for at in wanted)
        else:
            model.add(sum(taken[at] for at in wanted) <= int(places[cell]))
    changes = 1 + sum(course.sessions - 1 for course in pricer.board.courses)
    most = 1 + max((column.days for column in pool), default=0)
    days = most * len(pricer.board.courses)
    model.maximize(
        sum((days * changes - column.days * changes - column.changes) * taken[at] for at, column in enumerate(pool))
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % (1 << 31)
    solver.parameters.max_deterministic_time = max(0.01, work)
    solver.parameters.max_time_in_seconds = max(0.05, budget.clock_left(share))
    status = solver.solve(model)
    budget.spend(solver.response_proto.deterministic_time)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return plan, False
    found = Plan(pricer, [column for at, column in enumerate(pool) if solver.boolean_value(taken[at])])
    return (found if found.worth <= plan.worth else plan), status == cp_model.OPTIMAL


def every_column(pricer: Pricer, courses: Sequence[int], most: int) -> list[Column] | None:
    """All columns of these courses, or None where there are more than `most`."""
    board, count = pricer.board, 0
    for course in courses:
        for way in _ways(board, course):
            count += prod(len(rooms) for rooms in _rooms(board, course, way))
            if count > most:
                return None
    pricer.budget.spend(count * 1e-4)
    return [
        made_column(board, course, way, rooms)
        for course in courses
        for way in _ways(board, course)
        for rooms in product(*_rooms(board, course, way))
    ]


def _rooms(board: Board, number: int, way: Sequence[int]) -> list[list[int]]:
    """Per session, the room classes that are free."""
    rooms = board.kind(board.courses[number]).rooms
    return [[-1] if rooms is None else np.flatnonzero(rooms[:, board.at[start]]).tolist() for start in way]


def _ways(board: Board, number: int) -> Iterator[list[int]]:
    """All ways to choose the starts of one course, depth first."""
    course = board.courses[number]
    starts = board.options(course).starts
    starts = starts[np.argsort(board.time[starts], kind="stable")]
    days = board.day[starts]
    low, high = course.gap

    def after(chosen: list[int]) -> Iterator[list[int]]:
        if len(chosen) == course.sessions:
            yield chosen
            return
        first, behind = 0, len(starts)
        if chosen:
            last = int(board.day[chosen[-1]])
            latest = min(last + high, int(board.day[chosen[0]]) + course.within)
            first, behind = np.searchsorted(days, [last + low, latest + 1])
        for start in starts[first:behind]:
            yield from after([*chosen, int(start)])

    return after([])
