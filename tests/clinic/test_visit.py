"""The laws of the fold: what taps add up to, whatever was tapped, sent twice or taken back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic.taps import BadTouch, read_touch
from palpate.clinic.visit import (
    AFTERCARE,
    KINDS,
    MUSCLES,
    NONE_OF_THESE,
    REGIONS,
    SIDES,
    SIGNS,
    TECHNIQUES,
    TESTS,
    YIELDS,
    fold,
)
from palpate.library import load_pathway

PATHWAY = load_pathway("back_massage")
FACTS = [
    fact for fact in PATHWAY.vocabulary.facts.values() if fact.kind == "bool" and fact.name not in PATHWAY.worked_out
]
Tap = tuple[str, str, dict[str, Any]]


@st.composite
def taps(draw: st.DrawFn) -> Tap:
    """Any tap that the page can make, but for undo."""
    key = str(draw(st.uuids(version=4)))
    region, side = draw(st.sampled_from(sorted(REGIONS))), draw(st.sampled_from(SIDES))
    fact = draw(st.sampled_from(FACTS)).name
    treat = {"technique": draw(st.sampled_from(sorted(TECHNIQUES))), "region": region, "minutes": 10, "pressure": 2}
    kind, data = draw(
        st.sampled_from(
            [
                ("fact", {"fact": fact, "value": draw(st.booleans())}),
                ("fact", {"fact": fact, "unsure": True}),
                ("facts", {"values": {fact: False}}),
                ("unchanged", {"value": True, "none": sorted(NONE_OF_THESE)}),
                ("pain_before", {"value": draw(st.integers(0, 10))}),
                ("pain_after", {"value": draw(st.integers(0, 10))}),
                ("rating", {"name": "pain_nrs", "value": draw(st.integers(0, 10))}),
                ("activity", {"index": draw(st.integers(0, 2)), "value": 4}),
                ("test", {"test": draw(st.sampled_from(sorted(TESTS))), "when": "before", "value": 5}),
                ("sign", {"sign": draw(st.sampled_from(sorted(SIGNS))), "compared": "better"}),
                ("palpate", {"region": region, "side": side, "yields": draw(st.sampled_from(YIELDS))}),
                ("treat", treat),
                ("again", {"treatments": [treat, treat]}),
                ("aftercare", {"items": [draw(st.sampled_from(sorted(AFTERCARE)))], "on": draw(st.booleans())}),
                ("clock_start", {}),
                ("clock_stop", {}),
                ("planned_minutes", {"minutes": 45}),
                ("gate", {"after": draw(st.sampled_from(["asked", "felt"]))}),
            ]
        )
    )
    return key, kind, data


visits = st.lists(taps(), max_size=12, unique_by=lambda tap: tap[0])


def undo(key: str | None = None) -> Tap:
    return str(uuid.uuid4()), "undo", {} if key is None else {"key": key}


@given(taps())
def test_every_tap_of_the_page_can_be_stored(tap: Tap) -> None:
    assert read_touch(tap[1], tap[2], PATHWAY, activities=3) == tap[2]


@given(visits, taps())
def test_undo_of_the_last_tap_gives_the_state_before_it(before: list[Tap], last: Tap) -> None:
    assert fold([*before, last, undo()]) == fold(before)
    assert fold([*before, last, undo(last[0])]) == fold(before)


@given(visits, st.data())
def test_undo_of_a_named_tap_is_as_if_it_had_never_been_made(made: list[Tap], data: st.DataObject) -> None:
    if made:
        which = data.draw(st.sampled_from(made))
        assert fold([*made, undo(which[0])]) == fold([tap for tap in made if tap is not which])


@given(visits)
def test_undo_of_a_tap_that_is_not_there_changes_nothing(made: list[Tap]) -> None:
    assert fold([*made, undo(str(uuid.uuid4()))]) == fold(made)


@given(visits, taps(), taps())
def test_two_undos_take_back_two_taps(before: list[Tap], first: Tap, second: Tap) -> None:
    assert fold([*before, first, second, undo(), undo()]) == fold(before)


@given(visits)
def test_a_muscle_that_does_not_yield_anywhere_counts_for_the_whole_visit(made: list[Tap]) -> None:
    firm = (
        str(uuid.uuid4()),
        "palpate",
        {"region": "low_back", "side": "left", "muscle": "multifidus", "yields": "no"},
    )
    visit = fold([*made, firm])
    assert visit.found_today()["muscle_yields_to_pressure"] == "no"
    assert "a muscle that does not yield" in visit.stops


@given(visits)
def test_an_answer_is_never_both_known_and_unsure(made: list[Tap]) -> None:
    visit = fold(made)
    assert not visit.unsure & set(visit.facts)


def test_nothing_has_changed_does_not_wipe_out_what_was_answered_by_itself() -> None:
    told: Tap = ("a", "fact", {"fact": "dark_urine", "value": True})
    unsure: Tap = ("b", "fact", {"fact": "allergic_reaction", "unsure": True})
    rest: Tap = ("c", "unchanged", {"value": True, "none": sorted(NONE_OF_THESE)})
    visit = fold([told, unsure, rest])
    assert visit.facts["dark_urine"] is True
    assert visit.unsure == {"allergic_reaction"}
    assert visit.facts["large_bruise_or_swelling"] is False


def test_an_empty_visit_says_nothing() -> None:
    visit = fold([])
    assert visit.found_today() == {}
    assert not visit.asked
    assert not visit.stops


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("pain_before", {"value": 11}),
        ("pain_before", {"value": True}),
        ("pain_before", {"value": "5"}),
        ("pain_before", {"value": 5.0}),
        ("pain_before", {}),
        ("pain_before", {"value": 5, "more": 1}),
        ("fact", {"fact": "no_such_fact", "value": True}),
        ("fact", {"fact": "dark_urine", "value": "no"}),
        ("fact", {"fact": "dark_urine", "value": 0}),
        ("fact", {"fact": "dark_urine", "value": False, "unsure": True}),
        ("fact", {"fact": "course_ended", "value": False}),
        ("fact", {"fact": ["dark_urine"], "value": True}),
        ("facts", {"values": {}}),
        ("unchanged", {"value": 1}),
        ("unchanged", {"value": True, "none": ["saddle_numbness"]}),
        ("activity", {"index": 3, "value": 5}),
        ("rating", {"name": "global_change", "value": 4}),
        ("test", {"test": "ffd_cm", "when": "before", "value": float("nan")}),
        ("test", {"test": "ffd_cm", "when": "later", "value": 5}),
        ("test", {"test": "ffd_cm", "when": "before", "value": 101}),
        ("palpate", {"region": "low_back", "side": "left", "yields": "maybe"}),
        ("palpate", {"region": "low_back", "side": "left", "muscle": "piriformis", "yields": "yes"}),
        ("palpate", {"region": "belly", "side": "left", "yields": "yes"}),
        ("treat", {"technique": "swedish", "region": "low_back", "minutes": 0, "pressure": 3}),
        ("treat", {"technique": "swedish", "region": "low_back", "minutes": 10, "pressure": 6}),
        ("again", {"treatments": []}),
        ("again", {"treatments": [{"technique": "swedish"}]}),
        ("aftercare", {"items": ["ice"]}),
        ("gate", {"after": "lunch"}),
        ("undo", {"key": 7}),
        ("magic", {}),
        (None, {}),
        ("undo", []),
    ],
)
def test_s24_s25_a_tap_that_says_something_impossible_is_refused(kind: Any, data: Any) -> None:
    with pytest.raises(BadTouch):
        read_touch(kind, data, PATHWAY, activities=3)


def test_every_muscle_stands_in_a_region_and_every_kind_has_its_check() -> None:
    assert all(set(where) <= set(REGIONS) for _, where in MUSCLES.values())
    for kind in KINDS:
        with pytest.raises(BadTouch):
            read_touch(kind, {"strange": 1}, PATHWAY, activities=3)
