"""The outbox, the practice's own words, calls instead of messages, calendar feeds, and who leads background work."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from palpate.clinic.access.appointments import TAKES_TIME, appointments
from palpate.clinic.access.once import once
from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Appointment,
    CalendarFeed,
    Call,
    Job,
    Message,
    MessageSettings,
    MessageText,
    Person,
    PhoneSent,
)
from palpate.clinic.refusals import NotVisible

State = Message.State


# --- The outbox -------------------------------------------------------------------------------------------------------


def _due(at: datetime, waits_from: datetime | None) -> QuerySet[Message]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=at)
    rows = Message.objects.filter(free, state=State.WAITING, next_try__lte=at)
    # At night what is of use for longer waits; what would come too late in the morning does not.
    rows = rows if waits_from is None else rows.filter(stale_after__lt=waits_from)
    return rows.order_by("next_try", "pk")


def anything_due(at: datetime, waits_from: datetime | None = None) -> bool:
    """Whether some message waits to be sent now and nobody is sending it.

    Takes  waits_from: at night, what is of use up to this instant or longer waits for the morning.
    """
    return _due(at, waits_from).exists()


def claim(at: datetime, waits_from: datetime | None = None) -> Message | None:
    """One message that is due, locked until the transaction ends; what another worker holds is passed over."""
    rows = _due(at, waits_from).select_for_update(of=("self",), skip_locked=True)
    return rows.select_related("person__merged_into", "appointment__person", "episode").first()


def locked(id: uuid.UUID) -> Message:
    """A message as it stands in the store now, locked until the transaction ends."""
    return Message.objects.select_for_update(of=("self",)).select_related("person").get(pk=id)


def waiting_for(appointment: Appointment, kinds: Collection[str] = ()) -> list[Message]:
    """Messages about an appointment that were not sent yet, locked; of these kinds, or of all."""
    rows = Message.objects.select_for_update(of=("self",)).filter(appointment=appointment, state=State.WAITING)
    return list(rows.filter(kind__in=kinds) if kinds else rows)


def past_waiting(at: datetime) -> list[Message]:
    """Messages that wait and are of no use any more."""
    return list(Message.objects.filter(state=State.WAITING, stale_after__lte=at))


def messages(actor: Actor, *, to_write: bool = False) -> QuerySet[Message]:
    """Messages to the people whose contact data an actor may see, the newest first."""
    people = visible_to(actor, "contact", to_write=to_write)
    return Message.objects.filter(person__in=people).select_related("person", "appointment").order_by("-made", "pk")


def message_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Message:
    """One message. Errors: NotVisible."""
    found = messages(actor, to_write=to_write).filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def counts(actor: Actor) -> dict[str, int]:
    """How many messages wait, by state; those that were sent are not counted."""
    rows = messages(actor).filter(state=State.WAITING)
    return {"waiting": rows.count(), "late": rows.filter(attempts__gt=0).count()}


# --- Who could not be reached -----------------------------------------------------------------------------------------


def unreached(actor: Actor, since: datetime, states: Collection[str]) -> list[Message]:
    """Messages of these states made after an instant and not called about yet, the oldest first."""
    rows = messages(actor).filter(made__gte=since, state__in=states)
    return list(rows.exclude(calls__outcome=Call.Outcome.REACHED).order_by("made", "pk"))


def coming(actor: Actor, since: datetime, until: datetime) -> list[Appointment]:
    """Booked appointments that begin within a time, with their people, in order."""
    rows = appointments(actor).filter(starts__gte=since, starts__lt=until, state=Appointment.State.BOOKED)
    return list(rows.select_related("person", "therapist").order_by("starts", "pk"))


def answered(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these appointments have a check-in that was sent whole. Whether, never what: the desk sees no more."""
    rows = PhoneSent.objects.filter(appointment_id__in=list(ids), purpose="check_in")
    return set(rows.values_list("appointment_id", flat=True))


def called(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Call]:
    """The call by which somebody was reached about each of these appointments, else the newest one."""
    rows = Call.objects.filter(appointment_id__in=list(ids)).select_related("by").order_by("at")
    found: dict[uuid.UUID, Call] = {}
    for row in rows:
        before = found.get(row.appointment_id) if row.appointment_id is not None else None
        if row.appointment_id is not None and (before is None or before.outcome != Call.Outcome.REACHED):
            found[row.appointment_id] = row
    return found


