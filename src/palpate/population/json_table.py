"""Lines of JSON -> one Arrow table with the shape of an episode document, or word of the lines that do not fit it.

Arrow's reader refuses unknown keys, doubled keys and values of the wrong kind. What it would take though the contract
does not (several documents on a line, NaN, escapes and letters beyond ASCII, whose rules our own reader knows) is kept
from it: such lines are left to the strict reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.json as pj

from palpate.pathway.pathway import Pathway
from palpate.pathway.strict_json import LARGEST

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


def table_of(lines: Sequence[bytes], schema: pa.Schema) -> tuple[pa.RecordBatch, list[int]]:
    """(one row for each line that fits, in order; the places of those lines)."""
    places = [at for at, line in enumerate(lines) if _ordinary(line)]
    tables, taken = [], []
    todo = [places] if places else []
    while todo:
        some = todo.pop()
        table = _parsed([lines[at] for at in some], schema)
        if table is not None:
            tables.append(table)
            taken.append(some)
        elif len(some) > FEW:
            middle = len(some) // 2
            todo += [some[middle:], some[:middle]]
    if not tables:
        return pa.RecordBatch.from_pylist([], schema), []
    whole = pa.concat_tables(tables).combine_chunks()
    return whole.to_batches()[0], [at for some in taken for at in some]


def _ordinary(line: bytes) -> bool:
    return (
        line.startswith(b"{")
        and line.endswith(b"}")
        and line.isascii()
        and b"\\" not in line
        and b"\x7f" not in line
        and len(line) <= LARGEST
        and b"NaN" not in line
        and b"Inf" not in line
        and not (b"null" in line and NULLS.search(line))
    )


def _parsed(lines: Sequence[bytes], schema: pa.Schema) -> pa.Table | None:
    """The lines as a table, or None where one of them does not fit.

    Between a line that ends in } and one that begins with { a document ends, so as many rows as lines is one each.
    """
    text = b"\n".join(lines)
    try:
        table = pj.read_json(
            pa.BufferReader(text),
            read_options=pj.ReadOptions(block_size=max(len(text) // 4, 1 << 20) + LARGEST),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == len(lines) else None
