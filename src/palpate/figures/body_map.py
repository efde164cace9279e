"""The body map: where it hurts, as regions that were marked and lines that were drawn; read strictly, shown plainly.

As JSON, in a form and in the store:

    {"regions": ["low_back_left"], "strokes": [["back", [[92.5, 201], [94, 207]]]]}

A map with nothing in it says that nothing was marked, which is not the same as "no pain": whether the question was
asked is for the caller to keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from palpate.figures.body import HEIGHT, VIEWS, WIDTH, Point, View, details, ears, head, outline
from palpate.figures.regions import REGIONS, Region, places, region_at
from palpate.figures.shapes import NAME, Mark, Path, Table, joined, n, polyline
from palpate.pathway.faults import Faults, did_you_mean, one_line, shown
from palpate.pathway.strict_json import read_json

MOST_STROKES = 60
MOST_POINTS = 400  # of one stroke
VIEW_WORDS: dict[View, str] = {"back": "Back of the body", "front": "Front of the body"}
# The part of a view that is shown: all of it, or what a massage of the back touches.
CROPS = {"whole": (0, 0, WIDTH, HEIGHT), "trunk": (0, 4, WIDTH, 320)}


class BodyMapFault(ValueError):
    """A body map that cannot be read. Its text is one line, for a person."""


@dataclass(frozen=True)
class Stroke:
    """One line that was drawn, in the box of its view (`body.WIDTH` by `body.HEIGHT`)."""

    view: View
    points: tuple[Point, ...]

    @cached_property
    def under(self) -> frozenset[str]:
        """The ids of the regions that it was drawn over."""
        found = {region_at(self.view, point) for point in set(self.points)}
        return frozenset(region.id for region in found if region)


@dataclass(frozen=True)
class BodyMap:
    """What was marked. `regions` are ids of `REGIONS`, in the order in which they were marked."""

    regions: tuple[str, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    @property
    def touched(self) -> tuple[Region, ...]:
        """Every region that was marked or drawn on, in the order of `REGIONS`."""
        names = set(self.regions).union(*(stroke.under for stroke in self.strokes))
        return tuple(region for region in REGIONS.values() if region.id in names)

    @property
    def sites(self) -> tuple[str, ...]:
        """The values of the pathway's `pain_site` that the map touches: a suggestion for the question, no answer."""
        return tuple(dict.fromkeys(region.site for region in self.touched))


def read_body_map(text: str, also: Iterable[str] = ()) -> BodyMap:
    """The body map that a form or the store holds.

    Takes    text: JSON as above. also: ids of regions sent one by one, by a page on which no script ran.
    Errors   BodyMapFault: what is wrong, in one line; nothing is repaired.
    """
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except Faults as faults:
        raise BodyMapFault(f"the body map did not arrive whole: {one_line(str(faults.faults[0]))}") from None
    if not isinstance(value, dict) or set(value) != {"regions", "strokes"}:
        raise BodyMapFault(f"the body map must have `regions` and `strokes`, and nothing else; found {shown(value)}")
    if not isinstance(value["regions"], list) or not isinstance(value["strokes"], list):
        raise BodyMapFault("`regions` and `strokes` of the body map must be lists")
    if len(value["strokes"]) > MOST_STROKES:
        raise BodyMapFault(f"the body map has {len(value['strokes'])} drawn lines; at most {MOST_STROKES} can be kept")
    if len(value["regions"]) > len(REGIONS):
        raise BodyMapFault(f"the body map marks {len(value['regions'])} regions; there are {len(REGIONS)}")
    regions = [_region(name) for name in value["regions"]]
    twice = next((name for at, name in enumerate(regions) if name in regions[:at]), None)
    if twice is not None:
        raise BodyMapFault(f"the body map marks {twice} twice")
    strokes = tuple(_stroke(at, stroke) for at, stroke in enumerate(value["strokes"], 1))
    return BodyMap(tuple(dict.fromkeys([*regions, *map(_region, also)])), strokes)


def _region(name: Any) -> str:
    if not isinstance(name, str) or name not in REGIONS:
        hint = did_you_mean(name, REGIONS) if isinstance(name, str) else ""
        raise BodyMapFault(f"the body map has no region {shown(name)}{hint}")
    return name


def _stroke(at: int, value: Any) -> Stroke:
    where = f"line {at} of the body map"
    if not isinstance(value, list) or len(value) != 2 or value[0] not in VIEWS or not isinstance(value[1], list):
        raise BodyMapFault(f'{where} must be ["back" or "front", [points]]; found {shown(value)}')
    if not 1 <= len(value[1]) <= MOST_POINTS:
        raise BodyMapFault(f"{where} has {len(value[1])} points; it must have 1 to {MOST_POINTS}")
    return Stroke(value[0], tuple(_point(where, point) for point in value[1]))


def _point(where: str, value: Any) -> Point:
    if not isinstance(value, list) or len(value) != 2 or not all(type(place) in (int, float) for place in value):
        raise BodyMapFault(f"{where} has a point that is no [x, y]: {shown(value)}")
    x, y = value
    if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
        raise BodyMapFault(f"{where} leaves the drawing of {WIDTH} by {HEIGHT}: {shown(value)}")
    return float(x), float(y)


