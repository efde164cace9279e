"""What the practice offers, and when it is closed. Call inside an act."""

from __future__ import annotations

from datetime import date

from palpate.clinic.access import booking as rows
from palpate.clinic.models import Holiday, Service, Site
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
