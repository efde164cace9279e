"""Queries that are put together once give what the query set gives, and what is read once is never kept too long."""

from __future__ import annotations

import copy
import pickle
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, models
from django.db.transaction import TransactionManagementError

from palpate.clinic import moment
from palpate.clinic.access import care
from palpate.clinic.access.once import forget, once, reading_once
from palpate.clinic.access.people import EVERYBODY, may_write, person_of, visible_to
from palpate.clinic.access.practice import the_practice
from palpate.clinic.access.ready import KnownId, Ready, Slot
from palpate.clinic.acts import act
from palpate.clinic.models import BreakGlass, Episode, Person
from palpate.clinic.refusals import NotVisible
from tests.clinic_world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def test_a_ready_query_gives_the_rows_of_its_query_set(world: World) -> None:
    rows = Episode.objects.select_related("person").annotate(day=models.F("onset")).order_by("pk")
    ready = Ready(lambda: rows.filter(person=Slot("person", models.UUIDField())))
    for person in (world.person, world.other):
        for _ in range(2):  # put together, and used again
            found = ready.all(person=person.pk)
            assert [one.__dict__.keys() for one in found] == [one.__dict__.keys() for one in rows.filter(person=person)]
            assert found == list(rows.filter(person=person))
    [one] = ready.all(person=world.person.pk)
    assert (one.person.name, one.day, one.opened) == ("Ada Lind", world.episode.onset, world.episode.opened)


def test_a_ready_query_may_give_plain_values(world: World) -> None:
    rows = Person.objects.filter(birth_date__lt=Slot("day", models.DateField())).order_by("pk")
    ready: Ready[Any] = Ready(lambda: rows.values_list("pk", "birth_date", "created"))
    plain = Person.objects.filter(birth_date__lt=world.person.birth_date + timedelta(days=1)).order_by("pk")
    found = ready.all(day=world.person.birth_date + timedelta(days=1))
    assert found == list(plain.values_list("pk", "birth_date", "created"))
    assert len(found) == 1


def test_the_value_of_a_slot_is_a_parameter_and_never_sql(world: World) -> None:
    ready = Ready(lambda: Person.objects.filter(match_name=Slot("name", models.CharField())))
    assert ready.all(name="' OR 1=1 --") == []
    assert ready.all(name=world.person.match_name) == [world.person]


def test_a_ready_query_does_not_go_without_a_value_for_a_slot(world: World) -> None:
    ready = Ready(lambda: Person.objects.filter(match_name=Slot("name", models.CharField())))
    with pytest.raises(KeyError):
        ready.all()


def test_a_ready_query_reads_every_value_as_django_does(world: World) -> None:
    long_ago = datetime(2001, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
    whole = datetime(2001, 2, 3, tzinfo=UTC)
    rows = Episode.objects.annotate(
        late=models.Value(long_ago, output_field=models.DateTimeField()),
        early=models.Value(whole, output_field=models.DateTimeField()),
        born=models.Max("person__birth_date"),
        never=models.Value(None, output_field=models.DateTimeField()),
        nobody=models.Value(None, output_field=models.UUIDField()),
        known=models.Exists(Person.objects.filter(pk=models.OuterRef("person_id"))),
        other=models.Exists(Person.objects.filter(match_name="nobody has this name")),
    ).order_by("pk")
    names = (
        "pk",
        "person_id",
        "opened",
        "closed",
        "goals",
        "late",
        "early",
        "born",
        "never",
        "nobody",
        "known",
        "other",
    )
    ready = Ready(lambda: rows.filter(person=Slot("person", models.UUIDField())).values_list(*names))
    [found] = ready.all(person=world.person.pk)
    [plain] = rows.filter(person=world.person.pk).values_list(*names)
    assert found == plain
    assert [type(value).__name__.replace("KnownId", "UUID") for value in found] == [type(v).__name__ for v in plain]


def test_an_id_that_knows_how_it_is_written_is_an_id_like_any_other() -> None:
    plain = uuid.uuid4()
    known = KnownId(plain.hex)
    assert (known, str(known), hash(known), known.hex) == (plain, str(plain), hash(plain), plain.hex)
    assert {plain} == {known}
    for copied in (copy.deepcopy(known), pickle.loads(pickle.dumps(known))):
        assert (copied, str(copied)) == (plain, str(plain))


def test_a_ready_query_outlives_its_connection(world: World) -> None:
    ready = Ready(lambda: Person.objects.order_by("pk"))
    before = ready.all()
    kept = vars(connections["default"]).pop("palpate_cursor", None)  # as a connection that was made anew
    assert ready.all() == before
    assert kept is None or vars(connections["default"])["palpate_cursor"][1] is not kept[1]


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_inside_a_transaction_only(world: World) -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("this store locks as a whole")
    ready = Ready(lambda: Person.objects.select_for_update().filter(pk=Slot("id", models.UUIDField())))
    with act(world.actor(world.owner), "tests", "tests", change=False):
        assert ready.all(id=world.person.pk) == [world.person]
    with pytest.raises(TransactionManagementError):
        ready.all(id=world.person.pk)


@pytest.mark.parametrize("scope", sorted(EVERYBODY))
@pytest.mark.parametrize("to_write", [False, True])
def test_s09_one_row_is_seen_by_whom_the_list_shows_it_to(world: World, scope: str, to_write: bool) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        at = moment.now()
        BreakGlass(
            person=world.person, therapist=world.colleague, reason="an emergency at night", opened=at,
            until=at + timedelta(hours=1),
        ).save()  # fmt: skip
        BreakGlass(
            person=world.other, therapist=world.therapist, reason="an emergency at night",
            opened=at - timedelta(hours=2), until=at - timedelta(hours=1),
        ).save()  # fmt: skip
        merged = Person(given_name="Ada", family_name="Lind", birth_date=world.person.birth_date, created=at)
        merged.merged_into = world.person
        merged.save()
        for person in (world.other, merged):
            Episode(person=person, therapist=world.colleague, opened=at).save()
    for user in world.staff.values():
        actor = world.actor(user)
        for person in (world.person, world.other, merged):
            listed = visible_to(actor, scope, to_write=to_write).filter(pk=person.pk).exists()
            assert _found(lambda: person_of(actor, person.pk, scope, to_write=to_write)) == listed  # noqa: B023
            episode = Episode.objects.get(person=person)
            assert _found(lambda: care.episode_of(actor, episode.pk, scope, to_write=to_write)) == listed  # noqa: B023
            assert (
                may_write(actor, person, scope) == visible_to(actor, scope, to_write=True).filter(pk=person.pk).exists()
            )


def _found(read: Any) -> bool:
    try:
        read()
    except NotVisible:
        return False
    return True


def test_what_is_read_once_is_read_again_after_a_change_and_in_the_next_request(world: World) -> None:
    with reading_once():
        first = the_practice()
        assert the_practice() is first
        with act(world.actor(world.owner), "tests", "tests", change=True):
            world.practice.name = "Another name"
            world.practice.save()
        renamed = the_practice()
        assert renamed is not None
        assert renamed.name == "Another name"
    with reading_once():
        assert the_practice() is not renamed
    assert the_practice() is not the_practice()


def test_the_memory_of_a_request_is_its_own() -> None:
    calls: list[int] = []

    def read() -> int:
        calls.append(1)
        return len(calls)

    with reading_once():
        assert (once("a", read), once("a", read), once("b", read)) == (1, 1, 2)
        found: list[int] = []
        other = threading.Thread(target=lambda: found.append(once("a", read)))
        other.start()
        other.join()
        assert found == [3]
        forget()
        assert once("a", read) == 4
    assert once("a", read) == 5
