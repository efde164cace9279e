"""A person with a telephone of 360 by 740: the whole way in Spanish and in Arabic, and the plan and danger signs."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from palpate.clinic import moment, phone_links
from palpate.clinic.acts import act
from palpate.clinic.deciding import MAY_TREAT, visit_of
from palpate.clinic.models import Appointment, Decision, Episode, PhoneSent, Session
from palpate.clinic.sessions import treatment_open
from palpate.library.languages import say
from tests.clinic_world import World
from tests.course_world import at, visit
from tests.web.browser.axe import violations
from tests.web.browser.conftest import Calendar
from tests.web.browser.course import asked_again, saved
from tests.web.browser.tapper import Tapper
from tests.web.session_taps import ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce", "has_touch": True, "is_mobile": True}
SHOTS = os.environ.get("SHOTS_OF_PHONE", "")  # a folder for pictures of each page, for whoever wants to look


def seen(page: Page, name: str) -> None:
    """What axe finds must be nothing; a picture where one is wanted."""
    if SHOTS:
        for theme in ("light", "dark"):
            page.evaluate("name => { document.documentElement.dataset.theme = name; }", theme)
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{theme}.png"), full_page=True)
        page.evaluate("() => { delete document.documentElement.dataset.theme; }")
    assert violations(page) == [], name


def link(world: World, purpose: str, appointment: Appointment | None = None) -> str:
    """The path of a new link, with its secret."""
    with act(world.actor(world.therapist), "tests", "link", change=True):
        return phone_links.make(purpose, world.person, appointment, world.episode).path


def speaks(world: World, code: str) -> None:
    with act(world.actor(world.therapist), "tests", "language", change=True):
        world.person.language = code
        world.person.save()
        world.practice.emergency_number = "112"
        world.practice.save()


def phone(tablets: Callable[..., Tapper]) -> Tapper:
    made = tablets(**PHONE)
    made.narrow = True
    return made


def opens(person: Tapper, path: str, code: str) -> None:
    """Opens a link and taps it open; its secret stands in no address, no entry of the history and no storage (S-16)."""
    page, secret = person.page, path.partition("#")[2]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    person.go(path)
    page.wait_for_function("() => !location.hash")
    person.follow(page.locator("button.next"))
    entries = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    kept = page.evaluate("() => JSON.stringify([localStorage, sessionStorage, history.state, document.cookie])")
    places = [kept, *(entry["url"] for entry in entries), *asked]
    assert len(asked) > 1
    for part in (secret, secret.replace("-", "")):
        assert not any(part in place for place in places)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["es", "ar"])
def test_from_the_intake_on_a_telephone_to_a_worsening_that_stops_the_next_session(
    world: World, calendar: Calendar, tablets: Callable[..., Tapper], code: str
) -> None:
    """The whole way: intake, therapist, course, check-in, worsening, and no massage at the session that was booked."""
    speaks(world, code)
    began(world)
    person = phone(tablets)
    opens(person, link(world, phone_links.INTAKE), code)
    _intake(person, code)
    therapist = tablets()
    therapist.sign_in(world.therapist)
    _goes_through(therapist, world, code)
    sessions = _books_the_course(therapist, world)

    for row in sessions[:2]:
        calendar.pass_days((row.day - moment.today()).days)
        visit(world)
    calendar.pass_days((sessions[2].day - moment.today()).days - 1)
    opens(person, link(world, phone_links.CHECK_IN, sessions[2]), code)
    _check_in(person, code)

    calendar.pass_days(1)
    therapist = tablets()
    therapist.sign_in(world.therapist)
    _is_stopped(therapist, world, code)


def began(world: World) -> None:
    """The pain of the episode began five months ago, as was told on the telephone when the visit was made."""
    with act(world.actor(world.therapist), "tests", "onset", change=True):
        world.episode.onset = world.day - timedelta(days=150)
        world.episode.save()


def _intake(person: Tapper, code: str) -> None:
    """The whole intake, with drawing, ratings and consent, sent from the telephone."""
    assert person.page.locator("html").get_attribute("dir") == ("rtl" if code == "ar" else "ltr")
    seen(person.page, f"{code}-begin")
    person.follow(person.page.locator("button.next"))
    looked: set[str] = set()
    for _ in range(40):
        step = person.page.locator("main form input[name=step]").first.get_attribute("value") or ""
        if step not in looked:
            looked.add(step)
            seen(person.page, f"{code}-{step}")
        if step == "end":
            break
        if step == "map":
            person.tap(person.page.locator("[data-region=low_back_left]"))
            person.follow(person.page.locator("button.next"))
        elif step == "ratings":
            for name in ("pain_nrs", "sleep_nrs", "mood_nrs"):
                person.tap(person.page.locator(f"label:has(input[name={name}][value='6'])"))
            for number, (activity, value) in enumerate((("Carrying shopping", 4), ("Tying my shoes", 5)), 1):
                person.write(person.page.locator(f"#id_activity_{number}"), activity)
                person.tap(person.page.locator(f"label:has(input[name=rating_{number}][value='{value}'])"))
            person.follow(person.page.locator("button.next"))
        elif step == "consent":
            person.tap(person.page.locator("[data-signature-type]"))
            person.write(person.page.locator("[data-signature-name]"), "Ada Lind")
            person.follow(person.page.locator("button.next"))
        else:
            _calm(person)
    else:
        raise AssertionError(f"the intake does not end; it showed {looked}")
    assert {"legs", "pain", "map", "ratings", "consent"} <= looked
    person.follow(person.page.locator("main form button.next"))
    assert person.heading == say(code, "safety.clear_title")
    seen(person.page, f"{code}-sent")
    assert PhoneSent.objects.get().language == code


def _goes_through(therapist: Tapper, world: World, code: str) -> None:
    """The therapist sees what was answered, signs the consent too, and makes the plan of the course."""
    therapist.go(at(world, "phone-told"))
    seen(therapist.page, f"{code}-told")
    assert "Back pain, 0 to 10: 6." in therapist.page.locator("main").inner_text()
    therapist.choose("decide alone", "Yes")
    therapist.choose("signs as well", "I explained this and answered the questions")
    therapist.follow("Sign the consent")
    therapist.go(at(world, "phone-told"))
    therapist.follow("We went through it")
    assert "Confirmed by Therapist." in therapist.page.locator("main").inner_text()
    therapist.go(at(world, "intake"))
    assert "not asked" not in therapist.heading.lower()
    therapist.follow("Decide")
    assert therapist.heading in ("Treat", "Treat with precautions")
    therapist.follow("Make the plan", "link")
    therapist.follow("Accept this plan")


def _books_the_course(therapist: Tapper, world: World) -> list[Appointment]:
    """Books all four sessions of the best proposal, with the reason that it takes to book beyond the check."""
    therapist.go(at(world, "course-book"))
    therapist.tap(therapist.page.locator("summary", has_text="Book all of them now").first)
    therapist.write(therapist.page.locator("#why-1"), "Her shifts are fixed")
    therapist.follow(therapist.page.locator("details[open] button", has_text="Book all"))
    found = list(Appointment.objects.filter(episode=world.episode).order_by("starts"))
    assert len(found) == 4
    return found


def _check_in(person: Tapper, code: str) -> None:
    """Eight taps say that it has become much worse, and the reply says at once not to come for massage."""
    seen(person.page, f"{code}-check-in")
    person.forget()
    for name, value in (("pain_nrs", 10), ("activity_1", 0), ("activity_2", 0), ("sleep_nrs", 10)):
        person.tap(person.page.locator(f"label:has(input[name={name}][value='{value}'])"))
    person.tap(person.page.locator("label:has(input[name=global_change][value='-3'])"))
    person.tap(person.page.locator("label:has(input[name=after][value=well])"))
    person.follow(person.page.locator("button[name=new][value=nothing]"))
    assert person.taps["therapist"] <= 8
    assert person.heading == say(code, "safety.worse_title")
    seen(person.page, f"{code}-worse")


def _is_stopped(therapist: Tapper, world: World, code: str) -> None:
    """On the day of the next session: the door card says so, no massage opens, and nothing more is booked."""
    therapist.go(at(world, "door"))
    words = therapist.page.locator("main").inner_text()
    assert "Check-in" in words
    assert "Do not massage now" in words
    seen(therapist.page, f"{code}-door")
    therapist.go(at(world, "course-book"))
    assert "no massage now" in therapist.page.locator("main").inner_text()
    assert therapist.page.locator("button[name=held], input[name=chosen]").count() == 0
    assert therapist.page.locator("input[name=appointment]").count() == 2  # today's and the last one are still booked
    therapist.go(at(world, "door"))
    asked_again(therapist)
    saved(therapist.page)
    session = Session.objects.get(episode=world.episode, day=moment.today())
    newest = Decision.objects.filter(episode=world.episode).latest("number")
    assert newest.disposition not in MAY_TREAT
    is_open, why = treatment_open(session, visit_of(session), newest, moment.today())
    assert not is_open, why
    assert not therapist.page.locator("[data-treat-open]").is_visible()


def _calm(person: Tapper) -> None:
    """Answers a screen so that nothing speaks against massage."""
    page = person.page
    words = ("low_back", "gradual", "steady", "worse", "none", "no", "not_pregnant", "female", "usual", "5")
    for group in page.locator("fieldset.taps").all():
        if group.locator("input[type=text]").count():
            name = group.locator("input[type=text]").get_attribute("name")
            person.write(group.locator("input[type=text]"), "20")
            if group.locator("input[name$=__unit]").count():
                person.tap(group.locator(f"label:has(input[name={name}__unit][value=weeks])"))
            continue
        for word in words:
            answer = group.locator(f"label:has(input[value='{word}'])")
            if answer.count():
                person.tap(answer.first)
                break
    person.follow(page.locator("form button.next:not([data-confirmed])").last)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["en", "ar"])
def test_my_plan_shows_visits_exercises_reasons_and_who_looked(
    world: World, calendar: Calendar, tablets: Callable[..., Tapper], code: str
) -> None:
    speaks(world, code)
    ready(world)
    visit(world)
    calendar.pass_days(3)
    starts = moment.now() + timedelta(hours=20)
    from palpate.clinic.models import PlanItem

    with act(world.actor(world.therapist), "tests", "book", change=True) as deed:
        deed.concerns(world.person)
        row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, room=world.room)
        row.starts, row.ends, row.day, row.created = starts, starts + timedelta(hours=1), starts.date(), moment.now()
        row.save()
        for item in ("bird_dog", "walk_build", "heat_wrap", "sleep_regular"):
            PlanItem(episode=world.episode, part="home", item=item, what=item, created=moment.now()).save()
    person = phone(tablets)
    opens(person, link(world, phone_links.PLAN), code)
    seen(person.page, f"{code}-born")
    person.page.locator("#id_birth_date").fill(world.person.birth_date.isoformat())
    person.follow(person.page.locator("button.next"))
    seen(person.page, f"{code}-plan")
    person.follow(person.page.locator("button", has_text=say(code, "phone.plan.done")).first)
    assert say(code, "phone.plan.is_done") in person.page.locator("main").inner_text()
    person.follow(person.page.locator("button[name=what][value=move]"))
    assert say(code, "phone.plan.asked_move") in person.page.locator("main").inner_text()
    person.follow(person.page.locator("a", has_text=say(code, "phone.plan.stored")))
    seen(person.page, f"{code}-stored")
    desk = tablets()
    desk.sign_in(world.desk)
    desk.go(reverse("wishes"))
    seen(desk.page, f"{code}-wishes")
    assert "Wants another time" in desk.page.locator("main").inner_text()
    desk.go(reverse("phone-links", kwargs={"person": world.person.pk}))
    seen(desk.page, f"{code}-links")
    assert Episode.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_danger_sign_is_answered_at_once_with_the_number_to_call(
    world: World, tablets: Callable[..., Tapper], code: str
) -> None:
    speaks(world, code)
    ready(world)
    visit(world)
    person = phone(tablets)
    opens(person, link(world, phone_links.AFTER), code)
    person.tap(person.page.locator("label:has(input[name=soreness_nrs][value='3'])"))
    person.tap(person.page.locator("label:has(input[name=after][value=sore])"))
    person.tap(person.page.locator(".phone-new details > summary"))
    person.tap(person.page.locator("label:has(input[name=q_bladder_bowel_change][value=yes])"))
    seen(person.page, f"{code}-new")
    person.follow(person.page.locator("button[name=new][value=something]"))
    assert person.heading == say(code, "safety.emergency_title")
    assert person.page.locator("a.next").get_attribute("href") == "tel:112"
    seen(person.page, f"{code}-emergency")
