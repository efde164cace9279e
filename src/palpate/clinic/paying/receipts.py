"""Receipts: numbered without a gap in each year, never changed, and cancelled only by another receipt that names them.

What is printed is made once, when the receipt is made, and kept with it: the same receipt always gives the same PDF.
It holds no diagnosis and no clinical word. Whoever reads another language has a page in it as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from palpate import letters
from palpate.clinic import referring
from palpate.clinic.access import paying as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access.trail import locked_head
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Appointment,
    HowPaid,
    MoneyRules,
    Package,
    PackageUse,
    Person,
    Receipt,
    ReceiptLine,
    RefundRule,
    Session,
    User,
)
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.paying import packages, rules, sums
from palpate.clinic.paying.tongues import ENGLISH, LABELS, Tongue, of_person, tongue
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import hand_of
from palpate.letters.receipt import MOST_LINES

Kind = ReceiptLine.Kind
FEES = {
    Appointment.State.CANCELLED: (Kind.CANCEL_FEE, "cancel_fee"),
    Appointment.State.NO_SHOW: (Kind.NO_SHOW_FEE, "no_show_fee"),
}


@dataclass(frozen=True)
class Item:
    """Something that a receipt can be made for. `cents` is None where the amount must be told.

    `id` names it in a form; `row` is what is kept of it, `lines` what is printed, without the amount: in English, and
    in the person's own language where that is another.
    """

    id: str
    row: ReceiptLine
    lines: tuple[letters.ReceiptLine, ...]
    cents: int | None

    @property
    def line(self) -> letters.ReceiptLine:
        """What is printed, in English."""
        return self.lines[0]


@dataclass(frozen=True)
class Asked:
    """What an insurer asks for, typed by the practice; empty where it is not asked for."""

    referred_by: str = ""
    code: str = ""


def open_items(person: Person) -> list[Item]:
    """What a receipt can be made for now: sessions given, then fees for late ends. Oldest first."""
    given, spoken = list(rows.open_sessions(person)), of_person(person.language)
    sales = rows.sales_of(*{row.package_use.package_id for row in given if hasattr(row, "package_use")})
    return [_session(row, sales, spoken) for row in given] + [_fee(row, spoken) for row in rows.open_fees(person)]


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
    spoken = of_person(person.language)
    return _keep(actor, person, Receipt.Kind.PAID, "receipt", items, currency, how, day, spoken, asked=asked)


def receipt_for_package(actor: Actor, package: Package, how: str, day: date) -> Receipt:
    """The receipt for a package that was sold."""
    spoken = of_person(package.person.language)
    sold: dict[str, str | int] = {"sessions": package.sessions, "service": package.service.name}
    row = ReceiptLine(kind=Kind.PACKAGE, package=package, amount_cents=package.price_cents)
    lines = tuple(
        letters.ReceiptLine(one.day(day), one.say("package", **sold), "", more=one.say("package_more"))
        for one in spoken
    )
    item = Item("", row, lines, package.price_cents)
    return _keep(actor, package.person, Receipt.Kind.PAID, "receipt", [item], package.currency, how, day, spoken)


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
    sale, spoken = rows.sales_of(held.pk).get(held.pk), of_person(person.language)
    row = ReceiptLine(kind=Kind.REFUND, package=held, amount_cents=-found.refund)
    lines = tuple(
        letters.ReceiptLine(
            one.day(day),
            one.say("package_refund", sessions=held.sessions, service=held.service.name),
            "",
            more=" ".join(
                [worked_out(found, one), *([one.say("refund_of", receipt=sale.name)] if sale is not None else [])]
            ),
        )
        for one in spoken
    )
    item = Item("", row, lines, -found.refund)
    return _keep(actor, person, Receipt.Kind.REFUND, "refund", [item], held.currency, how, day, spoken)


def worked_out(found: packages.Standing, one: Tongue = ENGLISH) -> str:
    """How a refund comes about, in sentences."""
    package = found.package
    told: dict[str, str | int] = {"used": found.used, "sessions": package.sessions}
    for name, cents in (("paid", package.price_cents), ("kept", found.kept), ("refund", found.refund)):
        told[name] = one.amount(cents, package.currency)
    if package.refund_rule == RefundRule.LIST:
        return one.say("refund_list", **told, usual=one.amount(package.list_cents, package.currency))
    return one.say("refund_share", **told)


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
    spoken: tuple[Tongue, ...] = (ENGLISH,)
    printed: list[tuple[letters.ReceiptLine, ...]] = [(line,) for line in old.lines]
    if old.translation is not None:
        spoken = (ENGLISH, tongue(old.translation.language))
        printed = list(zip(old.lines, old.translation.lines, strict=True))
    items = []
    for line, words in zip(rows.lines_of(held), printed, strict=True):
        if line.package is not None:
            _end_or_open(line)
        row = ReceiptLine(
            kind=line.kind, session_id=line.session_id, appointment_id=line.appointment_id,
            package_id=line.package_id, amount_cents=-line.amount_cents,
        )  # fmt: skip
        items.append(Item("", row, words, -line.amount_cents))
    return _keep(
        actor, person, Receipt.Kind.CANCELLING, "cancelling", items, held.currency, held.paid_how, day, spoken,
        cancels=held, why=why,
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


def _session(session: Session, sales: Mapping[uuid.UUID | None, Receipt], spoken: Sequence[Tongue]) -> Item:
    appointment = session.appointment
    service = appointment.service if appointment is not None else None
    minutes = int((appointment.ends - appointment.starts).total_seconds()) // 60 if appointment is not None else None
    use = getattr(session, "package_use", None)
    cents = service.price_cents if service is not None else None
    if use is not None:
        cents, service = 0, service or use.package.service
    lines = tuple(
        letters.ReceiptLine(
            one.day(session.day),
            service.name if service is not None else one.say("massage"),
            "",
            str(minutes or ""),
            _therapist(session.therapist),
            _of_package(use, sales, one) if use is not None else "",
        )
        for one in spoken
    )
    return Item(session.pk.hex, ReceiptLine(kind=Kind.SESSION, session=session), lines, cents)


def _of_package(use: PackageUse, sales: Mapping[uuid.UUID | None, Receipt], one: Tongue) -> str:
    """Which session of a package this was, what its share cost, and with which receipt it was paid."""
    package, sale = use.package, sales.get(use.package.pk)
    share = one.amount(sums.share(package.price_cents, package.sessions, use.number), package.currency)
    told: dict[str, str | int] = {"number": use.number, "sessions": package.sessions, "share": share}
    if sale is None:
        return one.say("package_session", **told)
    return one.say("package_session_paid", **told, receipt=sale.name)


def _fee(appointment: Appointment, spoken: Sequence[Tongue]) -> Item:
    kind, what = FEES[Appointment.State(appointment.state)]
    row = ReceiptLine(kind=kind, appointment=appointment)
    lines = tuple(
        letters.ReceiptLine(one.day(appointment.day), one.say(what), "", therapist=_therapist(appointment.therapist))
        for one in spoken
    )
    return Item(appointment.pk.hex, row, lines, appointment.fee_cents)


def _therapist(user: User) -> str:
    return ", ".join(said for said in (user.name, user.title) if said)


def _keep(
    actor: Actor, person: Person, kind: str, heading: str, items: Sequence[Item], currency: str, how: str, day: date,
    spoken: Sequence[Tongue], *, asked: Asked = Asked(), cancels: Receipt | None = None, why: str = "",
) -> Receipt:  # fmt: skip
    """Gives the next number and keeps the receipt with its lines. The head of the trail is locked, so none is lost.

    Takes  heading: the phrase that says what it is; spoken: the languages in which it is printed.
    """
    if how not in HowPaid.values:
        raise BadInput("say how it was paid", "how")
    receipt = Receipt(person=person, year=day.year, number=rows.last_number(day.year) + 1, kind=kind, day=day)
    receipt.total_cents = sum(item.row.amount_cents for item in items)
    receipt.currency, receipt.paid_how, receipt.cancels, receipt.why = currency, how, cancels, why
    receipt.made, receipt.by_id = now(), hand_of(actor)
    receipt.data = letters.to_data(_document(receipt, heading, items, asked, spoken))
    receipt.save(force_insert=True)
    for position, item in enumerate(items, 1):
        item.row.receipt, item.row.position = receipt, position
        item.row.save(force_insert=True)
    return receipt


def _document(
    receipt: Receipt, heading: str, items: Sequence[Item], asked: Asked, spoken: Sequence[Tongue]
) -> letters.Receipt:
    practice, person, chosen = the.the_practice(), receipt.person, rows.rules()
    assert practice is not None
    code = clean_name(asked.code, field="code") if chosen.code_label else ""
    sender = clean_name(asked.referred_by, field="referred_by")
    pages = [_page(receipt, heading, at, items, one, chosen, (sender, code)) for at, one in enumerate(spoken)]
    return letters.Receipt(
        practice=referring.practice_head(practice, None),
        date=receipt.day,
        person=referring.about_person(person),
        number=receipt.name,
        address=tuple(line.strip() for line in person.address.splitlines() if line.strip()),
        translation=letters.Translation(
            language=spoken[1].language.code,
            direction=spoken[1].language.direction,
            labels=tuple((label, spoken[1].say(label)) for label in LABELS),
            date=spoken[1].day(receipt.day),
            born=spoken[1].say("born", day=spoken[1].day(person.birth_date)),
            note=spoken[1].say("translation", number=receipt.name),
            **pages[1],
        )
        if len(spoken) > 1
        else None,
        **pages[0],
    )


def _page(
    receipt: Receipt, heading: str, at: int, items: Sequence[Item], one: Tongue, chosen: MoneyRules,
    asked: tuple[str, str],
) -> dict[str, Any]:  # fmt: skip
    """What a receipt says in one language. Takes at: which of the lines of each item is in it."""
    money, total = receipt.currency, receipt.total_cents
    issuer = [(one.say("registration"), chosen.registration), (one.say("tax_number"), chosen.tax_number)]
    details = [(one.say("referred_by"), asked[0]), (chosen.code_label, asked[1])]
    tax = []
    if chosen.tax_points:
        part = one.amount(sums.contained_tax(total, chosen.tax_points), money)
        tax.append(one.say("tax", rate=sums.rate_in_words(chosen.tax_points), name=chosen.tax_name, part=part))
    if chosen.tax_note:
        tax.append(chosen.tax_note)
    way: dict[str, str | int] = {"how": one.say(f"how.{receipt.paid_how}"), "day": one.day(receipt.day)}
    about = ""
    if receipt.cancels is not None:
        held = receipt.cancels
        about = one.say("cancels", receipt=held.name, day=one.day(held.day), why=receipt.why)
    return {
        "heading": one.say(heading),
        "lines": tuple(replace(item.lines[at], amount=one.amount(item.row.amount_cents, money)) for item in items),
        "total": one.amount(total, money),
        "paid": one.say("paid", **way) if total > 0 else one.say("paid_back", **way) if total else
                one.say("paid_nothing"),
        "about": about,
        "issuer": tuple((label, value) for label, value in issuer if value),
        "details": tuple((label, value) for label, value in details if value),
        "tax": " ".join(tax),
    }  # fmt: skip
