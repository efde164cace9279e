"""Who is asking, and what they must do before they see anything: sign in, pass the second factor, sign in again.

Sessions end after a time without use and after 12 hours at the latest (S-04); a route that polls does not count as use.
What a session knows of its own sign-in stands in four marks, all set by the server:

    began   when the person signed in
    seen    when they last did something
    proved  when they last showed who they are, by signing in or by doing it again (S-06)
    factor  whether a second factor was shown in this session (S-02)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash, user_logged_in
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import clock_guard
from palpate.clinic.access import practice as the
from palpate.clinic.access import users as accounts
from palpate.clinic.actor import NOBODY, Actor
from palpate.clinic.acts import act, record_refusal
from palpate.clinic.models import Practice, User
from palpate.clinic.moment import now
from palpate.clinic.users import end_sessions
from palpate.web.config import LOOPBACK
from palpate.web.errors import error_page
from palpate.web.pages.account import slowing
from palpate.web.routes import ANYONE, ClinicRequest, Route

LONGEST = timedelta(hours=12)
FRESH = timedelta(minutes=5)
LONGEST_IDLE = 60  # minutes; what a practice may set at most
NOTED_EVERY = 20  # seconds: a session's last use is written no oftener

# What somebody may reach who has signed in with a password only and has no second factor yet.
BEFORE_THE_FACTOR = frozenset(
    {
        "account_logout",
        "account_theme",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account-factor",
    }
)

# Where a code is shown that is good for a while by the clock (S-58).
CODES = frozenset(
    {"mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_login_webauthn", "mfa_reauthenticate_webauthn"}
)


def actor_of(request: ClinicRequest) -> Actor:
    """The member of the staff who is signed in, or nobody."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return Actor(NOBODY.id, NOBODY.roles, address=request.address, request=request.number)
    return _actor(request, user)


def _actor(request: Any, user: User) -> Actor:
    address, number = getattr(request, "address", ""), getattr(request, "number", "")
    return Actor(str(user.pk), user.roles, user.pk, user.name, address, number)


def hold(request: ClinicRequest, route: Route, actor: Actor) -> HttpResponse | None:
    """The page that must come first (first start, sign-in, second factor), or None when the way is free."""
    practice = the.the_practice()
    if practice is not None and practice.demo and not settings.CONFIG.demo:
        return error_page(request, 403, "This is the demo practice, and the program was not started with --demo. "
                          "Start it with --demo, or with another folder of data.")  # fmt: skip
    if ANYONE in ((route.read if request.method != "POST" else route.write),):
        if practice is None and route.name == "account_login":
            return _first(request, "start")
        return _slow_down(request, route, actor)
    if actor.user_id is None:
        return _first(request, "start" if practice is None else "account_login")
    if _over(request, route, practice):
        logout(request)
        return _first(request, "account_login")
    if factor_needed(request, practice) and not request.session.get("factor"):
        if isinstance(request.user, User) and accounts.has_factor(request.user):
            # It was set up elsewhere meanwhile, and this session has not shown it.
            logout(request)
            return _first(request, "account_login")
        if route.name not in BEFORE_THE_FACTOR:
            return _first(request, "mfa_index")
    return _slow_down(request, route, actor)


def _slow_down(request: ClinicRequest, route: Route, actor: Actor) -> HttpResponse | None:
    """Counts a try at a secret, and checks a password, before the act begins (S-03).

    Returns  the 429 page when there were too many tries.
    """
    if request.method != "POST":
        return None
    if route.name in CODES and clock_guard.stopped():
        record_refusal(actor, route.category, route.name, status=409, clock="behind")
        return error_page(request, 409, clock_guard.CODES_WAIT)
    wait = slowing.count(request, route, actor)
    if not wait:
        slowing.check(request, route)
        return None
    record_refusal(actor, route.category, route.name, status=429)
    minutes = -(-wait // 60)
    said = f"Too many tries. Nothing was done. Wait {minutes} minutes, then try again."
    return error_page(request, 429, said, retry=wait)


def _over(request: ClinicRequest, route: Route, practice: Practice | None) -> bool:
    """Whether the session has ended by time; if not, notes that it was used. A session without its marks has ended."""
    at = now().timestamp()
    began, seen = request.session.get("began"), request.session.get("seen")
    if began is None or seen is None:
        return True
    idle = 60 * max(1, min(LONGEST_IDLE, practice.idle_minutes if practice is not None else 15))
    if at - began > LONGEST.total_seconds() or at - seen > idle:
        return True
    if not route.polls and at - seen > NOTED_EVERY:
        request.session["seen"] = at
    return False


def on_loopback(request: ClinicRequest) -> bool:
    """Whether this installation serves this machine only, and the request comes from it."""
    only_here = not settings.SITE or (urlsplit(settings.SITE).hostname or "") in ("localhost", "127.0.0.1", "::1")
    named = set(settings.CONFIG.hosts) <= {*LOOPBACK, "::1"}
    return only_here and named and str(request.META.get("REMOTE_ADDR", "")) in ("127.0.0.1", "::1", "")


def factor_needed(request: ClinicRequest, practice: Practice | None) -> bool:
    """Whether nobody's data may be shown before a second factor. Off only on loopback, by the owner's choice."""
    return practice is None or practice.second_factor or not on_loopback(request)


def _first(request: ClinicRequest, name: str) -> HttpResponse:
    target = reverse(name)
    if name == "account_login" and request.method == "GET" and not request.htmx:
        target += "?next=" + quote(request.get_full_path())
    return _go(request, target)


def _go(request: ClinicRequest, target: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def step_up(request: ClinicRequest) -> HttpResponse | None:
    """The page on which to sign in again, or None when that was done within the last 5 minutes (S-06)."""
    proved = request.session.get("proved")
    if proved is not None and 0 <= now().timestamp() - proved <= FRESH.total_seconds():
        return None
    back = request.get_full_path()
    if request.method == "POST" or request.htmx:  # a form cannot be sent from there: back to the page it stood on
        page = urlsplit(request.headers.get("Referer", ""))
        back = page.path if page.netloc == request.get_host() else "/"
    return _go(request, reverse("account_reauthenticate") + "?next=" + quote(back))


def begin(sender: Any, request: Any, user: User, **_: Any) -> None:
    """Somebody has signed in: sets the marks of the session and leaves the row in the trail."""
    at = now()
    shown = any(record.get("method") == "mfa" for record in get_authentication_records(request, user))
    request.session.update({"began": at.timestamp(), "seen": at.timestamp(), "proved": at.timestamp(), "factor": shown})
    with act(_actor(request, user), "signin", "signed-in", change=True) as deed:
        deed.actor = _actor(request, user)
        deed.about |= {"event": "signed-in", "factor": shown}
        user.last_login = at
        user.save(update_fields=["last_login"])


def prove(request: ClinicRequest) -> None:
    """Somebody has shown again who they are. The session gets a new id (S-04)."""
    request.session["proved"] = now().timestamp()
    request.session.cycle_key()


def factor_changed(request: ClinicRequest, user: User) -> None:
    """A second factor came or went: every other session of the user ends; this one gets a new id (S-04)."""
    end_sessions(user)
    user.refresh_from_db()
    request.session["factor"] = accounts.has_factor(user)
    update_session_auth_hash(request, user)


def listen() -> None:
    """Puts `begin` behind every sign-in, in place of Django's own note of it, which would be made outside an act."""
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(begin, dispatch_uid="palpate-signed-in")
