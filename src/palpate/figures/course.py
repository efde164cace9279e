"""The course chart: one measure over the days of a course, with the bands in which a change is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from palpate.figures.axes import Days, Rating, Scale, full, short, span
from palpate.figures.lines import drawn, in_order
from palpate.figures.shapes import (
    Drawing,
    Key,
    Mark,
    Part,
    Path,
    Table,
    hatch,
    joined,
    label,
    line,
    mark,
    n,
    rect,
    rows_for,
    said,
    wide,
)
from palpate.figures.zones import ZONE_WORDS, Kind, Zone_, zone_of, zones
from palpate.pathway.response import Numbers

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 340.0, 28.0, 336.0, 46.0, 226.0
SESSIONS, DAYS, HEIGHT = 250.0, 282.0, 290.0
SIZE = 14.0
PATTERNS = {"worse": "crossed", "none": "plain", "partly": "falling", "responded": "rising", "untold": "dotted"}
MEASURES: dict[Kind, tuple[str, str]] = {
    "pain": ("Pain, average over the last 7 days", "0 is none, 10 the worst; low is good"),
    "activities": ("Own activities", "0 is not at all, 10 as well as before; high is good"),
}


@dataclass(frozen=True)
class Marked:
    """The days of a course that are marked. A planned session has not been given yet."""

    sessions: Sequence[date] = ()
    planned: Sequence[date] = ()
    check: date | None = None
    end: date | None = None


def course_chart(
    name: str,
    kind: Kind,
    ratings: Sequence[Rating],
    numbers: Numbers,
    baseline: Fraction | None,
    marked: Marked,
    target: Fraction | None = None,
) -> Drawing:
    """One measure of 0 to 10 over a course.

    Takes    ratings: in any order; baseline: what the pathway judges against, None where there is none;
             target: what the person aims for.
    Returns  the drawing; without any day it says that there is nothing to show yet.
    """
    words, scale_words = MEASURES[kind]
    others = [*marked.sessions, *marked.planned, *(day for day in (marked.check, marked.end) if day)]
    days = span([*(rating.day for rating in ratings), *others], LEFT + 8, RIGHT - 8)
    table = _table(kind, ratings, numbers, baseline, marked)
    description = _describe(kind, ratings, numbers, baseline, marked, target)
    parts: list[Part] = []
    legend: list[Key] = []
    if days is not None:
        scale = Scale(0, 10, BOTTOM, TOP)
        if baseline is not None:
            parts += _bands(kind, numbers, baseline, scale)
        parts += _frame(days, scale)
        if baseline is not None:
            parts += _level(scale.at(baseline), f"baseline {said(float(baseline))}", "baseline", kind == "activities")
        if target is not None:
            parts += _level(scale.at(target), f"target {said(float(target))}", "target", False)
        parts += _flags(days, marked)
        parts += drawn(ratings, days, scale, BOTTOM - 6)
        if baseline is not None:
            words_, keys = _zone_words(kind, numbers, baseline, target, scale, _right(days, marked))
            parts += words_
            legend += keys
        parts += _sessions(days, marked)
        legend += _legend(ratings, marked)
    return Drawing(name, words, description, n(WIDTH), n(HEIGHT), tuple(parts), table, tuple(legend), note=scale_words)


def _bands(kind: Kind, numbers: Numbers, baseline: Fraction, scale: Scale) -> list[Part]:
    parts: list[Part] = []
    for zone in zones(kind, numbers, baseline):
        top, bottom = sorted((scale.at(zone.low), scale.at(zone.high)))
        parts.append(rect(LEFT, top, RIGHT - LEFT, bottom - top, f"zone zone-{zone.kind}"))
        strokes = hatch(LEFT, top, RIGHT - LEFT, bottom - top, PATTERNS[zone.kind], 9)
        if strokes:
            parts.append(Path(strokes, f"hatch hatch-{zone.kind}"))
    for zone in zones(kind, numbers, baseline):
        top, bottom = sorted((scale.at(zone.low), scale.at(zone.high)))
        if zone.kind != "none":
            edge = bottom if (zone.kind == "worse") == (kind == "pain") else top
            parts.append(line(LEFT, edge, RIGHT, edge, f"edge edge-{zone.kind}"))
    return parts


def zone_key(zone: Zone_) -> Key:
    """A band as it stands in a legend."""
    swatch = rect(1, 1, 22, 14, f"zone zone-edge zone-{zone}")
    strokes = hatch(1, 1, 22, 14, PATTERNS[zone], 5)
    return Key((swatch, Path(strokes, f"hatch hatch-{zone}")) if strokes else (swatch,), ZONE_WORDS[zone])


def _right(days: Days, marked: Marked) -> float:
    """Where the words of the bands end: left of the line of the planned end, where that is near the edge."""
    end = days.at(marked.end) if marked.end else RIGHT
    return min(RIGHT, end if RIGHT - end < 30 else RIGHT) - 6


def _zone_words(
    kind: Kind, numbers: Numbers, baseline: Fraction, target: Fraction | None, scale: Scale, right: float
) -> tuple[list[Part], list[Key]]:
    """Each band's word where no level crosses it; for bands too narrow for their word, a line of the legend."""
    levels = [scale.at(level) for level in (baseline, target) if level is not None]
    parts: list[Part] = []
    keys = []
    for zone in zones(kind, numbers, baseline):
        top, bottom = sorted((scale.at(zone.low), scale.at(zone.high)))
        cuts = sorted([top, bottom, *(y for y in levels if top < y < bottom)])
        height, middle = max((b - a, (a + b) / 2) for a, b in pairwise(cuts))
        if height >= SIZE + 2:
            parts.append(label(right, middle + SIZE / 3, ZONE_WORDS[zone.kind], "end", "halo zone-word"))
        else:
            keys.append(zone_key(zone.kind))
    return parts, keys


