"""The clock of the clinic. Everything that needs the time asks here, so that a test can hold it still."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """This instant, in UTC."""
    return timezone.now()


def today(time_zone: str = "UTC") -> date:
    """The wall date of the practice."""
    return now().astimezone(ZoneInfo(time_zone)).date()
