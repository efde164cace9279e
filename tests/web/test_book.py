"""The appointment book: what each view shows to whom, moving by two taps, services, hours and closed days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic.acts import act
from palpate.clinic.models import (
    Appointment,
    BookRules,
    Holiday,
    HoursException,
    Room,
    Service,
    TherapistHours,
    User,
)
from tests.clinic_world import World

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
TUESDAY = "2026-03-03"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def kept(world: World, row: Any) -> Any:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        row.save()
    return row


def booked(world: World, starts: datetime, **more: Any) -> Appointment:
    told = {"person": world.person, "episode": world.episode, "therapist": world.therapist, "room": world.room}
    row = Appointment(**(told | more), starts=starts, created=NOON)
    row.ends = more.get("ends", starts + timedelta(hours=1))
    row.day = starts.date()
    return kept(world, row)  # type: ignore[no-any-return]


def page_of(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


# --- what the views show ---


def test_the_week_shows_what_is_booked_and_what_is_free_for_each_therapist(world: World, signed_in: SignedIn) -> None:
    booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC), held_until=datetime(2026, 3, 3, 10, 15, tzinfo=UTC))
    page = page_of(signed_in(world.desk), "/book/?week=2026-03-05")
    row = next(part for part in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if "Tue 3 Mar" in part)
    assert "09:00–10:00" in row
    assert "Ada Lind" in row
    assert "08:00–09:00" in row
    assert "10:15–20:00" in row  # free again after the turnover
    assert page.count('<th scope="col">') == 3  # day, colleague, therapist


def test_a_free_stretch_leads_to_the_person_and_then_to_its_time(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    page = page_of(client, "/book/?week=2026-03-02")
    wished = f"at=2026-03-03T08%3A00&amp;therapist={world.therapist.pk}"
    assert wished in page
    assert f"at=2026-03-02T12%3A00&amp;therapist={world.therapist.pk}" in page  # today from now on
    choose = page_of(client, f"/appointments/new/?at=2026-03-03T08:00&therapist={world.therapist.pk}")
    carried = f"appointment/2026-03-03T08:00/{world.therapist.pk}"
    assert f'value="{carried}"' in choose
    found = client.post("/people/search/", {"q": "Lind", "purpose": carried}).content.decode()
    url = f"/appointments/new/?person={world.person.pk}&amp;at=2026-03-03T08:00&amp;therapist={world.therapist.pk}"
    assert url in found
    form = page_of(client, url.replace("&amp;", "&"))
    assert 'value="2026-03-03"' in form
    assert 'value="08:00"' in form
    assert client.post("/people/search/", {"q": "Lind", "purpose": "appointment/x"}).status_code == 422
    assert f'value="{carried}"' not in page_of(client, "/appointments/new/?at=soon&therapist=x")


def test_the_day_has_a_column_for_each_therapist_and_a_cell_as_long_as_the_appointment(
    world: World, signed_in: SignedIn
) -> None:
    booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC), held_until=datetime(2026, 3, 3, 10, 15, tzinfo=UTC))
    page = page_of(signed_in(world.desk), f"/book/day/{TUESDAY}/")
    assert '<th scope="col">Therapist</th>' in page
    cell = re.search(r'<td class="is-busy" data-label="Therapist" rowspan="(\d+)">', page)
    assert cell is not None
    assert cell[1] == "4"
    assert page.count('<td class="is-turnover"') == 1


def test_the_rooms_have_a_column_each_and_name_who_treats_there(world: World, signed_in: SignedIn) -> None:
    kept(world, Room(site=world.room.site, name="Room 2"))
    booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
    page = page_of(signed_in(world.desk), f"/book/rooms/{TUESDAY}/")
    assert '<th scope="col">Room 1</th>' in page
    assert '<th scope="col">Room 2</th>' in page
    assert page.count("Ada Lind") == 2  # the link, and the words of its button
    assert 'data-label="Room 1"' in page


def test_s09_a_colleague_sees_that_a_time_is_taken_and_not_whose_it_is(world: World, signed_in: SignedIn) -> None:
    row = booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
    for url in ("/book/?week=2026-03-02", f"/book/day/{TUESDAY}/", f"/book/rooms/{TUESDAY}/"):
        page = page_of(signed_in(world.colleague), url)
        assert "taken" in page
        assert "Ada" not in page
        assert str(row.pk) not in page
    client = signed_in(world.colleague)
    assert client.get(f"/book/?move={row.pk}").status_code == 404
    told = {"appointment": str(row.pk), "to": f"2026-03-03T11:00Z/{world.colleague.pk}/", "_version": "1"}
    assert client.post("/book/move/", told).status_code == 404
    assert Appointment.objects.get().starts.hour == 9


@pytest.mark.parametrize("told", ["2026-02-30", "soon", "２０２６-03-02"])
def test_s24_a_week_or_day_that_is_none_is_refused(world: World, signed_in: SignedIn, told: str) -> None:
    client = signed_in(world.desk)
    assert client.get("/book/", {"week": told}).status_code == 422
    assert client.get(f"/book/day/{told}/").status_code == 404


def test_the_auditor_reads_the_book_and_moves_nothing(world: World, signed_in: SignedIn) -> None:
    row = booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
    client = signed_in(world.auditor)
    page = page_of(client, f"/book/day/{TUESDAY}/")
    assert "Ada Lind" in page
    assert "?move=" not in page
    assert client.get(f"/book/day/{TUESDAY}/?move={row.pk}").status_code == 404


# --- moving ---


def test_an_appointment_is_moved_by_two_taps_to_another_therapist(world: World, signed_in: SignedIn) -> None:
    row = booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
    booked(world, datetime(2026, 3, 3, 13, tzinfo=UTC), therapist=world.colleague, person=world.other, room=None,
           episode=None)  # fmt: skip
    client = signed_in(world.desk)
    assert f"?move={row.pk}" in page_of(client, f"/book/day/{TUESDAY}/")
    page = page_of(client, f"/book/day/{TUESDAY}/?move={row.pk}")
    to = re.findall(r'name="to" value="([^"]+)"', page)
    assert f"2026-03-03T13:00Z/{world.therapist.pk}/{world.room.pk}" in to
    assert f"2026-03-03T13:00Z/{world.colleague.pk}/{world.room.pk}" not in to  # the colleague is taken
    assert f"2026-03-03T09:15Z/{world.therapist.pk}/{world.room.pk}" in to  # its own old time is free to it
    chosen = f"2026-03-03T15:00Z/{world.colleague.pk}/{world.room.pk}"
    told = {"appointment": str(row.pk), "to": chosen, "_version": "1", "_person": str(world.person.pk)}
    assert client.post("/book/move/", told).status_code == 303
    row.refresh_from_db()
    assert (row.starts.hour, row.therapist, row.version) == (15, world.colleague, 2)
    assert client.post("/book/move/", told).status_code == 409  # a stale page
    for wrong in ("", "x/y/z", f"2026-03-03T15:00Z/{world.desk.pk}/", f"2026-03-03T15:00Z/{world.colleague.pk}/x"):
        assert client.post("/book/move/", {**told, "_version": "2", "to": wrong}).status_code == 422


def test_the_week_offers_free_times_to_move_to(world: World, signed_in: SignedIn) -> None:
    row = booked(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
    page = page_of(signed_in(world.desk), f"/book/?week=2026-03-02&move={row.pk}")
    assert f"2026-03-06T08:00Z/{world.therapist.pk}/{world.room.pk}" in page
    assert "2026-03-02T08:00Z" not in page  # this morning is over


# --- hours, exceptions, closed days ---


def told_week(**days: str) -> dict[str, str]:
    return {"since": "2026-03-02", **{f"day_{n}": days.get(f"d{n}", "") for n in range(7)}}


def test_an_owner_tells_the_hours_of_a_therapist_and_only_they_are_proposed(world: World, signed_in: SignedIn) -> None:
    client, url = signed_in(world.owner), f"/settings/hours/{world.therapist.pk}/"
    wrong = client.post(url, told_week(d0="9-12:30, 12-18"))
    assert wrong.status_code == 422
    assert "do not overlap" in wrong.content.decode()
    assert "9-12:30, 12-18" in wrong.content.decode()
    assert client.post(url, told_week(d0="25:00-26:00")).status_code == 422
    assert client.post(url, told_week()).status_code == 422
    assert client.post(url, told_week(d1="9:00-12:30, 13:30-18") | {"room_1": str(world.room.pk)}).status_code == 303
    assert TherapistHours.objects.count() == 2
    page = page_of(signed_in(world.desk), "/book/?week=2026-03-02&therapist=" + str(world.therapist.pk))
    assert "09:00–12:30" in page
    assert "13:30–18:00" in page
    assert page.count("Not working") == 4  # of Monday to Friday one day is worked
    assert client.post(url, told_week(d1="10-12") | {"since": "2026-03-09"}).status_code == 303
    assert {row.valid_until for row in TherapistHours.objects.filter(valid_from="2026-03-02")} == {date(2026, 3, 8)}
    assert client.post(url, told_week(d1="10-12") | {"since": "2026-03-01"}).status_code == 422
    assert client.get(f"/settings/hours/{world.desk.pk}/").status_code == 404


def test_a_day_off_and_extra_hours_change_one_day(world: World, signed_in: SignedIn) -> None:
    client, url = signed_in(world.owner), f"/settings/hours/{world.therapist.pk}/days/"
    assert client.post(url, {"day": TUESDAY, "kind": "off", "begins": "", "ends": ""}).status_code == 303
    assert client.post(url, {"day": "2026-03-07", "kind": "extra", "begins": "", "ends": ""}).status_code == 422
    assert client.post(url, {"day": "2026-03-04", "kind": "off", "begins": "08:00", "ends": "14:00"}).status_code == 303
    desk = signed_in(world.desk)
    page = page_of(desk, f"/book/day/{TUESDAY}/")
    assert "Not working" in page
    wednesday = page_of(desk, "/book/?week=2026-03-02&therapist=" + str(world.therapist.pk))
    assert "14:00–20:00" in wednesday
    gone = HoursException.objects.get(day=TUESDAY)
    assert client.post(url, {"gone": str(gone.pk)}).status_code == 303
    other = f"/settings/hours/{world.colleague.pk}/days/"
    assert client.post(other, {"gone": str(HoursException.objects.get().pk)}).status_code == 404


def test_a_closed_day_has_no_free_times(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    assert client.post("/settings/closed/", {"day": TUESDAY, "name": "Midwinter", "site": ""}).status_code == 303
    page = page_of(signed_in(world.desk), "/book/?week=2026-03-02")
    assert "Midwinter" in page
    told = {"person": str(world.person.pk), "from": TUESDAY, "to": TUESDAY}
    assert 'name="slot"' not in signed_in(world.desk).get("/appointments/new/", told).content.decode()
    assert client.post("/settings/closed/", {"gone": str(Holiday.objects.get().pk)}).status_code == 303
    assert 'name="slot"' in signed_in(world.desk).get("/appointments/new/", told).content.decode()


def test_a_time_outside_the_hours_is_asked_about_and_booked_when_it_is_meant(world: World, signed_in: SignedIn) -> None:
    signed_in(world.owner).post(f"/settings/hours/{world.therapist.pk}/", told_week(d1="9-12"))
    told = {
        "person": str(world.person.pk), "_person": str(world.person.pk), "therapist": str(world.therapist.pk),
        "room": "", "minutes": "60", "day": TUESDAY, "time": "11:30",
    }  # fmt: skip
    client = signed_in(world.desk)
    asked = client.post("/appointments/new/", told)
    assert asked.status_code == 422
    assert 'name="outside"' in asked.content.decode()
    assert not Appointment.objects.exists()
    assert client.post("/appointments/new/", told | {"outside": "yes"}).status_code == 303
    assert client.post("/appointments/new/", told | {"time": "09:00"}).status_code == 303


# --- services, and what cancelling costs ---


def test_a_service_gives_length_and_turnover_and_the_turnover_holds_the_room_and_not_the_person(
    world: World, signed_in: SignedIn
) -> None:
    owner = signed_in(world.owner)
    told = {"name": "Back massage", "minutes": "55", "turnover": "15", "price": "65.5", "active": "yes"}
    for field, wrong in (("minutes", "NaN"), ("minutes", "0"), ("price", "-1"), ("price", "1.234"), ("name", " ")):
        assert owner.post("/settings/services/new/", told | {field: wrong}).status_code == 422
    assert owner.post("/settings/services/new/", told).status_code == 303
    service = Service.objects.get()
    assert (service.minutes, service.turnover_minutes, service.price_cents) == (55, 15, 6550)
    changed = owner.post(f"/settings/services/{service.pk}/", told | {"_version": "7"})
    assert changed.status_code == 409
    desk = signed_in(world.desk)
    told = {
        "person": str(world.person.pk), "_person": str(world.person.pk), "therapist": str(world.therapist.pk),
        "room": str(world.room.pk), "minutes": "60", "service": str(service.pk), "day": TUESDAY, "time": "09:00",
    }  # fmt: skip
    assert desk.post("/appointments/new/", told).status_code == 303
    row = Appointment.objects.get()
    assert (row.ends.minute, row.held_until.hour, row.held_until.minute) == (55, 10, 10)
    other = told | {"person": str(world.other.pk), "_person": str(world.other.pk), "time": "10:05"}
    assert desk.post("/appointments/new/", other).status_code == 409
    other["time"] = "10:10"
    assert desk.post("/appointments/new/", other).status_code == 303
    same = told | {"therapist": str(world.colleague.pk), "room": "", "time": "09:55"}
    assert desk.post("/appointments/new/", same).status_code == 303  # the person is free at the end


@pytest.mark.parametrize(
    ("hours_before", "by", "fee"), [(23, "person", 2500), (24, "person", None), (1, "practice", None)]
)
def test_a_late_cancelling_costs_what_the_practice_says_and_only_the_person(
    world: World, signed_in: SignedIn, hours_before: int, by: str, fee: int | None
) -> None:
    told = {"cancel_hours": "24", "cancel_fee": "25", "no_show_fee": "50", "currency": "EUR", "_version": "1"}
    owner = signed_in(world.owner)
    assert owner.post("/settings/booking/", told | {"currency": ""}).status_code == 422
    assert owner.post("/settings/booking/", told).status_code == 303
    assert BookRules.objects.get().cancel_fee_cents == 2500
    row = booked(world, NOON + timedelta(hours=hours_before))
    url = f"/appointments/{row.pk}/"
    client = signed_in(world.desk)
    assert client.post(url, {"state": "cancelled", "by": "nobody", "_version": "1"}).status_code == 422
    assert client.post(url, {"state": "cancelled", "by": by, "_version": "1"}).status_code == 303
    row.refresh_from_db()
    assert (row.state, row.cancelled_by, row.fee_cents) == ("cancelled", by, fee)
    assert ("25.00 EUR" in page_of(client, url)) is (fee is not None)


def test_somebody_who_did_not_come_owes_the_fee_for_that_until_it_is_taken_back(
    world: World, signed_in: SignedIn
) -> None:
    kept(world, BookRules(no_show_fee_cents=5000, currency="EUR"))
    row = booked(world, NOON)
    client = signed_in(world.desk)
    assert client.post("/appointments/state/", {"no_show": f"{row.pk} 1"}).status_code == 303
    row.refresh_from_db()
    assert row.fee_cents == 5000
    assert client.post("/appointments/state/", {"booked": f"{row.pk} 2"}).status_code == 303
    row.refresh_from_db()
    assert row.fee_cents is None


# --- who gives what ---


def test_a_therapist_who_gives_some_services_only_is_proposed_and_booked_for_no_other(
    world: World, signed_in: SignedIn
) -> None:
    massage = kept(world, Service(name="Back massage", minutes=60))
    first = kept(world, Service(name="First visit", minutes=60))
    owner, url = signed_in(world.owner), f"/settings/hours/{world.colleague.pk}/services/"
    assert owner.post(url, {"services": [str(massage.pk)]}).status_code == 303
    assert owner.post(url, {"services": [str(world.person.pk)]}).status_code == 422
    given = re.findall(r"given by ([^<]+)<", page_of(owner, "/settings/services/"))
    assert len(given) == 1  # everybody gives the other
    assert "Colleague" not in given[0]
    assert "Gives only: Back massage." in page_of(owner, f"/settings/hours/{world.colleague.pk}/")
    desk = signed_in(world.desk)
    told = {"person": str(world.person.pk), "_person": str(world.person.pk), "service": str(first.pk), "room": "",
            "therapist": str(world.colleague.pk), "minutes": "60", "day": TUESDAY, "time": "10:00"}  # fmt: skip
    refused = desk.post("/appointments/new/", told)
    assert refused.status_code == 422
    assert "does not give “First visit”" in refused.content.decode()
    assert "No free time" in desk.post("/appointments/new/", {**told, "look": "yes"}).content.decode()
    assert not Appointment.objects.exists()
    assert desk.post("/appointments/new/", {**told, "service": str(massage.pk)}).status_code == 303
    row = Appointment.objects.get()
    to_colleague = f"/{world.colleague.pk}/"
    with act(world.actor(world.desk), "tests", "tests", change=True):
        row.service, row.therapist = first, world.therapist
        row.save()
    assert to_colleague not in page_of(desk, f"/book/day/{TUESDAY}/?move={row.pk}")
    sent = {"appointment": str(row.pk), "to": f"2026-03-03T15:00Z{to_colleague}", "_version": "1"}
    assert desk.post("/book/move/", {**sent, "_person": str(world.person.pk)}).status_code == 422
    assert owner.post(url, {}).status_code == 303  # none ticked: every service again
    assert to_colleague in page_of(desk, f"/book/day/{TUESDAY}/?move={row.pk}")
