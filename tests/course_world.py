"""Courses that have got as far as a test wants, written straight into the store: visits through the pages take long."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Episode, Note, Session, Touch, User
from tests.clinic_world import World
from tests.web.session_taps import SWEDISH, UNCHANGED, Clock


def visit(
    world: World, episode: Episode | None = None, *, facts: dict[str, Any] | None = None, **ratings: int
) -> Session:
    """A signed session of today with 40 minutes of massage; pain before it 7. Takes facts: told in it, by name."""
    episode = episode or world.episode
    at, therapist = moment.now(), world.therapist
    with act(world.actor(therapist), "tests", "visit", change=True):
        session = Session(episode=episode, therapist=therapist, day=at.date(), started=at, ended=at)
        session.state, session.massage_given = Session.State.SIGNED, True
        session.save()
        taps: list[tuple[str, dict[str, Any]]] = [("unchanged", UNCHANGED), ("pain_before", {"value": 7})]
        taps += [("fact", {"fact": name, "value": value}) for name, value in (facts or {}).items()]
        taps += [("rating", {"name": name, "value": value}) for name, value in ratings.items()]
        taps += [("treat", SWEDISH)]
        for number, (kind, data) in enumerate(taps, 1):
            touch = Touch(session=session, number=number, key=uuid.uuid4(), kind=kind, data=data)
            touch.tapped, touch.at, touch.by = at, at, therapist
            touch.save()
        note = Note(session=session, subjective="Stiff.", objective="-", assessment="-", plan="-", about_day=at.date())
        note.signed_by, note.signed_name, note.signed_at = therapist, therapist.name, at
        note.save()
        decide_now(world.actor(therapist), episode, "review", at.date())
    return session


def two_visits(world: World, clock: Clock) -> None:
    """Two sessions a week apart."""
    visit(world)
    clock.day(7)
    visit(world)


def started(world: World, therapist: User, day: date, *, protocol: str = "", sessions: int = 1) -> Episode:
    """A made-up person whose course began on a day, in the care of a therapist, without any rating."""
    from tests.clinic_world import make_person

    at = moment.now()
    with act(world.actor(therapist), "tests", "started", change=True):
        person = make_person("Nobody", uuid.uuid4().hex[:8], date(1980, 1, 1), therapist)
        episode = Episode(person=person, therapist=therapist, opened=at, protocol=protocol)
        episode.save()
        for number in range(sessions):
            session = Session(episode=episode, therapist=therapist, started=at, massage_given=True)
            session.day, session.state = date.fromordinal(day.toordinal() + 7 * number), Session.State.SIGNED
            session.save()
    return episode


def at(world: World, name: str, **more: Any) -> str:
    """The address of a page of the world's episode."""
    return reverse(name, kwargs={"person": world.person.pk, "episode": world.episode.pk, **more})
