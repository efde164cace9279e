"""Random small pathways and episodes, from a seed, and everything an engine can be compared with on them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from palpate import load_pathway
from palpate.pathway.condition import (
    And,
    AtLeast,
    Between,
    Compare,
    Derived,
    In,
    Linear,
    Node,
    Not,
    Or,
    Value,
    to_json,
)
from palpate.pathway.pathway import Pathway

DISPOSITIONS = (
    ("emergency", None),
    ("emergency", None),
    ("medical_exam_first", "same_day"),
    ("medical_exam_first", "within_2_weeks"),
    ("medical_exam_first", "routine"),
    ("do_not_massage_now", None),
    ("physician_clearance", None),
    ("change_treatment", None),
    ("complete", None),
    ("precaution", None),
    ("precaution", None),
    ("local_avoid", None),
    ("none", None),
)


@dataclass
class Made:
    """A random pathway, its facts' possible values, and which operators of the language its rules use."""

    pathway: Pathway
    values: dict[str, list[Value]]
    operators: set[str] = field(default_factory=set)


def make_pathway(rng: random.Random, most_facts: int = 5, most_rules: int = 6) -> Made:
    """A small pathway: real texts and protocols, random facts and rules."""
    shipped = load_pathway().meaning
    facts, values = [], {}
    for at in range(rng.randint(2, most_facts)):
        kind = rng.choice(["bool", "bool", "enum", "int"])
        row: dict[str, Any] = {"id": f"{kind[0]}{at}", "type": kind, "question": "?", "meaning": "-", "group": "g"}
        row |= {"stage": rng.choice(["intake", "intake", "intake", "session"]), "each_session": rng.random() < 0.3}
        row["if_unknown"] = rng.choice(["ask", "ask", "ignore"])
        if kind == "enum":
            row["values"] = {"x": "X", "y": "Y", "z": "Z"}
            values[row["id"]] = ["x", "y", "z"]
        elif kind == "int":
            row |= {"range": [0, rng.choice([2, 4])], "unit": "points"}
            values[row["id"]] = list(range(row["range"][1] + 1))
        else:
            values[row["id"]] = [False, True]
        facts.append(row)
    made = Made(load_pathway(), values)
    rules = []
    for at in range(rng.randint(1, most_rules)):
        disposition, urgency = rng.choice(DISPOSITIONS)
        node = make_condition(rng, facts, rng.randint(0, 3), made.operators)
        rule: dict[str, Any] = {"id": f"r{at}", "section": "s", "when": to_json(node), "disposition": disposition}
        rule |= {"because": "-", "do": "-", "sources": ["x"], "evidence": ["policy"]}
        if urgency:
            rule["urgency"] = urgency
        if disposition in ("medical_exam_first", "physician_clearance"):
            rule["clearance"] = {"days": 90, "acute_days": 28}
        rules.append(rule)
    about = {key: value for key, value in shipped["pathway"].items() if key != "acute_when"}
    if rng.random() < 0.6:  # what makes a clearance good for a shorter time
        about["acute_when"] = to_json(_comparison(rng, facts, set()))
    changed = {"facts": facts, "rules": rules, "pathway": about, "parts": [], "switch": [], "home": [], "sections": []}
    made.pathway = Pathway.of_meaning({**shipped, **changed})
    return made


def make_condition(rng: random.Random, facts: list[dict[str, Any]], depth: int, used: set[str]) -> Node:
    """A random condition over the facts; `used` collects the operators it is made of."""
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return _comparison(rng, facts, used)
    items = tuple(make_condition(rng, facts, depth - 1, used) for _ in range(rng.randint(2, 3)))
    if kind < 0.55:
        used.add("and")
        return And(items)
    if kind < 0.75:
        used.add("or")
        return Or(items)
    if kind < 0.85:
        used.add("not")
        return Not(items[0])
    if kind < 0.9:
        used.add("derived")
        return Derived(Compare(facts[0]["id"], "=", True), items[0])
    used.add("at_least")
    return AtLeast(rng.randint(1, len(items)), items)


