"""What a clinician's answer lifts, and what it does not (contract sections 1 and 2; dossier, decision 2)."""

from __future__ import annotations

from typing import Any

import pytest

from palpate import Faults, decide, load_pathway
from palpate.library.cases import case_folder, whole_document

FOLDER = case_folder("back_massage")
PATHWAY = load_pathway()
AS_OF = "2026-01-15"


def decided(
    moment: str = "intake", clearance: dict[str, Any] | list[dict[str, Any]] | None = None, **own: Any
) -> dict[str, Any]:
    rows = clearance if isinstance(clearance, list) else [clearance] if clearance else []
    document = {"moment": moment, "clearances": [{"outcome": "cleared", "covers": ["*"], **row} for row in rows], **own}
    if moment == "session":
        document["today"] = {"unchanged": True, "facts": own.get("today", {})}
    base = "well_session" if moment == "session" else "well_intake"
    return dict(decide(PATHWAY, whole_document(FOLDER, base, document)).data)


ACUTE = {"pain_duration_days": 20}
CLOT = {"dvt_pe_history": "within_6_months"}


def test_an_examination_lifts_what_it_covers_and_says_by_whom() -> None:
    data = decided(facts=ACUTE, clearance={"date": "2026-01-10", "covers": ["acute_low_back_pain"], "by": "Dr Lim"})
    assert data["disposition"].startswith("treat")
    assert [(row["rule"], row["by"]) for row in data["lifted"]] == [
        ("acute_low_back_pain", "clearance of 2026-01-10, Dr Lim")
    ]


@pytest.mark.parametrize(("day", "lifts"), [("2025-12-18", True), ("2025-12-17", False)])
def test_in_an_acute_episode_a_letter_is_good_for_28_days(day: str, lifts: bool) -> None:
    data = decided(facts={"pain_duration_days": 40}, clearance={"date": day})
    assert bool(data["lifted"]) is lifts


@pytest.mark.parametrize(("day", "lifts"), [("2025-10-17", True), ("2025-10-16", False)])
def test_otherwise_a_letter_is_good_for_90_days(day: str, lifts: bool) -> None:
    assert bool(decided(facts=CLOT, clearance={"date": day})["lifted"]) is lifts


def test_if_nobody_knows_how_long_the_pain_has_lasted_the_shorter_time_counts() -> None:
    late = {"date": "2025-12-01"}
    assert decided(facts={**CLOT, "pain_duration_days": "?"}, clearance=late)["lifted"] == []
    assert decided(facts=CLOT, clearance=late)["lifted"] != []


@pytest.mark.parametrize(("until", "lifts"), [("2026-01-15", True), ("2026-01-14", False)])
def test_a_day_that_the_letter_names_decides_instead(until: str, lifts: bool) -> None:
    data = decided(facts=CLOT, clearance={"date": "2025-01-01", "valid_until": until})
    assert bool(data["lifted"]) is lifts


def test_what_a_letter_cleared_stays_as_a_precaution_because_its_limits_stay() -> None:
    data = decided(facts=CLOT, clearance={"date": "2026-01-10"})
    assert data["disposition"] == "treat_with_precautions"
    assert [row["rule"] for row in data["precautions"]] == [row["rule"] for row in data["lifted"]]


def test_a_letter_for_another_rule_lifts_nothing() -> None:
    data = decided(facts=CLOT, clearance={"date": "2026-01-10", "covers": ["acute_low_back_pain"]})
    assert data["disposition"] == "physician_clearance"


def test_an_emergency_is_never_lifted() -> None:
    data = decided(facts={"saddle_numbness": True}, clearance={"date": "2026-01-10"})
    assert data["disposition"] == "emergency"


def test_but_a_significant_injury_is_settled_by_an_examination() -> None:
    """A3-01 is an emergency that an examination settles (dossier, decision 2)."""
    facts = {"recent_injury": "significant", "pain_duration_days": 10, "pain_site": "buttock"}
    assert decided(facts=facts)["disposition"] == "emergency"
    assert decided(facts=facts, clearance={"date": "2026-01-10"})["disposition"] != "emergency"


def test_what_is_new_today_is_not_covered() -> None:
    data = decided("session", today={"unexplained_weight_loss": True}, clearance={"date": "2026-01-10"})
    assert data["disposition"] == "medical_exam_first"


