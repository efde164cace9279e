"""From the truth of the rules to the decision of every person in a batch.

What is open is settled by columns where that is certain: nobody who lacks no answer is `incomplete`, and whoever would
be raised to one of the first four dispositions by one further answer, the others harmless, is. Who is left (few)
is decided one at a time (`singly`). Source: contract section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from palpate.pathway.condition import Value
from palpate.pathway.open_questions import EMERGENCY_RANK, FROM_RATINGS, RATINGS
from palpate.pathway.pathway import INCOMPLETE_RANK, rank
from palpate.pathway.singly import decide_singly
from palpate.population.bits import Bits, at_least, of_rows, rows_in, some
from palpate.population.known import Known
from palpate.population.program import MUSCLE, Program, facts_of_atom
from palpate.population.ranks import Ranks
from palpate.population.worlds import Fill, Filled, Forgotten, Free, World

DURATION = "pain_duration_days"
SAME_DAY, ROUTINE = rank("medical_exam_first", "same_day"), rank("medical_exam_first", "routine")
LIMITED = rank("precaution")


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


class _Batch:
    def __init__(self, program: Program, known: Known) -> None:
        self.program, self.known, self.count = program, known, known.count
        self.rules = program.pathway.rules
        self.now = World(program, known)
        self.ranks = Ranks(known.count)
        self.held: dict[int, Bits] = {}
        self.lifted: dict[int, Bits] = {}
        self.singly = self.now.nobody.copy()  # who is left for `decide_singly`
        if known.singly is not None:
            self.singly |= known.singly
        if known.decided:
            self.singly |= of_rows(list(known.decided), known.count)
        # What open ratings decide is unknown to the search; see `OpenQuestions._without_ratings`.
        self.then: World = self.now
        index = program.engine.index
        forgotten: dict[str, Bits] = {}
        if known.settled is not None:
            forgotten |= {name: known.settled for name in FROM_RATINGS if name in index}
        if known.muscle is not None and MUSCLE in index:
            forgotten[MUSCLE] = known.muscle
        if forgotten:
            self.then = Forgotten(self.now, forgotten)

    def rules_that_hold(self) -> None:
        """Which rules hold, which of them a clearance lifts, and the most serious that is left."""
        for at, rule in enumerate(self.rules):
            holds = self.now.rule(at)[0]
            lifts = self.known.cleared.get(at)
            if lifts is not None:
                lifted = holds & lifts
                if at in self.program.of_the_course:  # what held then may not have been what holds now
                    self.singly |= lifted
                elif some(lifted):
                    self.singly |= lifted & self._not_plainly_lifted(at)
                    self.lifted[at] = lifted
                    if rule.disposition == "physician_clearance":
                        self.ranks.lift(LIMITED, lifted)
                    holds = holds & ~lifted
            if some(holds):
                self.held[at] = holds
                self.ranks.lift(rule.rank, holds)

    def _not_plainly_lifted(self, at: int) -> Bits:
        """For whom it takes more than the signs of a rule to say what a clearance does to it."""
        given = [self.known.known(name) for name in self.program.derived[at]]
        undated = self.known.at("intake") & ~self.known.known(DURATION)
        if DURATION in self.program.steps[self.program.rules[at]].reads:
            given.append(undated)
        return _any(self.now.nobody, *given)

    def _seen_at_intake(self, at: int) -> Bits | None:
        """Whose clearance covers the rule at the intake, also if it comes to hold only by an answer still open."""
        cleared = self.known.cleared.get(at)
        if cleared is None:
            return None
        covered = cleared & self.known.at("intake")
        if DURATION in self.program.steps[self.program.rules[at]].reads:
            covered = covered & self.known.known(DURATION)
        return covered

    def fires(self, world: World, at: int) -> Bits:
        """Whom a rule raises in a world: where a clearance lifts it now, by a sign that is new there."""
        yes = world.rule(at)[0]
        covered, lifted = self._seen_at_intake(at), self.lifted.get(at)
        if covered is not None:
            yes = yes & ~covered
        if lifted is not None:
            new = self.now.nobody
            for sign in self.program.signs[at]:
                new = new | (world.of(sign)[0] & ~self.now.of(sign)[0])
            yes = (yes & ~lifted) | (new & lifted & ~self.known.at("intake"))
        return yes

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
                again = _any(self.now.nobody, *new) & lifted & ~self.known.at("intake")
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

    def _open(self) -> dict[str, Bits]:
        """Fact -> who could still answer it; see `OpenQuestions._askable`."""
        if hasattr(self, "_opened"):
            return dict(self._opened)
        found: dict[str, Bits] = {}
        at_session = self.known.at("session")
        for name in self.program.engine.slots:
            fact = self.program.facts[name]
            if fact.stage not in ("intake", "session"):
                continue
            whom = self.now.everybody ^ self.known.known(name)
            if fact.stage == "session":
                whom = whom & at_session
            if name in self.known.unsure:
                whom = whom & ~self.known.unsure[name]
            if name in RATINGS and name in self.known.ratings:
                whom = whom & ~self.known.ratings[name]
            if name == MUSCLE and self.known.muscle is not None:
                whom = whom | self.known.muscle
            if some(whom):
                found[name] = whom
        self._opened: dict[str, Bits] = found
        return dict(found)

    def _from_ratings(self) -> dict[str, Bits]:
        if self.known.settled is None:
            return {}
        return {name: self.known.settled for name in FROM_RATINGS if name in self.program.engine.index}

    def incomplete(self) -> None:
        """Who lacks an answer that must be known and could raise the decision to one of the first four."""
        program = self.program
        left = self.ranks.below(INCOMPLETE_RANK) & ~self.singly
        opened = self._open()
        must = {name: bits & left for name, bits in opened.items() if program.facts[name].must_know}
        must = {name: bits for name, bits in must.items() if some(bits)}
        if not must:
            return
        could = Free(self.then, opened | self._from_ratings())
        waiting = self.now.nobody
        if any(name in program.facts and program.facts[name].must_know for name in (*RATINGS, MUSCLE)):
            waiting = left & flags_or(self.known.settled, self.known.muscle, self.now.nobody)
        at_stake: list[int] = []
        for at in program.serious:
            if program.steps[program.rules[at]].reads.isdisjoint(must):
                continue
            whom = self._lacking(program.rules[at], could.rule(at)[0], must)
            covered, lifted = self._seen_at_intake(at), self.lifted.get(at)
            if covered is not None:
                whom = whom & ~covered
            if lifted is not None:
                new = [self._lacking(sign, could.of(sign)[0], must) for sign in program.signs[at]]
                whom = whom | (_any(self.now.nobody, *new) & lifted & ~self.known.at("intake"))
            if some(whom):
                waiting = waiting | whom
                at_stake.append(at)
        if not some(waiting):
            return
        proved = self._proved(waiting, must, opened, at_stake)
        self.ranks.lift(INCOMPLETE_RANK, proved)
        left = waiting & ~proved
        self.singly |= left & self._undecided(left, must, opened, at_stake, could) if some(left) else left

    def _undecided(
        self, left: Bits, must: Mapping[str, Bits], opened: Mapping[str, Bits], at_stake: Sequence[int], could: World
    ) -> Bits:
        """For whom it is not certain either that no such answer could raise the decision.

        It is certain where a rule has at most one other open question, and whatever the answer to that is, something as
        serious holds anyway or the rule does not turn.
        """
        program = self.program
        doubtful = left & flags_or(self.known.settled, self.known.covered, self.now.nobody)
        for at in at_stake:
            reads = program.steps[program.rules[at]].reads
            for name in sorted(reads.intersection(must)):
                whom = left & ~doubtful & self._lacking(program.rules[at], could.rule(at)[0], {name: must[name]})
                if not some(whom):
                    continue
                if name not in program.answers or any(len(facts_of_atom(atom)) > 1 for atom in program.atoms[at]):
                    doubtful = doubtful | whom
                    continue
                others = sorted(reads.intersection(opened) - {name})
                doubtful = doubtful | (whom & at_least(2, [opened[other] for other in others])) if others else doubtful
                alone = whom & ~_any(self.now.nobody, *(opened[other] for other in others))
                if some(alone):
                    doubtful = doubtful | self._decides(alone, at, name, opened[name], {}, self.then)
                for other in others:
                    pair = whom & ~doubtful & opened[other]
                    for answer in self._all_answers(other) if some(pair) else ():
                        fill = {other: (opened[other], answer)}
                        doubtful = doubtful | self._decides(pair, at, name, opened[name], fill, self.then)
        return doubtful

    def _all_answers(self, name: str) -> tuple[Value, ...]:
        return self.program.harmless[name], *self.program.telling[name]

    def _lacking(self, at: int, whom: Bits, must: Mapping[str, Bits]) -> Bits:
        """Who lacks an answer that can still turn a step: everything above it is as yet undecided."""
        yes, no = self.then.of(at)
        whom = whom & ~(yes | no)
        if not some(whom):
            return whom
        step = self.program.steps[at]
        if step.kind == "atom":
            lacking = [must[name] for name in step.reads if name in must]
            return whom & _any(self.now.nobody, *lacking)
        items = step.items[1:] if step.kind == "derived" else step.items
        return _any(*(self._lacking(item, whom, must) for item in items))

    def _proved(
        self, waiting: Bits, must: Mapping[str, Bits], opened: Mapping[str, Bits], at_stake: Sequence[int]
    ) -> Bits:
        """For whom one answer, with harmless ones to all other open questions, raises the decision."""
        program = self.program
        proved = self.now.nobody
        fill = {name: (bits, program.harmless[name]) for name, bits in opened.items()}
        if self.known.settled is not None and "response" in program.engine.index:
            assert self.known.if_settled is not None
            fill["response"] = (self.known.settled, self.known.if_settled)  # type: ignore[assignment]
        harmless = Filled(self.then, self.then, fill)
        mild = waiting
        for at in program.serious:
            if not some(mild):
                return proved
            if self.known.settled is not None and program.steps[program.rules[at]].reads & set(FROM_RATINGS[1:]):
                mild = mild & ~self.known.settled
            mild = mild & ~self.fires(harmless, at)
        staked = set(at_stake)
        for name, lacking in must.items():
            if name == MUSCLE:
                continue  # it acts through the response class as well
            tried = [at for at in program.reading.get(name, ()) if at in staked]
            for answer in program.answers.get(name, ()) if tried else ():
                whom = lacking & mild & ~proved
                if not some(whom):
                    break
                world = Filled(harmless, self.then, {name: (opened[name], answer)})
                for at in program.reading[name]:
                    if at in program.of_the_course and at in self.known.cleared:
                        continue
                    proved = proved | (whom & self.fires(world, at))
                    if not some(whom & ~proved):
                        break
        left = mild & ~proved
        return proved | self._proved_by_two(left, must, opened, at_stake, harmless) if some(left) else proved

    def _proved_by_two(
        self, left: Bits, must: Mapping[str, Bits], opened: Mapping[str, Bits], at_stake: Sequence[int], base: World
    ) -> Bits:
        """For whom an answer raises the decision once another open question of the rule has a telling answer."""
        program = self.program
        proved = self.now.nobody
        for at in at_stake:
            if at in program.of_the_course and at in self.known.cleared:
                continue
            reads = program.steps[program.rules[at]].reads
            for name in sorted(reads.intersection(program.answers).intersection(must)):
                for other in sorted(reads.intersection(opened) - {name, MUSCLE}):
                    whom = left & must[name] & opened[other] & ~proved & ~self.then.rule(at)[1]
                    if name == MUSCLE or not some(whom):
                        continue
                    for answer in program.telling[other]:
                        fill = {other: (opened[other], answer)}
                        proved = proved | self._decides(whom & ~proved, at, name, opened[name], fill, base)
        return proved

    def _decides(self, whom: Bits, at: int, name: str, who: Bits, fill: Fill, base: World) -> Bits:
        """For which of them the answer to one fact alone makes a rule decide, in the world of `base` and `fill`.

        That is: with one answer the rule holds and none more serious does; with another neither it nor one as serious.
        """
        program, rank = self.program, self.rules[at].rank
        answers = (program.harmless[name], *program.answers[name])
        worlds = [Filled(base, self.then, {**fill, name: (who, answer)}) for answer in answers]
        fired = [self.fires(world, at) for world in worlds]
        whom = whom & _any(self.now.nobody, *fired)
        if not some(whom):
            return whom
        read = {name, *fill}
        near = [
            (rule, self.rules[rule].rank > rank)
            for rule in program.serious
            if rule != at and self.rules[rule].rank >= rank and read & program.steps[program.rules[rule]].reads
        ]
        holding, failing = [], []
        for world, here in zip(worlds, fired, strict=True):
            others = [(self.fires(world, rule), above) for rule, above in near]
            holding.append(here & ~_any(self.now.nobody, *(bits for bits, above in others if above)))
            failing.append(~_any(here, *(bits for bits, _ in others)))
        return whom & _any(self.now.nobody, *holding) & _any(self.now.nobody, *failing)

    def decided(self) -> Decided:
        """The result, with those decided singly who are left."""
        rows = rows_in(self.singly, self.count).tolist()
        ranks = self.ranks.written_out()
        whose: list[tuple[int, Sequence[int]]] = []
        left = iter(self.known.episodes([row for row in rows if row not in self.known.decided]))
        for row in rows:
            level, rules = self.known.decided.get(row) or decide_singly(self.program.pathway, next(left))
            ranks[row] = level
            if self.known.covered is not None or row in self.known.decided:
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


def where_held(held: Mapping[int, Bits], count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """(offsets, rule indexes): the rules of each person, in the pathway's order, as Arrow lays out lists."""
    width = max(held, default=0) + 1
    pairs = [rows_in(bits, count) * width + at for at, bits in held.items()]  # person and rule as one number
    every = np.concatenate(pairs) if pairs else np.zeros(0, np.int64)
    every = np.sort(every.astype(np.uint32) if count * width < 2**32 else every)  # short numbers are sorted sooner
    people = every // width
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(people, minlength=count), out=offsets[1:])
    return offsets, (every - people * width).astype(np.int32)


def _any(*sets: Bits) -> Bits:
    """Who is in one of the sets."""
    found = sets[0].copy()
    for other in sets[1:]:
        found |= other
    return found


def flags_or(one: Bits | None, other: Bits | None, nobody: Bits) -> Bits:
    """Who is in either; None is nobody."""
    return (nobody if one is None else one) | (nobody if other is None else other)
