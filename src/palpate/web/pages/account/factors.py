"""Setting up the second factor: an authenticator app, passkeys, recovery codes (S-02)."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy

from palpate.clinic import factors, users
from palpate.clinic.access import users as accounts
from palpate.clinic.actor import OWNER
from palpate.clinic.models import User
from palpate.clinic.refusals import Forbidden
from palpate.web import signing
from palpate.web.pages.account import slowing
from palpate.web.pages.account.views import through
from palpate.web.routes import ClinicRequest

_add_app = through(totp.activate_totp)
_remove_app = through(totp.DeactivateTOTPView.as_view())
_add_passkey = through(passkey.add_webauthn)
_remove_passkey = through(passkey.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")))


def _me(request: ClinicRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def index(request: ClinicRequest) -> HttpResponse:
    """What somebody has set up, and what there is to set up."""
    user = _me(request)
    kept = list(accounts.authenticators(user))
    context = {
        "app": next((one for one in kept if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [one.wrap() for one in kept if one.type == Authenticator.Type.WEBAUTHN],
        "codes_left": factors.recovery_codes_left(user),
        "has_factor": accounts.has_factor(user),
        "may_switch": _may_switch(request),
        "needed": request.practice.second_factor,
    }
    return render(request, "mfa/index.html", context)


def _may_switch(request: ClinicRequest) -> bool:
    """Whether the second factor may be switched off: an owner who works alone, on the machine itself."""
    alone = accounts.is_alone(_me(request))
    return request.actor.is_any(OWNER) and alone and signing.on_loopback(request)


def switch(request: ClinicRequest) -> HttpResponse:
    """Whether this practice of one person needs a second factor. A banner says so where it does not."""
    needed = request.POST.get("needed") != "no"
    if not needed and not _may_switch(request):
        raise Forbidden("Only a practice of one person, used on its own machine, may do without a second factor.")
    practice = accounts.locked_practice()
    if practice is not None:
        users.set_second_factor(practice, needed)
    return HttpResponseRedirect(reverse("mfa_index") if needed else "/", status=303)


def add_app(request: ClinicRequest) -> HttpResponse:
    """Adds an authenticator app, by its QR code and its first code; that code is used up by it."""
    user = _me(request)
    had = accounts.authenticators(user).filter(type=Authenticator.Type.TOTP).exists()
    response = _add_app(request)
    app = accounts.locked_authenticator(user, Authenticator.Type.TOTP)
    if had or app is None:
        return response
    step = factors.step_of(factors.decrypt(app.data["secret"]), "".join(request.POST.get("code", "").split()))
    if step is not None:
        factors.mark_step(app, step)
    slowing.passed(request)
    return _added(request, user, "The authenticator app is set up.")


def add_passkey(request: ClinicRequest) -> HttpResponse:
    """Adds a passkey."""
    response = _add_passkey(request)
    if request.method == "POST" and response.status_code == 302:
        return _added(request, _me(request), "The passkey is set up.")
    return response


def _added(request: ClinicRequest, user: User, said: str) -> HttpResponse:
    signing.prove(request)
    if factors.recovery_codes_left(user) is None:
        return _show_codes(request, user, said)
    signing.factor_changed(request, user)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("mfa_index"), status=303)


def remove_app(request: ClinicRequest) -> HttpResponse:
    """Takes the authenticator app away."""
    return _removed(request, _remove_app(request), "The authenticator app is taken away.")


def remove_passkey(request: ClinicRequest, pk: int) -> HttpResponse:
    """Takes a passkey away."""
    return _removed(request, _remove_passkey(request, pk=pk), "The passkey is taken away.")


def _removed(request: ClinicRequest, response: HttpResponse, said: str) -> HttpResponse:
    if request.method == "POST" and response.status_code == 302:
        signing.factor_changed(request, _me(request))
        messages.success(request, said)
    return response


def codes(request: ClinicRequest) -> HttpResponse:
    """How many recovery codes are left; new ones by POST."""
    user = _me(request)
    if not accounts.has_factor(user):
        return HttpResponseRedirect(reverse("mfa_index"))
    if request.method == "POST":
        return _show_codes(request, user, "The old codes do not work any more.")
    context: dict[str, Any] = {"left": factors.recovery_codes_left(user)}
    return render(request, "mfa/recovery_codes/generate.html", context)


def _show_codes(request: ClinicRequest, user: User, said: str) -> HttpResponse:
    """Ten new codes, in this answer and nowhere else."""
    made = factors.make_recovery_codes(user)
    signing.factor_changed(request, user)
    return render(request, "mfa/recovery_codes/index.html", {"codes": made, "said": said})
