"""The door card: what a therapist must know in the 20 seconds before going in.

Few queries, none of them per row, and no decision is made here: the newest stored one says what it says, with its day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from palpate.clinic import checkins, consenting
from palpate.clinic.access import care
from palpate.clinic.access.phone import newest_sent
from palpate.clinic.access.sessions import all_sessions, events_since
from palpate.clinic.deciding import NOT_ASSESSED, pathway_in_force, said, visit_of
from palpate.clinic.models import Decision, Episode, PhoneSent, Session
from palpate.clinic.soap import YIELD_WORDS, day_in_words
from palpate.clinic.visit import NONE_OF_THESE, TECHNIQUES, YIELDING, Visit
from palpate.pathway.pathway import Pathway
from palpate.show.words import answer, fact_label

MOST_LINES = 6
CALM = (False, "none", "not_pregnant", "given", "guardian_given")  # answers of a question that speak against nothing


@dataclass(frozen=True)
class Trend:
    """A score then and now. `way` is better, worse or same; `arrow` points as the number moved."""

    label: str
    now: str
    before: str
    way: str
    arrow: str


@dataclass(frozen=True)
class Card:
    """What stands on the door. Lists are sentences for the therapist."""

    number: int
    planned: int
    decision: Decision | None
    disposition: str
    summary: str
    of_today: bool
    changed: Sequence[str]
    avoid: Sequence[str]
    ask: Sequence[str]
    trends: Sequence[Trend]
    consents: bool
    consent: str
    open_today: Session | None
    unsigned: Sequence[Session]
    sent: checkins.Shown | None


def card_of(episode: Episode, today: date) -> Card:
    """The door card of an episode on a day."""
    pathway = pathway_in_force()
    decision = care.newest_decision(episode)
    told = said(decision) if decision is not None else {}
    document = json.loads(decision.document) if decision is not None and decision.document else {}
    sessions = [one for one in all_sessions(episode) if one.day <= today]
    before = [one for one in sessions if one.day < today]
    given = [one for one in before if one.massage_given]
    last = given[-1] if given else None
    visit = visit_of(last) if last is not None else None
    consent = consenting.standing(episode, (), today)
    sent = newest_sent(episode, last.ended or last.started if last is not None else episode.opened)
    protocol = pathway.protocols.get(episode.protocol) or pathway.protocols[pathway.default_protocol]
    until = f"Consent stands until {day_in_words(consent.until)}." if consent.until else "Consent stands."
    return Card(
        number=len(given) + 1,
        planned=protocol.sessions,
        decision=decision,
        disposition=decision.disposition if decision is not None else NOT_ASSESSED,
        summary=str(
            told.get("summary", "Nothing is decided yet." if decision is None else "No decision could be made.")
        ),
        of_today=decision is not None and decision.as_of == today,
        changed=_changed(episode, pathway, last, visit, sent),
        avoid=_avoid(told),
        ask=_ask(pathway, told, document, visit),
        trends=_trends(document),
        consents=consent.begins,
        consent=until if consent.begins else consent.why_not(),
        open_today=next((one for one in sessions if one.day == today), None),
        unsigned=[one for one in before if one.state != Session.State.SIGNED][:MOST_LINES],
        sent=checkins.shown(sent, pathway) if sent is not None else None,
    )


def _changed(
    episode: Episode, pathway: Pathway, last: Session | None, visit: Visit | None, sent: PhoneSent | None
) -> list[str]:
    if last is None or visit is None:
        return ["This is the first session of the course."]
    lines = [_last_line(last, visit)]
    answers, events = events_since(episode, last.ended or last.started)
    facts = pathway.vocabulary
    # The card has its own lines for consent, and for what the person sent last by telephone.
    sent_at = sent.at if sent is not None else None
    answers = [row for row in answers if row.fact != "consent_status" and row.at != sent_at]
    for row in answers[:MOST_LINES]:
        word = {"cannot_say": "cannot say", "not_asked": "taken back"}.get(row.state)
        value = word or answer(facts.facts.get(row.fact), row.value)
        lines.append(f"Told on {day_in_words(row.day)}: {fact_label(facts, row.fact).lower()}: {value}.")
    if len(answers) > MOST_LINES:
        lines.append("There are more new answers: see the record.")
    lines += [f"Adverse event of {day_in_words(row.began)} ({row.severity}): {row.what[:120]}" for row in events[:3]]
    return lines if len(lines) > 1 else [*lines, "Nothing new was told since then."]


def _last_line(last: Session, visit: Visit) -> str:
    pain = ""
    if visit.pain_before is not None and visit.pain_after is not None:
        pain = f" Pain {visit.pain_before} before, {visit.pain_after} after."
    given = ", ".join(TECHNIQUES[name] for name in visit.techniques)
    felt = visit.found_today().get(YIELDING)
    muscle = f" The muscle {YIELD_WORDS[felt]}." if felt in YIELD_WORDS else ""
    return f"Last time, {day_in_words(last.day)}: {given}, {visit.minutes} min.{pain}{muscle}"


def _avoid(told: Mapping[str, Any]) -> list[str]:
    rows = sorted(told.get("precautions", ()), key=lambda row: row["kind"] != "local_avoid")
    return [str(row["do"]) for row in rows if row.get("do")]


def _ask(pathway: Pathway, told: Mapping[str, Any], document: Mapping[str, Any], last: Visit | None) -> list[str]:
    """What to listen for today: open questions first, then what was not plain "no", then how the last massage went."""
    facts = pathway.vocabulary.facts
    lines = []
    for row in told.get("ask", ()):
        fact = facts.get(row["fact"])
        if fact is not None and fact.stage == "intake" and fact.must_know and row["could"]:
            lines.append(str(row["question"]))
    known: dict[str, Any] = dict(document.get("facts", {}))
    for session in document.get("sessions", ()):
        known.update(session.get("facts", {}))
    for name, value in known.items():
        fact = facts.get(name)
        if fact is not None and fact.each_session and value not in CALM and fact.group != "palpation":
            lines.append(f"{fact_label(pathway.vocabulary, name)}: still {answer(fact, value)}?")
    lines = lines[:MOST_LINES]
    if last is not None:
        words = [fact_label(pathway.vocabulary, name).lower() for name in NONE_OF_THESE if name != "sedation_today"]
        lines.append(f"After the last massage: soreness, {', '.join(words)}?")
        if last.unsure:
            lines.append("What could not be said last time: see the questions.")
    return lines


def _trends(document: Mapping[str, Any]) -> list[Trend]:
    """Pain and own activities, first and latest, as the newest decision knew them."""
    pains = [(row["date"], row["value"]) for row in document.get("measures", ()) if row["name"] == "pain_nrs"]
    pains = [pair for pair in pains if pair[1] is not None]
    if len(pains) < 2:
        rows = document.get("sessions", ())
        pains += [(row["date"], row["pain_before"]) for row in rows if row.get("pain_before") is not None]
    pains.sort(key=lambda pair: pair[0])
    found = [_trend("Pain, 0 to 10", pains[0][1], pains[-1][1], lower_is_better=True)] if pains else []
    rated = [row["values"] for row in document.get("measures", ()) if row["name"] == "own_activities"]
    both = (
        [(a, b) for a, b in zip(rated[0], rated[-1], strict=False) if a is not None and b is not None] if rated else []
    )
    if both:
        first, latest = (sum(values) / len(both) for values in zip(*both, strict=True))
        found.append(_trend("Own activities, 0 to 10", first, latest, lower_is_better=False))
    return found


def _trend(label: str, before: float, now: float, *, lower_is_better: bool) -> Trend:
    arrow = "→" if now == before else "↓" if now < before else "↑"
    way = "same" if now == before else "better" if (now < before) is lower_is_better else "worse"
    return Trend(label, _shown(now), _shown(before), way, arrow)


def _shown(score: float) -> str:
    """A score with one decimal, or none where that is 0; halves go up."""
    text = str(Decimal(f"{score:.3g}").quantize(Decimal("0.1"), ROUND_HALF_UP))
    return text.removesuffix(".0")
