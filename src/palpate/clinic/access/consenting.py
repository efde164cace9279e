"""Consents: which rows there are. Everything begins at an episode or a person whom the actor may see."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet, UUIDField

from palpate.clinic.access.once import once
from palpate.clinic.access.people import visible_to
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.actor import Actor
from palpate.clinic.models import Answer, Consent, Episode
from palpate.clinic.refusals import NotVisible


def papers(episode: Episode) -> QuerySet[Consent]:
    """All consents of an episode and their withdrawals, oldest first, with who recorded them."""
    return Consent.objects.filter(episode=episode).select_related("by").order_by("at", "pk")


_PAPERS = Ready(lambda: Consent.objects.filter(episode=Slot("episode", UUIDField())).defer("text").order_by("at", "pk"))


def papers_without_words(episode: Episode) -> list[Consent]:
    """The same rows without the words that were signed, which do not say what stands."""
    return once(("papers", episode.pk), lambda: _PAPERS.all(episode=episode.pk))


def consent_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Consent:
    """One consent with its episode and person. Errors: NotVisible."""
    people = visible_to(actor, "clinical", to_write=to_write)
    found = Consent.objects.filter(episode__person__in=people).select_related("episode__person", "by")
    row = found.filter(pk=id).first()
    if row is None:
        raise NotVisible
    return row


def newest_status(episode: Episode) -> Answer | None:
    """The newest answer to the pathway's question about consent."""
    return Answer.objects.filter(episode=episode, fact="consent_status").order_by("at", "number", "pk").last()
