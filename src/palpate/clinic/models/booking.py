"""The appointment book: what is offered, who works when, what is held as a proposal, and who waits for a time."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import Row, Versioned
from palpate.clinic.models.care import BY, Appointment, Episode
from palpate.clinic.models.people import Person


class Service(Versioned):
    """What can be booked: so many minutes on the couch, and so many to make the room ready for the next person."""

    name = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    turnover_minutes = models.PositiveSmallIntegerField(default=0)
    price_cents = models.PositiveIntegerField(null=True)  # hundredths of the practice's currency
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Gives(Row):
    """A therapist gives a service. Who has none of these rows gives every service."""

    therapist = models.ForeignKey(BY, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["therapist", "service"], name="gives_once")]


class TherapistHours(Row):
    """One stretch of a therapist's week, by the wall clock, from a day on. A new week ends the one before."""

    therapist = models.ForeignKey(BY, on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    begins = models.TimeField()
    ends = models.TimeField()
    room = models.ForeignKey("clinic.Room", on_delete=models.PROTECT, null=True, related_name="+")  # the usual one
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)  # the last day on which it holds


class HoursException(Row):
    """A day on which a therapist's week does not hold: away, or here at other times. No times: the whole day."""

    class Kind(models.TextChoices):
        OFF = "off", "Away"
        EXTRA = "extra", "Works as well"

    therapist = models.ForeignKey(BY, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(db_index=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    begins = models.TimeField(null=True)
    ends = models.TimeField(null=True)


class Holiday(Row):
    """A day on which the practice, or one site of it, is closed."""

    day = models.DateField(db_index=True)
    name = models.CharField(max_length=200)
    site = models.ForeignKey("clinic.Site", on_delete=models.CASCADE, null=True, related_name="+")


class BookRules(Versioned):
    """What the practice asks of somebody who cancels late or does not come. One row, or none: then nothing is asked."""

    cancel_hours = models.PositiveSmallIntegerField(default=24)  # up to so many hours before, cancelling costs nothing
    cancel_fee_cents = models.PositiveIntegerField(default=0)
    no_show_fee_cents = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)


class HeldSession(Versioned):
    """A later session of a course as it was proposed: shown, but taking nobody's time until it is booked."""

    class State(models.TextChoices):
        HELD = "held", "Proposed"
        BOOKED = "booked", "Booked"
        DROPPED = "dropped", "Dropped"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="held_sessions")
    number = models.PositiveSmallIntegerField()  # of the session in its course, from 1
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey("clinic.Room", on_delete=models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    made = models.DateTimeField()


class Waiting(Versioned):
    """Somebody who would take a time that becomes free: for how long, with whom, and when they can come."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BOOKED = "booked", "Booked"
        GONE = "gone", "Taken off the list"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="waiting")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, related_name="+")
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, null=True, related_name="+")  # none: anybody
    minutes = models.PositiveSmallIntegerField()
    since = models.DateField()
    until = models.DateField()
    weekdays = models.JSONField(default=list)  # 0 is Monday; empty: any
    earliest = models.TimeField(null=True)  # by the wall clock
    latest = models.TimeField(null=True)  # when it must be over
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    created = models.DateTimeField()


class Offer(Versioned):
    """A free time that is offered to somebody who waits. It takes nobody's time: whoever says yes first has it."""

    class State(models.TextChoices):
        MADE = "made", "Offered"
        TAKEN = "taken", "Taken"
        REFUSED = "refused", "Refused"
        LAPSED = "lapsed", "Given to somebody else"

    waiting = models.ForeignKey(Waiting, on_delete=models.PROTECT, related_name="offers")
    therapist = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey("clinic.Room", on_delete=models.PROTECT, null=True, related_name="+")
    starts = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.MADE)
    made = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, null=True, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="+")
