"""The figures as they are written: named, described, with their numbers as a table, and nothing that is forbidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NAMES = [
    "course_chart",
    "timeline",
    "response_bar",
    "outcome_bars",
    "body_map",
    "body_map_field",
    "palpation_map",
    "region_grid",
]
DRAWN = [name for name in NAMES if name != "region_grid"]
Samples = dict[str, dict[str, Any]]
Render = Callable[..., str]


@pytest.mark.parametrize("name", NAMES)
def test_s31_a_figure_writes_no_style_no_script_and_no_markup_from_outside(
    name: str, samples: Samples, render: Render, seen: Any
) -> None:
    html = render(name, **samples[name])
    tree = seen(html)
    assert not tree.open
    for tag, attributes in tree.elements:
        assert tag not in ("script", "style", "foreignobject", "b", "i", "s", "u")
        assert "style" not in attributes
        assert not [key for key in attributes if key.startswith("on")]
        assert not [key for key in ("fill", "stroke") if key in attributes], "colour belongs to the style sheet"
        assert all("://" not in (value or "") for value in attributes.values())
    assert "mark_safe" not in html


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_has_a_title_and_a_description_that_it_names(
    name: str, samples: Samples, render: Render, seen: Any
) -> None:
    tree = seen(render(name, **samples[name]))
    ids = [attributes["id"] for _, attributes in tree.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    images = [attributes for attributes in tree.all("svg") if attributes.get("role") == "img"]
    assert images
    for image in images:
        assert image["aria-labelledby"] in ids
        assert image["aria-describedby"] in ids
    assert all(image.get("aria-hidden") == "true" for image in tree.all("svg") if image.get("role") != "img")
    assert samples[name]["figure"].description in " ".join(tree.words)


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "body_map_field"])
def test_the_table_says_all_that_is_drawn(name: str, samples: Samples, render: Render, seen: Any) -> None:
    tree = seen(render(name, **samples[name]))
    table = samples[name]["figure"].table
    assert len(tree.all("tr")) == len(table.rows) + 1
    assert [attributes.get("scope") for attributes in tree.all("th")].count("row") == len(table.rows)
    words = set(tree.words)
    assert {cell for row in table.rows for cell in row} <= words
    assert "details" in [tag for tag, _ in tree.elements]


def test_an_empty_figure_says_so_in_words(render: Render, seen: Any) -> None:
    from palpate.figures import outcome_bars, palpation_map

    tree = seen(render("outcome_bars", figure=outcome_bars("o", "By protocol", [])))
    assert "Nobody has started a course in this period." in tree.words
    assert not tree.all("svg")
    assert "Nothing was felt yet." in seen(render("palpation_map", figure=palpation_map("p", []))).words


def test_the_body_field_can_be_filled_without_drawing(samples: Samples, render: Render, seen: Any) -> None:
    from palpate.figures import REGIONS, read_body_map

    tree = seen(render("body_map_field", **samples["body_map_field"]))
    hidden = next(a for a in tree.all("input") if a.get("type") == "hidden")
    assert read_body_map(hidden["value"]) == read_body_map(samples["body_map_field"]["figure"].value)
    boxes = [a for a in tree.all("input") if a.get("type") == "checkbox"]
    assert {a["value"] for a in boxes} == set(REGIONS)
    assert {a["value"] for a in boxes if "checked" in a} == {"low_back_left", "head_front"}
    assert all(a["name"] == "body_map_region" for a in boxes)
    assert {a["data-region"] for a in tree.all("path") if "data-region" in a} == set(REGIONS)
    assert "<u>wrong</u>" in tree.words


def test_the_buttons_of_a_grid_are_named_and_say_whether_they_are_pressed(
    samples: Samples, render: Render, seen: Any
) -> None:
    buttons = seen(render("region_grid", **samples["region_grid"], multi=True)).all("button")
    assert all(button["type"] == "button" and button["data-touch"] == "palpation_region" for button in buttons)
    pressed = [button["aria-label"] for button in buttons if button["aria-pressed"] == "true"]
    assert pressed == ["Low back, left"]
    assert all("data-multi" in button for button in buttons)


def test_every_kind_of_part_that_is_coloured_has_its_class_in_the_style_sheet(web: Path) -> None:
    style = (web / "static" / "palpate" / "figures.css").read_text(encoding="utf-8")
    for kind in ("worse", "none", "partly", "responded", "untold"):
        assert f".zone-{kind}" in style
    for kind in ("responded", "partly", "not_responded", "worse", "not_measured"):
        assert f".share-{kind}" in style
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb\(", style), "a colour must be a token that knows the three schemes"
    assert "url(" not in style
