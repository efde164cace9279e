"""`palpate pathway check`, `show` and `diff`: every fault with file and line, and never half a page."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from palpate.library import COMPILED, DEFAULT, SHIPPED, _load, compile_shipped

SMALL = Path(__file__).parents[1] / "pathway" / "fixtures" / "small.toml"
Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """`folder(old, new)`: a folder with the small pathway, in which the first `old` is `new`."""
    made: list[Path] = []

    def make(old: str = "", new: str = "", name: str = "small.toml") -> Path:
        place = tmp_path / f"pathway{len(made)}"
        place.mkdir()
        made.append(place)
        text = SMALL.read_text(encoding="utf-8")
        assert old in text
        (place / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return place

    return make


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped pathway, free to be broken."""
    return Path(shutil.copytree(SHIPPED / DEFAULT, tmp_path / "copy", ignore=shutil.ignore_patterns("cases", COMPILED)))


# --- check ------------------------------------------------------------------------------------------------------------


def test_a_sound_pathway_is_checked_in_silence(call: Callable[..., Any], folder: Folder) -> None:
    for arguments in ([], [DEFAULT], [folder()]):
        done = call("pathway", "check", *arguments)
        assert (done.code, done.out, done.lines) == (0, b"", [])


def test_a_misspelled_key_is_told_with_its_file_and_line(call: Callable[..., Any], shipped: Path) -> None:
    path = shipped / "10_facts.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if n > 40 and line.startswith("if_unknown"))
    lines[at] = lines[at].replace("if_unknown", "if_unkown")
    path.write_text("\n".join(lines), encoding="utf-8")
    told = call("pathway", "check", shipped).refused()
    assert len(told) == 2  # the key that is not known, and the one that is missing for it
    assert told[0].startswith(f"10_facts.toml:{at + 1}: fact ")
    assert told[0].endswith(" has an unknown key if_unkown; the nearest known one is if_unknown")
    assert told[1].endswith(" has no if_unknown")


