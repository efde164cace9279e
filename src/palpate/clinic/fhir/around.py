"""Rows around the care as FHIR: the person, appointments, files, what came by telephone, messages, the trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from palpate.clinic.exporting import json_of
from palpate.clinic.fhir.clinical import document
from palpate.clinic.fhir.parts import (
    HL7,
    Bundle,
    Resource,
    Row,
    attachment,
    concept,
    day,
    filled,
    instant,
    notes,
    part_id,
    ref,
    resource,
)

APPOINTMENT = {
    "booked": "booked", "arrived": "arrived", "done": "fulfilled", "cancelled": "cancelled", "no_show": "noshow",
}  # fmt: skip
HELD = {"held": "proposed", "booked": "booked", "dropped": "cancelled"}
WAITING = {"waiting": "waitlist", "booked": "booked", "gone": "cancelled"}
OFFER = {"made": "proposed", "taken": "booked", "refused": "cancelled", "lapsed": "cancelled"}
MESSAGE = {
    "waiting": "preparation", "sent": "completed", "failed": "not-done", "dropped": "not-done", "withdrawn": "stopped",
}  # fmt: skip


def patient(row: Row, of: Bundle) -> Iterator[Resource]:
    """Patient: the person, and each record that was merged into theirs."""
    ways = [filled(system="phone", value=row["phone"]), filled(system="email", value=row["email"])]
    yield resource(
        "Patient",
        row["id"],
        "Person",
        active=row["merged_into_id"] is None,
        name=[filled(given=[row["given_name"]] if row["given_name"] else [], family=row["family_name"])],
        birthDate=day(row["birth_date"]),
        telecom=[way for way in ways if "value" in way],
        address=[{"text": row["address"]}] if row["address"] else [],
        contact=[{"name": {"text": row["emergency_contact"]}}] if row["emergency_contact"] else [],
        generalPractitioner=[{"display": row["doctor"]}] if row["doctor"] else [],
        communication=[{"language": concept(row["language"], "urn:ietf:bcp:47", row["language"])}],
        managingOrganization=of.organization,
        link=[{"other": ref(row["merged_into_id"]), "type": "replaced-by"}] if row["merged_into_id"] else [],
        extension=[{"url": "urn:palpate:contact-by", "valueString": row["contact_by"]}] if row["contact_by"] else [],
    )


def care_team(row: Row, of: Bundle) -> Iterator[Resource]:
    yield resource(
        "CareTeam", row["id"], "CareTeam", status="active", subject=of.subject,
        period=filled(start=instant(row["since"])),
        participant=[{"member": of.practitioner(row["therapist_id"])}],
    )  # fmt: skip


def merge(row: Row, of: Bundle) -> Iterator[Resource]:
    """Linkage: two records of one human being."""
    yield resource(
        "Linkage", row["id"], "Merge", active=row["undone"] is None, author=of.practitioner(row["by_id"]),
        item=[
            {"type": "source", "resource": ref(row["kept_id"])},
            {"type": "alternate", "resource": ref(row["given_up_id"])},
        ],
    )  # fmt: skip


def appointment(row: Row, of: Bundle) -> Iterator[Resource]:
    yield _appointment(
        row, of, "Appointment", APPOINTMENT[row["state"]], row["ends"], created=instant(row["created"]),
        comment=row["ahead_why"],
    )  # fmt: skip


def held(row: Row, of: Bundle) -> Iterator[Resource]:
    """Appointment that was proposed for a later session of the course."""
    yield _appointment(row, of, "HeldSession", HELD[row["state"]], row["ends"], created=instant(row["made"]))


def offer(row: Row, of: Bundle) -> Iterator[Resource]:
    """Appointment that was offered to somebody who waits."""
    ends = row["starts"] + timedelta(minutes=row["minutes"])
    yield _appointment(row, of, "Offer", OFFER[row["state"]], ends, created=instant(row["made"]))


def _appointment(row: Row, of: Bundle, table: str, status: str, ends: Any, **more: Any) -> Resource:
    return resource(
        "Appointment", row["id"], table, status=status, start=instant(row["starts"]), end=instant(ends),
        participant=_both(of, row["therapist_id"]), **more,
    )  # fmt: skip


def _both(of: Bundle, therapist: Any) -> list[Resource]:
    who = [of.subject, of.practitioner(therapist)]
    return [{"actor": one, "status": "accepted"} for one in who if one is not None]


def waiting(row: Row, of: Bundle) -> Iterator[Resource]:
    """Appointment that is waited for: no time yet, but days between which one would do."""
    hours = [f"{name} {row[name].isoformat()}" for name in ("earliest", "latest") if row[name]]
    days = [f"weekdays {', '.join(map(str, row['weekdays']))}"] if row["weekdays"] else []
    state = WAITING[row["state"]]
    yield resource(
        "Appointment", row["id"], "Waiting", status="cancelled" if state == "booked" else state,
        minutesDuration=row["minutes"], created=instant(row["created"]),
        requestedPeriod=[{"start": day(row["since"]), "end": day(row["until"])}],
        participant=_both(of, row["therapist_id"]), comment="; ".join(hours + days),
    )  # fmt: skip


def upload(row: Row, of: Bundle) -> Iterator[Resource]:
    """DocumentReference with the file as it came in."""
    content = attachment(row["content"], row["media_type"], row["title"], row["at"])
    yield document(row["id"], "Upload", of, row["title"] or "file", row["at"], content, row["by_id"])


def sent(row: Row, of: Bundle) -> Iterator[Resource]:
    """QuestionnaireResponse: what came by telephone beside the answers."""
    items = [
        {"linkId": name, "answer": [{"valueString": value if isinstance(value, str) else json.dumps(value)}]}
        for name, value in row["told"].items()
    ]
    yield resource(
        "QuestionnaireResponse", row["id"], "PhoneSent", status="completed", language=row["language"],
        subject=of.subject, source=of.subject, authored=instant(row["at"]), item=items,
    )  # fmt: skip


def seen(row: Row, of: Bundle) -> Iterator[Resource]:
    """Provenance: a therapist confirmed what was sent."""
    yield resource(
        "Provenance", row["id"], "PhoneSeen", target=[ref(row["sent_id"])], recorded=instant(row["at"]),
        activity=concept("confirmed as told"), agent=[{"who": of.practitioner(row["by_id"])}],
    )  # fmt: skip


def wish(row: Row, of: Bundle) -> Iterator[Resource]:
    """AppointmentResponse: the person asked to move or to cancel."""
    yield resource(
        "AppointmentResponse", row["id"], "Wish", appointment=ref(row["appointment_id"]), actor=of.subject,
        participantStatus="declined" if row["what"] == "cancel" else "tentative",
        comment=f"{row['what']}, asked {instant(row['at'])}"
        + (f", answered {instant(row['done'])}" if row["done"] else ""),
    )  # fmt: skip


def message(row: Row, of: Bundle) -> Iterator[Resource]:
    """Communication: what was sent, or was to be. Its words are not kept."""
    about = [ref(row["appointment_id"])] if row["appointment_id"] else []
    yield resource(
        "Communication", row["id"], "Message", status=MESSAGE[row["state"]],
        statusReason=concept(row["reason"]) or None, category=[concept(row["kind"])],
        medium=[concept(row["channel"])] if row["channel"] else [], subject=of.subject, recipient=[of.subject],
        sender=of.organization, sent=instant(row["sent"]), about=about,
    )  # fmt: skip


def call(row: Row, of: Bundle) -> Iterator[Resource]:
    """Communication: a call."""
    yield resource(
        "Communication", row["id"], "Call", status="completed" if row["outcome"] == "reached" else "not-done",
        statusReason=concept(row["outcome"]), medium=[concept("telephone")], subject=of.subject,
        recipient=[of.subject], sender=of.practitioner(row.get("by_id")), sent=instant(row["at"]),
        note=notes(str(row.get("note", ""))), about=[ref(row["message_id"])] if row["message_id"] else [],
    )  # fmt: skip


DICOM = "http://dicom.nema.org/resources/ontology/DCM"


def glass(row: Row, of: Bundle) -> Iterator[Resource]:
    """AuditEvent: somebody outside the care team looked in, and why."""
    yield resource(
        "AuditEvent", row["id"], "BreakGlass", type={"system": DICOM, "code": "110113", "display": "Security Alert"},
        action="R", recorded=instant(row["opened"]), purposeOfEvent=[concept(row["reason"])],
        period=filled(start=instant(row["opened"]), end=instant(row["until"])),
        agent=[{"who": of.practitioner(row["therapist_id"]), "requestor": True}],
        source={"observer": of.organization}, entity=[{"what": of.subject}],
    )  # fmt: skip


def trail(row: Row, of: Bundle) -> Iterator[Resource]:
    """AuditEvent: one row of the trail about the person."""
    yield resource(
        "AuditEvent", part_id(row["number"], "trail"), "AuditRow",
        type={"system": f"{HL7}audit-event-type", "code": "rest"},
        subtype=[filled(system="urn:palpate:deed", code=row["deed"], display=row["category"])],
        action="U" if row["change"] else "R", recorded=instant(row["at"]),
        outcome="0" if row["outcome"] == "done" else "4", outcomeDesc=row["outcome"],
        purposeOfEvent=[concept(row["why"])] if row["why"] else [],
        agent=[filled(altId=row["actor"], role=[concept(role) for role in row["roles"].split()], requestor=True)],
        source={"observer": of.organization}, entity=[{"what": of.subject}],
    )  # fmt: skip


def basic(table: str) -> Callable[[Row, Bundle], Iterator[Resource]]:
    """Basic, with the whole row: for tables that FHIR has no resource for."""

    def mapped(row: Row, of: Bundle) -> Iterator[Resource]:
        yield resource(
            "Basic", row["id"], table, code=concept(table), subject=of.subject,
            extension=[{"url": "urn:palpate:row", "valueString": json_of(row)}],
        )  # fmt: skip

    return mapped


ONE_BY_ONE: dict[str, Callable[[Row, Bundle], Iterator[Resource]]] = {
    "Person": patient,
    "CareTeam": care_team,
    "BreakGlass": glass,
    "Merge": merge,
    "Appointment": appointment,
    "HeldSession": held,
    "Waiting": waiting,
    "Offer": offer,
    "Upload": upload,
    "PhoneSent": sent,
    "PhoneSeen": seen,
    "Wish": wish,
    "Message": message,
    "Call": call,
    "AuditRow": trail,
}
