"""Servers on this machine for tests of what goes out: mail, https, and certificates that a test trusts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Trust:
    """A certificate for a name of this machine, and what must be trusted to believe it."""

    authority: Path
    server: ssl.SSLContext

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


def trust(folder: Path, name: str = "localhost") -> Trust:
    """Makes a certificate that signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    file, private = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return Trust(file, context)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Inbox:
    """What a mail server has taken. `before_reply` runs for each message before it is acknowledged."""

    port: int
    mail: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[bytes] = field(default_factory=list)
    refuse: str = ""
    before_reply: Callable[[], None] | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mail.append(message_from_bytes(envelope.content, policy=policy.default))
        self.encrypted.append(session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None)
        if self.before_reply is not None:
            self.before_reply()
        return "250 OK"


@contextmanager
def mail_server(inbox: Inbox, kept: Trust | None = None, *, tls: str = "none") -> Iterator[Inbox]:
    """A real SMTP server on loopback. Takes tls: none, starttls (and nothing without it), or tls."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    def known(server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
        if isinstance(told, LoginPassword):
            inbox.signed_in.append(told.password)
        return AuthResult(success=True)

    more: dict[str, Any] = {"authenticator": known}
    if tls == "starttls":
        assert kept is not None
        more |= {"tls_context": kept.server, "require_starttls": True, "auth_require_tls": True}
    else:
        more["auth_require_tls"] = False
    controller = Controller(
        inbox, hostname="127.0.0.1", port=inbox.port, ssl_context=kept.server if kept and tls == "tls" else None, **more
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


@dataclass
class Asked:
    """One request that reached an https server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answering = Callable[[Asked, BaseHTTPRequestHandler], None]


@contextmanager
def https_server(kept: Trust, answer: Answering) -> Iterator[tuple[int, list[Asked]]]:
    """An https server on loopback. Gives its port, and the list of what it was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            one = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
            asked.append(one)
            answer(one, self)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a caller that hangs up is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = kept.server.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(status: int, body: bytes = b"{}", **headers: str) -> Answering:
    """An answer that is always the same."""

    def answer(asked: Asked, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer
