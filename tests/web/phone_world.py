"""Links to telephones in tests: making them, opening them, and what a whole check-in sends."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from palpate.clinic import phone_links
from palpate.clinic.acts import act
from palpate.clinic.phone_links import CHECK_IN, PLAN
from palpate.web.pages.phone.entry import HOME
from tests.clinic.test_phone_checkins import appointment
from tests.clinic_world import World

WHOLE = {
    "pain_nrs": "3", "global_change": "1", "sleep_nrs": "2", "activity_1": "6", "activity_2": "7", "activity_3": "5",
    "after": "well", "new": "nothing",
}  # fmt: skip


def make(world: World, purpose: str) -> phone_links.Made:
    with act(world.actor(world.therapist), "tests", "make", change=True):
        visit_of = appointment(world) if purpose == CHECK_IN else None
        return phone_links.make(purpose, world.person, visit_of, world.episode)


def redeem(world: World, made: phone_links.Made, **settings: Any) -> Client:
    """A browser in which this link was opened."""
    client = Client(**settings)
    answer = client.post(reverse("phone"), {"secret": made.secret})
    assert answer.status_code == 303
    if made.link.purpose == PLAN:
        answer = client.post(reverse("phone-born"), {"birth_date": world.person.birth_date.isoformat()})
    assert answer["Location"] == reverse(HOME[made.link.purpose])
    return client


def opened(world: World, purpose: str, **settings: Any) -> Client:
    return redeem(world, make(world, purpose), **settings)


def one_of(answer: HttpResponse, name: str) -> list[str]:
    """The values of the hidden fields of a name."""
    return re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.content.decode())
