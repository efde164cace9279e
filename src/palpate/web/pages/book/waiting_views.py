"""The wait list: who is on it, whom a freed time fits, what was offered, and what they said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic.access import booking as rows
from palpate.clinic.access import people
from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.clinic.appointments import TimeTaken
from palpate.clinic.booking import waiting as deeds
from palpate.clinic.booking.hours import DAYS
from palpate.clinic.models import Appointment, Episode, Person, Waiting
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import person_page, today_of
from palpate.web.pages.book.forms import WaitingForm, as_clock
from palpate.web.pages.people.fields import an_id, sentence, whole_number
from palpate.web.pages.people.shown import address_of, local
from palpate.web.routes import ClinicRequest


def waiting(request: ClinicRequest) -> HttpResponse:
    """Everybody on the list, and the offers that wait for an answer."""
    if request.method == "POST":
        return _answer(request)
    listed, offers = list(rows.waiting(request.actor)), list(rows.offers(request.actor))
    request.deed.concerns(*(row.person_id for row in listed), *(row.waiting.person_id for row in offers))
    context = {
        "rows": [{"row": row, "when": when_of(row)} for row in listed],
        "offers": [{"row": row, "starts": local(request, row.starts)} for row in offers],
        "writes": request.actor.is_any(OWNER, THERAPIST, DESK),
    }
    return render(request, "book/waiting.html", context)


def _answer(request: ClinicRequest) -> HttpResponse:
    """Takes somebody off the list, or keeps what they said to an offer."""
    version, told = whole_number(request.POST.get("_version", "")), request.POST
    if "waiting" in told:
        row = rows.waiting_of(request.actor, an_id(told["waiting"]), to_write=True)
        _same(request, row.person_id)
        deeds.take_off(row, version)
        messages.success(request, f"{row.person.name} is off the list.")
        return HttpResponseRedirect(reverse("waiting"), status=303)
    offer = rows.offer_of(request.actor, an_id(told.get("offer", "")), to_write=True)
    _same(request, offer.waiting.person_id)
    if told.get("answer") == "no":
        deeds.refuse(offer, version)
        messages.success(request, f"{offer.waiting.person.name} does not take it, and stays on the list.")
        return HttpResponseRedirect(reverse("waiting"), status=303)
    if told.get("answer") != "yes":
        raise BadInput("Say whether they take it. Nothing was saved.")
    try:
        made = deeds.accept(offer, version, request.practice.time_zone)
    except TimeTaken:
        raise Conflict("This time was given to somebody else meanwhile. Nothing was booked.") from None
    request.deed.about["appointment"] = str(made.pk)
    messages.success(request, "Booked.")
    return HttpResponseRedirect(reverse("appointment", args=[made.pk]), status=303)


def _same(request: ClinicRequest, person: Any) -> None:
    """Errors: Conflict, where the form was made for another person (S-69)."""
    request.deed.concerns(person)
    if request.POST.get("_person") != str(person):
        raise Conflict("This form belongs to another person's page. Nothing was saved. Open the page again.")


def when_of(row: Waiting) -> str:
    """When somebody who waits can come, in words."""
    days = ", ".join(DAYS[number][:3] for number in row.weekdays) or "any day"
    if row.earliest and row.latest:
        return f"{days}, {as_clock(row.earliest)} to {as_clock(row.latest)}"
    if row.earliest:
        return f"{days}, from {as_clock(row.earliest)}"
    return f"{days}, over by {as_clock(row.latest)}" if row.latest else days


def new(request: ClinicRequest, person: Person) -> HttpResponse:
    """Puts somebody on the list."""
    today = today_of(request)
    usual = {"since": today.isoformat(), "until": (today + timedelta(days=28)).isoformat()}
    form = WaitingForm(request.POST if request.method == "POST" else None, initial=usual)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        open_ones = [row for row in people.episodes_of(person) if row.state == Episode.State.OPEN]
        try:
            deeds.put_on(
                person,
                open_ones[0] if len(open_ones) == 1 else None,
                therapist=form.staff.get(told["therapist"]),
                minutes=told["minutes"],
                since=told["since"],
                until=told["until"],
                weekdays=[int(day) for day in told["days"]],
                earliest=told["earliest"],
                latest=told["latest"],
                today=today,
            )
        except BadInput as bad:
            form.add_error(bad.field, sentence(bad.message))
        else:
            messages.success(request, f"{person.name} is on the wait list.")
            return HttpResponseRedirect(reverse("waiting"), status=303)
    context = {"form": form, "back_url": address_of("person", person=person.pk)}
    status = 422 if request.method == "POST" else 200
    return person_page(request, "book/waiting_new.html", person, context, status=status)


def fits(request: ClinicRequest, appointment: Appointment) -> HttpResponse:
    """Whom the time fits that this appointment has left free; one tap offers it."""
    freed = deeds.freed_by(appointment)
    zone = request.practice.time_zone
    seen = set(rows.waiting(request.actor).values_list("pk", flat=True))
    found = [one for one in deeds.fits(freed, zone, appointment.person) if one.row.pk in seen] if freed else []
    if request.method == "POST":
        fit = next((one for one in found if str(one.row.pk) == request.POST.get("waiting", "")), None)
        if freed is None or fit is None:
            raise Conflict("This time is taken meanwhile, or they are off the list. Nothing was saved.")
        request.deed.concerns(fit.row.person_id)
        offered = deeds.offer(request.actor, fit, freed)
        request.deed.about["offer"] = str(offered.pk)
        messages.success(request, f"Offered to {fit.row.person.name}.")
        return HttpResponseRedirect(request.path, status=303)
    request.deed.concerns(*(one.row.person_id for one in found))
    offered_to = {
        row.waiting_id for row in rows.offers(request.actor) if freed and row.starts in {one.starts for one in found}
    }
    context = {
        "freed": freed,
        "starts": local(request, freed.starts) if freed else None,
        "ends": local(request, freed.ends) if freed else None,
        "fits": [
            {"row": one.row, "starts": local(request, one.starts), "when": when_of(one.row),
             "offered": one.row.pk in offered_to}
            for one in found
        ],
        "row": appointment,
        "writes": request.actor.is_any(OWNER, THERAPIST, DESK),
        "day_url": reverse("book-day", kwargs={"date": appointment.day.isoformat()}),
    }  # fmt: skip
    return render(request, "book/fits.html", context)
