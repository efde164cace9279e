"""The first start: one page makes the owner and the practice, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.models import AuditRow, Practice, User
from tests.clinic_world import World

GIVEN = {
    "practice": "Lark Lane Massage",
    "country": "GB",
    "emergency_number": "",
    "place": "united_kingdom",
    "time_zone": "Europe/London",
    "name": "Maren Holt",
    "title": "Massage therapist",
    "email": "Maren@Example.org",
    "password1": "seven quiet lamps burn",
    "password2": "seven quiet lamps burn",
    "treats": "yes",
}


@pytest.fixture
def setup_code() -> Iterator[str]:
    file = Path(settings.CONFIG.data) / "setup-code"
    file.write_text("k7Qm-93xp-Lw2d\n", encoding="utf-8")
    yield "k7Qm-93xp-Lw2d"
    file.unlink(missing_ok=True)


def test_an_empty_store_leads_to_the_first_start(db: Any, client: Client) -> None:
    assert client.get("/settings/users/")["Location"] == "/start/"
    assert client.get("/account/sign-in/")["Location"] == "/start/"
    assert client.get("/start/").status_code == 200


def test_the_first_start_makes_owner_and_practice_and_leads_to_the_second_factor(db: Any, client: Client) -> None:
    answer = client.post("/start/", GIVEN)
    assert (answer.status_code, answer["Location"]) == (303, reverse("mfa_index"))
    owner, practice = User.objects.get(), Practice.objects.get()
    assert (owner.email, owner.role, owner.treats) == ("maren@example.org", "owner", True)
    assert owner.roles == {"owner", "therapist"}
    assert (practice.name, practice.emergency_number, practice.time_zone) == (
        "Lark Lane Massage",
        "999",
        "Europe/London",
    )
    assert practice.second_factor
    assert pathway_in_force().id == "back_massage"
    page = client.get(reverse("mfa_index"))
    assert page.status_code == 200
    assert "Do without" in page.content.decode()  # alone, on this machine
    row = AuditRow.objects.filter(deed="start", outcome="done", change=True).get()
    assert row.actor == str(owner.pk)


def test_the_first_start_is_gone_once_there_is_a_practice(world: World, client: Client) -> None:
    assert client.get("/start/").status_code == 404
    assert client.post("/start/", GIVEN).status_code == 404
    assert User.objects.count() == 5


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("password1", "lark lane massage 1", "A name"),
        ("password1", "my name is maren x", "A name"),
        ("password1", "eleven char", "it needs 12"),
        ("password2", "something else here", "not the same"),
        ("emergency_number", "", "ambulance"),
        ("email", "no address", "valid email"),
        ("time_zone", "Moon/Base", "valid choice"),
        ("practice", "Lark \u202eenaL", "direction"),
        ("treats", "", "required"),
    ],
)
def test_what_is_wrong_is_said_by_the_field_and_nothing_typed_is_lost(
    db: Any, client: Client, field: str, typed: str, said: str
) -> None:
    given = {**GIVEN, field: typed}
    if field == "emergency_number":
        given["country"] = ""
    answer = client.post("/start/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'id="id_{field}_error"' in page
    if field != "name":
        assert 'value="Maren Holt"' in page
    assert not User.objects.exists()
    assert not Practice.objects.exists()


def test_a_stranger_from_elsewhere_needs_the_code_that_was_printed(db: Any, client: Client, setup_code: str) -> None:
    there = {"REMOTE_ADDR": "203.0.113.9"}
    assert "Set-up code" in client.get("/start/", **there).content.decode()
    assert client.post("/start/", GIVEN, **there).status_code == 422
    wrong = client.post("/start/", {**GIVEN, "code": "k7Qm-93xp-Lw2e"}, **there)
    assert wrong.status_code == 422
    assert "This is not the code" in wrong.content.decode()
    assert not User.objects.exists()


def test_the_code_is_used_up_by_the_first_start(transactional_db: Any, client: Client, setup_code: str) -> None:
    there = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.post("/start/", {**GIVEN, "code": setup_code}, **there).status_code == 303
    assert not (Path(settings.CONFIG.data) / "setup-code").exists()


def test_without_a_printed_code_nobody_from_elsewhere_can_start(db: Any, client: Client) -> None:
    for typed in ("", "x", "\0", "é" * 50):
        answer = client.post("/start/", {**GIVEN, "code": typed}, REMOTE_ADDR="203.0.113.9")
        assert answer.status_code == 422
    assert not User.objects.exists()


def test_guessing_the_code_is_slowed_down(db: Any, client: Client, setup_code: str) -> None:
    there = {"REMOTE_ADDR": "203.0.113.9"}
    answers = [client.post("/start/", {**GIVEN, "code": f"guess{n}"}, **there).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert client.post("/start/", {**GIVEN, "code": setup_code}, **there).status_code == 429
