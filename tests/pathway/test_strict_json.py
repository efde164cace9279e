"""The strict reader: sound JSON is read as any reader reads it, and all else is a fault with its place (S-22)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import Faults
from palpate.pathway.strict_json import DEEPEST, LARGEST, WHOLE, breaks_off, read_json

NAMES = st.text(max_size=12).filter(lambda text: "\0" not in text)  # hypothesis writes no lone surrogates by itself
SOUND = st.recursive(
    st.none() | st.booleans() | st.integers(-WHOLE, WHOLE) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


def said(raw: bytes) -> list[str]:
    with pytest.raises(Faults) as refused:
        read_json(raw)
    return [str(fault) for fault in refused.value.faults]


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and true are three answers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(SOUND, st.booleans(), st.sampled_from([None, 1]))
def test_s22_sound_json_is_read_as_any_reader_reads_it(value: Any, plain: bool, indent: int | None) -> None:
    """In every spelling of it: escaped or not, on one line or on many, with a byte order mark or without."""
    text = json.dumps(value, ensure_ascii=plain, indent=indent)
    for raw in (text.encode(), b"\xef\xbb\xbf" + text.encode(), b" \r\n\t" + text.encode() + b"\n"):
        assert same(read_json(raw), value)


@given(st.binary(max_size=200))
def test_s22_any_bytes_are_a_value_or_faults(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except Faults as faults:
        for fault in faults.faults:
            assert fault.place.startswith("$")
            assert fault.code
            assert "\n" not in fault.text
    else:
        assert same(json.loads(raw.decode().removeprefix("\ufeff")), value)


@given(st.text(alphabet='{}[]",:\\u0e9-.NaItr \n', max_size=40))
def test_s22_any_text_of_the_signs_of_json_is_a_value_or_faults(text: str) -> None:
    try:
        value = read_json(text.encode())
    except Faults:
        return
    assert same(json.loads(text), value)


@pytest.mark.parametrize("depth", [1, DEEPEST, DEEPEST + 1, 500, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_s22_nests_are_read_down_to_32_and_no_deeper(depth: int, opening: str, closing: str) -> None:
    raw = (opening * depth + "1" + closing * depth).encode()
    if depth <= DEEPEST:
        assert same(read_json(raw), json.loads(raw))
    else:
        (line,) = said(raw)
        assert line.endswith(": lists and objects are nested more than 32 deep")


def test_s22_many_lists_beside_each_other_are_no_nest() -> None:
    assert read_json(b"[" + b"[]," * 1_000 + b"{}]") == [*([[]] * 1_000), {}]


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (str(WHOLE), WHOLE),
        (str(-WHOLE), -WHOLE),
        (str(WHOLE + 1), None),
        (str(-WHOLE - 1), None),
        ("9" * 17, None),
        ("-" + "9" * 17, None),
        ("9" * 5_000, None),
        ("1e308", 1e308),
        ("1e309", None),
        ("-1e309", None),
        ("1" * 400 + ".5", None),
        ("1e-999", 0.0),
        ("9007199254740993.0", 9007199254740992.0),
        ("-0", 0),
        ("-0.0", -0.0),
    ],
)
def test_s22_numbers_are_kept_within_their_limits_and_refused_beyond(number: str, value: float | None) -> None:
    raw = f'{{"a": [0, {number}]}}'.encode()
    if value is None:
        (line,) = said(raw)
        assert line.startswith("$.a[1]: found ")
        assert len(line) < 120
    else:
        found = read_json(raw)["a"][1]
        assert same(found, value)
        assert math.copysign(1, found) == math.copysign(1, value) or value == 0


def test_s22_every_value_that_is_refused_is_named_with_its_path_at_once() -> None:
    raw = rb'{"a": NaN, "b c": [1e999, {"d": "\u0000"}], "\ud83d": -Infinity, "a": 1, "e": "\udc00\ud800"}'
    assert said(raw) == [
        "$.a: found NaN, which is no number in JSON; leave out what is unknown, or write null",
        '$."b c"[0]: found 1e999, a number too large to be kept',
        '$."b c"[1].d: found "\\u0000", which holds the character NUL',
        '$."\\ud83d": this key holds half of a surrogate pair, which is no character',
        '$."\\ud83d": found -Infinity, which is no number in JSON; leave out what is unknown, or write null',
        "$.a: this key stands twice in one object",
        '$.e: found "\\udc00\\ud800", which holds half of a surrogate pair, which is no character',
    ]


@pytest.mark.parametrize(
    "raw", [b"NaN0", b"[NaN", b'{"a": 1, "a": 2', b'{"a": {"b": 1, "b": 2}} {}', b"[1e999", b'"\\ud800']
)
def test_s22_what_is_no_json_behind_a_strange_value_is_one_fault_of_the_text(raw: bytes) -> None:
    (line,) = said(raw)
    assert line.startswith("$: ")


def test_s22_a_whole_surrogate_pair_is_a_character() -> None:
    assert read_json(rb'"\ud83d\ude00"') == "\U0001f600"


def test_s22_a_key_is_the_same_key_however_it_is_escaped() -> None:
    assert said(rb'{"\u0061": 1, "a": 2}') == ["$.a: this key stands twice in one object"]


def test_s22_the_limit_counts_bytes() -> None:
    assert read_json(b'"' + "é".encode() * (LARGEST // 2 - 1) + b'"')
    assert said(b'"' + "é".encode() * (LARGEST // 2) + b'"') == ["$: the document has more than 1048576 bytes (1 MiB)"]


@pytest.mark.parametrize(
    ("raw", "goes_on"),
    [
        (b"{\n", True),
        (b'{"a":\n', True),
        (b'{"a": 1,\n', True),
        (b'{"a": [1, 2', True),
        (b"", True),
        (b"\xef\xbb\xbf{\n", True),
        (b"{}\n", False),  # it is complete
        (b'{"a": "x\n', False),  # no text goes on behind the end of a line
        (b'{"a": tr', False),
        (b"palpate", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
    ],
)
def test_what_could_go_on_behind_its_end_is_told_from_what_is_broken(raw: bytes, goes_on: bool) -> None:
    assert breaks_off(raw) is goes_on
