"""Where a rating must lie to count as worse, no real change, partly better or responded: the bands of the charts.

The thresholds are those of the pathway (`palpate.pathway.response`, measures.md section 4.2); a value on a threshold
has reached it. A band says what the code of this one measure would be; the class of a check also needs the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from palpate.pathway.response import Numbers

Kind = Literal["pain", "activities"]
Zone_ = Literal["worse", "none", "partly", "responded", "untold"]
TOP = Fraction(10)  # both scales go from 0 to 10
ZONE_WORDS = {
    "worse": "worse",
    "none": "no real change",
    "partly": "partly",
    "responded": "responded",
    "untold": "cannot be told",
}


@dataclass(frozen=True)
class Zone:
    """A band of the scale, from `low` to `high` (points of 0 to 10); the two may be equal: one value only."""

    kind: Zone_
    low: Fraction
    high: Fraction


def zones(kind: Kind, numbers: Numbers, baseline: Fraction) -> tuple[Zone, ...]:
    """The bands for this baseline, from the worst value of the scale to the best. Bands that cannot be reached are left
    out; together the rest cover 0 to 10. `untold`: too near the good end for a change to exceed measurement error.
    """
    if kind == "pain":
        return _pain(numbers, baseline)
    return _activities(numbers, baseline)


def _pain(numbers: Numbers, baseline: Fraction) -> tuple[Zone, ...]:
    worse = baseline + numbers.pain_worse
    if baseline > numbers.pain_ceiling and TOP - baseline >= numbers.edge_worse:
        worse = min(worse, TOP)
    found = [Zone("worse", worse, TOP)] if worse <= TOP else []
    top = min(worse, TOP)
    if baseline < numbers.pain_floor:
        return (*found, Zone("untold", Fraction(0), top))
    partly = baseline - max(numbers.pain_partial, numbers.pain_partial_share * baseline)
    responded = baseline - max(numbers.pain_full, numbers.pain_full_share * baseline)
    found.append(Zone("none", max(partly, Fraction(0)), top))
    if partly >= 0:
        found.append(Zone("partly", max(responded, Fraction(0)), partly))
    if responded >= 0:
        found.append(Zone("responded", Fraction(0), responded))
    return tuple(found)


def _activities(numbers: Numbers, baseline: Fraction) -> tuple[Zone, ...]:
    worse = baseline - numbers.activities_worse
    if baseline < numbers.activities_floor and baseline >= numbers.edge_worse:
        worse = max(worse, Fraction(0))
    found = [Zone("worse", Fraction(0), worse)] if worse >= 0 else []
    bottom = max(worse, Fraction(0))
    if baseline > numbers.activities_ceiling:
        return (*found, Zone("untold", bottom, TOP))
    partly = baseline + numbers.activities_partial
    responded = baseline + numbers.activities_full
    found.append(Zone("none", bottom, min(partly, TOP)))
    if partly <= TOP:
        found.append(Zone("partly", partly, min(responded, TOP)))
    if responded <= TOP:
        found.append(Zone("responded", responded, TOP))
    return tuple(found)


def zone_of(kind: Kind, numbers: Numbers, baseline: Fraction, value: Fraction) -> Zone_:
    """The band that a value lies in; on a border, the band farther from the baseline, as the response rule has it."""
    inside = [zone for zone in zones(kind, numbers, baseline) if zone.low <= value <= zone.high]
    order = ("worse", "responded", "partly", "none", "untold")
    return min((zone.kind for zone in inside), key=order.index)
