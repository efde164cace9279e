"""The plain judge, the compiled rules and the whole decision say the same, on random pathways and on our own."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from palpate.pathway.condition import atoms, truth_of
from palpate.pathway.decision import decide
from palpate.pathway.engine import Engine, engine_of
from palpate.pathway.pathway import Pathway
from palpate.pathway.truth import NO, UNKNOWN, YES

from .conftest import make_document, make_pathway

OPERATORS = {
    "and", "or", "not", "at_least", "derived", "bool", "enum =", "enum <>", "enum in", "linear", "between", "number in",
    "number =", "number <>", "number <", "number <=", "number >", "number >=",
}  # fmt: skip
SEEDS = st.integers(0, 2**32)


@settings(max_examples=1_500)
@given(SEEDS)
def test_s71_the_compiled_rules_say_what_the_judge_says(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    engine = engine_of(made.pathway)
    for _ in range(5):
        known = {name: rng.choice(values) for name, values in made.values.items() if rng.random() < 0.6}
        assert engine.evaluate(engine.values(known)) == engine.judge(known)


@settings(max_examples=400)
@given(SEEDS)
def test_s71_a_whole_decision_is_the_same_to_the_byte_by_judge_and_by_compiled_rules(seed: int) -> None:
    rng = random.Random(seed)
    made = make_pathway(rng)
    document = make_document(rng, made)
    assert decide(made.pathway, document).to_json() == decide(made.pathway, document, judge=True).to_json()


def test_every_operator_of_the_language_is_exercised() -> None:
    """Fails when a node is added to the language that the random pathways do not make."""
    used: set[str] = set()
    for seed in range(300):
        used |= make_pathway(random.Random(seed)).operators
    assert used == OPERATORS


@settings(max_examples=500)
@given(SEEDS)
def test_s71_our_own_rules_agree_on_random_people(seed: int) -> None:
    from palpate import load_pathway

    pathway = load_pathway()
    engine = engine_of(pathway)
    rng = random.Random(seed)
    share = rng.random()
    known = {}
    for name in engine.slots:
        if rng.random() < share:
            known[name] = rng.choice(engine.domains.of(name, {}))
    assert engine.evaluate(engine.values(known)) == engine.judge(known)


@settings(max_examples=500)
@given(SEEDS)
def test_learning_never_reverses(seed: int) -> None:
    """Once a condition is yes or no, filling in an unknown fact cannot turn it round."""
    rng = random.Random(seed)
    made = make_pathway(rng)
    names = list(made.values)
    known = {name: rng.choice(made.values[name]) for name in names if rng.random() < 0.4}
    more = {**{name: rng.choice(made.values[name]) for name in names}, **known}
    for rule in made.pathway.rules:
        before, after = truth_of(rule.when, known), truth_of(rule.when, more)
        assert before is UNKNOWN or before is after
        assert after in (YES, NO)


def test_the_fast_and_the_plain_form_of_every_rule_read_the_same_facts(shipped: Pathway) -> None:
    engine = Engine(shipped)
    for node, slots in zip(engine.conditions, engine.reads, strict=True):
        names = {name for atom in atoms(node) for name in ([atom.fact] if hasattr(atom, "fact") else dict(atom.terms))}
        assert names == {engine.slots[slot] for slot in slots}
