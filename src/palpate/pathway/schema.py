"""Which tables and keys a pathway document has, and what each key must hold.

Kept as data so that a misspelled key is a fault with the nearest known one, never a key that is silently ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from palpate.pathway.faults import did_you_mean, listed
from palpate.pathway.pathway import RULE_DISPOSITIONS, URGENCIES

LARGEST_NUMBER = 1_000_000_000

EVIDENCE = ("guideline", "study", "case_report", "profession", "policy", "founding")
VERDICTS = ("supported", "partly", "unsupported", "contradicted", "no_evidence")
CERTAINTY = ("high", "moderate", "low", "very_low")

# A key's kind: text, texts, flag, whole, number, pair (two numbers), words (name = "label"), condition (may be empty
# where optional), conditions (list), cases (value = condition), sources, or a tuple of the words allowed.
# "!" in front of a key: it must be there.
Keys = dict[str, object]

_FACT: Keys = {
    "!type": ("bool", "enum", "int", "float"),
    "values": "words",
    "range": "pair",
    "unit": "text",
    "!group": "text",
    "!if_unknown": ("ask", "ignore"),
    "!meaning": "text",
}

# Tables with one entry per id, as [table.id].
ENTRIES: dict[str, Keys] = {
    "facts": {**_FACT, "!stage": ("intake", "session"), "!each_session": "flag", "!question": "text"},
    "derived": {
        **_FACT,
        "question": "text",
        "cases": "cases",
        "count": "conditions",
        "value": "text",
        "from": ("course",),
    },
    "sections": {
        "!title": "text",
        "row": "text",
        "!about": "text",
        "figures": "texts",
        "!sources": "sources",
        "unverified": "text",
    },
    "rules": {
        "!section": "text",
        "row": "text",
        "rows": "texts",
        "!when": "condition",
        "!disposition": RULE_DISPOSITIONS,
        "urgency": tuple(URGENCIES),
        "!because": "text",
        "!do": "text",
        "do_if": "words",
        "!sources": "sources",
        "!evidence": EVIDENCE,
        "clearance": "clearance",
        "unverified": "text",
        "note": "text",
    },
    "judge": {"!because": "text", "!do": "text", "!sources": "sources", "!evidence": EVIDENCE},
    "dispositions": {"!headline": "text", "!tells": "text"},
    "settings": {"!title": "text", "!values": "words", "!default": "text"},
    "protocols": {
        "row": "text",
        "!title": "text",
        "!sessions": "whole",
        "!minutes": "whole",
        "!gap_days": "pair",
        "!within_days": "whole",
        "!checks": "wholes",
        "!suits": "texts",
        "with": "texts",
        "!evidence": "text",
        "!because": "text",
        "assumed": "texts",
        "!sources": "sources",
        "unverified": "text",
        "extension": "flag",
        "default": "flag",
    },
    "trials": {
        "!title": "text",
        "!people": "text",
        "!dose": "text",
        "!technique": "text",
        "!comparator": "text",
        "!result": "text",
        "!follow_up": "text",
        "!sources": "sources",
        "unverified": "text",
    },
    "measures": {
        "!title": "text",
        "!range": "pair",
        "whole": "flag",
        "!unit": "text",
        "!high_is": ("bad", "good"),
        "!question": "text",
        "recall": "text",
        "minutes": "number",
        "important_change": "text",
        "error": "text",
        "scoring": "text",
        "limits": "text",
        "licence": "text",
        "default_set": "flag",
        "when": "text",
        "loinc": "text",
        "!sources": "sources",
        "unverified": "text",
    },
    "guidelines": {
        "!title": "text",
        "acute": "text",
        "chronic": "text",
        "attached": "text",
        "!sources": "sources",
        "unverified": "text",
    },
    "blends": {
        "!title": "text",
        "!finding": "text",
        "!reading": "text",
        "certainty": "text",
        "!sources": "sources",
        "unverified": "text",
    },
    "parts": {
        "!title": "text",
        "who": "text",
        "how_often": "text",
        "!finding": "text",
        "certainty": "text",
        "!sources": "sources",
        "unverified": "text",
        "!in_plan": "flag",
        "when": "condition",
        "avoid_when": "condition",
        "note": "text",
    },
    "switch": {
        "!row": "text",
        "!title": "text",
        "when": "condition",
        "judged_by": "text",
        "!next_step": "text",
        "!who": "text",
        "avoid": "text",
        "!add_on": "flag",
        "!sources": "sources",
        "unverified": "text",
        "note": "text",
    },
    "refuse": {"!text": "text", "!sources": "sources"},
    "home": {
        "!title": "text",
        "!goal": "text",
        "direction": "text",
        "!how": "text",
        "!dose": "text",
        "!assumed": "flag",
        "claim": "text",
        "when": "condition",
        "avoid_when": "condition",
        "prefer_if": "texts",
        "avoid_if": "texts",
        "!sources": "sources",
        "unverified": "text",
        "note": "text",
    },
    "evidence": {
        "!row": "text",
        "!claim": "text",
        "!verdict": VERDICTS,
        "!certainty": CERTAINTY,
        "!effect": "text",
        "!population": "text",
        "!sources": "sources",
        "unverified": "text",
    },
    "sources": {"row": "text", "!citation": "text", "!url": "text", "!kind": EVIDENCE, "unverified": "text"},
}

# Tables that stand once, as [table].
SINGLE: dict[str, Keys] = {
    "pathway": {
        "!id": "text",
        "!title": "text",
        "!version": "text",
        "!date": "text",
        "!review_by": "text",
        "!intended_use": "text",
        "!limits": "texts",
        "signed_by": "text",
        "acute_when": "condition",
        "founding": "texts",
        "sources": "sources",
    },
    "response": {
        **{f"!{name}": "number" for name in (
            "pain_full", "pain_full_share", "pain_partial", "pain_partial_share", "pain_worse", "pain_floor",
            "pain_ceiling", "activities_full", "activities_partial", "activities_worse", "activities_ceiling",
            "activities_floor", "edge_worse", "drift", "recovered_pain", "recovered_activities", "stalled_pain",
            "stalled_activities",
        )},
        "!global_full": "whole",
        "!global_worse": "whole",
        "!first_days": "whole",
        "!end_days": "pair",
        "!booking_days": "pair",
        "!because": "text",
        "!limits": "texts",
        "!sources": "sources",
        "unverified": "text",
    },
    "dose": {"!about": "text", "!rules": "texts", "!sources": "sources", "unverified": "text"},
    "summary": {
        "!about": "text",
        "!rule": "text",
        "!every_plan": "texts",
        "!exceptions": "texts",
        "!sources": "sources",
    },
    "handover": {"!fields": "texts", "sources": "sources"},
    "home_rules": {
        "!limit_items": "whole",
        "!start": "text",
        "!progress": "text",
        "!stop": "text",
        "!direction": "text",
        "!sources": "sources",
    },
}  # fmt: skip

NEEDED = ("pathway", "dispositions", "facts", "rules", "protocols", "measures", "response", "judge", "sources")


def expected_of(kind: object, value: Any) -> str | None:
    """What the value should have been, or None where it is right."""
    if isinstance(kind, tuple):
        words = value if isinstance(value, list) and kind and "guideline" in kind else [value]
        good = bool(words) and all(isinstance(word, str) and word in kind for word in words)
        hint = did_you_mean(str(words[0]), kind) if words else ""
        return None if good else listed(kind) + hint
    checks: dict[str, tuple[str, Any]] = {
        "text": ("a text", lambda v: type(v) is str),
        "condition": ("a condition in quotes", lambda v: type(v) is str),
        "flag": ("true or false", lambda v: type(v) is bool),
        "whole": ("a whole number", lambda v: type(v) is int and _number(v)),
        "number": ("a number", _number),
        "pair": ("two numbers", lambda v: type(v) is list and len(v) == 2 and all(map(_number, v))),
        "wholes": (
            "a list of whole numbers",
            lambda v: type(v) is list and all(type(x) is int and _number(x) for x in v),
        ),
        "texts": ("a list of texts", _texts),
        "sources": ("a list of source names", _texts),
        "conditions": ("a list of conditions", lambda v: _texts(v) and len(v) > 0),
        "words": ('a table such as { yes = "Yes" }', _words),
        "cases": ("a table of conditions", _words),
        "clearance": ("a table such as { days = 90, acute_days = 28 }", _clearance),
    }
    text, good = checks[str(kind)]
    return None if good(value) else text


def _number(value: Any) -> bool:
    return type(value) in (int, float) and -LARGEST_NUMBER <= value <= LARGEST_NUMBER  # neither NaN nor infinite


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value that a key holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value if isinstance(value, list) else [*value, *value.values()]:
            yield from texts_in(item)


def _texts(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _words(value: Any) -> bool:
    return type(value) is dict and len(value) > 0 and all(type(item) is str for item in value.values())


def _clearance(value: Any) -> bool:
    keys = set(value) if type(value) is dict else set()
    good = "days" in keys and keys <= {"days", "acute_days"}
    return good and all(type(v) is int and 0 <= v <= LARGEST_NUMBER for v in value.values())
