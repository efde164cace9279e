"""The route of the outcome page: counts without a name, for those who may see decisions."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.outcomes import views
from palpate.web.routes import Route, roles

ROUTES: tuple[Route, ...] = (
    Route("outcomes/", "outcomes", views.outcomes, read=roles(OWNER, THERAPIST, AUDITOR), category="decision"),
)
