"""Which pathway decides here: proposed by one owner, confirmed by another, withdrawn by any (S-67)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import publishing
from palpate.clinic.access import publishing as rows
from palpate.clinic.actor import OWNER
from palpate.clinic.deciding import pathway_with
from palpate.clinic.models import PublishedPathway
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library import DEFAULT
from palpate.pathway.pathway import Pathway
from palpate.web.fields import only_of
from palpate.web.page import today_of
from palpate.web.pages.settings.forms import ProposeForm, WithdrawForm, put_error
from palpate.web.routes import ClinicRequest


def versions(request: ClinicRequest) -> HttpResponse:
    """What decides now, what waits for a second person, and what decided before."""
    standing = publishing.in_force()
    context = {
        "standing": standing,
        "late": standing.is_late(today_of(request)),
        "settings": _settings(standing.pathway),
        "about": standing.pathway.meaning["pathway"] if standing.pathway is not None else None,
        "waiting": rows.waiting(),
        "versions": rows.versions()[:100],
        "may_change": request.actor.is_any(OWNER),
    }
    return render(request, "settings/pathways.html", context)


def propose(request: ClinicRequest) -> HttpResponse:
    """Proposes a pathway with the practice's choices. Alone, it is in force at once."""
    shown = pathway_with(DEFAULT)
    standing = publishing.in_force()
    now: dict[str, Any] = dict(standing.pathway.settings) if standing.pathway is not None else dict(shown.settings)
    form = ProposeForm(shown, request.POST if request.method == "POST" else None, initial={"pathway": DEFAULT, **now})
    alone = not rows.other_owners(request.actor.user_id).exists()
    status = 200
    if request.method == "POST":
        only_of(request, form)
        status = 422
        if form.is_valid():
            try:
                row = publishing.propose(request.actor, form.cleaned_data["pathway"], form.settings())
                said = "In force from now on." if row.confirmed_at else "Proposed. Another owner has to confirm it."
                return _done(request, row, said)
            except BadInput as bad:
                put_error(form, bad)
            except Conflict as refused:
                form.add_error(None, refused.message)
                status = 409
    context = {"form": form, "alone": alone, "fields": [form[name] for name in form.fields]}
    return render(request, "settings/propose.html", context, status=status)


def one(request: ClinicRequest, published: PublishedPathway) -> HttpResponse:
    """One version: who proposed and confirmed it, how its cases go, and what it changes."""
    return _page(request, published, WithdrawForm())


def confirm(request: ClinicRequest, published: PublishedPathway) -> HttpResponse:
    """The second person puts a proposal in force."""
    return _done(request, publishing.confirm(request.actor, published), "In force from now on.")


def withdraw(request: ClinicRequest, published: PublishedPathway) -> HttpResponse:
    """Takes a version out of force, or drops a proposal."""
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _page(request, published, form, 422)
    try:
        row = publishing.withdraw(request.actor, published, form.cleaned_data["why"])
    except BadInput as bad:
        put_error(form, bad)
        return _page(request, published, form, 422)
    said = "Withdrawn. Nothing is decided until another version is in force." if row.confirmed_at else "Dropped."
    return _done(request, row, said)


def _page(request: ClinicRequest, published: PublishedPathway, form: WithdrawForm, status: int = 200) -> HttpResponse:
    pathway = publishing.pathway_of(published)
    standing = publishing.in_force()
    waits = published.confirmed_at is None and published.withdrawn_at is None
    stands = standing.published is not None and standing.published.pk == published.pk and not published.withdrawn_at
    owner = request.actor.is_any(OWNER)
    context = {
        "row": published,
        "pathway": pathway,
        "settings": _settings(pathway),
        "checked": publishing.check_cases(pathway) if waits and pathway is not None else None,
        "changes": publishing.changes(standing.pathway, pathway) if waits and pathway is not None else (),
        "waits": waits,
        "stands": stands,
        "may_confirm": owner and waits and published.proposed_by != request.user,
        "may_withdraw": owner and (waits or stands),
        "form": form,
    }
    return render(request, "settings/pathway.html", context, status=status)


def _settings(pathway: Pathway | None) -> list[tuple[str, str]]:
    """The practice's choices in words: what is chosen, and how."""
    tables = pathway.meaning["settings"].values() if pathway is not None else ()
    return [(table["title"], table["values"][table["value"]]) for table in tables]


def _done(request: ClinicRequest, row: PublishedPathway, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("pathway", args=[row.pk]), status=303)
