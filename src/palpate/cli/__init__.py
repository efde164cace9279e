"""The command line: the contract's commands, and nothing that decides.

Each command's code is imported only when it is called, so that the first decision comes soon. Exit codes: 0 done, 2 the
input or the call is at fault (one line per fault on standard error), 1 anything else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from palpate.cli.arguments import parser_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; never raises for what a caller can get wrong."""
    try:
        options = parser_of().parse_args(arguments)
        code = options.run(options)
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        # The reader has gone (as with `head`): nothing more can be said to it, not even at interpreter exit.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _say("stopped")
    except OSError as error:
        name = f" ({error.filename})" if error.filename else ""
        return _say(f"{error.strerror or 'the system refused'}{name}")
    except MemoryError:
        return _say("there is not enough memory")


def _say(text: str) -> int:
    sys.stderr.write(f"palpate: {text}\n")
    return 1
