"""A session's taps against a server that goes away, comes back and refuses: in order, once, and never lost."""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.template import Context, Engine
from django.test import override_settings
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WEB = Path(__file__).parents[2] / "src/palpate/web"
HTMX = Path(__import__("django_htmx").__file__).parent / "static/django_htmx/htmx-2.min.js"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'"
)
LIBRARIES = {
    "static": "django.templatetags.static",
    **{name: f"palpate.web.templatetags.{name}" for name in ("kept", "way")},
}
START = datetime(2026, 3, 16, 10, 0, tzinfo=UTC)
PATIENCE = 20  # seconds until something that must arrive counts as missing

Answer = tuple[int, dict[str, Any] | str, dict[str, str]]


class Room(ThreadingHTTPServer):
    """A session's server: remembers each touch by its key, as the clinic does, and misbehaves when told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.token = "first-token"
        self.posts: queue.Queue[dict[str, Any]] = queue.Queue()  # every POST of touches, as it came
        self.kept: dict[str, dict[str, Any]] = {}  # touches by key, in the order in which they were first seen
        self.answers: list[Callable[[dict[str, Any]], Answer | None]] = []  # what to do instead, one per POST
        self.more: dict[str, Any] = {}  # added to a good answer
        self.signed = threading.Event()

    def take(self, sent: dict[str, Any]) -> Answer | None:
        """Remembers what was sent and answers; None ends the connection without an answer."""
        if self.answers:
            return self.answers.pop(0)(sent)
        return self.keep(sent)

    def keep(self, sent: dict[str, Any]) -> Answer:
        """The good answer."""
        for touch in sent["touches"]:
            self.kept.setdefault(touch["key"], touch)
        accepted = [touch["key"] for touch in sent["touches"]]
        return 200, {"accepted": accepted, "version": sent["version"] + 1, "stop": None, **self.more}, {}

    def next_post(self) -> dict[str, Any]:
        """The next POST that came in. Errors: queue.Empty when none comes."""
        return self.posts.get(timeout=PATIENCE)

    def said(self) -> list[Any]:
        """What was kept: kind and data."""
        return [(touch["kind"], touch["data"]) for touch in self.kept.values()]


class Visit(BaseHTTPRequestHandler):
    server: Room

    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            file = HTMX if "htmx" in self.path else WEB / self.path[1:]
            kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}[file.suffix]
            self.answer(200, file.read_bytes(), {"Content-Type": kind})
        elif self.path == "/part":
            self.answer(200, b"<strong>fresh from the server</strong>", {"Content-Type": "text/html"})
        else:
            self.answer(200, page(self.server.token).encode(), {"Content-Type": "text/html; charset=utf-8"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/sign":
            self.server.signed.set()
            self.answer(200, b"<!doctype html><title>Signed</title>", {"Content-Type": "text/html"})
            return
        sent = json.loads(body)
        self.server.posts.put(sent)
        answer: Answer | None = (403, "<h1>Forbidden</h1>", {})
        if self.headers["X-CSRFToken"] == self.server.token:
            answer = self.server.take(sent)
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, said, head = answer
        text = said if isinstance(said, str) else json.dumps(said)
        kind = "text/html" if isinstance(said, str) else "application/json"
        self.answer(status, text.encode(), {"Content-Type": kind, **head})

    def answer(self, status: int, body: bytes, head: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Security-Policy": POLICY, "Content-Length": str(len(body)), **head}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the test says what went wrong."""


def page(token: str) -> str:
    """The session page as a browser gets it."""
    lines = ["Take your hands off.", "Ask for a medical examination."]
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STATIC_URL="/static/", STORAGES=plain):
        folders = [str(WEB / "templates"), str(Path(__file__).parent / "fixtures")]
        engine = Engine(dirs=folders, libraries=LIBRARIES)
        return engine.get_template("session.html").render(Context({"csrf_token": token, "lines": lines}))


