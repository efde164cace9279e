"""Makes the demo practice: runs all stories at once, in the order of their days, each step as one act."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from palpate.clinic import moment as clock
from palpate.clinic.access.messages import past_waiting
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.deciding import pathway_with, publish
from palpate.clinic.demo.stage import Stage
from palpate.clinic.demo.stories import STORIES
from palpate.clinic.models import (
    BookRules,
    Gives,
    Message,
    MessageSettings,
    MoneyRules,
    Practice,
    Room,
    Service,
    Site,
    TherapistHours,
    User,
)

PASSWORD = "seven calm green hills"  # of everybody in the demo; such a store opens only with --demo (S-02)
STAFF = (
    ("owner", "Helen Marsh", "Registered massage therapist", "owner", True),
    ("therapist", "Daniel Ruiz", "Registered massage therapist", "therapist", False),
    ("colleague", "Wanda Klee", "Registered massage therapist", "therapist", False),
    ("desk", "Ruth Adler", "", "desk", False),
    ("auditor", "Piet Visser", "", "auditor", False),
)
# Who works when: weekday (0 is Monday), from and to; and in which room as a rule.
WEEKS = {
    "owner": (0, ((1, 9, 13), (3, 9, 13))),
    "therapist": (0, tuple((day, *part) for day in range(5) for part in ((8, 12), (13, 18)))),
    "colleague": (1, ((0, 10, 18), (2, 10, 18), (4, 9, 15))),
}
PAST = timedelta(days=130)  # how long the demo practice has been open


def email_of(name: str) -> str:
    return f"{name}@demo.example"


def fill() -> Practice:
    """Makes the practice with its staff and its people, as of now. The store must be empty of a practice.

    All of it is one transaction: stopped midway, nothing is there, and the next start fills the store again.
    """
    with transaction.atomic():
        return _filled()


def filled_on(practice: Practice) -> date:
    """The day that was today when the demo practice was filled, by the clock of the practice."""
    return (practice.created + PAST).astimezone(ZoneInfo(practice.time_zone)).date()


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
    _sent_in_the_past(now)
    return stage.practice


def _sent_in_the_past(now: datetime) -> None:
    """What the practice would have sent by now stands as sent: nobody sends anything from a made-up past."""
    with act(the_program("demo"), "demo", "demo", change=True):
        for message in past_waiting(now):
            message.state, message.sent, message.attempts = Message.State.SENT, message.due, 1
            message.channel = message.person.contact_by
            message.save()


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
        services = _book_of(staff, rooms, at.date())
        stage = Stage(practice, staff, rooms, now.date(), services)
        # By the clock of now: that of 130 days ago may be an hour ahead, and late in the evening a day.
        stage.today = now.astimezone(ZoneInfo(practice.time_zone)).date()
        publish(pathway_with("back_massage"), {}, stage.actor("owner"))
    return stage


def _book_of(staff: Mapping[str, User], rooms: Sequence[Room], since: date) -> dict[str, Service]:
    """What the demo practice offers, who gives it, when it works, and what late cancelling costs."""
    services = {}
    for name, minutes, turnover, price in (
        ("First visit", 75, 15, 110_00),
        ("Back massage", 60, 10, 85_00),
        ("Short back massage", 45, 10, 65_00),
    ):
        services[name] = Service(name=name, minutes=minutes, turnover_minutes=turnover, price_cents=price)
        services[name].save()
    for name in ("Back massage", "Short back massage"):  # no first visits with the colleague
        Gives(therapist=staff["colleague"], service=services[name]).save()
    MessageSettings(clinic="Linden Lane 4").save()
    MoneyRules(
        registration="CMTO, see the therapist", tax_name="HST", tax_points=13_00, code_label="Billing code"
    ).save()
    BookRules(cancel_hours=24, cancel_fee_cents=40_00, no_show_fee_cents=85_00, currency="CAD").save()
    for name, (room, parts) in WEEKS.items():
        for weekday, begins, ends in parts:
            TherapistHours(
                therapist=staff[name],
                weekday=weekday,
                begins=time(begins),
                ends=time(ends),
                room=rooms[room],
                valid_from=since,
            ).save()
    return services
