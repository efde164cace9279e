"""Is our care working? Counted over all who started, with those who were not measured in sight.

Small groups are not shown, and cannot be worked out from what is shown: `shown_groups` hides further groups until what
is hidden is at least `LEAST` people in two groups or more. A year is the only choice of time, since years do not
overlap: of two that did, the difference would be a small group again.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palpate.clinic.access import outcomes as rows
from palpate.clinic.access.outcomes import Started
from palpate.clinic.actor import THERAPIST, Actor
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import INDETERMINATE, NOT_RESPONDED, PARTLY, RESPONDED, WORSE

LEAST = 5  # people: a smaller group is not shown; this program's choice
NOT_MEASURED = "not_measured"
CLASSES = (RESPONDED, PARTLY, NOT_RESPONDED, WORSE, NOT_MEASURED)
STOPPED = ("change_treatment", "complete")


@dataclass(frozen=True)
class Group:
    """Some of those who started, by class. `hidden`: too few, or what would give away those who are too few."""

    name: str
    classes: Mapping[str, int]
    hidden: bool = False

    @property
    def started(self) -> int:
        return sum(self.classes.values())


@dataclass(frozen=True)
class Ways:
    """How many responded, counted in three ways; shares are whole percents.

    Each is (responded, of how many, share): of those measured; of all, the missing as not responded; of all, the
    missing as responded. The truth lies between the last two.
    """

    measured: tuple[int, int, int]
    worst: tuple[int, int, int]
    best: tuple[int, int, int]


@dataclass(frozen=True)
class Care:
    """What was given and what went on, as plain counts."""

    given: int
    planned: int
    stopped_unmeasured: int
    after_stop: int
    unanswered: int
    before_check: int


@dataclass(frozen=True)
class Outcomes:
    """The page's numbers. `whole` is None where the practice, or what is left of it without one's own, is too small."""

    whole: Group | None
    own: Group | None
    ways: Ways | None
    care: Care | None
    by_protocol: Sequence[Group]
    by_therapist: Sequence[Group]


def outcomes_of(actor: Actor, year: int, pathway: Pathway) -> Outcomes:
    """All counts of one year.

    A therapist sees their own people, by protocol too, and of the practice the whole only: what they know of their own
    could be taken off any smaller group of it.
    """
    courses = rows.started_in(actor, year)
    classes = {course.episode: _class(course) for course in courses}
    only_own = actor.roles == {THERAPIST}
    mine = [course for course in courses if course.own]
    others = len(courses) - len(mine)
    shows_whole = len(courses) >= LEAST and not (only_own and 0 < others < LEAST)
    counted = courses if shows_whole else mine if only_own else []
    return Outcomes(
        whole=_group("The whole practice", courses, classes) if shows_whole else None,
        own=_group("Your own people", mine, classes) if only_own else None,
        ways=_ways(_group("", counted, classes)) if len(counted) >= LEAST else None,
        care=_care(counted, pathway, classes) if len(counted) >= LEAST else None,
        by_protocol=_groups(mine if only_own else counted, classes, lambda course: _protocol(course, pathway)),
        by_therapist=[] if only_own else _groups(courses, classes, _by_therapist()),
    )


def _group(name: str, courses: Sequence[Started], classes: Mapping[uuid.UUID, str]) -> Group:
    counts = Counter(classes[course.episode] for course in courses)
    return Group(name, {kind: counts[kind] for kind in CLASSES})


def _groups(
    courses: Sequence[Started], classes: Mapping[uuid.UUID, str], named: Callable[[Started], str]
) -> list[Group]:
    """Groups by name, those that must not be shown with nothing in them."""
    found: dict[str, list[Started]] = {}
    for course in courses:
        found.setdefault(named(course), []).append(course)
    names = sorted(found)
    shown = shown_groups([len(found[name]) for name in names])
    return [
        _group(name, found[name], classes) if seen else Group(name, dict.fromkeys(CLASSES, 0), hidden=True)
        for name, seen in zip(names, shown, strict=True)
    ]


def shown_groups(sizes: Sequence[int], least: int = LEAST) -> list[bool]:
    """Which groups of a partition may be shown when its total may be known.

    A group under `least` is hidden. So that it cannot be got by subtraction, the smallest groups that are left are
    hidden too, until the hidden ones are two or more and hold at least `least` people, or all are hidden.
    """
    shown = [size >= least for size in sizes]
    while True:
        hidden = [size for size, seen in zip(sizes, shown, strict=True) if not seen]
        if not hidden or (len(hidden) >= 2 and sum(hidden) >= least) or not any(shown):
            return shown
        smallest = min((at for at, seen in enumerate(shown) if seen), key=lambda at: (sizes[at], at))
        shown[smallest] = False


def _class(course: Started) -> str:
    """The class of the newest review decision; what cannot be told was not measured."""
    response = _told(course).get("response") or {}
    kind = str(response.get("class", NOT_MEASURED))
    return NOT_MEASURED if kind == INDETERMINATE or kind not in CLASSES else kind


def _told(course: Started) -> dict[str, Any]:
    try:
        found: Any = json.loads(course.reviewed) if course.reviewed else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _protocol(course: Started, pathway: Pathway) -> str:
    found = pathway.protocols.get(course.protocol or pathway.default_protocol)
    return found.title if found else "Another protocol"


def _by_therapist() -> Callable[[Started], str]:
    names = rows.therapist_names()
    return lambda course: names.get(course.therapist, "Nobody in charge") if course.therapist else "Nobody in charge"


def _ways(group: Group) -> Ways:
    responded, missing, everyone = group.classes[RESPONDED], group.classes[NOT_MEASURED], group.started
    measured = everyone - missing
    return Ways(
        (responded, measured, share(responded, measured)),
        (responded, everyone, share(responded, everyone)),
        (responded + missing, everyone, share(responded + missing, everyone)),
    )


def share(part: int, whole: int) -> int:
    """A whole percentage, rounded half up; 0 of nobody."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def _care(courses: Sequence[Started], pathway: Pathway, classes: Mapping[uuid.UUID, str]) -> Care:
    ids = [course.episode for course in courses]
    decided = rows.headlines(ids)
    planned = given = after_stop = stopped = before = 0
    for course in courses:
        protocol = pathway.protocols.get(course.protocol or pathway.default_protocol)
        planned += protocol.sessions if protocol else len(course.days)
        given += len(course.days)
        unmeasured = classes[course.episode] == NOT_MEASURED
        stopped += course.closed and unmeasured
        first_check = min((*protocol.checks, protocol.sessions)) if protocol else 1
        before += not course.closed and unmeasured and len(course.days) < first_check
        after_stop += _after_stop(course, decided[course.episode])
    return Care(given, planned, stopped, after_stop, rows.referrals_unanswered(ids), before)


def _after_stop(course: Started, decided: Sequence[tuple[date, str]]) -> int:
    """Sessions given while the newest decision of an earlier day said to change the treatment or to end the course."""
    found = 0
    for day in course.days:
        earlier = [disposition for at, disposition in decided if at < day]
        found += bool(earlier) and earlier[-1] in STOPPED
    return found
