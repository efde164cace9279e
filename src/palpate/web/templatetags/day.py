"""The rows of the day view, written by one node: as a template of their own they took two thirds of the page's time."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template

register = template.Library()


class RowsNode(template.Node):
    """Writes the rows. Whatever comes from the store goes through `escape`, field by field, before it is used."""

    def render(self, context: Any) -> str:
        several = context["several"]
        return "".join([row_of(line, several) for line in context["lines"]])


@register.tag
def day_rows(parser: Any, token: Any) -> RowsNode:
    """`{% day_rows %}`: the rows of `lines`, with the therapist where `several`."""
    return RowsNode()


def row_of(line: Sequence[str | Sequence[str]], several: bool) -> str:
    """One row of the table. Takes the fields of a `Line`: texts, and lists of texts."""
    token, mark, times, url, name, born, person, room, therapist, state, taps, disposition, word, chips, link, label = (
        _escaped(line)
    )
    now = ' aria-current="time"' if mark else ""
    marked = f' <span class="chip is-good">{mark}</span>' if mark else ""
    who = f'<td data-label="Therapist">{therapist}</td>' if several else ""
    stands = f'<span class="chip">{state}</span> ' if state else ""
    stands += f'<span class="tag k-{disposition}">{word}</span>' if word else ""
    stands += "".join([f' <span class="chip is-warn">{chip}</span>' for chip in chips])
    does = f'<a class="button" href="{link}">{label}<span class="unseen">: {name}</span></a>' if link else ""
    for tap in taps:
        look, says = BUTTONS[tap]
        does += f'<button{look} name="{tap}" value="{token}">{says}<span class="unseen">: {name}</span></button>'
    return (
        f'<tr{now}><td data-label="Time"><a href="{url}">{times}<span class="unseen">: {name}</span></a>{marked}</td>'
        f'<td data-label="Person"><a href="{person}">{name}</a> <span class="muted small">{born}</span></td>'
        f'<td data-label="Room">{room}</td>{who}<td data-label="Where it stands">{stands}</td>'
        f'<td data-label="Next" class="screen-only"><div class="row">{does}</div></td></tr>\n'
    )


def _escaped(line: Sequence[str | Sequence[str]]) -> list[Any]:
    """The fields, each escaped. They go through `escape` together; one that held the mark between them would give too
    many, which is an error and never a page."""
    flat = [text if text.__class__ is str else INSIDE.join(text) for text in line]
    found: list[Any] = escape(BETWEEN.join(flat)).split(BETWEEN)
    if len(found) != len(line):
        raise ValueError("a text of the day view holds a character that no text may hold")
    for at in LISTS:
        found[at] = found[at].split(INSIDE) if found[at] else ()
    return found


BETWEEN, INSIDE = "\x00", "\x01"  # no text from outside may hold either (S-23)
LISTS = (10, 13)  # taps and chips
BUTTONS = {"arrived": ("", "Here"), "no_show": (' class="quiet"', "No-show"), "booked": (' class="quiet"', "Undo")}
