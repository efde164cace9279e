"""One episode of back pain and its care, from the consent to the last note.

What people said and what was found is only ever added to: an answer, a touch or a measure that was wrong is followed by
a newer one. So a decision of last month can be shown with what was known last month.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from palpate.clinic.models.base import AppendOnly, Versioned
from palpate.clinic.models.people import Person

BY = "clinic.User"


class Episode(Versioned):
    """One course of back pain in one person's life, with at most one course of massage."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="episodes")
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)
    complaint = models.CharField(max_length=200, blank=True, help_text="In the person's own words.")
    onset = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN, db_index=True)
    protocol = models.CharField(max_length=60, blank=True)
    goals = models.TextField(blank=True, max_length=2000, help_text="In the person's own words.")
    activities = models.JSONField(default=list, help_text="Up to three activities that the back makes hard.")
    planned_at = models.DateTimeField(null=True)
    opened = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True)


class Consent(AppendOnly):
    """What was agreed to, in which words, signed by whom. A withdrawal is a row of its own that names the first."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=40)  # id of the consent text: general, sensitive_areas, guardian
    text_version = models.CharField(max_length=20)
    text = models.TextField()  # the words as they were shown
    place = models.CharField(max_length=40)
    areas = models.JSONField(default=list)
    signed_by = models.CharField(max_length=200)
    signer_is = models.CharField(max_length=20, default="person")  # person, or guardian
    signature = models.JSONField(default=dict)  # {"strokes": [...]} or {"typed": "..."}
    at = models.DateTimeField()
    expires = models.DateField(null=True)
    withdraws = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="withdrawals")
    why = models.TextField(blank=True, max_length=1000)
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)


class Appointment(Versioned):
    """A planned time. What happens in it is a session."""

    class State(models.TextChoices):
        BOOKED = "booked", "Booked"
        ARRIVED = "arrived", "Here"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        NO_SHOW = "no_show", "Did not come"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="appointments", null=True)
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey("clinic.Room", on_delete=models.PROTECT, related_name="+", null=True)
    service = models.ForeignKey("clinic.Service", on_delete=models.PROTECT, related_name="+", null=True)
    starts = models.DateTimeField(db_index=True)
    ends = models.DateTimeField()
    held_until = models.DateTimeField()  # therapist and room: with the turnover after it. The person is free at `ends`
    day = models.DateField(db_index=True)  # the wall date in the practice's time zone
    # As the clock on the wall shows it, beside the instant (S-57). Empty where only the instant was told.
    zone = models.CharField(max_length=60, blank=True)
    wall = models.CharField(max_length=16, blank=True)  # such as 2026-03-02T09:30
    fold = models.PositiveSmallIntegerField(default=0)  # 1: the second of a time that comes twice
    state = models.CharField(max_length=10, choices=State.choices, default=State.BOOKED)
    course_session = models.PositiveSmallIntegerField(null=True)  # which session of the course it is for, from 1
    ahead_why = models.CharField(max_length=300, blank=True)  # why it was booked past the next decision point
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=10, blank=True)  # person or practice
    fee_cents = models.PositiveIntegerField(null=True)  # what the practice's rule asks for a late end, or none
    created = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["day", "starts"]),
            models.Index(fields=["therapist", "held_until"]),
            models.Index(fields=["room", "held_until"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="appointment_has_length"),
            models.CheckConstraint(condition=models.Q(held_until__gte=models.F("ends")), name="turnover_comes_after"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Without a turnover, therapist and room are held until the end."""
        held: Any = self.held_until
        self.held_until = self.ends if held is None else held
        super().save(*args, **kwargs)


