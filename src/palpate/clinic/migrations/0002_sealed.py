"""Seals the tables that are only added to, by triggers of the store (S-44)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from palpate.clinic import sealed


def seal(apps: Any, schema_editor: Any) -> None:
    """Puts the triggers on every sealed table that exists at this point of the history."""
    sealed.seal(schema_editor.connection, only_there=True)


def unseal(apps: Any, schema_editor: Any) -> None:
    sealed.unseal(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("clinic", "0001_clinic")]
    operations: ClassVar = [migrations.RunPython(seal, unseal)]
