"""Trying a protocol or a threshold: who would have been stopped when, and how it went on with them."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import palpate.library
from palpate.cli import main
from palpate.library import load_pathway
from palpate.library.cases import case_folder, whole_document
from palpate.pathway.decision import decide
from palpate.pathway.pathway import Pathway
from palpate.population.report.words import CAVEATS
from palpate.population.sample import write_sample
from palpate.population.trial import CHANGED, SHIFTS, Trial

PATHWAY = load_pathway()
WELL = whole_document(case_folder("back_massage"), "well_intake", {"moment": "intake"})["facts"]
DAYS = ("2026-01-05", "2026-01-15", "2026-01-25", "2026-02-04")


def other(**response: float) -> Pathway:
    return Pathway.of_meaning({**PATHWAY.meaning, "response": {**PATHWAY.meaning["response"], **response}})


def checked_after(sessions: int) -> Pathway:
    rows = [
        {**row, "checks": [sessions]} if row["id"] == PATHWAY.default_protocol else row
        for row in PATHWAY.meaning["protocols"]
    ]
    return Pathway.of_meaning({**PATHWAY.meaning, "protocols": rows})


def course(pains: list[float | None], name: str = "e1", **more: Any) -> dict[str, Any]:
    """A course with one rating before each session, and one two days after the last."""
    sessions = [{"date": day} for day in DAYS[: len(pains) - 1]]
    last = DAYS[len(pains) - 2]
    days = [*DAYS[: len(pains) - 1], last[:-2] + f"{int(last[-2:]) + 2:02}"]
    measures = [
        {"date": day, "name": "pain_nrs", "value": pain}
        for day, pain in zip(days, pains, strict=True)
        if pain is not None
    ]
    document = {"palpate": 1, "id": name, "as_of": days[-1], "facts": dict(WELL), "moment": "review"}
    return {**document, "sessions": sessions, "measures": measures, **more}


def tried(after: Pathway, *documents: Mapping[str, Any]) -> Trial:
    trial = Trial()
    trial.add(PATHWAY, after, [json.dumps(document).encode() for document in documents])
    return trial


def test_a_later_check_stops_later_and_tells_how_it_went_on() -> None:
    slow = course([7, 7, 7, 3], "slow")  # nothing gained after two sessions; much after three
    never = course([7, 7, 7, 7], "never")
    trial = tried(checked_after(3), slow, never)
    assert trial.classes == {("only_first", "responded"): 1, ("later", "not_responded"): 1}
    assert trial.sessions == {"only_first": 1, "later": 1}
    assert trial.examples == {"only_first": ["slow"], "later": ["never"]}


def test_a_threshold_that_is_easier_to_reach_stops_later() -> None:
    little = course([8, 8, 7.2, 7.2], "little")  # so little is partly then, and stalls one session later
    trial = tried(other(pain_partial=0.5, pain_partial_share=0.05), little)
    assert trial.classes == {("later", "not_responded"): 1}
    assert tried(PATHWAY, little).count("same") == 1


def test_only_what_was_known_before_a_session_counts_for_the_stop_before_it() -> None:
    """A rating after the third session must not save from the stop after the second."""
    late = course([7, 7, None, 1], "late")
    late["measures"].append({"date": DAYS[2], "name": "pain_nrs", "value": 7})
    trial = tried(checked_after(4), late)
    assert trial.count("only_first") == 1


def test_each_view_is_decided_as_the_judge_decides_it() -> None:
    to = io.BytesIO()
    write_sample(PATHWAY, 25, 8, "ndjson", to)
    documents = [json.loads(line) for line in to.getvalue().splitlines()]
    courses = [document for document in documents if document.get("sessions")]
    trial = Trial()
    trial.add(PATHWAY, PATHWAY, to.getvalue().splitlines())
    stopped = 0
    for document in courses:
        reasons = [row["disposition"] for row in decide(PATHWAY, document).reasons]
        views = [
            {**document, "as_of": session["date"], "moment": "review", "today": None,
             "sessions": document["sessions"][:at],
             "measures": [row for row in document["measures"] if row["date"] <= session["date"]],
             "clearances": [row for row in document.get("clearances", []) if row["date"] <= session["date"]]}
            for at, session in enumerate(document["sessions"]) if at
        ]  # fmt: skip
        for view in views:
            view.pop("today")
            reasons += [row["disposition"] for row in decide(PATHWAY, view).reasons]
        stopped += bool({"change_treatment", "complete"} & set(reasons))
    assert trial.courses == len(courses)
    assert (trial.count("same"), trial.count("neither")) == (stopped, len(courses) - stopped)
    assert not sum(trial.count(shift) for shift in CHANGED)


def test_what_cannot_be_tried_is_counted_and_an_intake_is_passed_over() -> None:
    trial = Trial()
    broken = {**course([7, 7, 7]), "unheard_of": 1}
    lines = [
        b"{",
        b"[]",
        json.dumps(broken).encode(),
        json.dumps({"palpate": 1, "as_of": DAYS[0], "facts": {}}).encode(),
    ]
    trial.add(PATHWAY, PATHWAY, lines)
    assert (trial.courses, trial.at_fault) == (0, 3)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """The shipped pathway, and the same with real change at 20 % instead of 30 %."""
    source = Path(palpate.library.__file__).parent / "back_massage"
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("cases", "compiled.json"))
    file = second / "50_response.toml"
    text = file.read_text(encoding="utf-8")
    assert "pain_full_share = 0.30" in text
    file.write_text(text.replace("pain_full_share = 0.30", "pain_full_share = 0.20"), encoding="utf-8")
    return str(first), str(second)


def test_the_command_tries_a_threshold_and_says_what_that_does_not_show(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some.ndjson"
    file.write_text("".join(json.dumps(course([7, 7, 7, 3], f"e{n}")) + "\n" for n in range(6)))
    assert main(["pathway", "diff", *folders, "--episodes", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Tried on 6 courses" in said
    assert all(words in said for words in SHIFTS.values())
    assert all(head in said for head, _ in CAVEATS)
    assert main(["pathway", "diff", *folders, "--episodes", str(file), "--format", "json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["trial"]["courses"] == 6
    assert set(last["trial"]["second"]) == set(SHIFTS)


def test_pathways_that_stop_alike_are_not_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "some.ndjson"
    file.write_text(json.dumps(course([7, 7, 7])) + "\n")
    shipped = str(Path(palpate.library.__file__).parent / "back_massage")
    assert main(["pathway", "diff", shipped, shipped, "--episodes", str(file)]) == 0
    assert "Tried on" not in capsys.readouterr().out
