"""Check-ins and checks after a session: whole or not at all, kept as told, and decided upon at once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from palpate.clinic import adverse, checkins, deciding, moment, phone_links, sessions
from palpate.clinic.acts import act
from palpate.clinic.checkins import NOTHING, OTHER, SOMETHING, WELL, Tapped
from palpate.clinic.door import card_of
from palpate.clinic.intake import Told
from palpate.clinic.models import Answer, Appointment, Decision, Measure, Notice, PhoneSent
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library import load_pathway
from palpate.library.languages import codes, say
from tests.clinic_world import World
from tests.course_world import two_visits, visit
from tests.web.session_taps import SWEDISH, UNCHANGED, Clock, ready

CALM = {"pain_nrs": 3, "global_change": 1, "sleep_nrs": 2}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def appointment(world: World, hours: float = 20) -> Appointment:
    """A booked appointment so many hours from now."""
    at = moment.now()
    row = Appointment(person=world.person, episode=world.episode, therapist=world.therapist, room=world.room)
    row.starts, row.created = at + timedelta(hours=hours), at
    row.ends, row.day = row.starts + timedelta(hours=1), row.starts.date()
    row.save()
    return row


def send(world: World, tapped: Tapped, purpose: str = phone_links.CHECK_IN) -> checkins.Reply:
    with act(world.actor(world.therapist), "tests", "send", change=True):
        made = phone_links.make(purpose, world.person, appointment(world), world.episode)
        asked = checkins.asked_of(made.link, deciding.pathway_in_force())
        actor = phone_links.actor_of(made.link)
        return checkins.keep(actor, made.link, asked, tapped, moment.today(), "en")


def tapped(but: dict[str, int] | None = None, **more: Any) -> Tapped:
    told: dict[str, Any] = {"activities": (6, 7, 5), "new": NOTHING, "after": WELL, **more}
    return Tapped({**CALM, **(but or {})}, **told)


def test_s70_a_check_in_with_anything_missing_is_no_check_in(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    whole = tapped()
    parts: list[Tapped] = [
        Tapped({n: v for n, v in CALM.items() if n != name}, (6, 7, 5), NOTHING, WELL) for name in CALM
    ]
    parts += [tapped(activities=(6, 7)), tapped(new=""), tapped(after=""), tapped(activities=())]
    parts += [tapped(new=SOMETHING), tapped(after=OTHER), tapped(facts={"fever_or_chills": Told("answered", True)})]
    for part in parts:
        with pytest.raises(BadInput):
            send(world, part)
        assert (PhoneSent.objects.count(), Measure.objects.filter(name="sleep_nrs").count()) == (0, 0)
    send(world, whole)
    assert PhoneSent.objects.count() == 1


def test_nothing_new_is_kept_as_that_and_answers_no_question(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    before = Answer.objects.count()
    send(world, tapped())
    fresh = list(Answer.objects.order_by("at", "number")[before:])
    assert {row.fact: row.value for row in fresh} == {
        "dark_urine": False,
        "large_bruise_or_swelling": False,
        "allergic_reaction": "none",
    }, "only what the question about the last massage named is a no"
    assert PhoneSent.objects.get().told["new"] == NOTHING


def test_what_is_told_by_telephone_is_by_nobody_of_the_staff_and_carries_one_moment(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    send(world, tapped(new=SOMETHING, facts={"fever_or_chills": Told("answered", True)}))
    sent = PhoneSent.objects.get()
    told = Answer.objects.filter(at=sent.at)
    assert {row.fact for row in told} >= {"fever_or_chills", "dark_urine"}
    assert all(row.by_id is None for row in told)
    assert {row.name for row in Measure.objects.filter(at=sent.at)} == {*CALM, "own_activities"}
    shown = checkins.shown(sent)
    assert any("ever" in line and line.lower().endswith("yes.") for line in shown.lines), shown.lines
    assert shown.confirmed == ""
    with act(world.actor(world.therapist), "tests", "confirm", change=True):
        checkins.confirm(world.actor(world.therapist), sent)
        checkins.confirm(world.actor(world.therapist), sent)
    assert sent.seen.count() == 1
    assert checkins.shown(sent).confirmed == "Therapist"


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"bladder_bowel_change": Told("answered", True)}, "emergency"),
        ({"stroke_like_symptoms": Told("answered", True)}, "emergency"),
        ({"leg_weakness": Told("answered", "one_leg_worsening")}, "emergency"),
        ({"fever_or_chills": Told("answered", True)}, "same_day"),
        ({"contagious_illness": Told("answered", True)}, "not_today"),
    ],
)
def test_the_pathway_decides_at_once_which_reply_a_new_sign_needs(
    world: World, clock: Clock, facts: dict[str, Told], kind: str
) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    reply = send(world, tapped(new=SOMETHING, facts=facts))
    assert reply.kind == kind
    assert reply.decision.disposition not in deciding.MAY_TREAT
    assert Notice.objects.filter(to=world.therapist).count() == 1


def test_cannot_say_to_a_danger_sign_is_never_a_thank_you(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    reply = send(world, tapped(new=SOMETHING, facts={"bladder_bowel_change": Told("cannot_say")}))
    assert reply.kind == "same_day"


def test_a_worsening_closes_massage_and_tells_the_therapist(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    calm = send(world, tapped())
    assert (calm.kind, calm.decision.disposition) == ("clear", "treat")
    assert not Notice.objects.exists()
    clock.day(14)
    worse = send(world, tapped({"pain_nrs": 10, "global_change": -3}, activities=(0, 0, 0)))
    assert worse.kind == "worse"
    assert worse.decision.disposition == "do_not_massage_now"
    notice = Notice.objects.get(to=world.therapist)
    assert world.person.family_name not in notice.text
    card = card_of(world.episode, moment.today())
    assert card.disposition == "do_not_massage_now"
    assert card.sent is not None
    assert "Back pain, 0 to 10: 10." in card.sent.lines


def test_after_a_worsening_the_next_session_gives_no_massage(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    send(world, tapped({"pain_nrs": 10, "global_change": -3}, activities=(0, 0, 0)))
    clock.day(14)
    therapist = world.actor(world.therapist)
    with act(therapist, "tests", "session", change=True):
        session = sessions.start_session(therapist, world.episode, moment.today())
        taps = [
            ("unchanged", UNCHANGED),
            ("pain_before", {"value": 9}),
            ("gate", {"after": "asked"}),
            ("treat", SWEDISH),
        ]
        sent = [
            {"key": str(uuid.uuid4()), "kind": kind, "data": data, "at": moment.now().isoformat()}
            for kind, data in taps
        ]
        _, taken = sessions.take_touches(therapist, session, None, sent, moment.today())
    assert taken.wrong is not None
    assert taken.wrong[0] == sent[-1]["key"], "the massage is what is refused"
    newest = Decision.objects.filter(episode=world.episode).latest("number")
    assert newest.disposition not in deciding.MAY_TREAT
    assert deciding.said(newest)["response"]["class"] == "worse"
    assert newest.session_id == session.pk


def test_an_activity_that_is_not_remembered_leaves_no_score_of_activities(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    send(world, tapped(activities=(6, None, 5)))
    sent = PhoneSent.objects.get()
    assert not Measure.objects.filter(at=sent.at, name="own_activities").exists()
    assert sent.told["activities"] == [6, None, 5]


def test_the_first_check_in_asks_nothing_about_a_massage_that_was_not_given(world: World, clock: Clock) -> None:
    ready(world)
    with act(world.actor(world.therapist), "tests", "make", change=True):
        link = phone_links.make(phone_links.CHECK_IN, world.person, appointment(world), world.episode).link
    asked = checkins.asked_of(link, deciding.pathway_in_force())
    assert asked.measures == ("pain_nrs", "sleep_nrs")
    assert not asked.after
    assert not asked.effects
    taps = len(asked.measures) + asked.activities + 1
    assert taps <= 8


def test_a_check_in_of_a_course_takes_at_most_eight_taps(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    with act(world.actor(world.therapist), "tests", "make", change=True):
        link = phone_links.make(phone_links.CHECK_IN, world.person, appointment(world), world.episode).link
    asked = checkins.asked_of(link, deciding.pathway_in_force())
    assert len(asked.measures) + asked.activities + asked.after + 1 == 8  # the last tap answers and sends


def test_every_question_of_each_session_stands_on_the_safety_list_but_what_hands_or_the_day_tell() -> None:
    pathway = load_pathway("back_massage")
    listed = [fact for facts in checkins.GROUPS.values() for fact in facts]
    assert len(listed) == len(set(listed))
    assert set(listed) == checkins.questions_by_phone(pathway)


def test_dark_urine_after_a_session_is_proposed_as_an_adverse_event(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(1)
    facts = {"dark_urine": Told("answered", True), "allergic_reaction": Told("answered", "none")}
    reply = send(world, Tapped({"soreness_nrs": 6}, (), NOTHING, OTHER, facts), phone_links.AFTER)
    assert reply.kind != "clear"
    assert [proposal.what for proposal in adverse.proposals(world.episode)] == ["Dark urine after the massage"]
    assert not Answer.objects.filter(fact="large_bruise_or_swelling", at=PhoneSent.objects.get().at).exists()


def test_a_link_that_was_used_takes_nothing_again(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    send(world, tapped())
    link = PhoneSent.objects.get().link
    actor, asked = phone_links.actor_of(link), checkins.asked_of(link, deciding.pathway_in_force())
    with act(actor, "tests", "again", change=True), pytest.raises(Conflict):
        checkins.keep(actor, link, asked, tapped(), moment.today(), "en")
    assert PhoneSent.objects.count() == 1


@pytest.mark.parametrize("kind", ["emergency", "same_day", "exam", "not_today", "worse", "clear"])
def test_each_reply_has_words_in_every_language(kind: str) -> None:
    for code in codes():
        assert say(code, f"safety.{kind}_title")


@pytest.mark.parametrize(
    ("told", "activities", "kind"),
    [
        ({}, (3, 4, 2), "clear"),
        ({"pain_nrs": 9}, (3, 4, 2), "worse"),
        ({"global_change": -2}, (3, 4, 2), "worse"),
        ({}, (1, 0, 1), "worse"),
    ],
    ids=["the same", "pain", "overall", "activities"],
)
def test_before_the_first_check_a_clear_worsening_gets_no_mere_thanks_and_the_therapist_is_told(
    world: World, clock: Clock, told: dict[str, int], activities: tuple[int, ...], kind: str
) -> None:
    """The pathway judges after two sessions; what is told after one is no decision of it, but is not passed over."""
    ready(world)  # pain 7, activities 3, 4 and 2
    visit(world)
    clock.day(6)
    reply = send(world, tapped({"pain_nrs": 7, "global_change": 0, **told}, activities=activities))
    assert reply.kind == kind
    notices = [notice.text for notice in Notice.objects.filter(to=world.therapist)]
    assert notices == (["A check-in needs you to look at it."] if kind == "worse" else [])


def test_a_worsening_told_by_telephone_closes_massage_until_a_therapist_has_gone_through_it(
    world: World, clock: Clock
) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    send(world, tapped({"pain_nrs": 9, "global_change": -2}, activities=(3, 4, 2)))
    clock.day(7)
    actor, day = world.actor(world.therapist), moment.today()
    with act(actor, "tests", "start", change=True):
        session = sessions.start_session(actor, world.episode, day)
    seen = deciding.visit_of(session)
    assert sessions.treatment_open(session, seen, None, day) == (False, sessions.TOLD_WORSE)
    sent = PhoneSent.objects.get()
    assert "Clearly worse than at the start of the course." in checkins.shown(sent).lines
    with act(actor, "tests", "confirm", change=True):
        checkins.confirm(actor, sent)
    assert sessions.treatment_open(session, seen, None, day) == (False, "Ask first what must be asked again today.")
