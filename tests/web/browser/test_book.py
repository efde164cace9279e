"""The appointment book by hand: a course booked on a telephone, and an appointment moved with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import Appointment, HeldSession
from tests.clinic_world import World
from tests.decided_world import decided
from tests.web.browser.axe import violations
from tests.web.browser.tapper import Keyboard, Tapper

if TYPE_CHECKING:
    from tests.web.browser.conftest import Calendar

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def planned(world: World) -> str:
    """A decision that allows massage and a kept plan. Returns the address of the page that books the course."""
    decided(world)
    with act(world.actor(world.owner), "tests", "tests", change=True):
        world.episode.protocol, world.episode.planned_at = "four_in_six_weeks", moment.now()
        world.episode.save()
    return f"/people/{world.person.pk}/episodes/{world.episode.pk}/book/"


@pytest.mark.slow
def test_a_course_is_booked_by_one_tap_on_a_telephone(world: World, tablets: Callable[..., Tapper]) -> None:
    phone = tablets(**PHONE)
    phone.narrow = True
    phone.sign_in(world.desk)
    phone.go(planned(world))
    phone.fits()
    assert violations(phone.page) == []
    phone.follow(phone.page.get_by_role("button", name="Book sessions 1 to 2").first)
    assert Appointment.objects.count() == 2
    assert HeldSession.objects.count() == 2
    first = Appointment.objects.earliest("starts")
    phone.go(f"/book/?week={first.day}")
    phone.fits()
    assert "Ada Lind" in phone.page.content()
    phone.go(f"/book/day/{first.day}/")
    phone.fits()
    assert violations(phone.page) == []


@pytest.mark.slow
def test_an_appointment_is_moved_by_two_keys_without_a_mouse(
    world: World, calendar: Calendar, tablets: Callable[..., Tapper]
) -> None:
    zone = ZoneInfo(world.practice.time_zone)
    day = moment.today(world.practice.time_zone) + timedelta(days=8)
    starts = datetime.combine(day, time(9), zone)
    with act(world.actor(world.owner), "tests", "tests", change=True):
        row = Appointment(person=world.person, therapist=world.therapist, room=world.room, starts=starts)
        row.ends, row.day, row.created = starts + timedelta(hours=1), day, moment.now()
        row.save()
    by_keys = tablets(Keyboard)
    by_keys.sign_in(world.desk)
    by_keys.go(f"/book/day/{day}/")
    by_keys.follow("Move Ada Lind, 09:00–10:00", "link")
    by_keys.follow("Move to Colleague, 14:30")
    row.refresh_from_db()
    assert (row.therapist, row.starts) == (world.colleague, starts + timedelta(hours=5, minutes=30))
