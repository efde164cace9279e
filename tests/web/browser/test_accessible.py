"""Every page of the clinic before axe-core, filled with a row of every kind, in all displays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from palpate.web.routes import ANYONE, Route
from tests.clinic_world import PASSWORD, World
from tests.filled_world import fill
from tests.walking import address, pages
from tests.web.browser.axe import violations
from tests.web.browser.tapper import Tapper
from tests.web.signing_world import code, give_app

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse

# Read routes that are no page: papers, files, and parts of a page that HTMX asks for.
NO_PAGES = {"api-openapi", "letter-pdf", "receipt-pdf", "session-live", "upload"}
# What this record has no use for is refused with a page, which is looked at too. What is left out here stands in the
# other tests of this file, and in the ways.
REFUSED = {
    "feed",  # nobody has this address
    "handover-pdf",  # no emergency
    "link-closed",  # answers so by its nature
    "phone-closed",
    "mfa_deactivate_totp",
    "mfa_remove_webauthn",
    "referral-new",  # the newest decision asks for no examination
    "start",  # the practice is set up
}
LEAD_ON = {
    "link-letter",
    "link-pdf",
    "link-who",
    "mfa_authenticate",
    "mfa_generate_recovery_codes",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    # The pages of a person's telephone lead on without their link; test_phone.py looks at them.
    "phone-after",
    "phone-born",
    "phone-calendar",
    "phone-check-in",
    "phone-intake",
    "phone-plan",
    "phone-sent",
    "phone-stored",
}

QUERIES = {"person-merge": "?double={}"}


def reader(route: Route) -> str:
    """Who looks at a route: the therapist in charge where they may, else whoever may."""
    if route.read == ANYONE:
        return ""
    if route.name == "person-merge":  # the therapist has only one of the two in care
        return "owner"
    return next(role for role in ("therapist", "owner", "desk", "auditor") if role in route.read)


@pytest.mark.slow
def test_axe_finds_no_violation_on_any_page_in_any_display(world: World, tablets: Callable[..., Tapper]) -> None:
    filled = fill(world)
    seats = {role: tablets() for role in ("", "therapist", "owner", "desk", "auditor")}
    for role, seat in seats.items():
        seat.expected |= {404, 409}
        if role:
            seat.sign_in(world.staff[role])
    found: list[str] = []
    no_pages: set[str] = set()
    led_on: set[str] = set()
    refused: set[str] = set()
    for route in pages():
        if not route.read:
            continue
        seat = seats[reader(route)]
        path = address(route, filled, stranger=world.other.pk) + QUERIES.get(route.name, "").format(world.other.pk)
        answer = seat.page.context.request.get(f"{seat.home}{path}")
        if not is_page(answer):
            no_pages.add(route.name)
        elif answer.url != f"{seat.home}{path}":
            led_on.add(route.name)
        else:
            if not answer.ok:
                refused.add(route.name)
            seat.go(path)
            found += [f"{route.name}: {fault}" for fault in violations(seat.page)]
    assert found == []
    assert no_pages == NO_PAGES
    assert led_on == LEAD_ON
    assert refused == REFUSED
    # The owner has the most places to go to: on a small tablet they stand in one row.
    owner = seats["owner"].page
    owner.set_viewport_size({"width": 1024, "height": 768})
    owner.goto(f"{seats['owner'].home}/")
    assert len(set(owner.locator(".nav li").evaluate_all("all => all.map(one => one.offsetTop)"))) == 1


def is_page(answer: APIResponse) -> bool:
    return answer.headers["content-type"].startswith("text/html") and "<html" in answer.text()


@pytest.mark.slow
def test_axe_finds_no_violation_on_the_pages_of_the_second_factor(world: World, tablet: Tapper) -> None:
    give_app(world.owner)
    tablet.go("/account/sign-in/")
    tablet.write("Your e-mail address", world.owner.email)
    tablet.write("Password", PASSWORD)
    tablet.follow("Sign in")
    found = [f"code: {fault}" for fault in violations(tablet.page)]
    tablet.page.get_by_role("textbox").first.fill(code())
    tablet.follow("Sign in")
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_reauthenticate"):
        tablet.go(reverse(name))
        found += [f"{name}: {fault}" for fault in violations(tablet.page)]
    assert found == []


def test_axe_finds_no_violation_on_the_page_of_the_first_start(transactional_db: Any, tablet: Tapper) -> None:
    tablet.go("/start/")
    assert violations(tablet.page) == []
