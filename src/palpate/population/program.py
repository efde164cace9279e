"""The conditions of a pathway as a list of steps over columns of bits, made once per pathway.

A step is a comparison, or joins earlier steps. Steps that occur in several rules are worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from palpate.pathway.condition import (
    And,
    AtLeast,
    Atom,
    Between,
    Compare,
    Derived,
    In,
    Linear,
    Node,
    Not,
    Or,
    Value,
    atom_holds,
    atoms,
    signs,
)
from palpate.pathway.deriving import made_facts
from palpate.pathway.engine import Engine, engine_of
from palpate.pathway.facts import Fact
from palpate.pathway.open_questions import FROM_RATINGS
from palpate.pathway.pathway import FIRST_FOUR_RANK, Pathway
from palpate.population.known import codes_of

MUSCLE = "spasm_response"


@dataclass(frozen=True)
class Step:
    """One step. kind: atom, not, and, or, at_least, derived (its two items: as said, and as spelled out)."""

    kind: str
    items: tuple[int, ...] = ()
    atom: Atom | None = None
    n: int = 0
    fact: str = ""
    reads: frozenset[str] = frozenset()


class Program:
    """The rules of a pathway, ready for columns.

    steps   in an order in which each needs only earlier ones
    rules   the step of each rule
    acute   the step of what makes pain acute, if the pathway says so
    signs   for each rule, the steps of its comparisons, on the side on which they speak for it
    """

    def __init__(self, pathway: Pathway) -> None:
        self.pathway = pathway
        self.facts: Mapping[str, Fact] = pathway.vocabulary.facts
        self.steps: list[Step] = []
        self._made: dict[Node, int] = {}
        self._givable = frozenset(made_facts(pathway))  # derived facts that a document may give itself
        self.rules: tuple[int, ...] = tuple(self._step(rule.when) for rule in pathway.rules)
        self.signs: tuple[tuple[int, ...], ...] = tuple(
            tuple(self._step(atom if speaks else Not(atom)) for atom, speaks in signs(rule.when))
            for rule in pathway.rules
        )
        self.acute = None if pathway.acute_when is None else self._step(pathway.acute_when)
        self.engine: Engine = engine_of(pathway)

    def get_ready(self) -> None:
        """Works out at once what else is worked out when it is needed first, as by each of several processes."""
        _ = self.harmless, self.not_silenced, self.speaking, self.plain, self.engine.evaluate

    def _step(self, node: Node) -> int:
        if node in self._made:
            return self._made[node]
        if isinstance(node, Derived) and node.said.fact not in self._givable:
            return self._step(node.means)
        items: tuple[int, ...]
        if isinstance(node, Derived):
            items = (self._step(node.said), self._step(node.means))
            step = Step("derived", items, fact=node.said.fact, reads=self._reads(items))
        elif isinstance(node, Not):
            items = (self._step(node.item),)
            step = Step("not", items, reads=self._reads(items))
        elif isinstance(node, (And, Or, AtLeast)):
            items = tuple(map(self._step, node.items))
            kind = "at_least" if isinstance(node, AtLeast) else "and" if isinstance(node, And) else "or"
            step = Step(kind, items, n=node.n if isinstance(node, AtLeast) else 0, reads=self._reads(items))
        else:
            step = Step("atom", atom=node, reads=frozenset(facts_of_atom(node)))
        self.steps.append(step)
        self._made[node] = len(self.steps) - 1
        return self._made[node]

    def _reads(self, items: tuple[int, ...]) -> frozenset[str]:
        return frozenset().union(*(self.steps[item].reads for item in items))

    @cached_property
    def serious(self) -> tuple[int, ...]:
        """The rules that lead to one of the first four dispositions, most serious first."""
        ranks = [rule.rank for rule in self.pathway.rules]
        return tuple(
            sorted((at for at, rank in enumerate(ranks) if rank >= FIRST_FOUR_RANK), key=lambda at: -ranks[at])
        )

    @cached_property
    def reading(self) -> Mapping[str, tuple[int, ...]]:
        """Fact -> the serious rules that read it, most serious first."""
        found: dict[str, list[int]] = {}
        for at in self.serious:
            for name in self.steps[self.rules[at]].reads:
                found.setdefault(name, []).append(at)
        return {name: tuple(rules) for name, rules in found.items()}

    @cached_property
    def derived(self) -> tuple[frozenset[str], ...]:
        """For each rule the derived facts that it names, and that a document may give."""
        found = []
        for at in self.rules:
            names: set[str] = set()
            below = [at]
            while below:
                step = self.steps[below.pop()]
                below += step.items
                names.update([step.fact] if step.kind == "derived" else ())
            found.append(frozenset(names))
        return tuple(found)

    @cached_property
    def of_the_course(self) -> frozenset[int]:
        """The rules that read what is worked out from the course."""
        made = {*self.pathway.worked_out, "sessions_completed", "sessions_planned", "response"}
        return frozenset(at for at, step in enumerate(self.rules) if made.intersection(self.steps[step].reads))

    @cached_property
    def harmless(self) -> Mapping[str, Value]:
        """Fact -> an answer that speaks for as few and as mild serious rules as possible, whatever else is so.

        It only makes most searches short; nothing depends on it.
        """
        weights: dict[str, list[tuple[Atom, bool, int]]] = {}
        for at in self.serious:
            for atom, speaks in signs(self.pathway.rules[at].when):
                if not isinstance(atom, Linear):
                    weights.setdefault(atom.fact, []).append((atom, speaks, self.pathway.rules[at].rank ** 2))
        found = {}
        for name, usual in zip(self.engine.slots, self.engine.harmless, strict=True):

            def cost(value: Value, name: str = name, usual: Value = usual) -> tuple[int, bool]:
                speaking = (w for atom, speaks, w in weights.get(name, ()) if atom_holds(atom, {name: value}) is speaks)
                return sum(speaking), value != usual

            values = [value for value in self.engine.domains.of(name, {}) if (name, value) != (MUSCLE, "not_assessed")]
            found[name] = min(values, key=cost)
        return found

    @cached_property
    def not_silenced(self) -> tuple[int, ...]:
        """The serious rules of which a comparison may speak for them though its fact has the harmless answer."""
        return tuple(
            at
            for at in self.serious
            if any(self._may_speak(atom, speaks) for atom, speaks in signs(self.pathway.rules[at].when))
        )

    def _may_speak(self, atom: Atom, speaks: bool) -> bool:
        if isinstance(atom, Linear) or atom.fact in (*FROM_RATINGS, MUSCLE):
            return True
        return atom_holds(atom, {atom.fact: self.harmless[atom.fact]}) is speaks

    @cached_property
    def answers(self) -> Mapping[str, tuple[Value, ...]]:
        """Fact that must be known -> the other answers worth trying."""
        return {
            name: answers
            for name, answers in self.telling.items()
            if self.facts[name].must_know and name in self.reading
        }

    @cached_property
    def atoms(self) -> tuple[tuple[Atom, ...], ...]:
        """The comparisons of each rule."""
        return tuple(tuple(dict.fromkeys(atoms(rule.when))) for rule in self.pathway.rules)

    @cached_property
    def telling(self) -> Mapping[str, tuple[Value, ...]]:
        """Fact -> the answers worth trying that are not the harmless one."""
        return {
            name: tuple(value for value in self.engine.domains.of(name, {}) if value != self.harmless[name])
            for name in self.engine.slots
        }

    @cached_property
    def speaking(self) -> Mapping[int, Mapping[str, Value]]:
        """For each serious rule, answers that let its comparisons speak for it."""
        found: dict[int, dict[str, Value]] = {}
        for at in self.serious:
            answers = found[at] = {}
            for atom, speaks in signs(self.pathway.rules[at].when):
                for name in facts_of_atom(atom)[:1]:
                    tries = self.engine.domains.of(name, {}) if name in self.engine.index else []
                    good = [value for value in tries if atom_holds(atom, {name: value}) is speaks]
                    if good:
                        answers.setdefault(name, good[0])
        return found

    @cached_property
    def plain(self) -> frozenset[int]:
        """Rules in which no two comparisons read one fact, and each can come out either way.

        Such a rule can hold exactly if each of its comparisons, looked at alone, allows it.
        """
        return frozenset(at for at in self.serious if self._is_plain(self.pathway.rules[at].when))

    def _is_plain(self, node: Node) -> bool:
        seen: set[str] = set()
        for atom in dict.fromkeys(atoms(node)):
            names = facts_of_atom(atom)
            if len(names) > 1 or seen.intersection(names) or names[0] in FROM_RATINGS or names[0] == MUSCLE:
                return False
            seen.update(names)
            tries = self.engine.domains.of(names[0], {})
            if len({atom_holds(atom, {names[0]: value}) for value in tries}) < 2:
                return False
        return _each_once(node)


def _each_once(node: Node) -> bool:
    found = list(atoms(node))
    return len(found) == len(set(found))


def facts_of_atom(atom: Atom) -> tuple[str, ...]:
    """The facts that a comparison reads."""
    return tuple(name for name, _ in atom.terms) if isinstance(atom, Linear) else (atom.fact,)


def codes_holding(atom: Compare | In | Between, fact: Fact) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The codes of a fact for which a comparison holds, and those for which it does not."""
    answers = [atom_holds(atom, {fact.name: value}) for value in codes_of(fact)]
    yes = tuple(code for code, holds in enumerate(answers) if holds)
    return yes, tuple(code for code, holds in enumerate(answers) if not holds)


def program_of(pathway: Pathway) -> Program:
    """The program of a pathway, made once and kept with its engines."""
    made = pathway.engines.get("columns")
    if made is None:
        made = pathway.engines["columns"] = Program(pathway)
    assert isinstance(made, Program)
    return made
