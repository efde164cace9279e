"""The routes of people. Contact data is the owner's and the desk's to write; episodes and files are the therapist's."""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.people import change_views, episode_views, file_views, import_views, merge_views, views
from palpate.web.routes import EVERY_STAFF, Route, roles

_CONTACT, _MAKE = roles(OWNER, DESK), roles(OWNER, THERAPIST, DESK)
_TEAM, _OWN, _FILES = roles(OWNER, THERAPIST), roles(THERAPIST), roles(THERAPIST, DESK)
_OWNER = roles(OWNER)
P = "people/<uuid:person>/"
E = P + "episodes/<uuid:episode>/"

ROUTES: tuple[Route, ...] = (
    Route("people/", "people", views.people, read=EVERY_STAFF, category="contact"),
    # A search is posted, so that no name stands in an address (S-20). It changes nothing.
    Route("people/search/", "people-search", views.find, write=EVERY_STAFF, category="contact"),
    Route("people/new/", "person-new", change_views.new, read=_MAKE, write=_MAKE, category="contact"),
    Route("people/import/", "import", import_views.bring, read=_OWNER, write=_OWNER, category="contact"),
    Route(P, "person", views.person, read=EVERY_STAFF, category="contact"),
    Route(P + "contact/", "person-edit", change_views.edit, read=_CONTACT, write=_CONTACT, category="contact"),
    Route(P + "team/", "person-team", change_views.join, write=_TEAM, category="contact"),
    Route(P + "team/leave/", "person-team-leave", change_views.leave, write=_OWNER, category="contact"),
    Route(P + "merge/", "person-merge", merge_views.merge, read=_TEAM, write=_TEAM, category="contact"),
    # Not `merge`: the id is looked for among the merges of the person in the path, by the view.
    Route(P + "merges/<uuid:which>/undo/", "person-unmerge", merge_views.unmerge, write=_TEAM, category="contact"),
    Route(P + "episodes/new/", "episode-new", episode_views.new, _OWN, _OWN, category="episode", scope="clinical"),
    Route(E + "close/", "episode-close", episode_views.close, _OWN, _OWN, category="episode", scope="clinical"),
    Route(E + "reopen/", "episode-reopen", episode_views.reopen, _OWN, _OWN, category="episode", scope="clinical"),
    Route(P + "uploads/", "uploads", file_views.keep, read=_FILES, write=_FILES, category="document"),
    Route(P + "uploads/<uuid:which>/", "upload", file_views.serve, read=_OWN, category="document", scope="document"),
)
