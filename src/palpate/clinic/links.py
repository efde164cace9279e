"""One-time links by which a clinician answers a referral (S-15 to S-19).

The secret is 256 random bits, shown once and kept only as its SHA-256. Opening the page spends nothing: the secret is
posted, then the birth date; only then does the link's one session of 30 minutes begin. Five wrong birth dates kill it.
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from palpate.clinic import moment as clock
from palpate.clinic import throttle
from palpate.clinic.access import links as find
from palpate.clinic.access import throttle as throttle_rows
from palpate.clinic.access.links import count_miss, live_links
from palpate.clinic.actor import REFERRER, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import Letter, ReferralLink
from palpate.clinic.refusals import Conflict, Forbidden

LIFE = timedelta(days=7)
SESSION = timedelta(minutes=30)
MOST_MISSES = 5  # wrong birth dates
MOST_TRIES, WINDOW = 10, timedelta(minutes=1)  # wrong secrets and birth dates of one address
_BYTES = 32  # 256 bits


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
    secret = _spelled(secrets.token_bytes(_BYTES))
    link = ReferralLink(letter=letter, secret_hash=_hash(secret), made=at, until=at + LIFE, by_id=actor.user_id)
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
    if len(secret) > 200:
        return None
    link = find.link_by_hash(_hash(secret))
    return link if link is not None and _can_open(link) else None


def asking(id: uuid.UUID) -> ReferralLink | None:
    """The link whose secret was posted and whose birth date is still to be asked."""
    link = find.link_by_id(id, locked=True)
    return link if link is not None and _can_open(link) else None


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
    return None if link.letter.answered or link.letter.closed else link


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


def take_try(address: str) -> int:
    """Counts a try of this address, before its secret or birth date is looked at. Call inside an act.

    Returns  the seconds to wait, or 0 when it may go on: 10 misses a minute are allowed.
    """
    at = clock.now()
    wait = throttle_rows.take(_key(address), MOST_TRIES, at + WINDOW, at)
    return 0 if wait is None else max(1, math.ceil((wait - at).total_seconds()))


def no_miss(address: str) -> None:
    """The try was right, so it does not count."""
    throttle_rows.give_back(_key(address))


def _can_open(link: ReferralLink) -> bool:
    used = link.revoked or link.spent or link.opened
    return not used and clock.now() < link.until and not (link.letter.answered or link.letter.closed)


def _spelled(raw: bytes) -> str:
    """52 letters and digits in groups of four: no 0, 1, 8 or 9, so that it can be typed from paper."""
    plain = base64.b32encode(raw).decode().rstrip("=").lower()
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _hash(secret: str) -> str:
    plain = "".join(secret.split()).replace("-", "").casefold()
    return hashlib.sha256(plain.encode()).hexdigest()


def _key(address: str) -> str:
    return throttle.bucket("link", throttle.network(address))


def opened_until(link: ReferralLink) -> datetime:
    """When the session of an opened link ends."""
    return (link.opened or clock.now()) + SESSION
