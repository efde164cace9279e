"""What must hold when many come at once, on both stores: each test runs in threads with connections of their own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, connections
from django.test import Client

from palpate.clinic import users
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, Practice, User
from palpate.clinic.refusals import Refused
from tests.clinic_world import World, make_world
from tests.web.signing_world import code, give_app, is_in, password
from tests.web.test_start import GIVEN

pytestmark = pytest.mark.django_db(transaction=True)
Task = Callable[[], Any]


@pytest.fixture
def at_once(transactional_db: Any, tmp_path: Path) -> Iterator[Callable[[list[Task]], list[Any]]]:
    """Runs tasks at the same moment, each in a thread.

    On SQLite the store is a file, as in a practice: the tests' store in memory cannot be shared by threads that write.
    """
    settings = connections.settings["default"]
    name, options = settings["NAME"], settings["OPTIONS"]
    if connection.vendor == "sqlite":
        file = tmp_path / "palpate.sqlite3"
        connection.ensure_connection()
        with sqlite3.connect(file) as copy:
            connection.connection.backup(copy)
        copy.close()
        settings["NAME"] = str(file)
        settings["OPTIONS"] = {
            **settings["OPTIONS"],
            "timeout": 200,
        }  # seconds: a busy machine is no fault of the store

    def run(tasks: list[Task]) -> list[Any]:
        gate = threading.Barrier(len(tasks))
        answers: list[Any] = [None] * len(tasks)

        def work(at: int, task: Task) -> None:
            gate.wait()
            try:
                answers[at] = task()
            except Exception as error:
                answers[at] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(tasks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    yield run
    settings["NAME"], settings["OPTIONS"] = name, options


def test_s03_of_50_tries_at_once_exactly_5_reach_the_hasher(
    at_once: Callable[[list[Task]], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (world,) = at_once([make_world])
    reached: list[int] = []
    verify = Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *told: (reached.append(1), verify(*told))[1])

    def attempt(at: int) -> Task:
        client = Client(REMOTE_ADDR=f"192.0.2.{at}")
        return lambda: password(client, world.therapist, f"guess number {at} of fifty").status_code

    answers = at_once([attempt(at) for at in range(50)])
    assert len(reached) == 5
    assert sorted(answers) == [422] * 5 + [429] * 45
    rows = at_once([lambda: AuditRow.objects.filter(deed="account_login", outcome="refused").count()])
    assert rows == [50]


def test_s03_of_30_tries_at_once_from_one_address_exactly_20_reach_the_hasher(
    at_once: Callable[[list[Task]], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once([make_world])
    reached: list[int] = []
    encode = Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *told: (reached.append(1), encode(*told))[1])

    def attempt(at: int) -> Task:
        given = {"login": f"nobody{at}@example.org", "password": "a guess of many"}
        return lambda: Client().post("/account/sign-in/", given).status_code

    answers = at_once([attempt(at) for at in range(30)])
    assert len(reached) == 20
    assert sorted(answers) == [422] * 20 + [429] * 10


def test_s02_a_code_that_two_show_at_once_lets_one_in(at_once: Callable[[list[Task]], list[Any]]) -> None:
    (world,) = at_once([lambda: make_world(second_factor=True)])
    at_once([lambda: give_app(world.owner)])
    clients = [Client(), Client()]
    for client in clients:
        at_once([lambda client=client: password(client, world.owner)])  # type: ignore[misc]
    shown = code()
    at_once([lambda client=client: client.post("/account/sign-in/code/", {"code": shown}) for client in clients])  # type: ignore[misc]
    assert sorted(at_once([lambda client=client: is_in(client) for client in clients])) == [False, True]  # type: ignore[misc]


def test_s02_of_two_first_starts_at_once_one_makes_the_practice(at_once: Callable[[list[Task]], list[Any]]) -> None:
    def begin(at: int) -> Task:
        given = {**GIVEN, "email": f"owner{at}@example.org"}
        return lambda: Client().post("/start/", given).status_code

    assert sorted(at_once([begin(at) for at in range(4)])) == [303, 404, 404, 404]
    assert at_once([lambda: (Practice.objects.count(), User.objects.count())]) == [(1, 1)]


def test_two_owners_cannot_send_each_other_away_at_once(at_once: Callable[[list[Task]], list[Any]]) -> None:
    (world,) = at_once([make_world])

    def second() -> User:
        with act(World.actor(world.owner), "users", "test", change=True):
            User.objects.filter(pk=world.colleague.pk).update(role="owner")
        return User.objects.get(pk=world.colleague.pk)

    (other,) = at_once([second])

    def away(user: User) -> Task:
        def send() -> str:
            with act(World.actor(world.owner), "users", "test", change=True):
                users.set_active(user, user.version, False)
            return "gone"

        return send

    answers = at_once([away(world.owner), away(other)])
    assert sum(1 for answer in answers if answer == "gone") == 1
    assert sum(1 for answer in answers if isinstance(answer, Refused)) == 1
