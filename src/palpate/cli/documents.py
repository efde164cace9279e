"""Episode documents from files and standard input, one at a time and in bounded memory.

A line of a stream that is too long is passed over in pieces; a file that is too large is not read at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from palpate.pathway.faults import Fault, Faults
from palpate.pathway.strict_json import LARGEST, read_json

STREAMS = (".ndjson", ".jsonl")


@dataclass(frozen=True)
class Source:
    """One document: where it stands (`file` or `file:line`) and its JSON value, or what is wrong with it."""

    place: str
    data: Any = None
    faults: Faults | None = None


def documents(name: str) -> Iterator[Source]:
    """Every document of a file, or of standard input where the name is `-`."""
    if name == "-":
        yield from _from_input(sys.stdin.buffer)
        return
    try:
        size = os.stat(name).st_size
        with open(name, "rb") as file:
            if name.lower().endswith(STREAMS):
                yield from _lines(name, file, 0)
            elif size > LARGEST:
                text = (
                    f"the document has {size} bytes, at most {LARGEST} are read; the name of a stream ends in .ndjson"
                )
                yield Source(name, faults=_fault("too-large", text))
            else:
                yield _one(name, file.read(LARGEST + 1))
    except FileNotFoundError:
        yield Source(name, faults=_fault("no-such-file", "there is no such file"))
    except IsADirectoryError:
        yield Source(name, faults=_fault("no-such-file", "this is a folder, not a file"))
    except PermissionError:
        yield Source(name, faults=_fault("no-such-file", "the file may not be read"))


def _from_input(file: BinaryIO) -> Iterator[Source]:
    """Standard input holds one document over many lines, or one a line: the first two lines tell which."""
    first = file.readline(LARGEST + 1)
    if not first.endswith(b"\n") and len(first) <= LARGEST:
        yield _one("-", first)
        return
    if _readable(first):
        yield _line("-", 1, first)
        yield from _lines("-", file, 1)
        return
    second = file.readline(LARGEST + 1)
    if len(first) > LARGEST or _readable(second):
        yield _line("-", 1, first)
        if not first.endswith(b"\n"):
            yield from _lines("-", file, 1)
            return
        yield _line("-", 2, second)
        yield from _lines("-", file, 2)
        return
    yield _one("-", first + second + file.read(max(LARGEST + 1 - len(first) - len(second), 1)))


def _readable(line: bytes) -> bool:
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        read_json(line)
    except Faults:
        return False
    return True


def _lines(name: str, file: BinaryIO, before: int) -> Iterator[Source]:
    number = before
    while line := file.readline(LARGEST + 1):
        number += 1
        ended = line.endswith(b"\n")
        if len(line) > LARGEST and not ended:
            while rest := file.readline(LARGEST):
                if rest.endswith(b"\n"):
                    break
            text = f"the document has more than {LARGEST} bytes (1 MiB)"
            yield Source(f"{name}:{number}", faults=_fault("too-large", text))
        elif line.strip():
            yield _line(name, number, line)


def _line(name: str, number: int, line: bytes) -> Source:
    return _one(f"{name}:{number}", line.strip())


def _one(place: str, raw: bytes) -> Source:
    try:
        return Source(place, read_json(raw))
    except Faults as faults:
        return Source(place, faults=faults)


def _fault(code: str, text: str) -> Faults:
    return Faults([Fault(code, "", text)])


def say_faults(place: str, faults: Faults) -> None:
    """One line per fault on standard error."""
    for fault in faults.faults:
        line = f"{place}: {fault}" if place else str(fault)
        sys.stderr.write(line.replace("\n", " ").replace("\r", " ") + "\n")


class Progress:
    """How many documents are done, on a terminal only."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.shown and self.count % 1_000 == 0:
            sys.stderr.write(f"\r{self.count:,} documents")
            sys.stderr.flush()

    def end(self) -> None:
        if self.shown and self.count >= 1_000:
            sys.stderr.write("\r" + " " * 30 + "\r")
