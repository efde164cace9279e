"""What was decided, written and planned, as FHIR: decisions, clearances, letters, the plan, adverse events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

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
    ref_or_none,
    resource,
)

SEVERITY = {"mild": "mild", "moderate": "moderate", "serious": "severe"}


def decision(row: Row, of: Bundle) -> Iterator[Resource]:
    """ClinicalImpression: what the pathway said, with its reasons; the exact bytes of document and answer beside it."""
    said = json.loads(row["answer"]) if row["answer"] else {}
    found = [*said.get("reasons", ()), *said.get("precautions", ())]
    paper = part_id(row["id"], "bytes")
    yield resource(
        "ClinicalImpression",
        row["id"],
        "Decision",
        status="completed",
        code=concept("decision of a care pathway"),
        description=f"{row['pathway']} {row['pathway_version']} ({row['digest']}), moment {row['moment']}",
        subject=of.subject,
        encounter=ref_or_none(row["session_id"]),
        effectiveDateTime=day(row["as_of"]),
        date=instant(row["at"]),
        assessor=of.practitioner(row["by_id"]),
        previous=ref_or_none(row["corrects_id"]),
        summary=f"{row['disposition']}: {said.get('summary') or row['fault'] or 'nothing could be decided'}",
        finding=[{"itemCodeableConcept": concept(str(one["because"]))} for one in found if one.get("because")],
        supportingInfo=[ref(paper)],
        note=notes(row["why"]),
    )
    whole = json.dumps({"document": row["document"], "answer": row["answer"], "settings": row["settings"]})
    yield document(
        paper, "", of, "Document and answer of a decision", row["at"], attachment(whole.encode(), "application/json")
    )


def override(row: Row, of: Bundle) -> Iterator[Resource]:
    """ClinicalImpression of the professional who went another way."""
    yield _impression(
        row, of, "Override", f"overruled: {row['does']}", notes(row["reason"], row["by_name"]),
        previous=ref(row["decision_id"]), date=instant(row["at"]), assessor=of.practitioner(row["by_id"]),
    )  # fmt: skip


def clearance(row: Row, of: Bundle) -> Iterator[Resource]:
    """ClinicalImpression of the clinician who examined."""
    until = f"valid until {row['valid_until']}" if row["valid_until"] else ""
    yield _impression(
        row, of, "Clearance", row["outcome"],
        notes(f"by {row['clinician']}", f"covers {', '.join(row['covers'])}", row["limits"], until, row["why"]),
        effectiveDateTime=day(row["day"]), date=instant(row["at"]), previous=ref_or_none(row["takes_back_id"]),
        supportingInfo=[ref(row["letter_id"])] if row["letter_id"] else [],
    )  # fmt: skip


def _impression(row: Row, of: Bundle, table: str, summary: str, said: list[Resource], **more: Any) -> Resource:
    return resource(
        "ClinicalImpression", row["id"], table, status="completed", code=concept(table.lower()), subject=of.subject,
        summary=summary, note=said, **more,
    )  # fmt: skip


def letter(row: Row, of: Bundle) -> Iterator[Resource]:
    """DocumentReference with what the letter says; a referral is a ServiceRequest too."""
    content = attachment(json.dumps(row["data"], ensure_ascii=False).encode(), "application/json", row["kind"])
    yield document(row["id"], "Letter", of, row["kind"], row["made"], content, row["by_id"])
    if row["kind"] not in ("referral", "urgent_handover", "next_treatment"):
        return
    status = "completed" if row["answered"] else "revoked" if row["closed"] else "active"
    urgent = {"now": "stat", "same_day": "asap"}.get(row["urgency"], "routine")
    yield resource(
        "ServiceRequest",
        part_id(row["id"], "request"),
        "",
        status=status,
        intent="order",
        priority=urgent,
        code=concept(row["kind"]),
        subject=of.subject,
        authoredOn=instant(row["made"]),
        requester=of.practitioner(row["by_id"]),
        performer=[{"display": row["to"]}] if row["to"] else [],
        reasonReference=[ref(part_id(row["episode_id"], "condition"))],
        supportingInfo=[ref(row["id"])],
        note=notes(row["urgency"], row["closed_why"]),
    )


def plan(rows: Iterable[Row], of: Bundle) -> Iterator[Resource]:
    """A CarePlan for each episode; each activity has the id of its row."""
    ordered = sorted(rows, key=lambda row: (str(row["episode_id"]), row["created"], str(row["id"])))
    for episode_id, group in groupby(ordered, key=lambda row: row["episode_id"]):
        id = part_id(episode_id, "plan")
        told = list(group)
        of.plan_of_item |= {row["id"]: id for row in told}
        yield resource(
            "CarePlan",
            id,
            "PlanItem",
            status="active" if any(row["active"] for row in told) else "completed",
            intent="plan",
            subject=of.subject,
            addresses=[ref(part_id(episode_id, "condition"))],
            activity=[{"id": str(row["id"]), "detail": _activity(row)} for row in told],
        )


def _activity(row: Row) -> Resource:
    return filled(
        status="in-progress" if row["active"] else "stopped",
        code=concept(row["part"]),
        description=", ".join(text for text in (row["what"], row["item"]) if text),
        scheduledString=row["how_often"],
        performer=[{"display": row["who"]}] if row["who"] else [],
    )


def tick(row: Row, of: Bundle) -> Iterator[Resource]:
    """Observation: whether a part of the plan was done."""
    yield resource(
        "Observation",
        row["id"],
        "PlanTick",
        status="final",
        basedOn=[ref(of.plan_of_item[row["item_id"]])],
        code=concept("part of the plan done"),
        subject=of.subject,
        effectiveDateTime=day(row["day"]),
        issued=instant(row["at"]),
        valueString=row["done"],
    )


def adverse(row: Row, of: Bundle) -> Iterator[Resource]:
    """AdverseEvent: what went wrong, how badly, what was done."""
    serious = row["severity"] == "serious"
    yield resource(
        "AdverseEvent",
        row["id"],
        "AdverseEvent",
        actuality="actual",
        event=concept("\n".join(text for text in (row["what"], row["action"], row["outcome"]) if text)),
        subject=of.subject,
        encounter=ref_or_none(row["session_id"]),
        date=day(row["began"]),
        recordedDate=instant(row["at"]),
        seriousness=concept(system=f"{HL7}adverse-event-seriousness", code="serious" if serious else "non-serious"),
        severity=concept(system=f"{HL7}adverse-event-severity", code=SEVERITY[row["severity"]]),
        outcome=concept(system=f"{HL7}adverse-event-outcome", code="resolved" if row["settled"] else "ongoing"),
        recorder=of.practitioner(row["by_id"]),
    )


ONE_BY_ONE: dict[str, Callable[[Row, Bundle], Iterator[Resource]]] = {
    "Decision": decision,
    "Override": override,
    "Clearance": clearance,
    "Letter": letter,
    "PlanTick": tick,
    "AdverseEvent": adverse,
}
TOGETHER: dict[str, Callable[[Iterable[Row], Bundle], Iterator[Resource]]] = {"PlanItem": plan}
