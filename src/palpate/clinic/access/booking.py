"""What the appointment book reads: services, hours, closed days, what stands in a stretch of time, who waits."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from palpate.clinic.access.appointments import TAKES_TIME, WAITING, appointments
from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import Actor
from palpate.clinic.models import (
    Appointment,
    BookRules,
    Episode,
    Gives,
    HeldSession,
    Holiday,
    HoursException,
    Offer,
    Service,
    TherapistHours,
    User,
    Waiting,
)
from palpate.clinic.refusals import NotVisible


def services(*, all_of_them: bool = False) -> QuerySet[Service]:
    """What can be booked; with all_of_them also what no longer can."""
    rows = Service.objects.order_by("name", "pk")
    return rows if all_of_them else rows.filter(active=True)


def service_of(id: uuid.UUID) -> Service:
    """One service. Errors: NotVisible."""
    found = Service.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def gives() -> dict[uuid.UUID, set[uuid.UUID]]:
    """Therapists who give some services only, each with these. Who is not among them gives every service."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for therapist, service in Gives.objects.values_list("therapist_id", "service_id"):
        found.setdefault(therapist, set()).add(service)
    return found


def gives_of(therapist: User) -> QuerySet[Gives]:
    """The services of a therapist who gives some only, locked; none where they give all."""
    return Gives.objects.select_for_update().filter(therapist=therapist)


def rules() -> BookRules:
    """What the practice asks of somebody who cancels late; where it has chosen nothing, a row that asks nothing."""
    return BookRules.objects.order_by("pk").first() or BookRules()


def locked_rules() -> BookRules:
    """The same, locked until the transaction ends."""
    return BookRules.objects.select_for_update().order_by("pk").first() or BookRules()


def locked_service(service: Service) -> Service:
    return Service.objects.select_for_update().get(pk=service.pk)


# --- Hours ------------------------------------------------------------------------------------------------------------


def hours(since: date, until: date, therapists: Collection[uuid.UUID] | None = None) -> list[TherapistHours]:
    """The stretches of working weeks that hold on some day from one to another."""
    rows = TherapistHours.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=since), valid_from__lte=until
    ).select_related("room")
    if therapists is not None:
        rows = rows.filter(therapist_id__in=therapists)
    return list(rows.order_by("weekday", "begins"))


def with_hours() -> set[uuid.UUID]:
    """The therapists who have said when they work."""
    return set(TherapistHours.objects.values_list("therapist_id", flat=True).distinct())


def weeks_of(therapist: User) -> QuerySet[TherapistHours]:
    """All stretches that a therapist's weeks ever had, the newest week first."""
    rows = TherapistHours.objects.filter(therapist=therapist).select_related("room")
    return rows.order_by("-valid_from", "weekday", "begins")


def exceptions(
    since: date, until: date | None = None, therapists: Collection[uuid.UUID] | None = None
) -> list[HoursException]:
    """Days on which a week does not hold, from one day to another."""
    rows = HoursException.objects.filter(day__gte=since).select_related("therapist")
    if until is not None:
        rows = rows.filter(day__lte=until)
    if therapists is not None:
        rows = rows.filter(therapist_id__in=therapists)
    return list(rows.order_by("day", "begins", "pk"))


def exception_of(id: uuid.UUID) -> HoursException:
    """One such day. Errors: NotVisible."""
    found = HoursException.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


def holidays(since: date, until: date | None = None) -> list[Holiday]:
    """Days on which the practice or a site of it is closed."""
    rows = Holiday.objects.filter(day__gte=since).select_related("site")
    return list((rows if until is None else rows.filter(day__lte=until)).order_by("day", "name"))


def holiday_of(id: uuid.UUID) -> Holiday:
    """One of them. Errors: NotVisible."""
    found = Holiday.objects.filter(pk=id).first()
    if found is None:
        raise NotVisible
    return found


# --- What stands in the book ------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """One appointment in the book. Where the actor may not see whose it is, `person` is None and the name is empty."""

    id: uuid.UUID
    version: int
    starts: datetime
    ends: datetime
    held_until: datetime
    state: str
    therapist: uuid.UUID
    room: uuid.UUID | None
    person: uuid.UUID | None
    name: str
    service: str


def entries(actor: Actor, since: datetime, until: datetime) -> list[Entry]:
    """What takes time between two instants, in order. Of appointments that the actor may not see, only the time."""
    rows = Appointment.objects.filter(starts__lt=until, held_until__gt=since, state__in=TAKES_TIME)
    seen = set(appointments(actor).filter(starts__lt=until, held_until__gt=since).values_list("pk", flat=True))
    found = []
    for row in rows.select_related("person", "service").order_by("starts", "pk"):
        mine = row.pk in seen
        found.append(
            Entry(
                row.pk,
                row.version,
                row.starts,
                row.ends,
                row.held_until,
                row.state,
                row.therapist_id,
                row.room_id,
                row.person_id if mine else None,
                row.person.name if mine else "",
                row.service.name if mine and row.service is not None else "",
            )
        )
    return found


