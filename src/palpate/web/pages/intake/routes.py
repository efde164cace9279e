"""The routes of the intake: a therapist's own people only."""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.intake import views
from palpate.web.routes import Route, roles

BASE = "people/<uuid:person>/episodes/<uuid:episode>/intake/"
WHO = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(BASE, "intake", views.intake, read=WHO, category="answers", scope="clinical"),
    Route(BASE + "all/", "intake-all", views.everything, read=WHO, category="answers", scope="clinical"),
    Route(BASE + "map/", "intake-map", views.where, WHO, WHO, category="answers", scope="clinical"),
    Route(
        BASE + "ratings/", "intake-ratings", views.ratings, read=WHO, write=WHO, category="answers", scope="clinical"
    ),
    Route(BASE + "summary/", "intake-summary", views.summary, read=WHO, category="answers", scope="clinical"),
    Route(BASE + "decide/", "intake-decide", views.decide, write=WHO, category="decision", scope="clinical"),
    Route(
        BASE + "ask/<slug:screen>/",
        "intake-screen",
        views.one,
        read=WHO,
        write=WHO,
        category="answers",
        scope="clinical",
    ),
)
