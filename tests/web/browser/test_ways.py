"""A person's way from the first visit to the last, in a browser, through the pages only: as issue 3 lists them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from palpate.clinic.models import Clearance, Decision, Episode, Letter, Note, Override, Session, Touch
from tests.clinic_world import World
from tests.web.browser import course
from tests.web.browser.axe import violations
from tests.web.browser.course import another_day, next_thing, stopped
from tests.web.browser.tapper import Tapper

if TYPE_CHECKING:
    from tests.web.browser.conftest import Calendar

pytestmark = pytest.mark.slow


def the_episode(world: World) -> Episode:
    """The one that the pages have made."""
    return Episode.objects.exclude(pk=world.episode.pk).get()


def said(world: World) -> str:
    """What was decided last about it."""
    return str(Decision.objects.filter(episode=the_episode(world)).latest("number").disposition)


def looks(tablet: Tapper) -> None:
    """axe finds nothing on a page that only a way leads to."""
    assert violations(tablet.page) == []


def test_a_person_who_improves_goes_from_the_first_visit_to_the_home_plan(
    world: World, calendar: Calendar, tablet: Tapper
) -> None:
    tablet.sign_in(world.therapist)
    path = course.first_visit(tablet)
    course.visit(tablet, before="6", after="3", first=True)
    # A first visit, beside what the person answers: at most 60 taps.
    assert tablet.taps["therapist"] <= 60, tablet.taps
    assert next_thing(tablet) == "Open the door card"

    another_day(tablet, calendar, world.therapist, 8, f"{path}door/")
    assert tablet.heading == "Session 2 of 4"
    assert tablet.page.get_by_text("Last time,").is_visible()
    tablet.forget()
    course.visit(tablet, before="5", after="2", muscle="Somewhat better")
    # A return visit, from the door card to the signed note: at most 25 taps, and nothing is typed.
    assert 15 < tablet.taps["therapist"] <= 25
    assert sum(tablet.keys.values()) == 0
    # Right after the massage nothing can be judged yet: the check waits for the next visit.
    assert tablet.heading == "Check after 2 sessions"
    assert next_thing(tablet) == "Book the next session"

    another_day(tablet, calendar, world.therapist, 8, path)
    tablet.follow("Take the check", "link")
    course.rated_at_check(tablet, "3", "7", "7", "Much better")
    assert tablet.page.get_by_role("heading", name="Response: Responded").is_visible()
    looks(tablet)
    assert tablet.page.get_by_text("Better by 4 points").is_visible()
    assert said(world) == "treat"
    tablet.follow("Open the door card", "link")
    course.visit(tablet, before="3", after="1", muscle="Somewhat better")

    another_day(tablet, calendar, world.therapist, 9, f"{path}door/")
    course.visit(tablet, before="2", after="1", muscle="Gone")
    assert tablet.heading == "End of the course"
    assert said(world) == "complete"

    another_day(tablet, calendar, world.therapist, 10, f"{path}check/")
    course.rated_at_check(tablet, "2", "9", "9", "Very much better", sleep="1")
    tablet.follow("Discharge", "link")
    tablet.choose("What the person wanted", "Reached")
    tablet.follow("Discharge and close")
    assert tablet.heading == "The course has ended"
    looks(tablet)
    for paper in ("Home plan", "Discharge note"):
        tablet.go(f"{path}letters/")
        tablet.follow(tablet.page.get_by_role("link", name=paper), "link")
        assert tablet.paper("Open the letter (PDF)").startswith(b"%PDF")
    assert Session.objects.filter(episode=the_episode(world), massage_given=True, note__isnull=False).count() == 4
    assert the_episode(world).state == Episode.State.CLOSED


def test_a_person_who_does_not_respond_is_handed_on_with_a_letter(
    world: World, calendar: Calendar, tablet: Tapper
) -> None:
    tablet.sign_in(world.therapist)
    path = course.first_visit(tablet)
    course.visit(tablet, before="7", after="6", first=True)
    another_day(tablet, calendar, world.therapist, 8, f"{path}door/")
    course.visit(tablet, before="7", after="6", muscle="No change")
    another_day(tablet, calendar, world.therapist, 2, f"{path}check/")
    course.rated_at_check(tablet, "7", "3", "4", "The same")
    assert said(world) == "change_treatment"
    assert tablet.page.get_by_role("heading", name="Change treatment", exact=True).is_visible()
    assert tablet.page.get_by_role("heading", name="Response: Not responded").is_visible()
    # What may come next, who does it, and what is never paired with it.
    assert tablet.page.get_by_text("Physiotherapist", exact=False).first.is_visible()
    assert tablet.page.get_by_text("Never, whatever comes next").is_visible()
    looks(tablet)
    tablet.choose("The person agrees to this letter", "Yes")
    tablet.follow("Make the letter")
    assert tablet.paper("Open the letter (PDF)").startswith(b"%PDF")
    assert Letter.objects.get(episode=the_episode(world)).kind == "next_treatment"


def test_a_red_flag_at_the_intake_fills_the_screen_and_nothing_overrules_it(world: World, tablet: Tapper) -> None:
    tablet.sign_in(world.therapist)
    path = course.new_person(tablet)
    course.consent(tablet)
    course.intake(tablet, feeling_between_your_legs="Yes")
    assert tablet.heading == "Emergency. Stop now."
    assert tablet.page.get_by_role("navigation", name="Main").count() == 0
    alarm = tablet.page.get_by_role("alert", name="Emergency. Stop now.").bounding_box()
    assert alarm is not None
    assert alarm["y"] < 100  # no notice and no menu stands before it
    printing = tablet.find("Print the urgent hand-over", "link").bounding_box()
    assert printing is not None
    assert printing["y"] < 500
    assert said(world) == "emergency"
    assert tablet.paper("Print the urgent hand-over").startswith(b"%PDF")
    assert tablet.page.get_by_text("Nothing overrules an emergency.").is_visible()
    assert tablet.page.locator("form[action*='overrule']").count() == 0
    looks(tablet)
    # Every way on leads back here.
    for page in ("", "door/"):
        tablet.go(f"{path}{page}")
        assert next_thing(tablet) == "Emergency: what to do now"
    assert Override.objects.count() == 0


def test_a_red_flag_at_the_second_session_stops_it_and_leads_to_the_referral(
    world: World, calendar: Calendar, tablet: Tapper
) -> None:
    tablet.sign_in(world.therapist)
    path = course.first_visit(tablet)
    course.visit(tablet, before="6", after="4", first=True)
    another_day(tablet, calendar, world.therapist, 8, f"{path}door/")
    tablet.follow("Start session")
    tablet.tap(tablet.page.get_by_text("Something has changed, or one of these"))
    tablet.press("weight gone down", "Yes")
    panel = stopped(tablet, "No massage today.")
    looks(tablet)
    tablet.follow(panel.get_by_role("link", name="What to do, and the referral letter"))
    assert tablet.heading.startswith("Medical examination first")
    assert said(world) == "medical_exam_first"
    tablet.follow("Make the referral letter", "link")
    tablet.choose("Does the person agree", "Yes, asked and agreed")
    tablet.follow("Make the letter")
    assert tablet.paper("Open the letter (PDF)").startswith(b"%PDF")
    tablet.go("/referrals/")
    assert tablet.page.get_by_role("row", name="Iris Vogel").is_visible()
    # Back in the session massage stays closed; the visit ends with its note.
    tablet.go("/notes/")
    tablet.follow(tablet.page.get_by_role("link", name="Iris Vogel"), "link")
    session = Session.objects.filter(episode=the_episode(world)).latest("started")
    tablet.go(f"{path}sessions/{session.pk}/#treatment")
    assert tablet.page.get_by_role("button", name="As last time").count() == 0
    assert tablet.page.get_by_text("Massage is not open.", exact=True).is_visible()
    tablet.follow("End the visit and write the note", "link")
    tablet.follow("Sign the note")
    session.refresh_from_db()
    assert (session.state, session.massage_given) == (Session.State.SIGNED, False)
    assert Note.objects.filter(session=session).exists()
    assert not Touch.objects.filter(session=session, kind__in=("treat", "again")).exists()


def test_a_person_sent_for_an_examination_is_cleared_by_link_and_then_treated(
    world: World, tablet: Tapper, tablets: Callable[..., Tapper]
) -> None:
    tablet.sign_in(world.therapist)
    course.decided(tablet, months="10", unit="days ago")
    assert tablet.heading.startswith("Medical examination first")
    decision = tablet.page.url
    tablet.follow("Make the referral letter", "link")
    looks(tablet)
    tablet.write("To (optional)", "Dr Kim, Elm Street Surgery")
    tablet.choose("Does the person agree", "Yes, asked and agreed")
    tablet.follow("Make the letter")
    assert tablet.paper("Open the letter (PDF)").startswith(b"%PDF")
    tablet.follow("Make a link")
    link = tablet.page.locator("main code").inner_text()
    assert "#" in link

    clinician = tablets(viewport={"width": 390, "height": 844})
    clinician.page.goto(link)
    clinician.follow("Go on")
    assert "#" not in clinician.page.url
    looks(clinician)
    clinician.write("Birth date of the person whom you examined", "1980-05-12")
    clinician.follow("Open the letter")
    looks(clinician)
    clinician.choose(re.compile("^The answer"), "Cleared for massage")
    clinician.write("Name of the clinician", "Dr Kim")
    clinician.write("Profession", "general practitioner")
    clinician.follow("Send the answer")
    assert clinician.heading == "Thank you"
    looks(clinician)
    # Once: a second time it opens nothing, and it never opened any other page.
    clinician.expected |= {403, 404}
    clinician.page.goto("about:blank")
    clinician.page.goto(link)
    clinician.follow("Go on")
    assert clinician.heading == "This link does not open"
    clinician.page.goto(decision)
    assert "Iris" not in clinician.page.content()
    assert Clearance.objects.get(episode=the_episode(world)).outcome == "cleared"

    tablet.page.goto(decision)
    # The examination was all that counted before; now the other questions do.
    tablet.follow("Answer the open questions", "link")
    course.intake(tablet)
    tablet.follow("Decide")
    course.planned(tablet)
    course.visit(tablet, before="6", after="4", first=True)
    assert Session.objects.get(episode=the_episode(world)).massage_given


def test_a_muscle_that_does_not_yield_stops_the_session(world: World, tablet: Tapper) -> None:
    tablet.sign_in(world.therapist)
    course.first_visit(tablet)
    course.asked_again(tablet)
    course.measured(tablet, pain="6")
    tablet.press("Low back, left", "Does not yield")
    panel = stopped(tablet, "Stop. No massage today.")
    course.saved(tablet.page)
    tablet.follow(panel.get_by_role("link", name="What to do, and the referral letter"))
    assert said(world) not in ("treat", "treat_with_precautions", "incomplete")
    assert next_thing(tablet) == "Make the referral letter"
    assert not Session.objects.get(episode=the_episode(world)).massage_given
