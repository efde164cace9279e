"""Ratings over days as lines: joined from one to the next, with a gap wherever one is missing."""

from __future__ import annotations

from collections.abc import Sequence

from palpate.figures.axes import Days, Rating, Scale
from palpate.figures.shapes import Part, mark, polyline


def in_order(ratings: Sequence[Rating]) -> list[Rating]:
    """The ratings by day; on one day, what was taken after the session comes last."""
    return sorted(ratings, key=lambda rating: (rating.day, rating.after))


def runs(ratings: Sequence[Rating]) -> list[list[Rating]]:
    """The stretches that are joined: a missing rating ends one, and a rating right after a session is in none."""
    found: list[list[Rating]] = [[]]
    for rating in in_order(ratings):
        if rating.after:
            continue
        if rating.value is None:
            found.append([])
        else:
            found[-1].append(rating)
    return [run for run in found if run]


def drawn(ratings: Sequence[Rating], days: Days, scale: Scale, floor: float) -> list[Part]:
    """The lines and a mark for each rating; a missing one is a cross at `floor`, beside the scale."""
    parts: list[Part] = []
    for run in runs(ratings):
        points = [(days.at(rating.day), scale.at(rating.value)) for rating in run if rating.value is not None]
        if len(points) > 1:
            parts.append(polyline(points, "course"))
        parts += [mark(x, y, "disc", "course-mark") for x, y in points]
    for rating in in_order(ratings):
        x = days.at(rating.day)
        if rating.value is None:
            parts.append(mark(x, floor, "cross", "missing-mark"))
        elif rating.after:
            parts.append(mark(x, scale.at(rating.value), "ring", "after-mark"))
    return parts
