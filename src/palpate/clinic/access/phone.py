"""The person's telephone: links, what was sent by them, and wishes.

Links are found by the hash of their code, or by the session that one of them opened; all else takes rows that the actor
was already allowed to see.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import DateTimeField, F, Q, QuerySet, UUIDField

from palpate.clinic.access.exporting import rows_of_person
from palpate.clinic.access.people import visible_to
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Answer,
    Appointment,
    AuditRow,
    Episode,
    Measure,
    Person,
    PhoneLink,
    PhoneSeen,
    PhoneSent,
    PlanItem,
    PlanTick,
    Wish,
)
from palpate.clinic.refusals import NotVisible


def _whole() -> QuerySet[PhoneLink]:
    return PhoneLink.objects.select_related("person", "episode__person", "appointment")


def link_by_hash(secret_hash: str) -> PhoneLink | None:
    """The link whose code has this SHA-256."""
    return _whole().filter(secret_hash=secret_hash).first()


def link_by_id(id: uuid.UUID, *, locked: bool = False) -> PhoneLink | None:
    """The link with this id, for the session that it opened; `locked`: until the transaction ends."""
    rows = _whole()
    return (rows.select_for_update(of=("self",)) if locked else rows).filter(pk=id).first()


def link_of_person(person: Person, id: uuid.UUID) -> PhoneLink:
    """One link of a person. Errors: NotVisible."""
    found = _whole().filter(person=person, pk=id).first()
    if found is None:
        raise NotVisible
    return found


def same_links(link: PhoneLink) -> list[PhoneLink]:
    """Links for the same purpose of the same person and appointment that are neither used nor ended, locked."""
    rows = PhoneLink.objects.select_for_update(of=("self",)).filter(person_id=link.person_id, purpose=link.purpose)
    if link.appointment_id is None:
        rows = rows.filter(appointment__isnull=True)
    else:
        rows = rows.filter(appointment_id=link.appointment_id)
    return list(rows.filter(revoked__isnull=True, spent__isnull=True).exclude(pk=link.pk))


def live_links(person: Person, at: datetime) -> list[PhoneLink]:
    """A person's links that can still be used, newest first."""
    rows = _whole().filter(person=person, revoked__isnull=True, spent__isnull=True, until__gt=at)
    return list(rows.order_by("-made"))


def ended_drafts(at: datetime) -> list[PhoneLink]:
    """Links that can no longer be used and still hold answers that were never sent."""
    over = Q(revoked__isnull=False) | Q(spent__isnull=False) | Q(until__lte=at)
    return list(PhoneLink.objects.filter(over).exclude(draft={}))


def count_miss(link: PhoneLink) -> int:
    """Counts one wrong birth date, atomically. Returns how many there were."""
    PhoneLink.objects.filter(pk=link.pk).update(misses=F("misses") + 1)
    link.refresh_from_db(fields=["misses"])
    return int(link.misses)


def open_episode(person: Person) -> Episode | None:
    """The newest open episode of a person."""
    rows = Episode.objects.filter(person=person, state=Episode.State.OPEN).select_related("person")
    return rows.order_by("-opened", "pk").first()


def newest_episode(person: Person) -> Episode | None:
    """The newest episode of a person, an open one first."""
    return open_episode(person) or (
        Episode.objects.filter(person=person).select_related("person").order_by("-opened", "pk").first()
    )


def coming(person: Person, since: datetime) -> list[Appointment]:
    """A person's booked appointments from a moment on, the next one first."""
    rows = Appointment.objects.filter(person=person, starts__gte=since, state=Appointment.State.BOOKED)
    return list(rows.select_related("therapist").order_by("starts", "pk"))


def sent_of(episode: Episode) -> list[PhoneSent]:
    """All that a person sent about an episode, newest first, each with who has gone through it."""
    rows = PhoneSent.objects.filter(episode=episode).select_related("appointment").prefetch_related("seen__by")
    return list(rows.order_by("-at", "pk"))


