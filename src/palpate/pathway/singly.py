"""How serious a decision is: `decision.find` without its list of questions, for whoever decides many times over.

That is a population whose columns could not settle a person, and an explanation that tries other answers. The search
ends with the first question that makes the decision `incomplete`, and is spared where something more serious holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from palpate.pathway.asking import any_matters
from palpate.pathway.clearing import Clearings
from palpate.pathway.course import course_of
from palpate.pathway.deriving import made_facts
from palpate.pathway.engine import engine_of
from palpate.pathway.episode import Clearance, Episode
from palpate.pathway.open_questions import OpenQuestions
from palpate.pathway.pathway import FIRST_FOUR_RANK, INCOMPLETE_RANK, Pathway, rank
from palpate.pathway.standing import now as now_standing


def decide_singly(pathway: Pathway, episode: Episode) -> tuple[int, tuple[int, ...]]:
    """What `find` finds for an episode, but for its questions.

    Returns  (how serious it is, see `pathway.rank`; indexes of the rules that hold and are not lifted, in order).
    Errors   Faults, but for those of given derived facts, which the caller has looked for.
    """
    standing = now_standing(pathway, episode)
    course = course_of(pathway, episode, standing)
    known = {**standing, **course.facts}
    engine = engine_of(pathway, frozenset(made_facts(pathway)).intersection(known))
    values = engine.values(known)
    held, unknown = engine.evaluate(values)
    clearings = Clearings(pathway, engine, episode, known) if episode.clearances else None
    lifted: dict[int, Clearance] = {}
    if clearings is not None:
        lifted = {at: clearance for at in held if (clearance := clearings.lifted_by(at)) is not None}
        held = [at for at in held if at not in lifted]
    rules = pathway.rules
    highest = max((rules[at].rank for at in held if rules[at].rank > 0), default=0)
    if any(rules[at].disposition == "physician_clearance" for at in lifted):
        highest = max(highest, rank("precaution"))
    questions = _Questions(pathway, engine, episode, course, known, clearings)
    raised, same_day = questions.raised(values, held, unknown, lifted, highest < INCOMPLETE_RANK)
    if same_day is not None:
        highest = max(highest, rank("medical_exam_first", "same_day" if same_day else "routine"))
    elif raised:
        highest = INCOMPLETE_RANK
    return highest, tuple(held)


class _Questions(OpenQuestions):
    """The open questions of one episode, of which only the first that counts is looked for."""

    def raised(
        self, values: list[Any], held: Sequence[int], unknown: Sequence[int], lifted: Mapping[int, object], search: bool
    ) -> tuple[bool, bool | None]:  # fmt: skip
        """(an open question could raise the decision to one of the first four; not looked for unless `search`),
        (an unsure answer makes an examination necessary: True the same day, False some day, None not)."""
        muscle = self._muscle_open()
        if self.ratings or muscle:
            values, held, unknown = self._without_ratings(values, lifted, muscle)
        liftable = [at for at in held if self.clearings is not None and self.clearings.may_be_lifted(at)]
        floor = self._floor([at for at in held if at not in liftable], lifted)
        slots = [slot for name, slot in self.engine.index.items() if self._askable(name, muscle)]
        at_stake = [*unknown, *lifted, *liftable]
        unsure = self._unsure(values, at_stake, lifted, floor, slots) if self.unsure else []
        if unsure:
            return False, any(same_day for _, same_day in unsure)
        if not search:
            return False, None
        question = self._question(values, at_stake, lifted, floor, slots)
        vocabulary, names = self.pathway.vocabulary, [*self.engine.slots, *self.ratings]
        must = [slot for slot in question.domains if vocabulary[names[slot]].must_know]
        return any_matters(question, must, FIRST_FOUR_RANK), None
