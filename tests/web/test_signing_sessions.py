"""Signing in: sessions, cookies, step-up, and what else the way in must keep to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from palpate.clinic import users
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, User
from palpate.web.urls import ROUTES
from tests.clinic_world import PASSWORD, World
from tests.web.signing_world import (
    board_urls,
    code,
    enter,
    filled,
    is_in,
    later,
    password,
    trail,
)

SESSION = settings.SESSION_COOKIE_NAME


# --- S-04: sessions ---


def test_s04_the_session_id_changes_at_sign_in_and_the_old_one_is_dead(world: World) -> None:
    client = Client()
    client.get("/account/sign-in/")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies[SESSION] = session.session_key
    planted = session.session_key
    password(client, world.therapist)
    assert client.cookies[SESSION].value != planted
    thief = Client()
    thief.cookies[SESSION] = planted
    assert not is_in(thief)
    assert is_in(client)


def test_s04_the_session_id_changes_at_step_up(world: World) -> None:
    client = Client()
    password(client, world.owner)
    before = client.cookies[SESSION].value
    answer = client.post("/account/again/?next=/settings/users/new/", {"password": PASSWORD})
    assert answer["Location"] == "/settings/users/new/"
    assert client.cookies[SESSION].value != before
    thief = Client()
    thief.cookies[SESSION] = before
    assert not is_in(thief)


def test_s04_a_session_ends_after_15_minutes_without_use_and_after_12_hours_at_most(world: World) -> None:
    client = Client()
    password(client, world.therapist)
    with later(minutes=14):
        assert is_in(client)
    with later(minutes=28):
        assert is_in(client)
    with later(minutes=44):
        assert not is_in(client)
    password(client, world.therapist)
    for quarter in range(1, 12 * 5):
        with later(minutes=12 * quarter):
            assert is_in(client)
    with later(hours=12, seconds=2):
        assert not is_in(client)


def test_s04_the_idle_time_can_be_set_to_60_minutes_and_no_longer(world: World) -> None:
    client = Client()
    with act(World.actor(world.owner), "practice", "test", change=True):
        world.practice.idle_minutes = 600
        world.practice.save()
    password(client, world.therapist)
    with later(minutes=59):
        assert is_in(client)
    with later(minutes=59 + 61):
        assert not is_in(client)


@pytest.mark.parametrize("query", ["", "?polls=1", "?seen=99999999999", "?next=/account/"])
def test_s04_polling_never_extends_a_session_and_no_parameter_skips_the_check(
    world: World, settings: Any, query: str
) -> None:
    settings.ROOT_URLCONF = board_urls()
    client = Client()
    password(client, world.therapist)
    for minute in range(1, 15, 2):
        with later(minutes=minute):
            assert client.get(f"/board/{query}").status_code == 200
    with later(minutes=15, seconds=30):
        assert client.get(f"/board/{query}").status_code == 302
        assert not is_in(client)


def test_s04_a_session_without_its_marks_has_ended(world: World, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(world.therapist)
    assert is_in(client)
    session = client.session
    del session["began"]
    session.save()
    assert not is_in(client)


def _ended_by_sign_out(world: World, client: Client) -> None:
    client.post("/account/sign-out/")


def _ended_by_new_password(world: World, client: Client) -> None:
    given = {"oldpassword": PASSWORD, "password1": "quite another phrase 8", "password2": "quite another phrase 8"}
    assert client.post("/account/password/", given).status_code == 302


def _ended_by_role(world: World, client: Client) -> None:
    user = world.therapist
    user.refresh_from_db()
    with act(World.actor(world.owner), "users", "test", change=True):
        users.change_user(user, user.version, name=user.name, email=user.email, title="", role="desk", treats=False)


def _ended_by_factor(world: World, client: Client) -> None:
    with act(World.actor(world.owner), "users", "test", change=True):
        users.reset_factor(world.therapist)


def _ended_by_disabling(world: World, client: Client) -> None:
    world.therapist.refresh_from_db()
    with act(World.actor(world.owner), "users", "test", change=True):
        users.set_active(world.therapist, world.therapist.version, False)


@pytest.mark.parametrize(
    "end", [_ended_by_sign_out, _ended_by_new_password, _ended_by_role, _ended_by_factor, _ended_by_disabling]
)
def test_s04_an_ended_session_cannot_be_replayed(world: World, end: Callable[[World, Client], None]) -> None:
    client = Client()
    password(client, world.therapist)
    kept = client.cookies[SESSION].value
    thief = Client()
    thief.cookies[SESSION] = kept
    assert is_in(thief)
    end(world, client)
    thief.cookies[SESSION] = kept
    assert not is_in(thief)


def test_s04_switching_an_account_on_again_revives_no_session(world: World) -> None:
    client = Client()
    password(client, world.therapist)
    _ended_by_disabling(world, client)
    world.therapist.refresh_from_db()
    with act(World.actor(world.owner), "users", "test", change=True):
        users.set_active(world.therapist, world.therapist.version, True)
    assert not is_in(client)


def test_s04_a_new_factor_ends_the_other_sessions_and_renews_this_one(guarded: World) -> None:
    here, there = Client(), Client()
    enter(here, guarded.owner)
    enter(there, guarded.owner, 1)
    before = here.cookies[SESSION].value
    here.post(reverse("mfa_generate_recovery_codes"))
    assert here.cookies[SESSION].value != before
    assert is_in(here)
    assert not is_in(there)


def test_s34_signing_out_clears_what_the_browser_keeps(world: World) -> None:
    client = Client()
    password(client, world.therapist)
    answer = client.post("/account/sign-out/")
    assert '"storage"' in answer["Clear-Site-Data"]
    assert '"cache"' in answer["Clear-Site-Data"]
    assert answer["Cache-Control"] == "no-store"


# --- S-05: cookies ---


@pytest.fixture
def over_https(settings: Any) -> Iterator[Any]:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, site="https://clinic.example", hosts=("clinic.example",))
    settings.SITE = "https://clinic.example"
    settings.ALLOWED_HOSTS = ["clinic.example"]
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-palpate_session", "__Host-palpate_csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    return settings


def test_s05_every_cookie_of_every_route_is_host_secure_httponly_and_lax(guarded: World, over_https: Any) -> None:
    client = Client(SERVER_NAME="clinic.example", SERVER_PORT="443", **{"wsgi.url_scheme": "https"})  # type: ignore[arg-type]
    enter(client, guarded.owner)
    assert set(client.cookies) == {"__Host-palpate_session", "__Host-palpate_csrf", "__Host-palpate_browser"}
    seen = dict(client.cookies)
    for route in ROUTES:
        for method in ("get", "post"):
            if method.upper() in route.methods and route.name != "account_logout":
                seen |= getattr(client, method)(filled(route)).cookies
    for name, cookie in seen.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"] or not cookie.value  # one that is taken away holds nothing
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{20,64}|", cookie.value), name


def test_s05_the_settings_of_a_site_give_cookies_that_prefix(tmp_path: Any) -> None:
    import os
    import subprocess
    import sys

    told = (
        "import palpate.web.settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, "
    )
    told += "s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE)"
    environment = {
        **os.environ,
        "PALPATE_DATA": str(tmp_path / "data"),
        "PALPATE_SITE": "https://clinic.example",
        "PALPATE_PROXIES": "1",
    }
    done = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-palpate_session", "__Host-palpate_csrf", "True", "True", "True", "Lax"]


# --- S-06: step-up ---


def _stale(client: Client) -> None:
    session = client.session
    session["proved"] -= 301
    session.save()


def test_s06_an_old_sign_in_meets_the_step_up_page_and_nothing_is_done(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    _stale(client)
    before = AuditRow.objects.count()
    guarded_routes = [route for route in ROUTES if route.step_up and "owner" in (route.read | route.write)]
    assert {"user-new", "user-change", "user-active", "user-reset-factor", "user-link", "glass-open"} <= {
        route.name for route in guarded_routes
    }
    assert {"mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn"} <= {route.name for route in guarded_routes}
    for route in guarded_routes:
        methods = ["post"] if route.step_up == "POST" else ["get", "post"]
        for method in methods:
            if method.upper() in route.methods:
                answer = getattr(client, method)(filled(route))
                assert answer["Location"].startswith(reverse("account_reauthenticate")), route.path
    assert AuditRow.objects.count() == before
    assert User.objects.count() == 5


def test_s06_after_the_step_up_the_way_is_open_for_5_minutes(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    _stale(client)
    assert client.get("/settings/users/new/").status_code == 302
    assert client.post("/account/again/", {"password": "wrong wrong wrong"}).status_code == 422
    assert client.get("/settings/users/new/").status_code == 302
    assert client.post("/account/again/code/?next=/settings/users/new/", {"code": code(1)}).status_code == 302
    assert client.get("/settings/users/new/").status_code == 200
    with later(minutes=5, seconds=2):
        assert client.get("/settings/users/new/").status_code == 302


def test_s06_the_step_up_leads_back_to_our_own_pages_only(world: World) -> None:
    client = Client()
    password(client, world.owner)
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/account/again/", {"password": PASSWORD, "next": evil})
        assert answer["Location"] == "/", evil
    _stale(client)
    answer = client.post("/settings/users/new/", {}, HTTP_REFERER="https://evil.example/x")
    assert answer["Location"] == reverse("account_reauthenticate") + "?next=/"


def test_s06_a_form_sent_too_late_leads_back_to_the_page_it_stood_on(world: World) -> None:
    client = Client()
    password(client, world.owner)
    _stale(client)
    there = f"/settings/users/{world.desk.pk}/"
    answer = client.post(there + "sign-out/", {}, HTTP_REFERER=f"http://testserver{there}")
    assert answer["Location"] == reverse("account_reauthenticate") + "?next=" + there


# --- the trail, the theme, and addresses that are not there ---


def test_every_sign_in_event_leaves_its_row(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    client.post(reverse("mfa_generate_recovery_codes"))
    client.post("/account/sign-out/")
    told = [(row.deed, row.actor, row.outcome) for row in trail(category="signin")]
    me = str(guarded.owner.pk)
    assert ("account_login", "nobody", "done") in told
    assert ("mfa_authenticate", me, "done") in told
    assert ("mfa_generate_recovery_codes", me, "done") in told
    assert ("account_logout", me, "done") in told


def test_no_sign_up_and_no_other_page_of_allauth_exists(client: Client, world: World) -> None:
    for path in ("signup/", "login/", "email/", "confirm-email/", "2fa/", "login/code/", "password/set/", "social/"):
        assert client.get(f"/account/{path}").status_code == 404, path


def test_the_display_is_kept_with_the_user(world: World, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(world.therapist)
    quiet = {"HTTP_X_PALPATE_QUIET": "1"}
    assert client.post("/account/theme/", {"theme": "dim"}, **quiet).status_code == 204
    assert 'data-theme="dim"' in client.get("/account/").content.decode()
    assert client.post("/account/theme/", {"theme": "pink"}).status_code == 422
    assert client.post("/account/theme/", {"theme": "system"}).status_code == 303
    assert "data-theme=" not in client.get("/account/").content.decode()


def test_what_a_passkey_answers_is_never_a_fault_of_the_program(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    hostile = ["{}", "[]", "null", "1", '"x"', '{"response": 1}', '{"id": "a", "rawId": "a", "response": {}}', "{"]
    hostile += ['{"response": {"userHandle": "%%%"}}', '{"response": {"userHandle": "AAAA"}, "id": "x"}']
    for told in hostile:
        for path in (reverse("mfa_add_webauthn"), "/account/again/passkey/"):
            client.get(path)
            assert client.post(path, {"credential": told, "name": "x"}).status_code < 500, (path, told)
        stranger = Client()
        stranger.get("/account/sign-in/passkey/", HTTP_ACCEPT="application/json")
        throttle_free = f"192.0.2.{hostile.index(told)}"
        answer = stranger.post("/account/sign-in/passkey/", {"credential": told}, REMOTE_ADDR=throttle_free)
        assert answer.status_code < 500, told
