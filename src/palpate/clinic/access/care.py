"""Episodes and what belongs to them. Everything hangs on a person whom the actor may see."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TypeVar

from django.db.models import Model, QuerySet, UUIDField

from palpate.clinic.access.once import once
from palpate.clinic.access.people import Sees, is_seen, sees, visible_to
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Answer,
    Clearance,
    Consent,
    Decision,
    Episode,
    Letter,
    Measure,
    Session,
    Touch,
)
from palpate.clinic.moment import now
from palpate.clinic.refusals import NotVisible

Found = TypeVar("Found", bound=Model)


def _one(rows: QuerySet[Found], id: uuid.UUID) -> Found:
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def episodes(actor: Actor, scope: str = "decision", *, to_write: bool = False) -> QuerySet[Episode]:
    """Episodes of the people whom the actor may see in this scope."""
    return Episode.objects.filter(person__in=visible_to(actor, scope, to_write=to_write)).select_related("person")


def episode_of(actor: Actor, id: uuid.UUID, scope: str = "decision", *, to_write: bool = False) -> Episode:
    """One episode. Errors: NotVisible."""
    who = sees(actor, scope, to_write=to_write)
    found = _episode_seen(who).first(user=actor.user_id, at=now(), id=id) if any(who) else None
    if found is None:
        raise NotVisible
    return found


@lru_cache(maxsize=8)
def _episode_seen(who: Sees) -> Ready[Episode]:
    rows = Episode.objects.select_related("person")
    return Ready(lambda: rows.filter(is_seen(who, "person"), pk=Slot("id", UUIDField()))[:1])


def session_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Session:
    """One session, with its episode and person. Errors: NotVisible."""
    who = sees(actor, "clinical", to_write=to_write)
    found = _session_seen(who).first(user=actor.user_id, at=now(), id=id) if any(who) else None
    if found is None:
        raise NotVisible
    return found


@lru_cache(maxsize=8)
def _session_seen(who: Sees) -> Ready[Session]:
    rows = Session.objects.select_related("episode__person")
    return Ready(lambda: rows.filter(is_seen(who, "episode__person"), pk=Slot("id", UUIDField()))[:1])


def letter_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Letter:
    """One letter. Errors: NotVisible."""
    people = visible_to(actor, "document", to_write=to_write)
    return _one(Letter.objects.filter(episode__person__in=people).select_related("episode__person"), id)


def decision_of(actor: Actor, id: uuid.UUID) -> Decision:
    """One stored decision. Errors: NotVisible."""
    people = visible_to(actor, "decision")
    return _one(Decision.objects.filter(episode__person__in=people).select_related("episode__person"), id)


# What follows takes an episode or session that the actor was already allowed to see.


def answers(episode: Episode) -> QuerySet[Answer]:
    """All answers of an episode, oldest first: the newest of a fact counts."""
    return Answer.objects.filter(episode=episode).order_by("at", "number", "pk")


def measures(episode: Episode) -> QuerySet[Measure]:
    """All scores of an episode in the order in which they were taken."""
    return Measure.objects.filter(episode=episode).order_by("day", "at", "pk")


def sessions(episode: Episode) -> QuerySet[Session]:
    return Session.objects.filter(episode=episode).order_by("day", "started")


def touches(session: Session) -> QuerySet[Touch]:
    return Touch.objects.filter(session=session).order_by("number")


def clearances(episode: Episode) -> QuerySet[Clearance]:
    """Clinicians' answers that stand: those taken back and their withdrawals left out."""
    found = Clearance.objects.filter(episode=episode, takes_back__isnull=True, taken_back_by__isnull=True)
    return found.order_by("day", "at", "pk")


def consents(episode: Episode) -> QuerySet[Consent]:
    return Consent.objects.filter(episode=episode).order_by("at", "pk")


def decisions(episode: Episode) -> QuerySet[Decision]:
    """Stored decisions, newest first."""
    return Decision.objects.filter(episode=episode).order_by("-number")


_NEWEST = Ready(lambda: Decision.objects.filter(episode=Slot("episode", UUIDField())).order_by("-number")[:1])


def newest_decision(episode: Episode) -> Decision | None:
    """The newest stored decision."""
    return once(("decision", episode.pk), lambda: _NEWEST.first(episode=episode.pk))


def letters(episode: Episode) -> QuerySet[Letter]:
    return Letter.objects.filter(episode=episode).order_by("-made")
