"""The store itself refuses to change what was decided, signed or recorded (S-44).

Every table that is only added to carries triggers: no UPDATE, no DELETE, no REPLACE (SQLite) and no TRUNCATE
(PostgreSQL), by whatever way it is tried. A migration that rebuilds a SQLite table drops its triggers without a word,
so they are checked, word for word, after every migration and at every start.

On these tables nothing may be added with `ignore_conflicts`: a row whose key exists is refused, not passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

SAYS = "this is a sealed record: it is added to and never changed"
_FUNCTION = f"BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END;"


class SealsMissing(RuntimeError):
    """The store does not hold the triggers that it should, and they could not be put back."""


def sealed_models() -> list[type[models.Model]]:
    """Every table that is only added to: the append-only rows, the trail, and the pathways that decided here."""
    from palpate.clinic.models import AuditRow, PathwayCopy

    return sorted([*append_only_models(), AuditRow, PathwayCopy], key=lambda model: model._meta.db_table)


def append_only_models() -> list[type[models.Model]]:
    """The tables whose rows the trail names one by one."""
    from palpate.clinic.models.base import AppendOnly

    return [model for model in apps.get_app_config("clinic").get_models() if issubclass(model, AppendOnly)]


def faults(connection: BaseDatabaseWrapper) -> list[str]:
    """What is missing or altered, one line each; empty when every sealed table is sealed."""
    found = _found(connection)
    lines = []
    for table, name, expected in _expected(connection, sealed_models()):
        held = found.get((table, name))
        if held is None:
            lines.append(f"{table}: its seal {name} is missing")
        elif held != expected:
            lines.append(f"{table}: its seal {name} was altered")
    return lines


def seal(connection: BaseDatabaseWrapper, *, only_there: bool = False) -> list[str]:
    """Puts back what is missing or altered. Returns what was, one line each.

    Takes  only_there: pass over tables that do not exist yet, as within the history of migrations.
    Errors  SealsMissing, where the store does not hold them afterwards.
    """
    tables = set(connection.introspection.table_names()) if only_there else None
    chosen = [model for model in sealed_models() if tables is None or model._meta.db_table in tables]
    was = [line for line in faults(connection) if tables is None or line.split(":")[0] in tables]
    if was:
        with connection.cursor() as cursor:
            for statement in _statements(connection, chosen):
                cursor.execute(statement)
        left = [line for line in faults(connection) if tables is None or line.split(":")[0] in tables]
        if left:
            raise SealsMissing("\n".join(left))
    return was


def unseal(connection: BaseDatabaseWrapper) -> None:
    """Takes the triggers away, where a migration is reversed or a test empties its store."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table, name, _ in _expected(connection, sealed_models()):
            if table in tables:
                where = f" ON {_quoted(table)}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_quoted(name)}{where}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper, chosen: Iterable[type[models.Model]]) -> Iterator[None]:
    """Takes the seals off some tables while what a person's record holds is destroyed, and puts them back (S-49).

    Call inside a transaction: whoever else works with the store sees the seals on, before and after, and never off.
    Errors  RuntimeError outside a transaction; SealsMissing, where they cannot be put back: then all is undone.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("seals are lifted inside a transaction only")
    tables = list(chosen)
    with connection.cursor() as cursor:
        for table, name, _ in _expected(connection, tables):
            where = f" ON {_quoted(table)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {_quoted(name)}{where}")
    yield
    connection.check_constraints()  # PostgreSQL makes no trigger on a table whose foreign keys were not looked at yet
    seal(connection)


def after_migrate(sender: Any, using: str, **_: Any) -> None:
    """What runs after each `migrate`: a rebuilt table gets its triggers back."""
    from django.db import connections

    connection = connections[using]
    there = set(connection.introspection.table_names())
    if all(model._meta.db_table in there for model in sealed_models()):
        seal(connection)


# --- What should be there ---------------------------------------------------------------------------------------------


def _expected(connection: BaseDatabaseWrapper, chosen: Iterable[type[models.Model]]) -> Iterator[tuple[str, str, str]]:
    """Table, name and text of each trigger, as the store tells them."""
    for model in chosen:
        table = model._meta.db_table
        if connection.vendor == "sqlite":
            for name, text in _sqlite(model).items():
                yield table, name, text
        else:
            yield table, f"{table}_row", f"A {ROW_UPDATE_DELETE} {_FUNCTION}"
            yield table, f"{table}_all", f"A {ALL_TRUNCATE} {_FUNCTION}"


# Bits of pg_trigger.tgtype: row 1, before 2, delete 8, update 16, truncate 32.
ROW_UPDATE_DELETE, ALL_TRUNCATE = 1 + 2 + 8 + 16, 2 + 32


def _found(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """The triggers that the store holds: by table and name, its text."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
            return {(table, name): text for table, name, text in cursor.fetchall()}
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, btrim(p.prosrc) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND t.tgqual IS NULL AND pg_table_is_visible(c.oid)"
        )
        return {(table, name): f"{_text(on)} {kind} {body}" for table, name, on, kind, body in cursor.fetchall()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _statements(connection: BaseDatabaseWrapper, chosen: Iterable[type[models.Model]]) -> Iterator[str]:
    if connection.vendor == "sqlite":
        for model in chosen:
            for name, text in _sqlite(model).items():
                yield f"DROP TRIGGER IF EXISTS {_quoted(name)}"
                yield text
        return
    yield f"CREATE OR REPLACE FUNCTION palpate_sealed() RETURNS trigger LANGUAGE plpgsql AS $${_FUNCTION}$$"
    for model in chosen:
        table = model._meta.db_table
        for name, when, each in (
            (f"{table}_row", "UPDATE OR DELETE", "ROW"),
            (f"{table}_all", "TRUNCATE", "STATEMENT"),
        ):
            yield f"DROP TRIGGER IF EXISTS {_quoted(name)} ON {_quoted(table)}"
            yield (
                f"CREATE TRIGGER {_quoted(name)} BEFORE {when} ON {_quoted(table)}"
                f" FOR EACH {each} EXECUTE FUNCTION palpate_sealed()"
            )
            # Always: also for a connection that calls itself a replica, where ordinary triggers keep still.
            yield f"ALTER TABLE {_quoted(table)} ENABLE ALWAYS TRIGGER {_quoted(name)}"


def _sqlite(model: type[models.Model]) -> dict[str, str]:
    """The three triggers of a table in SQLite.

    REPLACE deletes without a DELETE trigger unless the connection has recursive triggers on. The third trigger refuses
    a row that any key of the table already holds, and so holds on every connection.
    """
    table = model._meta.db_table
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    same = " OR ".join(
        [f"{_quoted(table)}.rowid = NEW.rowid"]
        + [" AND ".join(f"{_quoted(table)}.{_quoted(c)} = NEW.{_quoted(c)}" for c in key) for key in _keys(model)]
    )
    double = f"WHEN EXISTS (SELECT 1 FROM {_quoted(table)} WHERE {same})"
    return {
        f"{table}_kept": f"CREATE TRIGGER {_quoted(f'{table}_kept')} BEFORE UPDATE ON {_quoted(table)} {refuse}",
        f"{table}_stays": f"CREATE TRIGGER {_quoted(f'{table}_stays')} BEFORE DELETE ON {_quoted(table)} {refuse}",
        f"{table}_once": f"CREATE TRIGGER {_quoted(f'{table}_once')} BEFORE INSERT ON {_quoted(table)} "
        f"{double} {refuse}",
    }


def _keys(model: type[models.Model]) -> list[list[str]]:
    meta = model._meta
    keys = [[str(field.column)] for field in meta.concrete_fields if field.primary_key or field.unique]
    unique = [c for c in meta.constraints if isinstance(c, models.UniqueConstraint) and c.condition is None]
    keys.extend([str(meta.get_field(name).column) for name in c.fields] for c in unique)  # type: ignore[union-attr]
    return keys


def _quoted(name: str) -> str:
    return f'"{name}"'
