"""What concerns the store as a whole: its tables, its decisions one after the other, whose practice it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.db.models import Model

from palpate.clinic.models import PathwayCopy, Practice

PAGE = 500  # rows held at a time; a decision holds its whole document


def in_order(model: type[Model], using: str = "default") -> Iterator[Any]:
    """Every row of a table, in the order of their ids, a page at a time."""
    last: Any = None
    while True:
        rows = model._default_manager.using(using).order_by("pk")
        page = list((rows if last is None else rows.filter(pk__gt=last))[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].pk


def meaning_of(digest: str, using: str = "default") -> str | None:
    """The meaning of a pathway that decided here, as it was kept."""
    return PathwayCopy.objects.using(using).filter(pk=digest).values_list("meaning", flat=True).first()


def practice_in(using: str = "default") -> Practice | None:
    """The practice of a store."""
    return Practice.objects.using(using).first()


def counts(using: str = "default") -> dict[str, int]:
    """How many rows each table of the store holds."""
    connection = connections[using]
    found = {}
    for table in sorted(connection.introspection.table_names()):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            found[table] = int(cursor.fetchone()[0])
    return found


def applied_migrations(using: str = "default") -> list[tuple[str, str]]:
    """The migrations that this store has had, in order; empty for a new store."""
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connections[using])
    if not recorder.has_table():
        return []
    return list(recorder.migration_qs.order_by("id").values_list("app", "name"))
