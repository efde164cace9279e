"""The bundle: every row of every table about one person, a page at a time, as resources that only name each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from palpate.clinic.access import exporting as tables
from palpate.clinic.access.exporting import PERSONAL, OneMoment
from palpate.clinic.access.practice import users
from palpate.clinic.fhir import around, clinical, judged
from palpate.clinic.fhir.parts import Bundle, Resource, filled, instant, part_id, resource
from palpate.clinic.models import Person, Practice
from palpate.clinic.publishing import in_force
from palpate.library import DEFAULT, load_pathway

MEDIA_TYPE = "application/fhir+json"
ONE_BY_ONE = clinical.ONE_BY_ONE | judged.ONE_BY_ONE | around.ONE_BY_ONE
TOGETHER = clinical.TOGETHER | judged.TOGETHER


def person_bundle(person: Person, practice: Practice, at: datetime) -> Iterator[bytes]:
    """Everything about one person as a FHIR R4 Bundle, type collection, in pieces.

    Each row of the store is in one resource, tagged with its table; answers of one moment, and the parts of one plan,
    stand together in one. A table without a resource of its own in FHIR comes as Basic, with its whole row.
    """
    with OneMoment():
        head = {
            "resourceType": "Bundle",
            "id": part_id(person.pk, f"bundle {at.isoformat()}"),
            "type": "collection",
            "timestamp": instant(at),
        }
        yield (json.dumps(head)[:-1] + ', "entry": [').encode()
        for number, one in enumerate(_resources(person, practice)):
            entry = {"fullUrl": f"urn:uuid:{one['id']}", "resource": one}
            yield (("," if number else "") + "\n" + json.dumps(entry, ensure_ascii=False, allow_nan=False)).encode()
        yield b"\n]}\n"


def _resources(person: Person, practice: Practice) -> Iterator[Resource]:
    of = Bundle(person, practice, in_force().pathway or load_pathway(DEFAULT))
    for name in PERSONAL:
        rows = tables.in_pages(tables.rows_of_person(person, name), name)
        if name in TOGETHER:
            yield from TOGETHER[name](rows, of)
            continue
        mapped = ONE_BY_ONE.get(name) or around.basic(name)
        for row in rows:
            yield from mapped(row, of)
    yield resource(
        "Organization", practice.pk, "", active=True, name=practice.name,
        telecom=[filled(system="phone", value=practice.phone)] if practice.phone else [],
        address=[{"text": practice.address}] if practice.address else [],
    )  # fmt: skip
    for user in users().filter(pk__in=of.staff):
        yield resource(
            "Practitioner", user.pk, "", active=user.is_active, name=[{"text": user.name}],
            qualification=[{"code": {"text": user.title}}] if user.title else [],
        )  # fmt: skip
