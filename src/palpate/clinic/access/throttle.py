"""The counts that slow down guessing (S-03). One row for each key; a row that has run out is counted from one again."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from palpate.clinic.models import Throttle

TURNS = 50  # how often a try looks again while others make and remove the row under it; then it has to wait
SWEPT_AT_ONCE = 50  # rows; each new row takes more old ones away than it adds


def take(key: str, limit: int, until: datetime, at: datetime) -> datetime | None:
    """Counts one try, in one statement of the store, so that of many at once exactly `limit` pass.

    Call outside a transaction: a try counts even if what it was for is undone.
    Returns  None when the try may go on, else the moment from which there may be another.
    """
    rows = Throttle.objects.filter(key=key)
    for _ in range(TURNS):
        standing = rows.values_list("until", "count").first()
        if standing is None:
            try:
                with transaction.atomic():
                    Throttle(key=key, count=1, until=until).save(force_insert=True)
            except IntegrityError:  # another try made the row in between: count on that one
                continue
            sweep(at)
            return None
        if standing[0] > at and standing[1] >= limit:  # only read: a flood of tries writes nothing here
            return standing[0]
        if rows.filter(until__gt=at, count__lt=limit).update(count=F("count") + 1):
            return None
        if rows.filter(until__lte=at).update(count=1, until=until):
            return None
    return until


def give_back(key: str) -> None:
    """Takes one try back that was no failure."""
    Throttle.objects.filter(key=key, count__gt=0).update(count=F("count") - 1)


def forget(key: str) -> None:
    """Counts from nothing again."""
    Throttle.objects.filter(key=key).delete()


def release(key: str, until: datetime) -> None:
    """Takes a key away, if it is still the one that was taken until this moment."""
    Throttle.objects.filter(key=key, until=until).delete()


def stands(key: str, at: datetime) -> bool:
    """Whether there is a row of this key that has not run out."""
    return Throttle.objects.filter(key=key, until__gt=at).exists()


def keep(key: str, until: datetime) -> None:
    """Keeps a key until a moment, without counting."""
    if not Throttle.objects.filter(key=key).update(until=until):
        Throttle.objects.bulk_create([Throttle(key=key, count=0, until=until)], ignore_conflicts=True)


def sweep(at: datetime) -> None:
    """Takes some rows away that have run out."""
    old = list(Throttle.objects.filter(until__lte=at).order_by("until").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    if old:
        Throttle.objects.filter(pk__in=old, until__lte=at).delete()


def rows() -> int:
    """How many rows there are."""
    return Throttle.objects.count()
