"""The wait list: who would take a time that becomes free, and offers to those whom it fits.

An offer takes nobody's time. Whoever says yes first has it; the offers of the same time to others lapse then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from palpate.clinic import appointments, messages
from palpate.clinic.access import booking as rows
from palpate.clinic.actor import Actor
from palpate.clinic.appointments import MINUTES, Wish
from palpate.clinic.models import Appointment, Episode, Offer, Person, Room, User, Waiting
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict

LONGEST = 366  # days that somebody can stand on the list


class Freed(NamedTuple):
    """A time that became free: with whom, in which room, and from when to when."""

    therapist: User
    room: Room | None
    starts: datetime
    ends: datetime


class Fit(NamedTuple):
    """Somebody on the list whom a freed time fits, and when their appointment would begin."""

    row: Waiting
    starts: datetime


def put_on(
    person: Person,
    episode: Episode | None,
    *,
    therapist: User | None,
    minutes: int,
    since: date,
    until: date,
    weekdays: Sequence[int],
    earliest: time | None,
    latest: time | None,
    today: date,
) -> Waiting:
    """Puts somebody on the wait list. Errors: BadInput with the field."""
    if minutes not in MINUTES:
        raise BadInput("choose one of the lengths", "minutes")
    if until < max(since, today):
        raise BadInput("the last day lies before the first, or is over", "until")
    if (until - today).days > LONGEST:
        raise BadInput("at most a year ahead", "until")
    if earliest is not None and latest is not None:
        between = datetime.combine(today, latest) - datetime.combine(today, earliest)
        if between < timedelta(minutes=minutes):
            raise BadInput("there is not enough time between the two", "latest")
    row = Waiting(
        person=person,
        episode=episode,
        therapist=therapist,
        minutes=minutes,
        since=max(since, today),
        until=until,
        weekdays=sorted(set(weekdays)),
        earliest=earliest,
        latest=latest,
        created=now(),
    )
    row.save(force_insert=True)
    return row


def take_off(row: Waiting, version: int) -> Waiting:
    """Takes somebody off the list; what was offered to them lapses. Errors: Conflict."""
    held = rows.locked_waiting(row)
    if held.version != version or held.state != Waiting.State.WAITING:
        raise Conflict("This has changed meanwhile. Nothing was saved. Open the page again.")
    _end(held, Waiting.State.GONE)
    return held


def freed_by(row: Appointment) -> Freed | None:
    """The time that an appointment has left free; None where it still takes it, or the time is over."""
    if row.state not in (Appointment.State.CANCELLED, Appointment.State.NO_SHOW) or row.ends <= now():
        return None
    return Freed(row.therapist, row.room, max(row.starts, now()), row.held_until)


def fits(freed: Freed, time_zone: str, but: Person | None = None) -> list[Fit]:
    """Those on the list whom a freed time fits, who waited longest first, each with the earliest start in it."""
    found = []
    for row in rows.all_waiting():
        if row.therapist_id not in (None, freed.therapist.pk) or (but is not None and row.person_id == but.pk):
            continue
        starts = _start(row, freed, ZoneInfo(time_zone))
        if starts is not None and not appointments.clash(_wish(row, freed.therapist, freed.room, starts)):
            found.append(Fit(row, starts))
    return found


def _start(row: Waiting, freed: Freed, zone: ZoneInfo) -> datetime | None:
    """The earliest start in a freed time at which somebody who waits can come."""
    begins = freed.starts.astimezone(zone)
    day = begins.date()
    if not row.since <= day <= row.until or (row.weekdays and day.weekday() not in row.weekdays):
        return None
    if row.earliest is not None and begins.time() < row.earliest:
        begins = datetime.combine(day, row.earliest, zone)
    starts = begins.astimezone(UTC)
    ends = starts + timedelta(minutes=row.minutes)
    if row.latest is not None and ends > datetime.combine(day, row.latest, zone).astimezone(UTC):
        return None
    return starts if ends <= freed.ends else None


def _wish(row: Waiting, therapist: User, room: Room | None, starts: datetime) -> Wish:
    return Wish(row.person, therapist, room, starts, row.minutes, row.episode, outside=True)


def offer(actor: Actor, fit: Fit, freed: Freed) -> Offer:
    """Offers a freed time to somebody on the list. Errors: Conflict, where the same was offered before."""
    for old in rows.open_offers(waiting=fit.row):
        if old.starts == fit.starts and old.therapist_id == freed.therapist.pk:
            raise Conflict("This time was offered to them already. Nothing was saved.")
    row = Offer(
        waiting=fit.row,
        therapist=freed.therapist,
        room=freed.room,
        starts=fit.starts,
        minutes=fit.row.minutes,
        made=now(),
        by_id=actor.user_id,
    )
    row.save(force_insert=True)
    messages.queue("offer", fit.row.person, when=fit.starts, episode=fit.row.episode)
    return row


def accept(row: Offer, version: int, time_zone: str) -> Appointment:
    """Books the time that was offered. Other offers of it lapse, and the person leaves the list.

    Errors  Conflict, where the offer was answered already; TimeTaken; BadInput, where the time is over.
    """
    held = _held(row, version)
    waiting = rows.locked_waiting(held.waiting)
    if waiting.state != Waiting.State.WAITING:
        raise Conflict("They are not on the wait list any more. Nothing was booked.")
    made = appointments.book(_wish(held.waiting, held.therapist, held.room, held.starts), time_zone)
    held.state, held.appointment = Offer.State.TAKEN, made
    held.version += 1
    held.save()
    _end(waiting, Waiting.State.BOOKED)
    for other in rows.open_offers(at=(made.therapist_id, made.starts - timedelta(hours=4), made.held_until)):
        if other.starts + timedelta(minutes=other.minutes) > made.starts:
            _lapse(other)
    return made


def refuse(row: Offer, version: int) -> Offer:
    """Keeps that somebody does not want an offered time; they stay on the list. Errors: Conflict."""
    held = _held(row, version)
    held.state = Offer.State.REFUSED
    held.version += 1
    held.save()
    return held


def _held(row: Offer, version: int) -> Offer:
    held = rows.locked_offer(row)
    if held.version != version or held.state != Offer.State.MADE:
        raise Conflict("This offer was answered, or its time given to somebody else, meanwhile. Nothing was saved.")
    return held


def _end(row: Waiting, state: str) -> None:
    row.state = state
    row.version += 1
    row.save()
    for open_one in rows.open_offers(waiting=row):
        _lapse(open_one)


def _lapse(row: Offer) -> None:
    row.state = Offer.State.LAPSED
    row.version += 1
    row.save()