class Session(Versioned):
    """One visit on the couch. Its content is its touches; it ends with a signed note."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        STOPPED = "stopped", "Stopped"
        SIGNED = "signed", "Signed"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="sessions")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, null=True, related_name="session")
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(db_index=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN, db_index=True)
    massage_given = models.BooleanField(default=False)  # set at signing: a visit that was stopped is no session given
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    draft = models.JSONField(default=dict)  # edits of the note before it is signed: {"s": text, "o": ...}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "day"], name="one_session_a_day")]


class Touch(AppendOnly):
    """One tap in a session. `key` is made on the device, so that the same tap arrives once however often it is sent."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="touches")
    number = models.PositiveIntegerField()
    key = models.UUIDField()
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    tapped = models.DateTimeField()  # by the device's clock; for the late-entry line only
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="touches_in_order"),
            models.UniqueConstraint(fields=["session", "key"], name="each_touch_once"),
        ]


class Answer(AppendOnly):
    """One answer to one question of the pathway. The newest of a fact counts; no row at all is "not asked"."""

    class State(models.TextChoices):
        ANSWERED = "answered", "Answered"
        CANNOT_SAY = "cannot_say", "Cannot say"
        NOT_ASKED = "not_asked", "Not asked"  # an earlier answer taken back

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="answers")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="answers")
    fact = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices)
    value = models.JSONField(null=True)
    day = models.DateField()
    at = models.DateTimeField()
    number = models.PositiveIntegerField(default=0)  # order among answers of one moment
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)


class BodyDrawing(AppendOnly):
    """Where it hurts, as the person drew it. The newest counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="drawings")
    drawing = models.JSONField(default=dict)
    day = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)


class Measure(AppendOnly):
    """One score on one day: `value`, or `values` for own activities. Names are the pathway's measures, or a test's."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="measures")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="measures")
    name = models.CharField(max_length=40)
    value = models.FloatField(null=True)
    values = models.JSONField(null=True)
    day = models.DateField()
    at = models.DateTimeField()
    tester = models.ForeignKey(BY, on_delete=models.PROTECT, null=True, related_name="+")
    taken_back = models.BooleanField(default=False)  # a row that takes back what this name had on this day


class Note(AppendOnly):
    """The SOAP note as it was signed. It is never changed; what is wrong is amended in sight."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="note")
    subjective = models.TextField(max_length=20000)
    objective = models.TextField(max_length=20000)
    assessment = models.TextField(max_length=20000)
    plan = models.TextField(max_length=20000)
    facts = models.JSONField(default=dict)  # the folded touches from which it was written
    signed_by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=200)
    signed_at = models.DateTimeField()
    about_day = models.DateField()  # with signed_at the two dates of a late entry
    late = models.BooleanField(default=False)


class Amendment(AppendOnly):
    """What was added to a signed note later, and why."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="amendments")
    text = models.TextField(max_length=20000)
    why = models.TextField(max_length=1000)
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()


class PlanItem(Versioned):
    """One part of the blend: what, who does it, how often."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="plan_items")
    part = models.CharField(max_length=40)  # a part of the pathway (exercise, physiotherapy ...), or home
    item = models.CharField(max_length=60, blank=True)  # id of a home item of the pathway
    what = models.CharField(max_length=300)
    who = models.CharField(max_length=200, blank=True)
    how_often = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    created = models.DateTimeField()


class PlanTick(AppendOnly):
    """Whether a part of the plan was done: yes, partly or no, as told on a day."""

    item = models.ForeignKey(PlanItem, on_delete=models.PROTECT, related_name="ticks")
    done = models.CharField(max_length=8)  # yes, partly, no
    day = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)


class AdverseEvent(Versioned):
    """Something that went wrong with or after a massage: mild soreness up to serious harm."""

    class Severity(models.TextChoices):
        MILD = "mild", "Mild"
        MODERATE = "moderate", "Moderate"
        SERIOUS = "serious", "Serious"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="adverse_events")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.TextField(max_length=4000)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    began = models.DateField()
    action = models.TextField(blank=True, max_length=4000)
    outcome = models.TextField(blank=True, max_length=4000)
    settled = models.DateField(null=True)
    proposal = models.CharField(max_length=60, blank=True)  # what it was made from, such as "dark_urine 2026-03-02"
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
