"""Appointments: whose they are, what stands on a day, and what is taken when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Count, DateField, DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, UUIDField, Value

from palpate.clinic.access.people import EVERYBODY, Sees, is_seen, sees, visible_to
from palpate.clinic.access.ready import Ready, Slot
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
from palpate.clinic.moment import now
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
    given_name: str
    family_name: str
    birth_date: date
    therapist_name: str
    room: str | None
    disposition: str | None
    consent: bool
    person: uuid.UUID
    episode: uuid.UUID | None
    given: bool
    referral: bool
    own: bool
    session: uuid.UUID | None
    session_state: str | None


_EPISODE = DayRow._fields.index("episode")


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
    rows = appointments(actor, to_write=to_write).select_related("person", "episode", "therapist", "room", "service")
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def locked(appointment: Appointment) -> Appointment:
    """The appointment as it stands in the store now, locked until the transaction ends."""
    rows = Appointment.objects.select_for_update(of=("self",))
    rows = rows.select_related("person", "therapist", "room", "episode", "service")
    return rows.get(pk=appointment.pk)


def of_day(actor: Actor, day: date, therapist: uuid.UUID | None = None) -> list[DayRow]:
    """The appointments of a day in the order of their times, in two queries however many there are.

    The store itself looks up by index for each row: the newest decision, whether a consent stands on that day, whether
    massage was given, whether a referral waits, and whether the person is in the actor's care. Sessions that are not
    signed are few: they are read once for the whole day.
    """
    who = sees(actor, "appointment")
    if not who.everybody and actor.user_id is None:
        return []
    ready = _day(who, therapist is not None, actor.user_id is not None and actor.is_any(THERAPIST))
    rows = ready.all(day=day, chosen=therapist, user=actor.user_id, at=now())
    open_ones = {episode: (id, state) for episode, id, state in _UNSIGNED_THAT_DAY.all(day=day)}  # the newest stays
    none = (None, None)
    return [DayRow._make((*row, *open_ones.get(row[_EPISODE], none))) for row in rows]


_UNSIGNED_THAT_DAY = Ready(
    lambda: (
        Session.objects.filter(
            state__in=(Session.State.OPEN, Session.State.STOPPED),
            episode_id__in=Appointment.objects.filter(day=Slot("day", DateField())).values("episode_id"),
        )
        .order_by("day", "started")
        .values_list("episode_id", "pk", "state")
    )
)


@lru_cache(maxsize=8)
def _day(who: Sees, of_one: bool, treats: bool) -> Ready[Any]:
    """The rows of a day that somebody sees.

    Takes  of_one: of the therapist in the slot "chosen" only; treats: whoever looks may have people in their care.
    """

    def write() -> QuerySet[Appointment, Any]:
        rows = _day_rows(treats).filter(day=Slot("day", DateField()))
        if not who.everybody:
            theirs = Q(therapist_id=Slot("user", UUIDField()))
            if any(who):
                theirs |= is_seen(who, "person")
            that_day = Appointment.objects.filter(theirs, day=Slot("day", DateField()))
            rows = rows.filter(pk__in=that_day.values("pk"))
        return rows.filter(therapist_id=Slot("chosen", UUIDField())) if of_one else rows

    return Ready(write)


def _day_rows(treats: bool) -> QuerySet[Appointment, Any]:
    """Appointments with all that is said beside them."""
    episode = OuterRef("episode_id")
    decision = Decision.objects.filter(episode=episode).order_by("-number")
    consent = Consent.objects.filter(
        Q(expires__isnull=True) | Q(expires__gte=OuterRef("day")),
        episode=episode,
        withdraws__isnull=True,
        withdrawals__isnull=True,
        kind__in=("general", "guardian"),
    )
    referral = Letter.objects.filter(
        kind=Letter.Kind.REFERRAL, answered__isnull=True, closed__isnull=True, episode=episode
    )
    own = CareTeam.objects.filter(person=OuterRef("person_id"), therapist=Slot("user", UUIDField()))
    return Appointment.objects.order_by("starts", "pk").values_list(
        "id",
        "version",
        "starts",
        "ends",
        "state",
        "person__given_name",
        "person__family_name",
        "person__birth_date",
        "therapist__name",
        "room__name",
        Subquery(decision.values("disposition")[:1]),
        Exists(consent),
        "person_id",
        "episode_id",
        Exists(Session.objects.filter(episode=episode, massage_given=True)),
        Exists(referral),
        Exists(own) if treats else Value(False),
    )


def unsigned_count(actor: Actor) -> int:
    """How many sessions of the actor's own people have no signed note."""
    who = sees(actor, "clinical", to_write=True)
    found = _unsigned(who).all(user=actor.user_id, at=now()) if any(who) else []
    return sum(many for (many,) in found)


@lru_cache(maxsize=8)
def _unsigned(who: Sees) -> Ready[Any]:
    waiting = (Session.State.OPEN, Session.State.STOPPED)

    def write() -> QuerySet[Session, Any]:
        rows = Session.objects.filter(is_seen(who, "episode__person"), state__in=waiting)
        return rows.order_by().values("state").annotate(many=Count("pk")).values_list("many")

    return Ready(write)


def overdue_referrals(actor: Actor, before: Mapping[str, datetime], otherwise: datetime) -> int:
    """How many referrals wait for their answer and were made before an instant, which hangs on their urgency."""
    who = sees(actor, "decision")
    if not any(who):
        return 0
    found = _overdue(who, tuple(sorted(before))).all(user=actor.user_id, at=now(), otherwise=otherwise, **before)
    return sum(many for (many,) in found)


@lru_cache(maxsize=8)
def _overdue(who: Sees, urgencies: tuple[str, ...]) -> Ready[Any]:
    kinds = (Letter.Kind.REFERRAL, Letter.Kind.URGENT)
    late = ~Q(urgency__in=urgencies) & Q(made__lt=Slot("otherwise", DateTimeField()))
    for urgency in urgencies:
        late |= Q(urgency=urgency, made__lt=Slot(urgency, DateTimeField()))

    def write() -> QuerySet[Letter, Any]:
        rows = Letter.objects.filter(is_seen(who, "episode__person"), late, kind__in=kinds)
        rows = rows.filter(answered__isnull=True, closed__isnull=True).order_by()
        return rows.values("kind").annotate(many=Count("pk")).values_list("many")

    return Ready(write)


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

    Therapist and room are taken until the turnover is over. Asked for the whole practice: whether somebody is free must
    not hang on who asks. Times only, never whose they are.
    """
    whom = Q(therapist_id=therapist) | Q(person_id=person)
    if room is not None:
        whom |= Q(room_id=room)
    rows = Appointment.objects.filter(whom, starts__lt=until, held_until__gt=since, state__in=TAKES_TIME)
    if but is not None:
        rows = rows.exclude(pk=but)
    found = []
    for begins, ends, held, by, where, for_whom in rows.order_by("starts", "pk").values_list(
        "starts", "ends", "held_until", "therapist_id", "room_id", "person_id"
    ):
        if by == therapist:
            found.append((begins, held, "therapist"))
        if room is not None and where == room:
            found.append((begins, held, "room"))
        if for_whom == person:
            found.append((begins, ends, "person"))
    return found


def has_session(appointment: Appointment) -> bool:
    """Whether a session was begun for an appointment."""
    return Session.objects.filter(appointment=appointment).exists()
