"""The contents of a store as a stream of bytes, and a store aside that is filled from one.

SQLite: the bytes of an online copy. PostgreSQL: for each table one line of JSON with its name and columns, then what
COPY gives for it, in blocks with their length before them; a block of length 0 ends a table, an empty line ends it all.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.core.management import call_command
from django.db import connections, transaction
from django.db.utils import DatabaseError

from palpate.clinic import sealed, store
from palpate.clinic.acts import upkeep
from palpate.clinic.backup_file import BadBackup, NotRestored, Reader
from palpate.clinic.moment import now

_LENGTH = struct.Struct(">I")
_BLOCK = 1 << 20
PATIENCE = 5  # seconds
_LARGEST_BLOCK = 1 << 30  # PostgreSQL's own bound on one value


class Aside(Protocol):
    """A store beside ours, made from a backup: `alias` is its name for Django."""

    alias: str

    def fill(self, reader: Reader) -> None:
        """Fills it. Errors: BadBackup."""

    def take_place(self) -> str:
        """Makes it the store of this installation. Returns where the old one is kept, or ""."""


@contextmanager
def source(scratch: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """One moment of our store: the alias by which to count and read it, and its contents.

    Takes  scratch: where the copy of a SQLite store may lie meanwhile
    """
    if store.vendor() == "sqlite":
        store.copy_sqlite(scratch)
        os.chmod(scratch, 0o600)
        with closing(sqlite3.connect(scratch)) as copy:
            copy.execute("PRAGMA secure_delete=ON")
            for table in store.PASSING:
                if copy.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [table]).fetchone():
                    copy.execute(f'DELETE FROM "{table}"')
            copy.commit()
        with store.beside(NAME=str(scratch), OPTIONS={"transaction_mode": "IMMEDIATE"}) as alias:
            yield alias, _bytes_of(scratch)
        return
    with store.beside(CONN_MAX_AGE=0) as alias:
        with connections[alias].cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield alias, _tables_of(alias)
        with connections[alias].cursor() as cursor:
            cursor.execute("COMMIT")


def _bytes_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as copy:
        while block := copy.read(_BLOCK):
            yield block


def _tables_of(alias: str) -> Iterator[bytes]:
    connection = connections[alias]
    for table in sorted(connection.introspection.table_names()):
        if table in store.PASSING:
            continue
        with connection.cursor() as cursor:
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        yield json.dumps({"table": table, "columns": columns}).encode() + b"\n"
        told = ", ".join(f'"{column}"' for column in columns)
        with connection.connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({told}) TO STDOUT') as out:
            for block in out:
                yield _LENGTH.pack(len(block)) + bytes(block)
        yield _LENGTH.pack(0)
    yield b"\n"


@contextmanager
def aside(applied: list[tuple[str, str]]) -> Iterator[Aside]:
    """An empty store beside ours, with the tables that these migrations make. Gone at the end, or become ours."""
    if store.vendor() == "sqlite":
        folder = store.file_of_store().parent
        if not folder.is_dir():  # the store is in memory
            folder = _data()
        folder = folder / f"aside-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        try:
            with store.beside(NAME=str(folder / "palpate.sqlite3")) as alias:
                yield _SqliteAside(alias, folder / "palpate.sqlite3")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    schema = f"palpate_aside_{secrets.token_hex(4)}"
    with connections["default"].cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema}"')
    try:
        with store.beside(**store.in_schema(schema)) as alias:
            yield _PostgresqlAside(alias, schema, applied)
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def _data() -> Path:
    from django.conf import settings

    return Path(settings.CONFIG.data)


def _moment() -> str:
    return now().strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)


class _SqliteAside:
    def __init__(self, alias: str, file: Path) -> None:
        self.alias, self.file = alias, file

    def fill(self, reader: Reader) -> None:
        with self.file.open("xb") as out:
            for part in reader.rest():
                out.write(part)

    def take_place(self) -> str:
        with connections[self.alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections[self.alias].close()
        old, kept = store.file_of_store(), ""
        if old.exists():
            kept = str(old.with_name(f"{old.name}.before-restore-{_moment()}"))
        store.replace_sqlite(self.file, keep=kept)
        return kept


class _PostgresqlAside:
    def __init__(self, alias: str, schema: str, applied: list[tuple[str, str]]) -> None:
        self.alias, self.schema, self.applied = alias, schema, applied

    def fill(self, reader: Reader) -> None:
        self._make_tables()
        connection = connections[self.alias]
        there = set(connection.introspection.table_names())
        sealed.unseal(connection)  # what the migrations themselves have put in is emptied again
        try:
            with upkeep(), transaction.atomic(self.alias), connection.cursor() as cursor:
                listed = ", ".join(f'"{table}"' for table in sorted(there))
                cursor.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
                for table, columns in _told_tables(reader):
                    if table not in there:
                        raise BadBackup(f"it holds a table that these migrations do not make: {table[:60]}")
                    self._fill_table(table, columns, reader)
                for part in reader.rest():
                    raise BadBackup(f"{len(part)} bytes stand behind its last table")
                for statement in self._numbers(there):
                    cursor.execute(statement)
        except DatabaseError as error:
            raise BadBackup(f"the store does not take it ({type(error.__cause__ or error).__name__})") from None
        sealed.seal(connection, only_there=True)

    def _make_tables(self) -> None:
        """The tables as they were when the backup was made: every app migrated as far as it then was."""
        call_command("createcachetable", database=self.alias, verbosity=0)
        wanted = set(self.applied)
        if not [key for key in store.pending(self.alias) if key not in wanted]:
            call_command("migrate", database=self.alias, verbosity=0, interactive=False)
            return
        for app, name in self.applied:
            call_command("migrate", app, name, database=self.alias, verbosity=0, interactive=False)

    def _fill_table(self, table: str, columns: list[str], reader: Reader) -> None:
        told = ", ".join(connections[self.alias].ops.quote_name(column) for column in columns)
        with (
            connections[self.alias].connection.cursor() as cursor,
            cursor.copy(f'COPY "{table}" ({told}) FROM STDIN') as into,
        ):
            while True:
                (length,) = _LENGTH.unpack(reader.read(_LENGTH.size))
                if not length:
                    return
                if length > _LARGEST_BLOCK:
                    raise BadBackup("it is damaged")
                into.write(reader.read(length))

    def _numbers(self, there: set[str]) -> Iterator[str]:
        """Lets the numbers that tables give themselves go on behind the highest there is."""
        connection = connections[self.alias]
        with connection.cursor() as cursor:
            for table in sorted(there):
                for row in connection.introspection.get_sequences(cursor, table):
                    column = row["column"]
                    yield (
                        f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'),"
                        f' coalesce(max("{column}"), 1), max("{column}") IS NOT NULL) FROM "{table}"'
                    )

    def take_place(self) -> str:
        connections[self.alias].close()
        _wait_until_alone()
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            (ours,) = cursor.fetchone()
            there = bool(connections["default"].introspection.table_names())
            kept = f"before_restore_{_moment().replace('-', '_')}"
            cursor.execute(f'ALTER SCHEMA "{ours}" RENAME TO "{kept}"')
            cursor.execute(f'ALTER SCHEMA "{self.schema}" RENAME TO "{ours}"')
            if not there:
                cursor.execute(f'DROP SCHEMA "{kept}" CASCADE')
        connections["default"].close()
        return f"schema {kept}" if there else ""


def _wait_until_alone() -> None:
    """Whoever has just gone, we ourselves included, may be counted for a moment longer. Errors: NotRestored."""
    until = time.monotonic() + PATIENCE
    while True:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            (others,) = cursor.fetchone()
        if not others:
            return
        if time.monotonic() > until:
            raise NotRestored("other programs are connected to this database; stop palpate serve first")
        time.sleep(0.1)


def _told_tables(reader: Reader) -> Iterator[tuple[str, list[str]]]:
    while line := reader.line().strip():
        try:
            told: dict[str, Any] = json.loads(line)
            yield str(told["table"]), [str(column) for column in told["columns"]]
        except (ValueError, KeyError, TypeError):
            raise BadBackup("a table in it cannot be read") from None
