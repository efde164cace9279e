"""The day, and booking: times, overlaps, the clock's own traps, and who may do what."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from palpate.clinic import appointments as deeds
from palpate.clinic.acts import act
from palpate.clinic.appointments import Wish
from palpate.clinic.models import (
    Appointment,
    AuditRow,
    CareTeam,
    Consent,
    Decision,
    Episode,
    Letter,
    Person,
    Session,
    User,
)
from palpate.clinic.refusals import BadInput
from tests.clinic_world import World, make_person

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still; sessions are signed in at that time, too."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def booked(world: World, starts: datetime = NOON, person: Person | None = None, **more: Any) -> Appointment:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        row = Appointment(
            person=person or world.person,
            episode=world.episode if person is None else None,
            therapist=world.therapist,
            room=world.room,
            starts=starts,
            ends=starts + timedelta(hours=1),
            day=starts.date(),
            created=NOON,
        )
        for name, value in more.items():
            setattr(row, name, value)
        row.save()
    return row


def decided(world: World, disposition: str, episode: Episode | None = None) -> None:
    episode = episode or world.episode
    with act(world.actor(world.owner), "tests", "tests", change=True):
        number = Decision.objects.filter(episode=episode).count() + 1
        Decision(
            episode=episode,
            number=number,
            moment="intake",
            as_of=NOON.date(),
            document="",
            disposition=disposition,
            at=NOON,
        ).save()


def consented(world: World, **more: Any) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        Consent(episode=world.episode, kind="general", text_version="1", text="x", place="default", signed_by="A",
                at=NOON, **more).save()  # fmt: skip


def row_of(page: str, name: str) -> str:
    """The row of the table in which a name stands."""
    return next(row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if name in row)


# --- the day ---


def test_the_day_shows_who_comes_when_where_and_what_is_next(world: World, signed_in: SignedIn) -> None:
    booked(world, NOON)
    booked(world, NOON + timedelta(hours=1), make(world, "Cleo", "Marsh"))
    page = signed_in(world.therapist).get("/").content.decode()
    row = row_of(page, "Ada Lind")
    assert "12:00–13:00" in row
    assert "Room 1" in row
    assert "2 Apr 1979" in row
    assert "No consent" in row
    assert "Not assessed" in row
    assert f"/people/{world.person.pk}/episodes/{world.episode.pk}/consent/" in row
    assert ">now<" in row
    assert ">next<" in row_of(page, "Cleo Marsh")


def make(world: World, given: str, family: str, therapist: User | None = None) -> Person:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        return make_person(given, family, date(1990, 1, 1), therapist or world.therapist)


@pytest.mark.parametrize(
    ("disposition", "consent", "word", "step"),
    [
        ("treat", True, "Treat", "door"),
        ("treat_with_precautions", True, "Treat with precautions", "door"),
        ("treat", False, "Treat", "consent"),
        ("emergency", True, "Emergency", "decision"),
        ("medical_exam_first", True, "Medical examination first", "decision"),
        ("incomplete", True, "Questions open", "intake"),
        ("not_assessed", True, "Not assessed", "intake"),
        ("change_treatment", True, "Change treatment", "check"),
        ("something_new", True, "Not assessed", "decision"),
    ],
)
def test_the_newest_decision_stands_in_the_row_and_says_where_to_go(
    world: World, signed_in: SignedIn, disposition: str, consent: bool, word: str, step: str
) -> None:
    booked(world)
    decided(world, "complete")
    decided(world, disposition)
    if consent:
        consented(world)
    row = row_of(signed_in(world.therapist).get("/").content.decode(), "Ada Lind")
    assert f">{word}</span>" in row
    assert f"/episodes/{world.episode.pk}/{step}/" in row
    assert ("No consent" in row) is not consent


def test_a_consent_that_has_expired_or_was_taken_back_is_none(world: World, signed_in: SignedIn) -> None:
    booked(world)
    consented(world, expires=NOON.date() - timedelta(days=1))
    assert "No consent" in signed_in(world.therapist).get("/").content.decode()
    consented(world)
    client = signed_in(world.therapist)
    assert "No consent" not in client.get("/").content.decode()
    consented(world, withdraws=Consent.objects.get(expires__isnull=True))
    assert "No consent" in client.get("/").content.decode()


def test_unfinished_notes_and_overdue_referrals_are_counted(world: World, signed_in: SignedIn) -> None:
    booked(world)
    with act(world.actor(world.owner), "tests", "tests", change=True):
        Session(episode=world.episode, therapist=world.therapist, day=NOON.date(), started=NOON).save()
        Letter(
            episode=world.episode, kind="referral", urgency="routine", made=NOON - timedelta(days=90), by=world.owner
        ).save()
        Letter(episode=world.episode, kind="referral", urgency="routine", made=NOON, by=world.owner).save()
        Letter(episode=world.episode, kind="discharge", made=NOON - timedelta(days=90), by=world.owner).save()
    page = signed_in(world.therapist).get("/").content.decode()
    assert "1 unfinished note" in page
    assert "1 referral overdue" in page
    assert "Note not signed" in page
    assert "Referral is out" in page
    assert "unfinished" not in signed_in(world.colleague).get("/").content.decode()


def test_s08_the_desk_sees_see_therapist_and_the_owner_no_notes(world: World, signed_in: SignedIn) -> None:
    booked(world)
    decided(world, "medical_exam_first")
    desk = row_of(signed_in(world.desk).get("/").content.decode(), "Ada Lind")
    assert "See therapist" in desk
    assert "Medical" not in desk
    assert "consent" not in desk.lower()
    owner = row_of(signed_in(world.owner).get("/").content.decode(), "Ada Lind")
    assert "Medical examination first" in owner
    assert "No consent" not in owner
    assert "/door/" not in owner
    auditor = row_of(signed_in(world.auditor).get("/").content.decode(), "Ada Lind")
    assert "<button" not in auditor
    decided(world, "treat")
    assert "See therapist" not in row_of(signed_in(world.desk).get("/").content.decode(), "Ada Lind")


def test_s09_a_colleague_does_not_see_the_appointments_of_anothers_people(world: World, signed_in: SignedIn) -> None:
    row = booked(world)
    client = signed_in(world.colleague)
    assert "Ada Lind" not in client.get("/?therapist=all").content.decode()
    absent = client.get("/appointments/00000000-0000-4000-8000-000000000000/")
    assert client.get(f"/appointments/{row.pk}/").status_code == absent.status_code == 404
    assert client.post("/appointments/state/", {"arrived": f"{row.pk} 1"}).status_code == 404
    assert client.post(f"/appointments/{row.pk}/", {"state": "cancelled", "_version": "1"}).status_code == 404
    assert Appointment.objects.get().state == "booked"


def test_a_therapist_who_stands_in_sees_the_appointment_and_not_the_record(world: World, signed_in: SignedIn) -> None:
    decided(world, "medical_exam_first")
    booked(world, therapist=world.colleague)
    row = row_of(signed_in(world.colleague).get("/").content.decode(), "Ada Lind")
    assert "Not in your care team" in row
    assert "Medical" not in row
    assert f"/people/{world.person.pk}/break-glass/" in row


def test_one_tap_says_who_is_here_and_a_second_takes_it_back(world: World, signed_in: SignedIn) -> None:
    row = booked(world)
    client = signed_in(world.desk)
    assert client.post("/appointments/state/", {"arrived": f"{row.pk} 1"}).status_code == 303
    assert Appointment.objects.get().state == "arrived"
    assert client.post("/appointments/state/", {"booked": f"{row.pk} 1"}).status_code == 409  # a stale page
    assert client.post("/appointments/state/", {"booked": f"{row.pk} 2"}).status_code == 303
    assert client.post("/appointments/state/", {"no_show": f"{row.pk} 3"}).status_code == 303
    assert Appointment.objects.get().state == "no_show"
    for wrong in ({}, {"arrived": "x"}, {"arrived": f"{row.pk} 4", "booked": f"{row.pk} 4"}, {"done": f"{row.pk} 4"}):
        assert client.post("/appointments/state/", wrong).status_code in (404, 422)
    assert signed_in(world.auditor).post("/appointments/state/", {"booked": f"{row.pk} 4"}).status_code == 404


def test_nobody_failed_to_come_before_it_has_begun(world: World, signed_in: SignedIn) -> None:
    row = booked(world, NOON + timedelta(hours=1))
    assert signed_in(world.desk).post("/appointments/state/", {"no_show": f"{row.pk} 1"}).status_code == 409


def test_the_day_asks_as_many_queries_for_twenty_rows_as_for_one(
    world: World, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(world.therapist)
    booked(world)
    client.get("/")
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    for number in range(20):
        person = make(world, f"More {number}", "People")
        with act(world.actor(world.owner), "tests", "tests", change=True):
            episode = Episode(person=person, therapist=world.therapist, opened=NOON)
            episode.save()
        starts = NOON + timedelta(minutes=30 * (number - 22))  # one after the other: nobody is in two places
        booked(world, starts, person, episode=episode, ends=starts + timedelta(minutes=30))
        decided(world, "treat", episode)
    with django_assert_max_num_queries(len(one)):
        client.get("/")


def test_the_day_sheet_names_a_rule_for_an_outage(world: World, signed_in: SignedIn) -> None:
    booked(world)
    page = signed_in(world.desk).get("/").content.decode()
    assert "data-print" in page
    assert "no massage without asking the safety questions on paper" in page


@pytest.mark.parametrize("told", ["2026-02-30", "2026-3-2", "02.03.2026", "２０２６-03-02", "1999-01-01", "x"])
def test_a_day_that_is_none_is_absent(world: World, signed_in: SignedIn, told: str) -> None:
    assert signed_in(world.desk).get(f"/day/{told}/").status_code == 404


def test_a_day_of_another_therapist_is_chosen_from_the_list(world: World, signed_in: SignedIn) -> None:
    booked(world)
    client = signed_in(world.owner)
    assert "Ada Lind" in client.get("/", {"therapist": str(world.therapist.pk)}).content.decode()
    assert "Ada Lind" not in client.get("/", {"therapist": str(world.colleague.pk)}).content.decode()
    assert client.get("/", {"therapist": str(world.desk.pk)}).status_code == 404
    assert client.get("/", {"date": "2026-03-05"})["Location"] == "/day/2026-03-05/"


# --- booking ---


def book(client: Client, world: World, **more: Any) -> Any:
    told = {
        "person": str(world.person.pk),
        "_person": str(world.person.pk),
        "therapist": str(world.therapist.pk),
        "room": str(world.room.pk),
        "minutes": "60",
        "day": "2026-03-03",
        "time": "09:30",
    }
    return client.post("/appointments/new/", {**told, **more})


def test_an_appointment_is_booked_by_a_tap_on_a_free_time(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    page = client.get("/appointments/new/", {"person": str(world.person.pk), "from": "2026-03-04"}).content.decode()
    slot = re.search(r'name="slot" value="([^"]+)"', page)
    assert slot is not None
    assert slot[1] == "2026-03-04T08:00"
    assert book(client, world, slot=slot[1]).status_code == 303
    row = Appointment.objects.get()
    assert (row.starts, row.ends) == (datetime(2026, 3, 4, 8, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC))
    assert (row.episode, row.day) == (world.episode, date(2026, 3, 4))


@pytest.mark.parametrize(
    ("shift", "length", "who", "free"),
    [
        (0, "60", "therapist", False),
        (30, "60", "therapist", False),
        (-30, "60", "therapist", False),
        (15, "15", "therapist", False),
        (-15, "90", "therapist", False),
        (60, "60", "therapist", True),
        (-60, "60", "therapist", True),
        (0, "60", "room", False),
        (0, "60", "person", False),
        (0, "60", "nothing", True),
    ],
)
def test_two_bookings_never_share_therapist_room_or_person(
    world: World, signed_in: SignedIn, shift: int, length: str, who: str, free: bool
) -> None:
    other = make(world, "Cleo", "Marsh")
    starts = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    taken: dict[str, Any] = {"person": other, "therapist": world.colleague, "room": None}
    taken |= {"therapist": {"therapist": world.therapist}, "room": {"room": world.room}}.get(who, {})
    if who == "person":
        taken["person"] = world.person
    booked(world, starts, taken.pop("person"), **taken)
    at = starts + timedelta(minutes=shift)
    answer = book(signed_in(world.desk), world, time=f"{at:%H:%M}", minutes=length)
    assert answer.status_code == (303 if free else 409)
    if not free:
        page = answer.content.decode()
        assert f"the {who} is taken" in page
        near = re.findall(r'name="slot" value="([^"]+)"', page)
        assert near
        assert "Cleo" not in page.replace("Cleo Marsh</a>", "")
        assert Appointment.objects.count() == 1


def test_a_cancelled_appointment_takes_no_time(world: World, signed_in: SignedIn) -> None:
    booked(world, datetime(2026, 3, 3, 9, 30, tzinfo=UTC), state="cancelled")
    assert book(signed_in(world.desk), world).status_code == 303


@pytest.mark.parametrize(
    ("day", "time", "status"),
    [
        ("2026-03-02", "11:59", 422),
        ("2026-03-02", "12:00", 303),
        ("2027-09-02", "09:00", 303),
        ("2027-09-03", "09:00", 422),
        ("2026-02-30", "09:00", 422),
        ("2026-03-03", "24:00", 422),
        ("2026-03-03", "９:00", 422),
        ("", "09:00", 422),
    ],
)
def test_s24_bookings_are_from_now_to_18_months(
    world: World, signed_in: SignedIn, day: str, time: str, status: int
) -> None:
    assert book(signed_in(world.desk), world, day=day, time=time).status_code == status


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes", "61"), ("minutes", "NaN"), ("therapist", "x"), ("therapist", str(uuid.UUID(int=5))), ("room", "x")],
)
def test_s24_what_is_not_listed_cannot_be_booked(world: World, signed_in: SignedIn, field: str, value: str) -> None:
    answer = book(signed_in(world.desk), world, **{field: value})
    assert answer.status_code == 422
    assert not Appointment.objects.exists()
    assert "09:30" in answer.content.decode()


def test_a_wall_time_that_does_not_exist_is_refused_and_one_that_comes_twice_is_asked(
    world: World, signed_in: SignedIn
) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        world.practice.time_zone = "Europe/Vienna"
        world.practice.save()
    client = signed_in(world.desk)
    gone = book(client, world, day="2026-03-29", time="02:30")
    assert gone.status_code == 422
    assert "no such time" in gone.content.decode()
    twice = book(client, world, day="2026-10-25", time="02:30")
    assert twice.status_code == 422
    assert "comes twice" in twice.content.decode()
    assert book(client, world, day="2026-10-25", time="02:30", which="second").status_code == 303
    assert Appointment.objects.get().starts == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert book(client, world, day="2026-07-01", time="09:00").status_code == 303
    row = Appointment.objects.get(day=date(2026, 7, 1))
    assert row.starts == datetime(2026, 7, 1, 7, tzinfo=UTC)
    page = client.get("/day/2026-07-01/").content.decode()
    assert "09:00–10:00" in page


def test_s09_crossed_ids_book_nothing(world: World, signed_in: SignedIn) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        CareTeam(person=world.other, therapist=world.therapist, since=NOON).save()
    client = signed_in(world.therapist)
    assert book(client, world, person=str(world.other.pk)).status_code == 409  # the form of another person
    crossed = book(
        client, world, person=str(world.other.pk), _person=str(world.other.pk), episode=str(world.episode.pk)
    )
    assert crossed.status_code == 404
    assert book(signed_in(world.colleague), world).status_code == 404
    assert signed_in(world.colleague).get("/appointments/new/", {"person": str(world.person.pk)}).status_code == 404
    assert client.get("/appointments/new/", {"person": "x"}).status_code == 404
    assert client.get("/appointments/new/", {"person": str(world.person.pk), "from": "soon"}).status_code == 422
    assert not Appointment.objects.exists()


def test_an_appointment_is_moved_and_cancelled(world: World, signed_in: SignedIn) -> None:
    row = booked(world, datetime(2026, 3, 3, 9, 30, tzinfo=UTC))
    client = signed_in(world.therapist)
    url = f"/appointments/{row.pk}/"
    page = client.get(url, {"move": ""}).content.decode()
    assert "Move to this time" in page
    told = {"therapist": str(world.therapist.pk), "room": "", "minutes": "45", "slot": "2026-03-03T09:45"}
    assert client.post(url, {**told, "_version": "1", "_person": str(world.person.pk)}).status_code == 303
    moved = Appointment.objects.get()
    assert (moved.starts.minute, moved.room, moved.version) == (45, None, 2)
    assert client.post(url, {**told, "_version": "1"}).status_code == 409
    assert client.post(url, {"state": "cancelled", "_version": "2"}).status_code == 303
    assert client.post(url, {"state": "booked", "_version": "3"}).status_code == 409
    assert "Cancelled: 1" in client.get("/day/2026-03-03/").content.decode()


def test_an_appointment_whose_session_was_begun_is_not_cancelled(world: World, signed_in: SignedIn) -> None:
    row = booked(world, state="arrived")
    with act(world.actor(world.owner), "tests", "tests", change=True):
        Session(episode=world.episode, appointment=row, therapist=world.therapist, day=NOON.date(), started=NOON).save()
    answer = signed_in(world.desk).post(f"/appointments/{row.pk}/", {"state": "cancelled", "_version": "1"})
    assert answer.status_code == 409


def test_whom_to_book_for_is_looked_for_first(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    assert "Book for whom?" in client.get("/appointments/new/").content.decode()
    told = {"q": "ada", "purpose": "appointment"}
    page = client.post("/people/search/", told, headers={"HX-Request": "true"}).content.decode()
    assert f"/appointments/new/?person={world.person.pk}" in page
    assert client.post("/people/search/", {"q": "ada", "purpose": "//evil"}).status_code == 422


@pytest.mark.parametrize("zone", ["Europe/Vienna", "America/Toronto", "Australia/Lord_Howe"])
def test_every_wall_time_of_a_year_is_one_instant_or_refused(zone: str) -> None:
    day = date(2026, 1, 1)
    refused = 0
    while day.year == 2026:
        for hour in range(5):
            try:
                at = deeds.instant(day, time(hour, 30), zone)
            except BadInput:
                refused += 1
            else:
                wall = at.astimezone(ZoneInfo(zone))
                assert (wall.date(), wall.hour, wall.minute) == (day, hour, 30)
        day += timedelta(days=1)
    assert refused in (1, 2)


def test_free_times_overlap_nothing(world: World) -> None:
    booked(world, datetime(2026, 3, 3, 9, 30, tzinfo=UTC))
    wish = Wish(world.person, world.therapist, world.room, NOON, 60)
    found = list(deeds.free(wish, date(2026, 3, 2), date(2026, 3, 3), "UTC"))
    assert found[0] == NOON
    assert datetime(2026, 3, 3, 8, 30, tzinfo=UTC) in found
    assert datetime(2026, 3, 3, 8, 45, tzinfo=UTC) not in found
    assert datetime(2026, 3, 3, 10, 30, tzinfo=UTC) in found
    assert max(found) == datetime(2026, 3, 3, 19, tzinfo=UTC)


def test_s45_the_row_of_the_day_names_everybody_whose_appointment_was_shown(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    booked(world)
    booked(world, NOON + timedelta(hours=2), world.other)
    before = AuditRow.objects.count()
    client.get("/")
    assert AuditRow.objects.count() == before + 1
    row = AuditRow.objects.order_by("-number")[0]
    assert row.persons == sorted([str(world.person.pk), str(world.other.pk)])
