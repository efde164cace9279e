"""What an installation is told from outside: environment variables and the 0600 file of its secrets (S-41).

Read once, before Django's settings. Everything wrong is said at once, one line each, and the server does not start.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_KEY = 40  # characters; Django warns below 50 of its own, and 40 of base64 hold 240 bits
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

    @property
    def https(self) -> bool:
        return self.site.startswith("https://")


def default_data(environment: Mapping[str, str]) -> Path:
    """Where a practice's data lie when nobody says otherwise."""
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", ".")) / ".local" / "share")
    return Path(base) / "palpate"


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """The settings of this installation. Errors: BadConfig."""
    faults: list[str] = []
    data = Path(environment.get("PALPATE_DATA") or default_data(environment))
    site = environment.get("PALPATE_SITE", "").rstrip("/")
    url = environment.get("DATABASE_URL", "")
    if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
        faults.append("DATABASE_URL: expected postgresql://user:password@host:port/name; SQLite needs no address")
    parts = urlsplit(site)
    if site and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        faults.append("PALPATE_SITE: expected an address such as https://clinic.example, without a path")
    elif parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        faults.append("PALPATE_SITE: over plain http only this machine itself can be served; use https")
    hosts = tuple(host.strip() for host in environment.get("PALPATE_HOSTS", "").split(",") if host.strip())
    if any("*" in host or host.startswith(".") for host in hosts):
        faults.append("PALPATE_HOSTS: a wildcard stands in it; name each host")
    if environment.get("PALPATE_DEBUG") or environment.get("DJANGO_DEBUG"):
        faults.append("PALPATE_DEBUG: debug pages show people's data and are never served; unset it")
    proxies = environment.get("PALPATE_PROXIES", "0")
    if not (proxies.isascii() and proxies.isdigit() and int(proxies) <= 5):
        faults.append("PALPATE_PROXIES: expected how many proxies stand in front, 0 to 5")
        proxies = "0"
    kept = _secrets(data, faults)
    session = [environment.get("PALPATE_SESSION_KEY") or kept.get("session", ""), *kept.get("old_session", [])]
    audit = environment.get("PALPATE_AUDIT_KEY") or kept.get("audit", "")
    for name, key in (("PALPATE_SESSION_KEY", session[0]), ("PALPATE_AUDIT_KEY", audit)):
        if key and (len(key) < SHORTEST_KEY or any(word in key.casefold() for word in EXAMPLE_KEYS)):
            faults.append(f"{name}: this is an example or too short; it needs {SHORTEST_KEY} random characters or more")
    if session[0] and session[0] == audit:
        faults.append("PALPATE_SESSION_KEY and PALPATE_AUDIT_KEY: one key is used for both; each needs its own")
    if faults:
        raise BadConfig(faults)
    return Config(
        data=data,
        database_url=url,
        site=site,
        hosts=(parts.hostname or "", *hosts) if site else (*LOOPBACK, *hosts),
        proxies=int(proxies),
        session_keys=tuple(session),
        audit_key=audit,
        backup_key=environment.get("PALPATE_BACKUP_KEY") or kept.get("backup", ""),
        demo=environment.get("PALPATE_DEMO", "") == "1",
    )


def _secrets(data: Path, faults: list[str]) -> dict[str, Any]:
    """The keys of this installation: made at the first start, in a file that only its owner can read."""
    file = data / "secrets.json"
    try:
        if not file.exists():
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = {"session": secrets.token_urlsafe(48), "audit": secrets.token_urlsafe(48)}
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(made, out)
        if file.stat().st_mode & 0o077:
            faults.append(f"{file.name}: others can read it; chmod 600 it, and change the keys if strangers could")
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileExistsError:  # another process of the same start was faster
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        faults.append(f"{data}: the folder or its secrets.json cannot be read or written")
        return {}
    return found if isinstance(found, dict) else {}
