"""`palpate audit` as a caller meets it: the folder, the exit codes, one line a fault, and nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from palpate import load_pathway
from palpate.pathway.faults import Faults
from palpate.population.audit import audit

PATHWAY = load_pathway()
ROWS: list[dict[str, Any]] = [
    {"id": "a", "moment": "intake", "age_years": 40, "fever_or_chills": True, "pain_site": "low_back"},
    {"id": "b", "moment": "session", "age_years": 40, "saddle_numbness": True},
    {"id": "c", "moment": "review", "age_years": 130},
    {"id": "d", "moment": "intake", "pain_site": "elbow"},
]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("moment", pa.string()),
        ("age_years", pa.int16()),
        ("fever_or_chills", pa.bool_()),
        ("pain_site", pa.string()),
        ("saddle_numbness", pa.bool_()),
    ]
)
DOCUMENT = {"palpate": 1, "id": "e", "as_of": "2026-03-16", "facts": {"saddle_numbness": True}}


def command(*arguments: str | Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "palpate.cli", "audit", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False, **settings)


def parquet(folder: Path, rows: list[dict[str, Any]] = ROWS, name: str = "in.parquet") -> Path:
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / name)
    return folder / name


def text(folder: Path, content: str | bytes, name: str = "in.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def found(out: Path, name: str = "decisions") -> list[dict[str, Any]]:
    return pq.read_table(out / f"{name}.parquet").to_pylist()  # type: ignore[no-any-return]


def refused(source: Path, tmp_path: Path) -> str:
    """The one line of an input that is refused whole; nothing may be left."""
    before = set(tmp_path.iterdir())
    with pytest.raises(Faults) as faults:
        audit(PATHWAY, source, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before
    (line,) = str(faults.value).splitlines()
    return line


def test_the_folder_holds_what_the_contract_names(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = command(parquet(tmp_path), "--out", out)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {"decisions.parquet", "faults.parquet", "summary.json", "report.html"} <= {
        file.name for file in out.iterdir()
    }
    assert [row["id"] for row in found(out)] == ["a", "b"]
    assert found(out)[1] | {"rules": []} == {"id": "b", "disposition": "emergency", "urgency": None, "rules": []}
    assert "cauda_equina_saddle" in found(out)[1]["rules"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "in.parquet", out]


def test_s27_rows_in_are_decisions_and_faults_and_the_summary_counts_them(tmp_path: Path) -> None:
    audit(PATHWAY, parquet(tmp_path), tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["decided"], summary["at_fault"]) == (4, 2, 2)
    assert sum(summary["dispositions"].values()) == 2
    assert summary["rules"]["cauda_equina_saddle"] == 1
    faults = found(tmp_path / "out", "faults")
    assert [(row["file"], row["row"], row["id"]) for row in faults] == [("in.parquet", 3, "c"), ("in.parquet", 4, "d")]
    assert faults[0]["reason"].startswith("age_years: found 130, expected a whole number from 0 to 120")
    assert faults[1]["reason"].startswith('pain_site: found "elbow", expected one of')


def test_csv_gives_the_same_decisions_as_parquet(tmp_path: Path) -> None:
    lines = "id,moment,age_years,fever_or_chills,pain_site,saddle_numbness,unsure,cleared\r\n"
    lines += (
        'a,intake,40,true,low_back,,,\r\n"b",session,40,,,YES,leg_weakness|fever_or_chills,*\r\nc,review,130,,,,,\r\n'
    )
    lines += "d,intake,,,elbow,,,\r\n"
    audit(PATHWAY, text(tmp_path, lines), tmp_path / "csv")
    rows = [dict(row) for row in ROWS]
    rows[1] |= {"unsure": ["leg_weakness", "fever_or_chills"], "cleared": ["*"]}
    lists = [pa.field(name, pa.list_(pa.string())) for name in ("unsure", "cleared")]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema([*SCHEMA, *lists])), tmp_path / "in.parquet")
    audit(PATHWAY, tmp_path / "in.parquet", tmp_path / "parquet")
    assert found(tmp_path / "csv") == found(tmp_path / "parquet")
    assert [row["row"] for row in found(tmp_path / "csv", "faults")] == [3, 4]


def test_documents_and_rows_stand_in_one_folder_and_hidden_files_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    parquet(folder)
    text(
        folder,
        json.dumps(DOCUMENT) + "\n\n" + json.dumps({**DOCUMENT, "as_of": "2026-02-30"}) + "\nnot JSON\n",
        "z.ndjson",
    )
    text(folder, "", "_SUCCESS")
    audit(PATHWAY, folder, tmp_path / "out")
    assert [row["id"] for row in found(tmp_path / "out")] == ["a", "b", "e"]
    faults = [(row["file"], row["row"]) for row in found(tmp_path / "out", "faults")]
    assert faults == [("in.parquet", 3), ("in.parquet", 4), ("z.ndjson", 3), ("z.ndjson", 4)]


def test_ask_adds_the_open_questions(tmp_path: Path) -> None:
    audit(PATHWAY, parquet(tmp_path, ROWS[:1]), tmp_path / "out", ask=True)
    assert set(found(tmp_path / "out")[0]) == {"id", "disposition", "urgency", "rules", "ask"}


def test_an_empty_file_is_audited_and_holds_nobody(tmp_path: Path) -> None:
    for file in (parquet(tmp_path, []), text(tmp_path, "id,moment\n"), text(tmp_path, "", "in.ndjson")):
        assert audit(PATHWAY, file, tmp_path / f"out{file.suffix}").rows == 0
        assert found(tmp_path / f"out{file.suffix}") == []


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"feaver_or_chills": pa.array([True])},
         'column "feaver_or_chills": no fact is called that; the nearest known one is fever_or_chills'),
        ({"pain_now": pa.array(["7"])},
         'column "pain_now" holds string, expected a whole number from 0 to 10 (points)'),
        ({"fever_or_chills": pa.array([1])}, 'column "fever_or_chills" holds int64, expected true or false'),
        ({"check_reached": pa.array([True])}, 'column "check_reached" is worked out from the rest and cannot be given'),
        ({"unsure": pa.array(["pain_now"])}, 'column "unsure" holds string, expected lists of text'),
    ],
)  # fmt: skip
def test_s27_a_column_that_does_not_fit_is_one_line(tmp_path: Path, column: dict[str, pa.Array], words: str) -> None:
    table = pa.table({"id": ["a"], "moment": ["intake"], **column})
    pq.write_table(table, tmp_path / "in.parquet")
    assert refused(tmp_path / "in.parquet", tmp_path) == f"{tmp_path / 'in.parquet'}: {words}"


def test_s27_columns_that_are_missing_or_stand_twice_are_said(tmp_path: Path) -> None:
    assert refused(text(tmp_path, "id,pain_now\na,3\n"), tmp_path).endswith("the column moment is missing")
    assert "stands there more than once" in refused(text(tmp_path, "id,moment,pain_now,pain_now\n"), tmp_path)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (pa.float64(), float("nan"), "body_temp_c: found NaN, expected a number from"),
        (pa.float64(), float("inf"), "body_temp_c: found Infinity, expected a number from"),
        (pa.float64(), 7.5, "pain_now: found 7.5, expected a whole number from 0 to 10"),
        (pa.int64(), -1, "pain_now: found -1, expected a whole number from 0 to 10"),
        (pa.int64(), 2**62, "pain_now: found 4611686018427387904, expected"),
    ],
)
def test_s24_a_number_that_is_none_is_a_row_at_fault_and_never_unknown(
    tmp_path: Path, kind: pa.DataType, value: float, reason: str
) -> None:
    name = reason.partition(":")[0]
    pq.write_table(
        pa.table({"id": ["a"], "moment": ["intake"], name: pa.array([value], kind)}), tmp_path / "in.parquet"
    )
    audit(PATHWAY, tmp_path / "in.parquet", tmp_path / "out")
    (fault,) = found(tmp_path / "out", "faults")
    assert fault["reason"].startswith(reason)


def test_s27_text_that_is_no_utf8_is_a_row_at_fault(tmp_path: Path) -> None:
    bad = pa.array([b"a\xff", b"b", b"c"]).cast(pa.binary())
    site = pa.array([b"low_back", b"\xff\xfe", b"low_back"])
    columns = [pa.Array.from_buffers(pa.string(), 3, array.buffers()) for array in (bad, site)]
    table = pa.table({"id": columns[0], "moment": ["intake"] * 3, "pain_site": columns[1]})
    pq.write_table(table, tmp_path / "in.parquet")
    audit(PATHWAY, tmp_path / "in.parquet", tmp_path / "out")
    assert [row["id"] for row in found(tmp_path / "out")] == ["c"]
    reasons = [row["reason"] for row in found(tmp_path / "out", "faults")]
    assert reasons == ["id: the text is not valid UTF-8", "pain_site: the text is not valid UTF-8"]


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"id": None}, "id: the id is missing"),
        ({"id": "x" * 201}, "id: found"),
        ({"moment": None}, "moment: the moment is missing"),
        ({"moment": "later"}, 'moment: found "later", expected intake, session or review'),
        ({"unsure": ["saddle_numbness"]}, "unsure[0]: saddle_numbness stands among the unsure and is answered as well"),
        ({"unsure": ["sadle_numbness"]}, 'unsure[0]: no fact is called "sadle_numbness"; the nearest known one is'),
        ({"cleared": ["no_such_rule"]}, 'clearances[0].covers[0]: no rule is called "no_such_rule"'),
    ],
)
def test_what_no_document_could_say_is_a_row_at_fault(tmp_path: Path, field: dict[str, Any], reason: str) -> None:
    lists = [pa.field(name, pa.list_(pa.string())) for name in ("unsure", "cleared")]
    pq.write_table(pa.Table.from_pylist([ROWS[1] | field], pa.schema([*SCHEMA, *lists])), tmp_path / "in.parquet")
    audit(PATHWAY, tmp_path / "in.parquet", tmp_path / "out")
    (fault,) = found(tmp_path / "out", "faults")
    assert fault["reason"].startswith(reason)


def test_a_given_derived_fact_that_the_answers_rule_out_is_a_row_at_fault(tmp_path: Path) -> None:
    told = {"pain_duration_days": [10, 10], "pain_phase": ["chronic", "acute"]}
    table = pa.table({"id": ["a", "b"], "moment": ["intake"] * 2, **told})
    pq.write_table(table, tmp_path / "in.parquet")
    audit(PATHWAY, tmp_path / "in.parquet", tmp_path / "out")
    assert [row["id"] for row in found(tmp_path / "out")] == ["b"]
    assert "make it" in found(tmp_path / "out", "faults")[0]["reason"]


def test_s27_a_csv_line_that_is_no_row_is_a_fault_and_the_rest_is_decided(tmp_path: Path) -> None:
    lines = "id,moment,pain_now\na,intake,3\nb,intake\nc,intake,seven\nd,intake,4,5\ne,intake,5\n"
    audit(PATHWAY, text(tmp_path, lines), tmp_path / "out")
    assert [row["id"] for row in found(tmp_path / "out")] == ["a", "e"]
    faults = {row["row"]: row["reason"] for row in found(tmp_path / "out", "faults")}
    assert faults[2] == "the line has 2 fields, expected 3"
    assert faults[3].startswith('pain_now: found "seven", expected a whole number')
    assert faults[4] == "the line has 4 fields, expected 3"


@pytest.mark.parametrize(
    "lines", ['a,"intake,3\nb,intake,4\n', 'a,intake,"3\nb,intake,4\n', '"a\nb",intake,3\nc,intake,4\n']
)
def test_s27_a_quote_left_open_refuses_the_file_and_names_the_line(tmp_path: Path, lines: str) -> None:
    line = refused(text(tmp_path, "id,moment,pain_now\n" + lines), tmp_path)
    assert line == f"{tmp_path / 'in.csv'}: line 2: a quote is left open, or a field runs over more than one line"


def test_s27_a_parquet_file_that_is_cut_off_or_damaged_is_one_line(tmp_path: Path) -> None:
    whole = parquet(tmp_path).read_bytes()
    line = refused(text(tmp_path, whole[: len(whole) // 2], "cut.parquet"), tmp_path)
    assert line.endswith("this is no Parquet file, or it is damaged or cut off: unreadable")
    rotten = bytearray(whole)
    rotten[8:200] = b"\xa5" * 192
    line = refused(text(tmp_path, bytes(rotten), "rotten.parquet"), tmp_path)
    assert "damaged" in line


def test_s27_a_file_that_unpacks_to_more_than_was_granted_is_one_line_and_nothing_is_left(tmp_path: Path) -> None:
    many = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table({"id": many, "moment": ["intake"] * 2_000})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd", store_schema=False)
    assert (tmp_path / "bomb.parquet").stat().st_size < 100_000
    ran = command(tmp_path / "bomb.parquet", "--out", tmp_path / "out", "--memory", "256M")
    assert ran.returncode in (1, 2)
    assert "more than --memory allows (256M)" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "bomb.parquet"]


def test_an_input_that_is_not_there_or_no_population_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv", tmp_path).endswith("there is no such file or folder")
    assert "by its name" in refused(text(tmp_path, "x", "in.xlsx"), tmp_path)
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty", tmp_path).endswith("the folder holds no files")


def test_a_folder_that_holds_something_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    ran = command(parquet(tmp_path), "--out", out)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"{out}: the folder is not empty; name a new one\n"
    assert list(out.iterdir()) == [out / "mine"]


@pytest.mark.parametrize("options", [["--memory", "lots"], ["--memory", "1M"], ["--master", "spark://x:1"]])
def test_a_wrong_call_is_one_line_and_exit_code_2(tmp_path: Path, options: list[str]) -> None:
    ran = command(parquet(tmp_path), "--out", tmp_path / "out", *options)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full disk to write to")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from palpate.population import writing

    opened = pq.ParquetWriter
    monkeypatch.setattr(writing.pq, "ParquetWriter", lambda file, *rest, **named: opened("/dev/full", *rest, **named))
    with pytest.raises(OSError, match="space"):
        audit(PATHWAY, parquet(tmp_path), tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "in.parquet"]


def test_a_run_that_is_killed_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    pipe = tmp_path / "in.ndjson"
    os.mkfifo(pipe)  # its reader waits for more, and can be met in the middle of the work
    call = [sys.executable, "-m", "palpate.cli", "audit", str(pipe), "--out", str(tmp_path / "out")]
    with subprocess.Popen(call, start_new_session=True) as running, open(pipe, "w") as lines:
        lines.write(json.dumps(DOCUMENT) + "\n")
        lines.flush()
        until = time.monotonic() + 60
        while not any(tmp_path.glob(".out.unfinished-*")) and time.monotonic() < until:
            os.sched_yield()
        os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert not (tmp_path / "out").exists()


def test_s27_a_batch_is_let_go_as_soon_as_it_is_decided() -> None:
    import gc
    import weakref

    from palpate.population.batch import decide_rows

    gc.disable()
    try:
        known = weakref.ref(decide_rows(PATHWAY, pa.RecordBatch.from_pylist(ROWS, SCHEMA))[1])
        assert known() is None
    finally:
        gc.enable()
