"""What must stay in sight beside a decision: that it is overtaken, that there was an emergency, what holds elsewhere.

Nothing here decides anything. Only an emergency in another open episode of the person closes massage, since nothing
overrules an emergency.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from palpate.clinic.access import in_sight as rows
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED
from palpate.clinic.models import Decision, Episode
from palpate.pathway.pathway import Pathway
from palpate.show.words import DISPOSITION_WORDS

QUIET = (None, "incomplete", "complete", *MAY_TREAT)  # of another episode: nothing to warn of


@dataclass(frozen=True)
class Sight:
    """One sentence, and the decision it leads to: of `episode`, the newest where `decision` is None."""

    text: str
    episode: uuid.UUID
    decision: uuid.UUID | None = None


def seen_with(episode: Episode, decision: Decision | None, pathway: Pathway | None) -> list[Sight]:
    """What must stand beside a decision wherever massage hangs on it. At most three queries."""
    found = []
    for id, complaint, disposition in rows.open_elsewhere(episode):
        if disposition not in QUIET:
            words = DISPOSITION_WORDS.get(str(disposition), "Not assessed").lower()
            about = f" ({complaint})" if complaint else ""
            found.append(Sight(f"Another episode of this person{about}: {words}.", id))
    if decision is None:
        return found
    if why := overtaken(episode, decision, pathway):
        found.append(Sight(why, episode.pk))
    before = rows.last_emergency(episode) if decision.disposition != "emergency" else None
    if before is not None and before[1] < decision.number:
        id, number, day = before
        text = f"Decision {number} of {day.day} {day:%B %Y} was an emergency. What is known has changed since."
        found.append(Sight(text, episode.pk, id))
    return found


def emergency_elsewhere(episode: Episode) -> bool:
    """Whether the newest decision of another open episode of the same person is an emergency."""
    return any(disposition == "emergency" for _, _, disposition in rows.open_elsewhere(episode))


def overtaken(episode: Episode, decision: Decision, pathway: Pathway | None) -> str:
    """Why a decision no longer rests on what is known and in force; empty where it does.

    Takes  pathway: the one in force, None where there is none.
    """
    if decision.disposition == NOT_ASSESSED:
        return ""
    if pathway is None or pathway.digest != decision.digest:
        return "The pathway has changed since this decision. Decide again."
    told = json.loads(decision.document) if decision.document else {}
    onset = episode.onset.isoformat() if episode.onset else None
    if told.get("onset") != onset or told["person"]["birth_date"] != episode.person.birth_date.isoformat():
        return "The birth date, or the day the pain began, has changed since this decision. Decide again."
    if rows.answered_since(episode, decision.at):
        return "Answers have changed since this decision. Decide again."
    return ""