_NEWEST_SENT = Ready(
    lambda: PhoneSent.objects.filter(
        episode=Slot("episode", UUIDField()), at__gt=Slot("since", DateTimeField())
    ).order_by("-at")[:1]
)


def newest_sent(episode: Episode, since: datetime) -> PhoneSent | None:
    """What the person sent last about an episode after a moment."""
    return _NEWEST_SENT.first(episode=episode.pk, since=since)


def sent_by_id(episode: Episode, id: uuid.UUID) -> PhoneSent:
    """One sending of an episode. Errors: NotVisible."""
    found = PhoneSent.objects.filter(episode=episode, pk=id).first()
    if found is None:
        raise NotVisible
    return found


def answers_of(sent: PhoneSent) -> list[Answer]:
    """The answers that came with a sending, in the order in which they were given."""
    rows = Answer.objects.filter(episode_id=sent.episode_id, at=sent.at, by__isnull=True)
    return list(rows.order_by("number", "pk"))


def measures_of(sent: PhoneSent) -> list[Measure]:
    """The scores that came with a sending."""
    return list(Measure.objects.filter(episode_id=sent.episode_id, at=sent.at, tester__isnull=True).order_by("name"))


def moments_sent(episode: Episode) -> set[datetime]:
    """The moments at which a person sent something: answers of those moments were told by link."""
    return set(PhoneSent.objects.filter(episode=episode).values_list("at", flat=True))


def worse_unseen(episode: Episode) -> bool:
    """Whether a person told that they are clearly worse, and no therapist has gone through it."""
    return PhoneSent.objects.filter(episode=episode, told__worse=True, seen__isnull=True).exists()


def answered_check_ins(appointments: Iterable[Appointment]) -> set[uuid.UUID]:
    """Of these appointments, those whose check-in was sent: "done or not done" is all that the front desk sees."""
    ids = [appointment.pk for appointment in appointments]
    rows = PhoneSent.objects.filter(appointment__in=ids, purpose=PhoneLink.Purpose.CHECK_IN)
    return set(rows.values_list("appointment_id", flat=True))


def seen_by(sent: PhoneSent) -> PhoneSeen | None:
    """Who confirmed a sending first."""
    return PhoneSeen.objects.filter(sent=sent).select_related("by").order_by("at").first()


# --- my plan ----------------------------------------------------------------------------------------------------------


def home_of(episode: Episode) -> list[PlanItem]:
    """What the plan of an episode asks of the person now."""
    return list(PlanItem.objects.filter(episode=episode, active=True).order_by("created", "pk"))


def ticked_on(items: Iterable[PlanItem], day: date) -> set[uuid.UUID]:
    """Of these items, those that the person ticked as done on a day."""
    rows = PlanTick.objects.filter(item__in=list(items), day=day, done="yes", by__isnull=True)
    return set(rows.values_list("item_id", flat=True))


def trail_about(person: Person, most: int) -> list[AuditRow]:
    """The newest rows of the trail that name a person, also under records that were merged into theirs (S-47)."""
    return list(rows_of_person(person, "AuditRow").order_by("-number")[:most])


# --- wishes -----------------------------------------------------------------------------------------------------------


def open_wish(appointment: Appointment) -> Wish | None:
    """The wish about an appointment that nobody has answered yet."""
    return Wish.objects.filter(appointment=appointment, done__isnull=True).order_by("-at").first()


def open_wishes(actor: Actor) -> list[Wish]:
    """Wishes that wait for an answer, of the people whom the actor may see, the nearest appointment first."""
    # By the appointment's person: it goes along when two records become one.
    rows = Wish.objects.filter(appointment__person__in=visible_to(actor, "appointment"), done__isnull=True)
    rows = rows.select_related("appointment__person", "appointment__therapist")
    return list(rows.order_by("appointment__starts", "at"))


def wish_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Wish:
    """One wish of a person whom the actor may see. Errors: NotVisible."""
    people = visible_to(actor, "appointment", to_write=to_write)
    found = Wish.objects.filter(appointment__person__in=people, pk=id).select_related("appointment__person").first()
    if found is None:
        raise NotVisible
    return found
