"""Which rules hold for whom in a batch, which of them a clearance lifts, and which questions are open.

Source: contract sections 1 and 2.
"""

from __future__ import annotations

from palpate.pathway.open_questions import FROM_RATINGS, RATINGS
from palpate.pathway.pathway import rank
from palpate.population.bits import Bits, of_rows, some, union
from palpate.population.known import Known
from palpate.population.program import MUSCLE, Program
from palpate.population.ranks import Ranks
from palpate.population.worlds import Forgotten, World

DURATION = "pain_duration_days"
LIMITED = rank("precaution")


class Holding:
    """The people of a batch while they are decided.

    now      the truth of the rules as things are; then: the same, what open ratings decide taken back
    ranks    how serious the decision of each is by now
    held     rule index -> for whom it holds and is not lifted
    lifted   rule index -> for whom it holds and a clearance lifts it
    singly   who must be decided one at a time
    """

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
        return union(self.now.nobody, *given)

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
