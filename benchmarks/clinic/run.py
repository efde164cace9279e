"""Measures the clinic's pages on both stores and prints one table for each.

    python benchmarks/clinic/run.py                       20,000 people on SQLite, then on PostgreSQL
    python benchmarks/clinic/run.py --people 2000         the same, smaller and sooner
    python benchmarks/clinic/run.py sqlite                one store only

Filling takes most of the time: with 20,000 people some minutes for each store. It never fails for being slow; whether a
page keeps to its limit stands below its table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
STORES = {"sqlite": [], "postgresql": ["--postgresql"]}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the clinic's pages on SQLite and on PostgreSQL.")
    parser.add_argument("stores", nargs="*", help="sqlite, postgresql; both, unless named")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=60, help="requests of a page in each of five rounds")
    options = parser.parse_args()
    if unknown := set(options.stores) - set(STORES):  # `choices` refuses an empty list
        parser.error(f"no such store: {', '.join(sorted(unknown))}")
    failed = False
    for name in options.stores or STORES:
        call = [sys.executable, str(HERE / "load.py"), *STORES[name]]
        call += ["--people", str(options.people), "--requests", str(options.requests)]
        began = time.monotonic()
        ended = subprocess.run(call, check=False).returncode
        print(f"(measured in {time.monotonic() - began:.0f} s, filling included)", flush=True)
        failed = failed or ended not in (0, 1)  # 1: slower than the limit, which the table says
    return 2 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
