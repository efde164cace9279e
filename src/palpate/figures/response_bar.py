"""The response bar: before and at the check, against the bands in which a change is real; and the class, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from palpate.figures.axes import Scale
from palpate.figures.course import PATTERNS, zone_key
from palpate.figures.shapes import Drawing, Label, Part, Path, Table, hatch, label, line, mark, n, rect, said, wide
from palpate.figures.zones import ZONE_WORDS, Kind, zone_of, zones
from palpate.pathway.response import Numbers

WIDTH, LEFT, RIGHT, ROW, BAR, SIZE = 340.0, 6.0, 334.0, 112.0, 26.0, 14.0
CLASS_WORDS = {
    "responded": "Responded",
    "partly": "Partly responded",
    "not_responded": "Not responded",
    "worse": "Worse",
    "indeterminate": "Cannot be told yet",
}
OVERALL_WORDS = {
    -3: "very much worse",
    -2: "much worse",
    -1: "a little worse",
    0: "the same",
    1: "a little better",
    2: "much better",
    3: "very much better",
}
MEASURE_WORDS: dict[Kind, str] = {"pain": "Pain", "activities": "Own activities"}


@dataclass(frozen=True)
class Change:
    """A measure at the baseline and at the check, 0 to 10; None is missing."""

    kind: Kind
    before: Fraction | None
    after: Fraction | None


def response_bar(
    name: str, numbers: Numbers, response: str, changes: Sequence[Change], overall: int | None = None
) -> Drawing:
    """The response at one check.

    Takes    response: the class that the decision gives; changes: one row each; overall: -3 to 3, None: not asked.
    """
    parts: list[Part] = []
    y = 4.0
    rows: list[tuple[str, ...]] = []
    sentences = []
    for change in changes:
        parts += _row(numbers, change, y)
        y += ROW if change.before is not None and change.after is not None else ROW - 24
        told = _told(numbers, change)
        rows.append((MEASURE_WORDS[change.kind], _score(change.before), _score(change.after), _moved(change), told))
        sentences.append(_sentence(numbers, change))
    parts += _overall(overall, y)
    view = "not asked" if overall is None else OVERALL_WORDS[overall]
    rows.append(("Own view of the change", "–", "–", "–", view))
    sentences.append(f"Own view of the change: {view}.")
    headline = CLASS_WORDS[response]
    shown = {zone.kind for one in changes if one.before is not None for zone in zones(one.kind, numbers, one.before)}
    return Drawing(
        name,
        "Response to massage so far",
        f"{headline}. {' '.join(sentences)}",
        n(WIDTH),
        n(y + 72),
        tuple(parts),
        Table("Response to massage so far", ("Measure", "Before", "At the check", "Change", "Which is"), tuple(rows)),
        tuple(zone_key(kind) for kind in ("worse", "none", "partly", "responded", "untold") if kind in shown),
        headline=headline,
        note="The good end is on the right.",
    )


def _row(numbers: Numbers, change: Change, y: float) -> list[Part]:
    parts: list[Part] = [label(LEFT, y + SIZE + 2, _heading(numbers, change), "start", "row-word")]
    top = y + 46
    # The good end is always on the right.
    ends = (RIGHT, LEFT) if change.kind == "pain" else (LEFT, RIGHT)
    scale = Scale(0, 10, *ends)
    if change.before is None:
        parts.append(rect(LEFT, top, RIGHT - LEFT, BAR, "zone zone-untold zone-edge"))
        return parts
    for zone in zones(change.kind, numbers, change.before):
        left, right = sorted((scale.at(zone.low), scale.at(zone.high)))
        parts.append(rect(left, top, right - left, BAR, f"zone zone-edge zone-{zone.kind}"))
        strokes = hatch(left, top, right - left, BAR, PATTERNS[zone.kind], 9)
        parts += [Path(strokes, f"hatch hatch-{zone.kind}")] if strokes else []
        if right - left >= wide(ZONE_WORDS[zone.kind], SIZE):
            parts.append(
                label((left + right) / 2, top + BAR / 2 + 4, ZONE_WORDS[zone.kind], "middle", "halo zone-word")
            )
    x = scale.at(change.before)
    parts += [mark(x, top - 6, "down", "before-mark"), _named(x, top - 13, f"before {said(float(change.before))}")]
    low = top + BAR + 9
    if change.after is not None:
        x2 = scale.at(change.after)
        parts += [line(x, low, x2, low, "change-line"), mark(x, low, "bar", "before-bar")]
        parts += [mark(x2, low, "diamond", "change-mark"), _named(x2, low + 20, f"check {said(float(change.after))}")]
    return parts


def _named(x: float, y: float, words: str) -> Label:
    half = wide(words, SIZE) / 2
    return label(min(max(x, LEFT + half), RIGHT - half), y, words, "middle", "value-word")


def _overall(overall: int | None, y: float) -> list[Part]:
    view = "not asked" if overall is None else OVERALL_WORDS[overall]
    parts: list[Part] = [label(LEFT, y + SIZE + 2, f"Own view of the change: {view}", "start", "row-word")]
    width = (RIGHT - LEFT) / 7
    for at, value in enumerate(range(-3, 4)):
        chosen = " step-chosen" if value == overall else ""
        parts.append(rect(LEFT + width * at, y + 24, width, BAR, f"step{chosen}"))
        sign = "+" if value > 0 else ""
        kind = "step-word-chosen" if chosen else "step-word"
        parts.append(label(LEFT + width * (at + 0.5), y + 24 + BAR / 2 + 4, sign + said(value), "middle", kind))
    parts.append(label(LEFT, y + 64, "worse", "start", "tick-word"))
    parts.append(label(RIGHT, y + 64, "better", "end", "tick-word"))
    return parts


def _score(value: Fraction | None) -> str:
    return "missing" if value is None else said(float(value))


def _moved(change: Change) -> str:
    if change.before is None or change.after is None:
        return "–"
    by = change.after - change.before
    return "+" * (by > 0) + said(float(by))


def _told(numbers: Numbers, change: Change) -> str:
    if change.before is None or change.after is None:
        return "missing"
    return ZONE_WORDS[zone_of(change.kind, numbers, change.before, change.after)]


def _heading(numbers: Numbers, change: Change) -> str:
    # The two scores stand at their marks.
    if change.before is None or change.after is None:
        return _sentence(numbers, change).removesuffix(".")
    return f"{MEASURE_WORDS[change.kind]}: {_told(numbers, change)}"


def _sentence(numbers: Numbers, change: Change) -> str:
    words = MEASURE_WORDS[change.kind]
    if change.before is None or change.after is None:
        lacking = "before" if change.before is None else "at the check"
        return f"{words}: no rating {lacking}."
    told = _told(numbers, change)
    return f"{words}: {_score(change.before)} before, {_score(change.after)} at the check: {told}."
