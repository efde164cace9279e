"""Whose record was erased, and until when the law has it kept (S-49)."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import Row


class Erasure(Row):
    """One person who asked to be forgotten. It names them by an id only, and stays when everything else is gone."""

    person = models.UUIDField(unique=True)  # no foreign key: the row outlives the person's
    asked = models.DateTimeField()
    until = models.DateField()  # the last day on which the record is kept
    place = models.CharField(max_length=40)  # whose rules gave that day
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, null=True, related_name="+")  # null: the program
    destroyed = models.DateTimeField(null=True)
    destroyed_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, null=True, related_name="+")
    counts = models.JSONField(default=dict)  # how many rows of which table were destroyed
