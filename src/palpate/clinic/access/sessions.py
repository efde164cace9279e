"""Sessions with their touches, in few queries. Takes episodes and sessions the actor was already allowed to see."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db.models import Q, QuerySet

from palpate.clinic.models import AdverseEvent, Answer, Appointment, Episode, Session, Touch


def visits_of(episode: Episode) -> list[tuple[Session, list[Touch]]]:
    """All sessions of an episode, oldest first, each with its touches in order: two queries, however many there are."""
    sessions = list(Session.objects.filter(episode=episode).order_by("day", "started"))
    taps: dict[uuid.UUID, list[Touch]] = {session.pk: [] for session in sessions}
    if sessions:
        for touch in Touch.objects.filter(session__in=sessions).order_by("number"):
            taps[touch.session_id].append(touch)
    return [(session, taps[session.pk]) for session in sessions]


def sessions_until(episode: Episode, day: date) -> list[Session]:
    """The sessions of an episode up to a day, oldest first."""
    return list(Session.objects.filter(episode=episode, day__lte=day).order_by("day", "started"))


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
    answers = Answer.objects.filter(episode=episode, at__gt=moment).order_by("at", "number", "pk")
    events = AdverseEvent.objects.filter(episode=episode, at__gt=moment).order_by("began", "at")
    return list(answers), list(events)


def appointment_on(episode: Episode, day: date) -> Appointment | None:
    """The person's next appointment of a day that no session belongs to yet."""
    waiting = (Appointment.State.BOOKED, Appointment.State.ARRIVED)
    found = Appointment.objects.filter(person=episode.person_id, day=day, state__in=waiting, session__isnull=True)
    return found.filter(Q(episode=episode) | Q(episode__isnull=True)).order_by("starts").first()
