"""One-time links for clinicians: found by the hash of their secret, or by the session that one of them opened."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import F, QuerySet

from palpate.clinic.models import Letter, ReferralLink


def _whole() -> QuerySet[ReferralLink]:
    return ReferralLink.objects.select_related("letter__episode__person", "letter__decision")


def link_by_hash(secret_hash: str) -> ReferralLink | None:
    """The link whose secret has this SHA-256."""
    return _whole().filter(secret_hash=secret_hash).first()


def link_by_id(id: uuid.UUID, *, locked: bool = False) -> ReferralLink | None:
    """The link with this id, for the session that it opened; `locked`: until the transaction ends."""
    rows = _whole()
    return (rows.select_for_update(of=("self",)) if locked else rows).filter(pk=id).first()


def live_links(letter: Letter, at: datetime) -> QuerySet[ReferralLink]:
    """Links of a letter that can still be used."""
    rows = ReferralLink.objects.filter(letter=letter, revoked__isnull=True, spent__isnull=True, until__gt=at)
    return rows.order_by("-made")


def count_miss(link: ReferralLink) -> int:
    """Counts one wrong birth date, atomically. Returns how many there were."""
    ReferralLink.objects.filter(pk=link.pk).update(misses=F("misses") + 1)
    link.refresh_from_db(fields=["misses"])
    return int(link.misses)
