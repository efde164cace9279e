"""What must stand on top of a page: that a record is open by a broken glass, and what an owner must be told at once."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from palpate.clinic.access import glass as rows
from palpate.clinic.actor import OWNER, THERAPIST, Actor
from palpate.clinic.models import Practice


def banners_of(request: Any, actor: Actor | None, practice: Practice | None) -> list[str]:
    """The sentences for this page. One query for owners, one on a page about somebody."""
    found: list[str] = []
    if actor is None or actor.user_id is None or practice is None:
        return found
    if actor.is_any(OWNER):
        found += [f"{notice.text} See Settings, Broken glass." for notice in rows.first_notices(actor.user_id)]
    persons = getattr(getattr(request, "deed", None), "persons", ())
    if len(persons) == 1 and actor.is_any(OWNER, THERAPIST):
        broken = rows.glass_now(actor, next(iter(persons)))
        if broken is not None:
            until = broken.until.astimezone(ZoneInfo(practice.time_zone))
            found.append(f"You broke the glass: this record is open to you until {until:%H:%M}, for reading only.")
    return found
