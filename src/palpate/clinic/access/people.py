"""Which people an actor may see, and for what. Source: the table of roles in the safety requirements, section 2."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Replace

from palpate.clinic.access.once import once
from palpate.clinic.access.ready import Ready, Slot
from palpate.clinic.actor import AUDITOR, DESK, OWNER, THERAPIST, Actor
from palpate.clinic.finding import Wanted
from palpate.clinic.models import (
    Appointment,
    BreakGlass,
    CareTeam,
    Decision,
    Episode,
    HeldSession,
    Merge,
    Person,
    Upload,
    User,
    Waiting,
)
from palpate.clinic.moment import now
from palpate.clinic.refusals import NotVisible

_IN_USE = Q(merged_into__isnull=True, locked__isnull=True)  # neither given up for another record, nor erased
BETWEEN_DIGITS = " -()/.+"  # what people write between the digits of a telephone number

# Who sees all people for a purpose. Therapists see their own in every scope; an owner who does not treat has no notes.
EVERYBODY: dict[str, frozenset[str]] = {
    "contact": frozenset({OWNER, DESK, AUDITOR}),  # the auditor's pages mask it
    "appointment": frozenset({OWNER, DESK, AUDITOR}),
    "decision": frozenset({OWNER, AUDITOR}),
    "document": frozenset(),
    "clinical": frozenset(),
}


def visible_to(actor: Actor, scope: str = "contact", *, to_write: bool = False) -> QuerySet[Person]:
    """The people this actor may see in a scope: contact, appointment, decision, document or clinical.

    A therapist's own are those of their care team; a broken glass adds one person for reading (S-11). Records that were
    merged into another are never among them, nor those that were erased and wait for their date (S-49).
    """
    return seen(sees(actor, scope, to_write=to_write), actor.user_id, now())


class Sees(NamedTuple):
    """Which people an actor sees: everybody, those of their care teams, and those whose glass they broke."""

    everybody: bool
    own: bool
    glass: bool


def sees(actor: Actor, scope: str, *, to_write: bool = False) -> Sees:
    """Whom an actor sees in a scope, by the table of roles."""
    if actor.is_any(*EVERYBODY[scope]) and not (to_write and actor.roles == {AUDITOR}):
        return Sees(everybody=True, own=False, glass=False)
    if actor.user_id is None or not actor.is_any(THERAPIST, OWNER):
        return Sees(everybody=False, own=False, glass=False)
    return Sees(everybody=False, own=actor.is_any(THERAPIST), glass=not to_write)


def seen(who: Sees, user: Any, at: Any) -> QuerySet[Person]:
    """The people of `sees`, as the start of a list."""
    people = Person.objects.filter(_IN_USE)
    if who.everybody:
        return people
    if not who.own and not who.glass:
        return people.none()
    mine = Q(pk__in=CareTeam.objects.filter(therapist_id=user).values("person_id")) if who.own else Q(pk__in=[])
    if who.glass:
        mine |= Q(pk__in=BreakGlass.objects.filter(therapist_id=user, until__gt=at).values("person_id"))
    return people.filter(mine)


def is_seen(who: Sees, person: str = "") -> Q:
    """The same as a condition on a row, for a query that is made ready and reads few rows: each is looked up by index.

    Takes  person: how the row names its person, such as "episode__person"; empty where the row is the person.
    The actor is the slot "user", the time the slot "at".
    """
    through, id = (f"{person}__", f"{person}_id") if person else ("", "pk")
    there = Q((f"{through}merged_into__isnull", True), (f"{through}locked__isnull", True))
    if who.everybody:
        return there
    theirs = Q(pk__in=[])
    if who.own:
        theirs |= Q(Exists(CareTeam.objects.filter(therapist_id=Slot("user", UUIDField()), person_id=OuterRef(id))))
    if who.glass:
        broken = BreakGlass.objects.filter(
            therapist_id=Slot("user", UUIDField()), until__gt=Slot("at", DateTimeField())
        )
        theirs |= Q(Exists(broken.filter(person_id=OuterRef(id))))
    return there & theirs


@lru_cache(maxsize=8)
def _one_seen(who: Sees) -> Ready[Person]:
    return Ready(lambda: Person.objects.filter(is_seen(who), pk=Slot("person", UUIDField()))[:1])


def _broken(actor: Actor) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(therapist_id=actor.user_id, until__gt=now())


def open_glass(actor: Actor, person: Person) -> BreakGlass | None:
    """The broken glass by which this actor sees this person, unless the person is their own."""
    if actor.user_id is None or may_write(actor, person):
        return None
    return _broken(actor).filter(person=person).order_by("-until").first()


def person_of(actor: Actor, id: uuid.UUID, scope: str = "contact", *, to_write: bool = False) -> Person:
    """One person, if this actor may see them. Errors: NotVisible."""
    who = sees(actor, scope, to_write=to_write)
    found = _one_seen(who).first(user=actor.user_id, at=now(), person=id) if any(who) else None
    if found is None:
        raise NotVisible
    return found


@lru_cache(maxsize=8)
def _is_one_seen(who: Sees) -> Ready[Any]:
    return Ready(lambda: Person.objects.filter(is_seen(who), pk=Slot("person", UUIDField())).values_list("pk")[:1])


def may_write(actor: Actor, person: Person, scope: str = "clinical") -> bool:
    """Whether the actor may change what belongs to a person in a scope."""
    who = sees(actor, scope, to_write=True)

    def found() -> bool:
        about = {"user": actor.user_id, "at": now(), "person": person.pk}
        return any(who) and _is_one_seen(who).first(**about) is not None

    return once(("may write", actor.id, scope, person.pk), found)


_NAMESAKE = Ready(
    lambda: (
        Person.objects.filter(match_name=Slot("name", CharField()), merged_into__isnull=True, locked__isnull=True)
        .exclude(pk=Slot("person", UUIDField()))
        .values_list("pk")[:1]
    )
)


def has_same_name(person: Person) -> bool:
    """Whether somebody else has the same name, so that a page must warn (S-69)."""
    return _NAMESAKE.first(name=person.match_name, person=person.pk) is not None


# --- finding people ---


def search(actor: Actor, wanted: Wanted) -> QuerySet[Person]:
    """The actor's visible people that fit what was typed. Telephone numbers are not searched for an auditor, who does
    not see them: what a search finds tells as much as what a page shows (S-10)."""
    return _fitting(visible_to(actor, "contact"), wanted, phones=actor.roles != {AUDITOR})


def _fitting(people: QuerySet[Person], wanted: Wanted, *, phones: bool) -> QuerySet[Person]:
    for word in wanted.words:
        people = people.filter(match_name__contains=word)
    if wanted.births:
        people = people.filter(birth_date__in=wanted.births)
    by_number = Q(birth_date__year=wanted.year) if wanted.year else Q()
    if wanted.digits and phones:
        plain = F("phone")
        for sign in BETWEEN_DIGITS:
            plain = Replace(plain, Value(sign), Value(""))  # type: ignore[assignment]
        people = people.alias(plain_phone=plain)
        by_number |= Q(plain_phone__contains=wanted.digits)
    elif wanted.digits and not wanted.year:
        return people.none()
    return people.filter(by_number) if by_number else people


def in_order(people: QuerySet[Person], sort: str) -> QuerySet[Person]:
    """People in one of the listed orders: name, born or newest. Errors: ValueError."""
    if sort == "name":
        return people.order_by("match_name", "birth_date", "pk")
    if sort == "born":
        return people.order_by("birth_date", "match_name", "pk")
    if sort == "newest":
        return people.order_by("-created", "pk")
    raise ValueError(f"people cannot be put in the order {sort!r}")


def strangers(actor: Actor, wanted: Wanted) -> QuerySet[Person]:
    """People outside a therapist's care that fit, for the hint that leads to breaking the glass.

    Only who already knows somebody finds them: a whole name of two words or more, or a word of it with the birth date.
    """
    known = len(wanted.words) >= 2 or (wanted.words and wanted.births)
    if not known or actor.is_any(*EVERYBODY["contact"]) or not actor.is_any(THERAPIST):
        return Person.objects.none()
    people = Person.objects.filter(_IN_USE)
    people = people.exclude(pk__in=visible_to(actor, "contact").values("pk"))
    for word in wanted.words:
        whole = Q(match_name=word) | Q(match_name__startswith=word + " ")
        people = people.filter(whole | Q(match_name__endswith=" " + word) | Q(match_name__contains=f" {word} "))
    if wanted.births:
        people = people.filter(birth_date__in=wanted.births)
    return people.order_by("match_name", "birth_date", "pk")


def same_name_or_birth(name: str, born: date, but: Collection[uuid.UUID] = ()) -> QuerySet[Person]:
    """Everybody in the practice who has this compared name or this birth date: who may be the same human being.

    For noticing doubles only: a page shows of those that the actor may not see no more than that they exist.
    """
    found = Person.objects.filter(Q(match_name=name) | Q(birth_date=born), _IN_USE)
    return found.exclude(pk__in=but).order_by("match_name", "birth_date", "pk")


def names_and_births() -> Iterator[tuple[uuid.UUID, str, date]]:
    """Id, compared name and birth date of everybody, for an import that looks for doubles."""
    rows = Person.objects.filter(_IN_USE).values_list("pk", "match_name", "birth_date")
    yield from rows.iterator(chunk_size=2000)


def add_people(people: Iterable[Person], teams: Iterable[CareTeam]) -> None:
    """Stores many people at once. Call inside an act."""
    Person.objects.bulk_create(people, batch_size=500)
    CareTeam.objects.bulk_create(teams, batch_size=500)


# --- what belongs to a person the actor was already allowed to see ---


def locked(person: Person) -> Person:
    """The person as they stand in the store now, locked until the transaction ends."""
    return Person.objects.select_for_update(of=("self",)).get(pk=person.pk)


def team_of(person: Person) -> QuerySet[CareTeam]:
    return CareTeam.objects.filter(person=person).select_related("therapist").order_by("since", "pk")


def in_team(person: Person, therapist: User) -> bool:
    return CareTeam.objects.filter(person=person, therapist=therapist).exists()


def teams_of(persons: Collection[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Who cares for these people, as pairs of person and therapist."""
    found: set[tuple[uuid.UUID, uuid.UUID]] = set()
    ids = sorted(persons)
    for at in range(0, len(ids), 500):
        rows = CareTeam.objects.filter(person_id__in=ids[at : at + 500])
        found.update(rows.values_list("person_id", "therapist_id"))
    return found


