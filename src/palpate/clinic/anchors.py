"""The heads of the audit trail, written where the store is not (S-46).

Whoever holds the store and its key can rewrite the whole trail, or cut its end, and leave a chain that is whole in
itself. A head that was written down elsewhere before shows it. One line of JSON for each: number, hash, time.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from palpate.clinic.moment import now

log = logging.getLogger("palpate.anchors")

EVERY = 1_000  # rows
FILE = "anchors.ndjson"


class BadAnchors(ValueError):
    """A file of anchors that cannot be read; says which line."""


@dataclass(frozen=True)
class Anchor:
    """One head. `restored`: from here on the store was one restored from a backup, whose newest row was `number`."""

    number: int
    hash: str
    restored: bool = False


def files() -> list[Path]:
    """Where anchors are written: into the data folder, and into the folder of PALPATE_ANCHORS if there is one."""
    config = settings.CONFIG
    return [folder / FILE for folder in (config.data, config.anchors) if folder is not None]


def write(*, restored: bool = False) -> bool:
    """Writes the newest head to every file, and sees it on the disk. Returns whether there was anything to write.

    A file that cannot be written is logged: the act that brought the row here was done, and stays done.
    """
    from palpate.clinic.access.trail import head_of, note_anchored

    head = head_of()
    if not head.number or (head.anchored >= head.number and not restored):
        return False
    told = {"number": head.number, "hash": head.hash, "at": now().astimezone(UTC).isoformat(timespec="seconds")}
    line = json.dumps(told | ({"restored": True} if restored else {})) + "\n"
    written = 0
    for file in files():
        try:
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
            written += 1
        except OSError:
            log.exception("a head of the trail could not be written")
    if written == len(files()):
        note_anchored(head.number)
    return True


def last_written(file: Path) -> datetime | None:
    """When the newest anchor of a file was written, in UTC; None where there is none."""
    if not file.exists():
        return None
    with file.open("rb") as lines:
        lines.seek(max(0, file.stat().st_size - 4096))
        last = lines.read().splitlines()[-1:]
    try:
        return datetime.fromisoformat(json.loads(last[0])["at"]) if last else None
    except (ValueError, KeyError, TypeError):
        return None


def due() -> bool:
    """Whether the head must leave the store now: once a day, and after every 1,000 rows."""
    from palpate.clinic.access.trail import head_of

    head = head_of()
    if head.number <= head.anchored:
        return False
    last = last_written(files()[0])
    return last is None or last.date() < now().astimezone(UTC).date() or head.number - head.anchored >= EVERY


def read(file: Path) -> Iterator[Anchor]:
    """The anchors of a file in the order in which they were written. Errors: BadAnchors, OSError."""
    with file.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
                anchor = Anchor(told["number"], told["hash"], bool(told.get("restored")))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise BadAnchors(f"line {at}: expected an object with number and hash") from None
            if type(anchor.number) is not int or anchor.number < 1 or not isinstance(anchor.hash, str):
                raise BadAnchors(f"line {at}: expected a number from 1 on and a hash")
            yield anchor
