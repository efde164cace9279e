"""The practice itself: where it is, what it has chosen, and which programs may call it."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from palpate.clinic.models.base import Row, Versioned


class Practice(Versioned):
    """The one practice of this store. `place` names its rules of consent; `settings` its choices of the pathway."""

    name = models.CharField(max_length=200)
    address = models.TextField(blank=True, max_length=500)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    place = models.CharField(max_length=40, default="default")
    country = models.CharField(max_length=2, blank=True, help_text="Decides the emergency number shown.")
    emergency_number = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    idle_minutes = models.PositiveSmallIntegerField(default=15)
    second_factor = models.BooleanField(default=True)
    settings = models.JSONField(default=dict)
    demo = models.BooleanField(default=False)
    created = models.DateTimeField()

    # The latest time of the trail; set where the practice is read for a page, no column.
    latest: datetime | None = None
    is_proposed: bool = False  # the same: whether a pathway waits for its second owner


class Site(Versioned):
    """A building of the practice."""

    name = models.CharField(max_length=200)
    address = models.TextField(blank=True, max_length=500)


class Room(Versioned):
    """A treatment room."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=200)
    active = models.BooleanField(default=True)


class PublishedPathway(Row):
    """Which pathway decides here from when on (S-67): proposed by one person, confirmed by another."""

    pathway = models.CharField(max_length=60)
    version_text = models.CharField(max_length=40)
    digest = models.CharField(max_length=80)
    settings = models.JSONField(default=dict)
    proposed_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+", null=True)
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True, db_index=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True, max_length=1000)


class PathwayCopy(models.Model):
    """The whole meaning of a pathway that was published here, so that its decisions can be made again."""

    digest = models.CharField(primary_key=True, max_length=80)
    meaning = models.TextField()


class ApiKey(Row):
    """A key of another program: shown once, kept as a hash, with scopes and an end (S-12)."""

    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField()
    created_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
