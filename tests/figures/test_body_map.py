"""The body: the same on both sides, every region within reach, and a map that is read strictly or not at all."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import load_pathway
from palpate.figures import (
    REGIONS,
    BodyMap,
    BodyMapFault,
    Finding,
    Region,
    Stroke,
    body_map_figure,
    palpation_map,
    read_body_map,
    region_grid,
    write_body_map,
)
from palpate.figures.body import HEIGHT, MIDDLE, VIEWS, WIDTH, View, ears, head, outline
from palpate.figures.body_map import MOST_POINTS, MOST_STROKES
from palpate.figures.regions import places, region_at

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
POINTS = st.tuples(st.integers(0, WIDTH * 10), st.integers(0, HEIGHT * 10)).map(lambda p: (p[0] / 10, p[1] / 10))
STROKES = st.builds(Stroke, st.sampled_from(VIEWS), st.lists(POINTS, min_size=1, max_size=20).map(tuple))
MAPS = st.builds(
    BodyMap,
    st.lists(st.sampled_from(sorted(REGIONS)), unique=True, max_size=6).map(tuple),
    st.lists(STROKES, max_size=5).map(tuple),
)


def points_of(d: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in NUMBER.findall(d)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def mirrored(points: list[tuple[float, float]]) -> set[tuple[float, float]]:
    return {(round(2 * MIDDLE - x, 2), round(y, 2)) for x, y in points}


@pytest.mark.parametrize("d", [outline(), head("back"), head("front"), "".join(ears())])
def test_the_body_is_the_same_on_both_sides_and_within_its_box(d: str) -> None:
    points = points_of(d)
    assert mirrored(points) == {(round(x, 2), round(y, 2)) for x, y in points}
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_the_body_is_about_seven_and_a_half_heads_high() -> None:
    heights = [y for _, y in points_of(outline() + head("front"))]
    face = [y for _, y in points_of(head("front"))]
    assert 7.3 <= (max(heights) - min(heights)) / (max(face) - min(face)) <= 7.7


def test_left_and_right_regions_mirror_each_other_and_left_is_the_persons_own() -> None:
    for region in REGIONS.values():
        if region.side != "left":
            continue
        other = REGIONS[region.id.removesuffix("left") + "right"]
        assert mirrored(list(other.points)) == {(round(x, 2), round(y, 2)) for x, y in region.points}
        assert other.site == region.site
        assert (region.centre[0] < MIDDLE) == (region.view == "back")


@pytest.mark.parametrize("region", REGIONS.values(), ids=lambda region: region.id)
def test_every_region_is_reached_by_touching_its_middle_and_by_its_box(region: Region) -> None:
    assert region_at(region.view, region.centre) == region
    boxes = [box.id for list_ in body_map_figure("m", BodyMap()).lists for row in list_.rows for box in row.boxes]
    assert boxes.count(region.id) == 1


@given(view=st.sampled_from(VIEWS), point=POINTS)
def test_no_point_lies_in_two_regions_beside_the_head(view: View, point: tuple[float, float]) -> None:
    x, y = point
    # A point exactly on a shared border belongs to one side; a hair inside avoids the question.
    holding = [r for r in REGIONS.values() if r.view == view and r.place != "head" and r.holds((x + 0.03, y + 0.03))]
    assert len(holding) <= 1


def test_no_place_within_the_trunk_is_without_a_region() -> None:
    for y in range(100, 270, 3):
        for x in range(MIDDLE - 36, MIDDLE + 37, 3):
            for view in VIEWS:
                assert region_at(view, (x + 0.5, y + 0.5)), (view, x, y)


def test_every_region_says_which_site_of_the_pathway_it_is() -> None:
    sites = set(load_pathway().vocabulary["pain_site"].values)
    used = {region.site for region in REGIONS.values()}
    assert used <= sites
    assert used == {"low_back", "mid_back", "upper_back", "neck", "buttock", "flank", "other"}
    assert all(region.site == region.place for region in REGIONS.values() if region.site != "other")


def test_names_are_read_aloud_and_never_the_same() -> None:
    names = [region.name for region in REGIONS.values()]
    assert len(set(names)) == len(names)
    assert REGIONS["low_back_left"].name == "Low back, left"
    assert REGIONS["thigh_front_right"].name == "Thigh, front, right"
    assert REGIONS["head_back"].name == "Head, back"


@given(body_map=MAPS)
def test_what_is_written_is_read_back_the_same(body_map: BodyMap) -> None:
    text = write_body_map(body_map)
    assert read_body_map(text) == body_map
    assert write_body_map(read_body_map(text)) == text


@given(body_map=MAPS)
def test_a_drawn_line_touches_the_regions_under_it(body_map: BodyMap) -> None:
    touched = {region.id for region in body_map.touched}
    assert set(body_map.regions) <= touched
    figure = body_map_figure("m", body_map)
    assert {row[0] for row in figure.table.rows} == {region.name for region in body_map.touched}
    assert all(REGIONS[id_].name in figure.description for id_ in touched)
    assert set(body_map.sites) == {REGIONS[id_].site for id_ in touched}


GOOD = {"regions": ["low_back_left"], "strokes": [["back", [[1, 2], [3.5, 4]]]]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "did not arrive whole"),
        ("{", "did not arrive whole"),
        ("\ud800", "did not arrive whole"),
        ('{"regions": [], "regions": [], "strokes": []}', "did not arrive whole"),
        ('{"regions": [], "strokes": [["back", [[NaN, 1]]]]}', "did not arrive whole"),
        ("[]", "must have `regions` and `strokes`"),
        ('{"regions": []}', "must have `regions` and `strokes`"),
        ('{"regions": [], "strokes": [], "more": 1}', "must have `regions` and `strokes`"),
        ('{"regions": {}, "strokes": []}', "must be lists"),
        ('{"regions": ["low_back_lift"], "strokes": []}', "nearest known one is low_back_left"),
        ('{"regions": [1], "strokes": []}', "no region 1"),
        ('{"regions": ["low_back_left", "low_back_left"], "strokes": []}', "twice"),
        ('{"regions": [], "strokes": [["side", [[1, 2]]]]}', 'must be ["back" or "front", [points]]'),
        ('{"regions": [], "strokes": [["back"]]}', "must be"),
        ('{"regions": [], "strokes": ["back"]}', "must be"),
        ('{"regions": [], "strokes": [[["back"], [[1, 2]]]]}', "must be"),
        ('{"regions": [], "strokes": [["back", []]]}', "has 0 points"),
        ('{"regions": [], "strokes": [["back", [[1]]]]}', "no [x, y]"),
        ('{"regions": [], "strokes": [["back", [["1", 2]]]]}', "no [x, y]"),
        ('{"regions": [], "strokes": [["back", [[true, 2]]]]}', "no [x, y]"),
        (f'{{"regions": [], "strokes": [["front", [[{WIDTH + 1}, 2]]]]}}', "leaves the drawing"),
        ('{"regions": [], "strokes": [["front", [[1, -0.1]]]]}', "leaves the drawing"),
        (json.dumps({"regions": [], "strokes": [["back", [[1, 1]]]] * (MOST_STROKES + 1)}), "61 drawn lines"),
        (json.dumps({"regions": [], "strokes": [["back", [[1, 1]] * (MOST_POINTS + 1)]]}), "401 points"),
        (json.dumps({"regions": ["neck_left"] * 99, "strokes": []}), "99 regions"),
    ],
)
def test_a_map_that_is_wrong_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(BodyMapFault) as caught:
        read_body_map(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_the_largest_map_that_may_be_drawn_is_read() -> None:
    stroke = ["back", [[0, 0], [WIDTH, HEIGHT]] * (MOST_POINTS // 2)]
    assert len(read_body_map(json.dumps({"regions": [], "strokes": [stroke] * MOST_STROKES})).strokes) == MOST_STROKES


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))


@given(value=ANYTHING.filter(lambda value: value != []))
def test_s22_whatever_json_arrives_instead_of_a_map_is_refused_in_one_clear_line(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"regions": value, "strokes": value}), str(value)):
        with pytest.raises(BodyMapFault) as caught:
            read_body_map(text)
        assert "\n" not in str(caught.value)


def test_boxes_that_came_without_a_script_are_read_too() -> None:
    body_map = read_body_map(json.dumps(GOOD), ["low_back_left", "neck_right"])
    assert body_map.regions == ("low_back_left", "neck_right")
    with pytest.raises(BodyMapFault, match="no region"):
        read_body_map(json.dumps(GOOD), ["nowhere"])


def test_nothing_marked_is_not_called_no_pain() -> None:
    figure = body_map_figure("m", BodyMap())
    assert figure.description == "Nothing is marked on the body."
    assert figure.table.rows == ()


def test_a_place_with_several_findings_carries_the_least_yielding_mark() -> None:
    findings = [Finding("low_back_left", "yes", "erector spinae"), Finding("low_back_left", "no", "quadratus", 6)]
    figure = palpation_map("p", findings)
    (mark,) = figure.view.marks
    assert "mark-not" in mark.kind
    assert [row[2] for row in figure.table.rows] == ["Gives way", "Does not give way"]
    assert [row[3] for row in figure.table.rows] == ["not asked", "6"]
    assert "Does not give way: Low back, left." in figure.description


def test_what_was_not_tested_is_not_shown_as_giving_way() -> None:
    for answer in (None, "not_tested"):
        figure = palpation_map("p", [Finding("neck_left", answer)])
        assert "mark-ring" in figure.view.marks[0].kind
        assert figure.description == "Not tested: Neck, left."


def test_the_answers_of_the_palpation_map_are_those_of_the_pathway() -> None:
    from palpate.figures.palpation import YIELDING

    assert set(YIELDING) == set(load_pathway().vocabulary["muscle_yields_to_pressure"].values)
    assert len({shape for shape, _ in YIELDING.values()}) == len(YIELDING)


@pytest.mark.parametrize(("region", "yields"), [("nowhere", "yes"), ("neck_left", "maybe")])
def test_a_finding_that_does_not_exist_is_refused(region: str, yields: str) -> None:
    with pytest.raises(ValueError, match="no such finding"):
        palpation_map("p", [Finding(region, yields)])


def test_the_buttons_of_the_session_page_are_the_regions_of_the_back() -> None:
    grid = region_grid("palpation_region", ["low_back_left"])
    buttons = [button for row in grid.rows for button in row.buttons]
    assert grid.rows[0].words == "Neck"
    assert {button.region for button in buttons} == {
        r.id for _, _, regions in places("back") for r in regions if r.site != "other" or r.place == "shoulder"
    }
    assert [button.region for button in buttons if button.chosen] == ["low_back_left"]
    assert json.loads(buttons[0].value) == {"region": buttons[0].region}
    assert [row.words for row in region_grid("x", only=["low_back"]).rows] == ["Low back"]
