"""One-time links by which a clinician answers a referral (S-15 to S-19).

The secret is 256 random bits, shown once and kept only as its SHA-256. Opening the page spends nothing: the secret is
posted, then the birth date; only then does the link's one session of 30 minutes begin. Five wrong birth dates kill it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from palpate.clinic import clock_guard
from palpate.clinic import moment as clock
from palpate.clinic.access import links as find
from palpate.clinic.access.links import count_miss, live_links
from palpate.clinic.actor import REFERRER, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.link_codes import LONGEST, MOST_MISSES, hash_of, new_code
from palpate.clinic.models import Letter, ReferralLink
from palpate.clinic.refusals import Conflict, Forbidden

LIFE = timedelta(days=7)
SESSION = timedelta(minutes=30)


@dataclass(frozen=True)
class Made:
    """A new link; `secret` is shown now and never again."""

    link: ReferralLink
    secret: str


def make_link(actor: Actor, letter: Letter) -> Made:
    """A new link for a letter; the old ones die. Call inside an act.

    Errors  Conflict where no answer is awaited; Forbidden for whoever is no member of the staff.
    """
    open_deed()
    if actor.user_id is None:
        raise Forbidden("Only a member of the staff makes links. Nothing was saved.")
    if letter.answered or letter.closed or letter.kind not in (Letter.Kind.REFERRAL, Letter.Kind.URGENT):
        raise Conflict("No answer to this letter is awaited, so it needs no link. Nothing was saved.")
    revoke(letter)
    at = clock.now()
    secret = new_code()
    link = ReferralLink(letter=letter, secret_hash=hash_of(secret), made=at, until=at + LIFE, by_id=actor.user_id)
    link.save()
    return Made(link, secret)


def revoke(letter: Letter) -> int:
    """Ends every link of a letter that can still be used. Call inside an act. Returns how many there were."""
    open_deed()
    found = list(live_links(letter, clock.now()))
    for link in found:
        link.revoked = clock.now()
        link.save(update_fields=["revoked"])
    return len(found)


def link_of(secret: str) -> ReferralLink | None:
    """The link of a secret if it can still be opened; None for wrong, spent, opened, expired and revoked alike."""
    if len(secret) > LONGEST or clock_guard.stopped():
        return None
    link = find.link_by_hash(hash_of(secret))
    return link if link is not None and _can_open(link) else None


def asking(id: uuid.UUID) -> ReferralLink | None:
    """The link whose secret was posted and whose birth date is still to be asked."""
    link = find.link_by_id(id, locked=True)
    return link if link is not None and _can_open(link) and not clock_guard.stopped() else None


def try_birth_date(link: ReferralLink, born: date | None) -> bool:
    """Opens the link's session if this is the person's birth date; else counts a miss. Call inside an act.

    At the fifth miss the link dies.
    """
    open_deed()
    if born is not None and born == link.letter.episode.person.birth_date:
        link.opened = clock.now()
        link.save(update_fields=["opened"])
        return True
    if count_miss(link) >= MOST_MISSES:
        link.revoked = clock.now()
        link.save(update_fields=["revoked"])
    return False


def opened(id: uuid.UUID, *, locked: bool = False) -> ReferralLink | None:
    """The link whose session is still running, for reading its letter and answering it once."""
    link = find.link_by_id(id, locked=locked)
    if link is None or link.opened is None or link.revoked or link.spent or clock.now() >= link.opened + SESSION:
        return None
    return None if link.letter.answered or link.letter.closed or clock_guard.stopped() else link


def spend(link: ReferralLink) -> None:
    """Ends a link with its answer. Call inside an act."""
    open_deed()
    link.spent = clock.now()
    link.save(update_fields=["spent"])


def actor_of(link: ReferralLink, address: str = "", request: str = "") -> Actor:
    """The clinician behind a link: no user, one role, one letter."""
    return Actor(f"link:{link.pk.hex}", frozenset({REFERRER}), address=address, request=request)


def is_of(secret: str, letter: Letter) -> bool:
    """Whether a secret is that of a link of this letter that can still be opened."""
    link = link_of(secret)
    return link is not None and link.letter_id == letter.pk


def _can_open(link: ReferralLink) -> bool:
    used = link.revoked or link.spent or link.opened
    return not used and clock.now() < link.until and not (link.letter.answered or link.letter.closed)


def opened_until(link: ReferralLink) -> datetime:
    """When the session of an opened link ends."""
    return (link.opened or clock.now()) + SESSION
