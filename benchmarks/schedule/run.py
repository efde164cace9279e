"""Measures whole courses booked at once beside first-fit booking, on the same made-up requests.

    .venv/bin/python benchmarks/schedule/run.py              both targets, three requests each
    .venv/bin/python benchmarks/schedule/run.py --seeds 1    sooner

It reports and always ends well, as the other benchmarks do.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from time import perf_counter

from first_fit import days_of, fewest_days, first_fit
from request_maker import make_request

from palpate.scheduling import read_request, schedule


@dataclass(frozen=True)
class Case:
    """Requests of one size, and how long the search may take."""

    courses: int
    therapists: int
    seconds: float


CASES = (Case(200, 8, 30.0), Case(50, 4, 10.0), Case(50, 8, 10.0))
HEADS = (
    "courses, therapists", "seed", "first-fit: placed", "days beyond", "palpate: placed", "days beyond", "fewer",
    "cost", "bound", "gap", "seconds",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure palpate schedule beside first-fit booking.")
    parser.add_argument("--seeds", type=int, default=3, help="how many requests of each size (3)")
    options = parser.parse_args()
    print("\n## Whole courses, beside first-fit booking\n")
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    fewer: list[float] = []
    gaps: list[float] = []
    worse = False
    for case in CASES:
        for seed in range(1, options.seeds + 1):
            request = read_request(make_request(seed, case.courses, case.therapists))
            simple = first_fit(request)
            began = perf_counter()
            answer = schedule(request, case.seconds)
            took = perf_counter() - began
            placed = [{row.course for row in bookings} for bookings in (simple, answer.bookings)]
            beyond = [
                days_of(request, list(bookings)) - fewest_days(request, names)
                for bookings, names in zip((simple, answer.bookings), placed, strict=True)
            ]
            saved = 1 - beyond[1] / beyond[0] if beyond[0] else 0.0
            worse = worse or len(placed[1]) < len(placed[0])
            gap = answer.gap
            if case.courses == 200:
                fewer.append(saved)
            elif gap is not None and not answer.unplaced:
                gaps.append(gap)
            cells = (
                f"{case.courses}, {case.therapists}", seed, len(placed[0]), beyond[0], len(placed[1]), beyond[1],
                f"{saved:.0%}", answer.cost, answer.bound, "-" if gap is None else f"{gap:.1%}", f"{took:.1f}",
            )  # fmt: skip
            print(f"| {' | '.join(map(str, cells))} |", flush=True)
    print("\n## Targets\n")
    for text, met in (
        ("never fewer courses placed than by first-fit booking", not worse),
        (
            f"200 courses in 30 s: at least 15 % fewer days beyond the fewest: {min(fewer):.0%} at least",
            min(fewer) >= 0.15,
        ),
        (f"50 courses in 10 s: within 2 % of their own bound: {max(gaps):.1%} at most", max(gaps) <= 0.02),
    ):
        print(f"- {'met' if met else 'NOT met'}: {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
