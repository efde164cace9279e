"""Wall clock and instant (S-57): a time that does not exist is refused, one that comes twice is asked, and where the
rules of a time zone change, the appointments whose time moved are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from palpate.clinic.access import booking as rows
from palpate.clinic.models import Appointment
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput


class ComesTwice(BadInput):
    """The clocks go back that night, and this time comes twice: somebody must say which is meant."""


class Moved(NamedTuple):
    """An appointment whose instant is no longer the wall time for which it was booked."""

    row: Appointment
    agreed: datetime  # the wall time as it was booked, without a zone
    shows: datetime  # what the wall shows at its instant now
    kept: datetime | None  # the instant at which the wall will show the agreed time; None: it will not at all


def instant(day: date, at: time, time_zone: str, which: str = "") -> datetime:
    """The instant at which the practice's clock shows a time. Takes which: "first" or "second", where it comes twice.

    Errors  BadInput, where the clocks go forward over it; ComesTwice, where nobody said which is meant.
    """
    zone = ZoneInfo(time_zone)
    wall = datetime.combine(day, at)
    one, other = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if one.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise BadInput("there is no such time that day: the clocks go forward over it; choose another", "time")
    if one.utcoffset() == other.utcoffset():
        return one.astimezone(UTC)
    if which not in ("first", "second"):
        raise ComesTwice("this time comes twice, since the clocks go back; say which one is meant", "which")
    return (one if which == "first" else other).astimezone(UTC)


def stamp(row: Appointment, time_zone: str) -> None:
    """Writes day, zone and wall time of an appointment beside its instant."""
    shown = row.starts.astimezone(ZoneInfo(time_zone))
    row.day, row.zone, row.wall, row.fold = shown.date(), time_zone, f"{shown:%Y-%m-%dT%H:%M}", shown.fold


def moved(since: datetime | None = None) -> list[Moved]:
    """Appointments still to come whose instant is not their wall time any more.

    That happens where a country changes its clocks after they were booked, and the newer rules came with an update.
    """
    since = since or now()
    wrong = [id for id, starts, zone, agreed in rows.walls(since) if not _agrees(starts, zone, agreed)]
    return [found for row in rows.to_come(since, wrong) if (found := moved_of(row)) is not None] if wrong else []


def _agrees(starts: datetime, zone: str, agreed: str) -> bool:
    return f"{starts.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == agreed


def moved_of(row: Appointment) -> Moved | None:
    """What is wrong with the time of an appointment; None where it is as booked, or only the instant is known."""
    if not row.zone or not row.wall:
        return None
    zone = ZoneInfo(row.zone)
    shows = row.starts.astimezone(zone).replace(tzinfo=None)
    agreed = datetime.fromisoformat(row.wall)
    if _agrees(row.starts, row.zone, row.wall):
        return None
    kept = agreed.replace(tzinfo=zone, fold=row.fold).astimezone(UTC)
    there = kept.astimezone(zone).replace(tzinfo=None) == agreed
    return Moved(row, agreed, shows, kept if there else None)


def shown(instants: Sequence[datetime], time_zone: str) -> list[str]:
    """Instants as the wall shows them, with the offset where the same time comes twice that night."""
    zone = ZoneInfo(time_zone)
    found = []
    for one in instants:
        wall = one.astimezone(zone)
        twice = wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
        found.append(f"{wall:%H:%M} ({wall:%Z})" if twice else f"{wall:%H:%M}")
    return found
