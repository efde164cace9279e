"""The routes of breaking the glass and of its review (S-11)."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.glass import views
from palpate.web.routes import NONE, Route, roles

_OPEN, _REVIEW, _SIGN = roles(OWNER, THERAPIST), roles(OWNER, AUDITOR), roles(OWNER)

# `stranger` is a person who need not be in the actor's care; everywhere else a person's id is `person`.
ROUTES: tuple[Route, ...] = (
    Route(
        "people/<uuid:stranger>/break-glass/", "glass-open", views.open_glass, _OPEN, _OPEN, "glass", step_up="always"
    ),
    Route("settings/break-glass/", "glass-review", views.review, _REVIEW, NONE, category="glass"),
    Route("settings/break-glass/<uuid:glass>/", "glass-sign-off", views.sign_off, NONE, _SIGN, category="glass"),
    Route("settings/notices/", "notices-read", views.read_notices, NONE, _SIGN, category="own"),
)
