"""Sessions with their touches, in few queries. Takes episodes and sessions the actor was already allowed to see."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet, UUIDField

from palpate.clinic.access.once import once
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.models import AdverseEvent, Answer, Appointment, Episode, Session, Touch


def visits_of(episode: Episode) -> list[tuple[Session, list[Touch]]]:
    """All sessions of an episode, oldest first, each with its touches in order: two queries, however many there are."""
    sessions = list(Session.objects.filter(episode=episode).order_by("day", "started"))
    taps: dict[uuid.UUID, list[Touch]] = {session.pk: [] for session in sessions}
    if sessions:
        for touch in Touch.objects.filter(session__in=sessions).order_by("number"):
            taps[touch.session_id].append(touch)
    return [(session, taps[session.pk]) for session in sessions]


_SESSIONS = Ready(lambda: Session.objects.filter(episode=Slot("episode", UUIDField())).order_by("day", "started"))
_TOUCHES: Ready[tuple[uuid.UUID, str, dict[str, Any]]] = Ready(
    lambda: (
        Touch.objects.filter(session=Slot("session", UUIDField())).order_by("number").values_list("key", "kind", "data")
    )
)
_ANSWERS = Ready(
    lambda: Answer.objects.filter(episode=Slot("episode", UUIDField()), at__gt=Slot("since", DateTimeField())).order_by(
        "at", "number", "pk"
    )
)
_EVENTS = Ready(
    lambda: AdverseEvent.objects.filter(
        episode=Slot("episode", UUIDField()), at__gt=Slot("since", DateTimeField())
    ).order_by("began", "at")
)


def all_sessions(episode: Episode) -> list[Session]:
    """The sessions of an episode, oldest first."""
    return once(("sessions", episode.pk), lambda: _SESSIONS.all(episode=episode.pk))


def taps_of(session: Session) -> list[tuple[uuid.UUID, str, dict[str, Any]]]:
    """The touches of a session in their order: key, kind and data of each."""
    return _TOUCHES.all(session=session.pk)


def session_on(episode: Episode, day: date) -> Session | None:
    """The session of an episode on a day."""
    return Session.objects.filter(episode=episode, day=day).first()


def locked(session: Session) -> Session:
    """The session, held until the transaction ends, so that touches of two devices get their numbers in turn."""
    return Session.objects.select_for_update().get(pk=session.pk)


def last_given(episode: Episode, before: date) -> Session | None:
    """The newest session before a day in which massage was given and whose note is signed."""
    found = Session.objects.filter(episode=episode, day__lt=before, massage_given=True)
    return found.order_by("-day", "-started").first()


def given_before(episode: Episode, day: date) -> int:
    """How many sessions with massage stand signed before a day."""
    return Session.objects.filter(episode=episode, day__lt=day, massage_given=True).count()


def unsigned_before(episode: Episode, day: date) -> QuerySet[Session]:
    """Sessions of earlier days whose notes are not signed, oldest first."""
    found = Session.objects.filter(episode=episode, day__lt=day).exclude(state=Session.State.SIGNED)
    return found.order_by("day", "started")


def events_since(episode: Episode, moment: datetime) -> tuple[list[Answer], list[AdverseEvent]]:
    """Answers and adverse events that were recorded after a moment, oldest first: two queries."""
    about = {"episode": episode.pk, "since": moment}
    return _ANSWERS.all(**about), _EVENTS.all(**about)


def appointment_on(episode: Episode, day: date) -> Appointment | None:
    """The person's next appointment of a day that no session belongs to yet."""
    waiting = (Appointment.State.BOOKED, Appointment.State.ARRIVED)
    found = Appointment.objects.filter(person=episode.person_id, day=day, state__in=waiting, session__isnull=True)
    return found.filter(Q(episode=episode) | Q(episode__isnull=True)).order_by("starts").first()
