"""What the store knows of time: when the newest row of the trail was written, and what a wrong clock left behind."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db.models import Q

from palpate.clinic.models import AccountLink, AuditHead, PhoneLink, ReferralLink, Throttle


def latest() -> datetime | None:
    """The latest time of any row of the trail since the clock was last accepted; None where nothing was written."""
    return AuditHead.objects.filter(pk=1).values_list("latest", flat=True).first()


def set_latest(at: datetime) -> None:
    """From now on the trail is measured from this time."""
    AuditHead.objects.filter(pk=1).update(latest=at)


def end_what_came_later(at: datetime) -> dict[str, int]:
    """Ends what a clock that ran ahead would keep alive too long. Returns how many of each.

    Links made after `at` end. Sessions carry times of their own and end, all of them. Counts of tries begin anew.
    """
    open_one = Q(revoked__isnull=True, spent__isnull=True, made__gt=at)
    return {
        "referral_links": ReferralLink.objects.filter(open_one).update(revoked=at),
        "phone_links": PhoneLink.objects.filter(open_one).update(revoked=at, draft={}),
        "account_links": AccountLink.objects.filter(spent__isnull=True, made__gt=at).update(spent=at),
        "sessions": Session.objects.all().delete()[0],
        "counts": Throttle.objects.all().delete()[0],
    }
