"""Letters that go out, the links by which answers come back, and files that come in."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import AppendOnly, Row, Versioned
from palpate.clinic.models.care import Episode
from palpate.clinic.models.people import Person

BY = "clinic.User"


class Letter(Versioned):
    """A referral, hand-over, discharge note or home plan. `data` is what `palpate.letters` prints, always the same."""

    class Kind(models.TextChoices):
        URGENT = "urgent_handover", "Urgent hand-over"
        REFERRAL = "referral", "Referral for examination or clearance"
        NEXT = "next_treatment", "Referral to another treatment"
        DISCHARGE = "discharge", "Discharge note"
        HOME = "home_plan", "Home plan"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="letters")
    decision = models.ForeignKey("clinic.Decision", on_delete=models.PROTECT, null=True, related_name="letters")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    to = models.CharField(max_length=200, blank=True)
    urgency = models.CharField(max_length=16, blank=True)
    rules = models.JSONField(default=list)  # rule ids that an answer should cover
    data = models.JSONField(default=dict)
    made = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    handed_over = models.DateTimeField(null=True)  # given, sent or read out by telephone
    handed_how = models.CharField(max_length=12, blank=True)  # given, sent, read_out
    answered = models.DateTimeField(null=True, db_index=True)
    closed = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True)

    class Meta:
        # Every day view counts the referrals that wait. They are few; without this it would read all letters. The kind
        # is a column and no condition: SQLite does not use a partial index whose condition a query gives by parameter.
        indexes = [
            models.Index(
                fields=["kind", "episode", "made", "urgency"],
                name="waiting_letters",
                condition=models.Q(answered__isnull=True, closed__isnull=True),
            )
        ]


class ReferralLink(Row):
    """A one-time link for the clinician who answers (S-15 to S-19): only the hash of its secret is kept."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="links")
    secret_hash = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField()
    until = models.DateTimeField()
    misses = models.PositiveSmallIntegerField(default=0)
    opened = models.DateTimeField(null=True)  # when its one session of 30 minutes began
    spent = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")


class Upload(AppendOnly):
    """A file that came in, by content PDF, JPEG or PNG (S-26). The bytes lie in the store, so one backup holds all."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="uploads")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, related_name="uploads")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="uploads")
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=40)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)
