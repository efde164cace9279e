"""Adverse events: proposed and never made silently, recorded, changed with a version, and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import AdverseEvent, Measure, User
from tests.clinic_world import World
from tests.course_world import at, visit
from tests.web.session_taps import Clock, ready

SignedIn = Callable[[User], Client]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def client(clock: Clock, world: World, signed_in: SignedIn) -> Client:
    ready(world)
    visit(world)
    return signed_in(world.therapist)


def told(world: World, **but: str) -> dict[str, str]:
    day = moment.today().isoformat()
    event = {"what": "A bruise on the left side", "severity": "mild", "began": day, "action": "Cold pack"}
    return {"_person": str(world.person.pk), **event, "outcome": "", "settled": "", "proposal": "", **but}


def test_an_event_is_recorded_after_the_session_it_followed_and_stands_in_the_record(
    world: World, client: Client
) -> None:
    answer = client.post(at(world, "adverse-new"), told(world))
    event = AdverseEvent.objects.get()
    assert answer["Location"] == at(world, "adverse-event", event=event.pk)
    assert event.session is not None
    assert "A bruise on the left side" in client.get(at(world, "episode")).content.decode()
    assert "A bruise on the left side" in client.get("/adverse/").content.decode()


def test_a_serious_event_leads_to_what_to_do_now(world: World, client: Client) -> None:
    answer = client.post(at(world, "adverse-new"), told(world, severity="serious"))
    assert answer["Location"] == at(world, "decision")
    event = AdverseEvent.objects.get()
    text = client.get(at(world, "adverse-event", event=event.pk)).content.decode()
    assert "a doctor sees the person today" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("what", ""),
        ("what", "bad\x00bad"),
        ("severity", "fatal"),
        ("began", "2026-02-30"),
        ("began", "2999-01-01"),
        ("began", ""),
        ("settled", "1980-01-01"),
    ],
)
def test_what_is_wrong_stands_by_its_field_and_nothing_typed_is_lost(
    world: World, client: Client, name: str, value: str
) -> None:
    answer = client.post(at(world, "adverse-new"), told(world, **{name: value}))
    assert answer.status_code == 422
    assert not AdverseEvent.objects.exists()
    assert "Cold pack" in answer.content.decode()
    assert name in answer.context["form"].errors


def test_s10_an_unknown_field_is_refused_by_name(world: World, client: Client) -> None:
    answer = client.post(at(world, "adverse-new"), told(world, at="2020-01-01"))
    assert answer.status_code == 422
    assert not AdverseEvent.objects.exists()


def test_s56_two_tabs_keep_both_texts(world: World, client: Client) -> None:
    client.post(at(world, "adverse-new"), told(world))
    event = AdverseEvent.objects.get()
    url = at(world, "adverse-event", event=event.pk)
    assert client.post(url, told(world, _version="1", outcome="Gone after two days")).status_code == 303
    stale = client.post(url, told(world, _version="1", outcome="Still there"))
    assert stale.status_code == 409
    assert "Gone after two days" in stale.content.decode()
    assert "Still there" in stale.content.decode()
    assert AdverseEvent.objects.get().outcome == "Gone after two days"


def test_something_suspicious_told_in_a_session_is_proposed_and_recorded_only_by_hand(
    clock: Clock, world: World, client: Client, signed_in: SignedIn
) -> None:
    clock.day(7)
    visit(world, facts={"dark_urine": True, "large_bruise_or_swelling": False})
    client = signed_in(world.therapist)
    text = client.get(at(world, "episode")).content.decode()
    assert "Dark urine after the massage" in text
    assert "A large or growing bruise" not in text
    assert not AdverseEvent.objects.exists()
    proposal = f"dark_urine {moment.today().isoformat()}"
    form = client.get(at(world, "adverse-new") + f"?from={proposal}").context["form"]
    assert form.initial["what"] == "Dark urine after the massage."
    client.post(at(world, "adverse-new"), told(world, what="Dark urine, doctor called", proposal=proposal))
    event = AdverseEvent.objects.get()
    assert event.session is not None
    assert event.session.day == moment.today() - timedelta(days=7)
    assert "Was this an adverse event" not in client.get(at(world, "episode")).content.decode()


@pytest.mark.parametrize(("days", "value", "proposed"), [(3, 7, True), (2, 7, False), (3, 6, False), (5, 9, True)])
def test_soreness_of_seven_at_72_hours_is_proposed(
    clock: Clock, world: World, client: Client, signed_in: SignedIn, days: int, value: int, proposed: bool
) -> None:
    clock.day(days)
    with act(world.actor(world.therapist), "tests", "sore", change=True):
        row = Measure(name="soreness_nrs", value=value, episode=world.episode, day=moment.today(), at=moment.now())
        row.save()
    text = signed_in(world.therapist).get(at(world, "episode")).content.decode()
    assert (f"Soreness {value} of 10" in text) is proposed


def test_events_are_counted_by_month_and_an_owner_sees_the_counts_only(
    world: World, client: Client, signed_in: SignedIn
) -> None:
    client.post(at(world, "adverse-new"), told(world))
    client.post(at(world, "adverse-new"), told(world, severity="moderate", what="Dizzy"))
    for role in ("owner", "auditor"):
        shown = signed_in(world.staff[role]).get("/adverse/")
        months = shown.context["months"]
        assert [(row["all"], row["mild"], row["moderate"], row["serious"]) for row in months] == [(2, 1, 1, 0)]
        text = shown.content.decode()
        assert "Dizzy" not in text
        assert "Ada" not in text
    other = signed_in(world.colleague).get("/adverse/")
    assert other.context["months"] == []
    assert "Dizzy" not in other.content.decode()
    assert signed_in(world.desk).get("/adverse/").status_code == 404


@pytest.mark.parametrize("role", ["colleague", "owner", "desk", "auditor"])
def test_s09_nobody_else_sees_or_writes_an_event(world: World, client: Client, signed_in: SignedIn, role: str) -> None:
    client.post(at(world, "adverse-new"), told(world))
    event = AdverseEvent.objects.get()
    other = signed_in(world.staff[role])
    url = at(world, "adverse-event", event=event.pk)
    assert other.get(url).status_code == 404
    assert other.post(url, told(world, _version="1")).status_code == 404
    assert other.post(at(world, "adverse-new"), told(world)).status_code == 404
    assert AdverseEvent.objects.get().version == 1


def test_s69_a_form_for_another_person_is_refused(world: World, client: Client) -> None:
    answer: Any = client.post(at(world, "adverse-new"), told(world, _person=str(world.other.pk)))
    assert answer.status_code == 409
    assert not AdverseEvent.objects.exists()
