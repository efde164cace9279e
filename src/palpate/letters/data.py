"""A document as plain JSON data and back, so that a stored letter can be printed again to the same bytes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from palpate.letters.documents import (
    DischargeNote,
    Document,
    HomePlan,
    NextTreatmentReferral,
    Referral,
    UrgentHandover,
)
from palpate.letters.receipt import Receipt

DOCUMENTS: dict[str, type[Document]] = {
    kind.kind: kind for kind in (Referral, UrgentHandover, NextTreatmentReferral, DischargeNote, HomePlan, Receipt)
}
FORMAT = 1


def to_data(document: Document) -> dict[str, Any]:
    """The document as data that `json.dumps` takes: `letter` (the format's number), `kind`, and its fields."""
    return {"letter": FORMAT, "kind": document.kind, **_plain(document)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        # A datetime would carry a time of day that the page does not show.
        return date(value.year, value.month, value.day).isoformat()
    return float(value) if isinstance(value, Decimal) else value


def from_data(data: dict[str, Any]) -> Document:
    """The document that `to_data` made the data of. ValueError, with the place, where it is anything else."""
    rest = dict(data)
    if rest.pop("letter", None) != FORMAT:
        raise ValueError(f"letter: expected {FORMAT}")
    kind = rest.pop("kind", None)
    if not isinstance(kind, str) or kind not in DOCUMENTS:
        raise ValueError("kind: no such document")
    made = _made(DOCUMENTS[kind], rest, kind)
    assert isinstance(made, Document)
    return made


def _made(kind: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _record(kind, value, where)
    if origin in (Union, UnionType):
        if value is None and NoneType in inner:
            return None
        return _made(next(choice for choice in inner if choice is not NoneType), value, where)
    if origin is tuple:
        if not isinstance(value, list) or (inner[-1] is not Ellipsis and len(value) != len(inner)):
            raise ValueError(f"{where}: not such a list")
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        return tuple(
            _made(each, item, f"{where}[{at}]") for at, (each, item) in enumerate(zip(kinds, value, strict=True))
        )
    if origin is Literal:
        if value in inner:
            return value
    elif kind is date:
        if isinstance(value, str):
            return date.fromisoformat(value)
    elif kind is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
    elif type(value) is kind:
        return value
    raise ValueError(f"{where}: not such a value")


def _record(kind: Any, value: Any, where: str) -> Any:
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError(f"{where}: not exactly the fields of {kind.__name__}")
    return kind(**{name: _made(hints[name], value[name], f"{where}.{name}") for name in sorted(names)})
