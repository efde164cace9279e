"""From what is known to the search of `asking`: which facts are open, which rules, and what unsure answers mean.

Open is what could be answered now: intake facts at any moment, session facts at moment `session`, and the ratings of
the check once it is reached. What the person could not say is not asked again; it counts as what it could have been.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from palpate.pathway.asking import PRECAUTION_RANK, Asked, OpenRule, Question, TooEntangled, ask, possible
from palpate.pathway.clearing import Clearings
from palpate.pathway.condition import Node, Value, facts_of
from palpate.pathway.course import Course, Ratings, class_of, muscle_known
from palpate.pathway.engine import Engine, could_hold
from palpate.pathway.episode import Episode
from palpate.pathway.pathway import FIRST_FOUR_RANK, INCOMPLETE_RANK, Pathway, rank
from palpate.pathway.response import INDETERMINATE, Numbers, activities_code, exact, pain_code, recovered
from palpate.pathway.to_python import unknown_of

RATINGS = ("pain_at_check", "activities_at_check", "global_change")
FROM_RATINGS = ("response", "recovered", "check_unanswered", "check_overdue")
EMERGENCY_RANK = rank("emergency")
MOST_KEPT = 2_000  # answers remembered per engine


class OpenQuestions:
    """The open questions of one episode."""

    def __init__(
        self,
        pathway: Pathway,
        engine: Engine,
        episode: Episode,
        course: Course,
        known: Mapping[str, Value],
        clearings: Clearings | None,
    ) -> None:
        self.pathway = pathway
        self.engine = engine
        self.episode = episode
        self.course = course
        self.known = known
        self.clearings = clearings
        self.ratings = self._open_ratings()
        self.unsure = [
            name
            for name in episode.unsure
            if name in engine.index and name not in known and pathway.vocabulary[name].must_know
        ]

    def answer(
        self, values: list[Any], held: Sequence[int], unknown: Sequence[int], lifted: Mapping[int, object]
    ) -> tuple[list[tuple[str, Asked]], list[tuple[str, bool]]]:
        """(facts that could still change the decision, unsure facts that make an examination necessary)."""
        muscle = self._muscle_open()
        if self.ratings or muscle:
            values, held, unknown = self._without_ratings(values, lifted, muscle)
        # A rule that holds, but that an open answer could lift, is as open as one that is unknown.
        liftable = [at for at in held if self.clearings is not None and self.clearings.may_be_lifted(at)]
        floor = self._floor([at for at in held if at not in liftable], lifted)
        open_slots = [slot for name, slot in self.engine.index.items() if self._askable(name, muscle)]
        key = None
        if not (self.ratings or muscle or self.unsure or (self.clearings and self.clearings.lifting)):
            key = self._key(values, unknown, floor, open_slots)
            kept = self.engine.kept.get(key)
            if kept is not None:
                return kept, []
        at_stake = [*unknown, *lifted, *liftable]  # a further sign would make a lifted rule hold again
        question = self._question(values, at_stake, lifted, floor, open_slots)
        unsure = self._unsure(values, at_stake, lifted, floor, open_slots) if self.unsure else []
        names = [*self.engine.slots, *self.ratings]
        asked = [(names[one.slot], one) for one in ask(question)]
        asked += self._for_the_check({name for name, _ in asked})
        if key is not None:
            if len(self.engine.kept) >= MOST_KEPT:
                self.engine.kept.clear()
            self.engine.kept[key] = asked
        return asked, unsure

    def _for_the_check(self, asked: set[str]) -> list[tuple[str, Asked]]:
        """At a check of which nothing is known, any answer helps, whatever it is: all three are asked.

        Source: the dossier's decision 5 (neither pain, nor activities, nor the muscle known at the check: ask).
        """
        if self.course.facts["check_unanswered"] is not True:
            return []
        waiting = [rule.id for rule in self.pathway.rules if "check_unanswered" in rule.named]
        names = ("pain_at_check", "activities_at_check", "spasm_response")
        open_names = [name for name in names if name not in asked and name not in self.episode.unsure]
        return [(name, Asked(-1, ((INCOMPLETE_RANK, "incomplete"),), tuple(waiting))) for name in open_names if waiting]

    # --- what is open --------------------------------------------------------------------------------------------

    def _askable(self, name: str, muscle: bool) -> bool:
        if name == "spasm_response" and muscle:
            return True
        if name in self.known or name in self.episode.unsure or name in self.ratings:
            return False
        fact = self.pathway.vocabulary[name]
        if fact.stage == "intake":
            return True
        return fact.stage == "session" and self.episode.moment == "session"

    def _muscle_open(self) -> bool:
        """The treated muscle can still be judged at a check that is reached."""
        if (
            self.course.check is None
            or "spasm_response" not in self.engine.index
            or "spasm_response" in self.episode.unsure
        ):
            return False
        return not muscle_known(self.episode, self.known, self.course.check)

    def _open_ratings(self) -> dict[str, list[Any]]:
        """Ratings of the check that are missing and could still matter, with the answers worth trying."""
        course = self.course
        if course.check is None or course.too_early or "response" not in self.engine.index:
            return {}
        numbers, ratings = self.pathway.numbers, course.ratings
        found: dict[str, list[Any]] = {}
        if ratings.pain_after is None and ratings.pain_before is not None:
            found["pain_at_check"] = _pain_answers(numbers, ratings.pain_before)
        if ratings.activities_after is None and ratings.activities_before is not None:
            found["activities_at_check"] = _activities_answers(numbers, ratings.activities_before)
        if ratings.change is None:
            found["global_change"] = [0, 1, numbers.global_full, numbers.global_worse]
        return {name: answers for name, answers in found.items() if name not in self.episode.unsure}

    def _without_ratings(
        self, values: list[Any], lifted: Mapping[int, object], muscle: bool
    ) -> tuple[list[Any], list[int], list[int]]:
        """The same evaluation with everything that open ratings decide unknown."""
        values = list(values)
        names = list(FROM_RATINGS) if self.ratings or muscle else []
        if muscle:
            names.append("spasm_response")
        for name in names:
            slot = self.engine.index.get(name)
            if slot is not None:
                values[slot] = unknown_of(self.engine.facts[name])
        held, unknown = self.engine.evaluate(values)
        return values, [at for at in held if at not in lifted], unknown

    def _floor(self, held: Sequence[int], lifted: Mapping[int, object]) -> int:
        rules = self.pathway.rules
        highest = max((rules[at].rank for at in held if rules[at].rank > 0), default=0)
        return max(highest, PRECAUTION_RANK if lifted else 0)

    def _key(self, values: list[Any], unknown: Sequence[int], floor: int, open_slots: list[int]) -> Any:
        reads = self.engine.reads
        seen = sorted({slot for at in unknown for slot in reads[at]})
        return (
            floor,
            tuple(unknown),
            tuple(open_slots),
            tuple(self.engine.standin(slot, values[slot]) for slot in seen),
        )

    # --- the search ----------------------------------------------------------------------------------------------

    def _question(
        self, values: list[Any], at_stake: Sequence[int], lifted: Container[int], floor: int, open_slots: list[int]
    ) -> Question:
        known = [*values, *(None for _ in self.ratings)]
        domains = self._domains(open_slots)
        filled = list(known)
        for slot, answers in domains.items():
            harmless = self.engine.harmless[slot] if slot < len(values) else answers[0]
            filled[slot] = harmless if harmless in answers else answers[0]
        rules = [rule for rule in self._open_rules(at_stake, lifted, open_slots) if self._counts(rule, floor)]
        settle = self._settle() if self.ratings or self._muscle_open() else None
        # Which slots stand for ratings differs from one episode to the next; people are kept for each kind.
        persons = self.engine.persons.setdefault((*self.ratings, bool(settle)), {})
        made = Question(filled, known, domains, rules, settle, self._settled_by())
        made.joined, made.narrowed, made.persons = self._joined(open_slots), self._narrowed, persons
        return made

    def _settled_by(self) -> frozenset[int]:
        """The slots on which the class depends: the open ratings and the treated muscle."""
        own = len(self.engine.slots)
        return frozenset([*range(own, own + len(self.ratings)), self.engine.index.get("spasm_response", -1)])

    def _joined(self, open_slots: list[int]) -> dict[int, tuple[int, ...]]:
        slots_open = set(open_slots)
        return {
            slot: partners
            for slot, others in self.engine.joined.items()
            if slot in slots_open and (partners := tuple(other for other in others if other in slots_open))
        }

    def _narrowed(self, slot: int, fixed: Mapping[int, Any]) -> Sequence[Any]:
        slots = self.engine.slots
        return self.engine.domains.narrowed(slots[slot], {**self.known, **{slots[at]: v for at, v in fixed.items()}})

    @staticmethod
    def _counts(rule: OpenRule, floor: int) -> bool:
        return rule.rank > floor or rule.rank == floor == PRECAUTION_RANK

    def _domains(self, open_slots: list[int]) -> dict[int, Sequence[Any]]:
        domains: dict[int, Sequence[Any]] = {}
        for slot in open_slots:
            name = self.engine.slots[slot]
            answers = self.engine.domains.of(name, self.known)
            if name == "spasm_response":
                answers = [answer for answer in answers if answer != "not_assessed"]
            domains[slot] = answers
        for at, answers in enumerate(self.ratings.values()):
            domains[len(self.engine.slots) + at] = answers
        return domains

    def _open_rules(self, at_stake: Sequence[int], lifted: Container[int], open_slots: Sequence[int]) -> list[OpenRule]:
        engine, rules = self.engine, self.pathway.rules
        fires, fails = engine.each
        slots_open = set(open_slots)
        found: list[OpenRule] = []
        askable = {engine.slots[slot] for slot in open_slots}
        settled = bool(self.ratings) or self._muscle_open()
        facts = {name: value for name, value in self.known.items() if name not in askable}
        free: frozenset[int] = frozenset()
        if settled:  # what the ratings decide is open; the muscle acts through it as well as by comparison
            facts = {name: value for name, value in facts.items() if name not in FROM_RATINGS}
            askable |= set(FROM_RATINGS)
            free = frozenset(slot for slot in open_slots if engine.slots[slot] == "spasm_response")
        for at in at_stake:
            rule = rules[at]
            if rule.disposition == "none":
                continue
            parts: list[tuple[Node, bool]] = [(engine.conditions[at], False)]
            if self.clearings is not None:
                parts = self.clearings.still_open(at)
            for node, lifts in parts:
                if lifts and rule.disposition != "physician_clearance":
                    continue
                whole = node is engine.conditions[at]
                reads = (
                    engine.reads[at] if whole else tuple(engine.index[n] for n in facts_of(node) if n in engine.index)
                )
                one = (fires[at], fails[at]) if whole else engine.one(node)
                level = PRECAUTION_RANK if lifts else rule.rank
                word = "treat_with_precautions" if level == PRECAUTION_RANK else rule.disposition
                slots = self._slots(reads, slots_open)
                if could_hold(node, facts, askable):
                    found.append(engine.open_rule(at, word, level, one, slots, free if whole else set(slots)))
                if self.unsure and at in lifted and not lifts:
                    found.extend(self._if_unsure(at, rule.rank, one, reads, slots))
            if self.unsure and at not in lifted:  # no clinician has seen what the person could not say
                one, reads = (fires[at], fails[at]), engine.reads[at]
                found.extend(self._if_unsure(at, rule.rank, one, reads, self._slots(reads, slots_open)))
        return found

    def _slots(self, reads: Sequence[int], open_slots: set[int]) -> tuple[int, ...]:
        """The open slots that a condition reads; one that reads the class reads what the class is made from."""
        slots = [slot for slot in reads if slot in open_slots]
        if any(self.engine.slots[slot] in FROM_RATINGS for slot in reads):
            slots += range(len(self.engine.slots), len(self.engine.slots) + len(self.ratings))
            muscle = self.engine.index.get("spasm_response")
            if muscle in open_slots and muscle not in slots:
                slots.append(muscle)
        return tuple(slots)

    def _settle(self) -> Callable[[list[Any]], None]:
        """Works out the class, and what else follows from the ratings, for a list of values."""
        index, course = self.engine.index, self.course
        slots = {name: index[name] for name in FROM_RATINGS if name in index}
        muscle = index.get("spasm_response")
        base, first = course.ratings, len(self.engine.slots)
        at = {name: first + n for n, name in enumerate(self.ratings)}
        ended = bool(course.facts["course_ended"])
        late = int(course.facts["sessions_completed"]) > (course.check or 0)

        seen: dict[tuple[Any, ...], dict[str, Any]] = {}  # the same few ratings come up again and again

        def made(pain: Any, activities: Any, change: Any, judged: bool) -> dict[str, Any]:
            ratings = Ratings(base.pain_before, pain, base.activities_before, activities, change)
            rated = pain is not None or activities is not None
            kind = INDETERMINATE if course.too_early else class_of(self.pathway, ratings).kind
            return {
                "response": kind,
                "recovered": recovered(self.pathway.numbers, pain, activities),
                "check_unanswered": not ended and not rated and not judged,
                "check_overdue": not ended and late and kind == INDETERMINATE and not judged,
            }

        def settle(values: list[Any]) -> None:
            judged = muscle is not None and values[muscle] not in (None, "not_assessed")
            key = (
                values[at["pain_at_check"]] if "pain_at_check" in at else base.pain_after,
                values[at["activities_at_check"]] if "activities_at_check" in at else base.activities_after,
                values[at["global_change"]] if "global_change" in at else base.change,
                judged,
            )
            if key not in seen:
                seen[key] = made(*key)
            for name, slot in slots.items():
                values[slot] = seen[key][name]

        return settle

    # --- unsure answers ------------------------------------------------------------------------------------------

    def _if_unsure(
        self, at: int, level: int, one: tuple[Any, Any], reads: Sequence[int], slots: tuple[int, ...]
    ) -> list[OpenRule]:
        """What a rule does through an answer that the person could not give: an examination, sooner or later."""
        unsure = [slot for slot in reads if self.engine.slots[slot] in self.unsure]
        if not unsure or level < FIRST_FOUR_RANK:
            return []
        choices = [self.engine.domains.of(self.engine.slots[slot], self.known) for slot in unsure]

        def answered(values: Sequence[Any]) -> Iterator[list[Any]]:
            trial = list(values)
            for combination in itertools.product(*choices):
                for slot, value in zip(unsure, combination, strict=True):
                    trial[slot] = value
                yield trial

        # It acts where the rule could have held through the unsure answer and does not hold anyway. More knowledge can
        # end that, so it is never sure.
        def fires(values: Sequence[Any]) -> bool:
            return not one[0](values) and any(map(one[0], answered(values)))

        def fails(values: Sequence[Any]) -> bool:
            return one[0](values) or all(map(one[1], answered(values)))

        made = (fires, fails)
        level = _unsure_rank(level)
        free = set() if one[0] is self.engine.each[0][at] else set(slots)
        return [self.engine.open_rule(at, "medical_exam_first", level, made, slots, free, sure=lambda _: False)]

    def _unsure(
        self, values: list[Any], at_stake: Sequence[int], lifted: Container[int], floor: int, open_slots: list[int]
    ) -> list[tuple[str, bool]]:
        """Each unsure fact that could, with the open ones, have raised the decision; True where to an emergency."""
        fires, fails = self.engine.each
        found = []
        unsure_slots = [self.engine.index[name] for name in self.unsure]
        for name, slot in zip(self.unsure, unsure_slots, strict=True):
            both = sorted({*open_slots, *unsure_slots})
            domains = self._domains(both)
            filled = [*values, *(None for _ in self.ratings)]
            for other, answers in domains.items():
                filled[other] = self.engine.harmless[other] if other < len(values) else answers[0]
                if filled[other] not in answers:
                    filled[other] = answers[0]
            rules = []
            for at in at_stake:
                rule = self.pathway.rules[at]
                if rule.rank >= FIRST_FOUR_RANK and _unsure_rank(rule.rank) > floor and slot in self.engine.reads[at]:
                    seen = self.clearings is not None and at in lifted
                    parts = (
                        self.clearings.still_open(at)
                        if self.clearings and seen
                        else [(self.engine.conditions[at], False)]
                    )
                    for node, lifts in parts:
                        if not lifts:
                            one = (
                                (fires[at], fails[at]) if node is self.engine.conditions[at] else self.engine.one(node)
                            )
                            reads = self._slots(self.engine.reads[at], set(both))
                            made = self.engine.open_rule(at, rule.disposition, rule.rank, one, reads, set(reads))
                            rules.append(made)
            question = Question(
                filled, [*values, *(None for _ in self.ratings)], domains, rules, self._settle(), self._settled_by()
            )
            reached = [rule.rank for rule in _may_hold(question)]
            if reached:
                found.append((name, max(reached) == EMERGENCY_RANK))
        return found


def _may_hold(question: Question) -> Sequence[OpenRule]:
    try:
        return possible(question)
    except TooEntangled:
        return question.rules  # fail closed: they could not be ruled out


def _unsure_rank(level: int) -> int:
    """How serious it is that a rule of this rank might have held: contract section 2, unsure answers."""
    return rank("medical_exam_first", "same_day" if level == EMERGENCY_RANK else "routine")


def _pain_answers(numbers: Numbers, before: Fraction) -> list[Any]:
    edges = {
        Fraction(0),
        Fraction(10),
        before - numbers.pain_full,
        before * (1 - numbers.pain_full_share),
        before - numbers.pain_partial,
        before * (1 - numbers.pain_partial_share),
        before + numbers.pain_worse,
        before + numbers.edge_worse,
        before,
        numbers.recovered_pain,
    }
    return _distinct(edges, lambda after: (pain_code(numbers, before, after), after <= numbers.recovered_pain))


def _activities_answers(numbers: Numbers, before: Fraction) -> list[Any]:
    edges = {
        Fraction(0),
        Fraction(10),
        before + numbers.activities_full,
        before + numbers.activities_partial,
        before - numbers.activities_worse,
        before - numbers.edge_worse,
        before,
        numbers.recovered_activities,
    }
    enough = numbers.recovered_activities
    return _distinct(edges, lambda after: (activities_code(numbers, before, after), after >= enough))


def _distinct(edges: set[Fraction], sign: Callable[[Fraction], Any]) -> list[Any]:
    """One answer for each way the rule can tell answers apart; the middle ones first."""
    step = exact(0.01)
    tried = sorted({min(max(edge + shift, Fraction(0)), Fraction(10)) for edge in edges for shift in (-step, 0, step)})
    found: dict[Any, Fraction] = {}
    for value in tried:
        found.setdefault(sign(value), value)
    return list(found.values())
