"""Nothing of a person reaches the log: a marker person through every route, with forced faults (S-39)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from palpate.clinic import audit
from palpate.clinic.acts import act
from palpate.clinic.models import User
from palpate.web.logs import LISTED, ListedKeys
from tests.clinic_world import World
from tests.web.walking import addresses

MARK = "Zyzzogeton"
FIELDS = (
    "given_name",
    "family_name",
    "phone",
    "address",
    "complaint",
    "goals",
    "reason",
    "text",
    "login",
    "password",
    "q",
    "next",
)


def test_s39_a_marker_person_leaves_no_trace_in_the_log(
    world: World, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    with act(world.actor(world.owner), "contact", "test", change=True):
        world.person.given_name = world.person.family_name = world.person.address = MARK
        world.person.save()
        world.episode.complaint = world.episode.goals = MARK
        world.episode.save()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(ListedKeys())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("django").setLevel(logging.DEBUG)
    try:
        client = signed_in(world.therapist)
        client.raise_request_exception = False
        walk(world, client)

        def fails(deed: Any) -> None:
            raise RuntimeError(f"{MARK} could not be written")

        monkeypatch.setattr(audit, "append", fails)
        walk(world, client)
        client.get("/", headers={"host": f"{MARK}.example"})
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.getLogger("django").setLevel(logging.WARNING)
    lines = written.getvalue().splitlines()
    assert len(lines) > 20
    for line in lines:
        assert MARK.casefold() not in line.casefold()
        assert str(world.person.pk) not in line
        assert set(json.loads(line)) <= {"at", "level", "from", "says", "fault", "where", *LISTED}


def walk(world: World, client: Client) -> None:
    told = dict.fromkeys(FIELDS, MARK)
    for address in addresses(world):
        client.get(address, told)
        client.post(f"{address}?q={MARK}", told)
        client.post(address, json.dumps(told), content_type="application/json")
    client.get(f"/{MARK}/", told)


def formatted(**told: Any) -> str:
    record = logging.LogRecord(
        "palpate.web", logging.ERROR, __file__, 1, told.pop("msg", "x"), told.pop("args", ()), None
    )
    record.__dict__.update(told)
    return ListedKeys().format(record)


def test_s39_line_ends_are_escaped_and_unlisted_keys_left_out() -> None:
    line = formatted(msg="a\r\nb", route="x\ny\u2028z", name_of_person=MARK)
    assert len(line.splitlines()) == 1
    assert MARK not in line


def test_s39_a_request_in_a_record_is_its_number_and_never_its_path() -> None:
    request = HttpRequest()
    request.path = f"/{MARK}/"
    request.number = "abc123"  # type: ignore[attr-defined]
    line = formatted(request=request)
    assert MARK not in line
    assert json.loads(line)["request"] == "abc123"


def test_s39_arguments_and_the_message_of_an_exception_are_left_out() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "%s: %s", ("Not found", f"/{MARK}/"), None)
    assert MARK not in ListedKeys().format(record)
    record = logging.LogRecord("django.security", logging.ERROR, __file__, 1, f"Invalid header: {MARK}", (), None)
    assert MARK not in ListedKeys().format(record)
    try:
        raise ValueError(MARK)
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = ListedKeys().format(record)
    assert MARK not in line
    assert json.loads(line)["fault"] == "ValueError"
