"""The rules of a pathway as zen-engine's decision graphs: a table with a column per fact, and an expression node.

A cell says nothing of a fact that is unknown, so a row with a cell for it does not match. A rule therefore has rows for
"it holds" and rows for "it fails", and is unknown where none of them matches. A table has no "or" across columns and no
counting: such a rule takes a row for each way to fulfil it, and one that takes more than `MOST_ROWS` is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import zen
from zen_rules import OPPOSITE, chosen, listed, said, truth

from palpate.pathway.condition import And, AtLeast, Between, Compare, In, Linear, Node, Not, Or
from palpate.pathway.facts import Fact

MOST_ROWS = 8
Way = tuple[tuple[Node, bool], ...]  # comparisons that together fulfil a rule, each with the side on which it does
Row = tuple[dict[str, str], str]  # column -> cell, and the output


class Graph:
    """A decision graph of one node, ready to run: `graph(context)` gives the node's result."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        nodes = [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "node", "name": "node", **node},
            {"id": "out", "type": "outputNode", "name": "out"},
        ]
        edges = [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "node"},
            {"id": "b", "type": "edge", "sourceId": "node", "targetId": "out"},
        ]
        content = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
        # Compiled once by the loader; `create_decision` starts a runtime of threads anew at every call.
        self.engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": content}}})

    def __call__(self, context: Any) -> Any:
        return self.engine.evaluate("rules", context)["result"]


def expression_graph(conditions: Sequence[Node], facts: Mapping[str, Fact], one: bool) -> Graph:
    """An expression node: one expression that lists all truths, or an expression for each rule."""
    pairs = [("all", listed(conditions, facts))]
    if not one:
        pairs = [(f"r{at}", truth(node, facts)) for at, node in enumerate(conditions)]
    rows = [{"id": key, "key": key, "value": value} for key, value in pairs]
    return Graph({"type": "expressionNode", "content": {"expressions": rows}})


def table_of_expressions(conditions: Sequence[Node], facts: Mapping[str, Fact]) -> Graph:
    """A table in name only: one column, whose cells are whole expressions; rows that do not fail say if they hold."""
    return table(
        ({"": f"{said(node, facts, False)} == false"}, f"{said(node, facts, True)} ? {at + 1} : {-at - 1}")
        for at, node in enumerate(conditions)
    )


def fact_table(
    conditions: Sequence[Node], facts: Mapping[str, Fact], both: bool
) -> tuple[Graph, list[int], tuple[int, int]]:
    """The table with a column per fact.

    Takes    both: with the rows for "it fails"; without them the table knows two values only.
    Returns  the graph; the rules that it holds; its number of rows and columns. Its outputs are n + 1 for rule n where
             it holds and -n - 1 where it fails.
    """
    rows: list[Row] = []
    inside = []
    for at, node in enumerate(conditions):
        sides = [_rows(node, facts, yes) for yes in (True, False)]
        if max(map(len, sides)) <= MOST_ROWS:
            inside.append(at)
            rows += [(cells, str(at + 1)) for cells in sides[0]]
            rows += [(cells, str(-at - 1)) for cells in sides[1]] if both else []
    columns = {name for cells, _ in rows for name in cells}
    return table(rows), inside, (len(rows), len(columns))


def table(rows: Any) -> Graph:
    rows = list(rows)
    columns = {name: f"c{at}" for at, name in enumerate(dict.fromkeys(name for cells, _ in rows for name in cells))}
    content = {
        "hitPolicy": "collect",
        "inputs": [
            {"id": column, "name": name or "rule", **({"field": name} if name else {})}
            for name, column in columns.items()
        ],
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": [
            {"_id": str(at), **{columns[name]: cell for name, cell in cells.items()}, "out": out}
            for at, (cells, out) in enumerate(rows)
        ],
    }
    return Graph({"type": "decisionTableNode", "content": content})


def _rows(node: Node, facts: Mapping[str, Fact], yes: bool) -> list[dict[str, str]]:
    rows = []
    for way in _ways(node, yes):
        cells = _cells(way, facts)
        if cells is not None and cells not in rows:
            rows.append(cells)
    return rows


def _ways(node: Node, yes: bool) -> list[Way]:
    """Every way to make the condition hold (or fail), as lists of comparisons."""
    if isinstance(node, Not):
        return _ways(node.item, not yes)
    if isinstance(node, (And, Or)):
        if isinstance(node, And) == yes:
            return _together(node.items, yes)
        return [way for item in node.items for way in _ways(item, yes)]
    if isinstance(node, AtLeast):
        enough = node.n if yes else len(node.items) - node.n + 1
        return [way for some in itertools.combinations(node.items, enough) for way in _together(some, yes)]
    if isinstance(node, Between) and not yes:
        return [((Compare(node.fact, "<", node.low), True),), ((Compare(node.fact, ">", node.high), True),)]
    return [((node, yes),)]


def _together(items: Sequence[Node], yes: bool) -> list[Way]:
    return [sum(ways, ()) for ways in itertools.product(*(_ways(item, yes) for item in items))]


def _cells(way: Way, facts: Mapping[str, Fact]) -> dict[str, str] | None:
    """The cells of one row; None where two of its comparisons exclude each other."""
    named: dict[str, set[str]] = {}
    numbers: dict[str, list[str]] = {}
    for node, yes in way:
        if isinstance(node, Linear):
            column = " + ".join(f"{size!r} * {fact}" for fact, size in node.terms)
            numbers.setdefault(column, []).append(_compared(node.op, node.value - node.constant, yes))
        elif isinstance(node, Between):
            numbers.setdefault(node.fact, []).append(f"[{node.low}..{node.high}]")
        elif isinstance(node, Compare) and facts[node.fact].is_number:
            numbers.setdefault(node.fact, []).append(_compared(node.op, node.value, yes))
        else:
            assert isinstance(node, (Compare, In))
            if facts[node.fact].kind == "bool":
                assert isinstance(node, Compare)
                values = {"true" if (node.value is True) == yes else "false"}
            else:
                values = {f'"{value}"' for value in chosen(node, facts, yes)}
            named[node.fact] = named.get(node.fact, values) & values
    if not all(named.values()):
        return None
    cells = {fact: ", ".join(sorted(values)) for fact, values in named.items()}
    return cells | {column: " and ".join(dict.fromkeys(tests)) for column, tests in numbers.items()}


def _compared(op: str, value: Any, yes: bool) -> str:
    return f"{op if yes else OPPOSITE[op]} {value!r}"
