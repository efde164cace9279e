"""Which open facts could still change the decision: exactly those, no more and no fewer.

A fact is asked if and only if some way of answering the other open facts makes its answer matter. That is looked
for by search: for each rule that is still open, is there a person for whom this answer alone makes it decide?
The search is complete, so "not asked" is a proof; `tests/agree` checks it against trying every combination.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palpate.pathway.to_python import Fires

PRECAUTION_RANK = 10

# One comparison, on the side on which it speaks for its rule: the list of values -> whether it does.
Test = Callable[[Sequence[Any]], bool]


@dataclass(frozen=True)
class OpenRule:
    """A rule that still could hold.

    rank    how serious its disposition is; equal ranks decide alike, except precautions, each of which counts
    fires   the list of values -> it holds; fails: it cannot hold any more, whatever the unknown slots are; sure: it
            holds whatever they are (for an ordinary rule the same as fires)
    slots   the open slots that its condition reads
    tests   slot -> its comparisons with that fact (None: the slot acts in another way than by comparison)
    """

    rule: str
    disposition: str
    rank: int
    fires: Fires
    fails: Fires
    sure: Fires
    slots: tuple[int, ...]
    tests: Mapping[int, Sequence[Test] | None]


# Somebody for whom one answer decides: the answer that does, one that does not, and the other answers that it takes.
Person = tuple[Any, Any, Mapping[int, Any]]
MOST_PERSONS = 4


@dataclass(frozen=True)
class Asked:
    """One open slot whose answer matters: what it could lead to, and by which rules."""

    slot: int
    could: tuple[tuple[int, str], ...]  # (rank, disposition), most serious first
    rules: tuple[str, ...]


@dataclass
class Question:
    """Everything the search needs.

    values    one per slot; open slots hold a harmless answer, slots that cannot be answered hold unknown
    known     the same with the open slots unknown
    domains   open slot -> the answers worth trying (every way the rules can tell answers apart is among them)
    rules     the open rules that rank above what already holds
    settle    called when one of `settled_by` changes, to work out what depends on it (the response class)
    joined    open slot -> the open slots that it meets in arithmetic
    narrowed  for such a slot, the answers worth trying once those others have their values
    persons   (slot, rule, rank) -> people found before, who are tried first; kept by the caller from call to call
    """

    values: Sequence[Any]
    known: Sequence[Any]
    domains: Mapping[int, Sequence[Any]]
    rules: Sequence[OpenRule]
    settle: Callable[[list[Any]], None] | None = None
    settled_by: frozenset[int] = frozenset()
    joined: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    narrowed: Callable[[int, Mapping[int, Any]], Sequence[Any]] | None = None
    persons: dict[tuple[int, str, int], list[Person]] = field(default_factory=dict)


def ask(question: Question) -> list[Asked]:
    """The slots that matter, those that could change the decision most first."""
    found = []
    search = _Search(question)
    for slot in question.domains:
        live = [rule for rule in search.reading.get(slot, ()) if search.matters(slot, rule)]
        if live:
            could = sorted({(rule.rank, rule.disposition) for rule in live}, reverse=True)
            found.append(Asked(slot, tuple(could), tuple(rule.rule for rule in live)))
    found.sort(key=lambda asked: (-asked.could[0][0], -len(asked.rules), asked.slot))
    return found


def any_matters(question: Question, slots: Iterable[int], least: int) -> bool:
    """Whether one of the slots matters to a rule of rank `least` or more: the same search, ended by the first.

    For whoever needs no list of questions, as with many people at once.
    """
    search = _Search(question)
    return any(
        rule.rank >= least and search.matters(slot, rule) for slot in slots for rule in search.reading.get(slot, ())
    )


def possible(question: Question) -> list[OpenRule]:
    """The rules that some way of answering the open facts makes hold, whatever else then holds.

    Errors  TooEntangled.
    """
    search = _Search(question)
    found = []
    for rule in question.rules:
        search.steps = 0
        if search.can_fire(rule, set()) is None:
            found.append(rule)
    return found


# Why a branch of the search is dead: the decided slots that alone make it so. None: it is not dead, a person was found.
# The slot in question counts as LEFT or RIGHT, by the answer that is to blame.
Dead = set[int]
LEFT, RIGHT = -1, -2
MOST_STEPS = 20_000  # of the search for one fact and one rule; our own document seldom needs more than a few hundred
MOST_TOTAL = 60_000  # of all searches for one decision; when they are used up, each further one gets FEW_STEPS
FEW_STEPS = 300


class TooEntangled(Exception):
    """The search was given up: the rules are so entangled that no answer came within MOST_STEPS."""


class _Search:
    """Depth first, with harmless answers for what is undecided, and jumping back over slots that are not to blame."""

    def __init__(self, question: Question) -> None:
        self.values = list(question.values)
        self.known = list(question.known)  # what is known and what the search has decided; all else unknown
        self.question = question
        self.settle = question.settle
        self.found: Person = (None, None, {})  # whom the search found last
        self.steps = self.total = 0
        if self.settle:
            self.settle(self.values)
        self.reading: dict[int, list[OpenRule]] = {}
        for rule in question.rules:
            for slot in rule.slots:
                self.reading.setdefault(slot, []).append(rule)
        self.domains = {slot: self._distinct(slot, answers) for slot, answers in question.domains.items()}
        # Rules that hold already when every open fact has its harmless answer must be checked everywhere.
        self.always = [rule for rule in question.rules if rule.fires(self.values)]

    def matters(self, slot: int, rule: OpenRule) -> bool:
        """Is there a person for whom this slot's answer alone makes `rule` decide?"""
        before = self.question.persons.setdefault((slot, rule.rule, rule.rank), [])
        if any(self._fits(slot, rule, person) for person in before):
            return True
        self.steps = 0
        try:
            if not self._search(slot, rule):
                return False
        except TooEntangled:
            return True  # fail closed: what could not be ruled out is asked
        if len(before) < MOST_PERSONS:
            before.append(self.found)
        return True

    def _fits(self, slot: int, rule: OpenRule, person: Person) -> bool:
        """Whether somebody found before is possible here too."""
        left, right, others = person
        for other, value in others.items():
            if other not in self.domains and self.known[other] != value:
                return False
        kept = [(other, self.values[other], self.known[other]) for other in (slot, *others) if other in self.domains]
        try:
            for other, value in others.items():
                self._set(other, value)
            decided = {slot, *others}
            self._set(slot, left)
            if not rule.fires(self.values) or self._too_serious(rule, decided, at_left=True):
                return False
            self._set(slot, right)
            return not rule.fires(self.values) and self._too_serious(rule, decided, at_left=False) is None
        finally:
            for other, value, unknown in kept:
                self._set(other, value)
                self.known[other] = unknown

    def _search(self, slot: int, rule: OpenRule) -> bool:
        partners = [other for other in self.question.joined.get(slot, ()) if other in rule.slots]
        if not partners:
            return self._matters(slot, rule, self.domains[slot], set())
        narrowed = self.question.narrowed
        assert narrowed is not None
        before = [(other, self.values[other], self.known[other]) for other in partners]
        try:
            for combination in itertools.product(*(self.domains[other] for other in partners)):
                fixed = dict(zip(partners, combination, strict=True))
                for other, value in fixed.items():
                    self._set(other, value)
                if self._matters(slot, rule, narrowed(slot, fixed), set(partners)):
                    return True
            return False
        finally:
            for other, value, unknown in before:
                self._set(other, value)
                self.known[other] = unknown

    def _matters(self, slot: int, rule: OpenRule, domain: Sequence[Any], decided: set[int]) -> bool:
        harmless, unknown = self.values[slot], self.known[slot]
        lefts, rights = [], []
        try:
            for answer in sorted(domain, key=lambda answer: answer != harmless):
                self.known[slot] = answer
                speaks = self._speaks(slot, rule)
                if not rule.fails(self.known):
                    lefts.append((answer, speaks))
                if not rule.sure(self.known):
                    rights.append((answer, speaks))
            hopeless: set[Any] = set()
            for right, at_right in rights:
                for left, at_left in reversed(lefts):
                    weaker = at_left is not None and at_right is not None and at_left <= at_right
                    if weaker or left == right or left in hopeless:
                        continue
                    dead = self._try(slot, left, right, rule, {slot, *decided})
                    if dead is None:
                        return True
                    if RIGHT not in dead:
                        hopeless.add(left)
                    if LEFT not in dead:
                        break
            return False
        finally:
            self._set(slot, harmless)
            self.known[slot] = unknown

    def _distinct(self, slot: int, answers: Sequence[Any]) -> Sequence[Any]:
        """One answer for each way in which the open rules tell answers apart; the harmless one stands for its own."""
        if self.question.joined.get(slot):
            return answers
        rules = self.reading.get(slot, ())
        if any(rule.tests[slot] is None for rule in rules):
            return answers
        harmless, unknown = self.values[slot], self.known[slot]
        kept: dict[tuple[bool, ...], Any] = {}
        for answer in sorted(answers, key=lambda answer: answer != harmless):
            self.known[slot] = answer
            sign = tuple(test(self.known) for rule in rules for test in rule.tests[slot] or ())
            kept.setdefault(sign, answer)
        self.known[slot] = unknown
        return list(kept.values())

    def _speaks(self, slot: int, rule: OpenRule) -> set[int] | None:
        """Which comparisons of the slot's fact speak for the rule.

        If those at one answer all speak at another too, the rule cannot hold at the first and fail at the second.
        """
        tests = rule.tests[slot]
        if tests is None or rule.sure is not rule.fires:  # a rule that more knowledge can end is not so simple
            return None
        return {at for at, test in enumerate(tests) if test(self.known)}

    def _set(self, slot: int, value: Any) -> None:
        self.values[slot] = self.known[slot] = value
        if self.settle and slot in self.question.settled_by:
            self.settle(self.values)

    def _try(self, slot: int, left: Any, right: Any, rule: OpenRule, decided: set[int]) -> Dead | None:
        """With the decided slots fixed: can `rule` decide at `left` and no longer at `right`?"""
        self._set(slot, left)
        wanted = not rule.fires(self.values)
        if wanted:
            blame: OpenRule | None = rule
            dead = rule.fails(self.known)
        else:
            blame = self._too_serious(rule, decided, at_left=True)
            if blame is None:
                self._set(slot, right)
                blame = rule if rule.fires(self.values) else self._too_serious(rule, decided, at_left=False)
                if blame is None:
                    others = {other: self.values[other] for other in decided if other != slot}
                    self.found = (left, right, others)
                    return None
            dead = blame.sure(self.known)
        assert blame is not None
        side = LEFT if self.values[slot] == left else RIGHT
        if dead:
            return self._blamed(blame, wanted, decided, slot, side)
        result = self._vary(blame, decided, wanted, lambda: self._try(slot, left, right, rule, decided))
        if result is not None and slot in result:
            result = (result - {slot}) | {side}
        return result

    def _blamed(self, blame: OpenRule, wanted: bool, decided: set[int], slot: int, side: int) -> Dead:
        """The decided slots that make `blame` fail (where wanted) or hold for sure; the slot itself only if needed."""
        reasons = decided.intersection(blame.slots)
        if slot in reasons:
            reasons.discard(slot)
            answer = self.known[slot]
            self.known[slot] = self.question.known[slot]
            if not (blame.fails if wanted else blame.sure)(self.known):
                reasons.add(side)
            self.known[slot] = answer
        return reasons

    def _vary(self, blame: OpenRule, decided: set[int], wanted: bool, again: Callable[[], Dead | None]) -> Dead | None:
        """Try every answer of one undecided fact that `blame` reads; without such a fact there is no way on.

        A rule that is wanted is given harmless answers first, so that it comes to hold by as few facts as possible.
        """
        self.steps += 1
        self.total += 1
        if self.steps > (MOST_STEPS if self.total < MOST_TOTAL else FEW_STEPS):
            raise TooEntangled
        free = next((slot for slot in blame.slots if slot not in decided), None)
        if free is None:
            return decided.intersection(blame.slots)
        harmless, unknown = self.values[free], self.known[free]
        decided.add(free)
        reasons: Dead = set()
        try:
            others = [answer for answer in self.domains[free] if answer != harmless]
            for value in [harmless, *others] if wanted else [*others, harmless]:
                self._set(free, value)
                dead = again()
                if dead is None:
                    return None
                if free not in dead:
                    return dead
                reasons |= dead
            reasons.discard(free)
            return reasons
        finally:
            decided.discard(free)
            self._set(free, harmless)
            self.known[free] = unknown

    def _too_serious(self, rule: OpenRule, decided: set[int], at_left: bool) -> OpenRule | None:
        """A rule that outranks `rule` here; on the right an equal one counts too, as it would decide the same."""
        bound = rule.rank if at_left or rule.rank == PRECAUTION_RANK else rule.rank - 1
        for other in self.always:
            if other.rank > bound and other is not rule and other.fires(self.values):
                return other
        for slot in decided:
            for other in self.reading.get(slot, ()):
                if other.rank > bound and other is not rule and other.fires(self.values):
                    return other
        return None

    def can_fire(self, rule: OpenRule, decided: set[int]) -> Dead | None:
        """None if there is a way of answering the open facts with which `rule` holds."""
        if rule.fires(self.values):
            return None
        if rule.fails(self.known):
            return decided.intersection(rule.slots)
        return self._vary(rule, decided, True, lambda: self.can_fire(rule, decided))
