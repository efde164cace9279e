"""Two records of one human being become one, and two again if that was wrong (S-69). Call inside an act.

Episodes, with all that hangs on them, and appointments move. What can never be changed, such as an upload, stays with
the record it came to and is read through it. The record that is given up stays as it is, out of sight.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from palpate.clinic.access import people as rows
from palpate.clinic.actor import Actor
from palpate.clinic.booking import constraint
from palpate.clinic.models import CareTeam, Merge, Person
from palpate.clinic.moment import now
from palpate.clinic.people import CONTACT
from palpate.clinic.refusals import BadInput, Conflict

FILLED = tuple(name for name in CONTACT if name != "language")


def merge(actor: Actor, kept: Person, given_up: Person, version: int, double_version: int) -> Merge:
    """Makes one record of two. What is empty in the kept one is filled from the other; its care team joins.

    Errors  BadInput for one and the same record; Conflict where one of them has changed, or was merged already.
    """
    if kept.pk == given_up.pk:
        raise BadInput("choose two different records", "double")
    first, second = sorted((kept, given_up), key=lambda person: person.pk)  # always in one order: no deadlock
    held = {person.pk: rows.locked(person) for person in (first, second)}
    kept, given_up = held[kept.pk], held[given_up.pk]
    if (kept.version, given_up.version) != (version, double_version) or kept.merged_into_id or given_up.merged_into_id:
        raise Conflict("One of the two records has changed meanwhile. Nothing was saved. Open the page again.")
    moved: dict[str, Any] = rows.rows_that_move(given_up)
    _move(moved, given_up, kept)
    moved["team"] = _join(kept, given_up)
    moved["filled"] = [name for name in FILLED if not getattr(kept, name) and getattr(given_up, name)]
    for name in moved["filled"]:
        setattr(kept, name, getattr(given_up, name))
    kept.version += 1
    kept.save()
    given_up.merged_into = kept
    given_up.version += 1
    given_up.save()
    assert actor.user_id is not None
    row = Merge(kept=kept, given_up=given_up, moved=moved, at=now(), by_id=actor.user_id)
    row.save(force_insert=True)
    return row


def _move(moved: dict[str, Any], source: Person, target: Person) -> None:
    """Moves rows from one record to another. Errors: Conflict, where the two have appointments at the same time."""
    try:
        with transaction.atomic():
            rows.move_rows(moved, source, target)
    except IntegrityError as error:
        if not constraint.is_double(error):
            raise
        raise Conflict(
            "Both records have an appointment at the same time, and nobody is in two places. Cancel one of the two "
            "first. Nothing was saved."
        ) from None


def _join(kept: Person, given_up: Person) -> list[str]:
    """The other record's therapists join the care team. Returns the ids of their new places."""
    here = {place.therapist_id for place in rows.team_of(kept)}
    added = []
    for place in rows.team_of(given_up):
        if place.therapist_id not in here:
            new = CareTeam(person=kept, therapist_id=place.therapist_id, since=now())
            new.save(force_insert=True)
            added.append(str(new.pk))
    return added


def undo(person: Person, id: uuid.UUID, version: int) -> Merge:
    """Makes two records of one again. What came to the kept record after the merge stays with it.

    Takes   version: of the kept record, as the page showed it.
    Errors  NotVisible, where there is no such merge or it was undone; Conflict, where the record has changed or was
            itself merged.
    """
    row = rows.merge_of(person, id)
    kept, given_up = rows.locked(person), rows.locked(row.given_up)
    if kept.version != version:
        raise Conflict("This record has changed since you opened the page. Nothing was saved. Open the page again.")
    if kept.merged_into_id is not None or given_up.merged_into_id != kept.pk:
        raise Conflict("This record has been merged into another since. Undo that first.")
    _move(row.moved, kept, given_up)
    for place in rows.places_of(row.moved["team"]):
        place.delete()
    for name in row.moved["filled"]:
        if getattr(kept, name) == getattr(given_up, name):
            setattr(kept, name, "")
    kept.version += 1
    kept.save()
    given_up.merged_into = None
    given_up.version += 1
    given_up.save()
    row.undone = now()
    row.save(update_fields=["undone"])
    return row
