"""The nodes of the small condition language, and what they mean for one person.

A condition is built from these nodes only; `parse.py` makes them from text. `truth_of` is the plain, slow
judge of a condition: it walks the nodes and uses `truth.py` for everything. Nothing here can look past unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from palpate.pathway import truth
from palpate.pathway.truth import Truth

Value: TypeAlias = bool | int | float | str

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Compare:
    """`fact op value`, for instance `pain_now >= 7` or `saddle_numbness = true`."""

    fact: str
    op: str
    value: Value


@dataclass(frozen=True)
class In:
    """`fact in (values)`."""

    fact: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Between:
    """`fact between low and high`, both ends included."""

    fact: str
    low: float
    high: float


@dataclass(frozen=True)
class Linear:
    """`constant + sum(coefficient * fact) op value`: arithmetic, and facts compared with each other."""

    terms: tuple[tuple[str, float], ...]
    constant: float
    op: str
    value: float


@dataclass(frozen=True)
class Not:
    item: Node


@dataclass(frozen=True)
class And:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class AtLeast:
    """`at_least(n, ...)`: n or more of the items hold."""

    n: int
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Derived:
    """A comparison with a derived fact: `said` as written, `means` spelled out over asked facts."""

    said: Compare | In | Between
    means: Node


Node: TypeAlias = Compare | In | Between | Linear | Not | And | Or | AtLeast | Derived
Atom: TypeAlias = Compare | In | Between | Linear


def atom_holds(atom: Atom, values: Mapping[str, Value]) -> bool | None:
    """True or False; None where a fact that the atom needs is absent from `values`."""
    if isinstance(atom, Linear):
        total = atom.constant
        for fact, coefficient in atom.terms:
            value = values.get(fact)
            if value is None:
                return None
            total += coefficient * value  # type: ignore[operator]
        return OPERATORS[atom.op](total, atom.value)
    value = values.get(atom.fact)
    if value is None:
        return None
    if isinstance(atom, Compare):
        return OPERATORS[atom.op](value, atom.value)
    if isinstance(atom, In):
        return value in atom.values
    return atom.low <= value <= atom.high  # type: ignore[operator]


def truth_of(node: Node, values: Mapping[str, Value]) -> Truth:
    """YES, NO or UNKNOWN for one person.

    Takes  values: fact name -> value in the fact's unit; an absent fact is unknown.
    """
    if isinstance(node, Not):
        return truth.not_(truth_of(node.item, values))
    if isinstance(node, And):
        return truth.and_(truth_of(item, values) for item in node.items)
    if isinstance(node, Or):
        return truth.or_(truth_of(item, values) for item in node.items)
    if isinstance(node, AtLeast):
        return truth.at_least(node.n, [truth_of(item, values) for item in node.items])
    if isinstance(node, Derived):
        return truth_of(node.means, values)
    holds = atom_holds(node, values)
    return truth.UNKNOWN if holds is None else truth.of(holds)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below."""
    if isinstance(node, Not):
        return (node.item,)
    if isinstance(node, (And, Or, AtLeast)):
        return node.items
    if isinstance(node, Derived):
        return (node.means,)
    return ()


def atoms(node: Node) -> Iterator[Atom]:
    """Every comparison below, left to right; derived facts spelled out."""
    if isinstance(node, (Compare, In, Between, Linear)):
        yield node
        return
    for child in children(node):
        yield from atoms(child)


def facts_of(node: Node) -> tuple[str, ...]:
    """The facts whose answers the condition needs, each once, in order; derived facts spelled out."""
    seen: dict[str, None] = {}
    for atom in atoms(node):
        for fact in [term[0] for term in atom.terms] if isinstance(atom, Linear) else [atom.fact]:
            seen.setdefault(fact)
    return tuple(seen)


def named_in(node: Node) -> tuple[str, ...]:
    """The facts named by the author, derived ones by their own name, each once, in order."""
    seen: dict[str, None] = {}

    def walk(item: Node) -> None:
        if isinstance(item, Derived):
            seen.setdefault(item.said.fact)
        elif isinstance(item, Linear):
            for fact, _ in item.terms:
                seen.setdefault(fact)
        elif isinstance(item, (Compare, In, Between)):
            seen.setdefault(item.fact)
        else:
            for child in children(item):
                walk(child)

    walk(node)
    return tuple(seen)


def spelled_out(node: Node, given: frozenset[str] = frozenset()) -> Node:
    """The condition without `Derived` nodes: over asked facts, and over the derived facts in `given` as they are."""
    if isinstance(node, Derived):
        return node.said if node.said.fact in given else spelled_out(node.means, given)
    if isinstance(node, Not):
        return Not(spelled_out(node.item, given))
    if isinstance(node, And):
        return And(tuple(spelled_out(item, given) for item in node.items))
    if isinstance(node, Or):
        return Or(tuple(spelled_out(item, given) for item in node.items))
    if isinstance(node, AtLeast):
        return AtLeast(node.n, tuple(spelled_out(item, given) for item in node.items))
    return node


