"""The worker with real servers on loopback: mail with and without TLS, down and back; a gateway; jobs and switches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from palpate.clinic import backup, messages, moment
from palpate.clinic.access import messages as rows
from palpate.clinic.acts import act
from palpate.clinic.messages.sending import LEASE, Postman
from palpate.clinic.models import Message
from palpate.web import jobs
from palpate.web.config_outbound import Outside, read_outside
from palpate.web.mailing import ways_of
from tests.clinic_world import World
from tests.installation import ROOT, Installation
from tests.loopback import Inbox, Trust, free_port, https_server, mail_server, says, trust

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trust(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with moment.held_at(NOON):
        yield


@pytest.fixture
def mail(settings: Any, kept: Trust, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the mail server of the settings, in the way that the configuration would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(kept.authority))

    def to(port: int, tls: str) -> Postman:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.MAIL_FROM = "localhost", port, "desk@clinic.example"
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "a secret of the mail server"
        settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = tls == "tls", tls == "starttls"
        settings.SITE = "https://clinic.example"
        return Postman(ways_of(settings.CONFIG))

    return to


def remind(world: World, by: str = "email", kind: str = "reminder") -> Message:
    with act(world.actor(world.desk), "appointment", "tests", change=True):
        world.person.contact_by, world.person.email = by, "inbox@example.org"
        world.person.phone = "+31 20 555 0100"
        world.person.save()
        told = messages.queue(kind, world.person, when=NOON + timedelta(days=1), episode=world.episode)
    assert told is not None
    return told


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


# --- mail -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_s60_mail_is_sent_encrypted_with_a_message_id_of_its_own(
    world: World, mail: Any, kept: Trust, tls: str
) -> None:
    message = remind(world)
    inbox = Inbox(free_port())
    with mail_server(inbox, kept, tls=tls):
        assert mail(inbox.port, tls).run() == 1
    assert state(message) == ("sent", "")
    told = inbox.mail[0]
    assert inbox.encrypted == [True]
    assert inbox.signed_in == [b"a secret of the mail server"]
    assert (told["To"], told["From"], told["Subject"]) == (
        "inbox@example.org", "desk@clinic.example", "Your appointment",
    )  # fmt: skip
    assert told["Message-ID"] == f"<{message.pk.hex}@clinic.example>"
    assert told["Auto-Submitted"] == "auto-generated"
    assert "Tuesday, 3 March 2026, 12:00" in told.get_content()


def test_s60_a_server_that_offers_no_encryption_gets_neither_password_nor_message(world: World, mail: Any) -> None:
    message = remind(world)
    inbox = Inbox(free_port())
    with mail_server(inbox, tls="none"):
        mail(inbox.port, "starttls").run()
        assert state(message) == ("waiting", "login")
        mail(inbox.port, "tls").run()
    assert (inbox.mail, inbox.signed_in) == ([], [])


def test_s60_a_server_with_a_certificate_that_is_not_its_own_gets_nothing(
    world: World, mail: Any, tmp_path: Path
) -> None:
    message = remind(world)
    stranger = trust(tmp_path / "stranger")
    for tls in ("starttls", "tls"):
        inbox = Inbox(free_port())
        with mail_server(inbox, stranger, tls=tls):
            message.refresh_from_db()
            with moment.held_at(message.next_try):
                mail(inbox.port, tls).run()
        assert (inbox.mail, inbox.signed_in) == ([], [])
        assert state(message) == ("waiting", "login")


def test_s60_a_mail_server_that_is_down_delays_and_does_not_lose(world: World, mail: Any, kept: Trust) -> None:
    message = remind(world)
    inbox = Inbox(free_port())
    worker = mail(inbox.port, "starttls")
    assert worker.run() == 1
    assert state(message) == ("waiting", "server")
    with mail_server(inbox, kept, tls="starttls"):
        assert worker.run() == 0  # not before its time
        with moment.held_at(message.next_try):
            assert worker.run() == 1
            assert worker.run() == 0
    assert state(message) == ("sent", "")
    assert len(inbox.mail) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("550 no such mailbox", ("failed", "refused")), ("450 try later", ("waiting", "refused"))],
)
def test_an_address_that_is_refused_for_good_fails_and_one_for_now_waits(
    world: World, mail: Any, kept: Trust, answer: str, expected: tuple[str, str]
) -> None:
    message = remind(world)
    inbox = Inbox(free_port(), refuse=answer)
    with mail_server(inbox, kept, tls="starttls"):
        mail(inbox.port, "starttls").run()
    assert state(message) == expected


# --- text messages --------------------------------------------------------------------------------------------------


def with_gateway(settings: Any, port: int) -> Postman:
    outside = Outside(sms_url=f"https://localhost:{port}/v1/send", sms_token="a token of sixteen", loopback=True)
    settings.CONFIG = replace(django_settings.CONFIG, outside=outside)
    settings.SITE = "https://clinic.example"
    return Postman(ways_of(settings.CONFIG))


def test_a_text_message_is_handed_over_once_under_a_key_that_stays_the_same(
    world: World, settings: Any, kept: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(kept.authority))
    message = remind(world, "sms", "plan")
    answers = iter([503, 200])
    with https_server(kept, lambda asked, handler: says(next(answers))(asked, handler)) as (port, asked):
        worker = with_gateway(settings, port)
        worker.run()
        assert state(message) == ("waiting", "server")
        with moment.held_at(message.next_try):
            worker.run()
    assert state(message) == ("sent", "")
    first, second = (json.loads(one.body) for one in asked)
    assert first == second
    assert set(first) == {"palpate", "id", "to", "text", "language"}
    assert (first["id"], first["to"]) == (message.pk.hex, "+31205550100")
    assert asked[0].headers["Idempotency-Key"] == message.pk.hex
    assert asked[0].headers["Authorization"] == "Bearer a token of sixteen"
    assert asked[0].path == "/v1/send"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, ("sent", "")),
        (202, ("sent", "")),
        (400, ("failed", "refused")),
        (422, ("failed", "refused")),
        (401, ("waiting", "login")),
        (429, ("waiting", "server")),
        (302, ("waiting", "server")),
        (500, ("waiting", "server")),
    ],
)
def test_what_a_gateway_answers_decides_whether_it_is_tried_again(
    world: World, settings: Any, kept: Trust, monkeypatch: pytest.MonkeyPatch, status: int, expected: tuple[str, str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(kept.authority))
    message = remind(world, "sms")
    with https_server(kept, says(status)) as (port, _):
        with_gateway(settings, port).run()
    assert state(message) == expected


# --- a worker that is killed ----------------------------------------------------------------------------------------

STEP = """
import django; django.setup()
from datetime import timedelta
from palpate.clinic import moment
from palpate.web.jobs import Background
with moment.held_at(moment.now() + timedelta(minutes={minutes})):
    print(Background().postman.run())
