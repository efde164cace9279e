"""A fact is asked if and only if some way of filling in the other open facts makes its answer matter.

Checked against trying every combination: on thousands of random small pathways, through whole decisions.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palpate.pathway.decision import decide, find
from palpate.pathway.engine import engine_of
from palpate.pathway.episode import read_episode
from palpate.pathway.pathway import PRECAUTIONS, Pathway, rank

from .conftest import Made, completions, make_document, make_pathway

MOST = 130  # combinations tried for one document


def outcome(pathway: Pathway, document: Any) -> tuple[Any, ...]:
    """What of a decision counts for `ask`: disposition, urgency, and the precautions where massage may go ahead."""
    found = find(pathway, read_episode(document, pathway))
    rules = pathway.rules
    limits = frozenset(
        [at for at in found.held if rules[at].disposition in PRECAUTIONS]
        + [at for at in found.lifted if rules[at].disposition == "physician_clearance"]
    )
    treated = found.disposition.startswith("treat")
    return rank(found.disposition, found.urgency) if not treated else 10, limits if treated else frozenset()


def open_facts(made: Made, document: Any) -> list[str]:
    """Facts that could be answered now: not known to the decision, not unsure, and of a stage that is asked now."""
    pathway = made.pathway
    found = find(pathway, read_episode(document, pathway))
    stages = ("intake", "session") if document["moment"] == "session" else ("intake",)
    return [
        name
        for name in made.values
        if name not in found.known
        and name not in document.get("unsure", ())
        and pathway.vocabulary[name].stage in stages
    ]


def matter(made: Made, document: Any, names: list[str]) -> set[str]:
    table = {answers: outcome(made.pathway, filled) for answers, filled in completions(document, made.values, names)}
    found = set()
    for at, name in enumerate(names):
        groups: dict[tuple[Any, ...], set[Any]] = {}
        for answers, result in table.items():
            groups.setdefault(answers[:at] + answers[at + 1 :], set()).add(result)
        if any(len(results) > 1 for results in groups.values()):
            found.add(name)
    return found


@settings(max_examples=2_000)
@given(st.integers(0, 2**32))
def test_ask_names_exactly_the_facts_whose_answer_can_matter(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    document = make_document(rng, made)
    names = open_facts(made, document)
    if math.prod(len(made.values[name]) for name in names) > MOST:
        return
    decision = decide(made.pathway, document)
    assert {row["fact"] for row in decision.ask} == matter(made, document, names), document


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_s65_a_fact_that_must_be_known_and_could_raise_the_decision_never_lets_it_end_in_treat(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    document = make_document(rng, made, unsure=False)
    names = open_facts(made, document)
    if not names or math.prod(len(made.values[name]) for name in names) > MOST:
        return
    here, _ = outcome(made.pathway, document)
    table = {answers: outcome(made.pathway, filled)[0] for answers, filled in completions(document, made.values, names)}
    for at, name in enumerate(names):
        if not made.pathway.vocabulary[name].must_know:
            continue
        groups: dict[tuple[Any, ...], set[int]] = {}
        for answers, level in table.items():
            groups.setdefault(answers[:at] + answers[at + 1 :], set()).add(level)
        raises = any(len(levels) > 1 and max(levels) >= 60 for levels in groups.values())
        assert not raises or here >= 50, (name, document)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_what_is_not_asked_does_not_change_our_own_decision(shipped: Pathway, share: float) -> None:
    """Brute force is out of reach for a hundred facts; one fact that is not asked, tried at every answer, is not."""
    from palpate.library.cases import case_folder, whole_document

    rng = random.Random(7)
    engine = engine_of(shipped)
    folder = case_folder("back_massage")
    for _ in range(12):
        document = whole_document(folder, "well_session", {"moment": "session", "today": {"unchanged": True}})
        document["facts"] = {name: value for name, value in document["facts"].items() if rng.random() > share}
        today = document["today"]
        today["facts"] = {name: value for name, value in today["facts"].items() if rng.random() > share}
        decision = decide(shipped, document)
        asked = {row["fact"] for row in decision.ask}
        known = find(shipped, read_episode(document, shipped)).known
        for name in engine.slots:
            fact = shipped.vocabulary[name]
            if name in known or name in asked or fact.stage == "derived":
                continue
            for value in engine.domains.of(name, known):
                filled = {**document, "today": {**today, "facts": {**today["facts"], name: value}}}
                other = decide(shipped, filled)
                assert (other.disposition, other.urgency) == (decision.disposition, decision.urgency), (name, value)


def test_the_answers_tried_for_age_and_duration_stand_for_all_of_them(shipped: Pathway) -> None:
    """Age and duration meet in arithmetic and have too many values to try; this proves that the edges suffice.

    For every duration, some duration that is tried offers every way of telling ages apart that it offers, and the same
    the other way round. That is all the search uses of them.
    """
    domains = engine_of(shipped).domains
    for one, other in (("age_years", "pain_duration_days"), ("pain_duration_days", "age_years")):
        own = [*domains.single[other]]
        tried = _ways(domains, one, other, domains.of(other, {}), own)
        fact = shipped.vocabulary[other]
        step = 1 if fact.high < 200 else 7
        near = {v + d for v in domains.of(other, {}) for d in range(-3, 4)}
        everything = sorted({*range(int(fact.low), int(fact.high) + 1, step), *near} & set(range(int(fact.high) + 1)))
        for sign, ways in _ways(domains, one, other, everything, own):
            assert any(sign == other_sign and ways <= other_ways for other_sign, other_ways in tried)


def _ways(domains: Any, one: str, other: str, values: list[Any], own: list[Any]) -> list[tuple[Any, frozenset[Any]]]:
    from palpate.pathway.condition import atom_holds

    found = set()
    for value in values:
        sign = tuple(atom_holds(test, {other: value}) for test in own)
        tests = [*domains.single[one], *domains.joint[one]]
        ways = frozenset(
            tuple(atom_holds(test, {other: value, one: answer}) for test in tests)
            for answer in domains.of(one, {other: value})
        )
        found.add((sign, ways))
    return list(found)
