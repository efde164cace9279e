"""What keeps pages quick and can be counted: queries that do not grow with the rows, and the weight of a page."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Answer, Consent, Episode, Session, Touch, User
from tests.clinic_world import World
from tests.filled_world import Filled, fill
from tests.walking import address, pages

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
HEAVIEST = 150_000  # bytes of a first load, all its scripts and styles with it
MOST_QUERIES = {"today": 20, "door": 26}


def queries_of(client: Client, url: str) -> list[str]:
    """The statements of a page that was asked for before, so that nothing is put together for the first time."""
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in found.captured_queries]


def door_of(episode: Episode) -> str:
    return f"/people/{episode.person_id}/episodes/{episode.pk}/door/"


def grow(world: World, visits: int, days_ago: int = 60) -> None:
    """More visits with their taps, more answers, consents and decisions for the world's episode."""
    at = moment.now()
    actor = world.actor(world.therapist)
    with act(actor, "tests", "tests", change=True):
        for number in range(visits):
            began = at - timedelta(days=days_ago + number)
            session = Session(episode=world.episode, therapist=world.therapist, day=began.date(), started=began)
            session.state, session.massage_given = "signed", True
            session.save()
            data = {"technique": "swedish", "region": "low_back", "minutes": 10, "pressure": 3}
            Touch(
                session=session, number=1, key=uuid.uuid4(), kind="treat", data=data, tapped=began, at=began,
                by=world.therapist,
            ).save()  # fmt: skip
            Answer(episode=world.episode, fact="fever", state="answered", value=False, day=at.date(), at=at).save()
            Consent(
                episode=world.episode, kind="general", text_version="1", text="words", place="default",
                signed_by="Ada Lind", signature={"typed": "Ada Lind", "decides_alone": "yes"}, at=began,
            ).save()  # fmt: skip
            decide_now(actor, world.episode, "session", began.date())


def test_the_door_card_asks_as_many_queries_for_eight_visits_as_for_two(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    grow(world, 2)
    few = queries_of(client, door_of(world.episode))
    grow(world, 6, days_ago=30)
    many = queries_of(client, door_of(world.episode))
    assert len(many) == len(few)
    assert len(many) <= MOST_QUERIES["door"], many


def test_the_day_and_the_door_card_keep_to_their_number_of_queries(world: World, signed_in: SignedIn) -> None:
    filled = fill(world)
    for user in (world.owner, world.therapist):
        assert len(queries_of(signed_in(user), "/")) <= MOST_QUERIES["today"]
    assert len(queries_of(signed_in(filled.world.therapist), door_of(world.episode))) <= MOST_QUERIES["door"]


def test_a_page_reads_the_practice_and_the_pathway_once(world: World, signed_in: SignedIn) -> None:
    found = queries_of(signed_in(world.therapist), door_of(world.episode))
    for told in ('FROM "clinic_practice"', '"clinic_publishedpathway"."digest"', '"clinic_decision"."document"',
                 'FROM "clinic_session"', 'FROM "clinic_consent"'):  # fmt: skip
        assert sum(told in sql for sql in found) == 1, told


def linked(page: str) -> set[str]:
    """The styles, scripts and pictures that a page loads from this host."""
    return set(re.findall(r'(?:href|src)="/static/([^"?#]+)"', page))


def weight_of(page: bytes) -> int:
    """Bytes of a first load: the page as it stands, since it is sent as it is, and each file compressed."""
    total = len(page)
    for name in linked(page.decode()):
        path = finders.find(name)
        assert isinstance(path, str), name
        with open(path, "rb") as file:
            total += len(gzip.compress(file.read(), 9))
    return total


def test_the_first_load_of_every_page_is_light(world: World, signed_in: SignedIn) -> None:
    filled: Filled = fill(world)
    client = signed_in(world.therapist)
    weighed = {}
    for route in pages():
        answer = client.get(address(route, filled))
        if answer.status_code == 200 and not answer.streaming and "html" in answer.headers.get("Content-Type", ""):
            weighed[route.name] = weight_of(answer.content)
    assert {"today", "door", "session", "decision"} <= set(weighed), sorted(weighed)
    heavy = {name: weight for name, weight in weighed.items() if weight > HEAVIEST}
    assert not heavy, heavy
