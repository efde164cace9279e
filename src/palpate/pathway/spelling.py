"""A comparison with a derived fact, spelled out over the facts it is worked out from.

So the engines never meet a derived fact: what they evaluate is made of asked facts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from palpate.pathway.condition import And, AtLeast, Between, Compare, In, Node, Not, Or
from palpate.pathway.parse import Sum, Unreadable, below_floor, linear


def over_cases(said: Compare | In | Between, cases: Mapping[str, Node]) -> Node:
    """The cases that make a derived enum one of the values compared with; no two cases hold at once."""
    if isinstance(said, Compare):
        wanted = [value for value in cases if (value == said.value) == (said.op == "=")]
    else:
        assert isinstance(said, In)
        wanted = [value for value in cases if value in said.values]
    nodes = [cases[value] for value in wanted]
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def over_count(said: Compare | In | Between, items: tuple[Node, ...]) -> Node:
    """A comparison with a count, by `at_least`. Errors: Unreadable, where the count can never or always be so."""

    def between(low: float, high: float) -> Node:
        parts: list[Node] = []
        if low > 0:
            parts.append(AtLeast(int(low), items))
        if high < len(items):
            parts.append(Not(AtLeast(int(high) + 1, items)))
        if not parts or low > len(items):
            raise Unreadable(f"compares {said.fact} with numbers that it can always or never have")
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    if isinstance(said, Between):
        return between(said.low, said.high)
    if isinstance(said, In):
        return Or(tuple(between(v, v) for v in said.values))  # type: ignore[arg-type]
    n = said.value
    assert not isinstance(n, str)
    if said.op == "=":
        return between(n, n)
    if said.op == "<>":
        return Not(between(n, n))
    if said.op in (">=", ">"):
        return between(n if said.op == ">=" else n + 1, len(items))
    return between(0, n if said.op == "<=" else n - 1)


def over_value(said: Compare | In | Between, total: Sum, floored: bool) -> Node:
    """A comparison with a derived number, as arithmetic over the facts it is worked out from."""
    make = below_floor if floored else linear
    if isinstance(said, Between):
        low, high = Fraction(str(said.low)), Fraction(str(said.high))
        return And((make(total, ">=", low), make(total, "<=", high)))
    if isinstance(said, In):
        return Or(tuple(make(total, "=", Fraction(str(value))) for value in said.values))
    return make(total, said.op, Fraction(str(said.value)))
