"""Why not: what stopped each rule, and the smallest changes that would decide otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from palpate import decide, load_pathway
from palpate.library.cases import case_folder, whole_document
from palpate.pathway.condition import truth_of
from palpate.pathway.decision import find
from palpate.pathway.episode import Episode, read_episode
from palpate.pathway.explain import explain
from palpate.pathway.truth import NO

FOLDER = case_folder("back_massage")
PATHWAY = load_pathway()


def episode(**facts: Any) -> Episode:
    return read_episode(whole_document(FOLDER, "well_intake", {"facts": facts}), PATHWAY)


def test_each_rule_that_fails_names_facts_that_alone_make_it_fail() -> None:
    rows = explain(PATHWAY, episode())["not_held"]
    failing = [row for row in rows if "stopped_by" in row]
    assert len(failing) > 100
    for row in failing:
        assert truth_of(PATHWAY.rule[row["rule"]].when, row["stopped_by"]) is NO
    one = next(row for row in failing if row["rule"] == "cauda_equina_saddle")
    assert one["stopped_by"] == {"saddle_numbness": False}


def test_each_rule_that_is_unknown_names_what_it_waits_for() -> None:
    rows = {row["rule"]: row for row in explain(PATHWAY, episode(saddle_numbness="?"))["not_held"]}
    assert rows["cauda_equina_saddle"]["waits_for"] == ["saddle_numbness"]


def test_every_rule_is_held_lifted_or_explained() -> None:
    here = episode(pain_duration_days=10)
    data = decide(PATHWAY, here).data
    standing = {row["rule"] for part in ("reasons", "precautions", "notes", "lifted") for row in data[part]}
    explained = {row["rule"] for row in explain(PATHWAY, here)["not_held"]}
    assert standing | explained == set(PATHWAY.rule)
    assert not standing & explained


def test_each_change_really_gives_the_decision_that_it_names_and_is_as_small_as_can_be() -> None:
    here = episode(pain_duration_days=10)
    changes = explain(PATHWAY, here)["changes"]
    assert changes
    for row in changes:
        assert len(row["to"]) == 1
        other = decide(PATHWAY, replace(here, facts={**here.facts, **row["to"]}))
        assert (other.disposition, other.urgency) == (row["disposition"], row["urgency"])
    # The nearest edge is named: 42 days is no longer acute (dossier, decision 1).
    assert {"pain_duration_days": 42} in [row["to"] for row in changes]


def test_where_two_rules_decide_alike_both_must_change() -> None:
    here = episode(saddle_numbness=True, sudden_tearing_pain=True)
    changes = explain(PATHWAY, here)["changes"]
    assert {"saddle_numbness": False, "sudden_tearing_pain": False} in [row["to"] for row in changes]
    assert all(len(row["to"]) == 2 for row in changes)


def test_what_an_open_check_would_change_is_found_without_listing_questions_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = 0

    def counted(*given: Any) -> Any:
        nonlocal whole
        whole += 1
        return find(*given)

    document = {
        "moment": "review",
        "sessions": [{"date": "2026-01-01"}, {"date": "2026-01-08"}],
        "measures": [{"date": "2026-01-01", "name": "pain_nrs", "value": 6}],
    }
    here = read_episode(whole_document(FOLDER, "well_intake", document), PATHWAY)
    assert decide(PATHWAY, here).disposition == "incomplete"
    monkeypatch.setattr("palpate.pathway.explain.find", counted)
    changes = explain(PATHWAY, here)["changes"]
    # The list of questions of a check with open ratings takes a long search; a changed answer needs only its end.
    assert whole == 1
    for row in changes[:8]:
        other = decide(PATHWAY, replace(here, today={**(here.today or {}), **row["to"]}))
        assert (other.disposition, other.urgency) == (row["disposition"], row["urgency"])
