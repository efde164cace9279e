"""Adverse events: kept with a version, and proposed where something told after a session looks like one.

A proposal is never stored: whether it was an event is said by the therapist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.adverse import events_of, locked_event, soreness, told_by_answer
from palpate.clinic.access.sessions import visits_of
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import AdverseEvent, Episode, Session
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.visit import fold

SUSPICIOUS = {
    "large_bruise_or_swelling": "A large or growing bruise, a lump or a firm swelling after the massage",
    "dark_urine": "Dark urine after the massage",
    "allergic_reaction": "An allergic reaction after the massage",
}
SORE, SORE_DAYS = 7, 3  # of 10, at 72 hours and later: measures.md, section 2.12
LONGEST = 4000  # characters
FIELDS = ("what", "severity", "began", "action", "outcome", "settled")


@dataclass(frozen=True)
class Proposal:
    """Something that may have been an adverse event: what was told, on which day, after which session.

    `id` is stored with the event that is made of it, so that it is not proposed again.
    """

    id: str
    what: str
    day: date
    session: Session | None


def proposals(episode: Episode) -> list[Proposal]:
    """What was told after a session and looks like an event, but for those of which an event was made, oldest first."""
    visits = visits_of(episode)
    given = [session for session, _ in visits if session.massage_given]
    found: list[Proposal] = []
    for session, taps in visits:
        visit = fold((str(tap.key), tap.kind, tap.data) for tap in taps)
        found += [_told(fact, session.day, given) for fact in SUSPICIOUS if _speaks(visit.facts.get(fact))]
        hours = visit.facts.get("soreness_hours")
        if type(hours) is int and hours > 24 * SORE_DAYS:
            what = f"Soreness for {hours} hours after the massage"
            found.append(
                Proposal(f"soreness {session.day.isoformat()}", what, session.day, _before(session.day, given))
            )
        if "soreness_nrs" in visit.ratings and session.state != Session.State.SIGNED:
            found += _sore(visit.ratings["soreness_nrs"], session.day, given)
    for row in told_by_answer(episode, tuple(SUSPICIOUS)):
        if row.state == "answered" and _speaks(row.value):
            # A call on the evening of a massage is about that massage; a visit asks about the one before it.
            found.append(_told(row.fact, row.day, given, same_day=True))
    for measure in soreness(episode):
        if measure.value is not None and not measure.taken_back:
            found += _sore(measure.value, measure.day, given)
    made = {event.proposal for event in events_of(episode)}
    fresh = {one.id: one for one in found if one.session is not None and one.id not in made}
    return sorted(fresh.values(), key=lambda one: (one.day, one.id))


def _speaks(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value != "none")


def _told(fact: str, day: date, given: Sequence[Session], *, same_day: bool = False) -> Proposal:
    after = _before(day + timedelta(days=same_day), given)
    return Proposal(f"{fact} {day.isoformat()}", SUSPICIOUS[fact], day, after)


def _sore(value: float, day: date, given: Sequence[Session]) -> list[Proposal]:
    last = _before(day, given)
    if last is None or value < SORE or (day - last.day).days < SORE_DAYS:
        return []
    days = (day - last.day).days
    return [
        Proposal(f"soreness {day.isoformat()}", f"Soreness {value:g} of 10, {days} days after the massage", day, last)
    ]


def _before(day: date, given: Sequence[Session]) -> Session | None:
    return next((session for session in reversed(given) if session.day < day), None)


def keep_event(
    actor: Actor, episode: Episode, told: Mapping[str, Any], today: date, proposal: Proposal | None = None
) -> AdverseEvent:
    """Records an adverse event. Call inside an act.

    Takes   told: values of FIELDS; proposal: what it is made from, if anything.
    Errors  BadInput by field.
    """
    open_deed()
    event = AdverseEvent(episode=episode, at=clock.now())
    event.by_id = actor.user_id  # type: ignore[assignment]
    event.session = proposal.session if proposal else session_before(episode, told["began"])
    event.proposal = proposal.id if proposal else ""
    _fill(event, told, today)
    event.save()
    return event


def change_event(event: AdverseEvent, seen: int, told: Mapping[str, Any], today: date) -> AdverseEvent:
    """Changes an adverse event. Call inside an act. Errors: Conflict for a stale form (S-56); BadInput by field."""
    open_deed()
    event = locked_event(event)
    if event.version != seen:
        raise Conflict("This event has been changed on another page since you opened it. Nothing was saved.")
    _fill(event, told, today)
    event.version += 1
    event.save()
    return event


def _fill(event: AdverseEvent, told: Mapping[str, Any], today: date) -> None:
    event.what = clean_text(told["what"], field="what", longest=LONGEST).strip()
    event.action = clean_text(told["action"], field="action", longest=LONGEST).strip()
    event.outcome = clean_text(told["outcome"], field="outcome", longest=LONGEST).strip()
    if not event.what:
        raise BadInput("Say what happened.", "what")
    if told["severity"] not in AdverseEvent.Severity.values:
        raise BadInput("Choose how bad it was.", "severity")
    began, settled = told["began"], told["settled"]
    earliest = event.episode.person.birth_date
    if not earliest <= began <= today:
        raise BadInput("It cannot have begun in the future, or before the person was born.", "began")
    if settled is not None and not began <= settled <= today:
        raise BadInput("It can only have settled between the day it began and today.", "settled")
    event.severity, event.began, event.settled = told["severity"], began, settled


def session_before(episode: Episode, day: date) -> Session | None:
    """The last session with massage on or before a day: the one an event most likely followed."""
    return next((one for one in reversed(list(care.sessions(episode))) if one.massage_given and one.day <= day), None)
