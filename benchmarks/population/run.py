"""How fast an audit is, and how much memory it takes.

    .venv/bin/python benchmarks/population/run.py                     a million rows, 200,000 documents
    .venv/bin/python benchmarks/population/run.py --rows 10000000     more

A million made-up rows are written with `palpate sample`. Then, in processes of their own and by turns: merely scanning
all columns with the engine that the audit reads with (its threads may use all cores, as the audit's processes may), and
the whole audit, decisions and report written. Both include the start of Python and the loading of the pathway. The
multiple is that of the clock, on the same cores in the same run; processor time, of all processes, threads and system
calls, tells more where other work runs beside.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCAN = """
import sys
from pathlib import Path
from palpate import load_pathway
from palpate.population import sources
opened = sources._open(load_pathway(), Path(sys.argv[1]))
print(sum(batch.num_rows for batch in opened.iter_batches(sources.BATCH)))
"""
PALPATE = [sys.executable, "-m", "palpate.cli"]


def measured(call: list[str]) -> tuple[float, float, float]:
    """(processor seconds, seconds by the clock, MB at the peak) of a process and its children."""
    pid_file = subprocess.Popen(
        call, stdout=subprocess.DEVNULL, env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"}
    )
    began = time.perf_counter()
    _, status, used = os.wait4(pid_file.pid, 0)
    pid_file.returncode = os.waitstatus_to_exitcode(status)
    if pid_file.returncode:
        raise SystemExit(f"{call} ended with {pid_file.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024


def by_turns(calls: list[tuple[list[str], Path | None]], times: int) -> list[tuple[float, ...]]:
    """The medians of some rounds of all calls; each may name a folder that must not be there."""
    found: list[list[tuple[float, float, float]]] = [[] for _ in calls]
    for _ in range(times):
        for (call, fresh), of_call in zip(calls, found, strict=True):
            if fresh is not None:
                subprocess.run(["rm", "-rf", str(fresh)], check=True)
            of_call.append(measured(call))
    return [tuple(statistics.median(column) for column in zip(*of_call, strict=True)) for of_call in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs, which are made where they are missing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        rows, documents, out = (
            folder / f"{options.rows}.parquet",
            folder / f"{options.documents}.ndjson",
            Path(made) / "out",
        )
        for file, count, kind in ((rows, options.rows, "parquet"), (documents, options.documents, "ndjson")):
            if count and not file.exists():
                subprocess.run([*PALPATE, "sample", str(count), "--format", kind, "--out", str(file)], check=True)
        print("| | rows | processor s | clock s | MB at the peak of the largest process |\n|---|---|---|---|---|")
        if options.rows:
            scan_call, audit_call = [sys.executable, "-c", SCAN, str(rows)], [*PALPATE, "audit", str(rows)]
            scan, audit = by_turns([(scan_call, None), ([*audit_call, "--out", str(out)], out)], options.rounds)
            for name, (cpu, clock, memory) in (("scan of all columns", scan), ("audit", audit)):
                print(f"| {name} | {options.rows:,} | {cpu:.1f} | {clock:.1f} | {memory:.0f} |")
            print(f"| audit, as a multiple of the scan | | {audit[0] / scan[0]:.1f} | {audit[1] / scan[1]:.1f} | |")
        if options.documents:
            call = [*PALPATE, "audit", str(documents), "--out", str(out)]
            [(cpu, clock, memory)] = by_turns([(call, out)], options.rounds)
            print(f"| audit of documents | {options.documents:,} | {cpu:.1f} | {clock:.1f} | {memory:.0f} |")
            print(f"| documents a second | | {options.documents / cpu:,.0f} | {options.documents / clock:,.0f} | |")
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, page size {resource.getpagesize()}")


if __name__ == "__main__":
    main()
