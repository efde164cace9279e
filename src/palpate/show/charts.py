"""Drawings as inline SVG: from answers to a decision, what leads to what, and when the sessions of a protocol fall.

Colours come from the page's style by class, so that a drawing follows the dark scheme and the printer. Every drawing
has a title and a description, and every number in it also stands in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from palpate.pathway.pathway import Protocol
from palpate.show.markup import Attributes, Markup, element, together

NAMESPACE = "http://www.w3.org/2000/svg"
# A disposition's sign, drawn in a square of 16. A shape of its own for each, because colour alone is no sign.
SHAPES = {
    "emergency": "M5 1h6l4 4v6l-4 4H5l-4-4V5z",
    "medical_exam_first": "M8 1l7 13H1z",
    "do_not_massage_now": "M2 2h4.5v12H2zM9.5 2H14v12H9.5z",
    "physician_clearance": "M8 1l7 7-7 7-7-7z",
    "incomplete": "M2 3h2v2H2zM7 3h2v2H7zM12 3h2v2h-2zM2 7h2v2H2zM12 7h2v2h-2zM2 11h2v2H2zM7 11h2v2H7zM12 11h2v2h-2z",
    "change_treatment": "M1 5h9V1l5 6-5 6V9H1z",
    "complete": "M2 2h12v12H2z",
    "treat_with_precautions": "M8 1a7 7 0 0 1 0 14zM8 1a7 7 0 0 0 0 14V13A5 5 0 0 1 8 3z",
    "treat": "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z",
    "precaution": "M1 2h14L8 15z",
    "local_avoid": "M6 1h4v5h5v4h-5v5H6v-5H1V6h5z",
    "none": "M1 6h14v4H1z",
}


@dataclass(frozen=True)
class Column:
    """One outcome of a rule."""

    disposition: str
    urgency: str | None
    head: str


def shape_symbols() -> Markup:
    """The signs, defined once a page; `sign` uses them."""
    symbols = [
        element("symbol", {"id": f"shape-{name}", "viewBox": "0 0 16 16"}, element("path", {"d": path}))
        for name, path in SHAPES.items()
    ]
    return element("svg", {"class": "symbols", "width": 0, "height": 0, "aria-hidden": "true"}, *symbols)


def sign(kind: str, x: float | None = None, y: float | None = None, size: float = 12) -> Markup:
    """The sign of a disposition: inside a drawing at x, y; else as a drawing of its own beside a word."""
    use = {"href": f"#shape-{kind}"}
    if x is not None and y is not None:
        return element("use", {**use, "class": f"k-{kind}", "x": x, "y": y, "width": size, "height": size})
    attributes = {"class": "sign", "viewBox": "0 0 16 16", "aria-hidden": "true", "focusable": "false"}
    return element("svg", attributes, element("use", use))


def _drawing(name: str, width: float, height: float, title: str, description: str, *parts: str) -> Markup:
    return element(
        "svg",
        {
            "class": f"drawing {name.split('-')[0]}",
            "viewBox": f"0 0 {width:g} {height:g}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
        element("title", {"id": f"{name}-title"}, title),
        element("desc", {"id": f"{name}-desc"}, description),
        *parts,
    )


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "", turn: str = "") -> Markup:
    return element(
        "text", {"x": x, "y": y, "class": kind or None, "text-anchor": anchor or None, "transform": turn or None}, said
    )


def _box(x: float, y: float, width: float, height: float, kind: str, corner: float = 6) -> Markup:
    return element("rect", {"x": x, "y": y, "width": width, "height": height, "rx": corner, "class": kind})


def _path(steps: str, kind: str) -> Markup:
    return element("path", {"d": steps, "class": kind})


# --- from answers to a decision ---------------------------------------------------------------------------------------


def flow(stages: Sequence[tuple[int, str, str]], columns: Sequence[Column], totals: Sequence[int]) -> Markup:
    """Facts by how they come (number, two short lines), the rules, and a bar per disposition with its rules."""
    width, row, top, bars = 420, 27, 226, 218
    parts: list[Markup] = []
    gap = width / len(stages)
    for at, (count, *lines) in enumerate(stages):
        x = gap * at + 1
        middle = x + gap / 2 - 7
        parts += [_box(x, 2, gap - 14, 76, "panel"), _text(middle, 30, str(count), "big", "middle")]
        parts += [_text(middle, 50 + 16 * n, line, "", "middle") for n, line in enumerate(lines)]
        parts.append(_path(f"M{middle:g} 78C{middle:g} 102 204 90 204 112", "arrow"))
    parts += [
        _path("M199 110l5 8 5-8z", "head"),
        _box(136, 120, 136, 46, "panel strong"),
        _text(204, 150, f"{sum(totals)} rules", "big", "middle"),
        _path("M204 166v22", "arrow"),
        _path("M199 186l5 8 5-8z", "head"),
        _text(204, 213, "The most serious that holds decides", "muted", "middle"),
    ]
    most = max([*totals, 1])
    for at, (column, total) in enumerate(zip(columns, totals, strict=True)):
        y = top + row * at
        length = 3 + 160 * total / most
        parts += [
            sign(column.disposition, 2, y + 2, 15),
            _text(25, y + 14.5, column.head),
            _box(bars, y, length, 19, f"bar k-{column.disposition}", 3),
            _text(bars + length + 7, y + 14.5, str(total), "number"),
        ]
    said = "; ".join(f"{column.head} {total}" for column, total in zip(columns, totals, strict=True))
    from_ = ", ".join(f"{count} {' '.join(lines)}" for count, *lines in stages)
    description = f"Facts: {from_}. They feed {sum(totals)} rules. Rules by disposition, most serious first: {said}."
    height = top + row * len(columns) + 4
    return _drawing("flow", width, height, "From answers to a decision", description, *parts)


# --- what leads to what -----------------------------------------------------------------------------------------------


def matrix(sections: Sequence[tuple[str, str]], columns: Sequence[Column], numbers: Sequence[Sequence[int]]) -> Markup:
    """A row per section, a column per disposition, and a disc with the number of rules where they meet."""
    label, cell, row, top = 300, 42, 31, 190
    width = label + cell * len(columns) + 92
    height = top + row * (len(sections) + 1) + 10
    most = max([count for counts in numbers for count in counts] or [1]) or 1
    totals = [sum(counts[at] for counts in numbers) for at in range(len(columns))]
    parts: list[Markup] = []
    for at, column in enumerate(columns):
        x = label + cell * at + cell / 2
        parts.append(sign(column.disposition, x - 7, top - 24, 14))
        parts.append(_text(x + 3, top - 31, column.head, "head-text", "", f"rotate(-52 {x + 3:g} {top - 31})"))
    for at, ((_, title), counts) in enumerate(zip(sections, numbers, strict=True)):
        y = top + row * at
        if at % 2 == 0:
            parts.append(_box(0, y, label + cell * len(columns), row, "stripe", 0))
        parts += _label(title, y, row)
        for column, (place, count) in zip(columns, enumerate(counts), strict=True):
            if count:
                x = label + cell * place + cell / 2
                radius = 7.5 + 7 * sqrt(count / most)
                disc: Attributes = {"cx": x, "cy": y + row / 2, "r": radius, "class": f"disc k-{column.disposition}"}
                parts.append(element("circle", disc))
                parts.append(_text(x, y + row / 2 + 4.2, str(count), "number", "middle"))
    y = top + row * len(sections)
    parts.append(_path(f"M0 {y}H{label + cell * len(columns)}", "arrow"))
    parts.append(_text(8, y + 20, "All sections", "number"))
    for at, total in enumerate(totals):
        parts.append(_text(label + cell * at + cell / 2, y + 20, str(total), "number", "middle"))
    title = "How many rules of each section lead to which disposition"
    return _drawing("matrix", width, height, title, _said(sections, columns, numbers), *parts)


def _label(title: str, y: float, row: float) -> list[Markup]:
    """One line, or two where the title is long."""
    lines = [""]
    for word in title.split():
        if len(lines[-1]) + len(word) > 42 and len(lines) == 1 and lines[0]:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    lines[-1] = lines[-1] if len(lines[-1]) <= 46 else lines[-1][:44].rstrip() + " …"
    first = y + row / 2 + 4.2 - 6.2 * (len(lines) - 1)
    return [_text(8, first + 12.4 * at, line, "label") for at, line in enumerate(lines)]


def _said(sections: Sequence[tuple[str, str]], columns: Sequence[Column], numbers: Sequence[Sequence[int]]) -> str:
    rows = []
    for (_, title), counts in zip(sections, numbers, strict=True):
        found = [f"{c.head} {count}" for c, count in zip(columns, counts, strict=True) if count]
        rows.append(f"{title}: {', '.join(found) or 'no rule of its own'}")
    return ". ".join(rows) + "."


# --- the sessions of a protocol ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """From which day to which a session may be given; day 0 is the day of session 1."""

    session: int
    first: int
    last: int
    check: bool


def windows(protocol: Protocol) -> list[Window]:
    """Every session's days, so that all sessions still fit: the shortest gaps before it, and the days left after it."""
    low, high = protocol.gap_days
    found = []
    for session in range(1, protocol.sessions + 1):
        last = min((session - 1) * high, protocol.within_days - (protocol.sessions - session) * low)
        found.append(Window(session, (session - 1) * low, last if session > 1 else 0, session in protocol.checks))
    return found


