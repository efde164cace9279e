"""How django-allauth behaves here: nobody signs up, nobody is told which accounts exist, secrets are encrypted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from qrcode.image.svg import SvgPathFillImage

from palpate.clinic import factors
from palpate.clinic.access.practice import the_practice

WRONG = "This address and password do not go together."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in by address and password."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": WRONG,
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your password of now.",
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return False  # the routes say so themselves (step_up), by one rule for all pages

    def authenticate(self, request: Any, **credentials: Any) -> Any:
        """The user, if the password was right: `slowing.check` has found out before the store was opened."""
        return getattr(request, "password_is_of", None)

    def reauthenticate(self, user: Any, password: str) -> bool:
        return bool(user.check_password(password))

    def respond_user_inactive(self, request: Any, user: Any) -> HttpResponse:
        messages.error(request, WRONG)
        return HttpResponseRedirect(reverse("account_login"))

    def get_password_change_redirect_url(self, request: Any) -> str:
        return reverse("account-overview")

    def add_message(self, request: Any, level: int, message_template: Any = None, *args: Any, **kwargs: Any) -> None:
        """Keeps errors that have their own text. What went well our own pages say in their own words."""
        if kwargs.get("message") and level >= messages.ERROR:
            messages.add_message(request, level, kwargs["message"])


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Authenticator apps and passkeys."""

    def encrypt(self, text: str) -> str:
        return factors.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factors.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        practice = the_practice()
        return f"Palpate {practice.name}" if practice is not None else "Palpate"

    def build_totp_svg(self, url: str) -> str:
        """The QR code on white: on a dark page a telephone could not read it otherwise."""
        drawn: bytes = qrcode.make(url, image_factory=SvgPathFillImage).to_string()
        return drawn.decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whom a passkey is for: the configured site, or this machine. Never what a request's header says."""
        host = (urlsplit(settings.SITE).hostname or "") if settings.SITE else "localhost"
        return {"id": host, "name": "Palpate"}
