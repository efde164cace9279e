"""Where the stores of a test run lie: in memory where there is room."""

from __future__ import annotations

import os
import shutil

MEMORY, ENOUGH = "/dev/shm", 2**31  # bytes


def place() -> str | None:
    """A folder in memory, since a store waits for the disk at every commit; None, the usual one, where it is small."""
    return MEMORY if os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > ENOUGH else None
