"""The person's own telephone: links without an account, what was sent by them, and wishes about appointments."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import AppendOnly, Row
from palpate.clinic.models.care import Appointment, Episode
from palpate.clinic.models.people import Person

BY = "clinic.User"


class PhoneLink(Row):
    """A link for one purpose of one person (S-15 to S-19): only the hash of its secret is kept.

    `draft` holds what was tapped in an intake and is not sent yet. It is no part of the record; it is emptied when the
    intake is sent or the link ends.
    """

    class Purpose(models.TextChoices):
        INTAKE = "intake", "Intake and consent"
        CHECK_IN = "check_in", "Check-in before a visit"
        AFTER = "after_session", "Check after a session"
        PLAN = "plan", "My plan"

    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="phone_links")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, related_name="phone_links")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="phone_links")
    secret_hash = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField()
    until = models.DateTimeField()
    misses = models.PositiveSmallIntegerField(default=0)
    opened = models.DateTimeField(null=True)
    spent = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    draft = models.JSONField(default=dict)
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)  # null: by the program

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "purpose"],
                name="usable_phone_links",
                condition=models.Q(revoked__isnull=True, spent__isnull=True),
            )
        ]


class PhoneSent(AppendOnly):
    """What a person sent by a link, whole. The answers and measures it brought carry the same moment, `at`.

    `told` holds what is no answer of the pathway: that nothing was new, how they felt after the massage, in codes.
    """

    link = models.OneToOneField(PhoneLink, on_delete=models.PROTECT, related_name="sent")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="phone_sent")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="phone_sent")
    purpose = models.CharField(max_length=16, choices=PhoneLink.Purpose.choices)
    language = models.CharField(max_length=12)
    told = models.JSONField(default=dict)
    day = models.DateField()
    at = models.DateTimeField(db_index=True)


class PhoneSeen(AppendOnly):
    """A therapist went through what a person sent, and confirms it as told."""

    sent = models.ForeignKey(PhoneSent, on_delete=models.PROTECT, related_name="seen")
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Wish(Row):
    """A person asks to move or to cancel an appointment. Nothing moves by itself: the front desk answers."""

    class What(models.TextChoices):
        MOVE = "move", "Wants another time"
        CANCEL = "cancel", "Wants to cancel"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="wishes")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="wishes")
    what = models.CharField(max_length=8, choices=What.choices)
    at = models.DateTimeField()
    done = models.DateTimeField(null=True, db_index=True)
    done_by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)
