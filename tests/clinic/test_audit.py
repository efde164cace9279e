"""The audit trail: no act without its row (S-45), rows without gaps, a chain that holds."""

# ruff: noqa: PT012, SIM117 - an act is a block, and what fails is its end
from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from palpate.clinic import audit, sealed
from palpate.clinic.access import trail
from palpate.clinic.acts import NoAct, act, record_refusal, upkeep
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import AuditHead, AuditRow, Decision, Episode, Person
from palpate.clinic.verify import verify
from tests.clinic_world import World


class Broken(RuntimeError):
    """What a test lets go wrong."""


def test_s45_where_the_row_cannot_be_written_the_act_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(deed: Any) -> None:
        raise Broken

    monkeypatch.setattr(audit, "append", fails)
    rows = AuditRow.objects.count()
    with pytest.raises(Broken), act(world.actor(world.therapist), "contact", "test", change=True):
        world.person.phone = "0123"
        world.person.save()
        decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert Person.objects.get(pk=world.person.pk).phone == ""
    assert not Decision.objects.exists()
    assert AuditRow.objects.count() == rows


def test_s45_where_the_store_refuses_the_row_the_act_is_gone(world: World) -> None:
    """The fault is in the store itself, at the last write of the act."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER no_rows BEFORE INSERT ON clinic_auditrow"
                " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )
        else:
            cursor.execute(
                "CREATE FUNCTION no_rows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''the disk is full''; END;'"
            )
            cursor.execute("CREATE TRIGGER no_rows BEFORE INSERT ON clinic_auditrow EXECUTE FUNCTION no_rows()")
    head = trail.head_of().number
    with pytest.raises(DatabaseError, match="the disk is full"):
        with act(world.actor(world.therapist), "contact", "test", change=True):
            world.person.phone = "0123"
            world.person.save()
    assert Person.objects.get(pk=world.person.pk).phone == ""
    assert trail.head_of().number == head


def test_s45_an_act_that_fails_leaves_neither_change_nor_row(world: World) -> None:
    rows = AuditRow.objects.count()
    with pytest.raises(Broken), act(world.actor(world.therapist), "contact", "test", change=True):
        world.person.phone = "0123"
        world.person.save()
        raise Broken
    assert Person.objects.get(pk=world.person.pk).phone == ""
    assert AuditRow.objects.count() == rows


def test_s45_an_inner_act_that_fails_is_undone_where_the_outer_one_goes_on(world: World) -> None:
    actor = world.actor(world.therapist)
    with act(actor, "contact", "outer", change=True) as deed:
        deed.concerns(world.person)
        with pytest.raises(Broken), act(actor, "contact", "inner", change=True):
            world.person.phone = "0123"
            world.person.save()
            raise Broken
        world.episode.goals = "To lift the child again."
        world.episode.save()
    assert Person.objects.get(pk=world.person.pk).phone == ""
    assert Episode.objects.get(pk=world.episode.pk).goals
    assert AuditRow.objects.latest("number").deed == "outer"


def test_s45_a_row_says_who_in_what_role_what_whose_why_from_where_and_when(world: World) -> None:
    from dataclasses import replace

    actor = replace(world.actor(world.therapist), address="192.0.2.7", request="abc123")
    with act(actor, "notes", "note-read", change=False, why="continuing care") as deed:
        deed.concerns(world.person, world.other.pk)
        deed.about["episode"] = str(world.episode.pk)
    row = AuditRow.objects.latest("number")
    assert (row.actor, row.roles, row.category, row.deed) == (
        str(world.therapist.pk),
        "therapist",
        "notes",
        "note-read",
    )
    assert (row.why, row.address, row.request, row.outcome) == ("continuing care", "192.0.2.7", "abc123", "done")
    assert row.persons == sorted([str(world.person.pk), str(world.other.pk)])
    assert row.about == {"episode": str(world.episode.pk)}
    assert row.at.tzinfo is not None
    assert audit.same(row)


def test_s45_a_refusal_has_its_own_row_and_changes_nothing(world: World) -> None:
    record_refusal(world.actor(world.desk), "notes", "note-read", persons=[world.person], status=404)
    row = AuditRow.objects.latest("number")
    assert (row.outcome, row.change, row.about) == ("refused", False, {"status": 404})


def test_s45_no_row_of_the_clinic_is_saved_or_deleted_outside_an_act(world: World) -> None:
    for way in (world.person.save, world.episode.save, world.room.delete, world.practice.save):
        with pytest.raises(NoAct):
            way()


def test_s45_nothing_of_the_clinic_is_written_outside_an_act_by_ways_that_send_no_signal(world: World) -> None:
    person = Person.objects.get(pk=world.person.pk)
    more = Person(given_name="Bo", family_name="Berg", birth_date=person.birth_date, created=person.created)

    def sql(statement: str) -> Callable[[], Any]:
        return lambda: connection.cursor().execute(statement)

    ways: list[Callable[[], Any]] = [
        lambda: Person.objects.update(phone="0123"),
        lambda: Person.objects.all()._raw_delete("default"),
        lambda: Person.objects.bulk_create([more]),
        lambda: Person.objects.bulk_update([person], ["phone"]),
        sql("UPDATE clinic_person SET phone = '0123'"),
        sql("  update \"clinic_person\" set phone = '0123'"),
        sql("DELETE FROM clinic_person"),
        sql("INSERT INTO clinic_person SELECT * FROM clinic_person"),
        sql("WITH one AS (SELECT 1) UPDATE clinic_person SET phone = '0123'"),
    ]
    if connection.vendor == "sqlite":
        ways += [
            sql("UPDATE OR IGNORE clinic_person SET phone = '0123'"),
            sql("REPLACE INTO main.clinic_person SELECT 1"),
        ]
    else:
        ways += [
            sql("UPDATE ONLY public.clinic_person SET phone = '0123'"),
            sql("TRUNCATE django_session, clinic_person CASCADE"),
            sql("MERGE INTO clinic_person p USING clinic_user u ON p.id = u.id WHEN MATCHED THEN DELETE"),
        ]
    for way in ways:
        with pytest.raises(NoAct), transaction.atomic():
            way()
    assert list(Person.objects.filter(pk=person.pk).values_list("phone", flat=True)) == [""]
    with act(world.actor(world.therapist), "contact", "test", change=True):
        assert Person.objects.filter(pk=person.pk).update(phone="0123") == 1
    with upkeep():
        assert Person.objects.filter(pk=person.pk).update(phone="") == 1


def test_s45_a_new_connection_is_watched_too(transactional_db: Any) -> None:
    connection.close()
    with pytest.raises(NoAct):
        Person.objects.update(phone="0123")


def test_s45_what_a_failed_inner_act_added_is_not_named_by_the_trail(world: World) -> None:
    actor = world.actor(world.therapist)
    with act(actor, "contact", "outer", change=True):
        with pytest.raises(Broken), act(actor, "contact", "inner", change=True):
            decide_now(actor, world.episode, "intake", world.day)
            raise Broken
        kept = decide_now(actor, world.episode, "intake", world.day)
    named = AuditRow.objects.latest("number").about["sealed"]
    assert [row[:2] for row in named] == [["decision", str(kept.pk)]]
    assert verify().whole


def test_s45_numbers_have_no_gap_and_each_row_follows_the_one_before(world: World) -> None:
    for number in range(30):
        try:
            with act(world.actor(world.therapist), "contact", "test", change=True):
                if number % 3 == 0:
                    raise Broken
        except Broken:
            pass
    rows = list(AuditRow.objects.order_by("number"))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous for row in rows] == [audit.FIRST, *(row.hash for row in rows[:-1])]
    assert all(audit.same(row) for row in rows)


@pytest.mark.django_db(transaction=True)
def test_s45_many_at_once_leave_one_chain_without_gaps(transactional_db: Any) -> None:
    from tests.clinic_world import make_world

    world = make_world()
    before = trail.head_of().number
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                record_refusal(world.actor(world.therapist), "contact", "test")
        except BaseException as error:
            faults.append(error)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("a store in memory has one writer; test_store.py does this on a file")
    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    numbers = list(AuditRow.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, before + 51))


def test_s62_where_the_newest_row_is_not_the_heads_nothing_is_written_any_more(world: World) -> None:
    sealed.unseal(connection)
    harm = (
        lambda: AuditRow.objects.filter(number=trail.head_of().number).delete(),
        lambda: AuditRow.objects.filter(number=trail.head_of().number).update(hash="f" * 64),
        lambda: AuditHead.objects.update(hash="f" * 64),
        lambda: AuditHead.objects.update(number=7_000),
        lambda: AuditHead.objects.all().delete(),
    )
    for damage in harm:
        with transaction.atomic():
            damage()
            rows = AuditRow.objects.count()
            with pytest.raises(audit.TrailBroken), act(world.actor(world.therapist), "contact", "test", change=True):
                world.person.phone = "0123"
                world.person.save()
            assert AuditRow.objects.count() == rows
            assert Person.objects.get(pk=world.person.pk).phone == ""
            transaction.set_rollback(True)


def test_an_act_with_its_row_costs_a_constant_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(5):  # savepoint, the head, the new row, the head again, release
        record_refusal(world.actor(world.therapist), "contact", "test")
