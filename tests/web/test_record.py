"""The record of an episode: charts with their evidence, what happened, and who may see which part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import moment, overruling
from palpate.clinic.acts import act
from palpate.clinic.models import Decision, Episode, Measure, Override, User
from tests.clinic_world import World
from tests.course_world import at, two_visits, visit
from tests.web.session_taps import Clock, ready

SignedIn = Callable[[User], Client]
SECRETS = ("Stiff.", "Sheila Marker", "Carrying shopping", "Session 1", "Consent signed", "7 of 10")


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Two sessions, ratings, and an overruling."""
    clock = Clock(monkeypatch)
    ready(world)
    two_visits(world, clock)
    actor = world.actor(world.therapist)
    with act(actor, "tests", "record", change=True):
        common: dict[str, Any] = {"episode": world.episode, "day": moment.today(), "at": moment.now()}
        Measure(name="sleep_nrs", value=6, **common).save()
        Measure(name="ffd_cm", value=12, **common).save()
        decision = Decision.objects.latest("number")
        told = {"does": overruling.NOT_TREAT, "reason": "Tired after the journey", "by_name": "Therapist"}
        Override(decision=decision, by=world.therapist, at=moment.now(), **told).save()
    return world


def text_of(client: Client, world: World) -> str:
    answer = client.get(at(world, "episode"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_therapist_sees_charts_with_how_good_the_evidence_is_and_everything_that_happened(
    course: World, signed_in: SignedIn
) -> None:
    shown = signed_in(course.therapist).get(at(course, "episode"))
    text = shown.content.decode()
    assert [chart["words"] for chart in shown.context["charts"]] == [
        "Pain",
        "Own activities",
        "Disturbed sleep",
        "Low or worried mood",
        "Finger to floor",
        "Soreness after exercise",
    ]
    assert all(chart["evidence"] for chart in shown.context["charts"])
    assert "Massage helps sore muscles after exercise because more blood reaches them." in text
    assert "Contradicted. Low certainty" in text
    assert "Session 2" in text
    assert "Consent signed by Ada Lind" in text
    assert "Tired after the journey" in text
    assert Decision.objects.latest("number").pathway_version in text
    assert text.count('class="button next') == 1


@pytest.mark.parametrize("role", ["owner", "auditor"])
def test_s08_an_owner_who_does_not_treat_and_the_auditor_see_decisions_and_nothing_else(
    course: World, signed_in: SignedIn, role: str
) -> None:
    shown = signed_in(course.staff[role]).get(at(course, "episode"))
    text = shown.content.decode()
    assert "Decision 1" in text
    assert "Tired after the journey" in text
    for secret in SECRETS:
        assert secret not in text
    assert "charts" not in shown.context
    assert 'svg class="drawing' not in text
    assert 'class="button next' not in text


@pytest.mark.parametrize("role", ["colleague", "desk"])
def test_s09_others_cannot_tell_it_from_a_record_that_is_not_there(
    course: World, signed_in: SignedIn, role: str
) -> None:
    import re
    import uuid

    client = signed_in(course.staff[role])
    real = client.get(at(course, "episode"))
    ids = {"person": uuid.uuid4(), "episode": uuid.uuid4()}
    absent = client.get(at(course, "episode").replace(str(course.person.pk), str(ids["person"])))
    assert real.status_code == absent.status_code == 404
    number = re.compile(rb"[0-9a-f]{12}|csrf-token\" content=\"\w+|value=\"\w{64}\"")
    assert number.sub(b"", real.content) == number.sub(b"", absent.content)


def test_s09_an_episode_under_another_persons_name_is_not_found(course: World, signed_in: SignedIn) -> None:
    crossed = at(course, "episode").replace(str(course.person.pk), str(course.other.pk))
    assert signed_in(course.therapist).get(crossed).status_code == 404


def test_a_late_note_keeps_both_dates_in_sight(course: World, signed_in: SignedIn) -> None:
    from datetime import timedelta

    from palpate.clinic.models import Note, Session

    with act(course.actor(course.therapist), "tests", "late", change=True):
        before = moment.today() - timedelta(days=3)
        session = Session(episode=course.episode, therapist=course.therapist, day=before, started=moment.now())
        session.state = Session.State.SIGNED
        session.save()
        note = Note(
            session=session, subjective="-", objective="-", assessment="-", plan="-", about_day=before, late=True
        )
        note.signed_by, note.signed_name, note.signed_at = course.therapist, "Therapist", moment.now()
        note.save()
    text = text_of(signed_in(course.therapist), course)
    assert f"written on {moment.today().day} {moment.today():%b %Y}" in text
    assert "Visit without massage" in text


def test_a_score_that_was_taken_back_is_not_drawn(course: World, signed_in: SignedIn) -> None:
    with act(course.actor(course.therapist), "tests", "back", change=True):
        Measure(name="sleep_nrs", episode=course.episode, day=moment.today(), at=moment.now(), taken_back=True).save()
    shown = signed_in(course.therapist).get(at(course, "episode"))
    assert next(chart for chart in shown.context["charts"] if chart["words"] == "Disturbed sleep")["empty"]


def test_looking_at_the_record_takes_as_many_queries_after_four_sessions_as_after_two(
    monkeypatch: pytest.MonkeyPatch, world: World, signed_in: SignedIn
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clock = Clock(monkeypatch)
    ready(world)
    two_visits(world, clock)
    client = signed_in(world.therapist)
    text_of(client, world)
    with CaptureQueriesContext(connection) as few:
        text_of(client, world)
    clock.day(14)
    visit(world)
    clock.day(21)
    visit(world)
    client = signed_in(world.therapist)
    text_of(client, world)
    with CaptureQueriesContext(connection) as more:
        text_of(client, world)
    assert len(more) - len(few) < 2  # two sessions more; the next thing to do costs a query of its own
    assert Episode.objects.get().sessions.count() == 4
