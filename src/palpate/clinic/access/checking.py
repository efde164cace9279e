"""What a check and a discharge read and lock. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from palpate.clinic.models import Episode, Letter, Measure, PlanItem, Session


def given_days(episode: Episode) -> list[date]:
    """The days of the signed sessions in which massage was given, oldest first."""
    found = Session.objects.filter(episode=episode, massage_given=True).order_by("day", "started")
    return list(found.values_list("day", flat=True))


def unsigned(episode: Episode) -> Session | None:
    """A session whose note is not signed yet."""
    return Session.objects.filter(episode=episode).exclude(state=Session.State.SIGNED).order_by("day").first()


def locked(episode: Episode) -> Episode:
    """The episode as it stands in the store now, locked until the transaction ends."""
    return Episode.objects.select_for_update(of=("self",)).select_related("person").get(pk=episode.pk)


def newest_measure(episode: Episode) -> Measure | None:
    """The score that was written down last."""
    return Measure.objects.filter(episode=episode).order_by("at", "pk").last()


def next_letters(episode: Episode) -> QuerySet[Letter]:
    """Letters to a next treatment, newest first."""
    return Letter.objects.filter(episode=episode, kind=Letter.Kind.NEXT).order_by("-made")


def plan_change(episode: Episode) -> PlanItem | None:
    """The one thing that was changed last, if it still stands."""
    return PlanItem.objects.filter(episode=episode, part="change", active=True).order_by("-created").first()
