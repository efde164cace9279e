"""The routes of the check and of the discharge: a therapist's own people only, since both show answers."""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.check import discharging, screening, views
from palpate.web.routes import NONE, Route, View, roles

_AT = "people/<uuid:person>/episodes/<uuid:episode>/"
_CHECK = _AT + "check/"
_OWN = roles(THERAPIST)


def _route(path: str, name: str, view: View, *, get: bool = True, post: bool = True, kind: str = "answers") -> Route:
    read, write = (_OWN if get else NONE), (_OWN if post else NONE)
    return Route(path, name, view, read=read, write=write, category=kind, scope="clinical")


ROUTES: tuple[Route, ...] = (
    _route(_CHECK, "check", views.check, post=False, kind="decision"),
    _route(_CHECK + "ratings/", "check-ratings", views.ratings),
    _route(_CHECK + "screen/", "check-screen", screening.screen),
    _route(_CHECK + "muscle/", "check-muscle", views.muscle, get=False),
    _route(_CHECK + "decide/", "check-decide", views.decide, get=False, kind="decision"),
    _route(_CHECK + "change/", "check-change", views.change, get=False, kind="decision"),
    _route(_CHECK + "letter/", "check-letter", views.letter, get=False, kind="document"),
    _route(_AT + "discharge/", "discharge", discharging.discharge, kind="document"),
    _route(_AT + "follow-up/", "follow-up", discharging.follow_up),
)
