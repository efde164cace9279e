"""Faults in each layer: the page says what happened and a number, the log has the same number and nothing else (S-38,
S-62)."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from palpate.clinic import audit, backup, sealed, store
from palpate.clinic.access import practice as the
from palpate.clinic.access import trail
from palpate.clinic.models import AuditHead, AuditRow, User
from palpate.web import guard, signing
from palpate.web.logs import ListedKeys
from palpate.web.signed_in import SessionStore
from tests.clinic_world import World

SignIn = Callable[[User], Client]
SECRET = "Zyzzogeton-4711"  # stands in every forced fault, and must stand nowhere else


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the log of a real server would hold."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(ListedKeys())
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.fixture
def client(world: World, signed_in: SignIn) -> Client:
    client = signed_in(world.therapist)
    client.raise_request_exception = False
    return client


def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"SELECT name FROM person -- {SECRET}")


LAYERS: dict[str, tuple[Any, str]] = {
    "the view and its guard": (guard, "load"),
    "who is asking": (signing, "actor_of"),
    "the trail": (audit, "append"),
    "the practice": (the, "the_practice"),
    "the session": (SessionStore, "_get_session_from_db"),
}


def test_a_page_of_an_error_does_not_light_up_a_dim_room(client: Client) -> None:
    assert client.post("/account/theme/", {"theme": "dim"}).status_code in (204, 302, 303)
    answer = client.get(f"/people/{uuid.uuid4()}/")
    assert answer.status_code == 404
    assert 'data-theme="dim"' in answer.content.decode()


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize("way", ["page", "program"])
def test_s38_a_fault_in_any_layer_gives_a_page_with_a_number_that_the_log_has(
    layer: str, way: str, client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name = LAYERS[layer]
    monkeypatch.setattr(module, name, fails)
    more = {"CONTENT_TYPE": "application/json"} if way == "program" else {}
    answer = client.get("/account/", **more)
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "Nothing of this request was saved" in text
    if way == "program":
        told = json.loads(text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        number = told["number"]
        assert told["status"] == 500
    else:
        (number,) = re.findall(r"<code>([0-9a-f]{12})</code>", text)
    assert any(json.loads(line).get("request") == number for line in log.getvalue().splitlines())
    for leak in (SECRET, "SELECT", "Traceback", "RuntimeError", ".py"):
        assert leak not in text
    assert SECRET not in log.getvalue()


def test_s38_a_refusal_says_that_nothing_was_changed_and_has_a_number(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing was changed" in answer.content.decode()


# --- Faults of the store (S-62) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["database or disk is full", "attempt to write a readonly database", "database is locked", "disk I/O error"]
)
def test_s62_a_full_a_locked_or_a_read_only_store_is_503_and_nothing_was_saved(
    client: Client, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def refuses(deed: Any) -> None:
        raise OperationalError(f"{said} {SECRET}")

    monkeypatch.setattr(audit, "append", refuses)
    answer = client.get("/account/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    text = answer.content.decode()
    assert "Nothing was saved" in text
    assert SECRET not in text


def test_s62_no_page_is_read_without_its_row_in_the_trail(client: Client) -> None:
    """The store refuses the row itself: the page is not shown either."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER no_rows BEFORE INSERT ON clinic_auditrow BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        else:
            cursor.execute("CREATE FUNCTION no_rows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''full''; END;'")
            cursor.execute("CREATE TRIGGER no_rows BEFORE INSERT ON clinic_auditrow EXECUTE FUNCTION no_rows()")
    answer = client.get("/account/")
    assert answer.status_code >= 500
    assert "Nothing" in answer.content.decode()


def test_s62_a_broken_trail_stops_all_writing_and_names_check_and_backup(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "newest", lambda: "/backups/tuesday.palpate")
    sealed.unseal(connection)
    AuditRow.objects.filter(number=trail.head_of().number).update(hash="0" * 64)
    before = AuditHead.objects.get().number
    answer = client.get("/account/")
    assert answer.status_code == 503
    text = answer.content.decode()
    assert "The check that failed: audit trail" in text
    assert "tuesday.palpate" in text
    assert "/backups/" not in text
    assert AuditHead.objects.get().number == before


def test_s62_a_damaged_store_is_found_once_and_then_stops_every_page_of_every_process(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = settings.CONFIG.data / store.DAMAGED

    def damaged(deed: Any) -> None:
        raise DatabaseError("database disk image is malformed") from sqlite3.DatabaseError("malformed")

    try:
        with monkeypatch.context() as harm:
            harm.setattr(audit, "append", damaged)
            assert client.get("/account/").status_code == 503
        assert mark.exists()
        answer = client.get("/account/")  # the store answers again, and is not trusted
        assert answer.status_code == 503
        assert "nothing is written any more" in answer.content.decode()
    finally:
        mark.unlink(missing_ok=True)
    assert client.get("/account/").status_code != 503


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="a store in memory has one connection; tests/clinic/test_store.py does it"
)
@pytest.mark.django_db(transaction=True)
def test_s62_a_store_that_is_locked_past_the_wait_is_503_with_retry_after(transactional_db: Any) -> None:
    import psycopg

    from tests.clinic_world import make_world

    world = make_world()
    client = Client()
    client.force_login(world.therapist, backend="palpate.web.signed_in.Backend")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    told = connection.get_connection_params()
    with psycopg.connect(dbname=told["dbname"], user=told["user"], host=told["host"]) as other:
        other.execute("SELECT * FROM clinic_audithead FOR UPDATE")
        answer = client.get("/account/")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        other.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")


def test_s62_where_not_even_the_page_of_an_error_can_be_made_bare_words_say_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from palpate.web import errors

    monkeypatch.setattr(errors, "render_to_string", fails)
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "There is nothing here" in text
    assert "Nothing was changed" in text
    assert re.search(r"Number for a report: [0-9a-f]{12}", text)
    assert SECRET not in text
