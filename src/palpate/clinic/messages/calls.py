"""Who has to be called, since a message did not reach them or was not answered. For the front desk.

It says whether a check-in was answered, never what; and why a message went nowhere, never what it was about beyond its
kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from palpate.clinic import moment
from palpate.clinic.access import messages as rows
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.messages.outbox import BEFORE_VISIT
from palpate.clinic.messages.times import call_hours, is_on
from palpate.clinic.messages.words import REASONS
from palpate.clinic.models import Appointment, Call, Message, Person
from palpate.clinic.refusals import BadInput, Forbidden

Kind, State = Message.Kind, Message.State
KEPT = timedelta(days=14)  # so long a message that went nowhere stands on the list
# Whoever wishes no messages, or was never asked, is still called about these.
MUST_KNOW = frozenset({Kind.MOVED, Kind.CANCELLED, Kind.OFFER})
BY_CHOICE = frozenset({"wishes_none", "not_asked"})


@dataclass
class Entry:
    """One person to call, about one visit or one message. `reasons` are sentences; `last` is the newest call."""

    person: Person
    appointment: Appointment | None = None
    message: Message | None = None
    reasons: list[str] = field(default_factory=list)
    last: Call | None = None


def call_list(actor: Actor) -> list[Entry]:
    """Who has to be called now: those with the nearest visit first, then the rest, the oldest message first.

    A visit is on the list from some hours before it (the practice chooses how many) while its check-in is not answered.
    A message is on it when it went nowhere, until somebody was reached. A constant number of queries.
    """
    at = moment.now()
    coming = rows.coming(actor, at, at + timedelta(hours=call_hours()))
    ids = [appointment.pk for appointment in coming]
    answered, sent, called = rows.answered(ids), rows.sent_to(ids, Kind.CHECK_IN), rows.called(ids)
    found: dict[object, Entry] = {}
    if is_on(Kind.CHECK_IN):
        for appointment in coming:
            if appointment.episode_id is None or appointment.pk in answered:
                continue
            said = "has not answered the check-in" if appointment.pk in sent else "was not asked to check in"
            last = called.get(appointment.pk)
            if last is None or last.outcome != Call.Outcome.REACHED:
                found[appointment.pk] = Entry(appointment.person, appointment, None, [_sentence(said)], last)
    failed = [row for row in rows.unreached(actor, at - KEPT, (State.FAILED, State.DROPPED)) if _matters(row, at)]
    about = rows.calls_about(failed)
    for message in failed:
        why = f"{message.get_kind_display()}: {REASONS.get(message.reason, message.reason)}"
        entry = found.get(message.appointment_id) if message.appointment_id is not None else None
        if entry is not None:
            entry.reasons.append(_sentence(why))
        elif message.kind not in BEFORE_VISIT or (message.appointment_id in ids and not is_on(Kind.CHECK_IN)):
            last = about.get(message.pk)
            found[message.pk] = Entry(message.person, message.appointment, message, [_sentence(why)], last)
    return list(found.values())


def _matters(message: Message, at: object) -> bool:
    """Whether somebody should be called about a message that went nowhere."""
    if message.reason in BY_CHOICE and message.kind not in MUST_KNOW:
        return message.kind == Kind.CHECK_IN
    if message.kind in (Kind.MOVED, Kind.CANCELLED, Kind.OFFER) and message.when is not None:
        return message.when > at  # type: ignore[operator]
    return True


def _sentence(told: str) -> str:
    return told[:1].upper() + told[1:] + "."


def note_call(
    actor: Actor, outcome: str, *, appointment: Appointment | None = None, message: Message | None = None
) -> Call:
    """Notes that somebody was called about a visit or a message. Call inside an act.

    Errors  BadInput for an outcome that is not listed; Forbidden for whoever is no member of the staff.
    """
    open_deed()
    if actor.user_id is None:
        raise Forbidden("Only a member of the staff notes calls. Nothing was saved.")
    if outcome not in Call.Outcome.values:
        raise BadInput("choose what came of the call", "outcome")
    about = appointment if appointment is not None else message
    assert about is not None
    call = Call(person_id=about.person_id, appointment=appointment, message=message, outcome=outcome)
    call.at, call.by_id = moment.now(), actor.user_id
    call.save(force_insert=True)
    return call
