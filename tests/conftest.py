"""What every test shares: how hard Hypothesis tries, and one Chromium for the tests that look at a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest_plugins = ("tests.installation",)

# No deadline: a shared machine is slow at times, and a slow example is not a wrong one.
# "ci" tries the same examples every time, so that a red run means the change and not the dice.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100)
settings.register_profile(
    "nightly", deadline=None, max_examples=20_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("PALPATE_HYPOTHESIS", "ci"))

# No sandbox, because containers run as root; the rest keeps the browser from asking the network for anything.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens the browser is marked so: `make check` leaves it out even if nobody thought of the marker."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def tests_may_empty_the_store() -> Iterator[None]:
    """Between two tests that commit, Django empties all tables. The store refuses that for its sealed ones, so the
    seals go before and come back after, with the signal that ends the emptying."""
    from django.core.management.commands import flush
    from django.db import connections

    from palpate.clinic import sealed
    from palpate.clinic.acts import upkeep

    empty = flush.Command.handle

    def unsealed(self: flush.Command, **options: Any) -> Any:
        sealed.unseal(connections[options["database"]])
        with upkeep():
            return empty(self, **options)

    flush.Command.handle = unsealed  # type: ignore[method-assign]
    yield
    flush.Command.handle = empty  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        # On the build machine a skipped test would pass unseen.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "Chromium is missing: apt-get install chromium-headless-shell"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that cannot reach any network: what palpate writes has to stand on its own."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()
