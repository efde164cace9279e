"""A decision in the words of its page: reasons with facts and sources, what is open, what was passed over (S-66)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palpate.clinic.decided import Reading, changes, passed_over, unknown_facts
from palpate.pathway.pathway import RULE_DISPOSITIONS, Pathway, rank
from palpate.show.words import (
    DISPOSITION_WORDS,
    EVIDENCE_TELLS,
    EVIDENCE_WORDS,
    URGENCY_TELLS,
    URGENCY_WORDS,
    answer,
    fact_label,
    label,
)

FIRST_FOUR = ("emergency", "medical_exam_first", "do_not_massage_now", "physician_clearance")


@dataclass(frozen=True)
class Said:
    """One rule that holds, in words. `own` says that it is our own caution or a founding statement, and no study."""

    rule: str
    title: str
    disposition: str
    urgency: str
    decisive: bool
    because: str
    do: str
    facts: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    evidence: tuple[str, ...]
    note: str
    unverified: str
    kind: str = ""


@dataclass(frozen=True)
class Group:
    """Rules that were passed over, by what they would have meant."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Change:
    """What would have decided otherwise: each line names one change of what is known."""

    title: str
    lines: tuple[str, ...]


def context_of(reading: Reading, today: date) -> dict[str, Any]:
    """All that the page and its print say about a decision."""
    pathway, told = reading.pathway, reading.answer
    decision = reading.decision
    context: dict[str, Any] = {
        "decision": decision,
        "reading": reading,
        "disposition": reading.disposition,
        "urgency": decision.urgency if reading.disposition == decision.disposition else "",
        "summary": told.get("summary", ""),
        "may_treat": reading.may_treat,
        "of_today": decision.as_of == today,
        "faults": [line for line in reading.fault.splitlines() if line],
        "moment_word": {"intake": "Intake", "session": "Session", "review": "Between sessions"}.get(
            decision.moment, ""
        ),
    }
    if pathway is None:
        return context
    about = pathway.meaning["pathway"]
    review_by = date.fromisoformat(about["review_by"])
    context["about"] = {
        "title": about["title"],
        "intended_use": about["intended_use"],
        "limits": about["limits"],
        "review_by": review_by,
        "overdue": review_by < today,
        "signed_by": about.get("signed_by", ""),
        "settings": [
            (row["title"], row["values"][row["value"]]) for name, row in sorted(pathway.meaning["settings"].items())
        ],
    }
    if not told:
        return context
    not_asked, unsure = unknown_facts(reading)
    return context | {
        "reasons": [_said(pathway, row) for row in told["reasons"]],
        "precautions": [_said(pathway, row) for row in told["precautions"]],
        "notes": [_said(pathway, row) for row in told["notes"]],
        "lifted": [{**row, "title": label(row["rule"])} for row in told["lifted"]],
        "not_lifted": [{**row, "title": label(row["rule"])} for row in told["not_lifted"]],
        "ask": [_asked(row) for row in told["ask"]],
        "not_asked": [fact_label(pathway.vocabulary, name) for name in not_asked],
        "unsure": [fact_label(pathway.vocabulary, name) for name in unsure],
        "passed_over": _groups(pathway, reading),
        "plan": told["plan"],
    }


def _said(pathway: Pathway, row: Mapping[str, Any]) -> Said:
    rule = pathway.rule.get(row["rule"])
    return Said(
        rule=row["rule"],
        title=label(row["rule"]),
        disposition=row.get("disposition", ""),
        urgency=URGENCY_TELLS.get(row.get("urgency", ""), ""),
        decisive=bool(row.get("decisive")),
        because=row["because"],
        do=row["do"],
        facts=tuple(_facts(pathway, row["facts"])),
        sources=tuple(sources_of(pathway, row["sources"])),
        evidence=tuple(EVIDENCE_TELLS.get(word, label(word)) for word in row["evidence"]),
        note=rule.note if rule else "",
        unverified=rule.unverified if rule else "",
        kind=row.get("kind", ""),
    )


def _facts(pathway: Pathway, facts: Mapping[str, Any]) -> Iterable[str]:
    for name, value in facts.items():
        said = "could not say" if value == "unsure" else answer(pathway.vocabulary.facts.get(name), value)
        yield f"{fact_label(pathway.vocabulary, name)}: {said}"


def sources_of(pathway: Pathway, names: Sequence[str]) -> list[dict[str, str]]:
    """Sources as parts/sources.html takes them."""
    rows = {row["id"]: row for row in pathway.meaning["sources"]}
    return [
        {
            "citation": rows[name]["citation"],
            "url": rows[name].get("url", ""),
            "kind": EVIDENCE_WORDS.get(rows[name].get("kind", ""), rows[name].get("kind", "")),
            "unverified": rows[name].get("unverified", ""),
        }
        for name in names
        if name in rows
    ]


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    could = [word for word in row["could"] if word in DISPOSITION_WORDS]
    return {
        "question": row["question"] or label(row["fact"]),
        "could": ", ".join(DISPOSITION_WORDS[word].lower() for word in could),
        "serious": any(word in FIRST_FOUR for word in could),
        "emergency": "emergency" in could,
    }


def _groups(pathway: Pathway, reading: Reading) -> list[Group]:
    """Rules that did not hold, the most serious first: what stopped each, or what it waits for."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for over in passed_over(reading):
        if over.waits_for:
            waits = ", ".join(fact_label(pathway.vocabulary, name) for name in over.waits_for)
            why = f"Not known: {waits}"
        else:
            why = "; ".join(_facts(pathway, over.stopped_by)) or "its conditions do not hold"
        rows.setdefault(over.disposition, []).append((label(over.rule), why))
    return [
        Group(DISPOSITION_WORDS.get(word, label(word)), tuple(rows[word])) for word in RULE_DISPOSITIONS if word in rows
    ]


def changes_of(reading: Reading) -> list[Change]:
    """What would have decided otherwise, by where it leads: towards massage first where it is not open, else away."""
    pathway = reading.pathway
    rows = changes(reading)
    if pathway is None:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        pairs = [
            f"{fact_label(pathway.vocabulary, name)}: "
            f"{answer(pathway.vocabulary.facts.get(name), row['to'][name])} instead of "
            f"{answer(pathway.vocabulary.facts.get(name), was)}"
            for name, was in row["from"].items()
        ]
        found.setdefault((row["disposition"], row["urgency"] or ""), []).append("; ".join(pairs))
    order = sorted(found, key=lambda key: rank(key[0], key[1] or None), reverse=reading.may_treat)
    return [Change(_title(word, urgency), tuple(found[word, urgency])) for word, urgency in order]


def _title(disposition: str, urgency: str) -> str:
    return DISPOSITION_WORDS[disposition] + (f", {URGENCY_WORDS[urgency]}" if urgency else "")
