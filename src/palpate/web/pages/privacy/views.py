"""What people may ask of their record: who looked at it (S-47), and to be forgotten (S-49)."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import downloads, erasing
from palpate.clinic import who_looked as looking
from palpate.clinic.access import erasing as rows
from palpate.clinic.actor import OWNER
from palpate.clinic.exporting import csv_stream
from palpate.clinic.models import Erasure, Person
from palpate.web.page import person_page, today_of
from palpate.web.routes import ClinicRequest

PAGE = 200
YES = "yes"


def who_looked(request: ClinicRequest, person: Person) -> HttpResponse:
    """Who looked at the record, newest first, to read and to print."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    page = Paginator(looking.rows_about(person), PAGE).get_page(number)
    context = {"page": page, "rows": list(looking.looks(page.object_list)), "is_owner": request.actor.is_any(OWNER)}
    return person_page(request, "privacy/who_looked.html", person, context)


def who_looked_file(request: ClinicRequest, person: Person) -> HttpResponse:
    """The whole list as CSV, to hand over."""
    request.deed.about["of"] = "who looked"
    lines = looking.lines(person, request.practice.time_zone)
    pieces = downloads.begin(request.actor).stream(csv_stream(looking.HEADER, lines))
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="who-looked-{person.pk}.csv"'
    return cast(HttpResponse, answer)


def erase(request: ClinicRequest, person: Person) -> HttpResponse:
    """What would go, what must stay and until when; then it is done."""
    missing = request.method == "POST" and request.POST.get("sure") != YES
    if request.method == "POST" and not missing:
        row = erasing.erase(request.actor, person, request.practice)
        messages.success(request, f"The record is locked. It is kept until {row.until:%d %B %Y}, as the law asks.")
        return HttpResponseRedirect(reverse("erased"), status=303)
    context = {
        "kept": erasing.kept(person, request.practice),
        "hindrances": erasing.hindrances(person),
        "missing": missing,
    }
    return person_page(request, "privacy/erase.html", person, context, status=422 if missing else 200)


def erased(request: ClinicRequest) -> HttpResponse:
    """Records that wait for their date, and which were destroyed."""
    found, day = list(rows.erasures()), today_of(request)
    people = rows.waiting_people(found)
    request.deed.concerns(*people)
    waiting: list[dict[str, Any]] = [
        {"row": row, "person": people[row.person], "due": erasing.is_due(row, day)}
        for row in found
        if row.person in people
    ]
    context = {"waiting": waiting, "destroyed": [row for row in found if row.destroyed is not None]}
    return render(request, "privacy/erased.html", context)


def destroy(request: ClinicRequest, erasure: Erasure) -> HttpResponse:
    """Destroys a record whose date has come."""
    if request.POST.get("sure") != YES:
        messages.error(request, "Nothing was destroyed: say first that you are sure.")
        return HttpResponseRedirect(reverse("erased"), status=303)
    count = erasing.destroy(request.actor, erasure, today_of(request))
    messages.success(request, f"The record is destroyed: {count} rows.")
    return HttpResponseRedirect(reverse("erased"), status=303)


def back(request: ClinicRequest, erasure: Erasure) -> HttpResponse:
    """Unlocks a record: the person came back, or the law asks to see it."""
    erasing.bring_back(request.actor, erasure)
    messages.success(request, "The record is open again. Contact data has to be asked anew.")
    return HttpResponseRedirect(reverse("person", args=[erasure.person]), status=303)
