"""What the practice asks of somebody who cancels late or does not come, as it has chosen; nothing where it has not."""

from __future__ import annotations

from datetime import timedelta

from palpate.clinic.access import booking as rows
from palpate.clinic.models import Appointment, BookRules
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict

MOST_HOURS, MOST_CENTS = 14 * 24, 100_000_00


def is_late(row: Appointment, rules: BookRules) -> bool:
    """Whether an appointment that is cancelled now is cancelled too late to be free of a fee."""
    return now() > row.starts - timedelta(hours=rules.cancel_hours)


def fee_of(row: Appointment, by: str) -> int | None:
    """The fee in hundredths for the state that an appointment has come to, or None. Takes by: who cancels."""
    rules = rows.rules()
    if row.state == Appointment.State.NO_SHOW:
        return rules.no_show_fee_cents or None
    if row.state == Appointment.State.CANCELLED and by == "person" and is_late(row, rules):
        return rules.cancel_fee_cents or None
    return None


def keep_rules(version: int, *, cancel_hours: int, cancel_fee: int, no_show_fee: int, currency: str) -> BookRules:
    """Keeps what the practice asks. Fees are in hundredths. Errors: BadInput with the field; Conflict."""
    row = rows.locked_rules()
    if row.version != version:
        raise Conflict("These rules have changed meanwhile. Nothing was saved. Open the page again.")
    if not 0 <= cancel_hours <= MOST_HOURS:
        raise BadInput(f"from 0 to {MOST_HOURS} hours", "cancel_hours")
    for field, cents in (("cancel_fee", cancel_fee), ("no_show_fee", no_show_fee)):
        if not 0 <= cents <= MOST_CENTS:
            raise BadInput("this fee is too high", field)
    if (cancel_fee or no_show_fee) and not currency:
        raise BadInput("say in which currency", "currency")
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise BadInput("three capital letters, such as EUR", "currency")
    row.cancel_hours, row.cancel_fee_cents, row.no_show_fee_cents = cancel_hours, cancel_fee, no_show_fee
    row.currency = currency
    if not row._state.adding:
        row.version += 1
    row.save()
    return row


def cents_of(text: str, field: str) -> int:
    """An amount as it is typed, such as 25 or 25.50, in hundredths. Errors: BadInput, naming the field."""
    whole, point, part = text.strip().partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 8) or (
        point and not (part.isascii() and part.isdigit())
    ):
        raise BadInput("an amount is written like 25 or 25.50", field)
    if len(part) > 2:
        raise BadInput("at most two figures after the point", field)
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)


def amount(cents: int | None, currency: str) -> str:
    """An amount in words, such as "25.50 EUR"; empty for none."""
    if cents is None:
        return ""
    return f"{cents // 100}.{cents % 100:02} {currency}".strip()
