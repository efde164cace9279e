"""Files of a person: taken in by therapist or desk, given out to the therapist as an attachment (S-26)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import uploads
from palpate.clinic.access import people as rows
from palpate.clinic.models import Person
from palpate.clinic.refusals import BadInput
from palpate.web.page import person_page
from palpate.web.pages.people.fields import sentence
from palpate.web.pages.people.forms import UploadForm
from palpate.web.routes import ClinicRequest


def keep(request: ClinicRequest, person: Person) -> HttpResponse:
    """Takes a file in. The name it came with is not kept."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row = uploads.keep_upload(request.actor, person, told["title"], told["file"].read())
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
        else:
            request.deed.about["upload"] = str(row.pk)
            messages.success(request, "The file is kept.")
            return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
    return person_page(
        request, "people/upload.html", person, {"form": form}, status=422 if request.method == "POST" else 200
    )


def serve(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """The file, to be saved and not to be shown: no name of anybody stands in its own."""
    row = rows.upload_of(person, which)
    request.deed.about["upload"] = str(row.pk)
    response = HttpResponse(bytes(row.content), content_type=row.media_type)
    response["Content-Disposition"] = f'attachment; filename="{row.pk}.{uploads.SUFFIX[row.media_type]}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return response
