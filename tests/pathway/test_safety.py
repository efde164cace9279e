"""What must hold whatever is known: a fault, an unknown or an unsure answer never ends in "treat"."""

from __future__ import annotations

import random
from typing import Any

import pytest

from palpate import Faults, decide, load_pathway
from palpate.cli.text import as_text
from palpate.library.cases import case_folder, cases, whole_document
from palpate.pathway import course, decision, engine, open_questions, plan
from palpate.pathway.engine import engine_of
from palpate.pathway.pathway import DISPOSITIONS, rank

FOLDER = case_folder("back_massage")
PATHWAY = load_pathway()
STEPS = [
    (decision, "now"),
    (decision, "course_of"),
    (decision, "engine_of"),
    (decision, "plan_of"),
    (decision, "put_in_words"),
    (engine.Engine, "values"),
    (course, "_days"),
    (course, "_ratings"),
    (open_questions, "ask"),
    (open_questions.OpenQuestions, "answer"),
    (plan, "truth_of"),
]


def well(**own: Any) -> dict[str, Any]:
    return whole_document(FOLDER, "well_session", {"moment": "session", "today": {"unchanged": True}, **own})


def level(document: dict[str, Any]) -> int:
    made = decide(PATHWAY, document)
    return rank(made.disposition, made.urgency)


@pytest.mark.parametrize(("place", "name"), STEPS, ids=[name for _, name in STEPS])
def test_s64_a_fault_at_any_step_gives_no_decision_at_all(
    place: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken on purpose")

    engine_of(PATHWAY).kept.clear()
    monkeypatch.setattr(place, name, broken)
    with pytest.raises(RuntimeError, match="broken on purpose"):
        decide(PATHWAY, well())


@pytest.mark.parametrize("data", [None, [], "treat", 1, {"palpate": 2}, {"palpate": 1}, {"palpate": 1, "facts": {}}])
def test_s64_what_is_no_episode_is_refused_whole(data: Any) -> None:
    with pytest.raises(Faults):
        decide(PATHWAY, data)


@pytest.mark.parametrize("moment", ["intake", "session", "review"])
def test_s65_nothing_known_never_ends_in_treat(moment: str) -> None:
    made = decide(PATHWAY, {"palpate": 1, "as_of": "2026-01-15", "moment": moment, "facts": {}})
    assert made.disposition == "incomplete"
    assert len(made.ask) > 70


@pytest.mark.parametrize("seed", range(6))
def test_s65_a_known_safety_answer_turned_unknown_is_never_milder_than_its_mildest_known_answer(seed: int) -> None:
    rng = random.Random(seed)
    domains = engine_of(PATHWAY).domains
    document = well()
    facts = document["facts"]
    for name in rng.sample(sorted(facts), 6):  # somebody who is not well all over
        facts[name] = rng.choice(domains.of(name, {}) or [facts[name]])
    for name in sorted(facts):
        if not PATHWAY.vocabulary[name].must_know:
            continue
        levels = [level({**document, "facts": {**facts, name: value}}) for value in domains.of(name, facts)]
        unknown = level({**document, "facts": {other: value for other, value in facts.items() if other != name}})
        assert unknown >= min(levels, default=0), name
        if len(set(levels)) > 1 and max(levels) >= DISPOSITIONS["physician_clearance"]:
            assert unknown >= DISPOSITIONS["incomplete"], name


def test_s65_an_unsure_answer_is_an_examination_today_if_it_could_have_been_an_emergency_else_routine() -> None:
    """Contract section 2."""
    facts = whole_document(FOLDER, "well_intake", {})["facts"]
    for name, urgency in (("saddle_numbness", "same_day"), ("unexplained_weight_loss", "routine")):
        known = {other: value for other, value in facts.items() if other != name}
        made = decide(PATHWAY, {"palpate": 1, "as_of": "2026-01-15", "facts": known, "unsure": [name]})
        assert (made.disposition, made.urgency) == ("medical_exam_first", urgency)
        assert [row["fact"] for row in made.ask if row["fact"] == name] == []


def test_s65_a_clearance_of_everything_does_not_cover_what_the_person_could_not_say() -> None:
    facts = whole_document(FOLDER, "well_intake", {})["facts"]
    known = {name: value for name, value in facts.items() if name != "unexplained_weight_loss"}
    cleared = [{"date": "2026-01-10", "outcome": "cleared", "covers": ["*"]}]
    document = {
        "palpate": 1,
        "as_of": "2026-01-15",
        "facts": known,
        "unsure": ["unexplained_weight_loss"],
        "clearances": cleared,
    }
    assert decide(PATHWAY, document).disposition == "medical_exam_first"


def test_s66_with_every_decision_stand_reasons_facts_sources_and_the_pathway_it_came_from() -> None:
    for case in cases(FOLDER):
        made = decide(PATHWAY, case.document)
        data = made.data
        assert data["pathway"]["digest"] == PATHWAY.digest
        assert data["pathway"]["review_by"]
        if made.disposition not in ("treat", "treat_with_precautions"):
            assert [row for row in data["reasons"] if row["decisive"]], case.name
        for part in ("reasons", "precautions", "notes"):
            for row in data[part]:
                assert row["because"]
                assert row["do"]
                assert row["sources"]
        text = as_text(PATHWAY, made)
        assert PATHWAY.headline(made.disposition).upper() in text
        assert "no diagnosis" in text
        assert "review by" in text


def test_s66_what_to_do_in_an_emergency_is_always_said_first() -> None:
    text = as_text(PATHWAY, decide(PATHWAY, well(today={"facts": {"saddle_numbness": True}, "unchanged": True})))
    lines = [line for line in text.splitlines() if line.strip()]
    assert "STOP. EMERGENCY CARE NOW." in lines[2]
    assert "emergency number" in lines[3]


def test_the_same_document_and_pathway_give_the_same_bytes() -> None:
    for case in list(cases(FOLDER))[::4]:
        first = decide(PATHWAY, case.document).to_json()
        engine_of(PATHWAY).kept.clear()
        engine_of(PATHWAY).persons.clear()
        assert decide(PATHWAY, case.document).to_json() == first


def test_a_practice_setting_is_part_of_the_digest() -> None:
    other = PATHWAY.with_settings({"acute_exam_policy": "structured_screen"})
    assert other.digest != PATHWAY.digest
    facts = {"pain_duration_days": 10}
    document = whole_document(FOLDER, "well_intake", {"facts": facts})
    full, screen = (decide(p, document).reasons[0]["do"] for p in (PATHWAY, other))
    assert full != screen
    with pytest.raises(ValueError, match="nobody"):
        PATHWAY.with_settings({"acute_exam_policy": "nobody"})


def test_s66_past_its_review_date_the_text_warns() -> None:
    late = well(as_of="2027-11-26")
    assert "WARNING: this pathway should have been reviewed by 25 November 2027." in as_text(
        PATHWAY, decide(PATHWAY, late)
    )
    assert "WARNING" not in as_text(PATHWAY, decide(PATHWAY, well(as_of="2027-11-25")))
