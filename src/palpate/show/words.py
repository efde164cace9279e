"""Names and conditions in plain words: what a clinician reads instead of `leg_weakness = 'both_legs'`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
    number,
)
from palpate.pathway.facts import Fact, Vocabulary
from palpate.pathway.pathway import Pathway
from palpate.show.blocks import Line, Link, Span, Tag, Tree

DISPOSITION_WORDS = {
    "emergency": "Emergency",
    "medical_exam_first": "Medical examination first",
    "do_not_massage_now": "Do not massage now",
    "physician_clearance": "Physician clearance",
    "incomplete": "Incomplete",
    "change_treatment": "Change treatment",
    "complete": "Complete",
    "treat_with_precautions": "Treat with precautions",
    "treat": "Treat",
    "precaution": "Precaution",
    "local_avoid": "Avoid an area",
    "none": "No restriction",
}
URGENCY_WORDS = {"same_day": "same day", "within_2_weeks": "within 2 weeks", "routine": "routine"}
URGENCY_TELLS = {
    "same_day": "Today.",
    "within_2_weeks": "Within two weeks.",
    "routine": "Before the first session, without a fixed date.",
}
EVIDENCE_WORDS = {
    "guideline": "guideline or health service",
    "study": "study or review",
    "case_report": "case report",
    "profession": "rules or teaching of the profession",
    "policy": "our own cautious policy",
    "founding": "founding statement",
}
EVIDENCE_TELLS = {
    "guideline": "A guideline, or advice of a health service.",
    "study": "A study or a review of studies.",
    "case_report": "Published reports of single people.",
    "profession": "Rules, lists or teaching of the massage profession.",
    "policy": "Our own cautious policy, where sources are silent or split. A clinician's signature carries it.",
    "founding": "One of the statements that Palpate was founded on.",
}
VERDICT_WORDS = {
    "supported": "Supported",
    "partly": "Partly supported",
    "unsupported": "Claimed without support",
    "contradicted": "Contradicted",
    "no_evidence": "Nobody has looked",
}
# Single words of names that are not written as they stand.
_SPELLED = {
    "bp": "blood pressure", "temp": "temperature", "nrs": "NRS", "nsaid": "NSAID", "dvt": "DVT", "pe": "PE",
    "tia": "TIA", "iv": "IV", "ibd": "IBD", "spa": "SpA", "axspa": "axSpA", "isi": "ISI", "phq2": "PHQ-2",
    "phq4": "PHQ-4", "rmdq": "RMDQ", "odi": "ODI", "peg": "PEG", "eds": "EDS", "rct": "RCT", "rcts": "RCTs",
    "mri": "MRI", "mmhg": "mmHg",
}  # fmt: skip
_PUBLISHERS = frozenset({"nice", "nhs", "who", "girft", "kngf", "apta", "nvl", "acsqhc", "nrs", "pgic", "loinc", "uk"})
_COMPARED = {">=": "at least ", ">": "more than ", "<": "less than ", "<=": "at most ", "=": "exactly ", "<>": "not "}
_RELATED = {
    ">=": " at least ",
    ">": " more than ",
    "<": " less than ",
    "<=": " at most ",
    "=": " the same as ",
    "<>": " not ",
}


def label(name: str, unit: str = "") -> str:
    """A name of the document as words: `leg_weakness` is "Leg weakness". A unit at its end is left to the value."""
    parts = name.split("_")
    if len(parts) > 1 and (parts[-1] == unit or (parts[-1] == "c" and unit == "degrees C")):
        parts.pop()
    said = " ".join(_SPELLED.get(part, part) for part in parts)
    return said[:1].upper() + said[1:]


def source_label(name: str) -> str:
    """`nice_ng59` is "NICE NG59", `van_tulder_2006` "Van Tulder 2006"."""
    parts = name.split("_")
    return " ".join(part.upper() if part in _PUBLISHERS or _is_code(part) else part.capitalize() for part in parts)


def _is_code(part: str) -> bool:
    return any(c.isdigit() for c in part) and any(c.isalpha() for c in part) and len(part) <= 5 and part[0].isalpha()


def fact_label(vocabulary: Vocabulary, name: str) -> str:
    return label(name, vocabulary[name].unit) if name in vocabulary else label(name)


_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+|[a-z]+(?=:)")


def spelled_out(text: str, names: Mapping[str, str]) -> str:
    """A text of the document with the names that stand in it as words: `low_back:` is “Low back”:.

    Takes  names: name -> its words. Other names with an underscore lose it; a plain word is taken for a name only where
    a colon follows, as where an answer is explained.
    """

    def said(found: re.Match[str]) -> str:
        name = found[0]
        if name in names:
            return f"“{names[name]}”"
        return label(name).lower() if "_" in name else name

    return _NAME.sub(said, text)


def fact_link(vocabulary: Vocabulary, name: str) -> Span:
    """The fact's words, linked to where it is described; words alone where the pathway does not have it."""
    said = fact_label(vocabulary, name)
    return Link(said, f"#fact-{name}") if name in vocabulary else said


