"""The intake as it is kept: answers, the drawing, the ratings. Not asked, no and cannot say are three things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from palpate.clinic import deciding, intake
from palpate.clinic.acts import act
from palpate.clinic.document import document_of
from palpate.clinic.intake import ANSWERED, CANNOT_SAY, KNOWN, NOT_ASKED, Stale, Told
from palpate.clinic.models import Answer, BodyDrawing, Measure
from palpate.clinic.refusals import BadInput
from palpate.figures import BodyMap, Stroke
from palpate.pathway.pathway import Pathway
from palpate.web.pages.intake.screens import MOST, SCREEN_OF, SCREENS
from tests.clinic_world import World


@pytest.fixture
def doing(world: World) -> Iterator[World]:
    """The practice within one act of the therapist in charge."""
    with act(world.actor(world.therapist), "answers", "tests", change=True):
        yield world


def keep(world: World, seen: int | None = None, **told: Told) -> int:
    actor, pathway = world.actor(world.therapist), deciding.pathway_in_force()
    return intake.keep_answers(actor, pathway, world.episode, seen or world.episode.version, told, world.day)


def yes(value: Any = True) -> Told:
    return Told(ANSWERED, value)


def test_every_question_of_the_intake_stands_on_exactly_one_screen(world: World) -> None:
    pathway: Pathway = deciding.pathway_in_force()
    on_screens = [fact for screen in SCREENS for fact in screen.facts]
    assert sorted(on_screens) == sorted(intake.questions(pathway))
    assert len(set(on_screens)) == len(on_screens)
    asked = {name for name, fact in pathway.vocabulary.facts.items() if fact.stage == "intake"}
    assert asked - set(SCREEN_OF) == KNOWN
    assert all(1 <= len(screen.facts) <= MOST for screen in SCREENS)


def test_no_unsure_and_not_asked_are_three_different_things_in_the_document(doing: World) -> None:
    keep(doing, fever_or_chills=yes(False), feeling_unwell=Told(CANNOT_SAY))
    document = deciding.document_of(deciding.record_of(doing.episode), deciding.pathway_in_force(), "intake", doing.day)
    assert document["facts"]["fever_or_chills"] is False
    assert "feeling_unwell" not in document["facts"]
    assert document["unsure"] == ["feeling_unwell"]
    assert "saddle_numbness" not in document["facts"]
    assert "saddle_numbness" not in document["unsure"]


def test_the_same_answer_twice_on_a_day_is_one_row_and_a_changed_one_is_a_second(doing: World) -> None:
    assert keep(doing, fever_or_chills=yes(False)) == 1
    assert keep(doing, fever_or_chills=yes(False)) == 0
    assert keep(doing, fever_or_chills=yes()) == 1
    past = intake.history(doing.episode)["fever_or_chills"]
    assert [said.value for said in past] == [False, True]
    assert past[0].by == "Therapist"
    assert intake.standing_answers(intake.history(doing.episode))["fever_or_chills"].value is True


def test_an_answer_that_is_taken_back_is_not_asked_again_and_stays_in_sight(doing: World) -> None:
    keep(doing, fever_or_chills=yes(False))
    keep(doing, fever_or_chills=Told(NOT_ASKED))
    assert keep(doing, fever_or_chills=Told(NOT_ASKED)) == 0
    past = intake.history(doing.episode)
    assert "fever_or_chills" not in intake.standing_answers(past)
    assert len(past["fever_or_chills"]) == 2
    document = deciding.document_of(deciding.record_of(doing.episode), deciding.pathway_in_force(), "intake", doing.day)
    assert "fever_or_chills" not in document["facts"]


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("fever_or_chills", Told(ANSWERED, "no")),
        ("fever_or_chills", Told(ANSWERED, 0)),
        ("fever_or_chills", Told(ANSWERED, None)),
        ("fever_or_chills", Told(CANNOT_SAY, False)),
        ("fever_or_chills", Told("maybe")),
        ("leg_weakness", Told(ANSWERED, "No")),
        ("pain_now", Told(ANSWERED, 11)),
        ("pain_now", Told(ANSWERED, -1)),
        ("pain_now", Told(ANSWERED, "5")),
        ("pain_now", Told(ANSWERED, float("nan"))),
        ("age_years", Told(ANSWERED, 40)),
        ("consent_status", Told(ANSWERED, "given")),
        ("local_heat", Told(ANSWERED, False)),
        ("no_such_fact", Told(ANSWERED, False)),
    ],
)
def test_s25_an_answer_that_is_none_is_refused_and_nothing_of_its_screen_is_kept(
    doing: World, fact: str, told: Told
) -> None:
    with pytest.raises(BadInput) as refused:
        keep(doing, saddle_numbness=yes(False), **{fact: told})
    assert refused.value.field == fact
    assert not Answer.objects.exists()


@pytest.mark.parametrize("value", [0, 10])
def test_s24_the_ends_of_a_range_are_answers(doing: World, value: int) -> None:
    assert keep(doing, pain_now=yes(value)) == 1


def test_s56_a_second_tab_is_refused_and_nothing_of_it_is_kept(doing: World) -> None:
    seen = doing.episode.version
    keep(doing, seen, fever_or_chills=yes(False))
    with pytest.raises(Stale):
        keep(doing, seen, feeling_unwell=yes())
    assert list(Answer.objects.values_list("fact", flat=True)) == ["fever_or_chills"]


def document_now(doing: World) -> dict[str, Any]:
    """The episode document of an intake decision on the day of the test."""
    pathway = deciding.pathway_in_force()
    return document_of(deciding.record_of(doing.episode), pathway, "intake", doing.day)


def test_since_when_it_hurts_is_kept_as_a_day_and_never_beside_another_answer(doing: World) -> None:
    keep(doing, pain_duration_days=yes(10))
    doing.episode.refresh_from_db()
    assert doing.episode.onset == doing.day - timedelta(days=10)
    assert Answer.objects.get().value == 10  # that it was told stays in the record; a document has the day alone
    assert "pain_duration_days" not in document_now(doing)["facts"]
    keep(doing, pain_duration_days=Told(CANNOT_SAY))
    doing.episode.refresh_from_db()
    assert doing.episode.onset is None
    assert deciding.preview(doing.episode, "intake", doing.day) is not None
    keep(doing, pain_duration_days=yes(3))
    doing.episode.refresh_from_db()
    document = deciding.document_of(deciding.record_of(doing.episode), deciding.pathway_in_force(), "intake", doing.day)
    assert document["unsure"] == []
    assert "pain_duration_days" not in document["facts"]
    keep(doing, pain_duration_days=Told(NOT_ASKED))
    doing.episode.refresh_from_db()
    assert doing.episode.onset is None


def test_s70_an_intake_in_part_never_counts_as_complete(doing: World) -> None:
    keep(doing, fever_or_chills=yes(False), saddle_numbness=yes(False))
    decision = deciding.decide_now(doing.actor(doing.therapist), doing.episode, "intake", doing.day)
    assert decision.disposition == "incomplete"
    left = intake.open_questions(deciding.said(decision))
    assert "leg_weakness" in left.safety
    assert "fever_or_chills" not in left.facts


def test_where_nothing_can_be_decided_nothing_is_settled() -> None:
    left = intake.open_questions(None)
    assert not left.known
    assert not left.facts


def test_the_place_marked_first_is_proposed_and_answered_by_nobody(doing: World) -> None:
    drawn = BodyMap(("buttock_left", "low_back_left"), (Stroke("back", ((100.0, 200.0),)),))
    for _ in range(2):
        intake.keep_drawing(doing.actor(doing.therapist), doing.episode, doing.episode.version, drawn, doing.day)
    assert BodyDrawing.objects.count() == 1
    assert intake.drawing_of(doing.episode) == drawn
    assert intake.proposed_site(drawn) == "buttock"
    assert intake.proposed_site(BodyMap()) == ""
    assert not Answer.objects.exists()


def rate(world: World, names: list[str], ratings: list[int | None], **values: int) -> int:
    actor, episode = world.actor(world.therapist), world.episode
    return intake.keep_ratings(actor, episode, episode.version, values, names, ratings, world.day)


def test_ratings_are_measures_of_the_day_and_a_missing_one_is_missing(doing: World) -> None:
    assert rate(doing, ["Sit at a desk", "Lift a child"], [4, None], pain_nrs=7) == 2
    assert rate(doing, ["Sit at a desk", "Lift a child"], [4, None], pain_nrs=7) == 0
    assert {(row.name, row.value) for row in Measure.objects.all()} == {("pain_nrs", 7.0), ("own_activities", None)}
    now = intake.ratings_of(doing.episode)
    assert now.values == {"pain_nrs": 7.0, "sleep_nrs": None, "mood_nrs": None}
    assert now.activities == (4, None)
    document = deciding.document_of(deciding.record_of(doing.episode), deciding.pathway_in_force(), "intake", doing.day)
    assert {"date": doing.day.isoformat(), "name": "own_activities", "values": [4, None]} in document["measures"]


def test_an_activity_that_was_rated_keeps_its_name(doing: World) -> None:
    rate(doing, ["Sit at a desk"], [4])
    with pytest.raises(BadInput, match="keeps its name"):
        rate(doing, ["Lift a child"], [6])
    assert rate(doing, ["Sit at a desk", "Lift a child"], [5, 6]) == 1


@pytest.mark.parametrize("value", [-1, 11, True, 5.0, "5"])
def test_s24_a_rating_outside_0_to_10_or_in_another_shape_is_refused(doing: World, value: Any) -> None:
    with pytest.raises(BadInput):
        rate(doing, [], [], pain_nrs=value)
    with pytest.raises(BadInput):
        rate(doing, ["Sit"], [value])
    assert not Measure.objects.exists()


@pytest.mark.parametrize("name", ["Sit\x00", "Sit\x07down", "Sit\u202edown", "x" * 201, ""])
def test_s23_the_name_of_an_activity_is_clean_text(doing: World, name: str) -> None:
    with pytest.raises(BadInput):
        rate(doing, [name], [4])
