"""Whom a changed pathway would have touched: the recall list over a practice's own stored episodes (S-68)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from palpate.clinic.access.recall import newest_decisions
from palpate.clinic.acts import open_deed


@dataclass(frozen=True)
class Stored:
    """The newest document of one episode that a decision was made from, and whose it is."""

    name: str
    birth_date: str
    phone: str
    episode: str
    as_of: str
    document: dict[str, Any]
    settings: dict[str, str]

    @property
    def whose(self) -> str:
        """Name, birth date and telephone, for the one who calls."""
        return ", ".join(filter(None, (self.name, f"born {self.birth_date}", self.phone)))


def stored() -> Iterator[Stored]:
    """Every episode that was ever decided, with the document of its newest decision. Call inside an act.

    An attempt that was never a decision has no document that could be decided again and is left out.
    """
    deed = open_deed()
    for row in newest_decisions():
        person = row.episode.person
        deed.concerns(person)
        yield Stored(
            name=person.name,
            birth_date=person.birth_date.isoformat(),
            phone=person.phone,
            episode=str(row.episode_id),
            as_of=row.as_of.isoformat(),
            document=json.loads(row.document),
            settings=dict(row.settings),
        )
