"""The routes of the staff's accounts. Owners write, the auditor reads; everybody else has their own account only."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER
from palpate.web.pages.users import views
from palpate.web.routes import NONE, Route, View, roles

_READ, _WRITE = roles(OWNER, AUDITOR), roles(OWNER)


def _act(path: str, name: str, view: View) -> Route:
    return Route(f"settings/users/<uuid:user>/{path}/", name, view, NONE, _WRITE, category="users", step_up="POST")


ROUTES: tuple[Route, ...] = (
    Route("settings/users/", "users", views.users_page, _READ, NONE, category="users"),
    Route("settings/users/new/", "user-new", views.add, _WRITE, _WRITE, category="users", step_up="always"),
    Route("settings/users/<uuid:user>/", "user", views.one, _READ, NONE, category="users"),
    Route("settings/users/<uuid:user>/change/", "user-change", views.change, _WRITE, _WRITE, "users", step_up="always"),
    _act("active", "user-active", views.active),
    _act("sign-out", "user-end-sessions", views.end_sessions),
    _act("factor", "user-reset-factor", views.reset_factor),
    _act("link", "user-link", views.link),
)
