"""The routes of the settings. Source of the roles: the table of roles in the safety requirements, section 2.

Everybody sees what the practice is; owners change it, after they have shown again who they are. Which pathway decides
is read by who works with its decisions, and by the auditor.
"""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.web.pages.settings import key_views, pathway_views, views
from palpate.web.routes import EVERY_STAFF, NONE, Route, View, roles

_OWNER = roles(OWNER)
_PATHWAY = roles(OWNER, THERAPIST, AUDITOR)
_KEYS = roles(OWNER, AUDITOR)


def _form(path: str, name: str, view: View, category: str = "practice") -> Route:
    return Route(f"settings/{path}", name, view, _OWNER, _OWNER, category=category, step_up="always")


def _deed(path: str, name: str, view: View, category: str) -> Route:
    return Route(f"settings/{path}", name, view, NONE, _OWNER, category=category, step_up="POST")


ROUTES: tuple[Route, ...] = (
    Route("settings/", "settings", views.overview, EVERY_STAFF, category="practice"),
    Route("settings/place/", "place-rules", views.place, EVERY_STAFF, category="practice"),
    _form("practice/", "practice-change", views.practice),
    Route("settings/rooms/", "rooms", views.rooms, EVERY_STAFF, category="practice"),
    _form("rooms/new/", "room-new", views.room),
    _form("rooms/<uuid:room>/", "room", views.room),
    _form("sites/new/", "site-new", views.site),
    _form("sites/<uuid:site>/", "site", views.site),
    Route("settings/pathway/", "pathways", pathway_views.versions, _PATHWAY, category="pathway"),
    _form("pathway/propose/", "pathway-propose", pathway_views.propose, "pathway"),
    Route("settings/pathway/<uuid:published>/", "pathway", pathway_views.one, _PATHWAY, category="pathway"),
    _deed("pathway/<uuid:published>/confirm/", "pathway-confirm", pathway_views.confirm, "pathway"),
    _deed("pathway/<uuid:published>/withdraw/", "pathway-withdraw", pathway_views.withdraw, "pathway"),
    Route("settings/keys/", "keys", key_views.keys_page, _KEYS, category="keys"),
    _form("keys/new/", "key-new", key_views.new, "keys"),
    _deed("keys/<uuid:key>/revoke/", "key-revoke", key_views.revoke, "keys"),
)
