"""What an installation is told about servers that it calls: mail, text messages, dead-man's switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from palpate.web.outbound import BadOrigin, parse

TLS = ("starttls", "tls", "none")
JOBS = ("outbox", "backup", "anchors")


@dataclass(frozen=True)
class Outside:
    """Servers that are called. Empty texts: there is none.

    mail_tls  starttls: the connection is encrypted before anything is said, or nothing is said. tls: from the first
              byte. none: never encrypted, only for a server on this machine
    sms_url   where text messages are handed over, with `sms_token`
    pings     by job, the address that is called whenever it was done
    loopback  this machine itself may be called, for trying things out
    """

    mail_host: str = ""
    mail_port: int = 587
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_from: str = ""
    mail_tls: str = "starttls"
    sms_url: str = ""
    sms_token: str = field(default="", repr=False)
    pings: Mapping[str, str] = field(default_factory=dict)
    loopback: bool = False
    backups: Path | None = None


def read_outside(environment: Mapping[str, str], faults: list[str]) -> Outside:
    """The servers that the environment names; adds a line for each thing that is wrong."""
    told = {name: environment.get(f"PALPATE_{name}", "").strip() for name in (
        "MAIL_HOST", "MAIL_PORT", "MAIL_USER", "MAIL_PASSWORD", "MAIL_FROM", "MAIL_TLS", "SMS_URL", "SMS_TOKEN",
        "OUTBOUND_LOOPBACK", "BACKUPS",
    )}  # fmt: skip
    port = int(told["MAIL_PORT"]) if told["MAIL_PORT"].isascii() and told["MAIL_PORT"].isdigit() else 0
    if told["MAIL_PORT"] and not 0 < port < 65536:
        faults.append("PALPATE_MAIL_PORT: expected a port, 1 to 65535")
    port = port or 587
    tls = told["MAIL_TLS"] or ("tls" if port == 465 else "starttls")
    if tls not in TLS:
        faults.append(f"PALPATE_MAIL_TLS: expected {', '.join(TLS)}")
    elif tls == "none" and not _is_this_machine(told["MAIL_HOST"]):
        faults.append("PALPATE_MAIL_TLS: only a mail server on this machine may be spoken to without encryption")
    if told["MAIL_HOST"] and "@" not in told["MAIL_FROM"]:
        faults.append("PALPATE_MAIL_FROM: expected the address from which mail is sent")
    pings = {job: environment.get(f"PALPATE_PING_{job.upper()}", "").strip() for job in JOBS}
    for name, url in (("SMS_URL", told["SMS_URL"]), *((f"PING_{job.upper()}", url) for job, url in pings.items())):
        try:
            if url:
                parse(url)
        except BadOrigin as bad:
            faults.append(f"PALPATE_{name}: {bad}")
    if told["SMS_URL"] and len(told["SMS_TOKEN"]) < 16:
        faults.append("PALPATE_SMS_TOKEN: expected the secret that the gateway knows us by, 16 characters or more")
    backups = Path(told["BACKUPS"]) if told["BACKUPS"] else None
    if backups is not None and not backups.is_dir():
        faults.append("PALPATE_BACKUPS: expected a folder that exists, best on another machine")
    return Outside(
        mail_host=told["MAIL_HOST"],
        mail_port=port,
        mail_user=told["MAIL_USER"],
        mail_password=environment.get("PALPATE_MAIL_PASSWORD", ""),
        mail_from=told["MAIL_FROM"] if told["MAIL_HOST"] else "",
        mail_tls=tls,
        sms_url=told["SMS_URL"],
        sms_token=told["SMS_TOKEN"],
        pings={job: url for job, url in pings.items() if url},
        loopback=told["OUTBOUND_LOOPBACK"] == "1",
        backups=backups,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
