"""Fills an empty store with a large made-up practice: people, years of episodes, and one busy day.

    python benchmarks/clinic/fill.py [--people 20000] [--today 80]

The store is the one that Django's settings name (PALPATE_DATA or DATABASE_URL). It must be empty. The same seed gives
the same practice, but for ids and for dates, which count back from today. Whoever comes today and is in treatment has a
whole intake, the taps of each visit, and a decision that the pathway itself has made of them, with documents as long as
those of a real practice; everybody else has short rows of every kind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

SEED = 20_260_302
THERAPISTS, BATCH = 10, 500
GIVEN = ("Ada", "Bram", "Cleo", "Dana", "Emil", "Fay", "Gita", "Hugo", "Ines", "Jan", "Kira")
FAMILY = ("Lind", "Okafor", "Marsh", "Haddad", "Berg", "Costa", "Dietz", "Evans", "Fuchs", "Gomez", "Hale")
ORDER = (
    "Person", "CareTeam", "Episode", "Answer", "Consent", "Appointment", "Session", "Touch", "Measure", "Note",
    "Decision", "Letter",
)  # fmt: skip
INTAKE = json.loads((Path(__file__).parents[2] / "examples" / "1_first_visit.json").read_text())["facts"]
# One visit, as it is tapped: kind and data, in order.
TAPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("unchanged", {"value": True, "none": []}),
    ("pain_before", {"value": 5}),
    ("test", {"test": "ffd_cm", "when": "before", "value": 22}),
    ("gate", {"after": "asked"}),
    *(("palpate", {"region": "low_back", "side": side, "muscle": "", "yields": "yes"}) for side in ("left", "right")),
    ("gate", {"after": "felt"}),
    ("clock_start", {}),
    *(
        ("treat", {"technique": name, "region": "low_back", "side": side, "minutes": 10, "pressure": 3})
        for name in ("swedish", "myofascial")
        for side in ("left", "right")
    ),
    ("clock_stop", {}),
    ("test", {"test": "ffd_cm", "when": "after", "value": 17}),
    ("pain_after", {"value": 3}),
    ("aftercare", {"items": ["soreness_told", "keep_moving"]}),
)
DISPOSITIONS = ("treat", "treat_with_precautions", "incomplete", "medical_exam_first", "physician_clearance")


@dataclass
class Rows:
    """What is to be stored, by table, in the order in which it can be."""

    tables: dict[str, list[Any]] = field(default_factory=dict)
    minutes: Counter[tuple[Any, date]] = field(default_factory=Counter)

    def free_minute(self, therapist: Any, day: date) -> datetime:
        """The next minute of a past day that is free: the store takes no two appointments at one time, and ten
        therapists have more visits here than a day has hours."""
        from datetime import UTC

        self.minutes[therapist.pk, day] += 1
        return datetime.combine(day, time(0), UTC) + timedelta(minutes=self.minutes[therapist.pk, day])

    def add(self, row: Any) -> Any:
        self.tables.setdefault(type(row).__name__, []).append(row)
        return row

    def store(self) -> None:
        """Stores and forgets them."""
        from palpate.clinic import models

        for name in ORDER:
            getattr(models, name).objects.bulk_create(self.tables.pop(name, []), batch_size=BATCH)
        assert not self.tables, f"no order for {', '.join(self.tables)}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill an empty store with a made-up practice.")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--today", type=int, default=80)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palpate.web.settings")
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import django

    django.setup()
    made = fill(options.people, options.today)
    print(json.dumps(made))
    return 0


def fill(people: int, today: int) -> dict[str, int]:
    """Makes the practice. Returns how many rows of each kind there are."""
    from django.db import connection

    from palpate.clinic import models, moment
    from palpate.clinic.actor import Actor, the_program
    from palpate.clinic.acts import act
    from palpate.clinic.booking import constraint
    from palpate.clinic.deciding import pathway_with, publish

    if connection.vendor == "sqlite":  # ids are random, so every index is written all over: let it stay in memory
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size=-600000")
    dice = random.Random(SEED)
    now, day = moment.now(), moment.today()
    with act(the_program("bench"), "practice", "bench", change=True):
        assert not models.Practice.objects.exists(), "the store is not empty"
        models.Practice(name="Bench", place="default", created=now, second_factor=False).save()
        site = models.Site(name="Bench")
        site.save()
        rooms = [models.Room(site=site, name=f"Room {number + 1}") for number in range(THERAPISTS)]
        for room in rooms:
            room.save()
        owner = models.User(email="owner@example.org", name="Owner", role="owner", treats=True, created=now)
        staff = [owner]
        for number in range(THERAPISTS - 1):
            email = f"therapist{number}@example.org"
            staff.append(models.User(email=email, name=f"Therapist {number}", role="therapist", created=now))
        for user in staff:
            user.set_unusable_password()
            user.save()
        publish(pathway_with("back_massage"), {}, Actor(str(owner.pk), owner.roles, owner.pk, owner.name))
        # Visits of years are stored in no order of their times, and each would be looked for among all: the rules that
        # keep two appointments apart come back afterwards.
        constraint.take_away(connection)
        rows = Rows()
        busy = dict(zip(_spread(people, today), _times(today, len(staff)), strict=True))
        for number in range(people):
            _person(rows, dice, number, staff, rooms, now, day, busy.get(number))
            if number % 500 == 499:
                rows.store()
        rows.store()
        if connection.vendor == "postgresql":  # it changes no table while a check of what was stored is still to come
            connection.check_constraints()
        constraint.put(connection)
        _decide(day, Actor(str(owner.pk), owner.roles, owner.pk, owner.name))
    names = ("Person", "Episode", "Session", "Decision", "Appointment", "Letter", "Answer", "Consent")
    return {name: getattr(models, name).objects.count() for name in names}


def _spread(people: int, today: int) -> list[int]:
    """Who comes today: people from the whole list."""
    return [at * people // today for at in range(today)]


def _times(today: int, therapists: int) -> Iterator[tuple[int, time]]:
    """Therapist and time of each appointment of the day."""
    for at in range(today):
        yield at % therapists, time(8 + at // therapists)


def _person(
    rows: Rows, dice: random.Random, number: int, staff: list[Any], rooms: list[Any], now: datetime, day: date,
    comes: tuple[int, time] | None,
) -> None:  # fmt: skip
    from palpate.clinic.models import CareTeam, Person
    from palpate.clinic.names import match_name

    owner, therapist = staff[0], staff[comes[0] if comes else number % len(staff)]
    born = date(1930 + dice.randrange(75), dice.randrange(12) + 1, dice.randrange(28) + 1)
    person = Person(
        given_name=dice.choice(GIVEN), family_name=f"{dice.choice(FAMILY)}{number}", birth_date=born, created=now
    )
    person.match_name, person.phone = match_name(person.name), f"416 555 {number:05}"
    rows.add(person)
    # Who looks at the day is in all care teams of it, so that every row shows all it can.
    for who in {therapist, owner} if comes else {therapist}:
        rows.add(CareTeam(person=person, therapist=who, since=now))
    past = dice.randrange(1, 4)
    for count in range(past, 0, -1):
        began = day - timedelta(days=300 * count + dice.randrange(100))
        _episode(rows, dice, person, therapist, began, closed=True)
    if comes or number % 3 == 0:
        episode = _episode(rows, dice, person, therapist, day - timedelta(days=20), closed=False)
        if comes:
            _booked(rows, person, episode, therapist, rooms[comes[0]], day, comes[1])
            if disposition_of(rows, episode) == "treat":
                _in_full(rows, episode, therapist, dice)


def disposition_of(rows: Rows, episode: Any) -> str:
    """What the made-up decisions of an episode say."""
    return next(row.disposition for row in reversed(rows.tables["Decision"]) if row.episode is episode)


def _in_full(rows: Rows, episode: Any, therapist: Any, dice: random.Random) -> None:
    """The answers of a whole intake, and the taps of each visit."""
    from palpate.clinic.models import Answer, Touch

    for order, (fact, value) in enumerate(INTAKE.items()):
        if fact not in ("age_years", "consent_status"):  # these two the program knows by itself
            rows.add(
                Answer(
                    episode=episode, fact=fact, state="answered", value=value, day=episode.opened.date(),
                    at=episode.opened, number=order + 10,
                )
            )  # fmt: skip
    for session in [row for row in rows.tables["Session"] if row.episode is episode]:
        for number, (kind, data) in enumerate(TAPS, 1):
            at = session.started + timedelta(minutes=2 * number)
            told = {**data, "at": at.isoformat(timespec="seconds")} if kind in ("clock_start", "clock_stop") else data
            key = uuid.UUID(int=dice.getrandbits(128))
            rows.add(
                Touch(session=session, number=number, key=key, kind=kind, data=told, tapped=at, at=at, by=therapist)
            )


def _decide(day: date, actor: Any) -> None:
    """Lets the pathway decide those who come today and have a whole record."""
    from palpate.clinic.deciding import decide_now
    from palpate.clinic.models import Appointment

    for row in Appointment.objects.filter(day=day).select_related("episode__person"):
        if row.episode.answers.count() > 10:
            decide_now(actor, row.episode, "session", day)


def _booked(rows: Rows, person: Any, episode: Any, therapist: Any, room: Any, day: date, at: time) -> None:
    from datetime import UTC

    from palpate.clinic.models import Appointment

    starts = datetime.combine(day, at, UTC)
    rows.add(
        Appointment(
            person=person, episode=episode, therapist=therapist, room=room, starts=starts,
            ends=starts + timedelta(hours=1), held_until=starts + timedelta(hours=1), day=day,
            created=starts - timedelta(days=9),
        )
    )  # fmt: skip


def _episode(rows: Rows, dice: random.Random, person: Any, therapist: Any, began: date, *, closed: bool) -> Any:
    """An episode with consent, answers, decisions, sessions and letters, as a practice leaves them behind."""
    from datetime import UTC

    from palpate.clinic.models import Answer, Appointment, Consent, Episode, Letter, Measure, Note, Session

    at = datetime.combine(began, time(9), UTC)
    episode = Episode(person=person, therapist=therapist, complaint="Stiff low back", opened=at, planned_at=at)
    episode.onset, episode.protocol = began - timedelta(days=90), "four_in_six_weeks"
    if closed:
        episode.state, episode.closed = "closed", at + timedelta(days=50)
    rows.add(episode)
    signed: dict[str, Any] = {"signed_by": person.name, "at": at}
    signed["signature"] = {"typed": person.name, "decides_alone": "yes", "day": began.isoformat()}
    rows.add(Consent(episode=episode, kind="general", text_version="1", text="Consent", place="default", **signed))
    for order, fact in enumerate(("cancer_history", "fever")):
        rows.add(Answer(episode=episode, fact=fact, state="answered", value=False, day=began, at=at, number=order))
    disposition = DISPOSITIONS[max(0, dice.randrange(12) - 7) if not closed else 0]
    sessions = 4 if closed else 2
    for number in range(sessions):
        visit = at + timedelta(days=7 * number)
        starts = rows.free_minute(therapist, visit.date())
        booked = Appointment(
            person=person, episode=episode, therapist=therapist, starts=starts, ends=starts + timedelta(minutes=1),
            held_until=starts + timedelta(minutes=1), day=visit.date(), state="done", created=at,
        )  # fmt: skip
        rows.add(booked)
        unsigned = not closed and number == sessions - 1 and dice.randrange(200) == 0
        session = Session(
            episode=episode, appointment=booked, therapist=therapist, day=visit.date(), started=visit,
            state="open" if unsigned else "signed", massage_given=not unsigned,
        )  # fmt: skip
        rows.add(session)
        rows.add(
            Measure(episode=episode, session=session, name="pain_nrs", value=6 - number, day=visit.date(), at=visit)
        )
        if not unsigned:
            rows.add(
                Note(
                    session=session, subjective="s", objective="o", assessment="a", plan="p", signed_by=therapist,
                    signed_name=therapist.name, signed_at=visit, about_day=visit.date(),
                )
            )  # fmt: skip
        _decision(rows, episode, number + 1, visit, disposition)
    kind = "discharge" if closed else "referral" if disposition == "medical_exam_first" else ""
    if kind:
        rows.add(Letter(episode=episode, kind=kind, urgency="routine", made=at, by=therapist))
    return episode


def _decision(rows: Rows, episode: Any, number: int, at: datetime, disposition: str) -> None:
    from palpate.clinic.models import Decision

    document = {"format": "palpate-episode/1", "id": str(episode.pk or uuid.UUID(int=0)), "facts": {}, "sessions": []}
    answer = {
        "disposition": disposition,
        "urgency": None,
        "summary": "Made for measuring.",
        "precautions": [],
        "ask": [],
    }
    rows.add(
        Decision(
            episode=episode, number=number, moment="session", as_of=at.date(), document=json.dumps(document),
            answer=json.dumps(answer), disposition=disposition, pathway="back_massage", pathway_version="bench",
            digest="bench", engine="bench", at=at,
        )
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
