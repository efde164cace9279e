"""What every drawing is made of: rectangles, paths, marks and words, each with its place, and a table with the same.

Places are numbers in the units of the drawing's own box, already written as text with a point, because a page in
another language would print them with a comma. Nothing here has a colour: a part has a `kind`, and the page's style
says what that looks like by day, by night and in the dim room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "middle", "end"]

# Marks, drawn around 0, 0. Each says something by its outline alone.
MARKS = {
    "disc": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "ring": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "diamond": "M0 -5.5L5.5 0L0 5.5L-5.5 0z",
    "up": "M0 -5L5 4H-5z",
    "up-open": "M0 -5L5 4H-5z",
    "down": "M0 5L5 -4H-5z",
    "cross": "M-3.5 -3.5L3.5 3.5M-3.5 3.5L3.5 -3.5",
    "bar": "M0 -5V5",
    # Under slow pressure: a round one with a tick gives way, a lying square half does, a crossed-out square does not.
    "yields": "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0zM-3.2 0.4L-0.8 2.8L3.4 -2.4",
    "partly": "M0 -8.4L8.4 0L0 8.4L-8.4 0zM-3.2 0H3.2",
    "not": "M-6.6 -6.6H6.6V6.6H-6.6zM-3 -3L3 3M-3 3L3 -3",
}
NAME = re.compile(r"[a-z][a-z0-9-]{0,60}")


@dataclass(frozen=True)
class Rect:
    x: str
    y: str
    width: str
    height: str
    kind: str
    tag: str = "rect"


@dataclass(frozen=True)
class Path:
    d: str
    kind: str
    tag: str = "path"


@dataclass(frozen=True)
class Mark:
    """A mark at x, y: `d` is its outline around 0, 0, to be moved there."""

    x: str
    y: str
    d: str
    kind: str
    tag: str = "mark"


@dataclass(frozen=True)
class Label:
    x: str
    y: str
    text: str
    anchor: Anchor
    kind: str
    tag: str = "label"


Part = Rect | Path | Mark | Label


@dataclass(frozen=True)
class Table:
    """The numbers of a drawing as rows of text; the first cell of a row heads it."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Key:
    """One line of the legend: a small drawing in a box of 24 by 16, and what it stands for."""

    parts: tuple[Part, ...]
    words: str


@dataclass(frozen=True)
class Drawing:
    """A figure ready to be written: `parts` from back to front, and everything that is said instead of shown.

    `name` begins every id of the figure on its page, so two figures of one page need two names. `note` says how the
    scale is to be read; `headline` is the answer in a word, where there is one.
    """

    name: str
    title: str
    description: str
    width: str
    height: str
    parts: tuple[Part, ...]
    table: Table
    legend: tuple[Key, ...] = ()
    headline: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"the name of a figure is small letters, digits and hyphens, not {self.name!r}")


def n(value: float) -> str:
    """A place as text: at most two decimals, a point, no trailing zero, no minus before nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def said(value: float) -> str:
    """A score as people write it: 7, 6.5; at most two decimals; a true minus sign."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "\N{MINUS SIGN}")


def rect(x: float, y: float, width: float, height: float, kind: str) -> Rect:
    """A rectangle; a negative size is nothing rather than an error of the browser."""
    return Rect(n(x), n(y), n(max(width, 0)), n(max(height, 0)), kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Path:
    """A straight line."""
    return Path(f"M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}", kind)


def polyline(points: Sequence[tuple[float, float]], kind: str, closed: bool = False) -> Path:
    """Straight lines through the points, in order."""
    steps = "L".join(f"{n(x)} {n(y)}" for x, y in points)
    return Path(f"M{steps}{'z' if closed else ''}", kind)


def mark(x: float, y: float, shape: str, kind: str = "") -> Mark:
    """A mark of `MARKS` at x, y; its kind is its shape and whatever is added."""
    return Mark(n(x), n(y), MARKS[shape], f"mark mark-{shape} {kind}".strip())


def label(x: float, y: float, text: str, anchor: Anchor = "start", kind: str = "") -> Label:
    """Words whose baseline starts, is centred or ends at x, y."""
    return Label(n(x), n(y), text, anchor, kind)


def hatch(x: float, y: float, width: float, height: float, pattern: str, step: float = 6) -> str:
    """The strokes of a pattern inside a rectangle, as a path that never leaves it; empty for `plain`.

    `rising` and `falling` are slanted lines, `crossed` both, `level` lines from side to side, `dotted` short dashes.
    """
    if pattern == "plain" or width <= 0 or height <= 0:
        return ""
    if pattern == "level":
        count = int(height // step)
        return "".join(f"M{n(x)} {n(y + step * (at + 0.5))}H{n(x + width)}" for at in range(count))
    if pattern == "dotted":
        return _dots(x, y, width, height, step)
    if pattern == "crossed":
        return hatch(x, y, width, height, "rising", step) + hatch(x, y, width, height, "falling", step)
    strokes = []
    offset = step
    while offset < width + height:
        # The line of all points whose distances from the corner sum to `offset`, cut at the rectangle's sides.
        x1, y1 = (offset, 0.0) if offset <= width else (width, offset - width)
        x2, y2 = (0.0, offset) if offset <= height else (offset - height, height)
        if pattern == "falling":
            y1, y2 = height - y1, height - y2
        strokes.append(f"M{n(x + x1)} {n(y + y1)}L{n(x + x2)} {n(y + y2)}")
        offset += step
    return "".join(strokes)


def _dots(x: float, y: float, width: float, height: float, step: float) -> str:
    dots = []
    for down in range(int(height // step)):
        shift = step * (0.25 if down % 2 else 0.75)
        for across in range(int(width // step)):
            left = x + shift + step * across
            if left + 1.5 <= x + width:
                dots.append(f"M{n(left)} {n(y + step * (down + 0.5))}h1.5")
    return "".join(dots)


def rows_for(spans: Iterable[tuple[float, float]], gap: float = 4) -> list[int]:
    """For words that lie from left to right (start, end): the first row, counted from 0, where each has room."""
    ends: list[float] = []
    rows = []
    for start, end in spans:
        row = next((at for at, last in enumerate(ends) if start >= last + gap), len(ends))
        if row == len(ends):
            ends.append(end)
        ends[row] = end
        rows.append(row)
    return rows


def wide(text: str, size: float = 14) -> float:
    """About how wide words are, in units, at this size of letter: generous, so that what fits here fits everywhere."""
    return len(text) * size * 0.54


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
