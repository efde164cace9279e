"""Who did what, in a chain that shows when it was touched; and the small tables around acts."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import Row


class AuditRow(models.Model):
    """One act or one refusal (S-45). Its hash is keyed, and takes in the hash of the row before it."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=40)  # a user's id, "link:<id>", "key:<prefix>", "program" or "nobody"
    roles = models.CharField(max_length=40, blank=True)
    category = models.CharField(max_length=20, db_index=True)
    deed = models.CharField(max_length=60)  # the name of the route, or of the command
    change = models.BooleanField()
    outcome = models.CharField(max_length=12)  # done, refused, failed
    persons = models.JSONField(default=list)  # ids of the people it was about
    about = models.JSONField(default=dict)  # further ids and short codes; never a name or an answer
    why = models.TextField(blank=True, max_length=1000)
    address = models.CharField(max_length=45, blank=True)
    request = models.CharField(max_length=40, blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)


class AuditHead(models.Model):
    """The newest number and hash. Whoever adds a row locks this one, so numbers have no gap."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    latest = models.DateTimeField(null=True)  # the latest time of any row since an owner accepted the clock (S-58)
    anchored = models.BigIntegerField(default=0)


class FormKey(Row):
    """One use of a form or of an Idempotency-Key (S-55): the same key gets the first answer again for 48 hours."""

    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_use_of_a_key")]


class Notice(Row):
    """Something that a member of the staff must see, such as a broken glass. It stays until it is read."""

    to = models.ForeignKey("clinic.User", on_delete=models.CASCADE, related_name="notices")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    read = models.DateTimeField(null=True)
