"""A person's way as two people tap it: the therapist, and the person, whose own answers are counted for themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from palpate.clinic.models import User
from tests.web.browser.tapper import Tapper

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.web.browser.conftest import Calendar

# What a person with lasting, harmless low back pain answers where a screen has no "none of these": a part of the
# question, and the answer. A screen that has it is answered so, unless something else is told.
CALM = {
    "Which place hurts most": "Low back",
    "How strong is your pain": "6",
    "very strong all the time": "No",
    "How did this pain begin": "Bit by bit",
    "Looking back over the past": "About the same",
    "Could you be pregnant": "Not pregnant",
    "Pregnant, or perhaps pregnant": "No",
    "What does moving or changing position": "Makes it worse",
    "disturb your nights": "No",
    "deep inside one buttock": "No",
    "ibuprofen or naproxen": "No",
    "several treatments or visits": "No",
    "Beside the massage": "Yes",
    "What does the pain keep you from": "Some things",
}
# Asked in the first session, where before it they could not change the decision.
ASKED_LATE = ("inject drugs", "serious infection", "steroid tablets")


def new_person(tablet: Tapper, given: str = "Iris", *, months: str = "3", unit: str = "months ago") -> str:
    """From the list of people to the page of consent. Returns the path of the new episode, with a slash at its end."""
    tablet.follow("People", "link")
    tablet.follow("New person", "link")
    tablet.write("First name", given)
    tablet.write("Family name (optional)", "Vogel")
    tablet.write("Birth date", "12 May 1980")
    tablet.follow("Save")
    tablet.follow("Start the first episode", "link")
    tablet.write("What brings you here, in the person's own words", "My low back is stiff")
    tablet.write("Or about how long ago (optional)", months)
    tablet.choose("Counted in", unit)
    tablet.follow("On to consent")
    found = re.search(r"/people/[^/]+/episodes/[^/]+/", tablet.page.url)
    assert found is not None
    return found[0]


def consent(tablet: Tapper) -> None:
    """Consent to massage of the low back, signed on the glass. Ends at the intake."""
    tablet.tap(tablet.page.get_by_role("checkbox", name="Low back", exact=True))
    tablet.choose("understand what is planned", "Yes")
    tablet.follow("Read and sign")
    with tablet.held_by("person"):
        sign(tablet)
    tablet.tap(tablet.page.get_by_role("radio", name="I explained this and answered the questions"))
    tablet.follow("Keep the consent")
    assert tablet.page.get_by_text("Consent stands until").is_visible()
    tablet.follow("Go on to the intake", "link")


def sign(tablet: Tapper) -> None:
    """A name, with the finger."""
    box = tablet.page.get_by_role("img", name="Box to sign in")
    box.scroll_into_view_if_needed()
    at = box.bounding_box()
    assert at is not None
    mouse = tablet.page.mouse
    mouse.move(at["x"] + 20, at["y"] + 60)
    mouse.down()
    for step in range(1, 12):
        mouse.move(at["x"] + 20 + 12 * step, at["y"] + 60 + (20 if step % 2 else -20))
    mouse.up()
    tablet.taps[tablet.hand] += 1
    assert tablet.page.get_by_text("Signed by hand.").is_visible()


def intake(tablet: Tapper, *, pain: str = "7", **but: str) -> None:
    """Every screen until the intake has nothing more to ask, or an answer has led to an emergency.

    Takes but: answers other than the calm ones, as `part_of_the_question="Yes"`, with underscores for spaces.
    """
    answers = {**CALM, **{part.replace("_", " "): answer for part, answer in but.items()}}
    page = tablet.page
    while "/intake/" in page.url and tablet.heading != "Summary of the intake":
        with tablet.held_by("person"):
            if tablet.heading == "Where does it hurt?":
                for region in ("low_back_left", "low_back_right"):
                    tablet.tap(page.locator(f"svg[data-view=back] [data-region={region}]"))
                assert page.get_by_text("Marked: Low back, left; Low back, right.", exact=True).is_visible()
            elif tablet.heading == "How it is now":
                rate(tablet, pain)
            else:
                if _tell(tablet, answers):
                    tablet.tap("None of these")
                    tablet.follow("Yes, no to all of them")
                    continue
        tablet.follow("Keep and go on")


def _tell(tablet: Tapper, answers: dict[str, str]) -> bool:
    """Answers what this screen asks and `answers` knows. Returns whether the rest can be answered by one no."""
    told = False
    for legend in tablet.page.locator("fieldset > legend").all_inner_texts():
        for part, answer in answers.items():
            if part in legend:
                tablet.choose(part, answer)
                told = told or part not in CALM
    return not told and tablet.page.get_by_role("button", name="None of these", exact=True).count() > 0


def rate(tablet: Tapper, pain: str) -> None:
    """The ratings of before the first touch, with two activities in the person's own words."""
    tablet.choose("how bad was your back pain", pain)
    tablet.choose("kept you from sleeping", "5")
    tablet.choose("how down or anxious", "3")
    for number, (name, value) in enumerate((("Tie my shoes", "3"), ("Carry shopping", "4")), 1):
        tablet.write(f"Activity {number} (optional)", name)
        tablet.choose(f"activity {number}", value)


