"""When somebody works: the week that holds, without the days on which it does not, with those on which they do as well.

Somebody whose hours nobody has told is taken to work from 8 to 20 on every day on which the practice is open: so a new
practice can book before it has told its hours.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from palpate.clinic.access import booking as rows
from palpate.clinic.models import Holiday, HoursException, Room, TherapistHours, User
from palpate.clinic.refusals import BadInput

FIRST, LAST = time(8), time(20)  # the hours of somebody who has told none
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_STRETCHES = 4  # in one day
_STRETCH = re.compile(r"(\d{1,2}):?(\d{2})?\s*(?:-|\u2013|to)\s*(\d{1,2}):?(\d{2})?", re.ASCII)


class Window(NamedTuple):
    """A stretch of work as instants, in the practice's day `day`; `room` is the usual one of that stretch."""

    starts: datetime
    ends: datetime
    day: date
    room: uuid.UUID | None


@dataclass(frozen=True)
class Stretch:
    """A stretch of one weekday by the wall clock: 0 is Monday."""

    weekday: int
    begins: time
    ends: time
    room: Room | None = None


def windows(
    therapists: Collection[uuid.UUID], since: date, until: date, time_zone: str
) -> dict[uuid.UUID, list[Window]]:
    """When each of these works from one day to another, both included, in order. Four queries."""
    zone = ZoneInfo(time_zone)
    known = rows.with_hours()
    weeks: dict[uuid.UUID, list[TherapistHours]] = {}
    for row in rows.hours(since, until, therapists):
        weeks.setdefault(row.therapist_id, []).append(row)
    changes: dict[tuple[uuid.UUID, date], list[HoursException]] = {}
    for change in rows.exceptions(since, until, therapists):
        changes.setdefault((change.therapist_id, change.day), []).append(change)
    closed: dict[date, list[Holiday]] = {}
    for holiday in rows.holidays(since, until):
        closed.setdefault(holiday.day, []).append(holiday)
    found: dict[uuid.UUID, list[Window]] = {}
    for therapist in therapists:
        told = weeks.get(therapist, [])
        found[therapist] = []
        for number in range((until - since).days + 1):
            day = since + timedelta(days=number)
            usual: list[Part] = _of_week(told, day) if therapist in known else [(FIRST, LAST, None)]
            parts = _without_closed(usual, closed.get(day, ()))
            for begins, ends, room in _changed(parts, changes.get((therapist, day), ())):
                starts, stops = _instant(day, begins, zone, 0), _instant(day, ends, zone, 1)
                if starts < stops:
                    found[therapist].append(Window(starts, stops, day, room.pk if room is not None else None))
    return found


Part = tuple[time, time, Room | None]


def _of_week(told: Sequence[TherapistHours], day: date) -> list[Part]:
    return [
        (row.begins, row.ends, row.room)
        for row in told
        if row.weekday == day.weekday()
        and row.valid_from <= day
        and (row.valid_until is None or row.valid_until >= day)
    ]


def _without_closed(parts: list[Part], closed: Sequence[Holiday]) -> list[Part]:
    """What is left on a day on which the practice, or the site of a usual room, is closed."""
    if any(holiday.site_id is None for holiday in closed):
        return []
    sites = {holiday.site_id for holiday in closed}
    return [part for part in parts if part[2] is None or part[2].site_id not in sites]


def _changed(parts: list[Part], changes: Sequence[HoursException]) -> list[Part]:
    """A day without the times at which somebody is away, and with those at which they work as well."""
    for change in changes:
        if change.kind == HoursException.Kind.OFF:
            away = (change.begins or time.min, change.ends or time.max)
            parts = [left for part in parts for left in _cut(part, *away)]
    for change in changes:
        if change.kind == HoursException.Kind.EXTRA and change.begins is not None and change.ends is not None:
            parts = [*parts, (change.begins, change.ends, None)]
    return _joined(sorted(parts, key=lambda part: part[:2]))


def _cut(part: Part, begins: time, ends: time) -> list[Part]:
    here, stops, room = part
    left = []
    if here < min(stops, begins):
        left.append((here, min(stops, begins), room))
    if max(here, ends) < stops:
        left.append((max(here, ends), stops, room))
    return left


