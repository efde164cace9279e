"""How often, and how many at a time, records may be taken away as a whole (S-40): five an hour for one person of the
staff, one at a time for the practice.

Who is counted is counted in the act that answers, so that what is refused is not counted. That one is running stands in
the store, where every process sees it; it ends with the last byte, or after an hour where a process was killed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import Error

from palpate.clinic import throttle
from palpate.clinic.access import throttle as counts
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.moment import now
from palpate.clinic.refusals import Refused

log = logging.getLogger("palpate.downloads")

MOST, WINDOW = 5, timedelta(hours=1)
LONGEST = timedelta(hours=1)  # after which one that never ended counts as dead
_RUNNING = "download-running"


class TooMany(Refused):
    """Not now. `about["retry"]` says in how many seconds."""

    status = 429


class Download:
    """One download that is running. It ends once, by `end`, or with its `stream`."""

    def __init__(self, until: datetime) -> None:
        self._until = until

    def end(self) -> None:
        """Lets the next one begin."""
        counts.release(_RUNNING, self._until)

    def stream(self, pieces: Iterable[bytes]) -> _Ending:
        """The bytes as they come; with the last of them, or when nobody wants more, the download ends."""
        return _Ending(iter(pieces), self)


class _Ending:
    """Pieces whose end ends the download, also where the first was never asked for. No generator can promise that."""

    def __init__(self, pieces: Iterator[bytes], download: Download) -> None:
        self._pieces, self._download = pieces, download

    def __iter__(self) -> _Ending:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Called by the server when the answer is over, whatever became of it."""
        with suppress(AttributeError):
            self._pieces.close()  # type: ignore[attr-defined]  # a generator lets go of what it reads
        try:
            self._download.end()
        except Error:  # the bytes have gone out; the mark ends by itself
            log.warning("the end of a download could not be noted")


def begin(actor: Actor) -> Download:
    """Counts a download, and takes the place of the one that may run. Call inside the act that answers.

    Errors  TooMany; the act, and with it the count, is then undone.
    """
    open_deed()
    at = now()
    wait = counts.take(f"download:{throttle.keyed_hash('download', actor.id)[:40]}", MOST, at + WINDOW, at)
    if wait is not None:
        seconds = _seconds(wait - at)
        raise TooMany(
            f"You have taken {MOST} exports within an hour, which is as many as are allowed. Nothing was done. "
            f"Try again in {-(-seconds // 60)} minutes.",
            retry=seconds,
        )
    until = at + LONGEST
    if counts.take(_RUNNING, 1, until, at) is not None:
        raise TooMany("Another export is running. Nothing was done. Try again when it has ended.", retry=30)
    return Download(until)


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))
