"""Every decision of the clinic: from the record to a document, through the pathway, into the store.

Fail closed: whatever goes wrong is stored as an attempt whose disposition is `not_assessed`, never as a decision to
treat (S-64). A decision is stored with the exact bytes that went in and came out, so that it can be made again (S-43).
"""

from __future__ import annotations

import json
import logging
from datetime import date
from functools import lru_cache
from typing import Any

from palpate import __version__
from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.in_sight import clearances_with_knowledge, hold
from palpate.clinic.access.once import once
from palpate.clinic.access.practice import pathway_copy, published_pathway
from palpate.clinic.access.sessions import taps_of, visits_of
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.document import Given, Past, Record, document_of, ratings_of
from palpate.clinic.models import Decision, Episode, PathwayCopy, PublishedPathway, Session
from palpate.clinic.visit import Visit, fold
from palpate.library import load_pathway
from palpate.pathway.decision import decide
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway, canonical_json

log = logging.getLogger("palpate.deciding")

NOT_ASSESSED = "not_assessed"
MAY_TREAT = ("treat", "treat_with_precautions")


class WrongPathway(RuntimeError):
    """This process does not run the pathway that the store names (S-67)."""


def pathway_in_force() -> Pathway:
    """The pathway this practice decides by. Errors: WrongPathway, Faults."""
    published = published_pathway()
    if published is None:
        raise WrongPathway("this practice has not published a pathway yet")
    if published.withdrawn_at is not None:
        raise WrongPathway("the pathway of this practice has been withdrawn")
    pathway = pathway_with(published.pathway, tuple(sorted(published.settings.items())))
    if pathway.digest != published.digest:
        raise WrongPathway("this program holds another version of the pathway than the practice has published")
    return pathway


@lru_cache(maxsize=8)
def pathway_with(id: str, settings: tuple[tuple[str, str], ...] = ()) -> Pathway:
    """A shipped pathway with a practice's settings. Errors: Faults; KeyError or ValueError for a wrong setting."""
    pathway = load_pathway(id)
    return pathway.with_settings(dict(settings)) if settings else pathway


def publish(pathway: Pathway, settings: dict[str, str], actor: Actor) -> PublishedPathway:
    """Publishes a shipped pathway at once, as a practice of one person may (S-67). Call inside an act."""
    at = clock.now()
    published = PublishedPathway(
        pathway=pathway.id,
        version_text=pathway.version,
        digest=pathway.digest,
        settings=settings,
        proposed_by_id=actor.user_id,
        proposed_at=at,
        confirmed_by_id=actor.user_id,
        confirmed_at=at,
    )
    published.save()
    keep_copy(pathway)
    return published


def keep_copy(pathway: Pathway) -> None:
    """Keeps the meaning of a pathway in the store, so that its decisions can be made again in ten years (S-43)."""
    if pathway_copy(pathway.digest) is None:
        PathwayCopy(digest=pathway.digest, meaning=canonical_json(pathway.meaning).decode()).save()


def visit_of(session: Session) -> Visit:
    """What the touches of a session add up to."""
    return fold((str(key), kind, data) for key, kind, data in taps_of(session))


def record_of(episode: Episode, today: Session | None = None) -> Record:
    """All that a document is made from, read in one transaction.

    Takes  today: the visit that is open now; its touches are what was asked and found today.
    """
    return once(("record", episode.pk, today.pk if today is not None else None), lambda: _record(episode, today))


def _record(episode: Episode, today: Session | None) -> Record:
    visits: list[Past] = []
    unsigned: list[dict[str, Any]] = []
    now_open: Visit | None = None
    for session, taps in visits_of(episode):
        visit = fold((str(tap.key), tap.kind, tap.data) for tap in taps)
        if today is not None and session.pk == today.pk:
            now_open = visit
            continue
        signed = session.state == Session.State.SIGNED
        # A visit whose note is not signed yet: what was said and done in it counts all the same, or a danger sign of
        # yesterday would wait for a signature.
        given = session.massage_given if signed else bool(visit.treatments)
        ended = taps[-1].at if taps else session.started
        visits.append(Past(session.day, visit, given, ended))
        if not signed:
            unsigned += ratings_of(visit, session.day.isoformat())
    measures = [_measure(row) for row in care.measures(episode)]
    return Record(
        id=str(episode.pk),
        birth_date=episode.person.birth_date,
        onset=episode.onset,
        protocol=episode.protocol,
        answers=[Given(row.fact, row.state, row.value, row.day, row.at) for row in care.answers(episode)],
        visits=visits,
        measures=sorted([*measures, *unsigned], key=lambda measure: str(measure["date"])),
        clearances=[_clearance(row) for row in clearances_with_knowledge(episode)],
        today=now_open,
    )


