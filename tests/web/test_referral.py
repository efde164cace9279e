"""Letters that ask a clinician, how old they are, and the answer that comes back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from palpate.clinic import moment, referring
from palpate.clinic.models import AuditRow, Clearance, Decision, Letter, User
from palpate.clinic.overruling import may_treat_now
from tests.clinic_world import World
from tests.decided_world import acute, at, decided, emergency, make_letter

SignedIn = Callable[[User], Client]


def answered(world: World, client: Client, letter: Letter | None = None, **told: Any) -> Any:
    """Posts a clinician's answer as a member of the staff would."""
    data = {
        "outcome": "cleared",
        "covers": ["acute_low_back_pain"],
        "name": "Dr Kim",
        "profession": "general practitioner",
        "day": world.day.isoformat(),
        "valid_until": "",
        "limits": "",
        **told,
    }
    if letter is None:
        return client.post(at(world, "clearance-new"), data)
    return client.post(at(world, "letter-answer", letter=letter.pk), data)


def text_of(made: bytes, tmp_path: Path) -> str:
    file = tmp_path / "letter.pdf"
    file.write_bytes(made)
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout


def test_an_examination_gives_a_letter_of_one_page_that_is_always_the_same(
    world: World, signed_in: SignedIn, tmp_path: Path
) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client, remark="She works nights.")
    assert letter.rules == ["acute_low_back_pain"]
    assert letter.urgency == "routine"
    first, second = (client.get(at(world, "letter-pdf", letter=letter.pk)) for _ in range(2))
    assert first.content == second.content
    assert first["Content-Type"] == "application/pdf"
    said = text_of(first.content, tmp_path)
    assert said.count("\f") == 1
    for words in ("Ada Lind", "2 April 1979", "Dr Kim, Elm Street Surgery", "She works nights.", "back_massage"):
        assert words in said
    assert "Request for a medical examination" in said


def test_the_letter_stays_as_it_was_when_the_record_changes(world: World, signed_in: SignedIn) -> None:
    from palpate.clinic.acts import act

    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    before = client.get(at(world, "letter-pdf", letter=letter.pk)).content
    with act(world.actor(world.therapist), "contact", "test", change=True):
        world.person.family_name = "Changed"
        world.person.save()
    assert client.get(at(world, "letter-pdf", letter=letter.pk)).content == before


def test_a_decision_to_treat_has_no_referral(world: World, signed_in: SignedIn) -> None:
    decided(world)
    assert signed_in(world.therapist).get(at(world, "referral-new")).status_code == 409


