"""A table of episode documents, unnested: the answers that stand, sessions, scores, each as columns.

What `pathway.episode` reads and `pathway.standing` keeps for one document, for many. A document with anything that is
not plain to see here is `odd`, and is read singly.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from palpate.pathway.episode import EARLIEST, LATEST, MOST_ITEMS
from palpate.pathway.pathway import GIVABLE, Pathway
from palpate.population.columns import answers, listed, numbers, truths, valid
from palpate.population.known import MOMENTS, Column, is_known, unknown_column

AGE, DURATION = "age_years", "pain_duration_days"
LONGEST = 200  # letters of a name or a word


class Unnested:
    """The documents of a table.

    odd      which of them must be read singly
    columns  fact -> the answers that stand now
    as_of    days since 1970; moment: index into MOMENTS; protocol: index of the pathway's
    today    fact -> who has an answer of today
    """

    def __init__(self, pathway: Pathway, table: pa.RecordBatch) -> None:
        self.pathway, self.table, self.count = pathway, table, table.num_rows
        self.facts = pathway.vocabulary.facts
        self.odd = np.zeros(self.count, np.bool_)
        self.columns: dict[str, Column] = {}
        self.today: dict[str, Column] = {}
        self._parts: dict[str, tuple[Column | None, Column | None]] = {}
        version = table.column("palpate")
        self.odd |= ~valid(version) | (numbers(version) != 1)
        self.as_of, good = days_of(table.column("as_of"))
        self.odd |= ~good | (self.as_of == NO_DAY)
        self._short("id")
        self.odd |= ~valid(table.column("facts"))
        self.sessions = Listed(table.column("sessions"))
        self.measures = Listed(table.column("measures"))
        for part in (self.sessions, self.measures):
            self.odd |= part.lengths > MOST_ITEMS
            self.odd[part.rows[~valid(part.items)]] = True
        self.given_today = valid(table.column("today"))
        self.moment = self._moments()
        self.protocol = self._protocols()
        self._sessions()
        self.unsure = self._unsure()
        self._standing()

    def _short(self, name: str) -> None:
        column = self.table.column(name)
        self.odd |= valid(column) & (lengths_of(column) > LONGEST)

    def _moments(self) -> Column:
        codes = words_of(self.table.column("moment"), MOMENTS)
        self.odd |= codes == ODD
        absent = np.where(self.given_today, 1, np.where(self.sessions.lengths > 0, 2, 0))
        moment = np.where(codes < 0, absent, codes).astype(np.int8)
        self.odd |= self.given_today & (moment == 0)
        return moment

    def _protocols(self) -> Column:
        names = list(self.pathway.protocols)
        codes = words_of(self.table.column("protocol"), names)
        self.odd |= codes == ODD
        return np.where(codes < 0, names.index(self.pathway.default_protocol), codes)

    def _sessions(self) -> None:
        part = self.sessions
        days, good = days_of(part.field("date"))
        self.days = days
        rows = part.rows
        wrong = ~good | (days == NO_DAY) | (days > self.as_of[rows])
        wrong[1:] |= (rows[1:] == rows[:-1]) & (days[1:] < days[:-1])
        for name, high in (("pain_before", 10), ("pain_after", 10), ("minutes", 480)):
            values = part.numbers(name)
            wrong |= ~((values >= 0) & (values <= high)) & valid(part.field(name))
        techniques = part.field("techniques")
        if len(techniques) and techniques.null_count < len(techniques):
            words = techniques.flatten()
            inside = numbers(pa.compute.list_parent_indices(techniques))
            wrong[inside[~valid(words) | (lengths_of(words) > LONGEST)]] = True
            wrong |= numbers(techniques.value_lengths().fill_null(0)) > MOST_ITEMS
        self.odd[rows[wrong]] = True
        last = part.last()
        same_day = (part.lengths > 0) & (self.days_at(last) == self.as_of)
        self.odd |= self.given_today & (self.moment == 1) & same_day

    def days_at(self, places: Column) -> Column:
        """The days of sessions by their place among all; anything where there is none."""
        return self.days[places] if len(self.days) else np.zeros(len(places), np.int64)

    def _unsure(self) -> dict[str, Column]:
        found: dict[str, Column] = {}
        column = self.table.column("unsure")
        parts = listed(column)
        if parts is None:
            return found
        rows, words, which = parts
        self.odd |= np.bincount(rows, minlength=self.count) > MOST_ITEMS
        for code, word in enumerate(words):
            whose = rows[which == code]
            if not len(whose):
                continue
            if word is None or word not in self.facts:
                self.odd[whose] = True
                continue
            found[word] = np.zeros(self.count, np.bool_)
            found[word][whose] = True
        return found

    # --- answers -------------------------------------------------------------------------------------------------

    def _standing(self) -> None:
        """The answers of the intake, then those of each session, then today's; see `standing.now`."""
        intake = _children(self.table.column("facts"))
        later = _children(self.sessions.field("facts"))
        now = _children(_child(self.table.column("today"), "facts"))
        unchanged = truths_of(_child(self.table.column("today"), "unchanged"))
        has = self.sessions.lengths > 0
        session = self.moment == MOMENTS.index("session")
        asked_again = session & ~(unchanged & ~has)
        rescreened = self.given_today.copy()
        odd_given = {*GIVABLE, "sessions_completed", "course_week", *_made(self.pathway)}
        for name, fact in self.facts.items():
            if name in self.pathway.worked_out:
                continue
            (start, wrong), (after, wrong_after), (today, wrong_today) = (
                answers(fact, part[name]) if name in part else (None, None) for part in (intake, later, now)
            )
            for flags in (wrong, wrong_today):
                if flags is not None:
                    self.odd |= flags
            if wrong_after is not None:
                self.odd[self.sessions.rows[wrong_after]] = True
            self._parts[name] = (start, after)
            told_today = np.zeros(self.count, np.bool_) if today is None else is_known(today)
            if name in odd_given or name in (AGE, DURATION):
                self._never(start, after, today, whole=name in odd_given)
            if today is not None:
                self.today[name] = told_today
            if fact.each_session and fact.must_know:
                rescreened &= told_today | unchanged
            column = self._overlaid(fact, start, after)
            if name in (AGE, DURATION):
                column = self._dated(fact, column)
            if name in self.unsure:
                answered = told_today.copy()
                if start is not None:
                    answered |= is_known(start) & ((self.moment == 0) | np.bool_(not fact.each_session))
                if name in (AGE, DURATION) and column is not None:
                    answered |= is_known(column)
                self.odd |= self.unsure[name] & answered
            if column is not None:
                stands = unchanged if fact.each_session else ~has
                if fact.each_session or (fact.stage == "session" and fact.must_know):
                    column[asked_again & ~told_today & ~stands] = _unknown(column)
            if today is not None:
                column = unknown_column(fact, self.count) if column is None else column
                column[told_today] = today[told_today]
            if column is not None and name in self.unsure:
                column[self.unsure[name] & ~told_today] = _unknown(column)
            if column is not None:
                self.columns[name] = column
        self.rescreened = rescreened

    def told_in_sessions(self, name: str) -> Column:
        """The places, among all sessions, of those that give an answer to a fact."""
        after = self._parts.get(name, (None, None))[1]
        return np.zeros(0, np.int64) if after is None else np.flatnonzero(is_known(after))

    def answers_until(self, among: Column) -> dict[str, Column]:
        """The answers of the intake and of some sessions, without today's, by fact."""
        found = {}
        for name, (start, after) in self._parts.items():
            fact = self.facts[name]
            column = self._overlaid(fact, start, after, among)
            if name in (AGE, DURATION):
                column = self._dated(fact, column)
            if column is not None:
                found[name] = column
        return found

    def _never(self, start: Column | None, after: Column | None, today: Column | None, whole: bool) -> None:
        """Whoever gives such an answer is read singly: it must agree with what it can be worked out from."""
        if start is not None and (whole or self._date_given.any()):
            self.odd |= is_known(start) if whole else is_known(start) & self._date_given
        if today is not None:
            self.odd |= is_known(today)
        if after is not None:
            self.odd[self.sessions.rows[is_known(after)]] = True

    @cached_property
    def _date_given(self) -> Column:
        born = _child(self.table.column("person"), "birth_date")
        return valid(born) | valid(self.table.column("onset"))

    def _overlaid(
        self, fact: Any, start: Column | None, after: Column | None, among: Column | None = None
    ) -> Column | None:
        if after is None:
            return None if start is None else start.copy()
        column = unknown_column(fact, self.count) if start is None else start.copy()
        told = is_known(after) if among is None else is_known(after) & among
        column[self.sessions.rows[told]] = after[told]  # oldest first: the latest answer stands
        return column

    def _dated(self, fact: Any, column: Column | None) -> Column | None:
        """Age and duration by the dates from which they follow."""
        born = fact.name == AGE
        dates = _child(self.table.column("person"), "birth_date") if born else self.table.column("onset")
        days, good = days_of(dates)
        told = days != NO_DAY
        self.odd |= ~good | (told & (days > self.as_of))
        if not told.any():
            return column
        since = np.where(told, days, self.as_of)
        value = (_years(since, self.as_of) if born else self.as_of - since).astype(np.float64)
        self.odd |= told & ~((value >= fact.low) & (value <= fact.high))
        column = np.full(self.count, np.nan) if column is None else column
        return np.where(told, value, column)


