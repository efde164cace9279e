"""Other programs: their keys, what they may do, and that the same call is done once (S-12, S-22, S-38, S-40, S-55)."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palpate.clinic import deciding, keys, moment
from palpate.clinic.acts import act
from palpate.clinic.models import ApiKey, Appointment, AuditRow, FormKey, Measure, Person
from palpate.clinic.refusals import BadInput
from palpate.web.pages.api import guard
from palpate.web.pages.api.openapi import description
from palpate.web.pages.api.routes import ROUTES
from tests.clinic_world import World, make_world
from tests.filled_world import fill

EPISODE = {"palpate": 1, "as_of": "2026-03-16", "facts": {}}
ADA = {"given_name": "Ada", "family_name": "Byron", "birth_date": "1979-04-02"}


def make(world: World, *scopes: str, days: int = 30) -> tuple[ApiKey, str]:
    with act(world.actor(world.owner), "keys", "test", change=True):
        return keys.make_key(world.actor(world.owner), "Booking site", scopes or tuple(keys.SCOPES), days)


class Program:
    """A program with a key."""

    def __init__(self, secret: str, client: Client | None = None) -> None:
        self.client, self.secret = client or Client(), secret
        self.calls = 0

    def call(self, method: str, path: str, body: Any = None, *, once: str | None = "", **headers: str) -> Any:
        """A call. Takes once: its Idempotency-Key; empty: a new one; None: none."""
        self.calls += 1
        headers = {"Authorization": f"Bearer {self.secret}", **headers}
        if method == "post" and once is not None:
            headers["Idempotency-Key"] = once or f"call-{self.calls:08}"
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        more = {"data": sent, "content_type": "application/json"} if method == "post" else {}
        return getattr(self.client, method)(f"/api/v1/{path}", headers=headers, **more)


@pytest.fixture(autouse=True)
def no_rate(request: Any, monkeypatch: Any) -> None:
    """Tests call faster than programs may; the rate has a test of its own."""
    if "rate" not in request.node.name:
        monkeypatch.setattr(guard, "RATE", 100_000)


@pytest.fixture
def program(world: World) -> Program:
    return Program(make(world)[1])


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem JSON of a refusal, with what each must have (S-38)."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    assert len(told["number"]) == 12
    return told


def test_s12_a_key_is_random_shown_once_and_stored_as_a_hash(world: World) -> None:
    key, secret = make(world)
    assert len(secret.split("_", 2)[2]) >= 43  # 256 bits in base64
    assert make(world)[1] != secret
    row = ApiKey.objects.get(pk=key.pk)
    stored = json.dumps([str(value) for value in row.__dict__.values()])
    assert secret.split("_", 2)[2] not in stored
    assert Program(row.secret_hash).call("get", "people").status_code == 401
    assert Program(f"palpate_{row.prefix}_{row.secret_hash}").call("get", "people").status_code == 401
    assert secret.split("_", 2)[2] not in json.dumps(list(AuditRow.objects.values_list("about", flat=True)))


def test_s12_a_key_does_what_its_scopes_say_and_nothing_else(world: World) -> None:
    filled = fill(world)
    episode, person = filled.ids["episode"], filled.ids["person"]
    booking = {
        "person": str(person),
        "therapist": str(world.therapist.pk),
        "starts": "2027-03-02T09:00:00Z",
        "minutes": 60,
    }
    calls = {
        "decision:create": ("post", "decide", EPISODE),
        "decision:read": ("get", f"episodes/{episode}/decisions", None),
        "people:create": ("post", "people", ADA),
        "people:read": ("get", f"people/{person}", None),
        "appointment:create": ("post", "appointments", booking),
        "appointment:read": ("get", "appointments?day=2027-03-02", None),
        "measure:create": ("post", f"episodes/{episode}/measures", {"name": "pain_nrs", "value": 4}),
    }
    assert set(calls) == set(keys.SCOPES)
    for scope, (method, path, body) in calls.items():
        others = [other for other in keys.SCOPES if other != scope]
        refused = problem(Program(make(world, *others)[1]).call(method, path, body), 403)
        assert refused["scope"] == scope
        done = Program(make(world, scope)[1]).call(method, path, body)
        assert done.status_code in (200, 201), done.content


def test_s12_an_ended_or_revoked_key_is_refused_at_once_like_one_that_never_was(world: World) -> None:
    key, secret = make(world, "people:read", days=1)
    assert Program(secret).call("get", "people").status_code == 200
    with moment.held_at(moment.now() + timedelta(days=1, seconds=1)):
        ended = problem(Program(secret).call("get", "people"), 401)
    with act(world.actor(world.owner), "keys", "test", change=True):
        keys.revoke_key(key)
    revoked = problem(Program(secret).call("get", "people"), 401)
    never = problem(Program("palpate_00000000_" + "x" * 43).call("get", "people"), 401)
    for told in (ended, revoked, never):
        told.pop("number")
    assert ended == revoked == never


@pytest.mark.parametrize("days", [0, -1, 366, 10_000, True, 1.5])
def test_s12_no_key_lasts_longer_than_a_year(world: World, days: Any) -> None:
    with pytest.raises(BadInput), act(world.actor(world.owner), "keys", "test", change=True):
        keys.make_key(world.actor(world.owner), "x", ["people:read"], days)


def test_s12_a_key_counts_in_the_header_only_and_a_cookie_never(world: World, signed_in: Any) -> None:
    _, secret = make(world)
    client = signed_in(world.owner)
    assert client.get("/settings/").status_code == 200
    for url in ("/api/v1/people", f"/api/v1/people?key={secret}", f"/api/v1/people?access_token={secret}"):
        assert client.get(url).status_code == 401, url
    assert client.post("/api/v1/decide", {"key": secret}).status_code == 401
    for told in (secret, f"Basic {secret}", f"Token {secret}", "Bearer", "Bearer "):
        assert Client().get("/api/v1/people", headers={"Authorization": told}).status_code == 401, told
    # A key opens no page of the staff.
    answer = Client().get("/people/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 302


def test_s12_owners_make_and_revoke_keys_on_a_page_that_shows_them_once(world: World, signed_in: Any) -> None:
    client = signed_in(world.owner)
    told = {"name": "Booking site", "scopes": ["people:read"], "days": "30"}
    shown = client.post(reverse("key-new"), told).content.decode()
    secret = shown.split('value="palpate_')[1].split('"')[0]
    assert Program("palpate_" + secret).call("get", "people").status_code == 200
    listing = client.get(reverse("keys")).content.decode()
    assert secret not in listing
    assert secret.split("_")[0] in listing
    key = ApiKey.objects.get()
    assert client.post(reverse("key-revoke", args=[key.pk])).status_code == 303
    assert Program("palpate_" + secret).call("get", "people").status_code == 401
    for days in ("0", "366", "٣", "abc", ""):
        assert client.post(reverse("key-new"), {**told, "days": days}).status_code == 422, days
    assert client.post(reverse("key-new"), {**told, "scopes": ["people:delete"]}).status_code == 422


def test_s06_keys_are_made_only_by_who_has_just_shown_who_they_are(world: World, signed_in: Any) -> None:
    client = signed_in(world.owner)
    session = client.session
    session["proved"] = (moment.now() - timedelta(minutes=6)).timestamp()
    session.save()
    for url in (reverse("key-new"), reverse("pathway-propose"), reverse("export-all"), reverse("practice-change")):
        answer = client.post(url, {"name": "x", "scopes": ["people:read"], "days": "30"})
        assert answer.status_code == 302, url
        assert "/account/again/" in answer["Location"], url
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("size", [11])
def test_s40_a_rate_of_ten_calls_a_second_for_a_key(world: World, size: int) -> None:
    _, secret = make(world, "people:read")
    program = Program(secret)
    with moment.held_at(moment.now()):
        answers = [program.call("get", "people") for _ in range(size)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1]["Retry-After"] == "1"
    problem(answers[-1], 429)
    with moment.held_at(moment.now() + timedelta(seconds=2)):
        assert program.call("get", "people").status_code == 200


def test_a_rate_of_wrong_keys_is_counted_by_address(world: World) -> None:
    stranger = Program("palpate_00000000_" + "x" * 43)
    answers = [stranger.call("get", "people").status_code for _ in range(guard.MISSES + 1)]
    assert answers == [401] * guard.MISSES + [429]


def test_s55_the_same_call_sent_again_gets_the_first_answer(world: World, program: Program) -> None:
    first = program.call("post", "people", ADA, once="one-use-of-it")
    again = program.call("post", "people", ADA, once="one-use-of-it")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert Person.objects.filter(family_name="Byron").count() == 1
    problem(program.call("post", "people", {**ADA, "given_name": "Eva"}, once="one-use-of-it"), 422)
    problem(program.call("post", "people", ADA, once=None), 400)
    problem(program.call("post", "people", ADA, once="short"), 400)
    # Another program's key is another.
    other = Program(make(world)[1]).call("post", "people", ADA, once="one-use-of-it")
    assert other.status_code == 201
    assert other.content != first.content


def test_s55_a_call_that_is_still_running_is_not_begun_again(world: World, program: Program) -> None:
    program.call("post", "people", ADA, once="one-use-of-it")
    FormKey.objects.update(status=None)
    answer = program.call("post", "people", ADA, once="one-use-of-it")
    problem(answer, 409)
    assert answer["Retry-After"]
    FormKey.objects.update(at=moment.now() - timedelta(minutes=6))  # its process died
    assert program.call("post", "people", ADA, once="one-use-of-it").status_code == 201


def test_s55_answers_are_kept_for_48_hours_and_a_refused_call_may_be_sent_again(world: World, program: Program) -> None:
    problem(program.call("post", "people", {**ADA, "birth_date": "1850-01-01"}, once="one-use-of-it"), 422)
    assert program.call("post", "people", ADA, once="one-use-of-it").status_code == 201
    FormKey.objects.update(at=moment.now() - timedelta(hours=47))
    assert program.call("post", "people", ADA, once="one-use-of-it")["Idempotent-Replayed"]
    FormKey.objects.update(at=moment.now() - timedelta(hours=49))
    assert "Idempotent-Replayed" not in program.call("post", "people", ADA, once="one-use-of-it")


@pytest.mark.django_db(transaction=True)
def test_s55_twenty_at_once_make_one_row() -> None:
    world = make_world()
    _, secret = make(world)
    answers: list[Any] = []
    start = threading.Barrier(20)

    def send() -> None:
        start.wait()
        try:
            answers.append(Program(secret).call("post", "people", ADA, once="all-at-once"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409, 503}, statuses  # 503: the store was locked, and the call may be sent again
    assert 201 in statuses
    answers.append(Program(secret).call("post", "people", ADA, once="all-at-once"))
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert answers[-1].status_code == 201
    assert Person.objects.filter(family_name="Byron").count() == 1


def test_decide_gives_what_the_command_gives_and_stores_nothing(program: Program) -> None:
    from palpate.pathway.decision import decide

    answer = program.call("post", "decide", EPISODE, once=None)
    told = answer.json()
    about = told.pop("about")
    assert told == json.loads(decide(deciding.pathway_in_force(), EPISODE).to_json())
    assert told["disposition"] == "incomplete"
    assert about["intended_use"]
    assert about["limits"]
    assert told["pathway"]["review_by"]


def test_s64_a_fault_inside_a_decision_is_a_problem_and_never_one_to_treat(world: World, program: Program) -> None:
    with mock.patch.object(deciding, "pathway_in_force", side_effect=deciding.WrongPathway("another version")):
        told = problem(program.call("post", "decide", EPISODE), 503)
    assert "Not assessed" in told["detail"]
    program.client.raise_request_exception = False
    with mock.patch("palpate.web.pages.api.views.decide_document", side_effect=RuntimeError("secret words")):
        told = problem(program.call("post", "decide", EPISODE), 500)
    assert "secret" not in json.dumps(told)
    assert "disposition" not in told


BAD = [
    b" ", b"{", b"[]", b"null", b"\xff\xfe", b'{"palpate": NaN}', b'{"a": 1, "a": 2}', b'{"palpate": 1e999}', b"[" * 40,
    b'{"palpate": 1, "as_of": "2026-03-16", "facts": {"pain_now": "7"}}', b'{"palpate": 9007199254740993}',
    b'"\\ud800"',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_s22_bodies_that_are_no_strict_json_are_refused_by_path(program: Program, body: bytes) -> None:
    for path in ("decide", "people", "appointments"):
        answer = program.call("post", path, body)
        assert answer.status_code in (400, 422), answer.content
        told = problem(answer, answer.status_code)
        assert all(fault["path"].startswith("$") for fault in told["faults"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.builds(lambda v: json.dumps(v).encode(), st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["palpate", "facts", "as_of"]), inner),
    max_leaves=6,
)))  # fmt: skip
def test_s22_raw_bytes_give_only_2xx_or_4xx(program: Program, body: bytes) -> None:
    for path in ("decide", "people"):
        assert 200 <= program.call("post", path, body).status_code < 500


def test_s10_unknown_keys_and_parameters_are_refused_by_name(world: World, program: Program) -> None:
    for name in [field.name for field in Person._meta.concrete_fields if field.name not in (*ADA, *description())]:
        if name in ("phone", "email", "address", "emergency_contact", "doctor", "language", "contact_by"):
            continue
        told = problem(program.call("post", "people", {**ADA, name: "x"}), 422)
        assert told["faults"][0]["path"] == f"$.{name}"
        for query in (f"sort={name}", f"{name}=x", f"filter={name}", f"expand={name}", f"order_by=-{name}"):
            told = problem(program.call("get", f"people?{query}"), 400)
            assert told["parameter"] == query.split("=")[0]
    assert program.call("post", "people?x=1", ADA).status_code == 400


def test_s09_what_does_not_exist_or_does_not_belong_together_is_not_there(world: World, program: Program) -> None:
    filled = fill(world)
    nobody = "00000000-0000-4000-8000-000000000000"
    for path in (f"people/{nobody}", f"episodes/{nobody}/decisions"):
        problem(program.call("get", path), 404)
    booking = {
        "person": str(world.other.pk),
        "therapist": str(world.therapist.pk),
        "episode": str(filled.ids["episode"]),
        "starts": "2027-03-02T09:00:00Z",
        "minutes": 60,
    }
    problem(program.call("post", "appointments", booking), 404)
    double = Person.objects.get(merged_into=world.person)
    problem(program.call("get", f"people/{double.pk}"), 404)


def test_appointments_are_booked_once_and_a_taken_time_offers_others(world: World, program: Program) -> None:
    booking = {
        "person": str(world.person.pk),
        "therapist": str(world.therapist.pk),
        "starts": "2027-03-02T10:00:00+01:00",
        "minutes": 60,
    }
    made = program.call("post", "appointments", booking)
    assert made.status_code == 201, made.content
    assert made.json()["starts"] == "2027-03-02T09:00:00Z"
    told = problem(program.call("post", "appointments", {**booking, "person": str(world.other.pk)}), 409)
    assert told["free"]
    listed = program.call("get", "appointments?day=2027-03-02").json()["appointments"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    assert Appointment.objects.count() == 1
    for starts in ("2027-03-02T10:00:00", "yesterday", "2027-02-30T10:00:00Z", 5):
        problem(program.call("post", "appointments", {**booking, "starts": starts}), 422)
    problem(program.call("post", "appointments", {**booking, "starts": "2020-03-02T10:00:00Z"}), 422)
    problem(program.call("get", "appointments"), 400)


@pytest.mark.parametrize(
    ("score", "good"),
    [
        ({"name": "pain_nrs", "value": 0}, True),
        ({"name": "pain_nrs", "value": 10}, True),
        ({"name": "own_activities", "values": [4, None, 3]}, True),
        ({"name": "pain_nrs", "value": 10.5}, False),
        ({"name": "pain_nrs", "value": -1}, False),
        ({"name": "pain_nrs", "value": "7"}, False),
        ({"name": "pain_nrs", "value": True}, False),
        ({"name": "pain_nrs"}, False),
        ({"name": "pain", "value": 3}, False),
        ({"name": "pain_nrs", "value": 3, "date": "2999-01-01"}, False),
        ({"name": "pain_nrs", "value": 3, "taken_back": True}, False),
    ],
)
def test_s24_scores_are_taken_by_the_pathways_own_ranges(
    world: World, program: Program, score: dict[str, Any], good: bool
) -> None:
    before = Measure.objects.count()
    answer = program.call("post", f"episodes/{world.episode.pk}/measures", score)
    assert answer.status_code == (201 if good else 422), answer.content
    assert Measure.objects.count() == before + good


def test_stored_decisions_come_with_the_pathway_of_their_day(world: World, program: Program) -> None:
    filled = fill(world)
    told = program.call("get", f"episodes/{filled.ids['episode']}/decisions").json()
    assert [row["number"] for row in told["decisions"]] == [2, 1]
    assert told["decisions"][0]["decision"]["disposition"] == told["decisions"][0]["disposition"]
    assert told["decisions"][0]["pathway"]["digest"].startswith("sha256:")


def test_people_come_in_pages(world: World, program: Program) -> None:
    first = program.call("get", "people?limit=1").json()
    second = program.call("get", f"people?limit=1&after={first['next']}").json()
    assert first["people"][0]["id"] < second["people"][0]["id"]
    assert "match_name" not in first["people"][0]
    for query in ("limit=0", "limit=101", "limit=x", "after=x", "limit=1&limit=2"):
        problem(program.call("get", f"people?{query}"), 400)


def test_s45_each_call_leaves_its_row_in_the_trail(world: World, program: Program) -> None:
    program.call("get", f"people/{world.person.pk}")
    row = AuditRow.objects.latest("number")
    assert row.actor.startswith("key:")
    assert (row.deed, row.change, row.persons) == ("api-person", False, [str(world.person.pk)])
    program.call("get", "people/00000000-0000-4000-8000-000000000000")
    assert AuditRow.objects.latest("number").outcome == "refused"


def test_s13_other_methods_are_refused_as_problems(program: Program) -> None:
    for method, path in (("get", "decide"), ("put", "people"), ("delete", "people"), ("patch", "appointments")):
        answer = program.call(method, path)
        problem(answer, 405)
        assert answer["Allow"]
    answer = program.client.post("/api/v1/decide", "a=1", content_type="application/x-www-form-urlencoded",
                                 headers={"Authorization": f"Bearer {program.secret}"})  # fmt: skip
    problem(answer, 415)


def test_the_description_names_every_route_with_its_scope(client: Client, db: Any) -> None:
    told = client.get("/api/v1/openapi.json").json()
    found = {
        (path.replace("{", "<uuid:").replace("}", ">"), method) for path, row in told["paths"].items() for method in row
    }
    expected = set()
    for route in ROUTES:
        path = "/" + route.path.removeprefix("api/v1/")
        expected |= {(path, "get")} if route.read else set()
        expected |= {(path, "post")} if route.write else set()
        needs = getattr(route.view, "needs", None)
        for method in ("get", "post"):
            if needs and needs[method.upper()]:
                row = told["paths"][path.replace("<uuid:", "{").replace(">", "}")][method]
                assert needs[method.upper()] in row["description"]
    assert found == expected
