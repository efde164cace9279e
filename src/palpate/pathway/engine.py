"""A pathway made ready to run: slots for answers, the compiled rules, and the answers worth trying.

One engine serves any number of decisions. It is made on first use and kept with its pathway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import Any

from palpate.pathway.asking import OpenRule, Question, Test, possible
from palpate.pathway.condition import (
    And,
    AtLeast,
    Node,
    Not,
    Or,
    Value,
    atom_holds,
    facts_of,
    signs,
    spelled_out,
    truth_of,
)
from palpate.pathway.domains import Domains
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.pathway.to_python import Fires, compile_each, compile_rules, unknown_of
from palpate.pathway.truth import UNKNOWN, YES

MOST_ONES = 1_024  # single conditions kept compiled


class Engine:
    """The rules of a pathway over a list of answers, one slot per fact.

    given   derived facts that the document itself gives, which therefore are read as they stand
    """

    def __init__(self, pathway: Pathway, given: frozenset[str] = frozenset()) -> None:
        self.pathway = pathway
        self.facts: Mapping[str, Fact] = pathway.vocabulary.facts
        self.conditions: tuple[Node, ...] = tuple(spelled_out(rule.when, given) for rule in pathway.rules)
        acute = pathway.acute_when
        self.acute: Node | None = spelled_out(acute, given) if acute is not None else None
        nodes = [*self.conditions, self.acute] if self.acute is not None else self.conditions
        read = {name for node in nodes for name in facts_of(node)}
        self.slots: tuple[str, ...] = tuple(name for name in self.facts if name in read)
        self.index = {name: at for at, name in enumerate(self.slots)}
        self.blank: tuple[Any, ...] = tuple(unknown_of(self.facts[name]) for name in self.slots)
        self.kept: dict[Any, Any] = {}  # open questions already worked out; see open_questions
        self.persons: dict[Any, Any] = {}  # people found by the search; see asking
        self._ones: dict[Node, tuple[Fires, Fires]] = {}
        self.reads: tuple[tuple[int, ...], ...] = tuple(
            tuple(self.index[name] for name in facts_of(node)) for node in self.conditions
        )

    @cached_property
    def evaluate(self) -> Any:
        """The compiled function of all rules: values -> (rules that hold, rules that are unknown)."""
        return compile_rules(self.conditions, self.facts, self.slots)

    def judge(self, values: Mapping[str, Value]) -> tuple[list[int], list[int]]:
        """The same answer from the plain judge, one node at a time."""
        held, unknown = [], []
        for at, node in enumerate(self.conditions):
            truth = truth_of(node, values)
            if truth is YES:
                held.append(at)
            elif truth is UNKNOWN:
                unknown.append(at)
        return held, unknown

    @cached_property
    def each(self) -> tuple[list[Fires], list[Fires]]:
        """For each rule: does it hold, does it fail."""
        return compile_each(self.conditions, self.facts, self.slots)

    def one(self, node: Node) -> tuple[Fires, Fires]:
        """The same for a single condition."""
        made = self._ones.get(node)
        if made is None:
            if len(self._ones) >= MOST_ONES:
                self._ones.clear()
            fires, fails = compile_each([node], self.facts, self.slots)
            made = self._ones[node] = fires[0], fails[0]
        return made

    @cached_property
    def _signs(self) -> list[dict[int, tuple[Test, ...]]]:
        """For each rule, slot by slot, how the fact there can speak for it, comparison by comparison."""
        wanted = [
            [
                (slot, atom if speaks else Not(atom))
                for atom, speaks in signs(node)
                for slot in map(self.index.get, facts_of(atom))
            ]
            for node in self.conditions
        ]
        plain = list(dict.fromkeys(node for row in wanted for _, node in row))
        made = dict(zip(plain, compile_each(plain, self.facts, self.slots)[0], strict=True))
        table: list[dict[int, tuple[Test, ...]]] = []
        for row in wanted:
            found: dict[int, tuple[Test, ...]] = {}
            for slot, node in row:
                assert slot is not None
                found[slot] = (*found.get(slot, ()), made[node])
            table.append(found)
        return table

    def open_rule(
        self, at: int, disposition: str, level: int, one: tuple[Fires, Fires], slots: tuple[int, ...],
        free: Set[int] = frozenset(), sure: Fires | None = None,
    ) -> OpenRule:  # fmt: skip
        """Rule `at` for the search of `asking`.

        Takes  one: the rule's condition or a narrower one.
               free: slots that act otherwise than by its comparisons; those beyond the engine's own always do, since
               they act through the class.
        """
        own, compared = len(self.slots), self._signs[at]
        tests = {slot: None if slot >= own or slot in free else compared[slot] for slot in slots}
        return OpenRule(self.pathway.rules[at].id, disposition, level, one[0], one[1], sure or one[0], slots, tests)

    @cached_property
    def domains(self) -> Domains:
        return Domains([*self.conditions, *([self.acute] if self.acute is not None else [])], self.facts)

    def values(self, known: Mapping[str, Value]) -> list[Any]:
        """The list of answers for facts by name; unknown facts hold their unknown."""
        return list(map(known.get, self.slots, self.blank))

    @cached_property
    def joined(self) -> dict[int, tuple[int, ...]]:
        """Slot -> the slots that its fact meets in arithmetic."""
        found: dict[int, tuple[int, ...]] = {}
        for name, tests in self.domains.joint.items():
            others = dict.fromkeys(other for test in tests for other, _ in test.terms if other != name)
            found[self.index[name]] = tuple(self.index[other] for other in others)
        return found

    @cached_property
    def _marks(self) -> list[list[float] | None]:
        """For number slots outside arithmetic, the numbers at which some rule changes its mind."""
        marks: list[list[float] | None] = []
        for name in self.slots:
            plain_number = self.facts[name].is_number and name not in self.domains.joint
            marks.append(self.domains.of(name, {}) if plain_number else None)
        return marks

    def standin(self, slot: int, value: Any) -> Any:
        """An answer that no rule can tell from `value`, so that equal questions are found again."""
        marks = self._marks[slot]
        if marks is None or value is None or value != value:
            return None if value != value else value
        tests = self.domains.single[self.slots[slot]]
        return tuple(atom_holds(test, {self.slots[slot]: value}) for test in tests)

    @cached_property
    def harmless(self) -> tuple[Any, ...]:
        """For each slot an answer that, together with the others, lets as few and as mild rules hold as possible.

        Found by improving one slot at a time. It only makes the search of `asking` short; nothing depends on it.
        """
        weights = [max(rule.rank, 0) ** 2 for rule in self.pathway.rules]
        touching: list[list[int]] = [[] for _ in self.slots]
        for rule, slots in enumerate(self.reads):
            for slot in slots:
                touching[slot].append(rule)
        choices = [self.domains.of(name, {}) for name in self.slots]
        values = [choice[0] if choice else blank for choice, blank in zip(choices, self.blank, strict=True)]
        for _ in range(3):
            for slot, choice in enumerate(choices):
                costs = []
                for at, value in enumerate(choice):
                    values[slot] = value
                    costs.append((sum(weights[rule] for rule in touching[slot] if self.each[0][rule](values)), at))
                if costs:
                    values[slot] = choice[min(costs)[1]]
        return tuple(values)


def engine_of(pathway: Pathway, given: frozenset[str] = frozenset()) -> Engine:
    """The engine of a pathway, made once; it lives as long as its pathway."""
    kept: dict[frozenset[str], Engine] = pathway.engines
    if given not in kept:
        if len(kept) > 64:
            kept.clear()
        kept[given] = Engine(pathway, given)
    return kept[given]


def could_hold(node: Node, values: Mapping[str, Value], askable: Set[str], wanted: bool = True) -> bool:
    """Whether answering what can be asked might make the condition hold (or fail, where not `wanted`).

    A fact that is unknown and cannot be asked can do neither. It may say True too often (each comparison is looked at
    alone), never False too often.
    """
    if isinstance(node, Not):
        return could_hold(node.item, values, askable, not wanted)
    if isinstance(node, (And, Or)):
        every = isinstance(node, And) == wanted
        return (all if every else any)(could_hold(item, values, askable, wanted) for item in node.items)
    if isinstance(node, AtLeast):
        enough = node.n if wanted else len(node.items) - node.n + 1
        return sum(could_hold(item, values, askable, wanted) for item in node.items) >= enough
    holds = atom_holds(node, values)  # type: ignore[arg-type]
    if holds is not None:
        return holds is wanted
    return all(name in values or name in askable for name in facts_of(node))


def can_hold(node: Node, domains: Domains, facts: Mapping[str, Fact]) -> bool:
    """Whether some answers make the condition (without `Derived` nodes) hold.

    Errors  TooEntangled, where that cannot be found out with reasonable work.
    """
    names: Sequence[str] = facts_of(node)
    fires, fails = compile_each([node], facts, names)
    choices = {slot: domains.of(name, {}) for slot, name in enumerate(names)}
    values = [choices[slot][0] for slot in range(len(names))]
    unknown = [unknown_of(facts[name]) for name in names]
    slots = tuple(range(len(names)))
    rule = OpenRule("", "", 0, fires[0], fails[0], fires[0], slots, dict.fromkeys(slots))
    return bool(possible(Question(values, unknown, choices, [rule])))
