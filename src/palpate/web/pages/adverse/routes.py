"""The routes of adverse events. What happened is the therapist's; an owner and an auditor see how many there were."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.adverse import views
from palpate.web.routes import Route, roles

_AT = "people/<uuid:person>/episodes/<uuid:episode>/adverse/"
_OWN = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(
        "adverse/",
        "adverse",
        views.listed,
        read=roles(OWNER, THERAPIST, AUDITOR),
        category="decision",
        scope="decision",
    ),
    Route(_AT + "new/", "adverse-new", views.new, read=_OWN, write=_OWN, category="notes", scope="clinical"),
    Route(
        _AT + "<uuid:event>/", "adverse-event", views.event, read=_OWN, write=_OWN, category="notes", scope="clinical"
    ),
)
