"""Ids that do not belong together, and fields that are not for writing: refused, and nothing changes (S-09, S-10)."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.urls import reverse

from palpate.clinic.models import Person, Practice, User
from tests.clinic_world import World
from tests.filled_world import another, fill
from tests.form_client import FormClient
from tests.walking import Walker, address, as_sent, digest, names_in, pages

OWN_LISTS = {"user", "site", "room", "published", "key", "glass", "stranger"}  # belong to nobody in particular


def test_s09_each_id_of_a_path_must_belong_to_the_others_on_every_route(world: World) -> None:
    mine = fill(world)
    second = another(world, world.therapist, "Cleo")  # in the same care: only that they do not belong together is wrong
    walker = Walker(world.therapist)
    before = digest()
    crossed = 0
    for route in pages():
        names = [name for name in names_in(route) if f"<uuid:{name}>" in route.path and name not in OWN_LISTS]
        if len(names) < 2 or "therapist" not in route.read | route.write:
            continue
        for name in names:
            other = second.more[route.name] if name == "which" else second.ids[name]
            url = address(route, mine, **{name: other})
            for method, allowed in (("get", route.read), ("post", route.write)):
                if allowed:
                    answer = walker.ask(method, url, **as_sent(route, method))
                    assert answer.status_code == 404, f"{method} {route.name}, another's {name}: {answer.status_code}"
                    crossed += 1
    assert crossed > 100
    assert digest() == before


def test_s09_the_same_with_the_requests_not_undone_leaves_every_table_as_it_was(world: World) -> None:
    mine = fill(world)
    second = another(world, world.therapist, "Cleo")
    client = FormClient()
    client.force_login(world.therapist, backend="palpate.web.signed_in.Backend")
    before = digest()
    for route in pages():
        names = [name for name in names_in(route) if f"<uuid:{name}>" in route.path and name not in OWN_LISTS]
        if len(names) < 2 or "therapist" not in route.write:
            continue
        for name in names:
            other = second.more[route.name] if name == "which" else second.ids[name]
            client.post(address(route, mine, **{name: other}), {"reason": "x" * 20, "why": "x" * 20, "text": "x" * 20})
    assert digest() == before


def test_s09_ids_in_the_body_are_checked_against_the_actor_and_against_each_other(world: World) -> None:
    mine = fill(world)
    foreign = another(world, world.colleague, "Cleo")
    second = another(world, world.therapist, "Dora")
    walker = Walker(world.therapist)
    before = digest()
    usual = {
        "therapist": world.therapist.pk,
        "room": world.room.pk,
        "minutes": "60",
        "day": "2027-03-02",
        "time": "10:00",
    }
    for person, episode in (
        (foreign.ids["person"], ""),
        (mine.ids["person"], second.ids["episode"]),
        (mine.ids["person"], foreign.ids["episode"]),
        (uuid.uuid4(), ""),
    ):
        told = {**usual, "person": person, "episode": episode}
        answer = walker.ask("post", reverse("appointment-new"), data=told)
        assert answer.status_code in (404, 409, 422), answer.status_code
    for other in (foreign.ids["person"], uuid.uuid4()):
        for field in ("other", "which", "second", "person"):
            answer = walker.ask("post", reverse("person-merge", args=[mine.ids["person"]]), data={field: other})
            assert answer.status_code in (404, 409, 422), answer.status_code
    assert digest() == before


def test_s69_a_form_made_for_one_person_is_not_taken_for_another_on_any_route(world: World) -> None:
    mine = fill(world)
    second = another(world, world.therapist, "Cleo")
    walker = Walker(world.therapist)
    before = digest()
    for route in pages():
        if "person" in names_in(route) and "therapist" in route.write and not route.json:
            answer = walker.ask("post", address(route, mine), data={"_person": str(second.ids["person"])})
            assert answer.status_code == 409, f"{route.name}: {answer.status_code}"
    assert digest() == before


def _fields() -> dict[str, str]:
    """Every field of every table, with a value that a careless form could take."""
    found = {}
    for model in apps.get_app_config("clinic").get_models():
        for field in model._meta.concrete_fields:
            for name in (field.name, field.attname):
                found[name] = "2001-01-01" if "Date" in type(field).__name__ else str(uuid.UUID(int=7))
    return found


def _edit(form: Any) -> dict[str, Any]:
    return {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}


def test_s10_a_field_that_is_not_listed_is_not_written_by_any_edit(world: World) -> None:
    fill(world)
    forbidden = _fields()
    owner = Walker(world.owner)
    for url, model, row, listed in (
        (
            reverse("person-edit", args=[world.person.pk]),
            Person,
            world.person.pk,
            {
                "given_name",
                "family_name",
                "birth_date",
                "phone",
                "email",
                "address",
                "emergency_contact",
                "doctor",
                "language",
                "contact_by",
            },
        ),
        (
            reverse("practice-change"),
            Practice,
            world.practice.pk,
            {"name", "address", "phone", "email", "country", "emergency_number", "place", "time_zone", "idle_minutes"},
        ),
        (
            reverse("user-change", args=[world.desk.pk]),
            User,
            world.desk.pk,
            {"name", "email", "title", "role", "treats"},
        ),
    ):
        page = owner.ask("get", url)
        form = page.context["form"]
        assert {name for name in form.fields if name in forbidden} <= listed, url
        told = {**forbidden, **_edit(form)}
        told["_version"] = str(model.objects.get(pk=row).version)
        told.pop("person", None)
        before = model.objects.filter(pk=row).values().get()
        client = owner.client
        client.cookies.clear()
        client.cookies.load(owner.kept)
        client.post(url, told)
        after = model.objects.filter(pk=row).values().get()
        changed = {name for name in after if after[name] != before[name]} - {"version", "match_name"}
        assert changed <= listed, f"{url}: {changed - listed}"


def test_s10_no_form_is_made_from_a_table() -> None:
    from pathlib import Path

    import palpate

    for path in Path(palpate.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "ModelForm" not in text, path.name
        assert "modelform_factory" not in text, path.name


def test_s10_lists_are_sorted_and_filtered_by_listed_words_only(world: World) -> None:
    fill(world)
    another(world, world.therapist, "Cleo")
    fields = [name for field in Person._meta.concrete_fields for name in (field.name, f"-{field.name}")]
    for name, routes in (("owner", ("trail", "adverse", "today")), ("auditor", ("people",)), ("therapist", ("notes",))):
        walker = Walker(world.staff[name])
        for route in routes:
            url = reverse(route)
            usual = walker.ask("get", url)
            for field in fields if route == "people" else fields[:4]:
                query = f"sort={field}&order={field}&ordering={field}&{field.strip('-')}__startswith=A&expand={field}"
                answer = walker.ask("get", f"{url}?{query}")
                assert answer.status_code in (200, 400, 404, 422), f"{url}?{query}: {answer.status_code}"
                if answer.status_code == 200:
                    assert _rows(answer) == _rows(usual), f"{url}?{query} changes what is listed"


def _rows(answer: Any) -> list[str]:
    """The addresses that a list leads to, in order."""
    import re

    return re.findall(r'href="(/people/[0-9a-f-]{36}/[^"]*)"', answer.content.decode())
