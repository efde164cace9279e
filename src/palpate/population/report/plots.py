"""Plots as SVG that stands in the page: bars with their numbers written on them, in one colour and readable without it.

Vega-Lite draws them. The words are data, never part of a drawing's code; what comes back is cleaned of all but shapes
and text, and gets one description for who cannot see it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from palpate.show.markup import Markup, element

WIDTH = 330  # of a drawing, in its own units: a telephone's width, so that the words stay readable there
TOLD = 96  # of it for the number at the end of the longest bar
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"
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
    length: dict[str, Any] = {
        "field": "length",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, most], "range": [0, WIDTH - TOLD], "nice": False},
    }
    words: dict[str, Any] = {"x": {"value": 0}, "text": {"field": "words", "type": "nominal"}}
    spec = {
        "width": WIDTH,
        "height": {"step": 40},
        "padding": 2,
        "background": None,
        "data": {"values": rows},
        "encoding": {"y": {"field": "at", "type": "ordinal", "axis": None, "scale": {"padding": 0}}},
        "layer": [
            {"mark": {"type": "text", "align": "left", "dy": -10, "limit": WIDTH, "ellipsis": "…"}, "encoding": words},
            {"mark": {"type": "bar", "height": 14, "yOffset": 8}, "encoding": {"x": length, "x2": {"datum": 0}}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": 8},
                "encoding": {"x": length, "text": {"field": "told", "type": "nominal"}},
            },
        ],
        "config": {"view": {"stroke": None}, "text": {"fontSize": SIZE, "font": FONT}},
    }
    return figure(spec, description)


def warm_up() -> None:
    """Draws next to nothing, so that what draws has started when it is wanted: that takes longer than all drawings."""
    bars([Bar("", 1, "")], "")


def figure(spec: dict[str, Any], description: str) -> Markup:
    """A Vega-Lite drawing as markup, with its description."""
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(spec)
    root = _ROOT.match(drawn)
    if root is None:
        raise ValueError("the drawing is not what was asked for")
    # Without roles and words of its own: the drawing is one picture, and the table under it holds its numbers.
    inside = _SAID_ELSEWHERE.sub("", drawn[root.end() : -len("</svg>")])
    attributes = {"viewBox": root[1], "role": "img", "aria-label": description, "class": "plot"}
    return element("figure", None, element("svg", attributes, Markup(inside)))
