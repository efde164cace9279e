"""A tablet in somebody's hands: a page in Chromium that is tapped and typed on, and that counts what was needed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from palpate.clinic.models import User
from tests.clinic_world import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Chromium writes a line for every answer of 400 and above, and for every request without a network. A test that brings
# such an answer about says so; what is left fails it.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
NO_NETWORK = re.compile(r"net::ERR_INTERNET_DISCONNECTED|htmx:(afterRequest|sendError)")


@dataclass
class Tapper:
    """One page. `taps` and `keys` count by whose hand it was: "therapist" or "person".

    `wrong` collects script errors, refusals by the content policy and requests to any other host: it must stay empty.
    `expected` holds statuses that this test brings about on purpose. `narrow`: after each tap nothing may stand beyond
    the edge of the screen.
    """

    page: Page
    home: str
    hand: str = "therapist"
    taps: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    may_be_offline: bool = False
    narrow: bool = False

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self._asked(request.url))

    def _heard(self, line: Any) -> None:
        if line.type not in ("error", "warning"):
            return
        refused = REFUSED.match(line.text)
        if refused and int(refused[1]) in self.expected:
            return
        if self.may_be_offline and NO_NETWORK.search(line.text):
            return
        self.wrong.append(f"console: {line.text} {line.location}")

    def _asked(self, url: str) -> None:
        if not url.startswith(("data:", "blob:", "about:")) and urlsplit(url).netloc != urlsplit(self.home).netloc:
            self.wrong.append(f"another host: {url}")

    # --- hands ---

    def find(self, what: str | Locator, role: str = "button") -> Locator:
        """The one visible thing of a role with this name."""
        if not isinstance(what, str):
            return what
        return self.page.get_by_role(role, name=what, exact=True).locator("visible=true")  # type: ignore[arg-type]

    def tap(self, what: str | Locator, role: str = "button") -> None:
        """One tap."""
        self.touch(self.find(what, role))
        self.taps[self.hand] += 1
        if self.narrow:
            self.fits()

    def touch(self, where: Locator) -> None:
        where.click()

    def fits(self) -> None:
        """Nothing stands beyond the right edge of the screen."""
        # A tap may have led away: between two pages there is a document without an element. This waits for the next.
        fits = "() => document.body && document.documentElement.scrollWidth <= window.innerWidth"
        try:
            self.page.wait_for_function(fits, timeout=5_000)
        except PlaywrightTimeout:
            wide = self.page.evaluate("() => document.documentElement.scrollWidth")
            raise AssertionError(f"{self.page.url} is {wide} px wide") from None

    def follow(self, what: str | Locator, role: str = "button") -> None:
        """One tap that leads to another page."""
        before = self.page.evaluate("() => performance.timeOrigin")
        self.tap(what, role)
        self.page.wait_for_function("before => performance.timeOrigin !== before", arg=before)
        self.page.wait_for_load_state()
        if self.narrow:
            self.fits()

    def choose(self, question: str | re.Pattern[str], answer: str) -> None:
        """Taps an answer of a form. Takes question: a part of what stands over the group."""
        group = self.page.get_by_role("group", name=question).locator("visible=true").last
        self.tap(group.get_by_role("radio", name=answer, exact=True))

    def press(self, group: str, answer: str) -> None:
        """Taps a touch of the session page. Takes group: a part of what stands over it."""
        group_shown = self.page.get_by_role("group", name=group).locator("visible=true").last
        self.tap(group_shown.get_by_role("button", name=answer, exact=True))

    def write(self, label: str | Locator, text: str) -> None:
        """Types into a field."""
        where = self.page.get_by_label(label, exact=True).locator("visible=true") if isinstance(label, str) else label
        where.fill(text)
        self.keys[self.hand] += len(text)

    @contextmanager
    def held_by(self, hand: str) -> Iterator[None]:
        """Counts taps and keys for somebody else meanwhile."""
        before, self.hand = self.hand, hand
        yield
        self.hand = before

    def paper(self, name: str) -> bytes:
        """One tap on a link to a paper. Returns its PDF, fetched beside the page: Chromium has a viewer of its own."""
        link = self.find(name, "link")
        answer = self.page.context.request.get(f"{self.home}{link.get_attribute('href')}")
        self.taps[self.hand] += 1
        assert answer.ok
        assert answer.headers["content-type"] == "application/pdf"
        return answer.body()

    # --- ways ---

    def go(self, path: str) -> None:
        """Opens an address by itself, as from a bookmark."""
        self.page.goto(f"{self.home}{path}")

    def sign_in(self, user: User) -> None:
        """Signs in at the door, as every morning. It is not counted: it is no part of a visit."""
        self.page.context.clear_cookies()
        self.go("/account/sign-in/")
        self.page.get_by_label("Your e-mail address").fill(user.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"{self.home}/")

    def forget(self) -> None:
        """Starts counting anew."""
        self.taps.clear()
        self.keys.clear()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").first.inner_text()


@dataclass
class Keyboard(Tapper):
    """The same with a keyboard alone: Tab until the thing has the focus, then Space, or Enter on a link."""

    steps: int = 0

    def touch(self, where: Locator) -> None:
        where.wait_for()
        element = where.element_handle()
        for _ in range(200):
            if element is not None and element.evaluate("element => element === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
            self.steps += 1
        else:
            raise AssertionError(f"the Tab key does not reach {where} on {self.page.url}")
        assert where.evaluate("e => e.matches(':focus-visible') && getComputedStyle(e).outlineStyle !== 'none'")
        self.page.keyboard.press("Enter" if where.evaluate("e => e.tagName") == "A" else "Space")


def opened(browser: Browser, home: str, kind: type[Tapper] = Tapper, **options: Any) -> Tapper:
    """A tapper in a browser context of its own: other cookies, another device."""
    return kind(browser.new_context(**options).new_page(), home)
