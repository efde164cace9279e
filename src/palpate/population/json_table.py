"""Lines of JSON -> one Arrow table with the shape of an episode document, or word of the lines that do not fit it.

Arrow's reader refuses unknown keys, doubled keys and values of the wrong kind. What it would take though the contract
does not (several documents on a line, NaN, escapes and letters beyond ASCII, whose rules our own reader knows) is kept
from it: such lines are left to the strict reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

import pyarrow as pa
import pyarrow.json as pj

from palpate.pathway.pathway import Pathway
from palpate.pathway.strict_json import LARGEST

FACTS = "facts"  # the key under which answers stand, wherever that is
FEW = 32  # lines that are not searched for the odd one any further
# With these keys, null does not mean the same as nothing.
NULLS = re.compile(rb'"values?"\s*:\s*null')


def document_schema(pathway: Pathway) -> pa.Schema:
    """The keys of an episode document and their types; numbers are read as such and checked later."""
    kinds = {"bool": pa.bool_(), "enum": pa.string(), "int": pa.float64(), "float": pa.float64()}
    vocabulary = pathway.vocabulary.facts
    facts = pa.struct([(name, kinds[fact.kind]) for name, fact in vocabulary.items() if name not in pathway.worked_out])
    text, number, words = pa.string(), pa.float64(), pa.list_(pa.string())
    measure = [("date", text), ("name", text), ("value", number), ("values", pa.list_(number))]
    session = [("date", text), ("pain_before", number), ("pain_after", number), ("minutes", number)]
    clearance = [("date", text), ("outcome", text), ("covers", words), ("by", text), ("valid_until", text)]
    return pa.schema(
        [
            ("palpate", pa.int64()),
            ("id", text),
            ("as_of", text),
            ("moment", text),
            ("person", pa.struct([("birth_date", text)])),
            ("onset", text),
            ("protocol", text),
            ("facts", facts),
            ("unsure", words),
            ("sessions", pa.list_(pa.struct([*session, ("techniques", words), ("facts", facts)]))),
            ("today", pa.struct([("unchanged", pa.bool_()), ("facts", facts)])),
            ("measures", pa.list_(pa.struct(measure))),
            ("clearances", pa.list_(pa.struct([*clearance, ("limits", text)]))),
        ]
    )  # fmt: skip


class Shape:
    """What to expect of documents: all that may stand in them, and, for speed, which facts have stood in them so far.

    Of some hundred facts in three places most documents hold few, and each column that is prepared costs time.
    """

    def __init__(self, whole: pa.Schema) -> None:
        self.whole = whole
        self.narrow: pa.Schema | None = None
        self._seen: set[tuple[str, ...]] = set()

    def learn(self, table: pa.Table) -> None:
        """Takes  table: documents that were read by the whole schema."""
        for field in self.whole:
            self._look((field.name,), table.column(field.name).combine_chunks())
        self.narrow = pa.schema([pa.field(field.name, self._kept((field.name,), field.type)) for field in self.whole])

    def _look(self, path: tuple[str, ...], array: pa.Array) -> None:
        if array.null_count == len(array):
            return
        if pa.types.is_list(array.type) and pa.types.is_struct(array.type.value_type):
            array = array.flatten()
        if not pa.types.is_struct(array.type):
            return
        for field, child in zip(array.type, array.flatten(), strict=True):
            if path[-1] == FACTS and child.null_count < len(child):
                self._seen.add((*path, field.name))
            self._look((*path, field.name), child)

    def _kept(self, path: tuple[str, ...], kind: pa.DataType) -> pa.DataType:
        """The type without the facts that were not seen."""
        if pa.types.is_list(kind):
            return pa.list_(self._kept(path, kind.value_type))
        if not pa.types.is_struct(kind):
            return kind
        fields = [field for field in kind if path[-1] != FACTS or (*path, field.name) in self._seen]
        return pa.struct([(field.name, self._kept((*path, field.name), field.type)) for field in fields])


def shape_of(pathway: Pathway) -> Shape:
    """The shape of a pathway's documents, kept from batch to batch."""
    made = pathway.engines.get("documents")
    if made is None:
        made = pathway.engines["documents"] = Shape(document_schema(pathway))
    assert isinstance(made, Shape)
    return made


def table_of(lines: Sequence[bytes], shape: Shape) -> tuple[pa.RecordBatch, list[int]]:
    """(one row for each line that fits, in order; the places of those lines).

    The facts of a table may be some of those of the pathway: the others are null throughout.
    """
    every = _all_ordinary(lines)
    places = [at for at, line in enumerate(lines) if every or _ordinary(line)]
    tables, taken = [], []
    todo = [places] if places else []
    while todo:
        some = todo.pop()
        table = _parsed([lines[at] for at in some], shape)
        if table is not None:
            tables.append(table)
            taken.append(some)
        elif len(some) > FEW:
            middle = len(some) // 2
            todo += [some[middle:], some[:middle]]
    if not tables:
        return pa.RecordBatch.from_pylist([], shape.whole), []
    if any(table.schema != tables[0].schema for table in tables):
        tables = [_widened(table, shape.whole) for table in tables]
    whole = pa.concat_tables(tables).combine_chunks()
    return whole.to_batches()[0], [at for some in taken for at in some]


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [_wider(table.column(field.name).combine_chunks(), field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _wider(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The same values as a type with more keys, which are null."""
    if array.type == kind:
        return array
    absent = array.is_null()
    if pa.types.is_list(kind):
        inner = _wider(array.flatten(), kind.value_type)
        lengths = array.value_lengths().fill_null(0).to_pylist()
        offsets = pa.array(list(accumulate(lengths, initial=0)), pa.int32())
        return pa.ListArray.from_arrays(offsets, inner, type=kind, mask=absent)
    there = dict(zip([field.name for field in array.type], array.flatten(), strict=True))
    children = [
        _wider(there[field.name], field.type) if field.name in there else pa.nulls(len(array), field.type)
        for field in kind
    ]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=absent)


def _ordinary(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}") and len(line) <= LARGEST and _plain(line)


def _all_ordinary(lines: Sequence[bytes]) -> bool:
    """Whether each line is; they are looked through together, which is quicker."""
    begun = all(line.startswith(b"{") and line.endswith(b"}") for line in lines)
    return begun and max(map(len, lines), default=0) <= LARGEST and _plain(b"\n".join(lines))


def _plain(text: bytes) -> bool:
    return (
        text.isascii()
        and b"\\" not in text
        and b"\x7f" not in text
        and not (b"N" in text and b"NaN" in text)  # one letter is found much sooner than three, and is rare
        and not (b"I" in text and b"Inf" in text)
        and not (b"null" in text and NULLS.search(text))
    )


def _parsed(lines: Sequence[bytes], shape: Shape) -> pa.Table | None:
    """The lines as a table, or None where one of them does not fit."""
    text = b"\n".join(lines)
    if shape.narrow is not None:
        table = _read(text, len(lines), shape.narrow)
        if table is not None:
            return table
    table = _read(text, len(lines), shape.whole)
    if table is not None:
        shape.learn(table)
    return table


def _read(text: bytes, count: int, schema: pa.Schema) -> pa.Table | None:
    """The table of a text of `count` lines, or None where it does not fit the schema.

    Between a line that ends in } and one that begins with { a document ends, so as many rows as lines is one each.
    """
    try:
        table = pj.read_json(
            pa.BufferReader(text),
            read_options=pj.ReadOptions(block_size=max(len(text) // 4, 1 << 20) + LARGEST),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == count else None
