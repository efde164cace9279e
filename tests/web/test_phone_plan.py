"""My plan on a telephone, the staff's side of links and wishes, and the languages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

import palpate.web
from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.checkins import GROUPS
from palpate.clinic.models import (
    Appointment,
    AuditRow,
    PhoneLink,
    PlanItem,
    PlanTick,
    Practice,
    Wish,
)
from palpate.clinic.paying import packages
from palpate.clinic.phone_links import CHECK_IN, INTAKE, PLAN, PURPOSES
from palpate.library import load_pathway
from palpate.library.languages import codes, read, say
from palpate.web.pages.intake.screens import SCREENS
from palpate.web.pages.phone.entry import HOME, REPLIES, reply_words
from palpate.web.pages.phone.plan_views import DRAWN
from tests.clinic.test_phone_checkins import appointment
from tests.clinic_world import World
from tests.course_world import at, visit
from tests.web.phone_world import WHOLE, make, opened, redeem
from tests.web.session_taps import Clock, ready

TEMPLATES = Path(palpate.web.__file__).parent / "templates"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- my plan ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(world: World, clock: Clock) -> Client:
    """The plan of a person with a visit behind and one ahead, opened."""
    ready(world)
    visit(world)
    clock.day(3)
    with act(world.actor(world.therapist), "tests", "plan", change=True) as deed:
        deed.concerns(world.person)
        appointment(world)
        for item in ("bird_dog", "sleep_regular"):
            PlanItem(episode=world.episode, part="home", item=item, what=item, created=moment.now()).save()
    return opened(world, PLAN)


def test_a_plan_shows_visits_home_items_the_next_step_and_progress(planned: Client) -> None:
    page = planned.get(reverse("phone-plan")).content.decode()
    for key in ("home.bird_dog.title", "home.bird_dog.how", "dispositions.treat.title", "phone.plan.chart_pain"):
        assert say("en", key) in page, key
    assert "palpate/home/bird_dog" in page
    assert "Stiff low back" not in page, "a plan shows no note and no complaint"


def test_a_home_item_is_ticked_once_a_day(planned: Client, world: World) -> None:
    item = PlanItem.objects.get(item="bird_dog")
    for _ in range(2):
        assert planned.post(reverse("phone-tick"), {"item": str(item.pk)}).status_code == 303
    tick = PlanTick.objects.get()
    assert (tick.done, tick.by_id) == ("yes", None)
    assert say("en", "phone.plan.is_done") in planned.get(reverse("phone-plan")).content.decode()
    assert planned.post(reverse("phone-tick"), {"item": str(world.person.pk)}).status_code == 404


def test_a_visit_can_be_put_into_ones_own_calendar_without_a_name(planned: Client, world: World) -> None:
    page = planned.get(reverse("phone-plan")).content.decode()
    url = re.search(r'href="(/link/my/plan/[0-9a-f-]{36}\.ics)"', page)
    assert url is not None
    answer = planned.get(url[1])
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"BEGIN:VEVENT" in answer.content
    assert b"Lind" not in answer.content
    assert planned.get(url[1].replace(url[1][14:22], "00000000")).status_code == 404


def test_a_person_asks_to_move_a_visit_and_the_desk_answers(planned: Client, world: World, signed_in: Any) -> None:
    page = planned.get(reverse("phone-plan")).content.decode()
    visit_id = re.search(r'name="visit" value="([0-9a-f-]{36})"', page)
    assert visit_id is not None
    for what in ("move", "move", "cancel"):
        assert planned.post(reverse("phone-ask"), {"visit": visit_id[1], "what": what}).status_code == 303
    assert [wish.what for wish in Wish.objects.filter(done__isnull=True)] == ["cancel"]
    assert planned.post(reverse("phone-ask"), {"visit": visit_id[1], "what": "sell"}).status_code == 409
    assert planned.post(reverse("phone-ask"), {"visit": str(world.person.pk), "what": "move"}).status_code == 404
    desk = signed_in(world.desk)
    assert "Wants to cancel" in desk.get(reverse("wishes")).content.decode()
    assert signed_in(world.colleague).get(reverse("wishes")).content.decode().count("Wants to") == 0
    wish = Wish.objects.get(done__isnull=True)
    told = {"wish": str(wish.pk), "_person": str(world.person.pk)}
    assert signed_in(world.colleague).post(reverse("wishes"), told).status_code == 404
    assert desk.post(reverse("wishes"), told).status_code == 303
    assert not Wish.objects.filter(done__isnull=True).exists()


def test_s47_the_list_of_who_looked_matches_the_trail(planned: Client, world: World, signed_in: Any) -> None:
    signed_in(world.therapist).get(at(world, "door"))
    signed_in(world.desk).get(reverse("person", kwargs={"person": world.person.pk}))
    page = planned.get(reverse("phone-stored")).content.decode()
    trail = AuditRow.objects.filter(persons__icontains=str(world.person.pk)).order_by("-number")
    shown = re.findall(r"<strong>(.*?)</strong>", page)
    assert len(shown) == trail.count() - 1  # this page's own row is written when it has been made
    for role in ("therapist", "desk", "person"):
        assert say("en", f"phone.stored.roles.{role}") in shown
    assert say("en", "phone.stored.kind.answers") in page
    for name in ("Desk<", "Therapist<", world.therapist.email):
        assert name not in page, "names of the staff are given when they are asked for"


# --- the staff --------------------------------------------------------------------------------------------------------


def test_the_desk_makes_a_link_and_sees_its_secret_once(world: World, signed_in: Any) -> None:
    desk = signed_in(world.desk)
    url = reverse("phone-links", kwargs={"person": world.person.pk})
    marks = {"_person": str(world.person.pk), "_version": str(world.person.version)}
    page = desk.post(url, {**marks, "purpose": INTAKE}).content.decode()
    secret = re.search(r"/link/my/#([a-z2-7-]{64})", page)
    assert secret is not None
    assert secret[1] not in desk.get(url).content.decode()
    link = PhoneLink.objects.get()
    assert link.by_id == world.desk.pk
    assert Client().post(reverse("phone"), {"secret": secret[1]})["Location"] == reverse("phone-intake")
    assert desk.post(url, {**marks, "purpose": CHECK_IN, "appointment": "x"}).status_code == 422
    end = reverse("phone-link-end", kwargs={"person": world.person.pk})
    assert desk.post(end, {**marks, "link": str(link.pk)}).status_code == 303
    assert Client().post(reverse("phone"), {"secret": secret[1]})["Location"] == reverse("phone-closed")


def test_s09_a_link_of_another_person_is_not_ended_from_this_page(world: World, signed_in: Any) -> None:
    made = make(world, PLAN)
    end = reverse("phone-link-end", kwargs={"person": world.other.pk})
    answer = signed_in(world.desk).post(end, {"_person": str(world.other.pk), "link": str(made.link.pk)})
    assert answer.status_code == 404
    redeem(world, made)


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", codes())
def test_each_page_speaks_the_language_of_the_person(world: World, clock: Clock, code: str) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    with act(world.actor(world.therapist), "tests", "language", change=True):
        world.person.language = code
        world.person.save()
    for purpose in PURPOSES:
        page = opened(world, purpose).get(reverse(HOME[purpose])).content.decode()
        assert f'<html lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}">' in page
    start = Client(headers={"Accept-Language": f"{code}-XX,en;q=0.5"}).get(reverse("phone")).content.decode()
    assert f'<html lang="{code}"' in start


def test_the_last_page_still_speaks_the_persons_language_though_the_link_is_spent(world: World, clock: Clock) -> None:
    ready(world)
    visit(world)
    clock.day(6)
    with act(world.actor(world.therapist), "tests", "language", change=True):
        world.person.language = "ar"
        world.person.save()
    client = opened(world, CHECK_IN)
    client.post(reverse("phone-check-in"), WHOLE)
    page = client.get(reverse("phone-sent")).content.decode()
    assert say("ar", "safety.clear_title") in page
    assert '<html lang="ar" dir="rtl">' in page
    assert '<html lang="ar" dir="rtl">' in client.get(reverse("phone-closed")).content.decode()


def test_a_language_that_is_tapped_stays_through_the_visit_and_loses_no_code(world: World) -> None:
    made = make(world, INTAKE)
    client = Client()
    page = client.post(reverse("phone"), {"secret": made.secret, "language": "ar"})
    assert page.status_code == 200
    assert f'value="{made.secret}"' in page.content.decode()
    assert 'dir="rtl"' in page.content.decode()
    client.post(reverse("phone"), {"secret": made.secret})
    assert 'lang="ar"' in client.get(reverse("phone-intake")).content.decode()
    client.post(reverse("phone-language"), {"language": "de"})
    assert 'lang="de"' in client.get(reverse("phone-intake")).content.decode()
    client.post(reverse("phone-language"), {"language": "klingon"})
    assert 'lang="de"' in client.get(reverse("phone-intake")).content.decode()


@pytest.mark.parametrize("number", ["112", ""])
@pytest.mark.parametrize("kind", REPLIES)
def test_each_reply_can_be_said_in_every_language_with_and_without_a_number(kind: str, number: str) -> None:
    for code in codes():
        request = RequestFactory().get("/")
        request.language = read(code)  # type: ignore[attr-defined]
        request.practice = Practice(emergency_number=number)  # type: ignore[attr-defined]
        told = reply_words(request, kind)  # type: ignore[arg-type]
        assert told["title"], code
        assert all(told["lines"]), code
        if number:
            assert any(number in line for line in told["lines"]), code


def test_every_phrase_that_a_page_of_the_telephone_names_is_there() -> None:
    there = read("en").phrases
    for file in sorted((TEMPLATES / "phone").glob("*.html")):
        for key in re.findall(r"{% say(?:_plain)? [\"']([\w.]+)[\"']", file.read_text(encoding="utf-8")):
            assert key in there, f"{file.name}: {key}"


def test_every_screen_of_the_intake_and_every_group_of_the_safety_list_has_its_name_in_english() -> None:
    there = read("en").phrases
    assert {f"phone.screen.{screen.id}" for screen in SCREENS} <= set(there)
    assert {f"phone.check.group.{group}" for group in GROUPS} <= set(there)


def test_each_home_item_that_has_a_picture_is_one_of_the_pathway_and_has_its_file() -> None:
    known = {row["id"] for row in load_pathway("back_massage").meaning["home"]}
    files = {path.stem for path in (TEMPLATES.parent / "static" / "palpate" / "home").glob("*.svg")}
    assert files == DRAWN <= known


@pytest.mark.parametrize("what", ["move", "cancel"])
def test_a_wish_stands_on_the_visits_own_page_and_what_is_done_there_answers_it(
    planned: Client, world: World, signed_in: Any, what: str
) -> None:
    visit_of = Appointment.objects.get(state="booked")
    desk, page = signed_in(world.desk), reverse("appointment", args=[visit_of.pk])
    assert "asks to" not in desk.get(page).content.decode()
    planned.post(reverse("phone-ask"), {"visit": str(visit_of.pk), "what": what})
    shown = desk.get(page).content.decode()
    assert f"Ada asks to {'cancel this visit' if what == 'cancel' else 'come at another time'}" in shown
    assert len(re.findall(r'class="[^"]*\bnext\b', shown)) == 1
    marks = {"_person": str(world.person.pk), "_version": str(visit_of.version)}
    if what == "cancel":
        assert desk.post(page, {**marks, "state": "cancelled", "by": "person"}).status_code == 303
    else:
        later = visit_of.starts + timedelta(days=1)
        told = {"appointment": str(visit_of.pk), "to": f"{later:%Y-%m-%dT%H:%MZ}/{visit_of.therapist_id}/"}
        assert desk.post(reverse("book-move"), {**marks, **told}).status_code == 303
    wish = Wish.objects.get()
    assert wish.done is not None
    assert wish.done_by == world.desk


def test_what_is_stored_about_me_counts_payments(planned: Client, world: World) -> None:
    from tests.paying_world import act_as_desk, priced

    service = priced(world)
    with act_as_desk(world):
        packages.sell(
            world.actor(world.desk), world.person, service, sessions=3, price=20000, how="card", day=world.day
        )
    assert say("en", "phone.stored.kind.payments") in planned.get(reverse("phone-stored")).content.decode()
