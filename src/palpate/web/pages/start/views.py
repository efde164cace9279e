"""The first start: one page makes the owner and the practice. Afterwards this address does not exist any more."""

from __future__ import annotations

import hmac
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import start as first
from palpate.clinic.access.practice import the_practice
from palpate.clinic.refusals import NotVisible
from palpate.web import signing
from palpate.web.pages.account import slowing
from palpate.web.pages.start.forms import StartForm
from palpate.web.routes import ClinicRequest

BACKEND = "palpate.web.signed_in.Backend"
WRONG_CODE = "This is not the code. It stands where the program was started; a new start writes a new one."


def code_file() -> Path:
    """Where `palpate serve` leaves the one-time code that it prints, so that no stranger can take the first start."""
    return Path(settings.CONFIG.data) / "setup-code"


def start(request: ClinicRequest) -> HttpResponse:
    """Makes the owner and the practice, signs the owner in, and goes on to the second factor."""
    if the_practice() is not None:
        raise NotVisible
    needs_code = not signing.on_loopback(request) or code_file().exists()
    form = StartForm(request.POST or None, needs_code=needs_code)
    if request.method == "POST" and needs_code and not _is_code(request.POST.get("code", "")):
        form.is_valid()
        form.errors.pop("code", None)
        form.add_error("code", WRONG_CODE)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        owner = first.start(
            name=given["name"],
            email=given["email"],
            title=given["title"],
            password=given["password1"],
            treats=given["treats"] == "yes",
            practice=given["practice"],
            place=given["place"],
            country=given["country"],
            emergency_number=given["emergency_number"],
            time_zone=given["time_zone"],
        )
        slowing.passed(request)
        login(request, owner, backend=BACKEND)
        response = HttpResponseRedirect(reverse("mfa_index"), status=303)
        slowing.remember(request, response, owner)
        transaction.on_commit(lambda: code_file().unlink(missing_ok=True))
        return response
    return render(request, "start/start.html", {"form": form}, status=422 if request.method == "POST" else 200)


def _is_code(typed: str) -> bool:
    """Whether this is the code of the file. No file, no start: nobody may guess what is not there."""
    try:
        kept = code_file().read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return bool(kept) and hmac.compare_digest(kept.encode(), typed.strip().encode("utf-8", "replace"))
