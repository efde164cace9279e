"""Made-up episode documents: the cases and examples that palpate ships, varied with a seed.

Each takes one of them whole, with its sessions, ratings and clearances, and changes age, pain, its duration and up to
four answers. The same seed always makes the same documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from palpate.library import cases
from palpate.pathway.decision import find
from palpate.pathway.episode import read_episode
from palpate.pathway.pathway import Pathway

EXAMPLES = Path(__file__).parent.parent / "examples"
KINDS = ("intake", "session", "review")
OPEN_CHECK = "open check"  # the check of the course is reached, and a rating or the treated muscle is not known
ANSWERED = 40  # a document with fewer answers is about somebody of whom nothing is known


def bases(pathway: Pathway) -> dict[str, list[dict[str, Any]]]:
    """Kind -> the documents that stand below the made-up ones, in a fixed order."""
    found = [dict(case.document) for case in cases.cases(cases.case_folder(pathway.id))]
    found += [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.json"))]
    sorted_out: dict[str, list[dict[str, Any]]] = {kind: [] for kind in (*KINDS, OPEN_CHECK)}
    for document in found:
        if len(document["facts"]) >= ANSWERED:
            sorted_out[_kind(pathway, document)].append(document)
    return sorted_out


def _kind(pathway: Pathway, document: dict[str, Any]) -> str:
    episode = read_episode(document, pathway)
    seen = find(pathway, episode)
    if seen.course.check is None:
        return episode.moment
    given = seen.course.ratings
    ratings_open = not seen.course.too_early and None in (given.pain_after, given.activities_after, given.change)
    muscle_open = seen.known.get("spasm_response") in (None, "not_assessed")
    return OPEN_CHECK if ratings_open or muscle_open else episode.moment


class Maker:
    """An endless row of documents of some kinds; `missing` is the share of answers that are left out."""

    def __init__(
        self, pathway: Pathway, kinds: Sequence[str], seed: object, missing: float = 0.0,
        below: dict[str, list[dict[str, Any]]] | None = None,
    ) -> None:  # fmt: skip
        self.vocabulary = pathway.vocabulary.facts
        self.random = Random(f"palpate {seed}")
        self.missing = missing
        self.bases = [document for kind in kinds for document in (below or bases(pathway))[kind]]
        self.made = 0

    def one(self) -> dict[str, Any]:
        """The next document."""
        rng = self.random
        base = rng.choice(self.bases)
        document = {**base, "id": f"bench-{self.made}", "facts": self._varied(base["facts"], rng.randrange(5))}
        self.made += 1
        if base.get("today", {}).get("facts"):
            document["today"] = {**base["today"], "facts": self._varied(base["today"]["facts"], rng.randrange(2))}
        if "measures" in base:
            document["measures"] = [self._rated(row) for row in base["measures"]]
        return document

    def lines(self, count: int) -> list[bytes]:
        """The next `count` documents as JSON lines."""
        return [json.dumps(self.one(), ensure_ascii=False).encode() + b"\n" for _ in range(count)]

    def _varied(self, facts: dict[str, Any], changes: int) -> dict[str, Any]:
        rng = self.random
        varied = dict(facts)
        if "age_years" in varied and rng.random() < 0.9:
            varied["age_years"] = rng.randint(16, 90)
        if "pain_duration_days" in varied and rng.random() < 0.9:
            varied["pain_duration_days"] = rng.choice((rng.randint(1, 100), rng.randint(100, 3000)))
        if "pain_now" in varied:
            varied["pain_now"] = rng.randint(0, 10)
        named = [name for name in varied if name != "spasm_response" and not self.vocabulary[name].is_number]
        for name in rng.sample(named, min(changes, len(named))):
            fact = self.vocabulary[name]
            varied[name] = rng.choice((False, True) if fact.kind == "bool" else tuple(fact.values))
        if self.missing:
            varied = {name: value for name, value in varied.items() if rng.random() >= self.missing}
        return varied

    def _rated(self, row: dict[str, Any]) -> dict[str, Any]:
        """A rating of pain moved by up to a point; the others as they are."""
        if row["name"] != "pain_nrs":
            return row
        return {**row, "value": min(max(row["value"] + self.random.choice((-1, -0.5, 0, 0.5, 1)), 0), 10)}


def random_answers(pathway: Pathway, names: Sequence[str], rng: Random) -> dict[str, Any]:
    """Any answers at all, the likely and the unlikely alike, with up to nine tenths of them missing."""
    missing = rng.choice((0, 0.1, 0.3, 0.6, 0.9))
    answers: dict[str, Any] = {}
    for name in names:
        fact = pathway.vocabulary[name]
        if rng.random() < missing:
            continue
        if fact.kind == "bool":
            answers[name] = rng.random() < 0.3
        elif fact.kind == "enum":
            answers[name] = rng.choice(tuple(fact.values))
        else:
            low, high = max(fact.low, -4000), min(fact.high, 4000)
            near = rng.choice((7, 12, 14, 18, 28, 42, 50, 60, 70, 90, rng.uniform(low, high), low, high))
            number = min(max(near, low), high)
            answers[name] = int(number) if fact.kind == "int" else round(number, 1)
    return answers
