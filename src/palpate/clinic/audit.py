"""The audit trail: gapless numbers, each row's keyed hash taking in the one before (S-45, S-46).

The hash covers canonical bytes of the row, so nobody without the key can write a chain that verifies. Times are UTC to
the microsecond. Every act first sees that the newest row is the one the head names: where it is not, nothing is written
any more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from palpate.clinic import anchors
from palpate.clinic.moment import now

if TYPE_CHECKING:
    from palpate.clinic.acts import Deed
    from palpate.clinic.models import AuditRow

FIRST = "0" * 64


class TrailBroken(RuntimeError):
    """The newest row of the trail is not the one it should be, so nothing more is written (S-62)."""


def append(deed: Deed) -> AuditRow:
    """Adds the row of an act. Call inside the act's transaction; the head is locked until it ends.

    Errors  TrailBroken, where the head and the newest row do not belong together.
    """
    from palpate.clinic.access.trail import add, locked_end
    from palpate.clinic.models import AuditRow

    number, hash = locked_end()
    row = AuditRow(
        number=number + 1,
        at=now(),
        actor=deed.actor.id,
        roles=" ".join(sorted(deed.actor.roles)),
        category=deed.category,
        deed=deed.name,
        change=deed.change,
        outcome=deed.outcome,
        persons=sorted(str(person) for person in deed.persons),
        about={**deed.about, "sealed": deed.sealed} if deed.sealed else deed.about,
        why=deed.why,
        address=deed.actor.address,
        request=deed.actor.request,
        previous=hash,
    )
    row.hash = hash_of(row)
    if not add(row):
        raise TrailBroken("the newest row of the audit trail is not the one its head names")
    if row.number % anchors.EVERY == 0:
        transaction.on_commit(anchors.write, robust=True)
    return row


def canonical(row: AuditRow) -> bytes:
    """The bytes that are hashed: every field but the hash, in a fixed order."""
    told: dict[str, Any] = {
        "number": row.number,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "roles": row.roles,
        "category": row.category,
        "deed": row.deed,
        "change": row.change,
        "outcome": row.outcome,
        "persons": row.persons,
        "about": row.about,
        "why": row.why,
        "address": row.address,
        "request": row.request,
        "previous": row.previous,
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def hash_of(row: AuditRow, key: str = "") -> str:
    """The keyed hash of a row: HMAC-SHA-256, in hex. Takes key: another than this installation's, as for a backup."""
    return hmac.new((key or settings.AUDIT_KEY).encode(), canonical(row), hashlib.sha256).hexdigest()


def key_id(key: str = "") -> str:
    """A short name of an audit key, from which the key cannot be found."""
    return hashlib.sha256(b"palpate audit key " + (key or settings.AUDIT_KEY).encode()).hexdigest()[:16]


def same(row: AuditRow, key: str = "") -> bool:
    """Whether a row has the hash that belongs to it."""
    return hmac.compare_digest(hash_of(row, key), row.hash)


# --- What the trail knows of the rows that are only added to ----------------------------------------------------------


def content_hash(row: models.Model, key: str = "") -> str:
    """The keyed hash of everything a row holds: HMAC-SHA-256, in hex; the same from both stores.

    It has a key because it stands in the trail, which more people may read than the row: without one, "yes" and "no"
    could be tried until the hash fits. Empty columns are left out, so that a column which is added later and is empty
    in older rows changes nothing.
    """
    told: dict[str, Any] = {}
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if value is not None and value != "":
            told[column.attname] = _plain(column.to_python(value))
    text = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    bytes_of_it = f"palpate row {row._meta.model_name} {text}".encode()
    return hmac.new((key or settings.AUDIT_KEY).encode(), bytes_of_it, hashlib.sha256).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON holds it, whichever store it comes from: whole numbers without a fraction, times in UTC."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return int(float(value))  # PostgreSQL gives 1e16 back as a whole number
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return hashlib.sha256(value).hexdigest()
    return str(value) if isinstance(value, uuid.UUID) else value
