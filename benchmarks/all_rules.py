"""All rules of the pathway on one episode, three-valued, beside zen-engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import zen
from episodes import KINDS, Maker, random_answers
from timing import Targets, Times, each, interleaved, ratio, spread, table
from zen_rules import listed
from zen_table import expression_graph, fact_table, table_of_expressions

from palpate.pathway.condition import Value
from palpate.pathway.decision import find
from palpate.pathway.engine import engine_of
from palpate.pathway.episode import read_episode
from palpate.pathway.pathway import Pathway

COMPARED = 500  # random episodes on which both must give the same answers before anything is timed
TIMED = 150
ROUNDS = 9
FROM_LIST, FROM_FACTS = "palpate, ready list", "palpate, facts by name"
Truths = tuple[list[int], list[int]]


def all_rules(pathway: Pathway) -> Targets:
    """Check that both engines agree, time both, and print it."""
    forms = Forms(pathway)
    forms.agree()
    print(f"\n## All rules on one episode\n\nSame answers in every form on {COMPARED} random episodes.")
    targets: Targets = []
    for missing in (0.0, 0.3):
        maker = Maker(pathway, KINDS, f"rules {missing}", missing)
        times = forms.timed([find(pathway, read_episode(maker.one(), pathway)).known for _ in range(TIMED)])
        share = f"{missing:.0%} of the answers missing"
        print(f"\n{share.capitalize()}. Microseconds an episode, and how many times as long as palpate.")
        table("", "median", "min–max", "x facts by name", "x ready list")
        for name, found in times.items():
            by_name, by_list = (ratio(found, times[own]) for own in (FROM_FACTS, FROM_LIST))
            print(f"| {name} | {spread(found, 1)} | {by_name:.1f} | {by_list:.1f} |")
        fastest = min(ratio(times[name], times[FROM_LIST]) for name in forms.by_list)
        targets.append((f"3 times as fast as the fastest zen, each from a ready list, {share}: {fastest:.2f}",
                        fastest >= 3))  # fmt: skip
        fastest = min(ratio(times[name], times[FROM_FACTS]) for name in forms.by_name)
        targets.append((f"the same from facts by name, which zen may get as JSON text: {fastest:.2f}", fastest >= 3))
        tabled = ratio(times[forms.table], times[FROM_FACTS])
        targets.append((f"10 times as fast as zen's three-valued table, {share}: {tabled:.1f}", tabled >= 10))
    return targets


class Forms:
    """The rules of a pathway in each form of zen-engine."""

    by_list = ("zen, one expression, ready list", "zen, one expression, ready list as JSON text")
    by_name = ("zen, one expression, facts by name", "zen, one expression, JSON text")

    def __init__(self, pathway: Pathway) -> None:
        self.pathway = pathway
        self.engine = engine_of(pathway)
        conditions, facts = self.engine.conditions, self.engine.facts
        places = {name: f"$root[{at}]" for name, at in self.engine.index.items()}
        self.named = zen.compile_expression(listed(conditions, facts)).evaluate
        self.placed = zen.compile_expression(listed(conditions, facts, places)).evaluate
        self.node = expression_graph(conditions, facts, one=True)
        self.nodes = expression_graph(conditions, facts, one=False)
        self.three, self.inside, (rows, columns) = fact_table(conditions, facts, both=True)
        self.two, _, (two_rows, _) = fact_table(conditions, facts, both=False)
        self.cells = table_of_expressions(conditions, facts)
        self.table = f"zen, table of {rows} rows and {columns} columns, {len(self.inside)} rules, JSON text"
        self.table_two = f"zen, table of {two_rows} rows, two-valued, {len(self.inside)} rules, JSON text"

    def agree(self) -> None:
        """Every form gives our answers on random episodes; else AssertionError with the episode."""
        rng = Random("palpate compare")
        every = range(len(self.engine.conditions))
        for _ in range(COMPARED):
            known = random_answers(self.pathway, self.engine.slots, rng)
            ours = self.engine.evaluate(self.engine.values(known))
            assert ours == self.engine.judge(known), known
            assert _truths(self.named(known)) == ours, known
            assert _truths(self.placed(self.row(known))) == ours, known
            assert _truths(self.node(known)["all"]) == ours, known
            truths = self.nodes(known)
            assert _truths(truths.get(f"r{at}") for at in every) == ours, known
            yes = {at + 1 for at in ours[0]}
            no = {-at - 1 for at in set(every).difference(*ours)}
            assert _outputs(self.two(known)) == {one for one in yes if one - 1 in self.inside}, known
            assert _outputs(self.three(known)) == {one for one in yes | no if abs(one) - 1 in self.inside}, known
            assert _outputs(self.cells(known)) == yes | {-at - 1 for at in ours[1]}, known

    def row(self, known: dict[str, Value]) -> list[Value | None]:
        return [known.get(name) for name in self.engine.slots]

    def timed(self, episodes: list[Any]) -> Times:
        """Microseconds per episode, form by form."""
        evaluate, values = self.engine.evaluate, self.engine.values
        episodes = [dict(known) for known in episodes]
        rows = [self.row(known) for known in episodes]
        texts = [json.dumps(known, separators=(",", ":")) for known in episodes]
        row_texts = [json.dumps(row, separators=(",", ":")) for row in rows]
        calls: dict[str, Callable[[], object]] = {
            FROM_LIST: each(evaluate, [values(known) for known in episodes]),
            FROM_FACTS: each(lambda known: evaluate(values(known)), episodes),
            "palpate, JSON text": each(lambda text: evaluate(values(json.loads(text))), texts),
            self.by_list[0]: each(self.placed, rows),
            self.by_list[1]: each(self.placed, row_texts),
            self.by_name[0]: each(self.named, episodes),
            self.by_name[1]: each(self.named, texts),
            "zen, graph with that one expression, JSON text": each(self.node, texts),
            "zen, graph with an expression for each rule, JSON text": each(self.nodes, texts),
            self.table: each(self.three, texts),
            self.table_two: each(self.two, texts),
            "zen, table of one column, its cells whole expressions, JSON text": each(self.cells, texts),
        }
        return interleaved(calls, ROUNDS, 1e6 / len(episodes))


def _truths(truths: Iterable[bool | None]) -> Truths:
    truths = list(truths)
    return [at for at, one in enumerate(truths) if one is True], [at for at, one in enumerate(truths) if one is None]


def _outputs(rows: Iterable[dict[str, float]] | None) -> set[int]:
    return {int(row["rule"]) for row in rows or ()}
