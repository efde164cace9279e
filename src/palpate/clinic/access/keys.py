"""Keys of other programs, what they may see, and the first answers to their calls."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from palpate.clinic.actor import PROGRAM, Actor
from palpate.clinic.models import ApiKey, Appointment, Decision, Episode, FormKey, Person, Room, User
from palpate.clinic.refusals import NotVisible


def keys() -> QuerySet[ApiKey]:
    """All keys, the newest first."""
    return ApiKey.objects.select_related("created_by").order_by("-created", "pk")


def key_of(id: uuid.UUID) -> ApiKey:
    """One key. Errors: NotVisible."""
    found = keys().filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def by_prefix(prefix: str) -> ApiKey | None:
    """The key of a prefix, good or not."""
    return ApiKey.objects.filter(prefix=prefix).first()


def locked(key: ApiKey) -> ApiKey:
    """The key as it stands in the store now, locked until the transaction ends."""
    return ApiKey.objects.select_for_update().get(pk=key.pk)


def note_use(id: uuid.UUID, at: datetime) -> None:
    """Notes when a key was used last."""
    ApiKey.objects.filter(pk=id).update(last_used=at)


# --- what a key may see: everybody in the practice, for the purposes that its scopes name ---


def people(actor: Actor, scope: str) -> QuerySet[Person]:
    """The people a program may see for a scope such as "people:read"; none without it."""
    if not actor.is_any(PROGRAM) or scope not in actor.scopes:
        return Person.objects.none()
    return Person.objects.filter(merged_into__isnull=True, locked__isnull=True)


def person_of(actor: Actor, scope: str, id: uuid.UUID) -> Person:
    """One person. Errors: NotVisible."""
    found = people(actor, scope).filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def people_after(actor: Actor, scope: str, after: uuid.UUID | None, count: int) -> list[Person]:
    """A page of people in the order of their ids, which say nothing about them."""
    rows = people(actor, scope).order_by("pk")
    return list((rows if after is None else rows.filter(pk__gt=after))[:count])


def episode_of(actor: Actor, scope: str, id: uuid.UUID) -> Episode:
    """One episode with its person. Errors: NotVisible."""
    rows = Episode.objects.filter(person__in=people(actor, scope)).select_related("person")
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def decisions(episode: Episode) -> QuerySet[Decision]:
    """The stored decisions of an episode, the newest first."""
    return Decision.objects.filter(episode=episode).order_by("-number")


def appointments_of(actor: Actor, scope: str, day: date) -> list[Appointment]:
    """The appointments of a day in the order of their times."""
    rows = Appointment.objects.filter(person__in=people(actor, scope), day=day)
    return list(rows.order_by("starts", "pk"))


def therapist_of(id: uuid.UUID) -> User | None:
    return User.objects.filter(pk=id, is_active=True).first()


def room_of(id: uuid.UUID) -> Room | None:
    return Room.objects.filter(pk=id).first()


# --- the first answer to a call (S-55) ---


def begin_use(mark: FormKey) -> FormKey | None:
    """Keeps a mark for a call that begins now. Returns None, or the mark of the first call with this key."""
    try:
        with transaction.atomic():
            mark.save(force_insert=True)
        return None
    except IntegrityError:
        return FormKey.objects.filter(actor=mark.actor, key=mark.key).first()


def take_over(mark: FormKey, at: datetime) -> bool:
    """Takes the mark of a call over that never ended, since its process died. True for exactly one who tries."""
    rows = FormKey.objects.filter(pk=mark.pk, status__isnull=True, at=mark.at)
    return rows.update(at=at) == 1


def end_use(mark: FormKey, status: int, body: str) -> None:
    """Keeps the answer, in the same transaction as what the call did."""
    FormKey.objects.filter(pk=mark.pk).update(status=status, body=body)


def drop_use(mark: FormKey) -> None:
    """Forgets a call that did nothing, so that it may be sent again."""
    FormKey.objects.filter(pk=mark.pk, status__isnull=True).delete()


def drop_expired_use(mark: FormKey, before: datetime) -> None:
    """Forgets an earlier use of a key that is older than answers are kept."""
    FormKey.objects.filter(actor=mark.actor, key=mark.key, at__lt=before).delete()
