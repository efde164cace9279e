"""The timeline: a whole episode at a glance, one small chart under another, over the same days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor

from palpate.figures.axes import Days, Rating, Scale, full, short, span
from palpate.figures.lines import drawn, in_order
from palpate.figures.shapes import Drawing, Key, Mark, Part, Table, label, line, mark, n, rect, rows_for, said, wide
from palpate.figures.signs import SIGNS, sign

WIDTH, LEFT, RIGHT = 340.0, 28.0, 336.0
HEAD, PANEL, GAP, SIZE = 18.0, 52.0, 34.0, 14.0


@dataclass(frozen=True)
class Series:
    """One measure over the episode. `low` and `high` are the ends of its scale; a rating outside them widens it."""

    words: str
    unit: str
    low: float
    high: float
    good: str  # "low" or "high": which end is good
    ratings: Sequence[Rating]


@dataclass(frozen=True)
class Decided:
    """A decision of its day; `disposition` is one of the contract's nine."""

    day: date
    disposition: str


@dataclass(frozen=True)
class Phase:
    """A stretch of the episode that is shaded, such as `course 1`; both days belong to it."""

    words: str
    first: date
    last: date


def measures_of_an_episode(
    pain: Sequence[Rating],
    activities: Sequence[Rating],
    sleep: Sequence[Rating],
    mood: Sequence[Rating],
    reach_cm: Sequence[Rating],
    soreness: Sequence[Rating],
) -> tuple[Series, ...]:
    """The six measures of the record, in their order, with their scales (measures.md, section 1)."""
    return (
        Series("Pain", "0 to 10", 0, 10, "low", pain),
        Series("Own activities", "0 to 10", 0, 10, "high", activities),
        Series("Disturbed sleep", "0 to 10", 0, 10, "low", sleep),
        Series("Low or worried mood", "0 to 10", 0, 10, "low", mood),
        Series("Finger to floor", "cm", 0, 40, "low", reach_cm),
        Series("Soreness after exercise", "0 to 10", 0, 10, "low", soreness),
    )


def timeline(
    name: str,
    series: Sequence[Series],
    sessions: Sequence[date] = (),
    decisions: Sequence[Decided] = (),
    phases: Sequence[Phase] = (),
) -> Drawing:
    """All of it on one scale of days. A measure without a rating keeps its place and says so."""
    every = [rating.day for one in series for rating in one.ratings]
    every += [*sessions, *(one.day for one in decisions)]
    every += [day for phase in phases for day in (phase.first, phase.last)]
    days = span(every, LEFT + 4, RIGHT - 4)
    parts: list[Part] = []
    height = HEAD
    if days is not None:
        lanes = _phase_rows(days, phases)
        first = HEAD + 16 * (max(lanes, default=-1) + 1)
        signs = _decisions(days, decisions, first)
        top = first + 20 * (1 + max((row for row, _ in signs), default=-1)) + (6 if decisions else 0)
        bottom = top + (PANEL + GAP) * len(series) - 4
        height = bottom + 50
        parts += _phases(days, phases, lanes, bottom)
        parts += [line(days.at(day), top - 4, days.at(day), bottom, "session-line") for day in sessions]
        parts += [placed for _, placed in signs]
        for at, one in enumerate(series):
            parts += _panel(days, one, top + (PANEL + GAP) * at + GAP - 4)
        parts += _days(days, sessions, bottom)
    return Drawing(
        name,
        "The episode over time",
        _describe(series, sessions, decisions, phases),
        n(WIDTH),
        n(height),
        tuple(parts),
        _table(series, sessions, decisions),
        tuple(_legend(series, sessions, decisions)),
    )


def _phase_rows(days: Days, phases: Sequence[Phase]) -> list[int]:
    spans = []
    for phase in phases:
        start = days.at(phase.first)
        spans.append((start, max(days.at(phase.last), start + wide(phase.words, SIZE) + 6)))
    order = sorted(range(len(phases)), key=lambda at: spans[at])
    rows = [0] * len(phases)
    for at, row in zip(order, rows_for([spans[at] for at in order], 2), strict=True):
        rows[at] = row
    return rows


def _phases(days: Days, phases: Sequence[Phase], lanes: Sequence[int], bottom: float) -> list[Part]:
    parts: list[Part] = []
    for at, (phase, row) in enumerate(zip(phases, lanes, strict=True)):
        left, right = days.at(phase.first), days.at(phase.last)
        y = HEAD + 16 * row
        parts.append(rect(left, y - 13, right - left, bottom - y + 13, f"phase phase-{at % 2}"))
        parts.append(line(left, y - 13, left, bottom, "phase-edge"))
        start = min(left + 4, RIGHT - wide(phase.words, SIZE))
        parts.append(label(start, y, phase.words, "start", "phase-word"))
    return parts


