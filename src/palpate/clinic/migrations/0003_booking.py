"""Lets the store refuse two appointments at one time (S-54)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from palpate.clinic.booking import constraint


def put(apps: Any, schema_editor: Any) -> None:
    """Puts the rules on the table of appointments."""
    constraint.put(schema_editor.connection)


def take_away(apps: Any, schema_editor: Any) -> None:
    constraint.take_away(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("clinic", "0002_sealed")]
    operations: ClassVar = [migrations.RunPython(put, take_away)]
