"""The files of a population, one batch of rows at a time.

Columns and types are declared, never guessed, and no more is in memory than one batch (S-27): a file that unpacks to
more than was granted ends in one line, not in a full machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway
from palpate.pathway.strict_json import LARGEST
from palpate.population.rows import MOMENT, wrong_columns

SPACE = b" \t\r\n"  # what JSON calls space
PARQUET, CSV, LINES = (".parquet",), (".csv",), (".ndjson", ".jsonl")
LINES_TOGETHER, BYTES_TOGETHER = 16_384, 64 << 20
BATCH = 131_072  # rows at most that are decided together: more take more memory, and are no quicker
Read = TypeVar("Read")
Item = TypeVar("Item")
PIECE = 1 << 20  # bytes of a column or of lines that are read from the disk at a time


@dataclass(frozen=True)
class Piece:
    """Some rows of a file.

    first   the number of the first row in its file, from 1
    odd     row within the piece -> what is wrong with its text
    lost    (number, reason) of rows that could not be read as rows at all, and are in no batch
    share   how much of the file has been read by now, 0 to 1
    """

    file: Path
    first: int
    batch: pa.RecordBatch
    odd: dict[int, list[Fault]] = field(default_factory=dict)
    lost: tuple[tuple[int, str], ...] = ()
    share: float = 0.0


def files_of(source: Path) -> list[Path]:
    """The files of a source: itself, or those of a folder by name. Errors: Faults."""
    if not source.exists():
        raise Faults([Fault("no-such-file", str(source), "there is no such file or folder")])
    if not source.is_dir():
        files = [source]
    else:
        files = sorted(file for file in source.iterdir() if not file.name.startswith((".", "_")))
        if not files:
            raise Faults([Fault("no-such-file", str(source), "the folder holds no files")])
    wrong = [
        Fault("wrong-kind", str(file), "this is a folder within the folder")
        if file.is_dir()
        else Fault("wrong-kind", str(file), "a population is .parquet, .csv or .ndjson, by its name")
        for file in files
        if file.is_dir() or file.suffix.lower() not in (*PARQUET, *CSV, *LINES)
    ]
    if wrong:
        raise Faults(wrong)
    return files


def is_lines(file: Path) -> bool:
    """Whether a file holds episode documents, one a line."""
    return file.suffix.lower() in LINES


def pieces(pathway: Pathway, file: Path, batch: int = BATCH, groups: Sequence[int] | None = None) -> Iterator[Piece]:
    """The rows of a Parquet or CSV file. Errors: Faults, naming the file and, where it is known, the row."""
    if file.suffix.lower() in PARQUET:
        yield from _of_parquet(pathway, file, batch, groups)
    else:
        from palpate.population.csv_text import of_csv

        yield from of_csv(pathway, file)


def lines_of(file: Path, turn: tuple[int, int] = (0, 1)) -> Iterator[tuple[list[tuple[int, bytes]], float]]:
    """The lines of a stream of documents that are not blank: (their numbers and bytes), and the share read by now.

    A line longer than a document may be is cut, which leaves it too long.

    Takes   turn: of the blocks of lines only number `turn[0]` and every `turn[1]`th after it.
    Errors  Faults.
    """
    size, first = max(file.stat().st_size, 1), 1
    with _sound(file, lambda: open(file, "rb", buffering=0)) as stream:
        for at, (block, count) in enumerate(_blocks(stream)):
            if at % turn[1] == turn[0]:
                ended = (line.rstrip(SPACE) for line in block.split(b"\n"))
                lines = [(number, line) for number, line in enumerate(ended, first) if line]
                if lines or turn[1] > 1:  # who takes turns with others keeps theirs
                    yield lines, stream.tell() / size
            first += count


def _blocks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Whole lines together, without the end of the last, and how many they are."""
    rest = b""
    while True:
        pieces, count, held = [rest], rest.count(b"\n"), len(rest)
        while count < LINES_TOGETHER and held < BYTES_TOGETHER and (piece := stream.read(PIECE)):
            pieces.append(piece)
            count += piece.count(b"\n")
            held += len(piece)
        block, ended, rest = b"".join(pieces).rpartition(b"\n")
        if len(rest) > LARGEST + 2:
            rest = rest[: LARGEST + 2] + _after_line(stream)
        if ended:
            yield block, count
        elif rest and b"\n" not in rest:  # the last line, which does not end
            yield rest, 1
            return
        elif not rest:
            return


