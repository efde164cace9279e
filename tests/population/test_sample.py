"""The made-up episodes: the same for the same seed, without faults, and true to the figures that they follow."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from palpate.cli import main
from palpate.library import load_pathway
from palpate.pathway.course import course_of
from palpate.pathway.decision import decide
from palpate.pathway.episode import read_episode
from palpate.pathway.standing import now
from palpate.population.sample import write_sample
from palpate.population.sample.block import SIZE, Block, draw_block
from palpate.population.sample.course import INTAKE
from palpate.population.sample.people import UNKNOWN, signs
from palpate.population.sample.rows import columns_of
from palpate.population.sample.shares import PUBLISHED

PATHWAY = load_pathway()


def sample(count: int, seed: int = 1, kind: str = "ndjson") -> bytes:
    to = io.BytesIO()
    write_sample(PATHWAY, count, seed, kind, to)
    return to.getvalue()


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return [json.loads(line) for line in sample(3_000).splitlines()]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    return [draw_block(PATHWAY, 3, number) for number in range(10)]


@pytest.mark.parametrize("kind", ["ndjson", "parquet"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(kind: str) -> None:
    assert sample(500, 7, kind) == sample(500, 7, kind)
    assert sample(500, 7, kind) != sample(500, 8, kind)


def test_the_first_people_are_the_same_however_many_are_made() -> None:
    many = sample(SIZE + 5)
    assert many.startswith(sample(40))
    assert many.count(b"\n") == SIZE + 5


def test_no_document_is_at_fault(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        episode = read_episode(document, PATHWAY)
        course_of(PATHWAY, episode, now(PATHWAY, episode))


def test_documents_are_decided_and_every_kind_of_answer_occurs(documents: list[dict[str, Any]]) -> None:
    decided = Counter(decide(PATHWAY, document).disposition for document in documents[:150])
    assert {"medical_exam_first", "incomplete", "change_treatment", "complete", "treat_with_precautions"} <= set(
        decided
    )
    assert max(decided.values()) < 120, "one answer drowns all others"


def test_all_moments_protocols_and_classes_of_response_occur(documents: list[dict[str, Any]]) -> None:
    classes = Counter()
    for document in documents:
        episode = read_episode(document, PATHWAY)
        response = course_of(PATHWAY, episode, now(PATHWAY, episode)).response
        classes[response.kind if response else None] += 1
    assert set(classes) == {None, "responded", "partly", "not_responded", "worse", "indeterminate"}
    assert {document["moment"] for document in documents} == {"intake", "session", "review"}
    used = {document["protocol"] for document in documents if "protocol" in document}
    assert used == {name for name in PATHWAY.protocols if name != "booster_6"}, "an extension is never given by itself"
    assert any(document.get("unsure") for document in documents)


def test_every_question_of_the_intake_is_answered_by_somebody(documents: list[dict[str, Any]]) -> None:
    answered = {name for document in documents for name in document["facts"]}
    asked = {
        fact.name
        for fact in PATHWAY.vocabulary.facts.values()
        if fact.stage == "intake" and fact.name not in ("age_years", "pain_duration_days")
    }
    assert answered == asked


def test_some_intakes_are_broken_off_and_what_is_left_out_is_absent_not_no(documents: list[dict[str, Any]]) -> None:
    intakes = [document for document in documents if document["moment"] == "intake"]
    broken_off = [document for document in intakes if len(document["facts"]) < 60]
    assert 0.02 < len(broken_off) / len(intakes) < 0.09


def test_rows_and_documents_are_of_the_same_people() -> None:
    rows = pq.read_table(io.BytesIO(sample(800, 5, "parquet"))).to_pylist()
    documents = [json.loads(line) for line in sample(800, 5).splitlines()]
    for row, document in zip(rows, documents, strict=True):
        episode = read_episode(document, PATHWAY)
        standing = now(PATHWAY, episode)
        course = course_of(PATHWAY, episode, standing)
        assert (row["id"], row["moment"], row["unsure"]) == (episode.id, episode.moment, list(episode.unsure))
        assert row["pain_duration_days"] == standing.get("pain_duration_days")
        assert row["age_years"] == standing["age_years"]
        if row["moment"] != "intake":
            assert row["sessions_completed"] == len(episode.sessions)
        if course.check is not None and episode.protocol == PATHWAY.default_protocol:
            for name in ("pain_baseline", "pain_at_check", "activities_at_check", "global_change"):
                assert row[name] == pytest.approx(course.facts.get(name)), name
        for name in ("pain_site", "fever_or_chills", "weeks_since_surgery", "sedation_today"):
            if row["moment"] == "session" or name != "sedation_today":
                assert row[name] == standing.get(name), name


def test_rows_hold_what_the_vocabulary_allows_under_its_names_and_types() -> None:
    table = pq.read_table(io.BytesIO(sample(2_000, 2, "parquet")))
    named = [fact.name for fact in columns_of(PATHWAY)]
    assert table.column_names == ["id", "moment", *named, "unsure", "cleared"]
    for name in named:
        fact = PATHWAY.vocabulary[name]
        values = {value for value in table[name].to_pylist() if value is not None}
        assert not [value for value in values if fact.wrong(value)], name
    rules = {rule for row in table["cleared"].to_pylist() for rule in row}
    assert rules
    assert rules <= set(PATHWAY.rule)


# --- the shares -----------------------------------------------------------------------------------------------------


def test_signs_and_serious_disease_in_acute_pain_are_as_common_as_published(blocks: list[Block]) -> None:
    acute = np.concatenate([block.whole.acute for block in blocks])
    intake = np.concatenate([block.courses.moment == INTAKE for block in blocks])
    found = np.concatenate([signs(PATHWAY.vocabulary, block.whole.answers) for block in blocks])
    serious = np.concatenate([block.whole.serious for block in blocks])
    fracture = np.concatenate([block.whole.fracture for block in blocks])
    assert found[acute & intake].mean() == pytest.approx(PUBLISHED["signs"].value, abs=0.015)
    assert serious[acute].mean() == pytest.approx(PUBLISHED["serious"].value, abs=0.002)
    assert fracture[acute & serious].mean() == pytest.approx(PUBLISHED["fractures"].value, abs=0.1)


def test_pain_falls_as_in_the_published_cohorts(blocks: list[Block]) -> None:
    acute = np.concatenate([block.whole.acute for block in blocks])
    start = np.concatenate([block.whole.pain for block in blocks])
    later = np.concatenate([block.courses.later for block in blocks])
    assert start[acute].mean() == pytest.approx(PUBLISHED["pain_acute"].value, abs=0.05)
    assert start[~acute].mean() == pytest.approx(PUBLISHED["pain_lasting"].value, abs=0.05)
    assert later[acute].mean() == pytest.approx(PUBLISHED["pain_acute_later"].value, abs=0.1)
    assert later[~acute].mean() == pytest.approx(PUBLISHED["pain_lasting_later"].value, abs=0.1)


def test_as_many_are_not_measured_and_are_sore_as_published(blocks: list[Block]) -> None:
    inside = np.concatenate([block.courses.moment != INTAKE for block in blocks])
    last = np.concatenate([block.courses.ratings[:, -1] for block in blocks])
    sore = np.concatenate([block.courses.soreness for block in blocks])
    assert (last[inside] == UNKNOWN).mean() == pytest.approx(PUBLISHED["not_measured"].value, abs=0.01)
    assert (sore != UNKNOWN).mean() == pytest.approx(PUBLISHED["sore"].value, abs=0.01)


def test_the_view_of_the_change_follows_the_present_state_more_than_the_change(blocks: list[Block]) -> None:
    first, last, change = (
        np.concatenate([block.courses.ratings[:, 0] for block in blocks]),
        np.concatenate([block.courses.ratings[:, -1] for block in blocks]),
        np.concatenate([block.courses.change for block in blocks]),
    )
    known = (first != UNKNOWN) & (last != UNKNOWN) & (change != UNKNOWN)
    state = -np.corrcoef(change[known], last[known])[0, 1]
    changed = np.corrcoef(change[known], (first - last)[known])[0, 1]
    assert 0.58 <= state <= 0.84  # Kamper 2010
    assert 0.40 <= changed <= 0.74


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_the_file_whole_and_puts_it_in_the_place_of_an_older_one(tmp_path: Path) -> None:
    file = tmp_path / "some.ndjson"
    file.write_text("older")
    assert main(["sample", "12", "--seed", "4", "--out", str(file)]) == 0
    assert file.read_bytes() == sample(12, 4)
    assert list(tmp_path.iterdir()) == [file], "nothing is left beside it"


def test_a_sample_of_nobody_is_empty_in_both_forms(tmp_path: Path) -> None:
    assert sample(0) == b""
    assert pq.read_table(io.BytesIO(sample(0, 1, "parquet"))).num_rows == 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (["sample", "--", "-1"], "N is a whole number, 0 or more"),
        (["sample", "1", "--seed", "-1"], "--seed is a whole number"),
        (["sample", "1", "--out", "/no-such-folder/x"], "there is no such folder"),
        (["sample", "1", "--out", "/tmp"], "this is a folder"),
        (["sample", "many"], "invalid int value"),
        (["sample", "1", "--format", "csv"], "invalid choice"),
    ],
)
def test_a_wrong_call_is_one_line_and_code_2(call: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(call) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert said.err.count("\n") == 1


def test_what_cannot_be_written_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "some.parquet"
    file.write_text("older")
    monkeypatch.setattr("palpate.population.sample.write_sample", full)
    assert main(["sample", "5", "--format", "parquet", "--out", str(file)]) == 1
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]
    assert "no space left on device; nothing was kept" in capsys.readouterr().err
