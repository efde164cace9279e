"""What an installation runs on, and what is amiss with it: the findings behind `palpate doctor`."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from django.conf import settings
from django.db import connections
from django.db.utils import DatabaseError

from palpate import __version__
from palpate.clinic import anchors, backup, sealed, store
from palpate.clinic.access import messages
from palpate.clinic.access import practice as the
from palpate.clinic.access.store import applied_migrations
from palpate.clinic.access.trail import head_of
from palpate.clinic.booking import constraint, wall
from palpate.clinic.deciding import WrongPathway, pathway_in_force
from palpate.clinic.moment import now, today

SOUND_SQLITE = (3, 51, 3)  # before it, resetting the write-ahead log could lose a commit
LEAST_SPACE = 1 << 30  # bytes
OK, LOOK, BAD = "ok", "look", "BAD"


@dataclass(frozen=True)
class Finding:
    """One line: `ok`, `look` (worth knowing, or putting right some day) or `BAD` (put it right now)."""

    mark: str
    text: str


def examine() -> list[Finding]:
    """Everything, in the order in which it is read. Never raises for what is amiss: that is what it is for."""
    found: list[Finding] = []
    for part in (_program, _folder, _store, _seals, _times, _trail, _backups, _outside, _pathway):
        found.extend(_safely(part))
    return found


def _safely(part: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(part())
    except store.StoreFault as fault:
        return [Finding(BAD, str(fault))]
    except (DatabaseError, OSError) as error:
        return [
            Finding(
                BAD, f"{part.__name__.strip('_')}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            )
        ]


def _program() -> Iterator[Finding]:
    names = ", ".join(f"{name} {version(name)}" for name in ("Django", "gunicorn", "django-allauth", "cryptography"))
    yield Finding(OK, f"palpate {__version__} on Python {platform.python_version()}, {names}")
    if settings.SITE:
        yield Finding(OK, f"reached as {settings.SITE}, behind {settings.CONFIG.proxies} proxy or proxies")
    else:
        yield Finding(OK, "reached from this machine only")


def _folder() -> Iterator[Finding]:
    data = settings.CONFIG.data
    free = shutil.disk_usage(data).free
    yield Finding(
        OK if free > LEAST_SPACE else BAD,
        f"data in {data}, {free / (1 << 30):.1f} GiB free" + _hint(free <= LEAST_SPACE),
    )
    loose = [path.name for path in (data, data / "secrets.json") if path.exists() and path.stat().st_mode & 0o077]
    if loose:
        yield Finding(LOOK, f"others on this machine can look into: {', '.join(loose)}; chmod go= makes it yours alone")
    yield Finding(OK, f"keys: {len(settings.CONFIG.session_keys)} for sessions, 1 for the audit trail, "
                      f"{'1' if settings.CONFIG.backup_key else 'none'} for backups")  # fmt: skip


def _hint(full: bool) -> str:
    return "; make room, or soon nothing can be saved" if full else ""


def _store() -> Iterator[Finding]:
    if not store.is_there():
        yield Finding(LOOK, "no store yet; palpate serve makes it")
        return
    kind, found = store.vendor(), store.read_back()
    said = ", ".join(f"{name} {value}" for name, value in found.items())
    yield Finding(OK, f"{'SQLite' if kind == 'sqlite' else 'PostgreSQL'}: {said}")
    for line in store.amiss(found, kind):
        yield Finding(BAD, line)
    if kind == "sqlite" and sqlite3.sqlite_version_info < SOUND_SQLITE:
        yield Finding(
            LOOK, f"SQLite {sqlite3.sqlite_version} is older than 3.51.3, in which a rare loss of a commit was mended"
        )
    newer = store.newer_than_program(applied_migrations())
    if newer:
        yield Finding(BAD, f"the store was made by a newer palpate (it has had {newer[-1]})")
    elif store.pending():
        yield Finding(LOOK, "the store is of an older palpate; the next palpate serve brings it up to date")
    for line in store.damage():
        yield Finding(BAD, f"the store is damaged: {line}")
    marked = store.marked_damage()
    if marked:
        yield Finding(BAD, f"the server has stopped writing, since a check failed: {marked}")


def _seals() -> Iterator[Finding]:
    if not store.is_there():
        return
    missing = sealed.faults(connections["default"]) + constraint.faults(connections["default"])
    if missing:
        yield from (Finding(BAD, line) for line in missing)
    else:
        yield Finding(OK, f"{len(sealed.sealed_models())} tables are sealed against change")


def _times() -> Iterator[Finding]:
    if not store.is_there():
        return
    moved = len(wall.moved())
    if moved:
        text = "appointments are no longer at the wall time for which they were booked, since the rules of a time zone"
        yield Finding(LOOK, f"{moved} {text} have changed; see Book in the clinic")


def _trail() -> Iterator[Finding]:
    if not store.is_there():
        return
    head = head_of()
    last = anchors.last_written(anchors.files()[0])
    when = f"{last:%Y-%m-%d %H:%M} UTC" if last else "never"
    yield Finding(OK, f"audit trail: {head.number} rows; its head left the store at row {head.anchored}, {when}")
    if settings.CONFIG.anchors is None:
        yield Finding(LOOK, "the heads of the trail stay on this machine; PALPATE_ANCHORS can name a folder elsewhere")


def _backups() -> Iterator[Finding]:
    found = backup.status()
    made, drill = found.get("backup"), found.get("drill")
    if made:
        kept = "encrypted" if made.get("encrypted") else "not encrypted"
        yield Finding(OK, f"last good backup {made.get('at')}, {kept}, {made.get('file')}")
    if drill:
        yield Finding(OK, f"last drill {drill.get('at')}, {drill.get('seconds')} s")
    for line in backup.overdue():
        yield Finding(LOOK, line)
    if not settings.CONFIG.backup_key:
        yield Finding(LOOK, "backups are not encrypted; PALPATE_BACKUP_KEY or `backup` in secrets.json changes that")


def _outside() -> Iterator[Finding]:
    told = settings.CONFIG.outside
    mail = f"mail by {told.mail_host}:{told.mail_port}, {told.mail_tls}" if told.mail_from else "no mail server"
    sms = "a gateway for text messages" if told.sms_url else "no gateway for text messages"
    yield Finding(OK, f"messages: {mail}; {sms}; links {'are sent' if settings.SITE else 'need PALPATE_SITE'}")
    if told.loopback:
        yield Finding(LOOK, "PALPATE_OUTBOUND_LOOPBACK is set: this machine may be called, for trying things out")
    if not store.is_there() or store.pending():
        return
    for job in messages.failed_jobs():
        yield Finding(LOOK, f"the job {job.name} failed {job.failed:%Y-%m-%d %H:%M} UTC ({job.why}); it is tried again")
    if (told.mail_from or told.sms_url) and not messages.settings_row().clinic:
        yield Finding(LOOK, "messages have no name of the clinic to show; Settings, Messages to people")


def _pathway() -> Iterator[Finding]:
    if not store.is_there() or store.pending():
        return
    published = the.published_pathway()
    if published is None:
        yield Finding(LOOK, "no pathway is published yet; the first start does that")
        return
    yield Finding(OK, f"pathway {published.pathway} {published.version_text}, {published.digest[:19]}")
    try:
        pathway = pathway_in_force()
    except WrongPathway as wrong:
        yield Finding(BAD, f"nothing can be decided: {wrong}")
        return
    practice = the.the_practice()
    review = date.fromisoformat(str(pathway.meaning["pathway"]["review_by"]))
    late = review < (today(practice.time_zone) if practice else now().date())
    yield Finding(LOOK if late else OK, f"pathway to be reviewed by {review}" + (", which is over" if late else ""))
