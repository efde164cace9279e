"""Calendar feeds and the calendar of one appointment, parsed back and read by real calendar programs (S-37, S-40)."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.messages import calendar, words
from palpate.clinic.models import Appointment, AuditRow, CalendarFeed, User
from tests.clinic_world import World

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with moment.held_at(NOON):
        yield


def visit(world: World, starts: str, minutes: int = 60, state: str = "booked", **more: Any) -> Appointment:
    begins = datetime.fromisoformat(starts)
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        row = Appointment(person=world.person, therapist=world.therapist, room=world.room, state=state, **more)
        row.starts, row.ends = begins, begins + timedelta(minutes=minutes)
        row.day, row.created = begins.date(), NOON
        row.save()
    return row


def zone(world: World, name: str) -> None:
    with act(world.actor(world.owner), "practice", "tests", change=True):
        world.practice.time_zone = name
        world.practice.save()


def made(world: World, signed_in: SignedIn, user: User | None = None) -> tuple[Client, str]:
    client = signed_in(user or world.therapist)
    answer = client.post("/settings/feeds/new/", {"name": "telephone"})
    assert answer.status_code == 200, answer.content
    address = re.search(rb'value="(http[^"]+\.ics)"', answer.content)
    assert address is not None
    return client, "/feeds/" + address[1].decode().split("/feeds/")[1]


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_s37_a_feed_says_when_the_therapist_is_booked_and_nothing_else(world: World, signed_in: SignedIn) -> None:
    zone(world, "Europe/Amsterdam")
    marker = "Zyzzyva"
    with act(world.actor(world.desk), "contact", "tests", change=True):
        world.person.given_name = world.person.family_name = world.person.email = marker
        world.person.save()
        world.episode.complaint = world.practice.name = marker
        world.episode.save()
        world.practice.save()
    booked = visit(world, "2026-03-09T09:00:00+01:00", episode=world.episode)
    visit(world, "2026-03-10T09:00:00+01:00", state="cancelled")
    visit(world, "2026-03-11T09:00:00+01:00", state="no_show")
    visit(world, "2026-01-02T09:00:00+01:00")  # long over
    _, path = made(world, signed_in)
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "no-store"
    (found,) = events(answer.content)
    assert found["SUMMARY"] == "Booked"
    assert found["CLASS"] == "PRIVATE"
    assert found.decoded("DTSTART") == booked.starts
    assert found.decoded("DTEND") == booked.ends
    assert found.decoded("DTSTART").tzinfo.key == "Europe/Amsterdam"
    assert set(found) == {"UID", "SUMMARY", "CLASS", "DTSTART", "DTEND", "DTSTAMP", "SEQUENCE"}
    text = answer.content.decode()
    for leak in (marker, str(booked.pk), booked.pk.hex, str(world.person.pk), "Room 1", world.therapist.name):
        assert leak not in text


def test_s37_the_feed_parsed_back_is_what_went_in_over_both_changes_of_the_clocks(
    world: World, signed_in: SignedIn
) -> None:
    _, path = made(world, signed_in)
    went_in = set()
    for name, starts in (
        ("Europe/Amsterdam", ("2026-03-28T09:00:00+01:00", "2026-03-29T01:30:00+01:00", "2026-10-25T02:30:00+02:00")),
        ("America/New_York", ("2026-03-08T01:30:00-05:00", "2026-11-01T01:30:00-04:00")),
        ("Australia/Lord_Howe", ("2026-04-05T01:45:00+11:00", "2026-10-04T01:45:00+10:30")),
    ):
        zone(world, name)
        for told in starts:
            row = visit(world, told)
            went_in.add((row.starts, row.ends))
        found = {(event.decoded("DTSTART"), event.decoded("DTEND")) for event in events(Client().get(path).content)}
        assert found == went_in
        assert any(part["TZID"] == name for part in Calendar.from_ical(Client().get(path).content).walk("VTIMEZONE"))


def test_s37_only_the_hash_is_stored_and_an_ended_address_is_like_one_that_never_was(
    world: World, signed_in: SignedIn
) -> None:
    client, path = made(world, signed_in)
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    assert len(secret) == 43  # 256 bits in base64
    feed = CalendarFeed.objects.get()
    assert feed.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    for row in (*CalendarFeed.objects.values(), *AuditRow.objects.values()):
        assert secret not in str(row)
    assert Client().get(path).status_code == 200
    assert client.post(f"/settings/feeds/{feed.pk}/end/").status_code == 303
    ended, never = Client().get(path), Client().get("/feeds/" + "x" * 43 + ".ics")
    number = re.compile(rb"\b[0-9a-f]{12}\b")
    assert ended.status_code == never.status_code == 404
    assert number.sub(b"", ended.content) == number.sub(b"", never.content)
    for row in AuditRow.objects.values():
        assert secret not in str(row)
        assert secret[:20] not in str(row)
    assert client.post(f"/settings/feeds/{feed.pk}/end/").status_code == 409


def test_s37_a_feed_is_the_therapists_own_and_dies_with_the_account(world: World, signed_in: SignedIn) -> None:
    visit(world, "2026-03-09T09:00:00+00:00")
    _, of_colleague = made(world, signed_in, world.colleague)
    _, path = made(world, signed_in)
    feed = CalendarFeed.objects.get(therapist=world.therapist)
    assert signed_in(world.colleague).post(f"/settings/feeds/{feed.pk}/end/").status_code == 404
    assert events(Client().get(of_colleague).content) == []
    for user in (world.owner, world.desk, world.auditor):
        assert signed_in(user).get("/settings/feeds/").status_code == 404
    with act(world.actor(world.owner), "users", "tests", change=True):
        world.therapist.is_active = False
        world.therapist.save()
    assert Client().get(path).status_code == 404


def test_s40_a_feed_is_read_sixty_times_an_hour_and_then_has_to_wait(world: World, signed_in: SignedIn) -> None:
    _, path = made(world, signed_in)
    for _ in range(60):
        assert Client().get(path).status_code == 200
    answer = Client().get(path)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    with moment.held_at(NOON + timedelta(hours=1)):
        assert Client().get(path).status_code == 200


def test_s37_signs_that_could_begin_a_line_of_their_own_never_reach_the_library(world: World) -> None:
    with act(world.actor(world.owner), "practice", "tests", change=True):
        words.save_settings(0, "Harbour Street 4", 24, {}, (time(8), time(20)))
        from palpate.clinic.models import MessageSettings

        evil = "Quay\u2028BEGIN:VALARM\x0b\x85\u2029DESCRIPTION:x\x1f"  # PostgreSQL itself keeps no NUL
        MessageSettings.objects.update(clinic=evil)
    assert calendar.plain("a\x00b\r\nc\u2028") == "a b c"
    row = visit(world, "2026-03-09T09:00:00+00:00")
    content = calendar.calendar_of(row)
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", content.decode())
    (found,) = events(content)
    assert found["SUMMARY"] == "Quay BEGIN:VALARM DESCRIPTION:x"
    assert not list(found.walk("VALARM"))


def test_one_appointment_for_a_persons_own_calendar_names_the_clinic_neutrally(world: World) -> None:
    with act(world.actor(world.owner), "practice", "tests", change=True):
        words.save_settings(0, "Harbour, Street; 4", 24, {}, (time(8), time(20)))
    zone(world, "Europe/Amsterdam")
    row = visit(world, "2026-03-09T09:00:00+01:00", zone="America/New_York")
    content = calendar.calendar_of(row)
    (found,) = events(content)
    assert (found["SUMMARY"], found["CLASS"]) == ("Harbour, Street; 4", "PRIVATE")
    assert found.decoded("DTSTART") == row.starts
    assert found.decoded("DTSTART").tzinfo.key == "America/New_York"
    assert found["UID"] == events(calendar.calendar_of(row))[0]["UID"]
    for leak in ("Ada", "Lind", "Back Care", "Stiff", "1979"):
        assert leak not in content.decode()


def test_the_page_shows_an_address_once(world: World, signed_in: SignedIn) -> None:
    client, path = made(world, signed_in)
    assert path.encode() not in client.get("/settings/feeds/").content
    assert b"telephone" in client.get("/settings/feeds/").content
    answer = client.post("/settings/feeds/new/", {"name": " "})
    assert answer.status_code == 422
    assert b"errorlist" in answer.content


# --- real calendar programs -----------------------------------------------------------------------------------------


@pytest.fixture
def served(world: World, signed_in: SignedIn) -> Iterator[tuple[str, list[Appointment]]]:
    """A feed on loopback, as a calendar program reads it, and what it holds."""
    zone(world, "Europe/Amsterdam")
    held = [
        visit(world, "2026-03-27T09:00:00+01:00"),
        visit(world, "2026-03-30T09:00:00+02:00", 45),
        visit(world, "2026-10-26T16:15:00+01:00", 90),
    ]
    _, path = made(world, signed_in)
    content = Client().get(path).content

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", calendar.MEDIA_TYPE)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/booked.ics", held
    server.shutdown()
    server.server_close()
    thread.join()


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is missing: apt-get install khal vdirsyncer")
    assert found is not None
    return found


def run(command: list[str], home: Path) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_s37_vdirsyncer_fetches_the_feed_and_khal_shows_its_times(
    served: tuple[str, list[Appointment]], tmp_path: Path
) -> None:
    address, held = served
    fetch, show = program("vdirsyncer"), program("khal")
    kept = tmp_path / "kept"
    (tmp_path / "vdirsyncer").write_text(
        f'[general]\nstatus_path = "{tmp_path}/status"\n'
        '[pair feed]\na = "theirs"\nb = "ours"\ncollections = null\nconflict_resolution = "a wins"\n'
        f'[storage theirs]\ntype = "http"\nurl = "{address}"\n'
        f'[storage ours]\ntype = "filesystem"\npath = "{kept}"\nfileext = ".ics"\n'
    )
    (tmp_path / "khal").write_text(
        f"[calendars]\n[[feed]]\npath = {kept}\n"
        "[locale]\nlocal_timezone = Europe/Amsterdam\ndefault_timezone = Europe/Amsterdam\n"
        "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        f"[sqlite]\npath = {tmp_path}/khal.db\n"
    )
    kept.mkdir()
    run([fetch, "-c", f"{tmp_path}/vdirsyncer", "discover"], tmp_path)
    run([fetch, "-c", f"{tmp_path}/vdirsyncer", "sync"], tmp_path)
    assert len(list(kept.iterdir())) == len(held)
    shown = run(
        [show, "-c", f"{tmp_path}/khal", "list", "--day-format", "", "--format", "{start}|{end}|{title}",
         "2026-03-01", "300d"], tmp_path,
    )  # fmt: skip
    here = ZoneInfo("Europe/Amsterdam")
    expected = [
        f"{row.starts.astimezone(here):%Y-%m-%d %H:%M}|{row.ends.astimezone(here):%Y-%m-%d %H:%M}|Booked"
        for row in held
    ]
    assert [line for line in shown.splitlines() if line] == expected
