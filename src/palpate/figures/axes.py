"""Scales: from days and scores to places in a drawing, and the days worth a tick."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from palpate.figures.shapes import wide

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STEPS_DAYS = (1, 2, 7, 14, 28, 56, 91, 182, 364)


@dataclass(frozen=True)
class Rating:
    """A score on its day.

    value     None: asked for that day and not given. It stays a gap: nothing is carried forward.
    after     taken right after a session: shown, but never joined and never judged (measures.md, section 3).
    """

    day: date
    value: float | Fraction | None
    after: bool = False


@dataclass(frozen=True)
class Scale:
    """Straight from `low`..`high` to `start`..`stop`; what lies outside is put on the edge."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float | Fraction) -> float:
        """The place of a value."""
        share = (min(max(float(value), self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)


@dataclass(frozen=True)
class Days:
    """The days of a drawing, first to last, from left to right."""

    first: date
    last: date
    left: float
    right: float

    def at(self, day: date) -> float:
        """The place of a day; one outside is put on the edge."""
        length = (self.last - self.first).days
        return Scale(0, length, self.left, self.right).at((day - self.first).days)

    def ticks(self, size: float = 14) -> tuple[date, ...]:
        """Days worth a tick: evenly apart, from the first one, as many as have room for their words."""
        length = (self.last - self.first).days
        room = wide("28 May", size) + 10
        step = next((s for s in STEPS_DAYS if (self.right - self.left) * s / length >= room), None)
        if step is None:
            return (self.first, self.last)
        return tuple(self.first + timedelta(days=at) for at in range(0, length + 1, step))


def span(days: Iterable[date], left: float, right: float, least_days: int = 7) -> Days | None:
    """The scale that holds all these days, at least so many days long; None without a day."""
    ordered = sorted(days)
    if not ordered:
        return None
    first, last = ordered[0], ordered[-1]
    return Days(first, max(last, first + timedelta(days=least_days)), left, right)


def short(day: date) -> str:
    """A day as it stands at a tick: 13 Feb."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def full(day: date) -> str:
    """A day as it stands in a table or a sentence: 13 Feb 2026."""
    return f"{short(day)} {day.year}"
