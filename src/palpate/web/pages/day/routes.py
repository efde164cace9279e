"""The routes of the day: its appointments, and booking, moving and cancelling them."""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.day import booking_views, views
from palpate.web.routes import EVERY_STAFF, Route, roles

_BOOK = roles(OWNER, THERAPIST, DESK)
A = "appointments/<uuid:appointment>/"
WHAT, SCOPE = "appointment", "appointment"

ROUTES: tuple[Route, ...] = (
    Route("", "today", views.today, read=EVERY_STAFF, category=WHAT, scope=SCOPE),
    Route("day/<str:date>/", "day", views.day, read=EVERY_STAFF, category=WHAT, scope=SCOPE),
    Route("appointments/state/", "appointment-state", views.state, write=_BOOK, category=WHAT, scope=SCOPE),
    Route("appointments/new/", "appointment-new", booking_views.new, _BOOK, _BOOK, category=WHAT, scope=SCOPE),
    Route(A, "appointment", booking_views.appointment, EVERY_STAFF, _BOOK, category=WHAT, scope=SCOPE),
)
