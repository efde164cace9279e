"""What the next step of an episode hangs on. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

from django.db.models import UUIDField

from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.models import Episode, Letter

_WAITING = Ready(
    lambda: Letter.objects.filter(
        episode=Slot("episode", UUIDField()), kind=Letter.Kind.REFERRAL, answered__isnull=True, closed__isnull=True
    ).values_list("pk")[:1]
)


def open_referral(episode: Episode) -> bool:
    """Whether a referral for an examination or clearance waits for its answer."""
    return _WAITING.first(episode=episode.pk) is not None
