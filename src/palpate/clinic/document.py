"""The episode document of contract section 1, made from what the practice has recorded.

Pure but for the rows it is handed: no query, no clock. What was not asked is absent; "cannot say" goes among the
`unsure`; a visit that was stopped before any massage is no session, though what was found in it is kept as findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from palpate.clinic.visit import Visit
from palpate.pathway.condition import atom_holds, signs
from palpate.pathway.engine import engine_of
from palpate.pathway.pathway import Pathway

_DURATION = "pain_duration_days"


@dataclass(frozen=True)
class Given:
    """One answer of the record: state is answered, cannot_say or not_asked."""

    fact: str
    state: str
    value: Any
    day: date
    at: datetime


@dataclass(frozen=True)
class Past:
    """One earlier visit: `visit` is what its touches add up to; `given` says whether massage was given in it."""

    day: date
    visit: Visit
    given: bool
    ended: datetime


@dataclass(frozen=True)
class Record:
    """All that a document is made from. Lists are oldest first.

    clearances  as in a document, and `at`: the moment up to which the clinician can have known the record
    """

    id: str
    birth_date: date
    onset: date | None
    protocol: str
    answers: Sequence[Given]
    visits: Sequence[Past]
    measures: Sequence[Mapping[str, Any]]
    clearances: Sequence[Mapping[str, Any]]
    today: Visit | None = None  # the visit that is open now

    @property
    def follows(self) -> frozenset[str]:
        """Facts that follow from the birth date and the onset; given as well, they could disagree with them."""
        return frozenset({"age_years", _DURATION}) if self.onset else frozenset({"age_years"})


def document_of(record: Record, pathway: Pathway, moment: str, as_of: date) -> dict[str, Any]:
    """The document for a decision at `moment` on `as_of`.

    Answers of before the first session are the intake's. A later answer, a telephone call say, stands with the session
    before it. What was answered on the day itself stands under `today` as well, except at moment `intake`.
    """
    told = _Told(record, pathway, moment, as_of)
    today = told.today
    if moment != "intake" and record.today is not None:
        for name, value in _known(record.today.found_today(), record, pathway).items():
            today[name] = value
            told.unsure.discard(name)
        for name in record.today.unsure:
            if _keeps(name, record, pathway, hands=True):
                told.take_back(name)
                told.unsure.add(name)
    document: dict[str, Any] = {
        "palpate": 1,
        "id": record.id,
        "as_of": as_of.isoformat(),
        "moment": moment,
        "person": {"birth_date": record.birth_date.isoformat()},
        "facts": dict(sorted(told.intake.items())),
        "unsure": sorted(told.unsure),
        "sessions": [{**session, "facts": dict(sorted(session["facts"].items()))} for session in told.sessions],
        "measures": _measures(record, pathway, as_of),
        "clearances": [
            kept
            for clearance in record.clearances
            if clearance["date"] <= as_of.isoformat() and (kept := _narrowed(clearance, told, pathway)) is not None
        ],
    }
    if record.onset:
        document["onset"] = record.onset.isoformat()
    if record.protocol:
        document["protocol"] = record.protocol
    unchanged = moment != "intake" and record.today is not None and record.today.unchanged
    if moment == "session" or (moment == "review" and (today or unchanged)):
        document["today"] = {"facts": dict(sorted(today.items()))}
        if unchanged:
            document["today"]["unchanged"] = True
    return document


@dataclass(frozen=True)
class _Event:
    """Something that was told at one moment: answers (a value, or None for taken back), and what could not be said."""

    at: datetime
    day: date
    answers: Mapping[str, Any]
    unsure: Iterable[str] = ()
    session: int | None = None  # index among the sessions given, where this is one


class _Told:
    """All that was told up to a day, laid out as a document lays it out."""

    def __init__(self, record: Record, pathway: Pathway, moment: str, as_of: date) -> None:
        given = [past for past in record.visits if past.given and past.day <= as_of]
        self.intake: dict[str, Any] = {}
        self.unsure: set[str] = set()
        self.today: dict[str, Any] = {}
        self.sessions: list[dict[str, Any]] = [_session(past) for past in given]
        self.events = _events(record, given, pathway, as_of)
        ended = 0  # sessions that had ended by the event
        for event in self.events:
            if event.session is not None:
                ended = max(ended, event.session + 1)
                self.sessions[event.session]["facts"].update(event.answers)
                self.unsure.difference_update(event.answers)
            else:
                home = self.sessions[ended - 1]["facts"] if ended else self.intake
                fresh = event.day == as_of and moment != "intake" and ended == len(given)
                for name, value in event.answers.items():
                    self.unsure.discard(name)
                    if value is None:
                        self.take_back(name)
                        continue
                    home[name] = value
                    if fresh:
                        self.today[name] = value
            for name in event.unsure:
                self.take_back(name)
                self.unsure.add(name)

    def take_back(self, name: str) -> None:
        """What was answered so far stands nowhere any more: it was taken back, or can no longer be said."""
        for place in (self.today, self.intake, *(session["facts"] for session in self.sessions)):
            place.pop(name, None)


def _events(record: Record, given: Sequence[Past], pathway: Pathway, as_of: date) -> list[_Event]:
    """Everything told up to the day, oldest first.

    What people said in a visit that ended without massage is among it, or it would be lost: such a visit is no session
    of the document. What the hands found then is not, since it says nothing about the muscle today.
    """
    found = []
    for answer in record.answers:
        # What hands found counts on its own day: a whole screen may be asked again without a session.
        if answer.day <= as_of and _keeps(answer.fact, record, pathway, hands=answer.day == as_of):
            if answer.state == "cannot_say":
                found.append(_Event(answer.at, answer.day, {}, (answer.fact,)))
                continue
            value = answer.value if answer.state == "answered" else None
            if answer.fact == _DURATION and type(value) is int:
                value += (as_of - answer.day).days  # so long ago it was said; the pain has lasted on
            known = _known({answer.fact: value}, record, pathway)
            found.append(_Event(answer.at, answer.day, {answer.fact: known.get(answer.fact)}))
    for past in record.visits:
        if past.day <= as_of:
            session = next((at for at, one in enumerate(given) if one is past), None)
            hands = session is not None
            told = _known(past.visit.found_today(), record, pathway)
            told = {name: value for name, value in told.items() if _keeps(name, record, pathway, hands=hands)}
            unsure = [name for name in sorted(past.visit.unsure) if _keeps(name, record, pathway, hands=hands)]
            found.append(_Event(past.ended, past.day, told, unsure, session))
    return sorted(found, key=lambda event: event.at)


def _keeps(name: str, record: Record, pathway: Pathway, *, hands: bool) -> bool:
    """Whether an answer of this name may stand in a document; `hands`: also what only hands can find."""
    fact = pathway.vocabulary.facts.get(name)
    if fact is None or fact.stage == "derived" or name in pathway.worked_out or name in record.follows:
        return False
    return hands or fact.group != "palpation"


def _known(answers: Mapping[str, Any], record: Record, pathway: Pathway) -> dict[str, Any]:
    """The answers that the pathway in force understands; another one is as good as not asked, never a fault."""
    facts = pathway.vocabulary.facts
    return {
        name: value
        for name, value in answers.items()
        if value is not None and _keeps(name, record, pathway, hands=True) and facts[name].wrong(value) is None
    }


def _narrowed(clearance: Mapping[str, Any], told: _Told, pathway: Pathway) -> dict[str, Any] | None:
    """The clearance, without the rules of which a sign was told only after it; None where nothing is left of it.

    A document lays a later answer to where the person stood before, the intake or the last session, so that to the
    pathway it would look as if the clinician had known it. A refusal is never narrowed.
    """
    kept = {name: value for name, value in clearance.items() if name != "at"}
    named = [rule for rule in clearance["covers"] if rule == "*" or rule in pathway.rule]
    if clearance["outcome"] == "not_cleared":
        return {**kept, "covers": named or ["*"]}
    fresh = _fresh_signs(clearance.get("at"), told, pathway)
    if fresh:
        named = [rule for rule in (pathway.rule if "*" in named else named) if rule not in fresh]
    return {**kept, "covers": named} if named else None


def _fresh_signs(at: datetime | None, told: _Told, pathway: Pathway) -> frozenset[str]:
    """Ids of the rules of which a sign shows now, by an answer outside a session, that did not show at the moment."""
    if at is None or not any(event.at > at and event.session is None and event.answers for event in told.events):
        return frozenset()
    then: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for event in told.events:
        if event.at <= at:
            _merge(then, event)
        if event.at <= at or event.session is None:
            _merge(now, event)
    conditions = engine_of(pathway).conditions
    return frozenset(
        rule.id
        for rule, node in zip(pathway.rules, conditions, strict=True)
        if any(atom_holds(atom, now) is wanted and atom_holds(atom, then) is not wanted for atom, wanted in signs(node))
    )


def _merge(facts: dict[str, Any], event: _Event) -> None:
    for name, value in event.answers.items():
        if value is None:
            facts.pop(name, None)
        else:
            facts[name] = value
    for name in event.unsure:
        facts.pop(name, None)


def _session(past: Past) -> dict[str, Any]:
    visit = past.visit
    told: dict[str, Any] = {"date": past.day.isoformat(), "techniques": visit.techniques}
    if visit.pain_before is not None:
        told["pain_before"] = visit.pain_before
    if visit.pain_after is not None:
        told["pain_after"] = visit.pain_after
    if visit.minutes:
        told["minutes"] = visit.minutes
    told["facts"] = {}  # filled in the order in which things were told
    return told


def _measures(record: Record, pathway: Pathway, as_of: date) -> list[dict[str, Any]]:
    """All scores up to the day, the newest of a name and day only, with those of the open visit."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for measure in record.measures:
        if measure["date"] <= as_of.isoformat() and measure["name"] in pathway.measures:
            key = (measure["date"], measure["name"])
            found.pop(key, None)
            if not measure.get("taken_back"):
                found[key] = {name: value for name, value in measure.items() if name != "taken_back"}
    if record.today is not None:
        day = as_of.isoformat()
        found.update({(day, told["name"]): told for told in ratings_of(record.today, day)})
    return sorted(found.values(), key=lambda measure: (measure["date"], measure["name"]))


def ratings_of(visit: Visit, day: str) -> Iterable[dict[str, Any]]:
    """The scores of one visit as entries of a document's `measures`."""
    for name, value in visit.ratings.items():
        yield {"date": day, "name": name, "value": value}
    if visit.activities:
        last = max(visit.activities)
        yield {"date": day, "name": "own_activities", "values": [visit.activities.get(at) for at in range(last + 1)]}
