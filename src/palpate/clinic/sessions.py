"""The deeds of a session: opening it, taking its taps in, and saying whether massage is open right now.

Fail closed: treatment is open only while the newest decision of this very session, made with exactly what is known now,
allows it (or was overruled with a reason), and while the hands have found nothing that ends the massage of the day.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from palpate.clinic import consenting, overruling
from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.in_sight import hold
from palpate.clinic.access.phone import worse_unseen
from palpate.clinic.access.sessions import appointment_on, locked, session_on
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.decided import moment_now
from palpate.clinic.deciding import (
    MAY_TREAT,
    NOT_ASSESSED,
    decide_now,
    pathway_in_force,
    preview,
    record_of,
)
from palpate.clinic.document import document_of
from palpate.clinic.in_sight import emergency_elsewhere
from palpate.clinic.models import Appointment, Decision, Episode, Session, Touch
from palpate.clinic.refusals import BadInput, Conflict, Forbidden, Refused
from palpate.clinic.taps import BadTouch, read_touch
from palpate.clinic.visit import REGIONS, Visit, fold, standing
from palpate.pathway.pathway import Pathway, canonical_json, rank

TREATS = frozenset({"treat", "again"})
# Kinds after which the pathway is asked: they can change what may be done today.
TELLS = frozenset({"fact", "facts", "unchanged", "palpate", "gate", "undo"})
MOST_AT_ONCE = 200
SERIOUS = 60  # rank of the mildest disposition that forbids massage whatever else is answered
PANELS = {"emergency": "stop-emergency"}
TOLD_WORSE = (
    "By telephone the person told that their back is clearly worse. Go through it together and confirm it; until then "
    "no massage."
)


def start_session(actor: Actor, episode: Episode, day: date) -> Session:
    """Opens the session of this day, or gives the one that is there. Call inside an act.

    What is known never keeps a session from being opened, since it is opened to ask; only massage waits for a decision.
    Errors  Conflict without a standing consent, or for a closed episode.
    """
    open_deed()
    hold(episode)  # of two starts at the same moment the second finds the session of the first
    found = session_on(episode, day)
    if found is not None:
        return found
    if episode.state == Episode.State.CLOSED:
        raise Conflict("This episode is closed, so no session can start. Nothing was saved.")
    consent = consenting.standing(episode, (), day)
    if not consent.begins:
        raise Conflict(f"{consent.why_not()} Without consent no session can start. Nothing was saved.")
    session = Session(episode=episode, therapist_id=hand_of(actor), day=day, started=clock.now())
    session.appointment = appointment_on(episode, day)
    session.save()
    if session.appointment is not None:
        session.appointment.state = Appointment.State.ARRIVED
        session.appointment.version += 1
        session.appointment.save(update_fields=["state", "version"])
    return session


def hand_of(actor: Actor) -> uuid.UUID:
    """The member of the staff who taps and signs. Errors: Forbidden for a program or a link, which have no hands."""
    if actor.user_id is None:
        raise Forbidden("Only a member of the staff can do this. Nothing was saved.")
    return actor.user_id


@dataclass
class Taken:
    """What became of a batch of touches.

    accepted   keys that the store has now, in order, those from before included
    wrong      key of the first one that cannot be taken, and why; what follows it was not looked at
    stop       id of the panel to open, its text, and the key that brought it (empty: not one alone)
    """

    accepted: list[str] = field(default_factory=list)
    wrong: tuple[str, Refused] | None = None
    decision: Decision | None = None
    stop: dict[str, str] | None = None
    number: int = 0  # of the newest touch


def take_touches(
    actor: Actor, session: Session, seen: int | None, sent: Sequence[Any], today: date
) -> tuple[Session, Taken]:
    """Stores the touches of one message, in order, each key once. Call inside an act.

    Takes   seen: number of the newest touch that the sender knew of; today: the practice's wall date.
    Errors  Conflict where somebody else has tapped meanwhile (S-56); BadInput for a message without sense.
    """
    open_deed()
    if not 1 <= len(sent) <= MOST_AT_ONCE:
        raise BadInput(f"A message holds 1 to {MOST_AT_ONCE} taps. Nothing was saved.")
    session = locked(session)
    pathway = pathway_in_force()
    stored = list(care.touches(session))
    known = {str(touch.key): touch for touch in stored}
    keys = [one.get("key") for one in sent if isinstance(one, dict)]
    others = [touch for touch in stored if touch.number > (seen or 0) and str(touch.key) not in keys]
    if seen is not None and others:
        raise Conflict("Somebody has tapped in this session on another page.")
    taken = Taken()
    told: list[tuple[str, str, Mapping[str, Any]]] = [(str(one.key), one.kind, one.data) for one in stored]
    new: list[str] = []
    for one in sent:
        try:
            touch = _touch(one, session, known, pathway, len(told) + 1)
            if touch is not None:
                _may_be(actor, session, touch, told, today)
        except (BadTouch, Refused) as fault:
            refused = fault if isinstance(fault, Refused) else BadInput(str(fault))
            taken.wrong = (str(one.get("key", ""))[:40] if isinstance(one, dict) else "", refused)
            break
        if touch is not None:
            touch.at, touch.by_id = clock.now(), hand_of(actor)
            touch.save()
            known[str(touch.key)] = touch
            told.append((str(touch.key), touch.kind, touch.data))
            new.append(str(touch.key))
        taken.accepted.append(one["key"])
    if new:
        session.version += len(new)
        session.save(update_fields=["version"])
        _react(actor, session, told, new, taken)
        _decide_today(actor, session, today)
    taken.number = len(told)
    return session, taken


def _touch(one: Any, session: Session, known: Mapping[str, Touch], pathway: Pathway, number: int) -> Touch | None:
    """The touch to be stored, or None where it is there already. Errors: BadTouch; Conflict for a signed session."""
    if not isinstance(one, dict):
        raise BadTouch("This is no tap.")
    try:
        key = uuid.UUID(one.get("key", ""))
    except (ValueError, AttributeError, TypeError):
        raise BadTouch("This tap has no key.") from None
    if str(key) != one["key"]:
        raise BadTouch("The key of this tap is not written as it should be.")
    kind = str(one.get("kind"))
    data = read_touch(one.get("kind"), one.get("data"), pathway, len(session.episode.activities))
    tapped = _moment(one.get("at"))
    if kind in ("clock_start", "clock_stop"):
        data["at"] = tapped.isoformat(timespec="seconds")
    before = known.get(str(key))
    if before is not None:
        if (before.kind, {**before.data, "at": None}) != (kind, {**data, "at": None}):
            raise BadTouch("This tap was sent before with other contents.")
        return None
    if session.state == Session.State.SIGNED:
        raise Conflict("The note of this session is signed. What is missing is added to the note as an amendment.")
    return Touch(session=session, number=number, key=key, kind=kind, data=data, tapped=tapped)


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        raise BadTouch("This tap does not say when it was made.") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)  # noqa: UP017


def _may_be(
    actor: Actor, session: Session, touch: Touch, told: Sequence[tuple[str, str, Mapping[str, Any]]], today: date
) -> None:
    """Errors: Conflict for a treatment that is not open, or hands in an area without its consent."""
    if touch.kind not in TREATS and touch.kind != "palpate":
        return
    rows = touch.data["treatments"] if touch.kind == "again" else [touch.data]
    consent = consenting.standing(session.episode, {row["region"] for row in rows}, session.day)
    for row in rows:
        if not consent.may_touch(row["region"]):
            raise Conflict(f"{REGIONS[row['region']]}: {consent.why_not(row['region'])} Ask for that consent first.")
    if touch.kind in TREATS:
        visit = fold(told)
        decision = decide_now(actor, session.episode, "session", session.day, session)
        is_open, why = treatment_open(session, visit, decision, today)
        if not is_open:
            raise Conflict(f"This treatment was not recorded. {why}")


def treatment_open(session: Session, visit: Visit, decision: Decision | None, today: date) -> tuple[bool, str]:
    """Whether massage may be given in this session by this decision, and the plain sentence why or why not.

    Takes  decision: the episode's newest, made for this session with what is known now (see `current_decision`).
    """
    if session.episode.state == Episode.State.CLOSED:
        return False, "This episode is closed."
    if emergency_elsewhere(session.episode):
        return False, "Another episode of this person is an emergency. Nothing overrules an emergency."
    if session.day == today and worse_unseen(session.episode):
        return False, TOLD_WORSE
    if not visit.asked:
        return False, "Ask first what must be asked again today."
    if decision is None or decision.session_id != session.pk or decision.moment != "session":
        return False, "Nothing is decided for this session yet."
    override = overruling.standing(decision)
    if visit.stops and (override is None or override.does != overruling.TREAT):
        return False, f"The hands found {_listed(visit.stops)}. No massage today."
    if session.day == today:
        return overruling.may_treat_now(session.episode, decision)
    # Written down on a later day: what counts is what was open on the day of the session.
    allowed = decision.disposition in MAY_TREAT if override is None else override.does == overruling.TREAT
    return allowed, "" if allowed else "Massage was not open on that day."


def current_decision(session: Session, today: date) -> Decision | None:
    """The newest decision, if it was made for this session with exactly what is known now; else None.

    Of a session of an earlier day it is the newest that was made for it: the episode has one of today besides.
    """
    decisions = care.decisions(session.episode)
    latest = (decisions if session.day == today else decisions.filter(session=session)).first()
    if latest is None or latest.session_id != session.pk or latest.moment != "session" or not latest.document:
        return None
    pathway = pathway_in_force()
    document = document_of(record_of(session.episode, session), pathway, "session", session.day)
    same = latest.document == canonical_json(document).decode() and latest.digest == pathway.digest
    return latest if same else None


def _react(
    actor: Actor, session: Session, told: Sequence[tuple[str, str, Mapping[str, Any]]], new: Sequence[str], taken: Taken
) -> None:
    """Asks the pathway after taps that can change what may be done, and says whether to stop.

    Before everything has been asked, only what forbids massage is stored as a decision: half the answers give none.
    """
    telling = [key for key, kind, _ in told if key in set(new) and kind in TELLS]
    if not telling:
        return
    visit, before = fold(told), fold([one for one in told if one[0] not in new])
    latest = care.decisions(session.episode).first()
    earlier = latest if latest is not None and latest.session_id == session.pk else None
    if not visit.asked and earlier is None:
        now = preview(session.episode, "session", session.day, session)
        if now is not None and rank(now["disposition"], now["urgency"]) < SERIOUS:
            return
    taken.decision = decide_now(actor, session.episode, "session", session.day, session)
    news = earlier is None or taken.decision.disposition != earlier.disposition
    kept = {key for key, _, _ in standing(told)}
    brought = [key for key in telling if key in kept]
    if not brought:
        return
    key = brought[0] if len(brought) == 1 else ""
    if taken.decision.disposition == "emergency":
        taken.stop = {"panel": PANELS["emergency"], "text": "", "key": key}
    elif visit.stops and visit.stops != before.stops:
        taken.stop = {"panel": "stop-hands", "text": f"Found: {_listed(visit.stops)}.", "key": key}
    elif news and (taken.decision.disposition == NOT_ASSESSED or rank(*_serious(taken.decision)) >= SERIOUS):
        taken.stop = {"panel": "stop-today", "text": "", "key": key}


def _decide_today(actor: Actor, session: Session, today: date) -> None:
    """After an entry into a session of an earlier day the newest decision of the episode is one of today again.

    What was written down late counts today, and a decision about an earlier day never covers what was told since.
    """
    newest = care.decisions(session.episode).first()
    if session.day != today and newest is not None and newest.as_of != today:
        moment, now_open = moment_now(session.episode, today)
        decide_now(actor, session.episode, moment, today, now_open)


def _serious(decision: Decision) -> tuple[str, str | None]:
    return decision.disposition, decision.urgency or None


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
