"""The people who are treated, and who may look at them."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import Row, Versioned


class Person(Versioned):
    """One human being. `match_name` is the case-folded NFKC name, for finding people and doubles (S-23)."""

    given_name = models.CharField(max_length=200)
    family_name = models.CharField(max_length=200, blank=True)
    match_name = models.CharField(max_length=400, db_index=True, editable=False)
    birth_date = models.DateField(db_index=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True, max_length=500)
    emergency_contact = models.CharField(max_length=200, blank=True)
    doctor = models.CharField(max_length=200, blank=True, help_text="Family doctor: name and how to reach them.")
    language = models.CharField(max_length=12, default="en")
    # By which way they agreed to be written to: email, sms, none (they wish no messages); empty: not asked, so nothing.
    contact_by = models.CharField(max_length=8, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    locked = models.DateTimeField(null=True)  # erased: nobody sees this record any more, and it waits for its date
    created = models.DateTimeField()

    # Set by the page that shows the person; no columns.
    age_years: int
    same_name: bool

    class Meta:
        indexes = [models.Index(fields=["match_name", "birth_date"])]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def __str__(self) -> str:
        return self.name


class CareTeam(Row):
    """A therapist's own people: what `own` means in the table of roles."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="team")
    therapist = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="care_for")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "therapist"], name="one_place_in_a_team")]


class BreakGlass(Row):
    """A therapist outside the care team looked in, for a reason, for an hour, reading only (S-11)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="glass")
    therapist = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(max_length=1000)
    opened = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    signed_off_by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, null=True, related_name="+")
    signed_off = models.DateTimeField(null=True)


class Merge(Row):
    """Two records of one human being became one; `moved` says which rows moved, so that it can be undone (S-69)."""

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    given_up = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+")
    undone = models.DateTimeField(null=True)
