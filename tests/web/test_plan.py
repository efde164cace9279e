"""The plan: proposed, kept at one tap, never massage alone, and whether each part was done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from palpate.clinic import deciding, planning
from palpate.clinic.decided import read
from palpate.clinic.models import Episode, PlanItem, PlanTick, User
from palpate.show.words import spelled_out
from tests.clinic_world import World
from tests.decided_world import at, decided

SignedIn = Callable[[User], Client]


def shown(client: Client, world: World) -> dict[str, Any]:
    """The fields of the plan's form as a browser would send them untouched."""
    said = client.get(at(world, "plan")).content.decode()
    form = said[said.index('class="form"') :]
    told: dict[str, Any] = {"goals": "", "exception": "", "parts": [], "home": []}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") == "text":
            told[found["name"]] = found.get("value", "").replace("&#x27;", "'")
        elif found.get("type") == "radio" and "checked" in tag:
            told[found["name"]] = found["value"]
        elif found.get("type") == "checkbox" and "checked" in tag:
            told[found["name"]].append(found["value"])
        elif found.get("name") == "_version":
            told["_version"] = found["value"]
    return told


def keep(client: Client, world: World, **changes: Any) -> Any:
    return client.post(at(world, "plan"), {**shown(client, world), **changes})


def active(world: World) -> set[tuple[str, str]]:
    return {(row.part, row.item) for row in PlanItem.objects.filter(episode=world.episode, active=True)}


def test_without_a_decision_there_is_no_plan(world: World, signed_in: SignedIn) -> None:
    client = signed_in(world.therapist)
    assert "First the decision" in client.get(at(world, "plan")).content.decode()
    assert client.post(at(world, "plan"), {"protocol": "weekly_6", "_version": 1}).status_code == 409


