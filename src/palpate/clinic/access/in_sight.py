"""What must stay in sight beside a decision. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db.models import DateTimeField, F, OuterRef, Subquery, UUIDField
from django.db.models.functions import Coalesce

from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.models import Answer, Clearance, Decision, Episode

_EMERGENCIES = Ready(
    lambda: (
        Decision.objects.filter(episode=Slot("episode", UUIDField()), disposition="emergency")
        .order_by("-number")
        .values_list("pk", "number", "as_of")[:1]
    )
)
_NEWER = Ready(
    lambda: Answer.objects.filter(
        episode=Slot("episode", UUIDField()), at__gt=Slot("since", DateTimeField())
    ).values_list("pk")[:1]
)


def _elsewhere() -> Ready[tuple[uuid.UUID, str, str | None]]:
    newest = Decision.objects.filter(episode=OuterRef("pk")).order_by("-number").values("disposition")[:1]
    return Ready(
        lambda: (
            Episode.objects.filter(person=Slot("person", UUIDField()), state=Episode.State.OPEN)
            .exclude(pk=Slot("episode", UUIDField()))
            .annotate(disposition=Subquery(newest))
            .order_by("opened", "pk")
            .values_list("pk", "complaint", "disposition")
        )
    )


_ELSEWHERE = _elsewhere()


def hold(episode: Episode) -> None:
    """Holds the episode until the transaction ends, so that what is numbered or unique in it is made one by one."""
    Episode.objects.select_for_update().filter(pk=episode.pk).values_list("pk").first()


def open_elsewhere(episode: Episode) -> list[tuple[uuid.UUID, str, str | None]]:
    """The other open episodes of the same person: id, complaint, newest disposition. One query."""
    return _ELSEWHERE.all(person=episode.person_id, episode=episode.pk)


def last_emergency(episode: Episode) -> tuple[uuid.UUID, int, date] | None:
    """Id, number and day of the newest decision of this episode that was an emergency."""
    return _EMERGENCIES.first(episode=episode.pk)


def answered_since(episode: Episode, moment: datetime) -> bool:
    """Whether anything was answered, or taken back, after a moment."""
    return _NEWER.first(episode=episode.pk, since=moment) is not None


def clearances_with_knowledge(episode: Episode) -> list[Clearance]:
    """Clinicians' answers that stand, oldest first, each with `knew_until`.

    That is the moment up to which the clinician can have known what the record says: of an answer to a letter, when
    the letter's decision was made, since the letter tells no more; of any other, when the answer was recorded.
    """
    found = Clearance.objects.filter(episode=episode, takes_back__isnull=True, taken_back_by__isnull=True)
    knew = Coalesce(F("letter__decision__at"), F("letter__made"), F("at"))
    return list(found.annotate(knew_until=knew).order_by("day", "at", "pk"))
