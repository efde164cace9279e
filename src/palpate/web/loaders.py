"""From an id in a path to the row it names, if the actor may see it and it belongs to what stands before it (S-09)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from palpate.clinic.access import booking, care, erasing, glass, keys, people, practice, publishing
from palpate.clinic.access.adverse import event_of
from palpate.clinic.access.appointments import appointment_of
from palpate.clinic.access.consenting import consent_of
from palpate.clinic.access.messages import feed_of, message_of
from palpate.clinic.access.planning import plan_item_of
from palpate.clinic.access.referring import clearance_of
from palpate.clinic.actor import Actor
from palpate.clinic.refusals import NotVisible

Loader = Callable[[Actor, uuid.UUID, str, bool], Any]


def _session(actor: Actor, id: uuid.UUID, scope: str, to_write: bool) -> Any:
    return care.session_of(actor, id, to_write=to_write)


def _letter(actor: Actor, id: uuid.UUID, scope: str, to_write: bool) -> Any:
    return care.letter_of(actor, id, to_write=to_write)


LOADERS: dict[str, Loader] = {
    "appointment": lambda actor, id, scope, to_write: appointment_of(actor, id, to_write=to_write),
    "person": lambda actor, id, scope, to_write: people.person_of(actor, id, scope, to_write=to_write),
    "episode": lambda actor, id, scope, to_write: care.episode_of(actor, id, scope, to_write=to_write),
    "session": _session,
    "consent": lambda actor, id, scope, to_write: consent_of(actor, id, to_write=to_write),
    "letter": _letter,
    "clearance": lambda actor, id, scope, to_write: clearance_of(actor, id, to_write=to_write),
    "plan_item": lambda actor, id, scope, to_write: plan_item_of(actor, id, to_write=to_write),
    "event": lambda actor, id, scope, to_write: event_of(actor, id, to_write=to_write),
    "decision": lambda actor, id, scope, to_write: care.decision_of(actor, id),
    "stranger": lambda actor, id, scope, to_write: glass.stranger_of(actor, id),
    "glass": lambda actor, id, scope, to_write: glass.glass_of(id),
    "user": lambda actor, id, scope, to_write: practice.user_of(id),
    "service": lambda actor, id, scope, to_write: booking.service_of(id),
    "site": lambda actor, id, scope, to_write: publishing.site_of(id),
    "room": lambda actor, id, scope, to_write: publishing.room_of(id),
    "published": lambda actor, id, scope, to_write: publishing.version_of(id),
    "message": lambda actor, id, scope, to_write: message_of(actor, id, to_write=to_write),
    "feed": lambda actor, id, scope, to_write: feed_of(actor, id),
    "erasure": lambda actor, id, scope, to_write: erasing.erasure_of(id),
    "key": lambda actor, id, scope, to_write: keys.key_of(id),
}


def load(actor: Actor, ids: Mapping[str, Any], scope: str, to_write: bool) -> dict[str, Any]:
    """The rows of all ids of a path; other parts of the path stay as they are. Errors: NotVisible."""
    found: dict[str, Any] = dict.fromkeys(ids)
    for name in reversed(list(ids)):  # what a path begins with comes last, since an episode brings its person
        id, episode = ids[name], found.get("episode")
        if name == "person" and episode is not None and episode.person_id == id:
            found[name] = episode.person  # whoever sees the episode in a scope sees its person in it
        else:
            found[name] = LOADERS[name](actor, id, scope, to_write) if name in LOADERS else id
    person, episode = found.get("person"), found.get("episode")
    for name, row in found.items():
        if person is not None and person_of(row) not in (None, person.pk):
            raise NotVisible
        if (
            episode is not None
            and getattr(row, "episode_id", episode.pk) not in (None, episode.pk)
            and name != "person"
        ):
            raise NotVisible
    return found


def person_of(row: Any) -> uuid.UUID | None:
    """The id of the person a row belongs to, or None where it belongs to nobody in particular."""
    from palpate.clinic.models import Person

    if isinstance(row, Person):
        return row.pk
    if hasattr(row, "person_id"):
        return row.person_id  # type: ignore[no-any-return]
    if getattr(row, "episode", None) is not None:
        return row.episode.person_id  # type: ignore[no-any-return]
    return None
