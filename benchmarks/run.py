"""Measures palpate, beside zen-engine where that does the same. Called by `make bench`; README.md says what and how.

It reports and always ends well: on another machine the numbers are others, and the ratios are what can be compared.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from all_rules import all_rules
from episodes import KINDS, OPEN_CHECK, Maker, bases
from timing import Targets, each, interleaved, seconds, spread, table

from palpate.library import DEFAULT, SHIPPED, load_pathway
from palpate.pathway.decision import decide
from palpate.pathway.episode import read_episode
from palpate.pathway.pathway import Pathway
from palpate.pathway.strict_json import read_json

HERE = Path(__file__).parent
PALPATE = Path(sys.executable).parent / "palpate"
BATCHES, BATCH = 7, 200
LONGEST, MOST = 6.0, 400  # seconds, and documents, for one row of documents with something open


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure palpate.")
    parser.add_argument("parts", nargs="*", help="rules, decide, first, stream (all unless told)")
    parser.add_argument("--documents", type=int, default=100_000, help="how long the stream is (100000)")
    parser.add_argument("--million", action="store_true", help="a stream of a million documents: some 20 minutes")
    options = parser.parse_args()
    pathway = load_pathway()
    print(f"Python {platform.python_version()}, zen-engine {version('zen-engine')}, {len(pathway.rules)} rules")
    parts: dict[str, Callable[[], Targets]] = {
        "rules": lambda: all_rules(pathway),
        "decide": lambda: whole_decisions(pathway),
        "first": first_decision,
        "stream": lambda: stream(1_000_000 if options.million else options.documents),
    }
    if unknown := [name for name in options.parts if name not in parts]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(parts)}")
    targets = [row for name, part in parts.items() if name in (options.parts or parts) for row in part()]
    print("\n## Targets\n")
    for text, met in targets:
        print(f"- {'met' if met else 'NOT met'}: {text}")
    return 0


def whole_decisions(pathway: Pathway) -> Targets:
    """`decide` with reading and writing, from JSON line to JSON line, on one core."""
    below = bases(pathway)

    def line_to_line(line: bytes) -> str:
        return decide(pathway, read_episode(read_json(line), pathway)).to_json()

    print("\n## From JSON line to JSON line\n\nComplete documents per second on one core.")
    table("", "made from", "first time, median", "min–max", "seen before, median", "min–max")
    speed = 0.0
    for kinds in (*((kind,) for kind in KINDS), KINDS):
        maker = Maker(pathway, kinds, f"whole {kinds}", below=below)
        each(line_to_line, maker.lines(50))()
        first, again = [], []
        for _ in range(BATCHES):
            batch = each(line_to_line, maker.lines(BATCH))
            first.append(BATCH / seconds(batch))
            again.append(BATCH / seconds(batch))
        print(f"| {' and '.join(kinds)} | {len(maker.bases)} | {spread(first)} | {spread(again)} |", flush=True)
        speed = median(first)

    print(f"\nDocuments with something open: at most {MOST}, or {LONGEST:.0f} seconds, a row.")
    table("", "documents", "first time, /s", "seen before, /s", "median, ms", "95 %, ms", "slowest, ms")
    every = (*KINDS, OPEN_CHECK)
    overall = measured(Maker(pathway, every, "every", 0, below), "cases and examples of every kind", line_to_line)
    measured(
        Maker(pathway, (OPEN_CHECK,), "open", 0, below), "of these, those with something of a check open", line_to_line
    )
    for missing in (0.1, 0.3, 0.6, 0.9):
        for kinds in (("intake",), ("session", "review")):
            name = f"{' and '.join(kinds)}, {missing:.0%} missing"
            measured(Maker(pathway, kinds, name, missing, below), name, line_to_line)
    return [
        (f"1,000 whole decisions a second on one core, complete documents, first time: {speed:.0f}", speed >= 1_000),
        (f"the same with a check that is due and open among them: {overall:.0f}", overall >= 1_000),
    ]


def measured(maker: Maker, name: str, line_to_line: Callable[[bytes], str]) -> float:
    """One row: documents one by one, until there are enough or the time is over. Returns how many a second."""
    lines: list[bytes] = []
    took: list[float] = []
    while len(took) < MOST and sum(took) < LONGEST:
        lines += maker.lines(1)
        took.append(seconds(each(line_to_line, lines[-1:])))
    again = seconds(each(line_to_line, lines))
    late = quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    print(f"| {name} | {len(took)} | {len(took) / sum(took):.0f} | {len(took) / again:.0f} | {median(took) * 1e3:.2f} "
          f"| {late * 1e3:.1f} | {max(took) * 1e3:.0f} |", flush=True)  # fmt: skip
    return len(took) / sum(took)


def first_decision() -> Targets:
    """How long a whole `palpate decide FILE` takes."""
    document = HERE.parent / "examples" / "1_first_visit.json"
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / DEFAULT
        shutil.copytree(SHIPPED / DEFAULT, plain, ignore=shutil.ignore_patterns("*.json", "cases"))
        calls: dict[str, Callable[[], object]] = {
            "as shipped, with the compiled pathway": _process([PALPATE, "decide", document]),
            "the pathway read and proved from its text": _process([PALPATE, "decide", "--pathway", plain, document]),
            "the start of Python alone": _process([sys.executable, "-c", "pass"]),
        }
        times = interleaved(calls, 11, clock=time.perf_counter)
    print("\n## The first decision\n\nSeconds for `palpate decide FILE` as a whole process; 11 runs after one more.")
    table("", "median", "min–max")
    for name, found in times.items():
        print(f"| {name} | {spread(found, 2)} |", flush=True)
    took = median(times["as shipped, with the compiled pathway"])
    return [(f"the first decision 0.4 s after the command starts: {took:.2f} s", took <= 0.4)]


def _process(call: Sequence[Any]) -> Callable[[], object]:
    return lambda: subprocess.run([str(part) for part in call], stdout=subprocess.DEVNULL, check=True)


def stream(count: int) -> Targets:
    """Memory and speed over a long stream."""
    call = [sys.executable, str(HERE / "stream.py"), str(count), str(PALPATE)]
    found = json.loads(subprocess.run(call, stdout=subprocess.PIPE, check=True).stdout)
    held = ", ".join("?" if one is None else f"{one:.0f}" for one in found["held_mb"])
    print(f"\n## A stream of {count:,} documents")
    table("", "")
    print(f"| decisions | {found['decisions']:,}, {found['bytes'] / 1e6:,.0f} MB |")
    print(f"| seconds | {found['seconds']:.0f}, of which palpate computed {found['child_cpu']:.0f} |")
    print(f"| documents per second | {count / found['seconds']:.0f}; of computing {count / found['child_cpu']:.0f} |")
    print(f"| MB held after a tenth, a half, all | {held} |")
    print(f"| MB at the peak | {found['peak_mb']:.0f} (what fed it: {found['own_peak_mb']:.0f}) |")
    whole = found["decisions"] == count and found["exit"] == 0
    text = f"{count:,} documents in one stream in under 200 MB: {found['peak_mb']:.0f} MB"
    return [(text if whole else f"{text}, but not every document was decided", whole and found["peak_mb"] < 200)]


if __name__ == "__main__":
    sys.exit(main())
