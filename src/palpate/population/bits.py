"""One bit per person, packed into bytes: sets of people, and how they combine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bits: TypeAlias = npt.NDArray[np.uint8]  # least significant bit first; bits beyond the last person are 0
Flags: TypeAlias = npt.NDArray[np.bool_]


def pack(flags: Flags) -> Bits:
    """One byte per person -> one bit per person."""
    return np.packbits(flags, bitorder="little")


def unpack(bits: Bits, count: int) -> Flags:
    """One bit per person -> one byte per person."""
    return np.unpackbits(bits, count=count, bitorder="little").view(np.bool_)


def some(bits: Bits) -> bool:
    """Whether anybody is in the set."""
    return bool(np.logical_or.reduce(bits.view(np.bool_)))  # as flags, of which the first that is set ends the search


def rows_in(bits: Bits, count: int) -> npt.NDArray[np.int64]:
    """The people in the set by their place, in order."""
    return np.flatnonzero(unpack(bits, count))


def size(bits: Bits) -> int:
    """How many people are in the set."""
    whole = len(bits) // 8 * 8
    eights = bits[:whole].view(np.uint64)
    return int(np.bitwise_count(eights).sum(dtype=np.int64) + np.bitwise_count(bits[whole:]).sum(dtype=np.int64))


def of_rows(rows: Sequence[int], count: int) -> Bits:
    """The set of a few people, given by their place."""
    bits, places = nobody(count), np.array(rows, np.int64)
    np.bitwise_or.at(bits, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))
    return bits


def nobody(count: int) -> Bits:
    return np.zeros((count + 7) // 8, np.uint8)


def everybody(count: int) -> Bits:
    """All people; the bits beyond the last are 0, so that `everybody ^ bits` is who is not in `bits`."""
    return pack(np.ones(count, np.bool_))


def union(*sets: Bits) -> Bits:
    """Who is in one of the sets."""
    found = sets[0].copy()
    for other in sets[1:]:
        found |= other
    return found


def at_least(n: int, items: Sequence[Bits]) -> Bits:
    """Who is in `n` or more of the items (n >= 1)."""
    if n > len(items):
        return np.zeros_like(items[0])
    reached = [items[0]]  # reached[k]: in k + 1 or more so far
    for item in items[1:]:
        more = [reached[-1] & item] if len(reached) < n else []
        for k in range(len(reached) - 1, 0, -1):
            reached[k] = reached[k] | (reached[k - 1] & item)
        reached = [reached[0] | item, *reached[1:], *more]
    return reached[-1]
