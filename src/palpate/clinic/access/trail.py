"""The audit trail and the small tables around acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Max

from palpate.clinic.models import AuditHead, AuditRow, FormKey, Throttle

PAGE = 2_000  # rows that a walk over the trail holds at a time
_ROWS, _HEAD = AuditRow._meta.db_table, AuditHead._meta.db_table
_FIELDS = AuditRow._meta.concrete_fields
_COLUMNS = ", ".join(f'"{field.column}"' for field in _FIELDS)
_NAME = (
    f'UPDATE "{_HEAD}" SET "number" = %s, "hash" = %s,'
    ' "latest" = CASE WHEN "latest" > %s THEN "latest" ELSE %s END WHERE "id" = 1'
)  # a clock that was put back must not take the latest time with it
_ADD = f'INSERT INTO "{_ROWS}" ({_COLUMNS}) SELECT {", ".join(["%s"] * len(_FIELDS))} WHERE '


def locked_head() -> AuditHead:
    """The newest number and hash, locked until the transaction ends, so that numbers have no gap."""
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
    return head


def locked_end() -> tuple[int, str]:
    """The newest number and hash that the head names, locked until the transaction ends.

    Plain statements here and in `add`, since every page and every refusal waits for them.
    """
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "number", "hash" FROM "{_HEAD}" WHERE "id" = 1{lock}')
        found = cursor.fetchone()
    if found is not None:
        return int(found[0]), str(found[1])
    head = locked_head()
    return head.number, head.hash


def add(row: AuditRow) -> bool:
    """Adds a row and lets the head name it. Call with the head locked.

    Returns  False, and adds nothing, where the row before it is not there as the new one names it.
    """
    at = connection.ops.adapt_datetimefield_value(row.at)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _FIELDS]
    if row.number > 1:
        before = f'EXISTS (SELECT 1 FROM "{_ROWS}" WHERE "number" = %s AND "hash" = %s)'
        values += [row.number - 1, row.previous]
    else:
        before = f'NOT EXISTS (SELECT 1 FROM "{_ROWS}")'
    with connection.cursor() as cursor:
        cursor.execute(_ADD + before, values)
        if cursor.rowcount != 1:
            return False
        cursor.execute(_NAME, [row.number, row.hash, at, at])
    return True


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
