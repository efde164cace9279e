"""A table with one row per decision -> what is known about its people, and which rows are at fault.

A row stands for a document: at moment `intake` its answers are the document's `facts`; at `session` and `review` they
are all of today as well. `cleared` is one clearance of that day by whom it may concern. `document_of` writes that
document, which is what decides a row singly, words its faults, and what the tests compare with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from palpate.pathway.decision import find
from palpate.pathway.deriving import clashes, made_facts
from palpate.pathway.episode import Episode, read_episode
from palpate.pathway.faults import Fault, Faults, did_you_mean, shown
from palpate.pathway.pathway import Pathway
from palpate.population.bits import Bits, Flags, pack
from palpate.population.checked import Classes
from palpate.population.columns import answers, fits, is_text, listed, numbers, valid
from palpate.population.known import MOMENTS, Column, Known, is_known, value_at
from palpate.population.row_course import add_course

ID, MOMENT, UNSURE, CLEARED = "id", "moment", "unsure", "cleared"
DAY = "2000-01-01"  # the document's day: nothing in a row is dated, so any day gives the same decision
LONGEST_ID = 200


def wrong_columns(pathway: Pathway, schema: pa.Schema, place: str = "") -> list[Fault]:
    """What is wrong with the columns of a table: names that are none, types that cannot hold the answers, doubles."""
    found: list[Fault] = []
    facts = pathway.vocabulary.facts
    known = (ID, MOMENT, UNSURE, CLEARED, *facts)
    for name in dict.fromkeys(schema.names):
        where = f"column {shown(name)}"
        if schema.names.count(name) > 1:
            found.append(Fault("duplicate-column", place, f"{where} stands there more than once"))
            continue
        kind = schema.field(name).type
        if name in (ID, MOMENT):
            good = is_text(kind) or (name == ID and pa.types.is_integer(kind))
            if not good:
                found.append(Fault("wrong-type", place, f"{where} holds {kind}, expected text"))
        elif name in (UNSURE, CLEARED):
            lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
            if not (
                pa.types.is_null(kind) or (lists and (is_text(kind.value_type) or pa.types.is_null(kind.value_type)))
            ):
                found.append(Fault("wrong-type", place, f"{where} holds {kind}, expected lists of text"))
        elif name not in facts:
            found.append(Fault("unknown-column", place, f"{where}: no fact is called that{did_you_mean(name, known)}"))
        elif name in pathway.worked_out:
            found.append(Fault("worked-out", place, f"{where} is worked out from the rest and cannot be given"))
        elif not fits(facts[name], kind):
            found.append(Fault("wrong-type", place, f"{where} holds {kind}, expected {facts[name].expected()}"))
    found += [
        Fault("missing-column", place, f"the column {name} is missing")
        for name in (ID, MOMENT)
        if name not in schema.names
    ]
    return found


class Rows:
    """The rows of one batch, read; `wrong_columns` must have found nothing.

    ids      the column `id` as text
    faults   row -> everything wrong with it
    known    the people of the rows without faults, in order
    places   the row of each of them
    """

    def __init__(
        self, pathway: Pathway, batch: pa.RecordBatch, classes: Classes, odd: Mapping[int, list[Fault]] | None = None
    ) -> None:
        self.pathway, self.batch, self.classes = pathway, batch, classes
        self.facts = pathway.vocabulary.facts
        self.count = batch.num_rows
        self.suspect = np.zeros(self.count, np.bool_)
        self.ids = self._texts(ID)
        self.moment = self._moments()
        self.columns: dict[str, Column] = {}
        for name in batch.schema.names:
            if name in self.facts:
                column, wrong = answers(self.facts[name], batch.column(name))
                if column is not None:
                    self.columns[name] = column
                if wrong is not None:
                    self.suspect |= wrong
        self.unsure = self._lists(UNSURE, self.facts)
        self.cleared = self._lists(CLEARED, {**dict.fromkeys(pathway.rule), "*": None})
        for name, flags in self.unsure.items():
            if name in self.columns:
                self.suspect |= flags & is_known(self.columns[name])
        self._clashes()
        self.odd = odd or {}  # what was wrong with the text of a row, before it was one
        self.suspect[list(self.odd)] = True
        self.faults: dict[int, list[Fault]] = {}
        known = self._known(np.arange(self.count)) if not self.suspect.any() else None
        if known is not None:
            self.suspect |= add_course(pathway, classes, known)
        if self.suspect.any():
            self._read_singly()
            known = self._known(np.flatnonzero(~self.suspect))
            add_course(pathway, classes, known)
        assert known is not None
        self.known = known

    # --- columns of their own ------------------------------------------------------------------------------------

    def _texts(self, name: str) -> pa.Array:
        """The column as text; suspect where null, too long or with signs that nobody types."""
        array = self.batch.column(name)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_integer(array.type):
            array = array.cast(pa.string())
        raw = array.cast(pa.large_binary())
        self.suspect |= ~valid(raw)
        lengths = np.diff(np.frombuffer(raw.buffers()[1], np.int64)[raw.offset : raw.offset + len(raw) + 1])
        self.suspect |= lengths > LONGEST_ID
        buffer = raw.buffers()[2]
        if buffer is not None:
            offsets = np.frombuffer(raw.buffers()[1], np.int64)[raw.offset : raw.offset + len(raw) + 1]
            signs = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]]
            odd = np.flatnonzero((signs < 0x20) | (signs > 0x7E))
            if len(odd):
                self.suspect[np.searchsorted(offsets, odd + offsets[0], side="right") - 1] = True
        return raw

    def _moments(self) -> Column:
        array = self.batch.column(MOMENT)
        coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        words = coded.dictionary.cast(pa.large_binary()).to_pylist()
        codes = {word.encode(): code for code, word in enumerate(MOMENTS)}
        table = np.array([codes.get(word, -1) for word in words] or [-1], np.int8)
        known = valid(coded)
        found = np.where(known, table[np.where(known, numbers(coded.indices), 0)], np.int8(-1))
        self.suspect |= found < 0
        return found

    def _lists(self, name: str, allowed: Mapping[str, Any]) -> dict[str, Flags]:
        """Word -> in whose list it stands."""
        if name not in self.batch.schema.names:
            return {}
        parts = listed(self.batch.column(name))
        found: dict[str, Flags] = {}
        if parts is None:
            return found
        rows, words, which = parts
        for code, word in enumerate(words):
            whose = rows[which == code]
            if not len(whose):
                continue
            if word is None or word not in allowed:
                self.suspect[whose] = True
                continue
            flags = np.zeros(self.count, np.bool_)
            flags[whose] = True
            found[word] = flags
        if len(rows) and np.bincount(rows).max() > 1_000:
            self.suspect |= np.bincount(rows, minlength=self.count) > 1_000
        return found

    def _clashes(self) -> None:
        """Derived facts that a row gives are looked at singly: its answers may rule them out."""
        for name in made_facts(self.pathway):
            if name in self.columns:
                self.suspect |= self._may_clash(name)

    def _may_clash(self, name: str) -> Flags:
        made = made_facts(self.pathway)[name]
        given = is_known(self.columns[name])
        reads = [fact for fact in self.columns if fact in _read_by(made)]
        rows = np.flatnonzero(given)
        flags = np.zeros(self.count, np.bool_)
        seen: dict[tuple[Any, ...], bool] = {}
        columns = [self.columns[fact] for fact in (name, *reads)]
        for row in rows.tolist():
            key = tuple(None if column[row] != column[row] else column[row].item() for column in columns)
            if key not in seen:
                facts = {fact: value_at(self.facts[fact], self.columns[fact], row) for fact in reads}
                answer = value_at(self.facts[name], self.columns[name], row)
                assert answer is not None
                seen[key] = clashes(made, {k: v for k, v in facts.items() if v is not None}, answer)
            flags[row] = seen[key]
        return flags

    # --- one by one ----------------------------------------------------------------------------------------------

    def _read_singly(self) -> None:
        """Each suspect row, read as the document that it stands for: its faults, or none after all."""
        for row in np.flatnonzero(self.suspect).tolist():
            try:
                faults = self.odd.get(row) or wrong_in_row(self.pathway, self.batch, row)
                if not faults:
                    find(self.pathway, self.episode(row))
                    self.suspect[row] = False
            except Faults as found:
                faults = list(found.faults)
            if faults:
                self.faults[row] = faults

    def episode(self, row: int) -> Episode:
        """The episode that a row stands for. Errors: Faults."""
        return read_episode(document_of(self.batch, row), self.pathway)

    def _episodes(self, rows: np.ndarray) -> Iterator[Episode]:
        """The same for rows without faults; to take them out of the table together is much quicker."""
        columns = {name: _values_at(array, rows) for name, array in columns_of(self.batch).items()}
        for at in range(len(rows)):
            yield read_episode(_document({name: values[at] for name, values in columns.items()}), self.pathway)

    def _known(self, rows: np.ndarray) -> Known:
        whole = len(rows) == self.count

        def of(column: Any) -> Any:
            return column if whole else column[rows]

        self.places = rows
        cleared, covered = self._cleared(of)
        return Known(
            count=len(rows),
            columns={name: of(column) for name, column in self.columns.items()},
            moment=of(self.moment),
            episodes=lambda whose: self._episodes(rows[np.array(whose, np.int64)]),
            unsure={name: pack(of(flags)) for name, flags in self.unsure.items()},
            cleared=cleared,
            covered=covered,
        )

    def _cleared(self, of: Any) -> tuple[dict[int, Bits], Bits | None]:
        """Which rules are lifted for whom, should they hold. A rule that reads the course is decided singly."""
        if not self.cleared:
            return {}, None
        covered = pack(of(np.logical_or.reduce(list(self.cleared.values()))))
        every = self.cleared.get("*")
        found: dict[int, Bits] = {}
        for at, rule in enumerate(self.pathway.rules):
            flags = self.cleared.get(rule.id)
            flags = every if flags is None else flags if every is None else flags | every
            if flags is not None and rule.clearance_days is not None:
                found[at] = pack(of(flags))
        return found, covered


def _read_by(made: Mapping[str, Any]) -> set[str]:
    from palpate.pathway.condition import facts_of

    if "cases" in made:
        return {name for node in made["cases"].values() for name in facts_of(node)}
    if "count" in made:
        return {name for node in made["count"] for name in facts_of(node)}
    return {row[0] for row in made["sum"]}


def columns_of(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The columns by name; to ask a batch for each anew takes longer than to read a value."""
    return dict(zip(batch.schema.names, batch.columns, strict=True))


