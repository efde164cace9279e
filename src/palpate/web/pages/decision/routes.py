"""The routes of the decision pages. Source of the roles: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.decision import views
from palpate.web.routes import Route, roles

_AT = "people/<uuid:person>/episodes/<uuid:episode>/decision/"
_ONE = _AT + "<uuid:decision>/"
_READ = roles(OWNER, THERAPIST, AUDITOR)
_OWN = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(_AT, "decision", views.newest, read=_READ, category="decision", scope="decision"),
    Route(_AT + "again/", "decision-again", views.again, write=_OWN, category="decision", scope="clinical"),
    Route(_ONE, "decision-of", views.one, read=_READ, category="decision", scope="decision"),
    Route(_ONE + "print/", "decision-print", views.printed, read=_READ, category="decision", scope="decision"),
    Route(_ONE + "why/", "decision-why", views.why, read=_READ, category="decision", scope="decision"),
    Route(_ONE + "overrule/", "decision-overrule", views.overrule, write=_OWN, category="decision", scope="clinical"),
    Route(_ONE + "handover.pdf", "handover-pdf", views.handover_pdf, read=_OWN, category="document", scope="document"),
    Route(_ONE + "handover/", "handover", views.keep_handover, write=_OWN, category="document", scope="document"),
)
