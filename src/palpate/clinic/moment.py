"""The clock of the clinic. Everything that needs the time asks here, so that it can be held still.

Tests hold it, and the demo practice, whose people have a past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

_held: ContextVar[datetime | None] = ContextVar("palpate_held_time", default=None)


def now() -> datetime:
    """This instant, in UTC."""
    return _held.get() or timezone.now()


def today(time_zone: str = "UTC") -> date:
    """The wall date of the practice."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Holds the clock still at an instant with a time zone, for this thread only."""
    token = _held.set(instant)
    try:
        yield
    finally:
        _held.reset(token)
