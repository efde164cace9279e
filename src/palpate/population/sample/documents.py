"""The block as episode documents of the contract's section 1, one a line: whole courses with their sessions.

Each line is put together from columns of text, so that no Python runs for a single person. The texts are our own words
and numbers: nothing in them needs escaping.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from palpate.pathway.facts import Fact
from palpate.population.sample.block import SIZE, Block
from palpate.population.sample.course import INTAKE, MOST_SESSIONS, NOT_DAY, REVIEW, SESSION
from palpate.population.sample.people import UNKNOWN, Flags, Ints
from palpate.population.sample.shares import MOMENTS

Texts: TypeAlias = Any  # an Arrow array of text
NOT_IN_FACTS = ("age_years", "pain_duration_days")  # these follow from the dates
YEAR = 365.25  # days
EARLIEST, LATEST = -25_567, 25_567  # 1900 to 2039, in days since 1970-01-01: more than the sample's dates


def lines_of(block: Block, count: int) -> bytes:
    """The first `count` people of a block, one document a line."""
    courses, pathway = block.courses, block.pathway
    inside = courses.moment != INTAKE
    protocols = list(pathway.protocols)
    parts = [
        _always('{"palpate":1'),
        _quoted("id", pa.array([block.identity(at) for at in range(SIZE)])),
        _quoted("as_of", _days(courses.as_of)),
        _quoted("moment", _words(list(MOMENTS), courses.moment)),
        (_text('"person":{"birth_date":"', _days(_born(block)), '"}')),
        _quoted("onset", _days(courses.as_of - block.answers["pain_duration_days"])),
        _where(inside, _quoted("protocol", _words(protocols, courses.protocol))),
        _object("facts", [_fact(pathway.vocabulary[name], told) for name, told in _told(block).items()]),
        _list("unsure", [_where(who, _always(json.dumps(name))) for name, who in block.unsure.items()]),
        _list("sessions", [_session(block, at) for at in range(MOST_SESSIONS)]),
        _where(courses.moment == SESSION, _today(block)),
        _list("measures", _measures(block)),
        _clearances(block),
    ]
    lines = _text(_join(parts), "}\n").slice(0, count)
    ends = np.frombuffer(lines.buffers()[1], np.int32)[: count + 1]
    return bytes(memoryview(lines.buffers()[2])[ends[0] : ends[-1]])  # as they lie in memory, one behind the other


# --- parts of a document --------------------------------------------------------------------------------------------


def _born(block: Block) -> Ints:
    """A birth date that makes the age: some months after the last birthday, by the id, and never on its edge."""
    months = (np.arange(SIZE) * 37) % 350 + 8
    born: Ints = (block.courses.as_of - np.ceil(block.answers["age_years"] * YEAR) - months).astype(np.int32)
    return born


def _told(block: Block) -> dict[str, Ints]:
    facts = block.pathway.vocabulary.facts
    return {
        name: told
        for name, told in block.answers.items()
        if name not in NOT_IN_FACTS and name in facts and facts[name].stage == "intake"
    }


def _today(block: Block) -> Texts:
    """What was asked and found on the day: everything as it was but for this."""
    facts = block.pathway.vocabulary.facts
    found = [_fact(facts[name], value) for name, value in block.courses.now.items()]
    return _text('"today":{"unchanged":true,"facts":{', _join(found), "}}")


def _session(block: Block, at: int) -> Texts:
    courses = block.courses
    who = courses.days[:, at] != NOT_DAY
    before = courses.before[who, at]
    parts = [
        _quoted("date", _days(courses.days[who, at])),
        _number("pain_before", before),
        _number("pain_after", np.maximum(before - 1, 0).astype(np.int32)),
        _number("minutes", courses.minutes[who, at]),
    ]
    found = ',"facts":{"muscle_yields_to_pressure":"yes"}' if at == 0 else ""
    return _only(who, _text("{", _join(parts), ',"techniques":["neuromuscular"]' + found + "}"))


def _measures(block: Block) -> list[Texts]:
    courses = block.courses
    begun = courses.done > 0
    inside, at_review = courses.moment != INTAKE, courses.moment == REVIEW
    rows = [_measure(begun, courses.booked_on, "pain_nrs", courses.booked)]
    rows += [
        _measure(courses.days[:, at] != NOT_DAY, courses.days[:, at], "pain_nrs", courses.ratings[:, at])
        for at in range(MOST_SESSIONS)
    ]
    last = courses.days[np.arange(SIZE), np.maximum(courses.done - 1, 0)]
    sore_on = np.minimum(last + 2, courses.as_of)
    first, later = courses.activities
    rows += [
        _measure(inside, courses.rated_on, "pain_nrs", courses.ratings[:, -1]),
        _activities(begun, courses.days[:, 0], first, first),
        _activities(begun, courses.rated_on, first, later),
        _measure(begun, courses.rated_on, "global_change", courses.change),
        _measure(begun & at_review, sore_on, "soreness_nrs", courses.soreness),
        _measure(begun, courses.days[:, 0], "rmdq", block.answers["rmdq_score"]),
    ]
    return rows


def _measure(who: Flags, day: Ints, name: str, value: Ints) -> Texts:
    who = who & (value != UNKNOWN)
    return _only(who, _text('{"date":"', _days(day[who]), f'","name":"{name}","value":', _numbers(value[who]), "}"))


def _activities(who: Flags, day: Ints, named: Ints, values: Ints) -> Texts:
    """One to three ratings; an activity that was named and not rated that day is null."""
    who = who & (values != UNKNOWN).any(axis=1)
    named, values = named[who], values[who]
    places = [
        _where(named[:, at] != UNKNOWN, _numbers(values[:, at]).fill_null("null")) for at in range(values.shape[1])
    ]
    return _only(who, _text('{"date":"', _days(day[who]), '","name":"own_activities","values":[', _join(places), "]}"))


def _clearances(block: Block) -> Texts:
    courses = block.courses
    covers = _join([_where(who, _always(json.dumps(rule))) for rule, who in courses.cleared.items()])
    until = _where(courses.valid, (_text(',"valid_until":"', _days(courses.cleared_on + 120), '"')))
    text = _text(
        '"clearances":[{"date":"', _days(courses.cleared_on), '","outcome":"cleared","covers":[', covers,
        '],"by":"general practitioner"', until.fill_null(""), "}]",
    )  # fmt: skip
    anything: NDArray[np.bool_] = np.any(np.stack(list(courses.cleared.values())), axis=0)
    return _where(anything, text)


# --- columns of text ------------------------------------------------------------------------------------------------


def _fact(fact: Fact, codes: Ints) -> Texts:
    if fact.kind == "bool":
        return _words([f'"{fact.name}":false', f'"{fact.name}":true'], codes)
    if fact.kind == "enum":
        return _words([f'"{fact.name}":"{value}"' for value in fact.values], codes)
    if fact.kind == "float":
        tenths = pa.array(codes / 10, mask=codes == UNKNOWN).cast(pa.string())
        return _text(f'"{fact.name}":', tenths)
    return _number(fact.name, codes)


def _words(words: Sequence[str], codes: Ints) -> Texts:
    """The word of each code; null where it is unknown."""
    return pa.array(words, pa.string()).take(pa.array(codes, mask=codes == UNKNOWN))


def _number(name: str, values: Ints) -> Texts:
    return _text(f'"{name}":', _numbers(values))


def _numbers(values: Ints) -> Texts:
    """Small numbers as text, from a list made once; null where unknown."""
    known = values != UNKNOWN
    low, high = int(values.min(where=known, initial=0)), int(values.max(where=known, initial=0))
    texts = pa.array([str(value) for value in range(low, high + 1)], pa.string())
    return texts.take(pa.array(values - low, mask=~known))


def _days(days: NDArray[Any]) -> Texts:
    """Days since 1970-01-01 as dates, from a list made once."""
    return _calendar().take(pa.array(days.astype(np.int32) - EARLIEST))


@cache
def _calendar() -> Texts:
    return pa.array(np.arange(EARLIEST, LATEST, dtype=np.int32), pa.date32()).cast(pa.string())


def _quoted(name: str, values: Texts) -> Texts:
    return _text(f'"{name}":"', values, '"')


def _always(text: str) -> Texts:
    return pa.repeat(text, SIZE)


def _text(*parts: str | Texts) -> Texts:
    """The parts put together; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")


def _where(who: Flags, text: Texts) -> Texts:
    return pc.if_else(pa.array(who), text, pa.scalar(None, pa.string()))


def _only(who: Flags, texts: Texts) -> Texts:
    """Texts that were made for some, each in its own row; null for all others."""
    return texts.take(pa.array(np.cumsum(who) - 1, mask=~who))


def _join(parts: Sequence[Texts]) -> Texts:
    """The parts that are there, with commas between them; empty where there is none."""
    first, *rest = parts
    if all(part.null_count for part in parts):  # Arrow leaves out a row of which no part is there
        empty = np.logical_and.reduce([part.is_null().to_numpy(zero_copy_only=False) for part in parts])
        first = pc.if_else(pa.array(empty), pa.scalar(""), first)
    return pc.binary_join_element_wise(first, *rest, ",", null_handling="skip")


def _object(name: str, parts: Sequence[Texts]) -> Texts:
    return _text(f'"{name}":{{', _join(parts), "}")


def _list(name: str, parts: Sequence[Texts]) -> Texts:
    """A list; null where it would be empty."""
    inside = _join(parts)
    something = pc.greater(pc.binary_length(inside), 0).to_numpy(zero_copy_only=False)
    return _where(something, _text(f'"{name}":[', inside, "]"))