Sign = tuple[Atom, bool]  # a comparison, and whether it speaks for the rule when it holds or when it fails


def signs(node: Node, speaks: bool = True) -> list[Sign]:
    """Every comparison in a condition with the side on which it speaks for it."""
    if isinstance(node, Not):
        return signs(node.item, not speaks)
    if isinstance(node, (Compare, In, Between, Linear)):
        return [(node, speaks)]
    return list(dict.fromkeys(sign for child in children(node) for sign in signs(child, speaks)))


# --- text and JSON ------------------------------------------------------------------------------------------------


def literal(value: Value) -> str:
    """A value as an author writes it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return f"'{value}'"
    return number(value)


def number(value: float) -> str:
    """A number without a needless `.0`."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def written(node: Node) -> str:
    """The condition as an author would write it; `parse` reads it back to an equal node."""
    return _written(node, 0)


def _written(node: Node, depth: int) -> str:
    # depth: 0 loose, 1 inside and/or of the other kind, 2 below `not`
    if isinstance(node, Derived):
        return _written(node.said, depth)
    if isinstance(node, Compare):
        if node.value is True and node.op == "=":
            return node.fact
        if node.value is False and node.op == "=":
            return f"not {node.fact}"
        return f"{node.fact} {node.op} {literal(node.value)}"
    if isinstance(node, In):
        return f"{node.fact} in ({', '.join(literal(value) for value in node.values)})"
    if isinstance(node, Between):
        return f"{node.fact} between {number(node.low)} and {number(node.high)}"
    if isinstance(node, Linear):
        return _linear(node)
    if isinstance(node, Not):
        return f"not ({_written(node.item, 0)})"
    if isinstance(node, AtLeast):
        return f"at_least({node.n}, {', '.join(_written(item, 0) for item in node.items)})"
    if isinstance(node, Or) and len(node.items) > 2:
        return f"any_of({', '.join(_written(item, 0) for item in node.items)})"
    word = " and " if isinstance(node, And) else " or "
    text = word.join(_written(item, 1) for item in node.items)
    return f"({text})" if depth else text


def _linear(node: Linear) -> str:
    left: list[str] = []
    right: list[str] = []
    for fact, coefficient in node.terms:
        size = abs(coefficient)
        term = fact if size == 1 else f"{number(size)} * {fact}"
        (left if coefficient > 0 else right).append(term)
    if node.constant:
        (left if node.constant > 0 else right).append(number(abs(node.constant)))
    if node.value or not right:
        right.append(number(node.value))
    return f"{' + '.join(left) or '0'} {node.op} {' + '.join(right)}"


def to_json(node: Node) -> list[Any]:
    """The node as plain lists, for the digest and the compiled document."""
    if isinstance(node, Compare):
        return [node.op, node.fact, node.value]
    if isinstance(node, In):
        return ["in", node.fact, list(node.values)]
    if isinstance(node, Between):
        return ["between", node.fact, node.low, node.high]
    if isinstance(node, Linear):
        return ["linear", [list(term) for term in node.terms], node.constant, node.op, node.value]
    if isinstance(node, Not):
        return ["not", to_json(node.item)]
    if isinstance(node, And):
        return ["and", *map(to_json, node.items)]
    if isinstance(node, Or):
        return ["or", *map(to_json, node.items)]
    if isinstance(node, AtLeast):
        return ["at_least", node.n, *map(to_json, node.items)]
    return ["derived", to_json(node.said), to_json(node.means)]


def from_json(data: list[Any]) -> Node:
    """The node that `to_json` wrote."""
    kind = data[0]
    if kind in OPERATORS:
        return Compare(data[1], kind, data[2])
    if kind == "and":
        return And(tuple(map(from_json, data[1:])))
    if kind == "or":
        return Or(tuple(map(from_json, data[1:])))
    if kind == "in":
        return In(data[1], tuple(data[2]))
    if kind == "not":
        return Not(from_json(data[1]))
    if kind == "derived":
        said = from_json(data[1])
        assert isinstance(said, (Compare, In, Between))
        return Derived(said, from_json(data[2]))
    if kind == "at_least":
        return AtLeast(data[1], tuple(map(from_json, data[2:])))
    if kind == "between":
        return Between(data[1], data[2], data[3])
    if kind == "linear":
        return Linear(tuple((fact, size) for fact, size in data[1]), data[2], data[3], data[4])
    raise ValueError(f"no such node: {kind}")
