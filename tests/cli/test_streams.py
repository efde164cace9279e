"""Streams: one document a line, one decision a line, whatever stands on the other lines and whoever stops listening."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from palpate.pathway.strict_json import LARGEST

TOO_LARGE = "the document has more than 1048576 bytes (1 MiB)"


@pytest.fixture
def line(well: dict[str, Any]) -> bytes:
    return json.dumps(well).encode()


@pytest.fixture
def streamed(call: Callable[..., Any], tmp_path: Path) -> Callable[[bytes], Any]:
    """Decides a file `s.ndjson`; the lines beside name it without its folder."""

    def run(raw: bytes, name: str = "s.ndjson") -> Any:
        path = tmp_path / name
        path.write_bytes(raw)
        done = call("decide", path)
        return type(done)(done.code, done.out, [text.replace(f"{tmp_path}/", "") for text in done.lines])

    return run


def test_a_truncated_line_is_reported_by_number_and_the_others_are_decided(
    streamed: Callable[..., Any], line: bytes
) -> None:
    done = streamed(b"\n".join([line, line[:12], line]))
    assert done.code == 2
    assert done.lines == ["s.ndjson:2: $: the document breaks off at column 12"]
    assert [row["disposition"] for row in done.decisions] == ["treat", "treat"]


@pytest.mark.parametrize("name", ["s.ndjson", "s.jsonl", "S.NDJSON"])
def test_a_stream_gives_one_decision_a_line_in_its_order(
    streamed: Callable[..., Any], well: dict[str, Any], name: str
) -> None:
    raw = b"".join(json.dumps({**well, "id": f"ep-{n}"}).encode() + b"\n" for n in range(20))
    done = streamed(raw, name)
    assert done.code == 0
    assert [row["episode"] for row in done.decisions] == [f"ep-{n}" for n in range(20)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n \t\r\n"])
def test_blank_lines_windows_line_ends_and_a_missing_last_line_end_are_no_fault(
    streamed: Callable[..., Any], line: bytes, end: bytes, last: bytes
) -> None:
    done = streamed(end + line + end + end + b"  " + end + line + last)
    assert (done.code, len(done.decisions), done.lines) == (0, 2, [])


def test_lines_are_counted_with_the_blank_ones(streamed: Callable[..., Any], line: bytes) -> None:
    done = streamed(b"\n\n" + line + b"\n\n[]\n")
    assert done.lines == ["s.ndjson:5: $: found [], expected an object"]


def test_an_empty_stream_holds_nothing_to_decide_and_nothing_at_fault(streamed: Callable[..., Any]) -> None:
    done = streamed(b"\n \n")
    assert (done.code, done.out, done.lines) == (0, b"", [])


def test_a_form_feed_does_not_end_a_line_nor_count_as_space(streamed: Callable[..., Any], line: bytes) -> None:
    done = streamed(line + b"\x0c\n" + b"\x0b\n" + line)
    assert [text.split(": ")[0] for text in done.lines] == ["s.ndjson:1", "s.ndjson:2"]
    assert len(done.decisions) == 1


def test_a_line_that_is_too_long_is_passed_over_whole(streamed: Callable[..., Any], line: bytes) -> None:
    """No piece of it is taken for a line of its own, also where a whole document stands right at the cut."""
    for cut in range(LARGEST - 1, LARGEST + 4):
        for pieces in (1, 2, 3):
            done = streamed(b" " * (cut * pieces) + line + b"\n" + line + b"\n")
            assert (done.code, len(done.decisions), done.lines) == (2, 1, [f"s.ndjson:1: {TOO_LARGE}"])


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_longest_line_is_decided_whatever_its_line_end(
    streamed: Callable[..., Any], line: bytes, end: bytes
) -> None:
    assert len(streamed(line.ljust(LARGEST) + end).decisions) == 1
    done = streamed(line[:-1].ljust(LARGEST) + b"}" + end)
    assert (done.code, done.out) == (2, b"")


def test_s21_a_line_of_half_a_gigabyte_takes_no_more_memory_than_any_other(
    process: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "s.ndjson"
    with path.open("wb") as file:
        file.truncate(1 << 29)
    assert process("decide", path, limits={resource.RLIMIT_AS: 300 << 20}).refused() == [f"{path}:1: {TOO_LARGE}"]


def test_of_several_files_the_sound_ones_are_decided(call: Callable[..., Any], tmp_path: Path, line: bytes) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(line)
    bad.write_bytes(b"{}")
    done = call("decide", bad, good, tmp_path / "none.json", good)
    assert (done.code, len(done.decisions), len(done.lines)) == (2, 2, 4)


# --- standard input ---------------------------------------------------------------------------------------------------


def indented(line: bytes) -> bytes:
    return json.dumps(json.loads(line), indent=1).encode()


CUT = 300  # bytes that are left of a document
LONG = b" " * (2 * LARGEST + 4)
Change = Callable[[bytes], bytes]
INPUTS: dict[str, tuple[Change, int, list[str]]] = {
    "one line": (lambda one: one, 1, []),
    "one line and its end": (lambda one: one + b"\n", 1, []),
    "one document over many lines": (indented, 1, []),
    "the same behind a byte order mark": (lambda one: b"\xef\xbb\xbf" + indented(one), 1, []),
    "the same behind blank lines": (lambda one: b"\n\n" + indented(one), 1, []),
    "a stream": (lambda one: one + b"\n" + one + b"\n", 2, []),
    "a stream behind blank lines": (lambda one: b"\n \r\n" + one + b"\n\n" + one, 2, []),
    "a stream, its first line cut": (lambda one: one[:CUT] + b"\n" + one + b"\n" + one, 2, ["-:1: $: "]),
    "a stream, its second line cut": (lambda one: one + b"\n" + one[:CUT] + b"\n" + one, 2, ["-:2: $: "]),
    "a stream, its first line too long": (lambda one: LONG + one + b"\n" + one, 1, [f"-:1: {TOO_LARGE}"]),
    "a stream, its second too": (lambda one: b"{\n" + LONG + one + b"\n" + one, 1, ["-:1: $: ", f"-:2: {TOO_LARGE}"]),
    "a list of documents": (lambda one: b"[\n" + one + b",\n" + one + b"\n]", 0, ["-: $: found [{"]),
    "a list of one document": (lambda one: b"[\n" + one + b"\n]\n", 0, ["-: $: found [{"]),
    "one inside another": (lambda one: b'{"palpate": 1, "x":\n' + one + b"\n}\n", 0, ["-: $.x: ", "-: $: ", "-: $: "]),
    "nothing": (lambda one: b"", 0, ["-: $: the document is empty"]),
    "blank lines": (lambda one: b"\n\n", 0, ["-: $: the document is empty"]),
    "one cut line": (lambda one: one[:CUT], 0, ["-: $: "]),
    "prose": (lambda one: b"palpate\ndecides\nthis\n", 0, ["-: $: cannot be read as JSON at line 1 column 1"]),
    "too much over many lines": (lambda one: indented(one) + b" " * LARGEST, 0, ["-: $: the document has more"]),
}


@pytest.mark.parametrize(("change", "decided", "lines"), INPUTS.values(), ids=INPUTS.keys())
def test_standard_input_holds_one_document_or_one_a_line(
    call: Callable[..., Any], line: bytes, change: Callable[[bytes], bytes], decided: int, lines: list[str]
) -> None:
    done = call("decide", "-", stdin=change(line))
    assert [row["disposition"] for row in done.decisions] == ["treat"] * decided
    assert len(done.lines) == len(lines)
    assert all(said.startswith(expected) for said, expected in zip(done.lines, lines, strict=True))
    assert done.code == (2 if lines else 0)


def test_whoever_feeds_line_by_line_gets_each_answer_before_the_next_question(palpate: str, line: bytes) -> None:
    with subprocess.Popen([palpate, "decide", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        for _ in range(3):
            running.stdin.write(line + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["disposition"] == "treat"
        running.stdin.close()
    assert running.returncode == 0


def test_a_closed_standard_input_is_a_fault(process: Callable[..., Any]) -> None:
    assert process("decide", "-", streams="<&-").refused() == ["-: there is no standard input"]


# --- standard output --------------------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path, line: bytes) -> Path:
    """A stream whose decisions are far more than a pipe holds."""
    path = tmp_path / "many.ndjson"
    path.write_bytes((line + b"\n") * 300)
    return path


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_ends_the_work_without_a_word(
    process: Callable[..., Any], many: Path, unbuffered: str
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = process("decide", many, stdout=writing, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(writing)
    assert (done.code, done.lines) == (1, [])


def test_a_reader_that_takes_one_line_and_goes_gets_a_whole_line(palpate: str, many: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" decide "$1" | head -n 1; echo "${PIPESTATUS[0]}"', palpate, many],
        capture_output=True,
        check=True,
    )
    decision, code = done.stdout.splitlines()
    assert json.loads(decision)["disposition"] == "treat"
    assert (code, done.stderr) == (b"1", b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_said_in_one_line_and_never_passes_for_done(
    process: Callable[..., Any], many: Path, tmp_path: Path, unbuffered: str
) -> None:
    """Also where the disk takes a part of the last line: half a decision must not look like a whole run."""
    said = "palpate: the output cannot be written: {}; what stands there is not complete"
    environment = {"PYTHONUNBUFFERED": unbuffered}
    done = process("decide", many, streams=">/dev/full", env=environment)
    assert (done.code, done.lines) == (1, [said.format("no space left on device")])
    one = tmp_path / "one.ndjson"
    one.write_bytes(many.read_bytes().splitlines()[0])
    with (tmp_path / "out").open("wb") as out:
        done = process("decide", one, stdout=out, env=environment, limits={resource.RLIMIT_FSIZE: 512})
    assert (done.code, done.lines) == (1, [said.format("file too large")])


def test_a_closed_output_is_said_and_a_closed_error_output_is_borne(process: Callable[..., Any], many: Path) -> None:
    done = process("decide", many, streams=">&-")
    assert (done.code, done.lines) == (1, ["palpate: there is no standard output to write to"])
    assert process("decide", "none.json", streams="2>&-").code == 2


def test_nobody_sees_progress_in_a_pipe(streamed: Callable[..., Any]) -> None:
    done = streamed(b"[]\n" * 1_001)  # progress is shown every 1,000 documents
    assert done.lines == [f"s.ndjson:{n}: $: found [], expected an object" for n in range(1, 1_002)]


def test_decisions_are_utf_8_whatever_the_terminal_is_set_to(
    process: Callable[..., Any], tmp_path: Path, well: dict[str, Any]
) -> None:
    path = tmp_path / "ep.json"
    path.write_bytes(json.dumps({**well, "id": "épisode-ß"}).encode())
    environment = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    assert process("decide", path, env=environment).decisions[0]["episode"] == "épisode-ß"
    assert "épisode-ß" in process("decide", "--format", "text", path, env=environment).out.decode()
