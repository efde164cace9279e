"""Every route of the clinic as an address that can be asked for, for tests that walk over all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from tests.clinic_world import World


def patterns(resolver: URLResolver | None = None) -> Iterator[tuple[dict[str, Any], URLPattern]]:
    """Each pattern with what its whole path takes, name and converter; those of included lists too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            for taken, inner in patterns(pattern):
                yield {**pattern.pattern.converters, **taken}, inner
        else:
            yield dict(pattern.pattern.converters), pattern


def addresses(world: World) -> list[str]:
    """One address for each route: ids of the world where there are some, made-up ones elsewhere."""
    known = {"person": world.person.pk, "episode": world.episode.pk, "user": world.desk.pk, "stranger": world.other.pk}
    found = []
    for taken, pattern in patterns():
        values = {}
        for name, converter in taken.items():
            kind = type(converter).__name__
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