def leave_team(person: Person, therapist: User) -> int:
    """Takes a therapist out of a care team. Returns how many places that were: none or one."""
    places = CareTeam.objects.filter(person=person, therapist=therapist)
    return len([place.delete() for place in places])


def episodes_of(person: Person) -> QuerySet[Episode]:
    """A person's episodes, newest first, each with `disposition` (None where nothing is decided) and `decided_on`."""
    newest = Decision.objects.filter(episode=OuterRef("pk")).order_by("-number")
    rows = Episode.objects.filter(person=person).select_related("therapist").order_by("-opened", "pk")
    return rows.annotate(
        disposition=Subquery(newest.values("disposition")[:1]), decided_on=Subquery(newest.values("as_of")[:1])
    )


def where_they_stand(actor: Actor, persons: Iterable[Person]) -> dict[uuid.UUID, tuple[str, str | None]] | None:
    """Of each of these people: the state of their newest episode, an open one first, and its newest disposition.

    Nobody in it has no episode. None for an actor who may not see decisions. One query.
    """
    if not actor.is_any(THERAPIST, *EVERYBODY["decision"]):
        return None
    newest = Decision.objects.filter(episode=OuterRef("pk")).order_by("-number")
    people = visible_to(actor, "decision").filter(pk__in=[person.pk for person in persons])
    rows = Episode.objects.filter(person__in=people).annotate(disposition=Subquery(newest.values("disposition")[:1]))
    stands: dict[uuid.UUID, tuple[str, str | None]] = {}
    for person, state, disposition in rows.order_by("opened", "pk").values_list("person_id", "state", "disposition"):
        if state == Episode.State.OPEN or stands.get(person, ("",))[0] != Episode.State.OPEN:
            stands[person] = (state, disposition)
    return stands


