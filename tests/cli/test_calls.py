"""Calls: what each command takes, what a wrong call is told, and what is said when palpate itself goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import palpate
from palpate.cli import main
from palpate.cli import text as as_text
from palpate.pathway import course, decision, engine, episode, explain, open_questions, plan

COMMANDS = [[], ["decide"], ["pathway"], ["pathway", "check"], ["pathway", "show"], ["pathway", "diff"]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "palpate")
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_tells_how_it_is_called(call: Callable[..., Any], command: list[str], option: str) -> None:
    done = call(*command, option)
    assert (done.code, done.lines) == (0, [])
    assert done.out.decode().startswith(" ".join(["usage: palpate", *command]))


def test_the_version_is_told(call: Callable[..., Any]) -> None:
    assert call("--version").out.decode() == f"palpate {palpate.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "palpate: the following arguments are required: COMMAND; see palpate --help"),
        (["decide"], "palpate decide: the following arguments are required: FILE; see palpate decide --help"),
        (["pathway"], "palpate pathway: the following arguments are required: COMMAND; see palpate pathway --help"),
        (
            ["pathway", "diff", "a"],
            "palpate pathway diff: the following arguments are required: B; see palpate pathway diff --help",
        ),
        (["decide", "x", "--frob"], "palpate: unrecognized arguments: --frob; see palpate --help"),
        (["decide", "x", "--a\nb\x1b[2J"], "palpate: unrecognized arguments: --a\\nb\\x1b[2J; see palpate --help"),
        (["pathway", "check", "a", "b"], "palpate: unrecognized arguments: b; see palpate --help"),
        # No short forms: a script that uses one would break with the next option of the same beginning.
        (["decide", "x", "--form", "json"], "palpate: unrecognized arguments: --form json; see palpate --help"),
        (
            ["decide", "x", "--format", "xml"],
            "palpate decide: argument --format: invalid choice: 'xml' (choose from 'json', 'text'); "
            "see palpate decide --help",
        ),
        (
            ["decide", "x", "--pathway"],
            "palpate decide: argument --pathway: expected one argument; see palpate decide --help",
        ),
    ],
)
def test_a_wrong_call_is_told_in_one_line_and_reads_nothing(
    call: Callable[..., Any], arguments: list[str], line: str
) -> None:
    assert call(*arguments).refused() == [line]


def test_an_unknown_command_is_told_which_there_are(call: Callable[..., Any]) -> None:
    (line,) = call("decode", "x").refused()
    assert "'decode'" in line
    assert "'decide'" in line


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("acute_exam=x", 'the pathway has no setting "acute_exam"; the nearest known one is acute_exam_policy'),
        ("x", 'the pathway has no setting "x"'),
        ("\x1b[2J=x", 'the pathway has no setting "\\u001b[2J"'),
        ("acute_exam_policy", 'acute_exam_policy is full_medical_exam or structured_screen, not ""; write NAME=VALUE'),
        (
            "acute_exam_policy=none",
            'acute_exam_policy is full_medical_exam or structured_screen, not "none"; write NAME=VALUE',
        ),
    ],
)
def test_a_setting_that_the_pathway_does_not_have_is_told_before_anything_is_decided(
    call: Callable[..., Any], tmp_path: Path, well: dict[str, Any], setting: str, line: str
) -> None:
    path = tmp_path / "ep.json"
    path.write_text(json.dumps(well), encoding="utf-8")
    assert call("decide", path, "--setting", setting).refused() == [f"--setting: {line}"]


def test_a_setting_changes_the_digest_and_is_said_in_the_decision(
    call: Callable[..., Any], tmp_path: Path, well: dict[str, Any]
) -> None:
    path = tmp_path / "ep.json"
    path.write_text(json.dumps(well), encoding="utf-8")
    plain = call("decide", path).decisions[0]
    other = call("decide", path, "--setting", "acute_exam_policy=structured_screen").decisions[0]
    assert other["settings"] == {"acute_exam_policy": "structured_screen"}
    assert other["pathway"]["digest"] != plain["pathway"]["digest"]


@pytest.mark.parametrize("columns", ["1", "0", "-5", "many", "92", "1000"])
def test_text_for_people_bears_any_width_of_the_terminal(
    call: Callable[..., Any], tmp_path: Path, well: dict[str, Any], columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    path = tmp_path / "ep.json"
    path.write_text(json.dumps({**well, "facts": {**well["facts"], "saddle_numbness": True}}), encoding="utf-8")
    done = call("decide", "--format", "text", "--explain", path)
    assert (done.code, done.lines) == (0, [])
    assert b"STOP" in done.out.upper()


def test_a_number_is_shown_to_people_as_they_write_it() -> None:
    written = {1200: "1200", 0: "0", 7.0: "7", 6.5: "6.5", 1234.5: "1234.5", 2 / 3: "0.67", None: "unknown"}
    assert {value: as_text._number(value) for value in written} == written


# --- palpate itself goes wrong ----------------------------------------------------------------------------------------

STEPS = [
    (episode._Reader, "read"),
    (decision, "now"),
    (decision, "course_of"),
    (decision, "engine_of"),
    (engine.Engine, "values"),
    (course, "_ratings"),
    (open_questions.OpenQuestions, "answer"),
    (plan, "truth_of"),
    (decision, "put_in_words"),
    (decision.Decision, "to_json"),
    (as_text, "as_text"),
    (explain, "explain"),
]


@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError("secret"), MemoryError(), OverflowError()])
@pytest.mark.parametrize(("place", "name"), STEPS, ids=[name for _, name in STEPS])
def test_s64_a_fault_at_any_step_is_not_assessed_and_never_treat(
    call: Callable[..., Any],
    tmp_path: Path,
    well: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    error: Exception,
) -> None:
    path = tmp_path / "s.ndjson"
    path.write_bytes(json.dumps(well).encode() + b"\n{}\n")

    def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(place, name, broken)
    options = {"as_text": ["--format", "text"], "explain": ["--explain"]}.get(name, [])
    done = call("decide", path, *options)
    assert done.code == 1
    assert done.out == b""
    assert done.lines[0].startswith(f"{path}:1: not assessed: palpate itself went wrong (")
    assert done.lines[0].endswith("), please report it")
    assert not any("secret" in line or "Traceback" in line for line in done.lines)
    assert done.lines[1].startswith(f"{path}:2: ")  # and the next document has its turn


def test_s64_a_pathway_whose_digest_or_text_cannot_be_had_decides_nothing(
    call: Callable[..., Any], tmp_path: Path, well: dict[str, Any]
) -> None:
    path = tmp_path / "ep.json"
    path.write_text(json.dumps(well), encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, line in (
        (tmp_path / "none", "there is no pathway folder here"),
        (path, "this is a file; name its folder"),
        (empty, "the folder holds no TOML file"),
    ):
        assert call("decide", path, "--pathway", folder).refused() == [f"{folder}: {line}"]
    (line,) = call("decide", path, "--pathway", "n" * 5_000).refused()
    assert line.endswith("the folder cannot be read")


def test_s64_where_no_pathway_can_be_loaded_for_another_reason_nothing_is_decided(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("palpate.cli.decide.load_pathway", broken)
    done = call("decide", "-", stdin=b"{}")
    assert (done.code, done.out) == (1, b"")
    (line,) = done.lines
    assert line.startswith("palpate: palpate itself went wrong (decide.py line ")
    assert line.endswith("), please report it; this is no decision")


def test_an_interrupt_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("palpate.cli.decide.load_pathway", interrupted)
    assert main(["decide", "-"]) == 1
    assert capsys.readouterr().err == "palpate: stopped\n"


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("palpate.cli.decide.load_pathway", exhausted)
    assert main(["decide", "-"]) == 1
    assert capsys.readouterr().err == "palpate: there is not enough memory\n"


def test_exit_codes_hold_end_to_end(process: Callable[..., Any], tmp_path: Path, well: dict[str, Any]) -> None:
    path = tmp_path / "ep.json"
    path.write_text(json.dumps(well), encoding="utf-8")
    assert process("decide", path).code == 0
    assert process("decide", path, "none.json").code == 2
    assert process("frob").code == 2
    assert process("pathway", "check").code == 0


def test_the_module_runs_like_the_command(process: Callable[..., Any], call: Callable[..., Any]) -> None:
    done = subprocess.run([sys.executable, "-m", "palpate.cli", "--version"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, call("--version").out)
