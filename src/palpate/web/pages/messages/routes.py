"""The routes of messages and calls. Source of the roles: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.messages import settings_views, views
from palpate.web.routes import NONE, Route, roles

_READ = roles(OWNER, THERAPIST, DESK)
_WRITE = roles(OWNER, DESK)
_OWNER = roles(OWNER)

ROUTES: tuple[Route, ...] = (
    Route("messages/", "messages", views.outbox, _READ, category="contact"),
    Route("messages/<uuid:message>/again/", "message-again", views.again, NONE, _WRITE, category="contact"),
    Route(
        "people/<uuid:person>/links/send/", "message-send", views.send, NONE, _READ, category="appointment",
        scope="appointment",
    ),
    Route("calls/", "calls", views.calls, _READ, category="contact"),
    Route("calls/visits/<uuid:appointment>/", "call-visit", views.visit, NONE, _WRITE, category="contact"),
    Route("calls/messages/<uuid:message>/", "call-message", views.message, NONE, _WRITE, category="contact"),
    Route(
        "settings/messages/", "message-settings", settings_views.overview, _OWNER, _OWNER, category="practice",
    ),
    Route(
        "settings/messages/<slug:kind>/<slug:language>/", "message-text", settings_views.text, _OWNER, _OWNER,
        category="practice",
    ),
    Route(
        "settings/messages/<slug:kind>/<slug:language>/shipped/", "message-text-shipped", settings_views.shipped, NONE,
        _OWNER, category="practice",
    ),
)  # fmt: skip
