"""What every answer says about itself (S-32 to S-35), walked over all routes and all pages of errors."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from palpate.clinic.models import User
from palpate.web import errors
from tests.clinic_world import PASSWORD, World
from tests.web.walking import addresses

SignIn = Callable[[User], Client]


def directives(response: HttpResponse) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}


def check(response: HttpResponse, where: str) -> None:
    """Everything that must stand on an answer, whatever it is."""
    policy = directives(response)
    assert policy["default-src"] == "'none'", where
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == "'none'", where
    assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'", where
    assert "unsafe" not in response.headers["Content-Security-Policy"], where
    assert "http" not in response.headers["Content-Security-Policy"], where
    assert response.headers["X-Content-Type-Options"] == "nosniff", where
    assert response.headers["Referrer-Policy"] == "same-origin", where
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin", where
    assert "no-store" in response.headers["Cache-Control"], where
    for name in ("Server", "X-Powered-By", "Access-Control-Allow-Origin"):
        assert name not in response.headers, where


def walk(world: World, signed_in: SignIn) -> None:
    for client in (Client(), signed_in(world.therapist), signed_in(world.owner)):
        client.raise_request_exception = False
        for address in addresses(world):
            for method in (client.get, client.head, client.options, client.put, client.delete):
                check(method(address), f"{method.__name__} {address}")
            check(client.post(address, {"x": "1"}), f"POST {address}")
        check(client.get("/nowhere/"), "404")


def test_s32_every_answer_has_the_policy_for_its_contents(world: World, signed_in: SignIn) -> None:
    walk(world, signed_in)


@override_settings(
    SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31536000, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
)
def test_s33_over_https_every_answer_asks_for_https_for_a_year_and_plain_http_is_led_there(world: World) -> None:
    safe, plain = Client(headers={"x-forwarded-proto": "https"}), Client()
    safe.raise_request_exception = plain.raise_request_exception = False
    for address in addresses(world):
        answer = safe.get(address)
        check(answer, address)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address
        led = plain.get(address)
        check(led, address)
        if address.startswith("/api/"):
            assert led.status_code == 403, address
        else:
            assert (led.status_code, led.headers["Location"]) == (301, f"https://testserver{address}"), address
        assert "Strict-Transport-Security" not in led.headers
    assert plain.get("/api/v1/nothing").status_code == 403


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 411, 413, 422, 429, 500, 503])
def test_s32_every_page_of_an_error_says_it(
    world: World, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    from palpate.web import guard

    monkeypatch.setattr(guard, "_answer", lambda route, request, ids: errors.error_page(request, status, "no", retry=5))
    client = signed_in(world.therapist)
    answer = client.get(addresses(world)[0])
    assert answer.status_code == status
    check(answer, str(status))


def test_s32_a_fault_before_any_route_is_known_says_it_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    check(client.get("/", headers={"host": "evil.example"}), "host")
    chunked: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"x" * ((1 << 20) + 1))}
    large = client.post("/", data=b"", content_type="text/plain", **chunked)
    assert large.status_code == 413
    check(large, "413")
    check(client.post("/", {"a": "b"}, CONTENT_LENGTH=str(1 << 30)), "413")
    from django.contrib.sessions.backends.db import SessionStore

    def fails(self: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(SessionStore, "load", fails)
    client.cookies["palpate_session"] = "x" * 32
    answer = client.get(addresses(world)[0])
    assert answer.status_code == 500
    check(answer, "500")


def test_s34_signing_out_clears_what_the_browser_kept(world: World, signed_in: SignIn) -> None:
    from django.urls import reverse

    answer = signed_in(world.therapist).post(reverse("account_logout"))
    assert answer.status_code in (302, 303)
    assert '"cache"' in answer.headers["Clear-Site-Data"]
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    check(answer, "sign-out")


# --- Redirects and hosts (S-35) ---------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "https:evil.example", "javascript:alert(1)", "/\t/evil.example", "http://testserver@evil.example/",
    "%2F%2Fevil.example",
]  # fmt: skip


def led_to(client: Client, address: str, target: str) -> list[SplitResult]:
    """Where a page leads that is told to go on to a target."""
    answers = (
        client.get(address, {"next": target}),
        client.post(f"{address}?next=/", {"next": target, "login": "a@b.example", "password": "x"}),
    )
    told = [answer.headers.get(name, "") for answer in answers for name in ("Location", "HX-Redirect", "HX-Location")]
    return [urlsplit(urljoin("http://testserver/", one.replace("\\", "/"))) for one in told]


def test_s35_no_page_leads_to_another_host(world: World, signed_in: SignIn) -> None:
    """Each page with one of them in turn: what such a name can do hangs on how it is written, not on the page."""
    for client in (Client(), signed_in(world.therapist)):
        client.raise_request_exception = False
        for number, address in enumerate(addresses(world)):
            for led in led_to(client, address, ELSEWHERE[number % len(ELSEWHERE)]):
                assert led.netloc == "testserver", f"{address} leads to {led.geturl()}"


@pytest.mark.parametrize("target", [*ELSEWHERE, "/people/?mark"])
def test_s35_who_signs_in_is_led_on_to_pages_of_this_host_only(world: World, target: str) -> None:
    told = {"login": world.therapist.email, "password": PASSWORD, "next": target}
    answer = Client().post("/account/sign-in/", told)
    assert answer.status_code == 302
    led = urlsplit(urljoin("http://testserver/account/sign-in/", answer.headers["Location"].replace("\\", "/")))
    assert led.netloc == "testserver"
    assert (led.path == "/people/") == (target == "/people/?mark")


def test_s35_a_forged_host_is_refused_and_forwarded_hosts_are_not_believed(world: World, signed_in: SignIn) -> None:
    client = signed_in(world.therapist)
    client.raise_request_exception = False
    for address in addresses(world):
        assert client.get(address, headers={"host": "evil.example"}).status_code == 400, address
        answer = client.get(address, headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
        assert "evil.example" not in str(answer.headers), address
        if not answer.streaming:
            assert b"evil.example" not in answer.content, address
