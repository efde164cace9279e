"""From the truth of the rules to the decision of every person in a batch. Source: contract section 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from palpate.pathway.open_questions import EMERGENCY_RANK
from palpate.pathway.pathway import rank
from palpate.pathway.singly import decide_singly
from palpate.population.bits import Bits, of_rows, rows_in, some, union
from palpate.population.known import Known
from palpate.population.lacking import Lacking
from palpate.population.program import Program
from palpate.population.ranks import Ranks
from palpate.population.worlds import Filled, Free

SAME_DAY, ROUTINE = rank("medical_exam_first", "same_day"), rank("medical_exam_first", "routine")


@dataclass(frozen=True)
class Decided:
    """ranks: how serious the decision is, per person (see `pathway.rank`); held: rule index -> for whom it holds and
    is not lifted; one_by_one: how many had to be decided singly."""

    ranks: npt.NDArray[np.int16]
    held: Mapping[int, Bits]
    one_by_one: int


def decide_known(program: Program, known: Known) -> Decided:
    """The decisions of everybody in a batch; the same as `pathway.decision.find` gives one at a time."""
    batch = _Batch(program, known)
    batch.rules_that_hold()
    batch.unsure()
    batch.incomplete()
    return batch.decided()


class _Batch(Lacking):
    def unsure(self) -> None:
        """Unsure answers that could have raised the decision make an examination necessary."""
        names = {
            name: bits & ~self.known.known(name)
            for name, bits in self.known.unsure.items()
            if name in self.program.engine.index and self.program.facts[name].must_know
        }
        names = {name: bits for name, bits in names.items() if some(bits)}
        if not names:
            return
        floor = self._floor()
        free = self._open()
        for name, bits in names.items():
            free[name] = free.get(name, self.now.nobody) | bits
        free |= self._from_ratings()
        could = Free(self.then, free)
        below = {level: floor.below(level) for level in (SAME_DAY, ROUTINE)}
        doubtful: dict[int, Bits] = {}
        for name, bits in names.items():
            for at in self.program.reading.get(name, ()):
                level = SAME_DAY if self.rules[at].rank == EMERGENCY_RANK else ROUTINE
                lifted = self.lifted.get(at, self.now.nobody)
                yes, no = self.then.rule(at)
                new = [could.of(sign)[0] & ~self.now.of(sign)[0] for sign in self.program.signs[at]]
                again = union(self.now.nobody, *new) & lifted & ~self.known.at("intake")
                whom = bits & below[level] & ((could.rule(at)[0] & ~(yes | no)) | again)
                if not some(whom):
                    continue
                if at in self.program.plain:
                    self.ranks.lift(level, whom)
                    continue
                speaking = {
                    fact: (free[fact], answer) for fact, answer in self.program.speaking[at].items() if fact in free
                }
                sure = whom & ~lifted & Filled(self.then, self.then, speaking).rule(at)[0]
                self.ranks.lift(level, sure)
                doubtful[level] = doubtful.get(level, self.now.nobody) | (whom & ~sure)
        for level, whom in doubtful.items():
            self.singly |= whom & self.ranks.below(level)

    def _floor(self) -> Ranks:
        """The rank of what holds whatever the open ratings are."""
        if self.then is self.now:
            return self.ranks.copy()
        floor = Ranks(self.count)
        for at, rule in enumerate(self.rules):
            floor.lift(rule.rank, self.then.rule(at)[0] & ~self.lifted.get(at, self.now.nobody))
        return floor

    def decided(self) -> Decided:
        """The result, with those decided singly who are left."""
        rows = rows_in(self.singly, self.count).tolist()
        ranks = self.ranks.written_out()
        whose: list[tuple[int, Sequence[int]]] = []
        left = iter(self.known.episodes([row for row in rows if row not in self.known.decided]))
        for row in rows:
            level, rules = self.known.decided.get(row) or decide_singly(self.program.pathway, next(left))
            ranks[row] = level
            now = [at for at, whom in self.held.items() if whom[row >> 3] >> (row & 7) & 1]
            if sorted(now) != sorted(rules):
                whose.append((row, rules))
        self._hold(whose)
        return Decided(ranks, self.held, len(rows))

    def _hold(self, whose: Sequence[tuple[int, Sequence[int]]]) -> None:
        """Which rules hold for some people, and no others."""
        if not whose:
            return
        others = self.now.everybody ^ of_rows([row for row, _ in whose], self.count)
        rows_of: dict[int, list[int]] = {}
        for row, rules in whose:
            for at in rules:
                rows_of.setdefault(at, []).append(row)
        for at in {*self.held, *rows_of}:
            self.held[at] = (self.held.get(at, self.now.nobody) & others) | of_rows(rows_of.get(at, []), self.count)


def where_held(held: Mapping[int, Bits], count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]:
    """(offsets, rule indexes): the rules of each person, in the pathway's order, as Arrow lays out lists."""
    bits = max(held, default=0).bit_length()
    kind: Any = np.uint32 if count << bits < 2**32 else np.int64  # short numbers are sorted sooner
    pairs = [(rows_in(whom, count).astype(kind) << bits) | kind(at) for at, whom in held.items()]  # person and rule
    every = np.sort(np.concatenate(pairs)) if pairs else np.zeros(0, kind)
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(every >> bits, minlength=count), out=offsets[1:])
    return offsets, (every & kind((1 << bits) - 1)).astype(np.uint16)
