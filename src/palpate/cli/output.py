"""Standard output, written whole or not without a word."""

from __future__ import annotations

import sys


def write_out(text: str) -> None:
    """Text on standard output, as UTF-8 whatever the terminal's own encoding is.

    Errors  OSError where not all of it could be written.
    """
    rest = memoryview(text.encode(errors="backslashreplace"))
    while rest:
        # Unbuffered (PYTHONUNBUFFERED, common in containers), a full disk takes a part and says so only by this number.
        rest = rest[sys.stdout.buffer.write(rest) :]