def decided(tablet: Tapper, **onset: str) -> str:
    """A new person until the decision, with calm answers. Takes onset: as new_person. Returns its path."""
    path = new_person(tablet, **onset)
    consent(tablet)
    intake(tablet)
    tablet.follow("Decide")
    return path


def first_visit(tablet: Tapper) -> str:
    """A new person until the door card of the first session. Returns the path of the episode."""
    path = decided(tablet)
    planned(tablet)
    return path


def planned(tablet: Tapper) -> None:
    """From a decision to treat to the door card, with the plan as it is proposed."""
    assert tablet.heading == "Treat"
    tablet.follow("Make the plan", "link")
    tablet.follow("Accept this plan")
    assert tablet.heading == "Session 1 of 4"


def another_day(tablet: Tapper, calendar: Calendar, user: User, days: int, path: str) -> None:
    """So many days later: signed in again, and on a page."""
    calendar.pass_days(days)
    tablet.sign_in(user)
    tablet.go(path)


def next_thing(tablet: Tapper) -> str:
    """What the one next button of this page says."""
    return tablet.page.locator("main .next").locator("visible=true").first.inner_text()


def saved(page: Page) -> None:
    """Waits until every tap of the session has arrived, and what it changes is shown."""
    page.locator("[data-touches-text]", has_text="All saved").wait_for()
    page.wait_for_load_state("networkidle")


def open_massage(page: Page) -> None:
    """Waits until the server has said that massage is open."""
    page.locator("[data-treat-open]").wait_for()


def asked_again(tablet: Tapper) -> None:
    """From the door card to the tests: nothing has changed, and what is still open is answered with a no."""
    tablet.follow("Start session")
    tablet.tap("Asked: nothing has changed")
    tablet.page.locator("#live .disposition").wait_for()
    for question in ASKED_LATE:
        if tablet.page.get_by_role("group", name=question).count():
            tablet.press(question, "No")


def measured(tablet: Tapper, *, pain: str, muscle: str = "") -> None:
    """Pain and reach before the massage. Takes muscle: how the tight one is, where it is asked. Ends at palpation."""
    tablet.press("Pain now, before", pain)
    if muscle:
        tablet.press("The tight muscle that hurts", muscle)
    tablet.press("Finger to floor", "Record before")
    tablet.tap("To palpation")


def felt(tablet: Tapper) -> None:
    """Both sides yield, nothing else is found; massage is open."""
    tablet.press("Low back, left", "Yields")
    tablet.press("Low back, right", "Yields")
    tablet.tap("None of these")
    tablet.tap("To the treatment")
    open_massage(tablet.page)


def treated(tablet: Tapper, *, first: bool) -> None:
    """45 minutes, put together at the first visit and as last time afterwards."""
    tablet.tap("Start")
    if first:
        tablet.press("Technique", "Swedish (strokes and kneading)")
        tablet.press("Region", "Low back")
        tablet.press("Side", "Both sides")
        tablet.press("Minutes", "45")
        tablet.press("Pressure", "3 moderate")
        tablet.tap("Add it")
    else:
        tablet.tap("As last time")
    tablet.tap("To the retest")


def finished(tablet: Tapper, *, pain: str) -> None:
    """Retest, after-care, and the note, signed as it wrote itself."""
    tablet.press("Pain now, after", pain)
    tablet.press("Finger to floor", "Record after")
    tablet.tap("All of these told")
    tablet.follow("To the note", "link")
    assert tablet.heading.startswith("Note of")
    tablet.follow("Sign the note")
    assert tablet.page.get_by_text("The note is signed.").is_visible()


def visit(tablet: Tapper, *, before: str, after: str, muscle: str = "", first: bool = False) -> None:
    """A whole visit without a problem, from the door card to the signed note."""
    asked_again(tablet)
    measured(tablet, pain=before, muscle=muscle)
    felt(tablet)
    treated(tablet, first=first)
    finished(tablet, pain=after)


def rated_at_check(tablet: Tapper, pain: str, shoes: str, shopping: str, change: str, sleep: str = "") -> None:
    """From the page of the check: the tablet goes to the person, who rates, and back. Ends at the check."""
    tablet.follow("Hand over the tablet", "link")
    with tablet.held_by("person"):
        tablet.choose("how bad was your back pain", pain)
        tablet.choose("Tie my shoes", shoes)
        tablet.choose("Carry shopping", shopping)
        tablet.choose("Compared with just before", change)
        if sleep:
            tablet.choose("kept you from sleeping", sleep)
            tablet.choose("how down or anxious", "2")
        tablet.follow("Done")
    tablet.follow("Therapist: go on", "link")


def stopped(tablet: Tapper, title: str) -> Locator:
    """The stop panel that fills the screen."""
    panel = tablet.page.get_by_role("dialog", name=title)
    panel.wait_for()
    return panel
