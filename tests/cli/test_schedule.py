"""`palpate schedule` as a caller meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Done
from tests.scheduling.checker import broken_rules

EXAMPLE = Path(__file__).parents[2] / "examples" / "schedules" / "practice.json"
Call = Callable[..., Done]


def test_the_example_is_booked_and_keeps_every_rule(call: Call) -> None:
    done = call("schedule", EXAMPLE)
    answer = json.loads(done.out)
    assert (done.code, done.lines) == (0, [])
    assert broken_rules(json.loads(EXAMPLE.read_text()), answer) == []
    assert list(answer) == [
        "palpate", "status", "bookings", "unplaced", "placed", "cost", "bound", "gap", "changes", "seconds",
    ]  # fmt: skip
    assert list(answer["bookings"][0]) == ["course", "session", "therapist", "room", "from", "to"]
    assert (answer["palpate"], answer["status"], answer["cost"], answer["bound"], answer["gap"]) == (
        1, "optimal", 37, 37, 0,
    )  # fmt: skip


def test_standard_input_will_do_and_the_seed_and_seconds_may_be_told(call: Call) -> None:
    done = call("schedule", "--seconds", "0.5", "--seed", "7", "-", stdin=EXAMPLE.read_bytes())
    assert done.code == 0
    assert json.loads(done.out)["placed"] == 3


def test_every_fault_of_a_request_is_one_line_with_its_place(call: Call) -> None:
    request = json.loads(EXAMPLE.read_text())
    request["time_zone"] = "Europe/Amsterdm"
    request["courses"][0]["gap_days"] = [21, 7]
    del request["courses"][1]["patient"]
    lines = call("schedule", "-", stdin=json.dumps(request).encode()).refused()
    assert [line.split(" ")[1] for line in lines] == ["$.time_zone:", "$.courses[0].gap_days:", "$.courses[1]:"]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", "-: $: the document is empty"),
        (b'{"palpate": 1, "palpate": 1}', "-: $.palpate: this key stands twice in one object"),
        (b'{"palpate": NaN}', "-: $.palpate: found NaN"),
        (b"\xff", "-: $: byte 1 is not UTF-8"),
        (b"[" * 100_000, "-: $: lists and objects are nested more than 32 deep"),
        (b" " * ((16 << 20) + 1), "-: $: the document has more than 16777216 bytes (16 MiB)"),
    ],
)
def test_what_is_no_request_is_refused(call: Call, raw: bytes, line: str) -> None:
    assert call("schedule", "-", stdin=raw).refused()[0].startswith(line)


def test_a_file_that_cannot_be_read_is_said_to_be_so(call: Call, tmp_path: Path) -> None:
    assert call("schedule", tmp_path / "none.json").refused()[0].endswith("none.json: there is no such file")
    assert call("schedule", tmp_path).refused()[0].endswith("this is a folder, not a file")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_wrong_time_limit_is_refused(call: Call, seconds: str) -> None:
    assert "is no number of seconds above 0" in call("schedule", f"--seconds={seconds}", EXAMPLE).refused()[0]


def test_without_or_tools_one_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['ortools'] = None; from palpate.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "schedule", str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "palpate: scheduling needs OR-Tools: install palpate with its extra scheduling\n"


def test_a_faulty_request_is_refused_before_or_tools_is_looked_for() -> None:
    code = "import sys; from palpate.cli import main; main(['schedule', '-']); print('ortools' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], input="{}", capture_output=True, text=True, check=False)
    assert done.stdout == "False\n"
