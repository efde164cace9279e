"""The routes of the audit trail. Source of the roles: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.trail import views
from palpate.web.routes import Route, roles

ROUTES: tuple[Route, ...] = (
    Route("settings/trail/", "trail", views.trail, read=roles(OWNER, THERAPIST, AUDITOR), category="audit"),
    Route(
        "settings/trail/save/", "trail-save", views.save, write=roles(OWNER, AUDITOR), category="export", step_up="POST"
    ),
)
