"""Clearances of many documents: which rules they lift for whom. See `pathway.clearing`, which this follows by columns.

Here belong documents with one clearance, by which massage is cleared, and rules about which nothing was said since. All
else about clearances is decided singly: it is rare, and full of turns.
"""

from __future__ import annotations

import numpy as np

from palpate.pathway.condition import Compare, signs
from palpate.population.bits import Bits, Flags, everybody, nobody, pack, unpack
from palpate.population.columns import numbers, valid
from palpate.population.known import Known
from palpate.population.program import Program, facts_of_atom
from palpate.population.unnested import DURATION, LONGEST, NO_DAY, Listed, Unnested, days_of, lengths_of, words_of
from palpate.population.worlds import World

LONGEST_LIMITS = 2_000


class DocumentClearances:
    """The clearances of unnested documents; marks as odd those that do not belong here."""

    def __init__(self, docs: Unnested) -> None:
        self.docs, self.count, self.pathway = docs, docs.count, docs.pathway
        part = Listed(docs.table.column("clearances"))
        self.there = part.lengths > 0
        docs.odd |= part.lengths > 1
        first = np.minimum(part.starts, max(len(part.rows) - 1, 0))
        days, good = days_of(part.field("date"))
        until, good_until = days_of(part.field("valid_until"))
        rows = part.rows
        wrong = (
            ~good | (days == NO_DAY) | (days > docs.as_of[rows]) | ~good_until | ((until != NO_DAY) & (until < days))
        )
        wrong |= words_of(part.field("outcome"), ["cleared"]) != 0
        for name, longest in (("by", LONGEST), ("limits", LONGEST_LIMITS)):
            wrong |= valid(part.field(name)) & (lengths_of(part.field(name)) > longest)
        covers = part.field("covers")
        wrong |= numbers(covers.value_lengths().fill_null(0)) == 0
        rules = [rule.id for rule in self.pathway.rules]
        words = words_of(covers.flatten(), [*rules, "*"])
        whose = np.repeat(np.arange(len(rows)), numbers(covers.value_lengths().fill_null(0)))
        wrong[whose[words < 0]] = True
        docs.odd[rows[wrong]] = True
        self.day = days[first] if len(rows) else np.zeros(self.count, np.int64)
        self.until = until[first] if len(rows) else np.full(self.count, NO_DAY)
        self.named: dict[int, Flags] = {}
        for code in np.unique(words[words >= 0]).tolist():
            self.named[code] = np.zeros(self.count, np.bool_)
            self.named[code][rows[whose[words == code]]] = True

    def add(self, program: Program, known: Known) -> None:
        """Adds to what is known whom a clearance lifts which rule for, and who must be decided singly."""
        some = self.there & ~self.docs.odd
        if not some.any():
            return
        self.program, self.known = program, known
        self.now = World(program, known)
        self.seen = World(program, self._seen())
        self.intake = known.moment == 0
        acute = program.acute
        holds, fails = self.now.of(acute) if acute is not None else (nobody(self.count), everybody(self.count))
        self.acute, self.not_acute = (
            unpack(~(holds | fails) & everybody(self.count), self.count),
            unpack(fails, self.count),
        )
        self.singly = np.zeros(self.count, np.bool_)
        every = self.named.get(len(self.pathway.rules), np.zeros(self.count, np.bool_))
        cleared: dict[int, Bits] = {}
        for at, rule in enumerate(self.pathway.rules):
            named = some & (self.named.get(at, every) | every)
            if rule.clearance_days is not None and named.any():
                lifts = self._lifts(at, named)
                if lifts.any():
                    cleared[at] = pack(lifts)
        known.cleared, known.covered = cleared, pack(some)
        known.singly = pack(self.singly & some)

    def _lifts(self, at: int, named: Flags) -> Flags:
        rule, count = self.pathway.rules[at], self.count
        age = self.docs.as_of - self.day
        dated = self.until != NO_DAY
        good = named & np.where(dated, self.until >= self.docs.as_of, age <= (rule.clearance_days or 0))
        needs = ~dated & (age > (rule.clearance_acute_days or 0))
        self.singly |= good & needs & self.acute
        good &= ~needs | self.not_acute
        yes, no = self.now.rule(at)
        counts = good & ~unpack(no, count)
        if not counts.any():
            return np.zeros(count, np.bool_)
        reads = self.program.steps[self.program.rules[at]].reads
        hard = np.zeros(count, np.bool_)
        if at in self.program.of_the_course:
            hard |= counts
        if DURATION in reads and not _one_way(self.program, at):
            hard |= counts & (self.day < self.docs.as_of)
        for name in reads:
            hard |= counts & self.later.get(name, False)
        seen = self.seen.rule(at)[0]
        unseen = nobody(count)
        for sign in self.program.signs[at]:
            unseen = unseen | (self.now.of(sign)[0] & ~self.seen.of(sign)[0])
        hard |= counts & ~self.intake & unpack(~(yes | no) & seen, count)
        lifts = unpack(seen & ~unseen, count)
        self.singly |= hard
        # At the intake a clearance has seen the answers that are still open, too; only what dates the pain may be new.
        covers = np.where(unpack(yes, count), lifts, ~unpack(self._newly_dated(at), count))
        return good & np.where(self.intake, covers, lifts) & ~hard

    def _newly_dated(self, at: int) -> Bits:
        """For whom a sign of how long the pain has lasted shows now and did not show then."""
        new = nobody(self.count)
        for sign, step in zip(self.program.signs[at], self._signs_of(at), strict=True):
            if step == {DURATION}:
                new = new | (self.now.of(sign)[0] & ~self.seen.of(sign)[0])
        return new

    def _signs_of(self, at: int) -> list[frozenset[str]]:
        return [self.program.steps[sign].reads for sign in self.program.signs[at]]

    def _seen(self) -> Known:
        """What stood on the day of the clearance, and which facts were told of later."""
        docs = self.docs
        rows = docs.sessions.rows
        before = docs.days <= self.day[rows]
        columns = docs.answers_until(before)
        self.later: dict[str, Flags] = {}
        for name in docs.facts:
            told = docs.told_in_sessions(name)
            told = told[~before[told]]
            if len(told):
                flags = np.zeros(self.count, np.bool_)
                flags[rows[told]] = True
                self.later[name] = flags
        duration = columns.get(DURATION)
        if duration is not None:
            then = duration - (docs.as_of - self.day)
            columns[DURATION] = np.where(then >= 0, then, np.nan)
        if "sessions_completed" in docs.facts:
            columns["sessions_completed"] = np.bincount(rows[before], minlength=self.count).astype(np.float64)
        return Known(self.count, columns, self.known.moment, self.known.episodes)


def _one_way(program: Program, at: int) -> bool:
    """A rule in which longer pain speaks always for it, or always against it: what holds at both ends held between."""
    told = [(atom, speaks) for atom, speaks in signs(program.pathway.rules[at].when) if DURATION in facts_of_atom(atom)]
    ways = {(atom.op[0], speaks) for atom, speaks in told if isinstance(atom, Compare) and atom.op[0] in "<>"}
    return all(isinstance(atom, Compare) for atom, _ in told) and ways in ({("<", True)}, {(">", True)})
