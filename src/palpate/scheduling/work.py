"""How long a search goes on: counted in work, so that the same request gives the same answer on every run.

Work is what a step takes on a usual core, in seconds, reckoned from the sizes of its arrays. The clock only ends the
search where the machine is slower than that; then the answer may differ from run to run.
"""

from __future__ import annotations

from collections.abc import Callable

SHARE = 0.8  # of the seconds asked for: a usual core is done with its work before the clock strikes
LAST_STEP = 0.04  # of the seconds asked for, kept for a step that is under way when the clock strikes


class Budget:
    """Work for so many seconds. Takes `clock`: seconds, from any beginning."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock, self._begin, self._seconds = clock, clock(), seconds * (1 - LAST_STEP)
        self.work, self.most = 0.0, seconds * SHARE

    def spend(self, work: float) -> None:
        """Counts a step that was done."""
        self.work += work

    def left(self, share: float = 1.0) -> float:
        """Seconds of work up to a share of all; none once that share of the time is over on the clock."""
        return max(0.0, share * self.most - self.work) if self.clock_left(share) else 0.0

    def clock_left(self, share: float = 1.0) -> float:
        """Seconds on the clock up to a share of all."""
        return max(0.0, self._begin + share * self._seconds - self._clock())
