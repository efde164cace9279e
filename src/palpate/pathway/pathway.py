"""A pathway in memory: facts, rules, protocols and texts, ready to decide with.

It is made by `document.py` from text, or from the canonical JSON of its meaning; the digest is over that JSON,
so a changed comment or line break changes nothing and a changed word or number does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from palpate.pathway.condition import Node, from_json, named_in
from palpate.pathway.facts import Fact, Vocabulary
from palpate.pathway.response import Numbers

# Most serious first, with the rank that decides. Source: contract section 2; the urgencies rank soonest first.
DISPOSITIONS: dict[str, int] = {
    "emergency": 90,
    "medical_exam_first": 80,
    "do_not_massage_now": 70,
    "physician_clearance": 60,
    "incomplete": 50,
    "change_treatment": 40,
    "complete": 30,
    "treat_with_precautions": 10,
    "treat": 0,
}
URGENCIES: dict[str, int] = {"same_day": 2, "within_2_weeks": 1, "routine": 0}
PRECAUTIONS = ("precaution", "local_avoid")
RULE_DISPOSITIONS = (*[word for word in DISPOSITIONS if not word.startswith("treat")], *PRECAUTIONS, "none")
FIRST_FOUR_RANK = 60
# Of the facts that the judge works out from the course, those that a document may give itself (facts.csv).
GIVABLE = frozenset(
    {"post_session_pain_rise", "pain_baseline", "pain_at_check", "activities_baseline", "activities_at_check"}
    | {"days_since_first_session", "days_since_last_session", "sessions_planned", "response"}
)
INCOMPLETE_RANK = 50


def rank(disposition: str, urgency: str | None = None) -> int:
    """How serious: higher decides. `none` is -1."""
    if disposition in PRECAUTIONS:
        return 10
    if disposition == "none":
        return -1
    return DISPOSITIONS[disposition] + (URGENCIES[urgency] if urgency else 0)


@dataclass(frozen=True)
class Rule:
    """One rule: when it holds, what follows, why, what to do, and who says so.

    clearance_days, clearance_acute_days   how many days a clinician's clearance lifts it (None: never)
    """

    id: str
    section: str
    rows: tuple[str, ...]
    when: Node
    disposition: str
    urgency: str | None
    because: str
    do: str
    sources: tuple[str, ...]
    evidence: tuple[str, ...]
    clearance_days: int | None
    clearance_acute_days: int | None
    note: str
    unverified: str

    @cached_property
    def rank(self) -> int:
        return rank(self.disposition, self.urgency)

    @cached_property
    def named(self) -> tuple[str, ...]:
        return named_in(self.when)


@dataclass(frozen=True)
class Protocol:
    """How many sessions, how far apart (days), within how many days, and after which the response is judged."""

    id: str
    title: str
    sessions: int
    minutes: int
    gap_days: tuple[int, int]
    within_days: int
    checks: tuple[int, ...]


@dataclass(frozen=True)
class Offer:
    """A part of the combined plan, or the next treatment: offered when `when` holds and `avoid_when` does not."""

    id: str
    title: str
    when: Node | None
    avoid_when: Node | None
    add_on: bool
    text: str


class Pathway:
    """A sound pathway. Made by `load_pathway`, `document.read` or `Pathway.of_meaning`; never changed."""

    def __init__(self, meaning: Mapping[str, Any], canonical: bytes) -> None:
        self.meaning = meaning
        self.engines: dict[Any, Any] = {}  # made and kept by `engine.engine_of`
        self.digest = "sha256:" + hashlib.sha256(canonical).hexdigest()
        about = meaning["pathway"]
        self.id: str = about["id"]
        self.version: str = about["version"]
        self.settings: dict[str, str] = {name: table["value"] for name, table in meaning["settings"].items()}
        self.vocabulary = Vocabulary.of(_fact(row) for row in meaning["facts"])
        self.worked_out = frozenset(
            row["id"] for row in meaning["facts"] if row.get("from") and row["id"] not in GIVABLE
        )
        self.rules: tuple[Rule, ...] = tuple(_rule(row, self.settings) for row in meaning["rules"])
        self.rule = {rule.id: rule for rule in self.rules}
        self.protocols = {row["id"]: _protocol(row) for row in meaning["protocols"]}
        self.default_protocol: str = next(row["id"] for row in meaning["protocols"] if row.get("default"))
        self.acute_when: Node | None = from_json(about["acute_when"]) if about.get("acute_when") else None

    @staticmethod
    def of_meaning(meaning: Mapping[str, Any]) -> Pathway:
        canonical = canonical_json(meaning)
        return Pathway(json.loads(canonical), canonical)  # as it is read from a compiled document

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers.of(self.meaning["response"])

    @cached_property
    def parts(self) -> tuple[Offer, ...]:
        return tuple(_offer(row) for row in self.meaning["parts"] if row.get("in_plan"))

    @cached_property
    def switches(self) -> tuple[Offer, ...]:
        return tuple(_offer(row) for row in self.meaning["switch"])

    @cached_property
    def home(self) -> tuple[Offer, ...]:
        return tuple(_offer(row) for row in self.meaning["home"])

    @cached_property
    def measures(self) -> Mapping[str, Mapping[str, Any]]:
        return {row["id"]: row for row in self.meaning["measures"]}

    @cached_property
    def judge_texts(self) -> Mapping[str, Mapping[str, Any]]:
        """Texts of what the judge itself finds: unanswered, unsure, a clearance with limits."""
        return {row["id"]: row for row in self.meaning["judge"]}

    def headline(self, disposition: str) -> str:
        """What the disposition tells the therapist, in one sentence."""
        return str(self.meaning["dispositions"][disposition]["headline"])

    def with_settings(self, chosen: Mapping[str, str]) -> Pathway:
        """The same pathway with the practice's settings; it is another meaning and has another digest.

        Errors  KeyError for an unknown setting, ValueError for a value that the setting does not have.
        """
        settings = {name: dict(table) for name, table in self.meaning["settings"].items()}
        for name, value in chosen.items():
            if value not in settings[name]["values"]:
                raise ValueError(value)
            settings[name]["value"] = value
        return Pathway.of_meaning({**self.meaning, "settings": settings})


def canonical_json(meaning: Mapping[str, Any]) -> bytes:
    """The one way a meaning is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _fact(row: Mapping[str, Any]) -> Fact:
    low, high = row.get("range", (0, 0))
    return Fact(
        name=row["id"],
        kind=row["type"],
        question=row.get("question", ""),
        meaning=row["meaning"],
        stage=row["stage"],
        group=row.get("group", ""),
        each_session=row.get("each_session", False),
        must_know=row.get("if_unknown") == "ask",
        values={value: row["values"][value] for value in row.get("order", row.get("values", ()))},
        low=low,
        high=high,
        unit=row.get("unit", ""),
    )


