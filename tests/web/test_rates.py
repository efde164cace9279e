"""Exports: five an hour for one person of the staff, one at a time for the practice (S-40)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from palpate.clinic import downloads, moment
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, Throttle
from tests.clinic_world import World
from tests.web.test_signing_at_once import at_once

__all__ = ["at_once"]  # the fixture: a store that threads can share


def saved(answer: Any) -> int:
    if answer.status_code == 200 and answer.streaming:
        assert b"".join(answer.streaming_content)
    return int(answer.status_code)


def let_go(answer: Any) -> None:
    """What the server does at the end of an answer; `close` of the test client would end the connection too."""
    for closer in answer._resource_closers:
        closer()


def test_s40_the_sixth_export_within_an_hour_waits_whatever_it_is_of(world: World, signed_in: Any) -> None:
    client, of_person = signed_in(world.owner), [world.person.pk]
    addresses = [
        reverse("export-file", args=of_person),
        reverse("export-fhir", args=of_person),
        reverse("export-all"),
        reverse("trail-save"),
        reverse("export-record", args=of_person),
    ]
    assert [saved(client.post(address)) for address in addresses] == [200] * 5
    for address in addresses:
        answer = client.post(address)
        assert answer.status_code == 429
        assert 3500 < int(answer["Retry-After"]) <= 3600
    row = AuditRow.objects.latest("number")
    assert (row.outcome, row.about["status"]) == ("refused", 429)
    assert saved(signed_in(world.therapist).post(addresses[0])) == 200  # another's count is another


def test_s40_after_the_hour_it_counts_anew(world: World) -> None:
    actor = world.actor(world.owner)

    def take() -> None:
        with act(actor, "export", "tests", change=False):
            downloads.begin(actor).end()

    with moment.held_at(moment.now()):
        for _ in range(downloads.MOST):
            take()
        with pytest.raises(downloads.TooMany):
            take()
    with moment.held_at(moment.now() + timedelta(hours=1, seconds=1)):
        take()


def test_s40_one_export_runs_at_a_time_and_its_end_frees_the_next(world: World, signed_in: Any) -> None:
    owner, therapist = signed_in(world.owner), signed_in(world.therapist)
    address = reverse("export-file", args=[world.person.pk])
    running = owner.post(address)
    assert running.status_code == 200
    second = therapist.post(address)
    assert (second.status_code, second["Retry-After"]) == (429, "30")
    assert "running" in second.content.decode()
    assert saved(running) == 200
    third = therapist.post(address)
    assert third.status_code == 200
    let_go(third)  # nobody waited for its first byte
    assert saved(owner.post(address)) == 200


def test_s40_an_export_that_was_killed_does_not_stand_in_the_way_for_ever(world: World, signed_in: Any) -> None:
    address = reverse("export-file", args=[world.person.pk])
    killed = signed_in(world.owner).post(address)
    assert killed.status_code == 200
    with moment.held_at(moment.now() + downloads.LONGEST + timedelta(seconds=1)):
        actor = world.actor(world.therapist)
        with act(actor, "export", "tests", change=False):
            later = downloads.begin(actor)
    let_go(killed)  # it comes late, and must not end the other's
    assert Throttle.objects.filter(key="download-running").exists()
    later.end()
    assert not Throttle.objects.filter(key="download-running").exists()


def test_s40_a_refused_export_is_not_counted(world: World, signed_in: Any) -> None:
    address = reverse("export-file", args=[world.person.pk])
    running = signed_in(world.owner).post(address)
    therapist = signed_in(world.therapist)
    assert [therapist.post(address).status_code for _ in range(8)] == [429] * 8
    let_go(running)
    assert saved(therapist.post(address)) == 200


@pytest.mark.django_db(transaction=True)
def test_s40_of_many_at_once_exactly_one_runs_and_five_are_counted(
    world: World,
    at_once: Callable[[list[Callable[[], Any]]], list[Any]],
) -> None:
    actor, kept = world.actor(world.owner), threading.Lock()
    got: list[downloads.Download] = []

    def take() -> str:
        try:
            with act(actor, "export", "tests", change=False):
                found = downloads.begin(actor)
        except downloads.TooMany:
            return "wait"
        with kept:
            got.append(found)
        return "runs"

    assert sorted(at_once([take] * 8)) == ["runs"] + ["wait"] * 7
    for _ in range(downloads.MOST - 1):
        got.pop().end()
        assert take() == "runs"
    got.pop().end()
    assert at_once([take] * 4) == ["wait"] * 4
    connection.close()
