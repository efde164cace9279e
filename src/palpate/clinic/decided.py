"""A stored decision, read again with the pathway of its day: what stood, what did not, what is not known.

Fail closed: a decision that cannot be read again is never shown as one to treat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from palpate.clinic.access import care
from palpate.clinic.access.planning import open_session_on
from palpate.clinic.access.practice import pathway_copy
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED, pathway_in_force
from palpate.clinic.models import Decision, Episode, Session
from palpate.pathway.condition import Value, facts_of
from palpate.pathway.course import course_of
from palpate.pathway.deriving import derived_value, made_facts
from palpate.pathway.engine import engine_of
from palpate.pathway.episode import Episode as Document
from palpate.pathway.episode import read_episode
from palpate.pathway.explain import explain, stoppers
from palpate.pathway.pathway import Pathway
from palpate.pathway.standing import now

CANNOT_READ = "This decision cannot be read again: what it was made with is missing or damaged."


@dataclass(frozen=True)
class Reading:
    """A decision as it can be shown.

    disposition  as stored; `not_assessed` where a decision to treat cannot be read again
    answer       the JSON object of contract section 2; empty where there is none
    pathway      the pathway of that day, or None where it is missing
    fault        why nothing was decided, or why it cannot be read
    """

    decision: Decision
    disposition: str
    answer: Mapping[str, Any]
    pathway: Pathway | None
    fault: str

    @property
    def may_treat(self) -> bool:
        return self.disposition in MAY_TREAT


@dataclass(frozen=True)
class PassedOver:
    """A rule that did not hold: what stopped it, or which facts it waits for."""

    rule: str
    disposition: str
    stopped_by: Mapping[str, Value]
    waits_for: tuple[str, ...]


def read(decision: Decision) -> Reading:
    """The decision with its pathway. Whatever is wrong with it gives a Reading that does not allow massage."""
    if decision.disposition == NOT_ASSESSED:
        return Reading(decision, NOT_ASSESSED, {}, _pathway_or_none(decision.digest), decision.fault)
    answer: Mapping[str, Any] = {}
    pathway = _pathway_or_none(decision.digest)
    try:
        answer = json.loads(decision.answer)
        whole = isinstance(answer, dict) and answer["disposition"] == decision.disposition
    except (ValueError, KeyError):
        whole = False
    if whole and pathway is not None:
        return Reading(decision, decision.disposition, answer, pathway, "")
    # What forbids massage still does when its reasons cannot be shown; what allows it does not.
    shown = NOT_ASSESSED if decision.disposition in MAY_TREAT else decision.disposition
    told = answer if whole and shown == decision.disposition else {}
    return Reading(decision, shown, told, pathway, CANNOT_READ)


def pathway_of(digest: str) -> Pathway:
    """The pathway with this digest: the one in force, or the copy that the store has kept. Errors: LookupError."""
    try:
        current = pathway_in_force()
        if current.digest == digest:
            return current
    except Exception:  # a withdrawn or faulty pathway in force does not make an old decision unreadable
        pass
    copy = pathway_copy(digest)
    if copy is None:
        raise LookupError("no pathway with this digest is kept")
    pathway = _kept(copy.meaning)
    if pathway.digest != digest:
        raise LookupError("the kept pathway is not the one that this digest names")
    return pathway


@lru_cache(maxsize=4)
def _kept(meaning: str) -> Pathway:
    return Pathway.of_meaning(json.loads(meaning))


def _pathway_or_none(digest: str) -> Pathway | None:
    try:
        return pathway_of(digest) if digest else None
    except Exception:  # the page then says that the decision cannot be read
        return None


def document_of(decision: Decision) -> dict[str, Any]:
    """The episode document that went into a decision; empty where none could be made."""
    try:
        found = json.loads(decision.document) if decision.document else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def known_facts(pathway: Pathway, document: Mapping[str, Any]) -> dict[str, Value]:
    """All that was known for a decision: answers that stood, what the course adds, and what follows from both.

    Errors  Faults, where the document is not sound.
    """
    episode = read_episode(dict(document), pathway)
    known, _ = _known(pathway, episode)
    for name, node in made_facts(pathway).items():
        if known.get(name) is None and (value := derived_value(node, known)) is not None:
            known[name] = value
    return known


def _known(pathway: Pathway, episode: Document) -> tuple[dict[str, Value], Any]:
    standing = now(pathway, episode)
    course = course_of(pathway, episode, standing)
    known = {**standing, **course.facts}
    return known, engine_of(pathway, frozenset(made_facts(pathway)).intersection(known))


def passed_over(reading: Reading) -> tuple[PassedOver, ...]:
    """Rules that did not hold, in the pathway's order. Nothing is decided anew: the rules are only looked at."""
    if reading.pathway is None or not reading.answer:
        return ()
    return _passed_over(reading.decision.digest, reading.decision.document, reading.pathway)


@lru_cache(maxsize=64)
def _passed_over(digest: str, document: str, pathway: Pathway) -> tuple[PassedOver, ...]:
    known, engine = _known(pathway, read_episode(json.loads(document), pathway))
    held, unknown = engine.evaluate(engine.values(known))
    rows = []
    for at, rule in enumerate(pathway.rules):
        if at in held:
            continue
        node = engine.conditions[at]
        waits = tuple(name for name in facts_of(node) if name not in known) if at in unknown else ()
        rows.append(PassedOver(rule.id, rule.disposition, {} if waits else stoppers(node, known), waits))
    return tuple(rows)


def unknown_facts(reading: Reading) -> tuple[list[str], list[str]]:
    """Facts of the pathway that were not asked, and those that the person could not answer, in the pathway's order."""
    if reading.pathway is None:
        return [], []
    document = document_of(reading.decision)
    asked = {*document.get("facts", {}), *(document.get("today") or {}).get("facts", {})}
    for session in document.get("sessions", ()):
        asked |= set(session.get("facts", {}))
    unsure = [name for name in reading.pathway.vocabulary.facts if name in document.get("unsure", ())]
    with suppress(Exception):  # an unsound document: then only what was answered counts as known
        asked |= set(known_facts(reading.pathway, document))
    not_asked = [
        fact.name
        for fact in reading.pathway.vocabulary.facts.values()
        if fact.stage != "derived" and fact.name not in asked and fact.name not in unsure
    ]
    return not_asked, unsure


def changes(reading: Reading) -> list[dict[str, Any]]:
    """The smallest changes of what is known that would have decided otherwise (`palpate.pathway.explain`).

    The work of one explanation is bounded by the pathway's engine. Errors: LookupError where nothing can be explained.
    """
    if reading.pathway is None or not reading.answer:
        raise LookupError(CANNOT_READ)
    return _changes(reading.decision.digest, reading.decision.document, reading.pathway)


@lru_cache(maxsize=32)
def _changes(digest: str, document: str, pathway: Pathway) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = explain(pathway, read_episode(json.loads(document), pathway))["changes"]
    return told


def moment_now(episode: Episode, day: date) -> tuple[str, Session | None]:
    """At which moment this episode is decided on `day`: in an open session, before a course, or between sessions."""
    session = open_session_on(episode, day)
    if session is not None:
        return "session", session
    given = care.sessions(episode).filter(massage_given=True).exists()
    return ("review" if given else "intake"), None