def test_a_line_that_is_no_toml_is_told_by_its_number(call: Callable[..., Any], shipped: Path) -> None:
    path = shipped / "20_red_flags.toml"
    lines = path.read_text(encoding="utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("[rules."))
    lines[at] = lines[at].rstrip("]")
    path.write_text("\n".join(lines), encoding="utf-8")
    told = call("pathway", "check", shipped).refused()
    column = len(lines[at]) + 1
    assert told == [f"20_red_flags.toml:{at + 1}: this line cannot be read as TOML at column {column}"]


def test_a_table_that_is_missing_is_named(call: Callable[..., Any], shipped: Path) -> None:
    (shipped / "50_response.toml").unlink()
    assert call("pathway", "check", shipped).refused() == ["00_pathway.toml: the document has no [response] table"]


def test_faults_of_several_files_are_told_at_once(call: Callable[..., Any], shipped: Path) -> None:
    for name in ("10_facts.toml", "90_sources.toml"):
        path = shipped / name
        path.write_text("x x\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert call("pathway", "check", shipped).refused() == [
        "10_facts.toml:1: this line cannot be read as TOML at column 3",
        "90_sources.toml:1: this line cannot be read as TOML at column 3",
    ]


def test_what_is_not_utf_8_is_told_with_its_line(call: Callable[..., Any], folder: Folder) -> None:
    place = folder()
    (place / "b.toml").write_bytes("# sound\n# caf\u00e9".encode("latin-1"))
    assert call("pathway", "check", place).refused() == ["b.toml:2: byte 14 of the file is not UTF-8"]


def test_s30_a_document_of_more_than_2_mib_is_refused_before_it_is_read(
    call: Callable[..., Any], folder: Folder, process: Callable[..., Any]
) -> None:
    place = folder()
    with (place / "b.toml").open("wb") as file:
        file.truncate(1 << 30)
    told = [f"{place}: the document has more than 2097152 bytes (2 MiB)"]
    assert call("pathway", "check", place).refused() == told
    (place / "b.toml").write_bytes(b"# " * (1 << 20))  # with the other file a little too much
    assert call("pathway", "check", place).refused() == told


def test_a_part_of_the_document_that_cannot_be_read_is_never_left_out(call: Callable[..., Any], folder: Folder) -> None:
    """A link that leads nowhere could be the one to the red flags."""
    place = folder()
    (place / "b.toml").symlink_to(place / "nowhere")
    (place / "c.toml").mkdir()
    os.mkfifo(place / "d.toml")
    (place / "e.toml").symlink_to("/dev/zero")
    assert call("pathway", "check", place).refused() == [
        f"{name}.toml: this is no file that can be read" for name in "bcde"
    ]


def test_a_link_to_a_file_is_read_and_a_hidden_file_is_not(call: Callable[..., Any], folder: Folder) -> None:
    place = folder()
    (place / "small.toml").rename(place / "kept.txt")
    (place / "small.toml").symlink_to(place / "kept.txt")
    (place / ".#small.toml").symlink_to("somebody@somewhere")  # how an editor marks a file as being worked on
    (place / "notes.txt").write_bytes(b"\xff")
    assert call("pathway", "check", place).code == 0


def test_s30_a_lone_carriage_return_hides_no_line(call: Callable[..., Any], folder: Folder) -> None:
    """Where CR ends a line for the reader and not for the eye, a comment could hold a rule."""
    place = folder("# A small", "# A comment\r[rules.hidden]\r# and a small")
    assert call("pathway", "check", place).refused() == ["small.toml:1: this line cannot be read as TOML at column 12"]
    assert call("pathway", "check", folder("\n", "\r\n")).code == 0


@pytest.mark.parametrize(
    "when",
    [
        "numb; drop table rules",
        "numb -- or",
        "numb /* or */",
        "read_csv('/etc/passwd')",
        "load_extension('x')",
        "__import__('os').system('id')",
        "numb in (select 1)",
        "exists (select 1)",
        "1/0",
        "days > 1e99999999",
        "days > 99999999999999999999",
        "' or '1'='1",
        "numb and '",
        "n\u0443mb",
        "show tables",
        "attach 'x'",
        "pragma x",
        "copy x to 'y'",
        "numb" + " or numb" * 10_000,
        "(" * 3_000 + "numb" + ")" * 900,
        "not " * 900 + "numb",
        "days > 0" + " + days" * 500,
    ],
)
def test_s30_a_hostile_condition_is_one_line_and_runs_nothing(
    call: Callable[..., Any], folder: Folder, when: str
) -> None:
    place = folder('when = "numb"', f'when = "{when}"')
    (line,) = call("pathway", "check", place).refused()
    assert line.startswith("small.toml:128: rule pressed_nerve: when ")
    assert len(line) < 250
    assert call("decide", "-", "--pathway", place, stdin=b"{}").refused() == [line]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("sessions = 4", "sessions = " + "9" * 5_000, "a number has too many digits"),
        ("sessions = 4", "sessions = 0x" + "f" * 5_000, "protocol four: sessions is a value too deep or too long"),
        ("sessions = 4", "sessions" + ".a" * 100_000 + " = 1", "this line has more than 200 dots"),
        ("sessions = 4", "sessions" + ".a" * 150 + " = 1", 'protocol four: sessions is {"a": {"a": '),
        ("sessions = 4", "sessions = 4\n" + "k" * 1_000_000 + " = 1", 'protocol four has an unknown key "kkk'),
        ("sessions = 4", 'sessions = 4\n"a\\u001b[2J\\n" = 1', 'protocol four has an unknown key "a\\u001b[2J\\n"'),
        ("gap_days = [7, 21]", "gap_days = [inf, nan]", "protocol four: gap_days is [Infinity, NaN], expected two"),
        ("within_days = 42", "within_days = 999999999", "protocol four: days, sessions and minutes are whole numbers"),
        ("first_days = 7", "first_days = 999999999", "[response]: first_days is 999999999, expected whole days"),
        ('title = "Pain"', "title = 2026-01-01", 'measure pain_nrs: title is "2026-01-01", expected a text'),
        ('title = "Pain"', 'title = "\\u001b[2J"', "measure pain_nrs: title holds a control character"),
        ('title = "Pain"', 'title = "\u202e"', "measure pain_nrs: title holds a control character"),
    ],
    ids=range(12),
)
def test_s30_a_hostile_value_is_one_line(
    call: Callable[..., Any], folder: Folder, old: str, new: str, line: str
) -> None:
    (told,) = call("pathway", "check", folder(old, new)).refused()
    assert told.split(": ", 1)[1].startswith(line)
    assert told.startswith("small.toml:")
    assert len(told) < 200


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a=", "}")])
def test_s30_nests_as_deep_as_any_are_one_line(
    call: Callable[..., Any], folder: Folder, opening: str, closing: str
) -> None:
    for depth in (300, 10_000):
        place = folder('title = "Pain"', f"title = {opening * depth}1{closing * depth}")
        (line,) = call("pathway", "check", place).refused()
        assert "nested" in line or "expected a text" in line


