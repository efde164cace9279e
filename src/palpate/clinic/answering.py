"""The way back: a clinician's answer, recorded by staff or given by link, and the decision that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from palpate.clinic import moment as clock
from palpate.clinic.access import referring
from palpate.clinic.actor import REFERRER, THERAPIST, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.decided import moment_now
from palpate.clinic.deciding import decide_now, pathway_in_force
from palpate.clinic.models import Clearance, Decision, Episode, Letter
from palpate.clinic.names import LONGEST_NAME, clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict, Forbidden
from palpate.pathway.faults import HIDDEN

CLEARED, WITH_LIMITS, NOT_CLEARED = "cleared", "cleared_with_limits", "not_cleared"
OUTCOMES = {
    CLEARED: "Cleared for massage",
    WITH_LIMITS: "Cleared, with limits",
    NOT_CLEARED: "Not cleared",
}
EVERYTHING = "*"
LONGEST_LIMITS = 2000  # characters, as the episode document allows
OLDEST_DAYS = 366  # an older examination answers no rule, and is more likely a slip of the pen


def record_answer(
    actor: Actor,
    episode: Episode,
    letter: Letter | None,
    *,
    outcome: str,
    covers: Sequence[str],
    name: str,
    profession: str,
    day: date,
    valid_until: date | None,
    limits: str,
    today: date,
) -> tuple[Clearance, Decision]:
    """Keeps a clinician's answer and decides again. Call inside an act.

    Takes   covers: rule ids, or ["*"] for an examination of everything known that day; day: when it was given.
    Errors  BadInput by field; Forbidden for anybody but a therapist or the clinician's own link.
    """
    open_deed()
    by_link = actor.is_any(REFERRER)
    if not by_link and not actor.is_any(THERAPIST):
        raise Forbidden("Only a therapist may record a clinician's answer. Nothing was saved.")
    referring.locked_episode_answers(episode)  # before its letter, as in `take_back`: always in one order
    clearance = Clearance(
        episode=episode,
        letter=letter,
        day=_day(day, today),
        outcome=_outcome(outcome),
        covers=_covers(covers),
        clinician=_clinician(name, profession),
        limits=_limits(outcome, limits),
        valid_until=_until(valid_until, day),
        came_by="link" if by_link else "recorded",
        at=clock.now(),
        by_id=actor.user_id,
    )
    clearance.save()
    if letter is not None:
        letter = referring.locked_letter(letter)
        letter.answered = letter.answered or clock.now()
        letter.version += 1
        letter.save()
    return clearance, _decide(actor, episode, today)


def take_back(actor: Actor, episode: Episode, clearance: Clearance, why: str, today: date) -> Decision:
    """Takes a wrongly recorded answer back by a row of its own, opens its letter again, and decides again.

    Call inside an act. Errors: BadInput without a reason; Conflict where it was taken back before.
    """
    open_deed()
    if not actor.is_any(THERAPIST):
        raise Forbidden("Only a therapist may take an answer back. Nothing was saved.")
    referring.locked_episode_answers(episode)
    if clearance.takes_back_id is not None or referring.is_taken_back(clearance):
        raise Conflict("This answer was taken back before. Nothing was saved.")
    why = clean_text(why, field="why", longest=1000).strip()
    if len(why) < 5:
        raise BadInput("Say why the answer is taken back.", "why")
    row = Clearance(
        episode=episode,
        letter=clearance.letter,
        day=clearance.day,
        outcome=clearance.outcome,
        covers=clearance.covers,
        clinician=clearance.clinician,
        limits=clearance.limits,
        valid_until=clearance.valid_until,
        takes_back=clearance,
        why=why,
        at=clock.now(),
        by_id=actor.user_id,
    )
    row.save()
    if clearance.letter is not None and not referring.standing_answers(clearance.letter).exists():
        letter = referring.locked_letter(clearance.letter)
        letter.answered = None
        letter.version += 1
        letter.save()
    return _decide(actor, episode, today)


def _decide(actor: Actor, episode: Episode, today: date) -> Decision:
    moment, session = moment_now(episode, today)
    return decide_now(actor, episode, moment, today, session)


def _outcome(outcome: str) -> str:
    if outcome not in OUTCOMES:
        raise BadInput("Choose what the clinician answered.", "outcome")
    return outcome


def _covers(covers: Sequence[str]) -> list[str]:
    named = list(dict.fromkeys(covers))
    if not named:
        raise BadInput("Say what the answer covers.", "covers")
    known = pathway_in_force().rule
    if any(rule != EVERYTHING and rule not in known for rule in named):
        raise BadInput("One of these rules is not known to the pathway.", "covers")
    return [EVERYTHING] if EVERYTHING in named else named


def _clinician(name: str, profession: str) -> str:
    name = clean_name(name, field="name")
    profession = clean_name(profession, field="profession")
    if not name:
        raise BadInput("Give the clinician's name.", "name")
    if not profession:
        raise BadInput("Give the clinician's profession.", "profession")
    both = f"{name}, {profession}"
    if len(both) > LONGEST_NAME:
        raise BadInput(f"Name and profession together are longer than {LONGEST_NAME} characters.", "profession")
    return both


def _day(day: date, today: date) -> date:
    if day > today:
        raise BadInput("This day has not come yet.", "day")
    if (today - day).days > OLDEST_DAYS:
        raise BadInput("This is more than a year ago. An answer that old no longer counts.", "day")
    return day


def _until(valid_until: date | None, day: date) -> date | None:
    if valid_until is not None and valid_until < day:
        raise BadInput("This is before the day of the answer.", "valid_until")
    return valid_until


def _limits(outcome: str, limits: str) -> str:
    said = clean_text(limits, field="limits", longest=LONGEST_LIMITS).strip()
    if HIDDEN.search(said):
        raise BadInput("A mark that cannot be seen stands in this text; type it again.", "limits")
    if outcome == WITH_LIMITS and not said:
        raise BadInput("Say which limits.", "limits")
    return said