def _comparison(rng: random.Random, facts: list[dict[str, Any]], used: set[str]) -> Node:
    fact = rng.choice(facts)
    name = fact["id"]
    if fact["type"] == "bool":
        used.add("bool")
        return Compare(name, "=", rng.random() < 0.7)
    if fact["type"] == "enum":
        if rng.random() < 0.6:
            op = rng.choice(["=", "<>"])
            used.add(f"enum {op}")
            return Compare(name, op, rng.choice("xyz"))
        used.add("enum in")
        return In(name, tuple(rng.sample("xyz", 2)))
    numbers = [other for other in facts if other["type"] == "int" and other["id"] != name]
    kind = rng.random()
    if numbers and kind < 0.3:
        used.add("linear")
        other = rng.choice(numbers)["id"]
        op = rng.choice(["<", "<=", ">", ">="])
        return Linear(((name, rng.choice([1, 2])), (other, rng.choice([-1, -3, 1]))), 0, op, rng.randint(-3, 6))
    high = fact["range"][1]
    if kind < 0.45:
        used.add("between")
        low = rng.randint(0, high)
        return Between(name, low, rng.randint(low, high))
    if kind < 0.55:
        used.add("number in")
        return In(name, tuple(sorted(rng.sample(range(high + 1), 2))))
    op = rng.choice(["=", "<>", "<", "<=", ">", ">="])
    used.add(f"number {op}")
    return Compare(name, op, rng.randint(0, high))


def make_document(rng: random.Random, made: Made, unsure: bool = True) -> dict[str, Any]:
    """A random episode document for a random pathway, at any moment, with clearances and unsure answers at times."""
    names = list(made.values)

    def some(share: float) -> dict[str, Value]:
        return {name: rng.choice(made.values[name]) for name in names if rng.random() < share}

    document: dict[str, Any] = {
        "palpate": 1,
        "as_of": "2026-03-16",
        "moment": rng.choice(["intake", "session", "review"]),
    }
    document["facts"] = some(0.4)
    if document["moment"] != "intake":
        days = rng.sample(["2026-02-10", "2026-02-20", "2026-03-02"], rng.randint(0, 2))
        document["sessions"] = [{"date": day, "facts": some(0.15)} for day in sorted(days)]
        if rng.random() < 0.7:
            document["today"] = {"unchanged": rng.random() < 0.6, "facts": some(0.3)}
    if rng.random() < 0.4:
        rules = [row["id"] for row in made.pathway.meaning["rules"]]
        covers = ["*"] if rng.random() < 0.5 else rng.sample(rules, 1)
        outcome = rng.choice(["cleared", "cleared", "cleared_with_limits", "not_cleared"])
        day = rng.choice(["2026-01-20", "2026-02-25", "2026-03-10"])
        document["clearances"] = [{"date": day, "outcome": outcome, "covers": covers}]
    if unsure and rng.random() < 0.4:
        answered = {*document["facts"], *document.get("today", {}).get("facts", {})}
        open_names = [name for name in names if name not in answered]
        document["unsure"] = rng.sample(open_names, min(len(open_names), rng.randint(0, 2)))
    return document


def completions(
    document: Mapping[str, Any], values: Mapping[str, list[Value]], names: list[str]
) -> Iterator[tuple[tuple[Value, ...], dict[str, Any]]]:
    """The document with the named facts answered in every way, written where answers of now belong."""
    for answers in itertools.product(*(values[name] for name in names)):
        filled = dict(zip(names, answers, strict=True))
        changed = dict(document)
        if document["moment"] == "intake":
            changed["facts"] = {**document["facts"], **filled}
        else:
            today = document.get("today", {})
            changed["today"] = {**today, "facts": {**today.get("facts", {}), **filled}}
        yield answers, changed


@pytest.fixture(scope="session")
def shipped() -> Pathway:
    return load_pathway()
