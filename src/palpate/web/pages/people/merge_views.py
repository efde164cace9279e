"""Making one record of two, side by side, and undoing it (S-69)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import merging
from palpate.clinic.access import people as rows
from palpate.clinic.models import Person
from palpate.clinic.refusals import NotVisible
from palpate.web.page import person_page
from palpate.web.pages.people import shown
from palpate.web.pages.people.fields import an_id, sentence, whole_number
from palpate.web.routes import ClinicRequest


def merge(request: ClinicRequest, person: Person) -> HttpResponse:
    """Both records side by side; the one in the path is kept. The actor must be allowed to write both."""
    told = request.POST if request.method == "POST" else request.GET
    double = rows.person_of(request.actor, an_id(told.get("double", "")), "contact", to_write=True)
    request.deed.concerns(double)
    if double.pk == person.pk:
        raise NotVisible
    wrong = ""
    if request.method == "POST":
        if request.POST.get("sure") == "yes":
            version, double_version = (
                whole_number(request.POST.get(name, "")) for name in ("_version", "double_version")
            )
            merging.merge(request.actor, person, double, version, double_version)
            messages.success(request, "The two records are one now. This can be undone at the end of this page.")
            return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
        wrong = sentence("say that both records are of one human being")
    context = {
        "double": double,
        "sides": [_side(request, person), _side(request, double)],
        "wrong": wrong,
        "turned": f"{reverse('person-merge', kwargs={'person': double.pk})}?double={person.pk}",
        "born_differ": person.birth_date != double.birth_date,
    }
    return person_page(request, "people/merge.html", person, context, status=422 if wrong else 200)


def _side(request: ClinicRequest, person: Person) -> dict[str, Any]:
    return {
        "person": person,
        "contact": shown.contact(person, request.actor),
        "episodes": len(rows.episodes_of(person)),
        "files": rows.uploads_of(person).count(),
        "team": [place.therapist.name for place in rows.team_of(person)],
        "made": shown.local(request, person.created),
    }


def unmerge(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """Two records again."""
    row = merging.undo(person, which, whole_number(request.POST.get("_version", "")))
    request.deed.concerns(row.given_up)
    messages.success(request, "The two records stand apart again. What was added since the merge stays here.")
    return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
