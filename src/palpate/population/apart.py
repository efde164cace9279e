"""Work in a process of its own, so that a file that brings a library down does not bring down the command.

Arrow is written in C++; a file made to harm, or a limit on memory met at the wrong place, can end the process without
a word that we could catch. The parent only waits, says what happened, and clears away.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress


def apart(work: Callable[[], int]) -> int:
    """Runs `work` in a child. Returns its exit code, or minus the number of the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _own_voice_only()
            code = work()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    try:
        _, status = os.waitpid(child, 0)
    except KeyboardInterrupt:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        raise
    return os.waitstatus_to_exitcode(status)


class _NoPandas:
    """Says that there is no pandas.

    Arrow asks for it as soon as it sees a list or an array of Python's, and only to know its types; where it is
    installed, loading it takes longer than to decide 50,000 rows.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def without_pandas() -> None:
    """From now on this process does without pandas, which none of our work on populations needs."""
    if _NoPandas not in sys.meta_path:
        sys.meta_path.insert(0, _NoPandas)


def _own_voice_only() -> None:
    """What libraries write to standard error is lost; what we write to `sys.stderr` goes where it went before."""
    try:
        ours = os.dup(2)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 2)
        os.close(silent)
    except OSError:
        return
    sys.stderr = open(ours, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")  # noqa: SIM115 - open until the child ends
