"""Users and roles: who may see and change them, and what must not happen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from palpate.clinic.models import AuditRow, User
from tests.clinic_world import World
from tests.web.signing_world import enter, give_app, is_in, password

SignIn = Callable[[User], Client]
GIVEN = {"name": "Noor Haddad", "email": "Noor@Example.org", "title": "RMT", "role": "therapist", "treats": "no"}


def of(user: User, **more: Any) -> dict[str, Any]:
    """The form of an account as it stands, with changes."""
    user.refresh_from_db()
    given = {"name": user.name, "email": user.email, "title": user.title, "role": user.role, "_version": user.version}
    return {**given, "treats": "yes" if user.treats else "no", **more}


def switch(user: User, active: str) -> dict[str, Any]:
    """The form that switches an account off or on."""
    user.refresh_from_db()
    return {"active": active, "_version": user.version}


def test_owners_and_the_auditor_see_the_accounts_and_nobody_else(world: World, signed_in: SignIn) -> None:
    for name, status in (("owner", 200), ("auditor", 200), ("therapist", 404), ("desk", 404)):
        client = signed_in(world.staff[name])
        assert client.get("/settings/users/").status_code == status, name
        assert client.get(f"/settings/users/{world.desk.pk}/").status_code == status, name
    page = signed_in(world.auditor).get("/settings/users/").content.decode()
    assert "Add somebody" not in page


def test_nobody_but_an_owner_changes_an_account(world: World, signed_in: SignIn) -> None:
    for name in ("auditor", "therapist", "desk"):
        client = signed_in(world.staff[name])
        for path in (
            "new/",
            *(f"{world.desk.pk}/{end}/" for end in ("change", "active", "sign-out", "factor", "link")),
        ):
            answer = client.post(f"/settings/users/{path}", of(world.desk, role="owner", active="no"))
            assert answer.status_code == 404, (name, path)
    world.desk.refresh_from_db()
    assert (world.desk.role, world.desk.is_active, world.desk.session_epoch) == ("desk", True, 0)


def test_somebody_new_gets_a_link_and_sets_their_own_password(world: World) -> None:
    give_app(world.owner)
    client = Client()
    enter(client, world.owner)
    page = client.post("/settings/users/new/", GIVEN).content.decode()
    (secret,) = re.findall(r'value="/account/password/new/#([^"]+)"', page)
    user = User.objects.get(email="noor@example.org")
    assert not user.has_usable_password()
    assert "invited" in client.get("/settings/users/").content.decode()
    assert secret not in client.get(f"/settings/users/{user.pk}/").content.decode()
    given = {"code": secret, "password1": "the lamp is green today", "password2": "the lamp is green today"}
    assert Client().post("/account/password/new/", given).status_code == 303
    theirs = Client()
    password(theirs, user, "the lamp is green today")
    # One more person than one: the second factor is needed from now on.
    assert theirs.get("/settings/users/")["Location"] == "/account/factor/"
    row = AuditRow.objects.filter(deed="user-new", outcome="done", change=True).get()
    assert (row.category, row.about["user"]) == ("users", str(user.pk))
    assert "noor" not in str((row.about, row.why)).casefold()


def test_an_invited_account_cannot_be_entered_before_it_has_a_password(world: World, signed_in: SignIn) -> None:
    signed_in(world.owner).post("/settings/users/new/", GIVEN)
    user = User.objects.get(email="noor@example.org")
    for typed in ("", "!", user.password):
        assert password(Client(), user, typed).status_code == 422


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("email", "desk@example.org", "already"),
        ("email", "DESK@example.org", "already"),
        ("role", "king", "valid choice"),
    ],
)
def test_a_wrong_field_is_said_by_the_field_and_nothing_is_lost(
    world: World, signed_in: SignIn, field: str, typed: str, said: str
) -> None:
    answer = signed_in(world.owner).post("/settings/users/new/", {**GIVEN, field: typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="Noor Haddad"' in page
    assert User.objects.count() == 5


def test_s04_a_new_role_ends_the_sessions_and_counts_at_once(world: World, signed_in: SignIn) -> None:
    theirs = signed_in(world.therapist)
    assert is_in(theirs)
    answer = signed_in(world.owner).post(
        f"/settings/users/{world.therapist.pk}/change/", of(world.therapist, role="desk")
    )
    assert answer.status_code == 303
    assert not is_in(theirs)
    world.therapist.refresh_from_db()
    assert world.therapist.roles == {"desk"}


def test_only_an_owner_can_also_treat(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.owner)
    client.post(f"/settings/users/{world.desk.pk}/change/", of(world.desk, treats="yes"))
    world.desk.refresh_from_db()
    assert world.desk.roles == {"desk"}
    client.post(f"/settings/users/{world.owner.pk}/change/", of(world.owner, treats="yes"))
    world.owner.refresh_from_db()
    assert world.owner.roles == {"owner", "therapist"}


def test_s56_a_stale_change_keeps_both_texts_and_saves_nothing(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.owner)
    seen = of(world.desk)
    client.post(f"/settings/users/{world.desk.pk}/change/", of(world.desk, name="Dana First"))
    answer = client.post(f"/settings/users/{world.desk.pk}/change/", {**seen, "name": "Dana Second"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Dana First" in page
    assert 'value="Dana Second"' in page
    world.desk.refresh_from_db()
    assert world.desk.name == "Dana First"
    # The page carries the version of now: sending it again puts the second text in place.
    (version,) = set(re.findall(r'name="_version" value="(\d+)"', page))
    again = of(world.desk, name="Dana Second", _version=version)
    assert client.post(f"/settings/users/{world.desk.pk}/change/", again).status_code == 303


def test_a_change_without_a_version_is_refused(world: World, signed_in: SignIn) -> None:
    given = of(world.desk, name="Dana")
    del given["_version"]
    client = signed_in(world.owner)
    assert client.post(f"/settings/users/{world.desk.pk}/change/", given).status_code == 422
    assert client.post(f"/settings/users/{world.desk.pk}/active/", {"active": "no"}).status_code == 422


def test_the_last_owner_cannot_be_removed(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.owner)
    there = f"/settings/users/{world.owner.pk}/"
    assert client.post(there + "change/", of(world.owner, role="desk")).status_code == 400
    assert client.post(there + "active/", switch(world.owner, "no")).status_code == 400
    world.owner.refresh_from_db()
    assert (world.owner.role, world.owner.is_active) == ("owner", True)
    client.post(f"/settings/users/{world.colleague.pk}/change/", of(world.colleague, role="owner"))
    assert client.post(there + "change/", of(world.owner, role="desk")).status_code == 303


def test_an_account_is_switched_off_and_on(world: World, signed_in: SignIn) -> None:
    theirs, client = signed_in(world.therapist), signed_in(world.owner)
    there = f"/settings/users/{world.therapist.pk}/active/"
    assert client.post(there, switch(world.therapist, "maybe")).status_code == 422
    assert client.post(there, switch(world.therapist, "no")).status_code == 303
    assert not is_in(theirs)
    assert password(Client(), world.therapist).status_code == 422
    assert client.post(there, switch(world.therapist, "yes")).status_code == 303
    assert password(Client(), world.therapist).status_code == 302


def test_somebody_who_lost_their_factor_gets_rid_of_it(world: World, signed_in: SignIn) -> None:
    give_app(world.therapist)
    theirs, client = signed_in(world.therapist), signed_in(world.owner)
    assert is_in(theirs)
    assert client.post(f"/settings/users/{world.therapist.pk}/factor/").status_code == 303
    assert not Authenticator.objects.filter(user=world.therapist).exists()
    assert not is_in(theirs)


def test_somebody_is_signed_out_everywhere(world: World, signed_in: SignIn) -> None:
    theirs = signed_in(world.therapist)
    signed_in(world.owner).post(f"/settings/users/{world.therapist.pk}/sign-out/")
    assert not is_in(theirs)
