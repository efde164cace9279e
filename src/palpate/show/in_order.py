"""The meaning of a pathway as JSON to read.

The digest is over the canonical JSON, whose keys are sorted. A reader wants what an author writes: tables and keys in
the order of the document's schema. Inside a table of words or cases the order of the mapping itself is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    tables = [name for name in _TABLES if name in meaning] + [name for name in meaning if name not in _TABLES]
    ordered = {name: _table(name, meaning[name]) for name in tables}
    return json.dumps(ordered, ensure_ascii=False, indent=2) + "\n"


def _table(name: str, table: Any) -> Any:
    if name == "dispositions":
        return {word: _row(name, table[word]) for word in _first([*DISPOSITIONS], table)}
    if isinstance(table, list):
        return [_row(name, row) for row in table]
    if name in SINGLE:
        return _row(name, table)
    return {entry: _row(name, row) for entry, row in table.items()}


def _row(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    # The schema's facts and derived facts have become one table, with `made` and `written` for the latter.
    keys = {**ENTRIES.get(table, {}), **(ENTRIES["derived"] if table == "facts" else {})} or SINGLE.get(table, {})
    named = ["id", *(key.lstrip("!") for key in keys)]
    return {key: row[key] for key in _first(named, row)}


def _first(wanted: list[str], there: Mapping[str, Any]) -> list[str]:
    known = [key for key in dict.fromkeys(wanted) if key in there]
    return known + [key for key in there if key not in known]
