"""The audit trail and the small tables around acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db.models import Max

from palpate.clinic.models import AuditHead, AuditRow, FormKey, Throttle

PAGE = 2_000  # rows that a walk over the trail holds at a time


def locked_head() -> AuditHead:
    """The newest number and hash, locked until the transaction ends, so that numbers have no gap."""
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
    return head


def hash_at(number: int) -> str | None:
    """The hash of a row of the trail; for number 0, of any row at all. None where there is none."""
    rows = AuditRow.objects.filter(pk=number) if number else AuditRow.objects.all()
    return rows.values_list("hash", flat=True).first()


def head_of(using: str = "default") -> AuditHead:
    """The newest number and hash, not locked; number 0 where nothing was written yet."""
    return AuditHead.objects.using(using).filter(pk=1).first() or AuditHead(pk=1)


def newest_number(using: str = "default") -> int:
    """The highest number in the trail, whatever the head says; 0 when it is empty."""
    return AuditRow.objects.using(using).aggregate(newest=Max("number"))["newest"] or 0


def rows_in_order(up_to: int, using: str = "default", after: int | None = None) -> Iterator[AuditRow]:
    """The rows of the trail by number, a page at a time, so that memory stays bounded and no writer waits."""
    while True:
        rows = AuditRow.objects.using(using).filter(number__lte=up_to).order_by("number")
        page = list((rows if after is None else rows.filter(number__gt=after))[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].number


def note_anchored(number: int) -> None:
    """Notes up to which row the heads have left the store."""
    AuditHead.objects.filter(pk=1, anchored__lt=number).update(anchored=number)


def form_key(actor: str, key: str) -> FormKey | None:
    """The first use of a form's key by an actor."""
    return FormKey.objects.filter(actor=actor, key=key).first()


def sweep(forms_before: datetime, at: datetime) -> dict[str, int]:
    """Removes form keys used before a time, and counts and sessions that are over. Returns how many of each."""
    forms, _ = FormKey.objects.filter(at__lt=forms_before).delete()
    counts, _ = Throttle.objects.filter(until__lt=at).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return {"forms": forms, "counts": counts, "sessions": sessions}
