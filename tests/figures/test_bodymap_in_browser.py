"""The body map as it is used: touched, drawn on, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from palpate.figures import REGIONS, BodyMap, body_map_figure, read_body_map

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def field(page: Page, render: Callable[..., str], web: Path, tmp_path: Path) -> Iterator[Page]:
    """A page with an empty field for four lines of thirty points, 360 wide; it must not complain."""
    figure = replace(body_map_figure("where", BodyMap()), most_strokes="4", most_points="30")
    written = render("body_map_field", figure=figure, field="body_map")
    static = (web / "static" / "palpate").as_uri()
    place = tmp_path / "field.html"
    place.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Map</title>'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src file:; script-src file:">'
        f'<link rel="stylesheet" href="{static}/palpate.css"><link rel="stylesheet" href="{static}/figures.css">'
        f'<script src="{static}/bodymap.js" defer></script></head>'
        f"<body><main><form>{written}</form></main></body></html>",
        encoding="utf-8",
    )
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(place.as_uri())
    yield page
    assert wrong == []


def marked(page: Page) -> BodyMap:
    return read_body_map(page.input_value("[data-bodymap-value]"))


def touch(page: Page, region: str) -> None:
    """Touch the drawing where a region's middle lies, as a finger would: by its place on the screen."""
    x, y = REGIONS[region].centre
    svg = page.locator(f'svg[data-view="{REGIONS[region].view}"]')
    svg.scroll_into_view_if_needed()
    at: Any = svg.evaluate(
        """(svg, [x, y]) => {
          const here = () => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM())
          scrollBy(0, here().y - 300)
          return [here().x, here().y]
        }""",
        [x, y],
    )
    page.mouse.click(*at)


def test_touching_every_region_marks_it_and_touching_again_takes_it_back(field: Page) -> None:
    for region in REGIONS:
        touch(field, region)
    assert marked(field).regions == tuple(REGIONS)
    assert field.locator(".region.is-chosen").count() == len(REGIONS)
    assert field.locator("input[type=checkbox]:checked").count() == len(REGIONS)
    touch(field, "low_back_left")
    assert set(REGIONS) - set(marked(field).regions) == {"low_back_left"}
    assert field.locator('[data-shape="low_back_left"].is-chosen').count() == 0


def test_by_keyboard_alone_a_region_is_marked_undone_and_cleared(field: Page) -> None:
    field.locator("summary").first.focus()
    field.keyboard.press("Enter")
    box = field.locator('input[value="low_back_left"]')
    box.focus()
    field.keyboard.press("Space")
    assert marked(field).regions == ("low_back_left",)
    assert field.inner_text("[data-bodymap-status]") == "Marked: Low back, left."
    field.locator("[data-bodymap-undo]").focus()
    field.keyboard.press("Enter")
    assert marked(field) == BodyMap()
    assert not box.is_checked()
    box.focus()
    field.keyboard.press("Space")
    field.locator("[data-bodymap-clear]").focus()
    field.keyboard.press("Enter")
    assert marked(field) == BodyMap()
    assert field.inner_text("[data-bodymap-status]") == "Nothing is marked on the body."


def test_a_line_is_drawn_kept_and_undone_and_does_not_mark_a_region(field: Page) -> None:
    field.click('[data-bodymap-mode="draw"]')
    svg = field.locator('svg[data-view="back"]')
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    assert box is not None
    field.mouse.move(box["x"] + 120, box["y"] + 200)
    field.mouse.down()
    field.mouse.move(box["x"] + 150, box["y"] + 260, steps=12)
    field.mouse.move(box["x"] - 200, box["y"] + 260, steps=4)  # past the edge of the drawing
    field.mouse.up()
    body_map = marked(field)
    assert body_map.regions == ()
    (stroke,) = body_map.strokes
    assert stroke.view == "back"
    assert len(stroke.points) > 5
    assert stroke.points[-1][0] == 0
    assert field.locator('svg[data-view="back"] .body-stroke').count() == 1
    assert field.inner_text("[data-bodymap-status]") == "1 line was drawn."
    field.click("[data-bodymap-undo]")
    assert marked(field) == BodyMap()
    assert field.locator(".body-stroke").count() == 0


def test_the_page_can_be_scrolled_over_the_body_unless_somebody_draws(field: Page) -> None:
    action = "svg => getComputedStyle(svg).touchAction"
    svg = field.locator('svg[data-view="back"]')
    assert svg.evaluate(action) == "auto"
    field.click('[data-bodymap-mode="draw"]')
    assert svg.evaluate(action) == "none"


def test_a_line_that_grows_too_long_goes_on_as_another_and_never_past_the_limit(field: Page) -> None:
    field.click('[data-bodymap-mode="draw"]')
    field.evaluate(
        """() => {
          const svg = document.querySelector('svg[data-view="back"]')
          svg.setPointerCapture = () => {}
          const { left, top, width, height } = svg.getBoundingClientRect()
          const send = (kind, at) => svg.dispatchEvent(new PointerEvent(kind, {
            pointerId: 7, bubbles: true, clientX: left + width * (at % 2 ? 0.3 : 0.6),
            clientY: top + height * (0.2 + (at % 50) / 100) }))
          send("pointerdown", 0)
          for (let at = 1; at < 200; at++) send("pointermove", at)
          send("pointerup", 0)
        }"""
    )
    strokes = marked(field).strokes
    assert len(strokes) == 4
    assert {len(stroke.points) for stroke in strokes} == {30}
    field.evaluate(
        """() => document.querySelector('svg[data-view="front"]').dispatchEvent(
             new PointerEvent("pointerdown", { pointerId: 8, bubbles: true, clientX: 100, clientY: 100 }))"""
    )
    assert "No more than 4 lines" in field.inner_text("[data-bodymap-status]")
    assert len(marked(field).strokes) == 4


def test_touch_targets_of_the_list_are_large_and_nothing_is_wider_than_the_telephone(field: Page) -> None:
    for summary in field.locator("summary").all():
        summary.click()
    for target in field.locator(".body-box, .body-tools button").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["width"] >= 48
    assert field.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_is_left_in_the_browser(field: Page) -> None:
    touch(field, "low_back_left")
    assert field.evaluate("localStorage.length + sessionStorage.length") == 0
    assert "#" not in field.url