def _frame(days: Days, scale: Scale) -> list[Part]:
    parts: list[Part] = []
    for value in (0, 2, 4, 6, 8, 10):
        y = scale.at(value)
        parts += [line(LEFT - 4, y, LEFT, y, "axis"), label(LEFT - 7, y + 4, str(value), "end", "tick-word")]
    parts.append(line(LEFT, TOP, LEFT, BOTTOM, "axis"))
    parts.append(line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    for day in days.ticks(SIZE):
        x = days.at(day)
        parts.append(line(x, BOTTOM, x, BOTTOM + 4, "axis"))
        half = wide(short(day), SIZE) / 2
        middle = min(max(x, half), WIDTH - half)
        parts.append(label(middle, DAYS, short(day), "middle", "tick-word"))
    return parts


def _level(y: float, words: str, kind: str, below: bool) -> list[Part]:
    """A level with its word on the side that the line of somebody who improves leaves free, where there is room."""
    under, over = y + SIZE, y - 5
    free = (under if under < BOTTOM - 3 else over) if below or over - SIZE < TOP else over
    return [line(LEFT, y, RIGHT, y, kind), label(LEFT + 5, free, words, "start", f"halo {kind}-word")]


def _flags(days: Days, marked: Marked) -> list[Part]:
    found = [(marked.check, "check", "check"), (marked.end, "planned end", "end")]
    flags = [(days.at(day), f"{words} {short(day)}", kind) for day, words, kind in found if day is not None]
    spans = []
    for x, words, _ in flags:
        half = wide(words, SIZE) / 2
        middle = min(max(x, LEFT + half), RIGHT - half)
        spans.append((middle - half, middle + half))
    parts: list[Part] = []
    for (x, words, kind), (start, end), row in zip(flags, spans, rows_for(spans), strict=True):
        y = 34 - 16 * row
        parts += [line(x, y + 4, x, BOTTOM, kind), label((start + end) / 2, y, words, "middle", f"halo {kind}-word")]
    return parts


def _sessions(days: Days, marked: Marked) -> list[Part]:
    parts: list[Part] = []
    last = float("-inf")
    every = [(day, "up", "session-mark") for day in marked.sessions]
    every += [(day, "up-open", "planned-mark") for day in marked.planned]
    for number, (day, shape, kind) in enumerate(sorted(every), 1):
        x = days.at(day)
        parts.append(mark(x, SESSIONS - 8, shape, kind))
        if x - last >= wide(str(number), SIZE) + 3:
            parts.append(label(x, SESSIONS + 10, str(number), "middle", "session-word"))
            last = x
    return parts


def _legend(ratings: Sequence[Rating], marked: Marked) -> list[Key]:
    found: list[tuple[bool, Mark, str]] = [
        (any(r.value is not None and not r.after for r in ratings), mark(12, 8, "disc", "course-mark"), "rating"),
        (any(r.value is not None and r.after for r in ratings), mark(12, 8, "ring", "after-mark"),
         "right after a session: does not count"),
        (any(r.value is None for r in ratings), mark(12, 8, "cross", "missing-mark"), "no rating given"),
        (bool(marked.sessions), mark(12, 8, "up", "session-mark"), "session given"),
        (bool(marked.planned), mark(12, 8, "up-open", "planned-mark"), "session planned"),
    ]  # fmt: skip
    return [Key((sign,), words) for there, sign, words in found if there]


def _judged(kind: Kind, numbers: Numbers, baseline: Fraction | None, rating: Rating) -> str:
    if rating.value is None:
        return "no rating given"
    if rating.after:
        return "right after a session: does not count"
    if baseline is None:
        return "no baseline to judge against"
    return ZONE_WORDS[zone_of(kind, numbers, baseline, Fraction(str(rating.value)))]


def _table(kind: Kind, ratings: Sequence[Rating], numbers: Numbers, baseline: Fraction | None, marked: Marked) -> Table:
    rows: list[tuple[date, int, tuple[str, ...]]] = []
    for rating in in_order(ratings):
        value = "–" if rating.value is None else said(float(rating.value))
        judged = _judged(kind, numbers, baseline, rating)
        rows.append((rating.day, 2 if rating.after else 0, (full(rating.day), "rating", value, judged)))
    sessions = sorted([(day, "given") for day in marked.sessions] + [(day, "planned") for day in marked.planned])
    for number, (day, state) in enumerate(sessions, 1):
        rows.append((day, 1, (full(day), f"session {number}", "–", state)))
    rows += [(marked.check, 3, (full(marked.check), "check", "–", "–"))] if marked.check else []
    rows += [(marked.end, 4, (full(marked.end), "planned end", "–", "–"))] if marked.end else []
    ordered = tuple(cells for _, _, cells in sorted(rows, key=lambda row: row[:2]))
    return Table(MEASURES[kind][0], ("Day", "What", "Score, 0 to 10", "Against the baseline"), ordered)


def _describe(
    kind: Kind,
    ratings: Sequence[Rating],
    numbers: Numbers,
    baseline: Fraction | None,
    marked: Marked,
    target: Fraction | None,
) -> str:
    counted = [rating for rating in in_order(ratings) if rating.value is not None and not rating.after]
    missing = sum(rating.value is None for rating in ratings)
    parts = []
    if not counted:
        parts.append("There is no rating yet.")
    else:
        first, last = counted[0], counted[-1]
        parts.append(f"{len(counted)} rating" + ("" if len(counted) == 1 else "s"))
        parts[-1] += f", from {_score(first)} on {full(first.day)} to {_score(last)} on {full(last.day)}."
        if baseline is not None:
            parts.append(
                f"Against the baseline of {said(float(baseline))} the last one is: "
                f"{_judged(kind, numbers, baseline, last)}."
            )
    if baseline is None:
        parts.append("There is no baseline, so a change cannot be judged.")
    if missing:
        parts.append(f"{missing} rating" + (" is" if missing == 1 else "s are") + " missing and left as a gap.")
    if marked.sessions or marked.planned:
        counts = [f"{len(marked.sessions)} given"] if marked.sessions else []
        counts += [f"{len(marked.planned)} planned"] if marked.planned else []
        parts.append(f"Sessions: {joined(counts)}.")
    parts += [f"Check on {full(marked.check)}."] if marked.check else []
    parts += [f"Planned end on {full(marked.end)}."] if marked.end else []
    parts += [f"The target is {said(float(target))}."] if target is not None else []
    return " ".join(parts)


def _score(rating: Rating) -> str:
    return said(float(rating.value)) if rating.value is not None else "–"
