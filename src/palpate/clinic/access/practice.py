"""The practice, its rooms, its staff, and the pathway it runs."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from palpate.clinic.models import PathwayCopy, Practice, PublishedPathway, Room, Site, User
from palpate.clinic.refusals import NotVisible


def the_practice() -> Practice | None:
    """The practice of this store, or None before the first start has made it."""
    return Practice.objects.first()


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


def user_of(id: uuid.UUID) -> User:
    """One member of the staff. Errors: NotVisible."""
    found = User.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def published_pathway() -> PublishedPathway | None:
    """What decides in this practice: the newest that was confirmed and not withdrawn."""
    found = PublishedPathway.objects.filter(confirmed_at__isnull=False)
    return found.order_by("-confirmed_at").first()


def pathway_copy(digest: str) -> PathwayCopy | None:
    """The meaning of a pathway that was published here once, by its digest."""
    return PathwayCopy.objects.filter(pk=digest).first()
