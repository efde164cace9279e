"""CSV with one row per decision: text read as text, and turned into answers by lists of spellings, never by guess.

Yes-or-no: true, false, yes, no, in small or capital letters. Numbers: digits, with a point for decimals. Lists: words
separated by |. Nothing between two commas: unknown. Fields that hold a comma or a quote stand in double quotes; no
field runs over more than one line, so a quote left open is seen at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from palpate.pathway.facts import Fact
from palpate.pathway.faults import Fault, Faults, shown
from palpate.pathway.pathway import Pathway
from palpate.population.columns import numbers, truths
from palpate.population.rows import CLEARED, ID, MOMENT, UNSURE, wrong_columns
from palpate.population.sources import Piece

BLOCK = 32 << 20  # bytes of text at a time
SPELLED = {b"true": True, b"yes": True, b"false": False, b"no": False}
NUMBER = re.compile(rb"-?[0-9]{1,15}(\.[0-9]{1,15})?")
TEXTS = (ID, MOMENT, UNSURE, CLEARED)


def of_csv(pathway: Pathway, file: Path) -> Iterator[Piece]:
    """The rows of a CSV file. Errors: Faults."""
    names = _names(file)
    wrong = wrong_columns(pathway, pa.schema([(name, _kind(pathway, name)) for name in names]), str(file))
    if wrong:
        raise Faults(wrong)
    odd_lines: list[tuple[int, str]] = []
    open_at: list[int | None] = []

    def odd_line(row: pc.InvalidRow) -> str:
        if "\n" in row.text or "\r" in row.text:
            open_at.append(row.number)
            return "error"  # nothing that is raised here would get through Arrow
        text = f"the line has {row.actual_columns} fields, expected {row.expected_columns}"
        odd_lines.append((row.number - 1, text))  # the first line holds the names
        return "skip"

    size, first = max(file.stat().st_size, 1), 1
    types = {name: pa.binary() if name in TEXTS else pa.dictionary(pa.int32(), pa.binary()) for name in names}
    try:
        reader = pc.open_csv(
            file,
            read_options=pc.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=pc.ParseOptions(invalid_row_handler=odd_line, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
        )
        for done, batch in enumerate(reader, 1):
            lost, odd_lines[:] = tuple(odd_lines), []
            read = _Read(pathway, batch)
            if read.broken_at is not None:
                raise _Open(first + read.broken_at + 1)
            yield Piece(file, first, read.batch, read.odd, lost, min(done * BLOCK / size, 1.0))
            first += batch.num_rows + len(lost)
    except _Open as at:
        raise _left_open(file, at.args[0]) from None
    except MemoryError:
        raise
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        if open_at:
            raise _left_open(file, open_at[0]) from None
        text = "a quote is left open, or a line is longer than 32 MiB" if "sync" in str(error) else "it cannot be read"
        raise Faults([Fault("damaged", str(file), text)]) from None
    if odd_lines:
        empty = _Read(pathway, pa.RecordBatch.from_arrays([pa.array([], kind) for kind in types.values()], names)).batch
        yield Piece(file, first, empty, {}, tuple(odd_lines), 1.0)


def _left_open(file: Path, line: int | None) -> Faults:
    where = f"line {line}: " if line else ""
    text = f"{where}a quote is left open, or a field runs over more than one line"
    return Faults([Fault("open-quote", str(file), text)])


class _Open(Exception):
    """A quote is left open at this line."""


def _names(file: Path) -> list[str]:
    """The names in the first line. Errors: Faults."""
    import csv

    try:
        with open(file, "rb") as stream:  # the first line alone: what is wrong further down is said of its own line
            line = stream.readline(1 << 20).decode("utf-8-sig")
        names = next(csv.reader([line], strict=True), [])
    except FileNotFoundError:
        raise Faults([Fault("no-such-file", str(file), "there is no such file")]) from None
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Faults([Fault("damaged", str(file), "the first line holds no names of columns")]) from None
    if not names:
        raise Faults([Fault("damaged", str(file), "the file is empty; its first line must hold the names of columns")])
    return names


def _kind(pathway: Pathway, name: str) -> pa.DataType:
    """What a column is once its text is read; a name that is no fact is refused by its name, not by its type."""
    if name in (UNSURE, CLEARED):
        return pa.list_(pa.string())
    fact = pathway.vocabulary.facts.get(name)
    if fact is None or fact.kind == "enum":
        return pa.string()
    return pa.bool_() if fact.kind == "bool" else pa.float64()


class _Read:
    """A batch of text as a batch of answers.

    odd         row -> what is wrong with its text
    broken_at   the first row with a field that runs over more than one line
    """

    def __init__(self, pathway: Pathway, batch: pa.RecordBatch) -> None:
        self.odd: dict[int, list[Fault]] = {}
        self.broken_at: int | None = None
        arrays = []
        for name in batch.schema.names:
            column = batch.column(name)
            if name in (UNSURE, CLEARED):
                arrays.append(self._lists(column))
            elif name in TEXTS:
                self._lines(column)
                arrays.append(column.cast(pa.string(), safe=False) if _is_utf8(column) else self._texts(name, column))
            else:
                arrays.append(self._answers(pathway.vocabulary.facts[name], column))
        kinds = [(name, _kind(pathway, name)) for name in batch.schema.names]
        fields = [pa.field(name, array.type) for (name, _), array in zip(kinds, arrays, strict=True)]
        self.batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))

    def _lines(self, column: pa.Array) -> None:
        broken = truths(pa.compute.match_substring_regex(column, "[\r\n]"))
        self._broken(np.flatnonzero(broken))

    def _broken(self, rows: Any) -> None:
        if len(rows) and (self.broken_at is None or rows[0] < self.broken_at):
            self.broken_at = int(rows[0])

    def _texts(self, name: str, column: pa.Array) -> pa.Array:
        texts: list[str | None] = []
        for row, raw in enumerate(column.to_pylist()):
            try:
                texts.append(raw.decode())
            except UnicodeDecodeError:
                texts.append(None)
                self._wrong(row, name, "the text is not valid UTF-8")
        return pa.array(texts, pa.string())

    def _lists(self, column: pa.Array) -> pa.Array:
        self._lines(column)
        coded = column.dictionary_encode()
        words = []
        for at, raw in enumerate(coded.dictionary.to_pylist()):
            try:
                words.append(raw.decode().split("|") if raw else None)
            except UnicodeDecodeError:
                words.append(None)
                for row in np.flatnonzero(numbers(coded.indices) == at).tolist():
                    self._wrong(row, "lists", "the text is not valid UTF-8")
        return pa.array(words, pa.list_(pa.string())).take(coded.indices)

    def _answers(self, fact: Fact, column: pa.DictionaryArray) -> pa.Array:
        values: list[Any] = []
        for at, raw in enumerate(column.dictionary.to_pylist()):
            value, good = _answer(fact, raw)
            values.append(value)
            if not good:
                rows = np.flatnonzero(numbers(column.indices) == at)
                if b"\n" in raw or b"\r" in raw:
                    self._broken(rows)
                text = raw.decode(errors="backslashreplace")
                for row in rows.tolist():
                    self._wrong(row, fact.name, f"found {shown(text)}, expected {fact.expected()}")
        kind = {"bool": pa.bool_(), "enum": pa.string()}.get(fact.kind, pa.float64())
        if fact.kind == "enum":
            return pa.DictionaryArray.from_arrays(column.indices, pa.array(values, kind))
        return pa.array(values, kind).take(column.indices)

    def _wrong(self, row: int, name: str, text: str) -> None:
        self.odd.setdefault(row, []).append(Fault("wrong-value", f"$.facts.{name}", text))


def _answer(fact: Fact, raw: bytes) -> tuple[Any, bool]:
    """(the answer, None where unknown; whether the text is one). An enum's words are checked later, with all others."""
    if not raw:
        return None, True
    if fact.kind == "bool":
        value = SPELLED.get(raw.lower())
        return value, value is not None
    if fact.kind == "enum":
        try:
            return raw.decode(), b"\n" not in raw and b"\r" not in raw
        except UnicodeDecodeError:
            return None, False
    return (float(raw), True) if NUMBER.fullmatch(raw) else (None, False)


def _is_utf8(column: pa.Array) -> bool:
    try:
        column.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True
