"""Laws of the charts: whatever is measured stays within its frame, in order, and what is missing stays missing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import load_pathway
from palpate.figures import (
    Change,
    Decided,
    Drawing,
    Marked,
    Outcome,
    Phase,
    Rating,
    course_chart,
    measures_of_an_episode,
    outcome_bars,
    response_bar,
    timeline,
)
from palpate.figures import course as of_course
from palpate.figures.axes import Scale, span
from palpate.figures.lines import runs
from palpate.figures.outcomes import CLASSES, shares
from palpate.figures.shapes import MARKS, Label, Mark, Path, Rect, hatch, n, rows_for, said, wide
from palpate.figures.signs import SIGNS
from palpate.pathway.pathway import DISPOSITIONS
from palpate.show.charts import SHAPES as SHOWN_SHAPES
from palpate.show.words import DISPOSITION_WORDS as SHOWN_WORDS

NUMBERS = load_pathway().numbers
START = date(2026, 2, 13)
DAYS = st.integers(0, 200).map(lambda days: START + timedelta(days=days))
SCORES = st.integers(0, 100).map(lambda tenths: tenths / 10)
EXACT = st.integers(0, 100).map(lambda tenths: Fraction(tenths, 10))
RATINGS = st.lists(st.builds(Rating, DAYS, st.none() | SCORES, st.booleans()), max_size=12)
MARKED = st.builds(Marked, st.lists(DAYS, max_size=12), st.lists(DAYS, max_size=4), st.none() | DAYS, st.none() | DAYS)
OUTCOMES = st.builds(Outcome, st.just("A group"), *(st.integers(0, 40) for _ in CLASSES))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def places(drawing: Drawing) -> list[tuple[float, float]]:
    """All points that parts stand at or pass through; of relative steps only the start."""
    found: list[tuple[float, float]] = []
    for part in drawing.parts:
        if isinstance(part, Rect):
            x, y = float(part.x), float(part.y)
            found += [(x, y), (x + float(part.width), y + float(part.height))]
        elif isinstance(part, Path):
            for step in re.findall(r"[ML]([^MLHhz]+)", part.d):
                x, y = (float(number) for number in NUMBER.findall(step))
                found.append((x, y))
        else:
            found.append((float(part.x), float(part.y)))
    return found


def holds_everything(drawing: Drawing) -> None:
    width, height = float(drawing.width), float(drawing.height)
    for x, y in places(drawing):
        assert 0 <= x <= width
        assert 0 <= y <= height
    for part in drawing.parts:
        if isinstance(part, Label):
            length = wide(part.text, 11)  # wide() is generous at the size of 14 that is drawn
            left = float(part.x) - {"start": 0, "middle": length / 2, "end": length}[part.anchor]
            assert left >= -1
            assert left + length <= width + 1, part.text


@given(kind=st.sampled_from(["pain", "activities"]), ratings=RATINGS, marked=MARKED, baseline=st.none() | EXACT,
       target=st.none() | EXACT)  # fmt: skip
def test_a_course_chart_stays_in_its_box_and_says_everything_twice(
    kind: of_course.Kind, ratings: list[Rating], marked: Marked, baseline: Fraction | None, target: Fraction | None
) -> None:
    drawing = course_chart("pain", kind, ratings, NUMBERS, baseline, marked, target)
    holds_everything(drawing)
    sessions = len(marked.sessions) + len(marked.planned)
    ends = (marked.check is not None) + (marked.end is not None)
    assert len(drawing.table.rows) == len(ratings) + sessions + ends
    assert all(len(row) == len(drawing.table.heads) for row in drawing.table.rows)
    assert drawing.description.endswith(".")
    scores = [part for part in drawing.parts if isinstance(part, Mark) and "course-mark" in part.kind]
    counted = [rating for rating in ratings if rating.value is not None and not rating.after]
    assert len(scores) == len(counted)
    for part in scores:
        assert of_course.LEFT <= float(part.x) <= of_course.RIGHT
        assert of_course.TOP <= float(part.y) <= of_course.BOTTOM


@given(ratings=RATINGS)
def test_a_missing_rating_parts_the_line_and_is_never_given_a_value(ratings: list[Rating]) -> None:
    ordered = sorted(ratings, key=lambda rating: (rating.day, rating.after))
    stretches = runs(ratings)
    kept = [rating for stretch in stretches for rating in stretch]
    assert kept == [rating for rating in ordered if rating.value is not None and not rating.after]
    for before, after in pairwise(stretches):
        between = ordered[ordered.index(before[-1]) : len(ordered) - ordered[::-1].index(after[0])]
        assert any(rating.value is None for rating in between)
    drawing = course_chart("pain", "pain", ratings, NUMBERS, None, Marked())
    crosses = [part for part in drawing.parts if isinstance(part, Mark) and "missing-mark" in part.kind]
    assert len(crosses) == sum(rating.value is None for rating in ratings)


def test_a_gap_is_two_lines() -> None:
    ratings = [Rating(START + timedelta(days=at), value) for at, value in enumerate([7, 6, None, 4, 3])]
    drawing = course_chart("pain", "pain", ratings, NUMBERS, Fraction(7), Marked())
    lines = [part for part in drawing.parts if isinstance(part, Path) and part.kind == "course"]
    assert len(lines) == 2
    assert "1 rating is missing and left as a gap." in drawing.description
    assert ("15 Feb 2026", "rating", "–", "no rating given") in drawing.table.rows


def test_a_rating_right_after_a_session_is_shown_and_never_joined_or_judged() -> None:
    ratings = [Rating(START, 7), Rating(START, 1, after=True), Rating(START + timedelta(days=9), 6)]
    drawing = course_chart("pain", "pain", ratings, NUMBERS, Fraction(7), Marked([START]))
    assert "to 6 on 22 Feb 2026" in drawing.description
    assert "no real change" in drawing.description
    assert ("13 Feb 2026", "rating", "1", "right after a session: does not count") in drawing.table.rows
    (line,) = [part for part in drawing.parts if isinstance(part, Path) and part.kind == "course"]
    assert line.d.count("L") == 1


def test_without_a_baseline_nothing_is_judged() -> None:
    drawing = course_chart("pain", "pain", [Rating(START, 7)], NUMBERS, None, Marked())
    assert not [part for part in drawing.parts if isinstance(part, Rect) and "zone" in part.kind]
    assert "There is no baseline" in drawing.description
    assert drawing.table.rows[0][3] == "no baseline to judge against"


@pytest.mark.parametrize(("kind", "value"), [("pain", 3), ("activities", 9)])
def test_the_good_end_is_where_the_measure_has_it(kind: of_course.Kind, value: int) -> None:
    drawing = course_chart("one", kind, [Rating(START, value)], NUMBERS, Fraction(6), Marked())
    assert "the last one is: responded" in drawing.description
    responded = next(part for part in drawing.parts if isinstance(part, Rect) and "zone-responded" in part.kind)
    worse = next(part for part in drawing.parts if isinstance(part, Rect) and "zone-worse" in part.kind)
    assert (float(responded.y) > float(worse.y)) == (kind == "pain")


@given(days=st.lists(DAYS, min_size=1, max_size=20))
def test_days_run_from_left_to_right_and_ticks_have_room(days: list[date]) -> None:
    axis = span(days, 30, 330)
    assert axis is not None
    at = [axis.at(day) for day in sorted(set(days))]
    assert at == sorted(at)
    assert len(set(at)) == len(at)
    ticks = [axis.at(day) for day in axis.ticks()]
    assert ticks[0] == 30
    assert all(later - earlier >= wide("28 May") for earlier, later in pairwise(ticks))


@given(low=st.floats(-50, 50), length=st.floats(0.1, 100), values=st.lists(st.floats(-200, 200), min_size=2))
def test_a_scale_keeps_the_order_and_never_leaves_its_ends(low: float, length: float, values: list[float]) -> None:
    scale = Scale(low, low + length, 200, 20)
    at = [scale.at(value) for value in sorted(values)]
    assert at == sorted(at, reverse=True)
    assert all(20 - 1e-9 <= place <= 200 + 1e-9 for place in at)


DECISIONS = st.lists(st.builds(Decided, DAYS, st.sampled_from(list(SIGNS))), max_size=8)
PHASES = st.lists(
    st.tuples(DAYS, DAYS).map(lambda two: Phase("follow-up", min(two), max(two))), max_size=4
)  # fmt: skip


@given(pain=RATINGS, reach=st.lists(st.builds(Rating, DAYS, st.floats(-15, 80)), max_size=4),
       sessions=st.lists(DAYS, max_size=8), phases=PHASES,
       decisions=DECISIONS)  # fmt: skip
def test_a_timeline_stays_in_its_box_and_keeps_a_place_for_every_measure(
    pain: list[Rating], reach: list[Rating], sessions: list[date], phases: list[Phase], decisions: list[Decided]
) -> None:
    series = measures_of_an_episode(pain, [], [], [], reach, [])
    drawing = timeline("record", series, sessions, decisions, phases)
    holds_everything(drawing)
    assert len(drawing.table.rows) == len(pain) + len(reach) + len(sessions) + len(decisions)
    assert all(one.words in drawing.description for one in series)
    if drawing.parts:
        words = [part.text for part in drawing.parts if isinstance(part, Label)]
        assert sum("is good" in text for text in words) == len(series)
        assert words.count("not recorded") == sum(
            not any(rating.value is not None for rating in one.ratings) for one in series
        )
        signs = [part for part in drawing.parts if isinstance(part, Mark) and part.kind.startswith("sign ")]
        assert len(signs) == len(decisions)


@given(before=st.none() | EXACT, after=st.none() | EXACT, kind=st.sampled_from(["pain", "activities"]),
       overall=st.none() | st.integers(-3, 3), response=st.sampled_from(["responded", "partly", "worse"]))  # fmt: skip
def test_a_response_bar_has_its_good_end_on_the_right(
    before: Fraction | None, after: Fraction | None, kind: of_course.Kind, overall: int | None, response: str
) -> None:
    drawing = response_bar("response", NUMBERS, response, [Change(kind, before, after)], overall)
    holds_everything(drawing)
    places_of = {
        part.kind.split("zone-")[-1]: float(part.x)
        for part in drawing.parts
        if isinstance(part, Rect) and "zone" in part.kind
    }
    order = [places_of[name] for name in ("worse", "none", "partly", "responded") if name in places_of]
    assert order == sorted(order)
    assert drawing.description.startswith(drawing.headline)
    assert len(drawing.table.rows) == 2
    chosen = [part for part in drawing.parts if isinstance(part, Rect) and "step-chosen" in part.kind]
    assert len(chosen) == (overall is not None)
    diamonds = [part for part in drawing.parts if isinstance(part, Mark) and "change-mark" in part.kind]
    assert len(diamonds) == (before is not None and after is not None)


@given(groups=st.lists(OUTCOMES, max_size=6), least=st.integers(1, 12))
def test_outcomes_are_over_all_who_started_and_small_groups_have_no_numbers(groups: list[Outcome], least: int) -> None:
    drawing = outcome_bars("outcomes", "By protocol", groups, least)
    holds_everything(drawing)
    large = [group for group in groups if group.started >= least]
    widths: dict[str, float] = {}
    for part in drawing.parts:
        if isinstance(part, Rect) and part.kind.startswith("share "):
            widths[part.y] = widths.get(part.y, 0) + float(part.width)
    assert len(widths) == len(large)
    assert all(abs(width - 336) < 0.05 for width in widths.values())
    for group, row in zip(groups, drawing.table.rows, strict=True):
        if group.started < least:
            assert row[1:] == (f"fewer than {least} people", "–", "–", "–", "–", "–")
        else:
            assert sum(int(cell.split()[0]) for cell in row[2:]) == int(row[1]) == group.started


def test_a_group_of_four_is_named_and_not_counted() -> None:
    drawing = outcome_bars("outcomes", "By therapist", [Outcome("Ada", 3, 1), Outcome("Bo", 3, 1, 1)])
    assert "Ada: fewer than 5 people." in drawing.description
    assert "Bo: of 5 who started, 3 responded, 1 partly, 1 not responded" in drawing.description
    assert drawing.table.rows[1] == ("Bo", "5", "3 (60 %)", "1 (20 %)", "1 (20 %)", "0 (0 %)", "0 (0 %)")


@given(counts=st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_percentages_add_up_and_are_never_more_than_one_off(counts: list[int]) -> None:
    found = shares(counts)
    total = sum(counts)
    assert sum(found) == (100 if total else 0)
    assert all(abs(share - 100 * count / total) < 1 for share, count in zip(found, counts, strict=True) if total)


@given(x=st.floats(0, 300), y=st.floats(0, 300), width=st.floats(0, 300), height=st.floats(0, 100),
       pattern=st.sampled_from(["rising", "falling", "crossed", "dotted"]))  # fmt: skip
def test_hatching_never_leaves_its_rectangle(x: float, y: float, width: float, height: float, pattern: str) -> None:
    for step in re.findall(r"[ML]([\d. -]+)", hatch(x, y, width, height, pattern)):
        left, top = (float(number) for number in step.split())
        assert x - 0.006 <= left <= x + width + 0.006
        assert y - 0.006 <= top <= y + height + 0.006


@given(spans=st.lists(st.tuples(st.floats(0, 300), st.floats(1, 80)).map(lambda two: (two[0], sum(two)))))
def test_words_in_one_row_do_not_touch(spans: list[tuple[float, float]]) -> None:
    spans.sort()
    rows = rows_for(spans)
    for row in set(rows):
        here = [one for one, at in zip(spans, rows, strict=True) if at == row]
        assert all(later[0] >= earlier[1] + 4 for earlier, later in pairwise(here))


def test_numbers_are_written_with_a_point_and_without_noise() -> None:
    assert [n(value) for value in (1, 1.5, -0.001, 2.005, 100.0)] == ["1", "1.5", "0", "2", "100"]
    assert [said(value) for value in (7.0, 6.5, -2, 0.0)] == ["7", "6.5", "−2", "0"]


def test_a_disposition_has_one_sign_and_one_name_wherever_it_stands() -> None:
    assert set(SIGNS) == set(DISPOSITIONS)
    assert {name: outline for name, (_, outline) in SIGNS.items()} == {name: SHOWN_SHAPES[name] for name in SIGNS}
    assert {name: words for name, (words, _) in SIGNS.items()} == {name: SHOWN_WORDS[name] for name in SIGNS}


def test_marks_of_different_meaning_differ_in_outline() -> None:
    kinds = ("disc", "ring", "cross", "up", "yields", "partly", "not")
    assert len({MARKS[kind] for kind in kinds}) == len(kinds)


def test_a_figure_needs_a_name_that_can_begin_an_id() -> None:
    with pytest.raises(ValueError, match="name of a figure"):
        outcome_bars('a" onload="', "By protocol", [])
