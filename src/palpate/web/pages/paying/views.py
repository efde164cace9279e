"""What a person pays: the list, a new receipt, one receipt, its PDF, and cancelling it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from palpate.clinic.access import booking
from palpate.clinic.access import paying as rows
from palpate.clinic.actor import DESK, OWNER
from palpate.clinic.models import Person, Receipt
from palpate.clinic.paying import packages, receipts, rules
from palpate.clinic.paying.sums import in_words
from palpate.clinic.refusals import BadInput
from palpate.web.page import address, person_page, today_of
from palpate.web.pages.decision.views import pdf_answer
from palpate.web.pages.paying import shown
from palpate.web.pages.paying.forms import CancelForm, ReceiptForm
from palpate.web.pages.people.fields import sentence
from palpate.web.routes import ClinicRequest


def payments(request: ClinicRequest, person: Person) -> HttpResponse:
    """What is still to be receipted, the packages, and the receipts."""
    currency = booking.rules().currency
    standing = packages.standing_of(person)
    stopped = any(one.left for one in standing) and packages.has_stopped(person)
    context = {
        "items": [
            (item, in_words(item.cents, currency) if item.cents is not None else "")
            for item in (receipts.open_items(person) if currency else [])
        ],
        "currency": currency,
        "packages": [shown.package(one) for one in standing],
        "stopped": stopped,
        "due": next((shown.package(one) for one in standing if one.left), None) if stopped else None,
        "receipts": [(row, in_words(row.total_cents, row.currency)) for row in rows.receipts_of(person)],
        "may": request.actor.is_any(OWNER, DESK),
    }
    return person_page(request, "paying/payments.html", person, context)


def new(request: ClinicRequest, person: Person) -> HttpResponse:
    """Makes a receipt for what is paid now."""
    currency = rules.currency()
    items = receipts.open_items(person)
    only = request.GET.get("only", "")
    wanted = [item.id for item in items if item.id == only] or [item.id for item in items]
    form = ReceiptForm(
        request.POST if request.method == "POST" else None, initial={"items": wanted}, items=items,
        currency=currency, code_label=rows.rules().code_label,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            how = form.cleaned_data["how"]
            row = receipts.make(request.actor, person, form.chosen(), how, today_of(request), form.asked())
            return _made(request, row, f"Receipt {row.name} is made.")
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "items": items, "back": address("payments", person=person.pk)}
    return person_page(request, "paying/new.html", person, context, status=status)


def receipt(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """One receipt, with its PDF; cancels it by another that names it."""
    row = rows.receipt_of(person, which)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = receipts.cancel(request.actor, person, row, form.cleaned_data["why"], today_of(request))
            return _made(request, made, f"Receipt {row.name} is cancelled by {made.name}.")
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
    context = {
        "row": row,
        "form": form,
        "lines": row.data["lines"],
        "told": row.data,
        "cancelled_by": getattr(row, "cancelled_by", None),
        "may_cancel": request.actor.is_any(OWNER, DESK)
        and row.kind != Receipt.Kind.CANCELLING
        and not hasattr(row, "cancelled_by"),
        "back": address("payments", person=person.pk),
    }
    return person_page(request, "paying/receipt.html", person, context, status=422 if request.method == "POST" else 200)


def pdf(request: ClinicRequest, person: Person, which: uuid.UUID) -> HttpResponse:
    """A receipt on paper."""
    row = rows.receipt_of(person, which)
    request.deed.about["receipt"] = str(row.pk)
    return pdf_answer(receipts.pdf_of(row), f"receipt-{row.name}.pdf")


def _made(request: ClinicRequest, row: Receipt, said: str) -> HttpResponse:
    """Says what was made and leads to it."""
    request.deed.about["receipt"] = str(row.pk)
    messages.success(request, said)
    return HttpResponseRedirect(address("receipt", person=row.person_id, which=row.pk), status=303)
