"""Who was erased, written where no restored backup brings them back from (S-49): ids and nothing else.

One line of JSON each, in the data folder, and beside the anchors where PALPATE_ANCHORS names a folder. The newest line
of a person counts. A restore reads the list and erases again.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from datetime import UTC
from pathlib import Path

from django.conf import settings

from palpate.clinic.access import erasing as rows
from palpate.clinic.moment import now

log = logging.getLogger("palpate.erased")

FILE = "erased.ndjson"
LOCKED, DESTROYED, BACK = "locked", "destroyed", "back"


def files() -> list[Path]:
    """Where the list is kept."""
    config = settings.CONFIG
    return [folder / FILE for folder in (config.data, config.anchors) if folder is not None]


def standing() -> dict[uuid.UUID, str]:
    """Everybody who is locked or destroyed by any of the files, with the newest word about each."""
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for file in files():
        for id, (at, state) in _read(file).items():
            if id not in found or at >= found[id][0]:
                found[id] = (at, state)
    return {id: state for id, (_, state) in found.items() if state != BACK}


def _read(file: Path) -> dict[uuid.UUID, tuple[str, str]]:
    """The newest line of each person in a file. A line that cannot be read is said in the log and passed over."""
    found = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            found[uuid.UUID(told["person"])] = (str(told["at"]), str(told["what"]))
        except (ValueError, KeyError, TypeError):
            log.error("line %d of the list of erased people cannot be read", number)
    return found


def write(back: uuid.UUID | None = None) -> None:
    """Adds what the store knows and a file does not. Call once the act is done.

    Takes  back: somebody whose record was unlocked again.
    """
    wanted = {
        row.person: DESTROYED if row.destroyed is not None else LOCKED for row in rows.erasures()
    }  # fmt: skip
    if back is not None:
        wanted[back] = BACK
    at = now().astimezone(UTC).isoformat(timespec="microseconds")
    for file in files():
        known = {id: state for id, (_, state) in _read(file).items()}
        lines = [
            json.dumps({"person": str(id), "what": state, "at": at}) + "\n"
            for id, state in wanted.items()
            if known.get(id) != state
        ]
        if not lines:
            continue
        try:
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, "".join(lines).encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            log.exception("the list of erased people could not be written")
