"""How the store is set, read back from live connections (S-50), and what it says of itself."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

from palpate.clinic import store
from tests.clinic_world import World
from tests.installation import Installation

READ_BACK = """
import django, json, threading; django.setup()
from django.db import connections
from palpate.clinic import store
found = []
def read():
    found.append(store.read_back())
    connections.close_all()
for _ in range(3):
    thread = threading.Thread(target=read); thread.start(); thread.join()
read()
print(json.dumps([store.vendor(), found]))
"""


def test_s50_every_connection_is_set_as_it_must_be_read_back_live(seeded: Installation) -> None:
    import json

    vendor, found = json.loads(seeded.python(READ_BACK).out)
    assert len(found) == 4
    for told in found:
        assert store.amiss(told, vendor) == []
    if vendor == "sqlite":
        assert found[0]["journal_mode"] == "wal"
        assert found[0]["synchronous"] == "2"  # FULL
        assert found[0]["mmap_size"] == "0"
        assert int(found[0]["busy_timeout"]) >= 5000
        assert found[0]["transaction_mode"] == "IMMEDIATE"
    else:
        assert found[0]["synchronous_commit"] == "on"


SOUND = {
    "sqlite": {
        "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "mmap_size": "0",
        "recursive_triggers": "1", "transaction_mode": "IMMEDIATE",
    },
    "postgresql": {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"},
}  # fmt: skip
WORSE = [
    ("sqlite", "journal_mode", "delete"),
    ("sqlite", "synchronous", "1"),
    ("sqlite", "foreign_keys", "0"),
    ("sqlite", "busy_timeout", "4999"),
    ("sqlite", "mmap_size", "268435456"),
    ("sqlite", "recursive_triggers", "0"),
    ("sqlite", "transaction_mode", "DEFERRED"),
    ("postgresql", "fsync", "off"),
    ("postgresql", "full_page_writes", "off"),
    ("postgresql", "synchronous_commit", "off"),
]


@pytest.mark.parametrize(("vendor", "name", "value"), WORSE)
def test_s50_each_setting_that_could_lose_a_write_is_named(vendor: str, name: str, value: str) -> None:
    assert store.amiss(SOUND[vendor], vendor) == []
    (line,) = store.amiss({**SOUND[vendor], name: value}, vendor)
    assert name in line


def test_s50_doctor_reports_the_settings_and_warns_of_an_old_sqlite(seeded: Installation) -> None:
    done = seeded.palpate("doctor")
    assert done.code == 0, done.out + done.err
    if seeded.url:
        assert "fsync on, full_page_writes on, synchronous_commit on" in done.out
    else:
        import sqlite3

        assert "journal_mode wal, synchronous 2, foreign_keys 1" in done.out
        assert ("older than 3.51.3" in done.out) == (sqlite3.sqlite_version_info < (3, 51, 3))
    assert "tables are sealed against change" in done.out
    assert "pathway back_massage" in done.out
    assert "to be reviewed by" in done.out
    assert "good backup was never made" in done.out


def test_doctor_names_what_must_be_put_right_and_ends_with_1(seeded: Installation) -> None:
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\nfrom palpate.clinic import sealed, store\n"
        "sealed.unseal(connection)\nstore.mark_damaged('a check of a test')"
    )
    done = seeded.palpate("doctor")
    assert done.code == 1
    assert "BAD  clinic_decision: its seal" in done.out
    assert "a check of a test" in done.out


def test_doctor_says_when_the_pathway_cannot_decide_or_is_past_its_review(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from palpate.web import doctor

    monkeypatch.setattr(store, "is_there", lambda: True)
    monkeypatch.setattr(doctor, "today", lambda zone: date(2100, 1, 1))
    assert any(found.mark == doctor.LOOK and "which is over" in found.text for found in doctor._pathway())

    def wrong() -> Any:
        raise doctor.WrongPathway("another version")

    monkeypatch.setattr(doctor, "pathway_in_force", wrong)
    assert any(found.mark == doctor.BAD and "another version" in found.text for found in doctor._pathway())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own checks")
def test_a_damaged_file_is_named(seeded: Installation) -> None:
    file = seeded.data / "palpate.sqlite3"
    with file.open("r+b") as raw:
        for page in range(4, 60):
            raw.seek(page * 4096 + 8)
            raw.write(b"\xff" * 900)
    done = seeded.palpate("doctor")
    assert done.code == 1
    assert "BAD" in done.out
    done = seeded.palpate("verify")
    assert done.code == 1
    assert done.out.startswith("not whole")


def test_the_mark_of_damage_stands_until_it_is_taken_away(world: World) -> None:
    file = settings.CONFIG.data / store.DAMAGED
    assert store.marked_damage() == ""
    try:
        store.mark_damaged("first")
        store.mark_damaged("second")
        assert store.marked_damage() == "first"
        file.write_text("{", encoding="utf-8")
        assert "cannot be read" in store.marked_damage()
    finally:
        file.unlink()


def test_threads_have_connections_of_their_own_with_the_same_settings(world: World) -> None:
    found: list[dict[str, str]] = []

    def read() -> None:
        found.append(store.read_back())
        connections.close_all()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    mode = "journal_mode"  # a store in memory has no write-ahead log
    assert {**found[0], mode: ""} == {**store.read_back(), mode: ""}


AT_ONCE = """
import django, threading; django.setup()
from django.db import connections
from palpate.clinic.actor import NOBODY
from palpate.clinic.acts import record_refusal
faults = []
def work():
    try:
        for _ in range(20):
            record_refusal(NOBODY, "contact", "test")
    except BaseException as error:
        faults.append(repr(error))
    finally:
        connections.close_all()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(faults)
