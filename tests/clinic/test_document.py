"""The episode document from any record: always sound, and never milder than what was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palpate.clinic.document import Given, Past, Record, document_of
from palpate.clinic.visit import Palpation, Treatment, Visit
from palpate.library import load_pathway
from palpate.pathway.decision import decide
from palpate.pathway.episode import read_episode

PATHWAY = load_pathway("back_massage")
FACTS = PATHWAY.vocabulary.facts
DAY = date(2026, 3, 16)
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
ASKED = [name for name, fact in FACTS.items() if fact.stage != "derived"]
MOMENTS = ("intake", "session", "review")


def values(name: str) -> st.SearchStrategy[Any]:
    fact = FACTS[name]
    if fact.kind == "bool":
        return st.booleans()
    if fact.kind == "enum":
        return st.sampled_from(list(fact.values))
    return st.integers(int(fact.low), int(fact.high))


@st.composite
def answers(draw: st.DrawFn) -> Given:
    name = draw(st.sampled_from([*ASKED, "gone_from_the_pathway"]))
    state = draw(st.sampled_from(["answered", "answered", "cannot_say", "not_asked"]))
    value = draw(values(name)) if name in FACTS and state == "answered" else "old" if state == "answered" else None
    at = NOON - timedelta(hours=draw(st.integers(0, 24 * 40)))
    return Given(name, state, value, at.date(), at)


@st.composite
def past(draw: st.DrawFn) -> Past:
    names = draw(st.lists(st.sampled_from(ASKED), max_size=5, unique=True))
    visit = Visit(facts={name: draw(values(name)) for name in names}, pain_before=draw(st.none() | st.integers(0, 10)))
    visit.unsure = set(draw(st.lists(st.sampled_from(ASKED), max_size=2))) - set(names)
    visit.unchanged = draw(st.booleans())
    if draw(st.booleans()):
        visit.palpations[("low_back", "left", "")] = Palpation(
            "low_back", "left", "", draw(st.sampled_from(["yes", "no"]))
        )
    given = draw(st.booleans())
    if given:
        visit.treatments.append(Treatment("swedish", "low_back", 40, 3))
    ended = NOON - timedelta(days=draw(st.integers(1, 40)))
    return Past(ended.date(), visit, given, ended)


@st.composite
def clearances(draw: st.DrawFn) -> dict[str, Any]:
    at = NOON - timedelta(hours=draw(st.integers(0, 24 * 40)))
    covers = draw(st.sampled_from([["*"], ["acute_low_back_pain"], ["a_rule_that_is_gone"], ["muscle_does_not_yield"]]))
    outcome = draw(st.sampled_from(["cleared", "cleared_with_limits", "not_cleared"]))
    return {"date": at.date().isoformat(), "outcome": outcome, "covers": covers, "by": "Dr Who", "at": at}


@st.composite
def records(draw: st.DrawFn) -> Record:
    visits = draw(st.lists(past(), max_size=4, unique_by=lambda one: one.day))
    today = draw(st.none() | past())
    return Record(
        id="ep",
        birth_date=date(1979, 4, 2),
        onset=draw(st.none() | st.just(date(2025, 12, 1))),
        protocol=draw(st.sampled_from(["", "four_in_six_weeks"])),
        answers=sorted(draw(st.lists(answers(), max_size=10)), key=lambda one: one.at),
        visits=sorted(visits, key=lambda one: one.day),
        measures=[
            {"date": "2026-03-01", "name": "pain_nrs", "value": 6, "taken_back": draw(st.booleans())},
            {"date": "2026-03-01", "name": "no_longer_measured", "value": 6, "taken_back": False},
        ],
        clearances=draw(st.lists(clearances(), max_size=2)),
        today=today.visit if today is not None else None,
    )


@settings(max_examples=150)
@given(records(), st.sampled_from(MOMENTS))
def test_every_document_that_is_made_is_a_sound_one(record: Record, moment: str) -> None:
    if moment == "intake":
        record = replace(record, today=None)
    document = document_of(record, PATHWAY, moment, DAY)
    read_episode(document, PATHWAY)


def places(document: dict[str, Any]) -> list[dict[str, Any]]:
    today = [document["today"]["facts"]] if "today" in document else []
    return [document["facts"], *(session["facts"] for session in document["sessions"]), *today]


@settings(max_examples=150)
@given(records(), st.sampled_from(MOMENTS), st.sampled_from(ASKED))
def test_what_can_no_longer_be_said_never_comes_back_as_an_answer(record: Record, moment: str, name: str) -> None:
    last = Given(name, "cannot_say", None, DAY, NOON)
    record = replace(record, answers=[*record.answers, last], today=None)
    document = document_of(record, PATHWAY, moment, DAY)
    assert all(name not in place for place in places(document)) or FACTS[name].group == "palpation"


@settings(max_examples=150)
@given(records(), st.sampled_from(MOMENTS), st.sampled_from(ASKED))
def test_what_was_taken_back_is_unknown_again_and_not_a_no(record: Record, moment: str, name: str) -> None:
    if FACTS[name].group == "palpation":
        return
    last = Given(name, "not_asked", None, DAY, NOON)
    record = replace(record, answers=[*record.answers, last], today=None)
    document = document_of(record, PATHWAY, moment, DAY)
    assert all(name not in place for place in places(document))


@settings(max_examples=100)
@given(records(), st.sampled_from(ASKED))
def test_what_could_not_be_said_in_the_open_visit_is_unsure_today(record: Record, name: str) -> None:
    if name in record.follows or name in PATHWAY.worked_out:
        return
    record = replace(record, today=Visit(unsure={name}))
    document = document_of(record, PATHWAY, "session", DAY)
    assert name in document["unsure"]
    assert all(name not in place for place in places(document))


def record(**but: Any) -> Record:
    empty = Record("ep", date(1979, 4, 2), date(2025, 10, 1), "", [], [], [], [])
    return replace(empty, **but)


def yesterday(name: str, value: Any, *, days: int = 1, state: str = "answered") -> Given:
    at = NOON - timedelta(days=days)
    return Given(name, state, value, at.date(), at)


def test_an_answer_in_a_later_session_ends_an_earlier_cannot_say() -> None:
    unsure = Past(date(2026, 3, 1), Visit(unsure={"saddle_numbness"}), True, datetime(2026, 3, 1, 12, tzinfo=UTC))
    told = Past(date(2026, 3, 8), Visit(facts={"saddle_numbness": False}), True, datetime(2026, 3, 8, 12, tzinfo=UTC))
    document = document_of(record(visits=[unsure, told]), PATHWAY, "review", DAY)
    assert document["unsure"] == []
    assert document["sessions"][1]["facts"]["saddle_numbness"] is False


def test_a_danger_sign_told_in_a_visit_without_massage_stands_in_the_document() -> None:
    stopped = Past(
        date(2026, 3, 10), Visit(facts={"saddle_numbness": True}), False, datetime(2026, 3, 10, 9, tzinfo=UTC)
    )
    # In a session it must be asked again, so until then the decision is open; it is never one to treat.
    for moment, disposition in (("intake", "emergency"), ("review", "emergency"), ("session", "incomplete")):
        document = document_of(record(visits=[stopped]), PATHWAY, moment, DAY)
        assert document["sessions"] == []
        assert document["facts"]["saddle_numbness"] is True
        assert decide(PATHWAY, document).data["disposition"] == disposition


def test_a_clearance_covers_what_was_known_and_no_danger_sign_that_was_told_after_it() -> None:
    at = NOON - timedelta(days=5)
    cleared = {"date": at.date().isoformat(), "outcome": "cleared", "covers": ["*"], "by": "Dr Who", "at": at}
    known = yesterday("unexplained_weight_loss", True, days=9)
    before = document_of(record(answers=[known], clearances=[cleared]), PATHWAY, "intake", DAY)
    assert before["clearances"][0]["covers"] == ["*"]
    new = yesterday("cancer_history", "active", days=2)
    after = document_of(record(answers=[known, new], clearances=[cleared]), PATHWAY, "intake", DAY)
    naming = [rule.id for rule in PATHWAY.rules if rule.named == ("cancer_history",)]
    assert naming
    told = decide(PATHWAY, before).data, decide(PATHWAY, after).data
    held = {row["rule"] for row in told[1]["lifted"]}
    assert not {rule.id for rule in PATHWAY.rules if "cancer_history" in rule.named} & held


def test_a_refusal_is_never_narrowed() -> None:
    at = NOON - timedelta(days=5)
    refused = {"date": at.date().isoformat(), "outcome": "not_cleared", "covers": ["gone"], "by": "Dr Who", "at": at}
    new = yesterday("cancer_history", "active", days=2)
    document = document_of(record(answers=[new], clearances=[refused]), PATHWAY, "intake", DAY)
    assert document["clearances"][0]["covers"] == ["*"]
    assert decide(PATHWAY, document).data["disposition"] in ("do_not_massage_now", "medical_exam_first", "emergency")


def test_an_answer_of_today_after_the_intake_is_known_as_the_intakes_and_as_todays() -> None:
    told = Given("fever_or_chills", "answered", False, DAY, NOON)
    document = document_of(record(answers=[told]), PATHWAY, "session", DAY)
    assert document["facts"]["fever_or_chills"] is False
    assert document["today"]["facts"]["fever_or_chills"] is False


def test_how_long_the_pain_has_lasted_grows_with_the_days_since_it_was_told() -> None:
    told = yesterday("pain_duration_days", 30, days=10)
    document = document_of(record(onset=None, answers=[told]), PATHWAY, "intake", DAY)
    assert document["facts"]["pain_duration_days"] == 40
    assert "pain_duration_days" not in document_of(record(answers=[told]), PATHWAY, "intake", DAY)["facts"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_s65_taking_back_a_safety_answer_never_makes_the_decision_milder_than_treat(moment: str) -> None:
    from tests.web.session_taps import CALM_WORDS

    calm = {}
    for name, fact in FACTS.items():
        if fact.stage == "intake" and fact.kind in ("bool", "enum"):
            calm[name] = (
                False
                if fact.kind == "bool"
                else next((w for w in CALM_WORDS if w in fact.values), next(iter(fact.values)))
            )
    known = [yesterday(name, value, days=3) for name, value in calm.items()]
    for name in ("saddle_numbness", "fever_or_chills", "cancer_history"):
        back = yesterday(name, None, days=1, state="not_asked")
        document = document_of(record(answers=[*known, back]), PATHWAY, moment, DAY)
        assert decide(PATHWAY, document).data["disposition"] not in ("treat", "treat_with_precautions")
