"""Opening a record outside one's care, and looking at it afterwards with the owner (S-11)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import glass as acts
from palpate.clinic.access import glass as rows
from palpate.clinic.access.people import open_glass as glass_of
from palpate.clinic.actor import OWNER
from palpate.clinic.models import BreakGlass, Person
from palpate.clinic.refusals import BadInput
from palpate.web.page import person_page
from palpate.web.pages.glass.forms import GlassForm
from palpate.web.routes import ClinicRequest


def open_glass(request: ClinicRequest, stranger: Person) -> HttpResponse:
    """Asks for the reason, then opens the record for an hour, for reading only."""
    request.deed.concerns(stranger)
    there = reverse("person", kwargs={"person": stranger.pk})
    if rows.is_own(request.actor, stranger) or glass_of(request.actor, stranger) is not None:
        return HttpResponseRedirect(there)
    form = GlassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.break_glass(request.actor, stranger, form.cleaned_data["reason"], reverse("glass-review"))
        except BadInput as bad:
            form.add_error(bad.field or None, bad.message)
        else:
            return HttpResponseRedirect(there, status=303)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "minutes": int(acts.OPEN_FOR.total_seconds() // 60), "person_url": ""}
    return person_page(request, "glass/open.html", stranger, context, status=status)


def review(request: ClinicRequest) -> HttpResponse:
    """What was opened outside somebody's care: first what no owner has signed off."""
    context = {"waiting": rows.to_review(), "done": rows.reviewed()[:50], "may_sign": request.actor.is_any(OWNER)}
    request.deed.concerns(*{row.person_id for row in (*context["waiting"], *context["done"])})  # type: ignore[misc]
    return render(request, "glass/review.html", context)


def sign_off(request: ClinicRequest, glass: BreakGlass) -> HttpResponse:
    """An owner has looked at it."""
    acts.sign_off(request.actor, glass)
    messages.success(request, "Signed off.")
    return HttpResponseRedirect(reverse("glass-review"), status=303)


def read_notices(request: ClinicRequest) -> HttpResponse:
    """The owner has seen their notices."""
    acts.read_notices(request.actor)
    return HttpResponseRedirect(reverse("glass-review"), status=303)
