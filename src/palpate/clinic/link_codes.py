"""The codes of one-time links: how they are made, kept and guessed at (S-15, S-19). Every kind of link shares this.

A code is 256 random bits. It is shown once and kept only as its SHA-256; nothing in it follows from an id or a time.
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
from datetime import timedelta

from palpate.clinic import moment as clock
from palpate.clinic import throttle
from palpate.clinic.access import throttle as throttle_rows

MOST_MISSES = 5  # wrong birth dates of one link; then it dies
MOST_TRIES, WINDOW = 10, timedelta(minutes=1)  # wrong codes and birth dates of one address
LONGEST = 200  # characters that are looked at
_BYTES = 32  # 256 bits


def new_code() -> str:
    """52 letters and digits in groups of four: no 0, 1, 8 or 9, so that it can be typed from paper."""
    plain = base64.b32encode(secrets.token_bytes(_BYTES)).decode().rstrip("=").lower()
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def hash_of(code: str) -> str:
    """The SHA-256 of a code in hex, however it was typed: spaces, dashes and capitals do not count."""
    plain = "".join(code.split()).replace("-", "").casefold()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def take_try(address: str) -> int:
    """Counts a try of this address, before its code or birth date is looked at. Call inside an act.

    Returns  the seconds to wait, or 0 when it may go on: 10 misses a minute are allowed, over all kinds of links.
    """
    at = clock.now()
    wait = throttle_rows.take(_key(address), MOST_TRIES, at + WINDOW, at)
    return 0 if wait is None else max(1, math.ceil((wait - at).total_seconds()))


def no_miss(address: str) -> None:
    """The try was right, so it does not count."""
    throttle_rows.give_back(_key(address))


def _key(address: str) -> str:
    return throttle.bucket("link", throttle.network(address))
