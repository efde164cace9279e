"""The arithmetic of money, in whole hundredths of a currency. Nothing is ever rounded against the person."""

from __future__ import annotations

from decimal import Decimal

from palpate.clinic.models.money import RefundRule

WHOLE = 10_000  # hundredths of a percent in one


def share(price: int, sessions: int, number: int) -> int:
    """What session `number` (from 1) of a package has cost: shares differ by one hundredth at most, and add up to the
    price. The first shares are the smaller ones, so that the rest is never rounded down."""
    return price * number // sessions - price * (number - 1) // sessions


def kept(rule: str, price: int, sessions: int, used: int, list_price: int) -> int:
    """What the practice keeps for the used sessions of a package; the rest of the price is refunded.

    By share: used sessions at the package's price of one, rounded down, so in favour of the person. By list: used
    sessions at their usual price, but never more than was paid.
    """
    if not 0 <= used <= sessions:
        raise ValueError(f"{used} of {sessions} sessions cannot have been used")
    if rule == RefundRule.LIST:
        return min(price, used * list_price)
    return price * used // sessions


def contained_tax(total: int, points: int) -> int:
    """The tax that a price contains, at a rate in hundredths of a percent, to the nearest hundredth; signed."""
    sign = -1 if total < 0 else 1
    return sign * ((2 * abs(total) * points + WHOLE + points) // (2 * (WHOLE + points)))


def in_words(cents: int, currency: str, locale: str = "en") -> str:
    """An amount such as "1,280.00 CAD", with as many figures after the point as the currency has."""
    from babel.numbers import format_currency

    said = format_currency(Decimal(cents) / 100, currency, "#,##0.00 ¤¤", locale=locale)
    return said.replace("\xa0", " ").replace("\u202f", " ")


def rate_in_words(points: int) -> str:
    """A rate such as "13 %" or "8.1 %"."""
    return f"{Decimal(points) / 100:f}".rstrip("0").rstrip(".") + " %" if points % 100 else f"{points // 100} %"
