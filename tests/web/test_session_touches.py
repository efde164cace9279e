"""How taps come in: each once, in order, from the right person's page, and nothing half saved."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import audit
from palpate.clinic.models import AuditRow, Decision, Session, Touch, User
from tests.clinic_world import World
from tests.web.session_taps import SWEDISH, UNCHANGED, Clock, Tablet, ready

SignedIn = Callable[[User], Client]
PAIN = ("pain_before", {"value": 5})


def new_key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def tablet(world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> Tablet:
    Clock(monkeypatch)
    ready(world)
    tablet = Tablet(world, signed_in(world.therapist))
    assert tablet.start().status_code == 303
    return tablet


def kinds() -> list[str]:
    return list(Touch.objects.order_by("number").values_list("kind", flat=True))


def test_s55_the_same_message_twice_counts_once_and_gets_the_same_answer(tablet: Tablet) -> None:
    keys = [new_key(), new_key()]
    touches = [PAIN, ("pain_before", {"value": 6})]
    first = tablet.send(*touches, keys=keys)
    again = tablet.send(*touches, keys=keys, version=0)
    assert first.json()["accepted"] == again.json()["accepted"] == keys
    assert Touch.objects.count() == 2


def test_s55_a_message_sent_again_with_newer_taps_behind_it_is_taken(tablet: Tablet) -> None:
    key = new_key()
    tablet.send(PAIN, keys=[key])
    answer = tablet.send(PAIN, ("pain_after", {"value": 2}), keys=[key, new_key()], version=0)
    assert answer.status_code == 200
    assert kinds() == ["pain_before", "pain_after"]


def test_s55_a_key_that_was_used_for_another_tap_is_refused(tablet: Tablet) -> None:
    key = new_key()
    tablet.send(PAIN, keys=[key])
    refused = tablet.send(("pain_before", {"value": 1}), keys=[key])
    assert refused.status_code == 422
    assert refused.json()["key"] == key
    assert Touch.objects.count() == 1


def test_s55_after_the_note_is_signed_a_repeated_message_is_answered_and_a_new_tap_refused(tablet: Tablet) -> None:
    key = new_key()
    tablet.send(PAIN, keys=[key])
    assert tablet.sign(none_why="no_time").status_code == 303
    assert tablet.send(PAIN, keys=[key]).status_code == 200
    refused = tablet.send(("pain_after", {"value": 1}))
    assert refused.status_code == 409
    assert "amendment" in refused.json()["detail"]


def test_s56_a_tap_from_a_page_that_has_not_seen_another_devices_taps_is_refused(tablet: Tablet) -> None:
    tablet.tap("pain_before", value=5)
    refused = tablet.send(("pain_before", {"value": 9}), version=0)
    assert refused.status_code == 409
    assert Touch.objects.count() == 1


@pytest.mark.parametrize("crossed", ["person", "session"])
def test_s69_taps_of_another_person_or_session_are_refused(tablet: Tablet, world: World, crossed: str) -> None:
    other = str(world.other.pk) if crossed == "person" else new_key()
    refused = tablet.send(PAIN, **{crossed: other})
    assert refused.status_code == 409
    assert not Touch.objects.exists()


def test_s69_the_note_of_another_persons_page_is_refused(tablet: Tablet, world: World) -> None:
    refused = tablet.sign(_person=str(world.other.pk))
    assert refused.status_code == 409
    assert Session.objects.get().state == "open"


def test_a_wrong_tap_in_the_middle_loses_none_before_it_and_is_named(tablet: Tablet) -> None:
    keys = [new_key() for _ in range(3)]
    touches = [PAIN, ("pain_before", {"value": 99}), ("pain_after", {"value": 2})]
    answer = tablet.send(*touches, keys=keys)
    assert answer.status_code == 200
    assert answer.json()["accepted"] == keys[:1]
    refused = tablet.send(*touches[1:], keys=keys[1:])
    assert refused.status_code == 422
    assert refused.json()["key"] == keys[1]
    assert "Pain is a whole number from 0 to 10" in refused.json()["detail"]
    assert tablet.send(touches[2], keys=keys[2:]).status_code == 200
    assert kinds() == ["pain_before", "pain_after"]


def test_a_treatment_that_is_not_open_keeps_the_taps_before_it(tablet: Tablet) -> None:
    keys = [new_key(), new_key()]
    answer = tablet.send(("unchanged", UNCHANGED), ("treat", SWEDISH), keys=keys)
    assert answer.json()["accepted"] == keys[:1]
    refused = tablet.send(("treat", SWEDISH), keys=keys[1:])
    assert refused.status_code == 409
    assert refused.json()["key"] == keys[1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"person": NaN}',
        b'{"person": 1, "person": 2}',
        b"\xff",
        b'{"touches": 1}',
    ],
)
def test_s22_a_message_without_sense_is_refused_and_never_an_error_of_the_program(tablet: Tablet, body: bytes) -> None:
    answer = tablet.client.post(tablet.url("touches"), body, content_type="application/json")
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "touches",
    [
        [],
        [1],
        [{}],
        [{"key": "no", "kind": "pain_before", "data": {"value": 1}, "at": "2026-03-02T09:00:00Z"}],
        [{"key": new_key().upper(), "kind": "pain_before", "data": {"value": 1}, "at": "2026-03-02T09:00:00Z"}],
        [{"key": new_key(), "kind": "pain_before", "data": {"value": 1}, "at": "yesterday"}],
        [{"key": new_key(), "kind": ["pain"], "data": {"value": 1}, "at": "2026-03-02T09:00:00Z"}],
        [{"key": new_key(), "kind": "pain_before", "data": {"value": 1}, "at": "2026-03-02T09:00:00Z"}] * 201,
    ],
)
def test_a_strange_list_of_taps_is_refused_with_a_sentence(tablet: Tablet, touches: Any) -> None:
    refused = tablet.send(touches=touches)
    assert refused.status_code in (409, 422)
    assert refused.json()["detail"]
    assert not Touch.objects.exists()


def test_s62_a_fault_while_deciding_leaves_no_tap_behind(tablet: Tablet, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(deed: Any) -> None:
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(RuntimeError):
        tablet.send(("unchanged", UNCHANGED))
    monkeypatch.undo()
    assert not Touch.objects.exists()
    assert not Decision.objects.exists()
    assert Session.objects.get().version == 1


def test_s62_a_fault_while_signing_leaves_no_half_of_a_note(tablet: Tablet, monkeypatch: pytest.MonkeyPatch) -> None:
    from palpate.clinic import notes

    tablet.tap("rating", name="pain_nrs", value=5)

    def broken(*_: Any) -> None:
        raise RuntimeError("no decision")

    monkeypatch.setattr(notes, "decide_now", broken)
    with pytest.raises(RuntimeError):
        tablet.sign(none_why="no_time")
    session = Session.objects.get()
    assert session.state == "open"
    assert not session.measures.exists()
    assert not hasattr(session, "note")


def test_s64_a_fault_of_the_pathway_closes_treatment_and_is_recorded(
    tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from palpate.clinic import deciding

    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(deciding, "decide", broken)
    told = tablet.tap("unchanged", **UNCHANGED)
    assert told["stop"]["panel"] == "stop-today"
    assert not told["state"]["treat_open"]
    assert Decision.objects.get().disposition == "not_assessed"
    assert tablet.send(("treat", SWEDISH)).status_code == 409


def test_s45_each_message_leaves_its_row_in_the_trail(tablet: Tablet, world: World) -> None:
    tablet.tap("pain_before", value=5)
    row = AuditRow.objects.filter(deed="touches").latest("number")
    assert row.persons == [str(world.person.pk)]
    assert row.change
    assert row.about["touches"] == 1


@pytest.mark.parametrize("name", ["door", "session", "session-live", "note", "session-start", "touches"])
@pytest.mark.parametrize("who", ["owner", "colleague", "desk", "auditor"])
def test_s09_nobody_but_the_persons_own_therapist_sees_or_changes_a_session(
    tablet: Tablet, world: World, signed_in: SignedIn, name: str, who: str
) -> None:
    client = signed_in(world.staff[who])
    assert client.get(tablet.url(name)).status_code in (404, 405)
    answer = client.post(tablet.url(name), {}, content_type="application/json")
    assert answer.status_code in (404, 405)
    assert not Touch.objects.exists()


def test_s09_a_session_is_not_found_under_another_episode(tablet: Tablet, world: World) -> None:
    assert tablet.session is not None
    ids = {"person": world.other.pk, "episode": world.episode.pk, "session": tablet.session.pk}
    for name in ("session", "note", "session-live"):
        assert tablet.client.get(reverse(name, kwargs=ids)).status_code == 404
    assert tablet.client.post(reverse("touches", kwargs=ids), {}, content_type="application/json").status_code == 404


def test_s31_words_of_people_never_become_markup_on_the_session_page(tablet: Tablet, world: World) -> None:
    from palpate.clinic.acts import act

    with act(world.actor(world.therapist), "tests", "name", change=True) as deed:
        deed.concerns(world.person)
        world.episode.activities = ["<script>alert(1)</script>", '"><img src=x>']
        world.episode.save()
    page = tablet.client.get(tablet.url("session")).content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
