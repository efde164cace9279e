"""`palpate sample`: made-up, plausible episodes, to try and to measure with."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from palpate.cli.installation import Counter, say

PACKAGES = ("numpy", "pyarrow")
MOST_SEED = 2**63 - 1


def sample_command(options: argparse.Namespace) -> int:
    """Writes the episodes. Returns 2 where the call is at fault, 1 where they could not be written."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        say(f"the packages for populations are not installed ({', '.join(missing)}); make setup installs them")
        return 1
    if options.count < 0:
        say("sample: N is a whole number, 0 or more")
        return 2
    if not 0 <= options.seed <= MOST_SEED:
        say(f"sample: --seed is a whole number from 0 to {MOST_SEED}")
        return 2
    if options.out is None and options.format == "parquet" and sys.stdout.isatty():
        say("sample: Parquet is not for a terminal; name a file with --out")
        return 2
    from palpate.library import load_pathway
    from palpate.population.sample import write_sample

    pathway = load_pathway()
    counter = Counter()

    def write(to: IO[bytes]) -> None:
        write_sample(pathway, options.count, options.seed, options.format, to, lambda done: counter("episodes", done))
        counter.end()

    if options.out is None:
        write(sys.stdout.buffer)
        return 0
    return _whole(Path(options.out), write)


def _whole(file: Path, write: Callable[[IO[bytes]], None]) -> int:
    """Writes a file whole or not at all: a file that was there stands until the new one is complete."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        say(f"{file}: " + ("this is a folder, not a file" if file.is_dir() else "there is no such folder"))
        return 2
    if file.exists() and not file.is_file():  # a pipe or /dev/null: there is nothing to put in its place
        with open(file, "wb") as straight:
            write(straight)
        return 0
    made = None
    try:
        with tempfile.NamedTemporaryFile(dir=file.absolute().parent, prefix=f".{file.name}.", delete=False) as to:
            made = to.name
            write(to)
            to.flush()
            os.fsync(to.fileno())
        os.chmod(made, 0o666 & ~_mask())
        os.replace(made, file)
        return 0
    except OSError as error:
        say(f"{file}: it cannot be written: {(error.strerror or 'the system refused').lower()}; nothing was kept")
        return 1
    finally:
        if made is not None:
            with suppress(FileNotFoundError):  # after the rename it is gone
                os.unlink(made)


def _mask() -> int:
    """What this account takes away from new files; the system tells it only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
