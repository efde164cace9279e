"""The newest decision of every episode, for the one at the command line of this installation."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max, OuterRef, Subquery

from palpate.clinic.models import Decision


def newest_decisions() -> Iterator[Decision]:
    """Of every episode the newest decision that has a document, with its person; in the order of their days."""
    assessed = Decision.objects.exclude(document="").exclude(answer="")
    newest = assessed.filter(episode=OuterRef("episode")).values("episode").annotate(top=Max("number")).values("top")
    found = assessed.filter(number=Subquery(newest)).select_related("episode__person")
    return found.order_by("as_of", "episode_id").iterator(chunk_size=200)
