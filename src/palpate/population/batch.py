"""One Arrow batch of rows in, one Arrow batch of decisions out: what every engine calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from palpate.pathway.decision import find
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import DISPOSITIONS, URGENCIES, Pathway, rank
from palpate.population.checked import Classes
from palpate.population.deciding import Decided, decide_known, where_held
from palpate.population.known import Known
from palpate.population.program import Program, program_of
from palpate.population.rows import Rows, one_line_of, wrong_columns

_WORDS = [
    (rank(word, urgency), word, urgency)
    for word in DISPOSITIONS
    for urgency in (URGENCIES if word == "medical_exam_first" else (None,))
]


# The rank of a decision -> its words.
MEANING = {level: (word, urgency) for level, word, urgency in _WORDS}
TOGETHER = 1_000  # episodes of which the documents are in memory at a time
# Short places, since they go from process to process; no document has 65,536 rules.
_CODED = pa.dictionary(pa.uint16(), pa.string())


def schema_of(ask: bool, coded: bool = False) -> pa.Schema:
    """The columns of a batch of decisions. Where `fault` is not null, there is no decision.

    Takes  coded: words stand as places in a dictionary, which spares whoever counts or writes them most of the work.
    """
    words = _CODED if coded else pa.string()
    fields: list[tuple[str, Any]] = [
        ("id", pa.string()),
        ("disposition", words),
        ("urgency", words),
        ("rules", pa.list_(words)),
    ]
    if ask:
        fields.append(("ask", pa.list_(pa.string())))
    return pa.schema([*fields, ("fault", pa.string())])


def decide_batch(pathway: Pathway, batch: pa.RecordBatch, *, ask: bool = False) -> pa.RecordBatch:
    """The decision of each row, in order; the same as `palpate decide` gives for the document that the row stands for.

    Takes    batch: one row per decision (contract section 5); ask: also which facts `decide` would ask.
    Returns  a batch with the columns of `schema_of`; rules: ids that hold and are not lifted, in the pathway's order.
    Unknown  null; an absent column is unknown throughout.
    Errors   Faults, where a column is none that the pathway knows or holds another type.
    """
    made = decide_rows(pathway, batch, ask=ask)[0]
    return pa.RecordBatch.from_arrays([_written_out(array) for array in made.columns], schema=schema_of(ask))


def decide_rows(
    pathway: Pathway, batch: pa.RecordBatch, *, ask: bool = False, odd: Mapping[int, list[Fault]] | None = None
) -> tuple[pa.RecordBatch, Known]:
    """The same, words as places in a dictionary, with what was known of the rows without faults, for who counts them.

    Takes  odd: row -> what was wrong with its text before it came here.
    """
    wrong = wrong_columns(pathway, batch.schema)
    if wrong:
        raise Faults(wrong)
    program = program_of(pathway)
    rows = Rows(pathway, batch, classes_of(pathway), odd)
    decided = decide_known(program, rows.known)
    asked = asked_of(pathway, rows.known) if ask else None
    made = decisions(program, rows.known.count, decided, asked)
    known = rows.known
    del rows.known  # it leads back to the rows: a circle would keep the batch in memory
    return with_faults(rows, made, ask), known


def classes_of(pathway: Pathway) -> Classes:
    """The response classes of a pathway, kept from batch to batch."""
    made = pathway.engines.get("classes")
    if made is None:
        made = pathway.engines["classes"] = Classes(pathway)
    assert isinstance(made, Classes)
    return made


def asked_of(pathway: Pathway, known: Known) -> list[list[str]]:
    """What `decide` would ask of each person. This is the search itself, one person at a time."""
    episodes = chain.from_iterable(
        known.episodes(range(start, min(start + TOGETHER, known.count))) for start in range(0, known.count, TOGETHER)
    )
    return [[name for name, _ in find(pathway, episode).asked] for episode in episodes]


def decisions(program: Program, count: int, decided: Decided, asked: list[list[str]] | None) -> dict[str, pa.Array]:
    """Disposition, urgency, rules (and ask) of each person, in order."""
    offsets, which = where_held(decided.held, count)
    ids = pa.array([rule.id for rule in program.pathway.rules], pa.string())
    made = {
        "disposition": _of_ranks(
            decided.ranks, list(DISPOSITIONS), {level: word for level, (word, _) in MEANING.items()}
        ),
        "urgency": _of_ranks(
            decided.ranks, list(URGENCIES), {level: urgency for level, (_, urgency) in MEANING.items()}
        ),
        "rules": pa.ListArray.from_arrays(pa.array(offsets), pa.DictionaryArray.from_arrays(pa.array(which), ids)),
    }
    if asked is not None:
        made["ask"] = pa.array(asked, pa.list_(pa.string()))
    return made


def _of_ranks(ranks: np.ndarray, words: Sequence[str], meaning: Mapping[int, str | None]) -> pa.DictionaryArray:
    """The word of each rank; null where it has none."""
    table = np.full(max(meaning) + 1, -1, np.int16)
    for level, word in meaning.items():
        table[level] = -1 if word is None else words.index(word)
    codes = table[ranks]
    places = pa.array(codes.view(np.uint16), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(words, pa.string()))


def _written_out(array: pa.Array) -> pa.Array:
    """The same words, in full."""
    if pa.types.is_dictionary(array.type):
        return array.dictionary_decode()
    if pa.types.is_list(array.type) and pa.types.is_dictionary(array.type.value_type):
        inner = array.values.dictionary_decode()
        return pa.ListArray.from_arrays(array.offsets, inner, mask=array.is_null() if array.null_count else None)
    return array


def with_faults(rows: Rows, made: dict[str, pa.Array], ask: bool) -> pa.RecordBatch:
    """Decisions and faults together, a line for each row of the input."""
    schema = schema_of(ask, coded=True)
    if not rows.faults:
        arrays = [rows.ids.cast(pa.string()), *made.values(), pa.nulls(rows.count, pa.string())]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)
    at = np.full(rows.count, -1, np.int64)
    at[rows.places] = np.arange(len(rows.places))
    places = pa.array(at, mask=at < 0)
    texts = {row: one_line_of(faults) for row, faults in rows.faults.items()}
    arrays = [pa.array([_told(raw) for raw in rows.ids.to_pylist()], pa.string())]
    arrays += [array.take(places) for array in made.values()]
    arrays.append(pa.array([texts.get(row) for row in range(rows.count)], pa.string()))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _told(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="backslashreplace")
