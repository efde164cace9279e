"""The one door for calls to other servers: where it goes, and above all where it does not (S-29)."""

from __future__ import annotations

import ast
import socket
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

import palpate
from palpate.web.outbound import MOST_BYTES, BadOrigin, CallFailed, Door, Origin, Partner, Reply, parse
from tests.loopback import Asked, Trust, https_server, says, trust


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trust(tmp_path_factory.mktemp("tls"))


def door(port: int, kept: Trust, host: str = "localhost", seconds: float = 5.0) -> Door:
    partner = Partner(Origin("https", host, port), {"Authorization": "Bearer token"})
    return Door([partner], loopback=True, trust=kept.client, seconds=seconds)


def test_a_registered_server_is_called_with_what_proves_who_we_are(kept: Trust) -> None:
    with https_server(kept, says(202, b'{"accepted": true}')) as (port, asked):
        reply = door(port, kept).post_json(f"https://localhost:{port}/send?a=1", {"text": "é"})
    assert reply == Reply(202, b'{"accepted": true}')
    assert (asked[0].method, asked[0].path, asked[0].headers["Authorization"]) == ("POST", "/send?a=1", "Bearer token")
    assert asked[0].body == b'{"text": "\\u00e9"}'


LOOK_ALIKES = [
    "http://localhost:{port}/",
    "https://localhost:{port}.evil.example/",
    "https://localhost.evil.example:{port}/",
    "https://localhost@evil.example:{port}/",
    "https://token:x@localhost:{port}/",
    "https://localhost.:{port}/",
    "https://localhost:{other}/",
    "https://localhost/",
    "https://127.0.0.1:{port}/",
    "https://[::1]:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f.1:{port}/",
    "https://localhost:{port}#@evil.example/",
    "https://localhost:{port}\\@evil.example/",
    "https:\\\\localhost:{port}/",
    "https:///localhost:{port}/",
    "//localhost:{port}/",
    "https://lоcalhost:{port}/",  # a Cyrillic letter
    "https://localhost:{port}/\r\nX-More: 1",
    "https://localhost:{port}/ /",
    " https://localhost:{port}/",
    "https://localhost:0{port}x/",
    "https://localhost:99999/",
    "https://local\thost:{port}/",
    "ftp://localhost:{port}/",
    "file:///etc/passwd",
    "localhost:{port}",
    "",
]


@pytest.mark.parametrize("told", LOOK_ALIKES)
def test_s29_an_address_that_only_looks_like_a_registered_one_is_not_called(kept: Trust, told: str) -> None:
    with https_server(kept, says(200)) as (port, asked):
        with pytest.raises(BadOrigin):
            door(port, kept).post_json(told.format(port=port, other=port + 1 if port < 65535 else 1), {})
        assert asked == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
                "224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::"],
)  # fmt: skip
def test_s29_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    found = (family, socket.SOCK_STREAM, 6, "", (address, 443, 0, 0)[: 4 if ":" in address else 2])
    called: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, found])
    monkeypatch.setattr(socket.socket, "connect", lambda *told: called.append(told))
    with pytest.raises(BadOrigin):
        Door([Partner(Origin("https", "gateway.example", 443))]).call("POST", "https://gateway.example/")
    assert called == []


def test_s29_a_name_is_resolved_once_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch, kept: Trust) -> None:
    with https_server(kept, says(200)) as (port, asked):
        looked: list[str] = []
        real = socket.getaddrinfo

        def once(host: str, *more: Any, **named: Any) -> Any:
            looked.append(host)
            if len(looked) > 1:
                raise AssertionError("the name was looked up again")
            return real("127.0.0.1", *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", once)
        assert door(port, kept).call("POST", f"https://localhost:{port}/").status == 200
    assert looked == ["localhost"]
    assert len(asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s29_a_redirect_is_not_followed_and_its_goal_sees_nothing(kept: Trust, status: int) -> None:
    with (
        https_server(kept, says(200)) as (elsewhere, seen),
        https_server(kept, says(status, Location=f"https://localhost:{elsewhere}/")) as (port, _),
        pytest.raises(CallFailed),
    ):
        door(port, kept).call("POST", f"https://localhost:{port}/")
    assert seen == []


def test_s29_an_answer_of_more_than_a_mebibyte_is_not_taken(kept: Trust) -> None:
    with https_server(kept, says(200, b"x" * (MOST_BYTES + 1))) as (port, _), pytest.raises(CallFailed, match="1 MiB"):
        door(port, kept).call("POST", f"https://localhost:{port}/")
    with https_server(kept, says(200, b"x" * MOST_BYTES)) as (port, _):
        assert len(door(port, kept).call("POST", f"https://localhost:{port}/").body) == MOST_BYTES


def test_s29_a_server_that_drips_its_answer_is_cut_off_at_the_time_allowed(kept: Trust) -> None:
    import threading

    over = threading.Event()

    def drip(asked: Asked, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.05):  # each byte comes well within what one read may take
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    with https_server(kept, drip) as (port, _):
        try:
            with pytest.raises(CallFailed, match="longer than allowed"):
                door(port, kept, seconds=0.4).call("POST", f"https://localhost:{port}/")
        finally:
            over.set()


def test_s29_a_certificate_that_nobody_vouches_for_or_of_another_name_gets_nothing(kept: Trust, tmp_path: Path) -> None:
    stranger = trust(tmp_path / "stranger")
    named = trust(tmp_path / "named", "gateway.example")
    for server, believed in ((stranger, kept), (named, named)):
        with https_server(server, says(200)) as (port, asked):
            caller = Door([Partner(Origin("https", "localhost", port))], loopback=True, trust=believed.client)
            with pytest.raises(CallFailed, match="certificate"):
                caller.call("POST", f"https://localhost:{port}/")
            assert asked == []


def test_s29_what_proves_who_we_are_goes_to_its_own_origin_only(kept: Trust) -> None:
    with https_server(kept, says(200)) as (one, _), https_server(kept, says(200)) as (other, seen):
        partners = [
            Partner(Origin("https", "localhost", one), {"Authorization": "Bearer token"}),
            Partner(Origin("https", "localhost", other)),
        ]
        Door(partners, loopback=True, trust=kept.client).call("POST", f"https://localhost:{other}/")
    assert "Authorization" not in seen[0].headers


def test_an_address_is_read_as_origin_and_path() -> None:
    assert parse("https://Gateway.Example/a?b=c") == (Origin("https", "gateway.example", 443), "/a?b=c")
    assert parse("https://gateway.example:8443") == (Origin("https", "gateway.example", 8443), "/")


def test_s29_nothing_else_in_the_program_opens_a_connection() -> None:
    source = Path(palpate.__file__).parent
    openers = {"http.client", "urllib.request", "requests", "httpx", "aiohttp", "ftplib", "telnetlib", "urllib3"}
    found = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if openers & set(names):
                found.add(path.relative_to(source).as_posix())
    assert found == {"web/outbound.py"}
