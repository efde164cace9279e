"""Nobody and nothing is in two places at a time, whatever way a row comes into the store (S-54)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from palpate.clinic import appointments as deeds
from palpate.clinic.acts import act, upkeep
from palpate.clinic.appointments import TimeTaken, Wish
from palpate.clinic.booking import constraint
from palpate.clinic.models import Appointment, Person, Room, User
from tests.clinic_world import World, make_person, make_world

AT_ONCE, ROUNDS, ROUNDS_OF_DEEDS = 20, 50, 3
FIRST_DAY = datetime(2031, 3, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row_of(world: World, starts: datetime, minutes: int, **more: Any) -> Appointment:
    told = {"person": world.person, "therapist": world.therapist, "room": world.room, "state": "booked"}
    row = Appointment(**(told | more), starts=starts, day=starts.date(), created=starts)
    row.ends = starts + minutes * MINUTE
    return row


def stored(row: Appointment) -> Appointment:
    with upkeep(), transaction.atomic():
        row.save(force_insert=True)
    return row


class Others(dict[str, Any]):
    """Another therapist, room and person: what differs unless a test says that it is shared."""


@pytest.fixture
def others(world: World) -> Others:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        room = Room(site=world.room.site, name="Room 2")
        room.save()
    return Others(therapist=world.colleague, room=room, person=world.other)


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["therapist", "room", "person"])
@pytest.mark.parametrize(
    ("shift", "minutes", "fits"),
    [(0, 60, False), (59, 60, False), (-59, 60, False), (15, 15, False), (-15, 90, False), (60, 30, True),
     (-60, 60, True)],
)  # fmt: skip
def test_s54_the_store_refuses_two_at_one_time(
    world: World, others: Others, which: str, shift: int, minutes: int, fits: bool
) -> None:
    stored(row_of(world, FIRST_DAY, 60))
    second = row_of(world, FIRST_DAY + shift * MINUTE, minutes, **{n: v for n, v in others.items() if n != which})
    if fits:
        stored(second)
        return
    with pytest.raises(IntegrityError) as refused:
        stored(second)
    assert constraint.is_double(refused.value)
    assert f"appointment_once_{which}" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["cancelled", "no_show"])
def test_s54_what_was_cancelled_or_missed_holds_nothing_until_it_counts_again(world: World, state: str) -> None:
    first = stored(row_of(world, FIRST_DAY, 60, state=state))
    stored(row_of(world, FIRST_DAY, 60))
    first.state = "booked"
    with pytest.raises(IntegrityError), upkeep(), transaction.atomic():
        first.save()
    with pytest.raises(IntegrityError), upkeep(), transaction.atomic():  # nor by a statement of any other kind
        Appointment.objects.filter(pk=first.pk).update(state="arrived")
    with pytest.raises(IntegrityError), upkeep(), transaction.atomic():
        Appointment.objects.bulk_create([row_of(world, FIRST_DAY + 30 * MINUTE, 60)])


@pytest.mark.django_db
def test_s54_moving_onto_a_taken_time_is_refused_by_the_store_and_staying_is_not(world: World) -> None:
    stored(row_of(world, FIRST_DAY, 60))
    other = stored(row_of(world, FIRST_DAY + 60 * MINUTE, 60))
    with upkeep():
        other.save()
    other.starts -= MINUTE
    with pytest.raises(IntegrityError), upkeep(), transaction.atomic():
        other.save()


@pytest.mark.django_db
def test_s54_without_a_room_no_room_is_shared(world: World, others: Others) -> None:
    stored(row_of(world, FIRST_DAY, 60, room=None))
    stored(row_of(world, FIRST_DAY, 60, **(others | {"room": None})))


@pytest.mark.django_db
def test_s54_the_turnover_holds_therapist_and_room_and_not_the_person(world: World, others: Others) -> None:
    stored(row_of(world, FIRST_DAY, 60, held_until=FIRST_DAY + 75 * MINUTE))
    after = FIRST_DAY + 60 * MINUTE
    stored(row_of(world, after, 30, **(others | {"person": world.person})))
    for which in ("therapist", "room"):
        shared = {name: value for name, value in others.items() if name != which}
        with pytest.raises(IntegrityError):
            stored(row_of(world, after, 5, **shared))
    with pytest.raises(IntegrityError):  # a turnover cannot end before the appointment
        stored(row_of(world, FIRST_DAY + timedelta(days=1), 60, held_until=FIRST_DAY))


@pytest.mark.django_db
def test_s54_a_rule_that_is_missing_is_found_and_put_back() -> None:
    assert constraint.faults(connection) == []
    name = "appointment_once_room" if connection.vendor == "postgresql" else "appointment_once_room_new"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {constraint.TABLE} DROP CONSTRAINT {name}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute("DROP TRIGGER appointment_once_person_new")
            cursor.execute(
                "CREATE TRIGGER appointment_once_person_new BEFORE INSERT ON clinic_appointment BEGIN SELECT 1; END"
            )
    found = constraint.faults(connection)
    assert f"{constraint.TABLE}: its rule {name} is missing" in found
    assert len(found) == (1 if connection.vendor == "postgresql" else 2)
    assert constraint.put(connection) == found
    assert constraint.faults(connection) == []


# --- twenty at once ---------------------------------------------------------------------------------------------------

SHAPES: dict[str, Callable[[int], tuple[int, int]]] = {
    "the same": lambda n: (0, 60),
    "shifted": lambda n: (3 * n, 60),
    "nested": lambda n: (n, 120 - 2 * n),
}


def at_once(tasks: int, rounds: int, work: Callable[[int, int], str]) -> list[Counter[str]]:
    """What came of each round in which every task begins at the same moment, each with a connection of its own."""
    gate = threading.Barrier(tasks)
    said: list[list[str]] = [[] for _ in range(rounds)]

    def run(task: int) -> None:
        try:
            for number in range(rounds):
                gate.wait(60)
                said[number].append(work(number, task))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[task]) for task in range(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(told) == tasks for told in said), "a task ended with a fault"
    return [Counter(told) for told in said]


def crowd(world: World) -> tuple[list[Person], list[User], list[Room]]:
    """Twenty people, therapists and rooms."""
    with act(world.actor(world.owner), "tests", "tests", change=True):
        people = [
            make_person(f"Person {n}", "Zeeman", world.person.birth_date, world.therapist) for n in range(AT_ONCE)
        ]
        staff, rooms = [], []
        for n in range(AT_ONCE):
            user = User(email=f"t{n}@example.org", name=f"T{n}", role="therapist", created=FIRST_DAY, password="x")
            user.save()
            room = Room(site=world.room.site, name=f"Room {n + 2}")
            room.save()
            staff.append(user)
            rooms.append(room)
    return people, staff, rooms


@pytest.mark.django_db(transaction=True)
def test_s54_of_twenty_rows_at_once_exactly_one_stands_by_the_rule_of_the_store_alone() -> None:
    world = make_world()
    people, staff, rooms = crowd(world)

    def work(number: int, task: int) -> str:
        shift, minutes = list(SHAPES.values())[number % 3](task)
        shared = ("therapist", "room", "person")[number // 3 % 3]
        told: dict[str, Any] = {"person": people[task], "therapist": staff[task], "room": rooms[task]}
        told[shared] = {"person": world.person, "therapist": world.therapist, "room": world.room}[shared]
        row = row_of(world, FIRST_DAY + timedelta(days=number) + shift * MINUTE, minutes, **told)
        try:
            with upkeep(), transaction.atomic():  # no lock is taken first: only the rule stands between them
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL deadlock_timeout = '10ms'")  # or rounds would take seconds
                row.save(force_insert=True)
        except IntegrityError as error:
            return "taken" if constraint.is_double(error) else repr(error)
        except DatabaseError as error:
            return "taken" if "deadlock" in str(error) else repr(error)
        return "stands"

    for number, found in enumerate(at_once(AT_ONCE, ROUNDS, work)):
        assert found == {"stands": 1, "taken": AT_ONCE - 1}, f"round {number}: {found}"
    assert Appointment.objects.count() == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_s54_who_comes_too_late_gets_free_times_and_never_reads_of_a_lock() -> None:
    world = make_world()
    people, _, rooms = crowd(world)

    def work(number: int, task: int) -> str:
        shift, minutes = list(SHAPES.values())[number % 3](task)
        minutes = {"nested": (120, 90, 75, 60)[task % 4]}.get(list(SHAPES)[number % 3], minutes)
        starts = datetime(2031, 3, 3, 9, tzinfo=UTC) + timedelta(days=number) + shift * MINUTE
        wish = Wish(people[task], world.therapist, rooms[task], starts, minutes)
        try:
            with act(world.actor(world.desk), "appointment", "tests", change=True):
                deeds.book(wish, "UTC")
        except TimeTaken as taken:
            return "taken" if taken.free and "lock" not in taken.message else taken.message
        return "stands"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deeds, "MONTHS_AHEAD", 120)
        found = at_once(AT_ONCE, ROUNDS_OF_DEEDS, work)
    assert found == [{"stands": 1, "taken": AT_ONCE - 1}] * ROUNDS_OF_DEEDS