def locked_episode(episode: Episode) -> Episode:
    """The episode as it stands in the store now, locked until the transaction ends."""
    return Episode.objects.select_for_update(of=("self",)).get(pk=episode.pk)


def records_of(person: Person) -> list[uuid.UUID]:
    """The ids of the person and of every record that was merged into it, also over several steps.

    What can never be changed, such as an upload, stays with the record it came to; it is read through this.
    """
    found, edge = [person.pk], [person.pk]
    while edge:
        edge = list(Person.objects.filter(merged_into__in=edge).exclude(pk__in=found).values_list("pk", flat=True))
        found += edge
    return found


def uploads_of(person: Person) -> QuerySet[Upload]:
    """Files that came in for a person, newest first, without their bytes."""
    rows = Upload.objects.filter(person_id__in=records_of(person)).select_related("by").defer("content")
    return rows.order_by("-at", "pk")


def upload_of(person: Person, id: uuid.UUID) -> Upload:
    """One file of a person, with its bytes. Errors: NotVisible."""
    found = Upload.objects.filter(person_id__in=records_of(person), pk=id).first()
    if found is None:
        raise NotVisible
    return found


def merges_of(person: Person) -> QuerySet[Merge]:
    """Records that became part of this one and still are, newest first."""
    rows = Merge.objects.filter(kept=person, undone__isnull=True).select_related("given_up", "by")
    return rows.order_by("-at", "pk")


