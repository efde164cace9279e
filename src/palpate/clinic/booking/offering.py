"""What the practice offers, who gives it, and when it is closed. Call what changes something inside an act."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from palpate.clinic.access import booking as rows
from palpate.clinic.models import Gives, Holiday, Service, Site, User
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict


def save_service(
    service: Service | None,
    version: int,
    *,
    name: str,
    minutes: int,
    turnover: int,
    price_cents: int | None,
    active: bool,
) -> Service:
    """Adds a service, or changes one: what is booked already stays as it is. Errors: BadInput; Conflict."""
    name = clean_name(name, field="name")
    if not name:
        raise BadInput("give it a name", "name")
    row = Service() if service is None else rows.locked_service(service)
    if service is not None and row.version != version:
        raise Conflict("This service has changed meanwhile. Nothing was saved. Open the page again.")
    row.name, row.minutes, row.turnover_minutes = name, minutes, turnover
    row.price_cents, row.active = price_cents, active
    if service is not None:
        row.version += 1
    row.save()
    return row


def who_gives(service: Service | None, therapists: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these therapists who give a service; all of them where it is only a length of time. One query."""
    if service is None:
        return set(therapists)
    told = rows.gives()
    return {id for id in therapists if id not in told or service.pk in told[id]}


def keep_gives(therapist: User, chosen: Collection[Service]) -> None:
    """Sets which services a therapist gives; none chosen: every one, also those that are added later.

    What is booked already stays as it is.
    """
    wanted = {service.pk for service in chosen}
    for row in rows.gives_of(therapist):
        if row.service_id in wanted:
            wanted.discard(row.service_id)
        else:
            row.delete()
    for service in chosen:
        if service.pk in wanted:
            Gives(therapist=therapist, service=service).save(force_insert=True)


def close_day(day: date, name: str, site: Site | None, today: date) -> Holiday:
    """Keeps a day on which the practice or a site is closed. What is booked on it stays, and is shown."""
    if day < today:
        raise BadInput("this day is over", "day")
    name = clean_name(name, field="name")
    if not name:
        raise BadInput("say why, such as the name of the holiday", "name")
    row = Holiday(day=day, name=name, site=site)
    row.save(force_insert=True)
    return row
