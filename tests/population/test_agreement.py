"""The columns and the plain judge give the same decisions: random pathways and our own, rows and documents."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palpate import load_pathway
from palpate.pathway.decision import find
from palpate.pathway.engine import engine_of
from palpate.pathway.episode import read_episode
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway
from palpate.population.batch import classes_of, decide_batch, decisions
from palpate.population.deciding import decide_known
from palpate.population.documents import read_documents
from palpate.population.program import program_of
from palpate.population.rows import Rows, document_of
from tests.agree.conftest import Made, make_document, make_pathway

SEEDS = st.integers(0, 2**32)
SAMPLED = int(os.environ.get("SAMPLED_EPISODES", "1000"))  # made-up episodes of each kind, all compared
KINDS = {"bool": pa.bool_(), "enum": pa.string(), "int": pa.int16(), "float": pa.float64()}


def one_at_a_time(pathway: Pathway, document: Any, judge: bool = True) -> tuple[Any, ...] | None:
    """Disposition, urgency and rules by `find`, with the plain judge; None where the document is at fault."""
    try:
        found = find(pathway, read_episode(document, pathway), judge=judge)
    except Faults:
        return None
    return found.disposition, found.urgency, [pathway.rules[at].id for at in found.held]


def by_rows(pathway: Pathway, batch: pa.RecordBatch) -> list[tuple[Any, ...] | None]:
    return [
        (row["disposition"], row["urgency"], row["rules"]) if row["fault"] is None else None
        for row in decide_batch(pathway, batch).to_pylist()
    ]


def by_lines(pathway: Pathway, documents: list[Any]) -> list[tuple[Any, ...] | None]:
    lines = [json.dumps(document).encode() for document in documents]
    read = read_documents(pathway, classes_of(pathway), lines)
    made = decisions(program_of(pathway), read.known.count, decide_known(program_of(pathway), read.known), None)
    found: list[tuple[Any, ...] | None] = [None] * len(documents)
    columns = [made[name].to_pylist() for name in ("disposition", "urgency", "rules")]
    for place, *gist in zip(read.places.tolist(), *columns, strict=True):
        found[place] = tuple(gist)
    assert {place for place, gist in enumerate(found) if gist is None} == set(read.faults)
    return found


def random_batch(rng: random.Random, made: Made, count: int) -> pa.RecordBatch:
    """Rows with answers missing, unsure answers and clearances, some of which contradict each other."""
    facts = made.pathway.vocabulary.facts
    rows = []
    for at in range(count):
        share = rng.choice([0.2, 0.6, 0.9])
        row: dict[str, Any] = {"id": f"r{at}", "moment": rng.choice(["intake", "session", "review"])}
        row |= {name: rng.choice(values) for name, values in made.values.items() if rng.random() < share}
        row["unsure"] = rng.sample(list(made.values), rng.choice([0, 0, 1, 2]))
        rules = [rule.id for rule in made.pathway.rules]
        row["cleared"] = rng.choice([None, [], ["*"], rng.sample(rules, 1)])
        rows.append(row)
    lists = [("unsure", pa.list_(pa.string())), ("cleared", pa.list_(pa.string()))]
    fields = [("id", pa.string()), ("moment", pa.string()), *lists]
    return pa.RecordBatch.from_pylist(
        rows, schema=pa.schema([*fields, *((name, KINDS[facts[name].kind]) for name in made.values)])
    )


@settings(max_examples=60)
@given(SEEDS)
def test_random_pathways_decide_random_rows_as_the_judge_does(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    batch = random_batch(rng, made, 25)
    expected = [one_at_a_time(made.pathway, document_of(batch, row)) for row in range(batch.num_rows)]
    assert by_rows(made.pathway, batch) == expected


@settings(max_examples=60)
@given(SEEDS)
def test_random_pathways_decide_random_documents_as_the_judge_does(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    documents = [make_document(rng, made) for _ in range(25)]
    assert by_lines(made.pathway, documents) == [one_at_a_time(made.pathway, document) for document in documents]


def sampled(kind: str, count: int, seed: int) -> Any:
    """Made-up episodes of the shipped generator."""
    import io

    from palpate.population.sample import write_sample

    made = io.BytesIO()
    write_sample(load_pathway(), count, seed, kind, made)
    return made


@pytest.mark.slow
def test_our_own_pathway_decides_sampled_rows_as_decide_does() -> None:
    import pyarrow.parquet as pq

    pathway = load_pathway()
    batch = pq.read_table(sampled("parquet", SAMPLED, 11)).combine_chunks().to_batches()[0]
    found = by_rows(pathway, batch)
    assert len(found) == SAMPLED
    for row in range(SAMPLED):
        assert found[row] == one_at_a_time(pathway, document_of(batch, row), judge=row % 20 == 0), row


@pytest.mark.slow
def test_our_own_pathway_decides_sampled_documents_as_decide_does() -> None:
    pathway = load_pathway()
    documents = [json.loads(line) for line in sampled("ndjson", SAMPLED, 12).getvalue().splitlines()]
    found = by_lines(pathway, documents)
    assert len(found) == SAMPLED
    for at in range(SAMPLED):
        assert found[at] == one_at_a_time(pathway, documents[at], judge=at % 20 == 0), at


def own_row(rng: random.Random, pathway: Pathway) -> dict[str, Any]:
    """One row over all our facts; mostly harmless, so that all dispositions come up."""
    engine, facts = engine_of(pathway), pathway.vocabulary.facts
    harmless = dict(zip(engine.slots, engine.harmless, strict=True))
    share, wild = rng.choice([1, 0.97, 0.9, 0.5]), rng.choice([0, 0.01, 0.03, 0.1])
    row: dict[str, Any] = {"id": "r", "moment": rng.choice(["intake", "session", "review"])}
    for name, fact in facts.items():
        if name in pathway.worked_out or rng.random() > (0.04 if fact.stage == "derived" else share):
            continue
        values = engine.domains.of(name, {}) if name in engine.index else []
        if name.startswith(("pain_baseline", "pain_at", "activities")):
            values = [0, 1, 2.5, 5, 6, 7, 16 / 3, 10]
        if rng.random() < wild or name not in harmless or name == "sessions_completed":
            row[name] = rng.choice(values or list(fact.values) or [fact.low])
        else:
            row[name] = harmless[name]
    open_names = [name for name, fact in facts.items() if name not in row and fact.stage != "derived"]
    row["unsure"] = rng.sample(open_names, min(len(open_names), rng.choice([0, 0, 1, 2])))
    row["cleared"] = rng.choice([[], [], ["*"], rng.sample([rule.id for rule in pathway.rules], 3)])
    return row


@settings(max_examples=12)
@given(SEEDS)
def test_our_own_pathway_decides_rows_of_every_kind_as_the_judge_does(seed: int) -> None:
    rng = random.Random(seed)
    pathway = load_pathway()
    facts = pathway.vocabulary.facts
    names = [name for name in facts if name not in pathway.worked_out]
    lists = [("unsure", pa.list_(pa.string())), ("cleared", pa.list_(pa.string()))]
    fields = [
        ("id", pa.string()),
        ("moment", pa.string()),
        *lists,
        *((name, KINDS[facts[name].kind]) for name in names),
    ]
    batch = pa.RecordBatch.from_pylist([own_row(rng, pathway) for _ in range(12)], schema=pa.schema(fields))
    expected = [one_at_a_time(pathway, document_of(batch, row)) for row in range(batch.num_rows)]
    assert by_rows(pathway, batch) == expected


def test_ask_gives_the_facts_that_decide_would_ask() -> None:
    pathway = load_pathway()
    batch = pa.RecordBatch.from_pylist([{"id": "a", "moment": "intake", "age_years": 40, "pain_site": "low_back"}])
    found = decide_batch(pathway, batch, ask=True).to_pylist()[0]
    whole = find(pathway, read_episode(document_of(batch, 0), pathway))
    assert found["ask"] == [name for name, _ in whole.asked]
    assert found["disposition"] == "incomplete"


def test_a_batch_without_rows_gives_none() -> None:
    schema = pa.schema([("id", pa.string()), ("moment", pa.string()), ("fever_or_chills", pa.bool_())])
    assert decide_batch(load_pathway(), pa.RecordBatch.from_pylist([], schema)).num_rows == 0
    assert read_documents(load_pathway(), classes_of(load_pathway()), []).known.count == 0


def test_an_absent_column_is_unknown_as_a_null_is() -> None:
    pathway = load_pathway()
    absent = pa.RecordBatch.from_pylist([{"id": "a", "moment": "session"}])
    nulls = absent.append_column("fever_or_chills", pa.array([None], pa.bool_()))
    assert by_rows(pathway, absent) == by_rows(pathway, nulls)
    assert by_rows(pathway, absent)[0][0] == "incomplete"  # type: ignore[index]


def test_words_in_columns_of_every_kind_are_read_also_where_a_row_is_looked_at_singly() -> None:
    rows = [{"id": "a", "moment": "intake", "pain_phase": "acute", "pain_site": "low_back", "unsure": ["leg_weakness"]}]
    plain = pa.schema([(name, pa.string()) for name in ("id", "moment", "pain_phase", "pain_site")])
    lists = pa.field("unsure", pa.list_(pa.string()))
    expected = decide_batch(load_pathway(), pa.RecordBatch.from_pylist(rows, schema=plain.append(lists))).to_pylist()
    for kind in (pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        schema = pa.schema([*(field.with_type(kind) for field in plain), lists])
        batch = pa.RecordBatch.from_pylist(rows, schema=schema)
        assert decide_batch(load_pathway(), batch).to_pylist() == expected
        (episode,) = Rows(load_pathway(), batch, classes_of(load_pathway())).known.episodes([0])
        assert episode == read_episode(document_of(batch, 0), load_pathway())
