"""Adverse events: the list with counts by month, a new one, and changes to one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import adverse
from palpate.clinic.access import adverse as rows
from palpate.clinic.actor import THERAPIST
from palpate.clinic.models import AdverseEvent, Episode, Person
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.adverse.forms import EventForm
from palpate.web.pages.check.forms import strange
from palpate.web.pages.check.views import seen
from palpate.web.routes import ClinicRequest

MOST_SHOWN = 200


def listed(request: ClinicRequest) -> HttpResponse:
    """The actor's own events, and how many there were by month. Without notes of their own only the counts."""
    months: dict[Any, dict[str, int]] = {}
    for month, severity, many in rows.counts(request.actor):
        months.setdefault(month, dict.fromkeys(AdverseEvent.Severity.values, 0))[severity] = many
    own = request.actor.is_any(THERAPIST)
    events = list(rows.events(request.actor)[:MOST_SHOWN]) if own else []
    request.deed.concerns(*{event.episode.person for event in events})
    context = {
        "own": own,
        "events": events,
        "most": MOST_SHOWN if len(events) == MOST_SHOWN else 0,
        "months": [{"month": month, "all": sum(counts.values()), **counts} for month, counts in months.items()],
    }
    return render(request, "adverse/list.html", context)


def new(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """A new event, filled in from what was told where it is proposed; nothing is recorded before it is sent."""
    proposed = {one.id: one for one in adverse.proposals(episode)}
    named = request.POST.get("proposal", "") if request.method == "POST" else request.GET.get("from", "")
    proposal = proposed.get(named)
    if request.method != "POST":
        initial: dict[str, Any] = {"began": today_of(request)}
        if proposal is not None:
            initial = {"what": f"{proposal.what}.", "began": proposal.day, "proposal": proposal.id}
        return _page(request, person, episode, EventForm(initial=initial), proposals=list(proposed.values()))
    form = EventForm(request.POST)
    _refuse_strange(request, form)
    if named and proposal is None:
        raise Conflict("This was recorded meanwhile, or was taken back. Nothing was saved. Open the page again.")
    if form.is_valid():
        try:
            made = adverse.keep_event(request.actor, episode, form.told(), today_of(request), proposal)
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return _after(episode, made)
    return _page(request, person, episode, form, proposals=list(proposed.values()), status=422)


def event(request: ClinicRequest, person: Person, episode: Episode, event: AdverseEvent) -> HttpResponse:
    """One event; it may be changed. A stale page shows both texts (S-56)."""
    fields = {name: getattr(event, name) for name in adverse.FIELDS}
    if request.method != "POST":
        return _page(request, person, episode, EventForm(initial=fields), event=event)
    form = EventForm(request.POST)
    _refuse_strange(request, form)
    if seen(request) != event.version:
        return _page(request, person, episode, form, event=event, theirs=fields, status=409)
    if form.is_valid():
        try:
            made = adverse.change_event(event, seen(request), form.told(), today_of(request))
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return _after(episode, made)
    return _page(request, person, episode, form, event=event, status=422)


def _after(episode: Episode, made: AdverseEvent) -> HttpResponse:
    """A serious event that lasts leads to the decision: what to do now stands there. Others lead to the event."""
    if made.severity == AdverseEvent.Severity.SERIOUS and made.settled is None:
        return HttpResponseRedirect(url_of(episode, "decision"), status=303)
    ids = {"person": episode.person_id, "episode": episode.pk, "event": made.pk}
    return HttpResponseRedirect(reverse("adverse-event", kwargs=ids), status=303)


def _refuse_strange(request: ClinicRequest, form: EventForm) -> None:
    if wrong := strange(request.POST, form):
        raise BadInput(f"This form holds something that was not asked: {', '.join(wrong)[:200]}. Nothing was saved.")


def _page(
    request: ClinicRequest, person: Person, episode: Episode, form: EventForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"form": form, **more}
    return person_page(request, "adverse/event.html", person, context, episode=episode, step="record", status=status)
