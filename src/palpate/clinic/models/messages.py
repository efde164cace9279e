"""What is sent to people, what the practice says in it, who was called instead, and calendars that others read."""

from __future__ import annotations

from datetime import time

from django.db import models

from palpate.clinic.models.base import Row, Versioned
from palpate.clinic.models.care import Appointment, Episode
from palpate.clinic.models.people import Person

BY = "clinic.User"


class Message(Row):
    """One message that is to be sent (S-60), written in the same transaction as the deed that it tells of.

    Its words are not kept: they are made when it is sent, since the secret of a link may not lie in the store (S-15).
    """

    class Kind(models.TextChoices):
        INVITATION = "invitation", "Invitation: intake and consent"
        REMINDER = "reminder", "Reminder of an appointment"
        CHECK_IN = "check_in", "Check-in before a visit"
        AFTER_SESSION = "after_session", "Check after a session"
        PLAN = "plan", "Link to the plan"
        OFFER = "offer", "Offer from the wait list"
        MOVED = "moved", "Appointment moved"
        CANCELLED = "cancelled", "Appointment cancelled"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"  # it cannot be sent: no address, or refused for good
        DROPPED = "dropped", "Too late, not sent"
        WITHDRAWN = "withdrawn", "Withdrawn"  # the appointment has changed, or the message is no longer wanted

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="messages")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="+", null=True)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="messages", null=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    when = models.DateTimeField(null=True)  # the time that it tells: the start of the appointment, or what is offered
    channel = models.CharField(max_length=8, blank=True)  # by which way it was tried last: email, sms
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due = models.DateTimeField()
    stale_after = models.DateTimeField()
    made = models.DateTimeField()
    next_try = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    rendered = models.PositiveSmallIntegerField(default=0)  # how often its words were made, each with a link of its own
    lease = models.CharField(max_length=40, blank=True)  # the worker that is sending it
    lease_until = models.DateTimeField(null=True)
    sent = models.DateTimeField(null=True)
    reason = models.CharField(
        max_length=20, blank=True
    )  # why it was not sent: a key of palpate.clinic.messages.REASONS

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_try"]),
            models.Index(fields=["appointment", "kind"]),
            models.Index(fields=["state", "made"]),
        ]


class MessageSettings(Versioned):
    """How this practice writes to people; one row. `times` holds, by kind, whether it is sent and minutes of lead."""

    clinic = models.CharField(max_length=60, blank=True, help_text="A name that says nothing of what is treated.")
    call_hours = models.PositiveSmallIntegerField(default=24)
    sends_from = models.TimeField(default=time(8))  # by the practice's clock: nobody is written to at night
    sends_until = models.TimeField(default=time(20))
    times = models.JSONField(default=dict)


class MessageText(Versioned):
    """The practice's own words for one kind of message in one language, instead of the shipped ones."""

    kind = models.CharField(max_length=16)
    language = models.CharField(max_length=12)
    subject = models.CharField(max_length=120)
    text = models.TextField(max_length=600)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="one_text_a_kind_and_language")]


class Call(Row):
    """Somebody was called because a message did not reach them or was not answered."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        LEFT_WORD = "left_word", "Left word"
        NOT_REACHED = "not_reached", "Not reached"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="calls")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="calls", null=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="calls", null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")


class CalendarFeed(Row):
    """The address of one therapist's calendar (S-37): only the hash of its secret is kept."""

    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="feeds")
    name = models.CharField(max_length=60)
    secret_hash = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField()
    revoked = models.DateTimeField(null=True)


class Job(models.Model):
    """Who does a kind of work in the background, until when, and when it was last done (one leader by lease)."""

    name = models.CharField(primary_key=True, max_length=20)
    holder = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField(null=True)
    done = models.DateTimeField(null=True)
    failed = models.DateTimeField(null=True)
    why = models.CharField(max_length=120, blank=True)
