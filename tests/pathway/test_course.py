"""The course of care: windows, checks and what stands today (contract section 1 and 2; dose.md; measures.md)."""

from __future__ import annotations

from typing import Any

import pytest

from palpate import Faults, decide, load_pathway
from palpate.library.cases import case_folder, whole_document

FOLDER = case_folder("back_massage")
PATHWAY = load_pathway()


def decided(moment: str, days: list[str], as_of: str = "2026-01-15", **own: Any) -> dict[str, Any]:
    sessions = [{"date": day} for day in days]
    document = {"moment": moment, "as_of": as_of, "sessions": sessions, **own}
    if moment == "session":
        document["today"] = {"unchanged": True, "facts": own.get("today", {})}
    base = "well_session" if moment == "session" else "well_intake"
    return dict(decide(PATHWAY, whole_document(FOLDER, base, document)).data)


def plan(data: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(data["plan"][key] for key in ("next_from", "next_to", "ends_by"))


def test_the_contracts_own_example_has_its_windows() -> None:
    """Contract section 2: first session 20 February, today 16 March, so the next from 23 March to 3 April."""
    data = decided("session", ["2026-02-20"], as_of="2026-03-16")
    assert plan(data) == ("2026-03-23", "2026-04-03", "2026-04-03")


def test_between_sessions_the_window_counts_from_the_last_session() -> None:
    assert plan(decided("review", ["2026-01-10"])) == ("2026-01-17", "2026-01-31", "2026-02-21")


def test_before_the_first_session_it_is_today() -> None:
    assert plan(decided("intake", [])) == ("2026-01-15", None, None)


def test_after_the_last_planned_session_no_date_follows() -> None:
    days = ["2025-12-10", "2025-12-18", "2025-12-26", "2026-01-05"]
    assert plan(decided("review", days)) == (None, None, "2026-01-21")


@pytest.mark.parametrize(("last", "disposition"), [("2026-01-08", "treat"), ("2026-01-09", "do_not_massage_now")])
def test_a_session_before_the_shortest_gap_is_refused(last: str, disposition: str) -> None:
    data = decided("session", [last], facts={"active_exercise_plan": True})
    assert data["disposition"] == disposition


@pytest.mark.parametrize(
    ("last", "rule"), [("2025-12-25", None), ("2025-12-24", "gap_long"), ("2025-12-17", "course_closed")]
)
def test_a_long_gap_warns_and_a_longer_one_closes_the_course(last: str, rule: str | None) -> None:
    data = decided("session", [last], facts={"active_exercise_plan": True})
    standing = [row["rule"] for part in ("reasons", "precautions") for row in data[part]]
    assert standing == ([rule] if rule else [])


def test_a_lapsed_course_needs_a_new_rating_before_any_touch() -> None:
    own: dict[str, Any] = {"protocol": "weekly_6", "facts": {"active_exercise_plan": True}}
    data = decided("session", ["2025-12-26"], **own)
    assert (data["disposition"], data["reasons"][0]["rule"]) == ("incomplete", "gap_lapsed")
    rated = decided("session", ["2025-12-26"], measures=[{"date": "2026-01-15", "name": "pain_nrs", "value": 4}], **own)
    assert rated["disposition"] == "treat"


def test_what_the_hands_found_last_time_does_not_stand_today() -> None:
    document = whole_document(FOLDER, "well_session", {"moment": "session", "today": {"unchanged": True}})
    del document["today"]["facts"]["muscle_yields_to_pressure"]
    document["sessions"] = [{"date": "2026-01-05", "facts": {"muscle_yields_to_pressure": "yes"}}]
    decision = decide(PATHWAY, document)
    assert decision.disposition == "incomplete"
    assert "muscle_yields_to_pressure" in [row["fact"] for row in decision.ask]


def test_without_asking_again_today_every_such_question_is_open() -> None:
    document = whole_document(FOLDER, "well_session", {"moment": "session", "sessions": [{"date": "2026-01-05"}]})
    decision = decide(PATHWAY, document)
    asked = {row["fact"] for row in decision.ask}
    assert decision.disposition == "incomplete"
    assert {"saddle_numbness", "dark_urine", "consent_status"} <= asked
    assert "smoker_ever" not in asked  # asked once, at the intake


def test_a_worse_muscle_of_the_last_session_is_not_forgotten() -> None:
    sessions = [{"date": "2026-01-05", "facts": {"spasm_response": "worse"}}]
    document = whole_document(
        FOLDER, "well_session", {"moment": "session", "today": {"unchanged": True}, "sessions": sessions}
    )
    assert decide(PATHWAY, document).disposition == "do_not_massage_now"


def check(pain: float | None, moment: str = "review", as_of: str = "2026-01-15", **own: Any) -> dict[str, Any]:
    measures = [{"date": "2026-01-01", "name": "pain_nrs", "value": 7}]
    if pain is not None:
        measures.append({"date": own.pop("rated", "2026-01-14"), "name": "pain_nrs", "value": pain})
    days = own.pop("days", ["2026-01-01", "2026-01-08"])
    return decided(moment, days, as_of, measures=measures, facts={"active_exercise_plan": True}, **own)


def test_two_sessions_without_response_change_the_treatment() -> None:
    """Founding statement 5."""
    data = check(7)
    assert (data["disposition"], data["response"]["class"]) == ("change_treatment", "not_responded")
    assert data["plan"]["combine"] == ["chronic_medium_risk"]


def test_a_check_less_than_a_week_after_the_first_session_tells_nothing_yet() -> None:
    data = check(7, days=["2026-01-01", "2026-01-04"], as_of="2026-01-06", rated="2026-01-06")
    assert (data["response"]["class"], data["response"]["flags"]) == ("indeterminate", ["too_early"])


def test_a_rating_on_the_day_of_the_second_session_is_no_rating_after_it() -> None:
    assert check(3, rated="2026-01-08")["disposition"] == "incomplete"


def test_a_check_after_the_third_session_is_late() -> None:
    data = check(3, days=["2026-01-01", "2026-01-08", "2026-01-15"], as_of="2026-01-20", rated="2026-01-19")
    assert "late_check" in data["response"]["flags"]


def test_partly_twice_with_little_gain_between_counts_as_not_responded() -> None:
    """dose.md, section 5, at_recheck: 7 to 5.5, then 5.2."""
    measures = [("2026-01-01", 7), ("2026-01-14", 5.5), ("2026-01-20", 5.2)]
    rows = [{"date": day, "name": "pain_nrs", "value": value} for day, value in measures]
    days = ["2026-01-01", "2026-01-08", "2026-01-15"]
    data = decided("review", days, "2026-01-21", measures=rows)
    assert (data["response"]["class"], "stalled" in data["response"]["flags"]) == ("not_responded", True)
    rows[2]["value"] = 4.4
    assert decided("review", days, "2026-01-21", measures=rows)["response"]["class"] != "not_responded"


def test_worse_means_no_massage_until_the_screen_was_asked_again_and_then_another_treatment() -> None:
    assert check(9)["disposition"] == "do_not_massage_now"
    again = check(9, today={"unchanged": True})
    assert again["disposition"] == "change_treatment"
    assert again["plan"]["combine"][0] == "worse_without_danger_sign"


def test_the_baseline_is_the_mean_of_booking_and_first_session() -> None:
    measures = [("2025-12-28", 8), ("2026-01-01", 6), ("2026-01-14", 5)]
    rows = [{"date": day, "name": "pain_nrs", "value": value} for day, value in measures]
    pain = decided("review", ["2026-01-01", "2026-01-08"], measures=rows)["response"]["pain"]
    assert pain == {"baseline": 7, "latest": 5, "change": -2, "code": 1}  # 2 points, but not 30 percent of 7


def test_pain_right_after_a_session_is_never_a_rating() -> None:
    sessions = [{"date": "2026-01-01", "pain_after": 1}, {"date": "2026-01-08", "pain_after": 1}]
    document = whole_document(FOLDER, "well_intake", {"moment": "review", "sessions": sessions})
    assert decide(PATHWAY, document).data["response"]["pain"] is None


def test_a_muscle_judged_at_the_intake_is_no_finding_of_the_check() -> None:
    facts = {"spasm_response": "resolved", "active_exercise_plan": True}
    assert decided("session", ["2026-01-01", "2026-01-08"], facts=facts)["disposition"] == "incomplete"


def test_activities_that_began_at_nothing_are_still_a_baseline() -> None:
    measures = [{"date": "2026-01-01", "name": "own_activities", "values": [0, 0]}]
    own: dict[str, Any] = {"measures": measures, "facts": {"active_exercise_plan": True}}
    data = decided("review", ["2026-01-01", "2026-01-08"], **own)
    assert data["response"]["activities"]["baseline"] == 0
    assert "activities_at_check" in [row["fact"] for row in data["ask"]]


def test_age_and_duration_of_a_session_never_overrule_the_dates_of_the_document() -> None:
    document = whole_document(
        FOLDER,
        "well_intake",
        {"moment": "review", "person": {"birth_date": "1950-01-01"}, "facts": {"age_years": "?"}},
    )
    document["sessions"] = [{"date": "2026-01-08", "facts": {"age_years": 30}}]
    with pytest.raises(Faults, match=r"\$\.sessions\[0\]\.facts\.age_years"):
        decide(PATHWAY, document)


def test_days_since_the_last_session_given_as_a_fact_keep_the_gap() -> None:
    """As in a table of facts alone, without the sessions themselves."""
    for days, disposition in ((1, "do_not_massage_now"), (10, "treat"), (100, "complete")):
        facts = {"sessions_completed": 1, "days_since_last_session": days, "active_exercise_plan": True}
        assert decided("session", [], facts=facts)["disposition"] == disposition


def test_a_class_that_the_given_ratings_do_not_make_is_a_fault() -> None:
    facts = {"sessions_completed": 3, "pain_baseline": 7, "pain_at_check": 7, "response": "responded"}
    with pytest.raises(Faults, match="response"):
        decided("review", [], facts=facts)


def test_every_fact_that_the_document_says_the_judge_works_out_is_worked_out() -> None:
    """A misspelled one would stay unknown for ever and silently disable its rule."""
    from palpate.pathway.course import course_of
    from palpate.pathway.episode import read_episode
    from palpate.pathway.standing import now

    names = ("pain_nrs", "sleep_nrs", "mood_nrs", "isi", "phq2", "start_back", "soreness_nrs")
    measures = [{"date": day, "name": name, "value": 2} for name in names for day in ("2026-01-01", "2026-01-14")]
    measures += [{"date": day, "name": "own_activities", "values": [4, 4, 3]} for day in ("2026-01-01", "2026-01-14")]
    document = whole_document(
        FOLDER,
        "well_intake",
        {
            "moment": "review",
            "sessions": [{"date": "2026-01-01"}, {"date": "2026-01-13", "pain_before": 3}],
            "today": {"unchanged": True, "facts": {"pain_now": 4}},
            "measures": measures,
        },
    )
    episode = read_episode(document, PATHWAY)
    made = set(course_of(PATHWAY, episode, now(PATHWAY, episode)).facts)
    said = {row["id"] for row in PATHWAY.meaning["facts"] if row.get("from") == "course"}
    assert said <= made


def test_the_home_programme_offers_what_fits_and_nothing_whose_limits_are_met_or_unknown() -> None:
    home = decided("intake", [])["plan"]["home"]
    assert "walk_build" in home
    assert "yoga_taichi_class" in home  # for lasting pain (combination.md, section 4)
    assert "heat_wrap" not in home  # for acute and subacute pain
    assert "walk_build" not in decided("intake", [], facts={"gait_unsteadiness": True})["plan"]["home"]
    assert decided("intake", [], facts={"saddle_numbness": True})["plan"]["home"] == []
