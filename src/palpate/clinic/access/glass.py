"""Records that were opened by breaking the glass, and the people whom that is possible for (S-11)."""

from __future__ import annotations

import uuid

from django.db.models import DateTimeField, QuerySet, UUIDField

from palpate.clinic.access.people import may_write
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.actor import OWNER, THERAPIST, Actor
from palpate.clinic.models import BreakGlass, Notice, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import NotVisible


def stranger_of(actor: Actor, id: uuid.UUID) -> Person:
    """A person outside the actor's care whose record they may break the glass for. Errors: NotVisible."""
    if actor.user_id is None or not actor.is_any(THERAPIST, OWNER):
        raise NotVisible
    found = Person.objects.filter(pk=id, merged_into__isnull=True, locked__isnull=True).first()
    if found is None:
        raise NotVisible
    return found


def is_own(actor: Actor, person: Person) -> bool:
    """Whether the actor has the person in their care, so that there is no glass to break."""
    return may_write(actor, person)


_BROKEN = Ready(
    lambda: BreakGlass.objects.filter(
        therapist_id=Slot("user", UUIDField()),
        person_id=Slot("person", UUIDField()),
        until__gt=Slot("at", DateTimeField()),
    ).order_by("-until")[:1]
)
_UNREAD = Ready(lambda: Notice.objects.filter(to_id=Slot("user", UUIDField()), read__isnull=True).order_by("at")[:3])


def glass_now(actor: Actor, person: uuid.UUID) -> BreakGlass | None:
    """The glass by which this actor sees this person at the moment, with the latest end."""
    return _BROKEN.first(user=actor.user_id, person=person, at=now()) if actor.user_id is not None else None


def first_notices(user_id: uuid.UUID) -> list[Notice]:
    """The three oldest things that this member of the staff has not read yet."""
    return _UNREAD.all(user=user_id)


def to_review() -> QuerySet[BreakGlass]:
    """What no owner has signed off yet, oldest first."""
    return BreakGlass.objects.filter(signed_off__isnull=True).select_related("person", "therapist").order_by("opened")


def reviewed() -> QuerySet[BreakGlass]:
    """What an owner has signed off, newest first."""
    found = BreakGlass.objects.filter(signed_off__isnull=False).select_related("person", "therapist", "signed_off_by")
    return found.order_by("-opened")


def glass_of(id: uuid.UUID) -> BreakGlass:
    """One broken glass, locked. Errors: NotVisible."""
    found = (
        BreakGlass.objects.select_for_update(of=("self",)).select_related("person", "therapist").filter(pk=id).first()
    )
    if found is None:
        raise NotVisible
    return found


def unread_notices(user_id: uuid.UUID) -> QuerySet[Notice]:
    """What this member of the staff has not read yet, oldest first."""
    return Notice.objects.filter(to_id=user_id, read__isnull=True).order_by("at")
