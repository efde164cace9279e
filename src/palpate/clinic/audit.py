"""The audit trail: gapless numbers, each row's keyed hash taking in the one before (S-45, S-46).

The hash covers canonical bytes of the row, so nobody without the key can write a chain that verifies. Times are UTC to
the microsecond. Every act first sees that the newest row is the one the head names: where it is not, nothing is written
any more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

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
    from palpate.clinic.access.trail import hash_at, locked_head
    from palpate.clinic.models import AuditRow

    head = locked_head()
    if hash_at(head.number) != (head.hash if head.number else None):
        raise TrailBroken("the newest row of the audit trail is not the one its head names")
    row = AuditRow(
        number=head.number + 1,
        at=now(),
        actor=deed.actor.id,
        roles=" ".join(sorted(deed.actor.roles)),
        category=deed.category,
        deed=deed.name,
        change=deed.change,
        outcome=deed.outcome,
        persons=sorted(str(person) for person in deed.persons),
        about=deed.about,
        why=deed.why,
        address=deed.actor.address,
        request=deed.actor.request,
        previous=head.hash,
    )
    row.hash = hash_of(row)
    row.save(force_insert=True)
    head.number, head.hash = row.number, row.hash
    head.save(update_fields=["number", "hash"])
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