def document_of(batch: pa.RecordBatch, row: int) -> dict[str, Any]:
    """The episode document that a row stands for."""
    return _document({name: column[row].as_py() for name, column in columns_of(batch).items()})


def _values_at(array: pa.Array, rows: np.ndarray) -> list[Any]:
    if pa.types.is_string_view(array.type):  # Arrow cannot take rows out of such a column
        return [array[row].as_py() for row in rows.tolist()]
    chosen = array.take(pa.array(rows))
    written_out = chosen.dictionary_decode() if pa.types.is_dictionary(array.type) else chosen
    return list(written_out.to_pylist())


def _document(values: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    document: dict[str, Any] = {"palpate": 1, "as_of": DAY, "facts": facts}
    for name, value in values.items():
        if name == ID:
            document["id"] = str(value) if isinstance(value, int) else value
        elif name == MOMENT:
            document["moment"] = value
        elif name == UNSURE:
            document["unsure"] = value
        elif name == CLEARED:
            if value:
                document["clearances"] = [{"date": DAY, "outcome": "cleared", "covers": value}]
        elif value is not None:
            facts[name] = value
    if document["moment"] != MOMENTS[0]:
        document["today"] = {"unchanged": True, "facts": facts}
    return document


def wrong_in_row(pathway: Pathway, batch: pa.RecordBatch, row: int) -> list[Fault]:
    """What is wrong with a row that no document could have: a value missing, or text that is none."""
    found = []
    for name in batch.schema.names:
        try:
            value = batch.column(name)[row].as_py()
        except UnicodeDecodeError:
            found.append(Fault("not-utf8", f"$.{name}", "the text is not valid UTF-8"))
            continue
        if value is None and name in (ID, MOMENT):
            found.append(Fault("missing-value", f"$.{name}", f"the {name} is missing"))
        if name == MOMENT and value is not None and value not in MOMENTS:
            text = f"found {shown(value)}, expected {', '.join(MOMENTS[:-1])} or {MOMENTS[-1]}"
            found.append(Fault("wrong-value", f"$.{name}", text))
    return found


def one_line_of(faults: Sequence[Fault]) -> str:
    """All faults of one row as one text; the places are column names."""
    places = (fault.place.removeprefix("$.").removeprefix("today.").removeprefix("facts.") for fault in faults)
    told = (f"{place}: {fault.text}" for place, fault in zip(places, faults, strict=True))
    return "; ".join(dict.fromkeys(told))  # a row of today stands for a document that says it twice
