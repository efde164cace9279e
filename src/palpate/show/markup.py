"""Markup that cannot hold unescaped text: every child that is not itself `Markup` is escaped on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TypeAlias

Attributes: TypeAlias = Mapping[str, str | int | float | bool | None]
VOID = frozenset({"br", "col", "hr", "link", "meta"})


class Markup(str):
    """Text that is already HTML or SVG. Made by `element` and `together`, from escaped parts only."""

    __slots__ = ()


def element(name: str, attributes: Attributes | None = None, *children: str) -> Markup:
    """`<name ...>children</name>`.

    Takes   attributes: None and False leave one out, True writes its name alone; values are escaped.
            children: plain text is escaped, Markup stands as it is.
    """
    opened = name
    for key, value in (attributes or {}).items():
        if value is None or value is False:
            continue
        opened += f" {key}" if value is True else f' {key}="{escape(written(value))}"'
    if name in VOID:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{together(*children)}</{name}>")


def together(*children: str) -> Markup:
    """The children one after the other, escaped unless they are Markup."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child, quote=False) for child in children))


def written(value: str | int | float) -> str:
    """An attribute's value; a number with at most two decimals, so that a drawing is the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def css_text(value: str) -> str:
    """A CSS string in quotes that cannot end early, whatever `value` holds: everything unusual is written by number."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._:-") else f"\\{ord(c):x} " for c in value)
    return f'"{plain}"'
