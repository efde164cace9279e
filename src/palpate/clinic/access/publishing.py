"""Which pathways were proposed, put in force and withdrawn here, and who may confirm one."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from palpate.clinic.access.practice import PROPOSED, the_practice
from palpate.clinic.models import PublishedPathway, Room, Site, User
from palpate.clinic.refusals import NotVisible


def versions() -> QuerySet[PublishedPathway]:
    """Every pathway that was proposed here, the newest first, with who proposed and who confirmed it."""
    return PublishedPathway.objects.select_related("proposed_by", "confirmed_by").order_by("-proposed_at", "pk")


def version_of(id: uuid.UUID) -> PublishedPathway:
    """One of them. Errors: NotVisible."""
    found = versions().filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def locked(published: PublishedPathway) -> PublishedPathway:
    """The row as it stands in the store now, locked until the transaction ends."""
    return PublishedPathway.objects.select_for_update().get(pk=published.pk)


def waiting() -> PublishedPathway | None:
    """The proposal that waits for a second person."""
    return PROPOSED.order_by("-proposed_at").first()


def is_waiting() -> bool:
    """Whether a proposal waits for a second person. It comes with the practice, which every page reads anyway."""
    practice = the_practice()
    return practice is not None and practice.is_proposed


def other_owners(user_id: uuid.UUID | None) -> QuerySet[User]:
    """Who could confirm what this user proposes: every other owner who can sign in."""
    owners = User.objects.filter(role=User.Role.OWNER, is_active=True).order_by("pk")
    return owners if user_id is None else owners.exclude(pk=user_id)


def site_of(id: uuid.UUID) -> Site:
    """One building of the practice. Errors: NotVisible."""
    found = Site.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def room_of(id: uuid.UUID) -> Room:
    """One room, in use or not. Errors: NotVisible."""
    found = Room.objects.filter(pk=id).select_related("site").first()
    if found is None:
        raise NotVisible
    return found


def all_rooms() -> QuerySet[Room]:
    """All rooms, those out of use too."""
    return Room.objects.select_related("site").order_by("site__name", "name", "pk")


def locked_site(site: Site) -> Site:
    return Site.objects.select_for_update().get(pk=site.pk)


def locked_room(room: Room) -> Room:
    return Room.objects.select_for_update().get(pk=room.pk)


def same_room_name(site: Site, name: str, but: uuid.UUID | None) -> bool:
    """Whether another room of this building has this name."""
    rooms = Room.objects.filter(site=site, name=name)
    return (rooms if but is None else rooms.exclude(pk=but)).exists()
