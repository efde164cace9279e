"""Signing in: passwords and the second factor."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from palpate.clinic.acts import act
from palpate.clinic.models import User
from palpate.web.routes import ANYONE
from palpate.web.signing import BEFORE_THE_FACTOR
from palpate.web.urls import ROUTES
from tests.clinic_world import PASSWORD, World, make_world
from tests.installation import Installation
from tests.web.signing_world import (
    code,
    enter,
    filled,
    give_app,
    is_in,
    password,
    set_password,
)

SESSION = settings.SESSION_COOKIE_NAME


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


def test_s01_an_installation_hashes_at_full_cost(empty: Installation) -> None:
    """At least what OWASP's password storage sheet asks of Argon2id: 19 MiB and two turns."""
    said = empty.python(
        "import django; django.setup()\n"
        "from django.contrib.auth.hashers import make_password\n"
        "print(make_password('a long phrase for tests 7'))"
    )
    kind, id, _, costs, *_ = said.out.split("$")
    turned = dict(cost.split("=") for cost in costs.split(","))
    assert (kind, id) == ("argon2", "argon2id")
    assert int(turned["m"]) >= 19 * 1024
    assert int(turned["t"]) >= 2


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


def test_whoever_may_not_switch_the_second_factor_sees_no_part_for_it(db: Any) -> None:
    world = make_world()
    client = Client()
    password(client, world.desk)
    assert "is-soft" not in client.get(reverse("mfa_index")).content.decode()


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
