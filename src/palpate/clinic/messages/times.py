"""When each kind of message is sent: hours before a visit or after a session, and never at night, as the practice
chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from palpate.clinic.access import messages as rows
from palpate.clinic.access import practice as the
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
LEAST_OPEN = 4  # hours of a day at which messages go out: in fewer, a check after a session could miss its time
OF_USE = timedelta(hours=1)  # a message that waits for the morning must still be of use so long after it


def is_on(kind: str) -> bool:
    """Whether this practice sends such messages."""
    return bool(rows.settings_row().times.get(kind, {}).get("on", "yes") != "no")


def hours(kind: str) -> int:
    """The hours of lead of a kind that has one."""
    return int(rows.settings_row().times.get(kind, {}).get("hours", LEADS[kind].usual))


def call_hours() -> int:
    """So many hours before a visit, whoever has not answered their check-in stands on the call list."""
    return rows.settings_row().call_hours


def quiet(at: datetime) -> tuple[datetime, datetime] | None:
    """The night in which an instant falls: its first instant and its last. None by day.

    At night nobody is written to. The same time twice in the settings: there is no night.
    """
    chosen, practice = rows.settings_row(), the.the_practice()
    zone = ZoneInfo(practice.time_zone if practice is not None else "UTC")
    local = at.astimezone(zone)
    if chosen.sends_from == chosen.sends_until or chosen.sends_from <= local.time() < chosen.sends_until:
        return None
    evening = local.date() - timedelta(days=0 if local.time() >= chosen.sends_until else 1)
    begins, ends = (datetime.combine(evening, chosen.sends_until, zone),
                    datetime.combine(evening + timedelta(days=1), chosen.sends_from, zone))  # fmt: skip
    return begins.astimezone(UTC), ends.astimezone(UTC)


def waits_from(at: datetime) -> datetime | None:
    """At night: a message that is of use up to this instant, or longer, waits for the morning. None by day."""
    night = quiet(at)
    return night[1] + OF_USE if night is not None else None


def goes_out(message: Message) -> datetime:
    """When a message that is due goes out at the earliest: now, or in the morning."""
    night = quiet(message.next_try)
    return night[1] if night is not None and message.stale_after >= night[1] + OF_USE else message.next_try


def by_day(due: datetime, stale_after: datetime) -> datetime:
    """When a message goes out that is due at some time: where that is at night and the morning is too late, the
    evening before.
    """
    night = quiet(due)
    return night[0] - OF_USE if night is not None and stale_after <= night[1] + OF_USE else due


def check_hours(since: time, until: time) -> str:
    """What is wrong with the hours of a day at which messages go out, as a sentence; empty where nothing is."""
    if since == until:
        return ""
    open_for = timedelta(hours=until.hour - since.hour, minutes=until.minute - since.minute)
    if open_for < timedelta(hours=LEAST_OPEN):
        return f"at least {LEAST_OPEN} hours later on the same day; the same time twice sends at any hour"
    return ""
