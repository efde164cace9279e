"""The sealed rows that the trail names, put beside the rows that the store holds (S-43, S-46).

Each act names the sealed rows it added, with a keyed hash of what they hold. So a note or a decision that was taken
away, put in, or rewritten, however well it fits the rest, is found. The list is as long as the record: it lies in a
file that goes with the process, and holds ids and hashes only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from django.db import models

from palpate.clinic import audit
from palpate.clinic.models import AuditRow

UNKNOWN = "no row of the trail says that it was written"
DESTROY = "record-destroy"  # the deed whose row names what is gone on purpose
_MARK_EVERY = 500  # rows that were seen and are not noted yet


class Named:
    """What the trail names. `take` each row of the trail, `fault_of` each sealed row, and then ask what is `gone`."""

    def __init__(self, key: str = "") -> None:
        self._key = key
        self._seen: list[tuple[str, str]] = []
        self._list = sqlite3.connect("")  # a file without a name
        self._list.execute("PRAGMA journal_mode=OFF")
        self._list.execute("PRAGMA synchronous=OFF")
        self._list.execute(
            "CREATE TABLE named (kind TEXT, id TEXT, hash TEXT, row INTEGER, seen INTEGER DEFAULT 0,"
            " PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Lets the list go."""
        self._list.close()

    def take(self, row: AuditRow) -> None:
        """Notes what a row of the trail names. Of two rows that name the same, the first counts.

        What a row says was destroyed need not be there any more (S-49); from then on it must not be.
        """
        for kind, id, hash in row.about.get("sealed", ()):
            self._list.execute("INSERT OR IGNORE INTO named VALUES (?, ?, ?, ?, 0)", (kind, id, hash, row.number))
        for kind, id in row.about.get("destroyed", ()) if row.deed == DESTROY else ():
            self._list.execute("UPDATE named SET hash = '', row = ? WHERE kind = ? AND id = ?", (row.number, kind, id))

    def fault_of(self, row: models.Model) -> str | None:
        """What is wrong with a sealed row: unknown to the trail, or not as it was written. None: it is whole."""
        kind, id = str(row._meta.model_name), str(row.pk)
        found = self._list.execute("SELECT hash, row FROM named WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        if found is None:
            return UNKNOWN
        self._seen.append((kind, id))
        if len(self._seen) >= _MARK_EVERY:
            self._mark()
        if not found[0]:
            return f"row {found[1]} of the trail says that it was destroyed"
        if audit.content_hash(row, self._key) != found[0]:
            return f"it is not as row {found[1]} of the trail says that it was written"
        return None

    def gone(self, up_to: int) -> Iterator[str]:
        """The rows that the trail names up to one of its rows, and that `fault_of` was not asked about."""
        self._mark()
        missing = self._list.execute(
            "SELECT kind, id, row FROM named WHERE seen = 0 AND hash <> '' AND row <= ? ORDER BY row, id", (up_to,)
        )
        for kind, id, row in missing:
            yield f"{kind} {id}: it is gone; row {row} of the trail says that it was written"

    def _mark(self) -> None:
        self._list.executemany("UPDATE named SET seen = 1 WHERE kind = ? AND id = ?", self._seen)
        self._seen.clear()
