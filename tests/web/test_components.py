"""The parts that every page is built from, in one gallery: held to the rules of the house and seen in a browser."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Engine
from django.test import override_settings

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

WEB = Path(__file__).parents[2] / "src/palpate/web"
TEMPLATES = WEB / "templates"
STATIC = WEB / "static"
FIXTURES = Path(__file__).parent / "fixtures"
LIBRARIES = {
    "static": "django.templatetags.static",
    **{name: f"palpate.web.templatetags.{name}" for name in ("kept", "way")},
}
PARTS = sorted((TEMPLATES / "parts").glob("*.html"))
CSS = (STATIC / "palpate/palpate.css").read_text()
OWN_SCRIPTS = [STATIC / "palpate" / name for name in ("palpate.js", "touches.js", "clock.js", "signature.js")]
HTMX = Path(__import__("django_htmx").__file__).parent / "static/django_htmx/htmx-2.min.js"
THEMES = ("light", "dark", "dim")
DISPOSITIONS = (
    "emergency",
    "medical_exam_first",
    "do_not_massage_now",
    "physician_clearance",
    "incomplete",
    "change_treatment",
    "complete",
    "treat_with_precautions",
    "treat",
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)


class Everything(forms.Form):
    """One field of each kind that pages use."""

    name = forms.CharField(label="Full name", help_text="As on an official paper.")
    birth_date = forms.DateField(label="Birth date", widget=forms.DateInput(attrs={"type": "date"}))
    weight = forms.DecimalField(label="Weight", required=False)
    worst = forms.CharField(label="What can you not do now?", widget=forms.Textarea, required=False)
    side = forms.ChoiceField(label="Side", choices=[("", "Choose"), ("left", "Left"), ("right", "Right")])
    fever = forms.ChoiceField(
        label="Have you had a fever or chills?",
        help_text="In the last two weeks.",
        choices=[("yes", "Yes"), ("no", "No"), ("unsure", "Cannot say")],
        widget=forms.RadioSelect,
    )
    areas = forms.MultipleChoiceField(
        label="Areas",
        choices=[("low", "Low back"), ("mid", "Middle back"), ("buttock", "Buttock")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    pain = forms.ChoiceField(
        label="Pain now", choices=[(str(n), str(n)) for n in range(11)], widget=forms.RadioSelect, required=False
    )
    agree = forms.BooleanField(label="I have read this")
    signature = forms.CharField(label="Signature", widget=forms.HiddenInput)


def context(theme: str) -> dict[str, Any]:
    """What the gallery shows: made-up, with an error in the form and every state once."""
    form = Everything({"name": "", "birth_date": "1979-02-31", "side": "left", "areas": ["low"], "pain": "7"})
    choice = [("yes", "Yields", "stop"), ("partly", "Partly", ""), ("no", "Does not yield", "stop-hard")]
    sources = [
        {"citation": "A made-up review, 2019", "url": "https://example.org/a", "kind": "study"},
        {"citation": "Our own cautious policy", "kind": "policy", "unverified": "the interval"},
    ]
    return {
        "theme": theme,
        "theme_url": "/theme",
        "csrf_token": "t0ken",
        "nav": [
            ("Today", "/", True),
            ("People", "/people", False),
            ("Referrals", "/r", False),
            ("Outcomes", "/o", False),
        ],
        "banners": ["Demo data: nobody here is real."],
        "practice_name": "Example practice",
        "user_name": "T. Therapist",
        "sign_out_url": "/out",
        "person": {"name": "Ada Example", "birth_date": date(1979, 4, 2), "age_years": 46, "same_name": True},
        "steps": [
            ("Person", "/1", "done"),
            ("Consent", "/2", "done"),
            ("Intake", "/3", "current"),
            ("Decision", "", "todo"),
            ("Plan", "", "todo"),
            ("Session", "", "todo"),
            ("Check", "", "todo"),
            ("Record", "/8", "todo"),
        ],
        "dispositions": DISPOSITIONS,
        "page": Paginator(range(100), 10).page(2),
        "form": form,
        "sources": sources,
        "events": [
            {
                "date": date(2026, 3, 16),
                "title": "Session 2",
                "text": "Pain 7 to 5.",
                "url": "/s2",
                "disposition": "treat",
            },
            {"date": date(2026, 3, 2), "title": "Examination asked for", "disposition": "medical_exam_first"},
            {"date": date(2026, 2, 20), "title": "Session 1", "late": date(2026, 2, 22)},
        ],
        "yields": [
            {"value": f'{{"yields": "{v}"}}', "label": t, "stop": s if s == "stop-hard" else ""} for v, t, s in choice
        ],
        "techniques": [
            {"value": '{"technique": "neuromuscular"}', "label": "Neuromuscular", "pressed": True},
            {"value": '{"technique": "swedish"}', "label": "Swedish", "pressed": False},
        ],
        "numbers": [{"value": f'{{"value": {n}}}', "label": str(n), "pressed": n == 6} for n in range(11)],
        "lines": ["Take your hands off.", "Say what you found.", "Ask for a medical examination."],
        "because": ["No feeling between the legs since this morning."],
        "planned_minutes": 45,
        "now": datetime(2026, 3, 16, 10, 0, tzinfo=UTC),
    }


def render(template: str, theme: str = "light", **changed: Any) -> str:
    """A page of the gallery as HTML, with plain addresses for static files."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STATIC_URL="/static/", STORAGES={**settings.STORAGES, **plain}):
        engine = Engine(dirs=[str(TEMPLATES), str(FIXTURES)], libraries=LIBRARIES)
        return engine.get_template(template).render(Context(context(theme) | changed))


