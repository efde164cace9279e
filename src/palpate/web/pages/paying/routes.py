"""The routes of receipts and packages. Roles: the row "Appointments" of the table, safety requirements section 2, but
that therapists only read, of their own people, and that auditors see none of it: receipts name people in full."""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.paying import package_views, views
from palpate.web.routes import NONE, Route, View, roles

_READ, _DESK, _OWNER = roles(OWNER, THERAPIST, DESK), roles(OWNER, DESK), roles(OWNER)
P = "people/<uuid:person>/payments/"


def _route(
    path: str, name: str, view: View, read: frozenset[str] = NONE, write: frozenset[str] = NONE
) -> Route:  # fmt: skip
    return Route(P + path, name, view, read, write, category="appointment", scope="appointment")


ROUTES: tuple[Route, ...] = (
    _route("", "payments", views.payments, _READ),
    _route("receipts/new/", "receipt-new", views.new, _DESK, _DESK),
    _route("receipts/<uuid:which>/", "receipt", views.receipt, _READ, _DESK),
    _route("receipts/<uuid:which>/receipt.pdf", "receipt-pdf", views.pdf, _READ),
    _route("packages/new/", "package-new", package_views.sell, _DESK, _DESK),
    _route("packages/<uuid:which>/", "package", package_views.package, _READ, _DESK),
    _route("packages/<uuid:which>/take/", "package-take", package_views.take, NONE, _DESK),
    Route("settings/receipts/", "money-rules", package_views.rules, _OWNER, _OWNER, category="practice"),
)
