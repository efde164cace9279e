"""A form holds the fields of its page and no other one: a strange field is refused by its name (S-10)."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve

from palpate.web.fields import ASKED, FIELDS, MARKS
from palpate.web.routes import ANYONE, Route
from tests.clinic_world import World
from tests.filled_world import fill
from tests.walking import STAFF, Walker, address, as_sent, digest, pages
from tests.web.test_injection import Page

STRANGE = "merged_into_id"


def writes() -> list[Route]:
    return [route for route in pages() if route.write and not route.json]


def test_s10_every_form_lists_its_fields_and_no_list_is_without_its_form() -> None:
    assert {route.name for route in writes()} == set(FIELDS)
    for name, listed in FIELDS.items():
        assert listed == ASKED or re.fullmatch(r"([a-z0-9_]+\*? ?)*", listed), name
        assert len(set(listed.split())) == len(listed.split()), name


def test_s10_a_strange_field_is_refused_by_its_name_on_every_route_and_nothing_is_saved(world: World) -> None:
    own = fill(world)
    walkers = {who: Walker(world.staff[who]) for who in ("owner", "therapist", "desk", "auditor")}
    before = digest()
    tried = 0
    for who, walker in walkers.items():
        for route in writes():
            if world.staff[who].roles.isdisjoint(route.write):
                continue
            told = {STRANGE: "7", "_version": "1", "_person": str(own.ids["person"]), "shown": "saddle_numbness"}
            if FIELDS[route.name] != ASKED and "shown" not in FIELDS[route.name]:
                del told["shown"]
            answer = walker.ask("post", address(route, own), data=told)
            expected = {422} if FIELDS[route.name] != ASKED else {404, 409, 422}
            assert answer.status_code in expected, f"{who} {route.name}: {answer.status_code}"
            if FIELDS[route.name] != ASKED:
                assert STRANGE in answer.content.decode(), f"{who} {route.name}"
            tried += 1
    assert tried > 90
    assert digest() == before


def test_s10_a_strange_field_is_refused_at_the_doors_that_need_no_sign_in(world: World) -> None:
    walker = Walker(None)
    own = fill(world)
    for route in writes():
        if route.write == ANYONE:
            answer = walker.ask("post", address(route, own), data={STRANGE: "7"})
            assert answer.status_code == 422, f"{route.name}: {answer.status_code}"
            assert STRANGE in answer.content.decode(), route.name


def test_s10_a_file_where_none_is_asked_is_refused_too(world: World) -> None:
    fill(world)
    walker = Walker(world.owner)
    answer = walker.ask(
        "post", "/settings/sites/new/", data={"name": "Quay", "photo": SimpleUploadedFile("a.png", b"x")}
    )
    assert answer.status_code == 422
    assert "photo" in answer.content.decode()


@pytest.mark.parametrize("name", ["who_heat/../x", "often_HEAT", "who_" + "x" * 200, "goals__startswith", "Goals"])
def test_s10_a_name_that_only_looks_like_a_listed_one_is_refused(world: World, name: str) -> None:
    own = fill(world)
    route = next(route for route in writes() if route.name == "plan")
    answer = Walker(world.therapist).ask("post", address(route, own), data={name: "x"})
    assert answer.status_code == 422
    assert "does not belong" in answer.content.decode()


def test_s10_every_field_that_a_page_shows_is_one_that_its_address_takes(world: World) -> None:
    own = fill(world)
    seen = set()
    for who in STAFF:
        walker = Walker(world.staff[who])
        for route in pages():
            if world.staff[who].roles.isdisjoint(route.read) and route.read != ANYONE:
                continue
            url = address(route, own)
            answer = walker.ask("get", url, **as_sent(route, "get"))
            if answer.streaming or answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
                continue
            for form in Page(answer.content.decode()).forms:
                if form["method"].lower() != "post":
                    continue
                target = resolve((form["action"] or url).split("?")[0]).url_name
                listed = FIELDS[str(target)]
                seen.add(target)
                if listed == ASKED:
                    continue
                whole = {one for one in listed.split() if not one.endswith("*")}
                starts = tuple(one[:-1] for one in listed.split() if one.endswith("*"))
                for name in {told["name"] for _, told in form["fields"]} - MARKS - whole:
                    assert starts, f"{target}: {name}"
                    assert name.startswith(starts), f"{target}: {name}"
    assert len(seen) > 40
