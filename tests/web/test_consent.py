"""The consent pages: choosing areas, reading, signing, taking back, and every paper with its words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from palpate.clinic import consenting, moment
from palpate.clinic.acts import upkeep
from palpate.clinic.models import Answer, AuditRow, Consent, Episode, Person, User
from palpate.library.languages import say
from tests.clinic_world import World

SignedIn = Callable[[User], Client]
DRAWN = json.dumps({"kind": "drawn", "width": 320, "height": 140, "strokes": [[[10, 20], [200, 90], [300, 30]]]})
TYPED = json.dumps({"kind": "typed", "name": "Ada Lind"})


@pytest.fixture
def home(world: World) -> str:
    return f"/people/{world.person.pk}/episodes/{world.episode.pk}/consent/"


@pytest.fixture
def client(world: World, signed_in: SignedIn) -> Client:
    return signed_in(world.therapist)


def form(client: Client, home: str, *areas: str, alone: str = "yes", **more: object) -> dict[str, object]:
    """What a browser would send: the areas, then the texts as they were shown, signed."""
    first = client.post(home + "sign/", {"areas": areas, "alone": alone})
    assert first.status_code == 200, first.content.decode()
    sheets = first.context["form"].sheets
    told: dict[str, object] = {"areas": areas, "alone": alone, "step": "sign", "therapist": "yes"}
    told["shown"] = [sheet.digest for sheet in sheets]
    told |= {f"signature_{at}": DRAWN for at in range(len(sheets))}
    return told | more


def test_the_first_page_says_that_nothing_starts_and_asks_for_areas(client: Client, home: str) -> None:
    page = client.get(home).content.decode()
    assert "Nothing starts without it" in page
    assert 'name="areas"' in page
    assert "Read and sign" in page
    assert page.count('class="next') == 1
    assert "checked" not in page


def test_one_button_chooses_the_whole_back_and_no_sensitive_area(client: Client, home: str) -> None:
    page = client.get(home + "?set=back").content.decode()
    chosen = re.findall(r'name="areas" value="(\w+)"[^>]* checked', page)
    assert chosen == ["neck", "upper_back", "mid_back", "low_back", "flank"]


def test_signing_keeps_the_exact_words_that_were_shown(client: Client, home: str, world: World) -> None:
    told = form(client, home, "low_back", "mid_back")
    shown = client.post(home + "sign/", {"areas": ["low_back", "mid_back"], "alone": "yes"}).content.decode()
    answer = client.post(home + "sign/", told)
    assert (answer.status_code, answer["Location"]) == (303, home)
    row = Consent.objects.get()
    assert row.signed_by == "Ada Lind"
    assert row.by == world.therapist
    assert row.signature["strokes"]
    assert all(words in shown for _, words in consenting.blocks_of(row.text) if "'" not in words)
    assert Answer.objects.get(fact="consent_status").value == "given"
    page = client.get(home).content.decode()
    assert "Consent stands until" in page
    assert "Go on to the intake" in page
    paper = client.get(f"{home}{row.pk}/").content.decode()
    assert "<polyline" in paper
    assert "Middle of the back" not in paper
    assert "middle of the back; low back" in paper
    assert "style=" not in paper
    assert "Ada Lind" in paper
    assert "data-print" in paper


def test_the_text_lies_before_the_signer_in_their_language_and_those_words_are_kept(
    client: Client, home: str, world: World
) -> None:
    with upkeep():
        Person.objects.filter(pk=world.person.pk).update(language="ar")
    told = form(client, home, "low_back")
    page = client.post(home + "sign/", {"areas": ["low_back"], "alone": "yes"}).content.decode()
    assert '<article class="card" aria-labelledby="sheet-1" lang="ar" dir="rtl">' in page
    assert client.post(home + "sign/", told | {"language": "es"}).status_code == 409  # not the words that were shown
    assert client.post(home + "sign/", told | {"language": "tlh"}).status_code == 422
    assert not Consent.objects.exists()
    assert client.post(home + "sign/", told | {"language": "ar"}).status_code == 303
    row = Consent.objects.get()
    assert row.signature["language"] == "ar"
    assert row.text.startswith(say("ar", "consent.general.title"))
    assert 'lang="ar" dir="rtl"' in client.get(f"{home}{row.pk}/").content.decode()
    assert "Consent stands until" in client.get(home).content.decode()


def test_a_typed_name_signs_too(client: Client, home: str) -> None:
    client.post(home + "sign/", form(client, home, "low_back", signature_0=TYPED))
    row = Consent.objects.get()
    assert row.signature["typed"] == "Ada Lind"
    assert "Typed as a signature" in client.get(f"{home}{row.pk}/").content.decode()


def test_the_buttock_asks_for_a_paper_of_its_own(client: Client, home: str) -> None:
    told = form(client, home, "low_back", "buttock")
    told.pop("signature_1")
    answer = client.post(home + "sign/", told)
    assert answer.status_code == 422
    assert not Consent.objects.exists()
    assert "Nothing is signed yet" in answer.content.decode()
    assert DRAWN.replace('"', "&quot;") in answer.content.decode(), "the first signature is not lost"
    told["signature_1"] = TYPED
    assert client.post(home + "sign/", told).status_code == 303
    assert sorted(Consent.objects.values_list("kind", flat=True)) == ["general", "sensitive_areas"]
    assert "Must be signed anew on the day of each session" in client.get(home).content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"therapist": ""}, "The therapist has to sign too"),
        ({"therapist": "no"}, "Select a valid choice"),
        ({"signature_0": ""}, "Nothing is signed yet"),
        ({"signature_0": '{"kind": "drawn"}'}, "did not arrive whole"),
        ({"signature_0": DRAWN.replace("300", "9999")}, "did not arrive whole"),
    ],
)
def test_what_is_not_fully_signed_is_not_kept(client: Client, home: str, change: dict[str, str], says: str) -> None:
    answer = client.post(home + "sign/", form(client, home, "low_back") | change)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Consent.objects.exists()
    assert not Answer.objects.exists()


@pytest.mark.parametrize("alone", ["true", "True", "1", "on", "YES", "", "maybe"])
def test_s25_whether_a_person_decides_alone_is_yes_no_or_cannot_say(client: Client, home: str, alone: str) -> None:
    answer = client.post(home + "sign/", {"areas": ["low_back"], "alone": alone})
    assert answer.status_code == 422
    assert "Choose yes, no or cannot say." in answer.content.decode()
    assert 'value="low_back"' in answer.content.decode()


@pytest.mark.parametrize("areas", [[], ["breast"], ["elbow"], ["low_back", "gluteal_cleft"]])
def test_only_areas_that_are_treated_can_be_chosen(client: Client, home: str, areas: list[str]) -> None:
    assert client.post(home + "sign/", {"areas": areas, "alone": "yes"}).status_code == 422


def test_who_cannot_decide_alone_needs_a_guardian_and_their_own_yes(client: Client, home: str) -> None:
    told = form(client, home, "low_back", alone="cannot_say", guardian="", agrees="no")
    answer = client.post(home + "sign/", told)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Who signs?" in page
    assert "own yes there is no consent" in page
    told |= {"guardian": "Eva Lind", "relation": "mother", "agrees": "yes"}
    assert client.post(home + "sign/", told).status_code == 303
    assert set(Consent.objects.values_list("kind", "signer_is")) == {("general", "guardian"), ("guardian", "guardian")}
    row = Consent.objects.filter(kind="guardian").get()
    assert "as parent or guardian (mother) of Ada Lind" in client.get(f"{home}{row.pk}/").content.decode()


@pytest.mark.parametrize("name", ["Eva\u202eLind", "Eva\x07", "x" * 201])
def test_s23_a_guardian_s_name_is_clean_text_and_stays_to_be_put_right(client: Client, home: str, name: str) -> None:
    told = form(client, home, "low_back", alone="no", guardian=name, agrees="yes")
    answer = client.post(home + "sign/", told)
    assert answer.status_code == 422
    assert not Consent.objects.exists()
    assert name in answer.content.decode()


def test_words_that_changed_after_they_were_shown_are_not_signed(client: Client, home: str, world: World) -> None:
    told = form(client, home, "low_back")
    with upkeep():
        type(world.practice).objects.update(name="Another practice")
    answer = client.post(home + "sign/", told)
    assert answer.status_code == 409
    assert not Consent.objects.exists()


def test_taking_back_is_a_paper_of_its_own_and_no_session_can_start_from_then_on(
    client: Client, home: str, world: World
) -> None:
    client.post(home + "sign/", form(client, home, "low_back"))
    row = Consent.objects.get()
    answer = client.post(home + "withdraw/", {"consent": [row.pk], "why": "She changed her mind."})
    assert answer.status_code == 303
    assert Consent.objects.count() == 2
    assert not consenting.standing(world.episode, ["low_back"], world.day).begins
    page = client.get(home).content.decode()
    assert "No consent stands today, so no session can start." in page
    assert "Taken back: Your consent" in page
    assert "She changed her mind." in client.get(f"{home}{row.pk}/").content.decode()
    again = client.post(home + "withdraw/", {"consent": [row.pk]})
    assert again.status_code == 422
    assert Consent.objects.count() == 2


def test_an_expired_consent_says_so(client: Client, home: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post(home + "sign/", form(client, home, "low_back"))
    later = moment.now() + timedelta(days=400)
    client.logout()
    monkeypatch.setattr(moment, "now", lambda: later)
    stands = consenting.standing(world.episode, ["low_back"], moment.today())
    assert not stands.begins
    assert "ran out" in stands.why_not()


def test_s55_the_same_form_twice_signs_once(client: Client, home: str) -> None:
    told = form(client, home, "low_back", _form="5b6d0d0e-0000-4000-8000-000000000001")
    assert [client.post(home + "sign/", told)["Location"] for _ in range(2)] == [home, home]
    assert Consent.objects.count() == 1


def test_s69_a_form_made_for_another_person_is_refused(client: Client, home: str, world: World) -> None:
    told = form(client, home, "low_back", _person=str(world.other.pk))
    assert client.post(home + "sign/", told).status_code == 409
    assert not Consent.objects.exists()


def test_s09_others_and_crossed_papers_are_not_there(
    world: World, signed_in: SignedIn, home: str, client: Client
) -> None:
    client.post(home + "sign/", form(client, home, "low_back"))
    row = Consent.objects.get()
    for who in (world.owner, world.colleague, world.desk, world.auditor):
        stranger = signed_in(who)
        for address in (home, f"{home}{row.pk}/"):
            assert stranger.get(address).status_code == 404
        assert stranger.post(home + "withdraw/", {"consent": [row.pk]}).status_code == 404
    from palpate.clinic.acts import act

    with act(world.actor(world.therapist), "tests", "tests", change=True):
        second = Episode(person=world.person, therapist=world.therapist, opened=moment.now())
        second.save()
    crossed = f"/people/{world.person.pk}/episodes/{second.pk}/consent/"
    assert client.get(f"{crossed}{row.pk}/").status_code == 404
    assert client.post(crossed + "withdraw/", {"consent": [row.pk]}).status_code == 422
    assert Consent.objects.count() == 1


def test_s45_signing_leaves_its_row_without_a_name_in_it(client: Client, home: str, world: World) -> None:
    client.post(home + "sign/", form(client, home, "low_back"))
    row = AuditRow.objects.latest("number")
    assert (row.deed, row.category, row.change, row.outcome) == ("consent-sign", "consent", True, "done")
    assert str(world.person.pk) in row.persons
    assert row.about["consents"] == ["general"]
    assert "Lind" not in json.dumps(row.about)


def test_s31_what_people_type_never_becomes_markup(client: Client, home: str) -> None:
    evil = '<img src=x onerror="alert(1)">'
    told = form(client, home, "low_back", alone="no", guardian=evil, relation=evil, agrees="yes")
    told |= {"signature_0": json.dumps({"kind": "typed", "name": evil})}
    assert client.post(home + "sign/", told).status_code == 303
    rows = Consent.objects.all()
    client.post(home + "withdraw/", {"consent": [row.pk for row in rows], "why": evil})
    for address in (home, *(f"{home}{row.pk}/" for row in rows)):
        page = client.get(address).content.decode()
        assert "<img" not in page
