"""The staff's accounts: who works here, in which role, and how they come to a password. Call inside an act."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password, verify_password

from palpate.clinic import clock_guard
from palpate.clinic.access import users as rows
from palpate.clinic.actor import Actor
from palpate.clinic.models import AccountLink, Notice, Practice, User
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict, Refused

INVITED_FOR = timedelta(hours=24)
RESET_FOR = timedelta(minutes=30)
Purpose = AccountLink.Purpose


def add_user(actor: Actor, *, name: str, email: str, title: str, role: str, treats: bool) -> tuple[User, str]:
    """Adds somebody who sets their own password by a link.

    Returns  the user, and the link's secret, which is shown once and kept nowhere.
    Errors: BadInput when the address has an account already.
    """
    user = User(created=now())
    _write(user, name=name, email=email, title=title, role=role, treats=treats)
    user.set_unusable_password()
    user.save(force_insert=True)
    practice = rows.locked_practice()
    if practice is not None and not practice.second_factor and not practice.demo:
        # Signing in without a second factor is for a practice of one person only.
        set_second_factor(practice, True)
    return user, make_link(user, Purpose.INVITE, actor)


def change_user(user: User, version: int, *, name: str, email: str, title: str, role: str, treats: bool) -> User:
    """Changes an account. A new role ends the user's sessions. Errors: Conflict, BadInput, Refused (last owner)."""
    user = _at_version(user, version)
    if role != User.Role.OWNER:
        _another_owner(user)
    _write(user, name=name, email=email, title=title, role=role, treats=treats)
    user.version += 1
    user.save()
    return user


def set_active(user: User, version: int, active: bool) -> User:
    """Lets a user sign in, or no more; their sessions end. Errors: Conflict, Refused (last owner)."""
    user = _at_version(user, version)
    if not active:
        _another_owner(user)
        _spend_links(user)
    user.is_active = active
    user.version += 1
    user.session_epoch += 1
    user.save()
    return user


def checked(email: str, password: str) -> User | None:
    """The user of an address, if the password is theirs and they may sign in.

    Hashes once in any case, so that nobody learns which addresses exist. Call outside an act: hashing is slow on
    purpose, and must not hold the store meanwhile.
    """
    user = rows.by_email(email)
    if user is None:
        make_password(password)
        return None
    right, _ = verify_password(password, user.password)
    return user if right and user.is_active else None


def end_sessions(user: User) -> None:
    """Ends every session of a user at its next request (S-04)."""
    user = rows.locked(user.pk)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])


def reset_factor(user: User) -> None:
    """Takes a user's second factors away: at the next sign-in they set up a new one. Their sessions end."""
    rows.authenticators(user).delete()
    end_sessions(user)


def make_link(user: User, purpose: str, by: Actor | None) -> str:
    """A new one-time link; older ones of this user stop working. Returns its secret: 256 random bits."""
    _spend_links(user)
    secret = secrets.token_urlsafe(32)
    at = now()
    life = INVITED_FOR if purpose == Purpose.INVITE else RESET_FOR
    AccountLink(
        user=user,
        purpose=purpose,
        secret_hash=hash_of(secret),
        made=at,
        until=at + life,
        by_id=by.user_id if by is not None else None,
    ).save()
    return secret


def link_of(secret: str) -> AccountLink | None:
    """The link of a secret, if it is good and the clock can be right. Wrong, used, replaced and expired are alike."""
    return None if clock_guard.stopped() else rows.link(hash_of(secret.strip()), now())


def take_password(link: AccountLink, password: str) -> User:
    """Sets the password of a link's user. The link is used up; all sessions of the user end."""
    user = rows.locked(link.user_id)
    user.set_password(password)
    user.session_epoch += 1
    user.version += 1
    user.save()
    _spend_links(user)
    return user


def tell_owners(text: str, url: str) -> None:
    """A notice for every owner."""
    at = now()
    for owner in rows.owners():
        Notice(to=owner, text=text[:300], url=url, at=at).save()


def set_theme(user: User, theme: str) -> None:
    """Keeps the display that a user chose: light, dark, dim, or system for the device's own."""
    user.theme = theme
    user.save(update_fields=["theme"])


def set_second_factor(practice: Practice, needed: bool) -> None:
    """Whether signing in needs a second factor."""
    practice.second_factor = needed
    practice.version += 1
    practice.save(update_fields=["second_factor", "version"])


def hash_of(secret: str) -> str:
    """What is kept of a link's secret: SHA-256 in hex. The secret is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _write(user: User, *, name: str, email: str, title: str, role: str, treats: bool) -> None:
    name = clean_name(name, field="name")
    if not name:
        raise BadInput("a name is missing", "name")
    if role not in User.Role.values:
        raise BadInput("this is none of the four roles", "role")
    email = clean_name(email, field="email").casefold()
    other = rows.by_email(email)
    if other is not None and other.pk != user.pk:
        raise BadInput("somebody here has this address already", "email")
    user.name, user.email, user.title = name, email, clean_name(title, field="title")[:120]
    user.role, user.treats = role, treats and role == User.Role.OWNER


def _at_version(user: User, version: int) -> User:
    rows.locked_owners()  # always before the user's own row: two changes at once must not wait for each other
    found = rows.locked(user.pk)
    if found.version != version:
        raise Conflict("Somebody has changed this account since you opened the page. Nothing was saved.")
    return found


def _another_owner(user: User) -> None:
    owners = rows.locked_owners()
    if user.pk in {owner.pk for owner in owners} and len(owners) == 1:
        raise Refused("This is the last owner who can sign in. Make somebody else an owner first. Nothing was saved.")


def _spend_links(user: User) -> None:
    rows.open_links(user).update(spent=now())
