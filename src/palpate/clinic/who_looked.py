"""Who looked at a person's record, at what of it, and when (S-47): the rows of the trail that name the person.

The list that people get on their own telephone (`my_plan.readers`) comes from the same rows, with roles instead of
names. What stands here is for the practice to hand over: names of the staff, and no one else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from palpate.clinic.access.audit_list import in_pages, names_of_actors
from palpate.clinic.access.exporting import rows_of_person
from palpate.clinic.models import AuditRow, Person

# What a row of the trail is about, in words for the person whose record it is.
ABOUT = {
    "answers": "answers",
    "appointment": "appointments",
    "audit": "who looked",
    "contact": "contact data",
    "consent": "consent",
    "decision": "decision",
    "document": "letters and files",
    "episode": "episode and plan",
    "erase": "erasure",
    "export": "export",
    "glass": "record, outside the care team",
    "link": "what a link leads to",
    "notes": "sessions and notes",
}
ROLES = {"owner": "owner", "therapist": "therapist", "desk": "front desk", "auditor": "auditor", "program": "program"}
HEADER = ("when", "who", "role", "about", "did")


@dataclass(frozen=True)
class Look:
    """One row: when, in UTC; who, by name or by what they are; in which role; about what; read, changed or refused."""

    at: datetime
    who: str
    role: str
    about: str
    did: str


def rows_about(person: Person) -> QuerySet[AuditRow]:
    """The rows of the trail that name a person, also under records that were merged into theirs, newest first."""
    rows: QuerySet[AuditRow] = rows_of_person(person, "AuditRow")
    return rows.order_by("-number")


def looks(rows: Iterable[AuditRow]) -> Iterator[Look]:
    """The rows in words."""
    names = names_of_actors()
    for row in rows:
        roles = row.roles.split()
        did = "was refused" if row.outcome != "done" else "changed" if row.change else "read"
        yield Look(
            row.at,
            names.get(row.actor) or _without_name(row.actor, roles),
            ", ".join(ROLES[role] for role in roles if role in ROLES),
            ABOUT.get(row.category, "other"),
            did,
        )


def lines(person: Person, time_zone: str) -> Iterator[tuple[str, ...]]:
    """All of them as lines of a table, times by the practice's clock; a page at a time."""
    zone = ZoneInfo(time_zone)
    for look in looks(in_pages(rows_about(person))):
        yield f"{look.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", look.who, look.role, look.about, look.did


def _without_name(actor: str, roles: list[str]) -> str:
    if actor.startswith("link:"):
        return "the person, by link" if "person" in roles else "a clinician, by link"
    if actor.startswith("feed:"):
        return "a calendar"
    return {"nobody": "nobody signed in", "program": "the program"}.get(actor, "a program")