@pytest.fixture
def room() -> Iterator[Room]:
    server = Room()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tablet(browser: Browser, room: Room) -> Iterator[Page]:
    """The session page, open on a tablet, with time that moves only when the test says so."""
    context = browser.new_context(viewport={"width": 800, "height": 900})
    tab = context.new_page()
    broken: list[str] = []
    tab.on("pageerror", lambda error: broken.append(str(error)))
    tab.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    tab.clock.install(time=START)
    tab.goto(room.address)
    tab.clock.pause_at(START + timedelta(minutes=1))
    yield tab
    context.close()
    assert broken == []


def tap(tablet: Page, *names: str) -> None:
    for name in names:
        tablet.get_by_role("button", name=name, exact=True).click()


def status(tablet: Page) -> Any:
    return expect(tablet.locator("[data-touches-text]"))


def pressed(tablet: Page) -> list[str]:
    return tablet.locator("button[aria-pressed=true]").all_text_contents()


def test_a_tap_is_seen_at_once_and_reaches_the_server_with_whose_it_is(tablet: Page, room: Room) -> None:
    tap(tablet, "Partly")
    assert pressed(tablet) == ["Partly"]
    sent = room.next_post()
    assert (sent["person"], sent["session"], sent["version"]) == ("person-1", "session-1", 3)
    (touch,) = sent["touches"]
    assert touch.keys() == {"key", "kind", "data", "at"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", touch["key"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", touch["at"])
    assert (touch["kind"], touch["data"]) == ("yields", {"yields": "partly"})
    status(tablet).to_have_text("All saved")


