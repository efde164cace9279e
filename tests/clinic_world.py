"""A small practice for tests, always with the same people: the owner, the therapist in charge, a colleague who is not
in the care team, the front desk and the auditor; and one person with one open episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from django.contrib.auth.hashers import make_password

from palpate.clinic import moment
from palpate.clinic.actor import Actor, the_program
from palpate.clinic.acts import act
from palpate.clinic.deciding import pathway_with, publish
from palpate.clinic.models import CareTeam, Episode, Person, Practice, Room, Site, User

PASSWORD = "a long phrase for tests 7"


@dataclass
class World:
    """The practice and its people. `actor(user)` is how a member of the staff acts outside a page."""

    practice: Practice
    owner: User
    therapist: User
    colleague: User
    desk: User
    auditor: User
    person: Person
    other: Person
    episode: Episode
    room: Room
    day: date
    staff: dict[str, User] = field(default_factory=dict)

    @staticmethod
    def actor(user: User) -> Actor:
        return Actor(str(user.pk), user.roles, user.pk, user.name)


def make_world(*, second_factor: bool = False) -> World:
    """Makes the practice. The second factor is off unless told, so that a test may sign in with a password."""
    with act(the_program("tests"), "practice", "tests", change=True):
        at = moment.now()
        practice = Practice(name="Harbour Street Back Care", place="default", created=at, second_factor=second_factor)
        practice.save()
        site = Site(name="Harbour Street")
        site.save()
        room = Room(site=site, name="Room 1")
        room.save()
        staff = {
            name: _user(name, role)
            for name, role in (
                ("owner", "owner"),
                ("therapist", "therapist"),
                ("colleague", "therapist"),
                ("desk", "desk"),
                ("auditor", "auditor"),
            )
        }
        publish(pathway_with("back_massage"), {}, World.actor(staff["owner"]))
        person = make_person("Ada", "Lind", date(1979, 4, 2), staff["therapist"])
        other = make_person("Bram", "Okafor", date(1988, 11, 9), staff["colleague"])
        episode = Episode(person=person, therapist=staff["therapist"], complaint="Stiff low back", opened=at)
        episode.onset = moment.today() - timedelta(days=90)
        episode.save()
    return World(
        practice, **staff, person=person, other=other, episode=episode, room=room, day=moment.today(), staff=staff
    )


@lru_cache(maxsize=1)
def _hashed() -> str:
    """The same hash for everybody, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def _user(name: str, role: str) -> User:
    user = User(email=f"{name}@example.org", name=name.title(), role=role, created=moment.now())
    user.password = _hashed()
    user.save()
    return user


def make_person(given: str, family: str, born: date, therapist: User) -> Person:
    """A person in the care of a therapist. Call inside an act."""
    from palpate.clinic.names import match_name

    person = Person(given_name=given, family_name=family, birth_date=born, created=moment.now())
    person.match_name = match_name(f"{given} {family}")
    person.save()
    CareTeam(person=person, therapist=therapist, since=moment.now()).save()
    return person
