"""Every address of the clinic, made from the routes. Nothing else is served, but for django-allauth's own pages."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path

from palpate.web.guard import guarded
from palpate.web.routes import Route

FOLDERS = (
    "account",
    "start",
    "day",
    "book",
    "paying",
    "people",
    "consent",
    "intake",
    "decision",
    "referral",
    "link",
    "phone",
    "plan",
    "session",
    "check",
    "record",
    "adverse",
    "outcomes",
    "settings",
    "users",
    "glass",
    "trail",
    "export",
    "privacy",
    "messages",
    "feeds",
    "api",
)


def all_routes() -> tuple[Route, ...]:
    """The routes of all folders, in order."""
    found: list[Route] = []
    for folder in FOLDERS:
        found.extend(import_module(f"palpate.web.pages.{folder}.routes").ROUTES)
    return tuple(found)


ROUTES = all_routes()
OF_EPISODE, OF_PERSON = "people/<uuid:person>/episodes/<uuid:episode>/", "people/<uuid:person>/"


def _under(first: str, routes: Iterable[Route]) -> URLPattern | URLResolver:
    """The routes that begin alike as one branch, so that an address is compared with their common part only once."""
    return path(first, include([path(one.path.removeprefix(first), guarded(one), name=one.name) for one in routes]))


def _patterns() -> list[URLPattern | URLResolver]:
    of_episode = [one for one in ROUTES if one.path.startswith(OF_EPISODE)]
    of_person = [one for one in ROUTES if one.path.startswith(OF_PERSON) and one not in of_episode]
    others = [one for one in ROUTES if not one.path.startswith(OF_PERSON)]
    alone = [path(one.path, guarded(one), name=one.name) for one in others]
    return [_under(OF_EPISODE, of_episode), _under(OF_PERSON, of_person), *alone]


urlpatterns = _patterns()
handler400 = "palpate.web.errors.bad_request"
handler403 = "palpate.web.errors.forbidden"
handler404 = "palpate.web.errors.not_found"
handler500 = "palpate.web.errors.server_error"
