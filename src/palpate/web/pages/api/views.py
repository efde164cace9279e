"""The calls of the API, version 1. Each takes a `Call` and gives an `Answer`; `guard` has checked key and scope."""

from __future__ import annotations

import json
import uuid
from datetime import UTC
from typing import Any

from django.http import HttpResponse, JsonResponse

from palpate.clinic import appointments, deciding, people
from palpate.clinic import moment as clock
from palpate.clinic.access import keys as rows
from palpate.clinic.models import Appointment, Measure, Person
from palpate.clinic.refusals import BadInput, NotVisible
from palpate.pathway.decision import decide as decide_document
from palpate.pathway.episode import read_episode
from palpate.pathway.faults import Fault, Faults
from palpate.web.page import today_of
from palpate.web.pages.api.guard import Answer, Call, Problem, needs
from palpate.web.pages.api.openapi import description
from palpate.web.pages.api.shapes import Key, day_of, id_of, read
from palpate.web.routes import ClinicRequest

MOST = 100  # rows of one answer
PERSON_KEYS = {
    **{name: Key("text", name == "given_name") for name in people.LONGEST},
    "birth_date": Key("day", needed=True),
}
APPOINTMENT_KEYS = {
    "person": Key("id", needed=True),
    "therapist": Key("id", needed=True),
    "room": Key("id"),
    "episode": Key("id"),
    "starts": Key("instant", needed=True),
    "minutes": Key("whole", needed=True),
}
MEASURE_KEYS = {"date": Key("day"), "name": Key("text", needed=True), "value": Key("any"), "values": Key("any")}


def openapi(request: ClinicRequest) -> HttpResponse:
    """What this API is, for programs that read such descriptions."""
    return JsonResponse(description())


@needs(write="decision:create")
def decide(call: Call) -> Answer:
    """Decides an episode document by the pathway in force. Nothing is stored.

    Whatever goes wrong inside is no decision, and never one to treat (S-64).
    """
    try:
        pathway = deciding.pathway_in_force()
    except (deciding.WrongPathway, Faults, KeyError, ValueError) as fault:
        said = str(fault) if isinstance(fault, deciding.WrongPathway) else "the pathway cannot be read"
        raise Problem(503, f"Not assessed: {said}. No massage on the strength of this answer.") from None
    about = pathway.meaning["pathway"]
    told = dict(decide_document(pathway, call.body).data)
    told["about"] = {"intended_use": about["intended_use"], "limits": about["limits"]}
    return Answer(told)


@needs(read="people:read", write="people:create", once=True, params=("after", "limit"))
def all_people(call: Call) -> Answer:
    """A page of people, in the order of their ids; or one more person."""
    if call.request.method == "POST":
        told = read(call.body, PERSON_KEYS)
        born = told.pop("birth_date")
        person = people.make_person(call.actor, told, born, today_of(call.request))
        call.request.deed.concerns(person)
        return Answer(_person(person), 201)
    after = _id(call, "after") if "after" in call.query else None
    limit = _number(call, "limit", MOST)
    found = rows.people_after(call.actor, "people:read", after, limit)
    call.request.deed.concerns(*found)
    return Answer(
        {"people": [_person(row) for row in found], "next": str(found[-1].pk) if len(found) == limit else None}
    )


@needs(read="people:read")
def one_person(call: Call, person: uuid.UUID) -> Answer:
    """One person's contact data."""
    found = rows.person_of(call.actor, "people:read", person)
    call.request.deed.concerns(found)
    return Answer(_person(found))


@needs(read="decision:read")
def decisions(call: Call, episode: uuid.UUID) -> Answer:
    """The stored decisions of an episode, the newest first, each with the pathway of its day."""
    found = rows.episode_of(call.actor, "decision:read", episode)
    call.request.deed.concerns(found.person)
    told = [
        {
            "number": row.number,
            "at": _instant(row.at),
            "as_of": row.as_of.isoformat(),
            "moment": row.moment,
            "disposition": row.disposition,
            "urgency": row.urgency or None,
            "pathway": {"id": row.pathway, "version": row.pathway_version, "digest": row.digest},
            "engine": row.engine,
            "fault": row.fault or None,
            "decision": json.loads(row.answer) if row.answer else None,
        }
        for row in rows.decisions(found)[:MOST]
    ]
    return Answer({"episode": str(found.pk), "decisions": told})


