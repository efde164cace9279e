"""What the report counts, batch by batch, so that no more than one batch is ever in memory.

All counts are of decisions, one for each row or document of the input. Tallies of parts add up to that of the whole,
whoever counted them and in whatever order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from palpate.pathway.course import check_points
from palpate.pathway.pathway import DISPOSITIONS, URGENCIES, Pathway
from palpate.pathway.response import INDETERMINATE, NOT_RESPONDED, WORSE
from palpate.population.bits import everybody, pack, size
from palpate.population.columns import counted, numbers, valid
from palpate.population.known import MOMENTS, Known, codes_of
from palpate.population.worlds import among

Key = tuple[str, ...]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
NOT_MEASURED, NO_CHECK = "not_measured", "no_check"
NOT_TOLD = ""  # the protocol of a row, which has no column for it
WAITS = (14, 42, 85, 183, 366, 731)  # days from onset to the first session: the upper ends of the report's bins
ACUTE_DAYS = 42  # the dossier's decision 1
ACUTE_RULE = "acute_low_back_pain"
# Questions that another answer makes idle: nobody asks for the weeks of a pregnancy that is none.
IDLE = {"pregnancy_weeks": ("pregnancy_status", "not_pregnant"), "weeks_since_surgery": ("surgery_site", "none")}
CARE_SCHEMA = pa.schema([("id", pa.string()), ("finding", pa.string()), ("sessions", pa.int32())])


@dataclass(frozen=True)
class Finding:
    """Something to look into: its name in `care.parquet`, what it is called, and the rule that finds it, in words."""

    name: str
    title: str
    rule: str


FINDINGS = (
    Finding(
        "sessions_after_stop",
        "Sessions given after a check that said stop",
        "More sessions were given after the latest check, and by the ratings since that check the person has not "
        "responded or is worse.",
    ),
    Finding(
        "stopped_unmeasured",
        "Stopped without a second measurement",
        "The decision is to change the treatment or that the course is complete, a check is reached, and neither pain "
        "nor own activities is known at it.",
    ),
    Finding(
        "referral_unanswered",
        "Examination or clearance not answered",
        "Sessions have been given, the decision is an examination or a clearance first, and no clinician's answer that "
        "is known lifts it.",
    ),
    Finding(
        "acute_unexamined",
        "Massage in acute low back pain, not examined",
        f"Sessions have been given, and the rule {ACUTE_RULE} holds and is not lifted: the pain is still under "
        f"{ACUTE_DAYS} days old, and no examination is recorded.",
    ),
)


class Tally:
    """Counts over decisions, kept under keys of words: ("rule", "fever_today"), ("wait", "14"), ..."""

    def __init__(self, pathway: Pathway, counts: Counter[Key] | None = None) -> None:
        self.pathway = pathway
        self.counts: Counter[Key] = counts if counts is not None else Counter()
        self.protocols = list(pathway.protocols)

    def __getitem__(self, key: Key) -> int:
        return self.counts[key]

    def under(self, *first: str) -> dict[Key, int]:
        """All counts whose key begins with these words, by the rest of the key."""
        n = len(first)
        return {key[n:]: count for key, count in self.counts.items() if key[:n] == first and len(key) > n}

    def merge(self, other: Tally) -> None:
        """Adds the counts of another part."""
        self.counts.update(other.counts)

    def to_json(self) -> str:
        """The counts as one line of text; `of_json` reads it."""
        return json.dumps([[*key, count] for key, count in sorted(self.counts.items())])

    @staticmethod
    def of_json(pathway: Pathway, text: str) -> Tally:
        return Tally(pathway, Counter({tuple(row[:-1]): row[-1] for row in json.loads(text)}))

    def add(self, known: Known, decided: pa.RecordBatch) -> pa.RecordBatch:
        """Counts a batch.

        Takes    known, decided: the same people in the same order, those at fault left out.
                 `known.course["protocol"]`, where it is there: the place of each person's protocol in the pathway.
        Returns  whom the findings of care are about: rows of `CARE_SCHEMA`.
        """
        batch = _Batch(self.pathway, known, decided)
        self._decisions(batch)
        self._unknown(batch)
        begun = batch.number("sessions_completed") >= 1
        self.counts["started",] += int(begun.sum())
        self._waits(batch, begun)
        self._given(batch, begun)
        self._responses(batch, begun)
        return self._care(batch, begun)

    # --- what was decided ----------------------------------------------------------------------------------------

    def _decisions(self, batch: _Batch) -> None:
        words = [(word, urgency) for word in DISPOSITIONS for urgency in (*URGENCIES, None)]
        at = batch.disposition * 4 + batch.code("urgency", [*URGENCIES, None])
        for place, count in _counted(batch.known.moment.astype(np.int64) * len(words) + at):
            word, urgency = words[place % len(words)]
            self.counts["decision", MOMENTS[place // len(words)], word, urgency or ""] += count
        for rule, count in counted(batch.decided.column("rules").flatten()).items():
            self.counts["rule", rule] += count

    def _unknown(self, batch: _Batch) -> None:
        """Of whom a question that must be answered was asked: those at its moment; and who has no answer to it."""
        known, whole = batch.known, everybody(batch.known.count)
        for fact in self.pathway.vocabulary.facts.values():
            if not fact.must_know or fact.stage == "derived":
                continue
            whom = known.at("session") if fact.stage == "session" else whole
            if fact.name in IDLE:
                whom = whom & ~pack(batch.said(*IDLE[fact.name]))
            missing = whom & ~known.known(fact.name)
            unsure = known.unsure.get(fact.name)
            cannot = 0 if unsure is None else size(unsure & missing)
            self.counts["asked", fact.name] += size(whom)
            self.counts["unsure", fact.name] += cannot
            self.counts["unknown", fact.name] += size(missing) - cannot

    # --- the course ----------------------------------------------------------------------------------------------

    def _waits(self, batch: _Batch, begun: Flags) -> None:
        waited = batch.number("pain_duration_days") - batch.number("days_since_first_session")
        told = begun & ~np.isnan(waited) & (waited >= 0)
        for place, count in _counted(np.searchsorted(WAITS, waited[told], side="right")):
            self.counts["wait", str(WAITS[place]) if place < len(WAITS) else "more"] += count
        self.counts["wait", "unknown"] += int((begun & ~told).sum())

    def _given(self, batch: _Batch, begun: Flags) -> None:
        done, planned = batch.number("sessions_completed"), batch.number("sessions_planned")
        pairs = np.nan_to_num(planned[begun]) * 1_000 + np.minimum(done[begun], 999)
        for both, count in _counted(pairs.astype(np.int64)):
            self.counts["given", str(both // 1_000), str(both % 1_000)] += count

    def _responses(self, batch: _Batch, begun: Flags) -> None:
        """Everybody who started, by protocol and class; before the first check there is none to be had."""
        protocol = batch.protocol()
        classes = [*batch.values_of("response"), NO_CHECK]
        kind = batch.column("response").astype(np.int64)
        kind = np.where(kind < 0, len(classes) - 1, kind)
        for place, count in _counted(((protocol + 1) * len(classes) + kind)[begun]):
            word = classes[place % len(classes)]
            name = NOT_TOLD if place < len(classes) else self.protocols[place // len(classes) - 1]
            self.counts["response", name, NOT_MEASURED if word == INDETERMINATE else word] += count

    def _care(self, batch: _Batch, begun: Flags) -> pa.RecordBatch:
        done = batch.number("sessions_completed")
        check = batch.check(done)
        past = np.where(begun, done - check, 0)
        response = batch.column("response")
        bad = among(response, [batch.values_of("response").index(word) for word in (NOT_RESPONDED, WORSE)])
        stopped = batch.is_one(("change_treatment", "complete"))
        unrated = np.isnan(batch.number("pain_at_check")) & np.isnan(batch.number("activities_at_check"))
        referred = batch.is_one(("medical_exam_first", "physician_clearance"))
        found = (
            ("sessions_after_stop", (check > 0) & bad & (past > 0), past),
            ("stopped_unmeasured", stopped & (check > 0) & unrated, done),
            ("referral_unanswered", begun & referred, done),
            ("acute_unexamined", begun & batch.holds(ACUTE_RULE), done),
        )
        places, parts = [], []
        for name, who, sessions in found:
            rows = np.flatnonzero(who)
            self.counts["care", name] += len(rows)
            self.counts["care_sessions", name] += int(sessions[rows].sum())
            places.append(rows)
            parts.append(sessions[rows].astype(np.int32))
        every = np.concatenate(places)
        order = np.argsort(every, kind="stable")  # by person, so that it is the same however the input was cut up
        names = np.repeat(np.arange(len(found), dtype=np.int32), [len(rows) for rows in places])
        titles = pa.DictionaryArray.from_arrays(pa.array(names[order]), pa.array([name for name, *_ in found]))
        ids = batch.decided.column("id").take(pa.array(every[order]))
        columns = [ids, titles.dictionary_decode(), pa.array(np.concatenate(parts)[order])]
        return pa.RecordBatch.from_arrays(columns, schema=CARE_SCHEMA)


class _Batch:
    """One batch with its columns at hand, in numbers."""

    def __init__(self, pathway: Pathway, known: Known, decided: pa.RecordBatch) -> None:
        if known.count != decided.num_rows:
            raise ValueError(f"{known.count} people and {decided.num_rows} decisions")
        self.pathway, self.known, self.decided = pathway, known, decided
        self.disposition = self.code("disposition", list(DISPOSITIONS))

    def number(self, name: str) -> Numbers:
        """A column of numbers, NaN where unknown or where the pathway has no such fact."""
        column = self.known.columns.get(name)
        return np.full(self.known.count, np.nan) if column is None else column.astype(np.float64)

    def column(self, name: str) -> npt.NDArray[Any]:
        """A column of codes, -1 where unknown."""
        column = self.known.columns.get(name)
        return np.full(self.known.count, -1, np.int8) if column is None else column

    def values_of(self, name: str) -> list[str]:
        fact = self.pathway.vocabulary.facts.get(name)
        return [str(value) for value in codes_of(fact)] if fact else [NOT_RESPONDED, WORSE]

    def said(self, name: str, value: str) -> Flags:
        """Who gave this answer to an enum fact; nobody where the pathway does not know it."""
        fact = self.pathway.vocabulary.facts.get(name)
        if fact is None or value not in fact.values:
            return np.zeros(self.known.count, np.bool_)
        return np.asarray(self.column(name) == codes_of(fact).index(value), np.bool_)

    def code(self, name: str, words: Sequence[str | None]) -> npt.NDArray[np.int64]:
        """The place of each decision's word in `words`; null is the place of None."""
        coded = self.decided.column(name)
        table = np.array([words.index(word) for word in coded.dictionary.to_pylist()], np.int64)
        found = table.take(numbers(coded.indices), mode="clip")  # where null, the place may be anything
        found[~valid(coded)] = words.index(None) if None in words else 0
        return found

    def is_one(self, words: Iterable[str]) -> Flags:
        """Whose disposition is one of these."""
        every = list(DISPOSITIONS)
        wanted = np.zeros(len(every), np.bool_)
        wanted[[every.index(word) for word in words]] = True
        return wanted[self.disposition]

    def holds(self, rule: str) -> Flags:
        """For whom a rule holds and is not lifted."""
        rules = self.decided.column("rules")
        flat = rules.flatten()
        names = flat.dictionary.to_pylist()
        found = np.zeros(self.known.count, np.bool_)
        if rule in names:
            named = np.flatnonzero(numbers(flat.indices) == names.index(rule))
            found[np.searchsorted(np.cumsum(numbers(rules.value_lengths())), named, side="right")] = True
        return found

    def protocol(self) -> npt.NDArray[np.int64]:
        """The place of each person's protocol in the pathway; -1 where the input does not say."""
        told = self.known.course.get("protocol")
        return np.full(self.known.count, -1, np.int64) if told is None else np.asarray(told, np.int64)

    def check(self, done: Numbers) -> Numbers:
        """The latest check point that each person has reached, by their protocol (or the default one); 0 before it."""
        reached = np.zeros(self.known.count)
        which = self.protocol()
        names = list(self.pathway.protocols)
        for place in (np.flatnonzero(np.bincount(which + 1)) - 1).tolist():
            protocol = self.pathway.protocols[names[place] if place >= 0 else self.pathway.default_protocol]
            for point in check_points(protocol):
                reached = np.where((which == place) & (done >= point), point, reached)
        return reached


def _counted(places: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """Each number (0 or more) that occurs, with how often."""
    counts = np.bincount(places)
    found = np.flatnonzero(counts)
    return list(zip(found.tolist(), counts[found].tolist(), strict=True))
