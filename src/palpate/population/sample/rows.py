"""The block as rows of the contract's section 5: one decision a row, one fact a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.population.sample.block import Block
from palpate.population.sample.course import INTAKE, MOST_SESSIONS, NOT_DAY
from palpate.population.sample.people import UNKNOWN, Floats, Ints
from palpate.population.sample.shares import MOMENTS, UNSURE

GIVEN = (
    "pain_baseline", "pain_at_check", "activities_baseline", "activities_at_check", "days_since_first_session",
    "days_since_last_session", "sessions_planned",
)  # fmt: skip
CHECKS = (2, 4)  # of the default protocol: a row does not say which other was followed


def columns_of(pathway: Pathway) -> list[Fact]:
    """The facts that get a column: all that are asked or found, and those of the course that a row may give."""
    return [fact for fact in pathway.vocabulary.facts.values() if fact.stage != "derived" or fact.name in GIVEN]


def schema_of(pathway: Pathway) -> pa.Schema:
    """Names and types of the columns, by the vocabulary."""
    fields = [pa.field("id", pa.string()), pa.field("moment", pa.string())]
    fields += [pa.field(fact.name, _type(fact)) for fact in columns_of(pathway)]
    lists = [pa.field(name, pa.list_(pa.string())) for name in ("unsure", "cleared")]
    return pa.schema([*fields, *lists])


def _type(fact: Fact) -> pa.DataType:
    if fact.kind == "enum":
        return pa.string()
    if fact.kind == "bool":
        return pa.bool_()
    if fact.kind == "float":
        return pa.float64()
    return pa.int8() if fact.low >= -128 and fact.high <= 127 else pa.int32()


def rows_of(block: Block, count: int) -> pa.RecordBatch:
    """The first `count` people of a block as rows."""
    pathway, courses = block.pathway, block.courses
    course = _course_facts(block)
    moments = pa.array(list(MOMENTS)).take(pa.array(courses.moment))
    arrays: list[Any] = [pa.array([block.identity(at) for at in range(len(courses.moment))]), moments]
    for fact in columns_of(pathway):
        given = course.get(fact.name)
        if isinstance(given, tuple):
            arrays.append(pa.array(given[0], mask=given[1], type=_type(fact)))
        else:
            arrays.append(_column(fact, block.now(fact.name) if given is None else given))
    unsure = {name: block.unsure[name] for name in UNSURE}
    arrays += [_lists(unsure), _lists(courses.cleared)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(pathway)).slice(0, count)


def _column(fact: Fact, codes: Ints) -> Any:
    missing = codes == UNKNOWN
    if fact.kind == "enum":
        words = pa.array(list(fact.values))
        return words.take(pa.array(codes, mask=missing))
    if fact.kind == "bool":
        return pa.array(codes == 1, mask=missing)
    if fact.kind == "float":
        return pa.array(codes / 10, mask=missing)
    return pa.array(np.where(missing, 0, codes), mask=missing, type=_type(fact))


def _lists(who: dict[str, NDArray[np.bool_]]) -> Any:
    """For each person the names that hold of them, in the order of the dictionary."""
    names = pa.array(list(who))
    table = np.stack(list(who.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(table.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(np.nonzero(table)[1])))


def _course_facts(block: Block) -> dict[str, Ints | tuple[Floats, NDArray[np.bool_]]]:
    """Counts, days and means of the course. A tuple: decimals, and where they are unknown."""
    courses = block.courses
    done, rows = courses.done, np.arange(len(courses.done))
    begun = done > 0
    inside = courses.moment != INTAKE
    first = courses.as_of - courses.days[:, 0]
    latest = courses.as_of - courses.days[rows, np.maximum(done - 1, 0)]
    by_default = courses.protocol == list(block.pathway.protocols).index(block.pathway.default_protocol)
    check = np.where(done >= CHECKS[1], CHECKS[1], CHECKS[0])
    reached = done >= CHECKS[0]
    rated, booked = courses.ratings[:, 0], courses.booked
    at_first = np.where(rated != UNKNOWN, rated, courses.before[:, 0])  # measures.md, section 4.1
    baseline = np.where(booked != UNKNOWN, (at_first + booked) / 2, at_first)
    later = _latest(block, check)
    before, after = courses.activities
    shared = (before != UNKNOWN) & (after != UNKNOWN)
    named, both_times = (before != UNKNOWN).sum(axis=1), shared.sum(axis=1)
    both = begun & (both_times >= np.minimum(2, np.maximum(named, 1)))
    counted = np.maximum(both_times, 1)
    return {
        "sessions_completed": np.where(inside, done, UNKNOWN).astype(np.int32),
        "course_week": np.where(begun, first // 7, UNKNOWN).astype(np.int32),
        "days_since_first_session": np.where(begun, first, UNKNOWN).astype(np.int32),
        # A row cannot say which other protocol was followed, and the gaps of the default one would not be theirs.
        "days_since_last_session": np.where(begun & by_default, latest, UNKNOWN).astype(np.int32),
        "sessions_planned": np.where(inside, courses.planned, UNKNOWN).astype(np.int32),
        "pain_baseline": (baseline, ~begun),
        "pain_at_check": (later.astype(np.float64), ~(reached & (later != UNKNOWN))),
        "activities_baseline": (np.where(shared, before, 0).sum(axis=1) / counted, ~both),
        "activities_at_check": (np.where(shared, after, 0).sum(axis=1) / counted, ~(both & reached)),
        "global_change": np.where(reached, courses.change, UNKNOWN).astype(np.int32),
    }


def _latest(block: Block, check: Ints) -> Ints:
    """The latest rating of pain after the session of the check; where there is none, that before a later session."""
    courses = block.courses
    found = np.full(len(check), UNKNOWN, np.int32)
    before = found
    for at in range(MOST_SESSIONS):
        after = (at >= check) & (courses.days[:, at] != NOT_DAY)
        before = np.where(after, courses.before[:, at], before)
        found = np.where(after & (courses.ratings[:, at] != UNKNOWN), courses.ratings[:, at], found)
    last = courses.ratings[:, -1]
    return np.where(last != UNKNOWN, last, np.where(found != UNKNOWN, found, before))
