"""Selling a package, taking a session from it, refunding its rest; and what the practice has chosen about money."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic.access import paying as rows
from palpate.clinic.actor import DESK, OWNER
from palpate.clinic.models import MoneyRules, Person
from palpate.clinic.paying import packages, receipts
from palpate.clinic.paying import rules as chosen
from palpate.clinic.paying.sums import rate_in_words
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.web.page import address, person_page, today_of
from palpate.web.pages.paying import shown
from palpate.web.pages.paying.forms import MoneyForm, PackageForm, RefundForm
from palpate.web.pages.people.fields import sentence, whole_number
from palpate.web.routes import ClinicRequest


def sell(request: ClinicRequest, person: Person) -> HttpResponse:
    """Sells a package, and leads to its receipt."""
    form = PackageForm(request.POST if request.method == "POST" else None, currency=chosen.currency())
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row, receipt = packages.sell(
                request.actor, person, form.service_chosen(), sessions=told["sessions"], price=told["price"],
                how=told["how"], day=today_of(request),
            )  # fmt: skip
            request.deed.about.update(package=str(row.pk), receipt=str(receipt.pk))
            messages.success(request, f"The package is sold. Receipt {receipt.name} is made.")
            return HttpResponseRedirect(address("receipt", person=person.pk, which=receipt.pk), status=303)
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "back": address("payments", person=person.pk)}
    return person_page(request, "paying/sell.html", person, context, status=status)


def package(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """One package: what was used, and what is due back. A POST refunds the rest by its rule."""
    row = rows.package_of(person, which)
    form = RefundForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        version, how = whole_number(request.POST.get("_version", "")), form.cleaned_data["how"]
        receipt = receipts.refund(request.actor, person, row, version, how, today_of(request))
        request.deed.about.update(package=str(row.pk), receipt=str(receipt.pk))
        messages.success(request, f"The rest is refunded. Receipt {receipt.name} is made.")
        return HttpResponseRedirect(address("receipt", person=person.pk, which=receipt.pk), status=303)
    standing = packages.standing(row, row.used)
    context = {
        "one": shown.package(standing),
        "row": row,
        "form": form,
        "stopped": bool(standing.left) and packages.has_stopped(person),
        "may": request.actor.is_any(OWNER, DESK),
        "sessions": [
            session for session in rows.open_sessions(person) if standing.left and not hasattr(session, "package_use")
        ],
        "back": address("payments", person=person.pk),
    }
    return person_page(request, "paying/package.html", person, context, status=422 if request.method == "POST" else 200)


def take(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """Takes a session that was given from a package, where its appointment named no service or another one."""
    row, wanted = rows.package_of(person, which), request.POST.get("session", "")
    session = next((one for one in rows.open_sessions(person) if str(one.pk) == wanted), None)
    if session is None:
        raise NotVisible
    use = packages.take(request.actor, row, session)
    request.deed.about.update(package=str(row.pk), session=str(session.pk))
    messages.success(request, f"Session {use.number} of {row.sessions} is taken from the package.")
    return HttpResponseRedirect(address("package", person=person.pk, which=row.pk), status=303)


def rules(request: ClinicRequest) -> HttpResponse:
    """What stands on receipts, and the rule for refunds."""
    row = rows.rules()
    form = MoneyForm(request.POST if request.method == "POST" else None, initial=_stored(row))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                points = chosen.points_of(told.pop("tax_rate"), "tax_rate")
                chosen.keep(whole_number(request.POST.get("_version", "")), tax_points=points, **told)
                messages.success(request, "Saved. Receipts that were made before stay as they are.")
                return HttpResponseRedirect(reverse("settings"), status=303)
            except BadInput as bad:
                form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
            except Conflict as conflict:
                form.add_error(None, conflict.message)
                status = 409
    context = {"form": form, "row": row, "title": "Receipts and refunds", "back": reverse("settings")}
    return render(request, "book/small.html", context, status=status)


def _stored(row: MoneyRules) -> dict[str, Any]:
    names = ("registration", "tax_number", "tax_name", "tax_note", "code_label", "refund_rule")
    rate = rate_in_words(row.tax_points).removesuffix(" %") if row.tax_points else ""
    return {name: getattr(row, name) for name in names} | {"tax_rate": rate}