@pytest.fixture
def shown(page: Page) -> Iterator[Page]:
    """A browser page that meets the gallery under the clinic's own policy; nothing else can be reached."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://gallery.test")
        head = {"Content-Security-Policy": POLICY}
        if path.startswith("/static/"):
            file = HTMX if "htmx" in path else STATIC / path.removeprefix("/static/")
            route.fulfill(path=file, headers=head)
        elif path.startswith(("/gallery-", "/emergency-")):
            name, theme = path[1:].split("-")
            route.fulfill(body=render(f"{name}.html", theme), content_type="text/html", headers=head)
        else:
            route.fulfill(status=204)

    page.route("**/*", answer)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def colours(selector: str) -> dict[str, str]:
    """The colours that a block of the sheet sets, by name."""
    block = CSS[CSS.index(f"{selector} {{") :]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block[: block.index("}")]))


TOKENS = {
    "light": colours(":root"),
    "dark": colours(':root[data-theme="dark"]'),
    "dim": colours(':root[data-theme="dim"]'),
}


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 (1.4.3) between two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_each_theme_has_every_colour_and_the_device_gets_the_same_dark() -> None:
    assert TOKENS["light"].keys() == TOKENS["dark"].keys() == TOKENS["dim"].keys()
    assert colours("  :root:not([data-theme])") == TOKENS["dark"]


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_in_every_theme(theme: str) -> None:
    token = TOKENS[theme]
    grounds = ["paper", "card", "panel"]
    pairs = [(ink, ground) for ink in ("ink", "ink-soft", "link") for ground in grounds]
    pairs += [("accent-ink", "accent"), ("ink", "accent-tint"), ("alarm-ink", "alarm")]
    for tint in (name for name in token if name.endswith("-tint") and name != "accent-tint"):
        own = tint.removesuffix("-tint")
        pairs += [(own, tint), ("ink", tint), *((own, ground) for ground in grounds)]
    short = {pair: round(contrast(token[pair[0]], token[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in short.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_frames_of_controls_and_the_focus_stand_out(theme: str) -> None:
    token = TOKENS[theme]
    for ground in ("paper", "card", "panel"):
        assert contrast(token["line-strong"], token[ground]) >= 3
        assert contrast(token["focus"], token[ground]) >= 3


def test_the_dim_theme_has_hardly_any_blue() -> None:
    for name, colour in TOKENS["dim"].items():
        red, blue = int(colour[1:3], 16), int(colour[5:7], 16)
        assert blue <= red * 0.9, name


def test_a_page_weighs_little() -> None:
    files = [STATIC / "palpate/palpate.css", STATIC / "palpate/icon.svg", HTMX, *OWN_SCRIPTS]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 60_000


def test_s31_no_part_marks_anything_as_safe_and_none_has_code_or_style_of_its_own() -> None:
    for file in [TEMPLATES / "base.html", *PARTS]:
        text = file.read_text()
        found = re.findall(
            r"\|safe\b|safeseq|autoescape off|\son[a-z]+=|\sstyle=|javascript:|<style|hx-on|hx-vals=.js:", text
        )
        assert found == [], file.name
        assert re.findall(r"<script(?![^>]*\ssrc=\"{% static)", text) == [], file.name


def test_s31_scripts_make_no_markup_and_run_no_text() -> None:
    for file in OWN_SCRIPTS:
        text = file.read_text().replace('swap: "innerHTML"', "")  # HTMX's word for "into", which is no markup of ours
        assert re.findall(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == [], (
            file.name
        )


def test_s34_scripts_leave_nothing_in_the_browser() -> None:
    for file in OWN_SCRIPTS:
        text = file.read_text().replace("sessionStorage.removeItem", "")  # what HTMX leaves is taken away
        assert re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", text) == [], file.name


def test_s32_htmx_may_not_run_text_bring_styles_or_keep_pages() -> None:
    page = render("gallery.html")
    for setting in (
        '"allowEval":false',
        '"includeIndicatorStyles":false',
        '"historyCacheSize":0',
        '"allowScriptTags":false',
    ):
        assert setting in page


def test_no_file_asks_another_host() -> None:
    for file in [TEMPLATES / "base.html", *PARTS, STATIC / "palpate/palpate.css", *OWN_SCRIPTS]:
        assert re.findall(r"(?<!xmlns=\")https?://|url\(|@import|sourceMappingURL", file.read_text()) == [], file.name


def test_s31_what_people_write_never_becomes_markup() -> None:
    nasty = "<img src=x onerror=alert(1)>'\"&"
    page = render(
        "gallery.html",
        person=context("light")["person"] | {"name": nasty, "same_name": nasty},
        lines=[nasty],
        banners=[nasty],
        user_name=nasty,
        practice_name=nasty,
        nav=[(nasty, nasty, False)],
        steps=[(nasty, nasty, "done")],
        events=[{"date": date(2026, 3, 2), "title": nasty, "text": nasty, "url": nasty, "disposition": nasty}],
        yields=[{"value": nasty, "label": nasty, "stop": nasty}],
        sources=[{"citation": nasty, "url": nasty, "kind": nasty, "unverified": nasty}],
    )
    assert nasty not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 20
    assert "<img" not in page


def test_each_part_says_what_it_takes_and_stands_in_the_manual() -> None:
    manual = (TEMPLATES / "README.md").read_text()
    for file in PARTS:
        first = file.read_text()
        assert first.startswith("{% comment %}"), file.name
        assert "Takes:" in first[: first.index("{% endcomment %}")] or "Takes nothing" in first, file.name
        assert file.name in manual, file.name


def test_each_class_of_the_manual_is_in_the_sheet() -> None:
    manual = (TEMPLATES / "README.md").read_text()
    rows = manual[manual.index("## Classes") : manual.index("Colours are custom properties")]
    names = {
        name
        for row in re.findall(r"^\| (`[^|]*) \|", rows, re.M)
        for name in re.findall(r"`([a-z-]+)(?: is-[a-z]+)?`", row)
    }
    assert len(names) > 20
    assert {name for name in names - {"form"} if f".{name}" not in CSS} == set()


def test_an_unknown_disposition_reads_not_assessed() -> None:
    engine = Engine(dirs=[str(TEMPLATES)], libraries=LIBRARIES)
    for name in ("", "nonsense", None):
        shown = engine.get_template("parts/disposition.html").render(
            Context({"disposition": name, "summary": "A fault."})
        )
        assert "Not assessed" in shown
        assert "Treat" not in shown


def test_each_disposition_has_a_word_and_a_sign_of_its_own() -> None:
    engine = Engine(dirs=[str(TEMPLATES)], libraries=LIBRARIES)
    for part in ("parts/icon.html", "parts/disposition_word.html"):
        drawn = {
            engine.get_template(part).render(Context({"disposition": name})) for name in (*DISPOSITIONS, "nonsense")
        }
        assert len(drawn) == len(DISPOSITIONS) + 1


@pytest.mark.parametrize("theme", THEMES)
def test_the_gallery_fits_a_telephone_and_keeps_to_the_policy(shown: Page, theme: str) -> None:
    shown.set_viewport_size({"width": 360, "height": 740})
    for kind in ("gallery", "emergency"):
        shown.goto(f"http://gallery.test/{kind}-{theme}")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 360


def test_targets_are_large_enough_for_a_thumb(shown: Page) -> None:
    shown.set_viewport_size({"width": 360, "height": 740})
    shown.goto("http://gallery.test/gallery-light")
    small = shown.evaluate(
        """() => [...document.querySelectorAll(
          "button, .button, summary, .tap-choice, .nav a, .list a, select, .check")]
          .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 48)
          .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
    taps = shown.evaluate(
        """() => [...document.querySelectorAll("[data-touches] button")].filter(one => one.checkVisibility())
          .map(one => Math.round(one.getBoundingClientRect().height))"""
    )
    assert min(taps) >= 64


