"""The routes of a person's telephone, and those by which the staff make links and see what came in.

Under `link/my/` nobody signs in: each view asks for the link of its own purpose in the session.
"""

from __future__ import annotations

from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.web.pages.phone import check_views, entry, intake_views, plan_views, staff_views
from palpate.web.routes import ANYONE, Route, roles

_EPISODE = "people/<uuid:person>/episodes/<uuid:episode>/"

BY_LINK: tuple[Route, ...] = (
    Route("link/my/", "phone", entry.start, read=ANYONE, write=ANYONE, category="link"),
    Route("link/my/born/", "phone-born", entry.born, read=ANYONE, write=ANYONE, category="link"),
    Route("link/my/closed/", "phone-closed", entry.closed, read=ANYONE, category="link"),
    Route("link/my/sent/", "phone-sent", entry.sent, read=ANYONE, category="link"),
    Route("link/my/language/", "phone-language", entry.language, write=ANYONE, category="link"),
    Route("link/my/leave/", "phone-leave", entry.leave, write=ANYONE, category="link"),
    Route("link/my/intake/", "phone-intake", intake_views.form, read=ANYONE, write=ANYONE, category="link"),
    Route("link/my/intake/back/", "phone-intake-back", intake_views.back, write=ANYONE, category="link"),
    Route("link/my/check-in/", "phone-check-in", check_views.check_in, read=ANYONE, write=ANYONE, category="link"),
    Route("link/my/after/", "phone-after", check_views.after, read=ANYONE, write=ANYONE, category="link"),
    Route("link/my/plan/", "phone-plan", plan_views.plan, read=ANYONE, category="link"),
    Route("link/my/plan/done/", "phone-tick", plan_views.tick, write=ANYONE, category="link"),
    Route("link/my/plan/ask/", "phone-ask", plan_views.ask, write=ANYONE, category="link"),
    Route("link/my/plan/<uuid:which>.ics", "phone-calendar", plan_views.calendar, read=ANYONE, category="link"),
    Route("link/my/stored/", "phone-stored", plan_views.stored, read=ANYONE, category="link"),
)
STAFF: tuple[Route, ...] = (
    Route(
        "people/<uuid:person>/links/",
        "phone-links",
        staff_views.links,
        read=roles(OWNER, THERAPIST, DESK),
        write=roles(OWNER, THERAPIST, DESK),
        category="appointment",
        scope="appointment",
    ),
    Route(
        "people/<uuid:person>/links/end/",
        "phone-link-end",
        staff_views.end,
        write=roles(OWNER, THERAPIST, DESK),
        category="appointment",
        scope="appointment",
    ),
    Route(
        "wishes/",
        "wishes",
        staff_views.wishes,
        read=roles(OWNER, THERAPIST, DESK),
        write=roles(OWNER, THERAPIST, DESK),
        category="appointment",
        scope="appointment",
    ),
    Route(
        f"{_EPISODE}told/",
        "phone-told",
        staff_views.told,
        read=roles(THERAPIST),
        write=roles(THERAPIST),
        category="answers",
        scope="clinical",
    ),
    Route(
        f"{_EPISODE}told/consent/",
        "phone-countersign",
        staff_views.countersign,
        write=roles(THERAPIST),
        category="consent",
        scope="clinical",
    ),
)
ROUTES: tuple[Route, ...] = (*BY_LINK, *STAFF)
