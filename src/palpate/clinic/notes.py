"""Notes: the draft, the signature that locks it, and what is added in sight later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from palpate.clinic import clock_guard, messages, overruling
from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.notes import note_of
from palpate.clinic.access.sessions import given_before, last_given, locked
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.deciding import MAY_TREAT, decide_now, pathway_in_force, preview, said, visit_of
from palpate.clinic.document import ratings_of
from palpate.clinic.models import Amendment, Appointment, Decision, Measure, Note, Session
from palpate.clinic.names import clean_text
from palpate.clinic.paying import packages
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.sessions import hand_of
from palpate.clinic.soap import Soap, Told, write
from palpate.clinic.visit import Visit

PARTS = {"s": "Subjective", "o": "Objective", "a": "Assessment", "p": "Plan"}
WHY_NONE = {
    "not_wanted": "the person did not want massage today",
    "no_time": "there was no time left for massage",
    "not_fitting": "the therapist judged that massage does not fit today",
}
SHORTEST_WHY = 5  # characters


class StaleNote(Conflict):
    """The note or its taps have changed since the form was opened. Nothing is saved; both texts are kept in view."""


@dataclass(frozen=True)
class Draft:
    """The note of an unsigned session: what the taps say, what stands in the draft, and why no massage was given.

    written  from the taps alone; `texts` is what is shown: the therapist's own words where there are some
    by_hand  of the parts in the therapist's own words: name, and what the taps say
    why      the reason that the record itself gives for no massage; empty: it gives none, so it is asked
    """

    visit: Visit
    written: Soap
    texts: Mapping[str, str]
    by_hand: tuple[tuple[str, str], ...]
    why: str


def draft_of(session: Session, today: date, none_why: str = "") -> Draft:
    """The note as it would be signed now. Stores nothing. Takes none_why: a key of WHY_NONE, once it was chosen."""
    visit = visit_of(session)
    why = "" if visit.treatments else _why_none(session, visit)
    written = write(told_of(session, visit, today, why or WHY_NONE.get(none_why, "")))
    own = {part: text for part, text in session.draft.items() if part in PARTS and isinstance(text, str)}
    by_hand = tuple((PARTS[part], written.as_dict()[part]) for part in PARTS if part in own)
    return Draft(visit, written, {**written.as_dict(), **own}, by_hand, why)


def told_of(session: Session, visit: Visit, today: date, none_why: str = "") -> Told:
    """What the note is written from."""
    episode = session.episode
    decision = decision_of(session)
    last = last_given(episode, session.day)
    after = preview(episode, "review", max(today, session.day))
    override = overruling.standing(decision) if decision is not None else None
    return Told(
        visit=visit,
        pathway=pathway_in_force(),
        last=visit_of(last) if last is not None else None,
        last_day=last.day if last is not None else None,
        decided=said(decision) if decision is not None else {},
        overruled=f"{override.by_name}: {override.reason}" if override is not None else "",
        next=(after or {}).get("plan") or {},
        activities=tuple(str(name) for name in episode.activities),
        number=given_before(episode, session.day) + 1,
        none_why=none_why,
    )


def decision_of(session: Session) -> Decision | None:
    """The newest decision made in this session."""
    return care.decisions(session.episode).filter(session=session, moment="session").first()


def _why_none(session: Session, visit: Visit) -> str:
    """Why no massage was given, where the record says it: the hands, or the decision."""
    if visit.stops:
        return f"the hands found {', '.join(visit.stops)}"
    decision = decision_of(session)
    if decision is None:
        return ""
    override = overruling.standing(decision)
    if override is not None and override.does == overruling.NOT_TREAT:
        return f"{override.by_name} decided not to treat ({override.reason})"
    if decision.disposition in MAY_TREAT:
        return ""
    return str(said(decision).get("summary", "the pathway could not decide")).rstrip(".")


def keep_draft(actor: Actor, session: Session, seen: int, texts: Mapping[str, str]) -> Session:
    """Keeps the therapist's own words until the note is signed. Call inside an act. Errors: StaleNote, BadInput.

    A part that is as the taps wrote it is not kept, so that it goes on following the taps.
    """
    open_deed()
    session = _fresh(session, seen)
    written = draft_of(session, session.day).written.as_dict()
    session.draft = {part: text for part, text in _checked(texts).items() if text.strip() != written[part].strip()}
    session.version += 1
    session.save(update_fields=["draft", "version"])
    return session


def sign_note(
    actor: Actor, session: Session, seen: int, texts: Mapping[str, str], today: date, none_why: str = ""
) -> tuple[Note, Decision]:
    """Signs the note and locks the session, keeps the scores of the visit, and decides what now. Call inside an act.

    Takes    none_why: a key of WHY_NONE, needed where no massage was given and the record does not say why.
    Returns  the note, and the decision at moment `review` that follows.
    Errors   StaleNote; BadInput for an empty part or a missing reason.
    """
    open_deed()
    clock_guard.check("Signing")
    session = _fresh(session, seen)
    draft = draft_of(session, today, none_why)
    given = bool(draft.visit.treatments)
    if not given and not draft.why and none_why not in WHY_NONE:
        raise BadInput("No massage is recorded. Say why, or go back and record it.", "none_why")
    checked = _checked(texts)
    if not given and none_why in WHY_NONE and not draft.why and WHY_NONE[none_why] not in checked["p"]:
        checked["p"] = f"No massage today: {WHY_NONE[none_why]}.\n{checked['p']}"
    for part, name in PARTS.items():
        if not checked[part].strip():
            raise BadInput(f"{name} is empty. Write what was found, or that nothing was.", part)
    at = clock.now()
    note = Note(
        session=session,
        subjective=checked["s"],
        objective=checked["o"],
        assessment=checked["a"],
        plan=checked["p"],
        facts=plain(draft.visit),
        signed_by_id=hand_of(actor),
        signed_name=actor.name,
        signed_at=at,
        about_day=session.day,
        late=today != session.day,
    )
    note.save()
    _keep_scores(actor, session, draft.visit)
    session.state, session.massage_given = Session.State.SIGNED, given
    newest = care.touches(session).last()
    session.ended, session.draft = newest.at if newest is not None else session.started, {}
    session.version += 1
    session.save(update_fields=["state", "massage_given", "ended", "draft", "version"])
    if session.appointment is not None:
        session.appointment.state = Appointment.State.DONE
        session.appointment.version += 1
        session.appointment.save(update_fields=["state", "version"])
    if given:
        messages.session_given(session)
        packages.take_given(actor, session)
    return note, decide_now(actor, session.episode, "review", max(today, session.day))


def amend(actor: Actor, session: Session, text: str, why: str) -> Amendment:
    """Adds to a signed note, in sight, with the reason. Call inside an act. Errors: Conflict, BadInput."""
    open_deed()
    clock_guard.check("Adding to a signed note")
    note = note_of(session)
    if note is None:
        raise Conflict("This note is not signed yet. Change the note itself.")
    text, why = clean_text(text, field="text").strip(), clean_text(why, field="why", longest=1000).strip()
    if not text:
        raise BadInput("Write what is to be added.", "text")
    if len(why) < SHORTEST_WHY:
        raise BadInput(f"Say why it is added, in at least {SHORTEST_WHY} characters.", "why")
    added = Amendment(note=note, text=text, why=why, by_id=hand_of(actor), by_name=actor.name, at=clock.now())
    added.save()
    return added


def plain(visit: Visit) -> dict[str, Any]:
    """A visit as JSON, for the note that was written from it."""
    told = asdict(visit)
    told["palpations"] = [asdict(found) for found in visit.palpations.values()]
    told["activities"] = {str(at): value for at, value in visit.activities.items()}
    told["unsure"], told["gates"] = sorted(visit.unsure), sorted(visit.gates)
    return told


def _fresh(session: Session, seen: int) -> Session:
    session = locked(session)
    if session.state == Session.State.SIGNED:
        raise Conflict("This note is signed already. What is missing is added as an amendment. Nothing was saved.")
    if session.version != seen:
        raise StaleNote("The note or its taps have changed since you opened this page. Nothing was saved.")
    return session


def _checked(texts: Mapping[str, str]) -> dict[str, str]:
    return {part: clean_text(texts.get(part, ""), field=part) for part in PARTS}


def _keep_scores(actor: Actor, session: Session, visit: Visit) -> None:
    """The scores of the visit as rows of the episode; a test counts as it was before the massage, never after it."""
    common: dict[str, Any] = {"episode": session.episode, "session": session, "day": session.day, "at": clock.now()}
    for told in ratings_of(visit, session.day.isoformat()):
        Measure(name=told["name"], value=told.get("value"), values=told.get("values"), **common).save()
    for test, values in visit.tests.items():
        if "before" in values:
            Measure(name=test, value=values["before"], tester_id=actor.user_id, **common).save()
