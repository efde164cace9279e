"""The check after two sessions and the end of the course, through the pages: ratings, response, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic.models import Answer, Decision, Episode, Letter, Measure, PlanItem, User
from palpate.web.pages.intake.screens import no_of
from tests.clinic_world import World
from tests.course_world import at, two_visits, visit
from tests.web.session_taps import Clock, ready

CALM = {"pregnancy_status": "not_pregnant"}
SignedIn = Callable[[User], Client]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def client(clock: Clock, world: World, signed_in: SignedIn) -> Client:
    """The therapist's client, after two sessions a week apart, on the third day after the second."""
    ready(world)
    two_visits(world, clock)
    clock.day(10)
    return signed_in(world.therapist)


def send(world: World, client: Client, name: str, **told: Any) -> Any:
    """Sends a form of this person's page, with the version that the store has now."""
    marks = {"_person": str(world.person.pk), "_version": Episode.objects.get(pk=world.episode.pk).version}
    return client.post(at(world, name), {**marks, **told})


def rate(world: World, client: Client, pain: int, activities: tuple[int, int, int], change: int, **more: Any) -> Any:
    """Ratings of the person; at the start pain was 7 and the activities 3, 4 and 2."""
    told = {f"activity_{n}": value for n, value in enumerate(activities, 1)}
    return send(world, client, "check-ratings", pain_nrs=pain, global_change=change, **told, **more)


def page(world: World, client: Client, name: str = "check") -> Any:
    answer = client.get(at(world, name))
    assert answer.status_code == 200, answer.content
    return answer


def newest() -> Decision:
    return Decision.objects.latest("number")


def test_ratings_are_asked_before_anything_is_judged_and_best_by_the_person_on_the_tablet(
    world: World, client: Client
) -> None:
    first = page(world, client)
    assert first.context["next_thing"].url.endswith("/check/ratings/?by=person")
    handed = client.get(first.context["next_thing"].url)
    text = handed.content.decode()
    assert "Carrying shopping" in text
    assert "masthead" not in text
    assert "Decision" not in text
    done = client.post(
        first.context["next_thing"].url,
        {"_version": Episode.objects.get().version, "pain_nrs": "3", "activity_1": "6", "activity_2": "6"},
    )
    assert done.status_code == 303
    assert "Please give the tablet back" in client.get(done["Location"]).content.decode()


def test_one_who_improves_goes_on_and_the_next_session_is_the_next_thing(world: World, client: Client) -> None:
    assert rate(world, client, 3, (6, 7, 5), 2).status_code == 303
    shown = page(world, client)
    assert newest().moment == "review"
    assert newest().disposition in ("treat", "treat_with_precautions")
    assert shown.context["response"]["class"] == "responded"
    assert shown.context["next_thing"].why.startswith("Go on.")
    text = shown.content.decode()
    assert "not better because of massage" in text
    assert "People come when it is bad" in text
    assert text.count('class="button next') + text.count('class="next') == 1


def test_a_change_of_one_point_is_said_to_be_within_what_chance_can_do(world: World, client: Client) -> None:
    rate(world, client, 6, (3, 4, 2), 0)
    assert "A change of 1 point is within what chance can do." in page(world, client).content.decode()


def test_one_who_is_partly_better_goes_on_and_one_thing_is_changed(world: World, client: Client) -> None:
    rate(world, client, 5, (3, 4, 2), 1)
    shown = page(world, client)
    assert shown.context["response"]["class"] == "partly"
    assert shown.context["next_thing"].kind == "change"
    assert send(world, client, "check-change", what="exercise").status_code == 303
    assert page(world, client).context["next_thing"].kind == "link"
    assert PlanItem.objects.get(part="change", active=True).item == "exercise"
    send(world, client, "check-change", what="gap")
    assert PlanItem.objects.get(part="change", active=True).item == "gap"
    assert send(world, client, "check-change", what="everything").status_code == 422


