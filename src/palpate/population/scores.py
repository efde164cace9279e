"""The scores of many documents in the order of their days, and what is wrong with them.

Ratings of own activities are counted in twelfths of a point, in which halves, and means of two or three of them, are
whole. Documents with finer ones are odd.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from palpate.population.columns import numbers, valid
from palpate.population.known import Column
from palpate.population.unnested import NO_DAY, ODD, Listed, Unnested, days_of, words_of

PARTS = 12
Pair: TypeAlias = tuple[Column, Column]  # at the start, at the check


class Scores:
    """The scores of unnested documents.

    rows, days, which, value, rated   of each score: its document, day, measure (index into `names`), value, and up to
                                      three ratings in parts of a point; by document and day
    """

    def __init__(self, docs: Unnested) -> None:
        self.docs, self.count, self.pathway = docs, docs.count, docs.pathway
        self._read()

    def _read(self) -> None:
        """All scores in the order of their days, as their documents list them within a day."""
        part: Listed = self.docs.measures
        names = list(self.pathway.measures)
        days, good = days_of(part.field("date"))
        which = words_of(part.field("name"), names)
        value, values = part.numbers("value"), part.field("values")
        activities = which == (names.index("own_activities") if "own_activities" in names else ODD)
        wrong = ~good | (days == NO_DAY) | (days > self.docs.as_of[part.rows]) | (which < 0)
        wrong |= activities & (valid(part.field("value")) | ~valid(values))
        wrong |= ~activities & (np.isnan(value) | valid(values))
        for at, name in enumerate(names):
            table, here = self.pathway.measures[name], (which == at) & ~activities
            low, high = table["range"]
            wrong |= here & ~((value >= low) & (value <= high))
            if table.get("whole"):
                wrong |= here & (value != np.floor(value))
        self.rated = self._rated(values, activities)
        self.docs.odd[part.rows[wrong]] = True
        order = np.lexsort((np.where(wrong, 0, days), part.rows))
        self.rows, self.days = part.rows[order], days[order]
        self.which, self.value, self.rated = which[order], value[order], self.rated[order]
        self.names = names

    def _rated(self, values: Any, activities: Column) -> Column:
        """Up to three ratings of each score of own activities, in parts; NaN where not rated, -1 not named."""
        lengths = numbers(values.value_lengths().fill_null(0)).astype(np.int64)
        flat = values.flatten()
        points = np.where(valid(flat), numbers(flat), np.nan) if len(flat) else np.zeros(0)
        whose = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(len(points)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        bad = np.zeros(len(lengths), np.bool_)
        bad[whose[~(np.isnan(points) | ((points >= 0) & (points <= 10)))]] = True
        bad |= activities & ((lengths < 1) | (lengths > 3))
        twice = points * 2
        bad[whose[~np.isnan(twice) & (twice != np.floor(twice))]] = True
        self.docs.odd[self.docs.measures.rows[bad]] = True
        rated = np.full((len(lengths), 3), -1.0)
        fine = place < 3
        rated[whose[fine], place[fine]] = points[fine] * PARTS
        return rated

    def of(self, name: str, among: Column | None = None) -> Column:
        """The places of the scores of a measure, in order."""
        if name not in self.names:
            return np.zeros(0, np.int64)
        here = self.which == self.names.index(name)
        return np.flatnonzero(here if among is None else here & among)

    def latest(self, places: Column) -> tuple[Column, Column]:
        """(for each document the last of some scores, whether there is one)."""
        found = np.zeros(self.count, np.int64)
        there = np.zeros(self.count, np.bool_)
        found[self.rows[places]] = places
        there[self.rows[places]] = True
        return found, there


def shared_means(first: Column, named: Column, later: Column, rated: Column) -> tuple[Column, Column]:
    """(at the start, at the check) the means over the activities rated both times; see `response.shared_mean`.

    Where too few were, the mean of the start alone, and nothing for the check.
    """
    both = (first >= 0) & (later >= 0)
    shared = both.sum(axis=1)
    enough = rated & (named > 0) & (shared > 0) & (shared >= np.minimum(2, named))
    size = np.maximum(shared, 1)
    start = np.where(both, first, 0.0).sum(axis=1) / size
    now = np.where(both, later, 0.0).sum(axis=1) / size
    alone = (first >= 0).sum(axis=1)
    mean = np.where(first >= 0, first, 0.0).sum(axis=1) / np.maximum(alone, 1)
    return np.where(enough, start, np.where(alone > 0, mean, np.nan)), np.where(enough, now, np.nan)
