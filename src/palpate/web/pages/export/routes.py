"""The routes of exports. Source of the roles: the table of roles in the safety requirements, section 2.

Files are asked for by POST: a link that is opened ahead of time exports nothing, and a broken glass, which is for
reading only, does not reach them.
"""

from __future__ import annotations

from palpate.clinic.actor import OWNER, THERAPIST
from palpate.web.pages.export import views
from palpate.web.routes import NONE, Route, View, roles

_AT = "people/<uuid:person>/export/"
_BOTH = roles(OWNER, THERAPIST)


def _file(path: str, name: str, view: View) -> Route:
    return Route(_AT + path, name, view, NONE, _BOTH, category="export", scope="contact", step_up="POST")


ROUTES: tuple[Route, ...] = (
    Route("settings/export/", "export", views.choose, roles(OWNER), category="export", step_up="always"),
    Route(
        "settings/export/all/", "export-all", views.everything, NONE, roles(OWNER), category="export", step_up="POST"
    ),
    Route(_AT, "export-person", views.person, _BOTH, category="export", scope="contact", step_up="always"),
    _file("file/", "export-file", views.file),
    _file("fhir/", "export-fhir", views.fhir),
    _file("record/", "export-record", views.record),
)
