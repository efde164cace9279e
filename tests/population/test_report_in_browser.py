"""The report as it is read: on a telephone and a desk, in the light and in the dark, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from palpate import load_pathway
from palpate.population.audit import audit
from palpate.population.sample import write_sample
from tests.web.browser.axe import ENGINE, OF_COLOUR, RUN, TAGS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    with (folder / "rows.parquet").open("wb") as to:
        write_sample(load_pathway(), 2_000, 1, "parquet", to)
    audit(load_pathway(), folder / "rows.parquet", folder / "out")
    return folder / "out" / "report.html"


def test_the_report_asks_for_nothing_fits_every_width_and_can_be_read_by_all(page: Page, file: Path) -> None:
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(file.as_uri())
    page.evaluate(UNFOLD)
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []
    assert page.locator("figure svg[role=img][aria-label]").count() == page.locator("figure").count() > 5
    page.evaluate(ENGINE)
    told = page.evaluate(RUN, {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    told += page.evaluate(RUN, {"runOnly": {"type": "rule", "values": OF_COLOUR}, "resultTypes": ["violations"]})
    assert told == []


def test_on_paper_folded_tables_are_open_and_nothing_runs_over_the_edge(page: Page, file: Path) -> None:
    page.set_viewport_size({"width": 680, "height": 1000})  # the width of a sheet within its margins
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert page.locator("details table").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    widest = "Math.max(...[...document.querySelectorAll('pre, figure')].map(one => one.scrollWidth))"
    assert page.evaluate(widest) <= 680
