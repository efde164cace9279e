"""TOML text -> tables, and the line of a file on which something stands.

Python's parser says little about where it stopped and nothing about where it found what it read, so lines are looked up
in the text. What would take it long, or make it fail otherwise than by its own error, is a fault here.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import Any

from palpate.pathway.faults import Fault

MOST_DOTS = 200  # in one line: the time that TOML takes for a key grows with the square of its parts
_STOPPED = re.compile(r"\(at line (\d+), column (\d+)\)")
_QUOTES = " \t\"'"
_TWICE = ("overwrite", "twice", "declare", "mutate")  # words of the parser where something stands twice


def read_toml(file: str, text: str) -> dict[str, Any] | Fault:
    """The tables of one file, or the one fault that keeps it from being read."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            what = f"this line has more than {MOST_DOTS} dots, as no key and no sentence has"
            return Fault("not-toml", f"{file}:{number}", what)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        stopped = _STOPPED.search(str(error))
        line = stopped.group(1) if stopped else str(text.rstrip("\n").count("\n") + 1)
        column = f" at column {stopped.group(2)}" if stopped else ""
        twice = any(word in str(error) for word in _TWICE)
        what = "a table or key stands twice" if twice else f"this line cannot be read as TOML{column}"
        if text.startswith("\ufeff"):
            what = "the file begins with a byte order mark; save it as UTF-8 without one"
        return Fault("not-toml", f"{file}:{line}", what)
    except RecursionError:
        return Fault("not-toml", file, "lists or tables are nested too deep")
    except ValueError:  # Python refuses numbers of thousands of digits
        found = re.search(r"[0-9][0-9_]{999}", text)
        line = f":{text.count(chr(10), 0, found.start()) + 1}" if found else ""
        return Fault("not-toml", f"{file}{line}", "a number has too many digits")


def place_in(file: str, text: str, table: str, entry: str, key: str) -> str:
    """`file:line` of a key of an entry of a table, or of as much of that as is found; at worst the file alone."""
    lines, headers = _lines(text)
    name = f"{table}.{entry}" if entry else table
    found = headers.get(name)
    if found is None:
        # Without a header of its own an entry begins where its first part does, or it is a key of its table's.
        found = next((n for header, n in headers.items() if header.startswith(f"{name}.")), None)
        if found is None:
            found, key = headers.get(table, -1), entry or table
    for n in range(found + 1, len(lines)):
        if lines[n].startswith("["):
            break
        line = lines[n].lstrip(_QUOTES)
        if key and line.startswith(key) and line[len(key) :].lstrip(_QUOTES)[:1] in ("=", "."):
            return f"{file}:{n + 1}"
    return file if found < 0 else f"{file}:{found + 1}"


@lru_cache(maxsize=64)
def _lines(text: str) -> tuple[list[str], dict[str, int]]:
    """The lines of a file, and by the name of each table the number of the first line that opens it."""
    lines = text.split("\n")
    headers: dict[str, int] = {}
    for n, line in enumerate(lines):
        found = re.match(r"\s*\[+([^\]]*)\]", line)
        if found:
            parts = found.group(1).split(".")
            headers.setdefault(".".join(part.strip(_QUOTES) for part in parts), n)
    return lines, headers
