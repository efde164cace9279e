"""What the hands found, on the back: which places give way under slow pressure, which half, which not at all.

Every mark has its own outline and sign, so the map can be read in grey, on paper and in the dim room.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from palpate.figures.body_map import BodyView, body_view
from palpate.figures.regions import REGIONS, places
from palpate.figures.shapes import NAME, Key, Mark, Table, joined, mark

# Values of the pathway's fact `muscle_yields_to_pressure`, the least yielding first, as (mark, words).
YIELDING = {
    "no": ("not", "Does not give way"),
    "partly": ("partly", "Gives way partly"),
    "yes": ("yields", "Gives way"),
    "not_tested": ("ring", "Not tested"),
}


@dataclass(frozen=True)
class Finding:
    """One place that was felt.

    region   an id of `REGIONS`
    yields   a value of `muscle_yields_to_pressure`; None where nothing was recorded
    muscle   in words; empty where none was named
    pain     0 to 10 under the pressure in use; None where not asked
    signs    in words, such as `heat` or `swelling`
    """

    region: str
    yields: str | None
    muscle: str = ""
    pain: int | None = None
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class PalpationFigure:
    """The map of the back with its marks, its legend, and all findings as a table."""

    name: str
    title: str
    description: str
    view: BodyView
    legend: tuple[Key, ...]
    table: Table


def palpation_map(name: str, findings: Sequence[Finding]) -> PalpationFigure:
    """The findings of one session on the back of the body.

    A place with several findings carries the mark of the least yielding one; the table has them all.
    Errors   ValueError: a region or an answer that does not exist, or a name that cannot begin an id.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"the name of a figure is small letters, digits and hyphens, not {name!r}")
    for finding in findings:
        if finding.region not in REGIONS or finding.yields not in (*YIELDING, None):
            raise ValueError(f"no such finding: {finding.region!r} {finding.yields!r}")
    marks: list[Mark] = []
    here = [finding.region for finding in findings if REGIONS[finding.region].view == "back"]
    for region in dict.fromkeys(here):
        x, y = REGIONS[region].centre
        of_it = [finding for finding in findings if finding.region == region]
        marks.append(mark(x, y, YIELDING[_least(of_it)][0]))
        if any(finding.signs for finding in of_it):
            marks.append(mark(x, y - 15, "down", "mark-sign"))
    used = {_least([finding]) for finding in findings}
    legend = [Key((mark(12, 12, shape),), words) for answer, (shape, words) in YIELDING.items() if answer in used]
    if any(finding.signs for finding in findings):
        legend.append(Key((mark(12, 12, "down", "mark-sign"),), "Heat, redness, swelling or another warning sign"))
    return PalpationFigure(
        name,
        "What the hands found",
        _describe(findings),
        body_view("back", here, marks=marks, crop="trunk"),
        tuple(legend),
        _table(findings),
    )


def _least(findings: Sequence[Finding]) -> str:
    found = [finding.yields or "not_tested" for finding in findings]
    return next(answer for answer in YIELDING if answer in found)


def _describe(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing was felt yet."
    parts = []
    for answer, (_, words) in YIELDING.items():
        names = [REGIONS[f.region].name for f in findings if (f.yields or "not_tested") == answer]
        if names:
            parts.append(f"{words}: {'; '.join(dict.fromkeys(names))}.")
    signs = [f"{REGIONS[f.region].name}: {joined(f.signs)}" for f in findings if f.signs]
    if signs:
        parts.append(f"Warning signs at {'; '.join(signs)}.")
    return " ".join(parts)


def _table(findings: Sequence[Finding]) -> Table:
    rows = tuple(
        (
            REGIONS[finding.region].name,
            finding.muscle or "not named",
            YIELDING[finding.yields or "not_tested"][1],
            "not asked" if finding.pain is None else str(finding.pain),
            joined(finding.signs) if finding.signs else "none recorded",
        )
        for finding in findings
    )
    heads = ("Region", "Muscle", "Under slow pressure", "Pain, 0 to 10", "Warning signs")
    return Table("What the hands found", heads, rows)


# --- as buttons -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Button:
    """One button of the grid. `value` is JSON, `{"region": id}`; `name` is read aloud."""

    region: str
    name: str
    side: str
    value: str
    chosen: bool


@dataclass(frozen=True)
class ButtonRow:
    words: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class RegionGrid:
    """The regions of the back as rows of buttons, from left to right. `kind`: what a touch of one is called."""

    kind: str
    rows: tuple[ButtonRow, ...]


def region_grid(kind: str, chosen: Sequence[str] = (), only: Sequence[str] = ()) -> RegionGrid:
    """The regions of the trunk's back as buttons, the neck first.

    Takes    kind: the name of the touch. chosen: ids that are pressed. only: places such as `low_back`; all without.
    """
    rows = []
    for place, words, regions in places("back"):
        if (regions[0].site == "other" and place != "shoulder") or (only and place not in only):
            continue
        buttons = tuple(
            Button(region.id, region.name, region.side, json.dumps({"region": region.id}), region.id in chosen)
            for region in regions
        )
        rows.append(ButtonRow(words, buttons))
    return RegionGrid(kind, tuple(rows))
