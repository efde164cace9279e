"""The outbox as the staff sees it, and the front desk's call list."""

from __future__ import annotations

import uuid

from django.contrib import messages as told
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import my_plan, phone_links
from palpate.clinic.access import messages as rows
from palpate.clinic.actor import DESK, OWNER
from palpate.clinic.messages import REASONS
from palpate.clinic.messages.calls import call_list, note_call
from palpate.clinic.messages.outbox import send_again
from palpate.clinic.messages.sending import send_link
from palpate.clinic.messages.times import goes_out
from palpate.clinic.models import Appointment, Call, Message, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, NotVisible
from palpate.web.pages.people.shown import local
from palpate.web.routes import ClinicRequest

SHOWN = 100  # messages, the newest
STATE_CHIPS = {"sent": "is-good", "failed": "is-bad", "dropped": "is-warn"}


def outbox(request: ClinicRequest) -> HttpResponse:
    """What was sent lately, what waits, and what went nowhere. Never its words."""
    found = [
        {
            "message": message,
            "reason": REASONS.get(message.reason, ""),
            "chip": STATE_CHIPS.get(message.state, ""),
            "again": message.state == Message.State.FAILED,
        }
        for message in rows.messages(request.actor)[:SHOWN]
    ]
    for row in found:
        request.deed.concerns(row["message"].person_id)  # type: ignore[attr-defined]
    context = {"rows": found, "shown": SHOWN, "may_write": _may_write(request), **rows.counts(request.actor)}
    return render(request, "messages/outbox.html", context)


def again(request: ClinicRequest, message: Message) -> HttpResponse:
    """Puts a message that was not sent back into the outbox, such as after an address was mended."""
    send_again(message)
    told.success(request, "The message waits to be sent.")
    return _to("messages")


def send(request: ClinicRequest, person: Person) -> HttpResponse:
    """Sends a link to a person's telephone or inbox, instead of showing it here."""
    purpose = request.POST.get("purpose", "")
    visit = None
    if purpose == phone_links.CHECK_IN:
        try:
            visit = my_plan.visit_of(person, uuid.UUID(request.POST.get("appointment", "")))
        except (ValueError, NotVisible):
            raise BadInput("Choose the visit that the check-in is for. Nothing was sent.", "appointment") from None
    goes = goes_out(send_link(person, purpose, visit))
    said = "The link is on its way."
    if goes > now():  # at night
        said = f"The link goes out at {local(request, goes):%H:%M}; make one here to give it now."
    told.success(request, f"{said} What became of it stands under Messages.")
    return HttpResponseRedirect(reverse("phone-links", kwargs={"person": person.pk}), status=303)


def calls(request: ClinicRequest) -> HttpResponse:
    """Who has to be called."""
    entries = call_list(request.actor)
    for entry in entries:
        request.deed.concerns(entry.person.pk)
    context = {"entries": entries, "outcomes": Call.Outcome.choices, "may_write": _may_write(request)}
    return render(request, "messages/calls.html", context)


def visit(request: ClinicRequest, appointment: Appointment) -> HttpResponse:
    """Somebody was called about a visit."""
    return _noted(request, appointment=appointment)


def message(request: ClinicRequest, message: Message) -> HttpResponse:
    """Somebody was called about a message."""
    return _noted(request, message=message)


def _noted(
    request: ClinicRequest, *, appointment: Appointment | None = None, message: Message | None = None
) -> HttpResponse:
    outcome = request.POST.get("outcome", "")
    if not outcome:
        raise BadInput("Choose what came of the call. Nothing was saved.", "outcome")
    call = note_call(request.actor, outcome, appointment=appointment, message=message)
    told.success(request, f"Noted: {call.get_outcome_display().lower()}.")
    return _to("calls")


def _may_write(request: ClinicRequest) -> bool:
    return request.actor.is_any(OWNER, DESK)


def _to(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name), status=303)
