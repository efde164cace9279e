"""The value of a derived fact, where enough is known to say it.

Conditions never need this: they are spelled out over asked facts. It serves to show the value beside a reason, and to
refuse a document that gives a derived fact another value than its own answers make.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any
from weakref import WeakKeyDictionary

from palpate.pathway.condition import Value, from_json, truth_of
from palpate.pathway.pathway import Pathway
from palpate.pathway.truth import NO, UNKNOWN, YES

_kept: WeakKeyDictionary[Pathway, dict[str, Mapping[str, Any]]] = WeakKeyDictionary()


def made_facts(pathway: Pathway) -> Mapping[str, Mapping[str, Any]]:
    """Derived facts that are worked out from answers: name -> how, with conditions as nodes."""
    if pathway not in _kept:
        _kept[pathway] = {row["id"]: _ready(row["made"]) for row in pathway.meaning["facts"] if "made" in row}
    return _kept[pathway]


def _ready(made: Mapping[str, Any]) -> Mapping[str, Any]:
    if "cases" in made:
        return {"cases": {value: from_json(node) for value, node in made["cases"].items()}}
    if "count" in made:
        return {"count": [from_json(node) for node in made["count"]]}
    return made


def derived_value(made: Mapping[str, Any], known: Mapping[str, Value]) -> Value | None:
    """The value, or None while an answer that it needs is unknown."""
    if "cases" in made:
        for value, node in made["cases"].items():
            if truth_of(node, known) is YES:
                return str(value)
        return None
    if "count" in made:
        truths = [truth_of(node, known) for node in made["count"]]
        return None if any(truth is UNKNOWN for truth in truths) else sum(truth is YES for truth in truths)
    total = Fraction(*made["constant"])
    for fact, numerator, denominator in made["sum"]:
        value = known.get(fact)
        if value is None or isinstance(value, str):
            return None
        total += Fraction(numerator, denominator) * Fraction(value)
    return floor(total) if made["floor"] else float(total)


def clashes(made: Mapping[str, Any], known: Mapping[str, Value], given: Value) -> bool:
    """Whether the answers already rule out the value that the document gives."""
    value = derived_value(made, known)
    if value is not None:
        return value != given
    if "count" in made and not isinstance(given, str):
        truths = [truth_of(node, known) for node in made["count"]]
        sure = sum(truth is YES for truth in truths)
        return not sure <= given <= sum(truth is not NO for truth in truths)
    if "cases" in made:
        node = made["cases"].get(given)
        return node is not None and truth_of(node, known) is NO
    return False
