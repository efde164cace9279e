"""Which answers are worth trying: for each fact a few that stand for all.

Two answers stand for each other when every comparison in the pathway says the same of both. Facts that are
compared with each other, or meet in arithmetic, get the edges that follow from the other fact's edges too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from palpate.pathway.condition import Atom, Between, Compare, In, Linear, Node, atom_holds, atoms
from palpate.pathway.facts import Fact

ALL_UP_TO = 64  # a whole-number fact in arithmetic with no more values than this is tried at every one
MOST_PAIRS = 64  # edges of one fact that are carried over to a fact it is compared with
MOST_KEPT = 5_000


class Domains:
    """Representative answers for the facts of a set of conditions (without `Derived` nodes)."""

    def __init__(self, conditions: Sequence[Node], facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.single: dict[str, list[Atom]] = {}
        self.joint: dict[str, list[Linear]] = {}
        for atom in dict.fromkeys(itertools.chain.from_iterable(atoms(node) for node in conditions)):
            if isinstance(atom, Linear):
                for name, _ in atom.terms:
                    self.joint.setdefault(name, []).append(atom)
            else:
                self.single.setdefault(atom.fact, []).append(atom)
        self._narrowed: dict[Any, list[Any]] = {}
        self._static = {name: self._alone(name) for name in {*self.single, *self.joint}}

    def of(self, name: str, known: Mapping[str, Any]) -> list[Any]:
        """The answers of `name` that stand for all, given what is known of the facts it meets in arithmetic.

        Takes  known: fact -> value; a fact that is not in it counts as open.
        """
        values = self._static.get(name, [])
        if name in self.joint:
            return sorted({*values, *self._carried(name, known)})
        return values

    def edges(self, name: str, known: Mapping[str, Any]) -> list[Any]:
        """Every answer at which something may change, and its neighbours; more than `of`, for the nearest change."""
        fact = self.facts[name]
        if not fact.is_number:
            return self.of(name, known)
        carried = self._carried(name, known) if name in self.joint else []
        return sorted({*self._edges(fact, self.single.get(name, [])), *carried})

    def narrowed(self, name: str, known: Mapping[str, Any]) -> list[Any]:
        """The same; where all its partners in arithmetic are known, one answer for each way to tell answers apart."""
        others = [other for test in self.joint[name] for other, _ in test.terms if other != name]
        if any(other not in known for other in others):
            return self.of(name, known)
        partners = tuple(known[other] for other in others)
        if (name, partners) in self._narrowed:
            return self._narrowed[name, partners]
        tests = [*self.single.get(name, ()), *self.joint[name]]
        kept: dict[tuple[bool | None, ...], Any] = {}
        values = dict(known)
        for value in self.of(name, known):
            values[name] = value
            kept.setdefault(tuple(atom_holds(test, values) for test in tests), value)
        if len(self._narrowed) > MOST_KEPT:
            self._narrowed.clear()
        self._narrowed[name, partners] = list(kept.values())
        return self._narrowed[name, partners]

    def _alone(self, name: str) -> list[Any]:
        fact = self.facts[name]
        tests = self.single.get(name, [])
        if fact.kind == "bool":
            return [False, True]
        if name in self.joint and fact.kind == "int" and fact.high - fact.low < ALL_UP_TO:
            return list(range(int(fact.low), int(fact.high) + 1))
        candidates: list[Any] = list(fact.values) if fact.kind == "enum" else self._edges(fact, tests)
        kept: dict[tuple[bool | None, ...], Any] = {}
        for value in candidates:
            sign = tuple(atom_holds(test, {name: value}) for test in tests)
            kept.setdefault(sign, value)
        if name in self.joint:  # both ends of each stretch: the corners of what two facts can be together
            ends = dict(kept)
            for value in candidates:
                ends[tuple(atom_holds(test, {name: value}) for test in tests)] = value
            return sorted({*kept.values(), *ends.values()})
        return list(kept.values())

    def _edges(self, fact: Fact, tests: Sequence[Atom]) -> list[Any]:
        marks: set[float] = {fact.low, fact.high}
        for test in tests:
            if isinstance(test, Compare):
                marks.add(test.value)  # type: ignore[arg-type]
            elif isinstance(test, In):
                marks.update(test.values)  # type: ignore[arg-type]
            elif isinstance(test, Between):
                marks.update((test.low, test.high))
        marks = {mark for mark in marks if abs(mark) != float("inf")} or {0}
        return self._around(fact, sorted(marks))

    def _around(self, fact: Fact, marks: Sequence[float]) -> list[Any]:
        if fact.kind == "int":
            whole = {value for mark in marks for value in (floor(mark) - 1, floor(mark), ceil(mark), ceil(mark) + 1)}
            return sorted(value for value in whole if fact.low <= value <= fact.high)
        between = [(a + b) / 2 for a, b in itertools.pairwise(marks)]
        outside = [marks[0] - 1, marks[-1] + 1]
        return sorted({value for value in [*marks, *between, *outside] if fact.low <= value <= fact.high})

    def _carried(self, name: str, known: Mapping[str, Any]) -> list[Any]:
        marks: set[float] = set()
        for test in self.joint[name]:
            own = dict(test.terms)[name]
            others = [(other, size) for other, size in test.terms if other != name]
            choices = [[known[other]] if other in known else self._static[other][:MOST_PAIRS] for other, _ in others]
            for combination in itertools.product(*choices):
                rest = test.constant + sum(size * value for (_, size), value in zip(others, combination, strict=True))
                marks.add((test.value - rest) / own)
        return self._around(self.facts[name], sorted(marks)) if marks else []