def timeline(protocol: Protocol, first_check_day: int) -> Markup:
    """A row per session with the days on which it may fall, the checks, and the course's last day."""
    label, row, top, width = 92, 22, 34, 700
    span = max(protocol.within_days, 1)
    scale = (width - label - 54) / span
    found = windows(protocol)
    height = top + row * len(found) + 12
    parts: list[Markup] = []
    for day in range(0, span + 1, 7):
        x = label + day * scale
        parts.append(_path(f"M{x:.2f} {top - 6}V{height - 8}", "grid"))
        parts.append(_text(x, top - 12, f"day {day}" if day == 0 else str(day), "muted", "middle"))
    end = label + span * scale
    parts.append(_path(f"M{end:.2f} {top - 6}V{height - 8}", "limit"))
    if span % 7:
        parts.append(_text(end, top - 12, str(span), "muted", "middle"))
    for at, window in enumerate(found):
        y = top + row * at
        x = label + window.first * scale
        parts.append(_text(4, y + 14, f"Session {window.session}", "label"))
        parts.append(_box(x - 5, y + 3, (window.last - window.first) * scale + 10, 14, "window", 7))
        if window.check:
            day = max(window.first, first_check_day)
            parts.append(_check(label + day * scale, y + 10))
    said = "; ".join(
        f"session {w.session} {'on day 0' if w.session == 1 else f'on day {w.first} to {w.last}'}"
        f"{', then a check' if w.check else ''}"
        for w in found
    )
    description = f"{said}. Last day of the course: {span}. Diamonds mark the earliest day of a check."
    name = f"timeline-{protocol.id}"
    return _drawing(name, width, height, f"When the sessions of “{protocol.title}” fall", description, *parts)


def _check(x: float, y: float) -> Markup:
    return together(_path(f"M{x:.2f} {y - 8:g}l8 8-8 8-8-8z", "check"))
