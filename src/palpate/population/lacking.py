"""Who lacks an answer that must be known and could raise the decision to one of the first four: `incomplete`.

It is settled by columns where that is certain: nobody who lacks no such answer is incomplete, and whoever could be
raised by such answers alone, the others harmless, is. Who is left after that (few) is decided one at a time (`singly`).
Source: contract section 2.
"""

from __future__ import annotations

from collections.abc import Mapping

from palpate.pathway.condition import Value
from palpate.pathway.open_questions import FROM_RATINGS, RATINGS
from palpate.pathway.pathway import INCOMPLETE_RANK
from palpate.population.bits import Bits, at_least, some, union
from palpate.population.holding import Holding
from palpate.population.known import Column
from palpate.population.program import MUSCLE, facts_of_atom
from palpate.population.worlds import Fill, Filled, Free, World

BY_RATINGS = frozenset((*RATINGS, *FROM_RATINGS, MUSCLE))


class Lacking(Holding):
    """The same, with the search for those who are incomplete."""

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
        harmless = self._harmless(opened)
        mild = self._mild(left, harmless)
        proved = self._plainly_open(mild, could, opened)
        left = left & ~proved
        must = {name: bits & left for name, bits in must.items()}
        must = {name: bits for name, bits in must.items() if some(bits)}
        waiting = self.now.nobody
        if self._rates_must_be_known():
            waiting = left & flags_or(self.known.settled, self.known.muscle, self.now.nobody)
        at_stake: dict[int, Bits] = {}
        for at in program.serious:
            reads = program.steps[program.rules[at]].reads
            if reads.isdisjoint(must):
                continue
            lack = union(self.now.nobody, *(must[name] for name in reads.intersection(must)))
            whom = self._lacking(program.rules[at], lack & could.rule(at)[0], must)
            covered, lifted = self._seen_at_intake(at), self.lifted.get(at)
            if covered is not None:
                whom = whom & ~covered
            if lifted is not None:
                new = [self._lacking(sign, lack & could.of(sign)[0], must) for sign in program.signs[at]]
                whom = whom | (union(self.now.nobody, *new) & lifted & ~self.known.at("intake"))
            if some(whom):
                waiting = waiting | whom
                at_stake[at] = whom
        if some(waiting):
            proved = proved | self._proved(waiting & mild, must, opened, at_stake, harmless)
            left = waiting & ~proved
            self.singly |= left & self._undecided(left, must, opened, at_stake, could) if some(left) else left
        self.ranks.lift(INCOMPLETE_RANK, proved)

    def _rates_must_be_known(self) -> bool:
        """Whether an open rating, or the treated muscle, can make somebody incomplete by itself."""
        facts = self.program.facts
        return any(name in facts and facts[name].must_know for name in (*RATINGS, MUSCLE))

    def _harmless(self, opened: Mapping[str, Bits]) -> World:
        """All open questions have harmless answers, and open ratings are the best there are."""
        fill: dict[str, tuple[Bits, Value | Column]] = {
            name: (bits, self.program.harmless[name]) for name, bits in opened.items()
        }
        if self.known.settled is not None and "response" in self.program.engine.index:
            assert self.known.if_settled is not None
            fill["response"] = (self.known.settled, self.known.if_settled)
        return Filled(self.then, self.then, fill)

    def _mild(self, left: Bits, harmless: World) -> Bits:
        """Whom no rule raises to one of the first four dispositions, if all open questions have harmless answers."""
        mild = left
        for at in self.program.not_silenced:
            reads = self.program.steps[self.program.rules[at]].reads
            if self.known.settled is not None and reads & set(FROM_RATINGS[1:]):
                mild = mild & ~self.known.settled
            mild = mild & ~self.fires(harmless, at)
        return mild

    def _plainly_open(self, mild: Bits, could: World, opened: Mapping[str, Bits]) -> Bits:
        """Who is incomplete by a plain rule that could come to hold by answers of which each must be known.

        From harmless answers, by which no serious rule holds, to those by which this one does, one question after
        another is answered otherwise. At one of them the decision is raised to one of the first four.
        """
        program = self.program
        found = self.now.nobody
        for at in program.serious:
            if at not in program.plain:
                continue
            whom = mild & could.rule(at)[0] & ~self.then.rule(at)[0]
            for name in program.steps[program.rules[at]].reads.intersection(opened):
                if not program.facts[name].must_know:
                    whom = whom & ~opened[name]
            found = found | (whom & ~self.known.cleared[at] if at in self.known.cleared else whom)
        return found

    def _undecided(
        self,
        left: Bits,
        must: Mapping[str, Bits],
        opened: Mapping[str, Bits],
        at_stake: Mapping[int, Bits],
        could: World,
    ) -> Bits:
        """For whom it is not certain either that no such answer could raise the decision.

        It is certain where a rule has at most one other open question, and whatever the answer to that is, something as
        serious holds anyway or the rule does not turn.
        """
        program = self.program
        settled = self.now.nobody if self.known.settled is None else self.known.settled
        doubtful = left & settled if self._rates_must_be_known() else self.now.nobody
        for at, lacking in at_stake.items():
            if not some(left & lacking):
                continue
            reads = program.steps[program.rules[at]].reads
            hard = [settled] if reads & BY_RATINGS else []
            if at in self.known.cleared:
                hard.append(self.known.cleared[at])
            doubtful = union(doubtful, *(left & lacking & bits for bits in hard))
            for name in sorted(reads.intersection(must)):
                whom = left & ~doubtful & self._lacking(program.rules[at], could.rule(at)[0], {name: must[name]})
                if not some(whom):
                    continue
                if name not in program.answers or any(len(facts_of_atom(atom)) > 1 for atom in program.atoms[at]):
                    doubtful = doubtful | whom
                    continue
                others = sorted(reads.intersection(opened) - {name})
                doubtful = doubtful | (whom & at_least(2, [opened[other] for other in others])) if others else doubtful
                alone = whom & ~union(self.now.nobody, *(opened[other] for other in others))
                if some(alone):
                    doubtful = doubtful | self._decides(alone, at, name, opened[name], {}, self.then, liftable=False)
                for other in others:
                    pair = whom & ~doubtful & opened[other]
                    for answer in self._all_answers(other) if some(pair) else ():
                        fill = {other: (opened[other], answer)}
                        doubtful = doubtful | self._decides(
                            pair, at, name, opened[name], fill, self.then, liftable=False
                        )
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
            return whom & union(self.now.nobody, *lacking)
        items = step.items[1:] if step.kind == "derived" else step.items
        return union(*(self._lacking(item, whom, must) for item in items))

    def _proved(
        self,
        mild: Bits,
        must: Mapping[str, Bits],
        opened: Mapping[str, Bits],
        at_stake: Mapping[int, Bits],
        harmless: World,
    ) -> Bits:
        """For whom one answer, with harmless ones to all other open questions, raises the decision."""
        program = self.program
        proved = self.now.nobody
        for name, lacking in must.items():
            if name == MUSCLE:
                continue  # it acts through the response class as well
            tried = [at for at in program.reading.get(name, ()) if at in at_stake]
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
        self,
        left: Bits,
        must: Mapping[str, Bits],
        opened: Mapping[str, Bits],
        at_stake: Mapping[int, Bits],
        base: World,
    ) -> Bits:
        """For whom an answer raises the decision once another open question of the rule has a telling answer."""
        program = self.program
        proved = self.now.nobody
        for at, lacking in at_stake.items():
            if not some(left & lacking) or (at in program.of_the_course and at in self.known.cleared):
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

    def _decides(
        self, whom: Bits, at: int, name: str, who: Bits, fill: Fill, base: World, liftable: bool = True
    ) -> Bits:
        """For which of them the answer to one fact alone makes a rule decide, in the world of `base` and `fill`.

        That is: with one answer the rule holds and none more serious does; with another neither it nor one as serious.

        Takes  liftable: whether other rules count for somebody for whom a clearance might lift them.
        """
        program, rank, cleared = self.program, self.rules[at].rank, self.known.cleared
        answers = (program.harmless[name], *program.answers[name])
        worlds = [Filled(base, self.then, {**fill, name: (who, answer)}) for answer in answers]
        fired = [self.fires(world, at) for world in worlds]
        whom = whom & union(self.now.nobody, *fired)
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
            others = [
                (fires if liftable or rule not in cleared else fires & ~cleared[rule], above)
                for rule, above in near
                for fires in [self.fires(world, rule)]
            ]
            holding.append(here & ~union(self.now.nobody, *(bits for bits, above in others if above)))
            failing.append(~union(here, *(bits for bits, _ in others)))
        return whom & union(self.now.nobody, *holding) & union(self.now.nobody, *failing)


def flags_or(one: Bits | None, other: Bits | None, nobody: Bits) -> Bits:
    """Who is in either; None is nobody."""
    return (nobody if one is None else one) | (nobody if other is None else other)