def test_errors_have_the_focus_and_lead_to_their_fields(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    assert shown.evaluate("document.activeElement.matches('[data-error-summary]')")
    shown.get_by_role("link", name="Full name").click()
    name = shown.get_by_role("textbox", name="Full name")
    assert name.evaluate("one => one === document.activeElement")
    assert name.get_attribute("aria-invalid") == "true"
    for id in name.get_attribute("aria-describedby").split():  # type: ignore[union-attr]
        assert shown.locator(f"#{id}").count() == 1
    shown.get_by_role("link", name="Have you had a fever").click()
    assert shown.evaluate("document.activeElement.name") == "fever"


def test_a_chosen_answer_is_marked_by_more_than_colour(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    shown.get_by_label("Cannot say").check()
    mark = "one => getComputedStyle(one.parentElement.querySelector('span'), '::after').content"
    assert shown.get_by_label("Cannot say").evaluate(mark) == '""'
    assert shown.get_by_label("No", exact=True).evaluate(mark) == "none"


def test_a_chosen_answer_stays_as_wide_as_it_was_so_that_nothing_moves_under_the_finger(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    moved = """() => [...document.querySelectorAll('.tap-choice > input')].filter(one => {
        one.checked = false
        const before = one.parentElement.getBoundingClientRect().width
        one.checked = true
        return one.parentElement.getBoundingClientRect().width !== before
    }).map(one => one.parentElement.textContent.trim())"""
    assert shown.evaluate(moved) == []


def test_a_dialog_opens_closes_and_gives_the_focus_back(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    shown.get_by_role("button", name="Why?").click()
    assert shown.get_by_role("dialog", name="Why").is_visible()
    shown.get_by_role("button", name="Close").click()
    assert not shown.get_by_role("dialog", name="Why").is_visible()
    assert shown.evaluate("document.activeElement.textContent") == "Why?"


def test_the_display_changes_at_once_and_the_server_is_told(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    shown.get_by_text("T. Therapist").click()
    with shown.expect_request("**/theme") as sent:
        shown.get_by_role("button", name="Dim").click()
    assert sent.value.post_data == "theme=dim"
    assert sent.value.headers["x-csrftoken"] == "t0ken"
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 16, 10)"


def test_a_signature_is_kept_as_strokes_or_as_a_typed_name(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-light")
    pad = shown.locator("[data-signature-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    shown.mouse.move(box["x"] + 20, box["y"] + 20)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
    shown.mouse.up()
    value = "JSON.parse(document.querySelector('[data-signature-value]').value || 'null')"
    drawn = shown.evaluate(value)
    assert drawn["kind"] == "drawn"
    (left, top), (right, bottom) = drawn["strokes"][0][0], drawn["strokes"][0][-1]
    assert (right - left, bottom - top) == pytest.approx((100, 40), abs=1)
    assert 17 <= left <= 20  # from the inner edge of the frame
    shown.get_by_role("button", name="Clear").click()
    assert shown.evaluate(value) is None
    shown.get_by_role("button", name="Type your name instead").click()
    shown.get_by_label("Your full name, typed").fill(" Ada Example ")
    assert shown.evaluate(value) == {"kind": "typed", "name": "Ada Example"}


def test_the_clock_follows_the_time_of_day_and_not_its_own_ticks(shown: Page) -> None:
    opened = datetime(2026, 3, 16, 10, 0, 30, tzinfo=UTC)  # half a minute ahead of the server
    shown.clock.install(time=opened)
    shown.goto("http://gallery.test/gallery-light")
    shown.clock.pause_at(opened + timedelta(minutes=1))
    face = shown.locator("[data-clock-face]")
    left = shown.locator("[data-clock-left]")
    shown.get_by_role("button", name="Start").click()
    shown.clock.fast_forward("31:05")  # asleep: timers that were due meanwhile fire once
    shown.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert face.text_content() == "31:05"
    assert left.text_content() == "14 of 45 min left"
    shown.get_by_role("button", name="− 5 min").click()
    assert left.text_content() == "9 of 40 min left"
    shown.get_by_role("button", name="Stop").click()
    shown.clock.fast_forward("10:00")
    shown.get_by_role("button", name="Go on", exact=True).click()
    assert face.text_content() == "31:05"
    shown.clock.fast_forward("10:00")
    assert left.text_content() == "1 min over the 40 planned"


def test_paper_shows_the_person_and_no_buttons(shown: Page) -> None:
    shown.goto("http://gallery.test/gallery-dark")
    shown.emulate_media(media="print")
    assert shown.locator(".person-name").is_visible()
    assert shown.locator("button:visible").count() == 0
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
