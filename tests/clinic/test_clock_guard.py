"""While the clock is behind the trail, links and signing stop, until an owner accepts it (S-58)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from palpate.clinic import clock_guard, consenting, links, moment, notes, phone_links, users
from palpate.clinic.access.trail import head_of
from palpate.clinic.actor import the_program
from palpate.clinic.acts import act
from palpate.clinic.models import AccountLink, AuditRow, PhoneLink, ReferralLink, Throttle
from palpate.clinic.refusals import Forbidden
from palpate.clinic.verify import verify
from tests.clinic_world import World
from tests.filled_world import fill

pytestmark = pytest.mark.django_db
HOUR, DAY, DECADE = timedelta(hours=1), timedelta(days=1), timedelta(days=3650)
MOVES = [HOUR, DAY, DECADE]


def something(world: World) -> None:
    """Any act: it leaves its row, with the time that the clock shows."""
    with act(world.actor(world.therapist), "tests", "something", change=False) as deed:
        deed.concerns(world.person)


def phone_link(world: World) -> phone_links.Made:
    with act(world.actor(world.desk), "tests", "link", change=True):
        return phone_links.make(phone_links.PLAN, world.person, episode=world.episode)


@pytest.mark.parametrize("back", MOVES)
def test_s58_with_the_clock_put_back_links_stop_and_go_on_when_it_is_right_again(world: World, back: timedelta) -> None:
    made = phone_link(world)
    with act(the_program("tests"), "tests", "link", change=True):
        reset = users.make_link(world.desk, AccountLink.Purpose.RESET, None)
    noon = moment.now()
    with moment.held_at(noon - back):
        something(world)  # what is recorded meanwhile must not make the trail forget
        assert clock_guard.stopped()
        assert phone_links.link_of(made.secret) is None
        assert phone_links.live(made.link.pk, phone_links.PLAN) is None
        with act(the_program("tests"), "tests", "link", change=True):
            assert users.link_of(reset) is None
    with moment.held_at(noon):
        assert not clock_guard.stopped()
        assert phone_links.link_of(made.secret) == made.link
        assert phone_links.live(made.link.pk, phone_links.PLAN) == made.link
        with act(the_program("tests"), "tests", "link", change=True):
            assert users.link_of(reset) is not None


@pytest.mark.parametrize("back", MOVES)
def test_s58_a_clinicians_link_opens_nothing_while_the_clock_is_behind(world: World, back: timedelta) -> None:
    fill(world)
    letter = ReferralLink.objects.get().letter
    letter.answered = None
    with act(world.actor(world.therapist), "tests", "again", change=True):
        letter.save()
        made = links.make_link(world.actor(world.therapist), letter)
        assert links.link_of(made.secret) == made.link
        assert links.asking(made.link.pk) == made.link
        assert links.try_birth_date(made.link, world.person.birth_date)
        assert links.opened(made.link.pk) == made.link
    with moment.held_at(moment.now() - back), act(world.actor(world.therapist), "tests", "late", change=True):
        assert links.link_of(made.secret) is None
        assert links.asking(made.link.pk) is None
        assert links.opened(made.link.pk) is None


@pytest.mark.parametrize("back", MOVES)
def test_s58_nothing_is_signed_while_the_clock_is_behind(world: World, back: timedelta) -> None:
    filled = fill(world)
    actor, sheets = world.actor(world.therapist), consenting.sheets(world.episode, ["low_back"], world.day, "yes")
    papers = [consenting.Signed(sheet, {"typed": "Ada Lind"}, True) for sheet in sheets]
    session = world.episode.sessions.get(pk=filled.ids["session"])
    signed = world.episode.sessions.exclude(pk=session.pk).get()
    with moment.held_at(moment.now() - back), act(actor, "tests", "late", change=True):
        with pytest.raises(clock_guard.ClockBehind, match="clock"):
            notes.sign_note(actor, session, session.version, dict.fromkeys("soap", "x"), world.day)
        with pytest.raises(clock_guard.ClockBehind):
            notes.amend(actor, signed, "more", "forgotten")
        with pytest.raises(clock_guard.ClockBehind):
            consenting.sign(actor, world.episode, world.day, papers, "yes")


def test_s58_five_minutes_behind_are_borne_and_a_second_more_is_not(world: World) -> None:
    something(world)
    newest = clock_guard.state()[1]
    assert newest is not None
    with moment.held_at(newest - timedelta(minutes=5)):
        assert not clock_guard.stopped()
    with moment.held_at(newest - timedelta(minutes=5, seconds=1)):
        assert clock_guard.stopped()


@pytest.mark.parametrize("ahead", MOVES)
def test_s58_once_a_clock_that_ran_ahead_is_set_right_an_owner_has_to_say_so(world: World, ahead: timedelta) -> None:
    right = moment.now()
    kept = phone_link(world)
    with moment.held_at(right + ahead):
        assert not clock_guard.stopped()  # nobody can know yet
        something(world)
        wrong = phone_link(world)
        with act(the_program("tests"), "tests", "count", change=True):
            Throttle(key="name:1", count=5, until=right + ahead).save()
    assert PhoneLink.objects.get(pk=kept.link.pk).revoked is not None  # the newer one took its place
    with moment.held_at(right):
        assert clock_guard.stopped()
        with pytest.raises(Forbidden):
            clock_guard.accept(world.therapist)
        assert clock_guard.stopped()
        done = clock_guard.accept(world.owner)
        assert ahead - timedelta(minutes=1) < done.behind <= ahead + timedelta(minutes=1)
        assert not clock_guard.stopped()
        # The link of the clock that ran ahead would have been good for so much longer.
        assert phone_links.link_of(wrong.secret) is None
        assert done.ended["phone_links"] == 1
        assert not Throttle.objects.exists()
        row = AuditRow.objects.latest("number")
        assert (row.deed, row.actor, row.roles) == ("clock-accept", str(world.owner.pk), "owner")
        assert row.about["behind_seconds"] == int(done.behind.total_seconds())
        again = phone_link(world)
        assert phone_links.link_of(again.secret) == again.link
    assert verify().whole


def test_s58_accepting_a_clock_that_is_not_behind_changes_and_records_nothing(world: World) -> None:
    before = head_of().number
    assert not clock_guard.accept(world.owner).behind
    assert head_of().number == before


def test_s58_the_store_keeps_the_latest_time_and_not_the_newest_rows(world: World) -> None:
    later = datetime(2099, 1, 1, 12, tzinfo=UTC)
    with moment.held_at(later):
        something(world)
    something(world)
    assert clock_guard.state()[1] == later
    assert AuditRow.objects.latest("number").at < later
