"""The only way to change anything: inside an act, which leaves its row in the audit trail or does not happen (S-45).

    with act(actor, "notes", "session-sign", change=True) as deed:
        deed.concerns(person)
        note.save()

The act opens a transaction; the audit row is its last write. If that write fails, everything else is gone too. Writing
a row of the clinic outside an act raises, by whatever way, so a forgotten act shows in the first test.

The audit row names each sealed row that the act added, with a keyed hash of what it holds. So a note or a decision that
somebody takes away or rewrites in the store, seals broken, is missed by the trail.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, post_save, pre_delete, pre_migrate, pre_save

from palpate.clinic import audit
from palpate.clinic.access.once import forget
from palpate.clinic.actor import Actor

# Rows that are not about people, or are the trail itself.
UNGUARDED = frozenset({"AuditRow", "AuditHead", "Throttle", "FormKey"})


class NoAct(RuntimeError):
    """A row was to be saved outside an act. This is a fault of the program, never of its user."""


@dataclass
class Deed:
    """What one act was about. Only ids and short codes: never a name, an answer or a text."""

    actor: Actor
    category: str
    name: str
    change: bool
    persons: set[uuid.UUID] = field(default_factory=set)
    about: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    outcome: str = "done"
    sealed: list[list[str]] = field(default_factory=list)  # of each sealed row it added: kind, id, hash of its content

    def concerns(self, *persons: Any) -> None:
        """Adds people (or their ids) to what the act was about."""
        self.persons.update(getattr(person, "pk", person) for person in persons)


_open: ContextVar[Deed | None] = ContextVar("palpate_act", default=None)
_upkeep: ContextVar[bool] = ContextVar("palpate_upkeep", default=False)
_migrating: ContextVar[bool] = ContextVar("palpate_migrating", default=False)


@contextmanager
def act(actor: Actor, category: str, name: str, *, change: bool, why: str = "") -> Iterator[Deed]:
    """A transaction that ends with its audit row.

    An act inside an act joins the outer one and leaves no row of its own; if it fails, what it did is undone, also
    where the outer one goes on.
    """
    outer = _open.get()
    if outer is not None:
        outer.change = outer.change or change
        before = len(outer.sealed)
        try:
            with transaction.atomic():
                yield outer
        except BaseException:
            del outer.sealed[before:]
            raise
        return
    deed = Deed(actor, category, name, change, why=why)
    with transaction.atomic():
        token = _open.set(deed)
        try:
            yield deed
        finally:
            _open.reset(token)
        audit.append(deed)


def record_refusal(actor: Actor, category: str, name: str, *, persons: Any = (), **about: Any) -> None:
    """The row of something that was not done, in a transaction of its own."""
    deed = Deed(actor, category, name, change=False, about=about, outcome="refused")
    deed.concerns(*persons)
    with transaction.atomic():
        audit.append(deed)


def open_deed() -> Deed:
    """The act that is going on. Errors: NoAct."""
    deed = _open.get()
    if deed is None:
        raise NoAct("this changes the store outside an act")
    return deed


@contextmanager
def upkeep() -> Iterator[None]:
    """Work on the store itself and not on anybody's data, such as emptying or mending it. It leaves no row."""
    token = _upkeep.set(True)
    try:
        yield
    finally:
        _upkeep.reset(token)


def _only_in_an_act(sender: Any, **_: Any) -> None:
    forget()
    if sender.__name__ not in UNGUARDED and not may_write():
        raise NoAct(f"{sender.__name__} was to be changed outside an act")


def may_write() -> bool:
    """Whether an act is going on, or upkeep, or a migration."""
    return _open.get() is not None or _upkeep.get() or _migrating.get()


def _seal(sender: Any, instance: Any, created: bool, **_: Any) -> None:
    """The trail keeps which row was added, and the hash of what it held: see `palpate.clinic.verify`."""
    deed = _open.get()
    if created and deed is not None:
        deed.sealed.append([sender._meta.model_name, str(instance.pk), audit.content_hash(instance)])


def guard_models(config: AppConfig) -> None:
    """Lets no row of the clinic be written outside an act, by the ORM or by SQL, and seals what is only added to."""
    from palpate.clinic.models.base import AppendOnly

    for model in config.get_models():
        pre_save.connect(_only_in_an_act, sender=model, dispatch_uid=f"act-save-{model.__name__}")
        pre_delete.connect(_only_in_an_act, sender=model, dispatch_uid=f"act-delete-{model.__name__}")
        if issubclass(model, AppendOnly):
            post_save.connect(_seal, sender=model, dispatch_uid=f"act-seal-{model.__name__}")
        if model.__name__ not in UNGUARDED:
            _tables.add(model._meta.db_table)
    connection_created.connect(_watch, dispatch_uid="act-sql")
    pre_migrate.connect(_begin_migrating, sender=config, dispatch_uid="act-migrating")
    post_migrate.connect(_end_migrating, sender=config, dispatch_uid="act-migrated")


# --- Statements that send no signal: QuerySet.update, bulk_create, raw SQL --------------------------------------------

_tables: set[str] = set()
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "MERGE", "WITH")
_WRITTEN = re.compile(
    r"\b(?:(?:INSERT|REPLACE|MERGE)(?:\s+OR\s+\w+)?\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)"
    r'\s+(?:ONLY\s+)?(?:"?\w+"?\.)?"?(\w+)',
    re.IGNORECASE,
)


def _begin_migrating(sender: Any, **_: Any) -> None:
    _migrating.set(True)


def _end_migrating(sender: Any, **_: Any) -> None:
    _migrating.set(False)


def _watch(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _refuse_outside not in connection.execute_wrappers:
        connection.execute_wrappers.append(_refuse_outside)


def _refuse_outside(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Lets a statement through unless it writes to the clinic outside an act. A read costs one comparison."""
    if not may_write():
        text = str(sql).lstrip()
        if text[:8].upper().startswith(_WRITES):
            whole = text[:8].upper() == "TRUNCATE"  # it may name many tables
            for table in re.findall(r"\w+", text) if whole else _WRITTEN.findall(text):
                if table in _tables:
                    raise NoAct(f"{table} was to be changed outside an act")
    return execute(sql, params, many, context)