def busy(since: datetime, until: datetime) -> list[Appointment]:
    """Every appointment of the practice that takes time between two instants. For the search of free times only."""
    rows = Appointment.objects.filter(starts__lt=until, held_until__gt=since, state__in=TAKES_TIME)
    return list(rows.order_by("starts", "pk"))


def walls(since: datetime) -> list[tuple[uuid.UUID, datetime, str, str]]:
    """Id, start, zone and wall time of every appointment that waits and has both, from an instant on."""
    rows = Appointment.objects.filter(starts__gte=since, state__in=WAITING).exclude(zone="").exclude(wall="")
    return list(rows.values_list("pk", "starts", "zone", "wall"))


def to_come(since: datetime, ids: Collection[uuid.UUID]) -> QuerySet[Appointment]:
    """Those of these appointments that wait, from an instant on."""
    rows = Appointment.objects.filter(pk__in=ids, starts__gte=since, state__in=WAITING)
    return rows.select_related("person", "therapist", "room").order_by("starts", "pk")


def course_appointments(episode: Episode, since: date) -> list[Appointment]:
    """The appointments of an episode that wait, from a day on, in order."""
    rows = Appointment.objects.filter(episode=episode, day__gte=since, state__in=WAITING)
    return list(rows.select_related("person", "episode", "therapist", "room", "service").order_by("starts"))


def cancellable(episode: Episode, since: datetime) -> list[Appointment]:
    """The appointments of an episode that are booked and have not begun."""
    rows = Appointment.objects.filter(episode=episode, starts__gte=since, state=Appointment.State.BOOKED)
    return list(rows.select_related("person", "therapist", "room").order_by("starts"))


def held_sessions(episode: Episode) -> list[HeldSession]:
    """The later sessions of a course that are proposed and not booked."""
    rows = HeldSession.objects.filter(episode=episode, state=HeldSession.State.HELD)
    return list(rows.select_related("therapist", "room", "service").order_by("number"))


# --- Who waits --------------------------------------------------------------------------------------------------------


def waiting(actor: Actor, *, to_write: bool = False) -> QuerySet[Waiting]:
    """Those on the wait list whom the actor may see."""
    people = visible_to(actor, "appointment", to_write=to_write)
    rows = Waiting.objects.filter(person__in=people, state=Waiting.State.WAITING)
    return rows.select_related("person", "therapist", "episode").order_by("created", "pk")


def waiting_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Waiting:
    """One of them, whatever became of it. Errors: NotVisible."""
    people = visible_to(actor, "appointment", to_write=to_write)
    found = Waiting.objects.filter(pk=id, person__in=people).select_related("person", "therapist", "episode").first()
    if found is None:
        raise NotVisible
    return found


def locked_waiting(row: Waiting) -> Waiting:
    return Waiting.objects.select_for_update(of=("self",)).select_related("person").get(pk=row.pk)


def offers(actor: Actor, *, to_write: bool = False) -> QuerySet[Offer]:
    """Offers that wait for an answer, of people whom the actor may see."""
    people = visible_to(actor, "appointment", to_write=to_write)
    rows = Offer.objects.filter(waiting__person__in=people, state=Offer.State.MADE)
    return rows.select_related("waiting__person", "waiting__episode", "therapist", "room").order_by("starts", "made")


def offer_of(actor: Actor, id: uuid.UUID, *, to_write: bool = False) -> Offer:
    """One offer. Errors: NotVisible."""
    people = visible_to(actor, "appointment", to_write=to_write)
    found = (
        Offer.objects.filter(pk=id, waiting__person__in=people)
        .select_related("waiting__person", "waiting__episode", "therapist", "room")
        .first()
    )
    if found is None:
        raise NotVisible
    return found


def locked_offer(row: Offer) -> Offer:
    rows = Offer.objects.select_for_update(of=("self",))
    return rows.select_related("waiting__person", "waiting__episode", "therapist", "room").get(pk=row.pk)


def open_offers(
    *, waiting: Waiting | None = None, at: tuple[uuid.UUID, datetime, datetime] | None = None
) -> list[Offer]:
    """Offers without an answer: of one who waits, or of one therapist's time between two instants."""
    rows = Offer.objects.filter(state=Offer.State.MADE).select_related("waiting")
    if waiting is not None:
        rows = rows.filter(waiting=waiting)
    if at is not None:
        therapist, since, until = at
        rows = rows.filter(therapist_id=therapist, starts__gte=since, starts__lt=until)
    return list(rows)


def all_waiting() -> list[Waiting]:
    """Everybody on the wait list, whoever asks: for finding whom a freed time fits."""
    rows = Waiting.objects.filter(state=Waiting.State.WAITING)
    return list(rows.select_related("person", "therapist", "episode").order_by("created", "pk"))
