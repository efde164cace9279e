"""The staff's accounts: who there is, their second factors, and the links by which they set a password."""

from __future__ import annotations

import uuid
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session as SessionRow
from django.db.models import CharField, DateTimeField, QuerySet, UUIDField

from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.models import AccountLink, Practice, User

PROOF = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are no second factor


_SIGNED_IN = Ready(lambda: User.objects.filter(pk=Slot("id", UUIDField()))[:1])
_SESSION = Ready(
    lambda: SessionRow.objects.filter(
        session_key=Slot("key", CharField()), expire_date__gt=Slot("at", DateTimeField())
    )[:1]
)


def signed_in(id: uuid.UUID) -> User | None:
    """The user of an id."""
    return _SIGNED_IN.first(id=id)


def session_row(key: str, at: datetime) -> SessionRow | None:
    """What is stored of a signed-in session that has not ended."""
    return _SESSION.first(key=key, at=at)


def everybody() -> QuerySet[User]:
    """All accounts, those that work first."""
    return User.objects.order_by("-is_active", "name", "email")


def by_email(email: str) -> User | None:
    """The account of an address, whatever its case."""
    if "\x00" in email:  # it comes from the sign-in before any form has looked at it, and PostgreSQL refuses it
        return None
    return User.objects.filter(email=email.strip().casefold()).first()


def locked(user_id: uuid.UUID) -> User:
    """A user whose row nobody else changes until the transaction ends."""
    return User.objects.select_for_update().get(pk=user_id)


def locked_owners() -> list[User]:
    """All owners who may sign in, locked in a fixed order, so that two cannot send each other away at once."""
    return list(User.objects.select_for_update().filter(role=User.Role.OWNER, is_active=True).order_by("pk"))


def owners() -> QuerySet[User]:
    """All owners who may sign in."""
    return User.objects.filter(role=User.Role.OWNER, is_active=True).order_by("pk")


def is_alone(user: User) -> bool:
    """Whether nobody else may sign in here."""
    return not User.objects.filter(is_active=True).exclude(pk=user.pk).exists()


def locked_practice() -> Practice | None:
    """The practice, whose row nobody else changes until the transaction ends."""
    return Practice.objects.select_for_update().first()


def authenticators(user: User) -> QuerySet[Authenticator]:
    """All of a user's factors and their recovery codes."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user.pk)
    return found.order_by("created_at", "pk")


def has_factor(user: User) -> bool:
    """Whether this user has set up an authenticator app or a passkey."""
    return authenticators(user).filter(type__in=PROOF).exists()


def with_factor() -> set[uuid.UUID]:
    """The ids of all users who have set up a second factor."""
    return set(Authenticator.objects.filter(type__in=PROOF).values_list("user_id", flat=True))


def locked_authenticator(user: User, kind: str) -> Authenticator | None:
    """A user's authenticator app or recovery codes, locked: of two who show the same code at once, one is second."""
    return Authenticator.objects.select_for_update().filter(user_id=user.pk, type=kind).first()


def link(secret_hash: str, at: datetime) -> AccountLink | None:
    """The link of this secret, locked, if it is still good and its user may sign in."""
    found = AccountLink.objects.select_for_update(of=("self",)).filter(secret_hash=secret_hash, until__gt=at)
    return found.filter(spent__isnull=True, user__is_active=True).select_related("user").first()


def open_links(user: User) -> QuerySet[AccountLink]:
    """A user's links that have not been used or replaced."""
    return AccountLink.objects.filter(user=user, spent__isnull=True)


def invited() -> dict[uuid.UUID, datetime]:
    """Until when an invitation stands open, by user."""
    found = AccountLink.objects.filter(spent__isnull=True, purpose=AccountLink.Purpose.INVITE)
    return dict(found.values_list("user_id", "until"))
