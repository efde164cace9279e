"""The route of the first start."""

from __future__ import annotations

from palpate.web.pages.start import views
from palpate.web.routes import ANYONE, Route

ROUTES: tuple[Route, ...] = (Route("start/", "start", views.start, ANYONE, ANYONE, category="practice"),)
