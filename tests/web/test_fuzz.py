"""Any bytes at every address that takes a form: answered or refused, and never a fault of the program (S-22)."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palpate.web.fields import ASKED, FIELDS
from palpate.web.routes import Route
from tests.clinic_world import World
from tests.filled_world import Filled, fill
from tests.walking import Walker, address, digest, pages

FORM = "application/x-www-form-urlencoded"
# What breaks careless readers: NUL, lone surrogates as raw bytes, digits that are none, numbers without end, paths.
NASTY = [
    b"\x00",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    "²".encode(),
    "٣".encode(),
    b"9" * 400,
    b"-1",
    b"1e999",
    b"NaN",
    b"Infinity",
    b"0000-00-00",
    b"9999-12-31",
    b"10000-01-01",
    b"2026-02-30",
    b"24:00",
    b"[]",
    b"{}",
    b"[" * 2000,
    b"null",
    b"true",
    b"\r\nSet-Cookie: a=b",
    b"../../etc/passwd",
    b"%00",
    b"' OR 1=1 --",
    b"00000000-0000-0000-0000-000000000000",
    b"x" * 30_000,
    b" ",
    b"",
]
EXTRA = [
    *("saddle_numbness", "saddle_numbness__state", "pain_duration_days", "pain_duration_days__unit", "none", "shown"),
    *("pain_nrs", "global_change", "activity_1", "reason", "reached", "home", "pathway", "acute_exam_policy"),
]


def names_of(route: Route) -> list[str]:
    listed = FIELDS[route.name]
    return EXTRA if listed == ASKED else [name.replace("*", "0") for name in listed.split()]


def encoded(pairs: list[tuple[str, bytes]]) -> bytes:
    return b"&".join(f"{name}={quote_from_bytes(value)}".encode() for name, value in pairs)


def fuzzed(world: World, own: Filled) -> list[tuple[Walker, Route, str]]:
    """Every form once, with the first role that may send it: what reads a form is the same for all of them."""
    found: list[tuple[Walker, Route, str]] = []
    for who in ("therapist", "owner", "desk"):
        walker = Walker(world.staff[who], raise_request_exception=False)
        roles = world.staff[who].roles
        met = {route.name for _, route, _ in found}
        forms = [route for route in pages() if not route.json and roles & route.write and route.name not in met]
        found += [(walker, route, address(route, own)) for route in forms]
    nobody = Walker(None, raise_request_exception=False)
    found += [(nobody, route, address(route, own)) for route in pages() if "anyone" in route.write]
    return found


def test_s22_nasty_bytes_in_each_field_of_each_form_are_never_a_fault_of_the_program(world: World) -> None:
    own = fill(world)
    dice = random.Random(7)
    sent = 0
    for walker, route, url in fuzzed(world, own):
        names = names_of(route)
        for at in range(0, len(NASTY), 4):
            pairs = [(name, dice.choice(NASTY[at : at + 4])) for name in names for _ in range(dice.choice((1, 1, 2)))]
            pairs += [("_version", dice.choice([b"1", *NASTY[at : at + 4]])), ("_form", dice.choice(NASTY))]
            answer = walker.ask("post", url, data=encoded(pairs), content_type=FORM)
            assert 200 <= answer.status_code < 500, f"{route.name}: {pairs}"
            sent += 1
    assert sent > 500


def test_s22_a_refused_form_leaves_no_row(world: World) -> None:
    own = fill(world)
    all_of_them = fuzzed(world, own)[::3]
    before = digest()
    for walker, route, url in all_of_them:
        pairs = [(name, b"\xed\xa0\x80") for name in names_of(route)]
        walker.client.cookies.clear()
        walker.client.cookies.load(walker.kept)
        if walker.kept and names_of(route) and route.category != "signin":
            answer = walker.client.post(url, data=encoded(pairs), content_type=FORM)
            if answer.status_code >= 400:
                assert digest() == before, route.name
            else:
                before = digest()


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_s22_any_text_in_any_form(fuzzing: list[tuple[Walker, Route, str]], data: st.DataObject) -> None:
    walker, route, url = data.draw(st.sampled_from(fuzzing))
    names = names_of(route) or ["x"]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(names), st.binary(max_size=60)), max_size=8))
    answer = walker.ask("post", url, data=encoded(pairs), content_type=FORM)
    assert 200 <= answer.status_code < 500, f"{route.name}: {pairs}"


@pytest.fixture
def fuzzing(world: World) -> list[tuple[Walker, Route, str]]:
    return fuzzed(world, fill(world))


PART = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00.png"\r\n\r\n'
MULTI = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PART + b"A", MULTI),
        (PART + b"A\r\n--x--", "multipart/form-data; boundary=y"),
        (b"--x\r\nbroken", MULTI),
        (b"title=A", "multipart/form-data"),
        (b"title=A", "multipart/form-data; boundary=" + "b" * 300),
        (FILE + b"A\r\n--x--", MULTI),
        (PART.replace(b"\r\nC", b"\r\nContent-Transfer-Encoding: base64\r\nC", 1) + b"!!!\r\n--x--", MULTI),
        (b"title=A", "text/plain"),
        (b"title=A", FORM + "; charset=utf-16"),
        (b"title=A", FORM + "; charset=nothing"),
        (b"{}", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"<a/>", "application/xml"),
        (b"title=A", "\x00"),
        (b"&".join(b"title=%d" % n for n in range(5000)), FORM),
        (b"&".join(b"f%d=1" % n for n in range(5000)), FORM),
        (b"%", FORM),
        (b"=&=&=", FORM),
    ],
    ids=range(18),
)
def test_s22_bodies_that_are_not_what_they_say_are_refused(fuzzing: Any, body: bytes, kind: str) -> None:
    for walker, route, url in fuzzing[:: max(1, len(fuzzing) // 25)]:
        answer = walker.ask("generic", "POST", path=url, data=body, content_type=kind)
        assert 200 <= answer.status_code < 500, route.name
    walker, route, url = next(one for one in fuzzing if one[1].name == "uploads")
    answer = walker.ask("generic", "POST", path=url, data=body, content_type=kind)
    assert 400 <= answer.status_code < 500, answer.status_code


def test_s22_five_thousand_fields_are_too_many(fuzzing: Any) -> None:
    walker, _, url = next(one for one in fuzzing if one[1].name == "person-new")
    body = b"&".join(b"f%d=1" % n for n in range(5000))
    assert walker.ask("post", url, data=body, content_type=FORM).status_code in (400, 413)


def test_s22_deep_and_strange_json_for_taps_is_refused(world: World) -> None:
    own = fill(world)
    route = next(route for route in pages() if route.name == "touches")
    walker, url = Walker(world.therapist, raise_request_exception=False), address(route, own)
    ids = {"person": str(own.ids["person"]), "session": str(own.ids["session"])}
    deep: Any = 1
    for _ in range(40):
        deep = {"a": [deep]}
    tap = {"key": "11111111-1111-4111-8111-111111111111", "kind": "fact", "at": "2026-03-02T09:00:00Z"}
    bodies = [
        json.dumps({**ids, "version": 0, "touches": [{**tap, "data": deep}]}).encode(),
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a": 1e400}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\\ud800"}',
        json.dumps({**ids, "version": 10**30, "touches": []}).encode(),
        json.dumps({**ids, "version": True, "touches": [tap]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "data": {"fact": ["x"], "value": {}}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "kind": ["fact"], "data": {}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "at": "2026-99-99", "data": {"fact": "fever"}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "kind": "undo", "data": {"key": "\x00"}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "at": "0001-01-01T00:00:00+14:00", "kind": "gate",
                                                      "data": {"after": "asked"}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [{**tap, "at": "9999-12-31T23:59:59-14:00", "kind": "clock_start",
                                                      "data": {}}]}).encode(),
        json.dumps({**ids, "version": 0, "touches": [[]] * 5000}).encode(),
    ]  # fmt: skip
    for body in bodies:
        answer = walker.ask("post", url, data=body, content_type="application/json")
        assert 400 <= answer.status_code < 500, (answer.status_code, body[:200])


def test_s13_no_other_method_and_no_override_does_anything(world: World) -> None:
    own = fill(world)
    walker = Walker(world.therapist, raise_request_exception=False)
    before = digest()
    for route in pages():
        url = address(route, own)
        for method in ("put", "patch", "delete", "trace"):
            answer = walker.ask(method, url)
            assert answer.status_code == 405, f"{method} {route.name}: {answer.status_code}"
        answer = walker.ask("options", url)
        assert answer.status_code in (200, 405), route.name
        if not route.write or "therapist" not in route.read:
            continue
        names = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD")
        got = walker.ask("get", f"{url}?_method=POST", **dict.fromkeys(names, "POST"))
        assert got.status_code < 500
    assert digest() == before


def test_s26_a_file_with_a_hostile_name_is_kept_under_ours_or_not_at_all(world: World) -> None:
    own = fill(world)
    route = next(route for route in pages() if route.name == "uploads")
    walker = Walker(world.therapist, raise_request_exception=False)
    for name in ("../../x.png", "a\x00.png", "x" * 500 + ".png", "<script>.png", "\r\nX: y.png"):
        file = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\nnot a picture", "image/png")
        file._name = name  # type: ignore[attr-defined]
        answer = walker.ask("post", address(route, own), data={"title": "Letter", "file": file})
        assert answer.status_code in (400, 422), name
