"""`palpate work`: the background work apart from the server, where the store is PostgreSQL."""

from __future__ import annotations

import argparse
import signal
import threading

from palpate.cli.installation import open_installation, say


def work_command(options: argparse.Namespace) -> int:
    """Works until a signal ends it. Returns 2 where call or settings are at fault, 1 where the store cannot be used."""
    code = open_installation(options.data)
    if code:
        return code
    from django.db.utils import DatabaseError

    from palpate.clinic import store

    try:
        fault = _fault()
        if fault:
            say(fault)
            return 2
        _work(options.once)
    except store.StoreFault as reason:
        say(str(reason))
        return 2
    except DatabaseError as error:
        say(f"the store cannot be used: {str(error.__cause__ or error).splitlines()[0]}")
        return 1
    return 0


def _fault() -> str:
    """Why there is nothing to work on, or ""."""
    from palpate.clinic.store import is_there, pending, vendor

    if vendor() == "sqlite":
        return "palpate serve does this work itself on SQLite; palpate work is for PostgreSQL (DATABASE_URL)"
    if not is_there():
        return "there is no store yet; palpate serve makes it"
    return "the store is of another version; start palpate serve first" if pending() else ""


def _work(once: bool) -> None:
    from palpate.web.jobs import Background

    stopped = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopped.set())
    background = Background(stopped=stopped)
    if not once:
        say("at work; SIGTERM ends it")
        background.run()
        return
    try:
        if not background.step():
            say("another process is at this work, or there is no practice yet; nothing was done")
    finally:
        background.end()
