"""Receipts and packages: whose they are, what has been paid, and what is still to be receipted.

Whoever asks comes with a person that they may see. Receipts are never changed, so they stay with the record they were
made for; everything here reads the records that were merged into the person's as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Count, Max, Q, QuerySet

from palpate.clinic.access.people import records_of
from palpate.clinic.models import (
    Appointment,
    Decision,
    Episode,
    MoneyRules,
    Package,
    PackageUse,
    Person,
    Receipt,
    ReceiptLine,
    Session,
)
from palpate.clinic.refusals import NotVisible


def rules() -> MoneyRules:
    """What stands on receipts; where the practice has chosen nothing, a row that says nothing."""
    return MoneyRules.objects.order_by("pk").first() or MoneyRules()


def locked_rules() -> MoneyRules:
    """The same, locked until the transaction ends."""
    return MoneyRules.objects.select_for_update().order_by("pk").first() or MoneyRules()


def last_number(year: int) -> int:
    """The number of the newest receipt of a year, 0 before the first. Call with the head of the trail locked."""
    found = Receipt.objects.filter(year=year).aggregate(most=Max("number"))["most"]
    return int(found or 0)


def receipts_of(person: Person) -> QuerySet[Receipt]:
    """A person's receipts, newest first, each with the receipt that it cancels or that cancels it."""
    rows = Receipt.objects.filter(person_id__in=records_of(person))
    return rows.select_related("cancels", "cancelled_by", "by").order_by("-year", "-number")


def receipt_of(person: Person, id: uuid.UUID) -> Receipt:
    """One receipt of a person. Errors: NotVisible."""
    found = receipts_of(person).filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def lines_of(receipt: Receipt) -> list[ReceiptLine]:
    """The lines of a receipt in their order."""
    return list(ReceiptLine.objects.filter(receipt=receipt).select_related("package").order_by("position"))


def packages_of(person: Person) -> list[Package]:
    """A person's packages, oldest first, each with `used`: how many of its sessions were taken."""
    rows = Package.objects.filter(person_id__in=records_of(person)).select_related("service")
    found: list[Package] = []
    for row in rows.annotate(taken=Count("uses")).order_by("bought", "made"):
        row.used = row.taken
        found.append(row)
    return found


def package_of(person: Person, id: uuid.UUID) -> Package:
    """One package of a person. Errors: NotVisible."""
    found = next((row for row in packages_of(person) if row.pk == id), None)
    if found is None:
        raise NotVisible
    return found


def locked_package(package: Package) -> tuple[Package, int]:
    """The package as it stands now, locked until the transaction ends, and how many of its sessions were taken."""
    held = Package.objects.select_for_update(of=("self",)).select_related("service", "person").get(pk=package.pk)
    return held, PackageUse.objects.filter(package=held).count()


def sales_of(*packages: uuid.UUID) -> dict[uuid.UUID | None, Receipt]:
    """By the id of each of these packages, the receipt with which it was paid."""
    lines = ReceiptLine.objects.filter(package_id__in=packages, kind=ReceiptLine.Kind.PACKAGE)
    lines = lines.filter(receipt__kind=Receipt.Kind.PAID).select_related("receipt")
    return {line.package_id: line.receipt for line in lines}


def use_of(session: Session) -> PackageUse | None:
    """The place in a package from which a session was taken."""
    return PackageUse.objects.filter(session=session).select_related("package").first()


def _standing(lines: QuerySet[ReceiptLine]) -> QuerySet[ReceiptLine]:
    """Lines of receipts that were not cancelled."""
    return lines.filter(receipt__kind=Receipt.Kind.PAID, receipt__cancelled_by__isnull=True)


def open_sessions(person: Person) -> QuerySet[Session]:
    """Sessions with massage given that stand on no receipt, oldest first."""
    done = _standing(ReceiptLine.objects.filter(session__isnull=False)).values("session_id")
    rows = Session.objects.filter(episode__person_id__in=records_of(person), massage_given=True).exclude(pk__in=done)
    return rows.select_related(
        "therapist", "episode", "appointment__service", "package_use__package__service"
    ).order_by("day", "started")


def open_fees(person: Person) -> QuerySet[Appointment]:
    """Appointments with a fee for a late end that stand on no receipt, oldest first."""
    done = _standing(ReceiptLine.objects.filter(appointment__isnull=False)).values("appointment_id")
    ended = Q(state=Appointment.State.CANCELLED) | Q(state=Appointment.State.NO_SHOW)
    rows = Appointment.objects.filter(ended, person_id__in=records_of(person), fee_cents__gt=0).exclude(pk__in=done)
    return rows.select_related("therapist", "service").order_by("starts", "pk")


def courses(person: Person) -> list[tuple[Episode, list[Decision]]]:
    """A person's episodes with their decisions, newest first: whether massage goes on. Two queries."""
    episodes = {row.pk: row for row in Episode.objects.filter(person=person)}
    found: dict[uuid.UUID, list[Decision]] = {id: [] for id in episodes}
    for decision in _decisions(episodes):
        found[decision.episode_id].append(decision)
    return [(episodes[id], decisions) for id, decisions in found.items()]


def _decisions(episodes: Iterable[uuid.UUID]) -> QuerySet[Decision]:
    rows = Decision.objects.filter(episode_id__in=list(episodes)).order_by("-number")
    return rows.only("episode_id", "number", "disposition", "at")
