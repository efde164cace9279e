"""What the attacks share: a session in which treatment is open, forms of the pages, and what must not happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from palpate.clinic.models import (
    Decision,
    Episode,
    Touch,
    User,
)
from tests.clinic_world import World
from tests.web.session_taps import NOTHING_FOUND, SWEDISH, UNCHANGED, Clock, Tablet

SignedIn = Callable[[User], Client]
BACKEND = "palpate.web.signed_in.Backend"
MAY = ("treat", "treat_with_precautions")


def at(world: World, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"person": world.person.pk, "episode": world.episode.pk, **more})


def send(world: World, client: Client, page_name: str, into: dict[str, Any] | None = None, **told: Any) -> Any:
    """A form of this person's page, with the version that the store has now."""
    marks = {"_person": str(world.person.pk), "_version": Episode.objects.get(pk=world.episode.pk).version}
    return client.post(at(world, page_name, **(into or {})), {**marks, **told})


def next_day(tablet: Tablet, clock: Clock, days: int = 1) -> None:
    """Days later, signed in again: a sign-in does not last over night."""
    clock.day(days)
    tablet.client.force_login(tablet.world.therapist, backend=BACKEND)


def asked(tablet: Tablet) -> Any:
    """A session in which everything was asked and felt, and treatment is open."""
    assert tablet.start().status_code == 303
    tablet.tap("unchanged", **UNCHANGED)
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    told = tablet.tap("facts", values=NOTHING_FOUND)
    assert told["state"]["treat_open"], told
    return told


def closed(tablet: Tablet) -> str:
    """No treatment is taken, by no kind of tap. Returns the sentence why."""
    before = Touch.objects.filter(kind__in=("treat", "again")).count()
    answer = tablet.send(("treat", SWEDISH))
    assert answer.status_code in (403, 404, 409), answer.content
    again = tablet.send(("again", {"treatments": [SWEDISH]}))
    assert again.status_code in (403, 404, 409), again.content
    assert Touch.objects.filter(kind__in=("treat", "again")).count() == before
    return str(answer.json().get("detail", "")) if "json" in answer["Content-Type"] else ""


def newest(episode: Episode) -> Decision:
    return Decision.objects.filter(episode=episode).latest("number")


def screen_of(fact: str) -> str:
    from palpate.web.pages.intake.screens import BY_ID

    return next(id for id, screen in BY_ID.items() if fact in screen.facts)


def told_by(decision: Decision) -> dict[str, Any]:
    """The stored answer of a decision."""
    return dict(json.loads(decision.answer))
