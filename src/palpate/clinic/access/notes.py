"""Notes: those that are signed, and those that still wait."""

from __future__ import annotations

from django.db.models import QuerySet

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import Amendment, Note, Session


def unfinished(actor: Actor) -> QuerySet[Session]:
    """Sessions of the actor's own people whose note is not signed, oldest first."""
    people = visible_to(actor, "clinical", to_write=True)
    found = Session.objects.filter(episode__person__in=people).exclude(state=Session.State.SIGNED)
    return found.select_related("episode__person", "therapist").order_by("day", "started")


def note_of(session: Session) -> Note | None:
    """The signed note of a session the actor was already allowed to see."""
    return Note.objects.filter(session=session).first()


def amendments(note: Note) -> QuerySet[Amendment]:
    """What was added to a note after it was signed, oldest first."""
    return Amendment.objects.filter(note=note).order_by("at", "pk")
