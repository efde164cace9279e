"""A pathway folder is read as it stands, whether compiled or not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from palpate import Faults, decide, load_pathway
from palpate.library import COMPILED, DEFAULT, SHIPPED, compile_shipped
from palpate.library.cases import case_folder, cases
from palpate.pathway.pathway import canonical_json

OWN = SHIPPED / DEFAULT


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OWN, tmp_path / "copy", ignore=shutil.ignore_patterns("cases", COMPILED)))


def test_the_compiled_and_the_read_document_mean_the_same_and_decide_the_same_to_the_byte(tmp_path: Path) -> None:
    compile_shipped()
    compiled, read = load_pathway(), load_pathway(copied(tmp_path))
    assert compiled.digest == read.digest
    assert canonical_json(compiled.meaning) == canonical_json(read.meaning)
    for case in list(cases(case_folder("back_massage")))[::5]:
        assert decide(compiled, case.document).to_json() == decide(read, case.document).to_json()


def test_a_changed_comment_or_line_break_changes_nothing_and_a_changed_word_or_number_does(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = load_pathway(folder).digest
    rules = folder / "20_red_flags.toml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(
        "# another comment\n\n" + text.replace('when = "saddle_numbness"', 'when = "( saddle_numbness )"'),
        encoding="utf-8",
    )
    assert load_pathway(folder).digest == before
    rules.write_text(text.replace("age_years > 70", "age_years > 71", 1), encoding="utf-8")
    assert load_pathway(folder).digest != before


def test_a_compiled_document_of_other_files_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header says which files it was made from; with any other text the files are read."""
    folder = copied(tmp_path)
    header, _, meaning = (OWN / COMPILED).read_bytes().partition(b"\n")
    (folder / COMPILED).write_bytes(header + b"\n" + meaning)
    monkeypatch.setattr("palpate.library.SHIPPED", tmp_path)
    rules = folder / "20_red_flags.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("age_years > 70", "age_years > 71", 1), encoding="utf-8")
    assert load_pathway(folder).digest != json.loads(json.dumps(load_pathway(OWN).digest))


def test_a_folder_that_is_not_there_or_empty_is_one_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="there is no pathway folder here"):
        load_pathway(tmp_path / "nowhere")
    with pytest.raises(Faults, match="holds no TOML file"):
        load_pathway(tmp_path)


def test_s65_a_pathway_that_could_treat_somebody_of_whom_nothing_is_known_is_refused(tmp_path: Path) -> None:
    """With every question made one that may be ignored, nothing would hold back a decision to treat."""
    folder = copied(tmp_path)
    for name in ("10_facts.toml", "15_derived.toml"):
        file = folder / name
        file.write_text(
            file.read_text(encoding="utf-8").replace('if_unknown = "ask"', 'if_unknown = "ignore"'), encoding="utf-8"
        )
    with pytest.raises(Faults, match="with nothing known, moment intake"):
        load_pathway(folder)
