"""`palpate verify`: what was edited, dropped, added, swapped, cut or written anew is found (S-43, S-46)."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import (
    BinaryField,
    BooleanField,
    DateField,
    DateTimeField,
    Field,
    FloatField,
    IntegerField,
    JSONField,
    Model,
    OneToOneField,
    UUIDField,
)

from palpate.clinic import anchors, audit, sealed
from palpate.clinic.access import store as rows
from palpate.clinic.access import trail
from palpate.clinic.acts import act, record_refusal, upkeep
from palpate.clinic.anchors import Anchor
from palpate.clinic.deciding import decide_now, pathway_with
from palpate.clinic.models import Answer, AuditHead, AuditRow, Decision, Measure, PathwayCopy
from palpate.clinic.moment import now
from palpate.clinic.verify import verify
from palpate.pathway.decision import decide
from palpate.pathway.pathway import canonical_json
from tests.clinic_world import World
from tests.filled_world import fill
from tests.installation import Installation

SQLITE = connection.vendor == "sqlite"

Damage = Callable[[], None]


@pytest.fixture
def record(world: World) -> Iterator[list[Anchor]]:
    """Thirty rows and two decisions; the seals are off, as for somebody who has the store. Returns its anchors."""
    actor = world.actor(world.therapist)
    for fact in ("fever_or_chills", "unexplained_weight_loss"):
        with act(actor, "decision", "test", change=True):
            Answer(episode=world.episode, fact=fact, state="answered", value=False, day=world.day, at=now()).save()
            decide_now(actor, world.episode, "intake", world.day)
    while trail.head_of().number < 30:
        record_refusal(actor, "notes", "test", persons=[world.person])
    sealed.unseal(connection)
    kept = [Anchor(row.number, row.hash) for row in AuditRow.objects.filter(number__in=(10, 20, 30))]
    with upkeep():
        yield sorted(kept, key=lambda anchor: anchor.number)


def faults(kept: list[Anchor] | None) -> list[str]:
    """What verify finds, but for the seals, which the fixture has taken away."""
    return [line for line in verify(anchors=kept).faults if "seal" not in line]


def rewrite(change: Callable[[AuditRow], bool]) -> None:
    """Writes the whole trail anew with the key, as whoever holds the machine can. Takes change: which rows stay."""
    kept, hash = [row for row in AuditRow.objects.order_by("number") if change(row)], audit.FIRST
    AuditRow.objects.all().delete()
    for number, row in enumerate(kept, 1):
        row.number, row.previous = number, hash
        row.hash = hash = audit.hash_of(row)
        row.save(force_insert=True)
    AuditHead.objects.update(number=len(kept), hash=hash)


def test_s46_a_whole_record_is_whole(record: list[Anchor]) -> None:
    report = verify(anchors=record)
    assert faults(record) == []
    assert (report.rows, report.records, report.decisions) == (30, 4, 2)


def edit() -> None:
    AuditRow.objects.filter(number=12).update(actor="nobody")


def edit_the_time() -> None:
    row = AuditRow.objects.get(number=12)
    AuditRow.objects.filter(number=12).update(at=row.at + timedelta(microseconds=1))


def edit_whose() -> None:
    AuditRow.objects.filter(number=12).update(persons=[])


def drop() -> None:
    AuditRow.objects.filter(number=12).delete()


def drop_the_first() -> None:
    AuditRow.objects.filter(number=1).delete()


def insert() -> None:
    row = AuditRow.objects.get(number=11)
    AuditRow.objects.filter(number__gte=12).delete()
    row.number, row.previous = 12, row.hash
    row.hash = "e" * 64
    row.save(force_insert=True)
    AuditHead.objects.update(number=12, hash=row.hash)


def swap() -> None:
    AuditRow.objects.filter(number=12).update(number=99)
    AuditRow.objects.filter(number=13).update(number=12)
    AuditRow.objects.filter(number=99).update(number=13)


def without_the_key() -> None:
    """Hashes that fit each other, made with another key."""
    hash = AuditRow.objects.get(number=11).hash
    for row in AuditRow.objects.filter(number__gte=12).order_by("number"):
        row.previous = hash
        row.hash = hash = audit.hash_of(row, "k" * 50)
        AuditRow.objects.filter(number=row.number).update(previous=row.previous, hash=row.hash)
    AuditHead.objects.update(hash=hash)


@pytest.mark.parametrize(
    ("damage", "row"),
    [(edit, 12), (edit_the_time, 12), (edit_whose, 12), (drop, 12), (drop_the_first, 1), (insert, 12),
     (swap, 12), (without_the_key, 12)],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
def test_s46_the_first_bad_row_is_named_with_and_without_anchors(
    record: list[Anchor], damage: Damage, row: int
) -> None:
    damage()
    for kept in (record, None):
        assert faults(kept)[0].startswith(f"row {row}: ")


def cut_and_mend() -> None:
    """The last five rows go, and the head is set back, so that the chain is whole in itself."""
    AuditRow.objects.filter(number__gt=25).delete()
    AuditHead.objects.update(number=25, hash=AuditRow.objects.get(number=25).hash)


def rewrite_without_a_row() -> None:
    rewrite(lambda row: row.number != 15)


def rewrite_with_another_actor() -> None:
    def other(row: AuditRow) -> bool:
        row.actor = "nobody" if row.number == 15 else row.actor
        return True

    rewrite(other)


@pytest.mark.parametrize(
    ("damage", "row"), [(cut_and_mend, 26), (rewrite_without_a_row, 20), (rewrite_with_another_actor, 20)]
)
def test_s46_a_cut_end_and_a_trail_written_anew_are_found_by_anchors_alone(
    record: list[Anchor], damage: Damage, row: int
) -> None:
    damage()
    assert faults(None) == []
    assert any("without anchors" in note for note in verify().notes)
    assert faults(record)[0].startswith(f"row {row}: ")


def test_s46_a_cut_end_without_mending_is_found_by_the_head(record: list[Anchor]) -> None:
    AuditRow.objects.filter(number__gt=25).delete()
    assert faults(None) == ["row 26: the trail ends at row 25, its head says 30"]


def test_s46_an_emptied_trail_is_found_by_anchors(record: list[Anchor]) -> None:
    AuditRow.objects.all().delete()
    AuditHead.objects.all().delete()
    assert faults(record)[0].startswith("row 1: ")


def test_s46_heads_leave_the_store_every_1000_rows_and_once_a_day(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    from palpate.clinic import moment

    monkeypatch.setattr(anchors, "files", lambda: [tmp_path / "a" / anchors.FILE, tmp_path / "b" / anchors.FILE])
    monkeypatch.setattr(anchors, "EVERY", 10)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    assert anchors.due()
    assert anchors.write()
    assert not anchors.due()
    assert not anchors.write()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        while trail.head_of().number < 20:
            record_refusal(world.actor(world.desk), "contact", "test")
    kept = list(anchors.read(tmp_path / "a" / anchors.FILE))
    assert kept == list(anchors.read(tmp_path / "b" / anchors.FILE))
    assert kept[-1] == Anchor(20, trail.head_of().hash)
    assert (tmp_path / "a" / anchors.FILE).stat().st_mode & 0o077 == 0
    record_refusal(world.actor(world.desk), "contact", "test")
    assert not anchors.due()
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr(anchors, "now", lambda: tomorrow)
    assert anchors.due()
    assert moment.now() < tomorrow


def test_s46_a_folder_that_cannot_be_written_does_not_undo_the_act_and_is_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchors, "files", lambda: [tmp_path / anchors.FILE, tmp_path / "gone" / anchors.FILE])
    assert anchors.write()
    assert trail.head_of().anchored == 0
    assert (tmp_path / anchors.FILE).exists()
    (tmp_path / "gone").mkdir()
    assert anchors.write()
    assert trail.head_of().anchored == trail.head_of().number


@pytest.mark.parametrize(
    "line", ["no json", "[]", '{"number": 0, "hash": "x"}', '{"number": "1", "hash": "x"}', '{"number": 1}']
)
def test_s46_a_file_of_anchors_that_cannot_be_read_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "anchors"
    file.write_text(f'{{"number": 1, "hash": "aa"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(anchors.BadAnchors, match="line 3"):
        list(anchors.read(file))


# --- Decisions --------------------------------------------------------------------------------------------------------


def test_s43_each_stored_decision_is_decided_again_to_the_same_bytes(record: list[Anchor]) -> None:
    decision = Decision.objects.order_by("number").last()
    assert decision is not None
    assert all((decision.document, decision.answer, decision.digest, decision.engine, decision.by_id))
    assert decision.at.tzinfo is not None
    assert faults(record) == []


def other_answer(row: Decision) -> dict[str, str]:
    return {"answer": row.answer.replace('"incomplete"', '"treat"', 1)}


def other_document(row: Decision) -> dict[str, str]:
    told = json.loads(row.document)
    told["facts"]["fever_or_chills"] = True
    return {"document": json.dumps(told)}


CHANGES: dict[str, Callable[[Decision], dict[str, str]]] = {
    "answer": other_answer,
    "document": other_document,
    "disposition": lambda row: {"disposition": "treat"},
    "urgency": lambda row: {"urgency": "routine"},
    "version": lambda row: {"pathway_version": "9.9.9"},
    "moment": lambda row: {"moment": "review"},
    "digest": lambda row: {"digest": "sha256:00"},
    "no document": lambda row: {"document": ""},
    "hidden": lambda row: {"disposition": "not_assessed"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_s43_a_changed_decision_is_found(record: list[Anchor], change: Callable[[Decision], dict[str, str]]) -> None:
    row = Decision.objects.get(number=2)
    Decision.objects.filter(pk=row.pk).update(**change(row))
    found = faults(record)
    assert len(found) == 1
    assert found[0].startswith(f"decision {row.pk}, number 2 of its episode: ")


def test_s43_a_changed_copy_of_the_pathway_is_found(record: list[Anchor]) -> None:
    copy = PathwayCopy.objects.get()
    told = json.loads(copy.meaning)
    told["rules"][0]["disposition"] = "treat"
    PathwayCopy.objects.update(meaning=json.dumps(told))
    assert len(faults(record)) == 2


# --- Records that the trail names -------------------------------------------------------------------------------------


def found_in(lines: list[str], row: Model) -> list[str]:
    return [line for line in lines if line.startswith(f"{row._meta.model_name} {row.pk}")]


@pytest.fixture
def filled(world: World) -> Iterator[None]:
    """A row of every kind; the seals are off."""
    fill(world)
    sealed.unseal(connection)
    assert faults(None) == []
    with upkeep():
        yield


def damaged(kinds: Sequence[type[Model]]) -> Iterator[type[Model]]:
    """Each kind of record in turn, references unwatched; what is done to it is undone before the next."""
    with connection.constraint_checks_disabled() if SQLITE else nullcontext():
        for kind in kinds:
            before = transaction.savepoint()
            if not SQLITE:
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            yield kind
            transaction.savepoint_rollback(before)


def test_s43_a_record_of_any_kind_that_was_taken_away_is_missed(filled: None) -> None:
    for kind in damaged(sealed.append_only_models()):
        row = kind._default_manager.order_by("pk")[0]
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{kind._meta.db_table}" WHERE id = %s', [row.pk.hex if SQLITE else row.pk])
        assert found_in(faults(None), row) == [gone_line(row)]
    assert faults(None) == []


def gone_line(row: Model) -> str:
    named = [
        n
        for n in AuditRow.objects.all()
        if [row._meta.model_name, str(row.pk)] in [s[:2] for s in n.about.get("sealed", ())]
    ]
    return f"{row._meta.model_name} {row.pk}: it is gone; row {named[0].number} of the trail says that it was written"


def test_s43_a_record_of_any_kind_that_was_rewritten_is_found_in_every_column(filled: None) -> None:
    for kind in damaged(sealed.append_only_models()):
        rewritten(kind)
    assert faults(None) == []


def rewritten(kind: type[Model]) -> None:
    row = kind._default_manager.order_by("pk")[0]
    whole = audit.content_hash(row)
    for column in kind._meta.concrete_fields:
        if not column.is_relation:
            was = getattr(row, column.attname)
            setattr(row, column.attname, other_than(was, column))
            assert audit.content_hash(row) != whole, column.attname
            setattr(row, column.attname, was)
    assert audit.content_hash(row) == whole
    plain = [column for column in kind._meta.concrete_fields if not column.is_relation and not column.primary_key]
    column = next((column for column in plain if column.name in ("at", "signed_at", "made")), plain[-1])
    kind._default_manager.filter(pk=row.pk).update(**{column.name: other_than(getattr(row, column.name), column)})
    (line,) = found_in(faults(None), row)
    assert "it is not as row" in line


def other_than(value: Any, column: Field[Any, Any]) -> Any:
    """Another value that the column takes."""
    match column:
        case BooleanField():
            return not value
        case DateTimeField():
            return (value or now()) + timedelta(seconds=1)
        case DateField():
            return (value or now().date()) + timedelta(days=1)
        case JSONField():
            return {"other": value}
        case UUIDField():
            return uuid.uuid4()
        case BinaryField():
            return bytes(value) + b"x"
        case IntegerField() | FloatField():
            return (value or 0) + 900
        case _:
            return value[:-1] + ("x" if value[-1:] != "x" else "y")


def test_s43_a_record_of_any_kind_that_was_put_in_past_the_trail_is_found(filled: None) -> None:
    for kind in damaged(sealed.append_only_models()):
        row = kind._default_manager.order_by("pk")[0]
        row.pk = uuid.uuid4()
        for column in kind._meta.concrete_fields:
            if column.name in ("number", "key", "position"):
                setattr(row, column.attname, uuid.uuid4() if column.name == "key" else 900)
            if isinstance(column, OneToOneField):  # one for each: of another that does not exist
                setattr(row, column.attname, uuid.uuid4())
        row.save_base(raw=True, force_insert=True)
        (line,) = found_in(faults(None), row)
        assert line.endswith(": no row of the trail says that it was written")
    assert faults(None) == []


def test_s43_a_decision_that_was_rewritten_with_its_document_is_found(record: list[Anchor]) -> None:
    """It decides again to the same bytes, so only the trail knows."""
    row = Decision.objects.get(number=2)
    document = json.loads(row.document)
    document["facts"]["fever_or_chills"] = True
    made = decide(pathway_with("back_massage"), document)
    answer, told = made.to_json(), dict(made.data)
    Decision.objects.filter(pk=row.pk).update(
        document=canonical_json(document).decode(), answer=answer,
        disposition=told["disposition"], urgency=told["urgency"] or "",
    )  # fmt: skip
    assert told["disposition"] != row.disposition
    for kept in (record, None):
        (line,) = faults(kept)
        assert line.startswith(f"decision {row.pk}, number 2 of its episode: it is not as row ")


AWKWARD: tuple[Any, ...] = (
    1.0, 7, 0.1, 1e16, 1e-7, -0.0, 123456789.25, True, None, "", "é \u2028 \U0001f600", [1, [2.0, {"b": 1, "a": None}]],
    {"z": [], "a": {"é": "x", "1": 2}}, {1: "a number as a key"}, ("a", "tuple"),
)  # fmt: skip


def test_s43_what_was_written_has_the_same_hash_however_it_is_read_back(world: World) -> None:
    with act(world.actor(world.therapist), "notes", "test", change=True):
        for number, value in enumerate(AWKWARD):
            row = Answer(episode=world.episode, fact="x", state="answered", value=value, number=number, at=now())
            row.day = str(world.day)
            row.save()
            Measure(episode=world.episode, name="x", value=number, values=value, day=world.day, at=now()).save()
    assert verify().faults == []


def test_s43_what_is_added_while_it_runs_is_whole_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def added(kind: type[Model], using: str) -> Iterator[Any]:
        if kind is Answer:
            with act(world.actor(world.therapist), "notes", "test", change=True):
                Answer(episode=world.episode, fact="x", state="answered", value=1, day=world.day, at=now()).save()
        yield from in_order(kind, using)

    in_order = rows.in_order
    monkeypatch.setattr(rows, "in_order", added)
    report = verify()
    assert (report.faults, report.records) == ([], 1)


def test_s44_verify_names_missing_seals(record: list[Anchor]) -> None:
    assert any("clinic_decision" in line and "missing" in line for line in verify().faults)


def test_s46_memory_does_not_grow_with_the_trail(record: list[Anchor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "PAGE", 50)
    head = trail.head_of()
    hash, rows = head.hash, []
    first = AuditRow.objects.get(number=head.number)
    for number in range(head.number + 1, 3_001):
        row = AuditRow(**{field.attname: getattr(first, field.attname) for field in AuditRow._meta.concrete_fields})
        row.number, row.previous, row.why = number, hash, "x" * 900
        row.hash = hash = audit.hash_of(row)
        rows.append(row)
    AuditRow.objects.bulk_create(rows, batch_size=200)
    AuditHead.objects.update(number=3_000, hash=hash)
    del rows
    monkeypatch.setattr(sealed, "append_only_models", list)
    tracemalloc.start()
    report = verify()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.rows == 3_000
    assert peak < 2_000_000  # bytes; all rows at once take over 6 million


# --- The command ------------------------------------------------------------------------------------------------------


def test_s46_the_command_ends_with_0_when_whole_and_with_1_and_the_first_bad_row_when_not(seeded: Installation) -> None:
    seeded.python("import django; django.setup(); from palpate.clinic import anchors; anchors.write()")
    kept = seeded.data / "anchors.ndjson"
    done = seeded.palpate("verify", "--anchors", kept)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "whole: 23 rows of the audit trail, 3 records as they were written, 2 decisions decided again"
    )
    seeded.python(
        "import django; django.setup()\n"
        "from django.db import connection\nfrom palpate.clinic import sealed\n"
        "sealed.unseal(connection)\n"
        "connection.cursor().execute(\"UPDATE clinic_auditrow SET deed = 'other' WHERE number = 7\")\n"
        "sealed.seal(connection)"
    )
    done = seeded.palpate("verify", "--anchors", kept)
    assert done.code == 1
    assert done.out.splitlines() == ["not whole", "row 7: it was changed, or written without the key"]


def test_the_command_refuses_anchors_that_are_no_anchors_and_folders_without_an_installation(
    seeded: Installation, tmp_path: Path
) -> None:
    for name in ("none", "bad"):
        (tmp_path / "bad").write_text("x\n", encoding="utf-8")
        done = seeded.palpate("verify", "--anchors", tmp_path / name)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    done = seeded.palpate("verify", "--data", tmp_path / "nowhere")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert not (tmp_path / "nowhere").exists()
