"""Exports: of everything, for owners; of one person, for owners and for their own therapists.

Each leaves its row in the trail before the first byte goes out.
"""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from palpate.clinic import downloads, exporting
from palpate.clinic.access.exporting import PERSONAL, PRACTICE
from palpate.clinic.access.people import may_write
from palpate.clinic.actor import OWNER
from palpate.clinic.fhir import bundle
from palpate.clinic.models import Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import NotVisible
from palpate.clinic.whole_record import whole_record
from palpate.web import languages
from palpate.web.page import person_page
from palpate.web.routes import ClinicRequest


def choose(request: ClinicRequest) -> HttpResponse:
    """What an export of everything holds."""
    return render(request, "export/all.html", {"tables": (*PERSONAL, *PRACTICE)})


def everything(request: ClinicRequest) -> HttpResponse:
    """Everything in this practice as one ZIP."""
    at = now()
    request.deed.about["of"] = "everything"
    pieces = downloads.begin(request.actor).stream(exporting.everything(at))
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="palpate-{at:%Y-%m-%d}.zip"'
    return cast(HttpResponse, answer)


def person(request: ClinicRequest, person: Person) -> HttpResponse:
    """What can be given to this person."""
    if not may_write(request.actor, person, "contact"):
        raise NotVisible
    return person_page(request, "export/person.html", person, {"is_owner": request.actor.is_any(OWNER)})


def file(request: ClinicRequest, person: Person) -> HttpResponse:
    """Everything about one person as one JSON file. Its name tells nobody whose it is."""
    at = now()
    request.deed.about["of"] = "person"
    pieces = downloads.begin(request.actor).stream(exporting.person_json(person, at))
    answer = StreamingHttpResponse(pieces, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="record-{person.pk}.json"'
    return cast(HttpResponse, answer)


def fhir(request: ClinicRequest, person: Person) -> HttpResponse:
    """Everything about one person as one FHIR R4 bundle."""
    at = now()
    request.deed.about["of"] = "person"
    pieces = downloads.begin(request.actor).stream(bundle.person_bundle(person, request.practice, at))
    answer = StreamingHttpResponse(pieces, content_type=bundle.MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="record-{person.pk}.fhir.json"'
    return cast(HttpResponse, answer)


def record(request: ClinicRequest, person: Person) -> HttpResponse:
    """The whole record in words, to read and to print."""
    request.deed.about["of"] = "person"
    download = downloads.begin(request.actor)
    language = dict(languages.choices()).get(person.language, person.language)
    page = person_page(request, "export/record.html", person, whole_record(person) | {"language": language})
    download.end()
    return page
