"""Episode documents, one a line, many at a time -> what is known about their people, and which lines are at fault.

The lines are read, unnested and worked out by columns. A line that is in any way unusual is read by the one strict
reader of `pathway`, which words its faults, or finds it sound after all; then it is decided singly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from palpate.pathway.condition import Value
from palpate.pathway.course import Course, course_of
from palpate.pathway.decision import find
from palpate.pathway.deriving import made_facts
from palpate.pathway.episode import Episode, read_episode
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway
from palpate.pathway.singly import decide_singly
from palpate.pathway.standing import now
from palpate.pathway.strict_json import LARGEST, read_json
from palpate.population.bits import Bits, pack, unpack
from palpate.population.checked import Classes
from palpate.population.document_clearances import DocumentClearances
from palpate.population.document_course import DocumentCourse
from palpate.population.json_table import shape_of, table_of
from palpate.population.known import MOMENTS, Column, Known, codes_of, unknown_column
from palpate.population.program import program_of
from palpate.population.unnested import Unnested


@dataclass(frozen=True)
class Documents:
    """The documents of some lines.

    known    the people of the lines without faults, in order
    places   the line of each of them, from 0
    ids      the id of each of them, None where it has none
    faults   line -> everything wrong with it
    """

    known: Known
    places: Column
    ids: list[str | None]
    faults: Mapping[int, list[Fault]]


def read_documents(
    pathway: Pathway, classes: Classes, lines: Sequence[bytes], parsed: tuple[pa.RecordBatch, list[int]] | None = None
) -> Documents:
    """Reads lines of episode documents. A line at fault is one row at fault; it never stops the rest.

    Takes  parsed: what `table_of` made of the lines, where that is there already.
    """
    table, fitting = parsed if parsed is not None else table_of(lines, shape_of(pathway))
    docs = Unnested(pathway, table)
    clearances = DocumentClearances(docs)
    by_columns = DocumentCourse(docs, classes).add()
    clearances.add(program_of(pathway), by_columns)
    plain = np.flatnonzero(~docs.odd)
    of_plain = np.array(fitting, np.int64)[plain]
    singles: dict[int, _Single] = {}
    faults: dict[int, list[Fault]] = {}
    for line in np.setdiff1d(np.arange(len(lines)), of_plain).tolist():
        try:
            singles[line] = _Single(pathway, episode_of(pathway, lines[line]))
        except Faults as found:
            faults[line] = list(found.faults)
    places = np.union1d(of_plain, np.array(list(singles), np.int64))
    ids: list[str | None] = [None] * len(places)
    for at, name in zip(np.searchsorted(places, of_plain), table.column("id").take(plain).to_pylist(), strict=True):
        ids[at] = name
    whose = {int(np.searchsorted(places, line)): single for line, single in singles.items()}
    for at, single in whose.items():
        ids[at] = single.episode.id
    known = _Merged(pathway, len(places)).of(by_columns, plain, np.searchsorted(places, of_plain), whose)
    known.episodes = lambda rows: (episode_of(pathway, lines[int(places[row])]) for row in rows)
    return Documents(known, places, ids, faults)


def episode_of(pathway: Pathway, line: bytes) -> Episode:
    """The document of one line. Errors: Faults."""
    if len(line) > LARGEST:
        raise Faults([Fault("too-large", "$", f"the document has more than {LARGEST} bytes (1 MiB)")])
    return read_episode(read_json(line), pathway)


class _Single:
    """One episode, read and decided singly."""

    def __init__(self, pathway: Pathway, episode: Episode) -> None:
        self.episode = episode
        standing = now(pathway, episode)
        self.course: Course = course_of(pathway, episode, standing)
        self.facts: dict[str, Value] = {**standing, **self.course.facts}
        if made_facts(pathway).keys() & self.facts.keys():
            find(pathway, episode)  # it says where a given derived fact cannot be
        self.decided = decide_singly(pathway, episode)


class _Merged:
    """People who were worked out by columns and people who were read singly, as one."""

    def __init__(self, pathway: Pathway, count: int) -> None:
        self.pathway, self.count = pathway, count
        self.facts = pathway.vocabulary.facts

    def of(self, plain: Known, rows: Column, places: Column, singles: Mapping[int, _Single]) -> Known:
        """Takes  plain, rows, places: which rows of the columns count, and where they go; singles: place -> person."""
        self.plain, self.rows, self.places = plain, rows, places
        moment = np.zeros(self.count, np.int8)
        moment[places] = plain.moment[rows]
        protocol = np.zeros(self.count, np.int64)
        protocol[places] = plain.course["protocol"][rows]
        columns: dict[str, Column] = {}
        for name, column in plain.columns.items():
            columns[name] = unknown_column(self.facts[name], self.count)
            columns[name][places] = column[rows]
        unsure = {name: self._flags(bits) for name, bits in plain.unsure.items()}
        names = {name: at for at, name in enumerate(self.pathway.protocols)}
        for at, one in singles.items():
            moment[at] = MOMENTS.index(one.episode.moment)
            protocol[at] = names[one.course.protocol.id]
            self._answers(columns, at, one.facts)
            for name in one.episode.unsure:
                unsure.setdefault(name, np.zeros(self.count, np.bool_))[at] = True
        settled = plain.if_settled
        if settled is not None:
            spread = np.full(self.count, -1, np.int8)
            spread[places] = settled[rows]
            settled = spread
        return Known(
            count=self.count,
            columns=columns,
            moment=moment,
            episodes=plain.episodes,
            unsure={name: pack(flags) for name, flags in unsure.items()},
            ratings={name: pack(self._flags(bits)) for name, bits in plain.ratings.items()},
            cleared={at: pack(self._flags(bits)) for at, bits in plain.cleared.items()},
            covered=self._bits(plain.covered),
            singly=self._bits(plain.singly),
            settled=self._bits(plain.settled),
            muscle=self._bits(plain.muscle),
            if_settled=settled,
            decided={at: one.decided for at, one in singles.items()},
            course={"protocol": protocol},
        )

    def _answers(self, columns: dict[str, Column], at: int, facts: Mapping[str, Value]) -> None:
        for name, value in facts.items():
            fact = self.facts.get(name)
            if fact is None:  # worked out from the course, and of no interest to this pathway
                continue
            if name not in columns:
                columns[name] = unknown_column(fact, self.count)
            columns[name][at] = value if fact.is_number else codes_of(fact).index(value)

    def _flags(self, bits: Bits) -> Column:
        flags = np.zeros(self.count, np.bool_)
        flags[self.places] = unpack(bits, self.plain.count)[self.rows]
        return flags

    def _bits(self, bits: Bits | None) -> Bits | None:
        return None if bits is None else pack(self._flags(bits))
