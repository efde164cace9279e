"""The routes of the consent pages."""

from __future__ import annotations

from palpate.web.routes import Route

ROUTES: tuple[Route, ...] = ()
