"""The words of the note: exact numbers, nothing invented."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic.soap import Told, write
from palpate.clinic.visit import Palpation, Treatment, Visit, fold
from palpate.library import load_pathway
from tests.clinic.test_visit import Tap, visits

PATHWAY = load_pathway("back_massage")


def told(visit: Visit, **but: Any) -> Told:
    return Told(visit=visit, pathway=PATHWAY, activities=("Walking", "Lifting", "Sitting"), **but)


@given(visits)
def test_any_visit_gives_four_paragraphs_of_plain_words(made: list[Tap]) -> None:
    note = write(told(fold(made), last=Visit(pain_before=4), last_day=date(2026, 3, 2))).as_dict()
    for text in note.values():
        assert text.strip()
        assert "None" not in text
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", text)  # no name of a field


@given(visits, st.integers(0, 10), st.integers(0, 10))
def test_the_numbers_are_those_that_were_tapped(made: list[Tap], before: int, after: int) -> None:
    visit = fold(made)
    visit.pain_before, visit.pain_after = before, after
    visit.treatments = [Treatment("swedish", "low_back", 25, 3, "left")]
    note = write(told(visit))
    assert f"Pain now: {before} of 10" in note.subjective
    assert f"Pain after the massage: {after} of 10" in note.objective
    assert "low back, left, 25 min, pressure 3 of 5" in note.objective


def test_an_empty_visit_is_said_to_be_empty() -> None:
    note = write(told(Visit(), none_why="the person did not want massage today"))
    assert "Pain now: not asked." in note.subjective
    assert "Ratings of the last week: not asked." in note.subjective
    assert "Palpation of muscles: not done." in note.objective
    assert "No massage was given." in note.objective
    assert "not assessed" in note.assessment
    assert "No massage today: the person did not want massage today." in note.plan


def test_what_the_hands_found_stands_place_by_place() -> None:
    visit = Visit(facts={"local_heat": True, "local_redness": False})
    visit.palpations[("low_back", "left", "multifidus")] = Palpation("low_back", "left", "multifidus", "no")
    note = write(told(visit))
    assert "Low back, left, Multifidus: does not yield." in note.objective
    assert "heat: yes; redness: no; swelling: not asked" in note.objective
