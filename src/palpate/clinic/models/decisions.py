"""What the pathway decided, with everything needed to decide it again, and what people did with it."""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import AppendOnly
from palpate.clinic.models.care import Episode, Session

BY = "clinic.User"


class Decision(AppendOnly):
    """One decision, or one attempt that failed (S-43, S-64).

    `document` and `answer` are the exact bytes that went in and came out. `disposition` is "not_assessed" where no
    decision could be made; `fault` then says why, and `answer` is empty.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="decisions")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="decisions")
    number = models.PositiveIntegerField()  # within its episode, from 1
    moment = models.CharField(max_length=10)
    as_of = models.DateField()
    document = models.TextField()
    answer = models.TextField(blank=True)
    disposition = models.CharField(max_length=24, db_index=True)
    urgency = models.CharField(max_length=16, blank=True)
    pathway = models.CharField(max_length=60)
    pathway_version = models.CharField(max_length=40)
    digest = models.CharField(max_length=80)
    settings = models.JSONField(default=dict)  # the practice's choices that this decision was made with
    engine = models.CharField(max_length=40)  # version of the program
    fault = models.TextField(blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    why = models.TextField(blank=True, max_length=1000)
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "number"], name="decisions_in_order")]


class Override(AppendOnly):
    """A professional went another way than the decision, and said why. Never possible for an emergency."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="overrides")
    reason = models.TextField(max_length=2000)
    does = models.CharField(max_length=24, default="treat")  # what is done instead: treat, or not_treat
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()


class Clearance(AppendOnly):
    """A clinician's answer to named rules, in the words of the episode document's `clearances`."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="clearances")
    letter = models.ForeignKey("clinic.Letter", on_delete=models.PROTECT, null=True, related_name="answers")
    day = models.DateField()
    outcome = models.CharField(max_length=20)  # cleared, cleared_with_limits, not_cleared
    covers = models.JSONField(default=list)  # rule ids, or ["*"]
    clinician = models.CharField(max_length=200)
    limits = models.TextField(blank=True, max_length=2000)
    valid_until = models.DateField(null=True)
    came_by = models.CharField(max_length=12, default="recorded")  # recorded by staff, or link
    takes_back = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="taken_back_by")
    why = models.TextField(blank=True, max_length=1000)  # of a row that takes another back
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+", null=True)
