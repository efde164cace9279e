"""A course as one line of dots, for the person's own telephone: no words at all, so that a page says them in any
language. The course chart of the staff, with its bands, is `course.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from palpate.figures.axes import Days, Rating, Scale
from palpate.figures.shapes import n

WIDTH, HEIGHT = 320.0, 160.0
LEFT, RIGHT, TOP, BOTTOM = 30.0, 306.0, 12.0, 140.0
STEPS = (0, 5, 10)


@dataclass(frozen=True)
class Dot:
    """One rating: its place in the drawing, and what it stands for."""

    x: str
    y: str
    rating: Rating

    @property
    def shown(self) -> float:
        """The rating with one place behind the point, as people read it."""
        return round(float(self.rating.value or 0), 1)


@dataclass(frozen=True)
class SimpleCourse:
    """The drawing: `box` is its viewBox, `line` joins the dots, `steps` are (value, y) of the scale of 0 to 10."""

    box: str
    left: str
    right: str
    dots: tuple[Dot, ...]
    line: str
    steps: tuple[tuple[int, str], ...]


def simple_course(ratings: Sequence[Rating]) -> SimpleCourse | None:
    """Ratings of 0 to 10 by their days; None where there is none. Ratings without a value are left out."""
    rated = sorted((rating for rating in ratings if rating.value is not None), key=lambda rating: rating.day)
    if not rated:
        return None
    scale, first, last = Scale(0, 10, BOTTOM, TOP), rated[0].day, rated[-1].day
    days = Days(first, last, LEFT + 8, RIGHT - 8)
    # All of one day: one dot in the middle.
    across = [days.at(rating.day) if last > first else (LEFT + RIGHT) / 2 for rating in rated]
    dots = tuple(Dot(n(x), n(scale.at(rating.value or 0)), rating) for x, rating in zip(across, rated, strict=True))
    line = "M" + "L".join(f"{dot.x} {dot.y}" for dot in dots) if len(dots) > 1 else ""
    return SimpleCourse(
        f"0 0 {n(WIDTH)} {n(HEIGHT)}", n(LEFT), n(RIGHT), dots, line, tuple((at, n(scale.at(at))) for at in STEPS)
    )
