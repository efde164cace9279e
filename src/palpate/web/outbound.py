"""The one door for calls to other servers (S-29). Nothing else in Palpate opens a connection to a web address.

A call goes to a registered origin or nowhere. Origins are compared as scheme, host and port, after parsing; what
parses in more than one way is refused. Always https; no redirects; the name is resolved once, and the very address that
was looked at is the one that is called; it must be a public one. Five seconds for all of it, one mebibyte of answer.
What proves who we are goes to the origin it was registered with, and to no other.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import queue
import re
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SECONDS = 5.0
MOST_BYTES = 1 << 20
_HOST = re.compile(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"
)  # names and IPv4; others would have to be spelled in this way first


class BadOrigin(ValueError):
    """An address that may not be called, with the reason in a few words."""


class CallFailed(OSError):
    """A call that did not end with an answer, with the reason in a few words."""


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of an address. Two are the same when all three are."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class Partner:
    """A server that may be called. `headers` prove who we are; they go to this origin only."""

    origin: Origin
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes


def parse(url: str) -> tuple[Origin, str]:
    """Origin and path (with its query) of an address. Errors: BadOrigin, for all that is not plainly one of https."""
    if not url.isascii() or any(letter <= " " or letter in '\\"<>^`{|}\x7f' for letter in url):
        raise BadOrigin("it has signs that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadOrigin("it cannot be read") from None
    if parts.scheme != "https":
        raise BadOrigin("it does not begin with https://")
    if "@" in parts.netloc or parts.fragment or "#" in url:
        raise BadOrigin("it carries a name, a password or a fragment")
    host = (parts.hostname or "").lower()
    if not _HOST.fullmatch(host) or ".." in host:
        raise BadOrigin("its host is no plain name")
    if port == 0:
        raise BadOrigin("its port is none")
    path = parts.path or "/"
    return Origin("https", host, port or 443), f"{path}?{parts.query}" if parts.query else path


class Door:
    """Calls registered servers.

    Takes  loopback: lets this machine itself be called; only for trying things out, and only where the settings say so
           trust: what certificates are checked against; absent: the system's authorities
    """

    def __init__(
        self, partners: Iterable[Partner], *, loopback: bool = False, trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        self._partners = {partner.origin: partner for partner in partners}
        self._loopback = loopback
        self._trust = trust
        self._seconds = seconds

    def post_json(self, url: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Sends JSON. Errors: BadOrigin, and nothing was sent; CallFailed."""
        content = json.dumps(body, ensure_ascii=True, allow_nan=False).encode()
        return self.call("POST", url, content, {"Content-Type": "application/json", **(headers or {})})

    def call(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """One call. Errors: BadOrigin, and nothing was sent; CallFailed."""
        origin, path = parse(url)
        partner = self._partners.get(origin)
        if partner is None:
            raise BadOrigin("its origin is not registered")
        address = self._resolved(origin)
        context = self._trust or ssl.create_default_context()
        connection = _Pinned(origin, address, context, self._seconds)
        over = threading.Timer(self._seconds, connection.cut)
        over.daemon = True
        over.start()
        try:
            told = {"Accept": "application/json", "User-Agent": "palpate", **(headers or {}), **partner.headers}
            connection.request(method, path, body=body, headers=told)
            reply = connection.getresponse()
            if 300 <= reply.status < 400:
                raise CallFailed("it sent us on to another address")
            content = reply.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise CallFailed("its answer is larger than 1 MiB")
            if connection.was_cut:
                raise CallFailed("it took longer than allowed")
            return Reply(reply.status, content)
        except ssl.SSLError as error:
            raise CallFailed("its certificate or its encryption is not sound") from error
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, CallFailed):
                raise
            late = connection.was_cut or isinstance(error, TimeoutError)
            raise CallFailed("it took longer than allowed" if late else "it cannot be reached") from error
        finally:
            over.cancel()
            connection.close()

    def _resolved(self, origin: Origin) -> tuple[int, Any]:
        """Family and address of a host, looked up once. Every address it has must be public. Errors: CallFailed,
        BadOrigin."""
        answers: queue.Queue[Any] = queue.Queue()

        def look() -> None:
            try:
                answers.put(socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=look, daemon=True).start()  # a resolver keeps to no time of ours
        try:
            found = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise CallFailed("its name was not found in time") from None
        if isinstance(found, Exception) or not found:
            raise CallFailed("its name was not found")
        for *_, address in found:
            if not self._may_call(ipaddress.ip_address(address[0])):
                raise BadOrigin("its name leads to an address that is not public")
        family, *_, address = found[0]
        return family, address

    def _may_call(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return (address.is_global and not address.is_multicast) or (self._loopback and address.is_loopback)


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, with the certificate of one name."""

    def __init__(self, origin: Origin, address: tuple[int, Any], context: ssl.SSLContext, seconds: float) -> None:
        super().__init__(origin.host, origin.port, timeout=seconds, context=context)
        self._to = address
        self._with = context
        self._open: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        family, address = self._to
        plain = socket.socket(family, socket.SOCK_STREAM)
        self._open = plain
        plain.settimeout(self.timeout)
        plain.connect(address)
        self.sock = self._open = self._with.wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """Ends the connection, whatever it is doing."""
        self.was_cut = True
        held = self._open
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                held.close()
