"""Reading the audit trail: by day, category, actor and person, newest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from palpate.clinic.actor import AUDITOR, OWNER, Actor
from palpate.clinic.models import ApiKey, AuditRow, User

PAGE = 1000  # rows of a download that are held at a time


@dataclass(frozen=True)
class Wanted:
    """What of the trail is looked for; everything that is given must fit."""

    since: datetime | None = None
    until: datetime | None = None
    category: str = ""
    actor: str = ""
    person: uuid.UUID | None = None


def trail(actor: Actor, wanted: Wanted) -> QuerySet[AuditRow]:
    """The rows this actor may read, newest first: owners and auditors all, everybody else their own acts."""
    rows = AuditRow.objects.order_by("-number")
    if not actor.is_any(OWNER, AUDITOR):
        rows = rows.filter(actor=actor.id) if actor.user_id is not None else rows.none()
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.actor:
        rows = rows.filter(actor=wanted.actor)
    if wanted.person is not None:
        # Neither store can look into a list of JSON in the same words, and an id is found in its text as well.
        rows = rows.annotate(told=Cast("persons", TextField())).filter(told__contains=str(wanted.person))
    return rows


def in_pages(rows: QuerySet[AuditRow]) -> Iterator[AuditRow]:
    """All rows, a page at a time, so that memory stays bounded."""
    last: int | None = None
    while True:
        page = list((rows if last is None else rows.filter(number__lt=last))[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].number


def names_of_actors() -> dict[str, str]:
    """What the trail calls an actor -> the name of that member of the staff, or of the program with that key."""
    people = {str(id): name for id, name in User.objects.values_list("pk", "name")}
    return people | {f"key:{prefix}": name for prefix, name in ApiKey.objects.values_list("prefix", "name")}


def staff() -> QuerySet[User]:
    """Everybody who works or has worked here, by name."""
    return User.objects.order_by("name", "pk")


def categories() -> list[str]:
    """The categories that stand in the trail."""
    return sorted(AuditRow.objects.order_by().values_list("category", flat=True).distinct())
