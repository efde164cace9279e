"""A person's telephone by its links: what a link opens, what it gives away, and the check-in."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment, phone_links
from palpate.clinic.acts import act
from palpate.clinic.models import (
    AuditRow,
    Decision,
    Notice,
    PhoneSent,
    PublishedPathway,
)
from palpate.clinic.phone_links import AFTER, CHECK_IN, INTAKE, PLAN, PURPOSES
from palpate.library.languages import say
from palpate.web.pages.phone.entry import HOME
from palpate.web.pages.phone.routes import BY_LINK
from palpate.web.routes import ANYONE, PROGRAMS
from palpate.web.urls import ROUTES
from tests.clinic_world import World
from tests.course_world import at, two_visits, visit
from tests.filled_world import fill
from tests.walking import address, digest, undone
from tests.web.phone_world import WHOLE, make, opened, redeem
from tests.web.session_taps import Clock, ready
from tests.web.walking import patterns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- what a link is ---------------------------------------------------------------------------------------------------


def test_s16_the_secret_stands_in_no_address_no_session_no_trail_and_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ready(world)
    for purpose in PURPOSES:
        made = make(world, purpose)
        assert made.path == f"/link/my/#{made.secret}"
        client = redeem(world, made)
        places = [json.dumps(dict(client.session)), caplog.text]
        places += [json.dumps([row.about, row.deed, row.why]) for row in AuditRow.objects.all()]
        page = client.get(reverse(HOME[purpose]))
        places += [page.content.decode(), *(str(value) for value in page.headers.values())]
        for part in (made.secret, made.secret.replace("-", ""), made.link.secret_hash):
            assert not any(part in place for place in places), purpose


def test_s17_opening_previewing_and_prefetching_spend_nothing(world: World) -> None:
    ready(world)
    links = [make(world, purpose) for purpose in PURPOSES]
    before = digest()
    for _ in range(25):
        for method in ("get", "head"):
            for client in (Client(), Client(headers={"Sec-Purpose": "prefetch"})):
                assert getattr(client, method)(reverse("phone")).status_code == 200
    assert digest() == before
    for made in links:
        redeem(world, made)


def test_s17_only_a_tap_that_posts_opens_a_link(world: World) -> None:
    made = make(world, CHECK_IN)
    client = Client()
    client.get(reverse("phone"), {"secret": made.secret})
    assert client.get(reverse("phone-check-in"))["Location"] == reverse("phone-closed")
    made.link.refresh_from_db()
    assert made.link.opened is None


@pytest.mark.parametrize("purpose", PURPOSES)
def test_s18_a_link_reaches_what_it_is_for_and_no_other_route(world: World, purpose: str) -> None:
    own = fill(world)
    client = opened(world, purpose)
    home = {HOME[purpose], "phone", "phone-language", "phone-sent", "phone-closed", "phone-leave", "phone-born"}
    mine = {INTAKE: {"phone-intake-back"}, PLAN: {"phone-tick", "phone-ask", "phone-calendar", "phone-stored"}}
    mine_too = home | mine.get(purpose, set())
    kept = {name: morsel.value for name, morsel in client.cookies.items()}
    before = digest()
    assert {pattern.name for _, pattern in patterns()} == {route.name for route in ROUTES}, "a route is not walked"
    for route in ROUTES:
        if route.name in mine_too:
            continue
        for method, allowed in (("get", route.read), ("post", route.write)):
            if not allowed:
                continue
            client.cookies.clear()
            client.cookies.load(kept)
            with undone():
                answer = getattr(client, method)(address(route, own))
            if ANYONE in (allowed,):  # signing in, other links: they know nothing of this session
                assert world.person.family_name not in answer.content.decode(), route.name
                if route in BY_LINK:
                    assert answer.status_code in (303, 422), f"{purpose} {method} {route.name}: {answer.status_code}"
                    assert answer.get("Location", reverse("phone-closed")) == reverse("phone-closed"), route.name
            else:
                refused = (401,) if PROGRAMS in (route.read, route.write) else (302, 404)
                assert answer.status_code in refused, f"{purpose} {method} {route.name}: {answer.status_code}"
                if answer.status_code == 302:
                    assert answer["Location"].startswith("/account/sign-in/")
    assert digest() == before
    client.cookies.clear()
    client.cookies.load(kept)
    assert client.get(reverse(HOME[purpose])).status_code == 200, "the session was lost on the way"


def test_s18_a_check_in_shows_clinic_and_time_and_no_name_note_or_earlier_answer(world: World, clock: Clock) -> None:
    ready(world)
    two_visits(world, clock)
    clock.day(12)
    page = opened(world, CHECK_IN).get(reverse("phone-check-in")).content.decode()
    assert "Harbour Street Back Care" in page
    for word in ("Ada", "Lind", "Stiff low back", "Carrying shopping", "Getting up from a chair", "Therapist<"):
        assert word not in page, word
    assert not re.search(r"<input[^>]*checked", re.sub(r'<input[^>]*value=""[^>]*checked>', "", page))


def test_s18_a_plan_asks_the_birth_date_and_the_fifth_miss_ends_the_link(world: World) -> None:
    made = make(world, PLAN)
    client = Client()
    client.post(reverse("phone"), {"secret": made.secret})
    assert client.get(reverse("phone-plan"))["Location"] == reverse("phone-closed")
    assert client.post(reverse("phone-born"), {"birth_date": "never"}).status_code == 422
    for miss in range(4):
        answer = client.post(reverse("phone-born"), {"birth_date": "1980-01-01"})
        assert answer["Location"] == reverse("phone-born"), miss
    assert say("en", "phone.born.wrong", count=1) in client.get(reverse("phone-born")).content.decode()
    assert client.post(reverse("phone-born"), {"birth_date": "1980-01-01"})["Location"] == reverse("phone-closed")
    right = client.post(reverse("phone-born"), {"birth_date": world.person.birth_date.isoformat()})
    assert right["Location"] == reverse("phone-closed")


def test_s18_a_session_ends_when_its_link_does(world: World) -> None:
    ready(world)
    made = make(world, PLAN)
    client = redeem(world, made)
    assert client.get(reverse("phone-plan")).status_code == 200
    with act(world.actor(world.desk), "tests", "end", change=True):
        phone_links.revoke(made.link)
    assert client.get(reverse("phone-plan"))["Location"] == reverse("phone-closed")


def test_s19_wrong_spent_expired_and_revoked_links_answer_alike_to_the_byte(world: World) -> None:
    ready(world)
    spent, revoked, old = make(world, INTAKE), make(world, PLAN), make(world, AFTER)
    with act(world.actor(world.therapist), "tests", "end", change=True):
        phone_links.spend(spent.link)
        phone_links.revoke(revoked.link)
        old.link.until = moment.now()
        old.link.save()
    answers = []
    for secret in ("a" * 52, spent.secret, revoked.secret, old.secret, "x" * 5000):
        client = Client()
        told = client.post(reverse("phone"), {"secret": secret})
        page = client.get(told["Location"])
        answers.append((told.status_code, told["Location"], page.status_code, page.content))
    assert len(set(answers)) == 1
    assert answers[0][2] == 404


def test_s19_ten_misses_a_minute_from_one_address_and_then_429_over_all_kinds_of_links(world: World) -> None:
    made = make(world, PLAN)
    client = Client()
    for number in range(10):
        name = "phone" if number % 2 else "link"
        assert client.post(reverse(name), {"secret": f"wrong-{number}"}).status_code == 303
    answer = client.post(reverse("phone"), {"secret": made.secret})
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    with moment.held_at(moment.now() + timedelta(minutes=2)):
        redeem(world, made)


def test_s19_what_was_sent_cannot_be_read_back_or_sent_again(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    made = make(world, CHECK_IN)
    client = redeem(world, made)
    assert client.post(reverse("phone-check-in"), WHOLE)["Location"] == reverse("phone-sent")
    thanks = client.get(reverse("phone-sent")).content.decode()
    assert say("en", "safety.clear_title") in thanks
    assert "input" not in re.sub(r"<form method=\"post\" action=\"/link/my/language/.*?</form>", "", thanks, flags=re.S)
    assert client.get(reverse("phone-check-in"))["Location"] == reverse("phone-closed")
    assert client.post(reverse("phone-check-in"), WHOLE)["Location"] == reverse("phone-closed")
    assert Client().post(reverse("phone"), {"secret": made.secret})["Location"] == reverse("phone-closed")
    assert PhoneSent.objects.count() == 1


def test_s20_no_page_of_a_link_names_the_person(world: World) -> None:
    fill(world, "Zwetschge")
    for purpose in (INTAKE, CHECK_IN, AFTER):
        client = opened(world, purpose)
        page = client.get(reverse(HOME[purpose]))
        assert page.status_code == 200
        assert "Zwetschge" not in page.content.decode(), purpose


def test_opening_a_link_ends_a_session_of_the_staff_in_the_same_browser(world: World, signed_in: Any) -> None:
    client = signed_in(world.desk)
    assert client.get("/people/").status_code == 200
    client.post(reverse("phone"), {"secret": make(world, INTAKE).secret})
    assert client.get("/people/").status_code == 302


def test_a_link_without_a_code_says_what_to_do(world: World) -> None:
    answer = Client().post(reverse("phone"), {"secret": " "})
    assert answer.status_code == 422
    assert say("en", "phone.start.code_missing") in answer.content.decode()


# --- check-in ---------------------------------------------------------------------------------------------------------


def test_s70_a_check_in_that_is_sent_in_part_is_none_and_nothing_tapped_is_lost(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    client = opened(world, CHECK_IN)
    for missing in WHOLE:
        answer = client.post(
            reverse("phone-check-in"), {name: value for name, value in WHOLE.items() if name != missing}
        )
        assert answer.status_code == 422, missing
        page = answer.content.decode()
        kept = [name for name in WHOLE if name not in (missing, "new")]
        for name in kept:
            assert re.search(rf'name="{name}" id="\w+" value="{WHOLE[name]}" checked', page), (missing, name)
    assert not PhoneSent.objects.exists()
    assert client.post(reverse("phone-check-in"), WHOLE).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"pain_nrs": "11"}, {"pain_nrs": "٣"}, {"pain_nrs": "3.5"}, {"global_change": "-4"}, {"new": "perhaps"},
        {"after": "other"}, {"after": "well", "q_dark_urine": "yes"}, {"q_fever_or_chills": "yes"},
        {"new": "something"}, {"new": "something", "q_fever_or_chills": "no"}, {"q_fever_or_chills": "true"},
        {"new": "something", "q_leg_weakness": "none"}, {"activity_1": "-1"}, {"sleep_nrs": ""},
    ],
)  # fmt: skip
def test_s24_s25_a_check_in_takes_listed_answers_only(world: World, clock: Clock, wrong: dict[str, str]) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    answer = opened(world, CHECK_IN).post(reverse("phone-check-in"), {**WHOLE, **wrong})
    assert answer.status_code == 422
    assert not PhoneSent.objects.exists()


def test_two_answers_to_one_question_are_refused(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    told: dict[str, Any] = {**WHOLE, "pain_nrs": ["3", "7"]}
    answer = opened(world, CHECK_IN).post(reverse("phone-check-in"), told)
    assert answer.status_code == 422
    assert say("en", "phone.two_answers") in answer.content.decode()


def test_an_emergency_is_said_at_once_with_the_practices_number(world: World, clock: Clock) -> None:
    ready(world)
    with act(world.actor(world.owner), "tests", "number", change=True):
        world.practice.emergency_number = "112"
        world.practice.save()
    visit(world)
    clock.day(6)
    client = opened(world, CHECK_IN)
    told = {**WHOLE, "new": "something", "q_bladder_bowel_change": "yes"}
    client.post(reverse("phone-check-in"), told)
    page = client.get(reverse("phone-sent")).content.decode()
    assert say("en", "safety.emergency", number="112") in page
    assert 'href="tel:112"' in page
    assert Decision.objects.filter(episode=world.episode).latest("number").disposition == "emergency"
    assert Notice.objects.get(to=world.therapist).url.endswith("/decision/")


def test_the_answers_stand_on_the_door_card_and_the_therapist_confirms_them(
    world: World, clock: Clock, signed_in: Any
) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    client = opened(world, CHECK_IN)
    client.post(reverse("phone-check-in"), {**WHOLE, "new": "something", "q_contagious_illness": "yes"})
    therapist = signed_in(world.therapist)
    door = therapist.get(at(world, "door")).content.decode()
    assert "Check-in" in door
    assert "Back pain, 0 to 10: 3." in door
    assert "Go through it and confirm" in door
    told = therapist.get(at(world, "phone-told"))
    sent = PhoneSent.objects.get()
    marks = {"_person": str(world.person.pk), "_version": str(world.episode.version)}
    answer = therapist.post(at(world, "phone-told"), {"sent": str(sent.pk), **marks})
    assert answer.status_code == 303
    assert told.status_code == 200
    assert "Confirmed by Therapist." in therapist.get(at(world, "door")).content.decode()


@pytest.mark.parametrize("purpose", [INTAKE, CHECK_IN, AFTER])
def test_s64_without_a_pathway_in_force_nothing_is_asked_kept_or_called_well(world: World, purpose: str) -> None:
    ready(world)
    client = opened(world, purpose)
    with act(world.actor(world.owner), "tests", "withdraw", change=True):
        published = PublishedPathway.objects.get()
        published.withdrawn_at = moment.now()
        published.save()
    told = {"step": "begin"} if purpose == INTAKE else {"new": "nothing"}
    for answer in (client.get(reverse(HOME[purpose])), client.post(reverse(HOME[purpose]), told)):
        assert answer.status_code == 503
        page = answer.content.decode()
        assert say("en", "phone.reply.sent") not in page
        assert say("en", "safety.clear_title") not in page
    assert not PhoneSent.objects.exists()
