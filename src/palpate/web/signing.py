"""Who is asking, and what they must do before they see anything: sign in, pass the second factor, sign in again.

Sessions end after a time without use and after 12 hours at the latest (S-04); a route that polls does not count as use.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic.access import practice as the
from palpate.clinic.actor import NOBODY, Actor
from palpate.clinic.models import User
from palpate.clinic.moment import now
from palpate.web.routes import ANYONE, ClinicRequest, Route

LONGEST = timedelta(hours=12)


def actor_of(request: ClinicRequest) -> Actor:
    """The member of the staff who is signed in, or nobody."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return Actor(NOBODY.id, NOBODY.roles, address=request.address, request=request.number)
    return Actor(str(user.pk), user.roles, user.pk, user.name, request.address, request.number)


def hold(request: ClinicRequest, route: Route, actor: Actor) -> HttpResponse | None:
    """The page that must come first (first start, sign-in, second factor), or None when the way is free."""
    if ANYONE in ((route.read if request.method != "POST" else route.write),):
        return None
    if actor.user_id is None:
        return _first(request, "start" if the.the_practice() is None else "account_login")
    if _over(request, route):
        logout(request)
        return _first(request, "account_login")
    return None


def _over(request: ClinicRequest, route: Route) -> bool:
    """Whether the session has ended by time; if not, notes that it was used."""
    at = now().timestamp()
    began = request.session.setdefault("began", at)
    seen = request.session.get("seen", at)
    practice = the.the_practice()
    idle = 60 * min(60, practice.idle_minutes if practice else 15)
    if at - began > LONGEST.total_seconds() or at - seen > idle:
        return True
    if not route.polls and at - seen > 20 or "seen" not in request.session:
        request.session["seen"] = at
    return False


def _first(request: ClinicRequest, name: str) -> HttpResponse:
    target = reverse(name)
    if name == "account_login" and request.method == "GET":
        target += "?next=" + quote(request.get_full_path())
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def step_up(request: ClinicRequest) -> HttpResponse | None:
    """The page on which to sign in again, or None when that was done within the last 5 minutes (S-06)."""
    from allauth.account.internal.flows.reauthentication import did_recently_authenticate

    if did_recently_authenticate(request):
        return None
    return HttpResponseRedirect(reverse("account_reauthenticate") + "?next=" + quote(request.get_full_path()))
