"""What the next step of an episode hangs on. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from palpate.clinic.models import Consent, Episode, Letter, Session


def open_session(episode: Episode) -> Session | None:
    """The session whose note is not signed yet, the newest first."""
    unsigned = Session.objects.filter(episode=episode).exclude(state=Session.State.SIGNED)
    return unsigned.order_by("-day", "-started").first()


def has_standing_consent(episode: Episode, today: date) -> bool:
    """Whether a consent was given that is neither withdrawn nor expired. Which areas it covers is asked elsewhere."""
    given = Consent.objects.filter(episode=episode, withdraws__isnull=True, withdrawals__isnull=True)
    return given.filter(Q(expires__isnull=True) | Q(expires__gte=today), kind__in=("general", "guardian")).exists()


def open_referral(episode: Episode) -> bool:
    """Whether a referral for an examination or clearance waits for its answer."""
    waiting = Letter.objects.filter(episode=episode, kind=Letter.Kind.REFERRAL)
    return waiting.filter(answered__isnull=True, closed__isnull=True).exists()