def _rule(row: Mapping[str, Any], settings: Mapping[str, str]) -> Rule:
    clearance = row.get("clearance") or {}
    do = row["do"]
    for value in settings.values():
        do = row.get("do_if", {}).get(value, do)
    return Rule(
        id=row["id"],
        section=row["section"],
        rows=tuple(row.get("rows", ())),
        when=from_json(row["when"]),
        disposition=row["disposition"],
        urgency=row.get("urgency"),
        because=row["because"],
        do=do,
        sources=tuple(row["sources"]),
        evidence=tuple(row["evidence"]),
        clearance_days=clearance.get("days"),
        clearance_acute_days=clearance.get("acute_days", clearance.get("days")),
        note=row.get("note", ""),
        unverified=row.get("unverified", ""),
    )


def _protocol(row: Mapping[str, Any]) -> Protocol:
    low, high = row["gap_days"]
    return Protocol(
        row["id"], row["title"], row["sessions"], row["minutes"], (low, high), row["within_days"], tuple(row["checks"])
    )


def _offer(row: Mapping[str, Any]) -> Offer:
    when, avoid = row.get("when"), row.get("avoid_when")
    return Offer(
        id=row["id"],
        title=row["title"],
        when=from_json(when) if when else None,
        avoid_when=from_json(avoid) if avoid else None,
        add_on=bool(row.get("add_on")),
        text=row.get("next_step") or row.get("how") or row.get("finding", ""),
    )
