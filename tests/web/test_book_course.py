"""A whole course booked by one tap, up to the next check; the rest held; one moved, the later ones proposed anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.booking import course as courses
from palpate.clinic.deciding import MAY_TREAT
from palpate.clinic.models import Appointment, Decision, Episode, HeldSession, Override, PublishedPathway, Session, User
from palpate.clinic.refusals import Conflict
from palpate.pathway.pathway import DISPOSITIONS
from palpate.web.pages.book.course_views import read
from tests.clinic_world import World
from tests.decided_world import decided

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The clock stands still at the last of these."""
    held = [NOON]
    monkeypatch.setattr("django.utils.timezone.now", lambda: held[-1])
    return held


@pytest.fixture
def planned(world: World) -> World:
    """A decision that allows massage, and a kept plan of four sessions in six weeks."""
    world.day = moment.today()
    assert decided(world).disposition in ("treat", "treat_with_precautions")
    changed(world, protocol="four_in_six_weeks", planned_at=NOON)
    return world


def changed(world: World, **told: Any) -> None:
    with act(world.actor(world.owner), "tests", "tests", change=True):
        for name, value in told.items():
            setattr(world.episode, name, value)
        world.episode.save()


def url(world: World, more: str = "") -> str:
    return f"/people/{world.person.pk}/episodes/{world.episode.pk}/book/{more}"


def proposals(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="chosen" value="([^"]+)"', page)))


def days_of(proposal: str) -> list[date]:
    return [date.fromisoformat(part.split("/")[3][:10]) for part in proposal.split()]


def post(client: Client, world: World, **told: Any) -> Any:
    return client.post(url(world), {"_person": str(world.person.pk), "_version": "1", **told})


def test_three_proposals_keep_the_windows_of_the_protocol(planned: World, signed_in: SignedIn) -> None:
    page = signed_in(planned.therapist).get(url(planned)).content.decode()
    found = proposals(page)
    assert len(found) == 3
    assert len({tuple(days_of(one)) for one in found} | {one.split()[0] for one in found}) > 3
    course = courses.course_of(planned.episode)
    assert course is not None
    for one in found:
        days = days_of(one)
        assert len(days) == 4
        assert courses.breaks(course.protocol, dict(enumerate(days, 1))) == ""
    assert "Book sessions 1 to 2" in page
    assert "held as a proposal" in page


def test_one_tap_books_up_to_the_check_and_holds_the_rest(planned: World, signed_in: SignedIn) -> None:
    client = signed_in(planned.desk)
    chosen = proposals(client.get(url(planned)).content.decode())[1]
    assert post(client, planned, chosen=chosen).status_code == 303
    rows = list(Appointment.objects.order_by("starts"))
    held = list(HeldSession.objects.order_by("number"))
    assert [row.course_session for row in rows] == [1, 2]
    assert [row.number for row in held] == [3, 4]
    assert [row.starts.date() for row in rows] + [row.starts.date() for row in held] == days_of(chosen)
    assert all(row.episode == planned.episode and row.minutes == 60 for row in rows if hasattr(row, "minutes"))
    page = client.get(url(planned)).content.decode()
    assert "Held as a proposal, not booked" in page
    assert "Book the proposed sessions" not in page  # the check comes first
    # What is held takes nobody's time.
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        Appointment(
            person=planned.other, therapist=held[0].therapist, room=held[0].room, starts=held[0].starts,
            ends=held[0].ends, day=held[0].starts.date(), created=NOON,
        ).save()  # fmt: skip
    assert post(client, planned, chosen=chosen).status_code == 409  # sent once more from a stale page
    assert Appointment.objects.filter(person=planned.person).count() == 2


def test_all_of_it_is_booked_where_a_reason_is_given(planned: World, signed_in: SignedIn) -> None:
    client = signed_in(planned.therapist)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    assert post(client, planned, chosen=chosen, why="She works shifts").status_code == 303
    rows = list(Appointment.objects.order_by("starts"))
    assert [row.ahead_why for row in rows] == ["", "", "She works shifts", "She works shifts"]
    assert not HeldSession.objects.exists()
    assert "All sessions of this course are given or booked" in client.get(url(planned)).content.decode()


