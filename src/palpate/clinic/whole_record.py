"""Everything about one person in words, for reading and printing. The file that holds every row is `exporting`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from palpate.clinic.access.exporting import rows_of_person
from palpate.clinic.consenting import blocks_of
from palpate.clinic.models import Person
from palpate.clinic.publishing import in_force
from palpate.library import DEFAULT, load_pathway
from palpate.pathway.pathway import Pathway
from palpate.show.words import answer, fact_label

STATES = {"cannot_say": "cannot say", "not_asked": "taken back: not asked"}
DONE = {"yes": "done", "partly": "partly done", "no": "not done"}


def whole_record(person: Person) -> dict[str, Any]:
    """The record as lists of rows for a template: `episodes`, each with all that hangs on it, and what belongs to the
    person alone. A constant number of queries, however long the record is."""
    pathway = in_force().pathway or load_pathway(DEFAULT)
    by_episode = {
        name: _grouped(rows, "episode_id")
        for name, rows in (
            ("consents", _rows(person, "Consent", "at")),
            ("answers", _rows(person, "Answer", "at", "number")),
            ("measures", _rows(person, "Measure", "day", "at")),
            ("decisions", _rows(person, "Decision", "number")),
            ("clearances", _rows(person, "Clearance", "day", "at")),
            ("letters", _rows(person, "Letter", "made")),
            ("plan_items", _rows(person, "PlanItem", "created")),
            ("adverse_events", _rows(person, "AdverseEvent", "began", "at")),
            ("sessions", _rows(person, "Session", "day", "started")),
            ("drawings", _rows(person, "BodyDrawing", "at")),
        )
    }
    notes = {row.session_id: row for row in _rows(person, "Note", "signed_at")}
    amendments = _grouped(_rows(person, "Amendment", "at"), "note_id")
    overrides = _grouped(_rows(person, "Override", "at"), "decision_id")
    ticks = _grouped(_rows(person, "PlanTick", "day", "at"), "item_id")
    episodes = []
    for episode in _rows(person, "Episode", "opened", related=("therapist",)):
        told: dict[str, Any] = {name: rows[episode.pk] for name, rows in by_episode.items()}
        told["episode"] = episode
        told["consents"] = [(row, blocks_of(row.text)) for row in told["consents"]]
        told["answers"] = [_answer(pathway, row) for row in told["answers"]]
        told["measures"] = [_measure(pathway, row) for row in told["measures"]]
        told["decisions"] = [_decision(row, overrides[row.pk]) for row in told["decisions"]]
        told["plan_items"] = [
            (row, [(tick.day, DONE.get(tick.done, tick.done)) for tick in ticks[row.pk]]) for row in told["plan_items"]
        ]
        told["sessions"] = [_session(row, notes, amendments) for row in told["sessions"]]
        episodes.append(told)
    return {
        "episodes": episodes,
        "appointments": _rows(person, "Appointment", "starts", related=("therapist", "room")),
        "uploads": _rows(person, "Upload", "at"),
        "packages": _rows(person, "Package", "bought", "made", related=("service",)),
        "receipts": _rows(person, "Receipt", "year", "number"),
        "team": _rows(person, "CareTeam", "since", related=("therapist",)),
    }


def _rows(person: Person, name: str, *by: str, related: tuple[str, ...] = ()) -> list[Any]:
    """The rows of one table in the order of these columns, with what they point to; files without their bytes."""
    rows = rows_of_person(person, name)
    rows = rows.defer("content") if name == "Upload" else rows
    rows = rows.select_related(*related) if related else rows
    return sorted(rows, key=lambda row: tuple(getattr(row, column) for column in by))


def _grouped(rows: Iterable[Any], by: str) -> defaultdict[Any, list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, by)].append(row)
    return found


def _answer(pathway: Pathway, row: Any) -> dict[str, Any]:
    fact = pathway.vocabulary.facts.get(row.fact)
    question = fact.question if fact is not None and fact.question else fact_label(pathway.vocabulary, row.fact)
    said = STATES.get(row.state) or answer(fact, row.value)
    return {"day": row.day, "question": question, "said": said}


def _measure(pathway: Pathway, row: Any) -> dict[str, Any]:
    table = pathway.measures.get(row.name)
    value = f"{row.value:g}" if row.value is not None else _rated(row.values)
    return {
        "day": row.day,
        "name": table["title"] if table else row.name,
        "value": "taken back" if row.taken_back else value,
        "unit": table.get("unit", "") if table else "",
    }


def _rated(values: Any) -> str:
    return ", ".join("not rated" if value is None else f"{value:g}" for value in values or ())


def _decision(row: Any, overrides: list[Any]) -> dict[str, Any]:
    said = json.loads(row.answer) if row.answer else {}
    return {"row": row, "said": said, "overrides": overrides}


def _session(row: Any, notes: dict[Any, Any], amendments: dict[Any, list[Any]]) -> dict[str, Any]:
    note = notes.get(row.pk)
    return {"row": row, "note": note, "amendments": amendments[note.pk] if note is not None else []}
