"""Erasure against the law that records are kept (S-49).

Somebody asks to be forgotten. What is no part of the clinical record goes at once; the record itself is locked: nobody
sees it any more, until the date to which the place has it kept. Then it is destroyed, every row of it. The audit trail
stays, as it names people by ids that mean nothing any more, and says itself which rows were destroyed. Of somebody
without a clinical record nothing has to be kept, and the rest may be destroyed right away.

What is kept how long, and why, stands in docs/how-to/erase-and-keep.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from palpate.clinic import erased_list, sealed
from palpate.clinic.access import erasing as rows
from palpate.clinic.access.practice import the_practice
from palpate.clinic.actor import OWNER, PROGRAM, Actor, the_program
from palpate.clinic.acts import act, open_deed
from palpate.clinic.models import Erasure, Person, Practice
from palpate.clinic.moment import now, today
from palpate.clinic.named import DESTROY
from palpate.clinic.refusals import Conflict, Forbidden
from palpate.library.consent_needs import age_on
from palpate.library.place_rules import PlaceRules, later, load_place


@dataclass(frozen=True)
class Kept:
    """How long a record must be kept: since when nothing was added, until when, and by whose rules."""

    last: date
    until: date
    rules: PlaceRules


def kept(person: Person, practice: Practice) -> Kept | None:
    """Until when a person's record must be kept; None where there is no clinical record."""
    last = rows.last_contact(person, practice.time_zone)
    if last is None:
        return None
    rules = load_place(practice.place)
    until = later(last, rules.adult_years)
    age = age_on(last, person.birth_date)
    if age is None or age < rules.majority_years:
        grown = later(person.birth_date, rules.majority_years)
        until = max(until, later(grown, rules.minor_years))
    return Kept(last, until, rules)


def hindrances(person: Person) -> list[str]:
    """What must be done before a record can be erased, in sentences; empty where nothing stands in the way."""
    episode, coming, unsigned, paid = rows.in_the_way(person, now())
    found = []
    if episode:
        found.append("An episode is open. Close it first.")
    if coming:
        found.append("An appointment is still to come. Cancel it first.")
    if unsigned:
        found.append("A session has no signed note. Sign it first.")
    if paid:
        found.append("A package has sessions left. Refund the rest first.")
    return found


def erase(actor: Actor, person: Person, practice: Practice) -> Erasure:
    """Takes away what need not stay, and locks the rest until its date.

    Call inside an act. Errors: Forbidden for whoever is no owner; Conflict where something stands in the way.
    """
    deed = open_deed()
    _owner_only(actor)
    hindered = hindrances(person)
    if hindered:
        raise Conflict(" ".join([*hindered, "Nothing was changed."]))
    return _erase(actor, person, practice, kept(person, practice), deed.about)


def _erase(actor: Actor, person: Person, practice: Practice, keep: Kept | None, about: dict[str, object]) -> Erasure:
    at = now()
    until = keep.until if keep is not None else today(practice.time_zone)
    row = Erasure(person=person.pk, asked=at, until=until, place=practice.place, by_id=actor.user_id)
    about["gone"] = rows.take_what_need_not_stay(person, at)
    row.save(force_insert=True)
    about["until"] = until.isoformat()
    transaction.on_commit(_after, robust=True)
    return row


def _owner_only(actor: Actor) -> None:
    if not actor.is_any(OWNER, PROGRAM):
        raise Forbidden("Only an owner erases records. Nothing was changed.")


def is_due(row: Erasure, day: date) -> bool:
    """Whether a record may be destroyed: the last day on which it is kept lies behind."""
    return row.destroyed is None and (day > row.until or not _has_record(row))


def _has_record(row: Erasure) -> bool:
    person, practice = rows.any_person(row.person), the_practice()
    return person is not None and practice is not None and kept(person, practice) is not None


def destroy(actor: Actor, row: Erasure, day: date) -> int:
    """Destroys a locked record whose date has come. Call inside an act whose deed is DESTROY.

    Returns  how many rows were destroyed.
    Errors   Forbidden; Conflict before its date, or where it was destroyed before.
    """
    _owner_only(actor)
    if row.destroyed is not None:
        raise Conflict("This record was destroyed before. Nothing was changed.")
    if not is_due(row, day):
        raise Conflict(f"The law has this record kept until {row.until:%d %B %Y}. Nothing was changed.")
    return _destroy(actor, row)


def _destroy(actor: Actor, row: Erasure) -> int:
    deed = open_deed()
    if deed.name != DESTROY:
        raise RuntimeError(f"only the deed {DESTROY} destroys: the check of the trail goes by its name")
    person = rows.any_person(row.person)
    found = rows.all_of(person) if person is not None else {}
    one_by_one = set(sealed.append_only_models())
    with sealed.lifted(connection, [model for model in found if model in one_by_one]):
        rows.destroy(found)
    row.destroyed, row.destroyed_by_id = now(), actor.user_id
    row.counts = {model.__name__: len(keys) for model, keys in found.items() if keys}
    row.save()
    deed.concerns(row.person)
    deed.about["destroyed"] = sorted(
        [str(model._meta.model_name), str(key)] for model, keys in found.items() if model in one_by_one for key in keys
    )
    deed.about["erasure"] = str(row.pk)
    transaction.on_commit(_after, robust=True)
    return sum(row.counts.values())


def bring_back(actor: Actor, row: Erasure) -> None:
    """Unlocks a record that was not destroyed: the person came back, or the law asks for it. Call inside an act.

    What went at once does not come back. Errors: Forbidden; Conflict where the record is gone.
    """
    _owner_only(actor)
    person = rows.any_person(row.person)
    if row.destroyed is not None or person is None:
        raise Conflict("This record was destroyed. Nothing can bring it back.")
    rows.bring_back(person)
    row.delete()
    open_deed().concerns(person)
    transaction.on_commit(lambda: erased_list.write(back=person.pk), robust=True)


def _after() -> None:
    """Once it is done: the list outside the store, and no word left in SQLite's log."""
    erased_list.write()
    rows.empty_log()


def again() -> int:
    """Erases once more whom a restored backup has brought back. Returns how many people.

    By the list outside the store; each in an act of its own, by the program.
    """
    done, practice, actor = 0, the_practice(), the_program("restore")
    for id, state in erased_list.standing().items():
        person, row = rows.any_person(id), rows.erasure_for(id)
        if person is None or practice is None or (state == erased_list.LOCKED and row is not None):
            continue
        if row is None:
            with act(actor, "erase", "person-erase", change=True) as deed:
                deed.concerns(person)
                row = _erase(actor, person, practice, kept(person, practice), deed.about)
        if state == erased_list.DESTROYED:
            with act(actor, "erase", DESTROY, change=True):
                _destroy(actor, row)
        done += 1
    return done
