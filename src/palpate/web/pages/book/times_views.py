"""Appointments whose time moved because the rules of a time zone changed (S-57): somebody says for each what holds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import appointments as deeds
from palpate.clinic.access import appointments as rows
from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.clinic.booking import wall
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.pages.people.fields import an_id, whole_number
from palpate.web.routes import ClinicRequest


def times(request: ClinicRequest) -> HttpResponse:
    """Lists them; a tap keeps the agreed wall time or what the clock shows now."""
    if request.method == "POST":
        return _settle(request)
    seen = set(rows.appointments(request.actor).values_list("pk", flat=True))
    found = [one for one in wall.moved() if one.row.pk in seen]
    request.deed.concerns(*(one.row.person_id for one in found))
    writes = request.actor.is_any(OWNER, THERAPIST, DESK)
    return render(request, "book/times.html", {"found": found, "writes": writes})


def _settle(request: ClinicRequest) -> HttpResponse:
    row = rows.appointment_of(request.actor, an_id(request.POST.get("appointment", "")), to_write=True)
    request.deed.concerns(row.person_id)
    request.deed.about["appointment"] = str(row.pk)
    if request.POST.get("_person") != str(row.person_id):
        raise Conflict("This form belongs to another person's page. Nothing was saved. Open the page again.")
    moved = wall.moved_of(row)
    if moved is None:
        raise Conflict("The time of this appointment is as it was booked. Nothing was changed.")
    keep = request.POST.get("keep", "")
    if keep == "agreed" and moved.kept is not None:
        starts = moved.kept
    elif keep == "shown":
        starts = row.starts
    else:
        raise BadInput("Say which of the two times holds. Nothing was changed.")
    wish = deeds.as_wish(row, starts, outside=True)
    deeds.move(row, whole_number(request.POST.get("_version", "")), wish, row.zone)
    messages.success(request, "The time is settled. Tell the person.")
    return HttpResponseRedirect(reverse("book-times"), status=303)
