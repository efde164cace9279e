"""Stopwatches, and how their readings are written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

Times = dict[str, list[float]]
Targets = list[tuple[str, bool]]  # what was wanted, with what was found; whether it is met


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """What a call takes: of processor time, unless told otherwise, so that what else the machine does counts little."""
    started = clock()
    call()
    return clock() - started


def each(call: Callable[[Any], object], arguments: Iterable[Any]) -> Callable[[], None]:
    """A call that goes through all arguments."""

    def through() -> None:
        for argument in arguments:
            call(argument)

    return through


def interleaved(
    calls: dict[str, Callable[[], object]], repetitions: int, scale: float = 1.0,
    clock: Callable[[], float] = time.process_time,
) -> Times:  # fmt: skip
    """Each call in turn, over and over, so that a busy spell falls on all of them; a first round does not count."""
    times: Times = {name: [] for name in calls}
    for repetition in range(repetitions + 1):
        for name, call in calls.items():
            took = seconds(call, clock)
            if repetition:
                times[name].append(took * scale)
    return times


def ratio(one: list[float], other: list[float]) -> float:
    """How many times as long: the median over the rounds."""
    return median(a / b for a, b in zip(one, other, strict=True))


def spread(found: list[float], digits: int = 0) -> str:
    """Two cells of a table: the median, and the smallest and the largest."""
    return f"{median(found):.{digits}f} | {min(found):.{digits}f}–{max(found):.{digits}f}"


def table(*heads: str) -> None:
    """The head of a table."""
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
