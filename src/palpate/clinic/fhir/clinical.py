"""Rows of the care itself as FHIR: episodes, consents, answers, measures, sessions, notes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from palpate.clinic.fhir.parts import (
    HL7,
    LOINC,
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
    unknown,
    value_of,
)
from palpate.show.words import fact_label

PAIN = ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")  # LOINC, for pain of the last week
PROGRESS_NOTE, CONSENT = ("11506-3", "Progress note"), ("59284-0", "Consent Document")  # LOINC


def episode(row: Row, of: Bundle) -> Iterator[Resource]:
    """EpisodeOfCare; the complaint as a Condition in the person's own words, never with the code of a diagnosis."""
    open_one = row["state"] == "open"
    condition = part_id(row["id"], "condition")
    yield resource(
        "EpisodeOfCare",
        row["id"],
        "Episode",
        status="active" if open_one else "finished",
        patient=of.subject,
        managingOrganization=of.organization,
        careManager=of.practitioner(row["therapist_id"]),
        period=filled(start=instant(row["opened"]), end=instant(row["closed"])),
        diagnosis=[{"condition": ref(condition)}],
    )
    yield resource(
        "Condition",
        condition,
        "",
        clinicalStatus=concept(system=f"{HL7}condition-clinical", code="active" if open_one else "inactive"),
        category=[concept("complaint", f"{HL7}condition-category", "problem-list-item")],
        code=concept(row["complaint"] or "back pain"),
        subject=of.subject,
        onsetDateTime=day(row["onset"]),
        recordedDate=instant(row["opened"]),
        note=notes(row["closed_why"]),
    )
    for number, text in enumerate([row["goals"], *map(str, row["activities"])]):
        if text:
            yield resource(
                "Goal",
                part_id(row["id"], f"goal {number}"),
                "",
                lifecycleStatus="active" if open_one else "completed",
                description=concept(text),
                subject=of.subject,
                addresses=[ref(condition)],
            )


def consent(row: Row, of: Bundle) -> Iterator[Resource]:
    """Consent: the words that were shown and who signed; a withdrawal is one of its own that permits nothing."""
    withdrawal = row["withdraws_id"] is not None
    words = "\n\n".join(text for text in (row["text"], row["why"]) if text)
    yield resource(
        "Consent",
        row["id"],
        "Consent",
        status="inactive" if withdrawal else "active",
        scope=concept(system=f"{HL7}consentscope", code="treatment"),
        category=[concept(row["kind"], LOINC, *CONSENT)],
        patient=of.subject,
        dateTime=instant(row["at"]),
        organization=[of.organization],
        sourceAttachment=attachment(words.encode(), "text/plain; charset=utf-8", row["kind"], row["at"]),
        policyRule=concept(f"{row['kind']} {row['text_version']}, {row['place']}"),
        verification=[
            {"verified": True, "verifiedWith": {"display": f"{row['signed_by']} ({row['signer_is']})"},
             "verificationDate": instant(row["at"])}
        ],
        provision=filled(
            type="deny" if withdrawal else "permit",
            period=filled(end=day(row["expires"])),
            code=[concept(area) for area in row["areas"]],
        ),
        extension=[
            {"url": "urn:palpate:signature", "valueString": json.dumps(row["signature"], ensure_ascii=False)},
            *([{"url": "urn:palpate:withdraws", "valueReference": ref(row["withdraws_id"])}] if withdrawal else []),
        ],
    )  # fmt: skip


def answers(rows: Iterable[Row], of: Bundle) -> Iterator[Resource]:
    """A QuestionnaireResponse for all answers of one moment; each item has the id of its answer."""
    ordered = sorted(rows, key=lambda row: (str(row["episode_id"]), row["at"], row["number"], str(row["id"])))
    for (episode_id, at), group in groupby(ordered, key=lambda row: (row["episode_id"], row["at"])):
        told = list(group)
        yield resource(
            "QuestionnaireResponse",
            part_id(episode_id, f"answers {at.isoformat()}"),
            "Answer",
            status="completed",
            subject=of.subject,
            encounter=ref_or_none(told[0]["session_id"]),
            authored=instant(at),
            author=of.practitioner(told[0]["by_id"]),
            source=of.subject,
            item=[_item(row, of) for row in told],
        )


def _item(row: Row, of: Bundle) -> Resource:
    fact = of.pathway.vocabulary.facts.get(row["fact"])
    question = fact.question if fact is not None and fact.question else fact_label(of.pathway.vocabulary, row["fact"])
    if row["state"] == "answered":
        given = [_answered(value) for value in (row["value"] if isinstance(row["value"], list) else [row["value"]])]
    else:
        why = {"cannot_say": "asked-unknown"}.get(row["state"], "not-asked")
        given = [{"valueCoding": {"system": f"{HL7}data-absent-reason", "code": why}}]
    return {"id": str(row["id"]), "linkId": row["fact"], **filled(text=question, answer=given)}