class Listed:
    """A column of lists of objects: the objects one after the other, and whose they are.

    rows     the document of each object
    lengths  how many each document has
    """

    def __init__(self, column: pa.ListArray) -> None:
        self.items: pa.StructArray = column.flatten()
        self.lengths = numbers(column.value_lengths().fill_null(0)).astype(np.int64)
        self.rows = np.repeat(np.arange(len(column)), self.lengths)
        self.starts = np.cumsum(self.lengths) - self.lengths

    def field(self, name: str) -> pa.Array:
        """One key of all objects."""
        return _child(self.items, name)

    def numbers(self, name: str) -> Column:
        """One key of all objects as numbers, NaN where null."""
        array = self.field(name)
        return np.where(valid(array), numbers(array), np.nan) if len(array) else np.zeros(0)

    def last(self) -> Column:
        """The place of the last object of each document; anything where it has none."""
        last: Column = np.maximum(self.starts + self.lengths - 1, 0)
        return last

    def at(self, number: Column) -> Column:
        """The place of the object `number` (from 0) of each document."""
        place: Column = np.minimum(self.starts + number, max(len(self.rows) - 1, 0))
        return place


NO_DAY = np.iinfo(np.int64).min
ODD = -2


def days_of(column: pa.Array) -> tuple[Column, Column]:
    """(days since 1970, NO_DAY where null; False where the text is no day that a document may hold)."""
    count, told = len(column), valid(column)
    days = np.full(count, NO_DAY)
    good = ~told | (lengths_of(column) == 10)
    rows = np.flatnonzero(told & good)
    if not len(rows):
        return days, good
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: count + 1]
    signs = np.frombuffer(column.buffers()[2], np.uint8)[offsets[rows][:, None] + np.arange(10)].astype(np.int64) - 48
    figures = signs[:, [0, 1, 2, 3, 5, 6, 8, 9]]
    fine = ((figures >= 0) & (figures <= 9)).all(axis=1) & (signs[:, 4] == -3) & (signs[:, 7] == -3)
    year = figures[:, :4] @ np.array([1000, 100, 10, 1])
    month, day = figures[:, 4] * 10 + figures[:, 5], figures[:, 6] * 10 + figures[:, 7]
    fine &= (year >= EARLIEST.year) & (year <= LATEST.year) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(fine, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    fine &= day <= (months + 1).astype("datetime64[D]").astype(np.int64) - first
    days[rows] = np.where(fine, first + day - 1, NO_DAY)
    good[rows] = fine
    return days, good


def lengths_of(column: pa.Array) -> Column:
    """Bytes of each text; anything where it is null."""
    if not len(column):
        return np.zeros(0, np.int64)
    return np.diff(np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1])


