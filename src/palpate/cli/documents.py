"""Episode documents from files and standard input, one at a time and in bounded memory.

A line of a stream that is too long is passed over in pieces; a file that is too large is not read at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from palpate.pathway.faults import Fault, Faults, one_line
from palpate.pathway.strict_json import LARGEST, breaks_off, read_json

STREAMS = (".ndjson", ".jsonl")
SPACE = b" \t\r\n"  # what JSON calls space; bytes.strip() alone would also take away what JSON refuses


@dataclass(frozen=True)
class Source:
    """One document: where it stands (`file` or `file:line`) and its JSON value, or what is wrong with it."""

    place: str
    data: Any = None
    faults: Faults | None = None


def documents(name: str) -> Iterator[Source]:
    """Every document of a file, or of standard input where the name is `-`. What cannot be read is a fault, too."""
    try:
        if name == "-":
            if sys.stdin is None:  # closed by the caller
                yield Source(name, faults=_fault("no-such-file", "there is no standard input"))
                return
            yield from _from_input(sys.stdin.buffer)
            return
        with open(name, "rb", buffering=LARGEST) as file:  # a large buffer, so that a line too long is soon passed over
            yield from _from_file(name, file)
    except FileNotFoundError:
        yield Source(name, faults=_fault("no-such-file", "there is no such file"))
    except IsADirectoryError:
        yield Source(name, faults=_fault("no-such-file", "this is a folder, not a file"))
    except PermissionError:
        yield Source(name, faults=_fault("no-such-file", "the file may not be read"))
    except (OSError, ValueError):  # ValueError: a name that no file can have
        yield Source(name, faults=_fault("no-such-file", "the file cannot be read"))


def _from_file(name: str, file: BinaryIO) -> Iterator[Source]:
    if name.lower().endswith(STREAMS):
        yield from _stream(name, _lines(file))
        return
    raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        text = f"the document has more than {LARGEST} bytes (1 MiB); the name of a stream of documents ends in .ndjson"
        yield Source(name, faults=_fault("too-large", text))
    else:
        yield _one(name, raw)


Line = tuple[int, bytes | None]  # its number, and its bytes with the line end; None: too long, and passed over


def _lines(file: BinaryIO) -> Iterator[Line]:
    number = 0
    while line := file.readline(LARGEST + len(b"\r\n")):
        number += 1
        if line.endswith(b"\n") or len(line) <= LARGEST:
            yield number, line
            continue
        while rest := file.readline(LARGEST):
            if rest.endswith(b"\n"):
                break
        yield number, None


def _stream(name: str, lines: Iterable[Line]) -> Iterator[Source]:
    """One document a line; blank lines hold none."""
    for number, line in lines:
        if line is None:
            text = f"the document has more than {LARGEST} bytes (1 MiB)"
            yield Source(f"{name}:{number}", faults=_fault("too-large", text))
        elif line.strip(SPACE):
            yield _one(f"{name}:{number}", line.rstrip(SPACE))


def _from_input(file: BinaryIO) -> Iterator[Source]:
    """Standard input holds one document over many lines, or one a line: its first two lines tell which.

    No more than those two are read before the first answer, because whoever feeds us line by line may wait for it.
    """
    lines = _lines(file)
    before: list[Line] = []
    for number, line in lines:
        before.append((number, line))
        if line is None or line.strip(SPACE):
            break
    else:
        yield _one("-", b"")
        return
    if line is None or not _one("-", line).faults:
        yield from _stream("-", chain(before, lines))
        return
    for number, second in lines:
        before.append((number, second))
        if second is None or second.strip(SPACE):
            break
    else:
        yield _one("-", line)
        return
    # A first line that breaks off where the second goes on is the beginning of a document, not a broken one.
    if second is None or not (breaks_off(line + second) or _one("-", second).faults):
        yield from _stream("-", chain(before, lines))
        return
    raw = b"".join(part for _, part in before if part is not None)
    yield _one("-", raw + file.read(max(LARGEST + 1 - len(raw), 1)))


def _one(place: str, raw: bytes) -> Source:
    try:
        return Source(place, read_json(raw))
    except Faults as faults:
        return Source(place, faults=faults)


def _fault(code: str, text: str) -> Faults:
    return Faults([Fault(code, "", text)])


def say_faults(place: str, faults: Faults) -> None:
    """One line per fault on standard error, whatever the document put into it."""
    place = place if len(place) <= 300 else f"{place[:140]}...{place[-140:]}"
    for fault in faults.faults:
        sys.stderr.write(one_line(f"{place}: {fault}" if place else str(fault)) + "\n")


def say_broken(place: str, error: Exception) -> None:
    """One line where palpate itself went wrong: that nothing was assessed must not pass unseen (S-64)."""
    text = f"{place}: not assessed: palpate itself went wrong ({where_broken(error)}), please report it"
    sys.stderr.write(one_line(text) + "\n")


def where_broken(error: Exception) -> str:
    """File and line of our own code that an error came through last; its message may hold what nobody should read."""
    from traceback import extract_tb

    own = os.path.dirname(os.path.dirname(__file__))
    frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(own)]
    return f"{os.path.basename(frames[-1].filename)} line {frames[-1].lineno}" if frames else "place unknown"


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