@pytest.mark.parametrize(("zone", "since"), [("America/Toronto", "2026-03-03"), ("Pacific/Auckland", "2026-03-24")])
def test_s57_a_course_across_a_change_of_the_clocks_keeps_its_wall_times(
    planned: World, signed_in: SignedIn, zone: str, since: str
) -> None:
    """Both zones change their clocks within the six weeks: Toronto on 8 March, Auckland on 5 April 2026."""
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        planned.practice.time_zone = zone
        planned.practice.save()
    client = signed_in(planned.desk)
    told = {"from": since, "earliest": "09:00", "latest": "10:00", "therapist": str(planned.therapist.pk)}
    chosen = proposals(client.get(url(planned), told).content.decode())[0]
    assert post(client, planned, chosen=chosen, why="Test").status_code == 303
    rows = list(Appointment.objects.order_by("starts"))
    assert [row.wall[11:] for row in rows] == ["09:00"] * 4
    assert {row.zone for row in rows} == {zone}
    assert len({row.starts.hour for row in rows}) == 2


@pytest.mark.parametrize("wrong", ["", "x", "1/x/y/z", "1/2/3"])
def test_what_is_no_proposal_books_nothing(planned: World, signed_in: SignedIn, wrong: str) -> None:
    assert post(signed_in(planned.desk), planned, chosen=wrong).status_code in (409, 422)
    assert not Appointment.objects.exists()