def test_one_who_has_not_responded_changes_treatment_and_a_letter_is_ready(world: World, client: Client) -> None:
    rate(world, client, 7, (3, 4, 2), 0)
    shown = page(world, client)
    assert newest().disposition == "change_treatment"
    assert shown.context["next_thing"].kind == "letter"
    treatment = shown.context["treatments"][0][0]
    assert treatment.who in shown.content.decode()
    assert "Manipulation by anyone who is not licensed" in shown.content.decode()
    made = send(world, client, "check-letter", treatment=treatment.id, to="Elm Street Physiotherapy", agreed="yes")
    assert made.status_code == 303
    letter = Letter.objects.get()
    assert letter.kind == "next_treatment"
    assert letter.data["massage"]["sessions"] == 2
    assert letter.data["response"]["kind"] == "not_responded"
    printed = client.get(at(world, "letter-pdf", letter=letter.pk))
    assert printed.content.startswith(b"%PDF")
    assert page(world, client).context["next_thing"].label == "Discharge"


def test_a_letter_to_a_treatment_that_the_decision_does_not_name_is_refused(world: World, client: Client) -> None:
    rate(world, client, 7, (3, 4, 2), 0)
    assert send(world, client, "check-letter", treatment="danger_sign", agreed="yes").status_code == 422
    assert send(world, client, "check-letter", treatment="chronic_medium_risk").status_code == 422
    assert not Letter.objects.exists()


def test_one_who_is_worse_stops_and_a_clinician_sees_them(world: World, client: Client) -> None:
    rate(world, client, 10, (1, 1, 0), -2)
    shown = page(world, client)
    assert shown.context["response"]["class"] == "worse"
    assert newest().disposition == "do_not_massage_now"
    assert shown.context["next_thing"].label == "Ask the whole screen again"
    assert "Worse by 3 points" in shown.content.decode()
    form = client.get(shown.context["next_thing"].url).context["form"]
    left = {fact.name: CALM.get(fact.name, "none") for fact in form.asked if no_of(fact) is None}
    assert send(world, client, "check-screen", none="yes", **left).status_code == 303
    assert newest().disposition == "change_treatment"
    shown = page(world, client)
    assert shown.context["treatments"][0][0].id == "worse_without_danger_sign"
    assert shown.context["next_thing"].kind == "letter"


def test_s25_no_to_all_is_not_taken_where_something_else_was_tapped(world: World, client: Client) -> None:
    before = Answer.objects.count()
    assert send(world, client, "check-screen", none="yes", fever_or_chills="yes").status_code == 422
    assert send(world, client, "check-screen", fever_or_chills="True").status_code == 422
    assert Answer.objects.count() == before


def test_a_danger_sign_in_the_screen_leads_to_the_decision_at_once(world: World, client: Client) -> None:
    rate(world, client, 10, (1, 1, 0), -2)
    told = send(world, client, "check-screen", saddle_numbness="yes")
    assert told["Location"] == at(world, "decision")
    assert newest().disposition == "emergency"


def test_a_question_that_could_not_be_answered_is_kept_as_such_and_never_as_a_no(world: World, client: Client) -> None:
    send(world, client, "check-screen", fever_or_chills="cannot_say")
    kept = Answer.objects.filter(fact="fever_or_chills").latest("at")
    assert (kept.state, kept.value) == ("cannot_say", None)
    assert newest().disposition == "medical_exam_first"


def test_a_rating_that_is_missing_stays_missing_and_is_asked_for(world: World, client: Client) -> None:
    assert send(world, client, "check-ratings", pain_nrs="3").status_code == 303
    shown = page(world, client)
    assert shown.context["check"].missing == ("own_activities", "global_change")
    assert shown.context["response"]["flags"]
    assert Measure.objects.filter(name="global_change").count() == 0
    assert "Not rated: own activities, own view of the change" in shown.content.decode()


def test_a_check_without_any_rating_is_incomplete_after_the_next_session_and_asks(world: World, client: Client) -> None:
    send(world, client, "check-decide")
    told = page(world, client)
    assert told.context["next_thing"].label == "Hand over the tablet"
    assert send(world, client, "check-ratings").status_code == 422
    assert "Nothing is rated yet" in send(world, client, "check-ratings").content.decode()


