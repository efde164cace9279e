"""The work that nobody waits for: messages, the nightly backup, the heads of the audit trail, sweeping.

It runs in a thread of `palpate serve`, or in `palpate work` beside it where the store is PostgreSQL. Of all processes
one leads, by a lease in the store; when it dies another leads as soon as the lease is over.
"""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from palpate.clinic import anchors, backup, moment, phone_links
from palpate.clinic.access import messages as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access import trail
from palpate.clinic.access.phone import ended_drafts
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act, upkeep
from palpate.clinic.messages.sending import Postman, Ways
from palpate.web.mailing import door_of, ways_of
from palpate.web.outbound import BadOrigin, CallFailed, Door

log = logging.getLogger("palpate.jobs")

TICK = 10  # seconds between two looks
LEASE = timedelta(minutes=2)
FORMS_KEPT = timedelta(hours=48)  # S-55
SWEEP = timedelta(hours=1)
PING = timedelta(minutes=5)  # at most so often a dead-man's switch is told that messages go out
NIGHT = time(2)  # by the practice's clock: from then on a backup of the night is due
BACKUP_LEASE, BACKUP_AGAIN = timedelta(hours=2), timedelta(hours=1)
BACKUPS_KEPT = 14  # of those that were made here by night
NAMED = "nightly-"


class Background:
    """The background work of one process. `step` does what is due now and may be called by hand."""

    def __init__(
        self,
        *,
        ways: Ways | None = None,
        door: Door | None = None,
        make_backup: Callable[[Path], None] | None = None,
        stopped: threading.Event | None = None,
    ) -> None:
        config = settings.CONFIG
        self.holder = f"{os.getpid()}-{secrets.token_hex(6)}"
        self.stopped = stopped or threading.Event()
        self.postman = Postman(ways or ways_of(config), self.stopped.is_set)
        self.door = door or door_of(config)
        self.pings = dict(config.outside.pings)
        self._make_backup = make_backup or _backup_in_a_process_of_its_own
        self._swept: datetime | None = None

    def run(self) -> None:
        """Steps until it is stopped. A fault is logged, and the work goes on."""
        while not self.stopped.wait(TICK):
            try:
                self.step()
            except Exception:
                log.exception("background work failed; it is tried again")
            finally:
                connections.close_all()
        self.end()

    def end(self) -> None:
        """Lets another lead at once."""
        with suppress(Exception), upkeep():
            rows.let_go("lead", self.holder)
        connections.close_all()

    def step(self) -> bool:
        """Does what is due. Returns False where another process leads."""
        if the.the_practice() is None or not self._leads():
            return False
        self._do("outbox", self.postman.run)
        if anchors.due():
            self._do("anchors", anchors.write)
        at = moment.now()
        if self._swept is None or at - self._swept >= SWEEP:
            self._swept = at
            housekeeping()
        if backup_due(at) and self._leads("backup", BACKUP_LEASE):
            self._do("backup", self._nightly)
        return True

    def _leads(self, name: str = "lead", lease: timedelta = LEASE) -> bool:
        at = moment.now()
        held = rows.job(name)
        if held.until is not None and held.until > at:
            if held.holder != self.holder:
                return False
            if held.until - at > lease / 2:
                return True  # a lease that is still long is not written anew at every look
        with upkeep():
            return rows.lead(name, self.holder, at, at + lease)

    def _do(self, name: str, work: Callable[[], object]) -> None:
        """One kind of work: what came of it is noted, and its dead-man's switch is told when it was done (S-61)."""
        try:
            work()
        except Exception as error:
            log.exception("a job failed", extra={"kind": name})
            self._note(name, type(error).__name__)
            return
        last = rows.job(name).done
        if name == "outbox" and last is not None and moment.now() - last < PING:
            return
        self._note(name)
        self._ping(name)

    def _note(self, name: str, failed: str = "") -> None:
        at = moment.now()
        with upkeep():
            rows.lead(name, self.holder, at, at + LEASE)
            if failed:
                rows.note_job(name, failed=at, why=failed)
            else:
                rows.note_job(name, done=at)
            rows.let_go(name, self.holder)

    def _ping(self, name: str) -> None:
        url = self.pings.get(name)
        if not url:
            return
        try:
            self.door.call("POST", url)
        except (BadOrigin, CallFailed) as error:
            log.warning("a dead-man's switch was not told", exc_info=error, extra={"kind": name})

    def _nightly(self) -> None:
        """A proven backup in the folder of backups; of those made here by night the newest stay."""
        folder = settings.CONFIG.outside.backups or settings.CONFIG.data / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._make_backup(folder / f"{NAMED}{moment.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}.palpate")
        for old in sorted(folder.glob(f"{NAMED}*.palpate"))[:-BACKUPS_KEPT]:
            old.unlink(missing_ok=True)


def backup_due(at: datetime) -> bool:
    """Whether no good backup was made since two o'clock of the practice's last night (S-53).

    A made-up practice needs none, and one that failed is tried again after an hour.
    """
    practice = the.the_practice()
    if practice is None or practice.demo:
        return False
    zone = ZoneInfo(practice.time_zone)
    local = at.astimezone(zone)
    night = datetime.combine(local.date(), NIGHT, zone)
    if local < night:
        night = datetime.combine(local.date() - timedelta(days=1), NIGHT, zone)
    last = practice.created
    with suppress(KeyError, TypeError, ValueError):
        last = max(last, datetime.fromisoformat(backup.status()["backup"]["at"]))
    if last >= night:
        return False
    failed = rows.job("backup").failed
    return failed is None or at - failed >= BACKUP_AGAIN


def _backup_in_a_process_of_its_own(file: Path) -> None:
    """Makes the backup by `palpate backup`, so that proving it takes no time from the pages. Errors: RuntimeError."""
    command = [sys.executable, "-m", "palpate.cli", "backup", str(file), "--data", str(settings.CONFIG.data)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"palpate backup ended with {done.returncode}")


def housekeeping() -> None:
    """Sweeps what is over: form keys, counts of tries, sessions, and what was tapped into links and never sent."""
    at = moment.now()
    trail.sweep(at - FORMS_KEPT, at)
    if ended_drafts(at):  # without any there is no deed, and no row of the trail each hour
        with act(the_program("sweep"), "intake", "phone-drafts", change=True) as deed:
            deed.about["drafts"] = phone_links.clear_drafts()


def start(stopped: threading.Event) -> threading.Thread:
    """Begins the background work in a thread of this process."""
    thread = threading.Thread(target=lambda: Background(stopped=stopped).run(), name="background", daemon=True)
    thread.start()
    return thread
