"""A day as a table: one row for each quarter of an hour, one column for each therapist or room. Plain values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

QUARTER = timedelta(minutes=15)
LEAST, MOST = 8, 96  # rows of a day


@dataclass(frozen=True)
class Block:
    """Something that stands in a column from one instant to another. `rank`: the higher one is seen."""

    starts: datetime
    ends: datetime
    kind: str  # busy, turnover, taken, open
    told: Any = None
    rank: int = 0


@dataclass(frozen=True)
class Cell:
    """One cell of the table and how many rows it takes."""

    kind: str  # busy, turnover, taken, open, closed
    rows: int
    told: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Line:
    """One row: its time where it is a full or half hour, and the cells that begin in it, with the column of each."""

    at: datetime
    cells: tuple[tuple[str, Cell], ...]


def table(columns: Sequence[tuple[str, Sequence[Block]]]) -> list[Line]:
    """The rows of a day. Takes columns: the name of each, and what stands in it.

    A cell begins with the quarter in which its block begins. Where two blocks begin in one quarter they share a cell.
    """
    every = [block for _, blocks in columns for block in blocks]
    if not every:
        return []
    begin = _floor(min(block.starts for block in every), minutes=60)
    count = -(-(max(block.ends for block in every) - begin) // QUARTER)
    count = min(max(count, LEAST), MOST)
    count += count % 2  # a time stands beside two rows
    placed = [(name, dict(_cells(blocks, begin, count))) for name, blocks in columns]
    return [
        Line(begin + number * QUARTER, tuple((name, cells[number]) for name, cells in placed if number in cells))
        for number in range(count)
    ]


def _floor(at: datetime, minutes: int) -> datetime:
    return at - timedelta(minutes=at.minute % minutes, seconds=at.second, microseconds=at.microsecond)


def _cells(blocks: Sequence[Block], begin: datetime, count: int) -> list[tuple[int, Cell]]:
    """The cells of one column, each with the row in which it begins."""
    here: list[list[Block]] = [[] for _ in range(count)]
    for block in sorted(blocks, key=lambda block: (-block.rank, block.starts)):
        first = max((block.starts - begin) // QUARTER, 0)
        last = min(max(-((begin - block.ends) // QUARTER), first + 1), count)
        for row in range(first, last):
            if not here[row] or here[row][0].rank == block.rank:
                here[row].append(block)
    found: list[tuple[int, Cell]] = []
    row = 0
    while row < count:
        stop = row + 1
        shown = list(here[row])
        while stop < count and _goes_on(shown, here[stop]):
            shown += [block for block in here[stop] if block not in shown]
            stop += 1
        kind = shown[0].kind if shown else "closed"
        told = tuple(block.told for block in shown if block.told is not None)
        found.append((row, Cell(kind, stop - row, told)))
        row = stop
    return found


def _goes_on(shown: list[Block], there: list[Block]) -> bool:
    """Whether the next row still belongs to this cell."""
    return (not shown and not there) or (bool(shown) and any(block in shown for block in there))