def words_of(column: pa.Array, words: Any) -> Column:
    """The place of each text among the words; -1 where null, ODD where it is none of them."""
    coded = column.dictionary_encode()
    table = np.array([words.index(word) if word in words else ODD for word in coded.dictionary.to_pylist()] or [-1])
    known = valid(coded)
    return np.where(known, table[np.where(known, numbers(coded.indices), 0)], -1)


def truths_of(column: pa.BooleanArray) -> Column:
    """Where it is true; null is not."""
    return truths(column) & valid(column)


def _child(struct: pa.StructArray, name: str) -> pa.Array:
    """One key, null where the whole object is."""
    return struct.flatten()[struct.type.get_field_index(name)]


def _children(struct: pa.StructArray) -> dict[str, pa.Array]:
    return dict(zip([field.name for field in struct.type], struct.flatten(), strict=True))


def _made(pathway: Pathway) -> set[str]:
    from palpate.pathway.deriving import made_facts

    return set(made_facts(pathway))


def _unknown(column: Column) -> Any:
    return np.int8(-1) if column.dtype == np.int8 else np.nan


def _years(born: Column, day: Column) -> Column:
    """Completed years."""
    first, second = born.astype("datetime64[D]"), day.astype("datetime64[D]")

    def parts(dates: Column) -> tuple[Column, Column]:
        years = dates.astype("datetime64[Y]")
        months = dates.astype("datetime64[M]")
        in_year = (months - years.astype("datetime64[M]")).astype(np.int64)
        return years.astype(np.int64), in_year * 31 + (dates - months.astype("datetime64[D]")).astype(np.int64)

    (year, within), (now, within_now) = parts(first), parts(second)
    return now - year - (within_now < within)
