"""The clinic in a real browser: served from this process, with a clock that can be moved from visit to visit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.clinic_world import World, make_world
from tests.web.browser.tapper import Tapper, opened

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop of its own in this thread

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Without movement: a colour that is on its way from one to another is no colour to judge.
TABLET = {"viewport": {"width": 1024, "height": 1366}, "reduced_motion": "reduce"}


class Calendar:
    """The time of the whole program, the server's threads included. It runs on, and can be moved ahead by days."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        real_now, real_time = timezone.now, time.time

        def now() -> datetime:
            return real_now() + self.ahead

        def seconds() -> float:
            return real_time() + self.ahead.total_seconds()

        monkeypatch.setattr(timezone, "now", now)
        monkeypatch.setattr(time, "time", seconds)  # django-allauth and the session's marks count in seconds

    def pass_days(self, days: int) -> None:
        self.ahead += timedelta(days=days)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    return Calendar(monkeypatch)


@pytest.fixture
def world(transactional_db: Any, calendar: Calendar) -> World:
    return make_world()


@pytest.fixture
def home(live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def tablets(browser: Browser, home: str) -> Iterator[Callable[..., Tapper]]:
    """Makes tablets, each with cookies of its own. Fails on any script error, refusal by the policy, or other host."""
    made: list[Tapper] = []

    def make(kind: type[Tapper] = Tapper, **options: Any) -> Tapper:
        made.append(opened(browser, home, kind, **{**TABLET, **options}))
        return made[-1]

    yield make
    wrong = [fault for tapper in made for fault in tapper.wrong]
    for tapper in made:
        tapper.page.context.close()
    assert wrong == []


@pytest.fixture
def tablet(tablets: Callable[..., Tapper]) -> Tapper:
    return tablets()