def _measure(row: Any) -> dict[str, Any]:
    told = {"date": row.day.isoformat(), "name": row.name, "taken_back": row.taken_back}
    return {**told, "values": row.values} if row.values is not None else {**told, "value": row.value}


def _clearance(row: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "date": row.day.isoformat(),
        "outcome": row.outcome,
        "covers": row.covers,
        "by": row.clinician,
    }
    if row.valid_until:
        told["valid_until"] = row.valid_until.isoformat()
    if row.limits:
        told["limits"] = row.limits
    return {**told, "at": row.knew_until}


def decide_now(
    actor: Actor, episode: Episode, moment: str, as_of: date, session: Session | None = None, why: str = ""
) -> Decision:
    """Decides an episode and stores the decision. Call inside an act.

    Returns  the stored decision; the one before it where nothing has changed since. Where no decision can be made, an
             attempt with disposition `not_assessed`.
    """
    open_deed()
    hold(episode)  # decisions of an episode are numbered
    document: dict[str, Any] = {}
    pathway: Pathway | None = None
    try:
        pathway = pathway_in_force()
        document = document_of(record_of(episode, session), pathway, moment, as_of)
        answer, fault = decide(pathway, document).to_json(), ""
        disposition, urgency = _headline(answer)
    except Faults as faults:
        answer, disposition, urgency = "", NOT_ASSESSED, ""
        fault = "\n".join(str(fault) for fault in faults.faults)[:4000]
    except Exception as error:
        # Anything at all: the page then says "not assessed" and nobody is treated on the strength of a crash.
        log.exception("no decision could be made", extra={"episode": str(episode.pk)})
        answer, disposition, urgency = "", NOT_ASSESSED, ""
        fault = str(error) if isinstance(error, WrongPathway) else f"the program failed ({type(error).__name__})"
    return _stored(actor, episode, session, moment, as_of, pathway, document, answer, disposition, urgency, fault, why)


def _headline(answer: str) -> tuple[str, str]:
    told = json.loads(answer)
    return told["disposition"], told["urgency"] or ""


def _stored(
    actor: Actor,
    episode: Episode,
    session: Session | None,
    moment: str,
    as_of: date,
    pathway: Pathway | None,
    document: dict[str, Any],
    answer: str,
    disposition: str,
    urgency: str,
    fault: str,
    why: str,
) -> Decision:
    text = canonical_json(document).decode() if document else ""
    latest = care.decisions(episode).first()
    digest = pathway.digest if pathway else ""
    if (
        latest is not None
        and not why
        and (latest.document, latest.digest, latest.answer, latest.fault, latest.as_of, latest.session_id)
        == (text, digest, answer, fault, as_of, session.pk if session else None)
    ):
        return latest
    try:
        published = published_pathway()
    except Exception:  # a failed attempt is recorded all the same (S-64)
        published = None
    decision = Decision(
        episode=episode,
        session=session,
        number=latest.number + 1 if latest else 1,
        moment=moment,
        as_of=as_of,
        document=text,
        answer=answer,
        disposition=disposition,
        urgency=urgency,
        pathway=pathway.id if pathway else "",
        pathway_version=pathway.version if pathway else "",
        digest=digest,
        settings=published.settings if published else {},
        engine=__version__,
        fault=fault,
        corrects=latest if why else None,
        why=why,
        at=clock.now(),
        by_id=actor.user_id,
    )
    decision.save()
    return decision


def said(decision: Decision) -> dict[str, Any]:
    """The decision as the JSON object of contract section 2; empty where nothing could be decided."""
    found: dict[str, Any] = json.loads(decision.answer) if decision.answer else {}
    return found


def preview(episode: Episode, moment: str, as_of: date, session: Session | None = None) -> dict[str, Any] | None:
    """What the pathway says now, without storing it: for what to ask next. None where nothing can be decided."""
    try:
        pathway = pathway_in_force()
        return dict(decide(pathway, document_of(record_of(episode, session), pathway, moment, as_of)).data)
    except Exception as error:
        log.warning("no preview could be made", exc_info=error, extra={"episode": str(episode.pk)})
        return None
