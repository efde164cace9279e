"""The staff's side: links are made and ended, what was sent is gone through, wishes are answered."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import checkins, my_plan, phone_intake, phone_links
from palpate.clinic.access import phone as rows
from palpate.clinic.actor import THERAPIST
from palpate.clinic.consenting import DECIDES_ALONE
from palpate.clinic.models import Episode, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, NotVisible, Refused
from palpate.web.page import person_page, today_of
from palpate.web.routes import ClinicRequest

PURPOSE_WORDS = {
    phone_links.INTAKE: ("Intake and consent", "Before the first visit. Good for 14 days, until it is sent."),
    phone_links.CHECK_IN: ("Check-in", "Before one visit. Good until 2 hours after it begins."),
    phone_links.AFTER: ("Check after a session", "One or two days after a massage. Good for 7 days."),
    phone_links.PLAN: ("My plan", "Visits, home exercises and progress. Good for 30 days; asks the birth date."),
}


def links(request: ClinicRequest, person: Person) -> HttpResponse:
    """A person's links: make one, see which can still be used, end one."""
    if request.method != "POST":
        return _links(request, person)
    purpose = request.POST.get("purpose", "")
    try:
        appointment = (
            _appointment(person, request.POST.get("appointment", "")) if purpose == phone_links.CHECK_IN else None
        )
        made = phone_links.make(purpose, person, appointment, by=request.actor.user_id)
    except (BadInput, Conflict) as refused:
        return _links(request, person, error=refused.message, status=422)
    return _links(request, person, made=made)


def _appointment(person: Person, id: str) -> Any:
    try:
        return my_plan.visit_of(person, uuid.UUID(id))
    except (ValueError, NotVisible):
        raise BadInput("Choose the visit that the check-in is for.", "appointment") from None


def _links(
    request: ClinicRequest, person: Person, made: phone_links.Made | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    site = settings.SITE or request.build_absolute_uri("/").rstrip("/")
    live = rows.live_links(person, now())
    context = {
        "purposes": [(id, *words) for id, words in PURPOSE_WORDS.items()],
        "visits": my_plan.visits(person),
        "answered": rows.answered_check_ins(visit.appointment for visit in my_plan.visits(person)),
        "live": [{"row": link, "title": PURPOSE_WORDS[link.purpose][0]} for link in live],
        "address": f"{site}{made.path}" if made is not None else "",
        "made": made.link if made is not None else None,
        "made_title": PURPOSE_WORDS[made.link.purpose][0] if made is not None else "",
        "error": error,
    }
    return person_page(request, "phone/links.html", person, context, status=status)


def end(request: ClinicRequest, person: Person) -> HttpResponse:
    """Ends a link; whoever has it can no longer open it."""
    try:
        link = rows.link_of_person(person, uuid.UUID(request.POST.get("link", "")))
    except ValueError:
        raise NotVisible from None
    phone_links.revoke(link)
    return HttpResponseRedirect(reverse("phone-links", kwargs={"person": person.pk}), status=303)


def wishes(request: ClinicRequest) -> HttpResponse:
    """Wishes to move or cancel a visit that nobody has answered yet."""
    if request.method == "POST":
        try:
            row = rows.wish_of(request.actor, uuid.UUID(request.POST.get("wish", "")), to_write=True)
        except ValueError:
            raise NotVisible from None
        request.deed.concerns(row.appointment.person_id)
        my_plan.answer_wish(row, request.actor.user_id)
        return HttpResponseRedirect(reverse("wishes"), status=303)
    found = rows.open_wishes(request.actor)
    request.deed.concerns(*(row.appointment.person_id for row in found))
    return render(request, "phone/wishes.html", {"wishes": found})


def told(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """What a person sent, newest first; the therapist goes through it and confirms it as told."""
    if request.method == "POST":
        try:
            sent = rows.sent_by_id(episode, uuid.UUID(request.POST.get("sent", "")))
        except ValueError:
            raise NotVisible from None
        checkins.confirm(request.actor, sent)
        return HttpResponseRedirect(request.path, status=303)
    return _told(request, person, episode)


def _told(request: ClinicRequest, person: Person, episode: Episode, error: str = "", status: int = 200) -> HttpResponse:
    sent = rows.sent_of(episode)
    context = {
        "sent": [{"title": PURPOSE_WORDS[one.purpose][0], **_shown(one)} for one in sent],
        "consents": phone_intake.waiting_consents(episode),
        "alone": [("yes", "Yes"), ("no", "No"), ("cannot_say", "Cannot say")],
        "error": error,
        "may_write": request.actor.is_any(THERAPIST),
    }
    return person_page(request, "phone/told.html", person, context, episode=episode, step="intake", status=status)


def _shown(sent: Any) -> dict[str, Any]:
    found = checkins.shown(sent)
    return {
        "row": sent,
        "lines": found.lines,
        "calm": found.calm,
        "confirmed": found.confirmed,
        "intake": sent.purpose == phone_links.INTAKE,
    }


def countersign(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The therapist signs the consents that the person signed on the telephone."""
    alone = request.POST.get("alone", "")
    if request.POST.get("therapist") != "yes" or alone not in DECIDES_ALONE:
        error = "Answer whether the person can decide alone, and tap that you explained it."
        return _told(request, person, episode, error, 422)
    try:
        phone_intake.countersign(request.actor, episode, alone, today_of(request))
    except Refused as refused:
        return _told(request, person, episode, refused.message, 422)
    return HttpResponseRedirect(reverse("consent", kwargs={"person": person.pk, "episode": episode.pk}), status=303)