def test_touches_made_without_a_connection_are_sent_in_order_and_once_when_it_is_back(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tap(tablet, "Yields", "Swedish", "Friction", "Swedish", "Partly")
    status(tablet).to_have_text("5 not sent yet")
    assert pressed(tablet) == ["Partly", "Friction"]
    assert room.posts.empty()
    tablet.context.set_offline(False)
    status(tablet).to_have_text("All saved")
    assert room.said() == [
        ("yields", {"yields": "yes"}),
        ("technique", {"technique": "swedish", "on": True}),
        ("technique", {"technique": "friction", "on": True}),
        ("technique", {"technique": "swedish", "on": False}),
        ("yields", {"yields": "partly"}),
    ]
    keys = [touch["key"] for post in drain(room) for touch in post["touches"]]
    assert len(keys) == len(set(keys)) == 5


def drain(room: Room) -> list[dict[str, Any]]:
    """All POSTs that came in so far."""
    found = []
    while not room.posts.empty():
        found.append(room.posts.get())
    return found


def test_a_touch_whose_answer_got_lost_is_sent_again_under_the_same_key(tablet: Page, room: Room) -> None:
    def keep_and_vanish(sent: dict[str, Any]) -> None:
        room.keep(sent)

    room.answers = [keep_and_vanish]
    tap(tablet, "Yields")
    first = room.next_post()
    status(tablet).to_have_text("1 not sent yet")
    expect(tablet.locator("[data-touches-said]")).to_contain_text("No connection")
    tablet.clock.run_for(1000)
    assert room.next_post()["touches"] == first["touches"]
    status(tablet).to_have_text("All saved")
    expect(tablet.locator("[data-touches-said]")).to_have_text("All saved")
    assert len(room.kept) == 1


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_server_in_trouble_is_asked_again_after_growing_waits(tablet: Page, room: Room, code: int) -> None:
    room.answers = [lambda sent: (code, "trouble", {})] * 3
    tap(tablet, "Minute")
    room.next_post()
    for tried, seconds in enumerate((1, 2, 4), 1):
        expect(tablet.locator("[data-touches-status]")).to_have_attribute("data-tries", str(tried))
        tablet.clock.run_for(seconds * 1000 - 100)
        assert room.posts.empty()
        tablet.clock.run_for(200)
        room.next_post()
    status(tablet).to_have_text("All saved")


def test_a_server_that_names_a_wait_is_left_alone_for_that_long(tablet: Page, room: Room) -> None:
    room.answers = [lambda sent: (429, "slowly", {"Retry-After": "9"})]
    tap(tablet, "Minute")
    room.next_post()
    expect(tablet.locator("[data-touches-said]")).to_contain_text("1 not sent yet")
    tablet.clock.run_for(8_000)
    assert room.posts.empty()
    tablet.clock.run_for(1_500)
    room.next_post()
    status(tablet).to_have_text("All saved")


def test_the_next_tap_tries_again_at_once(tablet: Page, room: Room) -> None:
    room.answers = [lambda sent: None]
    tap(tablet, "Yields")
    room.next_post()
    expect(tablet.locator("[data-touches-said]")).to_contain_text("No connection")
    tap(tablet, "Partly")
    assert [touch["data"]["yields"] for touch in room.next_post()["touches"]] == ["yes", "partly"]
    status(tablet).to_have_text("All saved")


def test_only_one_request_is_under_way_at_a_time(tablet: Page, room: Room) -> None:
    go_on = threading.Event()

    def slowly(sent: dict[str, Any]) -> Answer:
        assert go_on.wait(PATIENCE)
        return room.keep(sent)

    room.answers = [slowly]
    tap(tablet, "Yields")
    room.next_post()
    tap(tablet, "Swedish", "Friction")
    status(tablet).to_have_text("3 not sent yet")
    assert room.posts.empty()
    go_on.set()
    second = room.next_post()
    assert [touch["data"]["technique"] for touch in second["touches"]] == ["swedish", "friction"]
    assert second["version"] == 4
    status(tablet).to_have_text("All saved")


def test_nothing_moves_under_the_finger_when_the_connection_goes(tablet: Page, room: Room) -> None:
    def stands() -> tuple[float, float]:
        box = tablet.get_by_role("button", name="Yields", exact=True).bounding_box()
        assert box is not None
        return box["x"], box["y"]

    before = stands()
    tablet.context.set_offline(True)
    tap(tablet, "Yields")
    expect(tablet.locator("[data-touches-status]")).not_to_have_attribute("data-tries", "0")
    assert stands() == before


def test_a_double_tap_says_nothing_twice(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tablet.get_by_role("button", name="Yields", exact=True).dblclick()
    status(tablet).to_have_text("1 not sent yet")


def test_undo_is_a_touch_of_its_own_and_gives_the_look_back(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tap(tablet, "Yields", "Partly", "Swedish", "Undo", "Undo")
    assert pressed(tablet) == ["Yields"]
    tap(tablet, "Undo")
    assert pressed(tablet) == []
    tap(tablet, "Undo")
    expect(tablet.locator(".toast")).to_contain_text("no tap")
    tablet.context.set_offline(False)
    status(tablet).to_have_text("All saved")
    yes, partly, swedish, *undone = room.kept.values()
    assert [one["kind"] for one in undone] == ["undo", "undo", "undo"]
    assert [one["data"]["key"] for one in undone] == [swedish["key"], partly["key"], yes["key"]]


def test_stop_fills_the_screen_without_a_connection_and_escape_does_not_wave_it_away(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tap(tablet, "Hard")
    panel = tablet.get_by_role("dialog", name="Stop. The muscle does not yield.")
    expect(panel).to_be_visible()
    expect(panel.get_by_text("Take your hands off.")).to_be_visible()
    assert panel.evaluate("one => [one.offsetWidth >= innerWidth, one.offsetHeight >= innerHeight]") == [True, True]
    for _ in range(3):
        tablet.keyboard.press("Escape")
    expect(panel).to_be_visible()
    tablet.context.set_offline(False)
    status(tablet).to_have_text("All saved")
    assert room.said() == [("yields", {"yields": "no"})]
    expect(panel).to_be_visible()


def test_a_wrong_tap_on_stop_is_taken_back_and_both_are_kept(tablet: Page, room: Room) -> None:
    tap(tablet, "Partly", "Hard", "That was a wrong tap")
    expect(tablet.locator("dialog[open]")).to_have_count(0)
    assert pressed(tablet) == ["Partly"]
    status(tablet).to_have_text("All saved")
    _, hard, undone = room.kept.values()
    assert (hard["data"], undone["kind"]) == ({"yields": "no"}, "undo")
    assert undone["data"]["key"] == hard["key"]


def test_a_stop_by_the_server_opens_the_panel_and_only_leads_on(tablet: Page, room: Room) -> None:
    room.more = {"stop": {"panel": "stop-hard", "text": "Numbness is new since last time."}}
    tap(tablet, "Minute")
    panel = tablet.get_by_role("dialog")
    expect(panel.get_by_text("Numbness is new since last time.")).to_be_visible()
    expect(panel.get_by_role("link", name="Write the letter")).to_be_visible()
    expect(panel.get_by_role("button", name="That was a wrong tap")).to_be_hidden()


def test_a_stop_by_the_server_for_a_panel_it_made_up_still_stops(tablet: Page, room: Room) -> None:
    room.more = {"stop": {"panel": "no-such-panel", "text": "Stop now."}}
    tap(tablet, "Minute")
    expect(tablet.get_by_role("dialog").get_by_text("Stop now.")).to_be_visible()


@pytest.mark.parametrize("code", [400, 404, 409, 413, 422])
def test_a_refusal_stops_the_queue_keeps_the_touches_and_says_what_to_do(tablet: Page, room: Room, code: int) -> None:
    room.answers = [lambda sent: (code, {"detail": "This page is about somebody else."}, {})]
    tap(tablet, "Yields")
    room.next_post()
    fault = tablet.locator("[data-touches-fault]")
    expect(fault).to_contain_text("This page is about somebody else.")
    expect(fault).to_contain_text("not saved")
    tap(tablet, "Swedish")
    status(tablet).to_have_text("2 not sent yet")
    tablet.clock.run_for(60_000)
    assert room.posts.empty()
    tap(tablet, "Show what is not saved")
    expect(fault.locator("li")).to_contain_text(["Yields", "Swedish"])
    tap(tablet, "Send again")
    status(tablet).to_have_text("All saved")
    assert room.said() == [("yields", {"yields": "yes"}), ("technique", {"technique": "swedish", "on": True})]
    expect(fault).to_be_hidden()


def test_after_a_new_sign_in_elsewhere_the_taps_go_by_themselves(tablet: Page, room: Room) -> None:
    room.token = "token-of-the-new-sign-in"
    tap(tablet, "Yields")
    status(tablet).to_have_text("All saved")
    assert room.said() == [("yields", {"yields": "yes"})]
    assert tablet.locator("[data-touches-fault]").is_hidden()


def test_where_a_new_token_is_refused_too_the_page_is_not_to_be_opened_again(tablet: Page, room: Room) -> None:
    room.answers = [lambda sent: (403, {"detail": "Open the page again."}, {})] * 2
    tap(tablet, "Yields")
    fault = tablet.locator("[data-touches-fault]")
    expect(fault).to_contain_text("Sign in again in another tab")
    expect(fault).not_to_contain_text("Open the page again")
    status(tablet).to_have_text("1 not sent yet")


def test_a_touch_that_the_server_names_as_refused_can_be_left_out_in_sight(tablet: Page, room: Room) -> None:
    room.answers = [lambda sent: (422, {"detail": "No such answer.", "key": sent["touches"][0]["key"]}, {})]
    tap(tablet, "Yields")
    expect(tablet.locator("[data-touches-fault]")).to_contain_text("No such answer.")
    tap(tablet, "Swedish", "Leave the refused tap out")
    status(tablet).to_have_text("All saved")
    assert room.said() == [("technique", {"technique": "swedish", "on": True})]
    assert pressed(tablet) == ["Swedish"]
    expect(tablet.locator(".toast")).to_contain_text("Left out: Yields")


def test_s04_signed_out_in_between_loses_nothing_and_a_new_sign_in_sends_all(tablet: Page, room: Room) -> None:
    room.answers = [lambda sent: (302, "", {"Location": "/sign-in"})]
    tap(tablet, "Yields")
    expect(tablet.locator("[data-touches-fault]")).to_contain_text("You are signed out")
    room.token = "token-of-the-new-sign-in"
    tap(tablet, "Send again")
    status(tablet).to_have_text("All saved")
    assert room.said() == [("yields", {"yields": "yes"})]


@pytest.mark.parametrize("said", ["<!doctype html><title>Sign in</title>", {"accepted": []}, {}, "[]"])
def test_an_answer_that_accepts_nothing_is_not_taken_for_success(tablet: Page, room: Room, said: Any) -> None:
    room.answers = [lambda sent: (200, said, {})]
    tap(tablet, "Yields")
    expect(tablet.locator("[data-touches-fault]")).to_contain_text("not understood")
    status(tablet).to_have_text("1 not sent yet")


def test_parts_that_the_server_names_are_loaded_anew(tablet: Page, room: Room) -> None:
    room.more = {"refresh": [{"target": "#decision", "url": "/part"}]}
    tap(tablet, "Yields")
    expect(tablet.locator("#decision strong")).to_have_text("fresh from the server")


def test_the_state_reaches_other_scripts_as_an_event(tablet: Page, room: Room) -> None:
    room.more = {"state": {"open": 2}}
    tablet.evaluate("() => document.addEventListener('palpate:state', event => { window.heard = event.detail })")
    tap(tablet, "Yields")
    status(tablet).to_have_text("All saved")
    assert tablet.evaluate("() => window.heard") == {"open": 2}


def test_steps_are_shown_one_at_a_time_without_a_connection(tablet: Page) -> None:
    tablet.context.set_offline(True)
    expect(tablet.locator("[data-steps-progress]")).to_have_text("1 of 2: Palpation")
    expect(tablet.get_by_role("heading", name="Note")).to_be_hidden()
    tap(tablet, "To the note")
    expect(tablet.get_by_role("heading", name="Note")).to_be_focused()
    expect(tablet.get_by_role("heading", name="Palpation")).to_be_hidden()
    expect(tablet.locator("[data-steps-progress]")).to_have_text("2 of 2: Note")
    tablet.go_back()
    expect(tablet.get_by_role("heading", name="Palpation")).to_be_focused()


def test_a_note_is_sent_when_it_is_left(tablet: Page, room: Room) -> None:
    tap(tablet, "To the note")
    tablet.get_by_role("textbox", name="Note").fill("Slept better.")
    tap(tablet, "Back to palpation")
    status(tablet).to_have_text("All saved")
    assert room.said() == [("note", {"part": "S", "text": "Slept better."})]


def test_leaving_asks_first_while_something_is_not_sent(tablet: Page, room: Room) -> None:
    asks = "() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert tablet.evaluate(asks) is False
    tablet.context.set_offline(True)
    tap(tablet, "Yields")
    assert tablet.evaluate(asks) is True
    tablet.context.set_offline(False)
    status(tablet).to_have_text("All saved")
    assert tablet.evaluate(asks) is False
    tap(tablet, "To the note")
    tablet.get_by_role("textbox", name="Note").type("Half a sen")
    assert tablet.evaluate(asks) is True


def test_signing_waits_until_every_touch_has_arrived(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tap(tablet, "Yields", "To the note", "Sign")
    expect(tablet.locator(".toast")).to_contain_text("Not yet: 1 not sent yet")
    assert not room.signed.is_set()
    tablet.context.set_offline(False)
    status(tablet).to_have_text("All saved")
    tap(tablet, "Sign")
    assert room.signed.wait(PATIENCE)
    assert room.said() == [("yields", {"yields": "yes"})]


def test_s34_nothing_of_the_session_rests_in_the_browser(tablet: Page, room: Room) -> None:
    tablet.context.set_offline(True)
    tap(tablet, "Yields", "Hard")
    stores = "[localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie]"
    kept = tablet.evaluate(f"async () => {stores}")
    assert kept == [0, 0, 0, ""]
    assert tablet.context.storage_state() == {"cookies": [], "origins": []}


def test_keys_are_made_without_a_secure_context_too(browser: Browser, room: Room) -> None:
    context = browser.new_context()
    context.add_init_script("delete Crypto.prototype.randomUUID")
    tablet = context.new_page()
    tablet.goto(room.address)
    tap(tablet, "Minute", "Minute")
    status(tablet).to_have_text("All saved")
    context.close()
    assert len(room.kept) == 2
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", key) for key in room.kept
    )
