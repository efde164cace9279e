"""The routes of the record. The owner and the auditor see decisions there and nothing else of it."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.record import views
from palpate.web.routes import Route, roles

ROUTES: tuple[Route, ...] = (
    Route(
        "people/<uuid:person>/episodes/<uuid:episode>/",
        "episode",
        views.record,
        read=roles(OWNER, THERAPIST, AUDITOR),
        category="decision",
        scope="decision",
    ),
)
