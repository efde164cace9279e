"""Why not: for each rule that did not hold, what stopped it; and the smallest changes that would decide otherwise.

This explains a decision, it never makes one. A change is tried by deciding the changed document anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import Any

from palpate.pathway.condition import Node, Value, facts_of, truth_of
from palpate.pathway.decision import Found, find, named
from palpate.pathway.deriving import clashes, made_facts
from palpate.pathway.domains import Domains
from palpate.pathway.episode import Episode
from palpate.pathway.pathway import Pathway
from palpate.pathway.singly import decide_singly
from palpate.pathway.truth import NO

MOST_TOGETHER = 4  # facts changed at once, at most
MOST_TRIED = 2_000  # changed documents decided for one explanation of several changes at once


def explain(pathway: Pathway, episode: Episode) -> dict[str, Any]:
    """What `decide --explain` adds.

    Returns  not_held: rule -> `stopped_by` (known facts that alone make it fail) or `waits_for` (facts still unknown);
             changes: the smallest sets of known facts that, with other answers, would have given another decision.
    """
    found = find(pathway, episode)
    return {"not_held": _not_held(pathway, found), "changes": _changes(pathway, episode, found)}


def _not_held(pathway: Pathway, found: Found) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    held = {*found.held, *found.lifted}
    for at, rule in enumerate(pathway.rules):
        if at in held:
            continue
        node = found.engine.conditions[at]
        row: dict[str, Any] = {"rule": rule.id, "disposition": rule.disposition}
        if at in found.unknown:
            row["waits_for"] = [name for name in facts_of(node) if name not in found.known]
        else:
            row["stopped_by"] = stoppers(node, found.known)
        rows.append(row)
    return rows


def stoppers(node: Node, known: Mapping[str, Value]) -> dict[str, Value]:
    """Known facts that alone make a failing condition fail, as few as possible: one, where one suffices."""
    facts = [name for name in facts_of(node) if name in known]
    for name in facts:
        if truth_of(node, {name: known[name]}) is NO:
            return {name: known[name]}
    kept = {name: known[name] for name in facts}
    for name in facts:
        fewer = {other: value for other, value in kept.items() if other != name}
        if truth_of(node, fewer) is NO:
            kept = fewer
    return kept


def _changes(pathway: Pathway, episode: Episode, found: Found) -> list[dict[str, Any]]:
    answered = _answered(pathway, episode, found)
    rows = list(_tried(pathway, episode, found, answered, 1))
    if rows:
        return rows
    # One change never suffices where several rules decide alike: then only the facts of those rules are worth changing.
    deciding = [at for at in found.held if pathway.rules[at].disposition == found.disposition]
    facts = dict.fromkeys(name for at in deciding for name in facts_of(found.engine.conditions[at]))
    for together in range(2, MOST_TOGETHER + 1):
        changeable = [name for name in facts if name in answered]
        rows = list(_tried(pathway, episode, found, changeable, together))
        if rows:
            return rows
    return []


def _answered(pathway: Pathway, episode: Episode, found: Found) -> list[str]:
    """Facts whose answer is known and was given, not worked out."""
    stages = ("intake", "session") if episode.moment != "intake" else ("intake",)
    made = set(found.course.facts)
    return [
        n for n in found.engine.slots if n in found.known and n not in made and pathway.vocabulary[n].stage in stages
    ]


def _tried(
    pathway: Pathway, episode: Episode, found: Found, facts: list[str], together: int
) -> Iterator[dict[str, Any]]:
    domains = found.engine.domains
    made = made_facts(pathway)
    given = [name for name in made if name in found.known]  # derived facts that the document tells itself
    tried = 0
    for names in itertools.combinations(facts, together):
        choices = [_others(domains, name, found.known) for name in names]
        tried += prod(map(len, choices))
        if together > 1 and tried > MOST_TRIED:
            return
        best: dict[tuple[str, str | None], dict[str, Value]] = {}
        for values in itertools.product(*choices):
            changed = dict(zip(names, values, strict=True))
            known = {**found.known, **changed}
            if any(clashes(made[name], known, known[name]) for name in given):
                continue  # nobody is so
            outcome = named(decide_singly(pathway, _changed(episode, changed))[0])
            if outcome != (found.disposition, found.urgency):
                best.setdefault(outcome, changed)
        for (disposition, urgency), changed in best.items():
            before = {name: found.known[name] for name in names}
            yield {"from": before, "to": changed, "disposition": disposition, "urgency": urgency}


def _others(domains: Domains, name: str, known: Mapping[str, Value]) -> list[Value]:
    """Answers that some rule tells from the known one, the nearest of each kind."""
    tests = [*domains.single.get(name, ()), *domains.joint.get(name, ())]

    def sign(value: Value) -> tuple[Any, ...]:
        return tuple(truth_of(test, {**known, name: value}) for test in tests)

    values = domains.edges(name, known)
    now = known[name]
    if isinstance(now, (int, float)) and not isinstance(now, bool):
        values = sorted(values, key=lambda value: abs(value - now))
    kinds: dict[tuple[Any, ...], Value] = {sign(now): now}
    for value in values:
        kinds.setdefault(sign(value), value)
    return [value for value in kinds.values() if value != now]


def _changed(episode: Episode, facts: Mapping[str, Value]) -> Episode:
    """The episode as it would have been with other answers: at the intake, or found today."""
    if episode.moment == "intake":
        return replace(episode, facts={**episode.facts, **facts})
    return replace(episode, today={**(episode.today or {}), **facts})
