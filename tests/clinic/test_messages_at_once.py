"""Several workers at once, on either store: each message is taken by one of them (S-60)."""

from __future__ import annotations

import threading
from datetime import time, timedelta

import pytest
from django.db import connections

from palpate.clinic import messages, moment
from palpate.clinic.acts import act
from palpate.clinic.messages.sending import Outgoing, Postman, Ways
from palpate.clinic.models import Message, MessageSettings
from tests.clinic_world import World

MANY, WORKERS = 12, 4


class Shared:
    """A way that several workers send by."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def send(self, message: Outgoing) -> None:
        self.keys.append(message.key)


@pytest.mark.django_db(transaction=True)
def test_s60_of_many_workers_at_once_each_message_is_sent_by_one(world: World) -> None:
    with act(world.actor(world.desk), "contact", "tests", change=True):
        world.person.contact_by, world.person.email = "email", "inbox@example.org"
        world.person.save()
        MessageSettings(sends_from=time(8), sends_until=time(8)).save()  # this test runs at night too
        for _ in range(MANY):
            messages.queue("reminder", world.person, when=moment.now() + timedelta(days=1))
    shared, together, faults = Shared(), threading.Barrier(WORKERS), []

    def work() -> None:
        try:
            worker = Postman(Ways(shared, None, ""))
            together.wait()
            while worker.step() or Message.objects.filter(state="waiting", lease_until__isnull=True).exists():
                pass
        except BaseException as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(shared.keys) == len(set(shared.keys)) == MANY
    assert {(row.state, row.attempts) for row in Message.objects.all()} == {("sent", 1)}
