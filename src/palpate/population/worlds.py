"""The truth of every rule for every person, as things are, or as they would be if open questions were answered.

Truth is two sets of people: for whom a condition holds, and for whom it fails; whoever is in neither is unknown. That
is the logic of `pathway.truth`, in sets. A world that differs from another in a few facts works out only what
reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from palpate.pathway.condition import OPERATORS, Atom, Between, Compare, In, Linear, Value, atom_holds
from palpate.population.bits import Bits, Flags, at_least, everybody, nobody, pack, unpack
from palpate.population.known import Column, Known, codes_of
from palpate.population.program import Program, Step, codes_holding

Both: TypeAlias = tuple[Bits, Bits]  # for whom it holds, for whom it fails
Fill: TypeAlias = Mapping[str, tuple[Bits, "Value | Column"]]  # fact -> who is given the answer, and which


class World:
    """As things are."""

    def __init__(self, program: Program, known: Known) -> None:
        self.program = program
        self.known = known
        self.everybody = everybody(known.count)
        self.nobody = nobody(known.count)
        self._found: list[Both | None] = [None] * len(program.steps)
        self._codes: dict[str, list[Bits]] = {}

    def rule(self, at: int) -> Both:
        return self.of(self.program.rules[at])

    def of(self, at: int) -> Both:
        """For whom a step holds, and for whom it fails."""
        found = self._found[at]
        if found is None:
            found = self._found[at] = self._work_out(at, self.program.steps[at])
        return found

    def column(self, name: str) -> Column | None:
        """The numbers of a fact; None where nobody's is known."""
        return self.known.columns.get(name)

    def _work_out(self, at: int, step: Step) -> Both:
        if step.kind == "atom":
            assert step.atom is not None
            return self.atom(at, step.atom)
        if step.kind == "derived":
            said, means = self.of(step.items[0]), self.of(step.items[1])
            if step.fact not in self.known.columns:
                return means
            others = self.everybody ^ self.known.known(step.fact)
            return said[0] | (others & means[0]), said[1] | (others & means[1])
        items = [self.of(item) for item in step.items]
        if step.kind == "not":
            return items[0][1], items[0][0]
        if step.kind == "at_least":
            enough = len(items) - step.n + 1
            return at_least(step.n, [yes for yes, _ in items]), at_least(enough, [no for _, no in items])
        yes, no = items[0]
        for other_yes, other_no in items[1:]:
            if step.kind == "and":
                yes, no = yes & other_yes, no | other_no
            else:
                yes, no = yes | other_yes, no & other_no
        return yes, no

    def atom(self, at: int, atom: Atom) -> Both:
        """For whom a comparison, the step `at`, holds, and for whom it fails."""
        if isinstance(atom, Linear):
            return self.linear(atom)
        column = self.known.columns.get(atom.fact)
        if column is None:
            return self.nobody, self.nobody
        fact = self.program.facts[atom.fact]
        if fact.is_number:
            return compared(atom, column)
        codes = self._codes.get(atom.fact)
        if codes is None:
            codes = self._codes[atom.fact] = [pack(column == code) for code in range(len(codes_of(fact)))]
        yes, no = self.nobody, self.nobody
        holding, failing = codes_holding(atom, fact)
        for code in holding:
            yes = yes | codes[code]
        for code in failing:
            no = no | codes[code]
        return yes, no

    def linear(self, atom: Linear) -> Both:
        """The same for arithmetic; added up in the judge's order, so that rounding is the same."""
        total = np.full(self.known.count, float(atom.constant))
        for name, size in atom.terms:
            column = self.column(name)
            if column is None:
                return self.nobody, self.nobody
            total = total + size * column
        known = total == total  # false for NaN
        holds = OPERATORS[atom.op](total, atom.value) & known
        return pack(holds), pack(known & ~holds)


