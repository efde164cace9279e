"""People from a CSV file: choose it, look at what it would do, bring it in. The text stays in the page throughout."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import importing
from palpate.clinic.importing import Preview
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import today_of
from palpate.web.pages.people.fields import sentence
from palpate.web.pages.people.forms import ImportForm
from palpate.web.routes import ClinicRequest

MOST_SHOWN = 50


def bring(request: ClinicRequest) -> HttpResponse:
    """The form; the preview of what was given; and, once that is confirmed, everybody at once."""
    if request.method != "POST":
        return _page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, text=request.POST.get("text", ""), status=422)
    told = form.cleaned_data
    try:
        text = importing.decode(told["file"].read()) if told["file"] else told["text"]
        importing.decode(text.encode())  # the limit holds for pasted text too
    except BadInput as bad:
        form.add_error(bad.field, sentence(bad.message))
        return _page(request, form, text=told["text"], status=422)
    text = text.replace("\r\n", "\n")  # as a browser and an editor see it; quoted line ends are the same text
    if not text.strip():
        form.add_error("file", "Choose a file, or put its text below.")
        return _page(request, form, text=text, status=422)
    if told["file"] or "digest" not in request.POST:
        request.deed.change = False
        return _page(request, form, text=text, found=importing.preview(text, today_of(request)))
    return _stored(request, form, text)


def _stored(request: ClinicRequest, form: ImportForm, text: str) -> HttpResponse:
    told, today = form.cleaned_data, today_of(request)
    link, too = told["same"] == "link", told["alike"] == "new"
    try:
        _, made, linked = importing.bring_in(text, today, request.POST["digest"], link=link, alike_too=too)
    except (BadInput, Conflict) as refused:
        changed = isinstance(refused, Conflict)
        status = 409 if changed else 422
        found = importing.preview(text, today)
        return _page(request, form, text=text, found=found, changed=changed, status=status)
    messages.success(request, f"{made} people came in" + (f", {linked} joined a care team." if linked else "."))
    return HttpResponseRedirect(reverse("people"), status=303)


def _page(
    request: ClinicRequest,
    form: ImportForm,
    *,
    text: str = "",
    found: Preview | None = None,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "text": text, "found": found, "changed": changed}
    context |= {"columns": importing.COLUMNS, "needed": importing.NEEDED, "most": importing.MOST_ROWS}
    if found is not None:
        context |= {
            "faults": found.faults[: importing.MOST_FAULTS],
            "more_faults": max(0, len(found.faults) - importing.MOST_FAULTS),
            "groups": [
                ("Here already", found.same[:MOST_SHOWN], len(found.same)),
                ("Look like somebody who is here", found.alike[:MOST_SHOWN], len(found.alike)),
                ("New", found.new[:MOST_SHOWN], len(found.new)),
            ],
            "comes": len(found.new),
        }
    return render(request, "people/import.html", context, status=status)
