"""The clinic with a keyboard alone, on a narrow telephone, without a connection, and with something mistyped."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from palpate.clinic.acts import act
from palpate.clinic.models import Episode, Session, Touch
from tests.clinic_world import World
from tests.web.browser import course
from tests.web.browser.course import another_day, stopped
from tests.web.browser.tapper import Keyboard, Tapper
from tests.web.session_taps import ready

if TYPE_CHECKING:
    from tests.web.browser.conftest import Calendar

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.mark.slow
def test_a_whole_return_visit_goes_by_keyboard_alone(
    world: World, calendar: Calendar, tablets: Callable[..., Tapper]
) -> None:
    path = in_course(world)
    by_keys = tablets(Keyboard)
    by_keys.sign_in(world.therapist)
    by_keys.go(f"{path}door/")
    course.visit(by_keys, before="6", after="4", first=True)
    another_day(by_keys, calendar, world.therapist, 8, f"{path}door/")
    by_keys.forget()
    course.visit(by_keys, before="5", after="2", muscle="Somewhat better")
    # The check, where answers are radio buttons: Tab to the group, arrows within it.
    another_day(by_keys, calendar, world.therapist, 2, f"{path}check/ratings/?by=person")
    group = by_keys.page.get_by_role("group", name="how bad was your back pain")
    by_keys.touch(group.get_by_role("radio", name="0", exact=True))
    for _ in range(3):
        by_keys.page.keyboard.press("ArrowRight")
    assert group.get_by_role("radio", name="3", exact=True).is_checked()
    by_keys.follow("Done")
    assert by_keys.heading == "Thank you"
    assert Session.objects.filter(episode=world.episode, state=Session.State.SIGNED, massage_given=True).count() == 2


@pytest.mark.slow
def test_a_whole_first_visit_fits_a_telephone_of_360_px(world: World, tablets: Callable[..., Tapper]) -> None:
    phone = tablets(**PHONE)
    phone.narrow = True
    phone.sign_in(world.therapist)
    course.first_visit(phone)
    course.visit(phone, before="6", after="3", first=True)
    assert phone.heading == "Record"


def test_taps_without_a_connection_stop_a_session_at_once_and_arrive_in_order_once(
    world: World, tablet: Tapper
) -> None:
    path = in_course(world)
    tablet.sign_in(world.therapist)
    tablet.go(f"{path}door/")
    course.asked_again(tablet)
    course.measured(tablet, pain="6")
    course.saved(tablet.page)
    session = Session.objects.get(episode=world.episode)
    before = session.touches.count()

    tablet.may_be_offline = True
    tablet.page.context.set_offline(True)
    tablet.press("Low back, right", "Yields")
    tablet.press("Low back, left", "Does not yield")
    panel = stopped(tablet, "Stop. No massage today.")  # with no server to ask
    assert panel.get_by_text("doctor").first.is_visible()
    tablet.tap(panel.get_by_role("button", name="That was a wrong tap"))
    tablet.press("Low back, left", "Yields in part")
    tablet.tap("None of these")
    assert tablet.page.get_by_text("5 not sent yet").is_visible()
    assert session.touches.count() == before

    tablet.page.context.set_offline(False)
    course.saved(tablet.page)
    sent = list(Touch.objects.filter(session=session).order_by("number"))
    assert [touch.number for touch in sent] == list(range(1, len(sent) + 1))
    kinds = [(touch.kind, touch.data.get("yields")) for touch in sent[before:]]
    assert kinds == [("palpate", "yes"), ("palpate", "no"), ("undo", None), ("palpate", "partly"), ("facts", None)]
    assert len({touch.key for touch in sent}) == len(sent)
    # The session goes on as if nothing had been.
    tablet.tap("To the treatment")
    course.open_massage(tablet.page)
    course.treated(tablet, first=True)
    course.finished(tablet, pain="3")


def test_a_form_with_an_error_says_so_by_the_field_and_keeps_what_was_typed(world: World, tablet: Tapper) -> None:
    tablet.expected.add(422)
    tablet.sign_in(world.therapist)
    tablet.go("/people/new/")
    tablet.write("First name", "Zoë")
    tablet.write("Birth date", "31 February 1979")
    tablet.follow("Save")
    field = tablet.page.get_by_label("Birth date", exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    told = [tablet.page.locator(f"#{one}") for one in str(field.get_attribute("aria-describedby")).split()]
    words = " ".join(one.inner_text() for one in told)
    assert "date" in words.lower()
    wrong = next(one for one in told if "error" in str(one.get_attribute("id")))
    at, under = field.bounding_box(), wrong.bounding_box()
    assert at is not None
    assert under is not None
    assert abs(under["y"] - at["y"]) < 120
    assert tablet.page.get_by_label("First name", exact=True).input_value() == "Zoë"
    assert field.input_value() == "31 February 1979"
    tablet.write("Birth date", "28 February 1979")
    tablet.follow("Save")
    assert tablet.heading == "Zoë"


def test_what_was_typed_outlives_a_session_that_has_ended_and_a_lost_connection(world: World, tablet: Tapper) -> None:
    tablet.may_be_offline = True
    page = tablet.page
    page.add_init_script(
        "const was = performance.now.bind(performance); performance.now = () => was() + (self.on || 0)"
    )
    tablet.sign_in(world.therapist)
    tablet.go("/people/new/")
    tablet.write("First name", "Zoë")
    tablet.write("Birth date", "28 February 1979")
    page.context.set_offline(True)
    tablet.tap("Save")
    page.get_by_text("No connection. Nothing was saved yet").wait_for()
    page.context.set_offline(False)
    page.context.clear_cookies(name=re.compile("session"))
    page.evaluate("() => { self.on = 5 * 60 * 1000; }")
    tablet.tap("Save")
    page.get_by_text("You are signed out. Nothing was saved yet").wait_for()
    assert page.get_by_label("First name", exact=True).input_value() == "Zoë"
    other = page.context.new_page()
    Tapper(other, tablet.home).sign_in(world.therapist)
    tablet.follow("Save")
    assert tablet.heading == "Zoë"


def in_course(world: World) -> str:
    """The world's own person, with consent, a calm intake and a plan. Returns the path of the episode."""
    from palpate.clinic.deciding import decide_now

    ready(world)
    with act(world.actor(world.therapist), "tests", "decide", change=True):
        decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    episode = Episode.objects.get(pk=world.episode.pk)
    return f"/people/{episode.person_id}/episodes/{episode.pk}/"
