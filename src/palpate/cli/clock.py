"""`palpate clock`: what the clock shows beside what was recorded, and an owner's word that it is right (S-58)."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime, timedelta

from palpate.cli.installation import open_installation, say
from palpate.cli.output import write_out


def clock_command(options: argparse.Namespace) -> int:
    """Shows or accepts the clock. Returns 0; 1 where it is behind and was not accepted, or the store fails; 2 where the
    call is at fault, such as by a password that is not the owner's."""
    code = open_installation(options.data)
    if code:
        return code
    from django.db.utils import DatabaseError

    from palpate.clinic import clock_guard, store

    try:
        if not store.is_there():
            say("there is no store yet")
            return 2
        at, latest = clock_guard.state()
        write_out(f"the clock shows    {_words(at)}\nlatest recorded at {_words(latest)}\n")
        late = clock_guard.behind(latest)
        if not late:
            write_out("the clock is not behind; there is nothing to accept\n")
            return 0
        if options.accept is None:
            write_out(f"the clock is {_length(late)} behind: links, codes and signing have stopped\n")
            return 1
        return _accepted(options.accept.strip(), late)
    except store.StoreFault as fault:
        say(str(fault))
        return 2
    except DatabaseError as error:
        say(f"the store cannot be used: {str(error.__cause__ or error).splitlines()[0]}")
        return 1


def _accepted(email: str, late: timedelta) -> int:
    from palpate.clinic import clock_guard, users
    from palpate.clinic.models import User

    owner = users.checked(email, _password(email))
    if owner is None or owner.role != User.Role.OWNER:
        say(f"{email}: no owner signs in with this address and password; nothing was changed")
        return 2
    done = clock_guard.accept(owner)
    links = sum(number for name, number in done.ended.items() if name.endswith("_links"))
    write_out(
        f"accepted: the clock, {_length(late)} behind, counts from now on; everybody signs in again, and "
        f"of the links, {links} made by a clock that ran ahead ended\n"
    )
    return 0


def _password(email: str) -> str:
    """The owner's password: asked for without showing it, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass(f"password of {email}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _words(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at is not None else "nothing yet"


def _length(late: timedelta) -> str:
    minutes = int(late.total_seconds()) // 60
    days, hours = minutes // 1440, minutes % 1440 // 60
    return f"{days} days and {hours} h" if days else f"{hours} h and {minutes % 60} min"
