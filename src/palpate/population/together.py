"""The audit by several processes: each decides parts of the input, and this one writes what they send, in order.

What goes wrong in one of them is not told from here: the audit is then done once more in one process, where it ends as
it must, with the same words. So more hands can make an audit quicker and nothing else.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

import pyarrow as pa

from palpate.pathway.pathway import Pathway
from palpate.population.audit import Told, add_file
from palpate.population.limit import at_most
from palpate.population.program import program_of
from palpate.population.report import Tally
from palpate.population.report.plots import warm_up
from palpate.population.sources import is_lines, parts_of
from palpate.population.writing import Folder, decisions_schema

WAITING = 2  # messages of a process that may wait to be taken
Decided: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch | None]


class Unfinished(Exception):
    """One of the processes did not come to its end."""


@dataclass(frozen=True)
class Unit:
    """Some row groups of a Parquet file, or a whole file. Lines are shared out among all processes."""

    file: Path
    groups: tuple[int, ...] | None
    weight: float

    def whose(self, at: int, workers: int) -> Sequence[int]:
        """The processes that decide it, the first of them first. Takes  at: its place among all units."""
        return range(workers) if is_lines(self.file) else (at % workers,)


def units_of(files: Sequence[Path], workers: int) -> list[Unit]:
    """The parts of the input, in order."""
    units = []
    for file in files:
        size, parts = max(file.stat().st_size, 1), parts_of(file, workers)
        groups = sum(map(len, parts))
        units += [Unit(file, part, size * len(part) / groups) for part in parts] or [Unit(file, None, size)]
    return units


def add_together(
    pathway: Pathway,
    files: Sequence[Path],
    folder: Folder,
    tally: Tally,
    ask: bool,
    memory: int | None,
    workers: int,
    told: Told,
) -> None:
    """Decides all files with some processes and adds them to the folder and to the tally.

    Takes    memory: of all processes together.
    Errors   Unfinished; OSError, where the folder cannot be written.
    """
    units, context = units_of(files, workers), get_context("fork")
    program_of(pathway)  # made once, and there for all of them
    share = None if memory is None else memory // workers
    processes, pipes = [], []
    try:
        for which in range(workers):
            mine, its = context.Pipe(duplex=False)
            process = context.Process(
                target=_work, args=(pathway, units, which, workers, ask, share, mine, its), daemon=True
            )
            process.start()
            its.close()  # else the end of the process would not be noticed here
            processes.append(process)
            pipes.append(mine)
        Thread(target=warm_up, daemon=True).start()  # while there is nothing else to do here
        _take(units, pipes, folder, tally, told)
    finally:
        for process, pipe in zip(processes, pipes, strict=True):
            process.terminate()  # it has nothing more to say
            process.join()
            pipe.close()


def _take(units: Sequence[Unit], pipes: Sequence[Connection], folder: Folder, tally: Tally, told: Told) -> None:
    whole, done = sum(unit.weight for unit in units), 0.0
    for at, unit in enumerate(units):
        whose = unit.whose(at, len(pipes))
        turn = 0
        while (message := _received(pipes[whose[turn]])) is not None:
            decided, share = message
            folder.add(*decided)
            told(folder.rows, (done + share * unit.weight) / whole)
            turn = (turn + 1) % len(whose)
        for other in range(len(whose) - 1):  # they have come to the end of it as well
            if _received(pipes[whose[(turn + 1 + other) % len(whose)]]) is not None:
                raise Unfinished
        done += unit.weight
    for pipe in pipes:
        tally.merge(Tally.of_json(tally.pathway, _received(pipe)))


def _received(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        raise Unfinished from None


# --- in the other processes -----------------------------------------------------------------------------------------


def _work(
    pathway: Pathway,
    units: Sequence[Unit],
    which: int,
    workers: int,
    ask: bool,
    memory: int | None,
    theirs: Connection,
    to: Connection,
) -> None:
    """Decides every part that falls to process `which`, and sends: for each batch what was decided, None at the end of
    each part, the tally at the end of all. Ends without the tally where something is wrong."""
    theirs.close()  # else this process would outlive its parent
    code = 1
    try:
        tally, sender = Tally(pathway), _Sender(to, ask)
        with at_most(memory) if memory is not None else nullcontext():
            for at, unit in enumerate(units):
                whose = unit.whose(at, workers)
                if which not in whose:
                    continue
                turn = (whose.index(which), len(whose))
                for share in add_file(pathway, unit.file, sender, tally, ask, unit.groups, turn):
                    for decided in sender.taken():
                        sender.send((decided, share))
                sender.send(None)
        sender.send(tally.to_json())
        sender.end()
        code = 0
    finally:
        os._exit(code)  # what is at fault is said by the process that does it all over again


class _Sender:
    """An `audit.Taker` that sends what it is given, while the next is worked on."""

    def __init__(self, to: Connection, ask: bool) -> None:
        self.schema = decisions_schema(ask)
        self._to = to
        self._taken: list[Decided] = []
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def add(self, decided: pa.RecordBatch, faults: pa.RecordBatch, care: pa.RecordBatch | None) -> None:
        """The same as `Folder.add`."""
        self._taken.append((decided, faults, care))

    def taken(self) -> Iterator[Decided]:
        """What was added since."""
        taken, self._taken = self._taken, []
        yield from taken

    def send(self, message: Any) -> None:
        """Sends a message; waits where too many have not been taken yet."""
        self._waiting.append(self._thread.submit(self._to.send, message))
        while len(self._waiting) > WAITING:
            self._waiting.popleft().result()

    def end(self) -> None:
        """Comes back when all was taken."""
        while self._waiting:
            self._waiting.popleft().result()
