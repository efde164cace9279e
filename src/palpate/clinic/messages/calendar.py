"""Calendars in iCalendar form (RFC 5545): a therapist's feed, and one appointment for a person's own calendar (S-37).

A feed says "Booked", start and end, and nothing else: it lies in calendars that many programs read. Signs that could
begin a line of their own are taken out before the library sees a text, since it escapes CR and LF only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from palpate.clinic import moment
from palpate.clinic.access import messages as rows
from palpate.clinic.access import practice as the
from palpate.clinic.messages.words import clinic_name, language_of
from palpate.clinic.models import Appointment, CalendarFeed

MEDIA_TYPE = "text/calendar; charset=utf-8"
BACK, AHEAD = timedelta(days=31), timedelta(days=550)  # what a feed holds; 18 months can be booked (S-24)
YEAR = timedelta(days=366)  # beyond these, rules of the time zone are left out
REFRESH = timedelta(hours=1)
BOOKED = "Booked"
# Control characters, and the line and paragraph separators that some programs take for the end of a line.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def plain(text: str) -> str:
    """A text on one line, without any sign that could begin another."""
    return _BREAKS.sub(" ", text).strip()


def uid_of(appointment: Appointment) -> str:
    """A name of an event that stays the same, and tells nothing of the row that it is made from."""
    told = hashlib.sha256(f"palpate calendar {appointment.pk.hex}".encode()).hexdigest()
    return f"{told[:32]}@palpate.invalid"


def feed_calendar(feed: CalendarFeed) -> bytes:
    """A therapist's calendar: when they are booked."""
    at = moment.now()
    found = rows.in_feed(feed, at - BACK, at + AHEAD)
    return _calendar(((appointment, BOOKED) for appointment in found), BOOKED)


def calendar_of(appointment: Appointment) -> bytes:
    """One appointment, for the calendar of the person whose it is: the clinic's neutral name, start and end (S-20)."""
    name = plain(clinic_name(language_of(appointment.person.language)))
    return _calendar([(appointment, name)], name)


def _calendar(events: Iterable[tuple[Appointment, str]], name: str) -> bytes:
    from icalendar import Calendar, Event
    from icalendar.enums import CLASS

    practice = the.the_practice()
    zone = ZoneInfo(practice.time_zone if practice is not None else "UTC")
    calendar = Calendar.new(
        name=plain(name), prodid="-//Palpate//clinic//EN", refresh_interval=REFRESH, method="PUBLISH"
    )
    calendar.pop("UID", None)  # a new one at every read; some programs take it for the name of an event
    at = moment.now()
    for appointment, summary in events:
        start, end = _local(appointment, zone)
        calendar.add_component(
            Event.new(
                uid=uid_of(appointment),
                summary=plain(summary),
                start=start,
                end=end,
                stamp=at,
                sequence=appointment.version,
                classification=CLASS.PRIVATE,
            )
        )
    calendar.add_missing_timezones((at - YEAR).date(), (at + AHEAD + YEAR).date())
    content: bytes = calendar.to_ical()
    return content


def _local(appointment: Appointment, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end on the clock by which it was booked; in UTC where one of them comes twice on that clock, since
    a calendar cannot say which of the two is meant."""
    own = ZoneInfo(appointment.zone) if appointment.zone else zone
    start, end = (when.astimezone(own) for when in (appointment.starts, appointment.ends))
    if any(when.replace(fold=0).utcoffset() != when.replace(fold=1).utcoffset() for when in (start, end)):
        return start.astimezone(UTC), end.astimezone(UTC)
    return start, end