def test_s30_derived_facts_that_use_each_other_twice_are_refused_before_they_fill_the_memory(
    call: Callable[..., Any], folder: Folder
) -> None:
    place = folder('when = "numb"', 'when = "d29 >= 1"')
    row = '[derived.d{}]\ntype="int"\nrange=[0,3]\nunit="p"\ngroup="g"\nif_unknown="ask"\nmeaning="m"\ncount=["{}"]\n'
    levels = ["numb"] * 3, *([f"d{n} >= 1"] * 3 for n in range(29))
    text = "".join(row.format(n, '","'.join(items)) for n, items in enumerate(levels))
    (place / "x.toml").write_text(text, encoding="utf-8")
    (line,) = call("pathway", "check", place).refused()
    assert line.endswith("is too large once its derived facts and at_least(...) are spelled out")


def test_s30_at_least_with_more_ways_to_hold_than_can_be_proved_is_refused(
    call: Callable[..., Any], folder: Folder
) -> None:
    names = ", ".join(f"days > {n}" for n in range(1, 41))
    place = folder('when = "numb"', f'when = "numb or at_least(20, {names}) and not at_least(20, {names})"')
    (line,) = call("pathway", "check", place).refused()
    assert line.endswith("is too large once its derived facts and at_least(...) are spelled out")


def test_s64_a_pathway_that_would_treat_the_unknown_is_refused_at_every_door(
    call: Callable[..., Any], folder: Folder
) -> None:
    place = folder()
    path = place / "small.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('if_unknown = "ask"', 'if_unknown = "ignore"'), encoding="utf-8")
    for arguments in (["check", place], ["show", place], ["diff", place, place]):
        lines = call("pathway", *arguments).refused()
        assert "with nothing known, moment intake before any session ends in treat" in lines[0]
    document = json.dumps({"palpate": 1, "as_of": "2026-01-15", "facts": {}}).encode()
    assert call("decide", "-", "--pathway", place, stdin=document).refused()


