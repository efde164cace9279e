"""The wait list, offers of freed times, times that moved with new zone rules, and merging people who are booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic.acts import act
from palpate.clinic.models import Appointment, Message, Offer, Person, User, Waiting
from tests.clinic_world import World, make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
TEN = datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def booked(world: World, starts: datetime = TEN, **more: Any) -> Appointment:
    told = {
        "person": world.person,
        "therapist": world.therapist,
        "room": world.room,
        "ends": starts + timedelta(hours=1),
    }
    row = Appointment(**(told | more), starts=starts, day=starts.date(), created=NOON)
    with act(world.actor(world.owner), "tests", "tests", change=True):
        row.save()
    return row


def wait(client: Client, person: Person, **more: Any) -> Any:
    told = {
        "minutes": "60",
        "therapist": "",
        "since": "2026-03-02",
        "until": "2026-03-30",
        "earliest": "",
        "latest": "",
    }
    return client.post(f"/people/{person.pk}/waiting/", {**told, **more, "_person": str(person.pk), "_version": "1"})


@pytest.fixture
def cleo(world: World) -> Person:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        return make_person("Cleo", "Marsh", world.person.birth_date, world.therapist)


def cancelled(client: Client, row: Appointment) -> Any:
    told = {"state": "cancelled", "by": "person", "_version": str(row.version), "_person": str(row.person_id)}
    return client.post(f"/appointments/{row.pk}/", told)


def test_a_freed_time_is_offered_to_whom_it_fits_and_the_first_yes_has_it(
    world: World, signed_in: SignedIn, cleo: Person
) -> None:
    client = signed_in(world.desk)
    assert wait(client, cleo, days=["1"], earliest="09:00", latest="12:00").status_code == 303
    assert wait(client, world.other, therapist=str(world.therapist.pk)).status_code == 303
    row = booked(world)
    answer = cancelled(client, row)
    assert answer.status_code == 303
    assert answer["Location"] == f"/appointments/{row.pk}/waiting/"
    page = client.get(answer["Location"]).content.decode()
    assert "Cleo Marsh" in page
    assert "Bram Okafor" in page
    marks = {"_person": str(world.person.pk), "_version": "2"}
    for one in Waiting.objects.all():
        assert client.post(answer["Location"], {**marks, "waiting": str(one.pk)}).status_code == 303
    assert client.post(answer["Location"], {**marks, "waiting": str(Waiting.objects.all()[0].pk)}).status_code == 409
    assert Message.objects.filter(kind="offer").count() == 2
    assert Appointment.objects.count() == 1  # an offer takes nobody's time
    first, second = Offer.objects.order_by("made", "pk")
    marks = {"_person": str(first.waiting.person_id), "_version": "1", "offer": str(first.pk)}
    assert client.post("/book/waiting/", marks).status_code == 422
    assert client.post("/book/waiting/", {**marks, "answer": "yes", "_person": str(world.person.pk)}).status_code == 409
    assert client.post("/book/waiting/", {**marks, "answer": "yes"}).status_code == 303
    made = Appointment.objects.get(state="booked")
    assert (made.person, made.starts, made.therapist) == (first.waiting.person, TEN, world.therapist)
    second.refresh_from_db()
    assert second.state == "lapsed"
    late = {"_person": str(second.waiting.person_id), "_version": "1", "offer": str(second.pk), "answer": "yes"}
    assert client.post("/book/waiting/", late).status_code == 409
    assert [one.state for one in Waiting.objects.order_by("state")] == ["booked", "waiting"]


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ({"days": ["1"]}, True),
        ({"days": ["2"]}, False),
        ({"minutes": "75"}, False),
        ({"minutes": "45", "earliest": "10:15"}, True),
        ({"earliest": "10:15"}, False),
        ({"latest": "10:30"}, False),
        ({"since": "2026-03-04"}, False),
        ({"until": "2026-03-02"}, False),
        ({"therapist": "colleague"}, False),
        ({"therapist": "therapist"}, True),
    ],
)
def test_a_time_fits_only_within_what_was_said(
    world: World, signed_in: SignedIn, cleo: Person, told: dict[str, Any], fits: bool
) -> None:
    client = signed_in(world.desk)
    more = {name: str(world.staff[value].pk) if name == "therapist" else value for name, value in told.items()}
    assert wait(client, cleo, **more).status_code == 303
    row = booked(world)
    assert (cancelled(client, row)["Location"].endswith("/waiting/")) is fits
    page = client.get(f"/appointments/{row.pk}/waiting/").content.decode()
    assert ('name="waiting"' in page) is fits


def test_whoever_is_booked_elsewhere_at_that_time_is_not_asked(world: World, signed_in: SignedIn, cleo: Person) -> None:
    client = signed_in(world.desk)
    wait(client, cleo)
    booked(world, person=cleo, therapist=world.colleague, room=None)
    row = booked(world)
    assert not cancelled(client, row)["Location"].endswith("/waiting/")


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes", "61"), ("until", "2026-03-01"), ("until", "2028-01-01"), ("since", "soon"), ("days", ["8"]),
     ("latest", "25:00"), ("therapist", "x")],
)  # fmt: skip
def test_s24_what_cannot_be_waited_for_is_refused(
    world: World, signed_in: SignedIn, cleo: Person, field: str, value: Any
) -> None:
    assert wait(signed_in(world.desk), cleo, **{field: value}).status_code == 422
    assert not Waiting.objects.exists()


def test_s09_a_therapist_sees_their_own_people_on_the_list_only(
    world: World, signed_in: SignedIn, cleo: Person
) -> None:
    desk = signed_in(world.desk)
    wait(desk, cleo)
    row = Waiting.objects.get()
    colleague = signed_in(world.colleague)
    assert "Cleo" not in colleague.get("/book/waiting/").content.decode()
    told = {"waiting": str(row.pk), "_person": str(cleo.pk), "_version": "1"}
    assert colleague.post("/book/waiting/", told).status_code == 404
    assert wait(colleague, cleo).status_code == 404
    assert "Cleo" in signed_in(world.therapist).get("/book/waiting/").content.decode()
    assert desk.post("/book/waiting/", told | {"_version": "9"}).status_code == 409
    assert desk.post("/book/waiting/", told).status_code == 303
    assert Waiting.objects.get().state == "gone"


# --- new rules of a time zone ---


def test_s57_appointments_that_moved_with_new_zone_rules_are_listed_and_settled_one_by_one(
    world: World, signed_in: SignedIn
) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        world.practice.time_zone = "Europe/Vienna"
        world.practice.save()
    told = {"zone": "Europe/Vienna", "room": None}
    first = booked(world, datetime(2026, 7, 1, 8, tzinfo=UTC), wall="2026-07-01T09:00", **told)
    second = booked(world, datetime(2026, 7, 2, 8, tzinfo=UTC), wall="2026-07-02T09:00", **told)
    booked(world, datetime(2026, 7, 3, 7, tzinfo=UTC), wall="2026-07-03T09:00", **told)
    client = signed_in(world.desk)
    assert "2 appointments" in client.get("/book/").content.decode()
    page = client.get("/book/times/").content.decode()
    assert page.count("09:00 as agreed") == 2
    assert "10:00 holds" in page
    assert "Ada" not in signed_in(world.colleague).get("/book/times/").content.decode()
    marks = {"_person": str(world.person.pk), "_version": "1"}
    post = {"appointment": str(first.pk), "keep": "agreed"}
    assert client.post("/book/times/", {**marks, **post, "keep": "x"}).status_code == 422
    assert client.post("/book/times/", {**marks, **post, "_person": str(world.other.pk)}).status_code == 409
    assert client.post("/book/times/", {**marks, **post}).status_code == 303
    assert client.post("/book/times/", {**marks, "appointment": str(second.pk), "keep": "shown"}).status_code == 303
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.starts.hour, first.wall) == (7, "2026-07-01T09:00")
    assert (second.starts.hour, second.wall) == (8, "2026-07-02T10:00")
    assert "Every appointment is at the time" in client.get("/book/times/").content.decode()
    assert client.post("/book/times/", {**marks, **post, "_version": "2"}).status_code == 409


# --- merging ---


def test_s54_two_records_with_appointments_at_one_time_are_not_merged(
    world: World, signed_in: SignedIn, cleo: Person
) -> None:
    booked(world)
    row = booked(world, person=cleo, therapist=world.colleague, room=None)
    client = signed_in(world.owner)
    told = {
        "double": str(cleo.pk),
        "double_version": "1",
        "_version": "1",
        "_person": str(world.person.pk),
        "sure": "yes",
    }
    refused = client.post(f"/people/{world.person.pk}/merge/", told)
    assert refused.status_code == 409
    assert "nobody is in two places" in refused.content.decode()
    wait(client, cleo)
    assert cancelled(client, row).status_code == 303
    assert client.post(f"/people/{world.person.pk}/merge/", told).status_code == 303
    assert Waiting.objects.get().person == world.person
