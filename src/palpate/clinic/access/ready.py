"""Queries whose SQL is worked out once, for the few that nearly every page asks.

Putting a query together costs Django several times what the store needs to answer it. A `Ready` puts it together at its
first use, with a `Slot` for each value that differs from call to call, and from then on only fills the slots in. What
comes back is what the query set itself would give. Values go to the store as parameters, never into the SQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import ModelIterable, get_related_populators
from django.db.transaction import TransactionManagementError

Found = TypeVar("Found")
DEFAULT = "default"


class Slot(Value):
    """The place of a value that is given when the query is asked. Takes its name, and a field that writes it."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A parameter, which stands for itself until the query is asked."""
        return "%s", [self]


@dataclass(frozen=True)
class _Made:
    """A query as one connection takes it. `build` makes what the caller gets from a row."""

    sql: str
    params: Sequence[Any]
    converters: Sequence[tuple[int, Any, Any]]
    build: Callable[[Any], Any]
    locks: bool


class Ready(Generic[Found]):
    """A query set that is put together once for each connection.

    Takes  write: a function that gives the query set, with slots in it. It must not depend on anything else.
    """

    def __init__(self, write: Callable[[], QuerySet[Any, Found]]) -> None:
        self._write = write

    def all(self, using: str = DEFAULT, /, **values: Any) -> list[Found]:
        """All rows. Takes a value, never None, for each slot."""
        connection = connections[using]
        # A connection belongs to one thread, and what is made for it goes when it goes.
        kept: dict[Ready[Any], _Made] = vars(connection).setdefault("palpate_ready", {})
        made = kept.get(self)
        if made is None:
            made = kept[self] = _make(self._write(), using)
        if made.locks and connection.get_autocommit():
            raise TransactionManagementError("a row is locked inside a transaction only")
        params = [
            one.output_field.get_db_prep_value(values[one.value], connection) if isinstance(one, Slot) else one
            for one in made.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, params)
            rows = cursor.fetchall()
        build, converters = made.build, made.converters
        found = []
        for row in map(list, rows):
            for at, calls, expression in converters:
                value = row[at]
                for call in calls:
                    value = call(value, expression, connection)
                row[at] = value
            found.append(build(row))
        return found

    def first(self, using: str = DEFAULT, /, **values: Any) -> Found | None:
        """The first row, or None. The query set itself must end with `[:1]`."""
        rows = self.all(using, **values)
        return rows[0] if rows else None


def _make(rows: QuerySet[Any, Any], using: str) -> _Made:
    """Puts a query together: Django's own steps in `QuerySet.iterator`, taken once."""
    compiler = rows.query.get_compiler(using=using)
    sql, params = compiler.as_sql()
    columns = [column[0] for column in compiler.select[: compiler.col_count]]
    converters = [
        (at, _kept_ids(calls), expression) for at, (calls, expression) in compiler.get_converters(columns).items()
    ]
    build = _builder(compiler, using) if issubclass(rows._iterable_class, ModelIterable) else tuple
    return _Made(sql, params, converters, build, bool(rows.query.select_for_update))


def _kept_ids(calls: Sequence[Any]) -> Sequence[Any]:
    """The converters of a column, with a quicker one for ids: the same few come back on every page."""
    return [_id if getattr(call, "__name__", "") == "convert_uuidfield_value" else call for call in calls]


def _id(value: str | None, _expression: Any, _connection: Any) -> uuid.UUID | None:
    return None if value is None else _uuid(value)


@lru_cache(maxsize=4096)
def _uuid(text: str) -> uuid.UUID:
    return uuid.UUID(text)


def _builder(compiler: Any, using: str) -> Callable[[Any], Model]:
    """What makes an object of a row, with the related objects and the annotations that were asked for."""
    info = compiler.klass_info
    model, columns = info["model"], info["select_fields"]
    begin, end = columns[0], columns[-1] + 1
    names = [column[0].target.attname for column in compiler.select[begin:end]]
    related = get_related_populators(info, compiler.select, using)  # type: ignore[call-arg]  # the stubs are of 6.1
    extra = dict(compiler.annotation_col_map or {})

    def build(row: Any) -> Model:
        found: Model = model.from_db(using, names, row[begin:end])
        for other in related:
            other.populate(row, found)
        for name, at in extra.items():
            setattr(found, name, row[at])
        return found

    return build
