"""Signing in, in a real browser: passkeys, links and the QR code, under the content security policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator

from palpate.clinic import users
from palpate.clinic.acts import act
from tests.clinic_world import PASSWORD, World, make_world

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop of its own in this thread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def here(live_server: Any) -> str:
    """The clinic, served on this machine under the name that passkeys need."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


def _elsewhere(url: str) -> bool:
    return not url.startswith(("data:", "http://localhost:"))


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """A page with a virtual authenticator, that fails on any script error or refusal by the policy."""
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("request", lambda request: said.append(request.url) if _elsewhere(request.url) else None)
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()
    assert said == []


def sign_in(page: Page, here: str, email: str) -> None:
    page.goto(f"{here}/account/sign-in/")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator("details.me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/sign-in/")


@pytest.mark.django_db(transaction=True)
def test_s02_a_passkey_is_set_up_and_signs_in_without_a_password(here: str, tablet: Page) -> None:
    world = make_world(second_factor=True)
    sign_in(tablet, here, world.owner.email)
    tablet.goto(f"{here}/account/factor/")
    tablet.get_by_role("link", name="Add a passkey").click()
    tablet.get_by_label("Sign in with this passkey alone").check()
    tablet.get_by_role("button", name="Go on").click()
    tablet.get_by_role("heading", name="Your recovery codes").wait_for()
    assert tablet.locator("ol.codes li").count() == 10
    assert Authenticator.objects.filter(user=world.owner, type="webauthn").count() == 1
    sign_out(tablet)
    tablet.get_by_role("button", name="Sign in with a passkey").click()
    tablet.wait_for_url(f"{here}/")
    tablet.goto(f"{here}/settings/users/")
    assert tablet.get_by_role("heading", name="Users and roles").is_visible()
    # As a second step after the password, and for the step-up.
    sign_out(tablet)
    sign_in(tablet, here, world.owner.email)
    tablet.get_by_role("button", name="Use a passkey").click()
    tablet.wait_for_url(f"{here}/")
    tablet.goto(f"{here}/account/again/passkey/?next=/account/")
    tablet.get_by_role("button", name="Use the passkey").click()
    tablet.wait_for_url(f"{here}/account/")


@pytest.mark.django_db(transaction=True)
def test_s07_the_code_of_a_link_is_filled_in_and_leaves_the_address(here: str, tablet: Page) -> None:
    world: World = make_world()
    with act(World.actor(world.owner), "users", "test", change=True):
        secret = users.make_link(world.desk, "reset", World.actor(world.owner))
    tablet.goto(f"{here}/account/password/new/#{secret}")
    assert tablet.get_by_label("Code of your link").input_value() == secret
    assert "#" not in tablet.url
    tablet.get_by_label("New password", exact=True).fill("one green lamp and a boat")
    tablet.get_by_label("New password once more").fill("one green lamp and a boat")
    tablet.get_by_role("button", name="Set the password").click()
    tablet.wait_for_url(f"{here}/account/sign-in/")
    assert tablet.get_by_text("Your password is set").is_visible()
