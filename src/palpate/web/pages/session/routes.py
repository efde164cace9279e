"""The routes of the session: door card, session page with its taps, note, and the notes that still wait.

All are the therapist's, for their own people: notes and findings of the hands are nobody else's.
"""

from __future__ import annotations

from palpate.clinic.actor import THERAPIST
from palpate.web.pages.session import note_views, views
from palpate.web.routes import Route, roles

EPISODE = "people/<uuid:person>/episodes/<uuid:episode>/"
SESSION = EPISODE + "sessions/<uuid:session>/"
WHO = roles(THERAPIST)

ROUTES: tuple[Route, ...] = (
    Route(EPISODE + "door/", "door", views.door, read=WHO, category="notes", scope="clinical"),
    Route(EPISODE + "sessions/start/", "session-start", views.start, write=WHO, category="notes", scope="clinical"),
    Route(SESSION, "session", views.session, read=WHO, category="notes", scope="clinical"),
    Route(SESSION + "live/", "session-live", views.live, read=WHO, category="notes", scope="clinical"),
    Route(SESSION + "touches/", "touches", views.touches, write=WHO, category="notes", scope="clinical", json=True),
    Route(SESSION + "note/", "note", note_views.note, read=WHO, write=WHO, category="notes", scope="clinical"),
    Route("notes/", "notes", note_views.notes, read=WHO, category="notes", scope="clinical"),
)