def rule_link(name: str) -> Link:
    return Link(label(name), f"#rule-{name}", name)


def source_link(name: str) -> Link:
    return Link(source_label(name), f"#source-{name}", name)


def disposition_tag(disposition: str, urgency: str | None = None) -> Tag:
    """The sign of a disposition, with its urgency in words."""
    said = DISPOSITION_WORDS.get(disposition, label(disposition))
    if urgency:
        said += f", {URGENCY_WORDS.get(urgency, label(urgency).lower())}"
    return Tag(disposition, said)


def with_unit(value: float, unit: str) -> str:
    """`1 day`, `3 days`, `38 °C`."""
    if unit == "degrees C":
        return f"{number(value)} °C"
    if value == 1 and unit.endswith("s"):
        unit = unit[:-1]
    return f"{number(value)} {unit}".rstrip()


def answer(fact: Fact | None, value: Any) -> str:
    """A fact's value as the person would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return with_unit(value, fact.unit if fact else "")
    if fact is not None and isinstance(value, str) and value in fact.values:
        return f"“{fact.values[value]}”"
    return f"“{value}”" if isinstance(value, str) else str(value)


def named_setting(pathway: Pathway, value: str) -> str:
    """The label of a setting's value, wherever it belongs."""
    for table in pathway.meaning["settings"].values():
        if value in table["values"]:
            return str(table["values"][value])
    return value


# --- conditions -------------------------------------------------------------------------------------------------------


def in_words(node: Node, vocabulary: Vocabulary) -> Tree:
    """A condition as a sentence, or as a head with its parts below: "all of these", "any of these"."""
    if isinstance(node, Derived):
        return in_words(node.said, vocabulary)
    if isinstance(node, And):
        return Tree(("All of these:",), _each(node.items, vocabulary))
    if isinstance(node, Or):
        return Tree(("Any of these:",), _each(node.items, vocabulary))
    if isinstance(node, AtLeast):
        return Tree((f"At least {node.n} of these {len(node.items)}:",), _each(node.items, vocabulary))
    if isinstance(node, Not):
        return Tree(("Known not to be so:",), (in_words(node.item, vocabulary),))
    if isinstance(node, Linear):
        return Tree(_linear(node, vocabulary))
    fact = vocabulary.facts.get(node.fact)
    return Tree((fact_link(vocabulary, node.fact), ": ", _value(node, fact)))


def _each(items: tuple[Node, ...], vocabulary: Vocabulary) -> tuple[Tree, ...]:
    return tuple(in_words(item, vocabulary) for item in items)


def _value(node: Compare | In | Between, fact: Fact | None) -> str:
    unit = fact.unit if fact else ""
    if isinstance(node, Between):
        return f"from {number(node.low)} to {with_unit(node.high, unit)}"
    if isinstance(node, In):
        said = [answer(fact, value) for value in node.values]
        return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _COMPARED[node.op] + with_unit(node.value, unit)
    said_value = answer(fact, node.value)
    return said_value if node.op == "=" else f"any answer but {said_value}"


def _linear(node: Linear, vocabulary: Vocabulary) -> Line:
    left: list[Span] = []
    right: list[Span] = []
    for name, coefficient in node.terms:
        side = left if coefficient > 0 else right
        if side:
            side.append(" + ")
        if abs(coefficient) != 1:
            side.append(f"{number(abs(coefficient))} × ")
        side.append(fact_link(vocabulary, name))
    for value, side in ((node.constant, left), (-node.constant, right), (node.value, right), (-node.value, left)):
        if value > 0:
            side.append(f"{' + ' if side else ''}{number(value)}")
    return (*(left or ["0"]), ":", _RELATED[node.op], *(right or ["0"]))


def answers(facts: Mapping[str, Value], vocabulary: Vocabulary) -> list[str]:
    """Answers as short sentences, in the order given."""
    return [
        f"{fact_label(vocabulary, name)}: {answer(vocabulary.facts.get(name), value)}" for name, value in facts.items()
    ]
