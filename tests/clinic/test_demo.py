"""The demo practice holds somebody in every state of care, made by real deeds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

from palpate.clinic.demo import fill, filled_on
from palpate.clinic.demo.fill import _practice
from palpate.clinic.models import (
    Appointment,
    Decision,
    Episode,
    Gives,
    HeldSession,
    Message,
    Offer,
    Package,
    Person,
    PhoneSent,
    Session,
    Wish,
)
from palpate.clinic.paying import packages


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
    takes_part()


def takes_part() -> None:
    """So that every page of the book, the telephone, the messages and the payments has something to show."""
    stopped = Package.objects.get()
    found = packages.standing_of(stopped.person)
    assert (found[0].left, found[0].refund) == (4, 300_00)
    assert packages.has_stopped(stopped.person)
    assert {row.purpose for row in PhoneSent.objects.all()} == {"intake", "check_in", "after_session"}
    worse = Decision.objects.filter(disposition="do_not_massage_now").latest("number")
    assert PhoneSent.objects.filter(episode=worse.episode, purpose="check_in", language="es").exists()
    assert Wish.objects.filter(done__isnull=True, what="move").exists()
    assert HeldSession.objects.filter(state="held").count() == 2
    assert Offer.objects.filter(state="made", waiting__state="waiting").exists()
    assert Appointment.objects.filter(state="cancelled", fee_cents=40_00).exists()
    assert Message.objects.filter(state="waiting", kind="reminder").exists()
    assert Gives.objects.count() == 2


def test_its_today_is_that_of_its_own_clock_late_in_the_evening_and_across_a_change_of_the_clocks(db: Any) -> None:
    stage = _practice(datetime(2026, 11, 26, 4, 30, tzinfo=UTC))  # half past eleven in the evening of the day before
    assert stage.today == date(2026, 11, 25)
    assert filled_on(stage.practice) == date(2026, 11, 25)
