"""`palpate serve`: everything that must be right before the first page, and then the server.

A start either ends with the address on standard output, or says in a line or two why it does not. No page is served
from a store that is damaged, of a newer program, not sealed, or of the other kind (made up or real).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from palpate import __version__
from palpate.clinic import anchors, backup, moment, store
from palpate.clinic.access import practice as the
from palpate.clinic.access import trail
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.audit import same
from palpate.clinic.backup_file import BadBackup, NotRestored
from palpate.web import jobs

WORKERS, THREADS = 2, 4
OF_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class NotServed(RuntimeError):
    """The server does not start. `code` is the exit code: 2 where the call or the settings are at fault."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def check_host(host: str, site: str) -> None:
    """Whether this host may be listened on. Errors: NotServed."""
    if host not in OF_THIS_MACHINE and not site.startswith("https://"):
        raise NotServed(
            f"--host {host}: others could reach it without encryption; set PALPATE_SITE to the https address of the "
            "proxy in front, or leave --host out",
            2,
        )


def serve(host: str, port: int) -> None:
    """Serves until a signal ends it. Django is set up; the host was checked.

    Errors  NotServed, StoreFault, OSError.
    """
    with hold_lock(), _bound(host, port) as opened:
        for line in make_ready(host in OF_THIS_MACHINE):
            _say(line)
        site = settings.SITE or f"http://{'[::1]' if host == '::1' else 'localhost'}:{opened.getsockname()[1]}"
        _run(opened, f"{site}/")


def _say(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"palpate: {line}\n")


def _bound(host: str, port: int) -> socket.socket:
    """The socket, bound and not listening yet: whoever comes too early is refused instead of kept waiting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except (OSError, OverflowError) as error:
        opened.close()
        reason = getattr(error, "strerror", "") or "there is no such port"
        raise NotServed(f"port {port} of {host} cannot be had: {reason.lower()}") from None
    opened.set_inheritable(True)
    return opened


def hold_lock() -> IO[str]:
    """Only one server, or one restore, works on a data folder. The lock goes with the process. Errors: NotServed."""
    lock: IO[str] = (settings.CONFIG.data / "serve.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise NotServed(f"another palpate is at work in {settings.CONFIG.data}; stop it first") from None
    return lock


# --- Before the first page --------------------------------------------------------------------------------------------


def make_ready(loopback: bool) -> list[str]:
    """Brings store, files and keys into order. Returns what is to be said.

    Errors  NotServed, StoreFault, SealsMissing.
    """
    said = _check_kind()
    said += store.prepare(_backup_before_migrations)
    _fill_demo()
    _check_whole()
    lost = [line for line in said if line.startswith("put back")]
    if lost:
        with act(the_program("serve"), "audit", "seals-put-back", change=True) as deed:
            deed.about["seals"] = len(lost)
    collect_static()
    housekeeping()
    said += _setup_code(loopback)
    connections.close_all()
    return said


def _check_kind() -> list[str]:
    """Made-up people and real ones never share a store (S-02)."""
    practice = the.the_practice() if store.is_there() and _has_practices() else None
    demo = settings.CONFIG.demo
    if practice is not None and practice.demo and not demo:
        raise NotServed(
            "this store holds the made-up practice; open it with --demo, or name another folder with --data", 2
        )
    if practice is not None and not practice.demo and demo:
        raise NotServed(
            "--demo: this store holds a real practice; leave --demo out, or name another folder with --data", 2
        )
    return []


def _has_practices() -> bool:
    return "clinic_practice" in connections["default"].introspection.table_names()


def _fill_demo() -> None:
    if not settings.CONFIG.demo:
        return
    try:
        demo = import_module("palpate.clinic.demo")
    except ModuleNotFoundError:
        raise NotServed("--demo: the made-up practice is not part of this installation") from None
    practice = the.the_practice()
    if practice is None:
        _say("filling the made-up practice, which takes a moment")
        demo.fill()
    elif (day := demo.filled_on(practice)) != moment.today(practice.time_zone):
        kept = "empty its database" if settings.CONFIG.database_url else f"remove {settings.CONFIG.data}"
        _say(
            f"the made-up practice stands as on {day.day} {day:%B %Y}, when it was filled, and few visits of it are of"
            f" today; to fill it anew, stop, {kept} and start again"
        )


def _backup_before_migrations() -> None:
    """A verified backup before an existing store changes its shape (S-59)."""
    folder = settings.CONFIG.data / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"before-migration-{moment.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}.palpate"
    try:
        proven = backup.back_up(file)
    except (BadBackup, NotRestored, OSError) as error:
        raise NotServed(f"the store must be migrated, and its backup failed: {error}") from None
    _say(f"backup before the migration: {file} ({proven.sentence})")


def _check_whole() -> None:
    """The store's own checks and the end of the trail (S-62). Errors: NotServed, with check and newest backup."""
    found = store.damage() or _trail_end()
    if not found:
        (settings.CONFIG.data / store.DAMAGED).unlink(missing_ok=True)
        return
    newest = backup.newest() or "none is known"
    raise NotServed(f"the store is damaged, nothing is served from it; {found[0]}; newest backup: {newest}")


