"""Signing in and out, and signing in again. The pages are django-allauth's with our forms and templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows import logout as allauth_logout
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as passkey
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import users
from palpate.clinic.access import users as accounts
from palpate.clinic.models import User
from palpate.clinic.refusals import BadInput
from palpate.web import signing
from palpate.web.pages.account import slowing
from palpate.web.routes import ClinicRequest

THEMES = ("light", "dark", "dim", "system")
View = Callable[..., HttpResponse]


def through(view: Any) -> View:
    """A page of django-allauth, whose form with errors is answered with 422 like every other form here."""

    def page(request: ClinicRequest, **ids: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, **ids)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            if "credential" not in request.POST:
                raise
            # What a browser says for a passkey is parsed by libraries that trust its shape.
            raise BadInput("What this passkey answered could not be read. Nothing was done. Try again.") from error
        if request.method == "POST" and response.status_code == 200:
            response.status_code = 422
        return response

    return page


def _user(request: ClinicRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _entering(view: Any) -> View:
    """A page by which somebody comes in: afterwards this browser is known for them."""
    page = through(view)

    def entering(request: ClinicRequest, **ids: Any) -> HttpResponse:
        if _user(request) is not None:
            return HttpResponseRedirect("/")
        response = page(request, **ids)
        if getattr(request, "password_was_right", False):
            slowing.passed(request)
        user = _user(request)
        if user is not None and request.method == "POST":
            slowing.passed(request)
            slowing.remember(request, response, user)
        return response

    return entering


sign_in = _entering(account.login)
second_factor = _entering(mfa.authenticate)
passkey_sign_in = _entering(passkey.login_webauthn)


def sign_out(request: ClinicRequest) -> HttpResponse:
    """Ends the session, or a sign-in that is half done. The browser forgets what it kept of the pages (S-34)."""
    allauth_logout.logout(request, show_message=False)
    request.session.flush()
    response = HttpResponseRedirect(reverse("account_login"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _again(view: Any) -> View:
    """A page on which somebody shows again who they are."""
    page = through(view)

    def proofs(request: ClinicRequest) -> int:
        records = get_authentication_records(request, request.user)
        return sum(1 for record in records if record.get("reauthenticated"))

    def again(request: ClinicRequest) -> HttpResponse:
        before = proofs(request)
        response = page(request)
        if proofs(request) > before:
            slowing.passed(request)
            signing.prove(request)
        return response

    return again


password_again = _again(account.reauthenticate)
code_again = _again(mfa.reauthenticate)
passkey_again = _again(passkey.reauthenticate_webauthn)


def overview(request: ClinicRequest) -> HttpResponse:
    """Somebody's own account: who they are here, and what they can change themselves."""
    left = accounts.has_factor(request.user)  # type: ignore[arg-type]
    return render(request, "account/overview.html", {"account": request.user, "has_factor": left})


def theme(request: ClinicRequest) -> HttpResponse:
    """Keeps the display that was chosen."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        raise BadInput("this display does not exist", "theme")
    users.set_theme(request.user, chosen)  # type: ignore[arg-type]
    if request.headers.get("X-Palpate-Quiet"):
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("account-overview"), status=303)


_change = through(account.password_change)


def change_password(request: ClinicRequest) -> HttpResponse:
    """A new password. All other sessions end; this one gets a new id."""
    response = _change(request)
    if request.method == "POST" and response.status_code == 302:
        slowing.passed(request)
        signing.prove(request)
        messages.success(request, "Your password is new. Everywhere else you are signed out.")
    return response
