"""The command line: the contract's commands, and nothing that decides.

Each command's code is imported only when it is called, so that the first decision comes soon. Exit codes: 0 done, 2 the
input or the call is at fault (one line per fault on standard error), 1 anything else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from palpate.cli.arguments import parser_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; never raises for what a caller can get wrong."""
    if sys.stderr is None:  # closed by the caller: what would be said is lost, and nothing else changes
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - open until the process ends
    if sys.stdout is None:
        return _say("there is no standard output to write to")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _forget_output()  # the reader has gone (as with `head`): there is nobody to tell
        return 1
    except KeyboardInterrupt:
        return _say("stopped")
    except OSError as error:
        # Whatever is read says for itself what is wrong with it (see documents); what is left is writing.
        _forget_output()
        reason = (error.strerror or "the system refused").lower()
        return _say(f"the output cannot be written: {reason}; what stands there is not complete")
    except MemoryError:
        return _say("there is not enough memory")
    except Exception as error:
        from palpate.cli.documents import where_broken

        return _say(f"palpate itself went wrong ({where_broken(error)}), please report it; this is no decision")


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = parser_of().parse_args(arguments)
    except SystemExit as end:  # how argparse ends, after --help as after a wrong call
        return end.code if isinstance(end.code, int) else 0
    return int(options.run(options))


def _forget_output() -> None:
    """Lets nothing more reach the output, not even what Python still holds for it when it ends."""
    with suppress(OSError, ValueError):  # a test's stand-in has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> int:
    with suppress(OSError):
        sys.stderr.write(f"palpate: {text}\n")
    return 1
