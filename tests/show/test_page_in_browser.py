"""The page as a clinician meets it: on a telephone, in the dark, with a keyboard, and on paper."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from palpate.pathway.pathway import Pathway

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Contrast of every piece of text with what lies behind it, by WCAG 2.2: what falls short, as (ratio, colours, text).
LOW_CONTRAST = """
() => {
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const found = new Map()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim()
    const element = walker.currentNode.parentElement
    if (!text || element.closest("svg, .skip") || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    let behind = element
    while (behind && (numbers(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement
    const back = behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)"
    const key = `${style.color} on ${back}`
    if (found.has(key)) continue
    const [high, low] = [light(numbers(style.color)), light(numbers(back))].sort((a, b) => b - a)
    found.set(key, [(high + 0.05) / (low + 0.05), key, text.slice(0, 40)])
  }
  // Inside drawings, text stands on the page and on the tints.
  const root = getComputedStyle(document.documentElement)
  const probe = document.body.appendChild(document.createElement("i"))
  const named = name => { probe.style.color = root.getPropertyValue(name); return getComputedStyle(probe).color }
  const ink = named("--ink")
  for (const name of ["--paper", "--card", "--panel", ...[...document.styleSheets[0].cssRules]
      .filter(rule => rule.selectorText === ":root").flatMap(rule => [...rule.style])
      .filter(name => name.endsWith("-tint"))]) {
    const [high, low] = [light(numbers(ink)), light(numbers(named(name)))].sort((a, b) => b - a)
    found.set(name, [(high + 0.05) / (low + 0.05), `ink on ${name}`, ""])
  }
  probe.remove()
  return { low: [...found.values()].filter(([ratio]) => ratio < 4.5), pairs: found.size }
}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, html: str) -> Path:
    place = tmp_path_factory.mktemp("show") / "pathway.html"
    place.write_text(html, encoding="utf-8")
    return place


def opened(page: Page, file: Path, width: int = 1280) -> list[str]:
    """Load the file. Returns what the page asked for beside itself, and what the browser complained about."""
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(file.as_uri())
    return wrong


@pytest.mark.parametrize("width", [320, 360, 1000, 1280])
def test_the_page_itself_never_moves_sideways(page: Page, file: Path, width: int) -> None:
    assert opened(page, file, width) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(page: Page, file: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    opened(page, file)
    found = page.evaluate(LOW_CONTRAST)
    assert found["pairs"] > 20
    assert found["low"] == []


def test_the_dark_scheme_is_dark_and_paper_is_white_in_both(page: Page, file: Path) -> None:
    page.emulate_media(color_scheme="dark")
    opened(page, file)
    background = "getComputedStyle(document.body).backgroundColor"
    assert max(map(int, page.evaluate(background)[4:-1].split(","))) < 60
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_the_first_tab_reaches_a_visible_link_past_the_contents(page: Page, file: Path) -> None:
    opened(page, file)
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "({ to: document.activeElement.getAttribute('href'), top: document.activeElement.getBoundingClientRect().top,"
        " outline: getComputedStyle(document.activeElement).outlineStyle })"
    )
    assert focused["to"] == "#main"
    assert focused["top"] >= 0
    assert focused["outline"] == "solid"


def test_the_page_says_each_disposition_with_a_word_and_a_shape(page: Page, file: Path) -> None:
    opened(page, file)
    signs = page.evaluate(
        "[...document.querySelectorAll('#dispositions-table .tag')]"
        ".map(tag => [tag.textContent, tag.querySelector('use').getAttribute('href')])"
    )
    assert len(signs) == 12
    assert len({shape for _, shape in signs}) == 12
    assert all(word.strip() for word, _ in signs)


def test_it_prints_with_a_foot_on_every_page_and_the_signature_alone(page: Page, file: Path, pathway: Pathway) -> None:
    opened(page, file)
    printed = file.with_suffix(".pdf")
    page.pdf(path=printed, prefer_css_page_size=True)
    if shutil.which("pdftotext") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("pdftotext is missing: apt-get install poppler-utils")
    text = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, check=True, text=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) > 10
    for at, one in enumerate(pages, 1):
        assert pathway.digest in one
        assert f"{pathway.id} {pathway.version}" in one
        assert f"{at} of {len(pages)}" in one
    signed = [at for at, one in enumerate(pages) if "Registration number" in one]
    assert signed == [len(pages) - 1]
    last = pages[-1]
    assert "Signature" in last
    assert "Sources" not in last
    assert last.count(pathway.digest) == 2
