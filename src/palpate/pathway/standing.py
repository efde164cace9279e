"""Which answers stand: at the moment of the decision, and at earlier moments that a clearance may have covered.

Intake answers stand until a session's facts say otherwise. At moment `session` what must be asked again counts only
if it was asked again today, and what the hands find counts only from today's hands. Source: contract section 1; for
palpation the safer reading, since a finding of an earlier session says nothing about the muscle today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from palpate.pathway.condition import Value
from palpate.pathway.episode import Episode
from palpate.pathway.pathway import Pathway


@dataclass(frozen=True)
class Snapshot:
    """What was known at the intake (`day` None) or after a session on `day`, and how many sessions had been given."""

    day: date | None
    facts: Mapping[str, Value]
    sessions: int


def now(pathway: Pathway, episode: Episode) -> dict[str, Value]:
    """The answers that stand at the moment of the decision. Facts that no rule may count on today are absent."""
    facts = dict(episode.facts)
    for session in episode.sessions:
        facts.update(session.facts)
    if episode.moment == "session":
        found_today = episode.today or {}
        if not (episode.unchanged and not episode.sessions):
            vocabulary = pathway.vocabulary.facts
            for name in [name for name in facts if name not in found_today]:
                fact = vocabulary[name]
                if fact.each_session:
                    stands = episode.unchanged
                else:
                    stands = fact.stage != "session" or not fact.must_know or not episode.sessions
                if not stands:
                    del facts[name]
    if episode.today:
        facts.update(episode.today)
    for name in episode.unsure:
        if name not in (episode.today or {}):
            facts.pop(name, None)
    return facts


def snapshots(episode: Episode) -> list[Snapshot]:
    """The intake's answers, then what stood after each session, oldest first."""
    facts = dict(episode.facts)
    found = [Snapshot(None, dict(facts), 0)]
    for count, session in enumerate(episode.sessions, 1):
        facts.update(session.facts)
        found.append(Snapshot(session.day, dict(facts), count))
    return found


def rescreened_today(pathway: Pathway, episode: Episode) -> bool:
    """Whether every fact that must be asked again each session was asked again on the day of the decision."""
    if episode.today is None:
        return False
    if episode.unchanged:
        return True
    return all(
        name in episode.today for name, fact in pathway.vocabulary.facts.items() if fact.each_session and fact.must_know
    )
