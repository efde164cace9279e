"""Made-up but plausible episodes, so that anyone can try the pathway and measure the engine.

Every person here is invented by a seeded generator; `shares.PUBLISHED` names the figures that the whole follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from palpate.pathway.pathway import Pathway

FORMATS = ("ndjson", "parquet")
BLOCKS_TOGETHER = 10  # blocks in one row group


def write_sample(
    pathway: Pathway, count: int, seed: int, kind: str, to: IO[bytes], told: Callable[[int], None] = lambda _: None
) -> None:
    """Writes `count` made-up episodes.

    Takes    pathway: with the shipped vocabulary, whose questions the people answer.
             kind: `ndjson`, whole episode documents one a line; `parquet`, one row per decision (contract section 5).
             told: called after each block with how many are done.
    Returns  nothing. The same seed gives the same bytes, and the same people in both kinds: a row holds of a course
             what a row can hold.
    Errors   OSError from `to`.
    """
    from palpate.population.sample.block import SIZE, draw_block

    writer = _Rows(pathway, to) if kind == "parquet" else _Lines(to)
    for number in range(-(-count // SIZE)):
        rest = count - number * SIZE
        writer.add(draw_block(pathway, seed, number), min(rest, SIZE))
        told(min(count, (number + 1) * SIZE))
    writer.end()


class _Lines:
    def __init__(self, to: IO[bytes]) -> None:
        self.to = to

    def add(self, block: Any, count: int) -> None:
        from palpate.population.sample.documents import lines_of

        rest = memoryview(lines_of(block, count))
        while rest:
            rest = rest[self.to.write(rest) :]  # unbuffered, a pipe or a full disk takes a part

    def end(self) -> None:
        self.to.flush()


class _Rows:
    def __init__(self, pathway: Pathway, to: IO[bytes]) -> None:
        import pyarrow.parquet as pq

        from palpate.population.sample.rows import schema_of

        self.schema = schema_of(pathway)
        # Without the schema of Arrow itself, a reader sees the plain types of Parquet and nothing that it must know.
        self.writer = pq.ParquetWriter(to, self.schema, compression="zstd", store_schema=False)
        self.kept: list[Any] = []

    def add(self, block: Any, count: int) -> None:
        from palpate.population.sample.rows import rows_of

        self.kept.append(rows_of(block, count))
        if len(self.kept) == BLOCKS_TOGETHER:
            self._write()

    def end(self) -> None:
        self._write()
        self.writer.close()

    def _write(self) -> None:
        import pyarrow as pa

        if self.kept:
            self.writer.write_table(pa.Table.from_batches(self.kept, self.schema).combine_chunks())
        self.kept = []
