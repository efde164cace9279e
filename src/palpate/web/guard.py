"""What stands before every page: who asks, whether they may, whose data it is, and the row in the audit trail.

The order matters. A refusal says nothing about what exists; the view, its changes and its audit row are one
transaction; an answer of 400 or more undoes everything the view did.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import nullcontext
from functools import wraps
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from palpate.clinic.access import practice as the
from palpate.clinic.access.once import reading_once
from palpate.clinic.access.trail import form_key
from palpate.clinic.actor import NOBODY, Actor
from palpate.clinic.acts import Deed, act, record_refusal
from palpate.clinic.models import FormKey
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, NotVisible, Refused
from palpate.web import signing
from palpate.web.errors import error_page, refused_page, store_page
from palpate.web.fields import only_listed, same_person, with_version
from palpate.web.loaders import load, person_of
from palpate.web.routes import ANYONE, PROGRAMS, ClinicRequest, Route, View

log = logging.getLogger("palpate.web")
SAFE = ("GET", "HEAD", "OPTIONS")


class _Undo(Exception):
    """Carries an answer out of a transaction that must not be kept."""

    def __init__(self, response: HttpResponse, deed: Deed) -> None:
        self.response = response
        self.deed = deed


def guarded(route: Route) -> View:
    """The view of a route, with everything that stands before it."""
    if PROGRAMS in (route.read, route.write):
        from palpate.web.pages.api.guard import keyed

        return keyed(route)

    @wraps(route.view)
    def view(request: HttpRequest, **ids: Any) -> HttpResponse:
        return _answer(route, cast(ClinicRequest, request), ids)

    view.route = route  # type: ignore[attr-defined]
    return view


def _answer(route: Route, request: ClinicRequest, ids: dict[str, Any]) -> HttpResponse:
    if request.method not in route.methods:
        return HttpResponseNotAllowed(route.methods)
    if request.method == "OPTIONS":
        return HttpResponse(headers={"Allow": ", ".join(route.methods)})
    reading = request.method in SAFE
    with reading_once() if reading else nullcontext():
        return _let_in(route, request, ids, reading)


def _let_in(route: Route, request: ClinicRequest, ids: dict[str, Any], reading: bool) -> HttpResponse:
    allowed = route.read if reading else route.write
    actor: Actor = NOBODY
    try:
        actor = signing.actor_of(request)
        held = signing.hold(request, route, actor)
        if held is not None:
            return held
        if allowed != ANYONE and not actor.is_any(*allowed):
            raise NotVisible
        if route.json and not reading and request.content_type != "application/json":
            return error_page(request, 415, "This address takes JSON only. Nothing was saved.")
        if route.step_up and (not reading or route.step_up != "POST"):
            again = signing.step_up(request)
            if again is not None:
                return again
        return _act(route, request, ids, actor, reading)
    except (Refused, Http404) as refused:
        refusal = refused if isinstance(refused, Refused) else NotVisible()
        _note_refusal(actor, route, request, ids, refusal)
        return refused_page(request, refusal)
    except OperationalError as error:
        return store_page(request, error) or error_page(request, 503)


def _act(route: Route, request: ClinicRequest, ids: dict[str, Any], actor: Actor, reading: bool) -> HttpResponse:
    try:
        with act(actor, route.category, route.name, change=not reading) as deed:
            request.actor, request.deed = actor, deed
            practice = the.the_practice()
            if practice is not None:
                request.practice = practice
            objects = load(actor, ids, route.scope, to_write=not reading)
            deed.concerns(*{owner for row in objects.values() if (owner := person_of(row)) is not None})
            deed.about.update({name: str(row.pk) for name, row in objects.items() if hasattr(row, "pk")})
            if not reading:
                only_listed(route, request)
                same_person(route, request, objects, deed.persons)
                with_version(route, request)
                first = _first_answer(request, actor)
                if first is not None:
                    return first
            # Pages show the practice's wall clock, also where a template forgets to ask for it.
            with timezone.override(practice.time_zone if practice is not None else "UTC"):
                response = route.view(request, **objects)
            if response.status_code >= 400:
                raise _Undo(response, deed)
            _keep_answer(request, actor, response)
            return response
    except _Undo as undo:
        about = {**undo.deed.about, "status": undo.response.status_code}
        record_refusal(actor, route.category, route.name, persons=undo.deed.persons, **about)
        return undo.response


def _body_hash(request: ClinicRequest) -> str:
    told = sorted((name, value) for name, values in request.POST.lists() for value in values if name[:1] != "_")
    told.append(("_at", request.path))
    return hashlib.sha256(repr([pair for pair in told if pair[0] != "csrfmiddlewaretoken"]).encode()).hexdigest()


def _first_answer(request: ClinicRequest, actor: Actor) -> HttpResponse | None:
    """The answer that this form got when it was sent the first time (S-55), or None when this is the first time."""
    key = request.POST.get("_form", "")[:80] if request.content_type != "application/json" else ""
    if not key or actor is NOBODY:
        return None
    if not all(letter.isalnum() or letter == "-" for letter in key) or not key.isascii():
        raise BadInput("The key of this form is none that was given out. Nothing was saved. Open the page again.")
    mark = FormKey(actor=actor.id, key=key, body_hash=_body_hash(request), at=now())
    try:
        with transaction.atomic():
            mark.save(force_insert=True)
    except IntegrityError:
        first = form_key(actor.id, key)
        if first is not None and first.body_hash == mark.body_hash and first.location:
            return HttpResponseRedirect(first.location)
        raise Conflict(
            "This form was sent before with other contents. Nothing was saved. Open the page again."
        ) from None
    request._form_mark = mark  # type: ignore[attr-defined]
    return None


def _keep_answer(request: ClinicRequest, actor: Actor, response: HttpResponse) -> None:
    mark = getattr(request, "_form_mark", None)
    if mark is not None and response.status_code in (302, 303):
        mark.status, mark.location = response.status_code, response["Location"][:500]
        mark.save(update_fields=["status", "location"])
    elif mark is not None:  # an answer that cannot be repeated: the same form may be sent again
        mark.delete()


def _note_refusal(actor: Actor, route: Route, request: ClinicRequest, ids: dict[str, Any], why: Refused) -> None:
    named = {name: str(id)[:40] for name, id in ids.items()}
    try:
        record_refusal(actor, route.category, route.name, status=why.status, **named)
    except OperationalError:  # the refusal stands all the same
        log.warning("a refusal could not be recorded", extra={"request": request.number, "route": route.name})
