"""What became of those who started, counted three ways; small groups are put together before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from palpate.population.report.tally import NO_CHECK, NOT_MEASURED, NOT_TOLD, Tally
from palpate.population.report.words import CLASSES, LEAST


@dataclass(frozen=True)
class Group:
    """Some of those who started a course, by class of response."""

    name: str
    classes: Mapping[str, int]

    @property
    def started(self) -> int:
        return sum(self.classes.values())

    @property
    def responded(self) -> int:
        return self.classes["responded"]

    @property
    def missing(self) -> int:
        """Who has no class: not measured, or not yet at a check."""
        return self.classes[NOT_MEASURED] + self.classes[NO_CHECK]

    @property
    def ways(self) -> tuple[tuple[str, int, int], ...]:
        """(which way, responded, of how many): the three ways of counting those without a measurement."""
        measured = self.started - self.missing
        return (
            ("Of those measured only", self.responded, measured),
            ("Of all who started, the missing as not responded", self.responded, self.started),
            ("Of all who started, the missing as responded", self.responded + self.missing, self.started),
        )


def groups_of(tally: Tally) -> list[Group]:
    """Those who started by protocol, in the pathway's order; none where too few started at all."""
    found: dict[str, dict[str, int]] = {}
    for (protocol, kind), count in tally.under("response").items():
        found.setdefault(protocol, {})[kind] = found.setdefault(protocol, {}).get(kind, 0) + count
    order = [*tally.pathway.protocols, NOT_TOLD]
    groups = [_group(_title(tally, name), found[name]) for name in sorted(found, key=order.index)]
    return together([group for group in groups if group.started])


def whole_of(groups: Sequence[Group]) -> Group:
    """All groups as one."""
    return _group("All protocols", {kind: sum(group.classes[kind] for group in groups) for kind in CLASSES})


def together(groups: Sequence[Group], least: int = LEAST) -> list[Group]:
    """The groups, those of fewer than `least` people joined, so that none is small and none follows by subtraction.

    Returns  no group at all where even all of them together are too few.
    """
    small = [group for group in groups if group.started < least]
    large = [group for group in groups if group.started >= least]
    while small and large and sum(group.started for group in small) < least:
        smallest = min(large, key=lambda group: group.started)
        large.remove(smallest)
        small.append(smallest)
    if not small:
        return large
    joined = Group(" and ".join(group.name for group in small), whole_of(small).classes)
    return [*large, joined] if joined.started >= least else []


def _group(name: str, counts: Mapping[str, int]) -> Group:
    return Group(name, {kind: counts.get(kind, 0) for kind in CLASSES})


def _title(tally: Tally, name: str) -> str:
    return "Protocol not told in the input" if name == NOT_TOLD else tally.pathway.protocols[name].title
