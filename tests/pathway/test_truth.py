"""Yes, no and unknown: the whole of the logic, as tables (Kleene's strong logic)."""

from __future__ import annotations

import itertools

import pytest

from palpate.pathway.truth import NO, UNKNOWN, YES, and_, at_least, not_, of, or_

ALL = (NO, UNKNOWN, YES)


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (NO, NO, NO, NO), (NO, UNKNOWN, NO, UNKNOWN), (NO, YES, NO, YES),
        (UNKNOWN, NO, NO, UNKNOWN), (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN), (UNKNOWN, YES, UNKNOWN, YES),
        (YES, NO, NO, YES), (YES, UNKNOWN, UNKNOWN, YES), (YES, YES, YES, YES),
    ],
)  # fmt: skip
def test_and_and_or(a: object, b: object, both: object, either: object) -> None:
    assert and_([a, b]) is both
    assert or_([a, b]) is either


def test_not() -> None:
    assert [not_(a) for a in ALL] == [YES, UNKNOWN, NO]


@pytest.mark.parametrize(
    ("yes", "unknown", "no", "expected"),
    [(2, 0, 3, YES), (3, 0, 0, YES), (1, 1, 2, UNKNOWN), (0, 2, 1, UNKNOWN), (1, 0, 4, NO), (0, 1, 4, NO)],
)
def test_at_least_two_holds_once_two_are_yes_and_fails_once_two_cannot_be_reached(
    yes: int, unknown: int, no: int, expected: object
) -> None:
    assert at_least(2, [YES] * yes + [UNKNOWN] * unknown + [NO] * no) is expected


def test_filling_in_an_unknown_never_turns_an_answer_round() -> None:
    for answers in itertools.product(ALL, repeat=3):
        for word in (and_, or_, lambda items: at_least(2, items)):
            before = word(answers)
            for filled in itertools.product((NO, YES), repeat=3):
                full = [new if old is UNKNOWN else old for old, new in zip(answers, filled, strict=True)]
                assert before is UNKNOWN or word(full) is before


def test_a_truth_has_no_bool_so_that_unknown_cannot_become_no() -> None:
    for answer in ALL:
        with pytest.raises(TypeError):
            bool(answer)
    assert of(True) is YES
    assert of(False) is NO
