"""The routes of the appointment book. Roles: the row "Appointments" of the table, safety requirements section 2; what
the practice offers and when it is open is read by everybody and changed by owners."""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.book import course_views, hours_views, settings_views, times_views, views, waiting_views
from palpate.web.routes import EVERY_STAFF, NONE, Route, View, roles

_BOOK = roles(OWNER, THERAPIST, DESK)
_OWNER = roles(OWNER)
WHAT, SCOPE = "appointment", "appointment"
E = "people/<uuid:person>/episodes/<uuid:episode>/book/"
A = "appointments/<uuid:appointment>/"


def _book(path: str, name: str, view: View, read: frozenset[str], write: frozenset[str] = NONE) -> Route:
    return Route(path, name, view, read, write, category=WHAT, scope=SCOPE)


def _settings(path: str, name: str, view: View, read: frozenset[str], write: frozenset[str] = NONE) -> Route:
    return Route(f"settings/{path}", name, view, read, write, category="practice")


ROUTES: tuple[Route, ...] = (
    _book("book/", "book", views.week, EVERY_STAFF),
    _book("book/day/<str:date>/", "book-day", views.by_therapist, EVERY_STAFF),
    _book("book/rooms/<str:date>/", "book-rooms", views.by_room, EVERY_STAFF),
    _book("book/move/", "book-move", views.move, NONE, _BOOK),
    _book("book/times/", "book-times", times_views.times, EVERY_STAFF, _BOOK),
    _book(E, "course-book", course_views.book, _BOOK, _BOOK),
    _book(f"{E}cancel/", "course-cancel", course_views.cancel, NONE, _BOOK),
    _book(f"{A}later/", "course-follow", course_views.follow, _BOOK, _BOOK),
    _book("book/waiting/", "waiting", waiting_views.waiting, EVERY_STAFF, _BOOK),
    _book("people/<uuid:person>/waiting/", "waiting-new", waiting_views.new, _BOOK, _BOOK),
    _book(f"{A}waiting/", "waiting-fits", waiting_views.fits, _BOOK, _BOOK),
    _settings("services/", "services", settings_views.services, EVERY_STAFF),
    _settings("services/new/", "service-new", settings_views.service, _OWNER, _OWNER),
    _settings("services/<uuid:service>/", "service", settings_views.service, _OWNER, _OWNER),
    _settings("booking/", "book-rules", settings_views.rules, _OWNER, _OWNER),
    _settings("closed/", "closed-days", hours_views.closed, EVERY_STAFF, _OWNER),
    _settings("hours/", "hours-all", hours_views.everybody, EVERY_STAFF),
    _settings("hours/<uuid:user>/", "hours", hours_views.one, EVERY_STAFF, _OWNER),
    _settings("hours/<uuid:user>/services/", "hours-services", hours_views.gives, NONE, _OWNER),
    _settings("hours/<uuid:user>/days/", "hours-exception", hours_views.exception, NONE, _OWNER),
)
