"""Reading the bodies of calls: listed keys only, each of its type (S-10, S-24). All faults at once, by path."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from palpate.pathway.faults import Fault, Faults, did_you_mean, shown, step

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")
WORDS = {
    "text": "a text",
    "day": "a day such as 2026-03-02",
    "instant": "a time with its offset, such as 2026-03-02T09:00:00+01:00",
    "id": "an id of 32 letters and digits with hyphens",
    "whole": "a whole number",
    "any": "a value",
}


@dataclass(frozen=True)
class Key:
    """One key of a body: what it must be, and whether it must be there."""

    kind: str
    needed: bool = False


def read(body: Any, keys: Mapping[str, Key]) -> dict[str, Any]:
    """The body with its values as Python has them; keys that are absent or null are left out.

    Errors  Faults: every key that is unknown, missing or of another type.
    """
    if type(body) is not dict:
        raise Faults([Fault("wrong-type", "$", f"found {shown(body)}, expected an object")])
    faults, found = [], {}
    for name in body:
        if name not in keys:
            text = f"there is no such key{did_you_mean(name, keys)}"
            faults.append(Fault("unknown-key", f"$.{step(name)}", text))
    for name, key in keys.items():
        value = body.get(name)
        if value is None:
            if key.needed:
                faults.append(Fault("missing-key", f"$.{name}", f"missing; it must be {WORDS[key.kind]}"))
            continue
        plain = _plain(value, key.kind)
        if plain is None:
            faults.append(Fault("wrong-type", f"$.{name}", f"found {shown(value)}, expected {WORDS[key.kind]}"))
        found[name] = plain
    if faults:
        raise Faults(faults)
    return found


def day_of(text: str) -> date | None:
    """The day that a text names, or None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def id_of(text: str) -> uuid.UUID | None:
    """The id that a text names in its usual spelling, or None."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def _plain(value: Any, kind: str) -> Any:
    if kind == "any":
        return value
    if kind == "whole":
        return value if type(value) is int else None
    if type(value) is not str:
        return None
    if kind == "text":
        return value
    if kind == "day":
        return day_of(value)
    if kind == "id":
        return id_of(value)
    if not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
