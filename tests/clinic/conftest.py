"""Every test of the clinic has the same small practice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clinic_world import World, make_world


@pytest.fixture
def world(db: Any) -> World:
    return make_world()
