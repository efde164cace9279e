"""The same rules as Python source: one compiled function per pathway, for one episode at a time.

Each answer is a slot of a list; unknown is None, or NaN for numbers, so that every comparison with it is false.
A condition becomes two plain expressions, "it holds" and "it fails"; where neither is true it is unknown.
`condition.truth_of` is the judge that this file is checked against.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from palpate.pathway.condition import And, AtLeast, Between, Compare, In, Linear, Node, Not, Or
from palpate.pathway.facts import Fact

NAN = math.nan
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}

Evaluate = Callable[[Sequence[Any]], tuple[list[int], list[int]]]
Fires = Callable[[Sequence[Any]], bool]


def unknown_of(fact: Fact) -> float | None:
    """What stands in a slot while the answer is unknown."""
    return NAN if fact.is_number else None


class Writer:
    """Writes conditions as Python expressions over names such as `v12` or `a[12]`."""

    def __init__(self, facts: Mapping[str, Fact], names: Mapping[str, str]) -> None:
        self.facts = facts
        self.names = names

    def holds(self, node: Node) -> str:
        """An expression that is true exactly when the condition is YES."""
        if isinstance(node, Compare):
            return self._compare(node, yes=True)
        if isinstance(node, In):
            return f"{self.names[node.fact]} in {_set(node.values)}"
        if isinstance(node, Between):
            return f"{node.low!r} <= {self.names[node.fact]} <= {node.high!r}"
        if isinstance(node, Linear):
            return self._linear(node, yes=True)
        if isinstance(node, Not):
            return self.fails(node.item)
        if isinstance(node, And):
            return "(" + " and ".join(self.holds(item) for item in sorted(node.items, key=_cost)) + ")"
        if isinstance(node, Or):
            return "(" + " or ".join(self.holds(item) for item in sorted(node.items, key=_cost)) + ")"
        if isinstance(node, AtLeast):
            return "(" + " + ".join(f"({self.holds(item)})" for item in node.items) + f" >= {node.n})"
        return self.holds(node.means)

    def fails(self, node: Node) -> str:
        """An expression that is true exactly when the condition is NO."""
        if isinstance(node, Compare):
            return self._compare(node, yes=False)
        if isinstance(node, In):
            name, fact = self.names[node.fact], self.facts[node.fact]
            if fact.kind == "enum":
                return f"{name} in {_set([value for value in fact.values if value not in node.values])}"
            return f"({name} == {name} and {name} not in {_set(node.values)})"
        if isinstance(node, Between):
            name = self.names[node.fact]
            return f"({name} < {node.low!r} or {name} > {node.high!r})"
        if isinstance(node, Linear):
            return self._linear(node, yes=False)
        if isinstance(node, Not):
            return self.holds(node.item)
        if isinstance(node, And):
            return "(" + " or ".join(self.fails(item) for item in sorted(node.items, key=_cost)) + ")"
        if isinstance(node, Or):
            return "(" + " and ".join(self.fails(item) for item in sorted(node.items, key=_cost)) + ")"
        if isinstance(node, AtLeast):
            enough = len(node.items) - node.n + 1
            return "(" + " + ".join(f"({self.fails(item)})" for item in node.items) + f" >= {enough})"
        return self.fails(node.means)

    def _compare(self, node: Compare, yes: bool) -> str:
        name, fact = self.names[node.fact], self.facts[node.fact]
        if fact.kind == "bool":
            return f"{name} is {(node.value is True) == yes}"
        equal = (node.op == "=") == yes
        if fact.kind == "enum":
            if equal:
                return f"{name} == {node.value!r}"
            return f"{name} in {_set([value for value in fact.values if value != node.value])}"
        return _number_test(name, node.op, node.value, yes)

    def _linear(self, node: Linear, yes: bool) -> str:
        total = " + ".join([f"{size!r} * {self.names[fact]}" for fact, size in node.terms] + [repr(node.constant)])
        return _number_test(f"({total})", node.op, node.value, yes)


def _number_test(name: str, op: str, value: Any, yes: bool) -> str:
    if op in ("=", "<>"):
        if (op == "=") == yes:
            return f"{name} == {value!r}"
        return f"({name} < {value!r} or {name} > {value!r})"
    return f"{name} {op if yes else _OPPOSITE[op]} {value!r}"


def _set(values: Sequence[Any]) -> str:
    return "{" + ", ".join(map(repr, values)) + "}" if values else "()"


def _cost(node: Node) -> int:
    """Cheap and often telling first: most yes-or-no answers are no."""
    if isinstance(node, Compare):
        return 1 if isinstance(node.value, (bool, str)) and node.op == "=" else 2
    if isinstance(node, In):
        return 2
    if isinstance(node, (Between, Linear)):
        return 3
    return 4


def compile_rules(conditions: Sequence[Node], facts: Mapping[str, Fact], slots: Sequence[str]) -> Evaluate:
    """One function for all rules.

    Takes    conditions: one per rule, without `Derived` nodes; slots: the fact of each place in the list.
    Returns  evaluate(values) -> (rules that hold, rules that are unknown), as indexes in order; all others fail.
    """
    writer = Writer(facts, {name: f"v{index}" for index, name in enumerate(slots)})
    lines = ["def evaluate(values):"]
    if slots:
        lines.append(f"    {', '.join(f'v{index}' for index in range(len(slots)))}, = values")
    lines += ["    held = []", "    unknown = []"]
    for index, node in enumerate(conditions):
        lines.append(f"    if not ({writer.fails(node)}):")
        lines.append(f"        (held if {writer.holds(node)} else unknown).append({index})")
    lines.append("    return held, unknown")
    return _run("\n".join(lines))["evaluate"]  # type: ignore[no-any-return]


def compile_each(
    conditions: Sequence[Node], facts: Mapping[str, Fact], slots: Sequence[str]
) -> tuple[list[Fires], list[Fires]]:
    """For each rule two functions of the list of values: does it hold, and does it fail?"""
    writer = Writer(facts, {name: f"a[{index}]" for index, name in enumerate(slots)})
    lines = ["fires = ["]
    lines += [f"    lambda a: {writer.holds(node)}," for node in conditions]
    lines += ["]", "fails = ["]
    lines += [f"    lambda a: {writer.fails(node)}," for node in conditions]
    space = _run("\n".join([*lines, "]"]))
    return space["fires"], space["fails"]


def _run(text: str) -> dict[str, Any]:
    # The text is written above from checked nodes: names are v0, v1 ..., values are literals of the vocabulary.
    space: dict[str, Any] = {}
    exec(compile(text, "<pathway>", "exec"), space)
    return space
