"""A long stream through `palpate decide -`, in a process of its own: prints what it took as one JSON object.

Called by run.py as `stream.py COUNT PALPATE`. It stays small itself, since the peak that the system reports for a child
can be no less than what its parent held when it started it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from episodes import KINDS, Maker, bases

from palpate.library import load_pathway

UNFINISHED = 20  # one document in so many has questions open
CHUNK = 1 << 20


def main(count: int, command: str) -> None:
    pathway = load_pathway()
    below = bases(pathway)
    makers = [Maker(pathway, KINDS, "stream", below=below), Maker(pathway, ("intake",), "open", 0.2, below)]
    child = subprocess.Popen(
        [command, "decide", "-", "--format", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin
    assert child.stdout
    counted: list[int] = []
    reader = threading.Thread(target=_count, args=(child.stdout, counted))
    reader.start()
    started = time.perf_counter()
    held = []
    for done in range(count):
        if done in (count // 10, count // 2):
            held.append(_megabytes(child.pid))
        child.stdin.write(makers[done % UNFINISHED == 0].lines(1)[0])
    child.stdin.flush()
    held.append(_megabytes(child.pid))
    child.stdin.close()
    reader.join()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    result = {
        "documents": count,
        "decisions": counted[0],
        "bytes": counted[1],
        "exit": child.returncode,
        "seconds": seconds,
        "child_cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "held_mb": held,
        "own_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(result))


def _count(output: IO[bytes], counted: list[int]) -> None:
    lines = size = 0
    while chunk := output.read(CHUNK):
        lines += chunk.count(b"\n")
        size += len(chunk)
    counted += [lines, size]


def _megabytes(pid: int) -> float | None:
    """What a process holds now, where the system tells."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    line = next((line for line in text.splitlines() if line.startswith("VmRSS")), "")
    return int(line.split()[1]) / 1024 if line else None


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
