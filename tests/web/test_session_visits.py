"""Whole visits through the pages: what a therapist taps from the door card to the signed note, and when it stops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from palpate.clinic import overruling
from palpate.clinic.acts import act
from palpate.clinic.models import Answer, Measure, Note, Session, User
from tests.clinic_world import World
from tests.web.session_taps import NOTHING_FOUND, SWEDISH, UNCHANGED, Clock, Tablet, ready, whole_visit

SignedIn = Callable[[User], Client]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def tablet(clock: Clock, world: World, signed_in: SignedIn) -> Tablet:
    ready(world)
    return Tablet(world, signed_in(world.therapist))


def test_a_first_visit_ends_with_a_signed_note_its_scores_and_a_session_given(tablet: Tablet) -> None:
    answer = whole_visit(tablet)
    assert answer.status_code == 303, answer.content
    session = Session.objects.get()
    assert session.state == "signed"
    assert session.massage_given
    note = Note.objects.get()
    assert not note.late
    assert "Pain now: 6 of 10" in note.subjective
    assert "Low back, left: yields." in note.objective
    assert "Swedish (strokes and kneading), low back, both sides, 40 min, pressure 3 of 5" in note.objective
    assert "Pain after the massage: 3 of 10" in note.objective
    assert Measure.objects.get(name="ffd_cm").value == 12
    assert Measure.objects.get(name="ffd_cm").tester == tablet.world.therapist
    decision = tablet.newest()
    assert decision.moment == "review"


def test_a_whole_return_visit_takes_at_most_25_taps_and_no_typing(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    whole_visit(tablet)
    clock.day(7)
    back = Tablet(world, signed_in(world.therapist))
    assert whole_visit(back, pain=(5, 2), again=True).status_code == 303
    steps = 4  # taps that only lead on: to palpation, to the retest, to the note; "to the treatment" is a touch
    assert back.taps + steps <= 25
    note = Note.objects.get(session=back.session)
    assert "before the massage 6, after it 3" in note.subjective
    assert "dark urine: no" in note.subjective
    assert "soreness: not asked" in note.subjective


def test_after_the_second_session_the_signed_note_leads_to_the_check(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    whole_visit(tablet)
    clock.day(7)
    answer = whole_visit(Tablet(world, signed_in(world.therapist)), again=True)
    assert answer["Location"].endswith("/check/")


def test_a_muscle_that_does_not_yield_stops_the_session_and_no_treatment_is_taken(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=6)
    tablet.tap("facts", values=NOTHING_FOUND)
    told = tablet.tap("palpate", region="low_back", side="left", muscle="erector_spinae", yields="no")
    assert told["stop"]["panel"] == "stop-hands"
    assert not told["state"]["treat_open"]
    refused = tablet.send(("treat", SWEDISH))
    assert refused.status_code == 409
    assert "does not yield" in refused.json()["detail"]
    page = tablet.client.get(tablet.url("session")).content.decode()
    assert "No massage today." in page
    assert reverse("decision", kwargs=tablet.ids) in page
    assert tablet.sign().status_code == 303
    session = Session.objects.get()
    assert session.state == "signed"
    assert not session.massage_given
    note = Note.objects.get()
    assert "No massage was given." in note.objective
    assert "a muscle that does not yield" in note.plan


@pytest.mark.parametrize("sign", ["local_heat", "local_redness", "local_swelling", "pain_out_of_proportion"])
def test_heat_redness_swelling_or_too_much_pain_stops_the_session(tablet: Tablet, sign: str) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    tablet.tap("facts", values=NOTHING_FOUND)
    told = tablet.tap("fact", fact=sign, value=True)
    assert told["stop"]["panel"] == "stop-hands"
    assert tablet.send(("treat", SWEDISH)).status_code == 409


def test_a_danger_sign_at_the_second_session_fills_the_screen_before_anything_else_was_asked(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    whole_visit(tablet)
    clock.day(7)
    back = Tablet(world, signed_in(world.therapist))
    back.start()
    told = back.tap("fact", fact="saddle_numbness", value=True)
    assert told["stop"]["panel"] == "stop-emergency"
    assert back.newest().disposition == "emergency"
    refused = back.send(("treat", SWEDISH))
    assert refused.status_code == 409
    assert back.sign().status_code == 303
    assert not Session.objects.get(pk=back.session.pk).massage_given  # type: ignore[union-attr]


def test_a_wrong_tap_on_a_danger_sign_is_taken_back_and_massage_opens_again(tablet: Tablet) -> None:
    tablet.start()
    key = "11111111-1111-4111-8111-111111111111"
    tablet.send(("fact", {"fact": "saddle_numbness", "value": True}), keys=[key])
    assert tablet.newest().disposition == "emergency"
    tablet.tap("undo", key=key)
    assert tablet.newest().disposition == "incomplete"
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    told = tablet.tap("facts", values=NOTHING_FOUND)
    assert told["state"]["treat_open"]


def test_incomplete_names_what_is_open_with_taps_to_answer_it_there(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("gate", after="asked")
    page = tablet.client.get(tablet.url("session-live")).content.decode()
    assert "Still to ask, before any massage" in page
    assert "open-fact-saddle_numbness" in page
    assert tablet.send(("treat", SWEDISH)).status_code == 409


def test_nothing_is_treated_before_it_was_asked_again(tablet: Tablet) -> None:
    tablet.start()
    refused = tablet.send(("treat", SWEDISH))
    assert refused.status_code == 409
    assert "Ask first" in refused.json()["detail"]


def test_what_was_told_anew_after_the_decision_closes_treatment_again(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    assert tablet.tap("facts", values=NOTHING_FOUND)["state"]["treat_open"]
    told = tablet.tap("fact", fact="fever_or_chills", value=True)
    assert not told["state"]["treat_open"]
    assert tablet.send(("treat", SWEDISH)).status_code == 409


def test_a_decision_that_was_overruled_with_a_reason_opens_treatment(tablet: Tablet, world: World) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=6)
    tablet.tap("facts", values=NOTHING_FOUND)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="no")
    decision = tablet.newest()
    assert decision.disposition == "do_not_massage_now"
    with act(world.actor(world.therapist), "decision", "overrule", change=True) as deed:
        deed.concerns(world.person)
        reason = "Felt again after breathing out: it yields now."
        overruling.overrule(world.actor(world.therapist), world.episode, decision, "treat", reason)
    tablet.tap("treat", **SWEDISH)
    assert tablet.sign().status_code == 303
    assert reason in Note.objects.get().assessment


def test_the_buttock_needs_its_own_consent_and_the_page_leads_to_it(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    refused = tablet.send(("palpate", {"region": "buttock", "side": "left", "muscle": "", "yields": "yes"}))
    assert refused.status_code == 409
    assert "Buttock" in refused.json()["detail"]
    page = tablet.client.get(tablet.url("session")).content.decode()
    assert "Buttock" in page.split("No hands yet on:")[1].split("</p>")[0]
    assert reverse("consent", kwargs=tablet.ids) in page


def test_no_session_starts_without_consent(world: World, signed_in: SignedIn) -> None:
    tablet = Tablet(world, signed_in(world.therapist))
    assert tablet.start().status_code == 409
    assert not Session.objects.exists()


def test_a_second_start_on_the_same_day_leads_to_the_open_session(tablet: Tablet) -> None:
    tablet.start()
    first = tablet.session
    tablet.start()
    assert tablet.session == first
    assert Session.objects.count() == 1


def test_a_note_signed_on_a_later_day_keeps_both_dates(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    clock.day(2)
    tablet.client = signed_in(world.therapist)
    answer = tablet.sign(none_why="no_time")
    assert answer.status_code == 303, answer.content
    note = Note.objects.get()
    assert note.late
    assert (note.signed_at.date() - note.about_day).days == 2
    page = tablet.client.get(tablet.url("note")).content.decode()
    assert "Late entry" in page


def test_what_was_said_in_a_session_nobody_signed_still_counts_the_next_day(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    tablet.start()
    tablet.tap("fact", fact="saddle_numbness", value=True)
    clock.day(1)
    again = Tablet(world, signed_in(world.therapist))
    again.start()
    again.tap("unchanged", **UNCHANGED)
    assert again.newest().disposition == "emergency"


def test_the_door_card_asks_the_store_a_number_of_times_that_does_not_grow_with_the_record(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    def queries(client: Client) -> int:
        client.get(tablet.url("door"))  # the first request of a sign-in also notes when it began
        with CaptureQueriesContext(connection) as found:
            page = client.get(tablet.url("door"))
        assert page.status_code == 200
        return len(found)

    whole_visit(tablet)
    clock.day(7)
    after_one = queries(signed_in(world.therapist))
    whole_visit(Tablet(world, signed_in(world.therapist)), again=True)
    clock.day(14)
    client = signed_in(world.therapist)
    whole_visit(Tablet(world, client), again=True)
    clock.day(21)
    assert queries(signed_in(world.therapist)) == after_one


def test_the_door_card_says_what_changed_what_to_avoid_and_what_to_ask(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    first = tablet.client.get(tablet.url("door")).content.decode()
    assert "This is the first session of the course." in first
    assert "Start session" in first
    whole_visit(tablet)
    clock.day(3)
    with act(world.actor(world.therapist), "answers", "test", change=True) as deed:
        deed.concerns(world.person)
        told = {"state": "answered", "value": "anticoagulant", "day": world.day + timedelta(days=3)}
        Answer(episode=world.episode, fact="anticoagulant_use", at=clock.now, **told).save()
    clock.day(7)
    page = signed_in(world.therapist).get(tablet.url("door")).content.decode()
    assert "Pain 6 before, 3 after. The muscle yields." in page
    assert "anticoagulant use: “" in page
    assert "After the last massage: soreness, dark urine" in page
    assert "Consent stands until" in page
