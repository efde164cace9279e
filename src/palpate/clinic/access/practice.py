"""The practice, its rooms, its staff, and the pathway it runs."""

from __future__ import annotations

import uuid

from django.db.models import Exists, QuerySet, Subquery

from palpate.clinic.access.once import once
from palpate.clinic.access.ready import Ready
from palpate.clinic.models import AuditHead, PathwayCopy, Practice, PublishedPathway, Room, Site, User
from palpate.clinic.refusals import NotVisible

# With the latest time of the trail (S-58), and whether a pathway waits for its second owner (S-67): every page needs
# both, and queries of their own would cost more than this.
_LATEST = AuditHead.objects.filter(pk=1).values("latest")[:1]
PROPOSED = PublishedPathway.objects.filter(confirmed_at__isnull=True, withdrawn_at__isnull=True)
_PRACTICE = Ready(
    lambda: Practice.objects.annotate(  # type: ignore[no-redef]
        latest=Subquery(_LATEST), is_proposed=Exists(PROPOSED)
    ).order_by("pk")[:1]
)
_PUBLISHED = Ready(lambda: PublishedPathway.objects.filter(confirmed_at__isnull=False).order_by("-confirmed_at")[:1])


def the_practice() -> Practice | None:
    """The practice of this store, or None before the first start has made it."""
    return once("practice", _PRACTICE.first)


def sites() -> QuerySet[Site]:
    return Site.objects.order_by("name")


def rooms() -> QuerySet[Room]:
    return Room.objects.filter(active=True).select_related("site").order_by("site__name", "name")


def users() -> QuerySet[User]:
    return User.objects.order_by("name")


def therapists() -> QuerySet[User]:
    """Everybody who treats, owners who treat included."""
    return (User.objects.filter(role="therapist") | User.objects.filter(role="owner", treats=True)).filter(
        is_active=True
    )


_THERAPISTS = Ready(lambda: therapists().order_by("name").values_list("pk", "name"))


def therapist_names() -> list[tuple[uuid.UUID, str]]:
    """Id and name of everybody who treats, by name."""
    return _THERAPISTS.all()


def user_of(id: uuid.UUID) -> User:
    """One member of the staff. Errors: NotVisible."""
    found = User.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def published_pathway() -> PublishedPathway | None:
    """What decides in this practice: the newest that was confirmed and not withdrawn."""
    return once("published", _PUBLISHED.first)


def pathway_copy(digest: str) -> PathwayCopy | None:
    """The meaning of a pathway that was published here once, by its digest."""
    return PathwayCopy.objects.filter(pk=digest).first()
