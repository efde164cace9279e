"""Attempts to get massage recorded, or a page to say "treat", where it must not: by real requests only.

Each test is one way in which a careless, hurried or dishonest sequence of taps, forms and edits could try it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from palpate.clinic import moment, overruling
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import (
    Answer,
    AuditRow,
    Decision,
    Episode,
    Override,
    Person,
    Session,
    Touch,
)
from tests.clinic_world import World
from tests.decided_world import acute
from tests.web.attacker import BACKEND, MAY, SignedIn, asked, at, closed, newest, next_day, screen_of, send
from tests.web.session_taps import NOTHING_FOUND, SWEDISH, UNCHANGED, Clock, Tablet, ready, whole_visit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def tablet(clock: Clock, world: World, signed_in: SignedIn) -> Tablet:
    ready(world)
    return Tablet(world, signed_in(world.therapist))


# --- the taps of one session -----------------------------------------------------------------------------------------


def test_an_answer_taken_back_between_the_question_and_the_hands_closes_treatment(tablet: Tablet) -> None:
    asked(tablet)
    tablet.tap("fact", fact="pain_out_of_proportion", value=None)
    assert "not" in closed(tablet).lower()
    tablet.tap("fact", fact="fever_or_chills", value=None, unsure=True)
    closed(tablet)


def test_taking_back_that_anything_was_asked_closes_treatment(tablet: Tablet) -> None:
    tablet.start()
    key = str(uuid.uuid4())
    assert tablet.send(("unchanged", UNCHANGED), keys=[key]).status_code == 200
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    assert tablet.tap("facts", values=NOTHING_FOUND)["state"]["treat_open"]
    tablet.tap("undo", key=key)
    closed(tablet)
    tablet.tap("gate", after="asked")  # a gate says that it was asked, not what was answered
    tablet.tap("gate", after="felt")
    closed(tablet)


def test_a_message_that_holds_a_danger_sign_and_a_treatment_records_the_sign_only(tablet: Tablet) -> None:
    asked(tablet)
    answer = tablet.send(("fact", {"fact": "saddle_numbness", "value": True}), ("treat", SWEDISH))
    assert answer.status_code == 200
    assert len(answer.json()["accepted"]) == 1
    assert answer.json()["stop"]["panel"] == "stop-emergency"
    assert not Touch.objects.filter(kind="treat").exists()


def test_a_message_that_asks_treats_and_takes_the_questions_back_leaves_nothing_open(tablet: Tablet) -> None:
    tablet.start()
    key = str(uuid.uuid4())
    keys = [key, *(str(uuid.uuid4()) for _ in range(5))]
    answer = tablet.send(
        ("unchanged", UNCHANGED),
        ("pain_before", {"value": 6}),
        ("palpate", {"region": "low_back", "side": "left", "muscle": "", "yields": "yes"}),
        ("facts", {"values": NOTHING_FOUND}),
        ("undo", {"key": key}),
        ("treat", SWEDISH),
        keys=keys,
    )
    assert len(answer.json()["accepted"]) == 5
    assert not Touch.objects.filter(kind="treat").exists()


def test_a_sign_tapped_after_the_massage_began_stops_the_rest_and_the_given_part_stays(tablet: Tablet) -> None:
    asked(tablet)
    tablet.tap("treat", **SWEDISH)
    told = tablet.tap("fact", fact="local_heat", value=True)
    assert told["stop"]["panel"] == "stop-hands"
    closed(tablet)
    tablet.sign()
    session = Session.objects.get()
    assert session.massage_given  # it happened; the record does not pretend otherwise


def test_a_second_tablet_that_has_not_seen_the_stop_records_no_treatment(tablet: Tablet, world: World) -> None:
    asked(tablet)
    other = Tablet(world, tablet.client, session=tablet.session, version=tablet.version)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="no")
    assert other.send(("treat", SWEDISH)).status_code == 409
    assert other.send(("treat", SWEDISH), version=None).status_code == 409  # without saying what it has seen
    assert not Touch.objects.filter(kind="treat").exists()


def test_a_finding_that_stops_is_taken_back_in_sight(tablet: Tablet) -> None:
    asked(tablet)
    key = str(uuid.uuid4())
    tablet.send(("palpate", {"region": "low_back", "side": "left", "muscle": "", "yields": "no"}), keys=[key])
    stopped = tablet.newest()
    assert stopped.disposition not in MAY
    tablet.tap("undo", key=key)
    assert Decision.objects.filter(pk=stopped.pk).exists()
    page = tablet.client.get(at(tablet.world, "decision")).content.decode()
    assert reverse("decision-of", kwargs={**tablet.ids, "decision": stopped.pk}) in page
    assert Touch.objects.filter(session=tablet.session, kind="palpate", data__yields="no").exists()


def test_pressing_the_same_place_again_with_a_better_answer_still_counts_the_worst_of_all_places(
    tablet: Tablet,
) -> None:
    asked(tablet)
    tablet.tap("palpate", region="low_back", side="right", muscle="", yields="no")
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    closed(tablet)
    tablet.tap("fact", fact="muscle_yields_to_pressure", value="yes")
    closed(tablet)


def test_as_last_time_is_not_taken_after_a_new_finding(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    whole_visit(tablet)
    clock.day(7)
    back = Tablet(world, signed_in(world.therapist))
    asked(back)
    back.tap("fact", fact="fever_or_chills", value=True)
    closed(back)


def test_unchanged_does_not_say_again_what_has_changed_by_telephone(
    tablet: Tablet, clock: Clock, world: World, signed_in: SignedIn
) -> None:
    whole_visit(tablet)
    clock.day(6)
    with act(world.actor(world.therapist), "tests", "telephone", change=True):
        Answer(
            episode=world.episode,
            fact="fever_or_chills",
            state="answered",
            value=True,
            day=moment.today(),
            at=moment.now(),
        ).save()
    clock.day(7)
    back = Tablet(world, signed_in(world.therapist))
    back.start()
    back.tap("unchanged", **UNCHANGED)
    back.tap("pain_before", value=6)
    back.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    told = back.tap("facts", values=NOTHING_FOUND)
    assert not told["state"]["treat_open"]
    closed(back)


# --- sessions of other days ------------------------------------------------------------------------------------------


def test_an_entry_into_yesterdays_session_does_not_hide_todays_emergency(
    tablet: Tablet, clock: Clock, world: World
) -> None:
    asked(tablet)
    next_day(tablet, clock)
    with act(world.actor(world.therapist), "tests", "telephone", change=True):
        row = Answer(episode=world.episode, fact="saddle_numbness", state="answered", value=True, day=moment.today())
        row.at = moment.now()
        row.save()
    assert send(world, tablet.client, "decision-again").status_code == 303
    assert newest(world.episode).disposition == "emergency"
    assert tablet.send(("treat", SWEDISH)).status_code in (200, 409)  # what was given yesterday, written down today
    tablet.send(("fact", {"fact": "fever_or_chills", "value": False}))
    assert newest(world.episode).disposition == "emergency"
    for name in ("door", "decision", "episode"):
        assert "mergency" in tablet.client.get(at(world, name)).content.decode(), name


def test_a_danger_sign_written_down_late_is_in_sight_today(tablet: Tablet, clock: Clock, world: World) -> None:
    asked(tablet)
    next_day(tablet, clock)
    assert send(world, tablet.client, "decision-again").status_code == 303
    tablet.tap("fact", fact="saddle_numbness", value=True)
    assert newest(world.episode).disposition == "emergency"
    assert newest(world.episode).as_of == moment.today()
    closed(tablet)


def test_a_late_treatment_is_taken_only_if_massage_was_open_on_that_day(
    tablet: Tablet, clock: Clock, world: World
) -> None:
    tablet.start()
    tablet.tap("unchanged", **UNCHANGED)
    next_day(tablet, clock)
    closed(tablet)
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    tablet.tap("facts", values=NOTHING_FOUND)
    page = tablet.client.get(tablet.url("session"))
    assert page.context["treat_open"]
    tablet.tap("treat", **SWEDISH)
    assert tablet.sign().status_code == 303
    assert Session.objects.get().day == moment.today() - timedelta(days=1)


def test_a_session_opens_on_no_other_day_than_today(tablet: Tablet, world: World) -> None:
    for day in ("2031-01-01", "1999-01-01"):
        send(world, tablet.client, "session-start", day=day, date=day)
    assert {row.day for row in Session.objects.all()} <= {moment.today()}


def test_a_treatment_after_the_note_was_signed_is_refused(tablet: Tablet) -> None:
    whole_visit(tablet)
    assert "amendment" in closed(tablet)


def test_a_visit_past_midnight_in_the_practices_zone_stays_one_visit(
    monkeypatch: pytest.MonkeyPatch, world: World, signed_in: SignedIn
) -> None:
    with act(world.actor(world.owner), "tests", "zone", change=True):
        world.practice.time_zone = "America/Vancouver"
        world.practice.save()
    clock = Clock(monkeypatch)
    clock.now = clock.start = (datetime.now(UTC) + timedelta(days=2)).replace(
        hour=7, minute=58, second=0, microsecond=0
    )
    there = moment.today("America/Vancouver")
    assert there == clock.now.date() - timedelta(days=1)
    world.day = there
    ready(world)
    tablet = Tablet(world, signed_in(world.therapist))
    asked(tablet)
    assert Session.objects.get().day == there
    clock.now += timedelta(hours=2)  # past midnight there
    tablet.client.force_login(world.therapist, backend=BACKEND)
    assert tablet.send(("treat", SWEDISH)).status_code == 200
    assert tablet.newest().as_of in (there, there + timedelta(days=1))
    page = tablet.client.get(at(world, "door")).content.decode()
    assert "Decided on" in page or "not signed yet" in page
    again = Tablet(world, tablet.client)
    again.start()
    assert Session.objects.get(pk=again.session.pk).day == there + timedelta(days=1)  # type: ignore[union-attr]
    closed(again)


# --- what stood when it was decided ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["decision", "door"])
def test_a_page_does_not_say_treat_when_a_newer_answer_forbids_it(name: str, tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "decide", change=True):
        decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert newest(world.episode).disposition in MAY
    answer = send(
        world,
        tablet.client,
        "intake-screen",
        {"screen": screen_of("fever_or_chills")},
        shown=["fever_or_chills"],
        fever_or_chills="yes",
    )
    assert answer.status_code == 303, answer.content
    assert Answer.objects.filter(fact="fever_or_chills", value=True).exists()
    page = tablet.client.get(at(world, name)).content.decode()
    assert "changed since" in page or newest(world.episode).disposition not in MAY


def test_an_emergency_that_was_answered_away_stays_in_sight(tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "edit", change=True):
        for value in (True, False):
            row = Answer(episode=world.episode, fact="saddle_numbness", state="answered", value=value, day=world.day)
            row.at = moment.now()
            row.save()
            decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert newest(world.episode).disposition in MAY
    for name in ("decision", "door"):
        page = tablet.client.get(at(world, name)).content.decode()
        assert "emergency" in page.lower(), name
    page = tablet.client.get(at(world, "decision")).content.decode()
    assert "was an emergency" in page


def test_overruling_holds_for_its_own_facts_only_and_not_for_an_old_decision(tablet: Tablet, world: World) -> None:
    first = acute(world)
    assert first.disposition not in MAY
    with act(world.actor(world.therapist), "tests", "overrule", change=True):
        overruling.overrule(world.actor(world.therapist), world.episode, first, "treat", "Seen by a doctor yesterday")
    assert overruling.may_treat_now(world.episode, first)[0]
    with act(world.actor(world.therapist), "tests", "new", change=True):
        row = Answer(episode=world.episode, fact="fever_or_chills", state="answered", value=True, day=world.day)
        row.at = moment.now()
        row.save()
        second = decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert not overruling.may_treat_now(world.episode, first)[0]
    assert not overruling.may_treat_now(world.episode, second)[0]
    sent = send(
        world, tablet.client, "decision-overrule", {"decision": first.pk}, does="treat", reason="As before, go on"
    )
    assert sent.status_code == 409
    assert Override.objects.count() == 1


def test_overruling_yesterdays_decision_is_refused(tablet: Tablet, clock: Clock, world: World) -> None:
    first = acute(world)
    next_day(tablet, clock)
    sent = send(
        world, tablet.client, "decision-overrule", {"decision": first.pk}, does="treat", reason="It is fine today"
    )
    assert sent.status_code == 409
    assert not Override.objects.exists()


def test_the_onset_edited_to_escape_acute_pain_stands_in_the_record(tablet: Tablet, world: World) -> None:
    first = acute(world)
    assert first.disposition not in MAY
    sent = send(
        world,
        tablet.client,
        "intake-screen",
        {"screen": screen_of("pain_duration_days")},
        shown=["pain_duration_days"],
        pain_duration_days="90",
        pain_duration_days__unit="days",
    )
    assert sent.status_code == 303, sent.content
    assert Episode.objects.get(pk=world.episode.pk).onset == moment.today() - timedelta(days=90)
    page = tablet.client.get(at(world, "episode")).content.decode()
    assert "How long the pain has lasted: 90 days" in page
    assert AuditRow.objects.filter(deed="intake-screen", change=True).exists()


def test_a_birth_date_edited_after_the_decision_is_decided_with_again(
    tablet: Tablet, world: World, signed_in: SignedIn
) -> None:
    asked(tablet)
    before = tablet.newest()
    person = Person.objects.get(pk=world.person.pk)
    told = {
        "given_name": "Ada",
        "family_name": "Lind",
        "birth_date": (moment.today() - timedelta(days=365 * 15)).isoformat(),
        "language": "en",
        "_person": str(person.pk),
        "_version": person.version,
    }
    sent = signed_in(world.desk).post(reverse("person-edit", args=[person.pk]), told)
    assert sent.status_code == 303, sent.content
    closed(tablet)  # a consent of her own does not carry a child of 15
    assert tablet.newest().pk == before.pk or tablet.newest().document != before.document
