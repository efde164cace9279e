"""Several processes at one audit: the same files as by one, and whatever goes wrong is said as by one."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import palpate.population.audit
import palpate.population.together
from palpate.library import load_pathway
from palpate.pathway.faults import Faults
from palpate.population import sources
from palpate.population.audit import audit
from palpate.population.json_table import Shape, document_schema, table_of
from palpate.population.sample import write_sample

PATHWAY = load_pathway()
FILES = ("decisions.parquet", "faults.parquet", "care.parquet")


@pytest.fixture(autouse=True)
def _however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palpate.population.audit, "WORTH_SHARING", 0)


def rows_in_groups(place: Path, count: int = 500, together: int = 90) -> None:
    made = io.BytesIO()
    write_sample(PATHWAY, count, 8, "parquet", made)
    made.seek(0)
    pq.write_table(pq.read_table(made), place, row_group_size=together)


def documents(place: Path, count: int, odd: int) -> None:
    made = io.BytesIO()
    write_sample(PATHWAY, count, 8, "ndjson", made)
    lines = made.getvalue().splitlines()
    lines[odd] = b'{"palpate": 1}'
    place.write_bytes(b"\n".join(lines) + b"\n")


def same(one: Path, other: Path) -> None:
    for name in FILES:
        assert pq.read_table(one / name).equals(pq.read_table(other / name)), name
    for name in ("summary.json", "report.html"):
        assert (one / name).read_text(encoding="utf-8") == (other / name).read_text(encoding="utf-8"), name


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three files, the lines in many parts."""
    monkeypatch.setattr(sources, "LINES_TOGETHER", 40)
    monkeypatch.setattr(sources, "PIECE", 20_000)
    folder = tmp_path / "in"
    folder.mkdir()
    rows_in_groups(folder / "a.parquet")
    documents(folder / "b.ndjson", 210, 50)
    rows_in_groups(folder / "c.parquet", 30)
    return folder


def test_three_processes_write_what_one_writes(mixed: Path, tmp_path: Path) -> None:
    audit(PATHWAY, mixed, tmp_path / "one")
    shares: list[float] = []
    folder = audit(PATHWAY, mixed, tmp_path / "three", workers=3, told=lambda _, share: shares.append(share))
    same(tmp_path / "one", tmp_path / "three")
    assert (folder.rows, folder.at_fault) == (740, 1)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_a_process_that_dies_costs_time_and_nothing_else(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, add_file = os.getpid(), palpate.population.together.add_file

    def dying(*told: Any) -> Any:
        if os.getpid() != here and told[1].name == "c.parquet":
            os.kill(os.getpid(), 9)
        return add_file(*told)

    audit(PATHWAY, mixed, tmp_path / "one")
    monkeypatch.setattr(palpate.population.together, "add_file", dying)
    audit(PATHWAY, mixed, tmp_path / "two", workers=2)
    same(tmp_path / "one", tmp_path / "two")
    assert not list(tmp_path.glob(".*unfinished*"))


def test_what_is_at_fault_is_said_as_by_one_process(mixed: Path, tmp_path: Path) -> None:
    whole = (mixed / "c.parquet").read_bytes()
    (mixed / "c.parquet").write_bytes(whole[:50] + bytes(200) + whole[250:])
    said = []
    for workers in (1, 2):
        with pytest.raises(Faults) as found:
            audit(PATHWAY, mixed, tmp_path / f"out{workers}", workers=workers)
        said.append([str(fault) for fault in found.value.faults])
        assert not (tmp_path / f"out{workers}").exists()
    assert said[0] == said[1]


def test_documents_with_facts_that_were_not_seen_before_are_read_whole() -> None:
    """The reader expects what it has seen so far; what is new, and what fits neither way, must not get lost."""
    shape = Shape(document_schema(PATHWAY))
    few = [{"palpate": 1, "facts": {"pain_site": "neck"}} for _ in range(3)]
    more = {"palpate": 1, "facts": {"fever_or_chills": True}, "sessions": [{"facts": {"pain_now": 4}}, {}]}
    lines = [json.dumps(document).encode() for document in few]
    table, places = table_of(lines, shape)
    assert places == [0, 1, 2]
    table, _ = table_of(lines, shape)
    assert [field.name for field in table.schema.field("facts").type] == ["pain_site"]
    table, _ = table_of([json.dumps(more).encode()], shape)
    row = table.to_pylist()[0]
    assert row["facts"]["fever_or_chills"] is True
    assert row["sessions"][0]["facts"]["pain_now"] == 4
    wrong = b'{"palpate": 1, "facts": {"no_such_fact": true}}'
    rare = json.dumps({"palpate": 1, "sessions": [{"minutes": 3}], "facts": {"night_pain": "none"}}).encode()
    mixture = [*lines * 20, wrong, *lines * 20, rare, *lines * 20]
    table, places = table_of(mixture, shape)
    assert 60 not in places
    assert set(range(93, len(mixture))) <= set(places)  # its neighbours are left to the strict reader as well
    at = places.index(121)
    assert table.slice(at, 1).to_pylist()[0]["facts"]["night_pain"] == "none"
    assert table.column("facts").field("pain_site").null_count == 1


@pytest.mark.parametrize("hands", [1, 2, 3])
def test_lines_shared_out_in_blocks_are_the_lines_of_the_file(
    hands: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blank lines, lines that are too long, a last line without an end, and a byte that is no space in JSON."""
    monkeypatch.setattr(sources, "LARGEST", 50)
    monkeypatch.setattr(sources, "BYTES_TOGETHER", 400)
    monkeypatch.setattr(sources, "LINES_TOGETHER", 3)
    monkeypatch.setattr(sources, "PIECE", 30)
    texts = [
        b"{1}",
        b"",
        b" \r",
        b"x" * 51,
        b"\x0b",
        *[b""] * 20,
        b"y" * 52,
        b"z" * 900,
        b"{2} \r",
        b"",
        b"w" * 800,
        b"{3}",
    ]
    file = tmp_path / "some.ndjson"
    file.write_bytes(b"\n".join(texts))
    shares = [list(sources.lines_of(file, (at, hands))) for at in range(hands)]
    longest = max(map(len, shares))
    turns = [share[n][0] for n in range(longest) for share in shares if n < len(share)]
    found = [line for lines in turns for line in lines]
    wanted = [(n, text.rstrip(b" \r")) for n, text in enumerate(texts, 1) if text.strip(b" \r")]
    assert [n for n, _ in found] == [n for n, _ in wanted]
    for (_, text), (_, whole) in zip(found, wanted, strict=True):
        assert text == whole or (len(text) > 50 and whole.startswith(text))


def test_row_groups_are_dealt_out_evenly_and_small_ones_go_together(tmp_path: Path) -> None:
    file = tmp_path / "some.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(100)]}), file, row_group_size=10)
    for hands in (1, 2, 3, 20):
        parts = sources.parts_of(file, hands)
        assert [group for part in parts for group in part] == list(range(10))
        load = [sum(map(len, parts[at::hands])) for at in range(hands)]
        assert max(load) - min(load) <= 1
