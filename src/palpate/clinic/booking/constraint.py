"""The store itself refuses two appointments at one time (S-54): no therapist, room or person is in two places.

Times are `[start, end)`. Therapist and room are held until the turnover is over, the person until the end. Appointments
that were cancelled, or to which nobody came, hold nothing.

PostgreSQL has exclusion constraints for this; they need no extension, since a range type over UUIDs lets an id stand
beside a stretch of time in one GiST index. SQLite has triggers. A migration that rebuilds a SQLite table drops its
triggers without a word, so they are looked for after every migration and at every start, like the seals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "clinic_appointment"
HOLDS = ("booked", "arrived", "done")  # the states in which an appointment takes time
UNTIL = {"therapist": "held_until", "room": "held_until", "person": "ends"}  # how long each is held
_STATES = ", ".join(f"'{state}'" for state in HOLDS)
_RANGE = "palpate_uuid_range"


def is_double(error: IntegrityError) -> bool:
    """Whether the store refused a row because its time is taken."""
    return "appointment_once_" in str(error)


def faults(connection: BaseDatabaseWrapper) -> list[str]:
    """What is missing or altered, one line each; empty when the store refuses double bookings."""
    found = _found(connection)
    lines = []
    for name, expected in _expected(connection):
        if name not in found:
            lines.append(f"{TABLE}: its rule {name} is missing")
        elif expected and found[name] != expected:
            lines.append(f"{TABLE}: its rule {name} was altered")
    return lines


def put(connection: BaseDatabaseWrapper) -> list[str]:
    """Puts back what is missing or altered. Returns what was, one line each."""
    was = faults(connection)
    if was:
        with connection.cursor() as cursor:
            for statement in _statements(connection):
                cursor.execute(statement)
    return was


def take_away(connection: BaseDatabaseWrapper) -> None:
    """Takes the rules away, where the migration is reversed."""
    with connection.cursor() as cursor:
        for name, _ in _expected(connection):
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {name}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TYPE IF EXISTS {_RANGE}")


def after_migrate(sender: Any, using: str, **_: Any) -> None:
    """What runs after each `migrate`: a rebuilt table gets its rules back."""
    from django.db import connections

    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        columns = {column.name for column in connection.introspection.get_table_description(cursor, TABLE)}
    if "held_until" in columns:
        put(connection)


# --- What should be there ---------------------------------------------------------------------------------------------


def _expected(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str]]:
    """Name of each rule and its text as the store tells it; empty where the store writes it in its own way."""
    if connection.vendor == "postgresql":
        for which in UNTIL:
            yield f"appointment_once_{which}", ""
    else:
        yield from _sqlite().items()


def _found(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        else:
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE contype = 'x' AND conrelid = to_regclass(%s)",
                [TABLE],
            )
        return dict(cursor.fetchall())


def _statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    if connection.vendor == "sqlite":
        for name, text in _sqlite().items():
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield text
        return
    # In this schema: a type of the same name may stand in another that is on the search path.
    yield (
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
        f" WHERE t.typname = '{_RANGE}' AND n.nspname = current_schema())"
        f" THEN CREATE TYPE {_RANGE} AS RANGE (subtype = uuid); END IF; END $$"
    )
    for which, until in UNTIL.items():
        column, name = f"{which}_id", f"appointment_once_{which}"
        yield f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {name}"
        yield (
            f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} EXCLUDE USING gist"
            f" ({_RANGE}({column}, {column}, '[]') WITH &&, tstzrange(starts, {until}, '[)') WITH &&)"
            f" WHERE ({column} IS NOT NULL AND state IN ({_STATES}))"
        )


def _sqlite() -> dict[str, str]:
    """One trigger for a new row and one for a changed row, for each of therapist, room and person."""
    found = {}
    for which, until in UNTIL.items():
        column = f"{which}_id"
        clash = (
            f"SELECT 1 FROM {TABLE} o WHERE o.{column} = NEW.{column} AND o.{until} > NEW.starts"
            f" AND o.starts < NEW.{until} AND o.id <> NEW.id AND o.state IN ({_STATES})"
        )
        for when, event in (
            ("new", "INSERT"),
            ("changed", f"UPDATE OF state, starts, ends, held_until, {column}, id"),
        ):
            name = f"appointment_once_{which}_{when}"
            found[name] = (
                f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE}"
                f" WHEN NEW.state IN ({_STATES}) AND EXISTS ({clash})"
                f" BEGIN SELECT RAISE(ABORT, 'appointment_once_{which}'); END"
            )
    return found
