"""Every row of the clinical dossier stands in `back_massage`, with the row's disposition, urgency and evidence.

`dossier/` holds the rows' keys and figures as the dossier gives them (no sentence of it). Where the pathway differs,
the difference is one of the dossier's own decisions and is named here.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from palpate import load_pathway
from palpate.pathway.pathway import Pathway

HERE = Path(__file__).parent / "dossier"
TAGS = {"G": "guideline", "E": "study", "C": "case_report", "P": "profession", "L": "policy"}
# README decisions 2, 5 and 6 of the dossier: these rows say something else than their table.
DECIDED = {
    "D-03": ("change_treatment", ""),  # decision 5
    "D-04": ("do_not_massage_now", ""),
    "D-05": ("complete", ""),  # decision 6
    "B4-17": None,  # decision 2: the age of a letter is how long a rule accepts it
}


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pathway() -> Pathway:
    return load_pathway()


@pytest.mark.parametrize("row", rows("rules.csv"), ids=lambda row: row["row"])
def test_a_rule_row_has_its_rule(pathway: Pathway, row: dict[str, str]) -> None:
    expected = DECIDED.get(row["row"], (row["disposition"], row["urgency"]))
    found = [rule for rule in pathway.rules if row["row"] in rule.rows]
    if expected is None:
        assert not found
        return
    assert len(found) == 1
    assert (found[0].disposition, found[0].urgency or "") == expected


@pytest.mark.parametrize("row", rows("rules.csv"), ids=lambda row: row["row"])
def test_a_rule_says_how_good_its_evidence_is_as_its_row_does(pathway: Pathway, row: dict[str, str]) -> None:
    found = [rule for rule in pathway.rules if row["row"] in rule.rows]
    for rule in found:
        if row["row"] in ("D-01", "D-02"):  # the guidelines of D-01 stand in contrast: they ask for less
            continue
        missing = {TAGS[tag] for tag in row["evidence"]} - set(rule.evidence)
        assert not missing


def test_every_examination_or_clearance_rule_can_be_cleared_and_no_other(pathway: Pathway) -> None:
    """Decision 2: 28 days in an acute episode, 90 otherwise; A3-01 is the one emergency that an examination settles."""
    for rule in pathway.rules:
        clearable = rule.disposition in ("medical_exam_first", "physician_clearance") or "A3-01" in rule.rows
        assert (rule.clearance_days is not None) == clearable, rule.id
        if clearable:
            expected = (28, 28) if "D-01" in rule.rows else (90, 28)
            assert (rule.clearance_days, rule.clearance_acute_days) == expected, rule.id


@pytest.mark.parametrize("row", rows("facts.csv"), ids=lambda row: row["name"])
def test_a_fact_is_as_in_the_vocabulary(pathway: Pathway, row: dict[str, str]) -> None:
    fact = pathway.vocabulary[row["name"]]
    assert (fact.kind, fact.group) == (row["type"], row["group"])
    assert fact.stage == row["stage"]
    assert fact.must_know == (row["if_unknown"] == "ask")
    if fact.stage != "derived":
        assert fact.each_session == (row["each_session"] == "yes")
    if fact.kind == "enum":
        assert list(fact.values) == row["values"].split("|")
    elif fact.is_number:
        low, high = row["values"].split(" ")[0].split("..")
        assert (fact.low, fact.high) == (float(low), float(high))


@pytest.mark.parametrize("row", rows("evidence.csv"), ids=lambda row: row["row"])
def test_an_evidence_row_keeps_its_verdict_and_certainty(pathway: Pathway, row: dict[str, str]) -> None:
    found = [entry for entry in pathway.meaning["evidence"] if entry["row"] == row["row"]]
    assert [(entry["verdict"], entry["certainty"]) for entry in found] == [(row["verdict"], row["certainty"])]


@pytest.mark.parametrize("row", rows("protocols.csv"), ids=lambda row: row["row"])
def test_a_protocol_keeps_its_figures(pathway: Pathway, row: dict[str, str]) -> None:
    names = {"seed_4in42": "four_in_six_weeks"}
    protocol = pathway.protocols[names.get(row["row"], row["row"])]
    assert (protocol.sessions, protocol.minutes) == (int(row["sessions"]), int(row["minutes"]))
    assert protocol.gap_days == (int(row["min_gap"]), int(row["max_gap"]))
    assert protocol.within_days == int(row["course_max"])
    assert list(protocol.checks) == json.loads(row["checks"].replace(", end", "").replace("end", ""))
    assert (protocol.sessions - 1) * protocol.gap_days[0] <= protocol.within_days  # dose.md, feasibility identity


def lists() -> Any:
    return json.loads((HERE / "lists.json").read_text(encoding="utf-8"))


def test_every_home_item_next_treatment_section_and_numbered_source_is_there(pathway: Pathway) -> None:
    meaning = pathway.meaning
    assert {row["id"] for row in meaning["home"]} >= set(lists()["home"])
    assert {row["row"] for row in meaning["switch"]} == set(lists()["switch"])
    assert {row.get("row") for row in meaning["sections"]} >= set(lists()["sections"])
    # S8 and the like are cited by the background of a section; a source that nothing cites would be refused.
    numbered = {row["row"] for row in meaning["sources"] if "row" in row}
    assert numbered == set(lists()["sources"])


def test_every_measure_is_there_under_the_contracts_name(pathway: Pathway) -> None:
    names = {"my_activities": "own_activities", "gic": "global_change"}
    wanted = {names.get(name, name) for name in lists()["measures"]}
    assert wanted <= set(pathway.measures)


def test_the_lists_above_are_those_of_the_dossier() -> None:
    """Where the dossier lies beside the checkout, its rows are read anew, so that the lists cannot go stale."""
    dossier = Path(__file__).parents[2].parent / "shared" / "clinical"
    if not dossier.is_dir():
        return  # a stranger's clone has no dossier; the lists stand in for it
    import re

    text = (dossier / "screening.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-D]\d*-\d+) \|", text, re.MULTILINE) == [row["row"] for row in rows("rules.csv")]
    with (dossier / "facts.csv").open(newline="", encoding="utf-8") as file:
        assert [(r["name"], r["values"]) for r in csv.DictReader(file)] == [
            (r["name"], r["values"]) for r in rows("facts.csv")
        ]
    with (dossier / "evidence.csv").open(newline="", encoding="utf-8") as file:
        assert [r["claim_id"] for r in csv.DictReader(file)] == [r["row"] for r in rows("evidence.csv")]
