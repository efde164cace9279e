"""Which tries at a secret are counted, and into which counts (S-03). Counting itself is `palpate.clinic.throttle`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from palpate.clinic import throttle, users
from palpate.clinic.actor import Actor
from palpate.clinic.models import User
from palpate.clinic.throttle import Count
from palpate.web.routes import ClinicRequest, Route

Counts = tuple[Count, ...]
_BROWSER = re.compile(r"[A-Za-z0-9_-]{22}")


def cookie_name() -> str:
    """The cookie by which a browser is known again: a random id and nothing else (S-05)."""
    return ("__Host-" if settings.CONFIG.https else "") + "palpate_browser"


def browser_of(request: Any) -> str:
    """The id that this browser keeps, or ""."""
    told = request.COOKIES.get(cookie_name(), "")
    return told if _BROWSER.fullmatch(told) else ""


def _sign_in(request: ClinicRequest, actor: Actor) -> Counts:
    name = request.POST.get("login", "")
    if not name.strip() or not request.POST.get("password"):
        return ()  # an incomplete form never reaches the hasher, and is no guess
    return throttle.of_sign_in(name[:254], request.address, browser_of(request))


def _second_factor(request: ClinicRequest, actor: Actor) -> Counts:
    waiting = request.session.get("account_login")
    user = waiting.get("user_pk") if isinstance(waiting, dict) else None
    return (throttle.of_user("factor", user),) if user else ()


def _again(request: ClinicRequest, actor: Actor) -> Counts:
    return (throttle.of_user("again", actor.user_id),)


def _from_address(kind: str) -> Callable[[ClinicRequest, Actor], Counts]:
    return lambda request, actor: (throttle.of_address(kind, request.address),)


COUNTED: dict[str, Callable[[ClinicRequest, Actor], Counts]] = {
    "account_login": _sign_in,
    "mfa_authenticate": _second_factor,
    "mfa_login_webauthn": _from_address("passkey"),
    "account_reauthenticate": _again,
    "mfa_reauthenticate": _again,
    "mfa_reauthenticate_webauthn": _again,
    "account_change_password": _again,
    "mfa_activate_totp": _again,
    "account_reset_password": _from_address("reset"),
    "account-new-password": _from_address("link"),
    "start": _from_address("start"),
}


def count(request: ClinicRequest, route: Route, actor: Actor) -> int:
    """Counts a POST to a route that takes a secret. Returns the seconds to wait; 0 when it may go on."""
    found = COUNTED.get(route.name)
    counts = found(request, actor) if found is not None else ()
    request.counts = counts  # type: ignore[attr-defined]
    return throttle.take(counts)


def check(request: ClinicRequest, route: Route) -> None:
    """Checks the password of a sign-in, before the act and its transaction begin."""
    name, typed = request.POST.get("login", ""), request.POST.get("password", "")
    if route.name == "account_login" and name.strip() and typed:
        request.password_is_of = users.checked(name[:254], typed)  # type: ignore[attr-defined]


def passed(request: ClinicRequest) -> None:
    """What was counted was no failure."""
    throttle.succeeded(getattr(request, "counts", ()))
    request.counts = ()  # type: ignore[attr-defined]


def remember(request: ClinicRequest, response: HttpResponse, user: User) -> None:
    """This browser is known for this account from now on, and keeps an id that says so."""
    browser = browser_of(request) or secrets.token_urlsafe(16)
    throttle.remember_browser(user.email, browser)
    response.set_cookie(
        cookie_name(),
        browser,
        max_age=int(throttle.KNOWN_FOR.total_seconds()),
        secure=settings.CONFIG.https,
        httponly=True,
        samesite="Lax",
    )
