"""Every process decides by the pathway that the store names, or not at all (S-67)."""

from __future__ import annotations

import pytest

from palpate.clinic import deciding
from palpate.clinic.acts import act
from palpate.clinic.models import PublishedPathway
from palpate.clinic.moment import now
from palpate.pathway.pathway import Pathway
from tests.clinic_world import World


def older(pathway: Pathway) -> Pathway:
    """The same pathway as an older program holds it: another meaning, so another digest."""
    about = {**pathway.meaning["pathway"], "version": "0.0.1"}
    return Pathway.of_meaning({**pathway.meaning, "pathway": about})


def decided(world: World) -> tuple[str, str, str]:
    actor = world.actor(world.therapist)
    with act(actor, "decision", "test", change=True):
        row = deciding.decide_now(actor, world.episode, "intake", world.day)
    return row.disposition, row.fault, row.digest


def test_s67_of_two_workers_the_stale_one_refuses_and_the_other_decides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = deciding.pathway_with("back_massage")
    with monkeypatch.context() as stale:
        stale.setattr(deciding, "pathway_with", lambda id, settings=(): older(current))
        with pytest.raises(deciding.WrongPathway):
            deciding.pathway_in_force()
        disposition, fault, _ = decided(world)
        assert disposition == "not_assessed"
        assert "another version" in fault
        assert deciding.preview(world.episode, "intake", world.day) is None
    disposition, fault, digest = decided(world)
    assert (disposition, fault, digest) == ("incomplete", "", current.digest)


def test_s67_a_worker_meets_a_newly_published_pathway_at_its_next_decision(world: World) -> None:
    assert decided(world)[0] == "incomplete"
    with act(world.actor(world.owner), "pathway", "test", change=True):
        PublishedPathway(
            pathway="back_massage",
            version_text="9",
            digest="sha256:of another program",
            proposed_at=now(),
            confirmed_at=now(),
        ).save()
    assert decided(world)[0] == "not_assessed"


def test_s67_a_withdrawn_pathway_decides_nothing(world: World) -> None:
    row = PublishedPathway.objects.get()
    with act(world.actor(world.owner), "pathway", "test", change=True):
        row.withdrawn_at = now()
        row.save()
    disposition, fault, _ = decided(world)
    assert disposition == "not_assessed"
    assert "withdrawn" in fault
