"""The intake pages: one clear screen at a time, and an answer only where somebody gave one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import deciding, moment
from palpate.clinic.acts import act
from palpate.clinic.intake import Told, keep_answers
from palpate.clinic.models import Answer, AuditRow, BodyDrawing, Decision, Episode, Measure, User
from palpate.web.pages.intake.screens import BY_ID, SCREENS, no_of
from tests.clinic_world import World
from tests.decided_world import decided
from tests.web.session_taps import consent
from tests.web.test_consent import form as consent_form

SignedIn = Callable[[User], Client]
# What a healthy person with an old, dull back pain says where "none of these" is not offered.
HEALTHY = {
    "pain_site": "low_back",
    "pain_now": "4",
    "pain_severe_unremitting": "no",
    "pain_onset": "gradual",
    "pain_trend": "steady",
    "movement_effect": "mixed",
    "night_pain": "none",
    "buttock_pain": "no",
    "improves_with_nsaid": "no",
    "treated_without_relief": "no",
    "sex_at_birth": "female",
    "pregnancy_status": "not_pregnant",
    "pregnancy_warning_signs": "no",
    "function_level": "usual",
    "active_exercise_plan": "yes",
    "rmdq_score": "3",
    "smoker_ever": "no",
}


@pytest.fixture
def home(world: World) -> str:
    return f"/people/{world.person.pk}/episodes/{world.episode.pk}/intake/"


@pytest.fixture
def client(world: World, signed_in: SignedIn) -> Client:
    return signed_in(world.therapist)


def version(world: World) -> int:
    return Episode.objects.get(pk=world.episode.pk).version


def send(
    client: Client, world: World, home: str, screen: str, *, seen: int | None = None, query: str = "", **told: Any
) -> Any:
    """Sends one screen as a browser would: what is shown, what is chosen, and the version that was seen."""
    shown = told.pop("shown", BY_ID[screen].facts)
    body = {"shown": shown, "_version": seen or version(world), **told}
    return client.post(f"{home}ask/{screen}/{query}", body)


def answers() -> dict[str, Any]:
    return {row.fact: (row.state, row.value) for row in Answer.objects.order_by("at", "number")}


# --- one screen at a time ---------------------------------------------------------------------------------------------


def test_the_first_screen_holds_what_the_pathway_asks_first(client: Client, home: str, world: World) -> None:
    answer = client.get(home)
    first = deciding.preview(world.episode, "intake", world.day)["ask"][0]["fact"]  # type: ignore[index]
    assert first in answer.context["screen"].facts
    page = answer.content.decode()
    assert "safety questions left" in page
    assert page.count('class="next tap">') == 1
    assert len(answer.context["questions"]) <= 6
    assert "checked" not in page, "nothing is chosen beforehand"


def test_only_questions_that_can_still_change_the_decision_are_shown_and_all_others_are_one_tap_away(
    client: Client, home: str, world: World
) -> None:
    page = client.get(home + "ask/family/").content.decode()
    assert "What exactly is meant" in page
    send(client, world, home, "pregnancy", shown=["pregnancy_status"], pregnancy_status="not_pregnant")
    shown = client.get(home + "ask/pregnancy/").context["shown"]
    assert "pregnancy_weeks" not in shown
    whole = client.get(home + "ask/pregnancy/?show=whole").context["shown"]
    assert whole == list(BY_ID["pregnancy"].facts)


def test_all_questions_stand_on_one_page_with_their_state(client: Client, home: str, world: World) -> None:
    send(client, world, home, "ill", fever_or_chills="no", feeling_unwell="cannot_say")
    answer = client.get(home + "all/")
    rows = {row["question"]: row["words"] for group in answer.context["groups"] for row in group["rows"]}
    facts = deciding.pathway_in_force().vocabulary
    assert rows[facts["fever_or_chills"].question] == "No"
    assert rows[facts["feeling_unwell"].question] == "Cannot say"
    assert rows[facts["saddle_numbness"].question] == "Not asked"
    assert rows[facts["pain_duration_days"].question] == "90 days"
    assert len(rows) == sum(len(screen.facts) for screen in SCREENS)


def test_a_screen_left_with_questions_open_is_passed_and_named_in_the_summary(
    client: Client, home: str, world: World
) -> None:
    answer = send(client, world, home, "legs", leg_weakness="none")
    assert answer["Location"] == home + "?passed=legs"
    assert client.get(answer["Location"]).context["screen"].id != "legs"
    page = client.get(home + "summary/").content.decode()
    assert "Safety questions that are open" in page
    assert "Until they are answered there is no massage." in page
    assert "feeling between your legs" in page


def test_what_the_first_session_still_asks_is_named_at_the_end_of_the_intake(
    client: Client, home: str, world: World
) -> None:
    with act(world.actor(world.therapist), "tests", "tests", change=True):
        consent(world)
    decided(world, leg_symptoms_new=None)  # with these other answers it can change nothing
    answer = client.get(home + "summary/")
    named = [row["question"] for row in answer.context["asked_later"]]
    assert len(named) == 1
    assert not answer.context["open_safety"]
    assert f"Asked before the next massage ({len(named)})" in answer.content.decode()
    started = client.post(home.replace("intake/", "sessions/start/"))
    asked = [group.legend for group in client.get(started["Location"]).context["never_asked"]]
    facts = deciding.pathway_in_force().vocabulary.facts.values()
    of_intake = {fact.question for fact in facts if fact.stage == "intake"}
    assert sorted(named) == sorted(question for question in asked if question in of_intake)


@pytest.mark.parametrize("page", ["ask/legs/", "ask/pregnancy/", "map/", "ratings/"])
def test_the_enter_key_keeps_what_was_typed_and_answers_or_drops_nothing(client: Client, home: str, page: str) -> None:
    whole = re.search(r"<form[^>]*data-guard.*?</form>", client.get(home + page).content.decode(), re.S)
    assert whole
    first = re.search(r'<button type="submit"[^>]*>', whole[0])
    assert first
    assert "name=" not in first[0]


def test_an_unknown_screen_is_not_there(client: Client, home: str) -> None:
    assert client.get(home + "ask/nonsense/").status_code == 404
    assert client.get(home + "?passed=nonsense.legs&by=desk").status_code == 200


# --- none of these ----------------------------------------------------------------------------------------------------


def test_none_of_these_says_no_to_what_is_shown_and_to_nothing_else(client: Client, home: str, world: World) -> None:
    page = client.get(home + "ask/legs/").content.decode()
    listed = re.search(r'<dialog id="none-sure".*?</dialog>', page, re.S)
    facts = deciding.pathway_in_force().vocabulary
    assert listed
    assert all(facts[name].question.replace("'", "&#x27;") in listed[0] for name in BY_ID["legs"].facts)
    send(client, world, home, "legs", shown=["saddle_numbness", "leg_weakness"], none="yes")
    assert answers() == {"saddle_numbness": ("answered", False), "leg_weakness": ("answered", "none")}


def test_none_of_these_leaves_a_number_open_and_says_so(client: Client, home: str, world: World) -> None:
    page = client.get(home + "ask/operations/?show=whole").content.decode()
    listed = re.search(r'<dialog id="none-sure".*?</dialog>', page, re.S)
    assert listed
    assert "It leaves open:" in listed[0]
    assert "full weeks have gone by" in listed[0]
    send(client, world, home, "operations", none="yes")
    assert "weeks_since_surgery" not in answers()
    assert answers()["surgery_site"] == ("answered", "none")


def test_none_of_these_beside_a_yes_is_refused_and_the_yes_stays(client: Client, home: str, world: World) -> None:
    answer = send(client, world, home, "legs", none="yes", saddle_numbness="yes")
    assert answer.status_code == 422
    assert not answers()
    page = answer.content.decode()
    assert "was not taken" in page
    assert re.search(r'name="saddle_numbness" value="yes"[^>]* checked', page)


@pytest.mark.parametrize("screen", ["pain", "pattern", "pregnancy", "everyday"])
def test_where_no_is_no_plain_answer_nothing_offers_it(client: Client, home: str, world: World, screen: str) -> None:
    assert 'name="none"' not in client.get(f"{home}ask/{screen}/").content.decode()
    assert send(client, world, home, screen, none="yes").status_code == 422
    assert not answers()


def test_every_no_of_one_button_reads_no_to_the_person(world: World) -> None:
    vocabulary = deciding.pathway_in_force().vocabulary
    for screen in SCREENS:
        for name in screen.facts if screen.none else ():
            fact = vocabulary[name]
            no = no_of(fact)
            assert fact.kind != "enum" or (no is not None and fact.values[no].startswith("No")), name


# --- spellings and edges ----------------------------------------------------------------------------------------------

WRONG = [
    *("true", "false", "True", "Yes", "NO", " yes", "no ", "1", "0", "on", "off", "null", "None", "y"),
    *("unknown", "unsure", "answered", "\uff59\uff45\uff53", "no\x00", "nein"),
]


@pytest.mark.parametrize("spelling", WRONG)
def test_s25_an_answer_is_exactly_yes_no_or_cannot_say(client: Client, home: str, world: World, spelling: str) -> None:
    answer = send(client, world, home, "ill", fever_or_chills=spelling, feeling_unwell="yes")
    assert answer.status_code == 422
    assert not answers()
    page = answer.content.decode()
    assert "none of the answers" in page
    assert re.search(r'name="feeling_unwell" value="yes"[^>]* checked', page)


@pytest.mark.parametrize(
    ("spelling", "kept"),
    [("yes", ("answered", True)), ("no", ("answered", False)), ("cannot_say", ("cannot_say", None)), ("", None)],
)
def test_s25_yes_no_cannot_say_and_nothing_are_four_things(
    client: Client, home: str, world: World, spelling: str, kept: Any
) -> None:
    assert send(client, world, home, "ill", fever_or_chills=spelling).status_code == 303
    assert answers().get("fever_or_chills") == kept
    assert set(answers()) <= {"fever_or_chills"}


def test_s25_two_answers_to_one_question_are_refused(client: Client, home: str, world: World) -> None:
    answer = send(client, world, home, "ill", fever_or_chills=["yes", "no"])
    assert answer.status_code == 422
    assert not answers()


@pytest.mark.parametrize("value", ["None", "NONE", "nothing", "one leg", "0", "true"])
def test_s25_a_choice_is_a_value_of_its_list(client: Client, home: str, world: World, value: str) -> None:
    assert send(client, world, home, "legs", leg_weakness=value).status_code == 422
    assert not answers()


@pytest.mark.parametrize("text", ["0", "44", " 12 ", "012"])
def test_s24_a_number_in_its_range_is_kept(client: Client, home: str, world: World, text: str) -> None:
    assert send(client, world, home, "pregnancy", pregnancy_weeks=text).status_code == 303
    assert answers()["pregnancy_weeks"] == ("answered", int(text))


@pytest.mark.parametrize(
    "text",
    [
        *("-1", "45", "4.0", "4,0", "1e1", "+4", "4 4", "0x10", "\u0664", "\uff14", "\u00b2", "NaN", "Infinity"),
        *("inf", "4 weeks", "0000004", "four", "4\x00", "4_0", "\u20044"),
    ],
)
def test_s24_a_number_that_is_none_or_out_of_range_is_refused_and_stays_to_be_put_right(
    client: Client, home: str, world: World, text: str
) -> None:
    answer = send(client, world, home, "pregnancy", pregnancy_weeks=text, pregnancy_status="low_risk")
    assert answer.status_code == 422
    assert not answers()
    page = answer.content.decode()
    assert re.search(r'name="pregnancy_status" value="low_risk"[^>]* checked', page)
    assert f'value="{text}"' in page.replace("&#x27;", "'")


@pytest.mark.parametrize(("value", "status"), [("0", 303), ("10", 303), ("11", 422), ("-1", 422), ("5.5", 422)])
def test_s24_pain_is_a_whole_number_from_0_to_10(
    client: Client, home: str, world: World, value: str, status: int
) -> None:
    assert send(client, world, home, "pain", pain_now=value).status_code == status


def test_a_number_and_another_answer_are_not_taken_together(client: Client, home: str, world: World) -> None:
    told = {"pregnancy_weeks": "12", "pregnancy_weeks__state": "cannot_say"}
    assert send(client, world, home, "pregnancy", **told).status_code == 422
    assert send(client, world, home, "pregnancy", pregnancy_weeks="12").status_code == 303
    # What stood there before does not keep a later tap from counting.
    assert send(client, world, home, "pregnancy", **told).status_code == 303
    assert answers()["pregnancy_weeks"] == ("cannot_say", None)


@pytest.mark.parametrize(
    ("number", "unit", "days"), [("3", "days", 3), ("2", "weeks", 14), ("2", "months", 60), ("80", "years", 29200)]
)
def test_since_when_it_hurts_is_counted_in_the_person_s_own_unit(
    client: Client, home: str, world: World, number: str, unit: str, days: int
) -> None:
    told = {"pain_duration_days": number, "pain_duration_days__unit": unit}
    assert send(client, world, home, "pain", **told).status_code == 303
    assert Episode.objects.get().onset == world.day - timedelta(days=days)


@pytest.mark.parametrize(("number", "unit"), [("3", ""), ("3", "fortnights"), ("90", "years"), ("-3", "days")])
def test_s24_a_duration_without_unit_or_out_of_range_is_refused(
    client: Client, home: str, world: World, number: str, unit: str
) -> None:
    told = {"pain_duration_days": number, "pain_duration_days__unit": unit}
    assert send(client, world, home, "pain", **told).status_code == 422
    assert Episode.objects.get().onset == world.episode.onset


def test_s10_a_question_that_was_not_asked_cannot_be_answered(client: Client, home: str, world: World) -> None:
    for body in ({"saddle_numbness": "no"}, {"age_years": "40"}, {"consent_status": "given"}):
        answer = send(client, world, home, "ill", **body)
        assert answer.status_code == 422
        assert next(iter(body)) in answer.content.decode()
    for shown in ([], ["saddle_numbness"], ["age_years"]):
        assert send(client, world, home, "ill", shown=shown).status_code == 422
    assert not answers()


# --- changing, two tabs, faults ---------------------------------------------------------------------------------------


def test_an_answer_can_be_changed_and_taken_back_and_all_stay_in_sight(client: Client, home: str, world: World) -> None:
    for value in ("no", "yes", "not_asked"):
        assert send(client, world, home, "ill", shown=["fever_or_chills"], fever_or_chills=value).status_code == 303
    assert Answer.objects.count() == 3
    page = client.get(home + "all/").content.decode()
    assert "Changed: 3 entries" in page
    assert "(Therapist)" in page


def test_an_answer_of_an_earlier_day_is_shown_and_not_sent_on_by_itself(
    client: Client, home: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = moment.now() - timedelta(days=3)
    with monkeypatch.context() as past, act(world.actor(world.therapist), "tests", "tests", change=True):
        past.setattr(moment, "now", lambda: earlier)
        told = {"fever_or_chills": Told("answered", False)}
        day = moment.today()
        keep_answers(
            world.actor(world.therapist), deciding.pathway_in_force(), world.episode, version(world), told, day
        )
    page = client.get(home + "ask/ill/?show=whole").content.decode()
    assert f"On {day.day} {day:%B %Y}: <strong>No</strong>." in page
    assert not re.search(r'name="fever_or_chills"[^>]* checked', page)
    assert send(client, world, home, "ill", feeling_unwell="no").status_code == 303
    assert [row.day for row in Answer.objects.filter(fact="fever_or_chills")] == [day]
    assert send(client, world, home, "ill", fever_or_chills="no").status_code == 303
    assert [row.day for row in Answer.objects.filter(fact="fever_or_chills").order_by("at")] == [day, world.day]


def test_an_answer_nobody_gave_cannot_be_taken_back(client: Client, home: str, world: World) -> None:
    assert send(client, world, home, "ill", fever_or_chills="not_asked").status_code == 422


def test_s56_two_tabs_get_both_answers_and_can_choose(client: Client, home: str, world: World) -> None:
    seen = version(world)
    send(client, world, home, "ill", seen=seen, fever_or_chills="no")
    late = send(client, world, home, "ill", seen=seen, shown=["fever_or_chills"], fever_or_chills="yes")
    page = late.content.decode()
    assert late.status_code == 409
    assert answers()["fever_or_chills"] == ("answered", False)
    assert 'data-label="Stands now">No<' in page
    assert 'data-label="You sent">Yes<' in page
    kept = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page))
    assert kept["fever_or_chills"] == "yes"
    assert kept["shown"] == "fever_or_chills"
    assert client.post(f"{home}ask/ill/", kept).status_code == 303
    assert answers()["fever_or_chills"] == ("answered", True)


@pytest.mark.parametrize("seen", ["", "x", "-1", "1.0", "99999999999"])
def test_s56_a_form_without_its_version_is_refused(client: Client, home: str, world: World, seen: str) -> None:
    body = {"shown": ["fever_or_chills"], "fever_or_chills": "no", "_version": seen}
    assert client.post(f"{home}ask/ill/", body).status_code == 422
    assert not answers()


def test_s55_the_same_form_twice_answers_once(client: Client, home: str, world: World) -> None:
    body = {"shown": ["fever_or_chills"], "fever_or_chills": "no", "_version": version(world), "_form": "a-form"}
    first, second = (client.post(f"{home}ask/ill/", body) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Answer.objects.count() == 1


def test_s70_answers_of_a_screen_are_kept_whole_or_not_at_all(
    client: Client, home: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, calls = Answer.save, []

    def third_fails(self: Answer, *args: Any, **kwargs: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the store went away")
        save(self, *args, **kwargs)

    monkeypatch.setattr(Answer, "save", third_fails)
    client.raise_request_exception = False
    assert send(client, world, home, "legs", none="yes").status_code == 500
    assert not answers()
    assert version(world) == 1


def test_s70_a_decision_on_an_intake_in_part_is_incomplete_and_never_treats(
    client: Client, home: str, world: World
) -> None:
    send(client, world, home, "legs", none="yes")
    answer = client.post(home + "decide/", {"_version": version(world)})
    assert answer["Location"].endswith("/decision/")
    assert Decision.objects.get().disposition == "incomplete"
    assert client.post(home + "decide/", {"_version": 1}).status_code == 409


def test_s64_without_a_pathway_nothing_is_asked_and_the_page_says_why(
    client: Client, home: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise deciding.WrongPathway("the pathway of this practice has been withdrawn")

    monkeypatch.setattr(deciding, "pathway_in_force", broken)
    answer = client.get(home)
    assert answer.status_code == 409
    assert "Not assessed: the pathway of this practice" in answer.content.decode()


def test_s64_where_nothing_can_be_previewed_every_question_is_still_asked(
    client: Client, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "preview", lambda *_, **__: None)
    answer = client.get(home)
    assert answer.context["shown"] == list(SCREENS[0].facts)
    assert "cannot say what is still open" in answer.content.decode()


def test_a_request_asks_the_pathway_once(
    client: Client, home: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    preview = deciding.preview
    monkeypatch.setattr(deciding, "preview", lambda *a, **k: calls.append(1) or preview(*a, **k))  # type: ignore[func-returns-value]
    for address in ("", "all/", "summary/", "map/", "ratings/", "ask/legs/"):
        client.get(home + address)
        assert calls == [1], address
        calls.clear()
    send(client, world, home, "legs", none="yes")
    assert calls == [1]


# --- emergency --------------------------------------------------------------------------------------------------------


def test_an_emergency_answer_leads_to_the_stored_decision_at_once(client: Client, home: str, world: World) -> None:
    answer = send(client, world, home, "legs", saddle_numbness="yes")
    assert answer.status_code == 303
    assert answer["Location"].endswith("/decision/")
    decision = Decision.objects.get()
    assert decision.disposition == "emergency"
    assert '"saddle_numbness":true' in decision.document


def test_an_emergency_answer_counts_while_the_person_holds_the_tablet_too(
    client: Client, home: str, world: World
) -> None:
    answer = send(client, world, home, "legs", query="?by=person", bladder_bowel_change="yes")
    assert answer["Location"].endswith("/decision/")


# --- where it hurts, ratings ------------------------------------------------------------------------------------------


def test_the_drawing_is_kept_and_only_proposes_where_it_hurts(client: Client, home: str, world: World) -> None:
    drawn = '{"regions": ["buttock_left", "low_back_left"], "strokes": [["back", [[92.5, 201], [94, 207]]]]}'
    answer = client.post(home + "map/", {"map": drawn, "_version": version(world)})
    assert answer.status_code == 303
    assert BodyDrawing.objects.get().drawing["regions"][0] == "buttock_left"
    assert not answers()
    page = client.get(home + "ask/pain/").content.decode()
    assert "You marked first: <strong>Buttock</strong>" in page
    assert not re.search(r'name="pain_site"[^>]* checked', page)


def test_a_drawing_works_without_a_script(client: Client, home: str, world: World) -> None:
    body = {"map": '{"regions": [], "strokes": []}', "map_region": ["low_back_left"], "_version": version(world)}
    assert client.post(home + "map/", body).status_code == 303
    assert BodyDrawing.objects.get().drawing["regions"] == ["low_back_left"]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"regions": ["tail"], "strokes": []}', '{"regions": [], "strokes": []}', "NaN"]
)
def test_s22_a_drawing_that_is_none_is_refused(client: Client, home: str, world: World, text: str) -> None:
    answer = client.post(home + "map/", {"map": text, "_version": version(world)})
    assert answer.status_code == 422
    assert not BodyDrawing.objects.exists()


def test_drawing_and_rating_can_be_left_out(client: Client, home: str, world: World) -> None:
    for step in ("map", "ratings"):
        sent = {"pass": "yes", "_version": version(world)}
        assert client.post(f"{home}{step}/", sent)["Location"] == f"{home}?passed={step}"


def test_ratings_and_own_activities_become_measures(client: Client, home: str, world: World) -> None:
    body = {"pain_nrs": "7", "sleep_nrs": "0", "activity_1": "Sit at a desk", "rating_1": "4", "activity_2": "Garden"}
    assert client.post(home + "ratings/", {**body, "_version": version(world)}).status_code == 303
    found = {row.name: row.value if row.values is None else row.values for row in Measure.objects.all()}
    assert found == {"pain_nrs": 7.0, "sleep_nrs": 0.0, "own_activities": [4, None]}
    assert Episode.objects.get().activities == ["Sit at a desk", "Garden"]
    page = client.get(home + "all/").content.decode()
    assert "<dt>Sit at a desk</dt><dd>4</dd>" in page
    assert "<dt>Garden</dt><dd>not rated</dd>" in page
    assert "<dt>Sleep spoilt</dt><dd>0</dd>" in page


@pytest.mark.parametrize(
    "body",
    [
        {"pain_nrs": "11"},
        {"pain_nrs": "-1"},
        {"pain_nrs": "5.0"},
        {"pain_nrs": "NaN"},
        {"rating_1": "5"},
        {"activity_1": "Sit\x07", "rating_1": "5"},
        {"activity_1": "Sit\u202e", "rating_1": "5"},
        {"activity_1": "x" * 201, "rating_1": "5"},
    ],
)
def test_s23_s24_ratings_and_names_that_are_none_are_refused_and_nothing_typed_is_lost(
    client: Client, home: str, world: World, body: dict[str, str]
) -> None:
    told = {"activity_2": "Lift my child", "rating_2": "3", **body, "_version": version(world)}
    answer = client.post(home + "ratings/", told)
    assert answer.status_code == 422
    assert not Measure.objects.exists()
    page = answer.content.decode()
    assert 'value="Lift my child"' in page
    assert re.search(r'name="rating_2" value="3"[^>]* checked', page)
    assert body.get("activity_1", "") in page


def test_s56_drawing_and_ratings_of_a_stale_tab_are_shown_beside_what_stands(
    client: Client, home: str, world: World
) -> None:
    seen = version(world)
    send(client, world, home, "ill", fever_or_chills="no")
    drawn = '{"regions":["low_back_left"],"strokes":[]}'
    late = client.post(home + "map/", {"map": drawn, "_version": seen})
    assert late.status_code == 409
    assert "Low back, left" in late.content.decode()
    late = client.post(home + "ratings/", {"activity_1": "Garden", "rating_1": "4", "_version": seen})
    assert late.status_code == 409
    assert "Garden" in late.content.decode()
    assert not BodyDrawing.objects.exists()
    assert not Measure.objects.exists()


# --- hand-over, roles -------------------------------------------------------------------------------------------------


def test_the_person_s_own_pages_lead_nowhere_else(client: Client, home: str, world: World) -> None:
    page = client.get(home + "?by=person").content.decode()
    assert "<nav" not in page
    assert "Sign out" not in page
    assert "Ada Lind" in page
    links = set(re.findall(r'<a [^>]*href="([^"#]+)"', page))
    assert links <= {home, client.get(home).context["whole_url"], f"{home}ask/legs/?by=person&amp;show=whole"}
    answer = send(client, world, home, "legs", query="?by=person", leg_weakness="none")
    assert answer["Location"] == home + "?by=person&passed=legs"


def test_at_the_end_the_person_sees_only_thanks(client: Client, home: str, world: World) -> None:
    everything = ".".join([*BY_ID, "map", "ratings"])
    page = client.get(f"{home}?by=person&passed={everything}").content.decode()
    assert "Please give the tablet back" in page
    assert "Therapist: go on" in page
    assert "Not asked" not in page
    assert "Summary of the intake" in client.get(f"{home}?passed={everything}").content.decode()


def test_s09_s69_others_see_nothing_and_crossed_forms_are_refused(
    world: World, signed_in: SignedIn, home: str, client: Client
) -> None:
    for who in (world.owner, world.colleague, world.desk, world.auditor):
        stranger = signed_in(who)
        for page in ("", "all/", "map/", "ratings/", "summary/", "ask/legs/"):
            assert stranger.get(home + page).status_code == 404
        for page in ("map/", "ratings/", "ask/legs/", "decide/"):
            assert stranger.post(home + page, {"_version": 1}).status_code == 404
    assert send(client, world, home, "ill", fever_or_chills="no", _person=str(world.other.pk)).status_code == 409
    assert client.get(home.replace(str(world.person.pk), str(world.other.pk))).status_code == 404
    assert not answers()


def test_s45_what_the_trail_says_is_which_questions_and_no_answer(client: Client, home: str, world: World) -> None:
    send(client, world, home, "ill", fever_or_chills="no")
    row = AuditRow.objects.latest("number")
    assert row.about["facts"] == ["fever_or_chills"]
    assert str(world.person.pk) in row.persons


# --- a whole first visit ----------------------------------------------------------------------------------------------


def walk(client: Client, world: World, home: str) -> tuple[int, int, str]:
    """A healthy person's whole intake. Returns the taps beside their own answers, the answers, and the last page."""
    taps, own = 0, 0
    address = home
    for _ in range(60):
        answer = client.get(address)
        if "screen" not in answer.context:
            if "figure" in answer.context and "Where does it hurt" in answer.content.decode():
                body: dict[str, Any] = {"map": '{"regions":["low_back_left"],"strokes":[]}'}
                post, own, taps = answer.context["post"], own + 1, taps + 1
            elif "form" in answer.context and "How it is now" in answer.content.decode():
                body = {"pain_nrs": "5", "sleep_nrs": "2", "mood_nrs": "1", "activity_1": "Garden", "rating_1": "4"}
                post, own, taps = answer.context["post"], own + 5, taps + 1
            else:
                return taps, own, address
        else:
            shown, post = answer.context["shown"], answer.context["post"]
            body = {"shown": shown}
            if answer.context["noes"] and not answer.context["left_open"]:
                body["none"] = "yes"
                taps += 2  # the button and its confirmation; both answer for the person, and count all the same
            else:
                body |= {name: HEALTHY[name] for name in shown if name in HEALTHY}
                own, taps = own + len(body) - 1, taps + 1
        done = client.post(post, {**body, "_version": version(world)})
        assert done.status_code == 303, done.content.decode()[:3000]
        address = done["Location"]
    raise AssertionError("the intake does not end")


