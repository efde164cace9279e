"""What the practice says about itself: name and address, whose rules of consent, rooms. Call inside an act."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from palpate.clinic.access import publishing as rows
from palpate.clinic.access.users import locked_practice
from palpate.clinic.models import Practice, Room, Site
from palpate.clinic.names import clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.library.place_rules import places

IDLE_MINUTES = (15, 60)  # S-04: 15 minutes, settable to 60
# The fields that a page may write, with the most characters of each (S-10). Nothing else is writable.
LONGEST = {"name": 200, "address": 500, "phone": 40, "email": 254, "country": 2, "emergency_number": 40}
LINES = frozenset({"address"})


def clean(told: Mapping[str, str]) -> dict[str, str]:
    """Texts as they are stored. Errors: BadInput with the field, also for one that is not listed."""
    found = {}
    for name, text in told.items():
        if name not in LONGEST:
            raise BadInput(f"{name} cannot be written", name)
        plain = clean_text(text, field=name).strip() if name in LINES else clean_name(text, field=name)
        if len(plain) > LONGEST[name]:
            raise BadInput(f"this is {len(plain)} characters long; {LONGEST[name]} are allowed", name)
        found[name] = plain
    for name in ("name", "emergency_number"):
        if not found.get(name, "x"):
            raise BadInput("this cannot be empty", name)
    if found.get("email"):
        try:
            validate_email(found["email"])
        except ValidationError:
            raise BadInput("this is no address for e-mail; it looks like name@example.org", "email") from None
    return found


def change_practice(
    version: int, told: Mapping[str, str], *, place: str, time_zone: str, idle_minutes: int
) -> Practice:
    """Changes what the practice says about itself. Errors: BadInput by field; Conflict for a stale form (S-56)."""
    texts = clean(told)
    practice = locked_practice()
    if practice is None:
        raise NotVisible
    if practice.version != version:
        raise Conflict("Somebody else has changed this meanwhile.")
    if place not in dict(places()):
        raise BadInput("choose one of the places", "place")
    if time_zone not in zoneinfo.available_timezones():
        raise BadInput("choose one of the time zones", "time_zone")
    low, high = IDLE_MINUTES
    if type(idle_minutes) is not int or not low <= idle_minutes <= high:
        raise BadInput(f"a whole number from {low} to {high}", "idle_minutes")
    for name, text in texts.items():
        setattr(practice, name, text)
    practice.place, practice.time_zone, practice.idle_minutes = place, time_zone, idle_minutes
    practice.version += 1
    practice.save()
    return practice


def save_site(site: Site | None, version: int, name: str, address: str) -> Site:
    """Adds a building, or changes one. Errors: BadInput by field; Conflict for a stale form."""
    texts = clean({"name": name, "address": address})
    held = _held(rows.locked_site(site), version) if site is not None else Site()
    held.name, held.address = texts["name"], texts["address"]
    held.save()
    return held


def save_room(room: Room | None, version: int, site: Site, name: str, active: bool) -> Room:
    """Adds a room, or changes one. Errors: BadInput by field; Conflict for a stale form."""
    name = clean({"name": name})["name"]
    if rows.same_room_name(site, name, room.pk if room is not None else None):
        raise BadInput("another room of this building has this name", "name")
    held = _held(rows.locked_room(room), version) if room is not None else Room()
    held.site, held.name, held.active = site, name, active
    held.save()
    return held


def _held(row: Any, version: int) -> Any:
    if row.version != version:
        raise Conflict("Somebody else has changed this meanwhile.")
    row.version += 1
    return row
