"""The routes of one-time links. Nobody signs in here: each view asks the link's own session."""

from __future__ import annotations

from palpate.web.pages.link import views
from palpate.web.routes import ANYONE, Route

ROUTES: tuple[Route, ...] = (
    Route("link/", "link", views.start, read=ANYONE, write=ANYONE, category="link"),
    Route("link/who/", "link-who", views.who, read=ANYONE, write=ANYONE, category="link"),
    Route("link/letter/", "link-letter", views.letter, read=ANYONE, write=ANYONE, category="link"),
    Route("link/letter.pdf", "link-pdf", views.pdf, read=ANYONE, category="link"),
    Route("link/done/", "link-done", views.done, read=ANYONE, category="link"),
    Route("link/closed/", "link-closed", views.closed, read=ANYONE, category="link"),
)
