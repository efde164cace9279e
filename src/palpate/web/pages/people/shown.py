"""What a page shows of a person, by who looks: an auditor sees contact data masked, a stranger's record is a hint."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language_info

from palpate.clinic.access.people import visible_to
from palpate.clinic.actor import AUDITOR, Actor
from palpate.clinic.models import Person
from palpate.clinic.people import CONTACT_BY, Double
from palpate.web.routes import ClinicRequest

LABELS = (
    ("phone", "Telephone"),
    ("email", "E-mail"),
    ("address", "Address"),
    ("emergency_contact", "In an emergency"),
    ("doctor", "Family doctor"),
    ("language", "Language"),
    ("contact_by", "Messages"),
)
HIDDEN = "on record, not shown to you"


def address_of(name: str, **ids: Any) -> str:
    """The address of a route, or nothing where there is no such route."""
    try:
        return reverse(name, kwargs=ids)
    except NoReverseMatch:
        return ""


def is_masked(actor: Actor) -> bool:
    """Whether contact data is masked for this actor: for somebody who audits and does nothing else."""
    return actor.roles == {AUDITOR}


def masked_phone(phone: str) -> str:
    """A telephone number of which only the last two digits are left."""
    digits = re.sub("[^0-9]", "", phone)
    return f"number ending in {digits[-2:]}" if len(digits) > 4 else HIDDEN if phone else ""


def contact(person: Person, actor: Actor) -> list[tuple[str, str]]:
    """Contact data as label and text; what is empty is left out, but that nobody asked about messages."""
    found = []
    for name, label in LABELS:
        text = CONTACT_BY[person.contact_by] if name == "contact_by" else getattr(person, name)
        if text and is_masked(actor) and name not in ("language", "contact_by"):
            text = masked_phone(text) if name == "phone" else HIDDEN
        if text:
            found.append((label, language_of(text) if name == "language" else text))
    return found


def language_of(code: str) -> str:
    """The name of a language by its short code; the code itself where it is not known."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


def hint(person: Person) -> dict[str, Any]:
    """All that is shown of somebody outside one's care: initials, year of birth, and the way to break the glass."""
    initials = "".join(f"{part[0]}. " for part in person.name.split() if part).strip()
    return {"name": initials, "year": person.birth_date.year, "url": address_of("glass-open", stranger=person.pk)}


def doubles(request: ClinicRequest, found: list[Double]) -> list[dict[str, Any]]:
    """People who may be the one that is being made, each only as far as the actor may see them."""
    mine = visible_to(request.actor, "contact").filter(pk__in=[double.person.pk for double in found])
    seen = set(mine.values_list("pk", flat=True))
    request.deed.concerns(*(double.person for double in found))
    rows = []
    for double in found:
        own = double.person.pk in seen
        row = {"own": own, "why": double.why, "id": double.person.pk, **hint(double.person)}
        if own:
            row |= {
                "name": double.person.name,
                "born": double.person.birth_date,
                "url": reverse("person", kwargs={"person": double.person.pk}),
            }
        rows.append(row)
    return rows


def local(request: ClinicRequest, moment: datetime) -> datetime:
    """An instant by the practice's clock."""
    return moment.astimezone(ZoneInfo(request.practice.time_zone))