"""
QUEUE = """
import django; django.setup()
from datetime import time, timedelta
from palpate.clinic import messages, moment
from palpate.clinic.access.practice import the_practice, users
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.models import MessageSettings, Person
with act(the_program("tests"), "contact", "tests", change=True):
    MessageSettings(sends_from=time(8), sends_until=time(8)).save()  # this test runs at night too
    person = Person.objects.get(given_name="Ada")
    person.contact_by, person.email = "email", "inbox@example.org"
    person.save()
    messages.queue("reminder", person, when=moment.now() + timedelta(days=1))
"""


def test_s60_a_worker_killed_by_the_system_while_it_sends_loses_nothing(seeded: Installation, kept: Trust) -> None:
    inbox = Inbox(free_port())
    seeded.more |= {
        "PALPATE_MAIL_HOST": "localhost",
        "PALPATE_MAIL_PORT": str(inbox.port),
        "PALPATE_MAIL_FROM": "desk@clinic.example",
        "SSL_CERT_FILE": str(kept.authority),
    }
    seeded.python(QUEUE)
    with mail_server(inbox, kept, tls="starttls"):
        with subprocess.Popen(
            [sys.executable, "-c", STEP.format(minutes=0)], env=seeded.environment, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as worker:  # fmt: skip
            inbox.before_reply = lambda: os.kill(worker.pid, signal.SIGKILL)  # taken, and not yet acknowledged
            worker.wait()
        inbox.before_reply = None
        assert worker.returncode == -signal.SIGKILL
        assert len(inbox.mail) == 1
        assert seeded.python(STEP.format(minutes=1)).out.strip() == "0"  # its lease is not over
        lease = int(LEASE.total_seconds() // 60)
        assert seeded.python(STEP.format(minutes=lease + 1)).out.strip() == "1"
        assert seeded.python(STEP.format(minutes=2 * lease + 2)).out.strip() == "0"
    assert [told["Message-ID"] for told in inbox.mail] == [inbox.mail[0]["Message-ID"]] * 2


# --- jobs -----------------------------------------------------------------------------------------------------------


class Switches:
    """Remembers which dead-man's switches were told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def call(self, method: str, url: str, *_: Any) -> None:
        self.told.append(url.rsplit("/", 1)[1])


