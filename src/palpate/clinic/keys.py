"""Keys with which other programs call (S-12): 256 random bits, shown once, kept as a hash, with scopes and an end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

from palpate.clinic.access import keys as rows
from palpate.clinic.actor import PROGRAM, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import ApiKey
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict, Forbidden

SCOPES = {
    "decision:create": "Have an episode document decided. Nothing is stored.",
    "decision:read": "Read the stored decisions of an episode.",
    "people:create": "Add people.",
    "people:read": "Read people's contact data.",
    "appointment:create": "Book appointments.",
    "appointment:read": "Read the appointments of a day.",
    "measure:create": "Add scores of outcome measures to an episode.",
}
LONGEST_DAYS = 365
BEGINS = "palpate"
_SECRET_BYTES, _PREFIX_BYTES = 32, 4


def make_key(actor: Actor, name: str, scopes: Collection[str], days: int) -> tuple[ApiKey, str]:
    """A new key. Call inside an act.

    Returns  its row, and the key itself, which is shown once and kept nowhere.
    Errors   BadInput by field.
    """
    name = clean_name(name, field="name")
    if not name:
        raise BadInput("say which program gets it", "name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput("choose what it may do", "scopes")
    if type(days) is not int or not 1 <= days <= LONGEST_DAYS:
        raise BadInput(f"a whole number of days from 1 to {LONGEST_DAYS}", "days")
    prefix, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    at = now()
    if actor.user_id is None:
        raise Forbidden("Only a member of the staff makes keys. Nothing was done.")
    key = ApiKey(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        created=at,
        created_by_id=actor.user_id,
        expires=at + timedelta(days=days),
    )
    key.save(force_insert=True)
    open_deed().about |= {"key": prefix, "scopes": key.scopes}
    return key, f"{BEGINS}_{prefix}_{secret}"


def revoke_key(key: ApiKey) -> ApiKey:
    """Ends a key at once. Call inside an act. Errors: Conflict where it has ended already."""
    row = rows.locked(key)
    if row.revoked is not None:
        raise Conflict("This key was revoked before. Nothing was changed.")
    row.revoked = now()
    row.save(update_fields=["revoked"])
    open_deed().about["key"] = row.prefix
    return row


def key_of(told: str) -> ApiKey | None:
    """The key that was sent, if it is good now; None for wrong, ended and revoked alike."""
    begins, _, rest = told.partition("_")
    prefix, _, secret = rest.partition("_")
    if begins != BEGINS or len(told) > 200 or not told.isascii():
        return None
    key = rows.by_prefix(prefix)
    # The same work for a prefix that nobody has.
    same = hmac.compare_digest(_hash(secret), key.secret_hash if key is not None else _hash(""))
    return key if key is not None and same and is_good(key) else None


def is_good(key: ApiKey) -> bool:
    """Whether a key is neither revoked nor at its end."""
    return key.revoked is None and now() < key.expires


def actor_of(key: ApiKey, address: str = "", request: str = "") -> Actor:
    """The program behind a key."""
    name = f"key:{key.prefix}"
    return Actor(name, frozenset({PROGRAM}), None, key.name, address, request, frozenset(key.scopes))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
