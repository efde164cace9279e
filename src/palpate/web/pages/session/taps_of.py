"""What can be tapped on the session page: groups of buttons as the page's parts take them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from palpate.clinic.visit import (
    AFTERCARE,
    COMPARED,
    FOUND_HERE,
    MUSCLES,
    NONE_OF_THESE,
    REGIONS,
    SIGNS,
    YIELDING,
    Visit,
)
from palpate.pathway.condition import truth_of
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.pathway.truth import YES
from palpate.show.words import answer

YIELD_LABELS = (("yes", "Yields"), ("partly", "Yields in part"), ("no", "Does not yield"))
COMPARED_LABELS = {"better": "Better", "same": "The same", "worse": "Worse"}
EMERGENCY_PANEL, HANDS_PANEL = "stop-emergency", "stop-hands"
SORENESS = ((0, "None"), (24, "A day or less"), (48, "Up to two days"), (72, "Up to three days"), (96, "Longer"))
# One tap says no to each of these; what is found is tapped by itself.
LOOKED_FOR = (*FOUND_HERE, "midline_bone_tenderness", "pressure_provokes_nerve_symptoms")


@dataclass(frozen=True)
class Choice:
    """One button: `value` is the JSON of its touch, `stop` the panel it opens at once."""

    value: str
    label: str
    pressed: bool = False
    stop: str = ""


@dataclass(frozen=True)
class Group:
    """Buttons that belong together (parts/touch_group.html)."""

    legend: str
    kind: str
    group: str
    choices: Sequence[Choice]
    hint: str = ""
    columns: str = ""
    multi: bool = False
    now: str = ""  # the answer that stands so far, in words
    low: str = "no pain"  # of a scale: what its two ends mean
    high: str = "the worst pain"


def scale(
    legend: str,
    kind: str,
    group: str,
    chosen: float | None,
    fixed: Mapping[str, Any] | None = None,
    ends: tuple[str, str] = ("no pain", "the worst pain"),
) -> Group:
    """Eleven buttons, 0 to 10. Takes fixed: what each touch says besides its value; ends: what 0 and 10 mean."""
    choices = [
        Choice(json.dumps({**(fixed or {}), "value": value}), str(value), chosen is not None and value == chosen)
        for value in range(11)
    ]
    return Group(legend, kind, group, choices, low=ends[0], high=ends[1])


def question(name: str, visit: Visit, pathway: Pathway, now: Any = None) -> Group | None:
    """A question of the pathway as buttons, "cannot say" among them; None where it takes a number."""
    fact = pathway.vocabulary.facts[name]
    options = _options(fact)
    if not options:
        return None
    alarms = emergencies(pathway)
    choices = [
        Choice(
            json.dumps({"fact": name, "value": value}),
            label,
            name in visit.facts and visit.facts[name] == value,
            _panel(name, value, alarms),
        )
        for value, label in options
    ]
    choices.append(Choice(json.dumps({"fact": name, "unsure": True}), "Cannot say", name in visit.unsure))
    told = "" if now is None else answer(fact, now).strip("“”")
    return Group(fact.question, "fact", f"fact-{name}", choices, now=told)


def _panel(name: str, value: Any, alarms: frozenset[tuple[str, Any]]) -> str:
    if (name in FOUND_HERE and value is True) or (name == YIELDING and value == "no"):
        return HANDS_PANEL
    return EMERGENCY_PANEL if (name, value) in alarms else ""


def _options(fact: Fact) -> list[tuple[Any, str]]:
    if fact.kind == "bool":
        return [(False, "No"), (True, "Yes")]
    if fact.kind == "enum":
        return [(value, label) for value, label in fact.values.items()]
    if fact.name == "soreness_hours":
        return list(SORENESS)
    return []


@lru_cache(maxsize=8)
def emergencies(pathway: Pathway) -> frozenset[tuple[str, Any]]:
    """(fact, value) pairs that are an emergency by themselves, so that the page can stop without a connection."""
    found = set()
    for rule in pathway.rules:
        if rule.disposition != "emergency":
            continue
        for name in rule.named:
            fact = pathway.vocabulary.facts[name]
            values = [True] if fact.kind == "bool" else list(fact.values)
            found.update({(name, value) for value in values if truth_of(rule.when, {name: value}) is YES})
    return frozenset(found)


def asked_again(pathway: Pathway) -> list[str]:
    """Names of the facts that must be asked again at each session, those that only hands can find left out."""
    facts = pathway.vocabulary.facts.values()
    return [fact.name for fact in facts if fact.each_session and fact.must_know and fact.group != "palpation"]


def unchanged_value() -> str:
    """The JSON of "nothing has changed", with what it also answers about the last massage and about today."""
    return json.dumps({"value": True, "none": list(NONE_OF_THESE)})


def place_groups(visit: Visit, last: Visit | None, region: str) -> list[Group]:
    """Places to press as questions: those of the last visit, else both sides of the painful region, and today's own."""
    places = [*(last.palpations if last is not None else ())] or [(region, side, "") for side in ("left", "right")]
    places += [place for place in visit.palpations if place not in places]
    return [_place_group(place, visit) for place in places]


