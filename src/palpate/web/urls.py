"""Every address of the clinic, made from the routes. Nothing else is served, but for django-allauth's own pages."""

from __future__ import annotations

from importlib import import_module

from django.urls import path

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
urlpatterns = [
    *(path(route.path, guarded(route), name=route.name) for route in ROUTES),
]
handler400 = "palpate.web.errors.bad_request"
handler403 = "palpate.web.errors.forbidden"
handler404 = "palpate.web.errors.not_found"
handler500 = "palpate.web.errors.server_error"
