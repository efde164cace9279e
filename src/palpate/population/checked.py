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


class Classes:
    """The response rule of a pathway over columns; what was worked out is kept from batch to batch."""

    def __init__(self, pathway: Pathway) -> None:
        self.numbers = pathway.numbers
        fact = pathway.vocabulary.facts.get("response")
        self.codes = {value: code for code, value in enumerate(codes_of(fact))} if fact else {}
        self._pairs: dict[tuple[str, float, float], int] = {}
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
        for value in np.unique(change[change == change]):  # false for NaN
            code = global_code(self.numbers, int(value))
            overall[change == value] = NONE if code is None else code
        keys = (pains + 10) * 10_000 + (acts + 10) * 100 + (overall + 10)
        found, back = np.unique(keys, return_inverse=True)
        kinds = np.array([self._kind(int(key)) for key in found], np.int8)
        return kinds[back] if len(found) else np.zeros(0, np.int8)

    def _kind(self, key: int) -> int:
        codes = (key // 10_000 - 10, key // 100 % 100 - 10, key % 100 - 10)
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
        found, back = np.unique(before[rows] + 1j * after[rows], return_inverse=True)
        codes = []
        for both in found.tolist():
            key = (f"{what} {parts}", both.real, both.imag)
            code = self._pairs.get(key)
            if code is None:
                if len(self._pairs) >= MOST_KEPT:
                    self._pairs.clear()
                made = rule(self.numbers, as_written(both.real, parts), as_written(both.imag, parts))
                code = self._pairs[key] = NONE if made is None else made
            codes.append(code)
        result[rows] = np.array(codes)[back]
        return result

    def recovered(self, pain: Numbered, activities: Numbered, parts: int = 0) -> npt.NDArray[np.bool_]:
        """Who has no pain left, and activities (where rated) as good as before."""
        enough = _each(
            activities, lambda value: recovered(self.numbers, Fraction(0), as_written(value, parts)), missing=True
        )
        none_left = _each(pain, lambda value: recovered(self.numbers, as_written(value, parts), None), missing=False)
        return none_left & enough


def as_written(value: float, parts: int = 0) -> Fraction:
    """The number that a document holds: exact, without binary rounding; or a whole number of parts of a point."""
    if parts:
        return Fraction(int(value), parts)
    return exact(int(value) if value.is_integer() else value)


def _each(column: Numbered, rule: Callable[[float], bool], missing: bool) -> npt.NDArray[np.bool_]:
    result = np.full(len(column), missing, np.bool_)
    rated = np.flatnonzero(column == column)  # false for NaN
    if len(rated):
        found, back = np.unique(column[rated], return_inverse=True)
        result[rated] = np.array([rule(value) for value in found.tolist()], np.bool_)[back]
    return result