def write_body_map(body_map: BodyMap) -> str:
    """The map as JSON, the same text for the same map: what `read_body_map` reads."""
    strokes = [[stroke.view, [[_place(x), _place(y)] for x, y in stroke.points]] for stroke in body_map.strokes]
    return json.dumps({"regions": list(body_map.regions), "strokes": strokes}, separators=(",", ":"))


def _place(value: float) -> float:
    return int(value) if value == int(value) else value


# --- as a drawing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """A region as it is drawn: `d` is its polygon; `free`: not cut along the edge of the body (the head)."""

    id: str
    name: str
    d: str
    chosen: bool
    free: bool


@dataclass(frozen=True)
class BodyView:
    """One view of the body, ready to be written. `box` is the viewBox."""

    view: View
    words: str
    box: str
    outline: str
    head: str
    ears: tuple[str, str]
    details: tuple[Path, ...]
    shapes: tuple[Shape, ...]
    strokes: tuple[Path, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Box:
    """One box to tick: the same as touching its region."""

    id: str
    name: str
    side: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    words: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Rows:
    view: View
    words: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class BodyFigure:
    """The body map as a figure, and as a field of a form (`value` is its JSON, `lists` are its boxes to tick)."""

    name: str
    title: str
    description: str
    views: tuple[BodyView, ...]
    lists: tuple[Rows, ...]
    value: str
    table: Table
    most_strokes: str = str(MOST_STROKES)
    most_points: str = str(MOST_POINTS)


def body_view(
    view: View,
    chosen: Iterable[str] = (),
    strokes: Sequence[Stroke] = (),
    marks: Sequence[Mark] = (),
    crop: str = "whole",
) -> BodyView:
    """One view with regions marked, lines drawn and marks set. `crop`: a name of `CROPS`."""
    marked = set(chosen)
    x, y, width, height = CROPS[crop]
    regions = sorted((region for region in REGIONS.values() if region.view == view), key=lambda r: r.place == "head")
    shapes = tuple(
        Shape(
            region.id,
            region.name,
            head(view) if region.place == "head" else polyline(region.points, "", True).d,
            region.id in marked,
            region.place == "head",
        )
        for region in regions
        if crop == "whole" or region.centre[1] < y + height - 10
    )
    drawn = tuple(_drawn(stroke) for stroke in strokes if stroke.view == view)
    return BodyView(
        view,
        VIEW_WORDS[view],
        f"{x} {y} {width} {height}",
        outline(),
        head(view),
        ears(),
        details(view),
        shapes,
        drawn,
        tuple(marks),
    )


def _drawn(stroke: Stroke) -> Path:
    # A single point is a dot: a line of no length with round ends.
    points = stroke.points if len(stroke.points) > 1 else (*stroke.points, stroke.points[0])
    return Path("M" + "L".join(f"{n(x)} {n(y)}" for x, y in points), "body-stroke")


def body_map_figure(name: str, body_map: BodyMap, views: Sequence[View] = VIEWS) -> BodyFigure:
    """The map with everything that was marked, for reading and for marking. Takes name: begins the figure's ids."""
    if not NAME.fullmatch(name):
        raise ValueError(f"the name of a figure is small letters, digits and hyphens, not {name!r}")
    marked = set(body_map.regions)
    lists = tuple(
        Rows(
            view,
            VIEW_WORDS[view],
            tuple(
                Row(words, tuple(Box(region.id, region.name, region.side, region.id in marked) for region in regions))
                for _, words, regions in places(view)
            ),
        )
        for view in views
    )
    return BodyFigure(
        name,
        "Where it hurts",
        describe(body_map),
        tuple(body_view(view, body_map.regions, body_map.strokes) for view in views),
        lists,
        write_body_map(body_map),
        _table(body_map),
    )


def describe(body_map: BodyMap) -> str:
    """The map in a sentence or two."""
    if not body_map.touched:
        return "Nothing is marked on the body."
    named = [REGIONS[id_].name for id_ in body_map.regions]
    drawn = [region.name for region in body_map.touched if region.id not in body_map.regions]
    parts = []
    if named:
        parts.append(f"Marked: {'; '.join(named)}.")
    if body_map.strokes:
        count = len(body_map.strokes)
        lines = "1 line was" if count == 1 else f"{count} lines were"
        parts.append(f"{lines} drawn" + (f", also over: {'; '.join(drawn)}." if drawn else "."))
    return " ".join(parts)


def _table(body_map: BodyMap) -> Table:
    rows = []
    for region in body_map.touched:
        lines = sum(region.id in stroke.under for stroke in body_map.strokes)
        how = ["marked"] if region.id in body_map.regions else []
        how += [f"{lines} drawn line" + ("" if lines == 1 else "s")] if lines else []
        rows.append((region.name, region.view, joined(how)))
    return Table("Where it hurts", ("Region", "View", "How it was marked"), tuple(rows))
