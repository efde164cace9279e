"""The pages of who looked (S-47) and of erasing (S-49): who may, by step-up, and what they say."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.acts import act, upkeep
from palpate.clinic.models import Answer, Appointment, AuditRow, Episode, Erasure, Package, Person, Session
from palpate.clinic.paying import packages
from tests.clinic_world import World, make_person
from tests.filled_world import fill
from tests.paying_world import act_as_desk, priced


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.CONFIG = replace(settings.CONFIG, data=tmp_path, anchors=None)


def finish(world: World) -> None:
    with act(world.actor(world.owner), "tests", "over", change=True):
        Episode.objects.filter(person=world.person).update(state="closed", closed=moment.now())
        Session.objects.filter(episode__person=world.person).update(state="signed")
        Appointment.objects.filter(person=world.person).update(state="cancelled")
        Package.objects.filter(person=world.person).update(state="refunded")


# --- who looked -------------------------------------------------------------------------------------------------------


def test_s47_the_list_and_its_file_match_the_trail(world: World, signed_in: Any) -> None:
    fill(world)
    therapist, owner = signed_in(world.therapist), signed_in(world.owner)
    therapist.get(reverse("person", args=[world.person.pk]))
    therapist.get(reverse("door", args=[world.person.pk, world.episode.pk]))
    signed_in(world.desk).get(reverse("person", args=[world.person.pk]))
    page = owner.get(reverse("who-looked", args=[world.person.pk])).content.decode()
    for name in (world.therapist.name, world.desk.name):
        assert name in page
    expected = [row.number for row in AuditRow.objects.order_by("number") if str(world.person.pk) in row.persons]
    saved = owner.post(reverse("who-looked-file", args=[world.person.pk]))
    lines = list(csv.DictReader(io.StringIO(b"".join(saved.streaming_content).decode("utf-8-sig"))))
    assert len(lines) == len(expected) + 1  # and the saving of the list itself
    rows = [AuditRow.objects.get(number=number) for number in reversed(expected)]
    assert [line["did"] for line in lines[1:]] == ["changed" if row.change else "read" for row in rows]
    names = {str(user.pk): user.name for user in world.staff.values()}
    assert [line["who"] for line in lines[1:]] == [names.get(row.actor, "the program") for row in rows]
    assert lines[0]["about"] == "export"
    assert "Ada" not in saved["Content-Disposition"]
    other = [line for line in lines if line["who"] == world.colleague.name]
    assert not other


def test_s47_a_refusal_and_a_link_stand_in_the_list_too(world: World, signed_in: Any) -> None:
    from palpate.clinic.actor import REFERRER, Actor
    from palpate.clinic.acts import record_refusal

    record_refusal(Actor("link:" + "0" * 32, frozenset({REFERRER})), "link", "link-letter", persons=[world.person])
    record_refusal(Actor("key:unknown", frozenset()), "contact", "api-person", persons=[world.person])
    page = signed_in(world.auditor).get(reverse("who-looked", args=[world.person.pk])).content.decode()
    assert "a clinician, by link" in page
    assert "was refused" in page
    assert "Save the whole list" not in page  # the auditor reads; the owner hands over


def test_s08_who_looked_is_for_the_owner_and_the_auditor(world: World, signed_in: Any) -> None:
    address = reverse("who-looked", args=[world.person.pk])
    for user, status in (
        (world.owner, 200), (world.auditor, 200), (world.therapist, 404), (world.colleague, 404), (world.desk, 404),
    ):  # fmt: skip
        assert signed_in(user).get(address).status_code == status, user.role
    for user in (world.auditor, world.therapist, world.desk):
        assert signed_in(user).post(reverse("who-looked-file", args=[world.person.pk])).status_code == 404


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_s49_an_owner_erases_and_the_record_is_in_no_list_and_by_no_address(world: World, signed_in: Any) -> None:
    fill(world)
    finish(world)
    owner, at = signed_in(world.owner), reverse("person-erase", args=[world.person.pk])
    page = owner.get(at).content.decode()
    assert "must be kept until" in page
    untouched = owner.post(at, {})
    assert untouched.status_code == 422
    assert "Nothing was changed" in untouched.content.decode()
    assert owner.post(at, {"sure": "yes"}).status_code == 303
    waiting = owner.get(reverse("erased")).content.decode()
    assert "Ada Lind" in waiting
    assert "Kept until" in waiting
    for user in world.staff.values():
        client = signed_in(user)
        assert client.get(reverse("person", args=[world.person.pk])).status_code == 404
        assert "Lind" not in client.get(reverse("people")).content.decode()
        found = client.post(reverse("people-search"), {"q": "Ada Lind"}).content.decode()
        assert str(world.person.pk) not in found
    for name in ("door", "episode", "plan", "letters"):
        answer = signed_in(world.therapist).get(reverse(name, args=[world.person.pk, world.episode.pk]))
        assert answer.status_code == 404, name
    for name in ("today", "referrals", "notes", "adverse"):
        assert "Lind" not in signed_in(world.therapist).get(reverse(name)).content.decode(), name
    row = Erasure.objects.get(person=world.person.pk)
    early = owner.post(reverse("record-destroy", args=[row.pk]), {"sure": "yes"})
    assert early.status_code == 409
    assert Answer.objects.filter(episode=world.episode).exists()
    assert "may be destroyed" not in owner.get(reverse("settings")).content.decode()
    with upkeep():
        Erasure.objects.filter(pk=row.pk).update(until=world.day - timedelta(days=1))
    assert "1 erased record has been kept as long as the law asks" in owner.get(reverse("settings")).content.decode()
    assert "erased record" not in signed_in(world.therapist).get(reverse("settings")).content.decode()


def test_s49_while_care_goes_on_the_page_says_what_stands_in_the_way(world: World, signed_in: Any) -> None:
    owner, at = signed_in(world.owner), reverse("person-erase", args=[world.person.pk])
    page = owner.get(at).content.decode()
    assert "An episode is open" in page
    assert 'name="sure"' not in page
    assert owner.post(at, {"sure": "yes"}).status_code == 409
    assert Person.objects.get(pk=world.person.pk).locked is None


def test_s49_sessions_that_were_paid_for_and_not_given_stand_in_the_way(world: World, signed_in: Any) -> None:
    service = priced(world)
    with act_as_desk(world):
        packages.sell(
            world.actor(world.desk), world.person, service, sessions=3, price=20000, how="card", day=world.day
        )
    page = signed_in(world.owner).get(reverse("person-erase", args=[world.person.pk])).content.decode()
    assert "A package has sessions left" in page


def test_s49_of_somebody_without_a_clinical_record_everything_is_destroyed_at_once(
    world: World, signed_in: Any
) -> None:
    with act(world.actor(world.desk), "tests", "tests", change=True):
        person = make_person("Dora", "Kern", world.person.birth_date, world.therapist)
    owner = signed_in(world.owner)
    assert "Nothing has to be kept" in owner.get(reverse("person-erase", args=[person.pk])).content.decode()
    assert owner.post(reverse("person-erase", args=[person.pk]), {"sure": "yes"}).status_code == 303
    row = Erasure.objects.get(person=person.pk)
    assert owner.post(reverse("record-destroy", args=[row.pk]), {}).status_code == 303
    assert Person.objects.filter(pk=person.pk).exists()  # not before the box is ticked
    assert owner.post(reverse("record-destroy", args=[row.pk]), {"sure": "yes"}).status_code == 303
    assert not Person.objects.filter(pk=person.pk).exists()
    told = AuditRow.objects.latest("number")
    assert (told.deed, told.persons) == ("record-destroy", [str(person.pk)])
    page = owner.get(reverse("erased")).content.decode()
    assert "Dora" not in page
    assert str(person.pk) in page


def test_a_locked_record_is_opened_again(world: World, signed_in: Any) -> None:
    fill(world)
    finish(world)
    owner = signed_in(world.owner)
    owner.post(reverse("person-erase", args=[world.person.pk]), {"sure": "yes"})
    row = Erasure.objects.get(person=world.person.pk)
    answer = owner.post(reverse("record-back", args=[row.pk]))
    assert answer["Location"] == reverse("person", args=[world.person.pk])
    assert owner.get(answer["Location"]).status_code == 200


def test_s06_erasing_asks_for_a_sign_in_of_the_last_five_minutes(world: World, signed_in: Any) -> None:
    from tests.web.signing_world import later

    client = signed_in(world.owner)
    client.get("/")
    with later(minutes=6):
        for name, args in (("person-erase", [world.person.pk]), ("erased", [])):
            answer = client.get(reverse(name, args=args))
            assert (answer.status_code, "/account/again/" in answer["Location"]) == (302, True)
        answer = client.post(reverse("person-erase", args=[world.person.pk]), {"sure": "yes"})
        assert "/account/again/" in answer["Location"]
    assert not Erasure.objects.exists()


def test_s08_nobody_but_the_owner_erases(world: World, signed_in: Any) -> None:
    for user in (world.therapist, world.colleague, world.desk, world.auditor):
        client = signed_in(user)
        assert client.get(reverse("person-erase", args=[world.person.pk])).status_code == 404
        assert client.post(reverse("person-erase", args=[world.person.pk]), {"sure": "yes"}).status_code == 404
        assert client.get(reverse("erased")).status_code == 404
