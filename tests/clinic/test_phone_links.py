"""Links to a person's telephone: what is kept of them, how long they live, and what ends them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers

from palpate.clinic import moment, phone_links
from palpate.clinic.acts import NoAct, act
from palpate.clinic.models import Appointment, Episode, PhoneLink
from palpate.clinic.phone_links import AFTER, CHECK_IN, INTAKE, PLAN, PURPOSES
from palpate.clinic.refusals import BadInput, Conflict
from tests.clinic_world import World


def book(world: World, after: timedelta) -> Appointment:
    """An appointment so long from now. Call inside an act."""
    at = moment.now()
    row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, room=world.room)
    row.starts, row.created = at + after, at
    row.ends, row.day = row.starts + timedelta(hours=1), row.starts.date()
    row.save()
    return row


def made(world: World, purpose: str, after: timedelta = timedelta(days=2)) -> phone_links.Made:
    with act(world.actor(world.therapist), "tests", "make", change=True):
        appointment = book(world, after) if purpose == CHECK_IN else None
        return phone_links.make(purpose, world.person, appointment, by=world.therapist.pk)


def works(made: phone_links.Made) -> bool:
    """Whether the secret opens its link."""
    found = phone_links.link_of(made.secret)
    return found is not None and found.pk == made.link.pk


def test_s15_a_secret_has_256_bits_and_the_store_holds_only_its_hash(world: World) -> None:
    links = [made(world, purpose) for purpose in PURPOSES]
    assert len({link.secret for link in links}) == len(PURPOSES)
    held = "".join(serializers.serialize("json", model.objects.all()) for model in apps.get_models())
    for link in links:
        plain = link.secret.replace("-", "")
        assert re.fullmatch(r"[a-z2-7]{52}", plain)  # 51 of 5 bits and one of 1
        assert link.secret not in held
        assert plain not in held
        assert re.fullmatch(r"[0-9a-f]{64}", link.link.secret_hash)
        assert phone_links.link_of(link.link.secret_hash) is None, "the hash itself opens the link"


def test_s15_nothing_of_a_secret_follows_from_the_row_or_the_time(world: World) -> None:
    with moment.held_at(moment.now()):
        first, second = made(world, PLAN), made(world, PLAN)
    assert first.secret != second.secret
    assert not any(part in first.link.pk.hex for part in first.secret.split("-"))


def test_a_secret_may_be_typed_with_spaces_and_capitals(world: World) -> None:
    link = made(world, PLAN)
    assert phone_links.link_of(f"  {link.secret.upper().replace('-', ' ')} ") is not None


@pytest.mark.parametrize(("purpose", "days"), [(INTAKE, 14), (AFTER, 7), (PLAN, 30)])
def test_s18_a_link_lives_to_its_last_instant_and_no_longer(world: World, purpose: str, days: int) -> None:
    link = made(world, purpose)
    end = link.link.made + timedelta(days=days)
    with moment.held_at(end - timedelta(seconds=1)):
        assert works(link)
    with moment.held_at(end):
        assert not works(link)


def test_s18_a_check_in_lives_until_two_hours_after_the_start_and_at_most_14_days(world: World) -> None:
    soon, late = made(world, CHECK_IN, timedelta(hours=5)), made(world, CHECK_IN, timedelta(days=30))
    assert soon.link.appointment is not None
    end = soon.link.appointment.starts + timedelta(hours=2)
    with moment.held_at(end - timedelta(seconds=1)):
        assert works(soon)
    with moment.held_at(end):
        assert not works(soon)
    with moment.held_at(late.link.made + timedelta(days=14) - timedelta(seconds=1)):
        assert works(late)
    with moment.held_at(late.link.made + timedelta(days=14)):
        assert not works(late)


def test_s18_a_check_in_ends_with_its_appointment_and_follows_it_to_an_earlier_time(world: World) -> None:
    link = made(world, CHECK_IN, timedelta(days=3))
    appointment = link.link.appointment
    assert appointment is not None
    with act(world.actor(world.desk), "tests", "move", change=True):
        appointment.starts -= timedelta(days=2)
        appointment.save()
    with moment.held_at(appointment.starts + timedelta(hours=2)):
        assert not works(link)
    assert works(link)
    with act(world.actor(world.desk), "tests", "cancel", change=True):
        appointment.state = Appointment.State.CANCELLED
        appointment.save()
    assert not works(link)


def test_s18_a_link_is_for_one_purpose_one_person_and_one_appointment(world: World) -> None:
    with act(world.actor(world.therapist), "tests", "make", change=True):
        mine = book(world, timedelta(days=1))
        with pytest.raises(Conflict):
            phone_links.make(CHECK_IN, world.other, mine)
        with pytest.raises(BadInput):
            phone_links.make(CHECK_IN, world.person)
        with pytest.raises(BadInput):
            phone_links.make("everything", world.person)
        with pytest.raises(Conflict):
            phone_links.make(INTAKE, world.other)  # nothing is open that it could be about
        link = phone_links.make(CHECK_IN, world.person, mine).link
    for purpose in PURPOSES:
        assert (phone_links.live(link.pk, purpose) is not None) == (purpose == CHECK_IN)


def test_s18_a_link_ends_with_its_episode_but_a_plan_stays(world: World) -> None:
    links = {purpose: made(world, purpose) for purpose in PURPOSES}
    with act(world.actor(world.therapist), "tests", "close", change=True):
        world.episode.state = Episode.State.CLOSED
        world.episode.save()
    assert [purpose for purpose in PURPOSES if works(links[purpose])] == [PLAN]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_s19_a_new_link_kills_the_old_one_of_its_purpose_and_no_other(world: World, purpose: str) -> None:
    links = {one: made(world, one) for one in PURPOSES}
    with act(world.actor(world.therapist), "tests", "again", change=True):
        old = links[purpose].link
        newer = phone_links.make(purpose, world.person, old.appointment)
    assert works(newer)
    assert not works(links[purpose])
    assert all(works(links[one]) for one in PURPOSES if one != purpose)


def test_s19_a_spent_and_an_ended_link_open_nothing_and_their_draft_is_gone(world: World) -> None:
    first, second = made(world, INTAKE), made(world, PLAN)
    with act(world.actor(world.therapist), "tests", "end", change=True):
        for link in (first.link, second.link):
            link.draft = {"answers": {"fever_or_chills": ["answered", True]}}
            link.save()
        phone_links.spend(first.link)
        phone_links.revoke(second.link)
    assert not works(first)
    assert not works(second)
    assert [link.draft for link in PhoneLink.objects.all()] == [{}, {}]


def test_what_was_tapped_and_never_sent_is_emptied_once_the_link_has_run_out(world: World) -> None:
    link = made(world, INTAKE).link
    with act(world.actor(world.therapist), "tests", "tap", change=True):
        link.draft = {"answers": {"fever_or_chills": ["answered", True]}}
        link.save()
        assert phone_links.clear_drafts() == 0
    with moment.held_at(link.until), act(world.actor(world.therapist), "tests", "clear", change=True):
        assert phone_links.clear_drafts() == 1
    link.refresh_from_db()
    assert link.draft == {}


def test_s18_the_fifth_wrong_birth_date_ends_the_link(world: World) -> None:
    link = made(world, PLAN)
    with act(world.actor(world.therapist), "tests", "guess", change=True):
        for _ in range(4):
            assert not phone_links.try_birth_date(link.link, date(1980, 1, 1))
        assert works(link)
        assert phone_links.try_birth_date(link.link, world.person.birth_date)
        assert not phone_links.try_birth_date(link.link, date(1980, 1, 1))
    assert not works(link)


def test_a_link_is_made_inside_an_act_only(world: World) -> None:
    with pytest.raises(NoAct):
        phone_links.make(PLAN, world.person)


def test_a_merged_record_has_no_links(world: World, monkeypatch: Any) -> None:
    link = made(world, PLAN)
    with act(world.actor(world.owner), "tests", "merge", change=True):
        world.person.merged_into = world.other
        world.person.save()
    assert not works(link)
