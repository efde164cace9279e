"""The routes of letters and answers. Source of the roles: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

from palpate.clinic.actor import OWNER, THERAPIST
from palpate.web.pages.referral import views
from palpate.web.routes import NONE, Route, View, roles

_AT = "people/<uuid:person>/episodes/<uuid:episode>/"
_LETTER = _AT + "letters/<uuid:letter>/"
_OWN = roles(THERAPIST)


def _route(path: str, name: str, view: View, *, get: bool = True, post: bool = False) -> Route:
    """Letters are documents: a therapist's own, and nobody else's."""
    read, write = (_OWN if get else NONE), (_OWN if post else NONE)
    return Route(path, name, view, read=read, write=write, category="document", scope="document")


ROUTES: tuple[Route, ...] = (
    Route("referrals/", "referrals", views.referrals, read=roles(OWNER, THERAPIST), category="document"),
    _route(_AT + "referral/", "referral-new", views.new, post=True),
    _route(_AT + "letters/", "letters", views.letters),
    _route(_LETTER, "letter", views.letter),
    _route(_LETTER + "letter.pdf", "letter-pdf", views.pdf),
    _route(_LETTER + "change/", "letter-change", views.change, get=False, post=True),
    _route(_LETTER + "handed/", "letter-handed", views.handed, get=False, post=True),
    _route(_LETTER + "close/", "letter-close", views.close, get=False, post=True),
    _route(_LETTER + "answer/", "letter-answer", views.answer, post=True),
    _route(_LETTER + "link/", "letter-link", views.make_link, get=False, post=True),
    _route(_LETTER + "link/letter.pdf", "letter-link-pdf", views.link_pdf, get=False, post=True),
    _route(_LETTER + "link/revoke/", "letter-link-revoke", views.revoke, get=False, post=True),
    _route(_AT + "clearance/", "clearance-new", views.answer, post=True),
    _route(_AT + "clearances/<uuid:clearance>/take-back/", "clearance-take-back", views.take_back, post=True),
)
