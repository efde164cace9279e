"""What somebody who has never seen the clinic meets first: how to get in, where people stand, and the right hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic.acts import act
from palpate.clinic.demo import PASSWORD, STAFF
from palpate.clinic.models import Appointment, Decision, Episode, Person, Session, User
from tests.clinic_world import World, make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
EVENING = datetime(2031, 1, 15, 23, 30, tzinfo=UTC)  # in Toronto 18:30 of the same day


def change(world: World) -> Any:
    return act(world.actor(world.owner), "tests", "tests", change=True)


def in_toronto(world: World) -> None:
    with change(world):
        world.practice.time_zone = "America/Toronto"
        world.practice.save()


def booked(world: World) -> Appointment:
    with change(world):
        row = Appointment(
            person=world.person,
            episode=world.episode,
            therapist=world.therapist,
            room=world.room,
            starts=EVENING,
            ends=EVENING + timedelta(hours=1),
            day=EVENING.date(),
            created=EVENING,
        )
        row.save()
    return row


def decided(world: World, disposition: str) -> None:
    with change(world):
        Decision(
            episode=world.episode,
            number=Decision.objects.filter(episode=world.episode).count() + 1,
            moment="intake",
            as_of=EVENING.date(),
            document="",
            disposition=disposition,
            at=EVENING,
        ).save()


def row_of(page: str, person: Person) -> str:
    return page.split(f'href="/people/{person.pk}/"')[1].split("</li>")[0]


def test_the_sign_in_page_of_the_demo_tells_who_is_there_and_lets_them_in_at_one_tap(
    world: World, settings: Any
) -> None:
    client = Client()
    assert PASSWORD not in client.get("/account/sign-in/").content.decode()
    with change(world):
        world.practice.demo = True
        world.practice.save()
    settings.CONFIG = replace(settings.CONFIG, demo=True)
    page = client.get("/account/sign-in/").content.decode()
    for name, shown, *_ in STAFF:
        assert f'value="{name}@demo.example"' in page
        assert shown in page
    assert PASSWORD in page


def test_the_list_of_people_says_where_each_stands_to_those_who_may_know(world: World, signed_in: SignedIn) -> None:
    with change(world):
        new = make_person("Nora", "Velde", date(2001, 5, 15), world.therapist)
    assert "Nothing decided yet" in row_of(signed_in(world.therapist).get("/people/").content.decode(), world.person)
    decided(world, "emergency")
    page = signed_in(world.therapist).get("/people/").content.decode()
    assert "Emergency" in row_of(page, world.person)
    assert "No episode yet" in row_of(page, new)
    assert "Emergency" not in signed_in(world.desk).get("/people/").content.decode()
    with change(world):
        Episode.objects.filter(pk=world.episode.pk).update(state=Episode.State.CLOSED, closed=EVENING)
    assert "Course ended" in row_of(signed_in(world.therapist).get("/people/").content.decode(), world.person)


def test_an_appointment_stands_at_the_practices_hour_on_every_page(world: World, signed_in: SignedIn) -> None:
    in_toronto(world)
    appointment = booked(world)
    client = signed_in(world.therapist)
    for url in (f"/people/{world.person.pk}/", f"/appointments/{appointment.pk}/"):
        page = client.get(url).content.decode()
        assert "15 January 2031, 18:30" in page, url
        assert "23:30" not in page, url


def test_an_open_check_of_somebody_in_a_course_leads_to_the_check_and_not_to_the_intake(
    world: World, signed_in: SignedIn
) -> None:
    booked(world)
    decided(world, "incomplete")
    day = f"/day/{EVENING.date()}/"
    assert "Go on with the intake" in signed_in(world.therapist).get(day).content.decode()
    with change(world):
        Session(
            episode=world.episode,
            therapist=world.therapist,
            day=EVENING.date(),
            started=EVENING,
            state=Session.State.SIGNED,
            massage_given=True,
        ).save()
    assert "Take the check" in signed_in(world.therapist).get(day).content.decode()
