"""The outbox: queued with its deed, sent once, tried again, dropped when stale; words that know nobody (S-20, S-60)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction

from palpate.clinic import messages, moment, phone_links
from palpate.clinic.access import messages as rows
from palpate.clinic.acts import act
from palpate.clinic.messages import calls, words
from palpate.clinic.messages.sending import LEASE, NotSent, Outgoing, Postman, Ways, address_of
from palpate.clinic.models import Appointment, AuditRow, Call, Message, MessageText, PhoneLink
from palpate.clinic.refusals import BadInput, Conflict
from tests.clinic_world import World

SITE = "https://clinic.example"
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
DAY = (time(8), time(20))  # when messages go out


class Recorder:
    """A way that keeps what it is handed, and fails as often as it is told."""

    def __init__(self, *faults: NotSent | BaseException) -> None:
        self.faults = list(faults)
        self.got: list[Outgoing] = []
        self.tried: list[Outgoing] = []

    def send(self, message: Outgoing) -> None:
        self.tried.append(message)
        if self.faults:
            raise self.faults.pop(0)
        self.got.append(message)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with moment.held_at(NOON):
        yield


@contextmanager
def doing(world: World) -> Iterator[None]:
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        yield


def contact(world: World, by: str = "email", language: str = "en") -> None:
    with doing(world):
        person = world.person
        person.contact_by, person.language = by, language
        person.email, person.phone = "ada@example.org", "+31 20 555 0100"
        person.save()


def visit(world: World, starts: datetime, *, queue: bool = True) -> Appointment:
    with doing(world):
        row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, room=world.room)
        row.starts, row.ends, row.day, row.created = starts, starts + timedelta(hours=1), starts.date(), moment.now()
        row.save()
        if queue:
            messages.booked(row)
    return row


def postman(email: Recorder | None = None, sms: Recorder | None = None, site: str = SITE) -> Postman:
    return Postman(Ways(email, sms, site))


def states() -> dict[str, str]:
    return {message.kind: message.state for message in Message.objects.order_by("made")}


# --- queued with the deed -------------------------------------------------------------------------------------------


def test_s60_a_message_is_in_the_outbox_exactly_when_its_deed_was_done(world: World) -> None:

    def half_done() -> None:
        with doing(world):
            messages.queue("invitation", world.person, episode=world.episode)
            raise RuntimeError("the deed fails")

    with pytest.raises(RuntimeError):
        half_done()
    assert not Message.objects.exists()
    with doing(world):
        messages.queue("invitation", world.person, episode=world.episode)
    assert Message.objects.get().state == "waiting"


def test_a_booking_queues_its_reminder_and_its_check_in_and_a_late_one_no_reminder(world: World) -> None:
    visit(world, NOON + timedelta(days=7))
    due = {message.kind: message.due for message in Message.objects.all()}
    assert due == {"reminder": NOON + timedelta(days=5), "check_in": NOON + timedelta(days=6)}
    soon = visit(world, NOON + timedelta(hours=5))
    assert [(m.kind, m.due) for m in Message.objects.filter(appointment=soon)] == [("check_in", NOON)]


def test_a_moved_appointment_withdraws_what_waited_and_tells_the_new_time(world: World) -> None:
    row = visit(world, NOON + timedelta(days=7))
    before, row.starts = row.starts, row.starts + timedelta(days=1)
    row.ends += timedelta(days=1)
    with doing(world):
        row.held_until = row.ends
        row.save()
        messages.moved(row, before)
    found = [(m.kind, m.state, m.when) for m in Message.objects.order_by("pk")]
    assert sorted(found, key=str) == sorted(
        [
            ("reminder", "withdrawn", before),
            ("check_in", "withdrawn", before),
            ("moved", "waiting", row.starts),
            ("reminder", "waiting", row.starts),
            ("check_in", "waiting", row.starts),
        ],
        key=str,
    )
    with doing(world):
        messages.cancelled(row)
    assert states() | {"cancelled": "waiting"} == {**dict.fromkeys(states(), "withdrawn"), "cancelled": "waiting"}


def test_a_kind_that_is_switched_off_is_not_queued_and_one_that_waits_is_withdrawn(world: World) -> None:
    contact(world)
    row = visit(world, NOON + timedelta(days=1))
    with doing(world):
        times = dict.fromkeys(words.KINDS, (True, 24)) | {"check_in": (False, 24)}
        words.save_settings(0, "Harbour Street 4", 12, times, DAY)
    recorder = Recorder()
    postman(recorder).run()
    assert recorder.got == []
    assert Message.objects.get(kind="check_in").reason == "off"
    with doing(world):
        assert messages.queue("check_in", world.person, appointment=row) is None


# --- sent once, tried again, dropped --------------------------------------------------------------------------------


def test_s60_a_message_is_sent_once_by_the_way_the_person_chose_and_its_act_is_in_the_trail(world: World) -> None:
    contact(world, "sms")
    visit(world, NOON + timedelta(days=3))
    email, sms = Recorder(), Recorder()
    worker = postman(email, sms)
    assert worker.run() == 0  # nothing is due
    with moment.held_at(NOON + timedelta(days=1)):
        assert worker.run() == 1
        assert worker.run() == 0
    assert email.got == []
    assert [message.to for message in sms.got] == ["+31205550100"]
    message = Message.objects.get(kind="reminder")
    assert (message.state, message.attempts, message.channel) == ("sent", 1, "sms")
    told = AuditRow.objects.filter(about__message=str(message.pk)).order_by("number")
    assert [row.deed for row in told] == ["message-take", "message-sent"]
    assert all(row.persons == [str(world.person.pk)] for row in told)


def test_s60_a_server_that_is_down_is_tried_again_with_longer_waits_until_the_message_is_stale(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=2, hours=3))
    down = Recorder(*(NotSent("server") for _ in range(500)))
    worker, at, tries = postman(down), NOON + timedelta(hours=3), []
    message = Message.objects.get(kind="reminder")
    Recorder()
    for _ in range(6):
        with moment.held_at(at):
            assert worker.step()
            message.refresh_from_db()
            assert (message.state, message.reason, message.lease_until) == ("waiting", "server", None)
            assert not worker.step()
        tries.append(message.next_try - at)
        at = message.next_try
    assert tries == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60, 60)]
    down.faults.clear()
    with moment.held_at(at):
        assert worker.step()
    assert Message.objects.get(kind="reminder").state == "sent"
    assert len(down.got) == 1
    down.faults.append(NotSent("server"))
    with moment.held_at(NOON + timedelta(days=2, hours=4)):
        worker.run()
    assert states()["check_in"] in ("dropped", "withdrawn")


def test_s60_a_message_whose_time_has_passed_is_dropped_and_not_sent(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=3))
    recorder = Recorder()
    with moment.held_at(NOON + timedelta(days=3)):
        assert postman(recorder).run() == 2
    assert recorder.tried == []
    assert states() == {"reminder": "dropped", "check_in": "dropped"}


def test_a_refused_address_is_not_tried_again(world: World) -> None:
    contact(world)
    with doing(world):
        messages.queue("invitation", world.person, episode=world.episode)
    recorder = Recorder(NotSent("refused", final=True))
    worker = postman(recorder)
    assert worker.run() == 1
    with moment.held_at(NOON + timedelta(days=1)):
        assert worker.run() == 0
    assert Message.objects.get().reason == "refused"


def test_s60_a_worker_that_is_killed_while_sending_loses_nothing_and_sends_once_for_each_lease(world: World) -> None:
    contact(world)
    with doing(world):
        messages.queue("reminder", world.person, when=NOON + timedelta(days=1))

    class Killed(BaseException):
        pass

    first = Recorder(Killed())
    with pytest.raises(Killed):
        postman(first).step()
    message = Message.objects.get()
    assert (message.state, message.lease_until) == ("waiting", NOON + LEASE)
    second = Recorder()
    another = postman(second)
    assert another.run() == 0  # the lease is not over: the first may still be at it
    with moment.held_at(NOON + LEASE):
        assert another.run() == 1
    assert [one.key for one in second.got] == [first.tried[0].key]  # the same key: a gateway knows it again
    assert Message.objects.get().state == "sent"


def test_s60_one_message_is_never_taken_by_two_workers(world: World) -> None:
    contact(world)
    with doing(world):
        messages.queue("reminder", world.person, when=NOON + timedelta(days=1))
    one, other = Recorder(), Recorder()

    class Meanwhile(Recorder):
        def send(self, message: Outgoing) -> None:
            assert not postman(other).step()
            super().send(message)

    slow = Meanwhile()
    assert postman(slow).step()
    assert (len(slow.got), other.tried, one.tried) == (1, [], [])


def test_s58_nothing_is_sent_while_the_clock_is_behind_what_was_recorded(world: World) -> None:
    contact(world)
    with doing(world):
        messages.queue("reminder", world.person, when=NOON + timedelta(days=1))
    with moment.held_at(NOON + timedelta(hours=1)), doing(world):
        world.person.save()
    recorder = Recorder()
    with moment.held_at(NOON + timedelta(minutes=50)):
        assert postman(recorder).run() == 0
    assert recorder.tried == []
    with moment.held_at(NOON + timedelta(minutes=56)):
        assert postman(recorder).run() == 1


# --- links ----------------------------------------------------------------------------------------------------------


def test_s15_the_secret_of_a_link_is_in_the_message_and_nowhere_in_the_store(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=1))
    recorder = Recorder()
    postman(recorder).run()
    text = next(message.text for message in recorder.got if "#" in message.text)
    secret = text.split("#")[1].split()[0]
    assert f"{SITE}{phone_links.PATH}#{secret}" in text
    link = phone_links.link_of(secret)
    assert link is not None
    assert (link.purpose, link.appointment_id) == ("check_in", Appointment.objects.get().pk)
    with transaction.atomic():
        from django.apps import apps

        for model in apps.get_app_config("clinic").get_models():
            for row in model.objects.values():
                assert secret not in str(row), model.__name__


def test_another_try_carries_the_same_link_and_key_and_a_new_process_makes_both_new(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=1))
    down = Recorder(NotSent("server"), NotSent("server"))
    worker = postman(down)
    worker.run()
    with moment.held_at(NOON + timedelta(minutes=1)):
        worker.run()
    assert len(down.tried) == 2
    assert down.tried[0] == down.tried[1]
    after_a_death = Recorder()
    with moment.held_at(NOON + timedelta(minutes=6)):
        postman(after_a_death).run()
    new = after_a_death.got[0]
    assert new.key != down.tried[0].key
    assert new.text != down.tried[0].text
    assert PhoneLink.objects.filter(revoked__isnull=True).count() == 1
    with moment.held_at(NOON + timedelta(minutes=7)):
        assert phone_links.link_of(down.tried[0].text.split("#")[1]) is None
        assert phone_links.link_of(new.text.split("#")[1]) is not None


def test_a_link_that_was_ended_between_two_tries_is_made_anew(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=1))
    down = Recorder(NotSent("server"))
    worker = postman(down)
    worker.run()
    with doing(world):
        phone_links.revoke(PhoneLink.objects.get())
    with moment.held_at(NOON + timedelta(minutes=1)):
        worker.run()
    assert phone_links.link_of(down.got[0].text.split("#")[1]) is not None


def test_without_a_public_address_no_link_is_sent_and_a_reminder_is(world: World) -> None:
    contact(world)
    visit(world, NOON + timedelta(days=3))
    recorder = Recorder()
    with moment.held_at(NOON + timedelta(days=2, hours=1)):
        postman(recorder, site="").run()
    assert [message.subject for message in recorder.got] == ["Your appointment"]
    assert Message.objects.get(kind="check_in").reason == "no_site"


def test_a_check_in_that_was_answered_before_is_not_asked_for_again(world: World) -> None:
    from palpate.clinic.models import PhoneSent

    contact(world)
    row = visit(world, NOON + timedelta(days=1))
    with doing(world):
        made = phone_links.make("check_in", world.person, row, world.episode)
        sent = PhoneSent(link=made.link, episode=world.episode, appointment=row, purpose="check_in", language="en")
        sent.day, sent.at = NOON.date(), NOON
        sent.save()
    recorder = Recorder()
    postman(recorder).run()
    assert recorder.tried == []
    assert Message.objects.get(kind="check_in").reason == "answered"


# --- whom we may write to -------------------------------------------------------------------------------------------


def test_nobody_is_written_to_who_has_not_agreed(world: World) -> None:
    for by, reason in (("", "not_asked"), ("none", "wishes_none")):
        contact(world, by)
        with doing(world):
            messages.queue("reminder", world.person, when=NOON + timedelta(days=1))
        recorder = Recorder()
        postman(recorder, recorder).run()
        assert recorder.tried == []
        assert Message.objects.filter(reason=reason, state="failed").count() == 1


@pytest.mark.parametrize(
    ("told", "found"),
    [("+31 (0)20-5550100", "+310205550100"), ("0031 20 5550100", "+31205550100"), ("+4915112345678", "+4915112345678")],
)
def test_a_number_with_its_country_is_taken_however_it_is_written(world: World, told: str, found: str) -> None:
    world.person.contact_by, world.person.phone = "sms", told
    assert address_of(world.person) == ("sms", found)


@pytest.mark.parametrize(
    "told", ["", "020 5550100", "+", "+12", "+31 20 555 0100 ext 4", "+٣١٢٠٥٥٥٠١٠٠", "+1234567890123456"]
)
def test_a_number_that_may_be_another_countrys_is_not_guessed_at(world: World, told: str) -> None:
    world.person.contact_by, world.person.phone = "sms", told
    with pytest.raises(NotSent) as fault:
        address_of(world.person)
    assert fault.value.reason == "no_phone"


# --- words ----------------------------------------------------------------------------------------------------------


def test_s20_no_message_of_any_kind_in_any_language_tells_who_it_is_for_or_what_about(world: World) -> None:
    marker = "Zyzzyva"
    with doing(world):
        person, episode = world.person, world.episode
        person.given_name = person.family_name = person.address = person.doctor = f"{marker}one"
        person.email, person.emergency_contact = "inbox@example.org", marker
        episode.complaint, episode.goals, episode.activities = marker, marker, [marker]
        person.save()
        episode.save()
        world.practice.name = "Back Pain Practice"
        world.practice.save()
    told = re.compile(rf"{marker}|1979|04-02|2 April|back|rücken|espalda|dos\b|massage|pain|stiff", re.IGNORECASE)
    at = NOON
    for language in words.codes():
        contact(world, "email", language)
        for kind in words.KINDS:
            at += timedelta(days=2)
            with moment.held_at(at):
                row = visit(world, at + timedelta(hours=30), queue=False) if kind in words.TIMED else None
                with doing(world):
                    messages.queue(kind, world.person, appointment=row, episode=world.episode)
                recorder = Recorder()
                postman(recorder).run()
            assert len(recorder.got) == 1, (language, kind)
            sent = recorder.got[0]
            text = re.sub(r"https://\S+", "", sent.text)
            assert not told.search(text + sent.subject), (language, kind, text)
            assert re.fullmatch(r"[0-9a-f]{32}", sent.key)
            assert "{" not in sent.text + sent.subject
            assert sent.language == language
            assert ("https://clinic.example/link/my/#" in sent.text) == (kind in words.LINKS)


def test_every_shipped_text_passes_the_check_of_own_texts(world: World) -> None:
    for language in words.codes():
        for kind in words.KINDS:
            told = words.shipped(kind, language)
            assert words.check(kind, told.subject, told.text) == told
            if kind in words.TIMED:
                assert "{time}" in told.text


@pytest.mark.parametrize(
    ("kind", "subject", "text", "field"),
    [
        ("reminder", "Visit", "Dear {name}, {time}", "text"),
        ("reminder", "Visit", "{time.__class__}", "text"),
        ("reminder", "Visit", "{time!r}", "text"),
        ("reminder", "Visit", "{0}", "text"),
        ("reminder", "Visit", "{}", "text"),
        ("reminder", "Visit", "half a brace {", "text"),
        ("reminder", "Visit", "half a brace }", "text"),
        ("reminder", "Visit", "{{time}}", "text"),
        ("reminder", "Visit", "at {time}: {link}", "text"),  # this kind has no link
        ("check_in", "Visit", "without it", "text"),
        ("check_in", "Visit {link}", "{link}", "subject"),
        ("invitation", "Visit {time}", "{link}", "subject"),
        ("reminder", "", "{time}", "subject"),
        ("reminder", "Visit", "  ", "text"),
        ("reminder", "Visit", "x" * 481, "text"),
        ("reminder", "Visit\x00", "{time}", "subject"),
    ],
)
def test_s20_an_own_text_with_anything_but_the_listed_placeholders_is_refused(
    world: World, kind: str, subject: str, text: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        words.check(kind, subject, text)
    assert refused.value.field == field


def test_own_words_are_sent_instead_of_the_shipped_ones_and_a_stale_form_is_refused(world: World) -> None:
    contact(world, language="de")
    with doing(world):
        words.save_text("reminder", "de", 0, "Bis bald", "{clinic}: {time}.\nBis bald!")
        words.save_settings(0, "Hafenstraße 4", 24, {}, DAY)
    with pytest.raises(Conflict), doing(world):
        words.save_text("reminder", "de", 0, "Bis bald", "{time}")
    with doing(world):
        messages.queue("reminder", world.person, when=NOON + timedelta(days=1))
    recorder = Recorder()
    postman(recorder).run()
    assert recorder.got[0].text == "Hafenstraße 4: Dienstag, 3. März 2026, 12:00.\nBis bald!"
    with doing(world):
        words.forget_text("reminder", "de", 1)
    assert not MessageText.objects.exists()


@pytest.mark.parametrize(("told", "found"), [("de-AT", "de"), ("AR", "ar"), ("nl", "en"), ("", "en"), ("../en", "en")])
def test_somebody_is_written_to_in_their_language_or_in_english(world: World, told: str, found: str) -> None:
    assert words.language_of(told) == found


def test_a_time_is_told_by_the_clock_of_the_practice_also_when_clocks_change(world: World) -> None:
    for instant, said in (
        ("2026-03-29T00:30:00+00:00", "Sunday, 29 March 2026, 01:30"),
        ("2026-10-24T23:30:00+00:00", "Sunday, 25 October 2026, 01:30"),
    ):
        assert said in words.spoken(datetime.fromisoformat(instant), "Europe/Amsterdam", "en")


# --- the call list --------------------------------------------------------------------------------------------------


def entries(world: World, who: Any = None) -> list[tuple[str, list[str]]]:
    return [(entry.person.name, entry.reasons) for entry in calls.call_list(world.actor(who or world.desk))]


def test_whoever_was_not_reached_or_has_not_answered_stands_on_the_call_list_until_somebody_reached_them(
    world: World,
) -> None:
    contact(world)
    row = visit(world, NOON + timedelta(hours=30))
    with moment.held_at(NOON + timedelta(hours=7)):
        postman(Recorder()).run()
        assert entries(world) == [("Ada Lind", ["Has not answered the check-in."])]
        assert entries(world, world.therapist) == entries(world)
        assert entries(world, world.colleague) == []
        with doing(world):
            calls.note_call(world.actor(world.desk), "left_word", appointment=row)
        assert calls.call_list(world.actor(world.desk))[0].last is not None
        with pytest.raises(BadInput), doing(world):
            calls.note_call(world.actor(world.desk), "perhaps", appointment=row)
        with doing(world):
            calls.note_call(world.actor(world.desk), "reached", appointment=row)
        assert entries(world) == []
    assert Call.objects.count() == 2


def test_a_cancelled_visit_that_could_not_be_told_is_called_about_whatever_the_person_chose(world: World) -> None:
    for by in ("", "none", "sms"):
        contact(world, by)
        world.person.phone = ""
        with doing(world):
            world.person.save()
        row = visit(world, NOON + timedelta(days=9), queue=False)
        with doing(world):
            row.state = Appointment.State.CANCELLED
            row.save()
            messages.cancelled(row)
        postman(Recorder(), Recorder()).run()
        found = calls.call_list(world.actor(world.desk))
        assert len(found) == 1, by
        assert "Appointment cancelled" in found[0].reasons[0]
        with doing(world):
            calls.note_call(world.actor(world.desk), "reached", message=found[0].message)
    assert entries(world) == []


def test_a_message_that_failed_may_be_sent_again_while_it_is_of_use(world: World) -> None:
    from palpate.clinic.messages.outbox import send_again

    with doing(world):
        messages.queue("reminder", world.person, when=NOON + timedelta(days=1))
    recorder = Recorder()
    postman(recorder).run()
    contact(world)
    with doing(world):
        send_again(Message.objects.get())
    postman(recorder).run()
    assert len(recorder.got) == 1
    with pytest.raises(Conflict), doing(world):
        send_again(Message.objects.get())


# --- one leader -----------------------------------------------------------------------------------------------------


def test_one_process_leads_and_another_follows_when_its_lease_is_over(world: World) -> None:
    from palpate.clinic.acts import upkeep

    until = NOON + timedelta(minutes=2)
    with upkeep():
        assert rows.lead("lead", "one", NOON, until)
        assert not rows.lead("lead", "other", NOON, until)
        assert rows.lead("lead", "one", NOON, until)
        assert rows.lead("lead", "other", until, until + timedelta(minutes=2))
        assert not rows.lead("lead", "one", until, until)
        rows.let_go("lead", "one")
        assert not rows.lead("lead", "one", until, until)
        rows.let_go("lead", "other")
        assert rows.lead("lead", "one", until, until)


def test_a_session_with_massage_asks_a_day_later_how_the_person_is(world: World) -> None:
    from palpate.clinic.models import Session

    contact(world)
    with doing(world):
        session = Session(episode=world.episode, therapist=world.therapist, day=NOON.date(), started=NOON, ended=NOON)
        session.save()
        messages.session_given(session)
    message = Message.objects.get()
    assert (message.due, message.stale_after) == (NOON + timedelta(hours=24), NOON + timedelta(hours=48))
    recorder = Recorder()
    with moment.held_at(NOON + timedelta(hours=24)):
        postman(recorder).run()
        link = phone_links.link_of(recorder.got[0].text.split("#")[1])
    assert link is not None
    assert link.purpose == "after_session"
    with doing(world):
        session.ended = NOON - timedelta(days=3)
        messages.session_given(session)  # a note that was signed late
    assert Message.objects.count() == 1


# --- never at night ---------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+00:00")


@pytest.mark.parametrize(
    ("due", "stale", "goes"),
    [
        ("03T12:00", "05T12:00", "03T12:00"),  # by day: as it is
        ("03T07:59", "05T12:00", "03T07:59"),  # at night: in the morning, see below
        ("03T20:00", "04T09:00", "03T19:00"),  # in the morning it is too late: the evening before
        ("04T06:00", "04T08:30", "03T19:00"),
    ],
)
def test_what_would_come_too_late_in_the_morning_goes_out_the_evening_before(
    world: World, due: str, stale: str, goes: str
) -> None:
    from palpate.clinic.messages.times import by_day

    assert by_day(at(due), at(stale)) == at(goes)


def test_a_reminder_that_is_due_at_night_waits_until_the_morning(world: World) -> None:
    contact(world)
    visit(world, at("06T03:00"))  # its reminder is due two days before, at three in the night
    way = Recorder()
    postman = Postman(Ways(way, None, SITE))
    for hour in ("04T03:00", "04T07:59"):
        with moment.held_at(at(hour)):
            assert postman.run() == 0, hour
    with moment.held_at(at("04T08:00")):
        assert postman.run() == 1
    assert [message.subject for message in way.got] != []


def test_a_visit_of_the_early_morning_that_is_cancelled_late_in_the_evening_is_told_at_once(world: World) -> None:
    contact(world)
    early, later = visit(world, at("04T07:30"), queue=False), visit(world, at("06T12:00"), queue=False)
    way = Recorder()
    with moment.held_at(at("03T22:00")):
        with doing(world):
            messages.cancelled(early)
            messages.cancelled(later)
        assert Postman(Ways(way, None, SITE)).run() == 1
    assert "7:30" in way.got[0].text or "07:30" in way.got[0].text


def test_the_night_is_that_of_the_practice_and_its_clock(world: World) -> None:
    from palpate.clinic.messages.times import quiet

    with doing(world):
        words.save_settings(0, "", 24, {}, (time(9), time(17)))
        world.practice.time_zone = "America/Toronto"
        world.practice.save()
    assert quiet(at("03T21:59")) is None  # 16:59 in Toronto
    assert quiet(at("03T22:00")) == (at("03T22:00"), at("04T14:00"))
    with doing(world):
        words.save_settings(1, "", 24, {}, (time(9), time(9)))
    assert quiet(at("03T22:00")) is None  # the same time twice: at any hour
    with doing(world), pytest.raises(BadInput, match="at least 4 hours"):
        words.save_settings(2, "", 24, {}, (time(9), time(12, 59)))
