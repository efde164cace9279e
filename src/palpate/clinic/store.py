"""The store as a whole: what it runs on, making it ready at a start, and stores beside it that nobody works with.

A store is migrated whole or not at all (S-59). SQLite: a copy is migrated, checked and put in the place of the old file
by one rename. PostgreSQL: all migrations run in one transaction. Killed at any moment, the old store or the new one is
there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.utils import DatabaseError, OperationalError

from palpate.clinic import sealed
from palpate.clinic.access.store import applied_migrations
from palpate.clinic.booking import constraint
from palpate.clinic.moment import now

DAMAGED = "damaged.json"
# What is not worth keeping in a copy: who is signed in, what was cached, how often something was tried.
PASSING = ("django_session", "palpate_cache", "clinic_throttle")
MIGRATING_LOCK = 0x70616C70  # "palp": the number of the advisory lock in PostgreSQL


class StoreFault(RuntimeError):
    """The store cannot be used as it is; says why in a sentence."""


def vendor() -> str:
    """`sqlite` or `postgresql`."""
    return connections["default"].vendor


def file_of_store() -> Path:
    """The file of a SQLite store."""
    return Path(str(connections["default"].settings_dict["NAME"]))


def is_there() -> bool:
    """Whether a store was ever made. Errors: StoreFault, where PostgreSQL does not answer."""
    if vendor() == "sqlite" and not file_of_store().exists():
        return False
    try:
        return bool(applied_migrations())
    except OperationalError as error:
        raise StoreFault(f"the store does not answer ({type(error.__cause__ or error).__name__})") from None


# --- What it runs on --------------------------------------------------------------------------------------------------


def read_back(using: str = "default") -> dict[str, str]:
    """How a live connection is really set (S-50): SQLite's pragmas, or PostgreSQL's settings."""
    connection = connections[using]
    found = {}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            found["version"] = sqlite3.sqlite_version
            for name in (
                "journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size", "recursive_triggers",
                "secure_delete",
            ):  # fmt: skip
                cursor.execute(f"PRAGMA {name}")
                row = cursor.fetchone()
                found[name] = str(row[0]) if row else ""  # a store in memory has no mmap_size
            found["transaction_mode"] = str(connection.transaction_mode)  # type: ignore[attr-defined]
        else:
            for name in ("server_version", "fsync", "full_page_writes", "synchronous_commit", "lock_timeout"):
                cursor.execute(f"SHOW {name}")
                found[name] = str(cursor.fetchone()[0])
    return found


def amiss(found: dict[str, str], kind: str) -> list[str]:
    """What of `read_back` could lose an acknowledged write or let two writers meet, one line each."""
    if kind != "sqlite":
        wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
        return [
            f"PostgreSQL: {name} is {found[name]}, not {value}"
            for name, value in wanted.items()
            if found[name] != value
        ]
    wanted = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "recursive_triggers": "1"}
    wanted |= {"transaction_mode": "IMMEDIATE"}
    lines = [f"SQLite: {name} is {found[name]}, not {value}" for name, value in wanted.items() if found[name] != value]
    if int(found["busy_timeout"] or 0) < 5000:
        lines.append(f"SQLite: busy_timeout is {found['busy_timeout']} ms; 5000 or more are needed")
    if found["mmap_size"] not in ("", "0"):
        lines.append("SQLite: mmap_size is not 0")
    return lines


def damage(using: str = "default") -> list[str]:
    """What SQLite itself finds wrong with its file, at most ten lines. PostgreSQL watches its own pages."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(10)")
            lines = [f"quick check: {row[0]}" for row in cursor.fetchall() if row[0] != "ok"]
            cursor.execute("PRAGMA foreign_key_check")
            broken = cursor.fetchmany(10)
    except DatabaseError as error:
        return [f"quick check: {error.__cause__ or error}"]
    return lines + [f"foreign keys: a row of {row[0]} names a row of {row[2]} that is not there" for row in broken]


def mark_damaged(check: str) -> None:
    """Notes that a check has failed: from now on nothing is written (S-62)."""
    file = settings.CONFIG.data / DAMAGED
    try:
        if not file.exists():
            file.write_text(json.dumps({"check": check, "at": now().isoformat()}), encoding="utf-8")
    except OSError:
        pass  # then the next request finds the damage again, as this one did


def marked_damage() -> str:
    """Which check has failed, or "" when none has."""
    file = settings.CONFIG.data / DAMAGED
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["check"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError):
        return "damaged.json, which cannot be read"


# --- Stores beside ----------------------------------------------------------------------------------------------------


