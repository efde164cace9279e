"""What the tables share: opaque ids, and checked text."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models


class Row(models.Model):
    """A row whose id tells nothing: it may stand in an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Versioned(Row):
    """A row that several people may edit. An edit names the `version` it saw; a stale one is refused (S-56)."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class AppendOnly(Row):
    """A row that is never changed or deleted; the store itself refuses it (S-44, `palpate.clinic.sealed`)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is only ever added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{type(self).__name__} is only ever added to")
