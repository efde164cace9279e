"""Blocks as HTML. All text goes through `element`, which escapes it; only http and https addresses become links."""

from __future__ import annotations

from palpate.show.blocks import (
    Block,
    Break,
    Bullets,
    Chart,
    Code,
    Field,
    Fields,
    Line,
    Note,
    Para,
    Part,
    Record,
    Signature,
    Small,
    Span,
    Strong,
    Table,
    Tables,
    Tag,
    Tree,
)
from palpate.show.charts import SHAPES, sign
from palpate.show.markup import Attributes, Markup, element, together


def span(one: Span) -> Markup:
    """A piece of a line."""
    if isinstance(one, str):
        return together(one)
    if isinstance(one, Code):
        return element("code", None, one.text)
    if isinstance(one, Strong):
        return element("strong", None, one.text)
    if isinstance(one, Small):
        return element("small", None, one.text)
    if isinstance(one, Break):
        return element("br")
    if isinstance(one, Tag):
        mark = sign(one.kind) if one.kind in SHAPES else ""
        return element("span", {"class": f"tag k-{one.kind}"}, mark, one.text)
    if one.to.startswith("#"):
        return element("a", {"href": one.to}, one.text)
    if one.to.startswith(("https://", "http://")):
        # The other site learns nothing of this page, and cannot reach back into it.
        return element("a", {"href": one.to, "rel": "noreferrer external"}, one.text)
    return together(one.text)


def line(spans: Line) -> Markup:
    return together(*(span(one) for one in spans))


def block(one: Block, level: int) -> Markup:
    """A block; `level` is that of a heading inside it."""
    if isinstance(one, Para):
        return element("p", None, line(one.line))
    if isinstance(one, Bullets):
        return _list(one.items)
    if isinstance(one, Note):
        return element("p", {"class": f"note note-{one.kind}"}, line(one.line))
    if isinstance(one, Fields):
        return _fields(one.rows, level)
    if isinstance(one, Record):
        return _record(one, level)
    if isinstance(one, Table):
        return _table(one)
    if isinstance(one, Tables):
        return element("div", {"class": "tables"}, *(_table(table) for table in one.tables))
    if isinstance(one, Chart):
        return _chart(one)
    return _signature(one)


def _list(items: tuple[Tree, ...]) -> Markup:
    return element(
        "ul",
        None,
        *(element("li", None, line(item.line), _list(item.items) if item.items else "") for item in items),
    )


def _fields(rows: tuple[Field, ...], level: int) -> Markup:
    pairs = [
        element(
            "div",
            None,
            element("dt", None, row.label),
            element("dd", None, *(block(one, level) for one in row.blocks)),
        )
        for row in rows
    ]
    return element("dl", {"class": "fields"}, *pairs)


def _record(one: Record, level: int) -> Markup:
    heading = element(f"h{level}", None, one.title)
    tags = element("p", {"class": "tags"}, *(span(tag) for tag in one.tags), span(Code(one.name)))
    return element(
        "article",
        {"class": f"record k-{one.kind}", "id": one.anchor},
        element("header", None, heading, tags),
        _fields(one.fields, level + 1),
    )


# A stacked table is no table to the browser any more, so its roles are written out for whoever listens to it.
_ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}


def _table(one: Table) -> Markup:
    def role(name: str) -> Attributes:
        return {"role": _ROLES[name]} if one.stack else {}

    columnheader, rowheader = ("columnheader", "rowheader") if one.stack else (None, None)
    heads = [
        element("th", {"scope": "col", "role": columnheader}, head) if head else element("td", role("td"))
        for head in one.heads
    ]
    rows = []
    for at, cells in enumerate(one.rows):
        first = element("th", {"scope": "row", "role": rowheader}, line(cells[0]))
        rest = [
            element(
                "td",
                {**role("td"), "data-head": head if one.stack else None},
                # One child, so that a stacked cell has a label on one side and all of its content on the other.
                element("div", None, line(cell)) if one.stack else line(cell),
            )
            for head, cell in zip(one.heads[1:], cells[1:], strict=True)
        ]
        rows.append(element("tr", {**role("tr"), "id": one.anchors[at] if one.anchors else None}, first, *rest))
    table = element(
        "table",
        {**role("table"), "class": "stack" if one.stack else None},
        element("caption", {"id": f"{one.anchor}-caption"}, one.caption),
        # By class, because the page's policy allows no style beside its own sheet.
        element("colgroup", None, *(element("col", {"class": f"w{width}"}) for width in one.widths)),
        element("thead", role("thead"), element("tr", role("tr"), *heads)),
        element("tbody", role("tbody"), *rows),
    )
    return element("div", {"class": "stacks", "id": one.anchor}, table) if one.stack else _scroller(one, table)


def _scroller(one: Table, table: Markup) -> Markup:
    """Wide content moves inside a frame of its own, with the arrow keys as well."""
    named = f"{one.anchor}-caption"
    return element(
        "div", {"class": "scroll", "id": one.anchor, "role": "region", "aria-labelledby": named, "tabindex": 0}, table
    )


def _chart(one: Chart) -> Markup:
    frame: Attributes = {
        "class": "scroll",
        "role": "region",
        "aria-label": one.caption,
        "tabindex": 0,
    }
    return element(
        "figure",
        None,
        element("figcaption", None, one.caption),
        element("div", frame, one.svg),
        # Everything in the table also stands in the drawing, so paper does without it.
        element("details", None, element("summary", None, "The same as a table"), _table(one.table)),
    )


def _signature(one: Signature) -> Markup:
    rows = [
        element("div", None, element("dt", None, name), element("dd", None, span(value))) for name, value in one.signed
    ]
    blanks = [
        element("div", None, element("dt", None, name), element("dd", {"class": "blank"}, "")) for name in one.blanks
    ]
    return element(
        "div",
        {"class": "signature"},
        element("p", None, line(one.says)),
        element("dl", {"class": "fields signed"}, *rows),
        element("dl", {"class": "fields blanks"}, *blanks),
    )


def part(one: Part, level: int = 2) -> Markup:
    """A chapter or section with its heading of `level`."""
    return element(
        "section",
        {"id": one.anchor, "class": "own-page" if one.own_page else None, "aria-labelledby": f"{one.anchor}-heading"},
        element(f"h{level}", {"id": f"{one.anchor}-heading"}, one.title),
        *(block(inner, level + 1) for inner in one.blocks),
        *(part(inner, level + 1) for inner in one.parts),
    )
