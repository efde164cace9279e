"""The pages of messages and calls, and the settings of what is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import messages, moment
from palpate.clinic.access import messages as rows
from palpate.clinic.acts import act
from palpate.clinic.messages import words
from palpate.clinic.messages.sending import Postman, Ways
from palpate.clinic.models import Appointment, Call, Message, MessageText, Person, User
from tests.clinic_world import World
from tests.form_client import FormClient

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with moment.held_at(NOON):
        yield


def visit(world: World, hours: int) -> Appointment:
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, created=NOON)
        row.starts, row.ends = NOON + timedelta(hours=hours), NOON + timedelta(hours=hours + 1)
        row.day = row.starts.date()
        row.save()
        messages.booked(row)
    return row


def fail(world: World) -> Message:
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        told = messages.queue("cancelled", world.person, when=NOON + timedelta(days=3))
    Postman(Ways(None, None, "")).run()
    assert told is not None
    told.refresh_from_db()
    return told


# --- how somebody is reached ----------------------------------------------------------------------------------------


def test_the_desk_notes_by_which_way_somebody_agreed_to_be_written_to(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.desk)
    url = f"/people/{world.person.pk}/contact/"
    page = client.get(url).content.decode()
    assert "May we send reminders and links?" in page
    told = {"given_name": "Ada", "family_name": "Lind", "birth_date": "1979-04-02", "email": "a@example.org"}
    for chosen in ("email", "sms", "none", ""):
        version = Person.objects.get(pk=world.person.pk).version
        answer = client.post(url, {**told, "contact_by": chosen, "_version": str(version)})
        assert answer.status_code == 303, answer.content
        assert Person.objects.get(pk=world.person.pk).contact_by == chosen
    version = Person.objects.get(pk=world.person.pk).version
    assert client.post(url, {**told, "contact_by": "pigeon", "_version": str(version)}).status_code == 422


# --- the outbox -----------------------------------------------------------------------------------------------------


def test_the_outbox_says_what_went_nowhere_and_why_and_lets_the_desk_send_it_again(
    world: World, signed_in: SignedIn
) -> None:
    message = fail(world)
    client = signed_in(world.desk)
    page = client.get("/messages/").content.decode()
    assert "Ada Lind" in page
    assert "nobody has asked yet whether we may write" in page
    assert client.post(f"/messages/{message.pk}/again/").status_code == 303
    message.refresh_from_db()
    assert message.state == "waiting"
    assert client.post(f"/messages/{message.pk}/again/").status_code == 409
    assert signed_in(world.therapist).get("/messages/").status_code == 200
    assert "Ada Lind" not in signed_in(world.colleague).get("/messages/").content.decode()
    assert signed_in(world.therapist).post(f"/messages/{message.pk}/again/").status_code == 404
    assert signed_in(world.auditor).get("/messages/").status_code == 404


def test_a_message_that_is_held_up_is_said_on_top_and_the_booking_stands(world: World, signed_in: SignedIn) -> None:
    visit(world, 20)
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        for row in Message.objects.all():
            row.attempts, row.reason = 2, "server"
            row.save()
    page = signed_in(world.desk).get("/messages/").content.decode()
    assert "1 message waits" in page
    assert "the server could not be reached" in page
    assert Appointment.objects.get().state == "booked"


def test_a_link_that_is_sent_at_night_says_when_it_goes_out(world: World, signed_in: SignedIn) -> None:
    with act(world.actor(world.desk), "contact", "tests", change=True):
        world.person.contact_by, world.person.email = "email", "inbox@example.org"
        world.person.save()
    with moment.held_at(NOON + timedelta(hours=9)):
        told = {"purpose": "intake", "_person": str(world.person.pk)}
        page = signed_in(world.desk).post(f"/people/{world.person.pk}/links/send/", told, follow=True)
    assert b"The link goes out at 08:00" in page.content


def test_the_staff_sends_a_link_to_whoever_agreed_and_says_why_not_to_others(world: World, signed_in: SignedIn) -> None:
    client, url = signed_in(world.desk), f"/people/{world.person.pk}/links/send/"
    marks = {"_person": str(world.person.pk)}
    refused = client.post(url, {"purpose": "intake", **marks})
    assert refused.status_code == 422
    assert b"nobody has asked yet whether we may write" in refused.content
    with act(world.actor(world.desk), "contact", "tests", change=True):
        world.person.contact_by, world.person.email = "email", "inbox@example.org"
        world.person.save()
    assert b"Send it" in client.get(f"/people/{world.person.pk}/links/").content
    sent = client.post(url, {"purpose": "intake", **marks}, follow=True)
    assert b"The link is on its way." in sent.content
    assert Message.objects.get().kind == "invitation"
    for wrong in ({"purpose": "pigeon"}, {"purpose": "check_in"}, {"purpose": "check_in", "appointment": "x"}, {}):
        assert client.post(url, {**wrong, **marks}).status_code == 422
    row = visit(world, 60)
    told = {"purpose": "check_in", "appointment": str(row.pk), **marks}
    assert client.post(url, told).status_code == 303
    assert Message.objects.filter(kind="check_in", due=NOON).count() == 1
    assert signed_in(world.colleague).post(url, told).status_code == 404


# --- the call list --------------------------------------------------------------------------------------------------


def test_the_desk_calls_whoever_was_not_reached_and_sees_no_answer(world: World, signed_in: SignedIn) -> None:
    with act(world.actor(world.desk), "contact", "tests", change=True):
        world.person.phone = "+31 20 555 0100"
        world.person.save()
    row = visit(world, 20)
    message = fail(world)
    client = signed_in(world.desk)
    page = client.get("/calls/").content.decode()
    assert 'href="tel:+31205550100"' in page
    assert "Was not asked to check in." in page
    assert "Appointment cancelled: nobody has asked yet whether we may write." in page
    for leak in ("Stiff low back", "April 1979", "1979-04-02"):
        assert leak not in page
    assert client.post(f"/calls/visits/{row.pk}/", {"outcome": "left_word"}).status_code == 303
    assert "Left word" in client.get("/calls/").content.decode()
    assert client.post(f"/calls/visits/{row.pk}/", {"outcome": "reached"}).status_code == 303
    assert client.post(f"/calls/messages/{message.pk}/", {"outcome": "reached"}).status_code == 303
    assert "Nobody to call" in client.get("/calls/").content.decode()
    assert client.post(f"/calls/visits/{row.pk}/", {}).status_code == 422
    assert client.post(f"/calls/visits/{row.pk}/", {"outcome": "perhaps"}).status_code == 422
    assert Call.objects.count() == 3
    assert {call.by_id for call in Call.objects.all()} == {world.desk.pk}


def test_the_call_list_costs_the_same_for_many_as_for_one(
    world: World, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(world.desk)
    for hours in range(2, 20):
        visit(world, hours)
    client.get("/calls/")
    with django_assert_max_num_queries(40):
        assert client.get("/calls/").content.count(b'<section class="card"') == 18


def test_a_check_in_that_was_sent_takes_the_person_off_the_list(world: World, signed_in: SignedIn) -> None:
    from palpate.clinic import phone_links
    from palpate.clinic.models import PhoneSent

    row = visit(world, 20)
    client = signed_in(world.desk)
    assert b"Ada Lind" in client.get("/calls/").content
    with act(world.actor(world.desk), "answers", "tests", change=True):
        made = phone_links.make("check_in", world.person, row, world.episode)
        sent = PhoneSent(link=made.link, episode=world.episode, appointment=row, purpose="check_in", language="en")
        sent.told, sent.day, sent.at = {"secret": "Zyzzyva"}, NOON.date(), NOON
        sent.save()
    page = client.get("/calls/").content
    assert b"Ada Lind" not in page
    assert b"Zyzzyva" not in page


# --- the settings ---------------------------------------------------------------------------------------------------


def form_of(**changed: str) -> dict[str, str]:
    told = {"clinic": "Harbour Street 4", "call_hours": "12", "_version": "0"}
    told |= {"sends_from": "07:30", "sends_until": "19:00"}
    told |= {f"on_{kind}": "yes" for kind in words.KINDS}
    told |= {"hours_reminder": "30", "hours_check_in": "20", "hours_after_session": "24"}
    return told | changed


def test_the_owner_chooses_what_is_sent_and_when(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    assert client.get("/settings/messages/").status_code == 200
    assert client.post("/settings/messages/", form_of(on_offer="no")).status_code == 303
    row = rows.settings_row()
    assert (row.sends_from, row.sends_until) == (time(7, 30), time(19))
    assert (row.clinic, row.call_hours, row.times["reminder"]) == ("Harbour Street 4", 12, {"on": "yes", "hours": 30})
    assert row.times["offer"]["on"] == "no"
    visit(world, 100)
    assert Message.objects.get(kind="reminder").due == NOON + timedelta(hours=70)
    stale = client.post("/settings/messages/", form_of(clinic="Another"))
    assert stale.status_code == 409
    assert b"Another" in stale.content
    assert b"Harbour Street 4" in stale.content
    for user in (world.desk, world.therapist, world.auditor):
        assert signed_in(user).get("/settings/messages/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"call_hours": "0"}, {"call_hours": "97"}, {"call_hours": "١٢"}, {"hours_reminder": "1"},
        {"hours_after_session": "48"}, {"hours_check_in": "337"}, {"on_reminder": "perhaps"}, {"clinic": "x" * 61},
        {"clinic": "a\x00b"},
        {"sends_until": "11:00"}, {"sends_from": ""}, {"on_pigeon": "yes"}, {"clinic": "\u202eabc"},
    ],
)  # fmt: skip
def test_a_wrong_setting_is_said_by_its_field_and_nothing_is_saved(
    world: World, signed_in: SignedIn, wrong: dict[str, str]
) -> None:
    answer = signed_in(world.owner).post("/settings/messages/", form_of(**wrong))
    assert answer.status_code == 422
    assert rows.settings_row().version == 0


def test_the_owner_writes_own_words_and_goes_back_to_the_shipped_ones(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.owner)
    url = "/settings/messages/reminder/de/"
    page = client.get(url).content.decode()
    assert "{clinic}" in page
    assert "{time}" in page
    assert "{link}" not in page
    wrong = client.post(url, {"subject": "Termin", "text": "Liebe {name}, {time}", "_version": "0"})
    assert wrong.status_code == 422
    assert b"{name} is nothing that can be filled in" in wrong.content
    assert b"Liebe {name}, {time}" in wrong.content  # nothing of what was typed is lost
    assert client.post(url, {"subject": "Termin", "text": "{clinic}, {time}", "_version": "0"}).status_code == 303
    stale = client.post(url, {"subject": "Termin", "text": "anders {time}", "_version": "0"})
    assert stale.status_code == 409
    assert b"anders {time}" in stale.content
    assert client.post(f"{url}shipped/", {"_version": "1"}).status_code == 303
    assert not MessageText.objects.exists()
    for path in ("pigeon/de/", "reminder/xx/"):
        assert client.get(f"/settings/messages/{path}").status_code == 404


def test_forms_of_these_pages_carry_whose_they_are(world: World, signed_in: SignedIn) -> None:
    row = visit(world, 20)
    client = FormClient()
    client.force_login(world.desk, backend="palpate.web.signed_in.Backend")
    crossed = client.post(f"/calls/visits/{row.pk}/", {"outcome": "reached", "_person": str(world.other.pk)})
    assert crossed.status_code == 409
    assert not Call.objects.exists()