def test_one_tap_keeps_the_proposed_plan_with_everything_that_a_plan_needs(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    assert keep(client, world).status_code == 303
    episode = Episode.objects.get(pk=world.episode.pk)
    assert episode.protocol == "four_in_six_weeks"
    assert episode.planned_at is not None
    kept = active(world)
    assert ("stay_active", "") in kept
    assert ("back_exercises", "") in kept
    assert 1 <= sum(part == "home" for part, _ in kept) <= 3
    assert all(row.who for row in PlanItem.objects.filter(active=True))


def test_all_seven_protocols_stand_with_their_evidence(world: World, signed_in: SignedIn) -> None:
    decided(world)
    said = signed_in(world.therapist).get(at(world, "plan")).content.decode().replace("&#x27;", "'")
    rows = deciding.pathway_in_force().meaning["protocols"]
    assert len(rows) == 7
    titles = {row["id"]: row["title"] for row in rows}
    for row in rows:
        assert row["title"] in said
        assert spelled_out(row["because"], titles).replace("&", "&amp;") in said
        assert f"{row['sessions']} sessions of {row['minutes']} minutes" in said
    assert not re.search(r">[^<]*[a-z]_[a-z]", said.partition("<main")[2]), "a name of the document is no word"


def test_the_extension_cannot_be_chosen_at_the_start(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    assert keep(client, world, protocol="booster_6").status_code == 422
    assert keep(client, world, protocol="no_such_plan").status_code == 422
    assert keep(client, world, protocol="weekly_6").status_code == 303
    assert Episode.objects.get(pk=world.episode.pk).protocol == "weekly_6"


def test_massage_alone_is_never_a_complete_plan(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    for left in ({"parts": [], "home": []}, {"home": []}, {"parts": ["back_exercises"], "home": ["pelvic_tilt"]}):
        response = keep(client, world, **left)
        assert response.status_code == 422
        assert "Massage alone is never a complete plan" in response.content.decode()
    assert not active(world)
    assert keep(client, world, parts=["stay_active"], home=["pelvic_tilt"]).status_code == 303


def test_one_of_the_two_exceptions_is_kept_in_its_words(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    assert keep(client, world, home=[], exception="because").status_code == 422
    assert keep(client, world, home=[], exception="declined").status_code == 303
    row = PlanItem.objects.get(part="exception")
    assert row.what == deciding.pathway_in_force().meaning["summary"]["exceptions"][0]


def test_at_most_three_home_items_at_a_time(world: World, signed_in: SignedIn) -> None:
    decided(world)
    four = ["walk_build", "pelvic_tilt", "bridge", "bird_dog"]
    response = keep(signed_in(world.therapist), world, home=four)
    assert response.status_code == 422
    assert "At most 3 home items" in response.content.decode()


def test_what_the_pathway_does_not_offer_is_said_with_why_and_cannot_be_chosen(
    world: World, signed_in: SignedIn
) -> None:
    decision = decided(world, height_loss_or_new_stoop=False, leg_symptoms="none")
    offers = planning.parts_for(read(decision))
    told = deciding.said(decision)
    assert [part.id for part in offers if part.offered] == told["plan"]["combine"]
    assert [item.id for item in planning.home_for(read(decision)) if item.offered] == told["plan"]["home"]
    closed = [part for part in offers if not part.offered]
    assert closed
    said = signed_in(world.therapist).get(at(world, "plan")).content.decode()
    for part in closed:
        assert part.why_not
        assert part.title in said
    client = signed_in(world.therapist)
    response = keep(client, world, parts=["stay_active", closed[0].id])
    assert response.status_code == 422
    assert not active(world)


def test_who_does_it_and_how_often_can_be_said_in_ones_own_words(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    told = {
        "parts": ["stay_active", "physiotherapy"],
        "who_physiotherapy": "Eva Moreau",
        "often_physiotherapy": "Fridays",
    }
    assert keep(client, world, **told, goals="Lift my grandson again.").status_code == 303
    row = PlanItem.objects.get(part="physiotherapy")
    assert (row.who, row.how_often) == ("Eva Moreau", "Fridays")
    said = client.get(at(world, "plan")).content.decode()
    assert "Eva Moreau" in said
    assert "Lift my grandson again." in said
    assert keep(client, world, who_physiotherapy="a\u202eb").status_code == 422


def test_a_part_that_is_taken_out_is_kept_but_no_longer_active(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    keep(client, world, parts=["stay_active", "physiotherapy"])
    keep(client, world, parts=["stay_active"])
    assert ("physiotherapy", "") not in active(world)
    assert PlanItem.objects.filter(part="physiotherapy", active=False).count() == 1
    keep(client, world, parts=["stay_active", "physiotherapy"])
    assert PlanItem.objects.filter(part="physiotherapy").count() == 1


def test_s56_two_tabs_and_the_later_one_sees_both_texts(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    first, second = shown(client, world), shown(client, world)
    assert client.post(at(world, "plan"), {**first, "goals": "Walk to the shop."}).status_code == 303
    response = client.post(at(world, "plan"), {**second, "goals": "Sleep through.", "protocol": "weekly_6"})
    assert response.status_code == 409
    said = response.content.decode()
    assert "Walk to the shop." in said
    assert "Sleep through." in said
    episode = Episode.objects.get(pk=world.episode.pk)
    assert (episode.goals, episode.protocol) == ("Walk to the shop.", "four_in_six_weeks")
    shown_now = re.search(r'name="_version" value="(\d+)"', said)
    assert shown_now is not None
    again = {**second, "goals": "Sleep through.", "_version": shown_now.group(1)}
    assert client.post(at(world, "plan"), again).status_code == 303


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999", "٣"])
def test_s56_a_form_without_the_version_it_saw_is_refused(version: str, world: World, signed_in: SignedIn) -> None:
    decided(world)
    assert keep(signed_in(world.therapist), world, _version=version).status_code == 422


def test_whether_a_part_was_done_is_recorded_by_day_and_the_newest_counts(world: World, signed_in: SignedIn) -> None:
    decided(world)
    client = signed_in(world.therapist)
    keep(client, world)
    item = PlanItem.objects.get(part="stay_active")
    where = at(world, "plan-tick", plan_item=item.pk)
    assert client.post(where, {"done": "no"}).status_code == 303
    assert client.post(where, {"done": "partly"}).status_code == 303
    assert client.post(where, {"done": "maybe"}).status_code == 422
    assert client.post(where, {}).status_code == 422
    assert [tick.done for tick in PlanTick.objects.order_by("at")] == ["no", "partly"]
    said = client.get(at(world, "plan")).content.decode()
    assert 'value="partly" aria-pressed="true"' in said
    assert 'value="no" aria-pressed="true"' not in said


def test_the_check_and_the_stop_rule_stand_in_plain_words(world: World, signed_in: SignedIn) -> None:
    decided(world)
    said = signed_in(world.therapist).get(at(world, "plan")).content.decode()
    assert "After session 2 we look whether it has helped" in said
    assert "if it has not helped by then, the treatment is changed" in said
    for row in deciding.pathway_in_force().meaning["refuse"]:
        assert row["text"] in said


@pytest.mark.parametrize("who", ["owner", "colleague", "desk", "auditor"])
def test_a_plan_is_the_therapists_own(who: str, world: World, signed_in: SignedIn) -> None:
    decided(world)
    keep(signed_in(world.therapist), world)
    item = PlanItem.objects.all()[0]
    client = signed_in(world.staff[who])
    assert client.get(at(world, "plan")).status_code == 404
    assert client.post(at(world, "plan"), {"goals": "x"}).status_code == 404
    assert client.post(at(world, "plan-tick", plan_item=item.pk), {"done": "yes"}).status_code == 404
    assert not PlanTick.objects.exists()


def test_s69_a_plan_for_another_persons_form_is_refused(world: World, signed_in: SignedIn) -> None:
    decided(world)
    response = keep(signed_in(world.therapist), world, _person=str(world.other.pk))
    assert response.status_code == 409
    assert not active(world)


def test_every_word_of_the_proposed_plan_fits_its_column(world: World) -> None:
    meaning = deciding.pathway_in_force().meaning
    for row in meaning["parts"]:
        assert len(row["who"]) <= 200
        assert len(row["how_often"]) <= 200
        assert len(row["title"]) <= 300
