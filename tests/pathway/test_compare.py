"""What changed between two pathways, and whose decision would change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from palpate import load_pathway
from palpate.library import COMPILED, DEFAULT, SHIPPED
from palpate.library.cases import case_folder, whole_document
from palpate.pathway.compare import compare, decided_otherwise
from palpate.pathway.pathway import Pathway

FOLDER = case_folder("back_massage")
OWN = load_pathway()


@pytest.fixture
def changed(tmp_path: Path) -> Any:
    """A copy of the pathway with one text changed in one file."""

    def make(file: str, *changes: tuple[str, str]) -> Pathway:
        folder = Path(
            shutil.copytree(SHIPPED / DEFAULT, tmp_path / "copy", ignore=shutil.ignore_patterns("cases", COMPILED))
        )
        path = folder / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return load_pathway(folder)

    return make


def well(**facts: Any) -> dict[str, Any]:
    return whole_document(FOLDER, "well_intake", {"facts": facts, "id": "ep-1"})


def test_a_changed_number_is_named_with_both_conditions(changed: Any) -> None:
    other = changed("20_red_flags.toml", ('when = "age_years > 70"', 'when = "age_years > 75"'))
    rows = compare(OWN, other)
    assert [(row["table"], row["id"], row["change"]) for row in rows] == [("rules", "over_seventy_alone", "changed")]
    assert list(rows[0]["keys"]) == ["when"]
    assert compare(OWN, OWN) == []


def test_whose_precautions_and_whose_decision_would_change(changed: Any) -> None:
    other = changed("20_red_flags.toml", ('when = "age_years > 70"', 'when = "age_years > 75"'))
    row = decided_otherwise(OWN, other, well(age_years=73, pain_trend="improving"))
    assert row is not None
    assert (row["differs"], row["no_longer"]) == ("decision", ["over_seventy_alone"])
    assert decided_otherwise(OWN, other, well(age_years=40)) is None


def test_a_new_rule_and_a_removed_one_are_told_apart(changed: Any) -> None:
    other = changed("20_red_flags.toml", ("[rules.cauda_equina_saddle]", "[rules.saddle_sign]"))
    assert {(row["id"], row["change"]) for row in compare(OWN, other)} >= {
        ("cauda_equina_saddle", "removed"),
        ("saddle_sign", "added"),
    }


def test_an_answer_that_only_one_pathway_asks_for_is_left_out_for_the_other() -> None:
    meaning = json.loads(json.dumps(OWN.meaning))
    new_fact = {
        "id": "recent_flight",
        "type": "bool",
        "stage": "intake",
        "group": "history",
        "question": "?",
        "meaning": "-",
    }
    meaning["facts"].append(new_fact | {"each_session": False, "if_unknown": "ask"})
    new_rule = {
        "id": "long_flight",
        "section": "cauda_equina",
        "when": ["=", "recent_flight", True],
        "because": "b",
        "do": "d",
    }
    meaning["rules"].append(
        new_rule | {"disposition": "do_not_massage_now", "sources": ["palpate_policy"], "evidence": ["policy"]}
    )
    other = Pathway.of_meaning(meaning)
    row = decided_otherwise(OWN, other, well(recent_flight=True))
    assert row is not None
    assert (row["to"]["disposition"], row["new"]) == ("do_not_massage_now", ["long_flight"])
