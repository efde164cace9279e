"""The demo practice holds somebody in every state of care, made by real deeds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from palpate.clinic.demo import fill
from palpate.clinic.models import Decision, Episode, Person, Session


@pytest.mark.slow
def test_the_demo_practice_has_somebody_in_every_state_of_care(db: Any) -> None:
    practice = fill()
    assert practice.demo
    newest = Counter(
        Decision.objects.filter(episode=episode).latest("number").disposition for episode in Episode.objects.all()
    )
    assert {"emergency", "medical_exam_first", "physician_clearance", "incomplete", "change_treatment"} <= set(newest)
    assert newest["treat"] + newest["treat_with_precautions"] >= 2
    assert Person.objects.filter(match_name="anna berg").count() == 2
    assert Session.objects.filter(state=Session.State.OPEN).count() == 1
    assert Episode.objects.filter(state=Episode.State.CLOSED).count() == 1
    assert not Decision.objects.filter(disposition="not_assessed").exists()
