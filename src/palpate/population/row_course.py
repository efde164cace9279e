"""The course of people who come as one row each: what `pathway.course` works out where no sessions are listed.

A row stands for a document that gives its course by facts (`sessions_completed`, `pain_baseline`, ...). Line by line
this is `course_of` for such a document, over columns; the tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from palpate.pathway.course import SLACK_DAYS, SOON_CLOSED_DAYS, check_points
from palpate.pathway.engine import engine_of
from palpate.pathway.pathway import GIVABLE, Pathway
from palpate.population.bits import pack, unpack
from palpate.population.checked import Classes
from palpate.population.known import Column, Known, codes_of, column_of_words, rows_of
from palpate.population.program import MUSCLE

CHECKED = ("pain_baseline", "pain_at_check", "activities_baseline", "activities_at_check", "global_change")


def add_course(pathway: Pathway, classes: Classes, known: Known) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Adds the course to what is known. Returns who gives a response class that their ratings rule out: a fault."""
    return _Course(pathway, classes, known).add()


class _Course:
    def __init__(self, pathway: Pathway, classes: Classes, known: Known) -> None:
        self.pathway, self.classes, self.known, self.count = pathway, classes, known, known.count
        self.facts = pathway.vocabulary.facts
        self.given = dict(known.columns)
        self.protocol = pathway.protocols[pathway.default_protocol]
        self.made: dict[str, Column] = {}

    def number(self, name: str) -> Column:
        """A column of numbers, NaN where unknown."""
        column = self.given.get(name)
        return np.full(self.count, np.nan) if column is None or column.dtype == np.int8 else column

    def add(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        done = np.nan_to_num(self.number("sessions_completed"))
        ended = self._days(done)
        reached = np.zeros(self.count, np.float64)
        for point in check_points(self.protocol):
            reached = np.where(done >= point, point, reached)
        checked = reached > 0
        pain = self.number("pain_baseline"), self.number("pain_at_check")
        acts = self.number("activities_baseline"), self.number("activities_at_check")
        change = np.where(checked, self.number("global_change"), np.nan)
        response = np.full(self.count, -1, np.int8)
        if self.classes.codes:
            rows = np.flatnonzero(checked)
            response[rows] = self.classes.of(rows_of(rows, pain), rows_of(rows, acts), change[rows])
        rated = ~np.isnan(pain[1]) | ~np.isnan(acts[1])
        judged = self._judged()
        uncertain = response == self.classes.codes.get("indeterminate", -2)
        self._flag("check_reached", checked)
        self._flag("check_unanswered", checked & ~ended & ~rated & ~judged)
        self._flag("check_overdue", checked & ~ended & uncertain & (done > reached) & ~judged)
        self._flag("recovered", self.classes.recovered(pain[1], acts[1]))
        self._number("sessions_completed", done)
        self._number("sessions_planned", np.full(self.count, float(self.protocol.sessions)))
        at_fault = self._response(response, checked, rated)
        for name in GIVABLE - {"response"}:
            if name in self.given and name in self.facts:
                before = self.made.get(name)
                given = self.given[name]
                self.made[name] = given if before is None else np.where(np.isnan(given), before, given)
        self.known.columns.update(self.made)
        self._open(checked, pain, acts, change, judged)
        return at_fault

    def _days(self, done: Column) -> Column:
        planned = self.number("sessions_planned")
        planned = np.where(np.isnan(planned), float(self.protocol.sessions), planned)
        ended: Column = (done >= planned) | (self.number("days_since_first_session") > self.protocol.within_days)
        self._flag("course_ended", ended)
        rescreened = self.known.moment != 0
        for name in ("gap_lapsed_unchecked", "late_soreness", "clearance_refused", "cleared_with_limits"):
            self._flag(name, np.zeros(self.count, np.bool_))
        self._flag("rescreened_today", rescreened)
        self._number("sessions_last_84_days", done)
        self._number("short_sessions", np.zeros(self.count))
        self._words("risk_group", "medium", {})
        self._gap(done, planned)
        return ended

    def _gap(self, done: Column, planned: Column) -> None:
        """How today stands to the latest session; see `course._gap`. No rating is dated, so none came after it."""
        low, high = self.protocol.gap_days
        since = self.number("days_since_last_session")
        applies = (done > 0) & (done < planned) & ~np.isnan(since)
        session = self.known.moment == 1
        lapsed = applies & (since > high + SLACK_DAYS) & (since <= SOON_CLOSED_DAYS)
        states = {
            "first": done == 0,
            "in_window": applies & session & (since <= high),
            "too_soon": applies & session & (since < low),
            "late": applies & (since > high),
            "lapsed": lapsed,
            "closed": applies & (since > SOON_CLOSED_DAYS),
        }
        self._words("gap_state", "between", states)
        self._flag("gap_lapsed_unchecked", lapsed & session)

    def _judged(self) -> Column:
        column = self.given.get(MUSCLE)
        if column is None:
            return np.zeros(self.count, np.bool_)
        values = codes_of(self.facts[MUSCLE])
        blank = values.index("not_assessed") if "not_assessed" in values else -2
        judged: Column = (column >= 0) & (column != blank)
        return judged

    def _response(self, response: Column, checked: Column, rated: Column) -> Column:
        given = self.given.get("response")
        nobody = np.zeros(self.count, np.bool_)
        if "response" not in self.facts:
            return nobody
        if given is None:
            self.made["response"] = response
            return nobody
        # What is given stands where nothing is rated to work it out from; see `course._given`.
        self.made["response"] = np.where((given >= 0) & ~(rated & checked), given, response).astype(np.int8)
        otherwise: Column = (given >= 0) & rated & checked & (given != response)
        return otherwise

    def _open(
        self, checked: Column, pain: tuple[Column, Column], acts: tuple[Column, Column], change: Column, judged: Column
    ) -> None:
        """Which ratings and judgements of a check are still open; see `OpenQuestions._open_ratings`."""
        known, index = self.known, engine_of(self.pathway).index
        unsure = {name: ~_flags(known, name) for name in (*CHECKED, MUSCLE)}
        nobody = np.zeros(self.count, np.bool_)
        ratings = dict.fromkeys(("pain_at_check", "activities_at_check", "global_change"), nobody)
        if "response" in index:
            ratings["pain_at_check"] = checked & np.isnan(pain[1]) & ~np.isnan(pain[0]) & unsure["pain_at_check"]
            ratings["activities_at_check"] = (
                checked & np.isnan(acts[1]) & ~np.isnan(acts[0]) & unsure["activities_at_check"]
            )
            ratings["global_change"] = checked & np.isnan(change) & unsure["global_change"]
        muscle = checked & ~judged & unsure[MUSCLE] if MUSCLE in index else nobody
        settled = np.logical_or.reduce([muscle, *ratings.values()])
        if not settled.any():
            return
        known.ratings = {name: pack(flags) for name, flags in ratings.items()}
        known.muscle, known.settled = pack(muscle), pack(settled)
        if self.classes.codes:
            rows = np.flatnonzero(settled)
            known.if_settled = np.full(self.count, -1, np.int8)
            known.if_settled[rows] = self.classes.of(
                rows_of(rows, (pain[0], np.where(ratings["pain_at_check"], 0.0, pain[1]))),
                rows_of(rows, (acts[0], np.where(ratings["activities_at_check"], 10.0, acts[1]))),
                np.where(ratings["global_change"], float(self.pathway.numbers.global_full), change)[rows],
            )

    # --- columns -------------------------------------------------------------------------------------------------

    def _flag(self, name: str, flags: Column) -> None:
        if name in self.facts:
            self.made[name] = flags.astype(np.int8)

    def _number(self, name: str, numbers: Column) -> None:
        if name in self.facts:
            self.made[name] = numbers

    def _words(self, name: str, otherwise: str, whose: Mapping[str, Column]) -> None:
        if name in self.facts:
            self.made[name] = column_of_words(self.facts[name], self.count, otherwise, whose)


def _flags(known: Known, name: str) -> Column:
    bits = known.unsure.get(name)
    return np.zeros(known.count, np.bool_) if bits is None else unpack(bits, known.count)
