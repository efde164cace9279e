"""Response classes for columns of ratings, worked out exactly, once for each pair of ratings that occurs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from palpate.pathway.pathway import Pathway
from palpate.pathway.response import Numbers, activities_code, combine, exact, global_code, pain_code, recovered
from palpate.population.known import Column, codes_of

Numbered = npt.NDArray[np.float64]
NONE = 9  # a code that is not available
MOST_KEPT = 200_000
SIXTHS, MOST_SIXTHS = 6, 12_000  # nearly all ratings are halves or, as means of three, thirds: no need to sort


class Classes:
    """The response rule of a pathway over columns; what was worked out is kept from batch to batch."""

    def __init__(self, pathway: Pathway) -> None:
        self.numbers = pathway.numbers
        fact = pathway.vocabulary.facts.get("response")
        self.codes = {value: code for code, value in enumerate(codes_of(fact))} if fact else {}
        self._pairs: dict[tuple[str, int], dict[tuple[float, float], int]] = {}
        self._kinds: dict[tuple[int, int, int], int] = {}

    def of(
        self, pain: tuple[Numbered, Numbered], activities: tuple[Numbered, Numbered], change: Numbered, parts: int = 0
    ) -> Column:
        """The class of each person as a code of the fact `response`.

        Takes  pain, activities: (at the start, at the check), NaN where missing; change: the person's own view.
               parts: of a point, in which the ratings are whole numbers; 0: points, as a document writes them.
        """
        pains = self._paired("pain", pain, pain_code, parts)
        acts = self._paired("activities", activities, activities_code, parts)
        overall = np.full(len(change), NONE, np.int64)
        rated = np.flatnonzero(change == change)  # false for NaN
        if len(rated):
            least = change[rated].min()
            values, places = _values(change[rated] - least)
            codes = (global_code(self.numbers, int(value + least)) for value in values)
            overall[rated] = np.array([NONE if code is None else code for code in codes])[places]
        keys = (pains + 10) * 400 + (acts + 10) * 20 + (overall + 10)
        return _of_each(keys, self._kind).astype(np.int8)

    def _kind(self, key: int) -> int:
        codes = (key // 400 - 10, key // 20 % 20 - 10, key % 20 - 10)
        kind, _ = combine(*(None if code == NONE else code for code in codes))
        return self.codes[kind]

    def _paired(
        self, what: str, pair: tuple[Numbered, Numbered], rule: Callable[[Numbers, Any, Any], int | None], parts: int
    ) -> npt.NDArray[np.int64]:
        before, after = pair
        result = np.full(len(before), NONE, np.int64)
        rows = np.flatnonzero((before == before) & (after == after))  # false for NaN
        if not len(rows):
            return result
        befores, first = _values(before[rows])
        afters, then = _values(after[rows])
        kept = self._pairs.setdefault((what, parts), {})

        def code_of(key: int) -> int:
            one, other = float(befores[key // len(afters)]), float(afters[key % len(afters)])
            code = kept.get((one, other))
            if code is None:
                if len(kept) >= MOST_KEPT:
                    kept.clear()
                made = rule(self.numbers, as_written(one, parts), as_written(other, parts))
                code = kept[one, other] = NONE if made is None else made
            return code

        result[rows] = _of_each(first * len(afters) + then, code_of)
        return result

    def recovered(self, pain: Numbered, activities: Numbered, parts: int = 0) -> npt.NDArray[np.bool_]:
        """Who has no pain left, and activities (where rated) as good as before."""
        enough = _each(
            activities, lambda value: recovered(self.numbers, Fraction(0), as_written(value, parts)), missing=True
        )
        none_left = _each(pain, lambda value: recovered(self.numbers, as_written(value, parts), None), missing=False)
        return none_left & enough


def _values(column: Numbered) -> tuple[Numbered, npt.NDArray[np.int64]]:
    """(the values that occur, in order; the place of each entry among them)."""
    if len(column):
        sixths = np.rint(column * SIXTHS).astype(np.int64)
        if (sixths / SIXTHS == column).all() and sixths.min() >= 0 and sixths.max() <= MOST_SIXTHS:
            found = np.flatnonzero(np.bincount(sixths))
            places = np.zeros(found[-1] + 1, np.int64)
            places[found] = np.arange(len(found))
            return found / SIXTHS, places[sixths]
    values = np.unique(column)
    return values, np.searchsorted(values, column)


def _of_each(keys: npt.NDArray[np.int64], rule: Callable[[int], int]) -> npt.NDArray[np.int64]:
    """What a rule gives for each key (0 or more), worked out once for each that occurs."""
    if not len(keys):
        return keys
    if keys.max() < MOST_KEPT:
        found = np.flatnonzero(np.bincount(keys))
        table = np.zeros(found[-1] + 1, np.int64)
        table[found] = [rule(key) for key in found.tolist()]
        return table[keys]
    found, back = np.unique(keys, return_inverse=True)
    return np.array([rule(key) for key in found.tolist()])[back]


def as_written(value: float, parts: int = 0) -> Fraction:
    """The number that a document holds: exact, without binary rounding; or a whole number of parts of a point."""
    if parts:
        return Fraction(int(value), parts)
    return exact(int(value) if value.is_integer() else value)


def _each(column: Numbered, rule: Callable[[float], bool], missing: bool) -> npt.NDArray[np.bool_]:
    result = np.full(len(column), missing, np.bool_)
    rated = np.flatnonzero(column == column)  # false for NaN
    if len(rated):
        found, back = _values(column[rated])
        result[rated] = np.array([rule(value) for value in found.tolist()], np.bool_)[back]
    return result
