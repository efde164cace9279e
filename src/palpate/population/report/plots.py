"""Plots as SVG that stands in the page: bars with their numbers written on them, in one colour and readable without it.

Vega draws them; Vega-Lite, which would take as many lines, has to be started as well. The words are data, never part of
a drawing's code; what comes back is cleaned of all but shapes and text, and gets one description for who cannot see it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from palpate.show.markup import Markup, element

WIDTH = 330  # of a drawing, in its own units: a telephone's width, so that the words stay readable there
TOLD = 120  # of it for the number at the end of the longest bar
STEP = 40  # from one bar to the next
# By what words are measured, so that those that are too long are cut off: a narrow font that the library brings with
# it (any other it reads from the disk anew for every word). The reader's own may be that much wider.
FONT, LIMIT = "sans-serif", 280
SIZE = 12
_ROOT = re.compile(r"^<svg [^>]*viewBox=\"([0-9. -]+)\"[^>]*>")
_SAID_ELSEWHERE = re.compile(r' (?:role|aria-[a-z]+|pointer-events|font-family)="[^"]*"')


@dataclass(frozen=True)
class Bar:
    """One bar: its words, how long it is, and what is written at its end."""

    words: str
    length: float
    told: str


def bars(bars: Sequence[Bar], description: str) -> Markup:
    """Bars one under another, the longest over the whole width. Empty without bars."""
    if not bars:
        return Markup("")
    rows = [{"at": at, "words": bar.words, "length": bar.length, "told": bar.told} for at, bar in enumerate(bars)]
    most = max(bar.length for bar in bars) or 1
    start, end = {"value": 0}, {"scale": "x", "field": "length"}
    middle = {"scale": "y", "field": "at", "band": 0.5}
    spec = {
        "width": WIDTH,
        "height": STEP * len(bars),
        "padding": 2,
        "data": [{"name": "bars", "values": rows}],
        "scales": [
            {"name": "x", "type": "linear", "domain": [0, most], "range": [0, WIDTH - TOLD]},
            {"name": "y", "type": "band", "domain": list(range(len(bars))), "range": "height"},
        ],
        "marks": [
            _mark("text", {"x": start, "y": middle, "dy": -10, "text": {"field": "words"}, "limit": LIMIT}),
            _mark("rect", {"x": start, "x2": end, "yc": {**middle, "offset": 8}, "height": 14, "fill": "#4c78a8"}),
            _mark("text", {"x": end, "dx": 4, "y": middle, "dy": 8, "text": {"field": "told"}}),
        ],
    }
    return figure(spec, description)


def _mark(kind: str, looks: dict[str, Any]) -> dict[str, Any]:
    """One mark for each bar. Takes  looks: its channels; those that are no object are the same for all bars."""
    if kind == "text":
        looks |= {"font": FONT, "fontSize": SIZE, "baseline": "middle", "fill": "black"}
    each = {name: look if isinstance(look, dict) else {"value": look} for name, look in looks.items()}
    return {"type": kind, "from": {"data": "bars"}, "aria": False, "encode": {"update": each}}


def warm_up() -> None:
    """Draws next to nothing, so that what draws has started when it is wanted: that takes longer than all drawings."""
    bars([Bar("", 1, "")], "")


def figure(spec: dict[str, Any], description: str) -> Markup:
    """A Vega drawing as markup, with its description."""
    import vl_convert

    drawn = vl_convert.vega_to_svg(spec)
    root = _ROOT.match(drawn)
    if root is None:
        raise ValueError("the drawing is not what was asked for")
    # Without roles and words of its own: the drawing is one picture, and the table under it holds its numbers.
    inside = _SAID_ELSEWHERE.sub("", drawn[root.end() : -len("</svg>")])
    attributes = {"viewBox": root[1], "role": "img", "aria-label": description, "class": "plot"}
    return element("figure", None, element("svg", attributes, Markup(inside)))
