"""What the next step of an episode hangs on. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

from palpate.clinic.models import Episode, Letter, Session


def open_session(episode: Episode) -> Session | None:
    """The session whose note is not signed yet, the newest first."""
    unsigned = Session.objects.filter(episode=episode).exclude(state=Session.State.SIGNED)
    return unsigned.order_by("-day", "-started").first()


def open_referral(episode: Episode) -> bool:
    """Whether a referral for an examination or clearance waits for its answer."""
    waiting = Letter.objects.filter(episode=episode, kind=Letter.Kind.REFERRAL)
    return waiting.filter(answered__isnull=True, closed__isnull=True).exists()
