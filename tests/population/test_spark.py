"""The audit on a real Spark, a master and two workers on this machine: the same decisions; one line when it fails."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from palpate.cli import main
from palpate.library import load_pathway
from palpate.pathway.faults import Faults
from palpate.population import spark
from palpate.population.audit import audit
from palpate.population.sample.block import draw_block
from palpate.population.sample.rows import rows_of
from palpate.population.spark import SparkFault, audit_on_spark
from tests.installation import PALPATE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java runtime"),
]
PATHWAY = load_pathway()
LOCAL = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1", "PYSPARK_PYTHON": sys.executable}
START_SECONDS = 300.0


@dataclass
class Cluster:
    """A Spark of its own: its address, and the processes of its workers."""

    master: str
    workers: list[subprocess.Popen[bytes]]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    home = Path(find_spec("pyspark").origin).parent  # type: ignore[union-attr, arg-type]
    folder = tmp_path_factory.mktemp("spark")
    log = (folder / "log").open("wb")
    port, web = free_port(), free_port()
    master = f"spark://127.0.0.1:{port}"
    env = {**os.environ, **LOCAL, "SPARK_HOME": str(home)}
    run = str(home / "bin" / "spark-class")

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        call = [run, f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", *arguments]
        return subprocess.Popen(call, env=env, stdout=log, stderr=log)

    running = [start("master.Master", "--port", str(port), "--webui-port", str(web))]
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, (folder / "log").read_text(errors="replace")[-2_000:]
            time.sleep(0.2)
        places = ("--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", str(folder))
        running += [start("worker.Worker", *places, master) for _ in range(2)]
        yield Cluster(master, running[1:])
    finally:
        for process in running:
            process.kill()
            process.wait()
        log.close()


def write(file: Path, batch: pa.RecordBatch, rows_together: int = 200) -> Path:
    pq.write_table(pa.Table.from_batches([batch]), file, row_group_size=rows_together)
    return file


def same(here: Path, there: Path) -> bool:
    """Whether two audits left the same, to the row and to the byte."""
    tables = ("decisions", "faults", "care")
    equal = [pq.read_table(here / f"{name}.parquet") == pq.read_table(there / f"{name}.parquet") for name in tables]
    texts = [(here / name).read_bytes() == (there / name).read_bytes() for name in ("summary.json", "report.html")]
    return all([*equal, *texts]) and {file.name for file in here.iterdir()} == {file.name for file in there.iterdir()}


def test_spark_leaves_the_same_folder_as_this_process_does(cluster: Cluster, tmp_path: Path) -> None:
    people = rows_of(draw_block(PATHWAY, 21, 0), 1_000)
    at = people.schema.get_field_index("pain_now")
    wrong = people.column(at).to_pylist()
    wrong[3], wrong[700] = 11, 99
    people = people.set_column(at, people.schema.field(at), pa.array(wrong, people.schema.field(at).type))
    rows = tmp_path / "rows"
    rows.mkdir()
    write(rows / "a.parquet", people.slice(0, 500))
    write(rows / "b.parquet", people.slice(500))
    (rows / "c.csv").write_text("id,moment,fever_or_chills,age_years\nq1,intake,yes,40\nq2,intake,maybe,40\n")
    heard: list[tuple[int, float]] = []
    folder = audit_on_spark(
        PATHWAY, rows, tmp_path / "there", master=cluster.master, told=lambda *how: heard.append(how)
    )
    audit(PATHWAY, rows, tmp_path / "here")
    assert same(tmp_path / "here", tmp_path / "there")
    assert (folder.rows, folder.at_fault) == (1_002, 3)
    assert all(0 <= share <= 1 and count <= 1_002 for count, share in heard)
    assert {file.name for file in tmp_path.iterdir()} == {"rows", "here", "there"}, "nothing else is left"


def test_the_command_decides_on_a_cluster_within_its_limit_of_memory(cluster: Cluster, tmp_path: Path) -> None:
    file = write(tmp_path / "rows.parquet", rows_of(draw_block(PATHWAY, 23, 0), 1_000))
    call = ["audit", str(file), "--out", str(tmp_path / "there"), "--engine", "spark", "--master", cluster.master]
    done = subprocess.run([PALPATE, *call], capture_output=True, text=True)
    assert (done.returncode, done.stdout[:30]) == (0, "1000 rows: 1000 decided, 0 at "), done.stderr
    audit(PATHWAY, file, tmp_path / "here")
    assert same(tmp_path / "here", tmp_path / "there")


def test_a_file_that_is_damaged_inside_is_a_fault_of_the_input_and_leaves_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    people = rows_of(draw_block(PATHWAY, 22, 0), 400)
    file = write(tmp_path / "damaged.parquet", people)
    raw = bytearray(file.read_bytes())
    start = pq.read_metadata(file).row_group(1).column(3).dictionary_page_offset or 4
    raw[start : start + 600] = bytes(600)
    file.write_bytes(raw)
    with pytest.raises(Faults, match="damaged or cut off"):
        audit_on_spark(PATHWAY, file, tmp_path / "out", master=cluster.master)
    assert list(tmp_path.iterdir()) == [file]


def test_workers_that_die_in_the_middle_end_the_audit_with_one_line(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "OFFER_SECONDS", START_SECONDS)
    block = rows_of(draw_block(PATHWAY, 23, 0), 8_000)
    source = write(tmp_path / "many.parquet", pa.concat_batches([block] * 12), 2_000)
    ended: list[object] = []

    def audit() -> None:
        try:
            ended.append(audit_on_spark(PATHWAY, source, tmp_path / "out", master=cluster.master))
        except SparkFault as fault:
            ended.append(fault)

    thread = threading.Thread(target=audit)
    thread.start()
    until = time.monotonic() + START_SECONDS
    while not list(tmp_path.glob(".out.*/parts/*")):  # the first part has begun
        assert not ended, ended
        assert time.monotonic() < until
        time.sleep(0.05)
    monkeypatch.setattr(spark, "OFFER_SECONDS", 2.0)
    for worker in cluster.workers:
        worker.kill()  # with it end its executors
        worker.wait()
    thread.join(START_SECONDS)
    assert not thread.is_alive()
    (fault,) = ended
    assert isinstance(fault, SparkFault), fault
    assert "lost in the middle of the work; nothing was kept" in str(fault)
    assert "\n" not in str(fault)
    assert list(tmp_path.iterdir()) == [source], "nothing is left that looks finished"


# --- without a cluster ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("master", "says", "at_call"),
    [
        ("http://127.0.0.1:7077", "--master is an address such as", True),
        ("spark://127.0.0.1", "--master is an address such as", True),
        ("spark://127.0.0.1:1", "no Spark master answers at spark://127.0.0.1:1", False),
    ],
)
def test_a_master_that_is_none_is_one_line(tmp_path: Path, master: str, says: str, at_call: bool) -> None:
    with pytest.raises(SparkFault, match=says) as caught:
        audit_on_spark(PATHWAY, tmp_path, tmp_path / "out", master=master)
    assert caught.value.at_call is at_call


def test_wrong_columns_are_refused_before_spark_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "_context", lambda _: pytest.fail("Spark was asked"))
    pq.write_table(pa.table({"id": ["a"], "moment": ["intake"], "fevver_or_chills": [True]}), tmp_path / "odd.parquet")
    with pytest.raises(Faults, match="fevver_or_chills"):
        audit_on_spark(PATHWAY, tmp_path / "odd.parquet", tmp_path / "out", master="local[1]")


def test_the_command_says_in_one_line_that_java_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    source = write(tmp_path / "a.parquet", rows_of(draw_block(PATHWAY, 24, 0), 5))
    assert main(["audit", str(source), "--out", str(tmp_path / "out"), "--engine", "spark"]) == 1
    said = capfd.readouterr().err
    assert "needs a Java runtime" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_pyspark_or_java_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark.shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkFault, match="needs a Java runtime"):
        spark.check_installed()
    monkeypatch.setattr(spark, "find_spec", lambda _: None)
    with pytest.raises(SparkFault, match="needs PySpark"):
        spark.check_installed()


def test_a_task_uses_the_cores_that_spark_gave_it_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark import TaskContext

    class Given:
        def cpus(self) -> int:
            return 3

        def taskAttemptId(self) -> int:
            return 7

    used: list[int] = []
    monkeypatch.setattr(pa, "set_cpu_count", used.append)
    monkeypatch.setattr(TaskContext, "get", staticmethod(Given))
    nothing = spark.Task(b"", "", False, None)
    assert list(spark._Counted(nothing, None)(iter([]))) == []
    assert used == [3]
