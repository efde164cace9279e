"""What is paid: packages of sessions, and receipts that are numbered without a gap and never changed.

All amounts are whole numbers of hundredths of the currency that stands beside them.
"""

from __future__ import annotations

from django.db import models

from palpate.clinic.models.base import AppendOnly, Versioned
from palpate.clinic.models.booking import Service
from palpate.clinic.models.care import BY, Appointment, Session
from palpate.clinic.models.people import Person


class RefundRule(models.TextChoices):
    """What is kept for the sessions that were given when the rest of a package is refunded."""

    SHARE = "share", "their share of the package's price"
    LIST = "list", "the usual price of each, at most what was paid"


class HowPaid(models.TextChoices):
    CASH = "cash", "Cash"
    CARD = "card", "Card"
    TRANSFER = "transfer", "Bank transfer"
    OTHER = "other", "Another way"


class MoneyRules(Versioned):
    """What stands on the practice's receipts, and its rule for refunds. One row, or none: then nothing of it."""

    registration = models.CharField(max_length=200, blank=True)
    tax_number = models.CharField(max_length=60, blank=True)
    tax_name = models.CharField(max_length=60, blank=True)
    tax_points = models.PositiveIntegerField(null=True)  # hundredths of a percent, contained in every price
    tax_note = models.CharField(max_length=300, blank=True)
    code_label = models.CharField(max_length=60, blank=True)  # empty: receipts have no place for an insurer's code
    refund_rule = models.CharField(max_length=8, choices=RefundRule.choices, default=RefundRule.SHARE)


class Package(Versioned):
    """So many sessions of a service, paid in advance. Price, usual price and rule are those of the day of sale."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        USED = "used", "All used"
        REFUNDED = "refunded", "Rest refunded"
        CANCELLED = "cancelled", "Sale cancelled"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="packages")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    sessions = models.PositiveSmallIntegerField()
    price_cents = models.PositiveIntegerField()
    list_cents = models.PositiveIntegerField()  # the usual price of one session
    currency = models.CharField(max_length=3)
    refund_rule = models.CharField(max_length=8, choices=RefundRule.choices)
    bought = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, db_index=True)
    made = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")

    used: int  # how many of its sessions were taken; set where packages are listed, no column

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sessions__gte=1), name="package_has_sessions"),
        ]


class PackageUse(AppendOnly):
    """One given session that was taken from a package; `number` counts from 1. A session is taken at most once."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="uses")
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="package_use")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "number"], name="package_used_in_order")]


class Receipt(AppendOnly):
    """One receipt as it was given. `number` counts from 1 in each year, without a gap. What is wrong is cancelled.

    `data` is what `palpate.letters` prints, always the same. `total_cents` is below zero where money goes back.
    """

    class Kind(models.TextChoices):
        PAID = "paid", "Receipt"
        CANCELLING = "cancelling", "Cancelling receipt"
        REFUND = "refund", "Refund"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="receipts")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    cancels = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="cancelled_by")
    why = models.CharField(max_length=300, blank=True)  # of a cancelling receipt
    day = models.DateField()
    total_cents = models.IntegerField()
    currency = models.CharField(max_length=3)
    paid_how = models.CharField(max_length=10, choices=HowPaid.choices)
    data = models.JSONField()
    made = models.DateTimeField()
    by = models.ForeignKey(BY, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="receipt_numbers_once")]

    @property
    def name(self) -> str:
        """Its number as people write it, such as 2026-0007."""
        return f"{self.year}-{self.number:04}"


class ReceiptLine(AppendOnly):
    """One line of a receipt, and what it is for: a session given, an appointment's fee, or a package."""

    class Kind(models.TextChoices):
        SESSION = "session", "Session"
        CANCEL_FEE = "cancel_fee", "Late cancellation"
        NO_SHOW_FEE = "no_show_fee", "Appointment not kept"
        PACKAGE = "package", "Package"
        REFUND = "refund", "Refund of a package"

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="receipt_lines")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="receipt_lines")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="receipt_lines")
    amount_cents = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receipt", "position"], name="receipt_lines_in_order")]
