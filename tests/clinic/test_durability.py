"""What was acknowledged is there after `kill -9` and after a power cut, whole (S-51), on SQLite and on PostgreSQL.

`kill -9` cannot show a missing sync, since the kernel still writes what it was handed. So the power is cut too, by the
means of `power_cut.py`: the file behind a mounted disk is copied while everybody who writes is stopped. Where no disk
can be mounted, the system calls of SQLite are watched: before each acknowledgement the log was synced after its last
write. PALPATE_LONG_KILLS and PALPATE_LONG_CUTS raise the numbers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.clinic.power_cut import WRITERS, cuts, kills, why_no_disk
from tests.installation import ROOT, Installation

STORE = connection.vendor
KILLS = int(os.environ.get("PALPATE_LONG_KILLS", "20" if STORE == "sqlite" else "10"))
CUTS = int(os.environ.get("PALPATE_LONG_CUTS", "3"))
NO_DISK = why_no_disk()
needs_a_disk = pytest.mark.skipif(bool(NO_DISK), reason=f"cuts the power of a disk made of a file: {NO_DISK}")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user of a PostgreSQL server can reach too."""
    with tempfile.TemporaryDirectory(prefix="palpate-power-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_s51_after_each_kill_every_acknowledged_write_is_there_and_no_half(folder: Path) -> None:
    left = kills(folder, STORE, KILLS)
    assert left.acknowledged >= KILLS
    assert left.whole, left


@needs_a_disk
def test_s51_after_each_power_cut_every_acknowledged_write_is_there_and_no_half(folder: Path) -> None:
    for left in cuts(folder, STORE, CUTS):
        assert left.acknowledged
        assert left.whole, left


@pytest.mark.slow
@needs_a_disk
def test_s51_the_same_cut_finds_the_writes_that_are_lost_when_nothing_is_synced(folder: Path) -> None:
    (left,) = cuts(folder, STORE, 1, weakened=True)
    assert left.lost


CALL = re.compile(r"^(?:\[pid\s+\d+\] )?(\w+)\((\d+)(?:<([^>]*)>)?(?:, (.*))?\)\s+= (-?\d+)")


@pytest.mark.skipif(STORE != "sqlite", reason="PostgreSQL syncs in its own process: its settings are read back")
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see what reaches the disk")
def test_s51_nothing_is_acknowledged_before_the_log_is_on_the_disk(seeded: Installation, tmp_path: Path) -> None:
    """The calls of one writer in their order: between the last write to the log and each answer stands a sync."""
    trace = tmp_path / "trace"
    writer = WRITERS.replace("if os.fork():\n        continue", "pass")
    done = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", trace, sys.executable, "-c", writer],
        env=seeded.environment, cwd=ROOT, input="1 13\n", capture_output=True, text=True, check=False,
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


def test_s51_the_keys_of_a_new_installation_are_on_the_disk_before_anything_is_signed_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from palpate.web.config import read_config

    synced = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.readlink(f"/proc/self/fd/{file}")), sync(file)))
    data = tmp_path / "new" / "data"
    read_config({"PALPATE_DATA": str(data)})
    assert synced[0].startswith(f"{data}/.secrets.json.")  # what is in the file, then the names that lead to it
    assert {str(data), str(data.parent), str(tmp_path)} <= set(synced[1:])
