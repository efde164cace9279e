"""The condition language: what is accepted, and what an author is told about everything else.

`fixtures/accepted.txt` and `fixtures/refused.txt` are the specification: one condition a line, behind it how it is
written when it is shown, or the message.
"""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palpate.pathway.condition import Node, Value, facts_of, from_json, to_json, truth_of, written
from palpate.pathway.document import read
from palpate.pathway.parse import DEEPEST, LONGEST, Unreadable, parse_arithmetic, parse_condition

FIXTURES = Path(__file__).parent / "fixtures"
PATHWAY = read({"small.toml": (FIXTURES / "small.toml").read_text(encoding="utf-8")})
VOCABULARY = PATHWAY.vocabulary
WORDS = """
    numb site days heat phase signs weeks and or not in between true false null is any_of at_least floor
    select case exists interval date cast vacuum number 'back' '' 'x' 0 1 42 3.5 = <> < <= > >= !=
    + - * / % ( ) , ; -- ' " .
"""


def pairs(name: str) -> list[tuple[str, str]]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    rows = [line.partition("  ==>  ") for line in lines if line.strip() and not line.startswith("# ")]
    return [(condition, behind) for condition, _, behind in rows]


ACCEPTED, REFUSED = pairs("accepted.txt"), pairs("refused.txt")


def parsed(text: str) -> Node:
    return parse_condition(text, VOCABULARY)


def refusal(text: str) -> str:
    with pytest.raises(Unreadable) as refused:
        parsed(text)
    return str(refused.value)


def people(node: Node, rng: random.Random) -> list[dict[str, Value]]:
    """People who answer the facts of a condition at random, or not at all."""
    found = []
    for _ in range(20):
        answers: dict[str, Value] = {}
        for name in facts_of(node):
            fact = VOCABULARY[name]
            if fact.kind == "bool":
                answers[name] = rng.random() < 0.5
            elif fact.kind == "enum":
                answers[name] = rng.choice(list(fact.values))
            else:
                answers[name] = rng.randint(int(fact.low), int(fact.high)) // rng.choice([1, 10, 100])
        found.append({name: value for name, value in answers.items() if rng.random() < 0.9})
    return found


@pytest.mark.parametrize(("condition", "shown"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_a_condition_of_the_language_is_shown_in_one_way(condition: str, shown: str) -> None:
    assert written(parsed(condition)) == shown


@pytest.mark.parametrize(("condition", "shown"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_what_is_shown_says_of_everybody_what_was_written(condition: str, shown: str) -> None:
    node, again = parsed(condition), parsed(shown)
    assert from_json(to_json(node)) == node
    for answers in people(node, random.Random(condition)):
        assert truth_of(node, answers) is truth_of(again, answers)


@pytest.mark.parametrize(("condition", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_s30_all_else_is_refused_with_a_sentence_of_our_own(
    condition: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert refusal(condition) == message
    assert not caplog.records  # the parser has a voice of its own


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("x" * (LONGEST + 1), f"has {LONGEST + 1} characters, at most {LONGEST} are read"),
        ("numb" + " or numb" * 10_000, f"has 80004 characters, at most {LONGEST} are read"),
        ("(" * (DEEPEST + 1) + "numb" + ")" * (DEEPEST + 1), "is nested too deep"),
        ("not " * 900 + "numb", "not stands twice at character 5"),
        ("days" + " + days" * 101 + " > 3", "calculates in more than 100 steps"),
        ("days > " + "- " * 500 + "3", "calculates in more than 100 steps"),
        ("days > " + "9" * 3_000, "found a number of more than 15 digits at character 8"),
        ("days" + " / 9" * 99 + " > 1", "calculates with numbers too large or too fine to stay exact"),
        ("numb\0", "found '\\x00' at character 5, which is not of the language; "),
        ("numb\u202e", "found '\\u202e' at character 5, which is not of the language; "),
        ("days\u00a0> 3", "found '\\xa0' at character 5, which is not of the language; "),
        ("days >\u20283", "found '\\u2028' at character 7, which is not of the language; "),
        ("site = '\x1b[2J'", "compares site with '\\x1b[2J': it is one of back, neck or other"),
        ("site = 'back\n'", 'found "\'" at character 8, which is not of the language; this quote is never closed'),
    ],
    ids=range(16),
)
def test_s30_what_cannot_stand_in_a_file_of_lines_is_refused_too(condition: str, message: str) -> None:
    assert refusal(condition).startswith(message)
    assert len(refusal(condition)) < 200
    assert refusal(condition).isprintable()


def test_the_largest_condition_is_read() -> None:
    deep = "(" * DEEPEST + "numb" + ")" * DEEPEST
    assert written(parsed(deep)) == "numb"
    assert len(parsed(" or ".join(["days > 3"] * 330)).items) == 330  # type: ignore[union-attr]


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12))
def test_s30_any_order_of_any_words_is_a_condition_or_one_clear_sentence(words: list[str]) -> None:
    text = " ".join(words)
    try:
        node = parsed(text)
    except Unreadable as error:
        said = str(error)
        assert said.isprintable()
        assert not any(word in said for word in ("Error", "sqlglot", "Expected", "Invalid expression", "Column"))
    else:
        again = parsed(written(node))
        for answers in people(node, random.Random(text)):
            assert truth_of(node, answers) is truth_of(again, answers)


@given(st.text(max_size=60))
def test_s30_any_text_is_a_condition_or_one_clear_sentence(text: str) -> None:
    try:
        node = parsed(text)
    except Unreadable as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert written(node)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("1", "names no fact"),
        ("days * heat", "multiplies or divides by a fact; facts may be added, subtracted and scaled by numbers"),
        ("days / 0", "divides by zero"),
        ("floor(days, 2)", "floor(...) takes one thing"),
        ("floor()", "nothing stands in the parentheses at character 6"),
        ("floor(days) + 1", "has floor(...) where a number or a fact that is a number is expected"),
        ("floor(floor(days))", "has floor(...) where a number or a fact that is a number is expected"),
        ("days > 3", "has a comparison where a number or a fact that is a number is expected"),
        ("numb", "numb is no number"),
        ("'x'", "has 'x' where a number or a fact that is a number is expected"),
        ("abs(days)", "holds abs(...), and the language has only any_of, at_least and, in derived facts, floor"),
        ("days / 999999999999999", "calculates with numbers too large or too fine to stay exact"),
    ],
)
def test_s30_arithmetic_of_a_derived_fact_is_plain_or_refused(text: str, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_arithmetic(text, VOCABULARY)
    assert str(refused.value) == message
