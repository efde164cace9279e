"""When each kind of message is sent: hours before a visit or after a session, as the practice chooses."""

from __future__ import annotations

from dataclasses import dataclass

from palpate.clinic.access import messages as rows
from palpate.clinic.models import Message

Kind = Message.Kind
CALL_HOURS = (1, 96)


@dataclass(frozen=True)
class Lead:
    """Hours before the visit (after the session, for its check), with what may be chosen."""

    usual: int
    least: int
    most: int


# The check after a session falls 24 to 48 hours after it (issue 3 of 4). A check-in link lives 14 days (S-18).
LEADS: dict[str, Lead] = {
    Kind.REMINDER: Lead(48, 2, 168),
    Kind.CHECK_IN: Lead(24, 2, 14 * 24),
    Kind.AFTER_SESSION: Lead(24, 24, 47),
}
AFTER_UNTIL = 48  # hours after a session: later its check is of no use


def is_on(kind: str) -> bool:
    """Whether this practice sends such messages."""
    return bool(rows.settings_row().times.get(kind, {}).get("on", "yes") != "no")


def hours(kind: str) -> int:
    """The hours of lead of a kind that has one."""
    return int(rows.settings_row().times.get(kind, {}).get("hours", LEADS[kind].usual))


def call_hours() -> int:
    """So many hours before a visit, whoever has not answered their check-in stands on the call list."""
    return rows.settings_row().call_hours
