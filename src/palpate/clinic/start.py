"""The first start: a store without a practice gets one, with its owner (S-02). There is no default account."""

from __future__ import annotations

from typing import Any

from palpate.clinic import deciding
from palpate.clinic.access import practice as the
from palpate.clinic.access.trail import locked_head
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import Practice, Room, Site, User
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import NotVisible

# The number to call for an ambulance. Sources: each state's public emergency service; 112 works in all of the
# European Union (Directive (EU) 2018/1972, article 109).
EMERGENCY_NUMBERS = {
    "AU": "000", "AT": "112", "BE": "112", "CA": "911", "DK": "112", "FI": "112", "FR": "112", "DE": "112", "IE": "112",
    "IT": "112", "NL": "112", "NZ": "111", "NO": "113", "PL": "112", "PT": "112", "ES": "112", "SE": "112", "CH": "144",
    "GB": "999", "US": "911",
}  # fmt: skip
COUNTRIES = {
    "AU": "Australia", "AT": "Austria", "BE": "Belgium", "CA": "Canada", "DK": "Denmark", "FI": "Finland",
    "FR": "France", "DE": "Germany", "IE": "Ireland", "IT": "Italy", "NL": "Netherlands", "NZ": "New Zealand",
    "NO": "Norway", "PL": "Poland", "PT": "Portugal", "ES": "Spain", "SE": "Sweden", "CH": "Switzerland",
    "GB": "United Kingdom", "US": "United States",
}  # fmt: skip


def start(
    *, name: str, email: str, title: str, password: str, treats: bool, practice: str, place: str, country: str,
    emergency_number: str, time_zone: str,
) -> User:  # fmt: skip
    """Makes the owner, the practice with one room, and puts the shipped pathway in force. Call inside an act.

    Of two at once exactly one makes it. Errors: NotVisible when there is a practice already; BadInput.
    """
    locked_head()  # every act takes this lock at its end; taken first, it lets one start in at a time
    if the.the_practice() is not None:
        raise NotVisible
    at = now()
    owner = User(email=email.casefold(), name=clean_name(name, field="name"), title=clean_name(title, field="title"))
    owner.role, owner.treats, owner.created = User.Role.OWNER, treats, at
    owner.set_password(password)
    owner.save(force_insert=True)
    deed = open_deed()
    deed.actor = Actor(str(owner.pk), owner.roles, owner.pk, owner.name, deed.actor.address, deed.actor.request)
    chosen: dict[str, Any] = {"place": place, "country": country, "emergency_number": emergency_number}
    made = Practice(name=clean_name(practice, field="practice"), time_zone=time_zone, created=at, **chosen)
    made.save(force_insert=True)
    site = Site(name=made.name)
    site.save(force_insert=True)
    Room(site=site, name="Room 1").save(force_insert=True)
    deciding.publish(deciding.pathway_with("back_massage"), {}, deed.actor)
    return owner
