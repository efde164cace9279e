"""Walking over every route of the clinic: addresses from ids, requests that leave nothing, digests of the store."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core import serializers
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from palpate.clinic.models import User
from palpate.web.fields import VERSIONED
from palpate.web.pages.intake.screens import BY_ID
from palpate.web.routes import PROGRAMS, Route
from palpate.web.urls import ROUTES
from tests.filled_world import Filled
from tests.form_client import FormClient

PASSING = frozenset({"AuditRow", "AuditHead", "Throttle"})  # what reading may change
NUMBER = re.compile(rb"\b[0-9a-f]{12}\b")  # of a request, on each error page
BACKEND = "palpate.web.signed_in.Backend"
STAFF = ("owner", "therapist", "colleague", "desk", "auditor")


def pages() -> list[Route]:
    """Every route but those of programs."""
    return [route for route in ROUTES if PROGRAMS not in (route.read, route.write)]


def names_in(route: Route) -> list[str]:
    """The parts of a route's path that vary."""
    return re.findall(r"<\w+:(\w+)>", route.path)


def address(route: Route, filled: Filled, **other: Any) -> str:
    """The address of a route in a filled record. A part that no record has a value for is a fault of this test."""
    told: dict[str, Any] = {}
    for name in names_in(route):
        if name in other:
            told[name] = other[name]
        elif name == "which":
            told[name] = filled.more[route.name]
        elif name in filled.ids:
            told[name] = filled.ids[name]
        else:
            told[name] = {
                "screen": next(iter(BY_ID)),
                "date": filled.world.day.isoformat(),
                "pk": 999_999,
                "kind": "reminder",
                "language": "en",
                "secret": "x" * 43,
            }[name]
    return reverse(route.name, kwargs=told)


def nowhere(route: Route, filled: Filled) -> str:
    """The address of a route with ids that nobody has."""
    absent = {name: uuid.uuid4() for name in names_in(route) if f"<uuid:{name}>" in route.path}
    return address(route, filled, **absent)


def as_sent(route: Route, method: str) -> dict[str, Any]:
    """What a request of a route carries at least: JSON where that is taken, a version where one is asked for."""
    if method != "post":
        return {}
    if route.json:
        return {"data": "{}", "content_type": "application/json"}
    return {"data": {"_version": "1"}} if route.name in VERSIONED else {}


@contextmanager
def undone() -> Iterator[None]:
    """Lets a request do what it does, and takes all of it back, the session included."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Walker:
    """Somebody signed in, whose every request is undone."""

    def __init__(self, user: User | None, **settings: Any) -> None:
        self.client = FormClient(**settings)
        if user is not None:
            self.client.force_login(user, backend=BACKEND)
        self.kept = {name: morsel.value for name, morsel in self.client.cookies.items()}

    def ask(self, method: str, url: str, **more: Any) -> HttpResponse:
        """One request, as if it were the first."""
        self.client.cookies.clear()
        self.client.cookies.load(self.kept)
        with undone():
            answer: Any = getattr(self.client, method)(url, **more)
            if answer.streaming:
                answer.read_body = b"".join(answer.streaming_content)
        return answer  # type: ignore[no-any-return]


def body_of(answer: HttpResponse) -> bytes:
    """The body, without the number of its request and the marks of its forms."""
    return NUMBER.sub(b"", answer.content)


def digest() -> dict[str, str]:
    """A digest of each table, without those that reading may change."""
    found = {}
    for model in apps.get_app_config("clinic").get_models():
        if model.__name__ not in PASSING:
            rows = serializers.serialize("json", model.objects.order_by("pk"))
            found[model.__name__] = hashlib.sha256(rows.encode()).hexdigest()
    return found
