"""Receipts and packages as pages show them, also where other pages point to them."""

from __future__ import annotations

from typing import Any

from palpate.clinic.access import paying as rows
from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import DESK, OWNER, THERAPIST, Actor
from palpate.clinic.models import Appointment, Package, Person
from palpate.clinic.paying.packages import Standing, has_stopped, standing_of
from palpate.clinic.paying.receipts import worked_out
from palpate.clinic.paying.sums import in_words
from palpate.web.page import address


def card(actor: Actor, person: Person) -> dict[str, Any] | None:
    """What other pages show of a person's packages: the unused part, and what is due back where massage has stopped.

    None for an actor who sees no payments. Two queries for a person without packages that are open.
    """
    if not may_pay(actor):
        return None
    left = [one for one in standing_of(person) if one.left]
    return {
        "url": address("payments", person=person.pk),
        "packages": [package(one) for one in left],
        "stopped": bool(left) and has_stopped(person),
    }


def may_pay(actor: Actor) -> bool:
    """Whether an actor sees payments of the people whose appointments they see."""
    return actor.is_any(OWNER, DESK, THERAPIST)


def package(one: Standing) -> dict[str, Any]:
    """One package in words."""
    row = one.package
    return {
        "row": row,
        "left": one.left,
        "used": one.used,
        "open": row.state == Package.State.OPEN,
        "price": in_words(row.price_cents, row.currency),
        "refund": in_words(one.refund, row.currency),
        "how": worked_out(one),
    }


def receipt_url(actor: Actor, appointment: Appointment) -> str:
    """Where a receipt for an appointment is made; empty where there is nothing to pay, or it stands on one already."""
    if not actor.is_any(OWNER, DESK):
        return ""
    person = appointment.person
    if not visible_to(actor, "appointment", to_write=True).filter(pk=person.pk).exists():
        return ""
    for session in rows.open_sessions(person):
        if session.appointment_id == appointment.pk:
            return f"{address('receipt-new', person=person.pk)}?only={session.pk.hex}"
    if rows.open_fees(person).filter(pk=appointment.pk).exists():
        return f"{address('receipt-new', person=person.pk)}?only={appointment.pk.hex}"
    return ""