def merge_of(person: Person, id: uuid.UUID) -> Merge:
    """One merge into this record that still stands, locked. Errors: NotVisible."""
    rows = Merge.objects.select_for_update(of=("self",)).select_related("given_up")
    found = rows.filter(kept=person, undone__isnull=True, pk=id).first()
    if found is None:
        raise NotVisible
    return found


def rows_that_move(person: Person) -> dict[str, list[str]]:
    """The ids of what follows a person into another record: episodes, with all that hangs on them, appointments, and
    places on the wait list."""
    return {
        "episodes": [str(id) for id in Episode.objects.filter(person=person).values_list("pk", flat=True)],
        "appointments": [str(id) for id in Appointment.objects.filter(person=person).values_list("pk", flat=True)],
        "held": [str(id) for id in HeldSession.objects.filter(person=person).values_list("pk", flat=True)],
        "waiting": [str(id) for id in Waiting.objects.filter(person=person).values_list("pk", flat=True)],
    }


def move_rows(moved: dict[str, list[str]], source: Person, target: Person) -> None:
    """Moves listed rows from one record to another; those that are no longer at the source stay where they are."""
    episodes = Episode.objects.filter(pk__in=moved["episodes"], person=source)
    episodes.update(person=target, version=F("version") + 1)
    appointments = Appointment.objects.filter(pk__in=moved["appointments"], person=source)
    appointments.update(person=target, version=F("version") + 1)
    for model, name in ((HeldSession, "held"), (Waiting, "waiting")):
        rows = model.objects.filter(pk__in=moved.get(name, ()), person=source)
        rows.update(person=target, version=F("version") + 1)


def places_of(ids: Iterable[str]) -> QuerySet[CareTeam]:
    """Places in care teams by their ids."""
    return CareTeam.objects.filter(pk__in=list(ids))
