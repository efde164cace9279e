"""The routes of the consent pages: a therapist's own people only, since the words name areas of the body."""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.consent import views
from palpate.web.routes import Route, roles

BASE = "people/<uuid:person>/episodes/<uuid:episode>/consent/"
WHO = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(BASE, "consent", views.consent, read=WHO, category="consent", scope="clinical"),
    Route(BASE + "sign/", "consent-sign", views.sign, write=WHO, category="consent", scope="clinical"),
    Route(BASE + "withdraw/", "consent-withdraw", views.withdraw, write=WHO, category="consent", scope="clinical"),
    Route(BASE + "<uuid:consent>/", "consent-paper", views.paper, read=WHO, category="consent", scope="clinical"),
)
