"""The door card, and the session page with its taps."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import moment as clock
from palpate.clinic.access import may_write
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.door import card_of
from palpate.clinic.in_sight import seen_with
from palpate.clinic.models import Episode, Person, Session
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import start_session, take_touches
from palpate.pathway.faults import Faults
from palpate.pathway.strict_json import read_json
from palpate.web.errors import error_page
from palpate.web.page import address, person_page, today_of, url_of
from palpate.web.pages.session.board import ids_of, live_context, page_context, shown_with
from palpate.web.routes import ClinicRequest

WRONG_SESSION = "These taps belong to another session or another person's page. They are not saved."


def door(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The door card: a read of 20 seconds, and one button."""
    card = card_of(episode, today_of(request))
    ids = {"person": person.pk, "episode": episode.pk}
    context = {
        "card": card,
        "in_sight": shown_with(episode, seen_with(episode, card.decision, pathway_in_force())),
        "may_start": may_write(request.actor, person) and episode.state == Episode.State.OPEN,
        "start_url": address("session-start", **ids),
        "decision_url": url_of(episode, "decision"),
        "consent_url": url_of(episode, "consent"),
        "session_url": address("session", **ids, session=card.open_today.pk) if card.open_today else "",
        "unsigned": [(one, address("note", **ids, session=one.pk)) for one in card.unsigned],
    }
    return person_page(request, "session/door.html", person, context, episode=episode, step="session")


def start(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Opens the session of today, or leads to the one that is open."""
    session = start_session(request.actor, episode, today_of(request))
    request.deed.about["session"] = str(session.pk)
    return HttpResponseRedirect(reverse("session", kwargs=ids_of(session)), status=303)


def session(request: ClinicRequest, person: Person, episode: Episode, session: Session) -> HttpResponse:
    """The session page; a signed session, or one that this actor may only read, is its note."""
    if session.state == Session.State.SIGNED or not may_write(request.actor, person):
        return HttpResponseRedirect(reverse("note", kwargs=ids_of(session)))
    context = page_context(request, session, today_of(request), clock.now())
    return person_page(request, "session/session.html", person, context, episode=episode, step="session")


def live(request: ClinicRequest, person: Person, episode: Episode, session: Session) -> HttpResponse:
    """The part of the page that changes with the taps."""
    return render(request, "session/live.html", live_context(session, today_of(request)))


def touches(request: ClinicRequest, person: Person, episode: Episode, session: Session) -> HttpResponse:
    """Takes taps in: JSON in, JSON out, as templates/README.md says.

    A tap that cannot be taken does not lose those before it: they are accepted, and the next message, which begins with
    the wrong one, is refused and names its key.
    """
    told = _message(request)
    if told.get("person") != str(person.pk) or told.get("session") != str(session.pk):
        raise Conflict(WRONG_SESSION)
    seen, sent = told.get("version"), told.get("touches")
    if not isinstance(sent, list) or not (seen is None or type(seen) is int):
        raise BadInput("This message could not be read. Nothing was saved.")
    session, taken = take_touches(request.actor, session, seen, sent, today_of(request))
    request.deed.about["touches"] = len(taken.accepted)
    if taken.wrong is not None and not taken.accepted:
        key, refused = taken.wrong
        return error_page(request, refused.status, refused.message, key=key)
    live = live_context(session, today_of(request))
    answer: dict[str, Any] = {
        "accepted": taken.accepted,
        "version": taken.number,
        "stop": taken.stop,
        "refresh": [{"target": "#live", "url": reverse("session-live", kwargs=ids_of(session))}],
        "state": {
            "disposition": live["disposition"],
            "treat_open": live["treat_open"],
            "why": live["treat_why"],
            "given": len(live["given"]),
        },
    }
    return JsonResponse(answer)


def _message(request: ClinicRequest) -> dict[str, Any]:
    try:
        told = read_json(request.body)
    except Faults as faults:
        raise BadInput(f"This message could not be read: {faults.faults[0]}. Nothing was saved.") from None
    if not isinstance(told, dict):
        raise BadInput("This message could not be read. Nothing was saved.")
    return told
