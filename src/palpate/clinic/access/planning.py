"""Plan items and their ticks. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import QuerySet

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import Episode, PlanItem, PlanTick, Session
from palpate.clinic.refusals import NotVisible


def locked_episode(episode: Episode) -> Episode:
    """The episode as it stands in the store now, locked until the transaction ends."""
    return Episode.objects.select_for_update(of=("self",)).select_related("person").get(pk=episode.pk)


def plan_items(episode: Episode, *, active: bool = True) -> QuerySet[PlanItem]:
    """The parts of the plan that stand, or with `active=False` all that ever did, in the order in which they came."""
    found = PlanItem.objects.filter(episode=episode).order_by("created", "part", "item", "pk")
    return found.filter(active=True) if active else found


def plan_item_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> PlanItem:
    """One part of a plan, with its episode and person. Errors: NotVisible."""
    people = visible_to(actor, "clinical", to_write=to_write)
    found = PlanItem.objects.filter(pk=id, episode__person__in=people).select_related("episode__person").first()
    if found is None:
        raise NotVisible
    return found


def ticks(episode: Episode) -> QuerySet[PlanTick]:
    """Whether parts of the plan were done, newest day first; the newest row of an item and day counts."""
    return PlanTick.objects.filter(item__episode=episode).select_related("item").order_by("-day", "-at", "-pk")


def open_session_on(episode: Episode, day: date) -> Session | None:
    """The session of this day that is still open."""
    return Session.objects.filter(episode=episode, day=day, state=Session.State.OPEN).first()
