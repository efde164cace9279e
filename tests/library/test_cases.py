"""The case files are the specification: every one is run here, and shown in the manual."""

from __future__ import annotations

from collections import Counter

import pytest

from palpate import decide, load_pathway
from palpate.library.cases import (
    TRUTHS,
    Case,
    RuleCase,
    case_folder,
    cases,
    public_rank,
    rule_cases,
    wrong_in_case,
    wrong_in_rule_case,
)

FOLDER = case_folder("back_massage")
CASES, RULE_CASES = list(cases(FOLDER)), list(rule_cases(FOLDER))
PATHWAY = load_pathway()


@pytest.mark.parametrize("case", RULE_CASES, ids=lambda case: f"{case.rule}-{case.truth}")
def test_a_rule_holds_fails_or_is_unknown_as_its_case_says(case: RuleCase) -> None:
    assert wrong_in_rule_case(PATHWAY, case) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_whole_case_is_decided_as_it_says(case: Case) -> None:
    assert wrong_in_case(PATHWAY, case) == []


def test_every_rule_has_a_case_where_it_holds_one_where_it_fails_and_one_where_it_is_unknown() -> None:
    found = Counter((case.rule, case.truth) for case in RULE_CASES)
    assert {(rule.id, truth) for rule in PATHWAY.rules for truth in TRUTHS} == set(found)
    assert max(found.values()) == 1


def test_a_rule_that_holds_in_its_case_shows_in_the_decision() -> None:
    """With the facts of its case alone, at a session, the rule stands in the decision (facts of the course apart)."""
    course = {fact.name for fact in PATHWAY.vocabulary.facts.values() if fact.stage == "derived"} | {
        "sessions_completed",
        "course_week",
    }
    shown = 0
    for case in RULE_CASES:
        if case.truth != "holds" or course & set(case.facts):
            continue
        document = {
            "palpate": 1,
            "as_of": "2026-01-15",
            "moment": "session",
            "facts": {},
            "today": {"facts": dict(case.facts)},
        }
        data = decide(PATHWAY, document).data
        standing = {row["rule"] for part in ("reasons", "precautions", "notes") for row in data[part]}
        assert case.rule in standing, case.rule
        shown += 1
    assert shown > 150


def published() -> list[Case]:
    return [case for case in CASES if "at_least" in case.expect]


def test_all_published_people_are_there() -> None:
    assert len(published()) == 57
    assert len({case.document["id"].split("-")[0] for case in published()}) == 40


def test_every_published_person_stands_at_the_floor_or_above_but_the_five_whom_the_questions_cannot_see() -> None:
    below = [
        case.document["id"]
        for case in published()
        if public_rank(decide(PATHWAY, case.document).disposition) < public_rank(case.expect["at_least"])
    ]
    assert below == ["P01", "P03", "P15", "P23", "P28"]


def test_nobody_published_is_stopped_above_the_ceiling() -> None:
    assert not [
        case.document["id"]
        for case in published()
        if "at_most" in case.expect
        and public_rank(decide(PATHWAY, case.document).disposition) > public_rank(case.expect["at_most"])
    ]


def test_a_published_person_of_whom_only_the_reported_facts_are_known_is_never_treated() -> None:
    """The reports leave most questions open; what is not answered is asked, and nobody is treated meanwhile."""
    from palpate.library.cases import whole_document

    base = whole_document(FOLDER, "well_intake", {})["facts"]
    for case in published():
        told = {name: value for name, value in case.document["facts"].items() if base.get(name) != value}
        document = {**case.document, "facts": told}
        document.pop("today", None)
        assert not decide(PATHWAY, {**document, "moment": "intake"}).disposition.startswith("treat")


def test_no_rule_is_made_for_a_case() -> None:
    """No rule names a person, and every rule has a row of the dossier or one of its decisions behind it."""
    without_row = {rule.id for rule in PATHWAY.rules if not rule.rows}
    assert without_row == {
        "cleared_with_limits",  # decision 2
        "worse_needs_rescreen", "worse_after_massage", "not_responded", "partly_responded", "goal_reached",
        "check_not_taken", "check_overdue", "check_indeterminate",  # measures.md, section 4; decision 5
        "course_over", "course_closed", "session_too_soon", "gap_long", "gap_lapsed", "session_cap", "short_sessions",
        "soreness_at_72h",  # dose.md, sections 4 and 5
    }  # fmt: skip
