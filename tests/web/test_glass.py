"""Breaking the glass: a look outside one's care, for a reason, for an hour, for reading only (S-11)."""

from __future__ import annotations

import sys
import types
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import include, path, reverse

from palpate.clinic import audit
from palpate.clinic.access.people import visible_to
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, BreakGlass, Notice, Person, User
from palpate.web.guard import guarded
from palpate.web.routes import Route, roles
from tests.clinic_world import World
from tests.web.signing_world import later

SignIn = Callable[[User], Client]
REASON = "Covering for a colleague who is ill today."


@pytest.fixture(autouse=True)
def record_page(settings: Any) -> None:
    """One more page, which shows a record for reading and takes writing, as all pages of a person do."""

    def record(request: HttpRequest, person: Person) -> HttpResponse:
        return render(request, "base.html") if request.method == "GET" else HttpResponse("written")

    who = roles("owner", "therapist")
    module = types.ModuleType("tests.web.record_urls")
    route = Route("record/<uuid:person>/", "person", record, who, who, "notes", "clinical")
    module.urlpatterns = [  # type: ignore[attr-defined]
        path(route.path, guarded(route), name="person"),
        path("", include("palpate.web.urls")),
    ]
    sys.modules[module.__name__] = module
    settings.ROOT_URLCONF = module.__name__


def record(person: Person) -> str:
    return f"/record/{person.pk}/"


def glass(person: Person) -> str:
    return reverse("glass-open", args=[person.pk])


def break_it(client: Client, person: Person, reason: str = REASON) -> Any:
    return client.post(glass(person), {"reason": reason})


def test_s11_a_therapist_outside_the_team_reads_after_giving_a_reason(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.colleague)
    assert client.get(record(world.person)).status_code == 404
    page = client.get(glass(world.person)).content.decode()
    assert "This person is not in your care" in page
    assert "Ada Lind" in page
    answer = break_it(client, world.person)
    assert (answer.status_code, answer["Location"]) == (303, reverse("person", kwargs={"person": world.person.pk}))
    page = client.get(record(world.person))
    assert page.status_code == 200
    assert "You broke the glass" in page.content.decode()
    assert "for reading only" in page.content.decode()


def test_s11_the_glass_opens_one_person_for_reading_only(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.colleague)
    with act(World.actor(world.owner), "people", "test", change=True):
        third = Person(given_name="Cleo", birth_date="1990-01-01", match_name="cleo", created=world.practice.created)
        third.save()
    break_it(client, world.person)
    assert client.get(record(world.person)).status_code == 200
    assert client.post(record(world.person), {}).status_code == 404
    assert client.get(record(third)).status_code == 404
    assert not visible_to(World.actor(world.colleague), "clinical", to_write=True).filter(pk=world.person.pk).exists()


def test_s11_the_glass_closes_after_60_minutes(world: World, signed_in: SignIn) -> None:
    break_it(signed_in(world.colleague), world.person)
    with later(minutes=59):
        assert signed_in(world.colleague).get(record(world.person)).status_code == 200
    with later(minutes=60, seconds=1):
        client = signed_in(world.colleague)
        assert client.get(record(world.person)).status_code == 404
        assert "You broke the glass" not in client.get("/account/").content.decode()


def test_s11_an_owner_who_does_not_treat_breaks_the_glass_too(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.owner)
    assert client.get(record(world.person)).status_code == 404
    assert break_it(client, world.person).status_code == 303
    assert client.get(record(world.person)).status_code == 200


@pytest.mark.parametrize("name", ["desk", "auditor"])
def test_s11_other_roles_are_refused(world: World, signed_in: SignIn, name: str) -> None:
    client = signed_in(world.staff[name])
    assert client.get(glass(world.person)).status_code == 404
    assert break_it(client, world.person).status_code == 404
    assert not BreakGlass.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("reason", ["", "   ", "because", "x" * 1001, "a reason with \x07 in it"])
def test_s11_a_reason_must_be_typed(world: World, signed_in: SignIn, reason: str) -> None:
    answer = break_it(signed_in(world.colleague), world.person, reason)
    assert answer.status_code == 422
    assert 'id="id_reason_error"' in answer.content.decode()
    assert not BreakGlass.objects.exists()


