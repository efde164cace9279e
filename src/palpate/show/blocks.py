"""What a shown pathway is made of: a few kinds of text and block, so that HTML and Markdown say the same.

The rooms' parts (`front`, `rules`, `cases` ...) build these from a pathway; `html.py` and `markdown.py` write them down
and are the only places where text meets markup. Nothing here knows either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from palpate.show.markup import Markup


@dataclass(frozen=True)
class Code:
    """A name or a condition as an author writes it."""

    text: str


@dataclass(frozen=True)
class Strong:
    text: str


@dataclass(frozen=True)
class Small:
    """Said beside something, and less important."""

    text: str


@dataclass(frozen=True)
class Link:
    """`to`: "#anchor" in this page, or an address. `name`: what plain Markdown shows where it cannot link."""

    text: str
    to: str
    name: str = ""


@dataclass(frozen=True)
class Tag:
    """A disposition, a verdict or the like as a labelled sign; `kind` gives it shape and colour."""

    kind: str
    text: str


@dataclass(frozen=True)
class Break:
    """A new line inside a cell; where there can be none, `text`."""

    text: str = "; "


Span: TypeAlias = str | Code | Strong | Small | Link | Tag | Break
Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True)
class Tree:
    """A line, and what stands below it."""

    line: Line
    items: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Para:
    line: Line


@dataclass(frozen=True)
class Bullets:
    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Note:
    """Set apart from the text around it. kind: unverified, policy, past, plain."""

    kind: str
    line: Line


@dataclass(frozen=True)
class Field:
    """A labelled value of a record."""

    label: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Fields:
    rows: tuple[Field, ...]


@dataclass(frozen=True)
class Record:
    """One rule, fact, protocol ... `name` is its id in the document; `kind` colours its edge."""

    anchor: str
    title: str
    name: str
    tags: tuple[Span, ...]
    fields: tuple[Field, ...]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """The first cell of a row heads it. `stack`: cells hold sentences and stand below each other on a narrow screen.

    anchors     one per row, or none at all
    widths      of the columns in percent, in steps of five, or none at all
    """

    anchor: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    stack: bool = False
    anchors: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tables:
    """Small tables side by side where there is room."""

    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Chart:
    """A drawing and the same figures as a table; Markdown has the table only."""

    svg: Markup
    caption: str
    table: Table
    wide: bool = True


@dataclass(frozen=True)
class Signature:
    """Lines to fill in by hand, with what is being signed."""

    says: Line
    signed: tuple[tuple[str, Span], ...]
    blanks: tuple[str, ...]


Block: TypeAlias = Para | Bullets | Note | Fields | Record | Table | Tables | Chart | Signature


@dataclass(frozen=True)
class Part:
    """A chapter, or a section of one. `own_page`: printed on a page of its own."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...] = ()
    own_page: bool = False


@dataclass(frozen=True)
class Document:
    title: str
    mark: str  # id and version, for the foot of every page
    digest: str
    parts: tuple[Part, ...] = field(default=())


def text(*spans: Span) -> tuple[Block, ...]:
    """One paragraph as the blocks of a field or a part; nothing where it would be empty."""
    return (Para(spans),) if any(spans) else ()


def bullets(*lines: Line | str) -> Bullets:
    """A flat list of lines."""
    return Bullets(tuple(Tree((one,) if isinstance(one, str) else one) for one in lines))


def joined(lines: Sequence[Line] | Sequence[Span], between: Span = ", ") -> Line:
    """Lines or spans one after the other, with `between` in the gaps."""
    result: list[Span] = []
    for one in lines:
        if result:
            result.append(between)
        result.extend(one) if isinstance(one, tuple) else result.append(one)
    return tuple(result)


def plain(line: Line) -> str:
    """The words of a line alone."""
    return "".join(span if isinstance(span, str) else span.text for span in line)
