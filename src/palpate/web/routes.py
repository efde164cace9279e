"""The one table of what can be asked for, and by whom (S-08). What is not in it does not exist.

Each folder under `pages` gives its ROUTES. A view is called as `view(request, **objects)`: ids in the path have become
the rows they name, if the actor may see them and if they belong together. `request` then carries `actor`, `deed` (the
act that is open) and `practice`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from palpate.clinic.actor import AUDITOR, DESK, OWNER, PERSON, PROGRAM, REFERRER, THERAPIST

if TYPE_CHECKING:
    from palpate.clinic.actor import Actor
    from palpate.clinic.acts import Deed
    from palpate.clinic.models import Practice

View = Callable[..., HttpResponse]
NONE: frozenset[str] = frozenset()
ANYONE = frozenset({"anyone"})  # no sign-in: the pages of signing in and of links
PROGRAMS = frozenset({PROGRAM})  # by key only, through `palpate.web.pages.api.guard`
EVERY_STAFF = frozenset({OWNER, THERAPIST, DESK, AUDITOR})


class ClinicRequest(HttpRequest):
    """A request as a view of the clinic gets it. For types only."""

    actor: Actor
    deed: Deed
    practice: Practice
    number: str
    address: str
    htmx: Any


def roles(*names: str) -> frozenset[str]:
    """A set of roles, checked against those that exist. Errors: ValueError."""
    known = {OWNER, THERAPIST, DESK, AUDITOR, REFERRER, PERSON}
    if not set(names) <= known:
        raise ValueError(f"unknown role among {names}")
    return frozenset(names)


@dataclass(frozen=True)
class Route:
    """One address.

    path      as Django's `path` takes it; ids are `<uuid:person>`, `<uuid:episode>`, `<uuid:session>` and so on
    read      roles that may GET it; empty: there is no GET
    write     roles that may POST to it; empty: there is no POST
    category  under what the trail files it: contact, appointment, decision, document, notes, users, audit, export ...
    scope     what of a person it shows (see access.visible_to): contact, appointment, decision, document, clinical
    step_up   needs a sign-in of the last 5 minutes (S-06); "POST": only for changing
    polls     asked for by a timer, so it does not keep a session alive (S-04)
    """

    path: str
    name: str
    view: View
    read: frozenset[str] = NONE
    write: frozenset[str] = NONE
    category: str = "own"
    scope: str = "contact"
    step_up: str = ""
    polls: bool = False
    json: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        return (("GET", "HEAD") if self.read else ()) + (("POST",) if self.write else ()) + ("OPTIONS",)
