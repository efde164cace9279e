"""The case files beside a pathway: worked examples that a therapist can read, and the tests run.

A case says in a sentence who it is about, what is known, and what must come out. Expected results come from the dossier
or from a published report, never from our own output. Files are TOML, in the folder `cases` of the pathway.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palpate.library import SHIPPED
from palpate.pathway.condition import Value, truth_of
from palpate.pathway.decision import decide
from palpate.pathway.pathway import DISPOSITIONS, Pathway

DAY = "2026-01-15"  # the day of every case that names none
TRUTHS = ("holds", "fails", "unknown")
EXPECTED = (
    "disposition", "urgency", "decisive", "lifted", "combine", "holds", "absent", "ask", "not_asked", "asks_nothing",
    "plan", "response", "at_least", "at_most", "unseen", "why",
)  # fmt: skip


@dataclass(frozen=True)
class RuleCase:
    """One rule and one state of knowledge: with these facts alone it holds, fails or is unknown."""

    rule: str
    truth: str
    said: str
    facts: Mapping[str, Value]


@dataclass(frozen=True)
class Case:
    """A whole document and what must be decided.

    expect   disposition, urgency, decisive (rule ids), holds, absent (rule ids), ask (facts among those asked),
             response (class and flags), at_least and at_most (dispositions, for published cases)
    """

    name: str
    source: str
    document: Mapping[str, Any]
    expect: Mapping[str, Any]
    group: str


def case_folder(pathway_id: str) -> Path:
    """Where the case files of a shipped pathway lie."""
    return SHIPPED / pathway_id / "cases"


def rule_cases(folder: Path) -> Iterator[RuleCase]:
    """Every [[rule]] of the folder's files, three cases each."""
    for path in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", ()):
            for truth in TRUTHS:
                part = row[truth]
                yield RuleCase(row["id"], truth, part["said"], part["facts"])


def cases(folder: Path) -> Iterator[Case]:
    """Every [[case]] of the folder's files; answers of the named `base` are filled in below its own."""
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in data.get("case", ()):
            document = whole_document(folder, row.get("base"), row["document"])
            yield Case(row["name"], row["source"], document, row["expect"], data.get("group", path.stem))


def whole_document(folder: Path, base: str | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """An episode document: the case's own keys over those of its base."""
    document: dict[str, Any] = {"palpate": 1, "as_of": DAY, "facts": {}, **own}
    if base:
        bases = tomllib.loads((folder / "bases.toml").read_text(encoding="utf-8"))["base"]
        document["facts"] = {**bases[base]["facts"], **document["facts"]}
        if "today" in document and "today" in bases[base]:
            found = {**bases[base]["today"], **document["today"].get("facts", {})}
            document["today"] = {**document["today"], "facts": found}
    for facts in (document["facts"], document.get("today", {}).get("facts", {})):
        for name in [name for name, value in facts.items() if value == "?"]:
            del facts[name]
    if "measures" in document:  # TOML has no null: "?" is an activity that was not rated
        rated = [[None if v == "?" else v for v in row.get("values", ())] for row in document["measures"]]
        pairs = zip(document["measures"], rated, strict=True)
        document["measures"] = [row | ({"values": values} if values else {}) for row, values in pairs]
    return document


def wrong_in_rule_case(pathway: Pathway, case: RuleCase) -> str | None:
    """What the pathway says instead, or None where it agrees."""
    rule = pathway.rule.get(case.rule)
    if rule is None:
        return f"there is no rule {case.rule}"
    for name, value in case.facts.items():
        wrong = pathway.vocabulary[name].wrong(value) if name in pathway.vocabulary else "no such fact"
        if wrong:
            return f"{name}: {wrong}"
    word = {"yes": "holds", "no": "fails", "unknown": "unknown"}[truth_of(rule.when, case.facts).word]
    return None if word == case.truth else f"{case.rule} is {word}, expected {case.truth}, with {dict(case.facts)}"


def wrong_in_case(pathway: Pathway, case: Case) -> list[str]:
    """Everything in which the decision differs from what the case expects."""
    decision = decide(pathway, case.document)
    data, expect = decision.data, case.expect
    wrong = [f"the case expects an unknown thing: {key}" for key in expect if key not in EXPECTED]
    holding = {row["rule"] for part in ("reasons", "precautions", "notes") for row in data[part]}
    decisive = [row["rule"] for row in data["reasons"] if row["decisive"]]
    got: dict[str, Any] = {
        "disposition": data["disposition"],
        "urgency": data["urgency"],
        "decisive": decisive,
        "lifted": [row["rule"] for row in data["lifted"]],
        "combine": data["plan"]["combine"],
    }
    for key, value in got.items():
        if key in expect and (expect[key] or None) != (value or None):
            wrong.append(f"{key} is {value}, expected {expect[key]}")
    wrong += [f"{rule} does not hold" for rule in expect.get("holds", ()) if rule not in holding]
    wrong += [f"{rule} holds" for rule in expect.get("absent", ()) if rule in holding]
    asked = [row["fact"] for row in data["ask"]]
    wrong += [f"{fact} is not asked" for fact in expect.get("ask", ()) if fact not in asked]
    wrong += [f"{fact} is asked" for fact in expect.get("not_asked", ()) if fact in asked]
    if expect.get("asks_nothing") and asked:
        wrong.append(f"asks {asked}")
    for key, value in expect.get("plan", {}).items():
        if data["plan"][key] != (None if value == "" else value):
            wrong.append(f"plan.{key} is {data['plan'][key]}, expected {value}")
    if "response" in expect:
        response = data["response"] or {}
        for key, value in expect["response"].items():
            found = response.get(key)
            if key in ("pain", "activities", "global"):
                found = (found or {}).get("code")
                value = None if value == "-" else value
            if found != value:
                wrong.append(f"response {key} is {found}, expected {value}")
    wrong += _bounds(data["disposition"], expect)
    return wrong


def _bounds(disposition: str, expect: Mapping[str, Any]) -> list[str]:
    found = public_rank(disposition)
    wrong = []
    if "at_least" in expect and found < public_rank(expect["at_least"]) and not expect.get("unseen"):
        wrong.append(f"{disposition} is below the floor {expect['at_least']}")
    if "at_most" in expect and found > public_rank(expect["at_most"]):
        wrong.append(f"{disposition} is above the ceiling {expect['at_most']}")
    return wrong


def public_rank(disposition: str) -> int:
    """The rank by which published cases compare dispositions; some count alike (the cases' README)."""
    alike = {"do_not_massage_now": "physician_clearance", "complete": "change_treatment"}
    word = alike.get(disposition, disposition)
    return list(reversed(DISPOSITIONS)).index(word)