@contextmanager
def beside(**changed: Any) -> Iterator[str]:
    """An alias of Django for another store like ours, such as {"NAME": file}; forgotten at the end."""
    alias = "beside"
    connections.settings[alias] = {**connections.settings["default"], **changed}
    try:
        yield alias
    finally:
        if hasattr(connections._connections, alias):  # type: ignore[attr-defined]
            connections[alias].close()
            del connections[alias]
        del connections.settings[alias]


def in_schema(schema: str) -> dict[str, Any]:
    """The settings of a connection to one schema of our PostgreSQL."""
    options = dict(connections.settings["default"].get("OPTIONS", {}))
    options["options"] = f"{options.get('options', '')} -c search_path={schema}".strip()
    return {"OPTIONS": options, "CONN_MAX_AGE": 0}


def copy_sqlite(to: Path) -> None:
    """An online copy of the SQLite store: one moment of it, whatever is written meanwhile."""
    name = str(connections["default"].settings_dict["NAME"])
    with closing(sqlite3.connect(to)) as target:
        if name.startswith("file:") or name == ":memory:":  # a store in memory lives in its connection
            connections["default"].ensure_connection()
            connections["default"].connection.backup(target)
        else:
            with closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=30)) as source:
                source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def replace_sqlite(new: Path, keep: str = "") -> None:
    """Puts a file in the place of the store, by one rename. Nobody may be working with either.

    Takes  keep: a further name that the old file keeps
    Errors  StoreFault, where somebody is working with the store.
    """
    old = file_of_store()
    connections["default"].close()
    if old.exists():
        # What still stands in the old log must not be read into the new file.
        try:
            with closing(sqlite3.connect(old, timeout=30)) as store:
                busy, *_ = store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            busy = 1
        except sqlite3.DatabaseError:
            busy = 0  # past reading, which is then why it is replaced
        if busy:
            raise StoreFault("another program is working with the store; stop it first")
    for beside_it in ("-wal", "-shm"):
        Path(f"{new}{beside_it}").unlink(missing_ok=True)
        Path(f"{old}{beside_it}").unlink(missing_ok=True)
    if keep:
        os.link(old, keep)
    os.chmod(new, 0o600)
    _on_disk(new)
    os.replace(new, old)
    _on_disk(old.parent)


def _on_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- Making it ready --------------------------------------------------------------------------------------------------


def newer_than_program(applied: list[tuple[str, str]]) -> list[str]:
    """Migrations that a store has had and this program does not know: the store is of a newer program."""
    known = MigrationLoader(None).disk_migrations
    ours = {app for app, _ in known}
    return [f"{app}.{name}" for app, name in applied if app in ours and (app, name) not in known]


def pending(using: str = "default") -> list[tuple[str, str]]:
    """Migrations that the store has not had yet."""
    loader = MigrationLoader(connections[using])
    applied = loader.applied_migrations
    return [key for key in loader.graph.nodes if key not in applied]


def prepare(back_up: Callable[[], Any]) -> list[str]:
    """Makes the store ready for this program: migrated whole or not at all, sealed, with its cache table.

    Takes  back_up: called before an existing store is migrated; whatever it raises ends the start
    Returns  lines to be said: what was done.
    Errors  StoreFault: a store of a newer program. SealsMissing.
    """
    there = is_there()
    newer = newer_than_program(applied_migrations()) if there else []
    if newer:
        raise StoreFault(f"the store was made by a newer palpate (it has had {newer[-1]}); install that version")
    said = []
    if not there or pending():
        if there:
            back_up()
        _migrate_sqlite() if vendor() == "sqlite" else _migrate_postgresql()
        said.append("the store was brought up to date" if there else "a new store was made")
    lost = sealed.seal(connections["default"]) + constraint.put(connections["default"])
    return said + [f"put back: {line}" for line in lost]


def migrate(using: str) -> None:
    """Applies every migration to a store nobody works with, and makes its cache table."""
    call_command("migrate", database=using, verbosity=0, interactive=False)
    call_command("createcachetable", database=using, verbosity=0)


def _migrate_sqlite() -> None:
    folder = file_of_store().parent / "migrating"
    shutil.rmtree(folder, ignore_errors=True)  # of a start that was killed
    folder.mkdir(parents=True, mode=0o700)
    new = folder / "palpate.sqlite3"
    if file_of_store().exists():
        copy_sqlite(new)
    with beside(NAME=str(new)) as alias:
        migrate(alias)
        found = damage(alias)
        if found:
            raise StoreFault(f"the migrated store is damaged: {found[0]}")
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    replace_sqlite(new)
    shutil.rmtree(folder, ignore_errors=True)


def _migrate_postgresql() -> None:
    with transaction.atomic():
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATING_LOCK])
        migrate("default")
