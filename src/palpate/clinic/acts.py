"""The only way to change anything: inside an act, which leaves its row in the audit trail or does not happen (S-45).

    with act(actor, "notes", "session-sign", change=True) as deed:
        deed.concerns(person)
        note.save()

The act opens a transaction; the audit row is its last write. If that write fails, everything else is gone too. Saving
a row of the clinic outside an act raises, so a forgotten act shows in the first test.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import pre_delete, pre_save

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

    def concerns(self, *persons: Any) -> None:
        """Adds people (or their ids) to what the act was about."""
        self.persons.update(getattr(person, "pk", person) for person in persons)


_open: ContextVar[Deed | None] = ContextVar("palpate_act", default=None)


@contextmanager
def act(actor: Actor, category: str, name: str, *, change: bool, why: str = "") -> Iterator[Deed]:
    """A transaction that ends with its audit row.

    An act inside an act joins the outer one and leaves no row of its own; if it fails, what it did is undone, also
    where the outer one goes on.
    """
    outer = _open.get()
    if outer is not None:
        outer.change = outer.change or change
        with transaction.atomic():
            yield outer
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


def _only_in_an_act(sender: Any, **_: Any) -> None:
    forget()
    if sender._meta.app_label == "clinic" and sender.__name__ not in UNGUARDED and _open.get() is None:
        raise NoAct(f"{sender.__name__} was to be changed outside an act")


def guard_models(config: AppConfig) -> None:
    """Lets no model of the clinic be saved or deleted outside an act."""
    for model in config.get_models():
        pre_save.connect(_only_in_an_act, sender=model, dispatch_uid=f"act-save-{model.__name__}")
        pre_delete.connect(_only_in_an_act, sender=model, dispatch_uid=f"act-delete-{model.__name__}")
