"""What the practice has chosen about money: what identifies it on receipts, its tax, and its rule for refunds."""

from __future__ import annotations

from palpate.clinic.access import booking
from palpate.clinic.access import paying as rows
from palpate.clinic.models import MoneyRules, RefundRule
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict

MOST_POINTS = 50_00  # 50 percent
LONGEST = {"registration": 200, "tax_number": 60, "tax_name": 60, "tax_note": 300, "code_label": 60}  # characters


def currency() -> str:
    """The practice's currency. Errors: BadInput, where it has chosen none."""
    found = booking.rules().currency
    if not found:
        raise BadInput(
            "The practice has not said in which currency it is paid. An owner sets it under Settings, Services."
        )
    return found


def keep(
    version: int, *, registration: str, tax_number: str, tax_name: str, tax_points: int | None, tax_note: str,
    code_label: str, refund_rule: str,
) -> MoneyRules:  # fmt: skip
    """Keeps what stands on receipts from now on. Older ones stay as they were.

    Takes   tax_points: the rate in hundredths of a percent, contained in every price; None: no tax line.
    Errors  BadInput with the field; Conflict, where the rules have changed meanwhile.
    """
    row = rows.locked_rules()
    if row.version != version:
        raise Conflict("These choices have changed meanwhile. Nothing was saved. Open the page again.")
    told = {
        "registration": registration, "tax_number": tax_number, "tax_name": tax_name, "tax_note": tax_note,
        "code_label": code_label,
    }  # fmt: skip
    for name, text in told.items():
        text = clean_name(text, field=name)
        if len(text) > LONGEST[name]:
            raise BadInput(f"this is {len(text)} characters long; {LONGEST[name]} are allowed", name)
        setattr(row, name, text)
    if tax_points is not None and not 0 < tax_points <= MOST_POINTS:
        raise BadInput("a rate above 0 and up to 50 percent", "tax_rate")
    if tax_points is not None and not row.tax_name:
        raise BadInput("say what the tax is called", "tax_name")
    if refund_rule not in RefundRule.values:
        raise BadInput("choose one of the rules", "refund_rule")
    row.tax_points, row.refund_rule = tax_points, refund_rule
    if not row._state.adding:
        row.version += 1
    row.save()
    return row


def points_of(text: str, field: str) -> int | None:
    """A rate in percent as it is typed, such as 13 or 8.1, in hundredths of a percent; None for none.

    Errors  BadInput, naming the field.
    """
    text = text.strip().removesuffix("%").strip()
    if not text:
        return None
    whole, point, part = text.partition(".")
    if not (text.isascii() and whole.isdigit() and len(whole) < 3) or (
        point and not (part.isdigit() and len(part) < 3)
    ):
        raise BadInput("a rate is written like 13 or 8.1", field)
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)
