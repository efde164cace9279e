"""Who is incomplete is told by columns, for nearly everybody, and as `decide` tells it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from palpate.library import load_pathway
from palpate.pathway.decision import find
from palpate.pathway.episode import read_episode
from palpate.population.batch import MEANING, classes_of
from palpate.population.bits import at_least, pack, union, unpack
from palpate.population.deciding import Decided, decide_known
from palpate.population.program import program_of
from palpate.population.rows import Rows, document_of
from palpate.population.sample.block import draw_block
from palpate.population.sample.rows import rows_of, schema_of

PATHWAY = load_pathway()
PROGRAM = program_of(PATHWAY)
ANSWERED = {  # every question that can be asked, with an answer by which no serious rule holds
    name: answer
    for name, answer in PROGRAM.harmless.items()
    if PATHWAY.vocabulary[name].stage in ("intake", "session") and name not in PATHWAY.worked_out
}
AT_A_CHECK = {"sessions_completed": 3, "sessions_planned": 6, "pain_baseline": 6.0}  # and not rated at it


def decided(batch: pa.RecordBatch) -> Decided:
    return decide_known(PROGRAM, Rows(PATHWAY, batch, classes_of(PATHWAY)).known)


def test_of_a_thousand_people_hardly_anybody_is_decided_one_at_a_time() -> None:
    assert decided(rows_of(draw_block(PATHWAY, 3, 0), 10_000)).one_by_one <= 1


@pytest.mark.parametrize("missing", ["local_heat", "local_redness", "local_swelling"])
@pytest.mark.parametrize(
    "more", [{}, AT_A_CHECK, {"cleared": ["acute_low_back_pain"]}], ids=["plain", "check", "cleared"]
)
def test_an_answer_that_can_raise_nothing_whatever_the_thermometer_shows_makes_nobody_incomplete(
    missing: str, more: dict[str, Any]
) -> None:
    answered = {name: answer for name, answer in ANSWERED.items() if name not in (missing, "body_temp_c")}
    row = {"id": "p", "moment": "session", **answered, **more}
    batch = pa.RecordBatch.from_pylist([row], schema=schema_of(PATHWAY))
    found = decided(batch)
    one = find(PATHWAY, read_episode(document_of(batch, 0), PATHWAY))
    assert MEANING[int(found.ranks[0])] == (one.disposition, one.urgency)
    assert one.disposition != "incomplete"
    assert found.one_by_one == 0


def test_sets_are_joined_and_counted_person_by_person() -> None:
    flags = np.array(random.Random(4).choices([False, True], k=5 * 37)).reshape(5, 37)
    sets = [pack(row) for row in flags]
    assert (unpack(union(*sets), 37) == flags.any(axis=0)).all()
    for n in range(1, 7):
        assert (unpack(at_least(n, sets), 37) == (flags.sum(axis=0) >= n)).all()
