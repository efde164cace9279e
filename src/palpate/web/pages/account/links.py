"""A password by a one-time link: for somebody new, or somebody who forgot theirs (S-07)."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import users
from palpate.clinic.access import users as accounts
from palpate.clinic.models import AccountLink, User
from palpate.web.pages.account import slowing
from palpate.web.pages.account.forms import ForgottenForm, LinkPasswordForm
from palpate.web.routes import ClinicRequest

log = logging.getLogger("palpate.web")
NOT_GOOD = "This code is not good: mistyped, used before, or too old. Ask for a new link."


def address_of(secret: str) -> str:
    """The address of a link. It begins with the configured site, never with what a request says of itself (S-35);
    the secret stands after the #, so that it reaches no log."""
    return f"{settings.SITE}{reverse('account-new-password')}#{secret}"


def forgotten(request: ClinicRequest) -> HttpResponse:
    """Asks for a link. The answer is the same whether the address belongs to somebody or not."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = accounts.by_email(form.cleaned_data["email"])
        if user is not None and user.is_active:
            _help(user)
        return HttpResponseRedirect(reverse("account-asked"), status=303)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "account/password_reset.html", {"form": form, "by_mail": bool(settings.MAIL_FROM)}, status=status
    )


def asked(request: ClinicRequest) -> HttpResponse:
    """What happens now, for everybody alike."""
    return render(request, "account/password_reset_done.html", {"by_mail": bool(settings.MAIL_FROM)})


def _help(user: User) -> None:
    if not settings.MAIL_FROM:
        users.tell_owners(
            f"{user.name} asks for a new password. Make a link for them.", reverse("user", args=[user.pk])
        )
        return
    address = address_of(users.make_link(user, AccountLink.Purpose.RESET, None))
    transaction.on_commit(lambda: later(user.email, address))


def later(to: str, address: str) -> None:
    """Sends the message beside the request, so that an address that exists is not answered more slowly."""
    threading.Thread(target=deliver, args=(to, address), daemon=True).start()


def deliver(to: str, address: str) -> None:
    """Sends the message with the link. It names no patient and no practice (S-20)."""
    text = (
        f"Somebody asked for a new password for your account. This link is good once, for 30 minutes:\n\n{address}\n\n"
    )
    text += "If it was not you, you need not do anything."
    try:
        send_mail("Your new password", text, settings.MAIL_FROM, [to])
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("a message with a link could not be sent", exc_info=error)


def new_password(request: ClinicRequest) -> HttpResponse:
    """Sets a password by a link. Opening the page spends nothing; the second factor is asked as ever at the sign-in."""
    if request.method != "POST":
        return render(request, "account/password_reset_from_key.html", {"form": LinkPasswordForm()})
    link = users.link_of(request.POST.get("code", ""))
    form = LinkPasswordForm(request.POST, user=link.user if link is not None else None)
    if form.is_valid() and link is not None:
        users.take_password(link, form.cleaned_data["password1"])
        request.deed.about["account"] = str(link.user_id)
        slowing.passed(request)
        request.session.flush()  # whoever was signed in here before
        messages.success(request, "Your password is set. Sign in with it now.")
        return HttpResponseRedirect(reverse("account_login"), status=303)
    if link is None and "code" not in form.errors:
        form.add_error("code", NOT_GOOD)
    return render(request, "account/password_reset_from_key.html", {"form": form}, status=422)
