"""What all resources are made of: references, codes, dates, and whose bundle it is."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from palpate.clinic.models import Person, Practice
from palpate.pathway.pathway import Pathway

Row = Mapping[str, Any]
Resource = dict[str, Any]
HL7 = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org"
TABLE = "urn:palpate:table"  # the tag that says from which table of the store a resource was made
_OURS = uuid.UUID("6f0d6f7e-5f0f-4e7f-9f53-0c6a1f2b8a10")


@dataclass
class Bundle:
    """What is known while one bundle is made. `staff` fills up with those who are named in it."""

    person: Person
    practice: Practice
    pathway: Pathway
    staff: set[uuid.UUID] = field(default_factory=set)
    plan_of_item: dict[uuid.UUID, str] = field(default_factory=dict)

    @property
    def subject(self) -> Resource:
        """The person whose record this is."""
        return ref(self.person.pk)

    @property
    def organization(self) -> Resource:
        return ref(self.practice.pk)

    def practitioner(self, id: uuid.UUID | None) -> Resource | None:
        """A member of the staff, who is then in the bundle too."""
        if id is None:
            return None
        self.staff.add(id)
        return ref(id)


def ref(id: Any, display: str = "") -> Resource:
    """A reference to another resource of the bundle."""
    return filled(reference=f"urn:uuid:{id}", display=display)


def ref_or_none(id: Any) -> Resource | None:
    return None if id is None else ref(id)


def part_id(id: Any, part: str) -> str:
    """The id of a second resource that is made of one row: always the same for the same row."""
    return str(uuid.uuid5(_OURS, f"{part} {id}"))


def resource(kind: str, id: Any, table: str, **told: Any) -> Resource:
    """A resource. Takes table: from which it was made; empty where the row has a resource already, or is nobody's."""
    tag = {"meta": {"tag": [{"system": TABLE, "code": table}]}} if table else {}
    return {"resourceType": kind, "id": str(id), **tag, **filled(**told)}


def filled(**told: Any) -> Resource:
    """Only what holds something: FHIR has no empty strings, lists or objects. False and 0 are values."""
    return {name: value for name, value in told.items() if value is not None and value not in ("", [], {})}


def concept(text: str = "", system: str = "", code: str = "", display: str = "") -> Resource:
    """A CodeableConcept: words, with a code where there is one."""
    coding = [filled(system=system, code=code, display=display)] if code else []
    return filled(coding=coding, text=text)


def instant(at: datetime | None) -> str | None:
    """A moment, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(of: date | None) -> str | None:
    return None if of is None else of.isoformat()


def attachment(content: bytes | memoryview, media_type: str, title: str = "", made: datetime | None = None) -> Resource:
    """A file inside a resource."""
    data = base64.b64encode(bytes(content)).decode()
    return filled(contentType=media_type, data=data, title=title, size=len(bytes(content)), creation=instant(made))


def notes(*texts: str) -> list[Resource]:
    """Annotations: one for each text that says something."""
    return [{"text": text} for text in texts if text.strip()]


def value_of(value: Any) -> Resource:
    """A value under the name that FHIR gives to its type: `value[x]` of an Observation or a component."""
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, (int, float)):
        return {"valueQuantity": {"value": value}}
    return {"valueString": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def unknown(code: str) -> Resource:
    """Why there is no value: `asked-unknown`, `not-asked` ... Not asked, no, and cannot say are three things."""
    return concept(system=f"{HL7}data-absent-reason", code=code)