def sent_to(ids: Iterable[uuid.UUID], kind: str) -> set[uuid.UUID]:
    """Which of these appointments had a message of this kind that was sent."""
    rows = Message.objects.filter(appointment_id__in=list(ids), kind=kind, state=State.SENT)
    return set(rows.values_list("appointment_id", flat=True))


def calls_about(messages: Iterable[Message]) -> dict[uuid.UUID, Call]:
    """The newest call about each of these messages."""
    rows = Call.objects.filter(message__in=[row.pk for row in messages]).select_related("by").order_by("at")
    return {row.message_id: row for row in rows if row.message_id is not None}


# --- The practice's own words and times -------------------------------------------------------------------------------


def settings_row() -> MessageSettings:
    """How this practice writes; one that was never stored where nothing was chosen yet."""
    stored = once("message settings", lambda: MessageSettings.objects.order_by("pk").first())
    return stored or MessageSettings(version=0)


def locked_settings() -> MessageSettings | None:
    """The stored settings, locked until the transaction ends."""
    return MessageSettings.objects.select_for_update().order_by("pk").first()


def own_texts() -> list[MessageText]:
    """Every text that the practice has written itself."""
    return list(MessageText.objects.order_by("kind", "language"))


def own_text(kind: str, language: str, *, to_write: bool = False) -> MessageText | None:
    """The practice's own text of one kind in one language."""
    rows = MessageText.objects.select_for_update() if to_write else MessageText.objects.all()
    return rows.filter(kind=kind, language=language).first()


# --- Calendar feeds ---------------------------------------------------------------------------------------------------


def feeds_of(user: uuid.UUID | None) -> list[CalendarFeed]:
    """The calendar addresses of one therapist, the newest first."""
    return list(CalendarFeed.objects.filter(therapist_id=user).order_by("-made", "pk"))


def feed_of(actor: Actor, id: uuid.UUID) -> CalendarFeed:
    """A calendar address of the actor's own. Errors: NotVisible."""
    found = CalendarFeed.objects.filter(pk=id, therapist_id=actor.user_id).first()
    if found is None:
        raise NotVisible
    return found


def feed_by_hash(secret_hash: str) -> CalendarFeed | None:
    """The feed whose secret has this SHA-256, if it is not revoked and its therapist still works here."""
    rows = CalendarFeed.objects.select_related("therapist").filter(revoked__isnull=True, therapist__is_active=True)
    return rows.filter(secret_hash=secret_hash).first()


def in_feed(feed: CalendarFeed, since: datetime, until: datetime) -> list[Appointment]:
    """The therapist's appointments within a time that take their time, in order. Nothing of whose they are is read."""
    rows = Appointment.objects.filter(therapist=feed.therapist, state__in=TAKES_TIME)
    rows = rows.filter(ends__gt=since, starts__lt=until).order_by("starts", "pk")
    return list(rows.only("pk", "starts", "ends", "version", "zone"))


# --- Background work --------------------------------------------------------------------------------------------------


def job(name: str) -> Job:
    """A kind of work, as it stands; one that was never stored where it was never done."""
    return Job.objects.filter(pk=name).first() or Job(name=name)


def failed_jobs() -> list[Job]:
    """Kinds of work whose last try failed."""
    return list(Job.objects.filter(failed__isnull=False).order_by("name"))


def lead(name: str, holder: str, at: datetime, until: datetime) -> bool:
    """Takes or renews the lease of a kind of work, in one statement of the store: of many who ask, one has it."""
    mine = Q(holder=holder) | Q(until__isnull=True) | Q(until__lte=at)
    if Job.objects.filter(mine, pk=name).update(holder=holder, until=until):
        return True
    if Job.objects.filter(pk=name).exists():
        return False
    try:
        with transaction.atomic():
            Job(name=name, holder=holder, until=until).save(force_insert=True)
    except IntegrityError:  # another was faster
        return False
    return True


def let_go(name: str, holder: str) -> None:
    """Gives a lease back, so that another need not wait for its end."""
    Job.objects.filter(pk=name, holder=holder).update(until=None)


def note_job(name: str, *, done: datetime | None = None, failed: datetime | None = None, why: str = "") -> None:
    """Notes when a kind of work was done, or that it failed and why."""
    if done is not None:
        Job.objects.filter(pk=name).update(done=done, failed=None, why="")
    else:
        Job.objects.filter(pk=name).update(failed=failed, why=why[:120])


def person_now(message: Message) -> Person:
    """Whom a message is for today: the person of its appointment, or the record that theirs was merged into."""
    if message.appointment is not None:
        return message.appointment.person
    return message.person.merged_into or message.person
