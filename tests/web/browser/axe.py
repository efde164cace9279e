"""axe-core on a page. The engine is a file of its own (tests/web/axe, its licence beside it); nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENGINE = (Path(__file__).parents[1] / "axe" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# What may differ from one display to the other: the document is the same, only its colours are not.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
RUN = """async (options) => {
  const found = await axe.run(document, options);
  const told = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 99)}`);
  return found.violations.flatMap(told);
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on a page as it stands, in the light display, the dark one and the dim one."""
    theme = page.evaluate("() => document.documentElement.dataset.theme ?? null")
    page.evaluate(ENGINE)
    found: list[str] = []
    for display in ("light", "dark", "dim"):
        page.evaluate("name => { document.documentElement.dataset.theme = name; }", display)
        run: dict[str, Any] = {"type": "tag", "values": TAGS}
        if display != "light":
            run = {"type": "rule", "values": OF_COLOUR}
        found += [f"{display}: {one}" for one in page.evaluate(RUN, {"runOnly": run, "resultTypes": ["violations"]})]
    page.evaluate("name => { if (name) document.documentElement.dataset.theme = name; }", theme)
    return found