def _place_group(place: tuple[str, str, str], visit: Visit) -> Group:
    region, side, muscle = place
    found = visit.palpations.get(place)
    words = f"{REGIONS[region]}, {'both sides' if side == 'both' else side}"
    words += f", {MUSCLES[muscle][0]}" if muscle else ""
    choices = [
        Choice(
            json.dumps({"region": region, "side": side, "muscle": muscle, "yields": yields}),
            label,
            found is not None and found.yields == yields,
            HANDS_PANEL if yields == "no" else "",
        )
        for yields, label in YIELD_LABELS
    ]
    return Group(words, "palpate", f"at-{region}-{side}-{muscle or 'whole'}", choices, columns="3")


def looked_for(visit: Visit, pathway: Pathway) -> tuple[Choice, list[Group]]:
    """One button that says no to every sign that is looked for, and a group for each sign by itself."""
    none = Choice(json.dumps({"values": dict.fromkeys(LOOKED_FOR, False)}), "None of these", _all_no(visit))
    groups = [group for name in LOOKED_FOR if (group := question(name, visit, pathway)) is not None]
    return none, groups


def _all_no(visit: Visit) -> bool:
    return all(visit.facts.get(name) is False for name in LOOKED_FOR)


def sign_choice(visit: Visit) -> Group:
    """Which movement is to be compared."""
    choices = [Choice(json.dumps({"sign": sign}), label, sign in visit.signs) for sign, label in SIGNS.items()]
    return Group("One movement to compare before and after", "sign", "sign", choices)


def sign_groups(visit: Visit) -> list[Group]:
    """How each chosen movement is after the massage."""
    return [
        Group(
            f"{SIGNS[sign]}: now it is",
            "sign",
            f"compared-{sign}",
            [
                Choice(json.dumps({"sign": sign, "compared": word}), COMPARED_LABELS[word], compared == word)
                for word in COMPARED
            ],
            columns="3",
        )
        for sign, compared in visit.signs.items()
    ]


def aftercare(visit: Visit) -> tuple[Choice, Group]:
    """All after-care told by one tap, and each item by itself."""
    told = [item for item in AFTERCARE if item != "next_booked"]
    every = Choice(json.dumps({"items": told}), "All of these told", all(item in visit.aftercare for item in told))
    choices = [
        Choice(json.dumps({"items": [item]}), capitalised(words), item in visit.aftercare)
        for item, words in AFTERCARE.items()
    ]
    return every, Group("Told and agreed", "aftercare", "aftercare", choices, multi=True, columns="2")


def capitalised(words: str) -> str:
    """With a capital in front, the rest as it is."""
    return words[:1].upper() + words[1:]
