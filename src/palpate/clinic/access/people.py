"""Which people an actor may see, and for what. Source: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from palpate.clinic.actor import AUDITOR, DESK, OWNER, THERAPIST, Actor
from palpate.clinic.models import BreakGlass, CareTeam, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import NotVisible

# Who sees all people for a purpose. Therapists see their own in every scope; an owner who does not treat has no notes.
EVERYBODY: dict[str, frozenset[str]] = {
    "contact": frozenset({OWNER, DESK, AUDITOR}),  # the auditor's pages mask it
    "appointment": frozenset({OWNER, DESK, AUDITOR}),
    "decision": frozenset({OWNER, AUDITOR}),
    "document": frozenset(),
    "clinical": frozenset(),
}


def visible_to(actor: Actor, scope: str = "contact", *, to_write: bool = False) -> QuerySet[Person]:
    """The people this actor may see in a scope: contact, appointment, decision, document or clinical.

    A therapist's own are those of their care team; a broken glass adds one person for reading (S-11). Records that were
    merged into another are never among them.
    """
    people = Person.objects.filter(merged_into__isnull=True)
    if actor.is_any(*EVERYBODY[scope]) and not (to_write and actor.roles == {AUDITOR}):
        return people
    if actor.user_id is None or not actor.is_any(THERAPIST, OWNER):
        return people.none()
    mine = Q(pk__in=CareTeam.objects.filter(therapist_id=actor.user_id).values("person_id"))
    if not actor.is_any(THERAPIST):
        mine = Q(pk__in=[])
    if not to_write:
        mine |= Q(pk__in=_broken(actor).values("person_id"))
    return people.filter(mine)


def _broken(actor: Actor) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(therapist_id=actor.user_id, until__gt=now())


def open_glass(actor: Actor, person: Person) -> BreakGlass | None:
    """The broken glass by which this actor sees this person, unless the person is their own."""
    if actor.user_id is None or may_write(actor, person):
        return None
    return _broken(actor).filter(person=person).order_by("-until").first()


def person_of(actor: Actor, id: uuid.UUID, scope: str = "contact", *, to_write: bool = False) -> Person:
    """One person, if this actor may see them. Errors: NotVisible."""
    found = visible_to(actor, scope, to_write=to_write).filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def may_write(actor: Actor, person: Person, scope: str = "clinical") -> bool:
    return visible_to(actor, scope, to_write=True).filter(pk=person.pk).exists()


def has_same_name(person: Person) -> bool:
    """Whether somebody else has the same name, so that a page must warn (S-69)."""
    others = Person.objects.filter(match_name=person.match_name, merged_into__isnull=True)
    return others.exclude(pk=person.pk).exists()
