"""The meaning of a pathway as JSON to read.

The digest is over the canonical JSON, whose keys are sorted. A reader wants what an author writes: tables and keys in
the order of the document's schema, and answers in their own order. What has no order of its own is sorted, so that a
compiled pathway and its text give the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from palpate.pathway.pathway import DISPOSITIONS
from palpate.pathway.schema import ENTRIES, SINGLE

# How a reader meets the tables, from what this is to who says so; tables of later schemas follow after these.
_TABLES = (
    "pathway", "dispositions", "settings", "judge", "facts", "sections", "rules", "response", "measures", "dose",
    "protocols", "trials", "summary", "guidelines", "blends", "parts", "switch", "refuse", "handover", "home_rules",
    "home", "evidence", "sources",
)  # fmt: skip


def in_document_order(meaning: Mapping[str, Any]) -> str:
    """Indented JSON, ending in a line break."""
    tables = _first(_TABLES, meaning)
    ordered = {name: _table(name, meaning[name]) for name in tables}
    return json.dumps(ordered, ensure_ascii=False, indent=2) + "\n"


def _table(name: str, table: Any) -> Any:
    if isinstance(table, list):
        return [_row(name, row) for row in table]
    if name in SINGLE:
        return _row(name, table)
    return {entry: _row(name, table[entry]) for entry in _first(DISPOSITIONS, table)}


def _row(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    # The schema's facts and derived facts have become one table, with `made` and `written` for the latter.
    keys = {**ENTRIES.get(table, {}), **(ENTRIES["derived"] if table == "facts" else {})} or SINGLE.get(table, {})
    named = ["id", *(key.lstrip("!") for key in keys)]
    return {key: _sorted(row[key], row.get("order", ())) for key in _first(named, row)}


def _sorted(value: Any, order: Iterable[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key], order) for key in _first(order, value)}
    return value


def _first(wanted: Iterable[str], there: Mapping[str, Any]) -> list[str]:
    known = [key for key in dict.fromkeys(wanted) if key in there]
    return known + sorted(key for key in there if key not in known)
