"""How much sooner two Spark workers are done than one: a master and its workers on this machine, the same audit.

    python benchmarks/population/spark_workers.py [ROWS]

Each worker has one core, so a second one can only help on a machine with two or more that are free. Times are those of
the whole command, with the start of Python, that of Spark's driver and the putting together; the cluster is up already.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

from palpate.library import load_pathway
from palpate.population.sample import write_sample


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """The address of a master with so many workers, each with one core."""
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, web = one.getsockname()[1], other.getsockname()[1]
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    run = [str(home / "bin" / "spark-class")]
    master = f"spark://127.0.0.1:{port}"
    quiet = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    calls = [["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(web)]]
    calls += [
        ["worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g",
         "--work-dir", str(folder), master]
    ] * workers  # fmt: skip
    running = []
    try:
        for call in calls:
            running.append(subprocess.Popen([*run, f"org.apache.spark.deploy.{call[0]}", *call[1:]], **quiet))  # type: ignore[call-overload]
            while call[0] == "master.Master":
                with socket.socket() as one:
                    if one.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
        while _signed_on(web) < workers:
            time.sleep(0.2)
        yield master
    finally:
        for process in running:
            process.kill()
            process.wait()


def _signed_on(web: int) -> int:
    """How many workers the master's page counts; 0 while it has no page yet."""
    try:
        with urlopen(f"http://127.0.0.1:{web}/json/", timeout=5) as page:
            return int(json.load(page)["aliveworkers"])
    except (OSError, ValueError):
        return 0


def _seconds(source: Path, out: Path, *options: str) -> float:
    """How long the command takes by the clock."""
    began = time.perf_counter()
    palpate = [str(Path(sys.executable).with_name("palpate")), "audit", str(source), "--out", str(out)]
    subprocess.run([*palpate, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Prints a table: engine, seconds, share of one worker's time."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    pathway = load_pathway()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rows.parquet"
        with source.open("wb") as to:
            write_sample(pathway, count, 1, "parquet", to)
        rows = [("two processes here, no Spark", _seconds(source, folder / "local"))]
        for workers in (1, 2):
            with cluster(workers, folder) as master:
                spark = ["--engine", "spark", "--master", master]
                seconds = _seconds(source, folder / f"spark{workers}", *spark)
                rows.append((f"Spark, {workers} worker{'s' * (workers > 1)}", seconds))
        one = rows[1][1]
        print(f"| {count:,} rows | seconds | of one worker |\n| --- | --- | --- |")
        for engine, seconds in rows:
            print(f"| {engine} | {seconds:.1f} | {seconds / one:.2f} |")


if __name__ == "__main__":
    main()
