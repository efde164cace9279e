"""Every form says whose page it was made on and, where it changes a row, which version it saw; a form that does not is
refused on every address (S-56, S-69)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

import palpate.web
from palpate.web.fields import FIELDS, OF_ONE, VERSIONED
from palpate.web.routes import EVERY_STAFF, Route
from tests.clinic_world import World
from tests.filled_world import Filled, fill
from tests.walking import BACKEND, Walker, address, digest, names_in, pages


@dataclass
class Form:
    """A form of a page: where it goes and what is hidden in it."""

    to: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that are posted."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found: list[Form] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = told.get("method", "get").lower() == "post"
            if self.inside:
                self.found.append(Form(urlsplit(urljoin(self.url, told.get("action", ""))).path))
        elif tag in ("input", "button") and self.inside and told.get("name"):
            self.found[-1].fields[told["name"]] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def of_a_person(route: Route) -> bool:
    """Whether a form goes to this route and a person stands in its path."""
    return bool(route.write) and not route.json and any(name in names_in(route) for name in OF_ONE)


def who(route: Route, allowed: frozenset[str]) -> str:
    """Somebody who may: of several, the one in whose care the person is; the glass is broken by who has no care."""
    if "stranger" in names_in(route):
        return "colleague"
    return next(name for name in ("therapist", "owner", "desk", "auditor") if name in allowed)


def forms_of_all_pages(world: World, filled: Filled) -> Iterator[tuple[str, Form]]:
    """Each form of each page of the staff, with the address of its page."""
    walkers = {name: Walker(user) for name, user in world.staff.items()}
    for route in pages():
        if not route.read & EVERY_STAFF:
            continue
        for name in {who(route, route.read), *({"owner", "desk"} & route.read if route.name == "person" else ())}:
            url = address(route, filled)
            answer = walkers[name].ask("get", url)
            if answer.status_code == 200 and "html" in answer["Content-Type"]:
                parser = Forms(url)
                parser.feed(answer.content.decode())
                yield from ((url, form) for form in parser.found)


@pytest.mark.slow
def test_s69_every_form_to_a_person_carries_the_person_and_where_it_edits_the_version(world: World) -> None:
    met = set()
    for url, form in forms_of_all_pages(world, fill(world)):
        match = resolve(form.to)
        named = [str(match.kwargs[name]) for name in OF_ONE if name in match.kwargs]
        if named:
            met.add(match.url_name)
            assert form.fields.get("_person") == named[0], f"{url}: the form to {form.to}"
        if match.url_name in VERSIONED:
            met.add(match.url_name)
            assert form.fields.get("_version", "").isdigit(), f"{url}: the form to {form.to}"
    assert len(met) > 30  # the others are on pages that this record does not show: see below


FORM = re.compile(r"<form\b[^>]*\bmethod=\"post\".*?</form>", re.DOTALL)
GOES_TO = re.compile(r"{% url '([\w-]+)'")
TEMPLATES = Path(palpate.web.__file__).parent / "templates"


def test_s69_no_template_has_a_form_of_a_person_without_its_marks() -> None:
    by_name = {route.name: route for route in pages()}
    seen = 0
    for file in sorted(TEMPLATES.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        for form in FORM.findall(text):
            opening = form[: form.index(">", form.rfind("%}", 0, form.index("{% csrf_token %}")) + 1)]
            names = [name for name in GOES_TO.findall(opening) if name in by_name]
            if any(of_a_person(by_name[name]) for name in names) or (not names and 'extends "way.html"' in text):
                seen += 1
                assert "{% form_marks person=" in form, f"{file.name}: {opening[:120]}"
            if any(name in VERSIONED for name in names):
                assert "version=" in form, f"{file.name}: {opening[:120]}"
    assert seen > 35


def test_s69_a_form_without_the_mark_of_a_person_is_refused_on_every_route(world: World) -> None:
    filled = fill(world)
    clients = {name: Client() for name in world.staff}  # not those of the other tests, which put the mark in
    for name, client in clients.items():
        client.force_login(world.staff[name], backend=BACKEND)
    before = digest()
    walked = 0
    for route in pages():
        if of_a_person(route):
            client = clients[who(route, route.write)]
            answer = client.post(address(route, filled), {"_version": "1"})
            assert answer.status_code == 422, f"{route.name}: {answer.status_code}"
            assert b"does not say on whose page it was made. Nothing was saved." in answer.content, route.name
            other = client.post(address(route, filled), "{}", content_type="application/json")
            assert other.status_code == 422, f"{route.name}: {other.status_code}"  # what comes as JSON is no way round
            walked += 1
    assert walked > 40
    assert digest() == before


def test_s56_a_form_that_edits_and_does_not_say_what_it_saw_is_refused_on_every_route(world: World) -> None:
    filled = fill(world)
    walkers = {name: Walker(user) for name, user in world.staff.items()}
    before = digest()
    routes = [route for route in pages() if route.name in VERSIONED]
    assert {route.name for route in routes} == VERSIONED <= FIELDS.keys()
    for route in routes:
        walker = walkers[who(route, route.write)]
        for version in ({}, {"_version": "\u0663"}):
            answer = walker.ask("post", address(route, filled), data=dict(version))
            assert answer.status_code == 422, f"{route.name} {version}: {answer.status_code}"
            assert b"does not say which version" in answer.content, route.name
    assert digest() == before


# What a form of each route that edits sends, so that nothing but its version is wrong with it.
SENT: dict[str, dict[str, Any]] = {
    "person-edit": {"given_name": "Ada", "family_name": "Lind", "birth_date": "1979-04-02"},
    "person-unmerge": {},
    "letter-handed": {"how": "given"},
    "letter-close": {"why": "It is not needed any more"},
    "letter-change": {"to": "Dr Kim", "remark": "Please call"},
    "intake-decide": {},
    "check-muscle": {"spasm_response": "none"},
    "user-active": {"active": "no"},
}


@pytest.mark.parametrize("name", sorted(SENT))
def test_s56_a_form_that_edits_and_saw_another_version_is_stale(world: World, name: str) -> None:
    filled = fill(world)
    route = next(route for route in pages() if route.name == name)
    walker = Walker(world.staff[who(route, route.write)])
    answer = walker.ask("post", address(route, filled), data={**SENT[name], "_version": "99"})
    assert answer.status_code == 409, answer.content.decode()
