"""The intake on a person's telephone: a draft until it is sent, an emergency at once, and consent."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment, phone_intake
from palpate.clinic.acts import act
from palpate.clinic.consenting import standing
from palpate.clinic.intake import BY_PHONE, history
from palpate.clinic.models import (
    Answer,
    Consent,
    Decision,
    Episode,
    Notice,
    PhoneLink,
    PhoneSent,
)
from palpate.clinic.phone_links import INTAKE
from palpate.library.languages import say
from tests.clinic_world import World
from tests.course_world import at
from tests.web.phone_world import make, one_of, opened, redeem
from tests.web.session_taps import Clock, calm_answers


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- intake -----------------------------------------------------------------------------------------------------------


def test_an_intake_by_telephone_becomes_the_answers_of_the_intake_and_is_decided_upon(world: World) -> None:
    client = opened(world, INTAKE)
    assert not Answer.objects.exists()
    asked = walk(client, calm_answers_of())
    assert {"legs", "sudden", "pain"} <= set(asked)
    assert not Answer.objects.exists(), "what is not sent is no part of the record"
    answer = client.post(reverse("phone-intake"), {"step": "end"})
    assert answer["Location"] == reverse("phone-sent")
    sent = PhoneSent.objects.get()
    told = {row.fact: row.value for row in Answer.objects.filter(episode=world.episode) if row.fact != "consent_status"}
    assert told["saddle_numbness"] is False
    assert told["pain_site"] == "low_back"
    assert {row.at for row in Answer.objects.all()} == {sent.at}
    decision = Decision.objects.get(episode=world.episode)
    assert json.loads(decision.document)["facts"]["saddle_numbness"] is False
    assert decision.disposition == "incomplete"  # consent waits for the therapist
    assert PhoneLink.objects.get().draft == {}
    assert history(world.episode)["saddle_numbness"][-1].by == BY_PHONE
    assert Notice.objects.get(to=world.therapist).url.endswith("/told/")


def calm_answers_of() -> dict[str, str]:
    """Calm answers as a form of the telephone sends them."""
    found = {}
    for name, value in {**calm_answers(), "rmdq_score": "cannot_say", "weeks_since_surgery": 0}.items():
        found[name] = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return found


def walk(client: Client, answers: dict[str, str]) -> list[str]:
    """Goes through the intake up to its last page. Returns the ids of the steps in order."""
    steps = []
    for _ in range(45):
        page = client.get(reverse("phone-intake"))
        assert page.status_code == 200, page
        step = one_of(page, "step")[0]
        if step == "end":
            return steps
        steps.append(step)
        told: dict[str, Any] = {"step": step}
        if step in ("map", "ratings"):
            told["pass"] = "yes"
        elif step == "consent":
            told["later"] = "yes"
        elif step != "begin":
            told["shown"] = one_of(page, "shown")
            for name in told["shown"]:
                told[f"q_{name}__state" if answers[name] == "cannot_say" else f"q_{name}"] = answers[name]
                if name == "pain_duration_days":
                    told |= {f"q_{name}": "20", f"q_{name}__unit": "weeks"}
        answer = client.post(reverse("phone-intake"), told)
        assert answer.status_code == 303, answer.content.decode()[:3000]
    raise AssertionError(f"the intake does not end: {steps}")


def test_an_answer_that_means_an_emergency_is_sent_at_once_with_what_was_answered_by_then(world: World) -> None:
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    told = {"step": "legs", "shown": ["saddle_numbness", "bladder_bowel_change"], "q_bladder_bowel_change": "yes"}
    answer = client.post(reverse("phone-intake"), told)
    assert answer["Location"] == reverse("phone-sent")
    assert say("en", "safety.emergency_title") in client.get(reverse("phone-sent")).content.decode()
    assert {row.fact: row.value for row in Answer.objects.all()} == {"bladder_bowel_change": True}
    assert Decision.objects.get().disposition == "emergency"
    assert Notice.objects.get(to=world.therapist).text == "An intake needs you at once."


def test_left_out_no_and_cannot_say_stay_three_things(world: World) -> None:
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    shown = ["saddle_numbness", "sexual_function_change", "leg_symptoms_new"]
    told = {"step": "legs", "shown": shown, "q_saddle_numbness": "no", "q_leg_symptoms_new": "cannot_say"}
    assert client.post(reverse("phone-intake"), told).status_code == 303
    client.post(reverse("phone-intake"), {"step": "end"})
    assert {(row.fact, row.state, row.value) for row in Answer.objects.all()} == {
        ("saddle_numbness", "answered", False),
        ("leg_symptoms_new", "cannot_say", None),
    }


def test_no_screen_shows_an_earlier_answer_and_going_back_forgets_what_was_tapped(world: World) -> None:
    made = make(world, INTAKE)
    client = redeem(world, made)
    client.post(reverse("phone-intake"), {"step": "begin"})
    told = {"step": "sudden", "shown": ["coughing_or_vomiting_blood"], "q_coughing_or_vomiting_blood": "no"}
    client.post(reverse("phone-intake"), told)
    again = redeem(world, made)
    page = again.get(reverse("phone-intake")).content.decode()
    assert not re.search(r'<input type="radio"[^>]*checked', page.replace('value="" checked', ""))
    made.link.refresh_from_db()
    assert "coughing_or_vomiting_blood" in phone_intake.draft_of(made.link).answers
    again.post(reverse("phone-intake-back"))
    made.link.refresh_from_db()
    assert phone_intake.draft_of(made.link).answers == {}


def test_no_to_all_answers_each_question_that_was_shown_and_no_other(world: World) -> None:
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    shown = ["fever_or_chills", "feeling_unwell"]
    other = {"step": "ill", "shown": shown, "none": "yes", "q_feeling_unwell": "yes"}
    answer = client.post(reverse("phone-intake"), other)
    assert answer.status_code == 422
    assert say("en", "phone.intake.none_other") in answer.content.decode()
    client.post(reverse("phone-intake"), {"step": "ill", "shown": shown, "none": "yes"})
    client.post(reverse("phone-intake"), {"step": "end"})
    assert {row.fact: row.value for row in Answer.objects.all()} == dict.fromkeys(shown, False)


def test_a_number_outside_its_range_is_refused_in_words_and_kept_on_the_page(world: World) -> None:
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    told = {"step": "everyday", "shown": ["rmdq_score"], "q_rmdq_score": "25"}
    answer = client.post(reverse("phone-intake"), told)
    assert answer.status_code == 422
    assert say("en", "phone.number_wrong", low=0, high=24) in answer.content.decode()
    assert 'value="25"' in answer.content.decode()


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_consent_signed_by_telephone_counts_once_the_therapist_has_signed_too(
    world: World, signed_in: Any, code: str
) -> None:
    with act(world.actor(world.therapist), "tests", "language", change=True):
        world.person.language = code
        world.person.save()
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    told = {"step": "ill", "shown": ["fever_or_chills"], "q_fever_or_chills": "no"}
    client.post(reverse("phone-intake"), told)
    link = PhoneLink.objects.get()
    with act(world.actor(world.therapist), "tests", "skip", change=True):
        phone_intake.keep_ratings(link, "ratings", {}, (), ())
    page = consent_page(client)
    digests = one_of(page, "shown")
    unsigned = {"step": "consent", "shown": digests, "signature_0": ""}
    assert client.post(reverse("phone-intake"), unsigned).status_code == 422
    signed = {**unsigned, "signature_0": '{"kind": "typed", "name": "Ada Lind"}'}
    assert client.post(reverse("phone-intake"), signed).status_code == 303
    assert not Consent.objects.exists()
    assert client.post(reverse("phone-intake"), {"step": "end"})["Location"] == reverse("phone-sent")
    first = Consent.objects.get()
    assert first.signature["language"] == code
    assert first.signed_by == world.person.name
    day = moment.today()
    assert not standing(world.episode, (), day).begins
    assert "The therapist has not signed it yet." in standing(world.episode, (), day).why_not()
    assert not Answer.objects.filter(fact="consent_status").exists()
    therapist = signed_in(world.therapist)
    marks = {"_person": str(world.person.pk), "_version": str(Episode.objects.get().version)}
    url = at(world, "phone-countersign")
    assert therapist.post(url, {**marks, "alone": "yes"}).status_code == 422
    assert therapist.post(url, {**marks, "alone": "yes", "therapist": "yes"}).status_code == 303
    assert standing(world.episode, (), day).begins
    second = Consent.objects.exclude(pk=first.pk).get()
    assert second.text == first.text
    assert second.signature["phone"] == str(first.pk)
    assert phone_intake.waiting_consents(world.episode) == []


def consent_page(client: Client) -> HttpResponse:
    """The page of consent: all screens before it are passed over, which leaves everything open."""
    for _ in range(40):
        page = client.get(reverse("phone-intake"))
        step = one_of(page, "step")[0]
        if step == "consent":
            return page  # type: ignore[no-any-return]
        told: dict[str, Any] = {"step": step, "pass": "yes"} if step in ("map", "ratings") else {"step": step}
        if step not in ("map", "ratings"):
            told["shown"] = one_of(page, "shown")
        assert client.post(reverse("phone-intake"), told).status_code == 303, step
    raise AssertionError("the consent is never asked")


def test_the_words_that_are_signed_are_the_words_that_were_shown(world: World) -> None:
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    page = consent_page(client)
    signed = {"step": "consent", "shown": ["0" * 64], "signature_0": '{"kind": "typed", "name": "Ada Lind"}'}
    answer = client.post(reverse("phone-intake"), signed)
    assert answer.status_code == 422
    assert say("en", "phone.intake.consent_changed") in answer.content.decode()
    assert one_of(page, "shown") != ["0" * 64]


def test_a_minor_signs_no_consent_alone_by_telephone(world: World) -> None:
    with act(world.actor(world.therapist), "tests", "young", change=True):
        world.person.birth_date = moment.today() - timedelta(days=15 * 365)
        world.person.save()
    assert phone_intake.sheets_by_phone(Episode.objects.get(), moment.today()) == ()
    client = opened(world, INTAKE)
    client.post(reverse("phone-intake"), {"step": "begin"})
    steps = walk(client, calm_answers_of())
    assert "consent" not in steps
    page = client.get(reverse("phone-intake")).content.decode()
    assert say("en", "phone.intake.consent_guardian") in page


def test_what_is_not_sent_is_deleted_by_the_sweep_once_the_link_has_run_out(world: World) -> None:
    from palpate.clinic import moment, phone_links
    from palpate.clinic.acts import act
    from palpate.clinic.models import AuditRow
    from palpate.web.jobs import housekeeping

    with act(world.actor(world.therapist), "tests", "tap", change=True):
        link = phone_links.make(phone_links.INTAKE, world.person, episode=world.episode, by=world.therapist.pk).link
        link.draft = {"answers": {"fever_or_chills": ["answered", True]}}
        link.save()
    housekeeping()
    link.refresh_from_db()
    assert link.draft
    assert not AuditRow.objects.filter(deed="phone-drafts").exists()
    with moment.held_at(link.until):
        housekeeping()
    link.refresh_from_db()
    assert link.draft == {}
    assert AuditRow.objects.filter(deed="phone-drafts").count() == 1
