"""The best times for one course, by dynamic programming over days: exact, and a millisecond long.

Sessions of one course lie on different days, and no session runs past midnight, so that within a course only days and
therapists matter: of each therapist's starts on one day, the cheapest stands for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from palpate.scheduling.board import Floats
from palpate.scheduling.records import Course

NEVER = float("inf")


@dataclass(frozen=True)
class Path:
    """A therapist and a day for each session of a course, as numbers of row and column of the prices."""

    cost: float
    therapists: tuple[int, ...]
    days: tuple[int, ...]


class CourseSearch:
    """All ways of one course through tables of prices.

    Takes   course; span: how many days the tables have; first: the ordinal of their first day; change: the price of
            one change of therapist; day: the price of one day from `earliest` to the last session.
    """

    def __init__(self, course: Course, first: int, span: int, change: float, day: float = 1.0) -> None:
        self.course, self.first, self.span, self.change, self.day = course, first, span, change, day
        low, high = course.gap
        last = course.sessions - 1
        self.bound_by_window = course.within < last * high
        # Of the offsets of session k: from the first session where the window binds, else from the table's first day.
        if self.bound_by_window:
            self.width = course.within + 1
            self.ranges = [(k * low, min(k * high, course.within - (last - k) * low)) for k in range(last + 1)]
        else:
            self.width = span
            self.ranges = [(k * low, span - 1 - (last - k) * low) for k in range(last + 1)]
        # First days from which the course can still end within the table.
        self.rows = max(0, span - last * low) if self.bound_by_window else 1
        days = np.arange(self.rows if self.bound_by_window else 0)
        self.window_days = [days[:, None] + np.arange(lowest, highest + 1) for lowest, highest in self.ranges]
        self.possible = self.rows > 0 and all(lowest <= highest for lowest, highest in self.ranges) and span > 0

    @property
    def size(self) -> int:
        """How many ways are looked at for one therapist, counted over all sessions."""
        return self.rows * sum(max(0, highest - lowest + 1) for lowest, highest in self.ranges)

    def run(self, prices: Sequence[Floats]) -> list[Floats]:
        """Per session k, the least price of all ways to session k: [therapist, first day, offset - its lowest offset].

        Takes   prices: per session, [therapist, day]; infinite where there is no time.
        """
        tables: list[Floats] = []
        for k in range(len(self.ranges)):
            own = self._window(prices[k], k)
            if k == 0:
                tables.append(own)
                continue
            before = self._least_before(tables[-1], k)
            if len(before) > 1 and self.change:
                before = np.minimum(before, before.min(axis=0, keepdims=True) + self.change)
            elif len(before) > 1:
                before = before.min(axis=0, keepdims=True)
            tables.append(own + before)
        return tables

    def _window(self, price: Floats, k: int) -> Floats:
        """The prices of session k: [therapist, first day, offset - lowest]."""
        if not self.bound_by_window:
            lowest, highest = self.ranges[k]
            return price[:, None, lowest : highest + 1]
        padded = np.full((len(price), self.span + self.width), NEVER)
        padded[:, : self.span] = price
        return np.take(padded, self.window_days[k], axis=1)

    def _least_before(self, table: Floats, k: int) -> Floats:
        """For each offset of session k, the least entry of session k - 1 that keeps the gap."""
        low, high = self.course.gap
        (old_low, old_high), (lowest, highest) = self.ranges[k - 1], self.ranges[k]
        # Entry j of the padded table is the offset lowest - high + j of session k - 1.
        size = highest - lowest + 1 + high - low
        padded = np.full((*table.shape[:2], size), NEVER)
        shift = old_low - (lowest - high)
        source_from, source_to = max(0, -shift), min(old_high - old_low + 1, size - shift)
        if source_to > source_from:
            padded[:, :, source_from + shift : source_to + shift] = table[:, :, source_from:source_to]
        # The least of each run of high - low + 1, by doubling.
        run, length = padded, 1
        while 2 * length <= high - low + 1:
            run = np.minimum(run[:, :, :-length], run[:, :, length:])
            length *= 2
        rest = high - low + 1 - length
        if rest:
            run = np.minimum(run[:, :, : run.shape[2] - rest], run[:, :, rest:])
        return run

    def totals(self, tables: Sequence[Floats]) -> Floats:
        """The price of each way's end, its days counted in: [therapist, first day, offset - lowest]."""
        lowest, highest = self.ranges[-1]
        offsets = np.arange(lowest, highest + 1)
        late = offsets[None, :] + (np.arange(self.rows)[:, None] if self.bound_by_window else 0)
        return tables[-1] + self.day * (late + (self.first - self.course.earliest))

    def best(self, prices: Sequence[Floats]) -> Path | None:
        """The cheapest way, or None where there is none."""
        found = self.several(prices, 1)
        return found[0] if found else None

    def several(self, prices: Sequence[Floats], count: int) -> list[Path]:
        """The cheapest ways to each of the `count` cheapest last days, the cheapest first."""
        if not self.possible:
            return []
        tables = self.run(prices)
        totals = self.totals(tables)
        flat = totals.ravel()
        if count == 1:
            places = [int(flat.argmin())]
        elif self.bound_by_window:
            places = self._per_last_day(totals)
        else:
            rows = totals.min(axis=1)
            places = [int(rows[:, o].argmin()) * rows.shape[1] + o for o in range(rows.shape[1])]
        ends = sorted((float(flat[place]), place) for place in places if flat[place] < NEVER)
        return [self._traced(cost, place, tables) for cost, place in ends[:count]]

    def _per_last_day(self, totals: Floats) -> list[int]:
        """The cheapest end for each last day."""
        therapists, days, offsets = totals.shape
        last = (np.arange(days)[:, None] + np.arange(offsets)[None, :]).ravel()
        table = totals.reshape(therapists, -1)
        least, who = table.min(axis=0), table.argmin(axis=0)
        order = np.lexsort((least, last))
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = last[order][1:] != last[order][:-1]
        return [int(who[cell]) * days * offsets + int(cell) for cell in order[new]]

    def _traced(self, cost: float, place: int, tables: Sequence[Floats]) -> Path:
        """The way to one entry of the last table."""
        low, high = self.course.gap
        therapist, row, column = (int(number) for number in np.unravel_index(place, tables[-1].shape))
        first = row if self.bound_by_window else 0
        offset = column + self.ranges[-1][0]
        therapists, days = [therapist], [first + offset]
        for k in range(len(self.ranges) - 1, 0, -1):
            lowest, highest = self.ranges[k - 1]
            start, stop = max(lowest, offset - high), min(highest, offset - low)
            before = tables[k - 1][:, row, start - lowest : stop - lowest + 1].copy()
            before += self.change * (np.arange(len(before)) != therapist)[:, None] if len(before) > 1 else 0.0
            # Of equal ways the latest, so that the course is no longer than it must be.
            flipped = int(before[:, ::-1].argmin())
            therapist, back = divmod(flipped, before.shape[1])
            offset = start + before.shape[1] - 1 - back
            therapists.append(therapist)
            days.append(first + offset)
        return Path(cost, tuple(reversed(therapists)), tuple(reversed(days)))
