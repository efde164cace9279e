"""What an installation is told from outside: environment variables and the 0600 file of its secrets (S-41).

Read once, before Django's settings. Everything wrong is said at once, one line each, and the server does not start.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from palpate.web.config_outbound import Outside, read_outside

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_KEY = 40  # characters; Django warns below 50 of its own, and 40 of base64 hold 240 bits
KEYS = ("PALPATE_SESSION_KEY", "PALPATE_OLD_SESSION_KEYS", "PALPATE_AUDIT_KEY", "PALPATE_BACKUP_KEY")
EXAMPLE_KEYS = ("django-insecure", "changeme", "change-me", "secret", "example", "password")


class BadConfig(ValueError):
    """Everything that is wrong with the installation's settings, one line each."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class Config:
    """An installation's settings.

    data          folder of the SQLite store, the secrets and the backups
    database_url  "" for SQLite in `data`, else a postgresql:// address
    site          absolute address under which people reach it, such as https://clinic.example; "" on loopback
    proxies       how many proxies in front may be believed about the caller's address
    session_keys  newest first; older ones still open sessions made with them
    anchors       a further folder, off this machine, for the heads of the audit trail
    outside       servers that are called: mail, text messages, dead-man's switches
    """

    data: Path
    database_url: str
    site: str
    hosts: tuple[str, ...]
    proxies: int
    session_keys: tuple[str, ...]
    audit_key: str
    backup_key: str
    demo: bool
    anchors: Path | None = None
    outside: Outside = field(default_factory=Outside)

    @property
    def https(self) -> bool:
        return self.site.startswith("https://")


def default_data(environment: Mapping[str, str]) -> Path:
    """Where a practice's data lie when nobody says otherwise."""
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", ".")) / ".local" / "share")
    return Path(base) / "palpate"


def demo_data(environment: Mapping[str, str]) -> Path:
    """Where the made-up practice lies: never where a real one does."""
    return default_data(environment).with_name("palpate-demo")


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach a host name or address."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """The settings of this installation. Errors: BadConfig."""
    faults: list[str] = []
    data = Path(environment.get("PALPATE_DATA") or default_data(environment))
    url = environment.get("DATABASE_URL", "")
    if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
        faults.append("DATABASE_URL: expected postgresql://user:password@host:port/name; SQLite needs no address")
    if environment.get("PALPATE_DEBUG") or environment.get("DJANGO_DEBUG"):
        faults.append("PALPATE_DEBUG: debug pages show people's data and are never served; unset it")
    site, hosts, proxies = _reached(environment, faults)
    anchors = Path(environment["PALPATE_ANCHORS"]) if environment.get("PALPATE_ANCHORS") else None
    if anchors is not None and not anchors.is_dir():
        faults.append("PALPATE_ANCHORS: expected a folder that exists, best on another machine")
    kept = _secrets(data, faults)
    session, audit, backup = _keys(environment, kept, faults)
    outside = read_outside(environment, faults)
    if faults:
        raise BadConfig(faults)
    return Config(
        data=data,
        database_url=url,
        site=site,
        hosts=hosts,
        proxies=proxies,
        session_keys=tuple(session),
        audit_key=audit,
        backup_key=backup,
        demo=environment.get("PALPATE_DEMO", "") == "1",
        anchors=anchors,
        outside=outside,
    )


def _reached(environment: Mapping[str, str], faults: list[str]) -> tuple[str, tuple[str, ...], int]:
    """The address of the site, the hosts that are answered, and how many proxies stand in front."""
    site = environment.get("PALPATE_SITE", "").rstrip("/")
    try:
        parts = urlsplit(site)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        parts = urlsplit("nowhere:")
    if site and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        faults.append("PALPATE_SITE: expected an address such as https://clinic.example, without a path")
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        faults.append("PALPATE_SITE: over plain http only this machine itself can be served; use https")
    hosts = tuple(host.strip() for host in environment.get("PALPATE_HOSTS", "").split(",") if host.strip())
    if any("*" in host or host.startswith(".") for host in hosts) or "*" in (parts.hostname or ""):
        faults.append("PALPATE_HOSTS: a wildcard stands in it; name each host")
    told = environment.get("PALPATE_PROXIES", "0")
    proxies = int(told) if told.isascii() and told.isdigit() and len(told) < 3 else 99
    if proxies > 5:
        faults.append("PALPATE_PROXIES: expected how many proxies stand in front, 0 to 5")
    elif parts.scheme == "https" and proxies == 0:
        faults.append("PALPATE_PROXIES: an https address needs the proxy that holds its certificate; set this to 1")
    return site, (parts.hostname or "", *hosts) if site else (*LOOPBACK, *hosts), proxies


def _keys(environment: Mapping[str, str], kept: Mapping[str, Any], faults: list[str]) -> tuple[list[str], str, str]:
    """The keys for sessions (newest first), for the audit trail and for backups; each its own."""
    old = [key.strip() for key in environment.get("PALPATE_OLD_SESSION_KEYS", "").split(",") if key.strip()]
    session = [environment.get("PALPATE_SESSION_KEY") or kept.get("session", ""), *old, *kept.get("old_session", [])]
    audit = environment.get("PALPATE_AUDIT_KEY") or kept.get("audit", "")
    backup = environment.get("PALPATE_BACKUP_KEY") or kept.get("backup", "")
    named = [(KEYS[0], session[0]), *((KEYS[1], key) for key in session[1:]), (KEYS[2], audit), (KEYS[3], backup)]
    for name, key in named:
        if not key and name != KEYS[3] and not faults:
            faults.append(f"{name}: there is no key, neither here nor in secrets.json")
        elif key and (not isinstance(key, str) or len(key) < SHORTEST_KEY or _is_example(key)):
            faults.append(f"{name}: this is an example or too short; it needs {SHORTEST_KEY} random characters or more")
    used = [key for _, key in named if key]
    if len(set(used)) < len(used):
        faults.append(
            "PALPATE_SESSION_KEY, PALPATE_AUDIT_KEY, PALPATE_BACKUP_KEY: one key is used twice; each needs its own"
        )
    return session, audit, backup


def _is_example(key: str) -> bool:
    return len(set(key)) < 10 or any(word in key.casefold() for word in EXAMPLE_KEYS)


def _secrets(data: Path, faults: list[str]) -> dict[str, Any]:
    """The keys of this installation: made at the first start, in a file that only its owner can read."""
    file = data / "secrets.json"
    try:
        if not file.exists():
            new = [folder for folder in (data, *data.parents) if not folder.exists()]
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = {"session": secrets.token_urlsafe(48), "audit": secrets.token_urlsafe(48)}
            _write_once(file, json.dumps(made))
            # The names too, or a power cut leaves an audit trail whose key nobody has (S-51).
            for folder in {data, *(folder.parent for folder in new)}:
                _on_disk(folder)
        if file.stat().st_mode & 0o077:
            faults.append(f"{file.name}: others can read it; chmod 600 it, and change the keys if strangers could")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        faults.append(f"{data}: the folder or its secrets.json cannot be read or written")
        return {}
    return found if isinstance(found, dict) else {}


def _on_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_once(file: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all; keeps the one that is there."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, file)
    except FileExistsError:  # another process of the same start was faster
        pass
    finally:
        part.unlink()
