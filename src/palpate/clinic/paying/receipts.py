"""Receipts: numbered without a gap in each year, never changed, and cancelled only by another receipt that names them.

What is printed is made once, when the receipt is made, and kept with it: the same receipt always gives the same PDF.
It holds no diagnosis and no clinical word.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from palpate import letters
from palpate.clinic import referring
from palpate.clinic.access import paying as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access.trail import locked_head
from palpate.clinic.actor import Actor
from palpate.clinic.models import Appointment, HowPaid, Package, Person, Receipt, ReceiptLine, RefundRule, Session, User
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.paying import packages, rules, sums
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import hand_of
from palpate.letters.receipt import MOST_LINES
from palpate.letters.words import day as day_words

Kind = ReceiptLine.Kind
FEES = {
    Appointment.State.CANCELLED: (Kind.CANCEL_FEE, "Fee: appointment cancelled late"),
    Appointment.State.NO_SHOW: (Kind.NO_SHOW_FEE, "Fee: appointment not kept"),
}


@dataclass(frozen=True)
class Item:
    """Something that a receipt can be made for. `cents` is None where the amount must be told.

    `id` names it in a form; `row` is what is kept of it, `line` what is printed, without the amount.
    """

    id: str
    row: ReceiptLine
    line: letters.ReceiptLine
    cents: int | None


@dataclass(frozen=True)
class Asked:
    """What an insurer asks for, typed by the practice; empty where it is not asked for."""

    referred_by: str = ""
    code: str = ""


def open_items(person: Person) -> list[Item]:
    """What a receipt can be made for now: sessions given, then fees for late ends. Oldest first."""
    given = list(rows.open_sessions(person))
    sales = rows.sales_of(*{row.package_use.package_id for row in given if hasattr(row, "package_use")})
    return [_session(row, sales) for row in given] + [_fee(row) for row in rows.open_fees(person)]


def make(
    actor: Actor, person: Person, chosen: Sequence[tuple[str, int | None]], how: str, day: date, asked: Asked = Asked()
) -> Receipt:
    """Makes a receipt for what was chosen, and now is paid.

    Takes   chosen: ids of `open_items`, each with its amount in hundredths where it has none of its own.
    Errors  BadInput with the field; Conflict, where one of them stands on a receipt already.
    """
    locked_head()
    currency = rules.currency()
    there = {item.id: item for item in open_items(person)}
    if not chosen:
        raise BadInput("choose what the receipt is for", "items")
    if len(chosen) > MOST_LINES:
        raise BadInput(f"at most {MOST_LINES} lines stand on a receipt; make two", "items")
    if len({id for id, _ in chosen}) < len(chosen) or not all(id in there for id, _ in chosen):
        raise Conflict("One of these stands on a receipt already. Nothing was saved. Open the page again.")
    items = []
    for item in (there[id] for id, _ in chosen):
        told = dict(chosen)[item.id]
        cents = told if item.cents is None else item.cents
        if cents is None or not 0 <= cents <= packages.MOST_CENTS:
            raise BadInput("say how much was paid for it", f"amount_{item.id}")
        item.row.amount_cents = cents
        items.append(item)
    return _keep(actor, person, Receipt.Kind.PAID, "Receipt", items, currency, how, day, asked=asked)


def receipt_for_package(actor: Actor, package: Package, how: str, day: date) -> Receipt:
    """The receipt for a package that was sold."""
    what = f"Package of {package.sessions} × {package.service.name}"
    more = "Paid in advance. Each session given has a line of its own on a later receipt."
    row = ReceiptLine(kind=Kind.PACKAGE, package=package, amount_cents=package.price_cents)
    item = Item("", row, letters.ReceiptLine(day_words(day), what, "", more=more), package.price_cents)
    return _keep(actor, package.person, Receipt.Kind.PAID, "Receipt", [item], package.currency, how, day)


def refund(actor: Actor, person: Person, package: Package, version: int, how: str, day: date) -> Receipt:
    """Ends a package and gives back its unused part by its rule, with a receipt that says how it was worked out.

    Errors  BadInput with the field; Conflict, where the package has ended or has changed meanwhile.
    """
    locked_head()
    held, used = rows.locked_package(package)
    if held.version != version or held.state != Package.State.OPEN:
        raise Conflict("This package has changed meanwhile. Nothing was saved. Open the page again.")
    found = packages.standing(held, used)
    held.state = Package.State.REFUNDED
    held.version += 1
    held.save()
    sale = rows.sales_of(held.pk).get(held.pk)
    row = ReceiptLine(kind=Kind.REFUND, package=held, amount_cents=-found.refund)
    line = letters.ReceiptLine(
        day_words(day),
        f"Refund of a package of {held.sessions} × {held.service.name}",
        "",
        more=f"{worked_out(found)}{f' Paid with receipt {sale.name}.' if sale is not None else ''}",
    )
    item = Item("", row, line, -found.refund)
    return _keep(actor, person, Receipt.Kind.REFUND, "Refund", [item], held.currency, how, day)


def worked_out(found: packages.Standing) -> str:
    """How a refund comes about, in sentences."""
    package, said = found.package, sums.in_words
    money = package.currency
    kept = f"{found.used} of {package.sessions} sessions were given: {said(found.kept, money)}"
    if package.refund_rule == RefundRule.LIST:
        kept += f", at the usual price of {said(package.list_cents, money)} each and at most what was paid."
    else:
        kept += ", their share of the price of the package."
    return f"Paid {said(package.price_cents, money)}. {kept} Refunded {said(found.refund, money)}."


def cancel(actor: Actor, person: Person, receipt: Receipt, why: str, day: date) -> Receipt:
    """Cancels a receipt by another that names it, with the reason. What was on it can be receipted again.

    Errors  BadInput with the field; Conflict, where it is cancelled, or is the sale of a package that was used.
    """
    locked_head()
    why = clean_name(why, field="why")
    if not why:
        raise BadInput("say why it is cancelled; it stands on the cancelling receipt", "why")
    held = rows.receipt_of(person, receipt.pk)
    if held.kind == Receipt.Kind.CANCELLING or hasattr(held, "cancelled_by"):
        raise Conflict("This receipt is cancelled already, or cancels another. Nothing was saved.")
    old = letters.from_data(held.data)
    assert isinstance(old, letters.Receipt)
    items = []
    for line, printed in zip(rows.lines_of(held), old.lines, strict=True):
        if line.package is not None:
            _end_or_open(line)
        row = ReceiptLine(
            kind=line.kind, session_id=line.session_id, appointment_id=line.appointment_id,
            package_id=line.package_id, amount_cents=-line.amount_cents,
        )  # fmt: skip
        items.append(Item("", row, printed, -line.amount_cents))
    about = f"This cancels receipt {held.name} of {day_words(held.day)}: {why}"
    return _keep(
        actor, person, Receipt.Kind.CANCELLING, "Cancelling receipt", items, held.currency, held.paid_how, day,
        about=about, cancels=held, why=why,
    )  # fmt: skip


def _end_or_open(line: ReceiptLine) -> None:
    """What a cancelled receipt means for its package: a sale ends it, a refund opens it again. Errors: Conflict."""
    assert line.package is not None
    held, used = rows.locked_package(line.package)
    if line.kind == Kind.PACKAGE:
        if used or held.state != Package.State.OPEN:
            raise Conflict("Sessions were taken from this package, or it has ended. Refund the rest instead.")
        held.state = Package.State.CANCELLED
    else:
        held.state = Package.State.OPEN
    held.version += 1
    held.save()


def pdf_of(receipt: Receipt) -> bytes:
    """The receipt as PDF, always the same. A letter that no font has stands there as its code."""
    return letters.from_data(receipt.data).pdf(spell_missing=True)


# --- What stands on them ----------------------------------------------------------------------------------------------


def _session(session: Session, sales: Mapping[uuid.UUID | None, Receipt]) -> Item:
    appointment = session.appointment
    service = appointment.service if appointment is not None else None
    minutes = int((appointment.ends - appointment.starts).total_seconds()) // 60 if appointment is not None else None
    use = getattr(session, "package_use", None)
    more, cents = "", service.price_cents if service is not None else None
    if use is not None:
        package, cents = use.package, 0
        sale = sales.get(package.pk)
        part = sums.in_words(sums.share(package.price_cents, package.sessions, use.number), package.currency)
        more = f"Session {use.number} of {package.sessions} of a package; its share is {part}"
        more += f", paid with receipt {sale.name}." if sale is not None else "."
        service = service or package.service
    row = ReceiptLine(kind=Kind.SESSION, session=session)
    name = service.name if service is not None else "Massage"
    line = letters.ReceiptLine(
        day_words(session.day), name, "", str(minutes or ""), _therapist(session.therapist), more
    )
    return Item(session.pk.hex, row, line, cents)


def _fee(appointment: Appointment) -> Item:
    kind, what = FEES[Appointment.State(appointment.state)]
    row = ReceiptLine(kind=kind, appointment=appointment)
    line = letters.ReceiptLine(day_words(appointment.day), what, "", therapist=_therapist(appointment.therapist))
    return Item(appointment.pk.hex, row, line, appointment.fee_cents)


def _therapist(user: User) -> str:
    return ", ".join(said for said in (user.name, user.title) if said)


def _keep(
    actor: Actor, person: Person, kind: str, heading: str, items: Sequence[Item], currency: str, how: str, day: date,
    *, asked: Asked = Asked(), about: str = "", cancels: Receipt | None = None, why: str = "",
) -> Receipt:  # fmt: skip
    """Gives the next number and keeps the receipt with its lines. The head of the trail is locked, so none is lost."""
    if how not in HowPaid.values:
        raise BadInput("say how it was paid", "how")
    receipt = Receipt(person=person, year=day.year, number=rows.last_number(day.year) + 1, kind=kind, day=day)
    receipt.total_cents = sum(item.row.amount_cents for item in items)
    receipt.currency, receipt.paid_how, receipt.cancels, receipt.why = currency, how, cancels, why
    receipt.made, receipt.by_id = now(), hand_of(actor)
    printed = [replace(item.line, amount=sums.in_words(item.row.amount_cents, currency)) for item in items]
    receipt.data = letters.to_data(_document(receipt, heading, printed, asked, about))
    receipt.save(force_insert=True)
    for position, item in enumerate(items, 1):
        item.row.receipt, item.row.position = receipt, position
        item.row.save(force_insert=True)
    return receipt


def _document(
    receipt: Receipt, heading: str, printed: Sequence[letters.ReceiptLine], asked: Asked, about: str
) -> letters.Receipt:
    practice, person, chosen = the.the_practice(), receipt.person, rows.rules()
    assert practice is not None
    issuer = [("Registration", chosen.registration), ("Tax number", chosen.tax_number)]
    code = clean_name(asked.code, field="code") if chosen.code_label else ""
    details = [("Referred by", clean_name(asked.referred_by, field="referred_by")), (chosen.code_label, code)]
    money, total = receipt.currency, receipt.total_cents
    tax = []
    if chosen.tax_points:
        part = sums.in_words(sums.contained_tax(total, chosen.tax_points), money)
        tax.append(f"Contains {sums.rate_in_words(chosen.tax_points)} {chosen.tax_name}: {part}.")
    if chosen.tax_note:
        tax.append(chosen.tax_note)
    way = f"{HowPaid(receipt.paid_how).label.lower()}, {day_words(receipt.day)}."
    paid = f"Paid: {way}" if total > 0 else f"Paid back: {way}" if total else "Nothing is paid with this one."
    return letters.Receipt(
        practice=referring.practice_head(practice, None),
        date=receipt.day,
        person=referring.about_person(person),
        number=receipt.name,
        heading=heading,
        lines=tuple(printed),
        total=sums.in_words(total, money),
        paid=paid,
        about=about,
        address=tuple(line.strip() for line in person.address.splitlines() if line.strip()),
        issuer=tuple((label, value) for label, value in issuer if value),
        details=tuple((label, value) for label, value in details if value),
        tax=" ".join(tax),
    )
