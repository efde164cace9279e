"""The bands of the charts against the response rule itself: a picture must not tell another story than the decision."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import load_pathway
from palpate.figures.zones import Kind, zone_of, zones
from palpate.pathway.response import activities_code, pain_code

NUMBERS = load_pathway().numbers
SCORES = st.integers(0, 200).map(lambda twentieths: Fraction(twentieths, 20))
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["pain", "activities"])
BY_CODE = {-2: "worse", 0: "none", 1: "partly", 2: "responded", None: "untold"}


@given(kind=KINDS, before=SCORES, after=SCORES)
def test_every_score_lies_in_the_band_of_its_code(kind: Kind, before: Fraction, after: Fraction) -> None:
    rule = pain_code if kind == "pain" else activities_code
    assert zone_of(kind, NUMBERS, before, after) == BY_CODE[rule(NUMBERS, before, after)]


@given(kind=KINDS, baseline=SCORES)
def test_the_bands_follow_one_another_and_cover_the_whole_scale(kind: Kind, baseline: Fraction) -> None:
    found = sorted(zones(kind, NUMBERS, baseline), key=lambda zone: (zone.low, zone.high))
    assert found[0].low == 0
    assert found[-1].high == 10
    assert all(one.high == two.low for one, two in pairwise(found))
    assert len({zone.kind for zone in found}) == len(found)


@pytest.mark.parametrize(
    ("kind", "baseline", "edges"),
    [
        ("pain", "7", {"worse": (9, 10), "none": ("5.95", 9), "partly": ("4.9", "5.95"), "responded": (0, "4.9")}),
        ("pain", "4", {"worse": (6, 10), "none": (3, 6), "partly": (2, 3), "responded": (0, 2)}),
        ("pain", "2", {"worse": (4, 10), "untold": (0, 4)}),
        ("pain", "9", {"worse": (10, 10), "none": ("7.65", 10), "partly": ("6.3", "7.65"), "responded": (0, "6.3")}),
        ("activities", "5", {"worse": (0, 3), "none": (3, "6.3"), "partly": ("6.3", 7), "responded": (7, 10)}),
        ("activities", "9", {"worse": (0, 7), "untold": (7, 10)}),
    ],
)
def test_bands_worked_out_by_hand(kind: Kind, baseline: str, edges: dict[str, tuple[str, str]]) -> None:
    found = {zone.kind: (zone.low, zone.high) for zone in zones(kind, NUMBERS, Fraction(baseline))}
    assert found == {name: (Fraction(low), Fraction(high)) for name, (low, high) in edges.items()}
