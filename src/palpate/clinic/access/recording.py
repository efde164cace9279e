"""What the record of one episode shows. Takes episodes that the actor was already allowed to see."""

from __future__ import annotations

import uuid
from datetime import date

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Amendment,
    Answer,
    Consent,
    Decision,
    Episode,
    Letter,
    Measure,
    Note,
    Override,
    Person,
    PlanItem,
    Session,
)


def sees(actor: Actor, person: Person, scope: str) -> bool:
    """Whether the actor may read this person in a scope, a broken glass included."""
    return visible_to(actor, scope).filter(pk=person.pk).exists()


def decisions_of(episode: Episode) -> list[Decision]:
    """All decisions without the bytes that went in and came out, oldest first, with who made them."""
    found = Decision.objects.filter(episode=episode).select_related("by").defer("document", "answer")
    return list(found.order_by("number"))


def overrides_of(episode: Episode) -> list[Override]:
    found = Override.objects.filter(decision__episode=episode).select_related("decision").order_by("at")
    return list(found.defer("decision__document", "decision__answer"))


def sessions_of(episode: Episode) -> list[Session]:
    found = Session.objects.filter(episode=episode).select_related("therapist")
    return list(found.order_by("day", "started"))


def notes_of(episode: Episode) -> dict[uuid.UUID, Note]:
    """Signed notes, by session."""
    return {note.session_id: note for note in Note.objects.filter(session__episode=episode)}


def amendments_of(episode: Episode) -> list[Amendment]:
    found = Amendment.objects.filter(note__session__episode=episode).select_related("note__session")
    return list(found.order_by("at"))


def consents_of(episode: Episode) -> list[Consent]:
    return list(Consent.objects.filter(episode=episode).select_related("withdraws").order_by("at", "pk"))


def letters_of(episode: Episode) -> list[Letter]:
    return list(Letter.objects.filter(episode=episode).defer("data").order_by("made"))


def measures_of(episode: Episode) -> list[Measure]:
    """The newest score of each measure and day, by day; what was taken back is left out."""
    newest: dict[tuple[str, date], Measure] = {}
    for row in Measure.objects.filter(episode=episode).order_by("day", "at", "pk"):
        newest[row.name, row.day] = row
    return [row for row in newest.values() if not row.taken_back]


def told_onsets_of(episode: Episode) -> list[Answer]:
    """Every time that it was told how long the pain has lasted, or that nobody can say, oldest first."""
    return list(Answer.objects.filter(episode=episode, fact="pain_duration_days").order_by("at", "number", "pk"))


def changes_of(episode: Episode) -> list[PlanItem]:
    """Every one thing that was changed after a partial response, oldest first."""
    return list(PlanItem.objects.filter(episode=episode, part="change").order_by("created"))
