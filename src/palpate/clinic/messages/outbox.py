"""Putting messages into the outbox, and taking them out again when the deed they tell of is undone (S-60).

Call everything here inside an act. By which way somebody is written to, and whether at all, is looked at when the
message is sent: what they chose meanwhile counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from palpate.clinic.access import messages as rows
from palpate.clinic.acts import open_deed
from palpate.clinic.messages.times import AFTER_UNTIL, by_day, hours, is_on
from palpate.clinic.messages.words import KINDS, LINKS, TIMED
from palpate.clinic.models import Appointment, Episode, Message, Person, Session
from palpate.clinic.moment import now
from palpate.clinic.refusals import Conflict

Kind, State = Message.Kind, Message.State
LIFE = timedelta(days=7)  # a message without a time of its own is given up after a week
BEFORE_VISIT = (Kind.REMINDER, Kind.CHECK_IN)


def queue(
    kind: str,
    person: Person,
    *,
    due: datetime | None = None,
    stale_after: datetime | None = None,
    when: datetime | None = None,
    appointment: Appointment | None = None,
    episode: Episode | None = None,
) -> Message | None:
    """A message that is to be sent; None where the practice has switched this kind off.

    Takes   due: from when on; absent: now. At night it waits for the morning, or goes out the evening before where
            the morning would be too late
            stale_after: from when on it is of no use; absent: the time that it tells, else a week from now
            when: the time that it tells; absent: the start of the appointment
    Errors  ValueError: no such kind, a time missing, or a check-in without its appointment.
    """
    open_deed()
    when = when or (appointment.starts if appointment is not None else None)
    if kind not in KINDS or (kind in TIMED and when is None) or (kind == Kind.CHECK_IN and appointment is None):
        raise ValueError(f"a message of kind {kind!r} cannot be queued like this")
    if not is_on(kind):
        return None
    at = now()
    due = max(due or at, at)
    stale_after = stale_after or (when if when is not None and kind in TIMED else due + LIFE)
    due = max(by_day(due, stale_after), at)
    message = Message(person=person, kind=kind, appointment=appointment, episode=episode, when=when, due=due)
    message.stale_after, message.made, message.next_try = stale_after, at, due
    message.save(force_insert=True)
    return message


def withdraw(appointment: Appointment, kinds: tuple[str, ...] = (), reason: str = "changed") -> int:
    """Takes back what waits to be sent about an appointment. Returns how many messages that were."""
    open_deed()
    found = rows.waiting_for(appointment, kinds)
    for message in found:
        message.state, message.reason = State.WITHDRAWN, reason
        message.save(update_fields=["state", "reason"])
    return len(found)


def booked(appointment: Appointment) -> None:
    """An appointment was made: its reminder and its check-in are queued.

    One that is made later than its reminder would be needs none; its check-in goes out at once.
    """
    at, person, episode = now(), appointment.person, appointment.episode
    reminder = appointment.starts - timedelta(hours=hours(Kind.REMINDER))
    if reminder > at:
        queue(Kind.REMINDER, person, due=reminder, appointment=appointment, episode=episode)
    if episode is not None and appointment.starts > at:
        check_in = appointment.starts - timedelta(hours=hours(Kind.CHECK_IN))
        queue(Kind.CHECK_IN, person, due=check_in, appointment=appointment, episode=episode)


def moved(appointment: Appointment, before: datetime) -> None:
    """An appointment was moved. Takes before: when it was to begin. With the same start, nobody need be told."""
    if appointment.starts == before:
        return
    withdraw(appointment)
    queue(Kind.MOVED, appointment.person, appointment=appointment, episode=appointment.episode)
    booked(appointment)


def cancelled(appointment: Appointment) -> None:
    """An appointment was cancelled: what waited is taken back, and the person is told if it was still to come."""
    withdraw(appointment)
    if appointment.starts > now():
        queue(Kind.CANCELLED, appointment.person, appointment=appointment, episode=appointment.episode)


def session_given(session: Session) -> None:
    """A session ended with massage given: a day later the person is asked how they are."""
    ended = session.ended or now()
    until = ended + timedelta(hours=AFTER_UNTIL)
    if until <= now():
        return  # its note was signed late
    queue(
        Kind.AFTER_SESSION,
        session.episode.person,
        due=ended + timedelta(hours=hours(Kind.AFTER_SESSION)),
        stale_after=until,
        episode=session.episode,
    )


def purpose_of(message: Message) -> str:
    """For what the link in a message is; empty where it has none."""
    return LINKS.get(message.kind, "")


def send_again(message: Message) -> Message:
    """Lets a message wait once more that was given up. Errors: Conflict, where it is of no use any more."""
    open_deed()
    held = rows.locked(message.pk)
    at = now()
    if held.state != State.FAILED or at >= held.stale_after:
        raise Conflict(
            "This message is not waiting for that: it was sent, withdrawn, or is too late. Nothing was done."
        )
    held.state, held.reason, held.next_try, held.attempts = State.WAITING, "", at, 0
    held.save(update_fields=["state", "reason", "next_try", "attempts"])
    return held
