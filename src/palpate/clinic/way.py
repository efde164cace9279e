"""Where a person stands on their way, and the one obvious next thing: consent, intake, decision, plan, session, check.

It only points. Whether massage may be given is said by a decision, and by nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from palpate.clinic.access import care
from palpate.clinic.access.sessions import all_sessions
from palpate.clinic.access.way import open_referral
from palpate.clinic.consenting import standing
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED
from palpate.clinic.models import Decision, Episode, Session

STEPS = (
    ("consent", "Consent"),
    ("intake", "Intake"),
    ("decision", "Decision"),
    ("plan", "Plan"),
    ("session", "Session"),
    ("check", "Check"),
    ("record", "Record"),
)


@dataclass(frozen=True)
class Next:
    """The next thing: `step` is an id of STEPS, `label` stands on the button, `why` beside it."""

    step: str
    label: str
    why: str


@dataclass(frozen=True)
class Way:
    """The steps with what is done, the newest decision, and the next thing."""

    next: Next
    done: frozenset[str]
    decision: Decision | None
    session: Session | None
    sessions_given: int


def way_of(episode: Episode, today: date) -> Way:
    """Where this episode stands on `today`."""
    decision = care.newest_decision(episode)
    sessions = all_sessions(episode)
    session = next((one for one in reversed(sessions) if one.state != Session.State.SIGNED), None)
    given = sum(one.massage_given for one in sessions)
    consented = standing(episode, (), today).begins
    done = set()
    if consented:
        done.add("consent")
    if given or (decision is not None and decision.disposition not in ("incomplete", NOT_ASSESSED)):
        done |= {"intake", "decision"}
    if episode.planned_at:
        done.add("plan")
    if given:
        done.add("session")
    if decision is not None and decision.moment == "review" and given >= 2 and decision.disposition != "incomplete":
        done.add("check")
    return Way(_next(episode, decision, session, given, consented), frozenset(done), decision, session, given)


def _next(episode: Episode, decision: Decision | None, session: Session | None, given: int, consented: bool) -> Next:
    if decision is not None and decision.disposition == "emergency":
        return Next("decision", "Emergency: what to do now", "The newest decision is an emergency.")
    if episode.state == Episode.State.CLOSED:
        return Next("record", "Look at the record", "This episode is closed.")
    if session is not None and session.state == Session.State.OPEN:
        return Next("session", "Go on with the session", "A session is open.")
    if session is not None:
        return Next("session", "Sign the note", "The last session has no signed note yet.")
    if decision is None:
        if not consented:
            return Next("consent", "Ask for consent", "Nothing starts without it.")
        return Next("intake", "Start the intake", "Nothing is decided yet.")
    if decision.disposition == "incomplete" and given:
        return Next("check", "Take the check", "The check is due, and what it needs is not known yet.")
    if decision.disposition in ("incomplete", NOT_ASSESSED):
        return Next("intake", "Go on with the intake", "Safety questions are open.")
    if open_referral(episode):
        return Next("decision", "Record the clinician's answer", "A referral is out.")
    if decision.disposition in ("change_treatment", "complete"):
        return Next("check", "Close the course", "The course has reached a decision.")
    if decision.disposition not in MAY_TREAT:
        return Next("decision", "See what to do", "Massage is not open today.")
    if not consented:
        return Next("consent", "Ask for consent", "No consent stands today.")
    if not episode.planned_at:
        return Next("plan", "Make the plan", "The course has no plan yet.")
    return Next("session", "Open the door card", f"{given} given so far." if given else "The first session is next.")
