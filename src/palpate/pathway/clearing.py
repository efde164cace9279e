"""Which rules a clinician's clearance lifts.

A clearance covers a rule whose condition already held, by the intake's answers or by a session up to its date. What is
new since then is not covered: not a rule that came to hold later, not one that had ceased and came back, and not a
further sign within a rule of several signs. Source: contract sections 1 and 2; dossier, decision 2 and section 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from palpate.pathway.condition import (
    And,
    Node,
    Not,
    Or,
    Sign,
    Value,
    atom_holds,
    facts_of,
    signs,
    truth_of,
)
from palpate.pathway.engine import Engine
from palpate.pathway.episode import Clearance, Episode
from palpate.pathway.pathway import Pathway, Rule
from palpate.pathway.standing import Snapshot, snapshots
from palpate.pathway.truth import NO, UNKNOWN, YES

LIFTING = ("cleared", "cleared_with_limits")
_DURATION = "pain_duration_days"
ANSWERED = (*LIFTING, "not_cleared")  # an examination was done: what it says decides, not that it is missing


@dataclass(frozen=True)
class Cover:
    """How one clearance stands to one rule: what it saw, and whether its age depends on the pain being acute."""

    clearance: Clearance
    seen: Mapping[str, Value]
    only_if_not_acute: bool


class Clearings:
    """The clearances of one episode, asked rule by rule."""

    def __init__(self, pathway: Pathway, engine: Engine, episode: Episode, known: Mapping[str, Value]) -> None:
        self.pathway = pathway
        self.engine = engine
        self.episode = episode
        self.known = known
        # A refusal answers a rule only while it stands; else it would lift what nothing any longer forbids.
        answers = ANSWERED if known.get("clearance_refused") is True else LIFTING
        self.lifting = [c for c in episode.clearances if c.outcome in answers]
        self.snapshots = snapshots(episode) if self.lifting else []

    def lifted_by(self, at: int) -> Clearance | None:
        """The clearance that lifts the rule, which holds now; the latest one, where several do."""
        rule, node = self.pathway.rules[at], self.engine.conditions[at]
        for cover in self._covers(rule, node):
            if cover.only_if_not_acute and self._acute() is not NO:
                continue
            if all(_shows(sign, cover.seen) for sign in signs(node) if _shows(sign, self.known)):
                return cover.clearance
        return None

    def why_not(self, at: int) -> tuple[Clearance, str] | None:
        """The latest clearance that names a rule which holds all the same, and why it does not lift it."""
        rule = self.pathway.rules[at]
        named = [c for c in self.lifting if c.outcome in LIFTING and c.names(rule.id)]
        if not named or rule.clearance_days is None:
            return None
        latest = max(named, key=lambda c: c.day)
        if latest.valid_until is not None and latest.valid_until < self.episode.as_of:
            return latest, f"it was valid until {latest.valid_until.isoformat()}"
        if not self._in_date(rule, latest):
            return latest, f"it is older than {rule.clearance_days} days"
        if self._needs_not_acute(rule, latest) and self._acute() is not NO:
            return latest, f"it is older than {rule.clearance_acute_days} days, and the pain is or may be acute"
        return latest, "what holds now is new since then"

    def still_open(self, at: int) -> list[tuple[Node, bool]]:
        """(condition, lifted) pairs that tell apart how a rule could come to hold, or to be lifted, by what is open.

        Answers given from now on are new, except at the intake, whose answers a clearance has seen; an answer to how
        long the pain has lasted may date it after the clearance, so until it is known nothing that reads it is covered.
        """
        node = self.engine.conditions[at]
        ways = [
            self._lifts_if(node, rule, clearance)
            for rule in [self.pathway.rules[at]]
            for clearance in self._valid(rule)
        ]
        conditions = [way for way in ways if way is not None]
        if not conditions:
            return [(node, False)]
        if () in conditions:
            return [(node, True)]
        each = [way[0] if len(way) == 1 else And(way) for way in conditions]
        lifts: Node = each[0] if len(each) == 1 else Or(tuple(each))
        return [(And((node, lifts)), True), (And((node, Not(lifts))), False)]

    def may_be_lifted(self, at: int) -> bool:
        """Whether a rule that holds, and is not lifted, could be lifted by an answer that is still open."""
        return any(lifts and truth_of(node, self.known) is UNKNOWN for node, lifts in self.still_open(at))

    def _lifts_if(self, node: Node, rule: Rule, clearance: Clearance) -> tuple[Node, ...] | None:
        """What must be so, all of it, for the clearance to lift the rule when it holds; None: it cannot."""
        needed: list[Node] = []
        if self.episode.moment == "intake":
            if _DURATION in facts_of(node):
                seen = self._as_of(self.snapshots[0], clearance)
                if _DURATION not in seen:
                    return None
                before = [sign for sign in signs(node) if facts_of(sign[0]) == (_DURATION,)]
                if any(_shows(sign, self.known) and not _shows(sign, seen) for sign in before):
                    return None
        else:
            there = self._seen(node, clearance)
            if there is None:
                return None
            new = [_as_node(sign) for sign in signs(node) if not _shows(sign, there)]
            needed += [Not(sign) for sign in new]
        if self._needs_not_acute(rule, clearance):
            assert self.engine.acute is not None
            needed.append(Not(self.engine.acute))
        return tuple(needed)

    def _covers(self, rule: Rule, node: Node) -> list[Cover]:
        found = []
        for clearance in self._valid(rule):
            seen = self._seen(node, clearance)
            if seen is not None:
                found.append(Cover(clearance, seen, self._needs_not_acute(rule, clearance)))
        return found

    def _valid(self, rule: Rule) -> list[Clearance]:
        if rule.clearance_days is None:
            return []
        answers = ANSWERED if rule.disposition == "medical_exam_first" else LIFTING
        valid = [c for c in self.lifting if c.outcome in answers and c.names(rule.id) and self._in_date(rule, c)]
        return sorted(valid, key=lambda c: c.day, reverse=True)

    def _age(self, clearance: Clearance) -> int:
        return (self.episode.as_of - clearance.day).days

    def _in_date(self, rule: Rule, clearance: Clearance) -> bool:
        if clearance.valid_until is not None:
            return clearance.valid_until >= self.episode.as_of
        assert rule.clearance_days is not None
        return self._age(clearance) <= rule.clearance_days

    def _needs_not_acute(self, rule: Rule, clearance: Clearance) -> bool:
        """Whether the clearance is too old if the pain is acute, and good if it is not."""
        if clearance.valid_until is not None or self.engine.acute is None:
            return False
        assert rule.clearance_acute_days is not None
        return self._age(clearance) > rule.clearance_acute_days

    def _acute(self) -> object:
        acute = self.engine.acute
        return NO if acute is None else truth_of(acute, self.known)

    def _seen(self, node: Node, clearance: Clearance) -> Mapping[str, Value] | None:
        """What the clinician had before them, if the rule held then and has not ceased since; else None."""
        before = [s for s in self.snapshots if s.day is None or s.day <= clearance.day]
        seen = self._as_of(before[-1], clearance)
        if truth_of(node, seen) is not YES:
            return None
        for later in self.snapshots[len(before) :]:
            if truth_of(node, self._as_of(later, None)) is NO:
                return None
        return seen

    def _as_of(self, snapshot: Snapshot, clearance: Clearance | None) -> Mapping[str, Value]:
        """The answers of a snapshot, with the pain as old as it was on the day of the clearance."""
        facts = {**snapshot.facts, "sessions_completed": snapshot.sessions}
        duration = facts.get(_DURATION)
        day = clearance.day if clearance else snapshot.day
        if isinstance(duration, int) and day is not None:
            then = duration - (self.episode.as_of - day).days
            if then >= 0:
                facts[_DURATION] = then
            else:
                del facts[_DURATION]  # this pain had not begun: the clearance speaks of another
        return facts


def _shows(sign: Sign, values: Mapping[str, Value]) -> bool:
    return atom_holds(sign[0], values) is sign[1]


def _as_node(sign: Sign) -> Node:
    return sign[0] if sign[1] else Not(sign[0])
