"""At the check, the missing ratings are asked exactly where some answer could change the decision."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from palpate.library.cases import case_folder, whole_document
from palpate.pathway.decision import decide
from palpate.pathway.pathway import Pathway

PAINS = [0, 2, 3.5, 4.1, 5, 5.1, 6, 7, 8, 10]
ACTIVITIES = [[1, 1, 1], [4, 4, 3], [5, 5, 5], [6, 6, 5], [10, 10, 10]]
CHANGES = [-3, -2, 0, 1, 2]
MUSCLE = ["none", "partial", "resolved", "worse"]
ANSWERS: dict[str, list[Any]] = {
    "pain_at_check": PAINS,
    "activities_at_check": ACTIVITIES,
    "global_change": CHANGES,
    "spasm_response": MUSCLE,
}


def episode(known: dict[str, Any], pain: bool = True, activities: bool = True) -> dict[str, Any]:
    """Two sessions given a week ago; ratings of the start and of the check as told."""
    facts = {"spasm_response": known["spasm_response"]} if "spasm_response" in known else {}
    start = [{"date": "2026-01-01", "name": "pain_nrs", "value": 6}] if pain else []
    if activities:
        start.append({"date": "2026-01-01", "name": "own_activities", "values": [4, 4, 3]})
    names = {"pain_at_check": "pain_nrs", "activities_at_check": "own_activities", "global_change": "global_change"}
    for name, measure in names.items():
        if name in known:
            key = "values" if name == "activities_at_check" else "value"
            start.append({"date": "2026-01-14", "name": measure, key: known[name]})
    own = {
        "moment": "review",
        "sessions": [{"date": "2026-01-01"}, {"date": "2026-01-08"}],
        "today": {"unchanged": True, "facts": facts},
        "measures": start,
    }
    return whole_document(case_folder("back_massage"), "well_intake", own)


def gist(pathway: Pathway, document: dict[str, Any]) -> Any:
    decision = decide(pathway, document)
    limits = (
        tuple(row["rule"] for row in decision.data["precautions"]) if decision.disposition.startswith("treat") else ()
    )
    return decision.disposition, decision.urgency, limits


@pytest.mark.parametrize("missing", [m for n in (1, 2) for m in itertools.combinations(ANSWERS, n)])
@pytest.mark.parametrize(
    "given", [(6, [4, 4, 3], 0, "partial"), (3, [6, 6, 5], 2, "resolved"), (6, [5, 5, 5], 1, "none")]
)
def test_a_missing_rating_is_asked_exactly_if_it_could_matter(
    shipped: Pathway, missing: tuple[str, ...], given: tuple[Any, ...]
) -> None:
    known = {name: value for name, value in zip(ANSWERS, given, strict=True) if name not in missing}
    asked = {row["fact"] for row in decide(shipped, episode(known)).ask}
    table = {
        places: gist(
            shipped, episode({**known, **{name: ANSWERS[name][at] for name, at in zip(missing, places, strict=True)}})
        )
        for places in itertools.product(*(range(len(ANSWERS[name])) for name in missing))
    }
    for at, name in enumerate(missing):
        groups: dict[Any, set[Any]] = {}
        for places, result in table.items():
            groups.setdefault(places[:at] + places[at + 1 :], set()).add(result)
        matters = any(len(results) > 1 for results in groups.values())
        assert (name in asked) == matters, name


def test_without_a_rating_at_the_start_a_rating_now_tells_nothing_and_is_not_asked(shipped: Pathway) -> None:
    asked = {
        row["fact"] for row in decide(shipped, episode({"spasm_response": "partial"}, pain=False, activities=False)).ask
    }
    assert not asked & {"pain_at_check", "activities_at_check"}