def _answered(value: Any) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, float):
        return {"valueDecimal": value}
    return {"valueString": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def drawing(row: Row, of: Bundle) -> Iterator[Resource]:
    """DocumentReference: the drawing as it is kept."""
    content = json.dumps(row["drawing"], ensure_ascii=False).encode()
    yield document(
        row["id"], "BodyDrawing", of, "Where it hurts", row["at"], attachment(content, "application/json"), row["by_id"]
    )


def document(
    id: Any, table: str, of: Bundle, kind: str, at: Any, content: Resource, by: Any = None, **more: Any
) -> Resource:
    """A DocumentReference about the person, with its file inside."""
    author = of.practitioner(by)
    return resource(
        "DocumentReference",
        id,
        table,
        **{
            "status": "current",
            "type": concept(kind),
            "subject": of.subject,
            "date": instant(at),
            "author": [author] if author else [],
            "custodian": of.organization,
            "content": [{"attachment": content}],
            **more,
        },
    )


def measure(row: Row, of: Bundle) -> Iterator[Resource]:
    """Observation: one score. What takes an earlier one back is cancelled and has no value."""
    table = of.pathway.measures.get(row["name"])
    title = table["title"] if table else row["name"]
    unit = table.get("unit", "") if table else ""
    told: Resource = {}
    if row["taken_back"]:
        told = {"dataAbsentReason": unknown("not-asked")}
    elif row["value"] is not None:
        told = {"valueQuantity": filled(value=row["value"], unit=unit)}
    elif row["values"]:
        told = {"component": [_rated(number, value) for number, value in enumerate(row["values"], 1)]}
    else:
        told = {"dataAbsentReason": unknown("unknown")}
    code = concept(title, LOINC, *PAIN) if row["name"] == "pain_nrs" else concept(title)
    tester = of.practitioner(row["tester_id"])
    yield resource(
        "Observation",
        row["id"],
        "Measure",
        status="cancelled" if row["taken_back"] else "final",
        category=[concept(system=f"{HL7}observation-category", code="survey")],
        code=code,
        subject=of.subject,
        encounter=ref_or_none(row["session_id"]),
        effectiveDateTime=day(row["day"]),
        issued=instant(row["at"]),
        performer=[tester] if tester else [],
        **told,
    )


def _rated(number: int, value: Any) -> Resource:
    rated = {"dataAbsentReason": unknown("not-asked")} if value is None else value_of(value)
    return {"code": concept(f"own activity {number}"), **rated}


def session(row: Row, of: Bundle) -> Iterator[Resource]:
    """Encounter: one visit on the couch."""
    yield resource(
        "Encounter",
        row["id"],
        "Session",
        status="in-progress" if row["state"] == "open" else "finished",
        **{"class": {"system": f"{HL7}v3-ActCode", "code": "AMB"}},
        subject=of.subject,
        episodeOfCare=[ref(row["episode_id"])],
        participant=[{"individual": of.practitioner(row["therapist_id"])}],
        appointment=[ref(row["appointment_id"])] if row["appointment_id"] else [],
        period=filled(start=instant(row["started"]), end=instant(row["ended"])),
        serviceProvider=of.organization,
        type=[concept("massage given" if row["massage_given"] else "no massage given")],
        extension=[{"url": "urn:palpate:draft", "valueString": json.dumps(row["draft"])}] if row["draft"] else [],
    )


def touch(row: Row, of: Bundle) -> Iterator[Resource]:
    """Observation: one tap of a session, what was felt, asked or done."""
    yield resource(
        "Observation",
        row["id"],
        "Touch",
        status="final",
        category=[concept(system=f"{HL7}observation-category", code="exam")],
        code=concept(row["kind"]),
        subject=of.subject,
        encounter=ref(row["session_id"]),
        effectiveDateTime=instant(row["tapped"]),
        issued=instant(row["at"]),
        performer=[of.practitioner(row["by_id"])],
        component=[{"code": concept(name), **_component(value)} for name, value in row["data"].items()],
    )


def _component(value: Any) -> Resource:
    return {"dataAbsentReason": unknown("asked-unknown")} if value is None else value_of(value)


def note(row: Row, of: Bundle) -> Iterator[Resource]:
    """DocumentReference: the note as it was signed."""
    parts = ("subjective", "objective", "assessment", "plan")
    text = "\n\n".join(f"{part.capitalize()}\n{row[part]}" for part in parts) + f"\n\nSigned by {row['signed_name']}"
    facts = json.dumps(row["facts"], ensure_ascii=False)
    yield document(
        row["id"], "Note", of, "Progress note", row["signed_at"],
        attachment(text.encode(), "text/plain; charset=utf-8", "Note", row["signed_at"]), row["signed_by_id"],
        docStatus="final",
        type=concept("Progress note", LOINC, *PROGRESS_NOTE),
        context={"encounter": [ref(row["session_id"])], "period": {"start": day(row["about_day"])}},
        extension=[{"url": "urn:palpate:facts", "valueString": facts}] if row["facts"] else [],
    )  # fmt: skip


def amendment(row: Row, of: Bundle) -> Iterator[Resource]:
    """DocumentReference that adds to a note, with the reason."""
    yield document(
        row["id"], "Amendment", of, "Addition to a note", row["at"],
        attachment(f"{row['text']}\n\nWhy: {row['why']}\n\n{row['by_name']}".encode(), "text/plain; charset=utf-8"),
        row["by_id"],
        docStatus="final",
        relatesTo=[{"code": "appends", "target": ref(row["note_id"])}],
    )  # fmt: skip


ONE_BY_ONE: dict[str, Callable[[Row, Bundle], Iterator[Resource]]] = {
    "Episode": episode,
    "Consent": consent,
    "BodyDrawing": drawing,
    "Measure": measure,
    "Session": session,
    "Touch": touch,
    "Note": note,
    "Amendment": amendment,
}
TOGETHER: dict[str, Callable[[Iterable[Row], Bundle], Iterator[Resource]]] = {"Answer": answers}
