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
from palpate.pathway.pathway import Pathway


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
    """All that a document is made from. Lists are oldest first."""

    id: str
    birth_date: date
    onset: date | None
    protocol: str
    answers: Sequence[Given]
    visits: Sequence[Past]
    measures: Sequence[Mapping[str, Any]]
    clearances: Sequence[Mapping[str, Any]]
    today: Visit | None = None  # the visit that is open now


def document_of(record: Record, pathway: Pathway, moment: str, as_of: date) -> dict[str, Any]:
    """The document for a decision at `moment` on `as_of`.

    Answers of before the first session are the intake's. A later answer, a telephone call say, belongs to what stood
    after the session before it, or to today.
    """
    vocabulary = pathway.vocabulary.facts
    given = [past for past in record.visits if past.given and past.day <= as_of]
    intake: dict[str, Any] = {}
    unsure: set[str] = set()
    today: dict[str, Any] = {}
    sessions = [_session(past) for past in given]
    for answer in _in_order(record, pathway, as_of):
        over = [at for at, past in enumerate(given) if past.ended <= answer.at]
        fresh = answer.day == as_of and moment != "intake" and not any(past.ended > answer.at for past in given)
        home = today if fresh else sessions[over[-1]]["facts"] if over else intake
        unsure.discard(answer.fact)
        if answer.state == "answered":
            home[answer.fact] = answer.value
            continue
        # Taken back, or no longer sure: what was answered earlier stands nowhere any more.
        for place in (today, intake, *(sessions[at]["facts"] for at in over)):
            place.pop(answer.fact, None)
        if answer.state == "cannot_say":
            unsure.add(answer.fact)
    document: dict[str, Any] = {
        "palpate": 1,
        "id": record.id,
        "as_of": as_of.isoformat(),
        "moment": moment,
        "person": {"birth_date": record.birth_date.isoformat()},
        "facts": intake,
    }
    if record.onset:
        document["onset"] = record.onset.isoformat()
    if record.protocol:
        document["protocol"] = record.protocol
    if moment != "intake":
        if record.today is not None:
            today.update(record.today.found_today())
            unsure = {name for name in unsure if name not in today} | record.today.unsure
        for name in unsure:
            for place in (today, intake, *(session["facts"] for session in sessions)):
                place.pop(name, None)
        if today or (record.today is not None and record.today.unchanged):
            document["today"] = {"facts": dict(sorted(today.items()))}
            if record.today is not None and record.today.unchanged:
                document["today"]["unchanged"] = True
        elif moment == "session":
            document["today"] = {"facts": {}}
    document["facts"] = dict(sorted(intake.items()))
    document["unsure"] = sorted(unsure)
    document["sessions"] = sessions
    document["measures"] = _measures(record, as_of)
    document["clearances"] = [dict(clearance) for clearance in record.clearances if clearance["date"] <= document["as_of"]]
    return document


def _in_order(record: Record, pathway: Pathway, as_of: date) -> list[Given]:
    """All answers up to the day, oldest first.

    What people said in a visit that ended without massage is among them, or it would be lost: such a visit is no
    session of the document. What the hands found then is not, since it says nothing about the muscle today.
    """
    vocabulary = pathway.vocabulary.facts
    found = list(record.answers)
    for past in record.visits:
        if not past.given:
            told = past.visit.found_today().items()
            found += [Given(name, "answered", value, past.day, past.ended) for name, value in told]
        found += [Given(name, "cannot_say", None, past.day, past.ended) for name in past.visit.unsure]
    kept = [one for one in found if one.fact in vocabulary and vocabulary[one.fact].group != "palpation"]
    return sorted((one for one in kept if one.day <= as_of), key=lambda one: one.at)


def _session(past: Past) -> dict[str, Any]:
    visit = past.visit
    told: dict[str, Any] = {"date": past.day.isoformat(), "techniques": visit.techniques}
    if visit.pain_before is not None:
        told["pain_before"] = visit.pain_before
    if visit.pain_after is not None:
        told["pain_after"] = visit.pain_after
    if visit.minutes:
        told["minutes"] = visit.minutes
    told["facts"] = dict(sorted(visit.found_today().items()))
    return told


def _measures(record: Record, as_of: date) -> list[dict[str, Any]]:
    """All scores up to the day, the newest of a name and day only, with those of the open visit."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for measure in record.measures:
        if measure["date"] <= as_of.isoformat():
            key = (measure["date"], measure["name"])
            found.pop(key, None)
            if not measure.get("taken_back"):
                found[key] = {name: value for name, value in measure.items() if name != "taken_back"}
    if record.today is not None:
        day = as_of.isoformat()
        for told in ratings_of(record.today, day):
            found[(day, told["name"])] = told
    return sorted(found.values(), key=lambda measure: (measure["date"], measure["name"]))


def ratings_of(visit: Visit, day: str) -> Iterable[dict[str, Any]]:
    """The scores of one visit as entries of a document's `measures`."""
    for name, value in visit.ratings.items():
        yield {"date": day, "name": name, "value": value}
    if visit.activities:
        last = max(visit.activities)
        yield {"date": day, "name": "own_activities", "values": [visit.activities.get(at) for at in range(last + 1)]}
