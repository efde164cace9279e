"""Episodes in every state of decision, for the tests of decisions, referrals, plans and links."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Answer, Decision, Episode, Letter
from tests.clinic_world import World

HEALTHY = json.loads((Path(__file__).parents[1] / "examples" / "1_first_visit.json").read_text(encoding="utf-8"))[
    "facts"
]
LEFT_OUT = ("age_years", "pain_duration_days")  # they follow from the birth date and the onset


def answer(world: World, **changes: Any) -> None:
    """Answers the whole intake as a healthy person with lasting back pain would, but for the changes.

    A change to None leaves the question unasked; to "cannot_say" it was asked and could not be answered.
    """
    told = {name: value for name, value in HEALTHY.items() if name not in LEFT_OUT} | changes
    add(world, **told)


def add(world: World, **told: Any) -> None:
    """Further answers of today."""
    at = moment.now()
    with act(world.actor(world.therapist), "decision", "test", change=True):
        for number, (name, value) in enumerate(told.items()):
            if value is None:
                continue
            state = "cannot_say" if value == "cannot_say" else "answered"
            kept = None if state == "cannot_say" else value
            row = Answer(episode=world.episode, fact=name, state=state, value=kept, day=world.day, at=at, number=number)
            row.save()


def decide(world: World) -> Decision:
    """Decides the episode of the world, as the intake's last screen does."""
    with act(world.actor(world.therapist), "decision", "test", change=True):
        return decide_now(world.actor(world.therapist), world.episode, "intake", world.day)


def decided(world: World, **changes: Any) -> Decision:
    answer(world, **changes)
    return decide(world)


def acute(world: World) -> Decision:
    """A person with acute low back pain: a medical examination first."""
    with act(world.actor(world.therapist), "decision", "test", change=True):
        episode = Episode.objects.get(pk=world.episode.pk)
        episode.onset = world.day - timedelta(days=10)
        episode.save()
    world.episode = episode
    return decided(world)


def emergency(world: World) -> Decision:
    return decided(world, saddle_numbness=True)


def at(world: World, name: str, **more: Any) -> str:
    """The address of a page of the world's episode."""
    return reverse(name, kwargs={"person": world.person.pk, "episode": world.episode.pk, **more})


def make_letter(world: World, client: Client, **told: str) -> Letter:
    """A referral letter, made through its page."""
    data = {"to": "Dr Kim, Elm Street Surgery", "remark": "", "agreed": "yes", **told}
    response = client.post(at(world, "referral-new"), data)
    assert response.status_code == 303, response.content.decode()
    return Letter.objects.get(episode=world.episode, pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])
