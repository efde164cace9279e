"""The rows of the day view, written by one node: as a template of their own they took two thirds of the page's time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django import template

register = template.Library()


BETWEEN, INSIDE = "\x00", "\x01"  # no text from outside may hold either (S-23)
FIELDS = 16  # of a row
ROWS_KEPT = 1000  # in the memory of the process, each by all that it shows and to whom: some 2 MB
BUTTONS = {"arrived": ("", "Here"), "no_show": (' class="quiet"', "No-show"), "booked": (' class="quiet"', "Undo")}


class RowsNode(template.Node):
    """Writes the rows. Whatever a row holds goes through `escape`, all of it together, before any of it is used."""

    def render(self, context: Any) -> str:
        several = context["several"]
        return "".join([_written(line, several) for line in context["lines"]])


@register.tag
def day_rows(parser: Any, token: Any) -> RowsNode:
    """`{% day_rows %}`: the rows of `lines`, with the therapist where `several`."""
    return RowsNode()


class TherapistsNode(template.Node):
    """Writes the choices of `therapists`, of which one may be `chosen`."""

    def render(self, context: Any) -> str:
        chosen = context["chosen"]
        return "".join(
            [
                f'<option value="{id}"{" selected" if id == chosen else ""}>{escape(name)}</option>'
                for id, name in context["therapists"]
            ]
        )


@register.tag
def day_therapists(parser: Any, token: Any) -> TherapistsNode:
    """`{% day_therapists %}`: the choices of a select."""
    return TherapistsNode()


@lru_cache(maxsize=ROWS_KEPT)
def _written(line: Sequence[str], several: bool) -> str:
    """A row. A text that held the mark between its fields would give too many of them: that is an error."""
    fields = escape(BETWEEN.join(line)).split(BETWEEN)
    if len(fields) != FIELDS:
        raise ValueError("a text of the day view holds a character that no text may hold")
    return _row(several, *fields)


def _row(
    several: bool, token: str, mark: str, times: str, url: str, name: str, born: str, person: str, room: str,
    therapist: str, state: str, taps: str, disposition: str, word: str, chips: str, link: str, label: str,
) -> str:  # fmt: skip
    """One row of the table, from the fields of a `Line`."""
    now = ' aria-current="time"' if mark else ""
    marked = f' <span class="chip is-good">{mark}</span>' if mark else ""
    who = f'<td data-label="Therapist">{therapist}</td>' if several else ""
    stands = f'<span class="chip">{state}</span> ' if state else ""
    stands += f'<span class="tag k-{disposition}">{word}</span>' if word else ""
    if chips:
        stands += "".join([f' <span class="chip is-warn">{chip}</span>' for chip in chips.split(INSIDE)])
    unseen = f'<span class="unseen">: {name}</span>'
    does = f'<a class="button" href="{link}">{label}{unseen}</a>' if link else ""
    for tap in taps.split(INSIDE) if taps else ():
        look, says = BUTTONS[tap]
        does += f'<button{look} name="{tap}" value="{token}">{says}{unseen}</button>'
    return (
        f'<tr{now}><td data-label="Time"><a href="{url}">{times}{unseen}</a>{marked}</td>'
        f'<td data-label="Person"><a href="{person}">{name}</a> <span class="muted small">{born}</span></td>'
        f'<td data-label="Room">{room}</td>{who}<td data-label="Where it stands">{stands}</td>'
        f'<td data-label="Next" class="screen-only"><div class="row">{does}</div></td></tr>\n'
    )
