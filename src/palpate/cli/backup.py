"""`palpate backup` and `palpate restore`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from palpate.cli.installation import Counter, open_installation, say
from palpate.cli.output import write_out


def backup_command(options: argparse.Namespace) -> int:
    """Writes a backup and proves it. Returns 2 where the call is at fault, 1 where the backup could not be made."""
    code = open_installation(options.data)
    if code:
        return code
    from palpate.clinic import backup, store

    file = Path(options.file)
    if file.exists() or not file.absolute().parent.is_dir():
        say(f"{file}: " + ("it exists already; name a new file" if file.exists() else "there is no such folder"))
        return 2

    def made() -> str:
        if not store.is_there():
            raise store.StoreFault("there is no store to back up yet")
        counter = Counter()
        proven = backup.back_up(file, counter)
        counter.end()
        if not proven.about["encrypted"]:
            say("not encrypted, since PALPATE_BACKUP_KEY is not set: keep it where only you can read it, and keep a "
                "copy of secrets.json with it")  # fmt: skip
        return f"{file}: {'encrypted, ' if proven.about['encrypted'] else ''}{proven.sentence}"

    return _told(file, made, 1)


def restore_command(options: argparse.Namespace) -> int:
    """Restores a backup, or tries it. Returns 2 where nothing was changed because call or file are at fault."""
    file = Path(options.file)
    if not file.is_file():
        say(f"{file}: there is no such file")
        return 2
    code = open_installation(options.data, new=True)
    if code:
        return code
    from palpate.clinic import backup

    def drilled() -> str:
        proven = backup.prove(file, Counter())
        backup.note_drill(file, proven.seconds)
        return f"{file}: drill passed, nothing was changed; {proven.sentence}"

    def restored() -> str:
        from palpate.web.serving import hold_lock

        with hold_lock():
            proven, kept = backup.restore(file, force=options.force, progress=Counter())
        return f"{file}: restored; {proven.sentence}" + (f"\nwhat was there is kept: {kept}" if kept else "")

    return _told(file, drilled if options.drill else restored, 2)


def _told(file: Path, work: Callable[[], str], code: int) -> int:
    """Does the work and says what came of it; `code` is what a refusal ends with."""
    from django.db.utils import DatabaseError

    from palpate.clinic.backup_file import BadBackup, NotRestored
    from palpate.clinic.store import StoreFault
    from palpate.web.serving import NotServed

    try:
        write_out(work() + "\n")
        return 0
    except BadBackup as reason:
        say(f"{file}: {reason}")
        return code
    except (NotRestored, StoreFault, NotServed) as reason:
        say(f"{file}: {reason}")
        return 2
    except DatabaseError as error:
        say(f"the store cannot be used: {str(error.__cause__ or error).splitlines()[0]}")
        return 1
    except OSError as error:
        say(f"{error.filename or file}: {(error.strerror or str(error)).lower()}")
        return 1
