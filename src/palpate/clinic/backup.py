"""Backups that prove themselves, and the way back (S-50, S-52, S-53).

A backup is one moment of the store: SQLite's online copy, or all tables of PostgreSQL read in one transaction. It
counts as made once it was restored aside and everything in it was checked: counts, the store's own checks, the audit
trail, every decision. A restore does the same first, and then takes the old store's place in one step.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from palpate import __version__
from palpate.clinic import anchors, audit, copying, erased_list, erasing, store
from palpate.clinic.access.store import applied_migrations, counts, practice_in
from palpate.clinic.access.trail import head_of
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.backup_file import BadBackup, NotRestored, Reader, Writer, header_of
from palpate.clinic.moment import now
from palpate.clinic.verify import Report, verify

STATUS = "backups.json"
BACKUP_AFTER, DRILL_AFTER = timedelta(hours=26), timedelta(days=30)  # S-53
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Proven:
    """What a backup was found to hold when it was restored aside."""

    about: dict[str, Any]
    tables: int
    rows: int
    report: Report
    seconds: float

    @property
    def sentence(self) -> str:
        found = self.report
        return (
            f"{self.rows} rows in {self.tables} tables, {found.rows} rows of the audit trail, {found.records} records "
            f"as they were written, {found.decisions} decisions decided again: all whole, in {self.seconds:.1f} s"
        )


def _silent(what: str, done: int) -> None:
    """Says nothing."""


# --- Making one -------------------------------------------------------------------------------------------------------


def back_up(file: Path, progress: Progress = _silent) -> Proven:
    """Writes a backup and proves it. Only a proven one takes the name of the file.

    Errors  FileExistsError; OSError; BadBackup, where it does not hold what the store held.
    """
    if file.exists():
        raise FileExistsError(file)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as out:
            os.chmod(part, 0o600)
            _write(out, part.with_suffix(".copy"))
            out.flush()
            os.fsync(out.fileno())
        proven = prove(part, progress)
        os.link(part, file)  # unlike a rename, this does not write over a file that has come meanwhile
        store._on_disk(file.parent)
    finally:
        part.unlink(missing_ok=True)
    _note(backup={"at": _stamp(), "file": str(file.resolve()), "encrypted": proven.about["encrypted"]})
    return proven


def _stamp() -> str:
    return now().astimezone(UTC).isoformat(timespec="seconds")


def _write(out: Any, scratch: Path) -> None:
    """The header, one line about the contents, then the contents as `copying` gives them."""
    config = settings.CONFIG
    header = {"vendor": store.vendor(), "made": _stamp(), "program": __version__}
    writer = Writer(out, header, config.backup_key)
    try:
        with copying.source(scratch) as (alias, parts):
            head = head_of(alias)
            about = {
                "migrations": applied_migrations(alias),
                "counts": counts(alias),
                "head": [head.number, head.hash],
                "audit_key_id": audit.key_id(),
            }
            if config.backup_key:
                # Without its key nobody could go on with the trail, or check it, on another machine.
                about["audit_key"] = config.audit_key
            writer.write(json.dumps(about).encode() + b"\n")
            for part in parts:
                writer.write(part)
        writer.close()
    finally:
        scratch.unlink(missing_ok=True)


# --- Proving one ------------------------------------------------------------------------------------------------------


def prove(file: Path, progress: Progress = _silent) -> Proven:
    """Restores a backup aside, checks everything in it, and leaves nothing. Errors: BadBackup, NotRestored, OSError."""
    with _restored_aside(file, progress) as (_, proven, _about):
        return proven


@contextmanager
def _restored_aside(file: Path, progress: Progress) -> Iterator[tuple[copying.Aside, Proven, dict[str, Any]]]:
    began = time.monotonic()
    with file.open("rb") as source:
        reader = Reader(source, settings.CONFIG.backup_key)
        if reader.about.get("vendor") != store.vendor():
            kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
            raise NotRestored(
                f"this is a backup of {kinds.get(str(reader.about.get('vendor')), 'another store')}, and this "
                f"installation runs on {kinds[store.vendor()]}"
            )
        try:
            about = json.loads(reader.line())
            applied = [(app, name) for app, name in about["migrations"]]
            held = {str(table): int(number) for table, number in about["counts"].items()}
            head = (int(about["head"][0]), str(about["head"][1]))
            key = str(about.get("audit_key", ""))
        except (ValueError, KeyError, TypeError, IndexError):
            raise BadBackup("what it says about itself cannot be read") from None
        newer = store.newer_than_program(applied)
        if newer:
            raise NotRestored(f"this backup was made by a newer palpate (it has had {newer[-1]}); install that version")
        if not key and about["audit_key_id"] != audit.key_id():
            raise NotRestored(
                "the audit trail in this backup was written with another key; put that installation's secrets.json "
                "into the data folder, or set PALPATE_AUDIT_KEY"
            )
        with copying.aside(applied) as aside:
            aside.fill(reader)
            yield aside, _checked(aside, reader.about, held, head, key, applied, began, progress), about


def _checked(
    aside: copying.Aside,
    header: dict[str, Any],
    held: dict[str, int],
    head: tuple[int, str],
    key: str,
    applied: list[tuple[str, str]],
    began: float,
    progress: Progress,
) -> Proven:
    damage = store.damage(aside.alias)
    if damage:
        raise BadBackup(f"restored, it is damaged: {damage[0]}")
    found = counts(aside.alias)
    for table, number in held.items():
        if table not in store.PASSING and found.get(table) != number:
            raise BadBackup(f"restored, {table} has {found.get(table, 0)} rows instead of {number}")
    now_head = head_of(aside.alias)
    if (now_head.number, now_head.hash) != head:
        raise BadBackup("restored, its audit trail ends elsewhere")
    if set(applied_migrations(aside.alias)) != set(applied):
        raise BadBackup("restored, it has had other migrations")
    if store.pending(aside.alias):
        store.migrate(aside.alias)  # a backup of an older version: what follows looks at it as it is today
    report = verify(aside.alias, key=key, progress=progress)
    if not report.whole:
        raise BadBackup(f"restored, it is not whole: {report.faults[0]}")
    rows = sum(number for table, number in held.items() if table not in store.PASSING)
    return Proven(header, len(held), rows, report, time.monotonic() - began)


# --- The way back -----------------------------------------------------------------------------------------------------


def restore(file: Path, *, force: bool = False, progress: Progress = _silent) -> tuple[Proven, str]:
    """Puts a backup in the place of the store, once it is proven. Nobody may be working with the store.

    Takes  force: also where the store holds a practice; what it held is kept beside
    Returns  what was proven, and where the old store is kept ("" where there was none).
    Errors  NotRestored, BadBackup, OSError: nothing was changed.
    """
    if not force and store.is_there() and practice_in() is not None:
        raise NotRestored("there is a practice in this store already; --force puts the backup in its place")
    if store.is_there() and not store.pending():
        erased_list.write()  # what this store knows of erased people, and its successor may not
    with _restored_aside(file, progress) as (aside, proven, about), _key_of(about):
        kept = aside.take_place()
    (settings.CONFIG.data / store.DAMAGED).unlink(missing_ok=True)
    with act(the_program("restore"), "backup", "restore", change=True) as deed:
        deed.about.update(head=about["head"][0], made=str(proven.about.get("made", ""))[:40])
    anchors.write(restored=True)
    erasing.again()  # a backup from before would bring erased people back (S-49)
    return proven, kept


@contextmanager
def _key_of(about: dict[str, Any]) -> Iterator[None]:
    """Makes the audit key of the backup that of this installation, where the two differ. Errors: NotRestored."""
    key, config = about.get("audit_key", ""), settings.CONFIG
    if not key or key == config.audit_key:
        yield
        return
    if os.environ.get("PALPATE_AUDIT_KEY"):
        raise NotRestored("PALPATE_AUDIT_KEY is not the key with which the audit trail in this backup was written")
    file, before = config.data / "secrets.json", config.data / "secrets.json.before-restore"
    told = json.loads(file.read_text(encoding="utf-8")) | {"audit": key}
    shutil.copy2(file, before)
    part = file.with_name(".secrets.json.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(told, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, file)
    store._on_disk(file.parent)
    try:
        yield
    except BaseException:
        os.replace(before, file)
        raise
    settings.AUDIT_KEY = key


# --- What is known about backups --------------------------------------------------------------------------------------


def _note(**told: dict[str, Any]) -> None:
    """Notes the last backup or drill beside the store, for the banner and `palpate doctor`."""
    file = settings.CONFIG.data / STATUS
    part = file.with_suffix(".part")
    part.write_text(json.dumps({**status(), **told}), encoding="utf-8")
    os.replace(part, file)


def status() -> dict[str, Any]:
    """The last backup and the last drill that succeeded: {"backup": {"at", "file", "encrypted"}, "drill": {...}}."""
    try:
        found = json.loads((settings.CONFIG.data / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note_drill(file: Path, seconds: float) -> None:
    """Notes that a backup was restored aside and found whole."""
    _note(drill={"at": _stamp(), "file": str(file.resolve()), "seconds": round(seconds, 1)})


def newest() -> str:
    """The file of the last backup that was proven, or ""."""
    return str(status().get("backup", {}).get("file", ""))


def overdue(since: datetime | None = None) -> list[str]:
    """What must be said on top of every page (S-53): a backup over 26 hours old, a drill over 30 days old.

    Takes  since: when the practice began; what was never done counts from then
    """
    found = status()
    lines = []
    for what, longest, said in (
        ("backup", BACKUP_AFTER, "The last good backup is over 26 hours old: make one with palpate backup."),
        ("drill", DRILL_AFTER, "No backup was tried out for 30 days: do it with palpate restore --drill."),
    ):
        try:
            at = datetime.fromisoformat(found[what]["at"])
        except (KeyError, ValueError, TypeError):
            at = None
        began = at or since
        if began is None or now() - began > longest:
            lines.append(said if at is not None else said.replace("is over 26 hours old", "was never made"))
    return lines


def describe(file: Path) -> dict[str, Any]:
    """What the header of a backup says. Errors: BadBackup, OSError."""
    with file.open("rb") as source:
        return header_of(source)[0]
