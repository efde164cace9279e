"""What can be booked and what late cancelling costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic.access import booking as rows
from palpate.clinic.access import practice as the
from palpate.clinic.actor import OWNER
from palpate.clinic.booking import cancelling, offering
from palpate.clinic.booking.cancelling import amount, cents_of
from palpate.clinic.models import Service
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.pages.book.forms import RulesForm, ServiceForm
from palpate.web.pages.people.fields import sentence, whole_number
from palpate.web.routes import ClinicRequest


def services(request: ClinicRequest) -> HttpResponse:
    """What can be booked, and the rules of cancelling."""
    rules = rows.rules()
    staff, told = the.therapist_names(), rows.gives()
    context = {
        "services": [
            (row, amount(row.price_cents, rules.currency), _by(row, staff, told))
            for row in rows.services(all_of_them=True)
        ],
        "rules": rules,
        "cancel_fee": amount(rules.cancel_fee_cents or None, rules.currency),
        "no_show_fee": amount(rules.no_show_fee_cents or None, rules.currency),
        "may_change": request.actor.is_any(OWNER),
    }
    return render(request, "book/services.html", context)


def _by(row: Service, staff: list[tuple[UUID, str]], told: Mapping[UUID, set[UUID]]) -> str:
    """Who gives a service; empty where everybody does."""
    give = [name for id, name in staff if id not in told or row.pk in told[id]]
    return "" if len(give) == len(staff) else ", ".join(give) or "nobody"


def service(request: ClinicRequest, service: Service | None = None) -> HttpResponse:
    """Adds a service, or changes one."""
    form = ServiceForm(request.POST if request.method == "POST" else None, initial=_stored(service))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                price = cents_of(told["price"], "price") if told["price"] else None
                version = whole_number(request.POST.get("_version", ""))
                offering.save_service(
                    service, version, name=told["name"], minutes=told["minutes"], turnover=told["turnover"],
                    price_cents=price, active=told["active"] == "yes",
                )  # fmt: skip
                return _done(request, "services")
            except BadInput as bad:
                form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
            except Conflict as conflict:
                form.add_error(None, conflict.message)
                status = 409
    context = {"form": form, "row": service, "title": "Change the service" if service else "Add a service",
               "back": reverse("services")}  # fmt: skip
    return render(request, "book/small.html", context, status=status)


def _stored(row: Service | None) -> dict[str, Any]:
    if row is None:
        return {}
    price = amount(row.price_cents, "") if row.price_cents is not None else ""
    return {"name": row.name, "minutes": row.minutes, "turnover": row.turnover_minutes, "price": price,
            "active": "yes" if row.active else "no"}  # fmt: skip


def rules(request: ClinicRequest) -> HttpResponse:
    """What the practice asks of somebody who cancels late or does not come."""
    row = rows.rules()
    stored = {
        "cancel_hours": row.cancel_hours,
        "cancel_fee": amount(row.cancel_fee_cents, ""),
        "no_show_fee": amount(row.no_show_fee_cents, ""),
        "currency": row.currency,
    }
    form = RulesForm(request.POST if request.method == "POST" else None, initial=stored)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                cancelling.keep_rules(
                    whole_number(request.POST.get("_version", "")),
                    cancel_hours=told["cancel_hours"],
                    cancel_fee=cents_of(told["cancel_fee"], "cancel_fee"),
                    no_show_fee=cents_of(told["no_show_fee"], "no_show_fee"),
                    currency=told["currency"],
                )
                return _done(request, "services")
            except BadInput as bad:
                form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
            except Conflict as conflict:
                form.add_error(None, conflict.message)
                status = 409
    context = {"form": form, "row": row, "title": "Cancelling and not coming", "back": reverse("services")}
    return render(request, "book/small.html", context, status=status)


def _done(request: ClinicRequest, name: str) -> HttpResponse:
    messages.success(request, "Saved.")
    return HttpResponseRedirect(reverse(name), status=303)
