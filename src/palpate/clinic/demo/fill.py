"""Makes the demo practice: runs all stories at once, in the order of their days, each step as one act."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta

from django.db import transaction

from palpate.clinic import moment as clock
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.deciding import pathway_with, publish
from palpate.clinic.demo.stage import Stage
from palpate.clinic.demo.stories import STORIES
from palpate.clinic.models import Practice, Room, Site, User

PASSWORD = "seven calm green hills"  # of everybody in the demo; such a store opens only with --demo (S-02)
STAFF = (
    ("owner", "Helen Marsh", "Registered massage therapist", "owner", True),
    ("therapist", "Daniel Ruiz", "Registered massage therapist", "therapist", False),
    ("colleague", "Wanda Klee", "Registered massage therapist", "therapist", False),
    ("desk", "Ruth Adler", "", "desk", False),
    ("auditor", "Piet Visser", "", "auditor", False),
)
PAST = timedelta(days=130)  # how long the demo practice has been open


def email_of(name: str) -> str:
    return f"{name}@demo.example"


def fill() -> Practice:
    """Makes the practice with its staff and its people, as of now. The store must be empty of a practice.

    All of it is one transaction: stopped midway, nothing is there, and the next start fills the store again.
    """
    with transaction.atomic():
        return _filled()


def _filled() -> Practice:
    stage = _practice(clock.now())
    waiting = []
    for number, story in enumerate(STORIES):
        told = story(stage)
        waiting.append((next(told), number, told))
    heapq.heapify(waiting)
    now = clock.now()
    while waiting:
        at, number, told = heapq.heappop(waiting)
        if at > now:  # the rest of this story lies in the future
            continue
        with clock.held_at(at), act(stage.actor("therapist"), "demo", "demo", change=True):
            coming = next(told, None)
        if coming is not None:
            heapq.heappush(waiting, (max(coming, at), number, told))
    return stage.practice


def _practice(now: datetime) -> Stage:
    with clock.held_at(now - PAST), act(the_program("demo"), "demo", "demo", change=True):
        at = clock.now()
        practice = Practice(
            name="Linden Lane Back Care",
            address="4 Linden Lane",
            phone="555 0140",
            place="ontario",
            emergency_number="911",
            time_zone="America/Toronto",
            second_factor=False,
            demo=True,
            created=at,
        )
        practice.save()
        site = Site(name="Linden Lane", address=practice.address)
        site.save()
        rooms = [Room(site=site, name="Room 1"), Room(site=site, name="Room 2")]
        for room in rooms:
            room.save()
        staff = {}
        for name, shown, title, role, treats in STAFF:
            user = User(email=email_of(name), name=shown, title=title, role=role, treats=treats, created=at)
            user.set_password(PASSWORD)
            user.save()
            staff[name] = user
        stage = Stage(practice, staff, rooms, now.date())
        stage.today = clock.today(practice.time_zone) + PAST
        publish(pathway_with("back_massage"), {}, stage.actor("owner"))
    return stage
