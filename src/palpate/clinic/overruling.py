"""When a professional goes another way than the decision: who, when, why, kept for ever and shown ever after (S-66).

Nothing overrules an emergency, nor a decision that could not be made, nor open questions that could mean an emergency.
"""

from __future__ import annotations

from palpate.clinic import moment as clock
from palpate.clinic.access import care, referring
from palpate.clinic.access.practice import the_practice
from palpate.clinic.actor import THERAPIST, Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.decided import read
from palpate.clinic.deciding import MAY_TREAT
from palpate.clinic.models import Decision, Episode, Override
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput, Conflict, Forbidden

TREAT, NOT_TREAT = "treat", "not_treat"
SHORTEST_REASON, LONGEST_REASON = 10, 2000  # characters
EMERGENCY = "Nothing overrules an emergency."
NEVER_MADE = "No decision could be made, so there is nothing to overrule. No massage until one can be made."
COULD_BE_EMERGENCY = "Questions are open that could mean an emergency. Ask them; then decide."
NOT_NEWEST = "A newer decision has been made since. Look at that one."
NOT_TODAY = "This decision is of another day. Decide again today."


def may_treat_now(episode: Episode, decision: Decision | None) -> tuple[bool, str]:
    """Whether massage may be given on the strength of this decision, and the plain sentence that says why or why not.

    It must be the episode's newest decision, of today, and allow massage or have been overruled with a reason.
    Precautions stand in both cases.
    """
    if decision is None or decision.episode_id != episode.pk:
        return False, "Nothing is decided yet."
    newest = care.newest_decision(episode)
    if newest is None or newest.pk != decision.pk:
        return False, NOT_NEWEST
    if decision.disposition == "emergency":
        return False, "Emergency: no massage. " + EMERGENCY
    if decision.as_of != _today():
        return False, NOT_TODAY
    reading = read(decision)
    if reading.disposition == "not_assessed":
        return False, "Not assessed: no massage. " + NEVER_MADE
    override = standing(decision)
    if override is not None and override.does == NOT_TREAT:
        return False, f"{override.by_name} decided not to treat: {override.reason}"
    if reading.disposition in MAY_TREAT:
        return True, "The decision allows massage."
    if override is not None and override.does == TREAT and why_not(decision) == "":
        return True, f"{override.by_name} overruled the decision: {override.reason}"
    return False, "The decision does not allow massage."


def standing(decision: Decision) -> Override | None:
    """The overruling that counts: the newest."""
    return referring.overrides(decision).first()


def why_not(decision: Decision) -> str:
    """Why this decision can never be overruled to treat; empty where it can be."""
    if decision.disposition == "emergency":
        return EMERGENCY
    reading = read(decision)
    if reading.disposition == "not_assessed" or not reading.answer:
        return NEVER_MADE
    if decision.disposition == "incomplete" and any("emergency" in row["could"] for row in reading.answer["ask"]):
        return COULD_BE_EMERGENCY
    return ""


def choice(decision: Decision) -> str:
    """What an overruling would do now: treat, not_treat, or nothing ("") where the decision cannot be overruled."""
    override = standing(decision)
    treats = read(decision).disposition in MAY_TREAT
    if override is not None:
        treats = override.does == TREAT
    if treats:
        return NOT_TREAT
    return "" if why_not(decision) else TREAT


def overrule(actor: Actor, episode: Episode, decision: Decision, does: str, reason: str) -> Override:
    """Keeps an overruling. Call inside an act, with an episode that the actor may write to.

    Takes   does: treat (although the decision does not allow it) or not_treat (although it does).
    Errors  BadInput for a reason under 10 characters or a choice that does not exist; Forbidden for anybody but a
            therapist, and for what nothing overrules; Conflict for a decision that is not the newest, or not of today.
    """
    open_deed()
    if not actor.is_any(THERAPIST) or actor.user_id is None:
        raise Forbidden("Only a therapist may overrule a decision. Nothing was saved.")
    if does not in (TREAT, NOT_TREAT):
        raise BadInput("Choose to treat or not to treat.", "does")
    decision = referring.locked_decision(decision)
    newest = care.newest_decision(episode)
    if newest is None or newest.pk != decision.pk or decision.episode_id != episode.pk:
        raise Conflict(NOT_NEWEST + " Nothing was saved.")
    if does == TREAT and (why := why_not(decision)):
        raise Forbidden(why + " Nothing was saved.")
    if decision.as_of != _today():
        raise Conflict(NOT_TODAY + " Nothing was saved.")
    if choice(decision) != does:
        raise Conflict("That is what holds already. Nothing was saved.")
    reason = clean_text(reason, field="reason", longest=LONGEST_REASON).strip()
    if len(reason) < SHORTEST_REASON:
        raise BadInput(f"Say why, in at least {SHORTEST_REASON} characters.", "reason")
    override = Override(
        decision=decision, reason=reason, does=does, by_id=actor.user_id, by_name=actor.name, at=clock.now()
    )
    override.save()
    return override


def _today() -> object:
    practice = the_practice()
    return clock.today(practice.time_zone if practice else "UTC")
