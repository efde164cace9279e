"""Adverse events. Rows hang on people whom the actor may see; counts name nobody."""

from __future__ import annotations

import uuid

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import AdverseEvent, Answer, Episode, Measure
from palpate.clinic.refusals import NotVisible


def events(actor: Actor) -> QuerySet[AdverseEvent]:
    """Adverse events of the actor's own people, the newest first."""
    people = visible_to(actor, "clinical")
    found = AdverseEvent.objects.filter(episode__person__in=people).select_related("episode__person", "by")
    return found.order_by("-began", "-at")


def event_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> AdverseEvent:
    """One adverse event, with its episode and person. Errors: NotVisible."""
    people = visible_to(actor, "clinical", to_write=to_write)
    found = AdverseEvent.objects.filter(pk=id, episode__person__in=people)
    row = found.select_related("episode__person", "by", "session").first()
    if row is None:
        raise NotVisible
    return row


def counts(actor: Actor) -> list[tuple[object, str, int]]:
    """(first day of the month, severity, how many) over the people whose decisions the actor may see, newest first.

    Numbers only: neither who, nor what happened.
    """
    people = visible_to(actor, "decision")
    rows = AdverseEvent.objects.filter(episode__person__in=people).annotate(month=TruncMonth("began"))
    told = rows.values("month", "severity").annotate(many=Count("pk")).order_by("-month", "severity")
    return [(row["month"], row["severity"], row["many"]) for row in told]


def events_of(episode: Episode) -> list[AdverseEvent]:
    """The adverse events of an episode that the actor was already allowed to see, oldest first."""
    return list(AdverseEvent.objects.filter(episode=episode).select_related("by").order_by("began", "at"))


def locked_event(event: AdverseEvent) -> AdverseEvent:
    """The event as it stands in the store now, locked until the transaction ends."""
    return AdverseEvent.objects.select_for_update(of=("self",)).select_related("episode__person").get(pk=event.pk)


def soreness(episode: Episode) -> QuerySet[Measure]:
    """Ratings of soreness, oldest first."""
    return Measure.objects.filter(episode=episode, name="soreness_nrs").order_by("day", "at")


def told_by_answer(episode: Episode, facts: tuple[str, ...]) -> QuerySet[Answer]:
    """Answers to these questions, oldest first."""
    return Answer.objects.filter(episode=episode, fact__in=facts).order_by("at", "number")
