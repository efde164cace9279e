"""Queries whose SQL is worked out once, for the few that nearly every page asks.

Putting a query together costs Django several times what the store needs to answer it. A `Ready` puts it together at its
first use, with a `Slot` for each value that differs from call to call, and from then on only fills the slots in. What
comes back is what the query set itself would give. Values go to the store as parameters, never into the SQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX, SQLiteCursorWrapper
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
    """A query as one connection takes it. `build` makes what the caller gets from a row.

    `native`: the SQL with the places of values written as the store itself writes them.
    `converters`: of each column whose values the store writes otherwise than Python, its place and what reads one.
    """

    sql: str
    native: str
    params: Sequence[Any]
    converters: Sequence[tuple[int, Callable[[Any], Any]]]
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
        rows = _asked(connection, made, params)
        if not rows:
            return []
        columns = list(zip(*rows, strict=True))
        for at, read in made.converters:
            columns[at] = tuple(map(read, columns[at]))
        return list(map(made.build, zip(*columns, strict=True)))

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
        (at, _reader(calls, expression, compiler.connection))
        for at, (calls, expression) in compiler.get_converters(columns).items()
    ]
    build = _builder(compiler, using) if issubclass(rows._iterable_class, ModelIterable) else tuple
    native = FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%") if compiler.connection.vendor == "sqlite" else sql
    return _Made(sql, native, params, converters, build, bool(rows.query.select_for_update))


def _asked(connection: Any, made: _Made, params: list[Any]) -> list[tuple[Any, ...]]:
    """The rows, as the store gives them.

    One cursor serves all that a connection asks: to make one for each of the twenty queries of a page takes as long as
    several of them. It goes through Django's wrappers as any other does. Where queries are logged, Django makes cursors
    of another kind, and there each query gets its own.
    """
    if connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(made.sql, params)
            return list(cursor.fetchall())
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw, kept = vars(connection).get("palpate_cursor", (None, None))
    if raw is not connection.connection:
        raw = connection.connection
        plain = raw.cursor(factory=_AsWritten) if connection.vendor == "sqlite" else connection.create_cursor()
        kept = connection.make_cursor(plain)
        vars(connection)["palpate_cursor"] = raw, kept
    connection.validate_thread_sharing()
    kept.execute(made.native, params)
    return list(kept.fetchall())


class _AsWritten(SQLiteCursorWrapper):
    """A cursor for SQL that is written for SQLite already."""

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        return query


def _reader(calls: Sequence[Any], expression: Any, connection: Any) -> Callable[[Any], Any]:
    """What reads one value of a column: Django's converters, or a quicker one that gives the same.

    SQLite keeps ids and times as text, and a page reads some hundreds of them.
    """
    name = getattr(calls[0], "__name__", "") if len(calls) == 1 and connection.vendor == "sqlite" else ""
    if name in _QUICK and connection.timezone == UTC:
        return _QUICK[name]

    def read(value: Any) -> Any:
        for call in calls:
            value = call(value, expression, connection)
        return value

    return read


class KnownId(uuid.UUID):
    """An id that remembers how it is written and where it stands in a set: a page asks both again and again."""

    __slots__ = ("_hash", "_text")
    _hash: int
    _text: str

    def __init__(self, text: str) -> None:
        super().__init__(text)
        object.__setattr__(self, "_text", super().__str__())
        object.__setattr__(self, "_hash", super().__hash__())

    def __str__(self) -> str:
        return self._text

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return uuid.UUID, (self._text,)


_known = lru_cache(maxsize=4096)(KnownId)


def _id(value: str | None) -> uuid.UUID | None:
    return None if value is None else _known(value)


def _moment(value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _day(value: date | str | None) -> date | None:
    return value if value is None or isinstance(value, date) else date.fromisoformat(value)


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


# By the name of the converter that each stands for.
_QUICK: dict[str, Callable[[Any], Any]] = {
    "convert_uuidfield_value": _id,
    "convert_datetimefield_value": _moment,
    "convert_datefield_value": _day,
    "convert_booleanfield_value": _truth,
}


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
