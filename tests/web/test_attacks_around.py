"""Attempts from around the session: clearances, other episodes, merged people, protocols, and lost rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment, overruling
from palpate.clinic.acts import act
from palpate.clinic.deciding import decide_now, pathway_with
from palpate.clinic.models import (
    Answer,
    AuditRow,
    CareTeam,
    Clearance,
    Consent,
    Decision,
    Episode,
    Letter,
    PublishedPathway,
    Session,
    Touch,
    User,
)
from tests.clinic_world import World, make_person
from tests.course_world import two_visits
from tests.decided_world import acute, decided, make_letter
from tests.web.attacker import MAY, SignedIn, asked, at, closed, newest, next_day, send, told_by
from tests.web.session_taps import NOTHING_FOUND, SWEDISH, UNCHANGED, Clock, Tablet, ready, whole_visit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def tablet(clock: Clock, world: World, signed_in: SignedIn) -> Tablet:
    ready(world)
    return Tablet(world, signed_in(world.therapist))


# --- clearances ------------------------------------------------------------------------------------------------------


def clear(world: World, client: Client, letter: Letter | None = None, **told: Any) -> Any:
    usual = {
        "outcome": "cleared",
        "covers": ["*"],
        "name": "Dr Kim",
        "profession": "general practitioner",
        "day": moment.today().isoformat(),
        "valid_until": "",
        "limits": "",
    }
    if letter is None:
        return send(world, client, "clearance-new", **{**usual, **told})
    told = {**usual, **told, "_version": letter.version}
    return client.post(at(world, "letter-answer", letter=letter.pk), {"_person": str(world.person.pk), **told})


def add(world: World, **facts: Any) -> None:
    with act(world.actor(world.therapist), "tests", "add", change=True):
        for name, value in facts.items():
            row = Answer(episode=world.episode, fact=name, state="answered", value=value, day=moment.today())
            row.at = moment.now()
            row.save()


def test_a_clearance_that_names_another_rule_lifts_nothing(tablet: Tablet, world: World) -> None:
    first = acute(world)
    held = [row["rule"] for row in told_by(first)["reasons"]]
    other = next(rule for rule in pathway_with("back_massage").rule if rule not in held)
    clear(world, tablet.client, covers=[other])
    assert newest(world.episode).disposition not in MAY


def test_a_clearance_does_not_cover_what_was_told_after_it(tablet: Tablet, clock: Clock, world: World) -> None:
    acute(world)
    assert clear(world, tablet.client).status_code == 303
    assert newest(world.episode).disposition in MAY
    add(world, unexplained_weight_loss=True)
    assert send(world, tablet.client, "decision-again").status_code == 303
    assert newest(world.episode).disposition not in MAY


def test_a_clearance_of_this_morning_does_not_cover_what_is_told_in_the_session(tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "acute", change=True):
        world.episode.onset = world.day - timedelta(days=10)
        world.episode.save()
        decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert clear(world, tablet.client).status_code == 303
    asked(tablet)
    told = tablet.tap("fact", fact="unexplained_weight_loss", value=True)
    assert not told["state"]["treat_open"]
    closed(tablet)


def test_an_answer_to_a_letter_does_not_cover_what_was_told_after_the_letter_was_written(
    tablet: Tablet, clock: Clock, world: World
) -> None:
    with act(world.actor(world.therapist), "tests", "onset", change=True):
        world.episode.onset = world.day - timedelta(days=1500)
        world.episode.save()
    signs = {"night_pain": "second_half", "buttock_pain": True, "movement_effect": "better", "family_history_spa": True}
    rule = "inflammatory_spine_four_signs"
    first = decided(world, pain_onset="gradual", **signs)
    assert [row["rule"] for row in told_by(first)["reasons"]] == [rule]
    letter = make_letter(world, tablet.client)
    next_day(tablet, clock)
    add(world, psoriasis_history=True)  # one more sign of the same rule, which the letter does not tell
    letter.refresh_from_db()
    assert clear(world, tablet.client, letter, covers=letter.rules).status_code == 303
    assert newest(world.episode).disposition == "medical_exam_first"
    letter = make_letter(world, tablet.client)
    assert clear(world, tablet.client, letter, covers=letter.rules).status_code == 303
    assert newest(world.episode).disposition in MAY


@pytest.mark.parametrize("days", [1, 400])
def test_a_clearance_of_tomorrow_or_of_long_ago_is_not_taken(tablet: Tablet, world: World, days: int) -> None:
    acute(world)
    day = moment.today() + timedelta(days=1) if days == 1 else moment.today() - timedelta(days=days)
    assert clear(world, tablet.client, day=day.isoformat()).status_code == 422
    assert not Clearance.objects.exists()


def test_a_clearance_for_everything_lifts_no_emergency(tablet: Tablet, world: World) -> None:
    decided(world, saddle_numbness=True)
    clear(world, tablet.client)
    assert newest(world.episode).disposition == "emergency"


def test_a_clearance_from_before_this_pain_lifts_nothing_about_it(tablet: Tablet, world: World) -> None:
    acute(world)  # began 10 days ago
    clear(world, tablet.client, day=(moment.today() - timedelta(days=30)).isoformat())
    assert newest(world.episode).disposition not in MAY


# --- episodes, people, consents --------------------------------------------------------------------------------------


def test_an_emergency_in_another_episode_of_the_person_stands_on_the_door_card(tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "second", change=True):
        other = Episode(person=world.person, therapist=world.therapist, complaint="Neck", opened=moment.now())
        other.save()
        Answer(
            episode=other, fact="saddle_numbness", state="answered", value=True, day=world.day, at=moment.now()
        ).save()
        found = decide_now(world.actor(world.therapist), other, "intake", world.day)
    assert found.disposition == "emergency"
    page = tablet.client.get(at(world, "door")).content.decode()
    assert "another episode" in page.lower()
    assert reverse("decision", kwargs={"person": world.person.pk, "episode": other.pk}) in page
    tablet.start()
    page = tablet.client.get(tablet.url("session")).content.decode()
    assert "another episode" in page.lower()
    asked_in = tablet.tap("unchanged", **UNCHANGED)
    assert not asked_in["state"]["treat_open"]
    tablet.tap("pain_before", value=6)
    tablet.tap("palpate", region="low_back", side="left", muscle="", yields="yes")
    tablet.tap("facts", values=NOTHING_FOUND)
    assert "emergency" in closed(tablet).lower()


def test_an_episode_closed_in_the_middle_of_a_session_takes_no_treatment(tablet: Tablet, world: World) -> None:
    asked(tablet)
    sent = send(world, tablet.client, "episode-close", why="wish", more="")
    if sent.status_code == 303:
        assert "closed" in closed(tablet)
    else:
        assert sent.status_code in (409, 422)


def test_an_episode_opened_again_is_decided_anew(tablet: Tablet, clock: Clock, world: World) -> None:
    whole_visit(tablet)
    assert send(world, tablet.client, "episode-close", why="finished", more="").status_code == 303
    assert tablet.client.post(at(world, "session-start")).status_code in (303, 409)
    next_day(tablet, clock, 3)
    assert send(world, tablet.client, "session-start").status_code == 409
    assert send(world, tablet.client, "episode-reopen", why="goes_on").status_code == 303
    back = Tablet(world, tablet.client)
    back.start()
    closed(back)


def test_consent_withdrawn_in_the_middle_of_a_session_closes_treatment(tablet: Tablet, world: World) -> None:
    asked(tablet)
    given = [str(row.pk) for row in Consent.objects.filter(withdraws__isnull=True)]
    sent = send(world, tablet.client, "consent-withdraw", consent=given, why="")
    assert sent.status_code == 303, sent.content
    assert "taken back" in closed(tablet)
    assert (
        tablet.send(("palpate", {"region": "low_back", "side": "left", "muscle": "", "yields": "yes"})).status_code
        == 409
    )
    page = tablet.client.get(tablet.url("session"))
    assert not page.context["treat_open"]


def test_a_practice_that_moves_to_another_place_asks_for_consent_again(tablet: Tablet, world: World) -> None:
    asked(tablet)
    with act(world.actor(world.owner), "tests", "place", change=True):
        world.practice.place = "washington"
        world.practice.save()
    closed(tablet)


def test_a_child_is_not_treated_on_its_own_signature(tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "child", change=True):
        world.person.birth_date = moment.today() - timedelta(days=365 * 12)
        world.person.save()
    answer = tablet.start()
    assert answer.status_code == 409
    assert not Session.objects.exists()


def test_two_records_merged_in_the_middle_of_a_session_record_nothing_for_nobody(tablet: Tablet, world: World) -> None:
    asked(tablet)
    with act(world.actor(world.therapist), "tests", "double", change=True):
        double = make_person("Ada", "Lind", world.person.birth_date, world.therapist)
    from palpate.clinic import merging

    with act(world.actor(world.owner), "tests", "merge", change=True):
        merging.merge(world.actor(world.owner), double, world.person, double.version, world.person.version)
    answer = tablet.send(("treat", SWEDISH))
    assert answer.status_code in (404, 409)
    assert not Touch.objects.filter(kind="treat").exists()


# --- the course ------------------------------------------------------------------------------------------------------


def test_a_protocol_changed_in_the_middle_of_a_course_does_not_escape_the_check(
    clock: Clock, world: World, signed_in: SignedIn
) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(14)
    client = signed_in(world.therapist)
    form = client.get(at(world, "plan")).context["form"].initial
    form["exception"] = "not_safe_yet" if not form["home"] else ""
    before = Episode.objects.get(pk=world.episode.pk).protocol
    sent = send(world, client, "plan", **{**form, "protocol": "twice_weekly_10x30"})  # first checked after 3
    assert sent.status_code == 422, sent.content
    assert "check after session 2 is not taken yet" in sent.content.decode()
    assert Episode.objects.get(pk=world.episode.pk).protocol == before
    sent = send(world, client, "plan", **{**form, "protocol": "weekly_6"})  # checked after 2 as well
    assert sent.status_code == 303, sent.context["form"].errors


def test_a_pathway_published_in_the_middle_of_a_session_is_decided_with_before_the_next_hand(
    tablet: Tablet, world: World
) -> None:
    asked(tablet)
    with act(world.actor(world.owner), "tests", "publish", change=True):
        pathway = pathway_with("back_massage")
        name, choice = _other_setting(pathway)
        from palpate.clinic.deciding import publish

        PublishedPathway.objects.filter(withdrawn_at__isnull=True)
        publish(pathway_with("back_massage", ((name, choice),)), {name: choice}, world.actor(world.owner))
    before = tablet.newest()
    page = tablet.client.get(tablet.url("session"))
    assert not page.context["treat_open"]
    answer = tablet.send(("treat", SWEDISH))
    assert tablet.newest().pk != before.pk
    assert tablet.newest().digest != before.digest
    assert answer.status_code == (200 if tablet.newest().disposition in MAY else 409)


def _other_setting(pathway: Any) -> tuple[str, str]:
    for name, row in pathway.meaning["settings"].items():
        for value in row["values"]:
            if value != row["value"]:
                return name, value
    raise AssertionError("this pathway has no setting")


def test_a_decision_of_another_pathway_does_not_read_as_todays(tablet: Tablet, world: World) -> None:
    with act(world.actor(world.therapist), "tests", "decide", change=True):
        decision = decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    assert overruling.may_treat_now(world.episode, decision)[0]
    with act(world.actor(world.owner), "tests", "publish", change=True):
        pathway = pathway_with("back_massage")
        name, choice = _other_setting(pathway)
        from palpate.clinic.deciding import publish

        publish(pathway_with("back_massage", ((name, choice),)), {name: choice}, world.actor(world.owner))
    page = tablet.client.get(at(world, "decision")).content.decode()
    assert "changed since" in page


# --- rights in the middle of a session ------------------------------------------------------------------------------


def refusals() -> list[AuditRow]:
    return list(AuditRow.objects.filter(outcome="refused").order_by("number"))


def test_s09_a_therapist_who_leaves_the_care_team_in_a_session_records_nothing_more(
    tablet: Tablet, world: World
) -> None:
    asked(tablet)
    with act(world.actor(world.owner), "tests", "leave", change=True):
        CareTeam(person=world.person, therapist=world.colleague, since=moment.now()).save()
        CareTeam.objects.get(person=world.person, therapist=world.therapist).delete()
    before = len(refusals())
    closed(tablet)
    assert tablet.client.get(tablet.url("session")).status_code == 404
    assert tablet.client.get(tablet.url("note")).status_code == 404
    rows = refusals()[before:]
    assert len(rows) == 4
    for row in rows:
        told = f"{row.about} {row.why}"
        assert str(tablet.session.pk) in told  # type: ignore[union-attr]
        for word in ("Ada", "Lind", "swedish", "low_back"):
            assert word not in told


@pytest.mark.parametrize("what", ["is_active", "role"])
def test_s04_who_is_switched_off_or_gets_another_role_in_a_session_records_nothing_more(
    tablet: Tablet, world: World, what: str
) -> None:
    from palpate.clinic import users

    asked(tablet)
    user = User.objects.get(pk=world.therapist.pk)
    with act(world.actor(world.owner), "users", "tests", change=True):
        if what == "is_active":
            users.set_active(user, user.version, False)
        else:
            user.role = "desk"
            user.session_epoch += 1
            user.version += 1
            user.save()
    assert tablet.send(("treat", SWEDISH)).status_code in (302, 401, 403, 404)
    assert not Touch.objects.filter(kind="treat").exists()
    assert tablet.client.get(at(world, "door")).status_code in (302, 401, 404)


def test_s11_who_broke_the_glass_reads_and_writes_and_exports_nothing(
    tablet: Tablet, world: World, signed_in: SignedIn
) -> None:
    from palpate.clinic import glass

    asked(tablet)
    with act(world.actor(world.colleague), "glass", "tests", change=True):
        glass.break_glass(world.actor(world.colleague), world.person, "Covering for the therapist today", "/")
    stranger = Tablet(world, signed_in(world.colleague), session=tablet.session, version=tablet.version)
    assert stranger.client.get(at(world, "door")).status_code == 200
    closed(stranger)
    for name in ("decision-again", "session-start", "episode-close", "consent-withdraw", "clearance-new"):
        assert send(world, stranger.client, name).status_code == 404, name
    for name in ("export-person", "export-file", "export-record"):
        url = reverse(name, kwargs={"person": world.person.pk})
        assert stranger.client.post(url).status_code in (302, 303, 404, 405), name
        assert stranger.client.get(url).status_code in (302, 303, 404, 405), name
    assert "therapist" not in {row.outcome for row in refusals()}


@pytest.mark.parametrize("who", ["desk", "owner", "auditor", "colleague"])
def test_s08_nobody_else_posts_a_clinical_form(tablet: Tablet, world: World, signed_in: SignedIn, who: str) -> None:
    asked(tablet)
    client = signed_in(world.staff[who])
    before = (Answer.objects.count(), Decision.objects.count(), Touch.objects.count())
    rows = len(refusals())
    other = Tablet(world, client, session=tablet.session, version=tablet.version)
    closed(other)
    names = ("intake-decide", "decision-again", "session-start", "clearance-new", "plan", "check-decide", "discharge")
    for name in names:
        answer = send(world, client, name, reason="Ada Lind has fever")
        assert answer.status_code == 404, f"{name}: {answer.status_code}"
    assert (Answer.objects.count(), Decision.objects.count(), Touch.objects.count()) == before
    assert len(refusals()) == rows + len(names) + 2
    for row in refusals()[rows:]:
        assert "Ada" not in f"{row.about} {row.why}"
        assert "fever" not in f"{row.about} {row.why}"