def test_what_was_found_at_a_session_before_the_letter_is_covered() -> None:
    sessions = [{"date": "2026-01-02", "facts": {"unexplained_weight_loss": True}}]
    data = decided("session", sessions=sessions, clearance={"date": "2026-01-05"})
    assert "weight_loss_without_trying" in [row["rule"] for row in data["lifted"]]


def test_what_was_found_at_a_session_after_the_letter_is_not() -> None:
    sessions = [{"date": "2026-01-07", "facts": {"unexplained_weight_loss": True}}]
    data = decided("session", sessions=sessions, clearance={"date": "2026-01-05"})
    assert data["disposition"] == "medical_exam_first"


def test_a_sign_that_had_gone_and_came_back_is_new() -> None:
    sessions = [
        {"date": "2026-01-02", "facts": {"unexplained_weight_loss": True}},
        {"date": "2026-01-08", "facts": {"unexplained_weight_loss": False}},
    ]
    data = decided(
        "session", sessions=sessions, today={"unexplained_weight_loss": True}, clearance={"date": "2026-01-05"}
    )
    assert data["disposition"] == "medical_exam_first"


def test_a_further_sign_within_a_rule_of_several_signs_fires_again() -> None:
    """One cord sign was examined; a second one of the same rule is new today."""
    cleared = {"date": "2026-01-10"}
    old = {"facts": {"arm_symptoms": "both_arms_or_shock"}, "clearance": cleared}
    assert "medical_exam_first" not in decided("session", **old)["disposition"]
    assert decided("session", today={"gait_unsteadiness": True}, **old)["disposition"] == "medical_exam_first"


def test_pain_that_had_not_begun_on_the_day_of_the_letter_is_not_covered() -> None:
    data = decided(facts={"pain_duration_days": 3}, clearance={"date": "2026-01-10", "covers": ["acute_low_back_pain"]})
    assert data["disposition"] == "medical_exam_first"


def test_cleared_with_limits_lifts_and_is_a_precaution() -> None:
    data = decided(facts=ACUTE, clearance={"date": "2026-01-10", "outcome": "cleared_with_limits"})
    assert data["disposition"] == "treat_with_precautions"
    assert "cleared_with_limits" in [row["rule"] for row in data["precautions"]]


def test_not_cleared_is_no_massage_today_until_a_later_letter_covers_the_same() -> None:
    no = {"date": "2026-01-05", "outcome": "not_cleared", "covers": ["acute_low_back_pain"]}
    assert decided(facts=ACUTE, clearance=no)["disposition"] == "do_not_massage_now"
    assert decided(clearance=no)["disposition"] == "do_not_massage_now"
    yes = {"date": "2026-01-10"}
    assert decided(facts=ACUTE, clearance=[no, yes])["disposition"].startswith("treat")
    assert decided(clearance=[no, {**yes, "covers": ["anticoagulant"]}])["disposition"] == "do_not_massage_now"


def test_on_the_same_day_no_outweighs_yes() -> None:
    both = [{"date": "2026-01-10", "outcome": "not_cleared"}, {"date": "2026-01-10"}]
    assert decided(clearance=both)["disposition"] == "do_not_massage_now"


def test_an_unknown_rule_in_a_letter_is_a_fault_that_names_the_nearest() -> None:
    with pytest.raises(Faults, match="acute_low_back_pain"):
        decided(clearance={"date": "2026-01-10", "covers": ["acute_low_back_pian"]})


def test_a_refusal_answers_the_examination_rule_so_that_no_further_examination_is_asked_for() -> None:
    """`not_cleared` is `do_not_massage_now` (contract section 1)."""
    no = {"date": "2026-01-10", "outcome": "not_cleared", "covers": ["acute_low_back_pain"], "by": "Dr Lim"}
    data = decided(facts=ACUTE, clearance=no)
    assert data["disposition"] == "do_not_massage_now"
    assert data["lifted"][0]["by"] == "refusal of 2026-01-10, Dr Lim"


def test_a_refusal_settles_no_emergency() -> None:
    facts = {"recent_injury": "significant", "pain_duration_days": 10, "pain_site": "buttock"}
    assert (
        decided(facts=facts, clearance={"date": "2026-01-10", "outcome": "not_cleared"})["disposition"] == "emergency"
    )