def _joined(parts: list[Part]) -> list[Part]:
    """Stretches that overlap or touch become one, where their room is the same or not told."""
    found: list[Part] = []
    for part in parts:
        if found and part[0] <= found[-1][1]:
            before = found.pop()
            room = before[2] if before[2] == part[2] else None
            found.append((before[0], max(before[1], part[1]), room))
        else:
            found.append(part)
    return found


def _instant(day: date, at: time, zone: ZoneInfo, fold: int) -> datetime:
    """The instant of a wall time. One that does not exist counts as if the clock had gone on; of two, `fold` tells."""
    return datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)


def within(found: Sequence[Window], starts: datetime, ends: datetime) -> bool:
    """Whether a stretch of time lies within working hours."""
    return any(window.starts <= starts and ends <= window.ends for window in found)


# --- Hours as somebody types them -------------------------------------------------------------------------------------


def stretches(weekday: int, text: str, room: Room | None, field: str) -> list[Stretch]:
    """The stretches of one day, typed as "9:00-12:30, 13:30-18". Errors: BadInput, naming the field."""
    found: list[Stretch] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _STRETCH.fullmatch(part)
        if match is None:
            raise BadInput("write hours like 9:00-12:30, 13:30-18:00", field)
        begins, ends = _clock(match[1], match[2], field), _clock(match[3], match[4], field)
        if begins >= ends:
            raise BadInput("each stretch ends after it begins", field)
        if found and begins < found[-1].ends:
            raise BadInput("the stretches of a day follow each other and do not overlap", field)
        found.append(Stretch(weekday, begins, ends, room))
    if len(found) > MOST_STRETCHES:
        raise BadInput(f"a day has at most {MOST_STRETCHES} stretches", field)
    return found


def _clock(hour: str, minute: str | None, field: str) -> time:
    if int(hour) > 23 or int(minute or 0) > 59:
        raise BadInput("hours go to 23 and minutes to 59", field)
    return time(int(hour), int(minute or 0))


def as_typed(parts: Sequence[Stretch | TherapistHours]) -> str:
    """The stretches of one day, as they would be typed."""
    return ", ".join(f"{part.begins:%H:%M}-{part.ends:%H:%M}" for part in parts)


def keep_week(therapist: User, since: date, week: Sequence[Stretch], today: date) -> None:
    """Sets a therapist's week from a day on. The week before ends the day before; weeks planned for later go.

    Errors  BadInput for a day that is over.
    """
    if since < today:
        raise BadInput("a new week begins today or later; what was is kept as it was", "since")
    if not week:
        raise BadInput("write when they work on at least one day", "day_0")
    for row in rows.weeks_of(therapist):
        if row.valid_from >= since:
            row.delete()
        elif row.valid_until is None or row.valid_until >= since:
            row.valid_until = since - timedelta(days=1)
            row.save(update_fields=["valid_until"])
    for part in week:
        TherapistHours(
            therapist=therapist,
            weekday=part.weekday,
            begins=part.begins,
            ends=part.ends,
            room=part.room,
            valid_from=since,
        ).save(force_insert=True)


def keep_exception(
    therapist: User, day: date, kind: str, begins: time | None, ends: time | None, today: date
) -> HoursException:
    """Keeps a day on which a week does not hold. Errors: BadInput with the field."""
    if day < today:
        raise BadInput("this day is over", "day")
    if kind not in HoursException.Kind.values:
        raise BadInput("choose one of the two", "kind")
    if (begins is None) != (ends is None):
        raise BadInput("give both times, or none for the whole day", "ends" if ends is None else "begins")
    if begins is not None and ends is not None and begins >= ends:
        raise BadInput("it ends after it begins", "ends")
    if kind == HoursException.Kind.EXTRA and begins is None:
        raise BadInput("say from when to when", "begins")
    row = HoursException(therapist=therapist, day=day, kind=kind, begins=begins, ends=ends)
    row.save(force_insert=True)
    return row
