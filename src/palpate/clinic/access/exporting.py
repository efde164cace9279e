"""Every table of the practice, one row after the other, for exports. What a person may have is listed here (S-48)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from palpate.clinic.access.people import records_of
from palpate.clinic.models import AuditRow, Merge, Person

PAGE = 500  # rows held at a time
FILE_PAGE = 4  # of uploads, which hold their bytes

# Whose a row is: the way from its table to a person. Everything here is in the export of one person.
PERSONAL: dict[str, str] = {
    "Person": "pk",
    "CareTeam": "person",
    "BreakGlass": "person",
    "Merge": "kept",
    "Episode": "person",
    "Appointment": "person",
    "HeldSession": "person",
    "Waiting": "person",
    "Offer": "waiting__person",
    "Upload": "person",
    "Consent": "episode__person",
    "Answer": "episode__person",
    "BodyDrawing": "episode__person",
    "Measure": "episode__person",
    "Session": "episode__person",
    "Touch": "session__episode__person",
    "Note": "session__episode__person",
    "Amendment": "note__session__episode__person",
    "Decision": "episode__person",
    "Override": "decision__episode__person",
    "Clearance": "episode__person",
    "Letter": "episode__person",
    "ReferralLink": "letter__episode__person",
    "PlanItem": "episode__person",
    "PlanTick": "item__episode__person",
    "AdverseEvent": "episode__person",
    "PhoneLink": "person",
    "PhoneSent": "episode__person",
    "PhoneSeen": "sent__episode__person",
    "Wish": "person",
    "Package": "person",
    "PackageUse": "package__person",
    "Receipt": "person",
    "ReceiptLine": "receipt__person",
    "Message": "person",
    "Call": "person",
    "AuditRow": "",  # by the ids it names
}
# What belongs to the practice as a whole, beside the tables above.
PRACTICE = (
    "Practice",
    "Site",
    "Room",
    "User",
    "PublishedPathway",
    "PathwayCopy",
    "ApiKey",
    "Notice",
    "Service",
    "Gives",
    "TherapistHours",
    "HoursException",
    "Holiday",
    "BookRules",
    "MoneyRules",
    "MessageSettings",
    "MessageText",
    "CalendarFeed",
    "Erasure",  # ids only: the person themselves is gone, or waits for the date
)
# What is never exported: marks of forms, jobs and counts, hashes of secrets, the head of the trail.
LEFT_OUT = ("AccountLink", "AuditHead", "FormKey", "Job", "Throttle")
SECRET = frozenset({"password", "secret_hash", "session_epoch"})


def model_of(name: str) -> type[Model]:
    """The table of a name."""
    return apps.get_model("clinic", name)


def columns(name: str) -> list[str]:
    """The columns of a table that may leave the store, in the order of the table."""
    return [field.attname for field in model_of(name)._meta.concrete_fields if field.attname not in SECRET]


def rows_of_person(person: Person, name: str) -> QuerySet[Any]:
    """The rows of one table about a person, those of records that were merged into theirs included."""
    ids = records_of(person)
    rows: QuerySet[Any] = model_of(name)._default_manager.all()
    if name == "AuditRow":
        return _trail_about(ids)
    if name == "Merge":
        return Merge.objects.filter(Q(kept__in=ids) | Q(given_up__in=ids))
    return rows.filter(**{f"{PERSONAL[name]}__in": ids})


def _trail_about(ids: Iterable[uuid.UUID]) -> QuerySet[AuditRow]:
    named = Q()
    for id in ids:
        named |= Q(told__contains=str(id))
    return AuditRow.objects.annotate(told=Cast("persons", TextField())).filter(named)


def all_rows(name: str) -> QuerySet[Any]:
    """All rows of one table."""
    return model_of(name)._default_manager.all()


def in_pages(rows: QuerySet[Any], name: str) -> Iterator[dict[str, Any]]:
    """The rows as dictionaries of their columns, by their ids, a page at a time."""
    wanted, size = columns(name), FILE_PAGE if name == "Upload" else PAGE
    rows = rows.order_by("pk").values(*wanted, "pk")
    last: Any = None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last))[:size])
        for row in page:
            last = row.pop("pk")
            yield row
        if len(page) < size:
            return


class OneMoment:
    """Reads what a download holds in one snapshot of the store, though the act that allowed it has ended.

    Within a transaction that is open already it does nothing: that one decides what is seen.
    """

    def __enter__(self) -> None:
        self.mine = not connection.in_atomic_block
        if self.mine:
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if connection.vendor == "postgresql" else "BEGIN"
            with connection.cursor() as cursor:
                cursor.execute(begin)

    def __exit__(self, *_: object) -> None:
        if self.mine:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