def _decisions(days: Days, decisions: Sequence[Decided], y: float) -> list[tuple[int, Mark]]:
    """(row, sign) of each decision; those too near one another go into rows beneath."""
    ordered = sorted(decisions, key=lambda decided: decided.day)
    places = [days.at(one.day) for one in ordered]
    rows = rows_for([(x - 8, x + 8) for x in places], 1)
    return [
        (row, sign(x, y + 2 + 20 * row, one.disposition)) for x, row, one in zip(places, rows, ordered, strict=True)
    ]


def _panel(days: Days, one: Series, top: float) -> list[Part]:
    values = [float(rating.value) for rating in one.ratings if rating.value is not None]
    # Whole numbers at the ends: a longer one has no room beside the panel.
    low, high = floor(min([one.low, *values])), ceil(max([one.high, *values]))
    scale = Scale(low, high, top + PANEL, top)
    ends = ((high, top), (low, top + PANEL))
    parts: list[Part] = [label(LEFT, top - 7, _heading(one), "start", "panel-word")]
    for value, y in ends:
        parts += [line(LEFT, y, RIGHT, y, "grid"), label(LEFT - 5, y + 4, said(value), "end", "tick-word")]
    if any(rating.value is not None for rating in one.ratings):
        parts += drawn(one.ratings, days, scale, top + PANEL - 5)
    else:
        parts.append(label((LEFT + RIGHT) / 2, top + PANEL / 2 + 4, "not recorded", "middle", "empty-word"))
    return parts


def _heading(one: Series) -> str:
    # The two ends of the scale stand beside the panel; a unit is named where they do not say it.
    unit = "" if one.unit == "0 to 10" else f", {one.unit}"
    return f"{one.words}{unit} ({one.good} is good)"


def _days(days: Days, sessions: Sequence[date], bottom: float) -> list[Part]:
    parts: list[Part] = [line(LEFT, bottom, RIGHT, bottom, "axis")]
    last = float("-inf")
    for number, day in enumerate(sorted(sessions), 1):
        x = days.at(day)
        parts.append(mark(x, bottom + 9, "up", "session-mark"))
        if x - last >= wide(str(number), SIZE) + 3:
            parts.append(label(x, bottom + 26, str(number), "middle", "session-word"))
            last = x
    for day in days.ticks(SIZE):
        x = days.at(day)
        half = wide(short(day), SIZE) / 2
        parts.append(line(x, bottom, x, bottom + 4, "axis"))
        parts.append(label(min(max(x, half), WIDTH - half), bottom + 44, short(day), "middle", "tick-word"))
    return parts


def _legend(series: Sequence[Series], sessions: Sequence[date], decisions: Sequence[Decided]) -> list[Key]:
    keys = [Key((mark(12, 8, "up", "session-mark"),), "session")] if sessions else []
    if any(rating.value is None for one in series for rating in one.ratings):
        keys.append(Key((mark(12, 8, "cross", "missing-mark"),), "no rating given"))
    decided = {one.disposition for one in decisions}
    return keys + [
        Key((sign(12, 8, disposition),), f"decision: {words}")
        for disposition, (words, _) in SIGNS.items()
        if disposition in decided
    ]


def _describe(
    series: Sequence[Series], sessions: Sequence[date], decisions: Sequence[Decided], phases: Sequence[Phase]
) -> str:
    parts = []
    for one in series:
        known = [r for r in in_order(one.ratings) if r.value is not None and not r.after]
        if not known:
            parts.append(f"{one.words}: not recorded.")
            continue
        first, last = known[0], known[-1]
        parts.append(
            f"{one.words} ({one.good} is good): {_score(first)} on {full(first.day)}, "
            f"{_score(last)} on {full(last.day)}."
        )
    parts.append(f"Sessions: {len(sessions)}.")
    parts += [f"{phase.words}: {full(phase.first)} to {full(phase.last)}." for phase in phases]
    if decisions:
        last_one = max(decisions, key=lambda decided: decided.day)
        parts.append(
            f"Decisions: {len(decisions)}; the last, on {full(last_one.day)}: {SIGNS[last_one.disposition][0]}."
        )
    return " ".join(parts)


def _score(rating: Rating) -> str:
    return "–" if rating.value is None else said(float(rating.value))


def _table(series: Sequence[Series], sessions: Sequence[date], decisions: Sequence[Decided]) -> Table:
    rows: list[tuple[date, int, tuple[str, ...]]] = []
    for at, one in enumerate(series):
        for rating in in_order(one.ratings):
            value = "no rating given" if rating.value is None else _score(rating)
            after = ", right after a session" if rating.after else ""
            rows.append((rating.day, at, (full(rating.day), f"{one.words}, {one.unit}{after}", value)))
    for number, day in enumerate(sorted(sessions), 1):
        rows.append((day, len(series), (full(day), "Session", str(number))))
    for decided in decisions:
        words = SIGNS[decided.disposition][0]
        rows.append((decided.day, len(series) + 1, (full(decided.day), "Decision", words)))
    ordered = tuple(cells for _, _, cells in sorted(rows, key=lambda row: row[:2]))
    return Table("The episode over time", ("Day", "What", "Value"), ordered)