"""


def test_s45_many_at_once_in_two_processes_leave_one_chain_without_gaps(seeded: Installation) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-c", AT_ONCE]
    with subprocess.Popen(command, env=seeded.environment, stdout=subprocess.PIPE, text=True) as other:
        assert seeded.python(AT_ONCE).out.strip() == "[]"
        assert other.communicate()[0].strip() == "[]"
    done = seeded.palpate("verify")
    assert done.code == 0
    assert done.out.startswith(f"whole: {23 + 2 * 8 * 20} rows")


LOCKED = """
import django, sqlite3; django.setup()
from django.conf import settings
from django.db import connection
from django.test import Client
from palpate.clinic.models import User
from palpate.web.serving import collect_static
collect_static()
settings.ALLOWED_HOSTS.append("testserver")
client = Client()
client.force_login(User.objects.get(role="desk"), backend="palpate.web.signed_in.Backend")
connection.cursor().execute("PRAGMA busy_timeout = 50")
other = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
answer = client.get("/account/")
print(answer.status_code, answer.headers.get("Retry-After"), "Nothing was saved" in answer.content.decode())
other.execute("ROLLBACK")
print(client.get("/account/").status_code)
"""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="tests/web/test_errors.py does this on PostgreSQL")
def test_s62_a_file_that_is_locked_past_the_wait_is_503_with_retry_after(seeded: Installation) -> None:
    assert seeded.python(LOCKED).out.split() == ["503", "5", "True", "200"]


READ_ONLY = LOCKED.replace(
    'other.execute("BEGIN IMMEDIATE")', 'connection.cursor().execute("PRAGMA query_only = ON")'
).replace('other.execute("ROLLBACK")', 'connection.cursor().execute("PRAGMA query_only = OFF")')


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's pragma")
def test_s62_a_store_that_cannot_be_written_shows_no_page_either(seeded: Installation) -> None:
    assert seeded.python(READ_ONLY).out.split() == ["503", "5", "True", "200"]


FULL = LOCKED.replace(
    'other.execute("BEGIN IMMEDIATE")',
    'pages = connection.cursor().execute("PRAGMA page_count").fetchone()[0]; '
    'connection.cursor().execute(f"PRAGMA max_page_count = {pages}"); '
    "from palpate.clinic.acts import act; from palpate.clinic.actor import the_program; "
    "from palpate.clinic.models import Site\n"
    "try:\n"
    '    with act(the_program("t"), "practice", "t", change=True): Site(name="x", address="y" * 500_000).save()\n'
    "except django.db.utils.OperationalError as error: print(error)\n"
    "from palpate.clinic import audit\n"
    'audit_append, audit.append = audit.append, lambda deed: (setattr(deed, "why", "z" * 500_000), audit_append(deed))',
).replace('other.execute("ROLLBACK")', "audit.append = audit_append; print(Site.objects.count())")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's pragma stands for a full disk")
def test_s62_on_a_full_disk_nothing_is_saved_by_half(seeded: Installation) -> None:
    full, page, sites, _ = seeded.python(FULL).out.splitlines()
    assert full == "database or disk is full"
    assert page == "503 5 True"
    assert sites == "1"  # the one of the practice
