"""Migrations leave the old store or the new one, whatever happens (S-59), on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from palpate.clinic import store
from tests.installation import Installation

# Kills the process at its n-th statement, for ever later n, until one start gets through. After each, another process
# says what is there. One process with Django ready forks them all, so that a hundred kills take seconds.
KILLED = """
import django, json, os, signal, sys; django.setup()
from django.db import connections
from django.db.backends import utils
from palpate.clinic import store
from palpate.clinic.access.store import applied_migrations, counts

def child(work):
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            os.write(writing, json.dumps(work()).encode())
            connections.close_all()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    _, status = os.waitpid(pid, 0)
    return json.loads(text) if text else None, status

def state():
    if not store.is_there():
        return None
    return [applied_migrations(), counts()]

def killed_at(n):
    done = [0]
    real = utils.CursorWrapper._execute
    def counted(self, *given):
        done[0] += 1
        if done[0] == n:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *given)
    def work():
        utils.CursorWrapper._execute = counted
        store.prepare(lambda: None)
        return done[0]
    return child(work)

n, seen = int(sys.argv[1]), []
while True:
    through, status = killed_at(n)
    seen.append(child(state)[0])
    if through is not None:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
    n += int(sys.argv[2])
print(json.dumps(seen))
"""
BACK_TO_THE_FIRST = "import django; django.setup()\nfrom django.core.management import call_command\n" + (
    "call_command('migrate', 'clinic', '0001', verbosity=0)"
)


def killed(installation: Installation, first: int, step: int) -> list[list[object] | None]:
    code = KILLED.replace("sys.argv[1]", str(first)).replace("sys.argv[2]", str(step))
    found: list[list[object] | None] = json.loads(installation.python(code).out)
    return found


def test_the_models_and_the_migrations_agree(db: object) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_s59_a_first_start_that_is_killed_leaves_no_store_or_a_whole_one(empty: Installation) -> None:
    seen = killed(empty, 2, 130)
    assert len(seen) > 3
    assert seen[-1] is not None
    assert [state for state in seen if state not in (None, seen[-1])] == []


def test_s59_a_migration_that_is_killed_leaves_the_old_store_or_the_new_one(seeded: Installation) -> None:
    seeded.python(BACK_TO_THE_FIRST)
    seen = killed(seeded, 1, 21)
    old, new = seen[0], seen[-1]
    assert len(seen) > 3
    assert old != new
    assert old is not None
    assert new is not None
    assert [state for state in seen if state not in (old, new)] == []
    before, after = dict(old[1]), dict(new[1])  # type: ignore[call-overload]
    told = "django_migrations"
    assert after.pop(told) > before.pop(told)
    assert {table: after[table] for table in before} == before  # nothing of the data has gone
    assert not any(rows for table, rows in after.items() if table not in before)
    assert seeded.palpate("verify").code == 0


def test_s59_an_old_store_is_backed_up_and_the_backup_proven_before_it_is_migrated(seeded: Installation) -> None:
    seeded.python(BACK_TO_THE_FIRST)
    done = seeded.python(
        "import django; django.setup()\nfrom palpate.web import serving\nprint(serving.make_ready(True))"
    )
    assert "the store was brought up to date" in done.out
    assert "backup before the migration" in done.err
    assert "all whole" in done.err
    (file,) = (seeded.data / "backups").glob("before-migration-*.palpate")
    drill = seeded.palpate("restore", file, "--drill")
    assert drill.code == 0, drill.err


def test_s59_where_the_backup_fails_nothing_is_migrated(seeded: Installation) -> None:
    seeded.python(BACK_TO_THE_FIRST)
    Path(seeded.data / "backups").write_text("a file where the folder should be", encoding="utf-8")
    done = seeded.palpate("serve", "--port", "0")
    assert done.code == 1
    assert done.out == ""
    assert "0002_sealed" not in json.dumps(json.loads(seeded.python(STATE).out))


STATE = """
import django, json; django.setup()
from palpate.clinic.access.store import applied_migrations
print(json.dumps(applied_migrations()))
"""


def test_s59_a_store_of_a_newer_program_is_refused_and_not_touched(seeded: Installation) -> None:
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\n"
        'connection.cursor().execute("INSERT INTO django_migrations (app, name, applied) '
        "VALUES ('clinic', '0099_from_the_future', '2030-01-01 00:00:00+00')\")"
    )
    before = seeded.python(STATE).out
    done = seeded.palpate("serve", "--port", "0")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "palpate: the store was made by a newer palpate (it has had clinic.0099_from_the_future); install that version"
    ]
    assert seeded.python(STATE).out == before


def test_a_second_start_has_nothing_to_do(seeded: Installation) -> None:
    done = seeded.python("import django; django.setup()\nfrom palpate.clinic import store\nprint(store.prepare(exit))")
    assert done.out.strip() == "[]"


def test_every_migration_of_the_clinic_can_be_undone(db: object) -> None:
    loader = MigrationLoader(connection)
    for (app, name), migration in loader.disk_migrations.items():
        if app == "clinic":
            assert all(operation.reversible for operation in migration.operations), name
    assert store.pending() == []


@pytest.mark.parametrize("kind", ["missing", "altered"])
def test_s44_seals_that_went_are_put_back_at_the_start_and_the_trail_says_so(seeded: Installation, kind: str) -> None:
    alter = "connection.cursor().execute('DROP TRIGGER clinic_note_kept')" if not seeded.url else (
        "connection.cursor().execute('ALTER TABLE clinic_note DISABLE TRIGGER ALL')"
    )  # fmt: skip
    seeded.python(
        "import django; django.setup()\nfrom django.db import connection\nfrom palpate.clinic import sealed\n"
        + ("sealed.unseal(connection)" if kind == "missing" else alter)
    )
    done = seeded.python(
        "import django; django.setup()\nfrom palpate.web import serving\nfrom django.db import connection\n"
        "from palpate.clinic import sealed\nfrom palpate.clinic.models import AuditRow\n"
        "said = serving.make_ready(True)\n"
        "print(len(said), sealed.faults(connection), AuditRow.objects.latest('number').deed)"
    )
    number, *rest = done.out.split()
    assert int(number) > 0
    assert rest == ["[]", "seals-put-back"]
    assert seeded.palpate("verify").code == 0
