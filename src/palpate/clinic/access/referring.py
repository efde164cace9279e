"""Letters, clinicians' answers and overrulings. Rows hang on people whom the actor may see."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import Clearance, Decision, Episode, Letter, Override, Person, User
from palpate.clinic.refusals import NotVisible


def open_referrals(actor: Actor) -> QuerySet[Letter]:
    """Referrals whose answer is still awaited, oldest first. An owner sees that they exist; the letters stay closed."""
    people: QuerySet[Person] = visible_to(actor, "decision")
    waiting = Letter.objects.filter(
        kind__in=(Letter.Kind.REFERRAL, Letter.Kind.URGENT), answered__isnull=True, closed__isnull=True
    )
    return waiting.filter(episode__person__in=people).select_related("episode__person", "by").order_by("made", "pk")


def locked_letter(letter: Letter) -> Letter:
    """The letter as it stands in the store now, locked until the transaction ends."""
    return Letter.objects.select_for_update(of=("self",)).select_related("episode__person").get(pk=letter.pk)


def all_clearances(episode: Episode) -> QuerySet[Clearance]:
    """Every answer that was recorded, those taken back included, newest first."""
    rows = Clearance.objects.filter(episode=episode).select_related("takes_back", "by", "letter")
    return rows.prefetch_related("taken_back_by").order_by("-at", "-pk")


def clearance_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Clearance:
    """One clinician's answer, with its episode and person. Errors: NotVisible."""
    people = visible_to(actor, "clinical", to_write=to_write)
    found = Clearance.objects.filter(pk=id, episode__person__in=people).select_related("episode__person").first()
    if found is None:
        raise NotVisible
    return found


def locked_episode_answers(episode: Episode) -> None:
    """Holds the episode's answers still until the transaction ends, so that none is taken back twice."""
    Episode.objects.select_for_update().filter(pk=episode.pk).first()


def is_taken_back(clearance: Clearance) -> bool:
    return Clearance.objects.filter(takes_back=clearance).exists()


def standing_answers(letter: Letter) -> QuerySet[Clearance]:
    """Answers to a letter that were not taken back."""
    return Clearance.objects.filter(letter=letter, takes_back__isnull=True, taken_back_by__isnull=True)


def overrides(decision: Decision) -> QuerySet[Override]:
    """All overrulings of a decision, newest first: the newest counts."""
    return Override.objects.filter(decision=decision).order_by("-at", "-pk")


def therapist_of(episode: Episode) -> User | None:
    """Who is in charge of an episode."""
    return User.objects.filter(pk=episode.therapist_id).first() if episode.therapist_id else None


def locked_decision(decision: Decision) -> Decision:
    """The decision, locked until the transaction ends, so that two overrulings come one after the other."""
    return Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
