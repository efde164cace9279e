"""Yes, no and unknown, and how they combine (Kleene's strong three-valued logic).

This is the only file where the logic is defined; the fast evaluators are checked against it.
It must never offer a way to look past unknown: there is no default and no "is known" here.
"""

from __future__ import annotations

from collections.abc import Iterable


class Truth:
    """One of NO, UNKNOWN, YES. It has no `bool()`: `if answer:` is how unknown becomes no."""

    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word

    def __bool__(self) -> bool:
        raise TypeError("yes, no or unknown has no bool(); compare with `is YES`, `is NO` or `is UNKNOWN`")

    def __repr__(self) -> str:
        return self.word.upper()


NO = Truth("no")
UNKNOWN = Truth("unknown")
YES = Truth("yes")

_NOT = {NO: YES, UNKNOWN: UNKNOWN, YES: NO}
_AND = {
    (NO, NO): NO, (NO, UNKNOWN): NO, (NO, YES): NO,
    (UNKNOWN, NO): NO, (UNKNOWN, UNKNOWN): UNKNOWN, (UNKNOWN, YES): UNKNOWN,
    (YES, NO): NO, (YES, UNKNOWN): UNKNOWN, (YES, YES): YES,
}  # fmt: skip
_OR = {
    (NO, NO): NO, (NO, UNKNOWN): UNKNOWN, (NO, YES): YES,
    (UNKNOWN, NO): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN, (UNKNOWN, YES): YES,
    (YES, NO): YES, (YES, UNKNOWN): YES, (YES, YES): YES,
}  # fmt: skip


def not_(a: Truth) -> Truth:
    """The opposite; unknown stays unknown."""
    return _NOT[a]


def and_(answers: Iterable[Truth]) -> Truth:
    """NO if one is NO, else UNKNOWN if one is UNKNOWN, else YES."""
    result = YES
    for answer in answers:
        result = _AND[result, answer]
    return result


def or_(answers: Iterable[Truth]) -> Truth:
    """YES if one is YES, else UNKNOWN if one is UNKNOWN, else NO."""
    result = NO
    for answer in answers:
        result = _OR[result, answer]
    return result


def at_least(n: int, answers: Iterable[Truth]) -> Truth:
    """YES once `n` are YES, NO once `n` can no longer be reached, UNKNOWN in between.

    Source: the clinical dossier, decision 4 (counts are three-valued).
    """
    yes = unknown = 0
    for answer in answers:
        if answer is YES:
            yes += 1
        elif answer is UNKNOWN:
            unknown += 1
    if yes >= n:
        return YES
    return UNKNOWN if yes + unknown >= n else NO


def of(value: bool) -> Truth:
    """YES for True, NO for False."""
    return YES if value else NO
