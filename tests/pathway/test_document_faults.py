"""Every fault that a pathway document can have: its code, its file and line, and what its author is told.

Each starts from the small sound pathway of the fixtures and changes one thing. The last test holds the table complete.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate import Faults
from palpate.pathway import asking, document, toml_text
from palpate.pathway.document import LARGEST, read
from palpate.pathway.faults import Fault
from palpate.pathway.schema import ENTRIES, NEEDED, SINGLE
from palpate.pathway.toml_text import place_in

FIXTURES = Path(__file__).parent / "fixtures"
TEXT = (FIXTURES / "small.toml").read_text(encoding="utf-8")
FIGURES = ", ".join(f"days > {n}" for n in range(1, 41))


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def faults_of(text: str, **more: str) -> list[str]:
    """`code file:line: text` of every fault; `more` are further files, read behind `a.toml`."""
    with pytest.raises(Faults) as refused:
        read({"a.toml": text, **{f"{name}.toml": other for name, other in more.items()}})
    return [f"{fault.code} {fault}" for fault in refused.value.faults]


def table() -> list[tuple[str, str, list[str]]]:
    """(old, new, faults) of each block of the fixture file."""
    blocks = (FIXTURES / "document_faults.txt").read_text(encoding="utf-8").split("\n\n")
    found = []
    for block in blocks:
        marked = [(line[:1], line[2:]) for line in block.strip().splitlines()]
        old, new, told = ([text for sign, text in marked if sign == wanted] for wanted in "-+>")
        if told:  # without a line of its own what is taken out goes with its line end
            found.append(("\n".join(old) + ("" if new else "\n"), "\n".join(new), told))
    return found


TABLE = table()
# What cannot well stand in a file of lines.
ODD = {
    "a byte order mark": (
        changed("# A small", "\ufeff# A small"),
        "not-toml a.toml:1: the file begins with a byte order mark; save it as UTF-8 without one",
    ),
    "a lone carriage return": (
        changed("# A small", "# A\rsmall"),
        "not-toml a.toml:1: this line cannot be read as TOML at column 4",
    ),
    "digits": (
        changed("sessions = 4", f"sessions = {'9' * 5_000}"),
        "not-toml a.toml:185: a number has too many digits",
    ),
    "more digits": (
        changed("sessions = 4", f"sessions = 0x{'f' * 5_000}"),
        "wrong-type a.toml:185: protocol four: sessions is a value too deep or too long to be shown, "
        "expected a whole number",
    ),
    "nests": (
        changed("sessions = 4", f"sessions = {'[' * 5_000}"),
        "not-toml a.toml: lists or tables are nested too deep",
    ),
    "dots": (
        changed("sessions = 4", f"sessions{'.a' * 201} = 4"),
        "not-toml a.toml:185: this line has more than 200 dots, as no key and no sentence has",
    ),
    "a text that is written from right to left": (
        changed('"Stop."', '"\u202e.potS"'),
        "hidden-character a.toml:14: disposition emergency: headline holds a control character, "
        "or one that overrides the direction of writing",
    ),
    "more ways to hold than can be tried": (
        changed('when = "numb"', f'when = "at_least(20, {FIGURES})"'),
        "bad-condition a.toml:128: rule pressed_nerve: when is too large once its derived facts and at_least(...) "
        "are spelled out",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), TABLE, ids=[told[0].split(":")[0] for _, _, told in TABLE])
def test_a_fault_is_told_with_its_code_its_line_and_a_sentence(old: str, new: str, told: list[str]) -> None:
    assert faults_of(changed(old, new)) == told


@pytest.mark.parametrize(("text", "told"), ODD.values(), ids=ODD.keys())
def test_s30_what_nobody_types_is_told_in_the_same_way(text: str, told: str) -> None:
    assert faults_of(text) == [told]


def test_s30_a_condition_that_cannot_be_proved_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_STEPS", 0)
    told = faults_of(TEXT)
    assert {line.split(" ")[0] for line in told} == {"too-entangled"}
    assert told[-1] == (
        "too-entangled a.toml:100: derived fact phase: its cases are too entangled to find out "
        "whether two can hold at once"
    )


def test_the_sound_pathway_is_sound_in_one_file_or_in_two_and_with_any_line_ends() -> None:
    whole = read({"a.toml": TEXT})
    at = TEXT.index("[rules.fever]")
    assert read({"a.toml": TEXT[:at], "b.toml": TEXT[at:]}).digest == whole.digest
    assert read({"a.toml": TEXT.replace("\n", "\r\n")}).digest == whole.digest


def test_what_stands_in_two_files_is_told_with_both_places() -> None:
    assert faults_of(TEXT, b='\n[facts.numb]\ntype = "bool"\n') == [
        "twice b.toml:2: [facts.numb] stands already at a.toml:54"
    ]
    assert faults_of(TEXT, b="\n\n[response]\n") == ["twice b.toml:3: [response] stands here and in a.toml"]


def test_a_fault_in_the_second_file_names_the_second_file() -> None:
    rule = TEXT[TEXT.index("[rules.fever]") : TEXT.index("[judge.unanswered]")]
    assert faults_of(TEXT, b=rule.replace("rules.fever", "rules.cold").replace("heat", "hat")) == [
        "bad-condition b.toml:3: rule cold: when names hat, and no fact is called that; the nearest known one is heat"
    ]


@pytest.mark.parametrize("table", NEEDED)
def test_a_table_that_is_needed_is_missed(table: str) -> None:
    text = re.sub(rf"^\[{table}(\.\w+)?\]\n(?:[^\[\n].*\n)*", "", TEXT, flags=re.MULTILINE)
    assert faults_of(text) == [f"missing-table a.toml: the document has no [{table}] table"]


def test_of_nothing_every_needed_table_is_missed() -> None:
    for files in ({}, {"a.toml": ""}, {"a.toml": "# nothing\n"}):
        with pytest.raises(Faults) as refused:
            read(files)
        assert [fault.code for fault in refused.value.faults] == ["missing-table"] * len(NEEDED)


def test_s30_more_than_2_mib_of_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(Faults, match=r"^the document has more than 2097152 bytes \(2 MiB\)$"):
        read({"a.toml": "[" * LARGEST, "b.toml": "["})


def test_many_faults_are_told_at_once_and_each_once() -> None:
    broken = TEXT.replace('if_unknown = "ask"', 'if_unkown = "ask"')
    told = faults_of(broken)
    assert len(told) == len(set(told)) == 2 * TEXT.count('if_unknown = "ask"')
    assert {line.split(" ")[0] for line in told} == {"unknown-key", "missing-key"}


def test_a_broken_derived_fact_is_told_where_it_stands_and_not_wherever_it_is_used() -> None:
    text = TEXT.replace('value = "floor(days / 7)"', 'value = "floor(days / 0)"').replace(
        'when = "numb"', 'when = "weeks > 3"'
    )
    assert faults_of(text) == ["bad-condition a.toml:118: derived fact weeks: value divides by zero"]


def read_or_refused(text: str) -> tuple[Fault, ...]:
    """The faults, or none where the document is sound. Whatever else is raised is a failure of the test."""
    try:
        assert read({"a.toml": text}).digest
    except Faults as faults:
        return faults.faults
    return ()


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_s30_a_document_with_one_sign_changed_is_sound_or_at_fault(at: int, sign: str) -> None:
    for fault in read_or_refused(TEXT[:at] + sign + TEXT[at + 1 :]):
        assert re.fullmatch(r"a\.toml(:\d+)?", fault.place)
        assert fault.text.isprintable()


KEYS = [(table, key.lstrip("!")) for tables in (ENTRIES, SINGLE) for table, keys in tables.items() for key in keys]
VALUES = '"" "\\u0000" 0 -1 1e400 nan true [] [[]] {} {a={}} 2026-01-01 10:00:00 ["",1]'


@given(st.sampled_from(KEYS), st.sampled_from(VALUES.split()))
def test_s30_a_key_with_any_value_is_sound_or_at_fault(place: tuple[str, str], value: str) -> None:
    table, key = place
    header = re.compile(rf"^\[{table}(\.\w+)?\]\n", re.MULTILINE)
    text = TEXT if header.search(TEXT) else f"{TEXT}\n[{table}{'.x' if table in ENTRIES else ''}]\n"
    found = header.search(text)
    assert found
    rest = re.sub(rf"\A((?:[^\[\n].*\n)*?){key} = .*\n", r"\1", text[found.end() :])
    told = read_or_refused(f"{text[: found.end()]}{key} = {value}\n{rest}")
    assert all(fault.text.isprintable() for fault in told)


def test_a_line_is_found_however_its_table_is_written() -> None:
    text = '[facts]\nx = 1\n[ facts . a ]\n[facts."b c"]\ny = 2\n[facts.d.values]\nz = 1\n[[e]]\n'
    for table, entry, key, line in (
        ("facts", "", "", 1), ("facts", "x", "", 2), ("facts", "a", "", 3), ("facts", "b c", "", 4),
        ("facts", "b c", "y", 5), ("facts", "b c", "none", 4), ("facts", "d", "z", 7), ("e", "", "", 8),
    ):  # fmt: skip
        assert place_in("f.toml", text, table, entry, key) == f"f.toml:{line}"
    assert place_in("f.toml", text, "none", "", "") == "f.toml"


def test_every_code_of_a_fault_stands_in_the_tests_above() -> None:
    source = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (document, toml_text))
    codes = set(re.findall(r'\b[fF]ault\(\s*"([a-z0-9-]+)"', source))
    assert len(codes) > 20
    shown = {line.split(" ")[0] for _, _, lines in TABLE for line in lines}
    own = Path(__file__).read_text(encoding="utf-8")
    assert {code for code in codes - shown if f'"{code} ' not in own} == {"too-large"}  # a test of its own, above
