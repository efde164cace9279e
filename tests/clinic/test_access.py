"""Whose data an actor sees: one table of roles, three people at every door, and nobody by accident."""

from __future__ import annotations

import ast
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest

from palpate.clinic import moment
from palpate.clinic.access import appointments, care
from palpate.clinic.access import people as rows
from palpate.clinic.access.people import EVERYBODY, may_write, person_of, visible_to
from palpate.clinic.actor import NOBODY, PROGRAM, REFERRER, Actor, the_program
from palpate.clinic.acts import act
from palpate.clinic.finding import read_wanted
from palpate.clinic.models import Appointment, BreakGlass, Person
from palpate.clinic.refusals import NotVisible
from tests.clinic_world import World

CLINIC = Path(__file__).parents[2] / "src" / "palpate" / "clinic"

MANAGERS = ("objects", "_default_manager", "_base_manager")

# Who sees a person of a colleague's, reading and writing, by scope. From the table of roles (section 2).
SEES = {
    "contact": {"owner": "rw", "therapist": "rw", "colleague": "", "desk": "rw", "auditor": "r"},
    "appointment": {"owner": "rw", "therapist": "rw", "colleague": "", "desk": "rw", "auditor": "r"},
    "decision": {"owner": "rw", "therapist": "rw", "colleague": "", "desk": "", "auditor": "r"},
    "document": {"owner": "", "therapist": "rw", "colleague": "", "desk": "", "auditor": ""},
    "clinical": {"owner": "", "therapist": "rw", "colleague": "", "desk": "", "auditor": ""},
}


@pytest.mark.parametrize("scope", list(SEES))
def test_s08_each_role_sees_what_the_table_of_roles_says(world: World, scope: str) -> None:
    for name, ways in SEES[scope].items():
        actor = world.actor(world.staff[name])
        assert visible_to(actor, scope).filter(pk=world.person.pk).exists() is ("r" in ways), name
        assert visible_to(actor, scope, to_write=True).filter(pk=world.person.pk).exists() is ("w" in ways), name
    assert set(SEES) == set(EVERYBODY)


def test_s08_an_owner_who_treats_sees_notes_of_own_people_only(world: World) -> None:
    world.owner.treats = True
    actor = world.actor(world.owner)
    assert not visible_to(actor, "clinical").exists()
    assert visible_to(actor, "contact").count() == 2


@pytest.mark.parametrize("scope", list(SEES))
def test_s08_nobody_a_program_and_a_link_see_no_person_this_way(world: World, scope: str) -> None:
    for actor in (
        NOBODY,
        the_program("x"),
        Actor("link:1", frozenset({REFERRER})),
        Actor("key:1", frozenset({PROGRAM}), world.therapist.pk),
    ):
        assert not visible_to(actor, scope).exists()
        assert not appointments.appointments(actor).exists()


def test_s08_a_scope_that_is_not_listed_is_a_fault(world: World) -> None:
    with pytest.raises(KeyError):
        visible_to(world.actor(world.owner), "everything")


def test_s11_a_broken_glass_opens_one_record_for_reading_and_only_while_it_lasts(world: World) -> None:
    actor = world.actor(world.colleague)
    with act(actor, "tests", "tests", change=True):
        glass = BreakGlass(person=world.person, therapist=world.colleague, reason="x", opened=moment.now())
        glass.until = moment.now() + timedelta(minutes=60)
        glass.save()
    assert person_of(actor, world.person.pk, "clinical") == world.person
    assert not may_write(actor, world.person)
    with act(actor, "tests", "tests", change=True):
        glass.until = moment.now() - timedelta(seconds=1)
        glass.save()
    with pytest.raises(NotVisible):
        person_of(actor, world.person.pk, "clinical")


def test_s09_another_and_absent_are_the_same_refusal(world: World) -> None:
    actor = world.actor(world.colleague)
    told = []
    for id in (world.person.pk, uuid.uuid4()):
        with pytest.raises(NotVisible) as refused:
            person_of(actor, id)
        told.append((refused.value.message, refused.value.about))
    assert told[0] == told[1]
    with pytest.raises(NotVisible):
        care.episode_of(actor, world.episode.pk)


def test_a_merged_record_is_seen_by_nobody(world: World) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        world.other.merged_into = world.person
        world.other.save()
    for user in world.staff.values():
        for scope in SEES:
            assert not visible_to(world.actor(user), scope).filter(pk=world.other.pk).exists()


def test_s09_a_therapist_sees_the_appointments_of_own_people_and_own_appointments(world: World) -> None:
    at = moment.now()
    with act(world.actor(world.owner), "tests", "tests", change=True):
        for hours, person in ((0, world.person), (1, world.other)):
            starts = at + timedelta(hours=hours)
            row = Appointment(person=person, therapist=world.therapist, starts=starts, day=at.date(), created=at)
            row.ends = starts + timedelta(hours=1)
            row.save()
    counts = {name: appointments.appointments(world.actor(user)).count() for name, user in world.staff.items()}
    assert counts == {"owner": 2, "therapist": 2, "colleague": 1, "desk": 2, "auditor": 2}
    writes = appointments.appointments(world.actor(world.auditor), to_write=True)
    assert not writes.exists()


def test_s10_a_stranger_is_found_only_by_who_knows_the_whole_name(world: World) -> None:
    actor, today = world.actor(world.therapist), moment.today()
    for typed, finds in (
        ("bram", 0), ("okaf bram", 0), ("bram okafor", 1), ("okafor 9 November 1988", 1), ("9 November 1988", 0),
        ("", 0),
    ):  # fmt: skip
        assert rows.strangers(actor, read_wanted(typed, today)).count() == finds, typed
    for user in (world.owner, world.desk, world.auditor, world.colleague):
        assert not rows.strangers(world.actor(user), read_wanted("bram okafor", today)).exists()


def test_s28_people_are_ordered_by_listed_words(world: World) -> None:
    people = Person.objects.all()
    assert [person.given_name for person in rows.in_order(people, "name")] == ["Ada", "Bram"]
    assert rows.in_order(people, "born")[0].birth_date == date(1979, 4, 2)
    with pytest.raises(ValueError, match="order"):
        rows.in_order(people, "phone")


def test_s09_no_manager_is_called_outside_the_access_module() -> None:
    found = []
    for file in (CLINIC.parent).rglob("*.py"):
        if CLINIC / "access" in file.parents or (file.name == "users.py" and file.parent.name == "models"):
            continue
        tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        calls = [node for node in tree if isinstance(node, ast.Attribute) and node.attr in MANAGERS]
        found += [f"{file.name}:{node.lineno}" for node in calls]
    assert [line for line in found if not line.startswith("0002_")] == []
