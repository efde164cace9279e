"""Every test of the pages has the same small practice, and clients that are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from palpate.clinic.models import User
from tests.clinic_world import World, make_world
from tests.form_client import FormClient
from tests.web.signing_world import give_app


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A client in which this member of the staff is signed in."""

    def client_of(user: User) -> Client:
        client = FormClient()
        client.force_login(user, backend="palpate.web.signed_in.Backend")
        return client

    return client_of


@pytest.fixture
def guarded(db: Any) -> World:
    """The practice with the second factor on, and an owner and a therapist who have an app."""
    world = make_world(second_factor=True)
    give_app(world.owner)
    give_app(world.therapist)
    return world