def _trail_end(rows: int = 1_000) -> list[str]:
    """What is wrong with the newest rows of the trail; `palpate verify` looks at all of it."""
    head = trail.head_of()
    if trail.newest_number() != head.number:
        return [f"audit trail: its head says {head.number}, its newest row is {trail.newest_number()}"]
    last = None
    for row in trail.rows_in_order(head.number, after=max(0, head.number - rows)):
        if not same(row) or (last is not None and row.previous != last.hash):
            return [f"audit trail: row {row.number} is not whole, or secrets.json holds another key than its own"]
        last = row
    if last is not None and last.hash != head.hash:
        return [f"audit trail: row {last.number} is not the one that its head names"]
    return []


def collect_static() -> bool:
    """Puts scripts and styles, compressed and fingerprinted, into the data folder. Returns whether that was needed."""
    told = hashlib.sha256(__version__.encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda pair: str(pair[0])):
            about = os.stat(storage.path(path))
            told.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    mark = root / ".made"
    if mark.exists() and mark.read_text(encoding="utf-8") == told.hexdigest():
        return False
    root.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(told.hexdigest(), encoding="utf-8")
    return True


def _setup_code(loopback: bool) -> list[str]:
    """The code that the first-start page asks for, so that no stranger takes a practice that is not made yet."""
    file = settings.CONFIG.data / "setup-code"
    if the.the_practice() is not None:
        file.unlink(missing_ok=True)
        return []
    if loopback and not settings.SITE:
        return []
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(16))
    return [f"code for the first start: {file.read_text(encoding='ascii').strip()}"]


# --- While it serves --------------------------------------------------------------------------------------------------


def housekeeping() -> None:
    """Sweeps what is over, and writes the head of the trail if that is due."""
    jobs.housekeeping()
    if anchors.due():
        anchors.write()


def _run(opened: socket.socket, address: str) -> None:
    """The server itself. Returns when it was ended."""
    from gunicorn.app.base import BaseApplication

    from palpate.web.worker import Log, Worker

    first, said = os.pipe()
    os.set_blocking(first, False)
    os.write(said, b"1")

    def answering(worker: Any) -> None:
        # One worker, once: whoever takes the mark out of the pipe says the address.
        with suppress(BlockingIOError):
            if os.read(first, 1):
                sys.stdout.write(address + "\n")
                sys.stdout.flush()
        jobs.start(threading.Event())

    bound = opened.detach()  # the server closes it by itself

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            assert self.cfg is not None  # made by the base just before
            for name, value in _settings(bound, Worker, Log, answering).items():
                self.cfg.set(name, value)

        def load(self) -> Callable[..., Any]:
            from palpate.web.wsgi import application

            connections.close_all()
            return application

    try:
        Server().run()
    except SystemExit as end:
        if end.code:
            raise NotServed("the server has stopped by itself", 1) from None


def _settings(bound: int, worker: type, log: type, answering: Callable[[Any], None]) -> dict[str, Any]:
    return {
        "bind": f"fd://{bound}",
        "workers": WORKERS,
        "threads": THREADS,
        "worker_class": worker,
        "logger_class": log,
        "preload_app": True,
        "control_socket_disable": True,
        "forwarded_allow_ips": "",  # Django reads the headers of proxies, as many as are configured
        "post_worker_init": answering,
        "graceful_timeout": 10,
        "proc_name": "palpate",
    }
