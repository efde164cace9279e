"""Who may do what: every route against the table of roles, which stands here once more (S-08, S-13, S-14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from palpate.web.pages.account.routes import ROUTES as ACCOUNT
from palpate.web.pages.feeds.routes import ROUTES as FEEDS
from palpate.web.pages.link.routes import ROUTES as LINKS
from palpate.web.pages.phone.routes import BY_LINK
from palpate.web.pages.start.routes import ROUTES as START
from palpate.web.routes import ANYONE, PROGRAMS, Route
from palpate.web.urls import ROUTES
from tests.clinic_world import World
from tests.filled_world import another, fill
from tests.walking import STAFF, Walker, address, as_sent, body_of, digest, names_in, nowhere, pages

O, T, D, A = "owner", "therapist", "desk", "auditor"  # noqa: E741
ALL = {O, T, D, A}
# By the category of a route: who may read and who may write. Source: the table of roles, safety requirements section 2.
MATRIX: dict[str, tuple[set[str], set[str]]] = {
    "appointment": (ALL, {O, T, D}),
    "contact": (ALL, {O, D}),
    "answers": ({T}, {T}),
    "consent": ({T}, {T}),
    "episode": ({T}, {T}),
    "notes": ({T}, {T}),
    "decision": ({O, T, A}, {T}),
    "document": ({T}, {T, D}),
    "pathway": ({O, T, A}, {O}),
    "users": ({O, A}, {O}),
    "keys": ({O, A}, {O}),
    "audit": ({O, T, A}, set()),
    "export": ({O, T}, {O, T}),
    "erase": ({O}, {O}),
    "glass": ({O, A}, {O}),
    "practice": (ALL, {O}),
    "own": (ALL, ALL),
    "signin": (ALL, ALL),
}
# Where a route goes beyond its row, and why that is right. (role, "read" or "write")
BEYOND: dict[str, tuple[set[tuple[str, str]], str]] = {
    "people-search": ({(T, "write"), (A, "write")}, "a search is posted so that no name stands in an address"),
    "person-new": ({(T, "write")}, "a practice of one person has no desk; who makes a record joins its care team"),
    "person-team": ({(T, "write")}, "a therapist asks a colleague into the care of their own people"),
    "person-merge": ({(T, "write")}, "a therapist merges two records that are both their own"),
    "person-unmerge": ({(T, "write")}, "what a therapist merged they can take apart again"),
    "uploads": ({(D, "read")}, "the form with which the desk adds a file; it shows no content"),
    "referrals": ({(O, "read")}, "how old open referrals are; it opens no letter"),
    "glass-open": ({(T, "read"), (T, "write")}, "S-11"),
    "trail-save": ({(A, "write")}, "the auditor reads the record of everything"),
}
_DOORS = (*ACCOUNT, *LINKS, *BY_LINK, *FEEDS, *START)
OPEN = {route.name for route in _DOORS if ANYONE in (route.read, route.write)} | {"api-openapi"}
REDIRECTS_OUT = {"account_logout"}  # ends the session, so nothing can be asked after it
HAS_NONE = {"mfa_deactivate_totp", "person-merge"}  # nobody has an app to remove; a merge needs a second person


def table(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    """Each pattern with the whole of its path, those of branches too."""
    for one in resolver.url_patterns:
        inner = table(one) if isinstance(one, URLResolver) else [("", one)]
        yield from ((f"{one.pattern}{path}", pattern) for path, pattern in inner)


def test_s08_every_address_is_in_the_table_and_stands_behind_the_guard() -> None:
    found = list(table(get_resolver()))
    assert {pattern.name: pattern.callback.route for _, pattern in found} == {route.name: route for route in ROUTES}
    assert {pattern.name: path for path, pattern in found} == {route.name: route.path for route in ROUTES}
    assert len(ROUTES) == len(found), "two routes have one name"
    for route in ROUTES:
        assert route.read or route.write, f"{route.name} is open to nobody"


def test_s08_each_route_is_open_to_nobody_beyond_the_table_of_roles() -> None:
    for route in ROUTES:
        if PROGRAMS in (route.read, route.write):
            assert route.read in (PROGRAMS, frozenset()), route.name
            assert route.write in (PROGRAMS, frozenset()), route.name
            continue
        if ANYONE in (route.read, route.write):
            assert route.name in OPEN, f"{route.name} is open to anybody"
            continue
        read, write = MATRIX[route.category]
        more, _ = BEYOND.get(route.name, (set(), ""))
        beyond = {(role, "read") for role in route.read - read} | {(role, "write") for role in route.write - write}
        assert beyond <= more, f"{route.name}: {beyond - more}"


def test_s08_no_route_that_names_a_person_shows_more_than_its_category_allows() -> None:
    scopes = {"answers": {"clinical"}, "notes": {"clinical"}, "consent": {"clinical"}, "episode": {"clinical"}}
    scopes |= {"decision": {"decision", "clinical"}, "document": {"document", "clinical"}}
    for route in pages():
        if "person" in names_in(route) and route.category in scopes and route.name not in ("uploads",):
            assert route.scope in scopes[route.category], f"{route.name}: {route.category} by scope {route.scope}"


def test_s08_role_by_route_by_own_anothers_and_absent(world: World) -> None:
    own = fill(world)
    foreign = another(world, world.colleague, "Cleo")
    for name in STAFF:
        user = world.staff[name]
        walker = Walker(user)
        for route in pages():
            if ANYONE in (route.read, route.write) or route.name in REDIRECTS_OUT:
                continue
            for method, allowed in (("get", route.read), ("post", route.write)):
                if not allowed:
                    continue
                _one(walker, name, user.roles, route, method, allowed, own, foreign)


def _one(
    walker: Walker, name: str, roles: Any, route: Route, method: str, allowed: Any, own: Any, foreign: Any
) -> None:
    said, sent = f"{name} {method} {route.name}", as_sent(route, method)
    ids = [part for part in names_in(route) if f"<uuid:{part}>" in route.path]
    if roles.isdisjoint(allowed):
        answer = walker.ask(method, address(route, own), **sent)
        assert answer.status_code == 404, f"{said}: {answer.status_code}"
        if ids:
            absent = walker.ask(method, nowhere(route, own), **sent)
            assert absent.status_code == 404, said
            assert body_of(absent) == body_of(answer), f"{said}: absent looks otherwise"
        return
    mine, theirs = (foreign, own) if name == "colleague" else (own, foreign)
    if "stranger" in ids:  # the glass is broken for people outside one's care
        mine, theirs = theirs, mine
    answer = walker.ask(method, address(route, mine), **sent)
    assert answer.status_code < 500, f"{said}: {answer.status_code}"
    if (
        method == "get"
        and "pk" not in names_in(route)
        and route.name not in HAS_NONE
        and name not in ("desk", "owner", "auditor")
    ):
        assert answer.status_code != 404, f"{said}: not open to the one it is for"
    if not ids:
        return
    absent = walker.ask(method, nowhere(route, mine), **sent)
    assert absent.status_code == 404, f"{said}, absent: {absent.status_code}"
    if name in ("therapist", "colleague") and {"person", "appointment"} & set(ids):
        answer = walker.ask(method, address(route, theirs), **sent)
        assert answer.status_code == 404, f"{said}, another's: {answer.status_code}"
        assert body_of(answer) == body_of(absent), f"{said}: another's looks otherwise than absent"


def test_s08_without_signing_in_nothing_is_open_but_the_listed_pages(world: World) -> None:
    own = fill(world)
    stranger = Walker(None)
    for route in pages():
        for method, allowed in (("get", route.read), ("post", route.write)):
            if allowed and ANYONE not in (allowed,):
                answer = stranger.ask(method, address(route, own))
                assert answer.status_code == 302, f"{method} {route.name}: {answer.status_code}"
                assert answer["Location"].startswith("/account/sign-in/"), route.name


def test_s08_an_owner_who_does_not_treat_and_the_desk_see_no_notes_and_no_answers(world: World) -> None:
    own = fill(world)
    for name in ("owner", "desk", "auditor"):
        walker = Walker(world.staff[name])
        for route in pages():
            if route.category in ("notes", "answers", "consent", "episode"):
                for method, allowed in (("get", route.read), ("post", route.write)):
                    if allowed:
                        assert walker.ask(method, address(route, own)).status_code == 404, f"{name} {route.name}"


def test_s13_only_the_declared_methods_are_answered_and_no_field_or_header_overrides_them(world: World) -> None:
    own = fill(world)
    walker = Walker(world.therapist)
    before = digest()
    for route in ROUTES:
        url = address(route, own)
        for method in ("get", "post", "put", "patch", "delete", "trace"):
            declared = method.upper() in route.methods
            if declared:
                continue
            answer = walker.ask(method, url)
            assert answer.status_code == 405, f"{method} {route.name}: {answer.status_code}"
            assert set(answer["Allow"].split(", ")) == set(route.methods), route.name
        if not route.write:
            for trick in ({"_method": "POST"}, {"_method": "DELETE"}):
                answer = walker.ask("post", url, data=trick, headers={"X-HTTP-Method-Override": "GET"})
                assert answer.status_code == 405, route.name
        options = walker.ask("options", url)
        assert set(options["Allow"].split(", ")) == set(route.methods), route.name
    assert digest() == before


def test_s13_reading_changes_nothing_but_the_trail(world: World) -> None:
    own = fill(world)
    for name in ("therapist", "owner"):
        client = Client()
        client.force_login(world.staff[name], backend="palpate.web.signed_in.Backend")
        before, read = digest(), [route for route in pages() if route.read]
        for at in range(0, len(read), 10):  # the whole store is looked at after every ten
            names = [route.name for route in read[at : at + 10]]
            for route in read[at : at + 10]:
                for method in ("get", "head"):
                    answer = getattr(client, method)(address(route, own))
                    assert answer.status_code < 500, f"{method} {route.name}"
            after = digest()
            changed = {table for table in after if after[table] != before[table]}
            assert not changed, f"one of {names}, read by {name}, changed {changed}"


def test_s14_nothing_unsafe_without_the_token_or_from_another_origin(world: World) -> None:
    own = fill(world)
    walker = Walker(world.therapist, enforce_csrf_checks=True)
    page = walker.ask("get", "/settings/")
    token = re.search(rb'name="csrf-token" content="(\w+)"', page.content)
    assert token is not None
    walker.kept["palpate_csrf"] = page.cookies["palpate_csrf"].value
    before = digest()
    for route in pages():
        if not route.write:
            continue
        url = address(route, own)
        assert walker.ask("post", url).status_code == 403, f"{route.name}: without a token"
        marked = {"csrfmiddlewaretoken": token[1].decode()}
        for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
            answer = walker.ask("post", url, data=marked, headers={"Origin": origin})
            assert answer.status_code == 403, f"{route.name}: from {origin}"
    assert digest() == before
    right = walker.ask(
        "post", "/account/theme/", data={**marked, "theme": "dark"}, headers={"Origin": "http://testserver"}
    )
    assert right.status_code != 403
