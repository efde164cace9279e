"""Appointments: whose they are, what stands on a day, and what is taken when."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from palpate.clinic.access.people import EVERYBODY, visible_to
from palpate.clinic.actor import AUDITOR, THERAPIST, Actor
from palpate.clinic.models import (
    Appointment,
    CareTeam,
    Consent,
    Decision,
    Letter,
    Person,
    Session,
)
from palpate.clinic.refusals import NotVisible

WAITING = (Appointment.State.BOOKED, Appointment.State.ARRIVED)
TAKES_TIME = (Appointment.State.BOOKED, Appointment.State.ARRIVED, Appointment.State.DONE)


class DayRow(NamedTuple):
    """One appointment of a day, with what the day view says about it. `own`: the actor is in the care team."""

    id: uuid.UUID
    version: int
    starts: datetime
    ends: datetime
    state: str
    person: uuid.UUID
    given_name: str
    family_name: str
    birth_date: date
    episode: uuid.UUID | None
    therapist_name: str
    room: str | None
    disposition: str | None
    consent: bool
    session: uuid.UUID | None
    session_state: str | None
    referral: bool
    own: bool


def appointments(actor: Actor, *, to_write: bool = False) -> QuerySet[Appointment]:
    """Appointments the actor may see: a therapist's are those of their people, and those that are with them."""
    people = visible_to(actor, "appointment", to_write=to_write)
    if actor.is_any(*EVERYBODY["appointment"]) and not (to_write and actor.roles == {AUDITOR}):
        return Appointment.objects.all()
    if actor.user_id is None:
        return Appointment.objects.none()
    return Appointment.objects.filter(Q(person__in=people) | Q(therapist_id=actor.user_id))


def appointment_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Appointment:
    """One appointment, with its person, therapist and room. Errors: NotVisible."""
    rows = appointments(actor, to_write=to_write).select_related("person", "episode", "therapist", "room")
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def locked(appointment: Appointment) -> Appointment:
    """The appointment as it stands in the store now, locked until the transaction ends."""
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("person", "therapist")
    return rows.get(pk=appointment.pk)


def of_day(actor: Actor, day: date, therapist: uuid.UUID | None = None) -> list[DayRow]:
    """The appointments of a day in the order of their times, in two queries however many there are.

    What is said beside them is looked up by index for each row by the store itself: the newest decision, whether a
    consent stands on that day, a session that is not signed, a referral that waits.
    """
    rows = _day_rows().filter(day=day)
    if not actor.is_any(*EVERYBODY["appointment"]):
        rows = rows.filter(pk__in=appointments(actor).filter(day=day).values("pk"))
    if therapist is not None:
        rows = rows.filter(therapist_id=therapist)
    found = list(rows)
    mine: set[uuid.UUID] = set()
    if actor.is_any(THERAPIST):
        places = CareTeam.objects.filter(therapist_id=actor.user_id, person_id__in={row[5] for row in found})
        mine = set(places.values_list("person_id", flat=True))
    return [DayRow._make((*row, row[5] in mine)) for row in found]


@lru_cache(maxsize=1)
def _day_rows() -> QuerySet[Appointment, Any]:
    """Appointments with all that is said beside them. It is the same for everybody, so it is put together once."""
    episode = OuterRef("episode_id")
    decision = Decision.objects.filter(episode=episode).order_by("-number")
    unsigned = Session.objects.filter(episode=episode, state__in=(Session.State.OPEN, Session.State.STOPPED))
    session = unsigned.order_by("-day", "-started")
    consent = Consent.objects.filter(
        Q(expires__isnull=True) | Q(expires__gte=OuterRef("day")),
        episode=episode,
        withdraws__isnull=True,
        withdrawals__isnull=True,
        kind__in=("general", "guardian"),
    )
    letter = Letter.objects.filter(
        episode=episode, kind=Letter.Kind.REFERRAL, answered__isnull=True, closed__isnull=True
    )
    return Appointment.objects.order_by("starts", "pk").values_list(
        "id",
        "version",
        "starts",
        "ends",
        "state",
        "person_id",
        "person__given_name",
        "person__family_name",
        "person__birth_date",
        "episode_id",
        "therapist__name",
        "room__name",
        Subquery(decision.values("disposition")[:1]),
        Exists(consent),
        Subquery(session.values("pk")[:1]),
        Subquery(session.values("state")[:1]),
        Exists(letter),
    )


def unsigned_count(actor: Actor) -> int:
    """How many sessions of the actor's own people have no signed note."""
    people = visible_to(actor, "clinical", to_write=True)
    waiting = (Session.State.OPEN, Session.State.STOPPED)
    return Session.objects.filter(state__in=waiting, episode__person__in=people).count()


def waiting_referrals(actor: Actor) -> list[tuple[datetime, str]]:
    """When each referral that still waits for its answer was made, and its urgency."""
    kinds = (Letter.Kind.REFERRAL, Letter.Kind.URGENT)
    rows = Letter.objects.filter(kind__in=kinds, answered__isnull=True, closed__isnull=True)
    rows = rows.filter(episode__person__in=visible_to(actor, "decision"))
    return list(rows.values_list("made", "urgency"))


def coming(actor: Actor, person: Person, since: date) -> QuerySet[Appointment]:
    """A person's appointments from a day on, in the order of their times."""
    rows = appointments(actor).filter(person=person, day__gte=since)
    return rows.select_related("therapist", "room").order_by("starts", "pk")


def past(actor: Actor, person: Person, before: date) -> QuerySet[Appointment]:
    """A person's appointments before a day, newest first."""
    rows = appointments(actor).filter(person=person, day__lt=before)
    return rows.select_related("therapist", "room").order_by("-starts", "pk")


def taken(
    since: datetime, until: datetime, therapist: uuid.UUID, person: uuid.UUID, room: uuid.UUID | None,
    but: uuid.UUID | None = None,
) -> list[tuple[datetime, datetime, str]]:  # fmt: skip
    """When one of these is taken within a time, as start, end and which: "therapist", "room" or "person".

    Asked for the whole practice: whether somebody is free must not hang on who asks. Times only, never whose they are.
    """
    whom = Q(therapist_id=therapist) | Q(person_id=person)
    if room is not None:
        whom |= Q(room_id=room)
    rows = Appointment.objects.filter(whom, starts__lt=until, ends__gt=since, state__in=TAKES_TIME)
    if but is not None:
        rows = rows.exclude(pk=but)
    found = []
    for begins, ends, by, for_whom in rows.order_by("starts", "pk").values_list(
        "starts", "ends", "therapist_id", "person_id"
    ):
        which = "person" if for_whom == person else "therapist" if by == therapist else "room"
        found.append((begins, ends, which))
    return found


def has_session(appointment: Appointment) -> bool:
    """Whether a session was begun for an appointment."""
    return Session.objects.filter(appointment=appointment).exists()
