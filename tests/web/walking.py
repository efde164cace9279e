"""Every route of the clinic as an address that can be asked for, for tests that walk over all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from tests.clinic_world import World


def patterns(resolver: URLResolver | None = None) -> Iterator[tuple[str, URLPattern]]:
    """Each pattern with the whole of its path, those of included lists too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            for path, inner in patterns(pattern):
                yield f"{pattern.pattern}{path}", inner
        else:
            yield str(pattern.pattern), pattern


def addresses(world: World) -> list[str]:
    """One address for each route: ids of the world where there are some, made-up ones elsewhere."""
    known = {"person": world.person.pk, "episode": world.episode.pk, "user": world.desk.pk, "stranger": world.other.pk}
    found = []
    for _, pattern in patterns():
        names = list(pattern.pattern.converters)
        values = {}
        for name in names:
            kind = type(pattern.pattern.converters[name]).__name__
            made_up: object = (
                uuid.uuid5(uuid.NAMESPACE_URL, name)
                if kind == "UUIDConverter"
                else 1
                if kind == "IntConverter"
                else "x"
            )
            values[name] = known.get(name, made_up)
        assert pattern.name, pattern
        found.append(reverse(pattern.name, kwargs=values))
    return found
