"""Two pathways over a population: what is counted by columns is what the comparison of single documents finds."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import palpate.cli.trial
from palpate.cli import main
from palpate.library import load_pathway
from palpate.pathway.compare import decided_otherwise
from palpate.pathway.pathway import Pathway
from palpate.population.comparing import Comparison, compare_file
from palpate.population.rows import document_of
from palpate.population.sample import write_sample

PATHWAY = load_pathway()


def stricter() -> Pathway:
    """A pathway that sends everybody over fifty to an examination, does not miss exercises, and wants more relief."""
    rules = []
    for rule in PATHWAY.meaning["rules"]:
        if rule["id"] == "over_fifty_alone":
            rules.append({**rule, "disposition": "medical_exam_first", "urgency": "routine"})
        elif rule["id"] != "exercise_missing":
            rules.append(rule)
    response = {**PATHWAY.meaning["response"], "pain_full_share": 0.6}
    return Pathway.of_meaning({**PATHWAY.meaning, "rules": rules, "response": response})


def sampled(kind: str, count: int) -> io.BytesIO:
    made = io.BytesIO()
    write_sample(PATHWAY, count, 5, kind, made)
    made.seek(0)
    return made


def last(after: Pathway, file: Path) -> Comparison:
    found = Comparison()
    for _ in compare_file(PATHWAY, after, file, found):
        pass
    return found


def one_by_one(after: Pathway, documents: list[Any]) -> tuple[Counter[Any], Counter[Any]]:
    """(shift -> how many, (shift, kind, rule) -> how many), by the comparison of single documents.

    Rules without a disposition are no part of what that tells.
    """
    shifts: Counter[Any] = Counter()
    rules: Counter[Any] = Counter()
    for document in documents:
        row = decided_otherwise(PATHWAY, after, document)
        if row is None or row["differs"] != "decision":
            continue
        shift = tuple(" ".join(filter(None, row[key].values())) for key in ("from", "to"))
        shifts[shift] += 1
        rules.update((shift, kind, rule) for kind in ("no_longer", "new", "decisive") for rule in row[kind])
    return shifts, rules


def test_documents_are_counted_as_they_are_compared_singly(tmp_path: Path) -> None:
    after = stricter()
    lines = sampled("ndjson", 150).getvalue().splitlines()
    file = tmp_path / "some.ndjson"
    file.write_bytes(b"\n".join(lines))
    found = last(after, file)
    shifts, rules = one_by_one(after, [json.loads(line) for line in lines])
    assert found.shifts == shifts
    assert (found.both, found.at_fault) == (150, 0)
    silent = {rule.id for pathway in (PATHWAY, after) for rule in pathway.rules if rule.disposition == "none"}
    ours = {rule.id for rule in PATHWAY.rules} - silent

    def told(counts: Counter[Any]) -> dict[Any, int]:
        return {key: count for key, count in counts.items() if key[2] in ours}

    assert told(found.rules) == told(rules)
    assert len(shifts) > 2


def rounded(table: pa.Table) -> pa.Table:
    """Scores with two places: more than fifteen are refused in CSV."""
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            table = table.set_column(at, field.name, pc.round(table.column(at), 2))
    return table


def joined(table: pa.Table) -> pa.Table:
    """Lists as CSV has them."""
    for at, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            words = ["|".join(row or []) for row in table.column(at).to_pylist()]
            table = table.set_column(at, field.name, pa.array(words))
    return table


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_rows_are_counted_as_the_documents_they_stand_for(kind: str, tmp_path: Path) -> None:
    table = rounded(pq.read_table(sampled("parquet", 120)))
    batch = table.combine_chunks().to_batches()[0]
    file = tmp_path / f"some.{kind}"
    if kind == "parquet":
        pq.write_table(table, file)
    else:
        pa_csv.write_csv(joined(table), file)
    after = stricter()
    found = last(after, file)
    assert found.shifts == one_by_one(after, [document_of(batch, row) for row in range(120)])[0]
    assert found.both == 120
    for shift, examples in found.examples.items():
        assert 0 < len(examples) <= found.shifts[shift]


def test_what_only_one_pathway_asks_is_kept_from_the_other(tmp_path: Path) -> None:
    facts = [fact for fact in PATHWAY.meaning["facts"] if fact["id"] != "product_allergy"]
    rules = [rule for rule in PATHWAY.meaning["rules"] if "product_allergy" not in json.dumps(rule)]
    less = Pathway.of_meaning({**PATHWAY.meaning, "facts": facts, "rules": rules})
    rows, lines = tmp_path / "some.parquet", tmp_path / "some.ndjson"
    table = pq.read_table(sampled("parquet", 200))
    unsure = [["product_allergy"] if row == 3 else None for row in range(200)]
    answers = [None if row == 3 else word for row, word in enumerate(table.column("product_allergy").to_pylist())]
    for name, values, type_ in (
        ("product_allergy", answers, pa.string()),
        ("unsure", unsure, pa.list_(pa.string())),
    ):
        at = table.schema.get_field_index(name)
        column = pa.array(values, type_)
        table = table.set_column(at, name, column) if at >= 0 else table.append_column(name, column)
    pq.write_table(table, rows)
    lines.write_bytes(sampled("ndjson", 200).getvalue())
    for file in (rows, lines):
        found = last(less, file)
        assert (found.both, found.at_fault) == (200, 0)
        assert found.rules_only + found.changed > 0


def test_the_command_counts_rows_and_says_which_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some.ndjson"
    lines = sampled("ndjson", 40).getvalue().splitlines()
    file.write_bytes(b"\n".join([*lines[:20], b'{"palpate": 2}', *lines[20:]]))
    monkeypatch.setattr(palpate.cli.trial, "MANY", 1_000)
    monkeypatch.setattr("palpate.population.apart.apart", lambda work: work())
    folder = str(Path(palpate.cli.trial.__file__).parent.parent / "library" / "back_massage")
    assert main(["pathway", "diff", folder, folder, "--episodes", str(file)]) == 2
    said = capsys.readouterr()
    assert f"{file}:21" in said.err
    assert said.out.splitlines()[-1] == (
        "0 of 40 decisions would change, 0 more only in the rules that hold. "
        "1 could not be compared, and may change too."
    )
    assert main(["pathway", "diff", folder, folder, "--episodes", str(file), "--format", "json"]) == 2
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"episodes": 40, "changed": 0, "rules_changed": 0, "at_fault": 1, "shifts": []}


def test_a_table_with_a_column_that_is_no_fact_is_refused_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palpate.population.apart.apart", lambda work: work())
    file = tmp_path / "some.parquet"
    pq.write_table(pa.table({"id": ["a"], "moment": ["intake"], "shoe_size": [43]}), file)
    folder = str(Path(palpate.cli.trial.__file__).parent.parent / "library" / "back_massage")
    assert main(["pathway", "diff", folder, folder, "--episodes", str(file)]) == 2
    assert "shoe_size" in capsys.readouterr().err
