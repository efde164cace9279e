"""Parts of a page that are the same for everybody who may see it: written once, then kept. `{% load kept %}`.

The frame of a page costs more to write than many a page's own content. What is kept never holds anybody's data: what is
personal stands in it as a gap, and each page fills its own in.
"""

from __future__ import annotations

import secrets
from typing import Any

from django import template
from django.utils.html import conditional_escape

register = template.Library()

MOST = 64  # versions of one part that are kept; past that it begins anew
GAP = secrets.token_hex(16)  # in the place of what is personal; nobody outside can know it


class KeptNode(template.Node):
    """What stands between `kept` and `endkept`."""

    child_nodelists = ()  # no block can stand in it, so none needs to be looked for

    def __init__(self, nodelist: Any, by: list[str], personal: list[str]) -> None:
        self.nodelist = nodelist
        self.by = by
        self.personal = personal
        self.kept: dict[tuple[Any, ...], list[str | int]] = {}

    def render(self, context: Any) -> str:
        values = [context.get(name) for name in self.personal]
        told = [context.get(name) for name in self.by]
        key = (*(tuple(one) if isinstance(one, list) else one for one in told), *map(bool, values))
        pieces = self.kept.get(key)
        if pieces is None:
            pieces = self._write(context, values)
            if len(self.kept) >= MOST:
                self.kept.clear()
            self.kept[key] = pieces
        return "".join([one if isinstance(one, str) else conditional_escape(values[one]) for one in pieces])

    def _write(self, context: Any, values: list[Any]) -> list[str | int]:
        """The part in pieces: its text, and between the texts which of the personal values stands there."""
        marks = {name: f"{GAP}{at}." for at, name in enumerate(self.personal)}
        with context.push(**{name: marks[name] for name, value in zip(self.personal, values, strict=True) if value}):
            first, *others = self.nodelist.render(context).split(GAP)
        pieces: list[str | int] = [first]
        for other in others:
            at, _, text = other.partition(".")
            pieces += [int(at), text]
        return pieces


@register.tag
def kept(parser: Any, token: Any) -> KeptNode:
    """`{% kept theme nav for user_name csrf_token %}` … `{% endkept %}`: kept for each theme and nav.

    Before `for` stands all that the part hangs on, which must not be personal; after it what is, by names that the part
    writes with `{{ }}` or `{% csrf_token %}` and may only ask whether they are there.
    """
    by, personal = token.split_contents()[1:], []
    if "for" in by:
        at = by.index("for")
        by, personal = by[:at], by[at + 1 :]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, by, personal)
