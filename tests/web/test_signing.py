"""Signing in: passwords, the second factor, slowing down, sessions, step-up, cookies."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from palpate.clinic import throttle, users
from palpate.clinic.access import throttle as rows
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, User
from palpate.web.routes import ANYONE, Route
from palpate.web.signing import BEFORE_THE_FACTOR
from palpate.web.urls import ROUTES
from tests.clinic_world import PASSWORD, World, make_world
from tests.web.signing_world import board_urls, code, enter, give_app, is_in, later, password

SESSION = settings.SESSION_COOKIE_NAME


@pytest.fixture
def guarded(db: Any) -> World:
    """The practice with the second factor on, and an owner and a therapist who have an app."""
    world = make_world(second_factor=True)
    give_app(world.owner)
    give_app(world.therapist)
    return world


def set_password(user: User, typed: str) -> None:
    with act(World.actor(user), "users", "test", change=True):
        user.set_password(typed)
        user.save()


def trail(**told: Any) -> list[AuditRow]:
    return list(AuditRow.objects.filter(**told).order_by("number"))


def filled(route: Route) -> str:
    """The address of a route, with ids that name nothing."""
    kinds = {"uuid": str(uuid.uuid4()), "int": "7", "str": "x", "slug": "x", "path": "x"}
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: kinds[found.group(1) or "str"], route.path)


# --- S-01: passwords ---


@pytest.mark.parametrize(("length", "good"), [(11, False), (12, True), (128, True), (129, False)])
def test_s01_a_password_has_12_to_128_characters(world: World, length: int, good: bool) -> None:
    typed = ("Zq7-" * 40)[:length]
    if good:
        validate_password(typed, world.therapist)
    else:
        with pytest.raises(ValidationError):
            validate_password(typed, world.therapist)


@pytest.mark.parametrize("typed", ["iloveyou1234", "qwertyuiop12", "unbelievable", "Unbelievable"])
def test_s01_a_common_password_is_refused(world: World, typed: str) -> None:
    from django.contrib.auth.password_validation import CommonPasswordValidator

    known = CommonPasswordValidator().passwords
    assert len(known) > 3000
    long_enough = sorted(word for word in known if len(word) >= 12)
    assert long_enough
    chosen = typed if typed.casefold() in known else long_enough[len(typed) % len(long_enough)]
    with pytest.raises(ValidationError):
        validate_password(chosen, world.therapist)


@pytest.mark.parametrize(
    "typed",
    [
        "my palpate phrase",
        "x-P a L p A t E-x-77",
        "HarbourStreetBackCare1",
        "harbour street  back-care",
        "dear therapist 99",
    ],
)
def test_s01_a_password_holds_no_name_of_user_practice_or_product(world: World, typed: str) -> None:
    with pytest.raises(ValidationError, match="A name"):
        validate_password(typed, world.therapist)


def test_s01_a_phrase_of_64_characters_with_spaces_is_kept_to_the_last_character(world: World) -> None:
    phrase = " four words that do not belong together and a fifth one, too!  "
    phrase = phrase.ljust(64)
    assert len(phrase) == 64
    client = Client()
    password(client, world.therapist)
    given = {"oldpassword": PASSWORD, "password1": phrase, "password2": phrase}
    assert client.post("/account/password/", given).status_code == 302
    world.therapist.refresh_from_db()
    assert identify_hasher(world.therapist.password).algorithm == "argon2"
    assert world.therapist.password.startswith("argon2$argon2id$")
    assert password(Client(), world.therapist, phrase.strip()).status_code == 422
    assert password(Client(), world.therapist, phrase).status_code == 302


def test_s01_the_last_of_128_characters_matters(world: World) -> None:
    typed = "".join(chr(0x21 + at % 90) for at in range(127))
    set_password(world.therapist, typed + "a")
    assert password(Client(), world.therapist, typed + "b").status_code == 422
    assert password(Client(), world.therapist, typed).status_code == 422
    assert password(Client(), world.therapist, typed + "a").status_code == 302


def test_s01_the_page_says_by_the_field_what_is_wrong_and_keeps_the_old_password(world: World) -> None:
    client = Client()
    password(client, world.therapist)
    given = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    answer = client.post("/account/password/", given)
    assert answer.status_code == 422
    assert "it needs 12 or more" in answer.content.decode()
    assert "maxlength" not in re.findall(r'<input[^>]*type="password"[^>]*>', answer.content.decode())[0]
    assert is_in(client)
    assert password(Client(), world.therapist).status_code == 302


# --- S-02: the second factor ---


def test_s02_a_new_installation_has_no_users(db: Any) -> None:
    assert not User.objects.exists()


def test_s02_a_password_alone_opens_no_route_of_the_staff(db: Any) -> None:
    world = make_world(second_factor=True)
    client = Client()
    assert password(client, world.owner).status_code == 302
    for route in ROUTES:
        if ANYONE in (route.read, route.write) or route.name in BEFORE_THE_FACTOR:
            continue
        for method in ("get", "post"):
            if method.upper() in route.methods:
                answer = getattr(client, method)(filled(route))
                if route.path.startswith("api/"):  # no cookie opens these at all (S-12)
                    assert answer.status_code == 401, route.path
                else:
                    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index")), route.path
    assert "mfa_deactivate_totp" not in BEFORE_THE_FACTOR


def test_s02_what_is_open_before_the_factor_shows_nobody_but_oneself(db: Any) -> None:
    world = make_world(second_factor=True)
    client = Client()
    password(client, world.owner)
    page = client.get(reverse("mfa_index")).content.decode()
    assert "Set up your second factor" in page
    assert world.person.family_name not in page


def test_s02_with_a_factor_the_password_alone_is_no_sign_in(guarded: World) -> None:
    client = Client()
    answer = password(client, guarded.owner)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    assert client.get("/settings/users/").status_code == 302
    assert client.post("/account/sign-in/code/", {"code": code()}).status_code == 302
    assert client.get("/settings/users/").status_code == 200


def test_s02_a_code_works_once(guarded: World) -> None:
    first, second = Client(), Client()
    shown = code()
    password(first, guarded.owner)
    assert first.post("/account/sign-in/code/", {"code": shown}).status_code == 302
    password(second, guarded.owner)
    assert second.post("/account/sign-in/code/", {"code": shown}).status_code == 422
    assert not is_in(second)
    assert second.post("/account/sign-in/code/", {"code": code(-1)}).status_code == 422  # older than the one used
    assert second.post("/account/sign-in/code/", {"code": code(1)}).status_code == 302


def test_s02_setting_up_an_app_gives_ten_recovery_codes_that_are_kept_as_hashes(db: Any) -> None:
    world = make_world(second_factor=True)
    client = Client()
    password(client, world.owner)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = client.session["mfa.totp.secret"]
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    shown = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())) + 1))
    before = client.cookies[SESSION].value
    answer = client.post(reverse("mfa_activate_totp"), {"code": shown})
    codes = re.findall(r"<code>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</code>", answer.content.decode())
    assert answer.status_code == 200
    assert len(set(codes)) == 10
    assert client.cookies[SESSION].value != before
    assert client.get("/settings/users/").status_code == 200  # the way is free now
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(one in kept or one.replace("-", "") in kept for one in codes)
    assert not any(one in client.get(reverse("mfa_generate_recovery_codes")).content.decode() for one in codes)
    # The code that set the app up is used up too.
    other = Client()
    password(other, world.owner)
    assert other.post("/account/sign-in/code/", {"code": shown}).status_code == 422
    # A recovery code lets in once, typed as one likes.
    assert other.post("/account/sign-in/code/", {"code": codes[3].upper().replace("-", " ")}).status_code == 302
    third = Client()
    password(third, world.owner)
    assert third.post("/account/sign-in/code/", {"code": codes[3]}).status_code == 422
    assert third.post("/account/sign-in/code/", {"code": codes[4]}).status_code == 302


def test_s02_new_recovery_codes_end_the_old_ones(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    finds = re.compile(r"<code>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</code>")
    first = finds.findall(client.post(reverse("mfa_generate_recovery_codes")).content.decode())
    second = finds.findall(client.post(reverse("mfa_generate_recovery_codes")).content.decode())
    assert len(first) == len(second) == 10
    assert not set(first) & set(second)
    other = Client()
    password(other, guarded.owner)
    assert other.post("/account/sign-in/code/", {"code": first[0]}).status_code == 422
    assert other.post("/account/sign-in/code/", {"code": second[0]}).status_code == 302


def test_s02_demo_data_open_only_with_demo(world: World, settings: Any) -> None:
    from dataclasses import replace

    with act(World.actor(world.owner), "practice", "test", change=True):
        world.practice.demo = True
        world.practice.save()
    client = Client()
    assert client.get("/account/sign-in/").status_code == 403
    assert password(client, world.owner).status_code == 403
    settings.CONFIG = replace(settings.CONFIG, demo=True)
    assert password(client, world.owner).status_code == 302


def alone(world: World) -> None:
    with act(World.actor(world.owner), "users", "test", change=True):
        User.objects.exclude(pk=world.owner.pk).update(is_active=False)


def test_s02_a_practice_of_one_on_loopback_may_do_without_and_a_banner_says_so(db: Any) -> None:
    world = make_world(second_factor=True)
    alone(world)
    client = Client()
    password(client, world.owner)
    assert "Do without" in client.get(reverse("mfa_index")).content.decode()
    assert client.post(reverse("account-factor"), {"needed": "no"}).status_code == 303
    page = client.get("/settings/users/")
    assert page.status_code == 200
    assert "needs no second factor here" in page.content.decode()
    assert client.get("/settings/users/", REMOTE_ADDR="192.0.2.7").status_code == 302  # not from this machine
    given = {"name": "New", "email": "new@example.org", "title": "", "role": "desk", "treats": "no"}
    assert client.post("/settings/users/new/", given).status_code == 200
    world.practice.refresh_from_db()
    assert world.practice.second_factor  # two people: needed again


def test_s02_several_people_or_a_site_cannot_do_without(db: Any, settings: Any) -> None:
    world = make_world(second_factor=True)
    client = Client()
    password(client, world.owner)
    assert client.post(reverse("account-factor"), {"needed": "no"}).status_code == 403
    alone(world)
    settings.SITE = "https://clinic.example"
    assert client.post(reverse("account-factor"), {"needed": "no"}).status_code == 403
    world.practice.refresh_from_db()
    assert world.practice.second_factor


def test_s02_taking_the_last_factor_away_leads_back_to_setting_one_up(guarded: World) -> None:
    client = Client()
    enter(client, guarded.owner)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert client.get("/settings/users/")["Location"] == reverse("mfa_index")


def test_s02_a_session_from_before_the_factor_ends_when_one_is_set_up_elsewhere(db: Any) -> None:
    world = make_world(second_factor=True)
    early = Client()
    password(early, world.owner)
    assert early.get(reverse("mfa_index")).status_code == 200
    give_app(world.owner)
    assert early.get(reverse("mfa_index"))["Location"].startswith(reverse("account_login"))
    assert not is_in(early)


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
