"""The frame of the clinic: acts, decisions and the record they are made from."""

from __future__ import annotations

import pytest

from palpate.clinic import deciding
from palpate.clinic.acts import NoAct, act
from palpate.clinic.models import AuditRow, Decision
from tests.clinic_world import World


def test_nothing_is_saved_outside_an_act(world: World) -> None:
    world.person.phone = "1"
    with pytest.raises(NoAct):
        world.person.save()


def test_a_decision_about_a_new_episode_asks_and_is_stored_with_its_document(world: World) -> None:
    with act(world.actor(world.therapist), "decision", "test", change=True) as deed:
        deed.concerns(world.person)
        first = deciding.decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
        second = deciding.decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert first.disposition == "incomplete"
    assert first.document
    assert first.answer
    assert first.pk == second.pk
    assert Decision.objects.count() == 1
    assert str(world.person.pk) in AuditRow.objects.latest("number").persons
