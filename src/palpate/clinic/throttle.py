"""How often somebody may guess (S-03): 5 failures for an account and 20 for an address within 15 minutes.

A browser that signed in before has a count of its own, so strangers cannot lock the staff out. Names and addresses are
kept as keyed hashes, cut to a fixed number of buckets: a million invented names fill no more rows than there are
buckets, and a name that exists is counted exactly like one that does not.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from palpate.clinic.access import throttle as rows
from palpate.clinic.moment import now

WINDOW = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=180)  # how long a browser counts as known after a sign-in
BUCKETS = 1 << 14
ACCOUNT, ADDRESS, CODES = 5, 20, 10  # tries in a window


@dataclass(frozen=True)
class Count:
    """One count that a try goes into: its row's key and how many tries it allows."""

    key: str
    limit: int


def keyed_hash(kind: str, subject: str) -> str:
    """A hash that nobody can make or reverse without the installation's key: 64 hex digits."""
    told = f"palpate.throttle|{kind}|{subject}"
    return hmac.new(settings.AUDIT_KEY.encode(), told.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def bucket(kind: str, subject: str) -> str:
    """The key of one of `BUCKETS` rows, for what strangers may invent without end."""
    return f"{kind}:{int(keyed_hash(kind, subject)[:12], 16) % BUCKETS}"


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has to choose from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def of_sign_in(name: str, address: str, browser: str) -> tuple[Count, ...]:
    """What a try to sign in counts into.

    Takes  browser: the id that this browser keeps, or "".
    """
    name = name.strip().casefold()
    if browser and rows.stands(_known(name, browser), now()):
        return (Count("browser:" + keyed_hash("browser", f"{name}|{browser}")[:40], ACCOUNT),)
    return (of_address("address", address, ADDRESS), Count(bucket("name", name), ACCOUNT))


def of_user(kind: str, user: object) -> Count:
    """The count of somebody whose account is known already, such as for the second factor."""
    return Count(f"{kind}:" + keyed_hash(kind, str(user))[:40], ACCOUNT)


def of_address(kind: str, address: str, limit: int = CODES) -> Count:
    """The count of an address."""
    return Count(bucket(kind, network(address)), limit)


def take(counts: Iterable[Count]) -> int:
    """Counts a try into each, and stops at the first that is full. Returns the seconds to wait; 0 when it may go on."""
    at = now()
    for count in counts:
        wait = rows.take(count.key, count.limit, at + WINDOW, at)
        if wait is not None:
            return max(1, math.ceil((wait - at).total_seconds()))
    return 0


def succeeded(counts: Iterable[Count]) -> None:
    """The try was no failure. An account counts from nothing again; an address only loses this one, or whoever has an
    account here could guess without end in between."""
    for count in counts:
        if count.key.startswith("address:"):
            rows.give_back(count.key)
        else:
            rows.forget(count.key)


def remember_browser(name: str, browser: str) -> None:
    """From now on this browser is known for this account."""
    rows.keep(_known(name.strip().casefold(), browser), now() + KNOWN_FOR)


def _known(name: str, browser: str) -> str:
    return "known:" + keyed_hash("known", f"{name}|{browser}")[:40]
