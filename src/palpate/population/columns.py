"""Columns of a table as answers: text and numbers of any width -> codes and numbers, and what is wrong where.

Types are declared by the pathway's vocabulary and never guessed (S-27). A value that is no answer is found here by
whole columns; what is said about it comes from `Fact.wrong`, as at every other door.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from palpate.pathway.facts import Fact
from palpate.population.bits import Flags
from palpate.population.known import UNKNOWN, Column, codes_of

NO_ANSWER = -2  # the code of a word that is none of the fact's


def fits(fact: Fact, kind: pa.DataType) -> bool:
    """Whether a column of this type can hold answers to the fact."""
    if pa.types.is_null(kind):
        return True
    if fact.kind == "bool":
        return bool(pa.types.is_boolean(kind))
    if fact.kind == "enum":
        return is_text(kind)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_text(kind: pa.DataType) -> bool:
    """Text, be it written out or as a dictionary."""
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def answers(fact: Fact, array: pa.Array) -> tuple[Column | None, Flags | None]:
    """(the column, None where nothing is known; where it holds what is no answer, None where nowhere)."""
    count = len(array)
    if pa.types.is_null(array.type) or array.null_count == count:
        return None, None
    if fact.kind == "bool":
        return _blanked(truths(array).view(np.int8), array), None
    if fact.kind == "enum":
        return _coded(fact, array)
    return _numbers(fact, array)


def _blanked(values: Column, array: pa.Array) -> Column:
    """The same codes, unknown where the array is null. By arithmetic, which takes a tenth of what choosing takes."""
    return values | (valid(array).view(np.int8) - np.int8(1)) if array.null_count else values


def valid(array: pa.Array) -> Flags:
    """Which entries are not null."""
    mask = array.buffers()[0]
    if mask is None or array.null_count == 0:
        return np.ones(len(array), np.bool_)
    return _bits(mask, array.offset, len(array))


def truths(array: pa.BooleanArray) -> Flags:
    """The values of a column of yes and no; anything where it is null."""
    return _bits(array.buffers()[1], array.offset, len(array))


def numbers(array: pa.Array) -> Column:
    """The values of a column of numbers, without a copy; anything where it is null."""
    kind = array.type.to_pandas_dtype()
    return np.frombuffer(array.buffers()[1], kind, array.offset + len(array))[array.offset :]


def _bits(buffer: pa.Buffer, offset: int, count: int) -> Flags:
    # Straight from Arrow's memory: its own conversions load pandas where that is installed.
    packed = np.frombuffer(buffer, np.uint8)[offset // 8 : (offset + count + 7) // 8]
    return np.unpackbits(packed, bitorder="little")[offset % 8 :][:count].view(np.bool_)


def _coded(fact: Fact, array: pa.Array) -> tuple[Column, Flags | None]:
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    words = _words(coded.dictionary)
    codes: dict[Any, int] = {value: code for code, value in enumerate(codes_of(fact))}
    table = np.array([codes.get(word, NO_ANSWER) for word in words] or [UNKNOWN], np.int8)
    values = _blanked(_looked_up(table, numbers(coded.indices)), coded)
    if not (table == NO_ANSWER).any():
        return values, None
    wrong = values == NO_ANSWER
    values[wrong] = UNKNOWN
    return values, wrong if wrong.any() else None


def _looked_up(table: Column, places: Column) -> Column:
    """The code of each place; anything where a place is none of the table's."""
    if len(table) > 256:
        return table.take(places, mode="clip")
    every = np.zeros(256, np.int8)
    every[: len(table)] = table
    return np.frombuffer(bytearray(places.astype(np.uint8)).translate(every.tobytes()), np.int8)


def _words(dictionary: pa.Array) -> list[str | None]:
    """The words of a dictionary; bytes that are no UTF-8 are no word."""
    kind = pa.large_binary() if pa.types.is_large_string(dictionary.type) else pa.binary()
    if pa.types.is_string_view(dictionary.type):
        dictionary, kind = dictionary.cast(pa.large_binary()), pa.large_binary()
    return [_text(word) for word in dictionary.cast(kind).to_pylist()]


def _text(raw: bytes | None) -> str | None:
    try:
        return None if raw is None else raw.decode()
    except UnicodeDecodeError:
        return None


def _numbers(fact: Fact, array: pa.Array) -> tuple[Column, Flags | None]:
    known = valid(array)
    values = numbers(array.cast(pa.float64())) if pa.types.is_floating(array.type) else numbers(array)
    right = known & (values >= fact.low) & (values <= fact.high)  # false for NaN
    if fact.kind == "int" and pa.types.is_floating(array.type):
        right &= values == np.floor(values)
    made = values.astype(np.float64)
    if not right.all():
        # All bits set are NaN; to set them takes a third of what choosing takes.
        made.view(np.int64)[:] |= right.view(np.int8) - np.int8(1)
    wrong = known ^ right
    return made, wrong if wrong.any() else None


def counted(array: pa.DictionaryArray) -> dict[str, int]:
    """Each word that occurs, with how often; null is not counted."""
    places = numbers(array.indices)[valid(array)]
    counts = np.bincount(places, minlength=len(array.dictionary)).tolist()
    return {word: count for word, count in zip(array.dictionary.to_pylist(), counts, strict=True) if count}


def listed(array: pa.Array) -> tuple[np.ndarray, list[str | None], np.ndarray] | None:
    """A column of lists of words -> (row of each word, the words that occur, which of them each is); None where empty.

    A null list is an empty one.
    """
    if pa.types.is_null(array.type) or array.null_count == len(array):
        return None
    flat = pc.list_flatten(array)
    if not len(flat):
        return None
    rows = numbers(pc.list_parent_indices(array))
    if pa.types.is_null(flat.type):
        return rows, [None], np.zeros(len(flat), np.int64)
    coded = flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode()
    words: list[str | None] = [*_words(coded.dictionary), None]
    return rows, words, numbers(coded.indices.fill_null(len(words) - 1))
