"""Making a person, changing contact data, and the care team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import people as deeds
from palpate.clinic.access import people as rows
from palpate.clinic.access.practice import therapists
from palpate.clinic.actor import DESK, OWNER
from palpate.clinic.models import Person
from palpate.clinic.names import match_name
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import person_page, today_of
from palpate.web.pages.people import shown
from palpate.web.pages.people.fields import sentence, whole_number
from palpate.web.pages.people.forms import PersonForm, TeamForm, contact_of
from palpate.web.routes import ClinicRequest


def new(request: ClinicRequest) -> HttpResponse:
    """A new person in one step; who may be here already is shown before anything is saved."""
    staff = therapists().order_by("name") if request.actor.is_any(OWNER, DESK) else None
    form = PersonForm(request.POST or None, therapists=staff)
    if request.method != "POST":
        return render(request, "people/new.html", {"form": form})
    found: list[dict[str, Any]] = []
    if form.is_valid():
        told, born = form.told(), form.cleaned_data["birth_date"]
        alike = deeds.doubles(match_name(f"{told['given_name']} {told['family_name']}"), born)
        found = shown.doubles(request, alike)
        seen = " ".join(sorted(str(row["id"]) for row in found))
        if not found or request.POST.get("different") == seen:
            made = _made(request, form)
            if made is not None:
                return HttpResponseRedirect(reverse("person", kwargs={"person": made.pk}), status=303)
    context = {"form": form, "doubles": found, "seen": " ".join(sorted(str(row["id"]) for row in found))}
    return render(request, "people/new.html", context, status=422)


def _made(request: ClinicRequest, form: PersonForm) -> Person | None:
    """The stored person, or None with the fault beside its field."""
    try:
        made = deeds.make_person(
            request.actor, form.told(), form.cleaned_data["birth_date"], today_of(request), form.chosen()
        )
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
        return None
    request.deed.concerns(made)
    return made


def edit(request: ClinicRequest, person: Person) -> HttpResponse:
    """Changes name, birth date and contact data. Where somebody was quicker, both texts are shown (S-56)."""
    if request.method != "POST":
        return _edit_page(request, person, PersonForm(initial=contact_of(person)))
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, person, form, 422)
    version = whole_number(request.POST.get("_version", ""))
    try:
        deeds.change_person(person, version, form.told(), form.cleaned_data["birth_date"], today_of(request))
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
        return _edit_page(request, person, form, 422)
    except Conflict:
        person.refresh_from_db()
        return _edit_page(request, person, form, 409, theirs=_theirs(person, form))
    return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)


def _edit_page(
    request: ClinicRequest, person: Person, form: PersonForm, status: int = 200, theirs: Any = ()
) -> HttpResponse:
    return person_page(request, "people/edit.html", person, {"form": form, "theirs": theirs}, status=status)


def _theirs(person: Person, form: PersonForm) -> list[dict[str, str]]:
    """Each field in which the record and what was typed differ: its label, what stands there now, what was typed."""
    told = {**form.told(), "birth_date": form.cleaned_data["birth_date"]}
    found = []
    for field in form:
        now, yours = getattr(person, field.name), told[field.name]
        if now != yours:
            found.append({"label": str(field.label), "now": str(now) or "(empty)", "yours": str(yours) or "(empty)"})
    return found


def join(request: ClinicRequest, person: Person) -> HttpResponse:
    """A colleague joins the care team, and from then on sees the whole record."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        raise BadInput("Choose a colleague who treats people here. Nothing was saved.")
    therapist = form.staff[form.cleaned_data["therapist"]]
    deeds.join_team(person, therapist)
    request.deed.about["therapist"] = str(therapist.pk)
    messages.success(request, f"{therapist.name} is in the care team.")
    return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)


def leave(request: ClinicRequest, person: Person) -> HttpResponse:
    """A therapist leaves the care team; the last one stays."""
    chosen = request.POST.get("therapist", "")
    place = next((place for place in rows.team_of(person) if str(place.therapist_id) == chosen), None)
    if place is None:
        raise BadInput("That therapist is not in the care team. Nothing was changed.")
    deeds.leave_team(person, place.therapist)
    request.deed.about["therapist"] = chosen
    messages.success(request, f"{place.therapist.name} has left the care team.")
    return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
