"""Exports are complete, harmless in a spreadsheet, and for those who may (S-06, S-08, S-36, S-48)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.urls import reverse

from palpate.clinic.access.exporting import LEFT_OUT, PERSONAL, PRACTICE, SECRET
from palpate.clinic.acts import upkeep
from palpate.clinic.exporting import csv_cell, csv_line, csv_stream
from palpate.clinic.models import AuditRow, BreakGlass, Person
from palpate.clinic.moment import now
from tests.clinic_world import World
from tests.filled_world import PNG, another, counts, fill

csv.field_size_limit(1 << 24)  # the meaning of a pathway is one long cell


def saved(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)


def personal_rows(person: Person) -> dict[str, int]:
    """How many rows of each table are about a person, counted another way: by walking the store."""
    ids = {str(person.pk), *(str(row.pk) for row in Person.objects.filter(merged_into=person))}
    found: dict[str, set[str]] = {"Person": ids}
    more = True
    while more:
        more = False
        for model in apps.get_app_config("clinic").get_models():
            for field in model._meta.concrete_fields:
                target = field.related_model.__name__ if field.related_model else ""
                if target in found and target in PERSONAL and model.__name__ in PERSONAL:
                    rows = model.objects.filter(**{f"{field.name}__in": found[target]})
                    mine = {str(pk) for pk in rows.values_list("pk", flat=True)}
                    if mine - found.get(model.__name__, set()):
                        found.setdefault(model.__name__, set()).update(mine)
                        more = True
    trail = [row for row in AuditRow.objects.all() if ids & set(row.persons)]
    return {name: len(rows) for name, rows in found.items()} | {"AuditRow": len(trail)}


def test_s48_the_file_of_one_person_holds_every_row_of_every_table_about_them(world: World, signed_in: Any) -> None:
    fill(world)
    another(world, world.colleague, "Cleo")
    client = signed_in(world.therapist)
    assert client.get(reverse("export-person", args=[world.person.pk])).status_code == 200
    answer = client.post(reverse("export-file", args=[world.person.pk]))
    told = json.loads(saved(answer))
    assert set(told["tables"]) == set(PERSONAL)
    expected = personal_rows(world.person)
    assert {name: expected.get(name, 0) for name in PERSONAL} == told["counts"]
    assert {name: len(rows) for name, rows in told["tables"].items()} == told["counts"]
    assert all(count > 0 for count in told["counts"].values()), told["counts"]
    assert told["tables"]["Note"][0]["subjective"] == "Better"
    assert "Cleo" not in json.dumps(told["tables"])
    assert str(world.person.pk) in answer["Content-Disposition"]
    assert "Ada" not in answer["Content-Disposition"]


def test_s48_no_secret_leaves_with_an_export(world: World, signed_in: Any) -> None:
    fill(world)
    client = signed_in(world.owner)
    archive = zipfile.ZipFile(io.BytesIO(saved(client.post(reverse("export-all")))))
    text = b"".join(archive.read(name) for name in archive.namelist())
    for model in ("User", "ReferralLink", "ApiKey"):
        for row in apps.get_model("clinic", model).objects.all():
            for field in SECRET & {field.attname for field in row._meta.concrete_fields} - {"session_epoch"}:
                assert str(getattr(row, field)).encode() not in text, f"{model}.{field}"


def test_an_export_of_everything_holds_every_table_as_csv_and_json_notes_and_files_included(
    world: World, signed_in: Any
) -> None:
    filled = fill(world)
    another(world, world.colleague, "Cleo")
    client = signed_in(world.owner)
    answer = client.post(reverse("export-all"))
    stored = counts()
    archive = zipfile.ZipFile(io.BytesIO(saved(answer)))
    assert archive.testzip() is None
    about = json.loads(archive.read("about.json"))
    for name in (*PERSONAL, *PRACTICE):
        rows = list(csv.DictReader(io.StringIO(archive.read(f"csv/{name}.csv").decode("utf-8-sig"), newline="")))
        lines = [json.loads(line) for line in archive.read(f"json/{name}.ndjson").splitlines()]
        assert len(rows) == len(lines) == about["counts"][name] == stored[name], name
    assert about["left_out"] == list(LEFT_OUT)
    notes = archive.read("csv/Note.csv").decode()
    assert "Better" in notes
    assert archive.read(f"files/{filled.more['upload']}.png") == PNG
    row = AuditRow.objects.filter(deed="export-all").latest("number")
    assert (row.category, row.outcome, row.about["of"]) == ("export", "done", "everything")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\u3000＝1",
        "＋1",
        "－1",
        "＠x",
        "\0=1",
        "\ufeff=1",
    ],
)
def test_s36_no_text_becomes_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert cell == "'" + text
    line = next(csv.reader(io.StringIO(csv_line([text, "plain"]).replace("\0", ""), newline="")))
    assert line[0].startswith("'")
    assert line[1] == "plain"


def test_s36_a_spreadsheet_finds_no_formula_and_minus_one_stays_minus_one() -> None:
    texts = [
        "=1+1",
        '=HYPERLINK("http://evil.example","x")',
        "-1",
        "+49 30 1",
        "@x",
        'a "quoted", text',
        "two\nlines",
        "plain",
    ]
    data = b"".join(csv_stream(["text", "number"], [[text, -1] for text in texts])).decode("utf-8-sig")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in csv.reader(io.StringIO(data, newline="")):
        sheet.append([float(cell) if cell.lstrip("-").isdigit() else cell for cell in row])
    kept = io.BytesIO()
    book.save(kept)
    again = openpyxl.load_workbook(io.BytesIO(kept.getvalue())).active
    for text, row in zip(texts, again.iter_rows(min_row=2), strict=True):
        assert row[0].data_type == "s", f"{text!r} became {row[0].data_type}"
        assert row[0].value.lstrip("'") == text
        assert (row[1].data_type, row[1].value) == ("n", -1)
    assert data.count("\r\n") == len(texts) + 1
    assert csv_cell(-1.5) == "-1.5"
    assert csv_cell(None) == ""
    assert (csv_cell(True), csv_cell(False)) == ("yes", "no")


def test_s36_payloads_in_every_text_come_out_of_an_export_harmless(world: World, signed_in: Any) -> None:
    fill(world, "=cmd|' /C calc'!A0")
    archive = zipfile.ZipFile(io.BytesIO(saved(signed_in(world.owner).post(reverse("export-all")))))
    for name in (*PERSONAL, *PRACTICE):
        for row in csv.reader(io.StringIO(archive.read(f"csv/{name}.csv").decode("utf-8-sig"), newline="")):
            for cell in row:
                number = cell.lstrip("-").replace(".", "").replace("e", "").isdigit()
                assert number or not cell.strip().startswith(("=", "+", "-", "@")), f"{name}: {cell!r}"


def test_the_record_to_print_holds_notes_answers_decisions_and_amendments(world: World, signed_in: Any) -> None:
    fill(world)
    page = signed_in(world.therapist).post(reverse("export-record", args=[world.person.pk]))
    text = page.content.decode()
    for word in ("Ada Lind", "Better", "Yields", "Left side too", "Dr Kim", "Walking", "Sore", "To lift the child",
                 "The person asks for it", "Gentle only", "partly done", "Stiff low back"):  # fmt: skip
        assert word in text, word


def test_s08_only_the_owner_exports_everything_and_a_therapist_their_own_people(world: World, signed_in: Any) -> None:
    fill(world)
    at = reverse("export-file", args=[world.person.pk])
    assert saved(signed_in(world.owner).post(at))
    for user in (world.desk, world.auditor, world.colleague):
        assert signed_in(user).post(at).status_code == 404
        assert signed_in(user).post(reverse("export-all")).status_code == 404
    assert signed_in(world.therapist).post(reverse("export-all")).status_code == 404
    glass = BreakGlass.objects.get(person=world.person)
    with upkeep():
        BreakGlass.objects.filter(pk=glass.pk).update(until=now().replace(year=2100))
    colleague = signed_in(world.colleague)
    assert colleague.get(reverse("person", args=[world.person.pk])).status_code == 200
    for answer in (
        colleague.post(at),
        colleague.get(reverse("export-person", args=[world.person.pk])),
        colleague.post(reverse("export-record", args=[world.person.pk])),
    ):
        assert answer.status_code == 404, "a broken glass is for reading, not for taking away"


def test_an_export_is_written_as_it_is_read(world: World, signed_in: Any) -> None:
    fill(world)
    answer = signed_in(world.owner).post(reverse("export-all"))
    pieces = list(answer.streaming_content)
    assert answer.streaming
    assert len(pieces) >= 1
    assert max(len(piece) for piece in pieces) < 1 << 20


def test_s48_the_file_for_other_programs_is_asked_for_by_post_named_by_an_id_and_stands_in_the_trail(
    world: World, signed_in: Any
) -> None:
    client = signed_in(world.therapist)
    address = reverse("export-fhir", args=[world.person.pk])
    assert client.get(address).status_code == 405
    answer = client.post(address)
    told = json.loads(saved(answer))
    assert answer["Content-Type"] == "application/fhir+json"
    assert "Ada" not in answer["Content-Disposition"]
    assert told["entry"][0]["resource"]["resourceType"] == "Patient"
    row = AuditRow.objects.latest("number")
    assert (row.category, row.deed, row.about["of"]) == ("export", "export-fhir", "person")
    for user in (world.desk, world.auditor, world.colleague):
        assert signed_in(user).post(address).status_code == 404