def test_a_proposal_that_breaks_the_protocol_or_whose_time_is_taken_books_nothing(
    planned: World, signed_in: SignedIn
) -> None:
    client = signed_in(planned.desk)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    parts = chosen.split()
    early = re.sub(r"/[^/]+Z$", f"/{days_of(chosen)[0] + timedelta(days=1)}T17:00Z", parts[1])
    answer = post(client, planned, chosen=" ".join([parts[0], early, *parts[2:]]))
    assert answer.status_code == 422
    assert "are meant" in answer.content.decode()
    number, therapist, room, starts = parts[1].split("/")
    at = datetime.strptime(starts, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        Appointment(
            person=planned.other,
            therapist_id=therapist,
            starts=at,
            ends=at + timedelta(hours=1),
            day=at.date(),
            created=NOON,
        ).save()
    taken = post(client, planned, chosen=chosen)
    assert taken.status_code == 409
    assert "Nothing was booked" in taken.content.decode()
    assert proposals(taken.content.decode())
    assert Appointment.objects.filter(person=planned.person).count() == 0
    assert number == "2"
    assert room


def test_the_search_can_be_narrowed_and_says_why_nothing_fits(planned: World, signed_in: SignedIn) -> None:
    client = signed_in(planned.desk)
    told = {"from": "2026-03-09", "days": ["1"], "earliest": "14:00", "latest": "17:00", "therapist": "", "service": ""}
    found = proposals(client.get(url(planned), told).content.decode())
    assert found
    for one in found:
        assert {day.weekday() for day in days_of(one)} == {1}
        assert all("14:00" <= part.split("/")[3][11:16] <= "16:00" for part in one.split())
    none = client.get(url(planned), told | {"latest": "14:30"}).content.decode()
    assert not proposals(none)
    assert "note is-warn" in none
    assert client.get(url(planned), told | {"latest": "13:00"}).status_code == 422
    assert client.get(url(planned), told | {"days": ["9"]}).status_code == 422


@pytest.mark.parametrize("disposition", ["medical_exam_first", "incomplete", "not_assessed", "change_treatment"])
def test_no_course_is_booked_where_the_decision_does_not_allow_massage(
    planned: World, signed_in: SignedIn, disposition: str
) -> None:
    client = signed_in(planned.therapist)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    newest(planned, disposition)
    page = client.get(url(planned)).content.decode()
    assert not proposals(page)
    assert post(client, planned, chosen=chosen).status_code == 409
    desk = signed_in(planned.desk).get(url(planned)).content.decode()
    assert "See the therapist" in desk
    assert "decision" not in desk.casefold().replace("palpate supports", "")
    assert not Appointment.objects.exists()


def newest(world: World, disposition: str, episode: Episode | None = None) -> Decision:
    """A newer decision, whatever it rests on."""
    episode = episode or world.episode
    with act(world.actor(world.owner), "tests", "tests", change=True):
        number = Decision.objects.filter(episode=episode).count() + 1
        row = Decision(episode=episode, number=number, moment="review", as_of=moment.today(), document="",
                       disposition=disposition, at=moment.now())  # fmt: skip
        row.save()
    return row


def test_the_deed_itself_books_no_course_that_the_decision_does_not_allow(planned: World, signed_in: SignedIn) -> None:
    chosen = proposals(signed_in(planned.desk).get(url(planned)).content.decode())[0]
    course = courses.course_of(planned.episode)
    assert course is not None
    newest(planned, "do_not_massage_now")
    with pytest.raises(Conflict), act(planned.actor(planned.desk), "tests", "tests", change=True):
        courses.book(course, courses.Search(moment.today()), read(chosen), "UTC")
    assert not Appointment.objects.exists()


def test_without_a_plan_the_page_leads_to_it(world: World, signed_in: SignedIn) -> None:
    page = signed_in(world.therapist).get(url(world)).content.decode()
    assert "Make the plan" in page
    assert not proposals(page)


def test_a_decision_that_stops_shows_the_later_appointments_and_cancels_none_by_itself(
    planned: World, signed_in: SignedIn
) -> None:
    client = signed_in(planned.therapist)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    post(client, planned, chosen=chosen)
    newest(planned, "change_treatment")
    assert Appointment.objects.filter(state="booked").count() == 2
    page = client.get(url(planned)).content.decode()
    assert "The decision stops this course" in page
    rows = re.findall(r'name="appointment" value="([^"]+)"', page)
    assert len(rows) == 2
    assert "The decision stops" not in signed_in(planned.desk).get(url(planned)).content.decode()
    marks = {"_person": str(planned.person.pk), "_version": "1"}
    assert client.post(url(planned, "cancel/"), {**marks, "appointment": str(planned.person.pk)}).status_code == 409
    assert client.post(url(planned, "cancel/"), marks).status_code == 409
    assert client.post(url(planned, "cancel/"), {**marks, "appointment": rows[1:]}).status_code == 303
    assert [row.state for row in Appointment.objects.order_by("starts")] == ["booked", "cancelled"]
    decision = newest(planned, "medical_exam_first")
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        Override(decision=decision, does="treat", reason="Seen by her doctor today", by=planned.therapist, by_name="T",
                 at=moment.now()).save()  # fmt: skip
    assert "stops this course" not in client.get(url(planned)).content.decode()  # overruled, with a reason


def test_only_a_decision_that_allows_massage_books_and_whatever_stops_or_pauses_shows_what_is_booked(
    planned: World, signed_in: SignedIn, clock: list[datetime]
) -> None:
    """Held sessions too: `do_not_massage_now` pauses a course, and books nothing of it."""
    client = signed_in(planned.therapist)
    post(client, planned, chosen=proposals(client.get(url(planned)).content.decode())[0])
    given(planned, clock)
    assert HeldSession.objects.filter(state="held").count() == 2
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        alone = Appointment(person=planned.person, episode=planned.episode, therapist=planned.therapist)
        alone.starts, alone.created = clock[-1] + timedelta(days=2), clock[-1]
        alone.ends, alone.day = alone.starts + timedelta(hours=1), alone.starts.date()
        alone.save()
    for disposition in set(DISPOSITIONS) - set(MAY_TREAT):
        decision = newest(planned, disposition)
        assert not courses.may_book(decision), disposition
        course = courses.course_of(planned.episode)
        assert course is not None
        with pytest.raises(Conflict), act(planned.actor(planned.owner), "tests", "tests", change=True):
            courses.book_held(course, "UTC")
        shown = [] if disposition == "incomplete" else [alone]
        assert courses.to_cancel(planned.episode, decision) == shown, disposition
    newest(planned, "do_not_massage_now")
    page = signed_in(planned.therapist).get(url(planned)).content.decode()  # weeks later
    assert "The decision says: no massage now" in page
    assert " checked>" not in page  # the pause may be over by then: somebody chooses
    assert 'name="held"' not in page
    assert all(courses.may_book(newest(planned, word)) for word in MAY_TREAT)


def given(world: World, clock: list[datetime]) -> None:
    """What is booked is given, one after the other."""
    for row in Appointment.objects.order_by("starts"):
        with act(world.actor(world.therapist), "tests", "tests", change=True):
            row.state = "done"
            row.save()
            Session(episode=world.episode, appointment=row, therapist=row.therapist, day=row.day, state="signed",
                    massage_given=True, started=row.starts).save()  # fmt: skip
        clock.append(row.starts + timedelta(hours=2))


def test_an_emergency_in_another_episode_books_nothing(planned: World) -> None:
    decision = newest(planned, "treat")
    assert courses.may_book(decision)
    with act(planned.actor(planned.therapist), "tests", "tests", change=True):
        other = Episode(person=planned.person, therapist=planned.therapist, opened=moment.now())
        other.save()
    newest(planned, "emergency", other)
    assert not courses.may_book(decision)


def test_after_the_check_what_is_held_is_booked_by_one_tap(
    planned: World, signed_in: SignedIn, clock: list[datetime]
) -> None:
    client = signed_in(planned.therapist)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    post(client, planned, chosen=chosen)
    assert post(client, planned, held="yes").status_code == 409
    given(planned, clock)
    client = signed_in(planned.therapist)
    newest(planned, "treat")
    page = client.get(url(planned)).content.decode()
    assert "Book the proposed sessions up to session 4" in page
    assert post(client, planned, held="yes").status_code == 303
    assert [row.starts.date() for row in Appointment.objects.order_by("starts")] == days_of(chosen)
    assert {row.state for row in HeldSession.objects.all()} == {"booked"}


@pytest.mark.parametrize("by", [3, 8])
def test_one_moves_and_as_few_later_ones_as_possible_are_proposed_anew(
    planned: World, signed_in: SignedIn, by: int
) -> None:
    """It moves within its gap, or behind the session that was to follow it."""
    client = signed_in(planned.desk)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    post(client, planned, chosen=chosen)
    first, second = Appointment.objects.order_by("starts")
    low = (second.day - first.day).days
    to = f"{first.day + timedelta(days=by)}T15:00Z/{first.therapist_id}/{first.room_id}"
    told = {"appointment": str(first.pk), "to": to, "_version": "1", "_person": str(planned.person.pk)}
    answer = client.post("/book/move/", told)
    assert answer.status_code == 303
    assert answer["Location"] == f"/appointments/{first.pk}/later/"
    page = client.get(answer["Location"]).content.decode()
    assert "must move too" in page
    moves = re.search(r'name="chosen" value="([^"]+)"', page)
    assert moves is not None
    assert days_of(moves[1])[0] >= first.day + timedelta(days=by + low)
    marks = {"_person": str(planned.person.pk), "_version": "2"}
    assert client.post(answer["Location"], {**marks, "chosen": "other"}).status_code == 409
    assert client.post(answer["Location"], {**marks, "chosen": moves[1]}).status_code == 303
    course = courses.course_of(planned.episode)
    assert course is not None
    every: list[Any] = [*Appointment.objects.order_by("starts"), *HeldSession.objects.order_by("number")]
    assert courses.breaks(course.protocol, {n: row.starts.date() for n, row in enumerate(every, 1)}) == ""
    assert "No later session must move" in client.get(answer["Location"]).content.decode()


def test_s09_another_therapists_course_is_absent(planned: World, signed_in: SignedIn) -> None:
    client = signed_in(planned.colleague)
    assert client.get(url(planned)).status_code == 404
    assert client.post(url(planned), {"chosen": "x"}).status_code == 404


def test_without_a_pathway_in_force_no_course_is_booked_and_appointments_are_moved_all_the_same(
    planned: World, signed_in: SignedIn
) -> None:
    client = signed_in(planned.desk)
    chosen = proposals(client.get(url(planned)).content.decode())[0]
    post(client, planned, chosen=chosen)
    with act(planned.actor(planned.owner), "tests", "tests", change=True):
        published = PublishedPathway.objects.get()
        published.withdrawn_at, published.withdrawn_why = NOON, "Test"
        published.save()
    assert not proposals(client.get(url(planned)).content.decode())
    assert post(client, planned, chosen=chosen).status_code == 409
    row = Appointment.objects.earliest("starts")
    to = f"{row.day + timedelta(days=3)}T15:00Z/{row.therapist_id}/{row.room_id}"
    told = {"appointment": str(row.pk), "to": to, "_version": "1", "_person": str(planned.person.pk)}
    assert client.post("/book/move/", told)["Location"] == f"/appointments/{row.pk}/"
