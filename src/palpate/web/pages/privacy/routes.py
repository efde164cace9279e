"""The routes of what people may ask of their record. Source of the roles: the table of roles in the safety
requirements, section 2: the trail is the owner's and the auditor's to read, erasing is the owner's, by step-up."""

from __future__ import annotations

from palpate.clinic.actor import AUDITOR, OWNER
from palpate.clinic.named import DESTROY
from palpate.web.pages.privacy import views
from palpate.web.routes import NONE, Route, roles

_OWNER = roles(OWNER)
_P, _ONE = "people/<uuid:person>/", "settings/erased/<uuid:erasure>/"

ROUTES: tuple[Route, ...] = (
    Route(_P + "who-looked/", "who-looked", views.who_looked, roles(OWNER, AUDITOR), category="audit"),
    Route(
        _P + "who-looked/file/", "who-looked-file", views.who_looked_file, NONE, _OWNER, category="export",
        step_up="POST",
    ),
    Route(_P + "erase/", "person-erase", views.erase, _OWNER, _OWNER, category="erase", step_up="always"),
    Route("settings/erased/", "erased", views.erased, _OWNER, category="erase", step_up="always"),
    # Its name is the deed that the check of the trail goes by.
    Route(_ONE + "destroy/", DESTROY, views.destroy, NONE, _OWNER, category="erase", step_up="POST"),
    Route(_ONE + "back/", "record-back", views.back, NONE, _OWNER, category="erase", step_up="POST"),
)  # fmt: skip
