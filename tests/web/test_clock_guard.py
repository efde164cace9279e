"""What people meet while the clock is behind: a banner on every page, no codes, and the command line (S-58)."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic.models import AuditRow
from tests.clinic_world import PASSWORD, World, make_world
from tests.installation import PALPATE, ROOT, Installation
from tests.web.signing_world import code, give_app, later, password

SAID = "Links, codes and signing have stopped"
BACK = [{"hours": -1}, {"days": -1}, {"days": -3650}]


@pytest.mark.parametrize("back", BACK)
def test_s58_a_banner_says_so_on_the_pages_and_goes_with_the_reason(
    world: World, signed_in: Any, back: dict[str, int]
) -> None:
    client = signed_in(world.therapist)
    assert SAID not in client.get("/").content.decode()
    with later(**back):
        page = client.get("/")
        assert SAID in page.content.decode()
        assert SAID in Client().get("/account/sign-in/").content.decode()
    assert SAID not in client.get("/").content.decode()


@pytest.mark.parametrize("back", BACK)
def test_s58_codes_are_not_taken_while_the_clock_is_behind(db: Any, back: dict[str, int]) -> None:
    world = make_world(second_factor=True)
    give_app(world.owner)
    client = Client()
    with later(**back):
        password(client, world.owner)
        answer = client.post("/account/sign-in/code/", {"code": code()})
        assert answer.status_code == 409
        assert "behind" in answer.content.decode()
        assert client.get("/account/").status_code == 302
        row = AuditRow.objects.latest("number")
    refused = AuditRow.objects.filter(outcome="refused", deed="mfa_authenticate").get()
    assert refused.about == {"status": 409, "clock": "behind"}
    assert row.number >= refused.number
    client = Client()
    password(client, world.owner)
    assert client.post("/account/sign-in/code/", {"code": code()}).status_code == 302
    assert client.get("/account/").status_code == 200


def test_s58_a_link_to_a_new_password_waits_with_the_same_page_as_a_wrong_one(world: World) -> None:
    from palpate.clinic import users
    from palpate.clinic.acts import act
    from palpate.clinic.models import AccountLink

    with act(world.actor(world.owner), "tests", "link", change=True):
        secret = users.make_link(world.desk, AccountLink.Purpose.RESET, None)
    told = {"secret": secret, "password": "another long phrase 8", "again": "another long phrase 8"}
    before = world.desk.password
    with later(hours=-1):
        Client().post(reverse("account-new-password"), told)
    world.desk.refresh_from_db()
    assert world.desk.password == before


def run(seeded: Installation, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PALPATE, "clock", *arguments], env={**os.environ, **seeded.environment}, cwd=ROOT, input=typed, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_s58_an_owner_accepts_the_clock_at_the_command_line_by_their_password(seeded: Installation) -> None:
    idle = run(seeded, "--accept", "owner@example.org", typed=PASSWORD)
    assert (idle.returncode, "nothing to accept" in idle.stdout) == (0, True)
    seeded.python(
        "import django; django.setup()\nfrom datetime import timedelta\nfrom palpate.clinic import moment\n"
        "from palpate.clinic.acts import record_refusal\nfrom palpate.clinic.actor import NOBODY\n"
        "with moment.held_at(moment.now() + timedelta(days=2)): record_refusal(NOBODY, 'tests', 'ahead')"
    )
    shown = run(seeded)
    assert (shown.returncode, "have stopped" in shown.stdout) == (1, True)
    for email, typed in (
        ("owner@example.org", "wrong"),
        ("therapist@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
    ):
        refused = run(seeded, "--accept", email, typed=typed + "\n")
        assert (refused.returncode, "no owner" in refused.stderr) == (2, True), refused
    done = run(seeded, "--accept", "owner@example.org", typed=PASSWORD + "\n")
    assert (done.returncode, "accepted" in done.stdout) == (0, True), done
    assert run(seeded).returncode == 0
    told = seeded.python(
        "import django; django.setup()\nfrom palpate.clinic.models import AuditRow, User\n"
        "row = AuditRow.objects.latest('number')\n"
        "print(row.deed, row.roles, row.actor == str(User.objects.get(role='owner').pk))"
    )
    assert told.out.split() == ["clock-accept", "owner", "True"]
    assert seeded.palpate("verify").code == 0
