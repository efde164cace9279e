"""What the outcome page counts: courses of a year, without names, in a number of queries that does not grow."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import STAFF, Actor
from palpate.clinic.models import Decision, Episode, Letter, Person, Session, User
from palpate.clinic.refusals import NotVisible


@dataclass(frozen=True)
class Started:
    """One episode in which massage was given. It carries no name and no answer but the newest decision's bytes.

    first     day of its first session
    days      days of all its sessions with massage
    reviewed  the newest decision at moment `review`, as it was stored; empty where there is none
    """

    episode: uuid.UUID
    therapist: uuid.UUID | None
    protocol: str
    closed: bool
    own: bool
    first: date
    days: tuple[date, ...]
    reviewed: str


def years(actor: Actor) -> list[int]:
    """Years in which courses began, newest first."""
    firsts = _begun(_counted(actor)).values_list("first", flat=True)
    return sorted({first.year for first in firsts}, reverse=True)


def started_in(actor: Actor, year: int) -> list[Started]:
    """All courses of the practice whose first session was in this year, those of the actor's own people marked.

    Only counts of them may be shown to somebody who may not see the people (`palpate.clinic.outcomes` holds that).
    Errors  NotVisible for anybody but staff who may see outcomes.
    """
    newest = Decision.objects.filter(episode=OuterRef("pk"), moment="review").order_by("-number")
    found = _begun(_counted(actor)).filter(first__gte=date(year, 1, 1), first__lte=date(year, 12, 31))
    rows = list(
        found.annotate(newest=Subquery(newest.values("pk")[:1])).values(
            "pk", "person_id", "therapist_id", "protocol", "state", "first", "newest"
        )
    )
    own = set(
        visible_to(actor, "decision").filter(pk__in=[row["person_id"] for row in rows]).values_list("pk", flat=True)
    )
    answers = dict(Decision.objects.filter(pk__in=[row["newest"] for row in rows]).values_list("pk", "answer"))
    days: dict[uuid.UUID, list[date]] = {row["pk"]: [] for row in rows}
    given = Session.objects.filter(episode__in=days, massage_given=True).order_by("day")
    for episode, day in given.values_list("episode_id", "day"):
        days[episode].append(day)
    return [
        Started(
            row["pk"],
            row["therapist_id"],
            row["protocol"],
            row["state"] == Episode.State.CLOSED,
            row["person_id"] in own,
            row["first"],
            tuple(days[row["pk"]]),
            answers.get(row["newest"], ""),
        )
        for row in rows
    ]


def _counted(actor: Actor) -> QuerySet[Person]:
    """Everybody of the practice: for counting only. Errors: NotVisible."""
    if actor.user_id is None or not actor.roles <= STAFF or actor.roles == {"desk"}:
        raise NotVisible
    return Person.objects.filter(merged_into__isnull=True, locked__isnull=True)


def _begun(people: QuerySet[Person]) -> Any:
    """Episodes in which massage was given, with the day of the first session as `first`."""
    given = Episode.objects.filter(person__in=people, sessions__massage_given=True)
    return given.annotate(first=Min("sessions__day", filter=Q(sessions__massage_given=True)))


def headlines(episodes: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[date, str]]]:
    """(day, disposition) of all decisions of these episodes, in the order in which they were made."""
    found: dict[uuid.UUID, list[tuple[date, str]]] = {id: [] for id in episodes}
    rows = Decision.objects.filter(episode__in=episodes).order_by("number")
    for episode, day, disposition in rows.values_list("episode_id", "as_of", "disposition"):
        found[episode].append((day, disposition))
    return found


def referrals_unanswered(episodes: Sequence[uuid.UUID]) -> int:
    """How many letters of these episodes still wait for a clinician's answer."""
    kinds = (Letter.Kind.REFERRAL, Letter.Kind.URGENT)
    waiting = Letter.objects.filter(episode__in=episodes, kind__in=kinds)
    return waiting.filter(answered__isnull=True, closed__isnull=True).count()


def therapist_names() -> dict[uuid.UUID, str]:
    """Names of the staff, for the groups by therapist."""
    return dict(User.objects.values_list("pk", "name"))
