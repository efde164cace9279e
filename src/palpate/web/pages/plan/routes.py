"""The routes of the plan. Source of the roles: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.plan import views
from palpate.web.routes import Route, roles

_AT = "people/<uuid:person>/episodes/<uuid:episode>/plan/"
_OWN = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(_AT, "plan", views.plan, read=_OWN, write=_OWN, category="decision", scope="clinical"),
    Route(
        _AT + "items/<uuid:plan_item>/tick/", "plan-tick", views.tick, write=_OWN, category="decision", scope="clinical"
    ),
)