def _after_line(stream: BinaryIO) -> bytes:
    """Reads to the end of a line, and gives this end with what was read beyond."""
    while piece := stream.read(PIECE):
        at = piece.find(b"\n")
        if at >= 0:
            return piece[at:]
    return b""


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made ready while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = reader.submit(next, items, None)
            yield item


def check_columns(pathway: Pathway, file: Path) -> None:
    """Errors: Faults, for every column of a Parquet file that is not as the contract says."""
    if file.suffix.lower() in PARQUET:
        wrong = wrong_columns(pathway, _sound(file, lambda: pq.read_schema(file)), str(file))
        if wrong:
            raise Faults(wrong)


def groups_of(file: Path) -> int:
    """How many row groups a Parquet file has, each of which can be read by itself; 0 of any other file."""
    if file.suffix.lower() not in PARQUET:
        return 0
    return int(_sound(file, lambda: pq.read_metadata(file)).num_row_groups)


def parts_of(file: Path, hands: int) -> list[tuple[int, ...]]:
    """The row groups of a Parquet file in parts that are worth deciding together; none of any other file.

    Takes  hands: how many processes take the parts in turn, none of them much more than another.
    """
    if file.suffix.lower() not in PARQUET:
        return []
    metadata = _sound(file, lambda: pq.read_metadata(file))
    count = int(metadata.num_row_groups)
    most = max((metadata.row_group(at).num_rows for at in range(count)), default=1)
    rounds = -(-count // (hands * max(BATCH // max(most, 1), 1)))
    size, more = divmod(count, max(min(count, hands * rounds), 1))
    parts: list[tuple[int, ...]] = []
    at = 0
    while at < count:
        width = size + (len(parts) < more)
        parts.append(tuple(range(at, at + width)))
        at += width
    return parts


def _of_parquet(pathway: Pathway, file: Path, rows: int, groups: Sequence[int] | None) -> Iterator[Piece]:
    opened = _sound(file, lambda: _open(pathway, file))
    sizes = [opened.metadata.row_group(at).num_rows for at in range(opened.metadata.num_row_groups)]
    wanted = list(range(len(sizes)) if groups is None else groups)
    total, start = sum(sizes[at] for at in wanted), 1 + sum(sizes[: wanted[0]] if wanted else [])
    first = start
    batches = chain.from_iterable(_batches(opened, few, rows) for few in _runs(wanted, sizes, rows))
    while True:
        batch = _sound(file, lambda: next(batches, None), first)
        if batch is None:
            break
        yield Piece(file, first, batch, share=(first - start + batch.num_rows) / max(total, 1))
        first += batch.num_rows
    if first - start != total:
        text = f"the file says that it has {total} rows, and {first - start} can be read"
        raise Faults([Fault("damaged", str(file), text)])


def _runs(groups: Sequence[int], sizes: Sequence[int], rows: int) -> Iterator[list[int]]:
    """The row groups in order, as many together as have no more than so many rows, and at least one."""
    few: list[int] = []
    for at in groups:
        if few and sum(sizes[other] for other in few) + sizes[at] > rows:
            yield few
            few = []
        few.append(at)
    if few:
        yield few


def _batches(opened: pq.ParquetFile, groups: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
    if len(groups) == 1:
        yield from opened.iter_batches(rows, row_groups=groups)
    else:  # `iter_batches` cuts a batch where the next row group begins, since each has dictionaries of its own
        yield from opened.read_row_groups(groups).unify_dictionaries().combine_chunks().to_batches()


def _open(pathway: Pathway, file: Path) -> pq.ParquetFile:
    schema = pq.read_schema(file)
    facts = pathway.vocabulary.facts
    coded = [
        name
        for name in schema.names
        if name == MOMENT
        or (name in facts and facts[name].kind == "enum" and pa.types.is_string(schema.field(name).type))
    ]
    return pq.ParquetFile(file, read_dictionary=coded, buffer_size=PIECE, pre_buffer=False)


def _sound(file: Path, read: Callable[[], Read], row: int | None = None) -> Read:
    """What `read` gives. Errors: Faults, in our words, where the file cannot be read or is not what it seems."""
    try:
        return read()
    except MemoryError:
        raise
    except FileNotFoundError:
        fault = Fault("no-such-file", str(file), "there is no such file")
    except (PermissionError, IsADirectoryError):
        fault = Fault("no-such-file", str(file), "the file may not be read")
    except (pa.ArrowException, OSError, ValueError):
        where = f" beyond row {row - 1}" if row and row > 1 else ""
        fault = Fault("damaged", str(file), f"this is no Parquet file, or it is damaged or cut off: unreadable{where}")
    raise Faults([fault])
