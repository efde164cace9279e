"""What may be known about a person: each fact's name, type, unit, range and question.

A fact's value is checked here and nowhere else, so every door (document, command line, form) refuses the same things.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from palpate.pathway.condition import number
from palpate.pathway.faults import listed, nearest, shown

KINDS = ("bool", "enum", "int", "float")
STAGES = ("intake", "session", "derived")


@dataclass(frozen=True)
class Fact:
    """One thing that may be known.

    kind          bool | enum | int | float
    values        enum: value -> plain label, in order; else empty
    low, high     int, float: both ends allowed, in `unit`
    stage         intake | session | derived
    each_session  it must be asked again before each session
    must_know     a decision to treat waits for it (`if_unknown = "ask"`)
    """

    name: str
    kind: str
    question: str
    meaning: str
    stage: str = "intake"
    group: str = ""
    each_session: bool = False
    must_know: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in ("int", "float")

    def expected(self) -> str:
        """What an answer must look like, for a fault's sentence."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "enum":
            return "one of " + listed(list(self.values), 9)
        what = "a whole number" if self.kind == "int" else "a number"
        if math.isinf(self.low):
            return what
        return f"{what} from {number(self.low)} to {number(self.high)}" + (f" ({self.unit})" if self.unit else "")

    def wrong(self, value: Any) -> str | None:
        """Why `value` is no answer to this fact (`found X, expected Y`), or None where it is one."""
        kind = type(value)
        if self.kind == "bool":
            good = kind is bool
        elif self.kind == "enum":
            good = kind is str and value in self.values
        elif kind is int or (kind is float and (self.kind == "float" or value.is_integer())):
            good = self.low <= value <= self.high  # false for NaN
        else:
            good = False
        if good:
            return None
        hint = ""
        if self.kind == "enum" and kind is str:
            near = nearest(value, self.values)
            hint = f"; the nearest is {near}" if near else ""
        elif self.is_number and kind is str:
            hint = "; a number is written without quotes"
        return f"found {shown(value)}, expected {self.expected()}{hint}"


@dataclass(frozen=True)
class Vocabulary:
    """All facts of a pathway by name, in the document's order."""

    facts: Mapping[str, Fact]

    @staticmethod
    def of(facts: Iterable[Fact]) -> Vocabulary:
        return Vocabulary({fact.name: fact for fact in facts})

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def __getitem__(self, name: str) -> Fact:
        return self.facts[name]
