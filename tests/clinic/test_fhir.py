"""A person's record as FHIR R4: whole, with every reference in the bundle, and in the form that the standard asks for
(S-48). The required elements and codes are those of the pages of the resources in FHIR R4 (v4.0.1)."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from palpate.clinic import moment
from palpate.clinic.access.exporting import PERSONAL, rows_of_person
from palpate.clinic.fhir.bundle import person_bundle
from palpate.clinic.fhir.parts import TABLE
from palpate.clinic.models import Answer, Measure, Person
from tests.clinic_world import World
from tests.filled_world import PNG, another, fill

pytestmark = pytest.mark.django_db
# What each resource must hold; a nested element is named by its path, and must be in each element of a list on the way.
REQUIRED = {
    "AdverseEvent": "actuality subject",
    "Appointment": "status participant participant.status participant.actor",
    "AppointmentResponse": "appointment participantStatus actor",
    "AuditEvent": "type type.code recorded agent agent.requestor source source.observer",
    "Basic": "code",
    "CarePlan": "status intent subject activity.detail.status",
    "CareTeam": "subject participant.member",
    "ClinicalImpression": "status subject",
    "Communication": "status",
    "Condition": "clinicalStatus subject code",
    "Consent": "status scope category policyRule patient",
    "DocumentReference": "status content content.attachment content.attachment.data content.attachment.contentType",
    "Encounter": "status class class.code",
    "EpisodeOfCare": "status patient diagnosis.condition",
    "Goal": "lifecycleStatus description subject",
    "Linkage": "item item.type item.resource",
    "Observation": "status code",
    "Organization": "name",
    "Patient": "name birthDate",
    "Practitioner": "name",
    "Provenance": "target recorded agent agent.who",
    "QuestionnaireResponse": "status item.linkId",
    "ServiceRequest": "status intent subject",
}
CODES = {
    "AdverseEvent.actuality": "actual potential",
    "Appointment.status": "proposed pending booked arrived fulfilled cancelled noshow waitlist",
    "AppointmentResponse.participantStatus": "accepted declined tentative needs-action",
    "AuditEvent.action": "C R U D E",
    "AuditEvent.outcome": "0 4 8 12",
    "CarePlan.status": "draft active on-hold revoked completed",
    "CarePlan.intent": "proposal plan order option",
    "CareTeam.status": "proposed active suspended inactive",
    "ClinicalImpression.status": "in-progress completed entered-in-error",
    "Communication.status": "preparation in-progress not-done on-hold stopped completed",
    "Consent.status": "draft proposed active rejected inactive",
    "DocumentReference.status": "current superseded",
    "Encounter.status": "planned arrived triaged in-progress onleave finished cancelled",
    "EpisodeOfCare.status": "planned waitlist active onhold finished cancelled",
    "Goal.lifecycleStatus": "proposed planned accepted active on-hold completed cancelled",
    "Observation.status": "registered preliminary final amended corrected cancelled",
    "QuestionnaireResponse.status": "in-progress completed amended stopped",
    "ServiceRequest.status": "draft active on-hold revoked completed",
    "ServiceRequest.intent": "proposal plan directive order",
    "ServiceRequest.priority": "routine urgent asap stat",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
INSTANTS = {"recorded", "issued", "created", "sent", "authored", "recordedDate", "timestamp", "verificationDate"}
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def bundle_of(world: World) -> dict[str, Any]:
    told = b"".join(person_bundle(world.person, world.practice, moment.now()))
    found: dict[str, Any] = json.loads(told)
    return found


def resources(bundle: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [one for one in found if not kind or one["resourceType"] == kind]


def counted(bundle: dict[str, Any]) -> Counter[str]:
    """How many rows of each table stand in a bundle; in two kinds of resources each part is a row."""
    found: Counter[str] = Counter()
    for one in resources(bundle):
        for tag in one.get("meta", {}).get("tag", ()):
            parts = {"Answer": "item", "PlanItem": "activity"}.get(tag["code"])
            found[tag["code"]] += len(one[parts]) if parts else 1
    return found


def walked(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every element of a resource with its path."""
    yield path, node
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from walked(inner, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        for inner in node:
            yield from walked(inner, path)


def missing(node: Any, steps: list[str]) -> bool:
    """Whether a required element is missing; optional parents may be absent, and lists are looked into."""
    if isinstance(node, list):
        return any(missing(inner, steps) for inner in node)
    if not steps:
        return False
    if steps[0] not in node:
        return len(steps) == 1
    return missing(node[steps[0]], steps[1:])


def faults(bundle: dict[str, Any]) -> list[str]:
    """What is wrong with the form of a bundle."""
    found = []
    names = {entry["fullUrl"] for entry in bundle["entry"]}
    if len(names) != len(bundle["entry"]):
        found.append("two entries have one name")
    for entry in bundle["entry"]:
        one = entry["resource"]
        kind = one["resourceType"]
        if entry["fullUrl"] != f"urn:uuid:{one['id']}":
            found.append(f"{kind}: its address is not its id")
        if kind not in REQUIRED:
            found.append(f"{kind}: nobody has said what it must hold")
            continue
        found += [f"{kind}.{path} is missing" for path in REQUIRED[kind].split() if missing(one, path.split("."))]
        for path, value in walked(one):
            last = path.rpartition(".")[2]
            allowed = CODES.get(f"{kind}.{path}")
            if allowed is not None and value not in allowed.split():
                found.append(f"{kind}.{path}: {value!r}")
            if value is None or value in ("", [], {}):
                found.append(f"{kind}.{path} is empty")
            if last == "reference" and value not in names:
                found.append(f"{kind}.{path}: {value} is not in the bundle")
            if last in INSTANTS and not INSTANT.fullmatch(str(value)):
                found.append(f"{kind}.{path}: {value!r} is no instant")
            if last in ("birthDate", "onsetDateTime") and not DAY.fullmatch(str(value)):
                found.append(f"{kind}.{path}: {value!r} is no day")
            if last.startswith("value") and isinstance(value, dict) and last == "valueQuantity":
                found += [f"{kind}.{path} has no number"] if not isinstance(value.get("value"), (int, float)) else []
    return found


def test_s48_a_bundle_holds_every_row_of_every_table_about_the_person_and_nobody_elses(world: World) -> None:
    fill(world)
    another(world, world.colleague, "Cleo")
    bundle = bundle_of(world)
    stored = {name: rows_of_person(world.person, name).count() for name in PERSONAL}
    assert all(stored.values()), stored
    assert dict(counted(bundle)) == stored
    parts = [part for one in resources(bundle) for name in ("item", "activity") for part in one.get(name, ())]
    ids = {one["id"] for one in [*resources(bundle), *parts] if "id" in one}
    for name in PERSONAL:
        if name != "AuditRow":
            assert {str(row.pk) for row in rows_of_person(world.person, name)} <= ids, name
    assert "Cleo" not in json.dumps(bundle)


def test_s48_every_table_that_leads_to_a_person_is_looked_at() -> None:
    """A new table is found here by its foreign keys, however many steps they are from a person."""
    near = {"Person"}
    while True:
        more = {
            model.__name__
            for model in apps.get_app_config("clinic").get_models()
            for field in model._meta.concrete_fields
            if field.related_model is not None and field.related_model.__name__ in near
        }
        if more <= near:
            break
        near |= more
    assert near | {"AuditRow"} == set(PERSONAL)


def test_s48_a_bundle_has_the_form_of_fhir_r4(world: World) -> None:
    fill(world)
    bundle = bundle_of(world)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert INSTANT.fullmatch(bundle["timestamp"])
    assert not faults(bundle)


def test_the_check_of_the_form_finds_what_is_wrong(world: World) -> None:
    fill(world)
    bundle = bundle_of(world)
    spoilt = json.loads(json.dumps(bundle))
    for one in resources(spoilt):
        if one["resourceType"] == "Encounter":
            one["status"] = "over"
            del one["class"]
        if one["resourceType"] == "Appointment":
            del one["participant"][0]["status"]
            one["created"] = "2026-03-02"
    spoilt["entry"] = [entry for entry in spoilt["entry"] if entry["resource"]["resourceType"] != "EpisodeOfCare"]
    said = " ".join(faults(spoilt))
    for word in ("Encounter.class is missing", "'over'", "Appointment.participant.status is missing", "no instant",
                 "is not in the bundle"):  # fmt: skip
        assert word in said, word


def test_s25_not_asked_no_and_cannot_say_stay_three_things(world: World) -> None:
    from palpate.clinic.acts import act

    with act(world.actor(world.therapist), "tests", "answers", change=True):
        told = (
            ("fever_or_chills", "answered", False),
            ("night_pain", "cannot_say", None),
            ("cough", "not_asked", None),
        )
        for number, (fact, state, value) in enumerate(told):
            Answer(
                episode=world.episode,
                fact=fact,
                state=state,
                value=value,
                day=world.day,
                at=moment.now(),
                number=number,
            ).save()
        Measure(episode=world.episode, name="pain_nrs", value=0, day=world.day, at=moment.now()).save()
        Measure(episode=world.episode, name="pain_nrs", taken_back=True, day=world.day, at=moment.now()).save()
    bundle = bundle_of(world)
    given = [item["answer"] for one in resources(bundle, "QuestionnaireResponse") for item in one["item"]]
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    assert [{"valueBoolean": False}] in given
    assert [{"valueCoding": {"system": system, "code": "asked-unknown"}}] in given
    assert [{"valueCoding": {"system": system, "code": "not-asked"}}] in given
    scores = {one["status"]: one for one in resources(bundle, "Observation")}
    assert scores["final"]["valueQuantity"]["value"] == 0
    assert scores["final"]["code"]["coding"][0]["code"] == "72514-3"
    assert "valueQuantity" not in scores["cancelled"]


def test_what_was_written_and_filed_is_in_the_bundle_and_no_diagnosis_is(world: World) -> None:
    fill(world)
    bundle = bundle_of(world)
    papers = {one["type"].get("text"): one for one in resources(bundle, "DocumentReference")}
    note = base64.b64decode(papers["Progress note"]["content"][0]["attachment"]["data"]).decode()
    assert "Better" in note
    assert "Go on" in note
    filed = papers["Letter"]["content"][0]["attachment"]
    assert (base64.b64decode(filed["data"]), filed["contentType"], filed["size"]) == (PNG, "image/png", len(PNG))
    (condition,) = resources(bundle, "Condition")
    assert condition["code"] == {"text": "Stiff low back"}
    assert any("overruled" in one.get("summary", "") for one in resources(bundle, "ClinicalImpression"))
    text = json.dumps(bundle)
    for secret in ("secret_hash", "password"):
        assert secret not in text


def test_a_person_of_whom_hardly_anything_is_known_has_a_sound_bundle_too(world: World) -> None:
    person = Person.objects.get(pk=world.other.pk)
    bundle = json.loads(b"".join(person_bundle(person, world.practice, moment.now())))
    assert not faults(bundle)
    tags = {tag["code"] for one in resources(bundle) for tag in one.get("meta", {}).get("tag", ())}
    assert {"Person", "CareTeam"} <= tags
    assert all(tag["system"] == TABLE for one in resources(bundle) for tag in one.get("meta", {}).get("tag", ()))
