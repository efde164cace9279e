"""The routes of the API. All but its own description need a key with a scope, which `guard` asks for."""

from __future__ import annotations

from palpate.web.pages.api import views
from palpate.web.routes import ANYONE, NONE, PROGRAMS, Route, View


def _call(path: str, name: str, view: View, category: str, *, read: bool = False, write: bool = False) -> Route:
    who_reads, who_writes = PROGRAMS if read else NONE, PROGRAMS if write else NONE
    return Route(f"api/v1/{path}", name, view, who_reads, who_writes, category=category, json=True)


ROUTES: tuple[Route, ...] = (
    Route("api/v1/openapi.json", "api-openapi", views.openapi, read=ANYONE, category="own", json=True),
    _call("decide", "api-decide", views.decide, "decision", write=True),
    _call("people", "api-people", views.all_people, "contact", read=True, write=True),
    _call("people/<uuid:person>", "api-person", views.one_person, "contact", read=True),
    _call("episodes/<uuid:episode>/decisions", "api-decisions", views.decisions, "decision", read=True),
    _call("episodes/<uuid:episode>/measures", "api-measures", views.measures, "answers", write=True),
    _call("appointments", "api-appointments", views.all_appointments, "appointment", read=True, write=True),
)
