"""How serious the decision of each person is, as sets of people: one for each rank that occurs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from palpate.population.bits import Bits, everybody, nobody, some, unpack


class Ranks:
    """Everybody begins with 0; whoever is raised twice keeps the higher rank."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._raised: dict[int, Bits] = {}

    def copy(self) -> Ranks:
        made = Ranks(self._count)
        made._raised = {level: bits.copy() for level, bits in self._raised.items()}
        return made

    def lift(self, level: int, whom: Bits) -> None:
        """Raises some people to a rank, if it is more than 0."""
        if level <= 0:
            return
        bits = self._raised.get(level)
        if bits is not None:
            bits |= whom
        elif some(whom):
            self._raised[level] = whom.copy()

    def below(self, level: int) -> Bits:
        """Who is less serious than that."""
        reached = nobody(self._count)
        for other, bits in self._raised.items():
            if other >= level:
                reached |= bits
        return everybody(self._count) ^ reached

    def written_out(self) -> npt.NDArray[np.int16]:
        """The rank of each person."""
        ranks = np.zeros(self._count, np.int16)
        for level in sorted(self._raised):
            ranks[unpack(self._raised[level], self._count)] = level
        return ranks
