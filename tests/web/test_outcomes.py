"""The outcome page: over all who started, nobody named, small groups not shown and not to be worked out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import Decision, Episode, Letter, User
from tests.clinic_world import World
from tests.course_world import started

SignedIn = Callable[[User], Client]
YEAR = 2025
DAY = date(YEAR, 3, 3)


def decided(world: World, episode: Episode, kind: str | None, *, disposition: str = "treat", day: date = DAY) -> None:
    """A stored review decision with this class of response."""
    answer = json.dumps({"response": {"class": kind} if kind else None, "disposition": disposition})
    with act(world.actor(world.owner), "tests", "decided", change=True):
        number = Decision.objects.filter(episode=episode).count() + 1
        row = Decision(episode=episode, number=number, moment="review", as_of=day, document="{}", answer=answer)
        row.disposition, row.pathway, row.pathway_version = disposition, "back_massage", "1"
        row.digest, row.engine, row.at = "-", "-", moment.now()
        row.save()


def many(world: World, therapist: User, kinds: list[str | None], **more: Any) -> list[Episode]:
    found = []
    for kind in kinds:
        episode = started(world, therapist, DAY, **more)
        decided(world, episode, kind)
        found.append(episode)
    return found


def page(client: Client, year: int = YEAR) -> Any:
    answer = client.get(f"/outcomes/?year={year}")
    assert answer.status_code == 200, answer.content
    return answer


def test_everybody_who_started_is_counted_and_the_missing_in_three_ways(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded", "responded", "partly", "worse", "indeterminate", None])
    told = page(signed_in(world.owner)).context["told"]
    assert told.whole.started == 6
    assert told.whole.classes["not_measured"] == 2
    assert told.ways.measured == (2, 4, 50)
    assert told.ways.worst == (2, 6, 33)
    assert told.ways.best == (4, 6, 67)


def test_the_newest_review_decision_counts(world: World, signed_in: SignedIn) -> None:
    episodes = many(world, world.therapist, ["partly"] * 5)
    decided(world, episodes[0], "responded")
    assert page(signed_in(world.owner)).context["told"].whole.classes["responded"] == 1


def test_a_therapist_with_few_people_is_not_shown_nor_to_be_got_by_subtraction(
    world: World, signed_in: SignedIn
) -> None:
    many(world, world.therapist, ["responded"] * 7)
    many(world, world.colleague, ["worse"] * 2)
    told = page(signed_in(world.owner)).context["told"]
    assert told.whole.started == 9
    assert all(group.hidden and group.started == 0 for group in told.by_therapist)


def test_a_practice_with_few_people_shows_no_number_at_all(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 4)
    shown = page(signed_in(world.owner))
    assert shown.context["told"].whole is None
    assert shown.context["told"].care is None
    assert "fewer than 5 people who started" in shown.content.decode()


def test_a_therapist_sees_their_own_people_and_the_practice_but_no_colleague(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 6)
    many(world, world.colleague, ["partly"] * 5)
    shown = page(signed_in(world.therapist))
    told = shown.context["told"]
    assert (told.own.started, told.whole.started) == (6, 11)
    assert told.by_therapist == []
    assert "Colleague" not in shown.content.decode()


def test_a_therapist_does_not_learn_of_a_colleagues_few_people(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 6)
    many(world, world.colleague, ["worse"] * 2)
    told = page(signed_in(world.therapist)).context["told"]
    assert told.whole is None
    assert told.own.started == 6
    assert told.care.given == 6


def test_what_was_given_is_counted_against_what_was_planned(world: World, signed_in: SignedIn) -> None:
    two = many(world, world.therapist, ["not_responded"] * 4, sessions=2)
    one = many(world, world.therapist, [None], sessions=1)[0]
    decided(world, two[0], "not_responded", disposition="change_treatment", day=DAY + timedelta(days=1))
    with act(world.actor(world.owner), "tests", "closed", change=True):
        one.state = Episode.State.CLOSED
        one.save()
        letter = Letter(episode=one, kind=Letter.Kind.REFERRAL, made=moment.now(), by=world.therapist)
        letter.save()
    care = page(signed_in(world.owner)).context["told"].care
    assert (care.given, care.planned) == (9, 20)
    assert care.after_stop == 1
    assert care.stopped_unmeasured == 1
    assert care.unanswered == 1


def test_no_persons_name_stands_on_the_page_and_no_trial_beside_it(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 6)
    for role in ("owner", "therapist", "auditor"):
        text = page(signed_in(world.staff[role])).content.decode()
        assert "Nobody 0" not in text
        assert "Ada" not in text
        assert "must not be set beside the arm of a trial" in text


def test_only_listed_years_are_taken(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 5)
    client = signed_in(world.owner)
    assert client.get("/outcomes/").context["year"] == YEAR
    for year in ("1999", "2025 ", "2025; drop", "-1", "٢٠٢٥"):
        assert client.get("/outcomes/", {"year": year}).status_code == 422


def test_s08_the_front_desk_has_no_outcome_page(world: World, signed_in: SignedIn) -> None:
    assert signed_in(world.desk).get("/outcomes/").status_code == 404


def test_the_page_takes_the_same_queries_however_many_people_there_are(world: World, signed_in: SignedIn) -> None:
    many(world, world.therapist, ["responded"] * 5)
    client = signed_in(world.owner)
    page(client)
    with CaptureQueriesContext(connection) as few:
        page(client)
    many(world, world.therapist, ["worse"] * 20, protocol="weekly_6", sessions=3)
    with CaptureQueriesContext(connection) as more:
        page(client)
    assert len(more) == len(few)


@pytest.mark.parametrize("role", ["owner", "auditor"])
def test_groups_by_protocol_are_bars_over_all_who_started(world: World, signed_in: SignedIn, role: str) -> None:
    many(world, world.therapist, ["responded"] * 5 + ["partly"])
    many(world, world.therapist, ["worse"] * 6, protocol="weekly_6")
    told = page(signed_in(world.staff[role])).context["told"]
    assert [group.started for group in told.by_protocol] == [6, 6]
    assert not any(group.hidden for group in told.by_protocol)