def test_the_limits_that_a_clinician_wrote_stand_beside_what_is_lifted() -> None:
    limits = {"date": "2026-01-10", "outcome": "cleared_with_limits", "limits": "light pressure, no legs"}
    assert decided(facts=CLOT, clearance=limits)["lifted"][0]["limits"] == "light pressure, no legs"


@pytest.mark.parametrize(
    ("clearance", "facts", "why"),
    [
        ({"date": "2025-10-01"}, CLOT, "it is older than 90 days"),
        (
            {"date": "2025-12-10"},
            {**CLOT, "pain_duration_days": "?"},
            "it is older than 28 days, and the pain is or may be acute",
        ),
        ({"date": "2026-01-01", "valid_until": "2026-01-14"}, CLOT, "it was valid until 2026-01-14"),
        ({"date": "2026-01-10"}, {"pain_duration_days": 3}, "what holds now is new since then"),
    ],
)
def test_a_clearance_that_does_not_count_is_named_with_the_reason(
    clearance: dict[str, Any], facts: dict[str, Any], why: str
) -> None:
    data = decided(facts=facts, clearance=clearance)
    assert {row["why"] for row in data["not_lifted"]} == {why}
    assert data["lifted"] == []


@pytest.mark.parametrize("missing", ["fever_or_chills", "unexplained_weight_loss", "cancer_history"])
def test_s65_behind_a_clearance_that_is_good_only_if_the_pain_is_not_acute_open_questions_are_still_seen(
    missing: str,
) -> None:
    """A letter of two months on pain of half a year: it lifts its rule, and hides nothing else."""
    facts = {"recent_injury": "with_bruise", missing: "?"}
    own = {"facts": facts, "clearance": {"date": "2025-11-15", "covers": ["injury_with_bruise"]}}
    for moment in ("intake", "session"):
        data = decided(moment, **own)
        assert data["disposition"] == "incomplete", moment
        assert missing in [row["fact"] for row in data["ask"]]


def test_s65_at_the_intake_a_clearance_does_not_answer_how_long_the_pain_has_lasted() -> None:
    """Pain of three days began after the letter; until its age is known, the letter covers nothing that reads it."""
    for facts in ({"recent_injury": "significant"}, {"iv_drug_use": True}, {}):
        data = decided(facts={**facts, "pain_duration_days": "?"}, clearance={"date": "2026-01-08"})
        assert data["disposition"] not in ("treat", "treat_with_precautions"), facts
        assert "pain_duration_days" in [row["fact"] for row in data["ask"]]


def test_a_clearance_that_itself_no_longer_counts_cancels_no_refusal() -> None:
    no = {
        "date": "2026-01-01",
        "outcome": "not_cleared",
        "covers": ["sixty_or_over_lasting_pain"],
        "valid_until": "2026-12-31",
    }
    expired = {"date": "2026-01-02", "covers": ["sixty_or_over_lasting_pain"], "valid_until": "2026-01-10"}
    assert decided(facts={"age_years": 65}, clearance=[no, expired])["disposition"] == "do_not_massage_now"


def test_a_clearance_that_itself_no_longer_counts_ends_no_limits() -> None:
    limited = {"date": "2026-01-01", "outcome": "cleared_with_limits", "covers": ["sixty_or_over_lasting_pain"]}
    expired = {"date": "2026-01-02", "covers": ["sixty_or_over_lasting_pain"], "valid_until": "2026-01-10"}
    assert decided(facts={"age_years": 65}, clearance=[limited, expired])["disposition"] == "treat_with_precautions"


def test_if_an_open_answer_could_lift_a_rule_it_is_asked() -> None:
    """A letter of 60 days on a blood thinner: good if the pain is not acute, and nobody has said how old it is."""
    facts = {"anticoagulant_use": "anticoagulant", "pain_duration_days": "?", "pain_site": "mid_back"}
    data = decided("session", facts=facts, clearance={"date": "2025-11-20", "covers": ["anticoagulant"]})
    assert data["disposition"] == "physician_clearance"
    assert "pain_duration_days" in [row["fact"] for row in data["ask"]]
