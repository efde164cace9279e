"""What the intake reads and locks. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

from django.db.models import F, QuerySet

from palpate.clinic.models import Answer, BodyDrawing, Episode, Session


def answers_with_names(episode: Episode) -> QuerySet[Answer]:
    """All answers of an episode with who wrote them down, oldest first: the newest of a fact counts."""
    return Answer.objects.filter(episode=episode).select_related("by").order_by("at", "number", "pk")


def newest_drawing(episode: Episode) -> BodyDrawing | None:
    """Where it hurts, as it was drawn last."""
    return BodyDrawing.objects.filter(episode=episode).order_by("at", "pk").last()


def has_sessions_given(episode: Episode) -> bool:
    """Whether the course has begun."""
    return Session.objects.filter(episode=episode, massage_given=True).exists()


def raise_version(episode: Episode, seen: int) -> bool:
    """Raises the episode's version by one, if it is still the one that was seen (S-56). False: somebody was quicker.

    The row stays locked until the act ends, so of two acts that saw the same version only one goes on.
    """
    raised = Episode.objects.filter(pk=episode.pk, version=seen).update(version=F("version") + 1)
    if raised:
        episode.version = seen + 1
    return bool(raised)
