"""What changed between two pathways, and whose decision would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palpate.pathway.decision import Decision, decide
from palpate.pathway.episode import read_episode
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway

# Tables whose entries are compared one by one; all other tables are compared whole.
_TABLES = (
    "facts", "rules", "protocols", "measures", "parts", "switch", "home", "evidence", "sections", "judge", "sources",
    "guidelines", "blends", "trials", "refuse",
)  # fmt: skip
_SINGLE = ("pathway", "response", "dose", "summary", "handover", "home_rules", "settings", "dispositions")


def compare(before: Pathway, after: Pathway) -> list[dict[str, Any]]:
    """Every difference in meaning, rules first.

    Returns  rows with table, id, change (added, removed, changed, moved) and for a change the keys with both values.
    """
    rows: list[dict[str, Any]] = []
    for table in sorted(_TABLES, key=lambda name: name != "rules"):
        rows += _entries(table, before.meaning.get(table, ()), after.meaning.get(table, ()))
    for table in _SINGLE:
        keys = _keys(before.meaning.get(table, {}), after.meaning.get(table, {}))
        if keys:
            rows.append({"table": table, "id": "", "change": "changed", "keys": keys})
    return rows


def _entries(table: str, before: Any, after: Any) -> list[dict[str, Any]]:
    old, new = {row["id"]: row for row in before}, {row["id"]: row for row in after}
    rows = [{"table": table, "id": name, "change": "removed"} for name in old if name not in new]
    rows += [{"table": table, "id": name, "change": "added"} for name in new if name not in old]
    for name, row in new.items():
        if name in old and old[name] != row:
            rows.append({"table": table, "id": name, "change": "changed", "keys": _keys(old[name], row)})
    shared_old, shared_new = [n for n in old if n in new], [n for n in new if n in old]
    if shared_old != shared_new:
        rows.append({"table": table, "id": "", "change": "moved"})
    return rows


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = dict.fromkeys([*before, *after])
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def decided_otherwise(before: Pathway, after: Pathway, document: Any) -> dict[str, Any] | None:
    """How one episode's decision differs, and by which rules; None where it does not.

    Errors  Faults, where the document is at fault for one of the two pathways (its place says which).
    """
    first = _decide(before, known_to(before, after, document), "the first")
    second = _decide(after, known_to(after, before, document), "the second")
    if _gist(first) == _gist(second):
        return None
    held_first, held_second = _holding(first), _holding(second)
    same = (first.disposition, first.urgency) == (second.disposition, second.urgency)
    return {
        "episode": first.data["episode"],
        "differs": "precautions" if same else "decision",
        "from": {"disposition": first.disposition, "urgency": first.urgency},
        "to": {"disposition": second.disposition, "urgency": second.urgency},
        "no_longer": [rule for rule in held_first if rule not in held_second],
        "new": [rule for rule in held_second if rule not in held_first],
        "decisive": [row["rule"] for row in second.reasons if row["decisive"]],
    }


def known_to(one: Pathway, other: Pathway, document: Any) -> Any:
    """The document without answers that only the other pathway asks for: this one would never have got them."""
    foreign = {name for name in other.vocabulary.facts if name not in one.vocabulary}
    if not foreign or not isinstance(document, dict):
        return document

    def without(row: Any) -> Any:
        if not isinstance(row, dict) or not isinstance(row.get("facts"), dict):
            return row
        return row | {"facts": {name: value for name, value in row["facts"].items() if name not in foreign}}

    known = without(document)
    if isinstance(known.get("sessions"), list):
        known = known | {"sessions": [without(row) for row in known["sessions"]]}
    if "today" in known:
        known = known | {"today": without(known["today"])}
    if isinstance(known.get("unsure"), list):
        known = known | {"unsure": [name for name in known["unsure"] if name not in foreign]}
    return known


def _decide(pathway: Pathway, document: Any, which: str) -> Decision:
    try:
        return decide(pathway, read_episode(document, pathway))
    except Faults as faults:
        raise Faults(
            Fault(fault.code, fault.place, f"{fault.text} (for {which} pathway)") for fault in faults.faults
        ) from None


def _gist(decision: Decision) -> tuple[Any, ...]:
    return decision.disposition, decision.urgency, [row["rule"] for row in decision.data["precautions"]]


def _holding(decision: Decision) -> list[str]:
    return [row["rule"] for part in ("reasons", "precautions") for row in decision.data[part]]
