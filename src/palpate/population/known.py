"""What is known about many people at once: one column per fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from palpate.pathway.episode import Episode
from palpate.pathway.facts import Fact
from palpate.population.bits import Bits, Flags, nobody, pack

Column: TypeAlias = npt.NDArray[Any]
MOMENTS = ("intake", "session", "review")
UNKNOWN = -1  # in a column of codes; in a column of numbers it is NaN


@dataclass
class Known:
    """The people of one batch, all of them free of faults.

    columns      fact -> int8 codes (see `codes_of`; -1 unknown), or float64 numbers (NaN unknown); absent: all unknown
    moment       index into MOMENTS, per person
    unsure       fact -> who was asked and could not say
    cleared      rule index -> whom a clearance lifts it for, where it holds
    covered      who has a clearance at all
    ratings      which ratings of a check are still open, per name; see `open_questions.RATINGS`
    settled      for whom the response class depends on what is open (a rating, or the treated muscle)
    muscle       for whom the treated muscle can still be judged
    if_settled   the response class, were every open rating the best there is: codes as in the column `response`
    episodes     rows -> the episodes of these people, for what must be looked at singly
    singly       who must be decided singly
    decided      row -> (rank, rules that hold) of those who were decided singly before
    course       further columns of the course, for reports
    """

    count: int
    columns: dict[str, Column]
    moment: npt.NDArray[np.int8]
    episodes: Callable[[Sequence[int]], Iterable[Episode]]
    unsure: Mapping[str, Bits] = field(default_factory=dict)
    cleared: Mapping[int, Bits] = field(default_factory=dict)
    covered: Bits | None = None
    ratings: Mapping[str, Bits] = field(default_factory=dict)
    settled: Bits | None = None
    muscle: Bits | None = None
    if_settled: Column | None = None
    singly: Bits | None = None
    decided: Mapping[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    course: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known: dict[str, tuple[Column, Bits]] = {}  # with the column, which may be another one later
        self._at: dict[str, Bits] = {}

    def known(self, name: str) -> Bits:
        """For whom the fact is known."""
        column = self.columns.get(name)
        if column is None:
            return nobody(self.count)
        found = self._known.get(name)
        if found is None or found[0] is not column:
            found = self._known[name] = column, pack(is_known(column))
        return found[1]

    def at(self, moment: str) -> Bits:
        """Who is at this moment."""
        if moment not in self._at:
            self._at[moment] = pack(self.moment == MOMENTS.index(moment))
        return self._at[moment]


def is_known(column: Column) -> Flags:
    """Which entries of a column are answers."""
    return column >= 0 if column.dtype == np.int8 else column == column  # false for NaN


def codes_of(fact: Fact) -> tuple[bool | str, ...]:
    """The answers that stand behind the codes 0, 1, ... of a fact with few answers; empty for numbers."""
    return (False, True) if fact.kind == "bool" else tuple(fact.values)


def column_of_words(fact: Fact, count: int, otherwise: str, whose: Mapping[str, Column]) -> Column:
    """A column of words: `otherwise`, but for those whom the flags of a word name; of several the last stands."""
    codes = {value: code for code, value in enumerate(codes_of(fact))}
    column = np.full(count, codes[otherwise], np.int8)
    for word, flags in whose.items():
        column[flags] = codes[word]
    return column


def rows_of(rows: Column, pair: tuple[Column, Column]) -> tuple[Column, Column]:
    """The same rows of two columns."""
    return pair[0][rows], pair[1][rows]


def unknown_column(fact: Fact, count: int) -> Column:
    """A column in which nothing is known yet."""
    return np.full(count, np.nan) if fact.is_number else np.full(count, UNKNOWN, np.int8)


def value_at(fact: Fact, column: Column, row: int) -> bool | int | float | str | None:
    """The answer of one person as a document holds it, or None where it is unknown."""
    value = column[row]
    if fact.is_number:
        if value != value:
            return None
        return int(value) if fact.kind == "int" else float(value)
    return codes_of(fact)[value] if value >= 0 else None
