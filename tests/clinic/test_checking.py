"""What a check is made of: when it is due, and how a change is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic import checking
from palpate.clinic.acts import act
from palpate.clinic.checking import plain_change
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.models import Episode, Measure
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library import load_pathway
from palpate.pathway.response import activities_code, exact, pain_code
from tests.clinic_world import World
from tests.course_world import two_visits, visit
from tests.web.session_taps import Clock, ready

scores = st.integers(min_value=0, max_value=20).map(lambda half: half / 2)


@given(scores, scores)
def test_a_change_of_pain_is_said_to_be_chance_exactly_where_it_is_under_two_points(
    before: float, after: float
) -> None:
    numbers = load_pathway("back_massage").numbers
    said = plain_change(numbers, "pain", before, after)
    code = pain_code(numbers, exact(before), exact(after))
    assert ("more than chance" in said) == (after - before >= 2)
    assert ("enough to matter" in said) == (code == 2)
    if 0 < abs(before - after) < 2 and before >= 3:
        assert "within what chance can do" in said


@given(scores, scores)
def test_a_gain_in_activities_is_said_to_matter_exactly_where_its_code_is_full(before: float, after: float) -> None:
    numbers = load_pathway("back_massage").numbers
    said = plain_change(numbers, "activities", before, after)
    assert ("enough to matter" in said) == (activities_code(numbers, exact(before), exact(after)) == 2)


def test_a_rating_that_is_missing_makes_no_change() -> None:
    numbers = load_pathway("back_massage").numbers
    assert plain_change(numbers, "pain", None, 3) == plain_change(numbers, "pain", 3, None)
    assert "no change can be told" in plain_change(numbers, "pain", 3, None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, world: World) -> Clock:
    ready(world)
    return Clock(monkeypatch)


def test_the_check_comes_after_two_sessions_and_the_end_after_four(clock: Clock, world: World) -> None:
    pathway = pathway_in_force()
    assert not checking.check_of(world.episode, pathway).reached
    two_visits(world, clock)
    check = checking.check_of(world.episode, pathway)
    assert (check.after, check.reached, check.at_end) == (2, True, False)
    assert check.missing == ("pain_nrs", "own_activities", "global_change")
    for day in (14, 21):
        clock.day(day)
        visit(world)
    end = checking.check_of(world.episode, pathway)
    assert (end.after, end.at_end) == (4, True)
    assert end.opens is not None
    assert end.closes is not None
    assert (end.closes - end.opens).days == 18
    assert "mood_nrs" in end.missing


def test_activities_are_not_asked_where_none_was_named(clock: Clock, world: World) -> None:
    two_visits(world, clock)
    world.episode.activities = []
    assert "own_activities" not in checking.check_of(world.episode, pathway_in_force()).missing


def test_s55_scores_are_only_added_to_and_a_stale_form_adds_none(clock: Clock, world: World) -> None:
    two_visits(world, clock)
    clock.day(10)
    episode, actor = Episode.objects.get(pk=world.episode.pk), world.actor(world.therapist)
    before = Measure.objects.count()
    day = clock.now.date()
    with act(actor, "tests", "scores", change=True):
        checking.keep_scores(actor, episode, episode.version, {"pain_nrs": 3}, [], day, checking.AT_CHECK)
    assert Measure.objects.count() == before + 1
    for values, seen, error in (
        ({"pain_nrs": 3}, 0, Conflict),
        ({"pain_nrs": 11}, episode.version, BadInput),
        ({"pain_nrs": True}, episode.version, BadInput),
        ({"mood_nrs": 3}, episode.version, BadInput),
        ({}, episode.version, BadInput),
    ):
        with pytest.raises(error), act(actor, "tests", "scores", change=True):
            checking.keep_scores(actor, episode, seen, values, [], day, checking.AT_CHECK)
    assert Measure.objects.count() == before + 1
