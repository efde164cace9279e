"""Trying a protocol or a threshold on courses that were already given, before adopting it.

Each course is looked at as it stood before every further session and at its end: from what was known then, would the
first pathway have stopped it, and would the second? Where they differ, the person's latest response class says how it
went on. It cannot say how it would have gone on otherwise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import INDETERMINATE
from palpate.pathway.strict_json import read_json
from palpate.population.batch import classes_of
from palpate.population.bits import unpack
from palpate.population.deciding import decide_known
from palpate.population.documents import read_documents
from palpate.population.known import codes_of
from palpate.population.program import program_of
from palpate.population.report.tally import NO_CHECK, NOT_MEASURED
from palpate.population.report.words import CAVEATS, CLASSES, LEAST, number

STOPPING = ("change_treatment", "complete")
NEVER = 10_000  # later than any session
# What became of the stop: where the second pathway stands to the first.
SHIFTS: Mapping[str, str] = {
    "earlier": "stopped earlier by B than by A",
    "later": "stopped later by B than by A",
    "only_second": "stopped by B, and not by A",
    "only_first": "not stopped by B, though by A",
    "same": "stopped at the same session by both",
    "neither": "not stopped by either",
}
CHANGED = ("earlier", "later", "only_second", "only_first")
MOST_EXAMPLES = 10


@dataclass
class Trial:
    """What the second pathway would have changed in courses that had begun.

    classes   (shift, response class by the first pathway, at the end of what is known) -> courses
    sessions  shift -> sessions that were given after the earlier of the two stops
    examples  shift -> ids of some of them
    at_fault  documents that one of the two pathways refuses, or that cannot be cut
    """

    courses: int = 0
    at_fault: int = 0
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)
    sessions: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def count(self, shift: str) -> int:
        """How many courses have this shift."""
        return sum(n for (one, _), n in self.classes.items() if one == shift)

    def add(self, before: Pathway, after: Pathway, lines: Iterable[bytes]) -> None:
        """Tries the two pathways on documents, one a line. Those without sessions are passed over."""
        views: list[bytes] = []
        whose: list[tuple[int, int]] = []  # (episode, sessions by then)
        names: list[str] = []
        for line in lines:
            try:
                document = read_json(line)
                cut = _views(document)
            except (Faults, TypeError, KeyError, ValueError, AttributeError):
                self.at_fault += 1
                continue
            if cut:
                whose += [(len(names), n) for n in range(1, len(cut) + 1)]
                views += cut
                names.append(str(document.get("id") or ""))
        if not views:
            return
        given = np.array([episode for episode, _ in whose])
        first, kinds, wrong = _stops(before, views, whose, len(names))
        second, _, also = _stops(after, views, whose, len(names))
        done = np.bincount(given, minlength=len(names))
        for at, name in enumerate(names):
            if wrong[at] or also[at]:
                self.at_fault += 1
                continue
            self._count(name, int(first[at]), int(second[at]), int(done[at]), kinds[at])

    def _count(self, name: str, first: int, second: int, done: int, kind: str) -> None:
        shift = _shift(first, second)
        self.courses += 1
        self.classes[shift, kind] += 1
        if shift in CHANGED:
            self.sessions[shift] += done - min(first, second)
            some = self.examples.setdefault(shift, [])
            if name and len(some) < MOST_EXAMPLES:
                some.append(name)

    def to_data(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        rows = {
            shift: {
                "courses": self.count(shift),
                "response": {kind: self.classes[shift, kind] for kind in CLASSES if self.classes[shift, kind]},
                "sessions_after": self.sessions[shift],
                "examples": self.examples.get(shift, []),
            }
            for shift in SHIFTS
        }
        return {"courses": self.courses, "at_fault": self.at_fault, "second": rows}

    def to_text(self) -> str:
        """The same for people, with what it does not show."""
        if self.courses < LEAST:
            return f"Fewer than {LEAST} courses have begun in these episodes: too few to try B on.\n"
        said = [f"Tried on {number(self.courses)} courses that had begun. When each would have been stopped:"]
        for shift, words in SHIFTS.items():
            said.append(f"  {number(self.count(shift)):>8}  {words}")
            if shift in CHANGED and self.count(shift):
                kinds = [(kind, self.classes[shift, kind]) for kind in CLASSES]
                parts = [f"{CLASSES[kind].lower()} {number(n)}" for kind, n in kinds if n]
                said.append(f"            how it went on, as A classes it: {', '.join(parts)}")
                said.append(f"            sessions given after the earlier of the two: {number(self.sessions[shift])}")
                if self.examples.get(shift):
                    said.append(f"            for example {', '.join(self.examples[shift])}")
        if self.at_fault:
            said.append(f"  {number(self.at_fault):>8}  could not be tried")
        said.append("How it went on is what happened under the care that was given, not what another rule would have")
        said.append("brought about. Keep in mind:")
        said += [f"- {head}" for head, _ in CAVEATS]
        return "\n".join(said) + "\n"


def _shift(first: int, second: int) -> str:
    if first == second:
        return "neither" if first == NEVER else "same"
    if NEVER in (first, second):
        return "only_second" if first == NEVER else "only_first"
    return "earlier" if second < first else "later"


def _views(document: Mapping[str, Any]) -> list[bytes]:
    """The document as it stood before each further session, and as it is: one for each session that was given."""
    sessions = document.get("sessions") or []
    views = []
    for n in range(1, len(sessions)):
        day = sessions[n]["date"]
        view = {key: value for key, value in document.items() if key != "today"}
        view |= {"as_of": day, "moment": "review", "sessions": sessions[:n]}
        for key in ("measures", "clearances"):
            # Ratings of the day of a session are taken before it (measures.md, section 3).
            if document.get(key):
                view[key] = [row for row in document[key] if row["date"] <= day]
        views.append(_line(view))
    return [*views, _line(document)] if sessions else []


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _stops(
    pathway: Pathway, views: Sequence[bytes], whose: Sequence[tuple[int, int]], episodes: int
) -> tuple[npt.NDArray[np.int64], list[str], npt.NDArray[np.bool_]]:
    """(after how many sessions each course is first stopped, its latest response class, whether it is at fault)."""
    read = read_documents(pathway, classes_of(pathway), views)
    held = decide_known(program_of(pathway), read.known).held
    stopped = np.zeros(read.known.count, np.bool_)
    for at, rule in enumerate(pathway.rules):
        if rule.disposition in STOPPING and at in held:
            stopped |= unpack(held[at], read.known.count)
    stops = np.full(episodes, NEVER)
    latest = [NO_CHECK] * episodes
    wrong = np.zeros(episodes, np.bool_)
    for line in read.faults:
        wrong[whose[line][0]] = True
    fact = pathway.vocabulary.facts.get("response")
    words = [str(value) for value in codes_of(fact)] if fact else []
    codes = read.known.columns.get("response")
    for at, line in enumerate(read.places.tolist()):  # in order, so that the last view of a course stands
        episode, n = whose[line]
        if stopped[at]:
            stops[episode] = min(stops[episode], n)
        kind = words[codes[at]] if codes is not None and codes[at] >= 0 else NO_CHECK
        latest[episode] = NOT_MEASURED if kind == INDETERMINATE else kind
    return stops, latest, wrong
