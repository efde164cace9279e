"""Signing in: slowing down who guesses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import throttle
from palpate.clinic.access import throttle as rows
from palpate.clinic.acts import act
from palpate.clinic.models import User
from tests.clinic_world import PASSWORD, World
from tests.web.signing_world import (
    code,
    is_in,
    later,
    password,
    trail,
)

# --- S-03: slowing down ---


def test_s03_after_5_failures_even_the_right_password_waits(world: World) -> None:
    client = Client()
    answers = [password(client, world.therapist, "wrong " * 3).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    answer = password(client, world.therapist)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert not is_in(client)
    with later(minutes=15, seconds=1):
        assert password(client, world.therapist).status_code == 302


def test_s03_20_failures_from_an_address_lock_it_for_every_name(world: World) -> None:
    for number in range(20):
        client = Client(REMOTE_ADDR="198.51.100.7")
        given = {"login": f"nobody{number}@example.org", "password": "wrong wrong wrong"}
        assert client.post("/account/sign-in/", given).status_code == 422
    assert password(Client(REMOTE_ADDR="198.51.100.7"), world.therapist).status_code == 429
    assert password(Client(REMOTE_ADDR="198.51.100.8"), world.therapist).status_code == 302


def test_s03_addresses_of_one_ipv6_subscriber_are_one() -> None:
    assert throttle.network("2001:db8:1:2:3::9") == throttle.network("2001:db8:1:2:ffff::1")
    assert throttle.network("2001:db8:1:2::1") != throttle.network("2001:db8:1:3::1")
    assert throttle.network("::ffff:192.0.2.1") == throttle.network("192.0.2.1")


def test_s03_a_forged_forwarding_header_is_not_believed(world: World) -> None:
    for number in range(20):
        given = {"login": f"nobody{number}@example.org", "password": "wrong wrong wrong"}
        forged = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}, 198.51.100.{number}"}
        assert Client().post("/account/sign-in/", given, **forged).status_code == 422
    assert password(Client(), world.therapist, HTTP_X_FORWARDED_FOR="203.0.113.99").status_code == 429


def test_s03_behind_one_proxy_only_what_that_proxy_says_counts(world: World, settings: Any) -> None:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, proxies=1)
    for number in range(20):
        given = {"login": f"nobody{number}@example.org", "password": "wrong wrong wrong"}
        forged = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}, 192.0.2.5"}
        assert Client().post("/account/sign-in/", given, **forged).status_code == 422
    assert password(Client(), world.therapist, HTTP_X_FORWARDED_FOR="203.0.113.99, 192.0.2.5").status_code == 429
    assert password(Client(), world.therapist, HTTP_X_FORWARDED_FOR="192.0.2.5, 192.0.2.6").status_code == 302


def test_s03_a_known_browser_has_its_own_count(world: World) -> None:
    known = Client()
    password(known, world.therapist)
    known.post("/account/sign-out/")
    for _ in range(5):
        password(Client(), world.therapist, "wrong wrong wrong")
    assert password(Client(), world.therapist).status_code == 429
    assert password(known, world.therapist).status_code == 302


def test_s03_an_invented_browser_id_gives_no_count_of_its_own(world: World) -> None:
    for number in range(5):
        stranger = Client()
        stranger.cookies["palpate_browser"] = f"{number:022d}"
        assert password(stranger, world.therapist, "wrong wrong wrong").status_code == 422
    stranger = Client()
    stranger.cookies["palpate_browser"] = "A" * 22
    assert password(stranger, world.therapist).status_code == 429


def test_s03_a_known_browser_is_slowed_down_too(world: World) -> None:
    known = Client()
    password(known, world.therapist)
    known.post("/account/sign-out/")
    answers = [password(known, world.therapist, "wrong wrong wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_s03_codes_are_slowed_down_as_passwords_are(guarded: World) -> None:
    client = Client()
    password(client, guarded.owner)
    answers = [client.post("/account/sign-in/code/", {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert client.post("/account/sign-in/code/", {"code": code()}).status_code == 429


def test_s03_own_successes_do_not_buy_tries_at_others(world: World) -> None:
    mine = Client()
    for _ in range(4):
        assert password(Client(), world.owner, "wrong wrong wrong").status_code == 422
    password(mine, world.therapist)
    password(mine, world.owner, "wrong wrong wrong")  # signed in already: nothing is checked, nothing is given back
    assert password(Client(), world.owner, "wrong wrong wrong").status_code in (422, 429)
    assert password(Client(), world.owner).status_code == 429


def test_s03_known_and_unknown_names_get_the_same_answer_and_the_same_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    work: list[str] = []
    real_encode, real_verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *a: (work.append("hash"), real_encode(*a))[1])
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *a: (work.append("hash"), real_verify(*a))[1])
    with act(World.actor(world.owner), "users", "test", change=True):
        User.objects.filter(pk=world.colleague.pk).update(is_active=False)
    told = []
    for name, typed in (
        ("therapist@example.org", "wrong wrong wrong"),
        ("nobody@example.org", "wrong wrong wrong"),
        ("colleague@example.org", PASSWORD),
    ):
        work.clear()
        answer = Client().post("/account/sign-in/", {"login": name, "password": typed})
        page = re.sub(
            r'(name="csrfmiddlewaretoken"|name="csrf-token") (value|content)="[^"]*"', "", answer.content.decode()
        )
        told.append((answer.status_code, page.replace(name, ""), list(work)))
    assert told[0] == told[1] == told[2]
    assert told[0][2] == ["hash"]


def test_s03_a_hundred_thousand_invented_names_fill_a_bounded_table(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {throttle.of_sign_in(f"name{number}@example.org", "192.0.2.1", "")[1].key for number in range(100_000)}
    assert len(keys) <= throttle.BUCKETS
    monkeypatch.setattr(throttle, "BUCKETS", 16)
    for number in range(400):
        throttle.take(throttle.of_sign_in(f"name{number}@example.org", f"192.0.2.{number % 250}", ""))
    assert rows.rows() <= 2 * 16
    with later(minutes=16):
        throttle.take(throttle.of_sign_in("one@example.org", "203.0.113.1", ""))
        throttle.take((throttle.of_user("again", "somebody"),))
    assert rows.rows() <= 3


def test_s03_a_failure_leaves_a_row_that_does_not_name_who_was_tried(world: World) -> None:
    password(Client(), world.therapist, "wrong wrong wrong")
    row = trail(deed="account_login")[-1]
    assert (row.actor, row.category, row.outcome) == ("nobody", "signin", "refused")
    assert "therapist@" not in str((row.about, row.why, row.actor))
