"""Which taps of a session can be: checked before they are stored, so that what is stored can always be folded.

Nothing is repaired. A tap that says something impossible is refused with one plain sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from palpate.clinic.visit import (
    AFTERCARE,
    COMPARED,
    GATES,
    KINDS,
    LONGEST_MINUTES,
    MUSCLES,
    NONE_OF_THESE,
    RATED,
    RATED_RANGE,
    REGIONS,
    SIDES,
    SIGNS,
    TECHNIQUES,
    TESTS,
    YIELDS,
)
from palpate.pathway.pathway import Pathway

MOST_TREATMENTS = 20
# kind -> (keys it may have, keys it must have)
_SHAPES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "fact": (("fact", "value", "unsure"), ("fact",)),
    "facts": (("values",), ("values",)),
    "unchanged": (("value", "none"), ("value",)),
    "pain_before": (("value",), ("value",)),
    "pain_after": (("value",), ("value",)),
    "rating": (("name", "value"), ("name", "value")),
    "activity": (("index", "value"), ("index", "value")),
    "test": (("test", "when", "value"), ("test", "when", "value")),
    "sign": (("sign", "compared"), ("sign",)),
    "palpate": (("region", "side", "muscle", "yields"), ("region", "side", "yields")),
    "treat": (("technique", "region", "side", "minutes", "pressure"), ("technique", "region", "minutes", "pressure")),
    "again": (("treatments",), ("treatments",)),
    "aftercare": (("items", "on"), ("items",)),
    "clock_start": ((), ()),
    "clock_stop": ((), ()),
    "planned_minutes": (("minutes",), ("minutes",)),
    "gate": (("after",), ("after",)),
    "undo": (("key",), ()),
}


class BadTouch(ValueError):
    """A touch that cannot be. The message is for the therapist."""


def read_touch(kind: Any, data: Any, pathway: Pathway, activities: int) -> dict[str, Any]:
    """The data of one touch, checked. Errors: BadTouch with one plain sentence.

    Takes  activities: how many own activities the episode names.
    """
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(data, dict):
        raise BadTouch("This kind of tap is not known.")
    _shape(kind, data)
    check = _CHECKS.get(kind)
    if check is not None:
        check(data, pathway, activities)
    return dict(data)


def _shape(kind: str, data: Mapping[str, Any]) -> None:
    allowed, required = _SHAPES[kind]
    strange = sorted(set(data) - set(allowed))
    if strange:
        raise BadTouch(f"A tap of kind {kind} does not have: {strange[0][:40]}.")
    missing = sorted(set(required) - set(data))
    if missing:
        raise BadTouch(f"A tap of kind {kind} needs: {missing[0]}.")


def _fact(data: Mapping[str, Any], pathway: Pathway, _: int) -> None:
    unsure = data.get("unsure", False)
    _one_of(unsure, (True, False), "Cannot say")
    if unsure and data.get("value") is not None:
        raise BadTouch("An answer is either known or cannot be said, not both.")
    _answer(data["fact"], data.get("value"), pathway)


def _facts(data: Mapping[str, Any], pathway: Pathway, _: int) -> None:
    if not isinstance(data["values"], dict) or not 1 <= len(data["values"]) <= 60:
        raise BadTouch("This tap holds 1 to 60 answers.")
    for name, value in data["values"].items():
        _answer(name, value, pathway)


def _answer(name: Any, value: Any, pathway: Pathway) -> None:
    fact = pathway.vocabulary.facts.get(name) if isinstance(name, str) else None
    if fact is None or fact.stage == "derived" or fact.name in pathway.worked_out:
        raise BadTouch("This question is not known.")
    if value is not None and (wrong := fact.wrong(value)) is not None:
        raise BadTouch(f"{fact.question} {wrong[0].upper()}{wrong[1:]}.")


def _unchanged(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _one_of(data["value"], (True, False), "Nothing has changed")
    none = data.get("none", [])
    if not isinstance(none, list) or len(none) > len(NONE_OF_THESE):
        raise BadTouch("This tap lists what was asked about the last massage.")
    for name in none:
        _one_of(name, NONE_OF_THESE, "What was asked about the last massage")


def _rating(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _one_of(data["name"], RATED, "The rating's name")
    _whole(data["value"], *RATED_RANGE.get(data["name"], (0, 10)), "The rating")


def _activity(data: Mapping[str, Any], _: Pathway, activities: int) -> None:
    _whole(data["index"], 0, activities - 1, "The number of the activity")
    _whole(data["value"], 0, 10, "The activity")


def _test(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _one_of(data["test"], TESTS, "The test")
    _one_of(data["when"], ("before", "after"), "When it was tested")
    label, unit, low, high, _better = TESTS[data["test"]]
    value = data["value"]
    if type(value) not in (int, float) or not low <= value <= high:
        raise BadTouch(f"{label} lies between {low:g} and {high:g} {unit}.")


def _palpate(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _place(data)
    _one_of(data["side"], SIDES, "The side")
    _one_of(data["yields"], YIELDS, "What the muscle did")
    muscle = data.get("muscle", "")
    _one_of(muscle, ("", *MUSCLES), "The muscle")
    if muscle and data["region"] not in MUSCLES[muscle][1]:
        raise BadTouch(f"{MUSCLES[muscle][0]} is not in this region.")


def _treat(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _place(data)
    _one_of(data["technique"], TECHNIQUES, "The technique")
    _one_of(data.get("side", ""), ("", *SIDES), "The side")
    _whole(data["minutes"], 1, LONGEST_MINUTES, "The minutes")
    _whole(data["pressure"], 1, 5, "The pressure")


def _again(data: Mapping[str, Any], pathway: Pathway, activities: int) -> None:
    treatments = data["treatments"]
    if not isinstance(treatments, list) or not 1 <= len(treatments) <= MOST_TREATMENTS:
        raise BadTouch(f"As last time copies 1 to {MOST_TREATMENTS} treatments.")
    for treatment in treatments:
        if not isinstance(treatment, dict):
            raise BadTouch("As last time copies treatments.")
        _shape("treat", treatment)
        _treat(treatment, pathway, activities)


def _aftercare(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    items = data["items"]
    if not isinstance(items, list) or not 1 <= len(items) <= len(AFTERCARE):
        raise BadTouch("This tap names after-care items.")
    for item in items:
        _one_of(item, AFTERCARE, "The after-care item")
    _one_of(data.get("on", True), (True, False), "On")


def _sign(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _one_of(data["sign"], SIGNS, "The movement")
    _one_of(data.get("compared", ""), ("", *COMPARED), "How it compares")


def _undo(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    if not isinstance(data.get("key", ""), str) or len(data.get("key", "")) > 40:
        raise BadTouch("An undo names a tap.")


def _pain(data: Mapping[str, Any], _: Pathway, __: int) -> None:
    _whole(data["value"], 0, 10, "Pain")


_CHECKS: dict[str, Callable[[Mapping[str, Any], Pathway, int], None]] = {
    "fact": _fact,
    "facts": _facts,
    "unchanged": _unchanged,
    "pain_before": _pain,
    "pain_after": _pain,
    "rating": _rating,
    "activity": _activity,
    "test": _test,
    "sign": _sign,
    "palpate": _palpate,
    "treat": _treat,
    "again": _again,
    "aftercare": _aftercare,
    "planned_minutes": lambda data, *_: _whole(data["minutes"], 1, LONGEST_MINUTES, "The planned minutes"),
    "gate": lambda data, *_: _one_of(data["after"], GATES, "The gate"),
    "undo": _undo,
}


def _place(data: Mapping[str, Any]) -> None:
    _one_of(data["region"], REGIONS, "The region")


def _one_of(value: Any, allowed: Iterable[Any], what: str) -> None:
    # `1 == True` in Python, so the type is compared as well.
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise BadTouch(f"{what} is not one of the choices.")


def _whole(value: Any, low: float, high: float, what: str) -> None:
    if type(value) is not int or not low <= value <= high:
        raise BadTouch(f"{what} is a whole number from {low:g} to {high:g}.")
