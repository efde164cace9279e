"""The rules of a pathway as ZEN expressions, for the comparison with zen-engine.

ZEN knows null but has no third truth value: `null > 3` is an error and `null != 3` is true. So each rule is written as
in `palpate.pathway.to_python`, as "it holds" and "it fails", neither of which is true while an answer that is needed is
missing. Of the ways to write an expression that were tried, the fastest is kept; they are listed in README.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from palpate.pathway.condition import And, AtLeast, Between, Compare, In, Linear, Node, Not, Or
from palpate.pathway.facts import Fact

FAR = 10**12  # stands for a missing number, on the side where the comparison is false; no fact comes near it
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def listed(conditions: Sequence[Node], facts: Mapping[str, Fact], called: Mapping[str, str] | None = None) -> str:
    """One expression for all rules: a list with true, false or null for each.

    Takes  called: fact -> what to call it instead, such as `$root[12]` where the context is a list.
    """
    text = "[" + ", ".join(truth(node, facts) for node in conditions) + "]"
    if called:  # outside quotes only: some facts and some values have the same name
        text = re.sub(r"'[^']*'|[a-z]\w*", lambda word: called.get(word[0], word[0]), text)
    return text


def truth(node: Node, facts: Mapping[str, Fact]) -> str:
    """One rule: true where it holds, false where it fails, null where it is unknown."""
    if isinstance(node, Compare):
        if facts[node.fact].kind == "bool" and node.value is True:
            return node.fact  # true, false or null as it stands
        return f"({node.fact} == null ? null : {_known(node, facts)})"
    return f"({said(node, facts, False)} ? false : ({said(node, facts, True)} ? true : null))"


def said(node: Node, facts: Mapping[str, Fact], yes: bool) -> str:
    """An expression that is true exactly when the condition holds (where `yes`) or fails, and false otherwise."""
    if isinstance(node, Not):
        return said(node.item, facts, not yes)
    if isinstance(node, (And, Or)):
        return _joined(node.items, facts, yes, isinstance(node, And) == yes)
    if isinstance(node, AtLeast):
        enough = node.n if yes else len(node.items) - node.n + 1
        if enough in (1, len(node.items)):
            return _joined(node.items, facts, yes, enough > 1)
        return "(" + " + ".join(f"({said(item, facts, yes)} ? 1 : 0)" for item in node.items) + f" >= {enough})"
    if isinstance(node, Linear):
        return _number(node.terms, node.op, node.value - node.constant, yes)
    if isinstance(node, Between):
        if yes:
            return f"({_single(node.fact, '>=', node.low)} and {_single(node.fact, '<=', node.high)})"
        return f"({_single(node.fact, '<', node.low)} or {_single(node.fact, '>', node.high)})"
    if isinstance(node, Compare) and facts[node.fact].is_number:
        return _number([(node.fact, 1)], node.op, node.value, yes)
    if isinstance(node, Compare) and facts[node.fact].kind == "bool":
        return f"{node.fact} == {'true' if (node.value is True) == yes else 'false'}"
    assert isinstance(node, (Compare, In))
    return "(" + (" or ".join(f"{node.fact} == '{value}'" for value in chosen(node, facts, yes)) or "false") + ")"


def chosen(node: Compare | In, facts: Mapping[str, Fact], yes: bool) -> list[str]:
    """The values of a fact with named values at which the comparison holds (or fails)."""
    named = node.values if isinstance(node, In) else (node.value,)
    inside = (isinstance(node, In) or node.op == "=") == yes
    return [value for value in facts[node.fact].values if (value in named) == inside]


def _known(node: Compare, facts: Mapping[str, Fact]) -> str:
    """A single comparison whose fact is known."""
    op = {"=": "==", "<>": "!="}.get(node.op, node.op)
    if facts[node.fact].kind == "bool":
        return f"{node.fact} {op} {str(node.value).lower()}"
    return f"{node.fact} {op} {node.value!r}"


def _joined(items: Sequence[Node], facts: Mapping[str, Fact], yes: bool, every: bool) -> str:
    words = [said(item, facts, yes) for item in sorted(items, key=_cost)]
    return "(" + (" and " if every else " or ").join(words) + ")"


def _cost(node: Node) -> int:
    """Cheap and often telling first, as in `to_python`."""
    if isinstance(node, Compare):
        return 1 if isinstance(node.value, (bool, str)) and node.op == "=" else 2
    if isinstance(node, In):
        return 2
    return 3 if isinstance(node, (Between, Linear)) else 4


def _single(fact: str, op: str, value: float) -> str:
    return _number([(fact, 1)], op, value, True)


def _number(terms: Sequence[tuple[str, float]], op: str, value: object, yes: bool) -> str:
    op = op if yes else OPPOSITE[op]
    away = FAR if op[0] == "<" else -FAR
    parts = []
    for fact, size in terms:
        known = f"({fact} ?? {away if size > 0 else -away})"
        parts.append(known if size == 1 else f"{size!r} * {known}")
    return f"{' + '.join(parts)} {op} {value!r}"
