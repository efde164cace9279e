"""The response rule: has the person responded to massage by now?

One class from pain, own activities and the person's own view of the change, in exact numbers: a value on a
threshold has reached it. The numbers come from the pathway document; the combination is that of the dossier
(measures.md, section 4), which no trial has validated. It says "better", never "better because of massage".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

RESPONDED, PARTLY, NOT_RESPONDED, WORSE, INDETERMINATE = (
    "responded",
    "partly",
    "not_responded",
    "worse",
    "indeterminate",
)


@dataclass(frozen=True)
class Numbers:
    """The thresholds of the response rule, as the pathway document gives them (points of 0 to 10)."""

    pain_full: Fraction
    pain_full_share: Fraction
    pain_partial: Fraction
    pain_partial_share: Fraction
    pain_worse: Fraction
    pain_floor: Fraction
    pain_ceiling: Fraction
    activities_full: Fraction
    activities_partial: Fraction
    activities_worse: Fraction
    activities_ceiling: Fraction
    activities_floor: Fraction
    edge_worse: Fraction
    drift: Fraction
    global_full: int
    global_worse: int
    recovered_pain: Fraction
    recovered_activities: Fraction
    stalled_pain: Fraction
    stalled_activities: Fraction
    first_days: int
    end_days: tuple[int, int]
    booking_days: tuple[int, int]

    @staticmethod
    def of(table: dict[str, Any]) -> Numbers:
        """From the document's table; every number is read exactly as written."""
        fields = {}
        for name, kind in Numbers.__annotations__.items():
            value = table[name]
            if kind == "int":
                fields[name] = value
            elif kind == "tuple[int, int]":
                fields[name] = tuple(value)
            else:
                fields[name] = exact(value)
        return Numbers(**fields)


def exact(value: float) -> Fraction:
    """The number as it was written, without binary rounding: 0.3 is three tenths."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


@dataclass(frozen=True)
class Codes:
    """2 full, 1 partial, 0 none, -2 worse, None not available; and the class that follows."""

    pain: int | None
    activities: int | None
    overall: int | None
    kind: str
    flags: tuple[str, ...]


def pain_code(numbers: Numbers, before: Fraction | None, after: Fraction | None) -> int | None:
    """The code of pain (0 to 10, high is bad). Source: measures.md, section 4.2."""
    if before is None or after is None:
        return None
    drop = before - after
    near_top = before > numbers.pain_ceiling and after == 10 and drop <= -numbers.edge_worse
    if drop <= -numbers.pain_worse or near_top:
        return -2
    if before < numbers.pain_floor:
        return None
    if drop >= numbers.pain_full and drop >= numbers.pain_full_share * before:
        return 2
    if drop >= numbers.pain_partial and drop >= numbers.pain_partial_share * before:
        return 1
    return 0


def activities_code(numbers: Numbers, before: Fraction | None, after: Fraction | None) -> int | None:
    """The code of own activities (0 to 10, high is good), over activities rated both times. Source: section 4.2."""
    if before is None or after is None:
        return None
    gain = after - before
    near_bottom = before < numbers.activities_floor and after == 0 and gain <= -numbers.edge_worse
    if gain <= -numbers.activities_worse or near_bottom:
        return -2
    if before > numbers.activities_ceiling:
        return None
    if gain >= numbers.activities_full:
        return 2
    return 1 if gain >= numbers.activities_partial else 0


def global_code(numbers: Numbers, change: int | None) -> int | None:
    """The code of the person's own view of the change (-3 to 3). Source: section 4.2."""
    if change is None:
        return None
    if change >= numbers.global_full:
        return 2
    if change <= numbers.global_worse:
        return -2
    return 1 if change == 1 else 0


def combine(pain: int | None, activities: int | None, overall: int | None) -> tuple[str, tuple[str, ...]]:
    """(class, flags) of three codes; the first that fits wins. Source: measures.md, section 4.3."""
    domains = [code for code in (pain, activities) if code is not None]
    if not domains:
        if overall == -2:
            return WORSE, ("global_only",)
        return INDETERMINATE, ("no_domain",)
    if -2 in domains:
        if 2 in domains:
            return NOT_RESPONDED, ("mixed_review",)
        better = any(code in (1, 2) for code in (pain, activities, overall))
        return WORSE, ("mixed_review",) if better else ()
    if overall == -2:
        if max(domains) <= 0:
            return WORSE, ("global_only",)
        return NOT_RESPONDED, ("mixed_review",)
    if 2 in domains:
        others = list(domains)
        others.remove(2)
        if overall is not None:
            others.append(overall)
        if not others:
            return RESPONDED, ("single_domain",)
        if max(others) >= 1:
            return RESPONDED, ()
        return PARTLY, ("uncorroborated",)
    if 1 in domains:
        return PARTLY, ()
    if overall == 2:
        return PARTLY, ("global_only",)
    return NOT_RESPONDED, ()


def classify(
    numbers: Numbers,
    pain_before: Fraction | None,
    pain_after: Fraction | None,
    activities_before: Fraction | None,
    activities_after: Fraction | None,
    change: int | None,
) -> Codes:
    """The class of one check. Unknown values are None; a missing rating is missing, never 0 (section 4.4)."""
    pain = pain_code(numbers, pain_before, pain_after)
    activities = activities_code(numbers, activities_before, activities_after)
    overall = global_code(numbers, change)
    kind, flags = combine(pain, activities, overall)
    drifts = pain_before is not None and pain_after is not None and pain_after - pain_before >= numbers.drift
    if pain == 0 and drifts:
        flags = (*flags, "pain_drift_up")
    return Codes(pain, activities, overall, kind, flags)


def recovered(numbers: Numbers, pain_after: Fraction | None, activities_after: Fraction | None) -> bool:
    """No pain, and activities (where rated) as good as before. Source: measures.md, section 4.3."""
    if pain_after is None or pain_after > numbers.recovered_pain:
        return False
    return activities_after is None or activities_after >= numbers.recovered_activities


def shared_mean(first: Sequence[float | None], later: Sequence[float | None]) -> tuple[Fraction, Fraction] | None:
    """Means of the activities rated both times, or None where too few are shared.

    With two or three activities named, two shared ratings are needed; with one, one. Source: measures.md, 2.2.
    """
    pairs = [(exact(a), exact(b)) for a, b in zip(first, later, strict=False) if a is not None and b is not None]
    named = len(first)
    if not pairs or len(pairs) < min(2, named):
        return None
    return sum(a for a, _ in pairs) / Fraction(len(pairs)), sum(b for _, b in pairs) / Fraction(len(pairs))