@needs(read="appointment:read", write="appointment:create", once=True, params=("day",))
def all_appointments(call: Call) -> Answer:
    """The appointments of a day; or one more."""
    if call.request.method == "POST":
        return _book(call, read(call.body, APPOINTMENT_KEYS))
    day = day_of(call.query.get("day", ""))
    if day is None:
        raise Problem(400, "Say which day, as in ?day=2026-03-02.", parameter="day")
    found = rows.appointments_of(call.actor, "appointment:read", day)
    call.request.deed.concerns(*(row.person_id for row in found))
    return Answer({"day": day.isoformat(), "appointments": [_appointment(row) for row in found]})


def _book(call: Call, told: dict[str, Any]) -> Answer:
    scope = "appointment:create"
    person = rows.person_of(call.actor, scope, told["person"])
    therapist = rows.therapist_of(told["therapist"])
    room = rows.room_of(told["room"]) if "room" in told else None
    if therapist is None or ("room" in told and room is None):
        raise NotVisible
    episode = rows.episode_of(call.actor, scope, told["episode"]) if "episode" in told else None
    if episode is not None and episode.person_id != person.pk:
        raise NotVisible
    wish = appointments.Wish(person, therapist, room, told["starts"].astimezone(UTC), told["minutes"], episode)
    try:
        row = appointments.book(wish, call.request.practice.time_zone)
    except appointments.TimeTaken as taken:
        raise Problem(409, taken.message, free=[_instant(instant) for instant in taken.free]) from None
    call.request.deed.concerns(person)
    return Answer(_appointment(row), 201)


@needs(write="measure:create", once=True)
def measures(call: Call, episode: uuid.UUID) -> Answer:
    """One more score of an outcome measure. It is only ever added to: a wrong score is followed by a newer one."""
    found = rows.episode_of(call.actor, "measure:create", episode)
    told = read(call.body, MEASURE_KEYS)
    today = today_of(call.request)
    day = told.get("date", today)
    pathway = deciding.pathway_in_force()
    score = {name: told[name] for name in ("name", "value", "values") if name in told}
    document = {"palpate": 1, "as_of": today.isoformat(), "facts": {}}
    try:  # the pathway's own reader knows each measure's range
        read_episode({**document, "measures": [{"date": day.isoformat(), **score}]}, pathway)
    except Faults as faults:
        raise Faults(Fault(f.code, f.place.replace("$.measures[0]", "$"), f.text) for f in faults.faults) from None
    if "value" not in score and "values" not in score:
        raise BadInput("there is no score in it", "value")
    row = Measure(episode=found, name=told["name"], value=told.get("value"), values=told.get("values"), day=day)
    row.at = clock.now()
    row.save(force_insert=True)
    call.request.deed.concerns(found.person)
    return Answer({"id": str(row.pk), "episode": str(found.pk), "date": day.isoformat(), **score}, 201)


def _person(person: Person) -> dict[str, Any]:
    texts = {name: getattr(person, name) for name in people.LONGEST}
    return {"id": str(person.pk), **texts, "birth_date": person.birth_date.isoformat(), "version": person.version}


def _appointment(row: Appointment) -> dict[str, Any]:
    ids = {name: getattr(row, f"{name}_id") for name in ("person", "therapist", "room", "episode")}
    told = {name: str(id) if id is not None else None for name, id in ids.items()}
    times = {"starts": _instant(row.starts), "ends": _instant(row.ends)}
    return {"id": str(row.pk), **told, **times, "state": row.state, "version": row.version}


def _instant(at: Any) -> str:
    return str(at.astimezone(UTC).isoformat(timespec="seconds")).replace("+00:00", "Z")


def _id(call: Call, name: str) -> uuid.UUID:
    found = id_of(call.query[name])
    if found is None:
        raise Problem(400, f"{name} must be an id.", parameter=name)
    return found


def _number(call: Call, name: str, most: int) -> int:
    text = call.query.get(name, str(most))
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 4 and 1 <= int(text) <= most):
        raise Problem(400, f"{name} must be a whole number from 1 to {most}.", parameter=name)
    return int(text)