def test_s11_every_owner_is_told_at_once_in_the_same_transaction(world: World, signed_in: SignIn) -> None:
    break_it(signed_in(world.colleague), world.person)
    notice = Notice.objects.get()
    assert notice.to == world.owner
    assert world.person.family_name not in notice.text
    row = AuditRow.objects.get(deed="glass-open", change=True)
    assert (row.persons, row.why, row.outcome) == ([str(world.person.pk)], REASON, "done")
    assert "opened a record outside their care" in signed_in(world.owner).get("/account/").content.decode()


def test_s11_without_its_audit_row_nothing_is_opened_and_nobody_is_told(
    world: World, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(world.colleague)
    client.raise_request_exception = False

    def broken(deed: Any) -> None:
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(audit, "append", broken)
    assert break_it(client, world.person).status_code >= 500
    monkeypatch.undo()
    assert not BreakGlass.objects.exists()
    assert not Notice.objects.exists()
    assert client.get(record(world.person)).status_code == 404


def test_s11_without_its_notice_nothing_is_opened(
    world: World, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(world.colleague)
    client.raise_request_exception = False

    def broken(*told: Any) -> None:
        raise RuntimeError("nobody can be told")

    monkeypatch.setattr("palpate.clinic.glass.tell_owners", broken)
    assert break_it(client, world.person).status_code == 500
    assert not BreakGlass.objects.exists()
    assert not AuditRow.objects.filter(deed="glass-open", change=True, outcome="done").exists()


def test_s11_it_stays_on_the_review_list_until_an_owner_signs_it_off(world: World, signed_in: SignIn) -> None:
    break_it(signed_in(world.colleague), world.person)
    broken = BreakGlass.objects.get()
    owner = signed_in(world.owner)
    with later(minutes=10):
        page = owner.get(reverse("glass-review")).content.decode()
    assert REASON in page
    assert "Ada Lind" in page
    there = reverse("glass-sign-off", args=[broken.pk])
    for name in ("colleague", "therapist", "desk", "auditor"):
        assert signed_in(world.staff[name]).post(there).status_code == 404, name
    assert owner.post(there).status_code == 303
    broken.refresh_from_db()
    assert broken.signed_off_by == world.owner
    assert "Nothing waits for review" in owner.get(reverse("glass-review")).content.decode()
    assert owner.post(there).status_code == 409
    row = AuditRow.objects.filter(deed="glass-sign-off", outcome="done").get()
    assert row.persons == [str(world.person.pk)]


def test_s11_an_owner_does_not_sign_off_their_own_when_there_is_another(world: World, signed_in: SignIn) -> None:
    owner = signed_in(world.owner)
    break_it(owner, world.person)
    there = reverse("glass-sign-off", args=[BreakGlass.objects.get().pk])
    with act(World.actor(world.owner), "users", "test", change=True):
        User.objects.filter(pk=world.colleague.pk).update(role="owner")
    world.colleague.refresh_from_db()
    assert owner.post(there).status_code == 400
    assert signed_in(world.colleague).post(there).status_code == 303


def test_s11_the_auditor_reads_the_list_without_names_of_patients(world: World, signed_in: SignIn) -> None:
    break_it(signed_in(world.colleague), world.person)
    page = signed_in(world.auditor).get(reverse("glass-review")).content.decode()
    assert REASON in page
    assert "Lind" not in page
    assert "I have looked at it" not in page


def test_s11_who_has_the_person_in_their_care_needs_no_glass(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.therapist)
    assert client.get(glass(world.person)).status_code == 302
    assert break_it(client, world.person).status_code == 302
    assert not BreakGlass.objects.exists()


def test_s11_an_absent_person_and_a_merged_one_are_alike(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.colleague)
    absent = client.get(reverse("glass-open", args=[uuid.uuid4()]))
    with act(World.actor(world.owner), "people", "test", change=True):
        Person.objects.filter(pk=world.person.pk).update(merged_into=world.other)
    assert client.get(glass(world.person)).status_code == absent.status_code == 404


def test_s69_a_form_of_another_person_opens_nothing(world: World, signed_in: SignIn) -> None:
    given = {"reason": REASON, "_person": str(world.other.pk)}
    assert signed_in(world.colleague).post(glass(world.person), given).status_code == 409
    assert not BreakGlass.objects.exists()


def test_the_owner_takes_notices_off_the_page(world: World, signed_in: SignIn) -> None:
    break_it(signed_in(world.colleague), world.person)
    owner = signed_in(world.owner)
    assert owner.post(reverse("notices-read")).status_code == 303
    assert "outside their care" not in owner.get("/account/").content.decode()
