"""How messages leave: by a mail server, or by a gateway for text messages. Each says whether trying again makes sense.

Mail goes over SMTP. With TLS set, a server that does not offer it, or whose certificate is not its own, gets nothing:
neither a password nor a line (S-60).
"""

from __future__ import annotations

import smtplib
import ssl
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from palpate.clinic.messages.sending import NotSent, Outgoing, Ways
from palpate.web.outbound import BadOrigin, CallFailed, Door, Partner, parse

# Answers of a gateway that say: this very message, never. All other faults may pass.
NEVER = frozenset({400, 404, 409, 410, 413, 422})
OURS = frozenset({401, 403})


class Mail:
    """Sends by the mail server of the settings, a connection for each message."""

    def send(self, message: Outgoing) -> None:
        """Hands a message over. Errors: NotSent."""
        told = EmailMessage(
            subject=message.subject,
            body=message.text,
            from_email=settings.MAIL_FROM,
            to=[message.to],
            headers={
                "Message-ID": f"<{message.key}@{_domain(settings.MAIL_FROM)}>",
                "Date": formatdate(usegmt=True),
                "Auto-Submitted": "auto-generated",
                "Content-Language": message.language,
            },
        )
        connection = _connection()
        try:
            try:
                connection.open()
                connection.send_messages([told])
            finally:
                connection.close()
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            raise NotSent("login") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent("refused", final=bool(codes) and min(codes) >= 500) from error
        except smtplib.SMTPResponseException as error:
            # 550 to 559 speak of the message or its mailbox; other answers of the server may pass.
            raise NotSent("refused", final=550 <= error.smtp_code < 560) from error
        except OSError as error:  # all other errors of smtplib are OSErrors
            raise NotSent("server") from error


def _connection() -> Any:
    return get_connection(
        settings.MESSAGE_BACKEND,
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        username=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        use_tls=settings.EMAIL_USE_TLS,
        use_ssl=settings.EMAIL_USE_SSL,
        timeout=settings.EMAIL_TIMEOUT,
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("> ") or "palpate.invalid"


class Gateway:
    """Hands text messages to a gateway: docs/reference/sms-gateway.md."""

    def __init__(self, url: str, door: Door) -> None:
        self.url = url
        self.door = door

    def send(self, message: Outgoing) -> None:
        """Hands a message over. Errors: NotSent."""
        body = {"palpate": 1, "id": message.key, "to": message.to, "text": message.text, "language": message.language}
        try:
            reply = self.door.post_json(self.url, body, {"Idempotency-Key": message.key})
        except (CallFailed, BadOrigin) as error:
            raise NotSent("server") from error
        if 200 <= reply.status < 300:
            return
        if reply.status in OURS:
            raise NotSent("login")
        raise NotSent("refused" if reply.status in NEVER else "server", final=reply.status in NEVER)


def door_of(config: Any) -> Door:
    """The door with every server that this installation is told of."""
    outside = config.outside
    partners = []
    if outside.sms_url:
        partners.append(Partner(parse(outside.sms_url)[0], {"Authorization": f"Bearer {outside.sms_token}"}))
    known = {partner.origin for partner in partners}
    for url in outside.pings.values():
        origin = parse(url)[0]
        if origin not in known:
            known.add(origin)
            partners.append(Partner(origin))
    return Door(partners, loopback=outside.loopback)


def ways_of(config: Any) -> Ways:
    """What this installation can send by. A made-up practice writes to nobody."""
    if config.demo:
        return Ways(None, None, settings.SITE)
    sms = Gateway(config.outside.sms_url, door_of(config)) if config.outside.sms_url else None
    return Ways(Mail() if settings.MAIL_FROM else None, sms, settings.SITE)
