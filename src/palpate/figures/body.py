"""A grown body, drawn by ourselves: seven and a half heads high, standing at ease, of no particular sex or build.

Only the right half of the drawing is written down, as points along its edge; the left half is its mirror, so the two
cannot differ. A view is a box of 200 by 524, with the middle of the body at x = 100. Seen from behind, the person's
left is on the left of the drawing; seen from the front, on its right.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from palpate.figures.shapes import Path, n

Point = tuple[float, float]
View = Literal["back", "front"]
VIEWS: tuple[View, View] = ("back", "front")
WIDTH, HEIGHT, MIDDLE = 200, 524, 100

# Stretches of the edge, top to bottom, in units from the middle line. Each is one smooth curve; a corner (armpit,
# between thumb and finger, crotch) lies where one stretch ends and the next begins.
_NECK_TO_THUMB: tuple[tuple[Point, ...], ...] = (
    ((14, 60), (14, 70), (15.2, 78.4), (20, 86), (30, 91.5), (43, 96), (53.5, 101), (60.6, 109), (64.6, 121),
     (67, 136), (69.6, 154), (72.2, 172), (75, 189), (79, 205), (82.4, 222), (85, 240), (86.8, 254), (88.8, 266),
     (92.6, 279), (95, 292), (94.8, 305), (92, 315), (87.6, 318.6), (83.4, 315), (81.6, 304), (80.6, 293)),
    ((80.6, 293), (78.6, 299.6), (75, 301), (72.8, 295), (73.4, 284), (75.6, 273), (76, 262), (74, 249),
     (70, 233), (65.4, 216), (61.6, 201), (58.6, 186), (55, 168), (51, 151), (45.8, 136)),
)  # fmt: skip
_TRUNK_AND_LEG: tuple[tuple[Point, ...], ...] = (
    ((45.8, 136), (45, 147), (42.8, 163), (40, 179), (38.6, 193), (39.6, 206), (43, 221), (46.8, 237), (49.2, 254),
     (49.8, 271), (48.6, 291), (45.8, 315), (42, 340), (38.4, 360), (37, 374), (37.6, 388), (39.2, 404), (38.8, 420),
     (36.2, 442), (32.8, 464), (31.4, 480), (32.6, 491), (36.4, 502), (38.2, 509), (34.5, 513), (27, 513.6),
     (20, 512.4), (17.6, 505), (18.2, 494), (18.6, 482), (17.2, 466), (14, 446), (11, 424), (10.4, 408), (12, 391),
     (13.4, 375), (12.4, 358), (9.8, 335), (6.4, 309), (3.2, 289), (0, 278)),
)  # fmt: skip
_CROWN: tuple[Point, ...] = ((0, 10), (7.4, 11), (14.6, 14.8), (19.8, 22.4), (22, 33.6), (21.6, 46))
_FACE: tuple[Point, ...] = ((19, 58.4), (14.2, 68.2), (7.4, 75), (0, 77.2))
_NAPE: tuple[Point, ...] = ((19.4, 57), (15, 65.4), (8, 69.6), (0, 70.8))
_EAR: tuple[Point, ...] = ((21.8, 37), (24.4, 35.8), (25.8, 39.6), (24.8, 46.4), (22.8, 50.6), (21, 49.6))

# Lines inside the body that tell back from front: muscle and bone where hands and eyes find them.
_BACK_LINES: tuple[tuple[Point, ...], ...] = (
    ((27, 105), (23.6, 116), (23.2, 128), (27, 139), (33, 143), (40, 138)),  # shoulder blade
    ((9.6, 75), (10.6, 82), (16, 90.4)),  # the long muscle of the neck
    ((8, 222), (9, 226.5), (12, 229)),  # dimple over the sacrum
    ((3, 281), (12, 286.4), (24, 286), (36, 280)),  # fold under the buttock
    ((14.6, 373), (21, 376.4), (28, 376), (34.6, 372.6)),  # hollow of the knee
    ((24.6, 386), (25.2, 402), (24.4, 420), (23.4, 434)),  # calf
    ((21.6, 470), (22.4, 486), (20.6, 500)),
    ((28.6, 470), (28, 486), (30.4, 500)),
    ((64.4, 196), (69, 199.6), (74, 198.4)),  # elbow
)
_FRONT_LINES: tuple[tuple[Point, ...], ...] = (
    ((4, 94), (14, 91.6), (28, 94), (44, 99)),  # collar bone
    ((10, 144.6), (18, 147.4), (28, 146.8), (36, 142.8)),  # lower edge of the chest
    ((4, 168), (9, 178), (17, 187), (28, 194)),  # arch of the ribs
    ((43, 232), (34, 247), (21, 261), (8, 272)),  # groin
    ((17, 364), (19.4, 358.6), (25, 356.8), (30.6, 358.6), (33, 364)),  # kneecap
    ((18, 374), (21.6, 380), (25.2, 381.4), (29, 380), (32, 374)),
    ((20, 505.6), (24.4, 503.6), (30, 503.8), (35, 506.4)),  # toes
    ((45.6, 120), (46.8, 128), (45.8, 136)),  # fold before the arm
)
_SPINE: tuple[Point, ...] = ((0, 84), (0, 238))
_CLEFT: tuple[Point, ...] = ((0, 246), (0, 284))
_FINGERS: tuple[tuple[Point, ...], ...] = (
    ((84.8, 303), (86, 312)),
    ((88.2, 303), (89, 313)),
    ((91.4, 301), (91.8, 310)),
)
_NAVEL: tuple[Point, ...] = ((-2, 211), (0, 213.4), (2, 211))


def smooth(points: Sequence[Point], begin: bool = True) -> str:
    """A path of cubic curves through the points: at each, the tangent points from its neighbour to its neighbour.

    The length of a handle follows the length of its own piece, so uneven steps make no loops. `begin`: with the first
    move; without it the path goes on from where the last one ended.
    """
    steps = [f"M{n(points[0][0])} {n(points[0][1])}"] if begin else []
    for at in range(len(points) - 1):
        (x0, y0), (x1, y1) = points[at], points[at + 1]
        length = _apart(points[at], points[at + 1])
        (tx0, ty0), (tx1, ty1) = _tangent(points, at), _tangent(points, at + 1)
        reach = length / 3
        places = (x0 + tx0 * reach, y0 + ty0 * reach, x1 - tx1 * reach, y1 - ty1 * reach, x1, y1)
        steps.append("C" + " ".join(n(place) for place in places))
    return "".join(steps)


def _apart(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _tangent(points: Sequence[Point], at: int) -> Point:
    """The direction of the curve at a point, one unit long: the chord's at an end, the neighbours' in between."""
    before, after = points[max(at - 1, 0)], points[min(at + 1, len(points) - 1)]
    if 0 < at < len(points) - 1:
        # Each side's direction counts more the shorter that side is: the curve then bends where the points are close.
        here = points[at]
        near, far = _apart(before, here) or 1, _apart(here, after) or 1
        x = (here[0] - before[0]) / near**2 * far + (after[0] - here[0]) / far**2 * near
        y = (here[1] - before[1]) / near**2 * far + (after[1] - here[1]) / far**2 * near
    else:
        x, y = after[0] - before[0], after[1] - before[1]
    length = (x * x + y * y) ** 0.5 or 1
    return x / length, y / length


def placed(points: Sequence[Point], side: int = 1) -> list[Point]:
    """Points in the box of a view; `side` 1 is the right half of the drawing, -1 its mirror."""
    return [(MIDDLE + side * x, y) for x, y in points]


def _edge(stretches: Sequence[Sequence[Point]]) -> str:
    """Stretches of the right half, then the same backwards on the left: one closed path."""
    right = [placed(stretch) for stretch in stretches]
    left = [list(reversed(placed(stretch, -1))) for stretch in reversed(stretches)]
    return smooth(right[0]) + "".join(smooth(piece, begin=False) for piece in [*right[1:], *left]) + "z"


@cache
def outline() -> str:
    """The edge of neck, trunk, arms and legs, as one closed path: regions are cut along it."""
    return _edge((*_NECK_TO_THUMB, *_TRUNK_AND_LEG))


@cache
def head(view: View) -> str:
    """The edge of the head, which lies over the neck: down to the chin, or from behind to where the hair ends."""
    half = (*_CROWN, *(_NAPE if view == "back" else _FACE))
    right = placed(half)
    left = placed(half, -1)
    return smooth([*right, *reversed(left[1:-1]), right[0]]) + "z"


@cache
def ears() -> tuple[str, str]:
    """The edges of both ears."""
    return smooth(placed(_EAR)), smooth(placed(_EAR, -1))


@cache
def details(view: View) -> tuple[Path, ...]:
    """The thin lines inside the body, left and right."""
    lines = _BACK_LINES if view == "back" else _FRONT_LINES
    paths = [Path(smooth(placed(points, side)), "body-detail") for points in (*lines, *_FINGERS) for side in (1, -1)]
    middle = (_SPINE, _CLEFT) if view == "back" else (_NAVEL,)
    paths += [Path(smooth(placed(points)), "body-detail") for points in middle]
    return tuple(paths)