def background(settings: Any, tmp_path: Path, make: Any = None) -> tuple[jobs.Background, Switches]:
    pings = {name: f"https://switch.example/{name}" for name in ("outbox", "backup", "anchors")}
    outside = Outside(pings=pings, backups=tmp_path)
    settings.CONFIG = replace(django_settings.CONFIG, outside=outside, anchors=None)
    switches = Switches()
    made = jobs.Background(door=switches, make_backup=make or (lambda file: file.write_bytes(b"")))  # type: ignore[arg-type]
    return made, switches


def test_s61_each_job_tells_its_switch_when_it_was_done_and_not_when_it_failed(
    world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = {"outbox": True, "backup": True, "anchors": True}

    def unless(name: str) -> Any:
        def work(*_: Any, **__: Any) -> None:
            if fails[name]:
                raise RuntimeError(name)

        return work

    made, switches = background(settings, tmp_path, unless("backup"))
    monkeypatch.setattr(made.postman, "run", unless("outbox"))
    monkeypatch.setattr("palpate.web.jobs.anchors.due", lambda: True)
    monkeypatch.setattr("palpate.web.jobs.anchors.write", unless("anchors"))
    for minutes, ok in ((0, ()), (1, ("outbox",)), (2, ("anchors",)), (61 + 1, ("backup",))):
        fails.update({name: name not in ok for name in fails})
        switches.told.clear()
        with moment.held_at(NOON + timedelta(days=1, minutes=minutes)):
            assert made.step()
        assert tuple(switches.told) == ok, minutes
    assert rows.job("backup").failed is None


def test_the_backup_of_the_night_is_made_once_and_the_newest_stay(
    world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_status: dict[str, Any] = {}
    monkeypatch.setattr(backup, "status", lambda: kept_status)

    def make(file: Path) -> None:
        file.write_bytes(b"")
        kept_status["backup"] = {"at": moment.now().isoformat()}

    made, _ = background(settings, tmp_path, make)
    (tmp_path / "by-hand.palpate").write_bytes(b"")
    made.step()
    assert len(list(tmp_path.iterdir())) == 1  # the practice was made today: the first backup is due tonight
    for night in range(1, 20):
        for hour in (0, 1, 14, 15, 23):  # noon is twelve: from two at night on it is due
            with moment.held_at(NOON + timedelta(days=night - 1, hours=hour)):
                made.step()
    names = sorted(file.name for file in tmp_path.glob("nightly-*"))
    assert len(names) == jobs.BACKUPS_KEPT
    assert len({name[8:16] for name in names}) == jobs.BACKUPS_KEPT  # one a night
    assert (tmp_path / "by-hand.palpate").exists()


def test_a_made_up_practice_needs_no_backup_and_a_failed_one_is_tried_again_after_an_hour(world: World) -> None:
    from palpate.clinic.acts import upkeep

    night = NOON + timedelta(days=1)
    assert jobs.backup_due(night)
    with upkeep():
        rows.lead("backup", "x", NOON, NOON)
        rows.note_job("backup", failed=night, why="OSError")
    assert not jobs.backup_due(night + timedelta(minutes=59))
    assert jobs.backup_due(night + timedelta(minutes=60))
    with act(world.actor(world.owner), "practice", "tests", change=True):
        world.practice.demo = True
        world.practice.save()
    assert not jobs.backup_due(night + timedelta(days=2))


def test_s61_a_fault_in_one_job_leaves_the_others_at_work(
    world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, switches = background(settings, tmp_path)

    def broken() -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr(made.postman, "run", broken)
    with moment.held_at(NOON + timedelta(days=1)):
        assert made.step()
    assert "backup" in switches.told
    assert rows.job("outbox").why == "OSError"


# --- settings and the command ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"SMS_URL": "http://gateway.example/", "SMS_TOKEN": "x" * 16}, "PALPATE_SMS_URL"),
        ({"SMS_URL": "https://user@gateway.example/", "SMS_TOKEN": "x" * 16}, "PALPATE_SMS_URL"),
        ({"SMS_URL": "https://gateway.example/"}, "PALPATE_SMS_TOKEN"),
        ({"MAIL_HOST": "mail.example"}, "PALPATE_MAIL_FROM"),
        ({"MAIL_HOST": "mail.example", "MAIL_FROM": "a@b.example", "MAIL_TLS": "none"}, "PALPATE_MAIL_TLS"),
        ({"MAIL_HOST": "mail.example", "MAIL_FROM": "a@b.example", "MAIL_TLS": "ssl"}, "PALPATE_MAIL_TLS"),
        ({"MAIL_HOST": "mail.example", "MAIL_FROM": "a@b.example", "MAIL_PORT": "smtp"}, "PALPATE_MAIL_PORT"),
        ({"PING_BACKUP": "switch.example"}, "PALPATE_PING_BACKUP"),
        ({"BACKUPS": "/nowhere/at/all"}, "PALPATE_BACKUPS"),
    ],
)
def test_each_wrong_setting_is_one_line_with_its_name(told: dict[str, str], fault: str) -> None:
    faults: list[str] = []
    read_outside({f"PALPATE_{name}": value for name, value in told.items()}, faults)
    assert [line.split(":")[0] for line in faults] == [fault]


def test_what_is_right_is_taken() -> None:
    faults: list[str] = []
    found = read_outside({"PALPATE_MAIL_HOST": "m.example", "PALPATE_MAIL_FROM": "a@b.example"}, faults)
    assert (faults, found.mail_tls, found.mail_port, found.sms_url, found.pings) == ([], "starttls", 587, "", {})
    assert read_outside({"PALPATE_MAIL_PORT": "465"}, faults).mail_tls == "tls"
    assert "secret" not in repr(read_outside({"PALPATE_MAIL_PASSWORD": "secret"}, faults))


def test_the_work_apart_from_the_server_needs_postgresql_and_does_what_is_due(seeded: Installation) -> None:
    done = seeded.palpate("work", "--once")
    if not seeded.url:
        assert (done.code, done.out) == (2, "")
        assert "PostgreSQL" in done.err
        return
    assert (done.code, done.out, done.err) == (0, "", "")


def test_the_background_goes_on_after_a_fault_and_lets_another_lead_when_it_ends(
    world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped:
        looks = 3

        def wait(self, seconds: float) -> bool:
            self.looks -= 1
            return self.looks < 0

        def is_set(self) -> bool:
            return False

    class Kept:
        def close_all(self) -> None:
            """The connection of a test stays open."""

    made, _ = background(settings, tmp_path)
    steps: list[int] = []
    real = made.step

    def step() -> bool:
        steps.append(len(steps))
        if len(steps) == 1:
            raise RuntimeError("once")
        return real()

    monkeypatch.setattr(made, "step", step)
    monkeypatch.setattr(jobs, "connections", Kept())
    made.stopped = Stopped()  # type: ignore[assignment]
    other, _ = background(settings, tmp_path)
    made.run()
    assert steps == [0, 1, 2]
    assert rows.job("lead").until is None
    assert other.step()
    assert not real()  # now the other leads
