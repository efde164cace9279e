"""Every fault of an episode document: refused whole with exit code 2, one line per fault, and nothing on the output."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palpate import Faults, decide, load_pathway
from palpate.pathway.decision import Decision
from palpate.pathway.faults import listed, one_line
from palpate.pathway.strict_json import LARGEST, read_json

PATHWAY = load_pathway()
EXAMPLE = Path(__file__).parents[2] / "examples" / "1_first_visit.json"
BOOLEANS = [n for n, f in PATHWAY.vocabulary.facts.items() if f.kind == "bool" and n not in PATHWAY.worked_out]
FIXTURES = Path(__file__).parent / "fixtures"


def one_fault() -> list[tuple[str, Any, str]]:
    """(what is set, to which value, the line) from the fixture file."""
    text = (FIXTURES / "one_fault.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = []
    for row in rows:
        change, _, line = row.partition("  ==>  ")
        path, _, value = change.partition(" = ")
        found.append((path, json.loads(value), line))
    return found


def set_in(document: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    document[last] = value


def test_the_document_that_every_test_here_breaks_ends_in_treat(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    done = decided(well)
    assert done.code == 0
    assert done.lines == []
    assert [row["disposition"] for row in done.decisions] == ["treat"]


def session(**own: Any) -> list[dict[str, Any]]:
    return [{"date": "2026-03-01", **own}]


def measure(name: str = "pain_nrs", **own: Any) -> list[dict[str, Any]]:
    return [{"date": "2026-03-01", "name": name, **own}]


def clearance(**own: Any) -> list[dict[str, Any]]:
    return [{"date": "2026-03-01", "outcome": "cleared", "covers": ["*"], **own}]


@pytest.mark.parametrize(("path", "value", "line"), one_fault())
def test_one_fault_is_one_line_that_says_where_what_was_found_and_what_was_expected(
    decided: Callable[..., Any], well: dict[str, Any], path: str, value: Any, line: str
) -> None:
    facts = well["facts"]
    known = {**facts, "leg_weakness": listed(list(PATHWAY.vocabulary["leg_weakness"].values))}
    for name in ("age_years", "pain_duration_days", "leg_weakness"):
        line = line.replace(f"{{{name}}}", str(known[name]))
    set_in(well, path, value)
    assert decided(well).refused() == [f"ep.json: {line}"]


def test_every_fault_of_a_document_is_said_at_once(decided: Callable[..., Any], well: dict[str, Any]) -> None:
    well |= {"as_of": "2026-02-30", "color": 1, "facts": {"pain_now": "4", "fever": False}}
    assert decided(well).refused() == [
        "ep.json: $.color: this key is not known",
        "ep.json: $.as_of: found 2026-02-30, a date that does not exist",
        'ep.json: $.facts.pain_now: found "4", expected a whole number from 0 to 10 (points); '
        "a number is written without quotes",
        "ep.json: $.facts.fever: no fact is called that",
    ]


def test_what_must_be_there_and_is_not_is_named(decided: Callable[..., Any]) -> None:
    assert decided(b"{}").refused() == [
        "ep.json: $: the key palpate is missing; it says which version of the format this is: 1",
        "ep.json: $: the key as_of is missing; it is a date such as 2026-03-16",
        "ep.json: $: the key facts is missing; it may be empty, as {}",
    ]


def test_a_second_age_or_duration_of_today_is_a_fault_that_names_both(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    del well["facts"]["age_years"]
    well |= {"moment": "session", "person": {"birth_date": "1950-01-01"}}
    well["today"] = {"unchanged": True, "facts": {"age_years": 40}}
    assert decided(well).refused() == [
        "ep.json: $.person.birth_date: found 1950-01-01, which makes age_years 76 on 2026-03-16, "
        "but $.today.facts.age_years says 40"
    ]


def test_a_session_on_the_day_of_today_stands_at_moment_review_only(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    well |= {"moment": "session", "today": {"unchanged": True}, "sessions": session(date="2026-03-16")}
    assert decided(well).refused() == [
        "ep.json: $.sessions[0].date: a session dated as_of may stand beside today at moment review only"
    ]
    assert decided({**well, "moment": "review"}).code == 0


def test_s64_a_fact_never_overrules_the_clearances_of_the_same_document(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    well["clearances"] = clearance(outcome="not_cleared")
    assert decided(well).decisions[0]["disposition"] == "do_not_massage_now"
    for value in (False, True):
        well["facts"]["clearance_refused"] = value
        assert decided(well).refused() == [
            "ep.json: $.facts.clearance_refused: this is worked out from the document and cannot be given"
        ]


def test_s64_a_fact_never_overrules_the_sessions_of_the_same_document(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    well |= {"moment": "review", "sessions": [*session(), *session()]}
    assert decided(well).decisions[0]["disposition"] == "incomplete"
    for name, value in (("check_unanswered", False), ("check_reached", False), ("response", "responded")):
        broken = json.loads(json.dumps(well))
        broken["facts"][name] = value
        lines = decided(broken).refused()
        assert len(lines) == 1
        assert f"$.facts.{name}: " in lines[0]


def test_a_clearance_that_is_good_for_ever_is_no_fault(decided: Callable[..., Any], well: dict[str, Any]) -> None:
    assert decided({**well, "clearances": clearance(valid_until="9999-12-31")}).code == 0


def test_thousands_of_faults_are_thousands_of_lines(decided: Callable[..., Any]) -> None:
    facts = {f"fact_{n}": 1 for n in range(20_000)}
    assert len(decided({"palpate": 1, "as_of": "2026-03-16", "facts": facts}).refused()) == 20_000


# --- what is no JSON at all -------------------------------------------------------------------------------------------

UNREADABLE = "$: cannot be read as JSON at "
DEEP = "$: lists and objects are nested more than 32 deep"
TOO_LARGE = "the document has more than 1048576 bytes (1 MiB); the name of a stream of documents ends in .ndjson"
TEXTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "$: the document is empty"),
    "an empty line": (lambda raw: b"\n", "$: the document is empty"),
    "white space": (lambda raw: b" \t\r\n \n", "$: the document is empty"),
    "cut in a text": (lambda raw: raw[:20], "$: the text that begins at column 16 is never closed"),
    "cut behind a colon": (lambda raw: b'{"palpate":', "$: the document breaks off at column 12"),
    "a list as a key": (lambda raw: b"{\n[", UNREADABLE + "line 2 column 1, where '[' stands"),
    "two documents": (
        lambda raw: raw + b"\n" + raw,
        "$: the document is complete, and more follows at line 2 column 1",
    ),
    "a list": (lambda raw: b"[" + raw + b"]", '$: found [{"palpate": 1, {}, expected an object'),
    "a text": (lambda raw: json.dumps(raw.decode()).encode(), r'$: found "{\"palpate\": 1, {}, expected an object'),
    "a number": (lambda raw: b"1", "$: found 1, expected an object"),
    "null": (lambda raw: b"null", "$: found null, expected an object"),
    "UTF-16": (lambda raw: raw.decode().encode("utf-16"), "$: byte 1 is not UTF-8; it looks like UTF-16"),
    "UTF-16, unmarked": (lambda raw: raw.decode().encode("utf-16-le"), UNREADABLE + "column 2, where '\\x00' stands"),
    "Latin-1": (lambda raw: raw.replace(b"ep-1", "é".encode("latin-1")), "$: byte {} is not UTF-8"),
    "an overlong slash": (lambda raw: raw.replace(b"ep-1", b"\xc0\xaf"), "$: byte {} is not UTF-8"),
    "a surrogate as bytes": (lambda raw: raw.replace(b"ep-1", b"\xed\xa0\x80"), "$: byte {} is not UTF-8"),
    "single quotes": (lambda raw: raw.replace(b'"', b"'"), UNREADABLE + """column 2, where "'" stands"""),
    "a comma too many": (lambda raw: raw[:-1] + b",}", UNREADABLE + "column {}, where '}' stands"),
    "a comment": (lambda raw: b"// said\n" + raw, UNREADABLE + "line 1 column 1, where '/' stands"),
    "NUL bytes": (lambda raw: b"\0" * 10, UNREADABLE + "column 1, where '\\x00' stands"),
    "a form feed": (lambda raw: b"\x0c" + raw, UNREADABLE + "column 1, where '\\x0c' stands"),
    "two byte order marks": (lambda raw: b"\xef\xbb\xbf" * 2 + raw, UNREADABLE + "column 1, where '\\ufeff' stands"),
    "100,000 lists": (lambda raw: b"[" * 100_000, DEEP),
    "100,000 closed lists": (lambda raw: b"[" * 100_000 + b"]" * 100_000, DEEP),
    "100,000 objects": (lambda raw: b'{"a":' * 100_000, DEEP),
    "a key of a megabyte": (
        lambda raw: raw[:-1] + b',"' + b"k" * 1_000_000 + b'":1}',
        '$."kkk{}: this key is not known',
    ),
    "a byte too much": (lambda raw: raw.ljust(LARGEST + 1), TOO_LARGE),
}


@pytest.mark.parametrize(("change", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_what_is_no_document_is_said_in_one_line_without_the_words_of_a_parser(
    decided: Callable[..., Any], well: dict[str, Any], change: Callable[[bytes], bytes], expected: str
) -> None:
    (line,) = decided(change(json.dumps(well).encode())).refused()
    before, _, behind = f"ep.json: {expected}".partition("{}")
    assert line == before + line[len(before) : len(line) - len(behind)] + behind
    assert len(line) < 200


def test_the_largest_document_and_a_byte_order_mark_are_no_fault(
    decided: Callable[..., Any], well: dict[str, Any]
) -> None:
    raw = json.dumps(well).encode()
    assert decided(raw.ljust(LARGEST)).decisions == decided(b"\xef\xbb\xbf" + raw).decisions == decided(raw).decisions


@pytest.mark.parametrize(
    ("pain", "line"),
    [
        ("NaN", "found NaN, which is no number in JSON; leave out what is unknown, or write null"),
        ("Infinity", "found Infinity, which is no number in JSON; leave out what is unknown, or write null"),
        ("-Infinity", "found -Infinity, which is no number in JSON; leave out what is unknown, or write null"),
        ("1e999", "found 1e999, a number too large to be kept"),
        ("-1e999", "found -1e999, a number too large to be kept"),
        ("1" * 400 + ".0", "found 11111111111111111111... (402 characters), a number too large to be kept"),
        ("9" * 10_000, "found 99999999999999999999... (10000 characters); whole numbers go from -2^53 to 2^53"),
        ("9007199254740993", "found 9007199254740993; whole numbers go from -2^53 to 2^53"),
        ("9007199254740992", "found 9007199254740992, expected a whole number from 0 to 10 (points)"),
        ("1e2", "found 100.0, expected a whole number from 0 to 10 (points)"),
    ],
)
def test_s24_a_number_is_a_number_in_its_range_and_nan_is_a_fault(
    decided: Callable[..., Any], well: dict[str, Any], pain: str, line: str
) -> None:
    well["facts"]["pain_now"] = "?"
    raw = json.dumps(well).replace('"?"', pain).encode()
    assert decided(raw).refused() == [f"ep.json: $.facts.pain_now: {line}"]


@pytest.mark.parametrize("written", ["+4", "04", ".4", "4.", "0x4", "4,0", "٤", "4 points", "4e", "--4", "1_0"])
def test_s24_a_number_has_ascii_digits_in_the_one_way_that_json_writes_them(
    decided: Callable[..., Any], well: dict[str, Any], written: str
) -> None:
    well["facts"]["pain_now"] = "?"
    lines = decided(json.dumps(well).replace('"?"', written).encode()).refused()
    assert len(lines) == 1
    assert lines[0].startswith("ep.json: $: cannot be read as JSON at column ")


@pytest.mark.parametrize("spelling", ["yes", "no", "true", "false", "", 0, 1, 0.0, 1.0, [], {}, [True]])
def test_s25_an_answer_is_exactly_true_or_false_and_nothing_else_that_looks_like_it(
    decided: Callable[..., Any], well: dict[str, Any], spelling: Any
) -> None:
    for name in (BOOLEANS[0], BOOLEANS[-1], "saddle_numbness"):
        broken = json.loads(json.dumps(well))
        broken["facts"][name] = spelling
        assert decided(broken).refused() == [
            f"ep.json: $.facts.{name}: found {json.dumps(spelling)}, expected true or false"
        ]


@pytest.mark.parametrize("word", ["True", "False", "TRUE", "yes", "None", "undefined"])
def test_s25_an_answer_in_the_spelling_of_another_language_is_no_json(
    decided: Callable[..., Any], well: dict[str, Any], word: str
) -> None:
    well["facts"]["saddle_numbness"] = "?"
    assert "cannot be read as JSON" in decided(json.dumps(well).replace('"?"', word).encode()).refused()[0]


def test_s25_absent_and_null_are_unknown_and_never_no(decided: Callable[..., Any], well: dict[str, Any]) -> None:
    well["facts"]["saddle_numbness"] = None
    unknown = decided(well).decisions[0]
    del well["facts"]["saddle_numbness"]
    assert decided(well).decisions[0] == unknown
    assert unknown["disposition"] == "incomplete"
    assert "saddle_numbness" in [row["fact"] for row in unknown["ask"]]


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ('{"palpate": 1', '{"palpate": 1, "palpate": 1', ["$.palpate"]),
        ('"saddle_numbness": false', '"saddle_numbness": false, "saddle_numbness": true', ["$.facts.saddle_numbness"]),
        # The same key, once written with an escape: what a comparison of the text would miss.
        ('"saddle_numbness"', '"saddle\\u005fnumbness": true, "saddle_numbness"', ["$.facts.saddle_numbness"]),
        ('"facts"', '"person": {"a": 1, "a": 1}, "person": 1, "facts"', ["$.person.a", "$.person"]),
        ('"facts"', '"sessions": [{}, {"date": 1, "date": 2, "date": 2}], "facts"', ["$.sessions[1].date"] * 2),
    ],
)
def test_s22_a_key_that_stands_twice_is_a_fault_at_every_level(
    decided: Callable[..., Any], well: dict[str, Any], old: str, new: str, places: list[str]
) -> None:
    raw = json.dumps(well).replace(old, new, 1).encode()
    assert decided(raw).refused() == [f"ep.json: {place}: this key stands twice in one object" for place in places]


@given(st.binary(max_size=400))
def test_s22_arbitrary_bytes_give_faults_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(Faults):  # no random bytes are a whole document
        decide(PATHWAY, read_json(raw))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-01-15", "*"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["as_of", "facts", "moment", "person", "onset", "protocol", "unsure", "sessions", "today", "measures", "clearances"]
)
ROW_KEYS = ("date", "name", "value", "values", "facts", "outcome", "covers", "by", "valid_until", "minutes")
ROWS = st.fixed_dictionaries({}, optional=dict.fromkeys(ROW_KEYS, JSON))


def decision_or_faults(data: object) -> Decision | Faults:
    """Whatever else is raised is a failure of the test."""
    try:
        return decide(PATHWAY, data)  # type: ignore[arg-type]
    except Faults as faults:
        return faults


@given(st.dictionaries(KEYS, JSON | st.lists(ROWS, max_size=3) | ROWS, max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_s22_arbitrary_values_give_faults_or_a_decision_that_never_is_treat(own: dict[str, Any]) -> None:
    """Nothing here is a whole screening, so no decision may be milder than `incomplete`."""
    made = decision_or_faults({"palpate": 1, "as_of": "2026-03-16", "facts": {}, **own})
    if isinstance(made, Faults):
        assert all(one_line(str(fault)).isprintable() and "Error" not in fault.text for fault in made.faults)
    else:
        assert not made.disposition.startswith("treat")


@given(st.data())
def test_s22_a_sound_document_with_one_byte_changed_is_decided_or_refused(data: st.DataObject) -> None:
    raw = bytearray(EXAMPLE.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = read_json(bytes(raw))
    except Faults:
        return
    made = decision_or_faults(value)
    assert made.faults if isinstance(made, Faults) else made.to_json()


# --- files that cannot be read ----------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_said_in_one_line(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "plain").write_bytes(b"{}")
    for name, text in (
        ("nowhere.json", "there is no such file"),
        ("", "this is a folder, not a file"),
        ("round", "the file cannot be read"),
        ("plain/inside.json", "the file cannot be read"),
    ):
        assert call("decide", tmp_path / name).refused() == [f"{tmp_path / name}: {text}"]


def test_a_name_too_long_for_any_file_is_cut(call: Callable[..., Any]) -> None:
    (line,) = call("decide", "n" * 5_000).refused()
    assert line.endswith("n: the file cannot be read")
    assert len(line) < 400


def test_a_name_that_would_move_the_cursor_is_written_out(call: Callable[..., Any]) -> None:
    assert call("decide", "a\x1b[2J\nb").refused() == ["a\\x1b[2J\\nb: there is no such file"]


def test_a_file_that_may_not_be_read_is_said_in_one_line(
    call: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ep.json"
    path.write_bytes(b"{}")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything, so the refusal has to be played

        def refused(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refused)
    done = call("decide", path)
    monkeypatch.undo()
    assert done.refused() == [f"{path}: the file may not be read"]


def test_a_pipe_with_a_name_is_read_like_a_file(
    process: Callable[..., Any], tmp_path: Path, well: dict[str, Any]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'cat > "$1"', "sh", pipe], stdin=subprocess.PIPE) as writer:
        assert writer.stdin
        writer.stdin.write(json.dumps(well).encode())
        writer.stdin.close()
        assert [row["disposition"] for row in process("decide", pipe).decisions] == ["treat"]


def test_s21_what_is_larger_than_a_document_is_refused_before_it_is_in_memory(
    process: Callable[..., Any], tmp_path: Path
) -> None:
    with (tmp_path / "big.json").open("wb") as file:
        file.truncate(1 << 30)
    for name in (tmp_path / "big.json", "/dev/zero"):
        assert process("decide", name, limits={resource.RLIMIT_AS: 300 << 20}).refused() == [f"{name}: {TOO_LARGE}"]