def test_a_muscle_that_has_not_changed_is_kept_and_decided_with(world: World, client: Client) -> None:
    rate(world, client, 5, (3, 4, 2), 1)
    assert send(world, client, "check-muscle", spasm_response="none").status_code == 303
    assert Answer.objects.get(fact="spasm_response").value == "none"
    assert newest().disposition == "change_treatment"
    assert page(world, client).context["response"]["muscle"] == "No change"
    assert send(world, client, "check-muscle", spasm_response="yields").status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("pain_nrs", value) for value in ("11", "-1", "3.5", "NaN", "٣")),
        ("global_change", "4"),
        ("activity_1", "1e1"),
        ("activity_3", " 3"),
    ],
)
def test_s24_a_rating_outside_its_listed_numbers_is_refused_and_nothing_is_stored(
    world: World, client: Client, name: str, value: str
) -> None:
    before = Measure.objects.count()
    answer = send(world, client, "check-ratings", **{"activity_2": "5", name: value})
    assert answer.status_code == 422
    assert Measure.objects.count() == before
    assert 'value="5"' in answer.content.decode()


def test_s10_a_field_that_is_not_asked_is_refused_by_name(world: World, client: Client) -> None:
    answer = send(world, client, "check-ratings", pain_nrs="3", mood_nrs="2")
    assert answer.status_code == 422
    assert "mood_nrs" in answer.content.decode()
    assert send(world, client, "discharge", reason="goal", reached="yes", state="open").status_code == 422


def test_s56_a_stale_page_of_ratings_is_refused(world: World, client: Client) -> None:
    before = Measure.objects.count()
    answer = client.post(at(world, "check-ratings"), {"_version": "0", "pain_nrs": "3"})
    assert answer.status_code == 409
    assert Measure.objects.count() == before


def test_s69_ratings_made_for_another_person_are_refused(world: World, client: Client) -> None:
    before = Measure.objects.count()
    version = Episode.objects.get().version
    told = {"_person": str(world.other.pk), "_version": version, "pain_nrs": "3"}
    assert client.post(at(world, "check-ratings"), told).status_code == 409
    assert Measure.objects.count() == before


def test_a_rating_on_the_day_of_a_massage_does_not_count_and_is_not_taken(
    clock: Clock, world: World, signed_in: SignedIn
) -> None:
    ready(world)
    two_visits(world, clock)
    client = signed_in(world.therapist)
    assert "Ratings count from" in page(world, client).content.decode()
    assert rate(world, client, 3, (6, 7, 5), 2).status_code == 409


def test_before_the_first_session_the_page_says_so_and_leads_to_the_door_card(
    world: World, signed_in: SignedIn
) -> None:
    ready(world)
    client = signed_in(world.therapist)
    assert send(world, client, "decision-again").status_code == 303
    assert newest().disposition == "treat"
    shown = page(world, client)
    assert "The check comes after session 2" in shown.content.decode()
    assert shown.context["next_thing"].url.endswith("/door/")


def test_before_the_first_check_there_is_nothing_to_judge(clock: Clock, world: World, signed_in: SignedIn) -> None:
    ready(world)
    visit(world)
    assert "The check comes after session 2" in page(world, signed_in(world.therapist)).content.decode()


