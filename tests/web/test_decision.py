"""The decision page: what it says with every disposition, and what a professional may do with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import decided, deciding, document, moment
from palpate.clinic.models import AuditRow, Decision, Letter, Override, PathwayCopy, User
from palpate.clinic.overruling import may_treat_now
from palpate.pathway.faults import Fault, Faults
from tests.clinic_world import World
from tests.decided_world import acute, add, at, decide, emergency
from tests.decided_world import decided as decided_with

SignedIn = Callable[[User], Client]
REASON = "Known to me for years; examined yesterday by her doctor."


def page(client: Client, world: World, name: str = "decision", **more: Any) -> str:
    response = client.get(at(world, name, **more))
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def test_without_a_decision_the_page_leads_on_and_says_no_massage(world: World, signed_in: SignedIn) -> None:
    said = page(signed_in(world.therapist), world)
    assert "Nothing has been decided" in said
    assert "may go ahead" not in said


def test_a_healthy_person_may_be_treated_and_the_page_says_what_that_rests_on(
    world: World, signed_in: SignedIn
) -> None:
    decision = decided_with(world)
    assert decision.disposition == "treat"
    said = page(signed_in(world.therapist), world)
    assert "Massage may go ahead" in said
    assert "a clean screen is no proof of health" in said.lower()


STATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("treat", {}),
    ("incomplete", {"fever_or_chills": None}),
    ("medical_exam_first", {"fever_or_chills": "cannot_say"}),
    ("emergency", {"saddle_numbness": True}),
)


@pytest.mark.parametrize(("disposition", "changes"), STATES, ids=[word for word, _ in STATES])
@pytest.mark.parametrize("name", ["decision-of", "decision-print"])
def test_s66_every_disposition_stands_with_all_that_it_rests_on(
    name: str, disposition: str, changes: dict[str, Any], world: World, signed_in: SignedIn
) -> None:
    decision = decided_with(world, **changes)
    assert decision.disposition == disposition
    told, pathway = deciding.said(decision), deciding.pathway_in_force()
    said = page(signed_in(world.therapist), world, name, decision=decision.pk)
    plain = said.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")
    for row in (*told["reasons"], *told["precautions"]):
        assert row["because"] in plain
        assert row["do"] in plain
        for source in row["sources"]:
            assert next(one["citation"] for one in pathway.meaning["sources"] if one["id"] == source) in plain
    for row in told["ask"]:
        assert row["question"] in plain
    assert pathway.meaning["pathway"]["intended_use"] in plain
    assert all(limit in plain for limit in pathway.meaning["pathway"]["limits"])
    assert pathway.version in said
    assert "27" in pathway.meaning["pathway"]["review_by"]
    assert "25 November 2027" in said
    assert "Not asked" in said
    assert "Rules passed over" in said
    assert "Used:" in said or not told["reasons"]
    if disposition == "emergency":
        assert pathway.meaning["dispositions"]["emergency"]["tells"] in plain


def test_s66_rules_that_held_and_rules_passed_over_are_together_all_rules(world: World) -> None:
    decision = decided_with(world, saddle_numbness=True)
    told = deciding.said(decision)
    held = {row["rule"] for key in ("reasons", "precautions", "lifted", "notes") for row in told[key]}
    over = {row.rule for row in decided.passed_over(decided.read(decision))}
    assert held | over == {rule.id for rule in deciding.pathway_in_force().rules}
    assert not held & over


def test_an_emergency_fills_the_screen_with_its_fixed_text_and_prints_the_hand_over(
    world: World, signed_in: SignedIn
) -> None:
    decision = emergency(world)
    client = signed_in(world.therapist)
    said = page(client, world)
    assert "is-emergency" in said
    assert "Stop. Call the emergency number" in said
    assert at(world, "handover-pdf", decision=decision.pk) in said
    printed = client.get(at(world, "handover-pdf", decision=decision.pk))
    assert printed.status_code == 200
    assert printed.content.startswith(b"%PDF")
    assert "Lind" not in printed["Content-Disposition"]
    again = client.get(at(world, "handover-pdf", decision=decision.pk))
    assert again.content == printed.content


def test_what_was_done_in_an_emergency_is_kept_among_the_letters(world: World, signed_in: SignedIn) -> None:
    decision = emergency(world)
    told = {"called_by": "Therapist", "called_at": "14:35", "done": "Called.\nWaited with her."}
    response = signed_in(world.therapist).post(at(world, "handover", decision=decision.pk), told)
    assert response.status_code == 303
    letter = Letter.objects.get()
    assert letter.kind == "urgent_handover"
    assert letter.urgency == "same_day"
    assert letter.data["done"] == [["", "Called."], ["", "Waited with her."]]


def test_there_is_no_urgent_hand_over_without_an_emergency(world: World, signed_in: SignedIn) -> None:
    decision = decided_with(world)
    client = signed_in(world.therapist)
    assert client.get(at(world, "handover-pdf", decision=decision.pk)).status_code == 409
    assert client.post(at(world, "handover", decision=decision.pk), {}).status_code == 409
    assert not Letter.objects.exists()


def test_what_would_change_it_is_worked_out_when_asked_for(world: World, signed_in: SignedIn) -> None:
    decision = emergency(world)
    client = signed_in(world.therapist)
    part = client.get(at(world, "decision-why", decision=decision.pk), headers={"HX-Request": "true"})
    assert "Saddle numbness: no instead of yes" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "<html" in page(client, world, "decision-why", decision=decision.pk)
    assert Decision.objects.count() == 1


def test_a_decision_of_another_day_says_so_and_is_made_again_by_a_post(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = decided_with(world)
    later = moment.now() + timedelta(days=1)
    monkeypatch.setattr(moment, "now", lambda: later)
    client = signed_in(world.therapist)
    said = page(client, world)
    assert "It says nothing about today" in said
    assert "Decide again today" in said
    assert may_treat_now(world.episode, first) == (False, "This decision is of another day. Decide again today.")
    assert client.get(at(world, "decision-again")).status_code == 405
    assert client.post(at(world, "decision-again")).status_code == 303
    newest = Decision.objects.order_by("-number")[0]
    assert newest.number == 2
    assert newest.as_of == first.as_of + timedelta(days=1)
    old = page(client, world, "decision-of", decision=first.pk)
    assert "A newer decision has been made since" in old


# --- S-64 ------------------------------------------------------------------------------------------------------------


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken on purpose")


def unsound(*_: Any, **__: Any) -> Any:
    raise Faults([Fault("wrong-value", "$.facts.fever_or_chills", "found 7, expected true or false")])


STEPS = (
    (deciding, "published_pathway"),
    (deciding, "load_pathway"),
    (deciding, "pathway_with"),
    (deciding, "record_of"),
    (deciding, "document_of"),
    (deciding, "decide"),
    (deciding, "_headline"),
    (document, "_measures"),
)


@pytest.mark.parametrize("fault", [broken, unsound], ids=["crash", "fault"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=[f"{module.__name__}.{step}" for module, step in STEPS])
def test_s64_a_fault_at_any_step_of_deciding_is_recorded_and_never_reads_treat(
    module: Any, step: str, fault: Any, world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decided_with(world).disposition == "treat"
    client = signed_in(world.therapist)
    deciding.pathway_with.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(module, step, fault)
        response = client.post(at(world, "decision-again"))
        if response.status_code >= 400:
            # Not even the attempt could be stored: nothing was, and no page says treat.
            assert "may go ahead" not in response.content.decode()
            return
        newest = Decision.objects.order_by("-number")[0]
        assert newest.disposition == "not_assessed"
        assert newest.fault
        assert may_treat_now(world.episode, newest)[0] is False
        during = page(client, world)
    deciding.pathway_with.cache_clear()
    for said in (during, page(client, world), page(client, world, "decision-print", decision=newest.pk)):
        assert "Not assessed: no massage" in said
        assert "may go ahead" not in said
        assert "disposition k-treat" not in said
    assert "broken on purpose" not in during


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, ""])
def test_s64_a_store_that_names_another_pathway_gives_no_decision(
    digest: str, world: World, signed_in: SignedIn
) -> None:
    from palpate.clinic.acts import act
    from palpate.clinic.models import PublishedPathway

    decided_with(world)
    with act(world.actor(world.owner), "practice", "test", change=True):
        published = PublishedPathway.objects.get()
        published.digest = digest
        published.save()
    client = signed_in(world.therapist)
    client.post(at(world, "decision-again"))
    said = page(client, world)
    assert "Not assessed: no massage" in said
    assert "another version of the pathway" in said


def test_s64_a_decision_to_treat_that_cannot_be_read_again_reads_not_assessed(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided_with(world)
    monkeypatch.setattr(decided, "pathway_in_force", broken)
    monkeypatch.setattr(decided, "pathway_copy", lambda _: None)
    said = page(signed_in(world.therapist), world)
    assert "Not assessed: no massage" in said
    assert "Massage may go ahead" not in said
    assert may_treat_now(world.episode, decision)[0] is False


def test_s64_an_emergency_stays_one_when_its_pathway_is_missing(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = emergency(world)
    monkeypatch.setattr(decided, "pathway_in_force", broken)
    monkeypatch.setattr(decided, "pathway_copy", lambda _: None)
    client = signed_in(world.therapist)
    said = page(client, world)
    assert "Emergency. Stop now." in said
    assert "Call the emergency number now" in said
    assert client.get(at(world, "handover-pdf", decision=decision.pk)).content.startswith(b"%PDF")


def test_a_kept_pathway_shows_a_decision_whose_version_is_no_longer_in_force(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided_with(world)
    assert PathwayCopy.objects.filter(pk=decision.digest).exists()
    monkeypatch.setattr(decided, "pathway_in_force", broken)
    assert "Massage may go ahead" in page(signed_in(world.therapist), world)


# --- overruling ------------------------------------------------------------------------------------------------------


def overrule(client: Client, world: World, decision: Decision, does: str = "treat", reason: str = REASON) -> Any:
    return client.post(at(world, "decision-overrule", decision=decision.pk), {"does": does, "reason": reason})


def test_s66_an_overruling_is_kept_with_its_reason_and_shown_ever_after(world: World, signed_in: SignedIn) -> None:
    decision = acute(world)
    assert decision.disposition == "medical_exam_first"
    client = signed_in(world.therapist)
    assert may_treat_now(world.episode, decision)[0] is False
    assert overrule(client, world, decision).status_code == 303
    override = Override.objects.get()
    assert (override.reason, override.by, override.does) == (REASON, world.therapist, "treat")
    assert may_treat_now(world.episode, decision) == (True, f"Therapist overruled the decision: {REASON}")
    said = page(client, world)
    assert REASON in said
    assert "Medical examination first" in said
    assert "Every precaution still holds" in said
    assert f'class="button next tap" href="{at(world, "plan")}"' in said
    decide_again = decide(world)
    assert decide_again.pk == decision.pk
    assert AuditRow.objects.filter(deed="decision-overrule", outcome="done").count() == 1


def test_a_reason_of_nine_characters_is_too_short_and_nothing_typed_is_lost(world: World, signed_in: SignedIn) -> None:
    decision = acute(world)
    response = overrule(signed_in(world.therapist), world, decision, reason="too short")
    assert response.status_code == 422
    assert "at least 10 characters" in response.content.decode()
    assert "too short" in response.content.decode()
    assert overrule(signed_in(world.therapist), world, decision, reason="   .    \n      ").status_code == 422
    assert not Override.objects.exists()


def test_nothing_overrules_an_emergency_however_the_post_is_made(world: World, signed_in: SignedIn) -> None:
    decision = emergency(world)
    client = signed_in(world.therapist)
    assert "Overrule" not in page(client, world)
    assert overrule(client, world, decision).status_code == 403
    assert overrule(client, world, decision, reason="").status_code == 403
    assert overrule(client, world, decision, does="Treat").status_code in (403, 422)
    assert not Override.objects.exists()
    assert may_treat_now(world.episode, decision)[0] is False


def test_an_overruling_in_the_store_cannot_open_an_emergency_either(world: World) -> None:
    from palpate.clinic.acts import act

    decision = emergency(world)
    with act(world.actor(world.therapist), "decision", "test", change=True):
        Override(decision=decision, reason=REASON, by=world.therapist, by_name="Therapist", at=moment.now()).save()
    assert may_treat_now(world.episode, decision)[0] is False


def test_what_was_not_assessed_cannot_be_overruled(
    world: World, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided_with(world)
    client = signed_in(world.therapist)
    with monkeypatch.context() as patched:
        patched.setattr(deciding, "decide", broken)
        client.post(at(world, "decision-again"))
    newest = Decision.objects.order_by("-number")[0]
    assert newest.disposition == "not_assessed"
    assert overrule(client, world, newest).status_code == 403
    assert not Override.objects.exists()


def test_open_questions_that_could_mean_an_emergency_cannot_be_overruled(world: World, signed_in: SignedIn) -> None:
    decision = decided_with(world, saddle_numbness=None)
    assert decision.disposition == "incomplete"
    assert overrule(signed_in(world.therapist), world, decision).status_code == 403
    assert not Override.objects.exists()


def test_a_professional_may_also_not_treat_although_the_decision_allows_it(world: World, signed_in: SignedIn) -> None:
    decision = decided_with(world)
    client = signed_in(world.therapist)
    assert may_treat_now(world.episode, decision)[0] is True
    assert overrule(client, world, decision, does="not_treat", reason="She looks feverish to me.").status_code == 303
    assert may_treat_now(world.episode, decision) == (
        False,
        "Therapist decided not to treat: She looks feverish to me.",
    )
    assert "next tap" not in page(client, world)
    assert overrule(client, world, decision, does="not_treat").status_code == 409
    assert overrule(client, world, decision, does="treat", reason="Measured: no fever at all.").status_code == 303
    assert may_treat_now(world.episode, decision)[0] is True
    assert Override.objects.count() == 2


def test_only_the_newest_decision_can_be_overruled(world: World, signed_in: SignedIn) -> None:
    old = acute(world)
    add(world, feeling_unwell=True)
    new = decide(world)
    assert new.pk != old.pk
    assert overrule(signed_in(world.therapist), world, old).status_code == 409
    assert may_treat_now(world.episode, old)[0] is False


def test_an_overruled_decision_counts_for_its_own_facts_only(world: World, signed_in: SignedIn) -> None:
    decision = acute(world)
    overrule(signed_in(world.therapist), world, decision)
    add(world, saddle_numbness=True)
    newest = decide(world)
    assert may_treat_now(world.episode, newest)[0] is False
    assert may_treat_now(world.episode, decision)[0] is False


@pytest.mark.parametrize("who", ["owner", "colleague", "desk", "auditor"])
def test_only_a_therapist_of_the_care_team_overrules_or_decides(who: str, world: World, signed_in: SignedIn) -> None:
    decision = acute(world)
    client = signed_in(world.staff[who])
    assert overrule(client, world, decision).status_code == 404
    assert client.post(at(world, "decision-again")).status_code == 404
    assert not Override.objects.exists()


def test_the_owner_and_the_auditor_read_decisions_and_the_desk_does_not(world: World, signed_in: SignedIn) -> None:
    decided_with(world)
    seen = {name: signed_in(user).get(at(world, "decision")).status_code for name, user in world.staff.items()}
    assert seen == {"owner": 200, "therapist": 200, "colleague": 404, "desk": 404, "auditor": 200}
    assert "Overrule" not in page(signed_in(world.owner), world)
    assert "Do not treat" not in page(signed_in(world.owner), world)


def test_s69_a_form_of_another_persons_page_is_refused(world: World, signed_in: SignedIn) -> None:
    decision = acute(world)
    told = {"does": "treat", "reason": REASON, "_person": str(world.other.pk)}
    response = signed_in(world.therapist).post(at(world, "decision-overrule", decision=decision.pk), told)
    assert response.status_code == 409
    assert not Override.objects.exists()


def test_s69_name_birth_date_and_age_stand_on_the_page_and_its_print(world: World, signed_in: SignedIn) -> None:
    decision = emergency(world)
    for name, more in (("decision", {}), ("decision-print", {"decision": decision.pk})):
        said = page(signed_in(world.therapist), world, name, **more)
        assert "Ada Lind" in said
        assert "2 April 1979" in said
        assert " years</span>" in said


def test_a_decision_of_one_episode_is_not_found_under_another_person(world: World, signed_in: SignedIn) -> None:
    from palpate.clinic.acts import act
    from palpate.clinic.models import Episode

    decision = decided_with(world)
    with act(world.actor(world.therapist), "decision", "test", change=True):
        second = Episode(person=world.person, therapist=world.therapist, opened=moment.now())
        second.save()
    from django.urls import reverse

    crossed = {"person": world.person.pk, "episode": second.pk, "decision": decision.pk}
    assert signed_in(world.therapist).get(reverse("decision-of", kwargs=crossed)).status_code == 404


def test_the_stored_answer_is_what_the_page_reads(world: World) -> None:
    decision = decided_with(world)
    assert decided.read(decision).answer == json.loads(decision.answer)
