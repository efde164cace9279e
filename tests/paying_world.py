"""What is paid for, in tests: a service with a price, sessions given, and fees."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import Appointment, BookRules, Service, Session
from tests.clinic_world import World


def act_as_desk(world: World) -> AbstractContextManager[Any]:
    return act(world.actor(world.desk), "tests", "paying", change=True)


def priced(world: World, name: str = "Back massage", cents: int = 8000) -> Service:
    """A service with a price, in a practice that is paid in Canadian dollars; the therapist has a licence."""
    with act_as_desk(world):
        if not BookRules.objects.exists():
            BookRules(currency="CAD").save()
        world.therapist.title = "RMT 4711"
        world.therapist.save()
        service = Service(name=name, minutes=60, price_cents=cents)
        service.save()
    return service


def given_session(world: World, service: Service | None, days: int = 0, *, given: bool = True) -> Session:
    """A signed session so many days ago, in an appointment for a service; without one, nobody had booked."""
    starts = moment.now() - timedelta(days=days)
    with act_as_desk(world):
        appointment = None
        if service is not None:
            appointment = _appointment(world, starts, service)
            appointment.state = Appointment.State.DONE
            appointment.save()
        session = Session(episode=world.episode, therapist=world.therapist, started=starts, ended=starts)
        session.day, session.appointment = world.day - timedelta(days=days), appointment
        session.state, session.massage_given = Session.State.SIGNED, given
        session.save()
    return session


def fee_of(world: World, state: str, cents: int) -> Appointment:
    """An appointment of yesterday that ended in a state for which a fee is asked."""
    with act_as_desk(world):
        row = _appointment(world, moment.now() - timedelta(days=1), None)
        row.state, row.fee_cents = state, cents
        row.save()
    return row


def _appointment(world: World, starts: Any, service: Service | None) -> Appointment:
    row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, service=service)
    row.starts, row.ends, row.day = starts, starts + timedelta(hours=1), starts.date()
    row.created = starts
    return row
