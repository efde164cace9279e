"""The audit trail as it is read: whole for owners and auditors, one's own acts for therapists, no name but of staff."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from palpate.clinic import moment, sealed
from palpate.clinic.models import AuditRow
from tests.clinic_world import World
from tests.filled_world import fill

AT = "/settings/trail/"


def numbers(answer: Any) -> list[int]:
    return [one["row"].number for one in answer.context["rows"]]


def test_s45_owners_and_auditors_read_everything_and_therapists_their_own_acts(world: World, signed_in: Any) -> None:
    fill(world)
    signed_in(world.desk).get(reverse("settings"))
    for user in (world.owner, world.auditor):
        answer = signed_in(user).get(AT)
        assert {one["row"].actor for one in answer.context["rows"]} >= {"program", str(world.therapist.pk)}
    answer = signed_in(world.therapist).get(AT)
    assert {one["row"].actor for one in answer.context["rows"]} == {str(world.therapist.pk)}
    answer = signed_in(world.therapist).get(AT, {"actor": str(world.desk.pk)})
    assert {one["row"].actor for one in answer.context["rows"]} == {str(world.therapist.pk)}
    assert signed_in(world.desk).get(AT).status_code == 404


def test_s20_no_name_stands_in_it_but_those_of_the_staff(world: World, signed_in: Any) -> None:
    fill(world)
    client = signed_in(world.auditor)
    page = client.get(AT).content.decode()
    assert "Therapist" in page
    for word in ("Lind", "Okafor", "Ada"):
        assert word not in page


def test_s10_it_is_filtered_by_day_category_actor_and_person_and_by_nothing_else(world: World, signed_in: Any) -> None:
    client = signed_in(world.owner)
    signed_in(world.therapist).get(reverse("person", args=[world.person.pk]))
    day = moment.today()
    found = client.get(AT, {"person": str(world.person.pk)})
    assert {tuple(one["row"].persons) for one in found.context["rows"]} == {(str(world.person.pk),)}
    found = client.get(AT, {"category": "contact", "actor": str(world.therapist.pk)})
    assert {one["row"].category for one in found.context["rows"]} == {"contact"}
    assert numbers(client.get(AT, {"since": str(day), "until": str(day)}))
    assert not numbers(client.get(AT, {"since": str(day + timedelta(days=1))}))
    assert not numbers(client.get(AT, {"until": str(day - timedelta(days=1))}))
    for wrong in ({"category": "secrets"}, {"actor": "x' OR 1=1"}, {"person": "x"}, {"since": "soon"}):
        answer = client.get(AT, wrong)
        assert answer.status_code == 422, wrong
        assert "rows" in answer.context
    for page in ("0", "-1", "x", "999999999", "٣"):
        assert client.get(AT, {"page": page}).status_code == 200, page


def test_the_pages_of_a_long_trail_keep_what_was_asked_for(world: World, signed_in: Any) -> None:
    client = signed_in(world.owner)
    for _ in range(52):
        client.get(reverse("settings"))
    first = client.get(AT, {"category": "practice"})
    assert len(numbers(first)) == 50
    assert "?category=practice&amp;page=2" in first.content.decode()
    second = client.get(AT, {"category": "practice", "page": "2"})
    assert max(numbers(second)) < min(numbers(first))


def test_the_number_of_queries_does_not_grow_with_the_rows(
    world: World, signed_in: Any, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(world.owner)
    for _ in range(45):
        client.get(reverse("settings"))
    with django_assert_max_num_queries(40):
        client.get(AT)


@pytest.mark.django_db
def test_s46_a_row_that_was_changed_in_the_store_is_named_on_the_page(world: World, signed_in: Any) -> None:
    client = signed_in(world.auditor)
    client.get(AT)
    number = AuditRow.objects.earliest("number").number
    sealed.unseal(connection)
    AuditRow.objects.filter(number=number).update(deed="nothing")
    sealed.seal(connection)
    page = client.get(AT)
    assert page.context["altered"] == [number]
    assert "palpate verify" in page.content.decode()


def test_the_rows_are_saved_with_their_hashes_and_that_leaves_a_row(world: World, signed_in: Any) -> None:
    client = signed_in(world.auditor)
    answer = client.post(reverse("trail-save"), {"category": "signin"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"), newline="")))
    stored = AuditRow.objects.filter(category="signin").order_by("-number")
    assert [(int(row["number"]), row["hash"]) for row in rows] == [(row.number, row.hash) for row in stored]
    newest = AuditRow.objects.latest("number")
    assert (newest.category, newest.deed) == ("export", "trail-save")
    assert signed_in(world.therapist).post(reverse("trail-save")).status_code == 404
