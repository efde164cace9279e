"""The regions of the body that can be pointed at, each with the `pain_site` of the pathway that it belongs to.

A region is a polygon in the box of its view. It may reach over the edge of the body: what is seen is cut along the
edge, and what is touched is the whole polygon, so that a narrow flank is still easy to hit. Left and right are the
person's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from palpate.figures.body import MIDDLE, VIEWS, Point, View, placed

Side = Literal["left", "middle", "right"]
SIDES: tuple[Side, Side, Side] = ("left", "middle", "right")
_STRIP = 8.0  # half the width of the middle strip over the spine, in units

# (place, words, pain_site, polygon of the right half of the drawing from the middle line outwards)
_Half = tuple[str, str, str, tuple[Point, ...]]
_UPPER_ARM = ((45.8, 136), (46.6, 141), (49.8, 151), (54.6, 182), (58, 201), (84, 197), (76, 138))
_FOREARM = ((58, 201), (84, 197), (97, 262), (68, 266))
_HAND = ((68, 266), (97, 262), (100, 270), (100, 326), (62, 326), (62, 290))
_FOOT = ((0, 486), (48, 486), (48, 520), (0, 520))

_BACK: tuple[_Half, ...] = (
    ("neck", "Neck", "neck", ((0, 58), (28, 58), (26, 88.4), (12, 86.6), (_STRIP, 86.2), (0, 86.2))),
    ("upper_back", "Upper back", "upper_back",
     ((_STRIP, 86.2), (12, 86.6), (26, 88.4), (32, 91), (29.4, 104), (27, 120), (27, 133), (29, 144), (_STRIP, 144))),
    ("shoulder", "Shoulder", "other",
     ((26, 88.4), (28, 84), (76, 84), (76, 138), (45.8, 136), (29, 144), (27, 133), (27, 120), (29.4, 104), (32, 91))),
    ("mid_back", "Middle of the back", "mid_back",
     ((_STRIP, 144), (29, 144), (45.8, 136), (46.6, 141), (48.6, 151), (50, 197), (38, 193.6), (28, 189.6), (18, 186),
      (_STRIP, 184))),
    ("low_back", "Low back", "low_back",
     ((_STRIP, 184), (18, 186), (28, 189.6), (28, 222), (18, 225.6), (_STRIP, 229))),
    ("flank", "Side, between ribs and hip", "flank",
     ((28, 189.6), (38, 193.6), (50, 197), (56, 210), (56, 224), (40, 221.4), (28, 222))),
    ("buttock", "Buttock", "buttock",
     ((0, 229), (_STRIP, 229), (18, 225.6), (28, 222), (40, 221.4), (56, 224), (58, 280), (36, 283), (24, 287),
      (12, 287.4), (0, 284))),
    ("upper_arm", "Upper arm", "other", _UPPER_ARM),
    ("forearm", "Forearm", "other", _FOREARM),
    ("hand", "Hand", "other", _HAND),
    ("thigh", "Thigh", "other",
     ((0, 284), (12, 287.4), (24, 287), (36, 283), (58, 280), (54, 374), (34.6, 373.6), (24, 376.4), (14, 374),
      (0, 374))),
    ("lower_leg", "Lower leg", "other",
     ((0, 374), (14, 374), (24, 376.4), (34.6, 373.6), (54, 374), (48, 486), (0, 486))),
    ("foot", "Foot", "other", _FOOT),
)  # fmt: skip
_STRIPS: tuple[tuple[str, str, str, float, float], ...] = (
    ("upper_back", "Upper back", "upper_back", 86.2, 144),
    ("mid_back", "Middle of the back", "mid_back", 144, 184),
    ("low_back", "Low back", "low_back", 184, 229),
)
_FRONT: tuple[_Half, ...] = (
    ("neck", "Neck", "neck", ((0, 58), (28, 58), (26, 88.4), (14, 91.6), (0, 95))),
    ("shoulder", "Shoulder", "other",
     ((26, 88.4), (28, 84), (76, 84), (76, 138), (45.8, 136), (44, 122), (38, 104), (33, 94))),
    ("chest", "Chest", "other",
     ((0, 95), (14, 91.6), (26, 88.4), (33, 94), (38, 104), (44, 122), (45.8, 136), (46.6, 141), (48.6, 151),
      (50, 197), (38, 196.4), (28, 193), (17, 186), (9, 177), (0, 168))),
    ("abdomen", "Belly", "other",
     ((0, 168), (9, 177), (17, 186), (28, 193), (38, 196.4), (50, 197), (56, 210), (56, 224), (45, 230), (34, 247),
      (21, 261), (8, 272), (0, 278))),
    ("hip", "Hip and groin", "other",
     ((0, 278), (8, 272), (21, 261), (34, 247), (45, 230), (56, 224), (58, 294), (0, 294))),
    ("upper_arm", "Upper arm", "other", _UPPER_ARM),
    ("forearm", "Forearm", "other", _FOREARM),
    ("hand", "Hand", "other", _HAND),
    ("thigh", "Thigh", "other", ((0, 294), (58, 294), (54, 352), (0, 352))),
    ("knee", "Knee", "other", ((0, 352), (54, 352), (50, 388), (0, 388))),
    ("lower_leg", "Shin", "other", ((0, 388), (50, 388), (48, 486), (0, 486))),
    ("foot", "Foot", "other", _FOOT),
)  # fmt: skip
_HEAD: tuple[Point, ...] = ((0, 4), (14, 7), (24, 18), (28, 36), (26, 52), (18, 66), (8, 71), (0, 72))
# Where the middle of the polygon lies beneath the head or at the edge of the body.
_MARKS: dict[str, Point] = {"neck": (8.4, 79), "flank": (32.6, 206), "shoulder": (46, 116)}
_OF_THE_TRUNK = ("neck", "upper_back", "mid_back", "low_back", "flank", "buttock")


@dataclass(frozen=True)
class Region:
    """One region: `place` is the same on all its sides; `site` is a value of the pathway's fact `pain_site`."""

    id: str
    place: str
    words: str
    side: Side
    view: View
    site: str
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """As it is read aloud: `Low back, left`; what both views have says which it is."""
        where = "" if self.id.startswith(_OF_THE_TRUNK) and self.view == "back" else f", {self.view}"
        return f"{self.words}{where}" + ("" if self.place == "head" else f", {self.side}")

    @property
    def centre(self) -> Point:
        """A point well inside both the region and the body, for a mark."""
        if self.place in _MARKS:
            return placed((_MARKS[self.place],), 1 if self.points[0][0] + self.points[2][0] > 2 * MIDDLE else -1)[0]
        return _centre(self.points)

    def holds(self, point: Point) -> bool:
        """Whether a point lies in the polygon (even-odd rule)."""
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in zip(self.points, (*self.points[1:], self.points[0]), strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside


def _centre(points: Sequence[Point]) -> Point:
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(points, (*points[1:], points[0]), strict=True):
        cross = x1 * y2 - x2 * y1
        area += cross
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    return x / (3 * area), y / (3 * area)


def _halves(view: View, rows: Sequence[_Half]) -> list[Region]:
    found = []
    for place, words, site, half in rows:
        for side, sign in (("left", -1), ("right", 1)) if view == "back" else (("left", 1), ("right", -1)):
            id_ = f"{place}_{side}" if view == "back" and place in _OF_THE_TRUNK else f"{place}_{view}_{side}"
            which: Side = "left" if side == "left" else "right"
            found.append(Region(id_, place, words, which, view, site, tuple(placed(half, sign))))
    return found


def _all() -> dict[str, Region]:
    regions = _halves("back", _BACK)
    for place, words, site, top, bottom in _STRIPS:
        box = ((-_STRIP, top), (_STRIP, top), (_STRIP, bottom), (-_STRIP, bottom))
        regions.append(Region(f"{place}_middle", place, words, "middle", "back", site, tuple(placed(box))))
    regions += _halves("front", _FRONT)
    skull = (*placed(_HEAD), *reversed(placed(_HEAD, -1)[1:-1]))
    regions.append(Region("head_back", "head", "Head", "middle", "back", "other", skull))
    regions.append(Region("head_front", "head", "Head", "middle", "front", "other", skull))
    return {region.id: region for region in regions}


def _boxes(view: View) -> tuple[tuple[float, float, float, float, Region], ...]:
    # A look at the box spares most polygons: a map may hold 24,000 points. The head comes first: it lies on top.
    regions = sorted((r for r in REGIONS.values() if r.view == view), key=lambda region: region.place != "head")
    found = []
    for region in regions:
        xs, ys = zip(*region.points, strict=True)
        found.append((min(xs), min(ys), max(xs), max(ys), region))
    return tuple(found)


REGIONS: Mapping[str, Region] = MappingProxyType(_all())
_BOXES: dict[View, tuple[tuple[float, float, float, float, Region], ...]] = {view: _boxes(view) for view in VIEWS}


def places(view: View) -> tuple[tuple[str, str, tuple[Region, ...]], ...]:
    """(place, words, its regions from left to right), from the head down: the rows of a list or a grid."""
    order = ["head", *(row[0] for row in (_BACK if view == "back" else _FRONT))]
    rows = []
    for place in order:
        found = [region for region in REGIONS.values() if region.view == view and region.place == place]
        found.sort(key=lambda region: SIDES.index(region.side))
        rows.append((place, found[0].words, tuple(found)))
    return tuple(rows)


def region_at(view: View, point: Point) -> Region | None:
    """The region under a point of a view, or None beside the body. The head lies over the neck."""
    x, y = point
    for left, top, right, bottom, region in _BOXES[view]:
        if left <= x <= right and top <= y <= bottom and region.holds(point):
            return region
    return None
