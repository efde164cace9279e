"""What somebody types to find a person, who may be one person, and merges: the laws behind the pages."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic import merging, moment
from palpate.clinic.access import people as rows
from palpate.clinic.acts import NoAct, act
from palpate.clinic.finding import days_meant, read_wanted
from palpate.clinic.models import Episode, Person
from palpate.clinic.names import match_name
from palpate.clinic.people import alike, doubles, make_person
from palpate.clinic.refusals import BadInput, Conflict
from tests.clinic_world import World
from tests.clinic_world import make_person as person_of_tests

TODAY = date(2026, 3, 2)
DAYS = st.dates(date(1900, 1, 1), TODAY)
SPELLINGS = [
    "{0:%Y-%m-%d}",
    "{0.day}.{0.month}.{0.year}",
    "{0:%d.%m.%Y}",
    "{0.day} {0:%B} {0.year}",
    "{0.day} {0:%b} {0.year}",
    "{0:%B} {0.day}, {0.year}",
    "{0.day}. {0:%B} {0.year}",
]


@given(DAYS, st.sampled_from(SPELLINGS))
def test_a_birth_date_is_read_back_from_every_usual_spelling(day: date, spelling: str) -> None:
    assert days_meant(spelling.format(day)) == (day,)
    wanted = read_wanted(f"lind {spelling.format(day)} ada", TODAY)
    assert (wanted.words, wanted.births) == (("lind", "ada"), {day})


@given(DAYS)
def test_a_date_with_slashes_means_every_day_that_it_can(day: date) -> None:
    meant = days_meant(f"{day.day}/{day.month}/{day.year}")
    assert day in meant
    assert len(meant) == (2 if day.day <= 12 and day.day != day.month else 1)


@given(st.text(max_size=250))
def test_no_typing_makes_the_search_fail(text: str) -> None:
    wanted = read_wanted(text, TODAY)
    assert all(word == match_name(word) for word in wanted.words)
    assert wanted.digits == "" or wanted.digits.isascii()


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20))
def test_s23_a_name_is_compared_the_same_however_it_is_written(name: str) -> None:
    assert match_name(name) == match_name(name.casefold())
    assert match_name(f"  {name}   x ") == match_name(f"{name} x")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada lind", "lind ada", True),
        ("ada lind", "ada maria lind", True),
        ("ada lind", "adda lind", True),
        ("anne-marie berg", "annemarie berg", True),
        ("ada lind", "bram okafor", False),
        ("ada lind", "ida lund", False),
        ("jan berg", "jan klein", False),
    ],
)
def test_names_that_may_be_one_are_told_from_those_that_are_not(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same
    assert alike(other, one) is same


def test_doubles_are_found_whoever_asks_and_merged_ones_are_not(world: World) -> None:
    found = doubles("ada lind", date(1979, 4, 2))
    assert [(double.person, double.why) for double in found] == [(world.person, "same name and birth date")]
    assert doubles("ada lind", date(1950, 1, 1))[0].why == "same name, another birth date"
    assert doubles("ada lind", date(1979, 4, 2), [world.person.pk]) == []


def test_s10_a_field_that_is_not_listed_cannot_be_written(world: World) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        for name in ("merged_into", "match_name", "version", "id", "created"):
            with pytest.raises(BadInput):
                make_person(world.actor(world.owner), {"given_name": "A", name: "x"}, date(1990, 1, 1), TODAY)


def test_nothing_is_made_outside_an_act(world: World) -> None:
    with pytest.raises(NoAct):
        make_person(world.actor(world.owner), {"given_name": "A"}, date(1990, 1, 1), TODAY)


def undo(person: Person, id: uuid.UUID) -> None:
    merging.undo(person, id, Person.objects.get(pk=person.pk).version)


def test_s69_what_came_after_a_merge_stays_when_it_is_undone(world: World) -> None:
    actor = world.actor(world.owner)
    with act(actor, "tests", "tests", change=True):
        double = person_of_tests("Ada", "Lindt", date(1979, 4, 2), world.colleague)
        old = Episode(person=double, opened=moment.now())
        old.save()
        row = merging.merge(actor, world.person, double, 1, 1)
        new = Episode(person=world.person, opened=moment.now())
        new.save()
        undo(world.person, row.pk)
    assert set(Episode.objects.filter(person=double)) == {old}
    assert set(Episode.objects.filter(person=world.person)) == {world.episode, new}


def test_s69_merges_are_undone_in_the_order_in_which_they_can_be(world: World) -> None:
    actor = world.actor(world.owner)
    with act(actor, "tests", "tests", change=True):
        second = person_of_tests("Ada", "Lindt", date(1979, 4, 2), world.therapist)
        third = person_of_tests("Ada", "Lin", date(1979, 4, 2), world.therapist)
        inner = merging.merge(actor, second, third, 1, 1)
        second.refresh_from_db()
        outer = merging.merge(actor, world.person, second, 1, second.version)
        second.refresh_from_db()
        assert set(rows.records_of(world.person)) == {world.person.pk, second.pk, third.pk}
        with pytest.raises(Conflict):
            undo(second, inner.pk)
        undo(world.person, outer.pk)
        second.refresh_from_db()
        undo(second, inner.pk)
        third.refresh_from_db()
        with pytest.raises(Conflict):
            merging.merge(actor, second, third, 1, 1)  # as they were seen long ago
    assert third.merged_into is None