class Changed(World):
    """A world that differs from `base` in the facts `changed` only."""

    def __init__(self, base: World, changed: frozenset[str]) -> None:
        # Without what `World` makes anew: there are hundreds of these for each batch.
        self.program, self.known, self.everybody, self.nobody = base.program, base.known, base.everybody, base.nobody
        self._found = [None] * len(base.program.steps)
        self.base = base
        self.changed = changed

    def of(self, at: int) -> Both:
        found = self._found[at]
        if found is None:
            step = self.program.steps[at]
            found = self.base.of(at) if self.changed.isdisjoint(step.reads) else self._work_out(at, step)
            self._found[at] = found
        return found

    def column(self, name: str) -> Column | None:
        return self.base.column(name)


class Forgotten(Changed):
    """Some answers are taken back."""

    def __init__(self, base: World, whose: Mapping[str, Bits]) -> None:
        super().__init__(base, frozenset(whose))
        self.whose = whose

    def atom(self, at: int, atom: Atom) -> Both:
        if isinstance(atom, Linear):
            return self.linear(atom)
        yes, no = self.base.of(at)
        kept = self.everybody ^ self.whose[atom.fact]
        return yes & kept, no & kept

    def column(self, name: str) -> Column | None:
        column = self.base.column(name)
        if column is None or name not in self.whose:
            return column
        return np.where(unpack(self.whose[name], self.known.count), np.nan, column)


class Free(Changed):
    """What could be: for each comparison with a free answer, both that it holds and that it fails.

    A rule that does not hold here cannot come to hold; the reverse is sure for `Program.plain` rules only.
    """

    def __init__(self, base: World, free: Mapping[str, Bits]) -> None:
        super().__init__(base, frozenset(free))
        self.free = free

    def atom(self, at: int, atom: Atom) -> Both:
        yes, no = self.base.of(at)
        if isinstance(atom, Linear):
            free = self.everybody ^ (yes | no)
            for name, _ in atom.terms:
                free = free & (self.free.get(name, self.nobody) | self.known.known(name))
        else:
            free = self.free[atom.fact]
        return yes | free, no | free


class Filled(Changed):
    """Open questions are answered: each person in the first part of a `Fill` gives its answer.

    under   the world in which the filled facts are still open
    """

    def __init__(self, base: World, under: World, fill: Fill) -> None:
        super().__init__(base, frozenset(fill))
        self.under = under
        self.fill = fill

    def atom(self, at: int, atom: Atom) -> Both:
        if isinstance(atom, Linear):
            return self.linear(atom)
        yes, no = self.under.of(at)
        who, answer = self.fill[atom.fact]
        if isinstance(answer, np.ndarray):
            holds, fails = _coded(atom, self.program, answer)
            return yes | (who & holds), no | (who & fails)
        holds_for_it = atom_holds(atom, {atom.fact: answer})
        return (yes | who, no) if holds_for_it else (yes, no | who)

    def column(self, name: str) -> Column | None:
        if name not in self.fill:
            return self.base.column(name)
        who, answer = self.fill[name]
        column = self.under.column(name)
        before = np.full(self.known.count, np.nan) if column is None else column
        return np.where(unpack(who, self.known.count), answer, before)


def compared(atom: Compare | In | Between, column: Column) -> Both:
    """A comparison of a column of numbers."""
    known = column == column  # false for NaN
    if isinstance(atom, Compare):
        holds = OPERATORS[atom.op](column, atom.value) & known
    elif isinstance(atom, In):
        holds = among(column, atom.values)
    else:
        holds = (column >= atom.low) & (column <= atom.high)
    return pack(holds), pack(known & ~holds)


def among(column: Column, values: Iterable[Any]) -> Flags:
    """Which entries are one of a few values."""
    found = np.zeros(len(column), np.bool_)
    for value in values:
        found |= column == value
    return found


def _coded(atom: Compare | In | Between, program: Program, column: Column) -> Both:
    holding, failing = codes_holding(atom, program.facts[atom.fact])
    return pack(among(column, holding)), pack(among(column, failing))
