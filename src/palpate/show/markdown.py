"""Blocks as Markdown: plain, complete, one thing a line, so that a change shows as the lines that changed."""

from __future__ import annotations

import re

from palpate.show.blocks import (
    Block,
    Break,
    Bullets,
    Chart,
    Code,
    Document,
    Field,
    Fields,
    Line,
    Link,
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
    Tree,
)

# What Markdown would read as its own inside a line. A `_` inside a word is safe, and names are full of it.
_SIGNS = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
# What it would read as its own at the start of one.
_STARTS = re.compile(r"^(#{1,6}(?=\s|$)|[-+=](?=\s|$)|-{3,}|={3,}|\d{1,9}(?=[.)](\s|$)))")

# Tags that only say where a thing belongs.
_QUIET = frozenset({"row", "stage", "plain"})


def markdown(document: Document) -> str:
    """The whole document. The same document always gives the same text."""
    lines = [_heading(1, document.title), "", f"{escaped(document.mark)}  ", code(document.digest), ""]
    for one in document.parts:
        lines += _part(one, 2)
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, inside a line."""
    return _SIGNS.sub(lambda found: "\\" + found.group(), " ".join(text.split()))


def _heading(level: int, title: str) -> str:
    said = escaped(title)
    # A `#` at the end of a heading would be taken for its other fence.
    return f"{'#' * level} {said[:-1]}\\#" if said.endswith("#") else f"{'#' * level} {said}"


def _at_start(found: re.Match[str]) -> str:
    said = found.group()
    return f"{said}\\" if said.isdigit() else f"\\{said}"


def code(text: str) -> str:
    """Text in a code span; fenced by more backticks than it holds."""
    flat = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else ""


def _span(one: Span) -> str:
    if isinstance(one, str):
        lead, tail = one[: len(one) - len(one.lstrip())], one[len(one.rstrip()) :]
        inner = escaped(one)
        return f"{' ' if lead else ''}{inner}{' ' if tail and inner else ''}"
    if isinstance(one, Code):
        return code(one.text)
    if isinstance(one, Break):
        return one.text
    if isinstance(one, Strong):
        return f"**{escaped(one.text)}**"
    if isinstance(one, Link):
        if one.to.startswith(("https://", "http://")):
            return f"<{one.to}>" if _bare(one.to) else escaped(one.text)
        return code(one.name) if one.name else escaped(one.text)
    if isinstance(one, Small):
        return f"({escaped(one.text)})"
    return escaped(one.text) if one.kind in _QUIET else f"**{escaped(one.text)}**"


def _bare(address: str) -> bool:
    return re.fullmatch(r"[!-;=?-~]+", address) is not None


def line(spans: Line) -> str:
    """One line of text; never empty of meaning at its start."""
    said = "".join(_span(one) for one in spans).strip()
    return _STARTS.sub(_at_start, said) if spans and isinstance(spans[0], str) else said


def _part(one: Part, level: int) -> list[str]:
    lines = [_heading(level, one.title), ""]
    for inner in one.blocks:
        lines += _block(inner, level + 1)
    for below in one.parts:
        lines += _part(below, level + 1)
    return lines


def _block(one: Block, level: int) -> list[str]:
    if isinstance(one, Para):
        return [line(one.line), ""]
    if isinstance(one, Note):
        return [f"> {line(one.line)}", ""]
    if isinstance(one, Bullets):
        return [*_list(one.items, ""), ""]
    if isinstance(one, Fields):
        return [*_fields(one.rows), ""]
    if isinstance(one, Record):
        tags = " · ".join(_span(tag) for tag in one.tags)
        head = [_heading(level, one.title), "", f"{code(one.name)}{f' · {tags}' if tags else ''}", ""]
        return [*head, *_fields(one.fields), ""]
    if isinstance(one, Table):
        return _table(one)
    if isinstance(one, Tables):
        return [text for table in one.tables for text in _table(table)]
    if isinstance(one, Chart):
        return _table(one.table)
    return _signature(one)


def _list(items: tuple[Tree, ...], indent: str) -> list[str]:
    lines = []
    for item in items:
        lines.append(f"{indent}- {line(item.line)}")
        lines += _list(item.items, indent + "  ")
    return lines


def _fields(rows: tuple[Field, ...]) -> list[str]:
    lines = []
    for row in rows:
        head = f"- **{escaped(row.label)}:**"
        rest = list(row.blocks)
        if rest and isinstance(rest[0], Para | Note):
            head += f" {line(rest.pop(0).line)}"  # type: ignore[union-attr]
        lines.append(head)
        for inner in rest:
            if isinstance(inner, Bullets):
                lines += _list(inner.items, "  ")
            else:
                below = _block(inner, 6)
                lines += ["", *(f"  {text}" if text else "" for text in below[:-1])]
    return lines


def _table(one: Table) -> list[str]:
    lines = [f"{escaped(one.caption)}:", ""]
    lines.append(_row([escaped(head) for head in one.heads]))
    lines.append(_row(["---"] * len(one.heads)))
    lines += [_row([_cell(cell) for cell in cells]) for cells in one.rows]
    return [*lines, ""]


def _cell(cell: Line) -> str:
    # A pipe inside a code span still ends a cell; text outside code has had its own escaped already.
    return "".join(code(one.text).replace("|", "\\|") if isinstance(one, Code) else _span(one) for one in cell).strip()


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _signature(one: Signature) -> list[str]:
    lines = [line(one.says), ""]
    lines += [f"- **{escaped(name)}:** {line((value,))}" for name, value in one.signed]
    lines.append("")
    lines += ["| To be filled in | |", "| --- | --- |", *(f"| {escaped(name)} | |" for name in one.blanks), ""]
    return lines
