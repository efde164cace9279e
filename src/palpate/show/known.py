"""What is known in a case, briefly: a document answers a hundred questions, most of them alike in all cases.

The answers that most cases share are told once (`Usual`); a case then names only what differs from them, and what of
them it does not know. Nothing is lost: usual answers and what is named make up the whole document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palpate.pathway.facts import Vocabulary
from palpate.show.words import answers, fact_label, label


@dataclass(frozen=True)
class Usual:
    """Answers shared by most cases that answer at all: of the intake, and of the day itself; and the usual day."""

    intake: Mapping[str, Any]
    today: Mapping[str, Any]
    as_of: str


def usual_of(documents: Sequence[Mapping[str, Any]]) -> Usual:
    """For each fact, the answer that more than half of the documents give, of those that answer many questions."""
    days = Counter(str(document.get("as_of")) for document in documents)
    return Usual(
        _shared([document.get("facts", {}) for document in documents]),
        _shared([(document.get("today") or {}).get("facts", {}) for document in documents if document.get("today")]),
        days.most_common(1)[0][0] if days else "",
    )


def _shared(answered: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    most = max((len(facts) for facts in answered), default=0)
    full = [facts for facts in answered if len(facts) * 2 > most]
    if len(full) < 2:
        return {}
    counts: dict[str, Counter[tuple[str, Any]]] = {}
    for facts in full:
        for name, value in facts.items():
            counts.setdefault(name, Counter())[type(value).__name__, value] += 1
    shared = {}
    for name, seen in counts.items():
        (_, value), times = seen.most_common(1)[0]
        if times * 2 > len(full):
            shared[name] = value
    return shared


def usual_answers(usual: Usual, vocabulary: Vocabulary) -> list[tuple[str, list[str]]]:
    """(title, answers) of what is usual, for those that there are."""
    both = (
        ("The usual answers of the intake", usual.intake),
        ("The usual answers on the day of a session", usual.today),
    )
    return [(title, answers(facts, vocabulary)) for title, facts in both if facts]


def known_lines(document: Mapping[str, Any], usual: Usual, vocabulary: Vocabulary) -> list[str]:
    """All that a document says, as short sentences without their full stops."""
    lines = []
    if str(document.get("as_of")) != usual.as_of:
        lines.append(f"As of {document.get('as_of')}")
    if document.get("moment"):
        lines.append(f"Moment: {document['moment']}")
    lines += _facts(document.get("facts", {}), usual.intake, vocabulary)
    if document.get("unsure"):
        lines.append("Could not answer: " + ", ".join(fact_label(vocabulary, name) for name in document["unsure"]))
    for session in document.get("sessions", ()):
        lines.append(_dated("Session", session, vocabulary))
    today = document.get("today")
    if today:
        found = _facts(today.get("facts", {}), usual.today, vocabulary)
        if today.get("unchanged"):
            found.append("asked again, otherwise unchanged")
        lines.append("Today: " + "; ".join(f"{line[:1].lower()}{line[1:]}" for line in found))
    for measure in document.get("measures", ()):
        rest = {key: value for key, value in measure.items() if key not in ("date", "name")}
        lines.append(f"{label(str(measure.get('name', 'measure')))} on {measure.get('date')}: {_values(rest)}")
    for clearance in document.get("clearances", ()):
        lines.append(_dated("Clearance", clearance, vocabulary))
    said = ("palpate", "moment", "facts", "unsure", "sessions", "today", "measures", "clearances", "as_of")
    lines += [f"{label(key)}: {_plain(value)}" for key, value in document.items() if key not in said]
    return lines or ["Nothing"]


def _facts(facts: Mapping[str, Any], usual: Mapping[str, Any], vocabulary: Vocabulary) -> list[str]:
    same = [name for name in usual if name in facts and _same(facts[name], usual[name])]
    if not usual or len(same) * 2 <= len(usual):
        return answers(facts, vocabulary)
    own = {name: value for name, value in facts.items() if name not in same}
    missing = [fact_label(vocabulary, name) for name in usual if name not in facts]
    lines = answers(own, vocabulary)
    if missing:
        lines.append("Not known: " + ", ".join(missing))
    return [*lines, "Else the usual answers" if lines else "The usual answers"]


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _dated(what: str, row: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    rest = [f"{label(key).lower()} {_plain(value)}" for key, value in row.items() if key not in ("date", "facts")]
    rest += [answer[:1].lower() + answer[1:] for answer in answers(row.get("facts", {}), vocabulary)]
    return f"{what} on {row.get('date')}: {', '.join(rest)}" if rest else f"{what} on {row.get('date')}"


def _values(row: Mapping[str, Any]) -> str:
    return ", ".join(_plain(value) for value in row.values())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{label(str(key)).lower()} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(inner) for inner in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
