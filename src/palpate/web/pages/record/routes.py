"""The routes of the record pages."""

from __future__ import annotations

from palpate.web.routes import Route

ROUTES: tuple[Route, ...] = ()
