"""Who works here: owners add people, give them roles, and end what must end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import users
from palpate.clinic.access import users as accounts
from palpate.clinic.actor import OWNER
from palpate.clinic.models import AccountLink, User
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, Refused
from palpate.web.pages.account.links import address_of
from palpate.web.pages.users.forms import UserForm, stored
from palpate.web.routes import ClinicRequest


def users_page(request: ClinicRequest) -> HttpResponse:
    """Everybody with an account."""
    invited, secured, at = accounts.invited(), accounts.with_factor(), now()
    rows: list[dict[str, Any]] = [
        {"user": user, "secured": user.pk in secured, "invited": invited.get(user.pk), "late": False}
        for user in accounts.everybody()
    ]
    for row in rows:
        row["late"] = row["invited"] is not None and row["invited"] <= at
    return render(request, "users/list.html", {"rows": rows, "may_change": request.actor.is_any(OWNER)})


def add(request: ClinicRequest) -> HttpResponse:
    """Adds somebody, and shows the link by which they set a password."""
    form = UserForm(request.POST or None)
    if request.method != "POST":
        return render(request, "users/form.html", {"form": form})
    if form.is_valid():
        try:
            user, secret = users.add_user(request.actor, **form.wanted())
        except BadInput as bad:
            form.add_error(bad.field or None, bad.message)
        else:
            request.deed.about["user"] = str(user.pk)
            return _show_link(request, user, secret, invited=True)
    return render(request, "users/form.html", {"form": form}, status=422)


def one(request: ClinicRequest, user: User) -> HttpResponse:
    """One account, and what an owner can do with it."""
    context = {
        "one": user,
        "has_factor": accounts.has_factor(user),
        "may_change": request.actor.is_any(OWNER),
        "is_me": user.pk == request.actor.user_id,
    }
    return render(request, "users/one.html", context)


def change(request: ClinicRequest, user: User) -> HttpResponse:
    """Changes name, address, title and role."""
    if request.method != "POST":
        return render(request, "users/form.html", {"form": UserForm(initial=stored(user)), "one": user})
    form = UserForm(request.POST)
    if not form.is_valid():
        return render(request, "users/form.html", {"form": form, "one": user}, status=422)
    version = version_of(request)
    try:
        users.change_user(user, version, **form.wanted())
    except BadInput as bad:
        form.add_error(bad.field or None, bad.message)
        return render(request, "users/form.html", {"form": form, "one": user}, status=422)
    except Conflict:
        # Both texts stay: what was typed in the fields, what stands now beside them (S-56).
        context = {"form": form, "one": user, "now": UserForm(initial=stored(user))}
        return render(request, "users/form.html", context, status=409)
    messages.success(request, "Saved.")
    return HttpResponseRedirect(reverse("user", args=[user.pk]), status=303)


def active(request: ClinicRequest, user: User) -> HttpResponse:
    """Lets somebody sign in, or no more."""
    wanted = request.POST.get("active")
    if wanted not in ("yes", "no"):
        raise BadInput("say yes or no", "active")
    users.set_active(user, version_of(request), wanted == "yes")
    return _done(request, user, "They can sign in again." if wanted == "yes" else "They cannot sign in any more.")


def end_sessions(request: ClinicRequest, user: User) -> HttpResponse:
    """Signs somebody out everywhere."""
    users.end_sessions(user)
    return _done(request, user, "They are signed out everywhere.")


def reset_factor(request: ClinicRequest, user: User) -> HttpResponse:
    """Takes somebody's second factor away, because they lost it."""
    users.reset_factor(user)
    return _done(request, user, "At the next sign-in they set up a new second factor.")


def link(request: ClinicRequest, user: User) -> HttpResponse:
    """A new one-time link: an invitation for who has no password yet, else for a new password."""
    if not user.is_active:
        raise Refused("This account is switched off. Switch it on first.")
    invited = not user.has_usable_password()
    purpose = AccountLink.Purpose.INVITE if invited else AccountLink.Purpose.RESET
    return _show_link(request, user, users.make_link(user, purpose, request.actor), invited=invited)


def version_of(request: ClinicRequest) -> int:
    """The version that a form saw. Errors: BadInput when the form does not say."""
    told = request.POST.get("_version", "")
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise BadInput("this form does not say which version it was made from; open the page again", "_version")
    return int(told)


def _show_link(request: ClinicRequest, user: User, secret: str, *, invited: bool) -> HttpResponse:
    context = {"one": user, "address": address_of(secret), "invited": invited}
    return render(request, "users/link.html", context)


def _done(request: ClinicRequest, user: User, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("user", args=[user.pk]), status=303)
