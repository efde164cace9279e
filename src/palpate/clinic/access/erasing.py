"""Every row of one person, to be locked or destroyed (S-49). The list of whose is `exporting.PERSONAL`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, Model, Q, QuerySet

from palpate.clinic.access.exporting import PERSONAL, model_of, rows_of_person
from palpate.clinic.access.people import records_of
from palpate.clinic.models import (
    Appointment,
    Episode,
    Erasure,
    FormKey,
    Notice,
    Package,
    Person,
    PhoneLink,
    PhoneSent,
    Session,
)
from palpate.clinic.refusals import NotVisible

AT_ONCE = 500  # ids in one statement
# What must be kept, and the column that says when it was written: the clinical record, and what was paid.
HAS_TO_STAY: Mapping[str, str] = {
    "Episode": "opened",
    "Consent": "at",
    "Answer": "at",
    "BodyDrawing": "at",
    "Measure": "at",
    "Session": "started",
    "Touch": "at",
    "Note": "signed_at",
    "Amendment": "at",
    "Decision": "at",
    "Override": "at",
    "Clearance": "at",
    "Letter": "made",
    "PlanItem": "created",
    "PlanTick": "at",
    "AdverseEvent": "at",
    "Upload": "at",
    "PhoneSent": "at",
    "Package": "made",
    "Receipt": "made",
}
# What is no part of the record and need not stay: messages and calls, waiting and what was proposed, wishes, links.
NEED_NOT_STAY = ("Call", "Message", "Offer", "Waiting", "HeldSession", "Wish", "ReferralLink")
CONTACT = ("phone", "email", "address", "emergency_contact", "doctor", "contact_by")


def last_contact(person: Person, time_zone: str) -> date | None:
    """The last day on which something that has to stay was written, or a visit took place; None where there is none."""
    found = [
        rows_of_person(person, name).aggregate(last=Max(column))["last"]
        for name, column in HAS_TO_STAY.items()
    ]  # fmt: skip
    found += [rows_of_person(person, "Episode").aggregate(last=Max("closed"))["last"]]
    found += [
        rows_of_person(person, "Appointment").filter(state=Appointment.State.DONE).aggregate(last=Max("ends"))["last"]
    ]
    instants: list[datetime] = [at for at in found if at is not None]
    return max(instants).astimezone(ZoneInfo(time_zone)).date() if instants else None


def in_the_way(person: Person, at: datetime) -> tuple[bool, bool, bool, bool]:
    """Whether an episode is open, an appointment is still to come, a session has no signed note yet, and sessions that
    were paid for are left."""
    ids = records_of(person)
    return (
        Episode.objects.filter(person_id__in=ids, state=Episode.State.OPEN).exists(),
        Appointment.objects.filter(person_id__in=ids, ends__gt=at)
        .filter(state__in=[Appointment.State.BOOKED, Appointment.State.ARRIVED])
        .exists(),
        Session.objects.filter(episode__person_id__in=ids).exclude(state=Session.State.SIGNED).exists(),
        Package.objects.filter(person_id__in=ids, state=Package.State.OPEN).exists(),
    )


def take_what_need_not_stay(person: Person, at: datetime) -> dict[str, int]:
    """Takes away everything that is no part of the record, empties contact data, and locks. Call inside an act.

    Returns  how many rows of which table went.
    """
    ids = records_of(person)
    gone = {}
    for name in NEED_NOT_STAY:
        gone[name] = _delete(model_of(name), rows_of_person(person, name).values_list("pk", flat=True))
    links = PhoneLink.objects.filter(person_id__in=ids)
    used = PhoneSent.objects.filter(link__in=links).values_list("link_id", flat=True)
    gone["PhoneLink"] = _delete(PhoneLink, links.exclude(pk__in=used).values_list("pk", flat=True))
    links.filter(revoked__isnull=True, spent__isnull=True).update(revoked=at)
    links.update(draft={})
    Person.objects.filter(pk__in=ids).update(locked=at, **dict.fromkeys(CONTACT, ""))
    _forget_passing(ids)
    return {name: count for name, count in gone.items() if count}


def _forget_passing(ids: Iterable[uuid.UUID]) -> None:
    """Notices that lead to the person, and first answers that are kept for two days, whoever they are about."""
    leads = Q()
    for id in ids:
        leads |= Q(url__contains=str(id))
    Notice.objects.filter(leads).delete()
    FormKey.objects.exclude(body="").delete()


def all_of(person: Person) -> dict[type[Model], list[Any]]:
    """The keys of every row about a person, by table, but for the trail."""
    return {
        model_of(name): list(rows_of_person(person, name).values_list("pk", flat=True))
        for name in PERSONAL
        if name != "AuditRow"
    }


def destroy(rows: Mapping[type[Model], list[Any]]) -> None:
    """Takes rows away for good. Call inside an act, with the seals of their tables lifted."""
    _forget_passing(rows.get(Person, ()))
    for model, keys in rows.items():
        _delete(model, keys)


def _delete(model: type[Model], keys: Iterable[Any]) -> int:
    """Deletes by key in plain statements: foreign keys are looked at when all is gone, so the order does not matter."""
    column = model._meta.pk
    assert column is not None
    found = [column.get_db_prep_value(key, connection) for key in keys]
    with connection.cursor() as cursor:
        for at in range(0, len(found), AT_ONCE):
            some = found[at : at + AT_ONCE]
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE "{column.column}" IN ({marks})', some)
    return len(found)


def bring_back(person: Person) -> None:
    """Unlocks a record."""
    Person.objects.filter(pk__in=records_of(person)).update(locked=None)


def any_person(id: uuid.UUID) -> Person | None:
    """A person who may be locked; None where the record is gone, or belongs to another by a merge."""
    return Person.objects.filter(pk=id, merged_into__isnull=True).first()


def erasures() -> QuerySet[Erasure]:
    """All erasures, those that are due first."""
    return Erasure.objects.select_related("by", "destroyed_by").order_by("destroyed", "until", "pk")


def erasure_of(id: uuid.UUID) -> Erasure:
    """One erasure, locked. Errors: NotVisible."""
    found = Erasure.objects.select_for_update(of=("self",)).filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def count_due(day: date) -> int:
    """How many records wait to be destroyed and need be kept no longer on a day."""
    return Erasure.objects.filter(destroyed__isnull=True, until__lt=day).count()


def erasure_for(person: uuid.UUID) -> Erasure | None:
    """The erasure of a person."""
    return Erasure.objects.filter(person=person).first()


def waiting_people(rows: Iterable[Erasure]) -> dict[uuid.UUID, Person]:
    """The people whose records wait for their date."""
    wanted = [row.person for row in rows if row.destroyed is None]
    return {person.pk: person for person in Person.objects.filter(pk__in=wanted, locked__isnull=False)}


def empty_log() -> bool:
    """Moves SQLite's log into its file and empties it, so that no deleted word stands there. Call outside a
    transaction. Returns whether it could be done: somebody may be reading."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
    return row is None or not row[0]
