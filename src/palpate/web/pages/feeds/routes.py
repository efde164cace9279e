"""The routes of calendar feeds. The address of a feed is the one place where a secret stands in a path (S-37)."""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.feeds import views
from palpate.web.routes import ANYONE, NONE, Route, roles

_OWN = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route("settings/feeds/", "feeds", views.feeds, _OWN, category="own"),
    Route("settings/feeds/new/", "feed-new", views.new, _OWN, _OWN, category="own", step_up="always"),
    Route("settings/feeds/<uuid:feed>/end/", "feed-end", views.end, NONE, _OWN, category="own", step_up="POST"),
    Route("feeds/<str:secret>.ics", "feed", views.feed, read=ANYONE, category="appointment"),
)
