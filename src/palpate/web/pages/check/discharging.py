"""The end of a course, and the days on which the person is asked again by telephone."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from palpate.clinic import checking, closing
from palpate.clinic import planning as plans
from palpate.clinic.access import care
from palpate.clinic.access.checking import given_days
from palpate.clinic.decided import Reading, read
from palpate.clinic.models import Episode, Letter, Person
from palpate.clinic.refusals import BadInput, Conflict
from palpate.letters import follow_up_dates
from palpate.web.page import person_page, today_of
from palpate.web.pages.check.forms import DischargeForm, RatingsForm, strange
from palpate.web.pages.check.views import here, keep, seen, the_pathway
from palpate.web.pages.paying.shown import card
from palpate.web.routes import ClinicRequest


def discharge(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Ends the course: discharge note, home plan, follow-up dates."""
    decision = care.decisions(episode).first()
    reading = read(decision) if decision is not None else None
    if reading is None:
        raise Conflict("Nothing is decided yet, so there is no course to end.")
    if request.method != "POST":
        return _page(request, person, episode, reading, _form(episode, reading))
    form = _form(episode, reading, request.POST)
    if wrong := strange(request.POST, form):
        raise BadInput(f"This form holds something that was not asked: {', '.join(wrong)[:200]}. Nothing was saved.")
    if form.is_valid():
        told = form.cleaned_data
        try:
            closing.discharge(
                request.actor,
                request.practice,
                episode,
                seen(request),
                reading,
                reason=told["reason"],
                reached=told["reached"],
                home=told["home"],
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return HttpResponseRedirect(here("discharge", episode), status=303)
    return _page(request, person, episode, reading, form, 422)


def _form(episode: Episode, reading: Reading, data: Any = None) -> DischargeForm:
    items = [(item.id, f"{item.title}: {item.row['dose']}") for item in closing.home_offered(reading)]
    most = plans.most_home_items(reading.pathway) if reading.pathway is not None else 0
    response = (reading.answer.get("response") or {}) if reading.answer else {}
    treatments = any(not one.add_on for one in closing.next_treatments(reading))
    reason = "other_treatment" if treatments else "course" if response.get("class") else ""
    initial = {"home": closing.home_proposed(episode, reading), "reason": reason}
    return DischargeForm(items, most, data, initial=initial)


def _page(
    request: ClinicRequest, person: Person, episode: Episode, reading: Reading, form: DischargeForm, status: int = 200
) -> HttpResponse:
    pathway = reading.pathway
    days = given_days(episode)
    check = checking.check_of(episode, pathway) if pathway is not None else None
    closed = episode.state == Episode.State.CLOSED
    kinds = (Letter.Kind.DISCHARGE, Letter.Kind.HOME, Letter.Kind.NEXT)
    context = {
        "reading": reading,
        "form": form,
        "closed": closed,
        "why_not": "" if closed else closing.why_not_yet(episode, reading),
        "ratings_due": check is not None and check.at_end and bool(check.missing) and check.is_open(today_of(request)),
        "ratings_from": check.opens if check is not None and check.at_end and check.missing else None,
        "dates": follow_up_dates(days[-1]) if days else (),
        "follow_ups": closing.follow_ups(episode) if closed else [],
        "papers": [letter for letter in care.letters(episode) if letter.kind in kinds],
        "home_any": bool(closing.home_offered(reading)),
        "treatments": [one for one in closing.next_treatments(reading) if not one.add_on],
        "comes_back": closing.comes_back_words(pathway) if pathway is not None else "",
        "stop": pathway.meaning["home_rules"]["stop"] if pathway is not None else "",
        "soon": closing.SOON,
        "paid": card(request.actor, person),
    }
    return person_page(request, "check/discharge.html", person, context, episode=episode, step="check", status=status)


def follow_up(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The ratings of 28 and 84 days after the course, told by telephone. Nothing is decided by them."""
    if not given_days(episode):
        raise Conflict("No massage was given in this episode, so there is nothing to follow up.")
    pathway = the_pathway()
    if request.method == "POST":
        answer = keep(request, person, episode, pathway, checking.AT_FOLLOW_UP, "check/follow_up.html")
        return answer or HttpResponseRedirect(here("episode", episode), status=303)
    form = RatingsForm(pathway, checking.AT_FOLLOW_UP, episode.activities)
    context = {"form": form, "follow_ups": closing.follow_ups(episode)}
    return person_page(request, "check/follow_up.html", person, context, episode=episode, step="record")
