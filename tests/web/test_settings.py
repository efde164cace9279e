"""The practice's own data, rooms, place of consent, and which pathway decides (S-24, S-56, S-67)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import deciding, moment, publishing
from palpate.clinic.acts import act, upkeep
from palpate.clinic.models import Practice, PublishedPathway, Room, Site, User
from palpate.clinic.refusals import Conflict
from palpate.library.place_rules import places
from tests.clinic_world import World

USUAL = {
    "name": "Harbour Street Back Care",
    "address": "1 Quay Lane",
    "phone": "",
    "email": "",
    "country": "GB",
    "emergency_number": "999",
    "place": "united_kingdom",
    "time_zone": "Europe/London",
    "idle_minutes": "30",
    "_version": "1",
}


@pytest.fixture
def owner(world: World, signed_in: Any) -> Client:
    client: Client = signed_in(world.owner)
    return client


@pytest.fixture
def second_owner(world: World) -> User:
    with act(world.actor(world.owner), "users", "test", change=True):
        user = User(email="second@example.org", name="Second", role="owner", created=moment.now())
        user.password = world.owner.password
        user.save()
    return user


def test_the_practice_changes_and_the_settings_show_it(owner: Client) -> None:
    assert owner.post(reverse("practice-change"), USUAL).status_code == 303
    practice = Practice.objects.get()
    assert (practice.place, practice.emergency_number, practice.idle_minutes) == ("united_kingdom", "999", 30)
    page = owner.get(reverse("settings")).content.decode()
    assert "999" in page
    assert "United Kingdom" in page


def test_s56_a_second_tab_does_not_overwrite_the_first_and_both_texts_are_kept(owner: Client) -> None:
    owner.post(reverse("practice-change"), {**USUAL, "name": "First tab"})
    answer = owner.post(reverse("practice-change"), {**USUAL, "name": "Second tab"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "First tab" in page
    assert "Second tab" in page
    assert Practice.objects.get().name == "First tab"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idle_minutes", "14"), ("idle_minutes", "61"), ("idle_minutes", "٣٠"), ("idle_minutes", "3e1"),
        ("idle_minutes", ""),
        ("place", "atlantis"), ("time_zone", "Mars/Base"), ("email", "nobody"), ("emergency_number", ""), ("name", " "),
        ("name", "a\x07b"), ("name", "a\u202eb"), ("name", "x" * 201), ("country", "XX"),
    ],
)  # fmt: skip
def test_s24_values_outside_what_is_allowed_are_refused_by_the_field_and_nothing_typed_is_lost(
    owner: Client, field: str, value: str
) -> None:
    answer = owner.post(reverse("practice-change"), {**USUAL, field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert "1 Quay Lane" in answer.content.decode()
    assert Practice.objects.get().version == 1


def test_s23_letters_that_did_not_arrive_whole_are_refused_by_the_field_and_nothing_else_is_lost(
    owner: Client,
) -> None:
    sent = urlencode(USUAL).replace("Harbour", "Caf%E9", 1)  # Latin-1
    assert "%E9" in sent
    answer = owner.post(reverse("practice-change"), sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "did not arrive whole" in str(answer.context["form"].errors["name"])
    assert "1 Quay Lane" in answer.content.decode()
    assert Practice.objects.get().version == 1


@pytest.mark.parametrize("minutes", ["15", "60"])
def test_s24_the_edges_of_what_is_allowed_are_taken(owner: Client, minutes: str) -> None:
    assert owner.post(reverse("practice-change"), {**USUAL, "idle_minutes": minutes}).status_code == 303


@pytest.mark.parametrize("place", [id for id, _ in places()])
def test_each_place_says_what_it_asks_and_how_sure_that_is(world: World, signed_in: Any, place: str) -> None:
    page = signed_in(world.therapist).get(reverse("place-rules"), {"place": place}).content.decode()
    assert "no legal advice" in page
    assert "Read in the source." in page or "Nobody has read the source" in page or "Our own caution." in page
    assert "Signs alone" in page


def test_rooms_and_buildings_are_added_changed_and_taken_out_of_use(world: World, owner: Client) -> None:
    assert owner.post(reverse("site-new"), {"name": "Hill House", "address": ""}).status_code == 303
    site = Site.objects.get(name="Hill House")
    told = {"name": "Quiet room", "site": str(site.pk), "active": "yes"}
    assert owner.post(reverse("room-new"), told).status_code == 303
    room = Room.objects.get(name="Quiet room")
    again = owner.post(reverse("room-new"), told)
    assert again.status_code == 422
    assert again.context["form"].errors["name"]
    gone = {**told, "active": "no", "_version": "1"}
    assert owner.post(reverse("room", args=[room.pk]), gone).status_code == 303
    assert not Room.objects.get(pk=room.pk).active
    assert owner.post(reverse("room", args=[room.pk]), gone).status_code == 409
    assert "not in use" in owner.get(reverse("rooms")).content.decode()
    assert owner.post(reverse("room", args=[room.pk]), {**gone, "active": "perhaps"}).status_code == 422


def test_s67_alone_an_owner_puts_a_shipped_version_in_force_at_once(world: World, owner: Client) -> None:
    before = deciding.pathway_in_force().digest
    told = {"pathway": "back_massage", "acute_exam_policy": "structured_screen"}
    assert owner.post(reverse("pathway-propose"), told).status_code == 303
    assert deciding.pathway_in_force().digest != before
    assert deciding.pathway_in_force().settings["acute_exam_policy"] == "structured_screen"
    assert owner.post(reverse("pathway-propose"), told).status_code == 409  # it is in force already
    for wrong in ({"pathway": "mine"}, {"acute_exam_policy": "none"}, {"acute_exam_policy": ""}):
        assert owner.post(reverse("pathway-propose"), {**told, **wrong}).status_code == 422, wrong


def test_s67_where_two_could_the_one_who_proposes_does_not_confirm(
    world: World, owner: Client, second_owner: User, signed_in: Any
) -> None:
    before = deciding.pathway_in_force().digest
    told = {"pathway": "back_massage", "acute_exam_policy": "structured_screen"}
    answer = owner.post(reverse("pathway-propose"), told)
    row = PublishedPathway.objects.get(confirmed_at=None)
    assert answer["Location"] == reverse("pathway", args=[row.pk])
    assert deciding.pathway_in_force().digest == before
    assert "waits for a second owner" in signed_in(second_owner).get(reverse("settings")).content.decode()
    page = owner.get(reverse("pathway", args=[row.pk])).content.decode()
    assert "come out as they should" in page
    assert "settings" in page
    confirm = reverse("pathway-confirm", args=[row.pk])
    assert owner.post(confirm).status_code == 403
    assert deciding.pathway_in_force().digest == before
    for user in (world.therapist, world.desk, world.auditor):
        assert signed_in(user).post(confirm).status_code == 404
    assert signed_in(second_owner).post(confirm).status_code == 303
    assert deciding.pathway_in_force().digest != before
    assert signed_in(second_owner).post(confirm).status_code == 409


def test_s67_a_version_whose_cases_fail_is_not_put_in_force(world: World, owner: Client) -> None:
    before = PublishedPathway.objects.count()
    failed = publishing.Checked(793, ("a case: treat, expected emergency",))
    with mock.patch.object(publishing, "check_cases", return_value=failed):
        answer = owner.post(
            reverse("pathway-propose"), {"pathway": "back_massage", "acute_exam_policy": "structured_screen"}
        )
    assert answer.status_code == 409
    assert "expected emergency" in answer.content.decode()
    assert PublishedPathway.objects.count() == before


def test_s67_the_cases_are_run_and_a_changed_pathway_fails_them(world: World) -> None:
    pathway = deciding.pathway_in_force()
    assert publishing.check_cases(pathway) == publishing.Checked(793, ()) or publishing.check_cases(pathway).cases > 700
    rules = [row for row in pathway.meaning["rules"] if row["disposition"] != "emergency"]
    from palpate.pathway.pathway import Pathway

    changed = Pathway.of_meaning({**pathway.meaning, "rules": rules})
    assert publishing.check_cases(changed).wrong


def test_s67_a_withdrawn_pathway_decides_nothing_and_every_page_says_so(
    world: World, owner: Client, signed_in: Any
) -> None:
    row = PublishedPathway.objects.get()
    at = reverse("pathway-withdraw", args=[row.pk])
    assert owner.post(at, {"why": "short"}).status_code == 422
    assert owner.post(at, {"why": "A rule was found to be wrong."}).status_code == 303
    with pytest.raises(deciding.WrongPathway):
        deciding.pathway_in_force()
    with act(world.actor(world.therapist), "decision", "test", change=True):
        decision = deciding.decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert decision.disposition == "not_assessed"
    assert "withdrawn" in signed_in(world.therapist).get(reverse("settings")).content.decode()
    told = {"pathway": "back_massage", "acute_exam_policy": "full_medical_exam"}
    assert owner.post(reverse("pathway-propose"), told).status_code == 303
    assert deciding.pathway_in_force()


def test_s67_past_its_review_date_a_pathway_still_decides_and_every_page_warns(world: World) -> None:
    last = publishing.in_force().review_by
    assert last is not None
    assert publishing.banners(last) == []
    assert f"due for review by {last.day} " in publishing.banners(last + timedelta(days=1))[0]
    with moment.held_at(datetime(last.year + 1, last.month, 1, 12, tzinfo=UTC)):
        assert deciding.pathway_in_force()


def test_s67_a_process_that_holds_another_version_says_that_it_decides_nothing(world: World, owner: Client) -> None:
    with upkeep():
        PublishedPathway.objects.update(digest="sha256:other")
    page = owner.get(reverse("pathways")).content.decode()
    assert "holds another version" in page
    row = PublishedPathway.objects.get()
    with upkeep():
        PublishedPathway.objects.update(confirmed_at=None, proposed_by=world.desk)
    with pytest.raises(Conflict), act(world.actor(world.owner), "pathway", "test", change=True):
        publishing.confirm(world.actor(world.owner), row)


def test_a_therapist_reads_the_pathway_and_changes_nothing(world: World, signed_in: Any) -> None:
    client = signed_in(world.therapist)
    page = client.get(reverse("pathways")).content.decode()
    assert "What it is for" in page
    assert reverse("pathway-propose") not in page
    assert client.get(reverse("pathway-propose")).status_code == 404
