"""The note: it writes itself, is edited and signed once, is locked then, and is amended in sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic.models import Amendment, Note, Session, User
from tests.clinic_world import World
from tests.web.session_taps import UNCHANGED, Clock, Tablet, ready, whole_visit

SignedIn = Callable[[User], Client]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def tablet(clock: Clock, world: World, signed_in: SignedIn) -> Tablet:
    ready(world)
    return Tablet(world, signed_in(world.therapist))


def test_a_draft_is_kept_and_shown_again_with_the_therapists_own_words(tablet: Tablet) -> None:
    tablet.start()
    assert tablet.sign(do="draft", s="My own words.").status_code == 303
    assert Session.objects.get().draft["s"] == "My own words."
    page = tablet.client.get(tablet.url("note"))
    assert page.context["form"]["s"].value() == "My own words."
    assert not Note.objects.exists()


def test_a_part_that_was_not_changed_by_hand_goes_on_following_the_taps(tablet: Tablet) -> None:
    tablet.start()
    tablet.sign(do="draft", p="My own plan.")
    assert set(Session.objects.get().draft) == {"p"}
    tablet.tap("pain_before", value=4)
    page = tablet.client.get(tablet.url("note"))
    assert "Pain now: 4 of 10" in page.context["form"]["s"].value()
    assert page.context["form"]["p"].value() == "My own plan."
    assert "Written by hand: Plan" in page.content.decode()


def test_s56_a_note_signed_from_an_old_page_is_refused_with_both_texts_in_view(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("pain_before", value=5)
    refused = tablet.sign(_version="1", s="Words typed in the other tab.")
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Words typed in the other tab." in page
    assert "Pain now: 5 of 10" in page
    assert not Note.objects.exists()


def test_a_part_left_empty_is_said_by_the_field_and_nothing_is_lost(tablet: Tablet) -> None:
    tablet.start()
    refused = tablet.sign(none_why="no_time", o=" ", s="Kept as typed.")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Objective is empty" in page
    assert "Kept as typed." in page


def test_a_session_without_massage_and_without_a_reason_is_not_signed(tablet: Tablet) -> None:
    tablet.start()
    assert tablet.sign().status_code == 422
    assert tablet.sign(none_why="because").status_code == 422
    assert tablet.sign(none_why="not_wanted").status_code == 303
    note = Note.objects.get()
    assert "the person did not want massage today" in note.plan
    assert not Session.objects.get().massage_given


def test_s23_a_control_character_is_refused_by_its_field(tablet: Tablet) -> None:
    tablet.start()
    refused = tablet.sign(none_why="no_time", s="bell \x07")
    assert refused.status_code == 422
    assert "control character" in refused.content.decode()


def test_s44_a_signed_note_is_locked_and_amended_in_sight_with_the_reason(tablet: Tablet) -> None:
    whole_visit(tablet)
    before = Note.objects.get().subjective
    assert tablet.client.get(tablet.url("session")).status_code == 302
    page = tablet.client.get(tablet.url("note"))
    assert "do" not in page.context.get("texts", {})
    sent = {
        "do": "amend",
        "_person": str(tablet.world.person.pk),
        "_version": str(Session.objects.get().version),
        "text": "The left side was sore.",
        "why": "Forgotten",
    }
    assert tablet.client.post(tablet.url("note"), sent).status_code == 303
    assert Note.objects.get().subjective == before
    shown = tablet.client.get(tablet.url("note")).content.decode()
    assert "The left side was sore." in shown
    assert "Forgotten" in shown
    assert tablet.client.post(tablet.url("note"), {**sent, "why": ""}).status_code == 422
    assert Amendment.objects.count() == 1
    with pytest.raises(TypeError):
        Note.objects.get().save()


def test_a_note_is_signed_once_only(tablet: Tablet) -> None:
    tablet.start()
    first = {"_version": "1", "_person": str(tablet.world.person.pk), "none_why": "no_time", "do": "sign"}
    texts = dict.fromkeys("soap", "Words.")
    assert tablet.client.post(tablet.url("note"), {**first, **texts}).status_code == 303
    assert tablet.client.post(tablet.url("note"), {**first, **texts}).status_code == 409
    assert Note.objects.count() == 1


def test_s55_the_same_form_sent_twice_signs_once_and_leads_to_the_same_page(tablet: Tablet) -> None:
    tablet.start()
    sent = {"_version": "1", "_person": str(tablet.world.person.pk), "none_why": "no_time", "do": "sign", "_form": "k1"}
    sent |= dict.fromkeys("soap", "Words.")
    first, again = (tablet.client.post(tablet.url("note"), sent) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert Note.objects.count() == 1


def test_unfinished_notes_are_listed_oldest_first_for_the_own_people_only(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    clock.day(3)
    client = signed_in(world.therapist)
    page = client.get(reverse("notes")).content.decode()
    assert "Ada Lind" in page
    assert "3 days old" in page
    assert "Ada Lind" not in signed_in(world.colleague).get(reverse("notes")).content.decode()
    assert signed_in(world.desk).get(reverse("notes")).status_code == 404


def test_what_was_not_asked_is_said_to_be_so_and_never_no(tablet: Tablet) -> None:
    tablet.start()
    tablet.tap("fact", fact="dark_urine", unsure=True)
    tablet.sign(none_why="no_time")
    note = Note.objects.get()
    assert "Pain now: not asked." in note.subjective
    assert "Asked, and could not be said: dark urine" in note.subjective
    assert "Not asked today:" in note.subjective
    assert "Range of motion: not tested." in note.objective
    assert "heat: not asked" in note.objective
    assert ": no." not in note.subjective
    assert ": no;" not in note.objective