def test_addressee_and_remark_can_be_changed_until_the_letter_has_gone_out(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    told = {"to": "Dr Ng", "remark": "Please call.", "_version": "1"}
    assert client.post(at(world, "letter-change", letter=letter.pk), told).status_code == 303
    letter.refresh_from_db()
    assert (letter.to, letter.data["request"], letter.data["to"]) == ("Dr Ng", "Please call.", ["Dr Ng"])
    assert (
        client.post(at(world, "letter-handed", letter=letter.pk), {"how": "read_out", "_version": "2"}).status_code
        == 303
    )
    letter.refresh_from_db()
    assert letter.handed_how == "read_out"
    assert "Read out by telephone" in client.get(at(world, "letter", letter=letter.pk)).content.decode()
    late = client.post(at(world, "letter-change", letter=letter.pk), {**told, "_version": "3"})
    assert late.status_code == 409
    twice = client.post(at(world, "letter-handed", letter=letter.pk), {"how": "sent", "_version": "3"})
    assert twice.status_code == 409
    wrong = client.post(at(world, "letter-handed", letter=letter.pk), {"how": "pigeon", "_version": "3"})
    assert wrong.status_code == 422


def test_s56_a_stale_change_of_a_letter_keeps_both_texts(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    first = {"to": "Dr Ng", "remark": "From the first tab.", "_version": "1"}
    client.post(at(world, "letter-change", letter=letter.pk), first)
    second = {"to": "Dr Ng", "remark": "From the second tab.", "_version": "1"}
    response = client.post(at(world, "letter-change", letter=letter.pk), second)
    assert response.status_code == 409
    said = response.content.decode()
    assert "From the first tab." in said
    assert "From the second tab." in said
    letter.refresh_from_db()
    assert letter.data["request"] == "From the first tab."


def test_a_text_that_cannot_be_is_refused_by_its_field_and_not_lost(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    told = {"to": "Dr \u202eKim", "remark": "x", "agreed": "yes"}
    response = client.post(at(world, "referral-new"), told)
    assert response.status_code == 422
    assert "turns the direction" in response.content.decode()
    assert client.post(at(world, "referral-new"), {**told, "to": "Dr Kim", "agreed": "maybe"}).status_code == 422
    assert not Letter.objects.exists()


def test_a_name_that_no_font_has_still_gives_a_letter(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client, to="王医生")
    assert client.get(at(world, "letter-pdf", letter=letter.pk)).content.startswith(b"%PDF")


def test_a_clearance_lifts_the_rule_and_leads_to_the_new_decision(world: World, signed_in: SignedIn) -> None:
    before = acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    form = client.get(at(world, "letter-answer", letter=letter.pk)).content.decode()
    assert 'value="acute_low_back_pain"' in form
    assert 'value="*"' in form
    response = answered(world, client, letter)
    assert response.status_code == 303
    assert response["Location"] == at(world, "decision")
    newest = Decision.objects.order_by("-number")[0]
    assert newest.number == before.number + 1
    assert newest.disposition in ("treat", "treat_with_precautions")
    assert may_treat_now(world.episode, newest)[0] is True
    letter.refresh_from_db()
    assert letter.answered is not None
    said = client.get(at(world, "decision")).content.decode()
    assert "Lifted by a clinician" in said
    assert "Dr Kim, general practitioner" in said
    clearance = Clearance.objects.get()
    assert (clearance.came_by, clearance.by, clearance.letter) == ("recorded", world.therapist, letter)


def test_not_cleared_keeps_massage_closed(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    assert answered(world, client, make_letter(world, client), outcome="not_cleared").status_code == 303
    newest = Decision.objects.order_by("-number")[0]
    assert newest.disposition in ("do_not_massage_now", "medical_exam_first")
    assert may_treat_now(world.episode, newest)[0] is False


def test_limits_of_a_clearance_stand_on_the_decision(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    told = {"outcome": "cleared_with_limits", "limits": "Light pressure only."}
    assert answered(world, client, **{**told, "limits": ""}).status_code == 422
    assert answered(world, client, **told).status_code == 303
    assert "Light pressure only." in client.get(at(world, "decision")).content.decode()


def test_an_answer_covers_rules_that_exist_or_everything(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    assert answered(world, client, covers=["no_such_rule"]).status_code == 422
    assert answered(world, client, covers=[]).status_code == 422
    assert not Clearance.objects.exists()
    assert answered(world, client, covers=["*", "acute_low_back_pain"]).status_code == 303
    assert Clearance.objects.get().covers == ["*"]


BAD = (
    ("day", (date.today() + timedelta(days=3)).isoformat()),
    ("day", "1999-01-01"),
    ("day", "16/03/2026"),
    ("day", ""),
    ("valid_until", "2001-01-01"),
    ("name", ""),
    ("name", "x" * 201),
    ("profession", " "),
    ("outcome", "maybe"),
    ("limits", "a\u202eb"),
)


@pytest.mark.parametrize(("field", "value"), BAD)
def test_an_answer_that_cannot_be_is_refused_by_its_field(
    field: str, value: str, world: World, signed_in: SignedIn
) -> None:
    acute(world)
    response = answered(world, signed_in(world.therapist), **{field: value})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode() or "has-error" in response.content.decode()
    assert not Clearance.objects.exists()


def test_a_wrongly_recorded_answer_is_taken_back_by_a_row_of_its_own(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    answered(world, client, letter)
    clearance = Clearance.objects.get()
    where = at(world, "clearance-take-back", clearance=clearance.pk)
    assert client.post(where, {"why": ""}).status_code == 422
    assert client.post(where, {"why": "It was another person's letter."}).status_code == 303
    row = Clearance.objects.get(takes_back=clearance)
    assert row.why == "It was another person's letter."
    newest = Decision.objects.order_by("-number")[0]
    assert newest.disposition == "medical_exam_first"
    letter.refresh_from_db()
    assert letter.answered is None
    assert client.post(where, {"why": "Once more, please."}).status_code == 409
    said = client.get(at(world, "letters")).content.decode()
    assert "taken back" in said
    assert "another person&#x27;s letter" in said


def test_an_emergency_is_not_lifted_by_a_clearance_for_everything(world: World, signed_in: SignedIn) -> None:
    emergency(world)
    assert answered(world, signed_in(world.therapist), covers=["*"]).status_code == 303
    newest = Decision.objects.order_by("-number")[0]
    assert newest.disposition == "emergency"


@pytest.mark.parametrize(("urgency", "allowed"), [("same_day", 0), ("within_2_weeks", 14), ("routine", 42), ("", 42)])
def test_a_referral_is_overdue_the_day_after_its_urgency_allows(urgency: str, allowed: int) -> None:
    letter = Letter(urgency=urgency, made=moment.now())
    day = moment.today()
    assert not referring.age_of(letter, day + timedelta(days=allowed), "UTC").overdue
    assert referring.age_of(letter, day + timedelta(days=allowed + 1), "UTC").overdue


def test_open_referrals_are_listed_with_their_age_and_go_when_answered(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    with monkeypatch.context() as patched:
        later = moment.now() + timedelta(days=43)
        patched.setattr(moment, "now", lambda: later)
        said = signed_in(world.therapist).get(reverse("referrals")).content.decode()
        assert "Overdue" in said
        assert "Ada Lind" in said
        assert at(world, "letter", letter=letter.pk) in said
    for name, sees in (("owner", True), ("colleague", False)):
        said = signed_in(world.staff[name]).get(reverse("referrals")).content.decode()
        assert ("Ada Lind" in said) is sees
        assert at(world, "letter", letter=letter.pk) not in said
    assert signed_in(world.desk).get(reverse("referrals")).status_code == 404
    answered(world, client, letter)
    assert "No referral is open" in client.get(reverse("referrals")).content.decode()


def test_reading_the_list_leaves_a_row_about_each_person_on_it(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    make_letter(world, client)
    client.get(reverse("referrals"))
    row = AuditRow.objects.order_by("-number")[0]
    assert (row.deed, row.persons) == ("referrals", [str(world.person.pk)])


def test_a_referral_that_nobody_will_answer_is_closed_with_a_reason(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    where = at(world, "letter-close", letter=letter.pk)
    assert client.post(where, {"why": "", "_version": "1"}).status_code == 422
    assert client.post(where, {"why": "Moved away", "_version": "7"}).status_code == 409
    assert client.post(where, {"why": "Moved away", "_version": "1"}).status_code == 303
    assert "Moved away" in client.get(at(world, "letter", letter=letter.pk)).content.decode()
    assert Decision.objects.order_by("-number")[0].disposition == "medical_exam_first"


@pytest.mark.parametrize("who", ["owner", "colleague", "desk", "auditor"])
def test_letters_are_the_therapists_own(who: str, world: World, signed_in: SignedIn) -> None:
    acute(world)
    letter = make_letter(world, signed_in(world.therapist))
    client = signed_in(world.staff[who])
    for name in ("letters", "referral-new", "clearance-new"):
        assert client.get(at(world, name)).status_code == 404
    for name in ("letter", "letter-pdf", "letter-answer"):
        assert client.get(at(world, name, letter=letter.pk)).status_code == 404
    for name in ("letter-change", "letter-handed", "letter-close", "letter-link", "letter-link-revoke"):
        assert client.post(at(world, name, letter=letter.pk)).status_code == 404
    assert answered(world, client, letter).status_code == 404
    assert not Clearance.objects.exists()


def test_s69_an_answer_for_another_persons_form_is_refused(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    assert answered(world, client, make_letter(world, client), _person=str(world.other.pk)).status_code == 409
    assert not Clearance.objects.exists()


def test_s20_no_file_name_and_no_address_holds_a_name_or_a_complaint(world: World, signed_in: SignedIn) -> None:
    acute(world)
    client = signed_in(world.therapist)
    letter = make_letter(world, client)
    response = client.get(at(world, "letter-pdf", letter=letter.pk))
    for said in (response["Content-Disposition"], at(world, "letter-pdf", letter=letter.pk)):
        said = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", said)  # "ada" may stand in an id by chance
        assert not any(word in said.lower() for word in ("ada", "lind", "stiff", "1979"))


def test_a_letter_of_another_part_prints_from_what_is_kept(world: World) -> None:
    from palpate import letters
    from palpate.clinic.acts import act

    decision = decided(world)
    plan = letters.HomePlan(
        practice=referring.practice_head(world.practice, world.therapist),
        date=world.day,
        person=referring.about_person(world.person),
        home=(letters.HomeItem("Walking", "every day"),),
        rules=letters.HomeRules("Begin below.", "Then more.", "Stop if it gets worse."),
    )
    with act(world.actor(world.therapist), "document", "test", change=True):
        letter = referring.write_letter(world.actor(world.therapist), world.episode, plan, decision=decision)
    assert letter.kind == "home_plan"
    assert referring.pdf_of(letter) == plan.pdf()