@pytest.mark.parametrize("change", ["cut", "one word", "its header"])
def test_s64_a_compiled_pathway_that_is_not_whole_is_not_used(
    call: Callable[..., Any], tmp_path: Path, well: dict[str, Any], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    compile_shipped()
    document = json.dumps(well).encode()
    sound = call("decide", "-", stdin=document).out
    own = Path(shutil.copytree(SHIPPED / DEFAULT, tmp_path / DEFAULT))
    raw = (own / COMPILED).read_bytes()
    changed = {
        "cut": raw[: len(raw) // 2],
        "one word": raw.replace(b'"disposition":"emergency"', b'"disposition":"none"'),
        "its header": b"{}" + raw,
    }[change]
    assert changed != raw
    (own / COMPILED).write_bytes(changed)
    monkeypatch.setattr("palpate.library.SHIPPED", tmp_path)
    _load.cache_clear()
    assert call("decide", "-", stdin=document).out == sound
    _load.cache_clear()


# --- show -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["html", "markdown", "json"])
def test_a_pathway_is_shown_whole_and_one_at_fault_not_at_all(
    call: Callable[..., Any], folder: Folder, style: str
) -> None:
    done = call("pathway", "show", folder(), "--format", style)
    assert (done.code, done.lines) == (0, [])
    assert b"pressed_nerve" in done.out
    assert done.out.endswith(b"\n")
    broken = folder('when = "numb"', 'when = "numb and"')
    assert call("pathway", "show", broken, "--format", style).refused() == [
        "small.toml:128: rule pressed_nerve: when breaks off behind 'and'; a word is missing"
    ]


def test_a_pathway_is_shown_in_utf_8_whatever_the_terminal_is_set_to(
    process: Callable[..., Any], folder: Folder
) -> None:
    place = folder("Is the saddle numb?", "Is the saddle numb – anywhere?")
    for style in ("html", "markdown", "json"):
        done = process("pathway", "show", place, "--format", style, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
        assert (done.code, done.lines) == (0, [])
        assert "Is the saddle numb – anywhere?" in done.out.decode()


# --- diff -------------------------------------------------------------------------------------------------------------

DOCUMENT = {"palpate": 1, "as_of": "2026-01-15", "moment": "intake", "facts": {"site": "back", "days": 100}}


def test_the_same_pathway_twice_means_the_same(call: Callable[..., Any], folder: Folder) -> None:
    done = call("pathway", "diff", folder(), folder("# A small", "# Another small"))
    assert (done.code, done.lines) == (0, [])
    assert done.out.decode().splitlines()[-1] == "The two mean the same."


def test_faults_of_two_pathways_are_told_apart(call: Callable[..., Any], folder: Folder, tmp_path: Path) -> None:
    broken = folder('when = "numb"', 'when = "numb and"')
    line = "small.toml:128: rule pressed_nerve: when breaks off behind 'and'; a word is missing"
    nowhere = tmp_path / "nowhere"
    assert call("pathway", "diff", broken, nowhere).refused() == [
        f"A: {line}",
        f"B: {nowhere}: there is no pathway folder here",
    ]
    assert call("pathway", "diff", folder(), broken).refused() == [f"B: {line}"]


def test_it_is_told_whose_decision_would_change_and_who_could_not_be_compared(
    call: Callable[..., Any], folder: Folder
) -> None:
    before, after = folder(), folder('when = "numb"', 'when = "not numb"')
    sound = [{**DOCUMENT, "id": f"ep-{numb}", "facts": {**DOCUMENT["facts"], "numb": numb}} for numb in (True, False)]
    stream = b"\n".join([json.dumps(sound[0]).encode(), b"[]", b"{", json.dumps(sound[1]).encode()])
    done = call("pathway", "diff", before, after, "--episodes", "-", stdin=stream)
    assert done.code == 2
    assert [line.split(" ")[0] for line in done.lines] == ["-:2:", "-:3:"]
    text = done.out.decode()
    assert "ep-True: emergency -> " in text
    assert "ep-False: treat -> emergency\n" in text
    assert text.splitlines()[-1].startswith("2 of 2 decisions would change")
    assert text.splitlines()[-1].endswith("2 could not be compared, and may change too.")


def test_a_difference_as_json_is_one_object_a_line(call: Callable[..., Any], folder: Folder, tmp_path: Path) -> None:
    before, after = folder(), folder("range = [0, 1000]", "range = [0, 900]")
    path = tmp_path / "ep.json"
    path.write_text(json.dumps({**DOCUMENT, "facts": {"days": 950}}), encoding="utf-8")
    done = call("pathway", "diff", before, after, "--episodes", path, "--format", "json")
    rows = done.decisions
    assert rows[0] == {"table": "facts", "id": "days", "change": "changed", "keys": {"range": [[0, 1000], [0, 900]]}}
    assert rows[-1] | {"episodes": 0, "changed": 0, "at_fault": 1} == rows[-1]
    assert done.lines == [
        f"{path}: $.facts.days: found 950, expected a whole number from 0 to 900 (days) (for the second pathway)"
    ]
    assert done.code == 2


def test_episodes_that_cannot_be_read_never_pass_for_unchanged(
    call: Callable[..., Any], folder: Folder, tmp_path: Path
) -> None:
    done = call("pathway", "diff", folder(), folder(), "--episodes", tmp_path / "none.ndjson")
    assert done.code == 2
    assert done.lines == [f"{tmp_path}/none.ndjson: there is no such file"]
    assert done.out.endswith(b" 1 could not be compared, and may change too.\n")


def test_s64_an_episode_at_which_palpate_goes_wrong_is_told_and_not_counted_as_unchanged(
    call: Callable[..., Any], folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("palpate.pathway.compare.decide", broken)
    stream = json.dumps(DOCUMENT).encode()
    done = call("pathway", "diff", folder(), folder(), "--episodes", "-", stdin=stream)
    assert done.code == 1
    assert done.lines[0].startswith("-:1: not assessed: palpate itself went wrong (compare.py line ")
    assert done.out.endswith(b" 1 could not be compared, and may change too.\n")
