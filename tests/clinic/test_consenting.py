"""Consent: what was signed, and what of it stands on a day. Everything that is not sure is no consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from palpate.clinic import consenting, deciding, moment
from palpate.clinic.access import care
from palpate.clinic.acts import NoAct, act
from palpate.clinic.consenting import Signed, read_signature, sheets, sign, standing, withdraw
from palpate.clinic.models import Answer, Consent
from palpate.clinic.refusals import BadInput
from tests.clinic_world import World

TYPED = {"typed": "Ada Lind"}


@pytest.fixture
def doing(world: World) -> Iterator[World]:
    """The practice within one act of the therapist in charge."""
    with act(world.actor(world.therapist), "consent", "tests", change=True):
        yield world


def agree(world: World, *areas: str, alone: str = "yes", guardian: str = "", agrees: bool = True) -> list[Consent]:
    """Signs everything that these areas ask for today."""
    lie = sheets(world.episode, areas, world.day, alone)
    signed = [Signed(sheet, TYPED, agrees) for sheet in lie]
    return sign(world.actor(world.therapist), world.episode, world.day, signed, alone, guardian, "mother")


def place(world: World, name: str) -> None:
    world.practice.place = name
    world.practice.save()


def test_before_anybody_signs_nothing_may_begin_and_the_pathway_has_no_answer(doing: World) -> None:
    stands = standing(doing.episode, ["low_back"], doing.day)
    assert not stands.begins
    assert not stands.touchable
    assert "not signed yet" in stands.why_not()
    assert "not signed yet" in stands.why_not("low_back")
    assert consenting.keep_status(doing.actor(doing.therapist), doing.episode, doing.day) is None
    assert not Answer.objects.exists()


def test_a_signature_covers_the_areas_it_names_and_no_other(doing: World) -> None:
    agree(doing, "low_back", "mid_back")
    stands = standing(doing.episode, ["low_back", "mid_back", "neck"], doing.day)
    assert stands.begins
    assert stands.touchable == {"low_back", "mid_back"}
    assert stands.why_not("neck") == "“Your consent to massage of the back” was signed, but not for: back of the neck."
    assert stands.until == doing.day + timedelta(days=364)


def test_signing_answers_the_pathway_s_question_once(doing: World) -> None:
    agree(doing, "low_back")
    assert consenting.keep_status(doing.actor(doing.therapist), doing.episode, doing.day) is None
    answer = Answer.objects.get(fact="consent_status")
    assert (answer.state, answer.value, answer.day) == ("answered", "given", doing.day)
    record = deciding.record_of(doing.episode)
    assert [(given.fact, given.value) for given in record.answers] == [("consent_status", "given")]


def test_a_sensitive_area_needs_its_own_signature_and_only_for_the_day_it_was_given(doing: World) -> None:
    rows = agree(doing, "low_back", "buttock")
    assert [row.kind for row in rows] == ["general", "sensitive_areas"]
    assert rows[0].expires == doing.day + timedelta(days=364)
    assert rows[1].expires == doing.day
    today = standing(doing.episode, ["buttock", "low_back"], doing.day)
    assert today.touchable == {"buttock", "low_back"}
    assert today.lasts_day == {"buttock"}
    tomorrow = standing(doing.episode, ["buttock", "low_back"], doing.day + timedelta(days=1))
    assert tomorrow.begins
    assert tomorrow.touchable == {"low_back"}
    assert "ran out" in tomorrow.why_not("buttock")


def test_only_what_does_not_stand_is_asked_again(doing: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(doing, "low_back", "buttock")
    assert len(sheets(doing.episode, ["low_back", "buttock"], doing.day, "yes")) == 2, (
        "all stand: all can be signed anew"
    )
    tomorrow = moment.now() + timedelta(days=1)
    monkeypatch.setattr(moment, "now", lambda: tomorrow)
    doing.day = moment.today()
    lie = sheets(doing.episode, ["low_back", "buttock"], doing.day, "yes")
    assert [sheet.need.text for sheet in lie] == ["sensitive_areas"]
    agree(doing, "low_back", "buttock")
    assert standing(doing.episode, ["low_back", "buttock"], doing.day).touchable == {"low_back", "buttock"}
    assert [s.need.text for s in sheets(doing.episode, ["neck"], doing.day, "yes")] == ["general"]


def test_a_general_consent_alone_never_covers_the_buttock(doing: World) -> None:
    agree(doing, "low_back", "buttock")
    extra = Consent.objects.get(kind="sensitive_areas")
    withdraw(doing.actor(doing.therapist), doing.episode, [extra], "", doing.day)
    stands = standing(doing.episode, ["buttock", "low_back"], doing.day)
    assert stands.begins
    assert stands.touchable == {"low_back"}
    assert "taken back" in stands.why_not("buttock")


def test_in_ontario_the_extra_consent_for_the_buttock_lasts_the_course(doing: World) -> None:
    place(doing, "ontario")
    agree(doing, "buttock")
    later = standing(doing.episode, ["buttock"], doing.day + timedelta(days=30))
    assert later.touchable == {"buttock"}
    assert not later.lasts_day


def test_after_a_withdrawal_nothing_begins_and_the_first_paper_keeps_its_words(doing: World) -> None:
    (paper,) = agree(doing, "low_back")
    words = paper.text
    withdraw(doing.actor(doing.therapist), doing.episode, [paper], "Not today", doing.day)
    stands = standing(doing.episode, ["low_back"], doing.day)
    assert not stands.begins
    assert not stands.touchable
    assert "taken back" in stands.why_not()
    assert Answer.objects.filter(fact="consent_status").order_by("at").last().value == "missing"  # type: ignore[union-attr]
    kept = Consent.objects.get(pk=paper.pk)
    assert kept.text == words
    assert "Harbour Street Back Care" in words
    assert "low back" in words
    assert Consent.objects.get(withdraws=paper).why == "Not today"


def test_a_withdrawal_is_written_once_and_a_new_signature_counts_again(doing: World) -> None:
    (paper,) = agree(doing, "low_back")
    for _ in range(2):
        withdraw(doing.actor(doing.therapist), doing.episode, [paper], "", doing.day)
    assert Consent.objects.filter(withdraws=paper).count() == 1
    agree(doing, "low_back")
    assert standing(doing.episode, ["low_back"], doing.day).touchable == {"low_back"}


def test_taking_back_one_paper_ends_older_ones_with_the_same_words(doing: World) -> None:
    agree(doing, "low_back")
    (newer,) = agree(doing, "low_back")
    withdraw(doing.actor(doing.therapist), doing.episode, [newer], "", doing.day)
    assert not standing(doing.episode, ["low_back"], doing.day).begins


def test_consent_runs_out_and_the_pathway_is_told(doing: World) -> None:
    agree(doing, "low_back")
    last, after = doing.day + timedelta(days=364), doing.day + timedelta(days=365)
    assert consenting.status_of(doing.episode, last - timedelta(days=1)) == "given"
    stands = standing(doing.episode, ["low_back"], after)
    assert not stands.begins
    assert "ran out" in stands.why_not()
    answer = consenting.keep_status(doing.actor(doing.therapist), doing.episode, after)
    assert answer is not None
    assert answer.value == "missing"


@pytest.mark.parametrize("alone", ["no", "cannot_say"])
def test_who_may_not_decide_alone_needs_a_guardian_and_so_does_who_was_not_asked(doing: World, alone: str) -> None:
    assert [sheet.need.signer for sheet in sheets(doing.episode, ["low_back"], doing.day, alone)] == ["guardian"] * 2
    with pytest.raises(BadInput, match="guardian"):
        agree(doing, "low_back", alone=alone)
    agree(doing, "low_back", alone=alone, guardian="Eva Lind")
    assert standing(doing.episode, ["low_back"], doing.day).touchable == {"low_back"}
    assert consenting.status_of(doing.episode, doing.day) == "guardian_given"
    assert {row.signed_by for row in care.consents(doing.episode)} == {"Eva Lind"}


@pytest.mark.parametrize(("place_id", "age"), [("united_kingdom", 17), ("default", 18), ("ontario", 17)])
def test_below_the_age_of_the_place_a_guardian_signs(doing: World, place_id: str, age: int) -> None:
    place(doing, place_id)
    doing.person.birth_date = date(doing.day.year - age, 1, 1)
    doing.person.save()
    doing.episode.refresh_from_db()
    agree(doing, "low_back", guardian="Eva Lind")
    stands = standing(doing.episode, ["low_back"], doing.day)
    assert stands.guardian
    assert stands.begins
    assert {row.kind for row in care.consents(doing.episode)} == {"general", "guardian"}


def test_a_guardian_s_signature_without_the_person_s_own_yes_is_no_consent(doing: World) -> None:
    with pytest.raises(BadInput, match="own yes"):
        agree(doing, "low_back", alone="no", guardian="Eva Lind", agrees=False)
    assert not Consent.objects.exists()


def test_an_adult_s_own_signature_does_not_stand_once_somebody_said_they_cannot_decide_alone(doing: World) -> None:
    agree(doing, "low_back")
    lie = sheets(doing.episode, ["neck"], doing.day, "no")[:1]
    sign(doing.actor(doing.therapist), doing.episode, doing.day, [Signed(lie[0], TYPED, True)], "no", "Eva Lind")
    stands = standing(doing.episode, ["low_back", "neck"], doing.day)
    assert not stands.begins
    assert not stands.touchable


@pytest.mark.parametrize("change", ["place", "version", "therapist"])
def test_other_rules_other_words_or_no_therapist_make_a_signature_void(doing: World, change: str) -> None:
    (row,) = agree(doing, "low_back")
    if change == "place":
        place(doing, "united_kingdom")
    else:
        told = {**row.signature, "therapist_signed": False} if change == "therapist" else row.signature
        version = "0" if change == "version" else row.text_version
        fields = {"kind": row.kind, "text": row.text, "place": row.place, "areas": row.areas, "expires": row.expires}
        withdraw(doing.actor(doing.therapist), doing.episode, [row], "", doing.day)
        again = Consent(episode=doing.episode, text_version=version, signed_by="x", signature=told, **fields)
        again.at = moment.now()
        again.save()
    assert not standing(doing.episode, ["low_back"], doing.day).begins


def test_nobody_can_consent_to_an_area_that_is_not_treated_or_does_not_exist(doing: World) -> None:
    agree(doing, "low_back")
    stands = standing(doing.episode, ["breast", "elbow"], doing.day)
    assert stands.begins
    assert not stands.touchable
    assert len(stands.missing) == 2
    for areas in (["breast"], ["elbow"], []):
        with pytest.raises(BadInput):
            consenting.read_areas(areas)


def test_a_region_of_a_session_finds_its_area(doing: World) -> None:
    agree(doing, "back_of_thigh")
    assert standing(doing.episode, ["thigh"], doing.day).may_touch("thigh")


def test_consent_is_only_changed_inside_an_act(world: World) -> None:
    with pytest.raises(NoAct):
        agree(world, "low_back")
    with pytest.raises(NoAct):
        consenting.keep_status(world.actor(world.therapist), world.episode, world.day)


def test_another_episode_s_consent_does_not_count(doing: World) -> None:
    agree(doing, "low_back")
    other = type(doing.episode)(person=doing.person, therapist=doing.therapist, opened=timezone.now())
    other.save()
    assert not standing(other, ["low_back"], doing.day).begins


# --- signatures -------------------------------------------------------------------------------------------------------


def drawn(**changes: Any) -> str:
    whole: dict[str, Any] = {
        "kind": "drawn",
        "width": 300,
        "height": 120,
        "strokes": [[[10, 10], [80, 60.5]], [[90, 9]]],
    }
    return json.dumps({**whole, **changes})


def test_a_drawn_signature_is_kept_stroke_by_stroke_and_a_typed_one_as_its_name() -> None:
    assert read_signature(drawn()) == {"strokes": [[[10, 10], [80, 60.5]], [[90, 9]]], "width": 300, "height": 120}
    assert read_signature('{"kind": "typed", "name": "  Ada   Lind "}') == {"typed": "Ada Lind"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{}",
        "[]",
        "null",
        "Ada Lind",
        '{"kind": "typed", "name": ""}',
        '{"kind": "typed", "name": "  "}',
        '{"kind": "typed", "name": 7}',
        '{"kind": "typed", "name": "Ada", "by": "x"}',
        '{"kind": "typed", "name": "Ada\\u202eLind"}',
        '{"kind": "typed", "name": "' + "x" * 201 + '"}',
        '{"kind": "typed", "name": "A", "name": "B"}',
        drawn(strokes=[]),
        drawn(strokes=[[]]),
        drawn(strokes="x"),
        drawn(strokes=[[[1, 2, 3]]]),
        drawn(strokes=[[["1", 2], [200, 100]]]),
        drawn(strokes=[[[True, 2], [200, 100]]]),
        drawn(strokes=[[[1, 2], [301, 100]]]),
        drawn(strokes=[[[1, 2], [-1, 100]]]),
        drawn(strokes=[[[5, 5], [6, 6]]]),
        drawn(strokes=[[[0, 0], [200, 100]]] * 61),
        drawn(strokes=[[[n % 300, 1] for n in range(1501)]]),
        drawn(width=0),
        drawn(width="300"),
        drawn(height=9999),
        drawn(extra=1),
        drawn().replace("300", "NaN"),
        drawn().replace("300", "1e999"),
    ],
)
def test_s22_what_is_no_signature_is_refused_and_nothing_is_repaired(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_signature(text, "signature_0")
    assert refused.value.field == "signature_0"
