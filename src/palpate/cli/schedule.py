"""`palpate schedule`: books whole courses."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from palpate.cli.documents import say_faults
from palpate.cli.output import write_out
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.strict_json import read_json
from palpate.scheduling import read_request, schedule

LARGEST = 16 << 20  # bytes of a request: a year of a large practice, each person's own times included
NEEDED = ("ortools", "numpy")


def schedule_command(options: argparse.Namespace) -> int:
    """Prints the answer as JSON. Returns 0; 2 where the request is at fault; 1 where OR-Tools is not installed."""
    try:
        request = read_request(read_json(_read(options.file), LARGEST))
    except Faults as faults:
        say_faults(options.file, faults)
        return 2
    waiting = sys.stderr.isatty()
    if waiting:
        sys.stderr.write(f"searching for up to {options.seconds:g} seconds ...")
        sys.stderr.flush()
    try:
        answer = schedule(request, options.seconds, options.seed)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDED:
            raise
        sys.stderr.write("palpate: scheduling needs OR-Tools: install palpate with its extra scheduling\n")
        return 1
    finally:
        if waiting:
            sys.stderr.write("\r" + " " * 50 + "\r")
    write_out(_written(answer.as_json(request.time)))
    return 0


def _written(answer: dict[str, Any]) -> str:
    """JSON with one line per key, and one per row of a list: to be read by people, too, and compared line by line."""
    lines = []
    for key, value in answer.items():
        if isinstance(value, list) and value:
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f" {json.dumps(key)}: [\n  {rows}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read(name: str) -> bytes:
    """The bytes of a file, or of standard input. Errors: Faults, where it cannot be read."""
    try:
        if name == "-":
            if sys.stdin is None:  # closed by the caller
                raise FileNotFoundError
            return sys.stdin.buffer.read(LARGEST + 1)
        with open(name, "rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        text = "there is no such file" if name != "-" else "there is no standard input"
    except IsADirectoryError:
        text = "this is a folder, not a file"
    except PermissionError:
        text = "the file may not be read"
    except (OSError, ValueError):  # ValueError: a name that no file can have
        text = "the file cannot be read"
    raise Faults([Fault("no-such-file", "", text)])
