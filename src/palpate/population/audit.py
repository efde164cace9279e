"""`palpate audit` on this machine: reads, decides, counts and writes, one batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from palpate.pathway.pathway import Pathway
from palpate.population.batch import asked_of, classes_of, decide_rows, decisions
from palpate.population.columns import valid
from palpate.population.deciding import decide_known
from palpate.population.documents import read_documents
from palpate.population.json_table import shape_of, table_of
from palpate.population.limit import at_most, keep_freed
from palpate.population.program import program_of
from palpate.population.report import Tally, write_report
from palpate.population.sources import Piece, ahead, check_columns, files_of, is_lines, lines_of, pieces
from palpate.population.writing import FAULTS_SCHEMA, Folder

WORTH_SHARING = 4 << 20  # bytes of input from which several processes are quicker than one
Told = Callable[[int, float], None]  # how many rows are done, and which share of the whole that is
Early: TypeAlias = Callable[[Iterator[Any]], Iterator[Any]]


def audit(
    pathway: Pathway,
    source: Path,
    out: Path,
    *,
    ask: bool = False,
    memory: int | None = None,
    workers: int = 1,
    told: Told = lambda *_: None,
) -> Folder:
    """Decides a whole population and writes the folder of contract section 5.

    Takes    source: a file, or a folder of files; out: the folder to make; ask: also which facts `decide` would ask;
             memory: how many bytes more the process may hold while it reads and decides (None: any);
             workers: how many processes may work on it together, each with its share of that memory;
             told: hears how far the work has come.
    Returns  the folder, with what it counted.
    Unknown  null, empty or an absent column; never "no".
    Errors   Faults: the input or the folder is at fault, and nothing was written. OSError: it could not be written.
             MemoryError: more was unpacked than the process may hold.
    """
    files = files_of(source)
    for file in files:
        check_columns(pathway, file)
    keep_freed()
    if workers > 1 and sum(file.stat().st_size for file in files) >= WORTH_SHARING:
        from palpate.population.together import Unfinished, add_together

        program_of(pathway).get_ready()
        try:
            return _written(
                pathway, source, out, ask,
                lambda folder, tally: add_together(pathway, files, folder, tally, ask, memory, workers, told),
            )  # fmt: skip
        except Unfinished:
            pass  # whatever it was, this process meets it and says it, or has the memory that was too little shared
    return _written(
        pathway, source, out, ask, lambda folder, tally: _add_alone(pathway, files, folder, tally, ask, memory, told)
    )


def _written(pathway: Pathway, source: Path, out: Path, ask: bool, add: Callable[[Folder, Tally], None]) -> Folder:
    """The folder, with all that `add` adds to it and to the tally."""
    tally = Tally(pathway)
    with Folder(out, pathway, ask) as folder:
        add(folder, tally)
        folder.finish(
            source.name,
            lambda beside: write_report(
                beside, tally, source=source.name, rows=folder.rows, at_fault=folder.at_fault
            ),
        )  # fmt: skip
        return folder


def _add_alone(
    pathway: Pathway, files: Sequence[Path], folder: Folder, tally: Tally, ask: bool, memory: int | None, told: Told
) -> None:
    sizes = [max(file.stat().st_size, 1) for file in files]
    with at_most(memory) if memory is not None else nullcontext():
        for at, file in enumerate(files):
            for share in add_file(pathway, file, folder, tally, ask, early=ahead):
                told(folder.rows, (sum(sizes[:at]) + share * sizes[at]) / sum(sizes))


class Taker(Protocol):
    """Who takes what was decided: `writing.Folder`, or a part of it."""

    schema: pa.Schema

    def add(self, decided: pa.RecordBatch, faults: pa.RecordBatch, care: pa.RecordBatch | None) -> None: ...


def add_file(
    pathway: Pathway,
    file: Path,
    folder: Taker,
    tally: Tally,
    ask: bool,
    groups: Sequence[int] | None = None,
    turn: tuple[int, int] = (0, 1),
    early: Early = iter,
) -> Iterator[float]:
    """Decides a file part by part; gives the share of it that is done.

    Takes  groups: only these row groups of a Parquet file; turn: of the parts of a file of lines only number `turn[0]`
           and every `turn[1]`th after it; early: `sources.ahead`, where the processor would wait for the reading.
    """
    if is_lines(file):
        for lines, parsed, share in early(_parsed(pathway, file, turn)):
            add_lines(pathway, file, lines, parsed, folder, tally, ask)
            yield share
        return
    for piece in early(pieces(pathway, file, groups=groups)):
        add_piece(pathway, piece, folder, tally, ask)
        yield piece.share


Lines: TypeAlias = Sequence[tuple[int, bytes]]  # numbers in their file, and bytes
Parsed: TypeAlias = tuple[pa.RecordBatch, list[int]]


def _parsed(pathway: Pathway, file: Path, turn: tuple[int, int]) -> Iterator[tuple[Lines, Parsed, float]]:
    shape = shape_of(pathway)
    for lines, share in lines_of(file, turn):
        yield lines, table_of([line for _, line in lines], shape), share


def add_lines(
    pathway: Pathway, file: Path, lines: Lines, parsed: Parsed, folder: Taker, tally: Tally, ask: bool
) -> None:
    """Decides documents, one a line, and adds them to the folder and to the tally."""
    program = program_of(pathway)
    read = read_documents(pathway, classes_of(pathway), [line for _, line in lines], parsed)
    decided = decide_known(program, read.known)
    made = decisions(program, read.known.count, decided, asked_of(pathway, read.known) if ask else None)
    whole = pa.RecordBatch.from_arrays([pa.array(read.ids, pa.string()), *made.values()], schema=folder.schema)
    wrong = sorted(read.faults)
    faults = pa.RecordBatch.from_arrays(
        [
            pa.array([file.name] * len(wrong), pa.string()),
            pa.array([lines[at][0] for at in wrong], pa.int64()),
            pa.nulls(len(wrong), pa.string()),
            pa.array(["; ".join(map(str, read.faults[at])) for at in wrong], pa.string()),
        ],
        schema=FAULTS_SCHEMA,
    )
    folder.add(whole, faults, tally.add(read.known, whole))


def add_piece(pathway: Pathway, piece: Piece, folder: Taker, tally: Tally, ask: bool) -> None:
    """Decides the rows of a piece and adds them to the folder and to the tally."""
    made, known = decide_rows(pathway, piece.batch, ask=ask, odd=piece.odd)
    at_fault = valid(made.column("fault"))
    decided = pa.RecordBatch.from_arrays([made.column(name) for name in folder.schema.names], schema=folder.schema)
    if at_fault.any():
        decided = decided.filter(pa.array(~at_fault))
    folder.add(decided, _faults(piece, made, np.flatnonzero(at_fault)), tally.add(known, decided))


def _faults(piece: Piece, made: pa.RecordBatch, rows: np.ndarray) -> pa.RecordBatch:
    """The rows at fault with their numbers; a line that is no row has no id."""
    lost = np.array([number for number, _ in piece.lost], np.int64)
    numbers = _numbers(piece.first, made.num_rows, lost)[rows]
    names = pa.array([piece.file.name] * (len(rows) + len(lost)), pa.string())
    ids = pa.concat_arrays([made.column("id").take(pa.array(rows)), pa.nulls(len(lost), pa.string())])
    texts = pa.array([text for _, text in piece.lost], pa.string())
    reasons = pa.concat_arrays([made.column("fault").take(pa.array(rows)), texts])
    return pa.RecordBatch.from_arrays(
        [names, pa.array(np.concatenate([numbers, lost])), ids, reasons], schema=FAULTS_SCHEMA
    )


def _numbers(first: int, count: int, lost: np.ndarray) -> np.ndarray:
    """The number in its file of each row of a piece; lines that are no rows have their numbers, too."""
    every = np.arange(first, first + count + len(lost), dtype=np.int64)
    return every[~np.isin(every, lost)][:count]
