"""Breaking the glass (S-11): a look into the record of a person who is not in one's care. Call inside an act.

It takes a typed reason, is for reading only, lasts an hour, tells the owners in the same transaction, and stays on a
list until an owner has signed it off.
"""

from __future__ import annotations

from datetime import timedelta

from palpate.clinic.access import glass as rows
from palpate.clinic.access import users
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import BreakGlass, Person
from palpate.clinic.moment import now
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput, Conflict, NotVisible, Refused
from palpate.clinic.users import tell_owners

OPEN_FOR = timedelta(minutes=60)
SHORTEST_REASON, LONGEST_REASON = 10, 1000  # characters


def break_glass(actor: Actor, person: Person, reason: str, review_url: str) -> BreakGlass:
    """Opens a record for an hour, and tells the owners.

    Errors: BadInput for a reason that says nothing; Conflict where the person is in the actor's care; NotVisible.
    """
    reason = clean_text(reason, field="reason", longest=LONGEST_REASON).strip()
    if len(reason) < SHORTEST_REASON:
        raise BadInput("say in a few words why you must see this record now", "reason")
    if actor.user_id is None:
        raise NotVisible
    if rows.is_own(actor, person):
        raise Conflict("This person is in your care, so the record is open to you already.")
    at = now()
    broken = BreakGlass(person=person, therapist_id=actor.user_id, reason=reason, opened=at, until=at + OPEN_FOR)
    broken.save()
    deed = open_deed()
    deed.concerns(person)
    deed.about["glass"] = str(broken.pk)
    deed.why = reason
    # No name of a patient: whoever reads this need not be allowed to see them.
    tell_owners(f"{actor.name} opened a record outside their care. Please review it.", review_url)
    return broken


def sign_off(actor: Actor, broken: BreakGlass) -> None:
    """An owner has looked at it. Errors: Refused when it is the owner's own and there is another owner; Conflict."""
    if broken.signed_off is not None:
        raise Conflict("Another owner has signed this off already.")
    if broken.therapist_id == actor.user_id and users.owners().exclude(pk=actor.user_id).exists():
        raise Refused("You opened this record yourself. Another owner has to sign it off.")
    broken.signed_off_by_id, broken.signed_off = actor.user_id, now()
    broken.save(update_fields=["signed_off_by", "signed_off"])
    open_deed().concerns(broken.person_id)
    open_deed().about["glass"] = str(broken.pk)


def read_notices(actor: Actor) -> None:
    """The actor has seen their notices."""
    if actor.user_id is not None:
        rows.unread_notices(actor.user_id).update(read=now())
