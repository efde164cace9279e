"""Addresses under which a therapist's own calendar program reads when they are booked (S-37).

Whoever has the address reads the feed; there is no other key to it. So it holds 256 random bits, is shown once, and can
be ended at any time.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import timedelta

from palpate.clinic import moment
from palpate.clinic.access import messages as rows
from palpate.clinic.access import throttle as counts
from palpate.clinic.actor import THERAPIST, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import CalendarFeed
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict, Forbidden

BYTES = 32  # 256 bits
LONGEST_NAME, LONGEST_SECRET, MOST = 60, 64, 10
READS, READS_IN = 60, timedelta(hours=1)  # S-40


def make_feed(actor: Actor, name: str) -> tuple[CalendarFeed, str]:
    """A new address for the actor's own calendar. Call inside an act.

    Returns  its row, and the secret in it, which is shown once and kept nowhere.
    Errors   BadInput by field; Forbidden for whoever treats nobody.
    """
    deed = open_deed()
    if actor.user_id is None or not actor.is_any(THERAPIST):
        raise Forbidden("Only who treats people has a calendar here. Nothing was done.")
    name = clean_name(name, field="name")
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"say which calendar reads it, in 1 to {LONGEST_NAME} characters", "name")
    if sum(feed.revoked is None for feed in rows.feeds_of(actor.user_id)) >= MOST:
        raise BadInput(f"there are {MOST} addresses already; end one first", "name")
    secret = secrets.token_urlsafe(BYTES)
    feed = CalendarFeed(therapist_id=actor.user_id, name=name, secret_hash=_hash(secret), made=moment.now())
    feed.save(force_insert=True)
    deed.about["feed"] = str(feed.pk)
    return feed, secret


def revoke_feed(feed: CalendarFeed) -> None:
    """Ends an address at once. Call inside an act. Errors: Conflict where it has ended already."""
    open_deed().about["feed"] = str(feed.pk)
    if feed.revoked is not None:
        raise Conflict("This address was ended before. Nothing was changed.")
    feed.revoked = moment.now()
    feed.save(update_fields=["revoked"])


def feed_of(secret: str) -> CalendarFeed | None:
    """The feed of a secret; None for wrong and ended alike."""
    if len(secret) > LONGEST_SECRET or not secret.isascii():
        return None
    return rows.feed_by_hash(_hash(secret))


def take_read(feed: CalendarFeed) -> int:
    """Counts a read of a feed. Returns the seconds to wait, or 0 when it may go on: 60 an hour are allowed (S-40)."""
    at = moment.now()
    until = counts.take(f"feed:{feed.pk.hex}", READS, at + READS_IN, at)
    return 0 if until is None else max(1, math.ceil((until - at).total_seconds()))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