def test_a_course_that_is_complete_ends_with_note_plan_dates_and_a_closed_episode(
    clock: Clock, world: World, client: Client, signed_in: SignedIn
) -> None:
    rate(world, client, 0, (10, 9, 10), 3)
    assert newest().disposition == "complete"
    assert page(world, client).context["next_thing"].label == "Discharge"
    form = page(world, client, "discharge")
    items = form.context["form"]["home"].value()
    assert 1 <= len(items) <= 3
    done = send(world, client, "discharge", reason="goal", reached="yes", home=items)
    assert done.status_code == 303, done.content
    episode = Episode.objects.get()
    assert episode.state == "closed"
    assert episode.closed_why == "The person has reached what they wanted"
    note = Letter.objects.get(kind="discharge")
    last = world.day + timedelta(days=7)
    assert note.data["follow_up"] == [(last + timedelta(days=days)).isoformat() for days in (28, 84)]
    assert note.data["goal_reached"] == "Reached"
    assert len(Letter.objects.get(kind="home_plan").data["home"]) == len(items)
    for letter in Letter.objects.all():
        assert client.get(at(world, "letter-pdf", letter=letter.pk)).content.startswith(b"%PDF")
    shown = page(world, client, "discharge").content.decode()
    assert "28 days after the last session" in shown
    assert "Relapse" in shown
    assert send(world, client, "discharge", reason="goal", reached="yes").status_code == 409
    clock.day(7 + 28)
    client = signed_in(world.therapist)  # nobody stays signed in for a month
    told = send(
        world, client, "follow-up", pain_nrs="1", activity_1="9", activity_2="9", global_change="2", sleep_nrs="0"
    )
    assert told.status_code == 303
    assert told["Location"] == at(world, "episode")
    assert "(28 days after the last session): done" in page(world, client, "episode").content.decode()


def test_home_items_are_at_most_three_and_only_those_that_are_offered(world: World, client: Client) -> None:
    rate(world, client, 0, (10, 9, 10), 3)
    offered = [value for value, _ in page(world, client, "discharge").context["form"].fields["home"].choices]
    assert send(world, client, "discharge", reason="goal", reached="no", home=offered[:4]).status_code == 422
    assert send(world, client, "discharge", reason="goal", reached="no", home=["handstand"]).status_code == 422
    assert send(world, client, "discharge", reached="no").status_code == 422
    assert Episode.objects.get().state == "open"
    assert not Letter.objects.exists()


def test_an_emergency_is_not_discharged(world: World, client: Client) -> None:
    rate(world, client, 0, (10, 9, 10), 3)
    at_now = Decision.objects.latest("number").at
    with _act(world):
        row = Answer(episode=world.episode, fact="saddle_numbness", state="answered", value=True)
        row.day, row.at = at_now.date(), at_now + timedelta(seconds=1)
        row.save()
    send(world, client, "check-decide")
    assert newest().disposition == "emergency"
    assert page(world, client).context["next_thing"].label.startswith("Emergency")
    assert send(world, client, "discharge", reason="goal", reached="yes").status_code == 409
    assert Episode.objects.get().state == "open"


def _act(world: World) -> Any:
    from palpate.clinic.acts import act

    return act(world.actor(world.therapist), "tests", "check", change=True)


@pytest.mark.parametrize("role", ["colleague", "owner", "desk", "auditor"])
@pytest.mark.parametrize("name", ["check", "check-ratings", "discharge", "follow-up"])
def test_s08_nobody_but_those_who_treat_the_person_sees_the_check(
    world: World, client: Client, signed_in: SignedIn, role: str, name: str
) -> None:
    assert signed_in(world.staff[role]).get(at(world, name)).status_code == 404


@pytest.mark.parametrize("role", ["colleague", "owner", "desk", "auditor"])
@pytest.mark.parametrize(
    "name", ["check-ratings", "check-muscle", "check-decide", "check-change", "check-letter", "discharge"]
)
def test_s09_nobody_but_those_who_treat_the_person_changes_anything_there(
    world: World, client: Client, signed_in: SignedIn, role: str, name: str
) -> None:
    before = (Measure.objects.count(), Decision.objects.count(), Episode.objects.get().version)
    told = {"pain_nrs": "3", "reason": "goal", "reached": "yes", "what": "gap", "spasm_response": "none"}
    assert send(world, signed_in(world.staff[role]), name, **told).status_code == 404
    assert (Measure.objects.count(), Decision.objects.count(), Episode.objects.get().version) == before


def test_s13_looking_changes_nothing(world: World, client: Client) -> None:
    before = (Measure.objects.count(), Decision.objects.count(), Letter.objects.count(), Episode.objects.get().version)
    for name in ("check", "check-ratings", "discharge", "follow-up", "episode"):
        page(world, client, name)
    assert (
        Measure.objects.count(),
        Decision.objects.count(),
        Letter.objects.count(),
        Episode.objects.get().version,
    ) == before
