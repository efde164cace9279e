"""What was decided, signed or recorded cannot be changed in the store itself (S-44), on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from palpate.clinic import moment, sealed
from palpate.clinic.acts import act, upkeep
from palpate.clinic.deciding import decide_now
from palpate.clinic.models import Answer, AuditRow, Decision
from tests.clinic_world import World

SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def decided(world: World) -> Decision:
    with act(world.actor(world.therapist), "decision", "test", change=True):
        Answer(
            episode=world.episode, fact="fever_or_chills", state="answered", value=False, day=world.day, at=moment.now()
        ).save()
        return decide_now(world.actor(world.therapist), world.episode, "intake", world.day)


def refused(statement: str, values: Any = ()) -> bool:
    """Whether the store refuses a statement because the table is sealed."""
    try:
        with upkeep(), transaction.atomic(), connection.cursor() as cursor:
            connection.check_constraints()  # what waits for the end would forbid a TRUNCATE by itself
            cursor.execute(statement, values)
    except DatabaseError as error:
        return sealed.SAYS in str(error)
    return False


def test_s44_every_append_only_table_and_the_trail_are_sealed(world: World) -> None:
    names = {model.__name__ for model in sealed.sealed_models()}
    assert {"Decision", "Override", "Clearance", "Note", "Amendment", "Consent", "Touch", "Answer"} < names
    assert {"Measure", "BodyDrawing", "PlanTick", "Upload", "AuditRow", "PathwayCopy"} < names
    assert sealed.faults(connection) == []


@pytest.mark.parametrize("model", sealed.sealed_models(), ids=lambda model: model.__name__)
def test_s44_the_store_refuses_to_change_or_take_a_row_by_sql(
    model: type[models.Model], decided: Decision, world: World
) -> None:
    table = model._meta.db_table
    column = model._meta.pk.column  # type: ignore[union-attr]
    if not model._default_manager.exists():
        # A table without a row in this world: the trigger is there, word for word, which faults() compared.
        assert not [line for line in sealed.faults(connection) if line.startswith(f"{table}:")]
        return
    assert refused(f'UPDATE "{table}" SET "{column}" = "{column}"')
    assert refused(f'DELETE FROM "{table}"')
    if SQLITE:
        assert refused(f'REPLACE INTO "{table}" SELECT * FROM "{table}"')
        assert refused(f'INSERT OR REPLACE INTO "{table}" SELECT * FROM "{table}"')
    else:
        same = f'SET "{column}" = EXCLUDED."{column}"'
        assert refused(f'TRUNCATE "{table}" CASCADE')
        assert refused(f'INSERT INTO "{table}" SELECT * FROM "{table}" ON CONFLICT ("{column}") DO UPDATE {same}')


def test_s44_the_store_refuses_every_way_of_the_orm(decided: Decision) -> None:
    row = AuditRow.objects.latest("number")
    decision = Decision.objects.get(pk=decided.pk)
    ways = (
        lambda: Decision.objects.filter(pk=decided.pk).update(disposition="treat"),
        lambda: Decision.objects.all().delete(),
        lambda: Decision.objects.filter(pk=decided.pk)._raw_delete("default"),
        lambda: models.Model.save(decision),
        lambda: models.Model.delete(decision),
        lambda: Decision.objects.bulk_update([decision], ["disposition"]),
        lambda: Decision.objects.bulk_create(
            [decision], update_conflicts=True, unique_fields=["id"], update_fields=["disposition"]
        ),
        lambda: AuditRow.objects.filter(pk=row.pk).update(actor="nobody"),
        lambda: row.delete(),
    )
    decision.disposition = "treat"
    from palpate.clinic.actor import the_program

    for way in ways:
        with pytest.raises(IntegrityError), act(the_program("test"), "decision", "test", change=True):
            way()
    assert Decision.objects.get(pk=decided.pk).disposition == "incomplete"
    assert AuditRow.objects.get(pk=row.pk).actor == row.actor
    with pytest.raises(TypeError):
        decision.save()
    with pytest.raises(TypeError):
        decision.delete()


@pytest.mark.skipif(not SQLITE, reason="REPLACE and pragmas are SQLite's")
@pytest.mark.django_db(transaction=True)
def test_s44_replace_is_refused_also_on_a_connection_without_our_pragmas(world: World) -> None:
    with act(world.actor(world.therapist), "decision", "test", change=True):
        decide_now(world.actor(world.therapist), world.episode, "intake", world.day)
    name = connection.settings_dict["NAME"]
    strange = sqlite3.connect(name, uri=str(name).startswith("file:"))
    assert strange.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    columns = [row[1] for row in strange.execute("PRAGMA table_info(clinic_decision)")]
    told = ", ".join(f"'treat' AS {c}" if c == "disposition" else c for c in columns)
    other = told.replace("id,", "lower(hex(randomblob(16))) AS id,", 1)
    listed = ", ".join(columns)
    for statement in (
        f"REPLACE INTO clinic_decision SELECT {told} FROM clinic_decision",
        # another id, but the same number within the episode
        f"REPLACE INTO clinic_decision SELECT {other} FROM clinic_decision",
        f"REPLACE INTO clinic_decision (rowid, {listed}) SELECT rowid, {listed} FROM clinic_decision",
        "UPDATE OR REPLACE clinic_decision SET disposition = 'treat'",
        "DELETE FROM clinic_auditrow",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="sealed record"):
            strange.execute(statement)
    strange.close()


@pytest.mark.skipif(SQLITE, reason="replica roles are PostgreSQL's")
def test_s44_a_connection_that_calls_itself_a_replica_is_refused_too(decided: Decision) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    assert refused("UPDATE clinic_decision SET disposition = 'treat'")
    assert refused("TRUNCATE clinic_decision CASCADE")


def damages() -> Iterator[str]:
    if SQLITE:
        yield "DROP TRIGGER clinic_decision_stays"
        yield "DROP TRIGGER clinic_note_kept"
        yield (
            "DROP TRIGGER clinic_auditrow_kept; CREATE TRIGGER clinic_auditrow_kept BEFORE UPDATE ON clinic_auditrow"
            " WHEN 0 BEGIN SELECT 1; END"
        )
    else:
        yield "DROP TRIGGER clinic_decision_row ON clinic_decision"
        yield "ALTER TABLE clinic_decision DISABLE TRIGGER clinic_decision_row"
        yield "ALTER TABLE clinic_note DISABLE TRIGGER ALL"
        yield (
            "DROP TRIGGER clinic_auditrow_row ON clinic_auditrow; CREATE TRIGGER clinic_auditrow_row BEFORE DELETE"
            " ON clinic_auditrow FOR EACH ROW EXECUTE FUNCTION palpate_sealed()"
        )
        yield (
            "CREATE OR REPLACE FUNCTION palpate_sealed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END;'"
        )


@pytest.mark.parametrize("damage", list(damages()))
def test_s44_a_missing_or_altered_trigger_is_found_and_put_back(damage: str, world: World) -> None:
    with connection.cursor() as cursor:
        for statement in damage.split("; CREATE"):
            cursor.execute(statement if statement.startswith(("DROP", "ALTER", "CREATE")) else f"CREATE{statement}")
    found = sealed.faults(connection)
    assert found
    assert sealed.seal(connection) == found
    assert sealed.faults(connection) == []
    assert refused("UPDATE clinic_auditrow SET actor = 'nobody'")


@pytest.mark.django_db(transaction=True)
def test_s44_a_rebuild_of_a_table_by_a_migration_leaves_it_sealed(transactional_db: Any) -> None:
    """Changing a column rebuilds the table on SQLite, and drops its triggers; the end of `migrate` puts them back."""
    from django.core.management import call_command

    old = Decision._meta.get_field("engine")
    new = models.CharField(max_length=60)
    new.set_attributes_from_name("engine")
    new.model = Decision
    with connection.schema_editor() as editor:
        editor.alter_field(Decision, old, new)
    if SQLITE:
        assert [line for line in sealed.faults(connection) if line.startswith("clinic_decision:")]
    call_command("migrate", verbosity=0)
    assert sealed.faults(connection) == []
    with connection.schema_editor() as editor:
        editor.alter_field(Decision, new, old)
    call_command("migrate", verbosity=0)
    assert sealed.faults(connection) == []