def test_a_healthy_person_s_first_visit_needs_few_taps_and_ends_with_a_decision_to_treat(
    client: Client, home: str, world: World
) -> None:
    consent = home.replace("/intake/", "/consent/")
    assert client.post(consent + "sign/", consent_form(client, consent, "low_back")).status_code == 303
    consent_taps = 8  # open, area, decides alone, read, sign, therapist, keep, go on
    taps, own, last = walk(client, world, home)
    page = client.get(last)
    assert page.context["open"].safety == ()
    assert page.context["consent"] == "given"
    answer = client.post(home + "decide/", {"_version": version(world)})
    assert answer["Location"].endswith("/decision/")
    assert Decision.objects.get().disposition in ("treat", "treat_with_precautions")
    assert consent_taps + taps + 1 <= 45, (taps, own)


def test_the_next_moment_after_sessions_is_a_review(client: Client, home: str, world: World) -> None:
    from palpate.clinic.models import Session

    with act(world.actor(world.therapist), "tests", "tests", change=True):
        day = world.day - timedelta(days=7)
        session = Session(episode=world.episode, therapist=world.therapist, day=day, started=world.episode.opened)
        session.state, session.massage_given, session.ended = "signed", True, world.episode.opened
        session.save()
    client.post(home + "decide/", {"_version": version(world)})
    assert Decision.objects.get().moment == "review"
