"""Backups that prove themselves, restores that refuse, drills that leave nothing (S-52, S-53)."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic import backup
from palpate.clinic.backup_file import BadBackup, Reader, Writer
from palpate.clinic.moment import now
from tests.installation import ROOT, Installation

KEY = "kP3-backup-9f7e2c11aa04d5b8e6c3f19b27d0e4a5"
TABLES = """
import django, json; django.setup()
from palpate.clinic.access.store import counts
from palpate.clinic.store import PASSING
print(json.dumps({table: number for table, number in counts().items() if table not in PASSING}))
"""
WRITER = """
import django, sys, threading; django.setup()
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.models import Room, Site
print("ready", flush=True)
while True:
    with act(the_program("test"), "practice", "test", change=True):
        site = Site(name="x" * 150); site.save(); Room(site=site, name="y" * 150).save()
    print(".", end="", flush=True)
"""


def tables(installation: Installation) -> dict[str, int]:
    found: dict[str, int] = json.loads(installation.python(TABLES).out)
    return found


def everything(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


def test_s52_a_backup_under_load_is_one_moment_whole_and_proven(seeded: Installation, tmp_path: Path) -> None:
    file = tmp_path / "b.palpate"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], env=seeded.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        writer.stdout.read(5)
        done = seeded.palpate("backup", file)
        writer.stdout.read(5)  # it went on writing
        writer.kill()
    assert done.code == 0, done.err
    assert "2 decisions decided again: all whole" in done.out
    assert "not encrypted" in done.err
    assert file.stat().st_mode & 0o077 == 0
    assert seeded.palpate("restore", file, "--force").code == 0
    held = tables(seeded)
    assert held["clinic_room"] == held["clinic_site"] > 1  # two tables, changed together, seen together
    assert seeded.palpate("verify").code == 0


def test_s52_what_was_restored_elsewhere_equals_what_was_there(
    seeded: Installation, empty: Installation, tmp_path: Path
) -> None:
    """With a key the backup carries the key of its trail, so that a new machine can go on with it."""
    seeded.more["PALPATE_BACKUP_KEY"] = empty.more["PALPATE_BACKUP_KEY"] = KEY
    file = tmp_path / "b.palpate"
    done = seeded.palpate("backup", file)
    assert done.code == 0, done.err
    assert "encrypted" in done.out
    assert b"Harbour" not in file.read_bytes()
    empty.data = tmp_path / "other"
    done = empty.palpate("restore", file)
    assert done.code == 0, done.err
    before, after = tables(seeded), tables(empty)
    assert after["clinic_auditrow"] == before["clinic_auditrow"] + 1  # the restore itself
    assert {**before, "clinic_auditrow": 0} == {**after, "clinic_auditrow": 0}
    done = empty.palpate("verify", "--anchors", empty.data / "anchors.ndjson")
    assert done.code == 0, done.out
    assert "its row 24 says so" in done.err
    empty.python(SIGNED_IN_AGAIN)


# On PostgreSQL numbers that tables give themselves must go on behind what was restored.
SIGNED_IN_AGAIN = """
import django; django.setup()
from django.contrib.contenttypes.models import ContentType
from palpate.clinic.acts import record_refusal
from palpate.clinic.actor import NOBODY
ContentType.objects.create(app_label="t", model="t")
record_refusal(NOBODY, "signin", "test")
"""


def test_s52_a_restore_does_not_write_over_a_practice_without_force_and_keeps_what_was_there(
    seeded: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "b.palpate"
    assert seeded.palpate("backup", file).code == 0
    before = tables(seeded)
    done = seeded.palpate("restore", file)
    assert (done.code, done.out) == (2, "")
    assert "--force" in done.err
    assert tables(seeded) == before
    done = seeded.palpate("restore", file, "--force")
    assert done.code == 0, done.err
    assert "what was there is kept: " in done.out
    assert seeded.palpate("backup", file).code == 2  # nor does a backup write over a file


def test_s52_a_backup_made_without_a_key_needs_the_key_of_its_trail(
    seeded: Installation, empty: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "b.palpate"
    assert seeded.palpate("backup", file).code == 0
    empty.data = tmp_path / "other"
    done = empty.palpate("restore", file)
    assert (done.code, done.out) == (2, "")
    assert "secrets.json" in done.err
    (empty.data / "secrets.json").write_bytes((seeded.data / "secrets.json").read_bytes())
    assert empty.palpate("restore", file).code == 0


def test_s52_sessions_and_counts_of_tries_stay_out_of_a_backup(seeded: Installation, tmp_path: Path) -> None:
    seeded.python(
        "import django; django.setup()\nfrom django.contrib.sessions.backends.db import SessionStore\n"
        "store = SessionStore(); store['a'] = 1; store.create()"
    )
    file = tmp_path / "b.palpate"
    assert seeded.palpate("backup", file).code == 0
    assert seeded.palpate("restore", file, "--force").code == 0
    done = seeded.python(
        "import django; django.setup()\nfrom django.contrib.sessions.models import Session\n"
        "print(Session.objects.count())"
    )
    assert done.out.strip() == "0"


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) * 2 // 3]


def flip(raw: bytes) -> bytes:
    at = len(raw) // 2
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def test_s53_a_drill_passes_on_a_good_file_and_finds_a_cut_a_flipped_and_a_wrongly_keyed_one(
    seeded: Installation, tmp_path: Path
) -> None:
    seeded.more["PALPATE_BACKUP_KEY"] = KEY
    good, bad = tmp_path / "b.palpate", tmp_path / "bad.palpate"
    assert seeded.palpate("backup", good).code == 0
    done = seeded.palpate("restore", good, "--drill")
    assert done.code == 0, done.err
    assert "drill passed, nothing was changed" in done.out
    assert json.loads((seeded.data / "backups.json").read_text())["drill"]["seconds"] >= 0
    before, files = tables(seeded), everything(seeded.data)
    for harm, said in ((cut, "cut off"), (flip, "damaged"), (lambda raw: b"x" + raw, "not a backup")):
        bad.write_bytes(harm(good.read_bytes()))
        done = seeded.palpate("restore", bad, "--force" if harm is flip else "--drill")
        assert (done.code, done.out) == (2, ""), done.err
        assert said in done.err
    for key, said in (("another-key-of-a-test-0123456789abcdefghij", "another key"), ("", "is encrypted")):
        seeded.more["PALPATE_BACKUP_KEY"] = key
        done = seeded.palpate("restore", good, "--drill")
        assert (done.code, done.out) == (2, "")
        assert said in done.err
    assert tables(seeded) == before
    assert everything(seeded.data) == files


def test_s53_a_restored_store_with_a_broken_trail_is_no_backup(seeded: Installation, tmp_path: Path) -> None:
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\nfrom palpate.clinic import sealed\n"
        "sealed.unseal(connection)\n"
        "connection.cursor().execute(\"UPDATE clinic_auditrow SET deed = 'other' WHERE number = 7\")\n"
        "sealed.seal(connection)"
    )
    done = seeded.palpate("backup", tmp_path / "b.palpate")
    assert (done.code, done.out) == (1, "")
    assert "row 7" in done.err
    assert list(tmp_path.glob("*.palpate*")) == []
    assert list(tmp_path.glob(".*.part")) == []


def test_s53_the_banner_comes_after_26_hours_and_after_30_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, data=tmp_path))
    assert len(backup.overdue()) == 2
    assert backup.overdue(now()) == []  # a practice that began today
    assert len(backup.overdue(now() - timedelta(hours=27))) == 1
    began: datetime = now()
    backup._note(backup={"at": began.isoformat(), "file": "b"}, drill={"at": began.isoformat()})
    for hours, lines in ((0, 0), (25.9, 0), (26.1, 1), (24 * 29.9, 1), (24 * 30.1, 2)):
        monkeypatch.setattr(backup, "now", lambda passed=hours: began + timedelta(hours=passed))
        assert len(backup.overdue()) == lines
    (tmp_path / "backups.json").write_text("{", encoding="utf-8")
    assert len(backup.overdue()) == 2


# --- The file itself --------------------------------------------------------------------------------------------------


def written(parts: list[bytes], key: str) -> bytes:
    out = io.BytesIO()
    writer = Writer(out, {"vendor": "sqlite"}, key)
    for part in parts:
        writer.write(part)
    writer.close()
    return out.getvalue()


def read(raw: bytes, key: str) -> bytes:
    return b"".join(Reader(io.BytesIO(raw), key).rest())


@given(st.lists(st.binary(max_size=3000), max_size=5), st.sampled_from(["", KEY]))
def test_what_is_written_is_read_back(parts: list[bytes], key: str) -> None:
    assert read(written(parts, key), key) == b"".join(parts)


@pytest.mark.parametrize("key", ["", KEY])
def test_large_contents_are_read_back_and_no_chunk_can_be_left_out_doubled_or_swapped(key: str) -> None:
    import random

    from palpate.clinic import backup_file

    contents = random.Random(7).randbytes(3 * backup_file.CHUNK + 5) + bytes(20 << 20)
    raw = written([contents], key)
    assert read(raw, key) == contents
    head = raw.index(b"\n", raw.index(b"\n") + 1) + 1
    chunks, at = [], head
    while at < len(raw):
        length = 4 + int.from_bytes(raw[at : at + 4], "big")
        chunks.append(raw[at : at + length])
        at += length
    assert len(chunks) >= 4
    moved: list[Callable[[list[bytes]], list[bytes]]] = [
        lambda c: c[1:],
        lambda c: c[:-1],
        lambda c: [c[0], *c],
        lambda c: [c[1], c[0], *c[2:]],
        lambda c: [*c, c[-1]],
        lambda c: [*c[:-1], c[-2], c[-1]],
    ]
    for move in moved:
        with pytest.raises(BadBackup):
            read(raw[:head] + b"".join(move(chunks)), key)
    with pytest.raises(BadBackup):
        read(raw + b"x", key)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255), st.sampled_from(["", KEY]))
def test_no_byte_of_a_backup_can_be_changed_unseen(at: int, by: int, key: str) -> None:
    raw = bytearray(written([b"a person and what was done " * 9], key))
    raw[at % len(raw)] ^= by
    with pytest.raises(BadBackup):
        read(bytes(raw), key)
    whole = written([b"a person and what was done " * 9], key)
    with pytest.raises(BadBackup):
        read(whole[: at % len(whole)], key)
