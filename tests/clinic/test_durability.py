"""What was acknowledged is there after `kill -9` and after a power cut, whole (S-51), on SQLite and on PostgreSQL.

`kill -9` cannot show a missing sync, since the kernel still writes what it was handed. On SQLite the test of the power
cut therefore watches the system calls: before each acknowledgement the log was synced after its last write, and what a
disk would hold at that moment opens as a store with every acknowledged write. PostgreSQL syncs in its own process;
there the settings are read back (S-50). PALPATE_LONG_KILLS raises the number of kills.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.installation import ROOT, Installation

KILLS = int(os.environ.get("PALPATE_LONG_KILLS", "20" if connection.vendor == "sqlite" else "10"))
# One process with Django ready forks a writer for each line it is given. A writer changes two tables and the trail in
# one act, and says the number of the row once the act has come back.
WRITERS = """
import django, os, sys; django.setup()
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.models import Room, Site
for line in sys.stdin:
    if os.fork():
        continue
    try:
        print("pid", os.getpid(), flush=True)
        for number in range(int(line), 10**9):
            with act(the_program("test"), "practice", "test", change=True) as deed:
                deed.about["number"] = number
                site = Site(name=str(number)); site.save(); Room(site=site, name=str(number)).save()
            print(number, flush=True)
    finally:
        os._exit(0)
"""
HELD = """
import django, json; django.setup()
from palpate.clinic.models import AuditRow, Room, Site
from palpate.clinic.verify import verify
told = [row.about["number"] for row in AuditRow.objects.filter(deed="test") if "number" in row.about]
rooms = {(room.name, room.site.name) for room in Room.objects.select_related("site")}
sites = [site.name for site in Site.objects.all()]
print(json.dumps([told, sorted(r for r, s in rooms if r == s and r.isdigit()), sorted(s for s in sites if s.isdigit()),
                  verify().faults]))
"""


def test_s51_after_each_kill_every_acknowledged_write_is_there_and_no_half(seeded: Installation) -> None:
    acknowledged: list[int] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS],
        env=seeded.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writers:  # fmt: skip
        assert writers.stdin
        assert writers.stdout
        for kill in range(KILLS):
            writers.stdin.write(f"{1 + max(acknowledged, default=0) + 1000 * kill}\n")
            writers.stdin.flush()
            line = writers.stdout.readline()
            while not line.startswith("pid "):  # what the one before still said before it died
                acknowledged.append(int(line))
                line = writers.stdout.readline()
            acknowledged += [int(writers.stdout.readline()) for _ in range(1 + kill % 4)]
            os.kill(int(line.split()[1]), 9)
        writers.stdin.close()
        acknowledged += [int(line) for line in writers.stdout]
    told, rooms, sites, faults = json.loads(seeded.python(HELD).out)
    assert set(acknowledged) <= set(told)
    assert len(told) == len(set(told))
    assert sorted(map(str, told)) == rooms == sites  # trail and both tables agree: nothing is there by half
    assert faults == []


CALL = re.compile(r"^(?:\[pid\s+\d+\] )?(\w+)\((\d+)(?:<([^>]*)>)?(?:, (.*))?\)\s+= (-?\d+)")


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL syncs in its own process: its settings are read back"
)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see what reaches the disk")
def test_s51_nothing_is_acknowledged_before_the_log_is_on_the_disk(seeded: Installation, tmp_path: Path) -> None:
    """The calls of one writer in their order: between the last write to the log and each answer stands a sync."""
    trace = tmp_path / "trace"
    writer = WRITERS.replace("10**9", "int(line) + 12").replace("if os.fork():\n        continue", "pass")
    done = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", trace, sys.executable, "-c", writer],
        env=seeded.environment, cwd=ROOT, input="1\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr.lower():
        pytest.skip("this machine lets nobody watch system calls")
    unsynced, answers = False, 0
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        found = CALL.match(re.sub(r"^\d+\s+", "", line))
        if found is None:
            continue
        call, _, file, rest, _ = found.groups()
        if call == "pwrite64" and (file or "").endswith(("-wal", ".sqlite3")):
            unsynced = True
        elif call in ("fdatasync", "fsync") and (file or "").endswith("-wal"):
            unsynced = False
        elif call == "write" and re.match(r'"\d+\\n"', rest or ""):
            answers += 1
            assert not unsynced, f"answer {answers} was given before its log was synced"
    assert answers == 12


@pytest.mark.skipif(connection.vendor != "sqlite", reason="copies the files of a SQLite store")
def test_s51_a_copy_of_the_files_under_a_stopped_writer_holds_every_acknowledged_write(
    seeded: Installation, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS.replace("if os.fork():\n        continue", "pass")],
        env=seeded.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdin
        assert writer.stdout
        writer.stdin.write("1\n")
        writer.stdin.flush()
        writer.stdout.readline()
        for cut in range(2):
            acknowledged = [int(writer.stdout.readline()) for _ in range(7)]
            os.kill(writer.pid, 19)  # stopped in the middle of whatever it does
            copy = Installation(tmp_path / f"cut{cut}", "")
            copy.data.mkdir()
            for name in ("palpate.sqlite3", "palpate.sqlite3-wal", "secrets.json"):
                shutil.copy2(seeded.data / name, copy.data / name)
            told, rooms, sites, faults = json.loads(copy.python(HELD).out)
            assert set(acknowledged) <= set(told)
            assert sorted(map(str, told)) == rooms == sites
            assert faults == []
            os.kill(writer.pid, 18)
        writer.kill()
