"""The same form twenty times at once, on a store that is a file: one row, and nobody reads of a lock (S-54, S-55)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.models import Answer, Appointment, Decision, Episode, Person, Session, Touch
from tests.clinic_world import World, make_world
from tests.form_client import FormClient
from tests.web.session_taps import ready

BACKEND = "palpate.web.signed_in.Backend"
AT_ONCE = 20
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """The answers of requests that start at the same moment, each in a thread and with a connection of its own."""
    gate = threading.Barrier(len(tasks))
    answers: list[Any] = []

    def work(task: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers.append(task())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(tasks), "a request ended with a fault"
    return answers


def posts(client: Client, url: str, told: dict[str, Any], **more: Any) -> list[Any]:
    """The same form from twenty tabs of one browser."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def send() -> Any:
        tab = FormClient(raise_request_exception=False)
        tab.cookies.load(cookies)
        return tab.post(url, told, **more)

    answers = at_once([send] * AT_ONCE)
    for answer in answers:
        assert answer.status_code < 500 or answer.status_code == 503, answer.status_code
        assert "locked" not in answer.content.decode().lower()
        assert "database" not in answer.content.decode().lower()
    return answers


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Client:
    client = FormClient()
    client.force_login(world.therapist, backend=BACKEND)
    return client


def test_s55_a_new_person_sent_twenty_times_at_once_is_one_person(world: World, client: Client) -> None:
    told = {"given_name": "Cleo", "family_name": "Zeeman", "birth_date": "1990-05-05", "language": "en", "_form": "one"}
    answers = posts(client, reverse("person-new"), told)
    assert Person.objects.filter(family_name="Zeeman").count() == 1
    assert {answer["Location"] for answer in answers if answer.status_code in (302, 303)} == {
        f"/people/{Person.objects.get(family_name='Zeeman').pk}/"
    }


def test_s55_an_intake_screen_sent_twenty_times_at_once_is_kept_once(world: World, client: Client) -> None:
    from palpate.web.pages.intake.screens import BY_ID

    screen = next(id for id, one in BY_ID.items() if "fever_or_chills" in one.facts)
    assert "fever_or_chills" in pathway_in_force().vocabulary.facts
    ids = {"person": world.person.pk, "episode": world.episode.pk, "screen": screen}
    told = {"shown": "fever_or_chills", "fever_or_chills": "yes", "_version": "1", "_form": "one"}
    posts(client, reverse("intake-screen", kwargs=ids), told)
    assert Answer.objects.filter(episode=world.episode, fact="fever_or_chills").count() == 1


def test_s55_a_session_started_twenty_times_at_once_is_one_session(world: World, client: Client) -> None:
    ready(world)
    ids = {"person": world.person.pk, "episode": world.episode.pk}
    answers = posts(client, reverse("session-start", kwargs=ids), {})
    assert any(answer.status_code == 303 for answer in answers)
    assert Session.objects.count() == 1


def test_s55_a_tap_sent_twenty_times_at_once_is_one_tap_and_its_decisions_are_numbered(
    world: World, client: Client
) -> None:
    ready(world)
    ids = {"person": world.person.pk, "episode": world.episode.pk}
    client.post(reverse("session-start", kwargs=ids))
    session = Session.objects.get()
    tap = {"key": "11111111-1111-4111-8111-111111111111", "kind": "fact", "at": "2026-03-02T09:00:00Z"}
    tap["data"] = {"fact": "saddle_numbness", "value": True}  # type: ignore[assignment]
    told = {"person": str(world.person.pk), "session": str(session.pk), "version": 0, "touches": [tap]}
    posts(client, reverse("touches", kwargs={**ids, "session": session.pk}), told, content_type="application/json")
    assert Touch.objects.count() == 1
    assert Decision.objects.count() == 1
    assert Decision.objects.get().disposition == "emergency"


def test_s55_twenty_decisions_at_once_are_numbered_one_by_one(world: World, client: Client) -> None:
    ready(world)
    ids = {"person": world.person.pk, "episode": world.episode.pk}
    answers = posts(client, reverse("decision-again", kwargs=ids), {})
    assert any(answer.status_code == 303 for answer in answers)
    assert Decision.objects.count() == 1  # nothing has changed between them


def test_s54_of_twenty_bookings_of_one_hour_at_once_exactly_one_stands(world: World) -> None:
    desk = Client()
    desk.force_login(world.desk, backend=BACKEND)
    day = moment.today() + timedelta(days=7)
    day += timedelta(days=(7 - day.weekday()) % 7)  # a Monday
    told = {
        "person": str(world.person.pk),
        "_person": str(world.person.pk),
        "episode": "",
        "therapist": str(world.therapist.pk),
        "room": str(world.room.pk),
        "minutes": "60",
        "day": day.isoformat(),
        "time": "10:00",
    }
    answers = posts(desk, reverse("appointment-new"), told)
    assert sum(answer.status_code == 303 for answer in answers) == 1, [answer.status_code for answer in answers]
    assert {answer.status_code for answer in answers} <= {303, 409, 503}
    assert Appointment.objects.count() == 1


def test_s56_of_twenty_edits_of_one_version_at_once_exactly_one_is_kept(world: World) -> None:
    desk = Client()
    desk.force_login(world.desk, backend=BACKEND)
    told = {"given_name": "Ada", "family_name": "Lind-Berg", "birth_date": "1979-04-02", "language": "en"}
    marks = {"_version": "1", "_person": str(world.person.pk)}
    answers = posts(desk, reverse("person-edit", args=[world.person.pk]), {**told, **marks})
    assert sum(answer.status_code == 303 for answer in answers) == 1, [answer.status_code for answer in answers]
    assert Person.objects.get(pk=world.person.pk).version == 2
    assert Episode.objects.count() == 1
