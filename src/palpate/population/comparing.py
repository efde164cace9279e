"""Two pathways over one population: how many decisions differ, from what to what, by which rules, with examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from palpate.pathway.compare import known_to
from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway
from palpate.pathway.strict_json import read_json
from palpate.population.batch import MEANING, classes_of
from palpate.population.bits import unpack
from palpate.population.deciding import Decided, decide_known
from palpate.population.documents import read_documents
from palpate.population.known import Known
from palpate.population.program import program_of
from palpate.population.report.words import number
from palpate.population.rows import UNSURE, Rows, wrong_columns
from palpate.population.sources import Piece, is_lines, lines_of, pieces

Shift = tuple[str, str]  # the decision by the first pathway, and by the second, in words
MOST_EXAMPLES, MOST_RULES = 5, 5
NO_RANK = -2  # of a rule that the second pathway does not have
CHANGES = {"no_longer": "no longer holds", "new": "holds now", "decisive": "decided by"}


@dataclass(frozen=True)
class Side:
    """What one pathway decides of the lines of a batch.

    ranks   how serious, see `pathway.rank`; -1 where a line is at fault
    held    rule -> in which lines it holds and is not lifted
    levels  rule -> how serious it is, on the scale of `ranks`
    ids     of the lines, None where unknown
    faults  line -> everything wrong with it
    """

    ranks: npt.NDArray[np.int64]
    held: Mapping[str, npt.NDArray[np.bool_]]
    levels: Mapping[str, int]
    ids: Sequence[str | None]
    faults: Mapping[int, list[Fault]]


@dataclass
class Comparison:
    """The differences over all batches.

    both      lines that both pathways decide; at_fault: the others
    changed   lines whose decision or urgency differs; rules_only: those in which only other rules hold
    rules     (shift, one of CHANGES, rule) -> lines; decisive: it makes the decision of the second pathway what it is
    """

    both: int = 0
    at_fault: int = 0
    rules_only: int = 0
    shifts: Counter[Shift] = field(default_factory=Counter)
    rules: Counter[tuple[Shift, str, str]] = field(default_factory=Counter)
    examples: dict[Shift, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(self.shifts.values())

    def add(self, first: Side, second: Side) -> None:
        """Adds a batch, as both pathways decide it."""
        both = (first.ranks >= 0) & (second.ranks >= 0)
        changed = both & (first.ranks != second.ranks)
        nowhere = np.zeros(len(both), np.bool_)
        others = nowhere.copy()
        moved = np.flatnonzero(changed)
        of_shift: dict[Shift, list[int]] = {}
        for at in moved.tolist():
            of_shift.setdefault((_said(first.ranks[at]), _said(second.ranks[at])), []).append(at)
        for shift, lines in of_shift.items():
            self.shifts[shift] += len(lines)
            some = self.examples.setdefault(shift, [])
            some += [name for at in lines[:MOST_EXAMPLES] if (name := first.ids[at])][: MOST_EXAMPLES - len(some)]
        for rule in {**first.held, **second.held}:
            old, new = first.held.get(rule, nowhere), second.held.get(rule, nowhere)
            others |= old ^ new
            decides = new & (second.ranks == second.levels.get(rule, NO_RANK))
            for kind, whose in (("no_longer", old & ~new), ("new", new & ~old), ("decisive", decides)):
                if not (whose & changed).any():
                    continue
                for shift, lines in of_shift.items():
                    count = int(whose[lines].sum())
                    if count:
                        self.rules[shift, kind, rule] += count
        self.rules_only += int((others & both & ~changed).sum())
        self.both += int(both.sum())
        self.at_fault += int((~both).sum())

    def rules_of(self, shift: Shift, kind: str) -> dict[str, int]:
        """The rules of one of CHANGES in a shift: the most frequent first."""
        found = {rule: n for (one, which, rule), n in self.rules.items() if (one, which) == (shift, kind)}
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def to_data(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        shifts = [
            {"from": shift[0], "to": shift[1], "count": count, "examples": self.examples.get(shift, [])}
            | {kind: self.rules_of(shift, kind) for kind in CHANGES}
            for shift, count in self._in_order()
        ]
        about = {"episodes": self.both, "changed": self.changed, "rules_changed": self.rules_only}
        return about | {"at_fault": self.at_fault, "shifts": shifts}

    def to_text(self) -> str:
        """The same for people; the last line is the sum."""
        said = ["\nDecisions that change, by A -> by B:"] if self.shifts else []
        for shift, count in self._in_order():
            said.append(f"\n{number(count):>9}  {shift[0]} -> {shift[1]}")
            for kind, words in CHANGES.items():
                rules = self.rules_of(shift, kind)
                parts = [f"{rule} ({number(n)})" for rule, n in list(rules.items())[:MOST_RULES]]
                more = [f"{len(rules) - MOST_RULES} more rules"] if len(rules) > MOST_RULES else []
                if parts:
                    said.append(f"           {words}: {', '.join(parts + more)}")
            if self.examples.get(shift):
                said.append(f"           for example {', '.join(self.examples[shift])}")
        rest = f" {number(self.at_fault)} could not be compared, and may change too." if self.at_fault else ""
        total = f"{number(self.changed)} of {number(self.both)} decisions would change"
        return "\n".join([*said, f"\n{total}, {number(self.rules_only)} more only in the rules that hold.{rest}\n"])

    def _in_order(self) -> list[tuple[Shift, int]]:
        return sorted(self.shifts.items(), key=lambda pair: (-pair[1], pair[0]))


def compare_file(before: Pathway, after: Pathway, file: Path, to: Comparison) -> Iterator[dict[int, list[Fault]]]:
    """Compares a file batch by batch, and adds to a comparison; gives line -> faults of each batch.

    Takes   file: documents, one a line, or a Parquet or CSV file with one row per decision.
    Errors  Faults, where the file as a whole is at fault. In CSV a column must be a fact of both pathways; otherwise
            each pathway goes without what only the other asks, which it would never have got.
    """
    if is_lines(file):
        for lines, _ in lines_of(file):
            first, second = _of_lines(before, after, lines), _of_lines(after, before, lines)
            to.add(first, second)
            yield _at_fault([at for at, _ in lines], first, second)
        return
    for piece in pieces(before, file):
        first, second = _of_rows(before, after, file, piece), _of_rows(after, before, file, piece)
        to.add(first, second)
        to.at_fault += len(piece.lost)
        wrong = _at_fault(range(piece.first, piece.first + piece.batch.num_rows + 1), first, second)
        yield wrong | {at: [Fault("damaged", "$", text)] for at, text in piece.lost}


def _at_fault(numbers: Sequence[int], first: Side, second: Side) -> dict[int, list[Fault]]:
    """The faults of a batch by the number of the line, in order; where both pathways find some, those of the first."""
    found = {**second.faults, **first.faults}
    return {numbers[at]: found[at] for at in sorted(found)}


def _of_lines(pathway: Pathway, other: Pathway, lines: Sequence[tuple[int, bytes]]) -> Side:
    texts = [line for _, line in lines]
    if _foreign(pathway, other):
        texts = [_without(pathway, other, text) for text in texts]
    read = read_documents(pathway, classes_of(pathway), texts)
    ids: list[str | None] = [None] * len(texts)
    for at, name in zip(read.places.tolist(), read.ids, strict=True):
        ids[at] = name
    decided = decide_known(program_of(pathway), read.known)
    return _side(pathway, len(texts), read.places, read.known, decided, ids, read.faults)


def _without(pathway: Pathway, other: Pathway, line: bytes) -> bytes:
    """The document without what only the other pathway asks; a line that is no document stays as it is."""
    try:
        return json.dumps(known_to(pathway, other, read_json(line)), ensure_ascii=False).encode()
    except Faults:
        return line


def _of_rows(pathway: Pathway, other: Pathway, file: Path, piece: Piece) -> Side:
    batch, foreign = piece.batch, _foreign(pathway, other)
    if foreign:
        batch = batch.select([name for name in batch.schema.names if name not in foreign])
        if UNSURE in batch.schema.names and not pa.types.is_null(batch.schema.field(UNSURE).type):
            kept = _kept(batch.column(UNSURE), foreign)
            batch = batch.set_column(batch.schema.get_field_index(UNSURE), UNSURE, kept)
    wrong = wrong_columns(pathway, batch.schema, str(file))
    if wrong:
        raise Faults(wrong)
    rows = Rows(pathway, batch, classes_of(pathway), piece.odd)
    ids = [None if raw is None else raw.decode(errors="backslashreplace") for raw in rows.ids.to_pylist()]
    known = rows.known
    del rows.known  # it leads back to the rows: a circle would keep the batch in memory
    decided = decide_known(program_of(pathway), known)
    return _side(pathway, batch.num_rows, rows.places, known, decided, ids, rows.faults)


def _kept(lists: pa.Array, foreign: set[str]) -> pa.Array:
    """The lists without some words."""
    flat, owners = pc.list_flatten(lists), pc.list_parent_indices(lists)
    keep = pc.invert(pc.is_in(flat.cast(pa.string()), pa.array(sorted(foreign), pa.string())))
    counts = np.bincount(owners.filter(keep).to_numpy(), minlength=len(lists))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), flat.filter(keep).cast(pa.string()))


def _foreign(pathway: Pathway, other: Pathway) -> set[str]:
    """What only the other pathway asks."""
    return {name for name in other.vocabulary.facts if name not in pathway.vocabulary}


def _side(
    pathway: Pathway,
    count: int,
    places: npt.NDArray[Any],
    known: Known,
    decided: Decided,
    ids: Sequence[str | None],
    faults: Mapping[int, list[Fault]],
) -> Side:
    ranks = np.full(count, -1, np.int64)
    ranks[places] = decided.ranks
    held = {}
    for at, bits in decided.held.items():
        flags = np.zeros(count, np.bool_)
        flags[places] = unpack(bits, known.count)
        held[pathway.rules[at].id] = flags
    return Side(ranks, held, {rule.id: rule.rank for rule in pathway.rules}, ids, faults)


def _said(level: Any) -> str:
    return " ".join(filter(None, MEANING[int(level)]))
