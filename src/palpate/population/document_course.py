"""The course of many documents: what `pathway.course` works out from sessions and scores, over columns.

Ratings are counted in twelfths of a point, in which halves, and means of two or three of them, are whole, so that a
value on a threshold has reached it. Documents with finer ratings are odd, and are read singly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from palpate.pathway.course import CAP_DAYS, LATEST, SLACK_DAYS, SOON_CLOSED_DAYS, check_points
from palpate.pathway.engine import engine_of
from palpate.pathway.pathway import Protocol
from palpate.population.bits import pack
from palpate.population.checked import Classes
from palpate.population.known import Column, Known, codes_of, column_of_words, rows_of
from palpate.population.program import MUSCLE
from palpate.population.scores import PARTS, Pair, Scores, shared_means
from palpate.population.unnested import ODD, Unnested

LATE_DAYS = 3  # after a session; soreness then is looked at singly
BEFORE_ALL = np.iinfo(np.int64).min


class DocumentCourse(Scores):
    """The course of unnested documents; `add` gives what is known of all of them, the odd ones included."""

    def __init__(self, docs: Unnested, classes: Classes) -> None:
        super().__init__(docs)
        self.classes, self.facts = classes, docs.facts
        self.numbers = docs.pathway.numbers
        self.protocols: list[Protocol] = list(self.pathway.protocols.values())
        self.made: dict[str, Column] = {}
        self.sessions = docs.sessions
        self.done = self.sessions.lengths
        self.first = docs.days_at(np.minimum(self.sessions.starts, max(len(docs.days) - 1, 0)))
        self.last = docs.days_at(self.sessions.last())
        self.has = self.done > 0

    def each(self, of: Any) -> Column:
        """A number of each document's protocol."""
        return np.array([of(protocol) for protocol in self.protocols])[self.docs.protocol]

    # --- the course ----------------------------------------------------------------------------------------------

    def add(self) -> Known:
        """What is known, with the facts of the course."""
        docs, has = self.docs, self.has
        planned = self.each(lambda protocol: protocol.sessions)
        points = [check_points(protocol) for protocol in self.protocols]
        check = np.zeros(self.count, np.int64)
        for at, some in enumerate(points):
            for point in some:
                check = np.where((docs.protocol == at) & (self.done >= point), point, check)
        since_first = np.where(has, docs.as_of - self.first, -1)
        since_last = np.where(has, docs.as_of - self.last, -1)
        within = self.each(lambda protocol: protocol.within_days)
        ended = (self.done >= planned) | (has & (since_first > within))
        self._numbers("sessions_completed", self.done)
        self._numbers("sessions_planned", planned)
        self._flags("rescreened_today", docs.rescreened)
        self._flags("course_ended", ended)
        self._numbers("days_since_first_session", since_first, has)
        self._numbers("days_since_last_session", since_last, has)
        self._numbers("course_week", since_first // 7, has)
        self._sessions_given(since_first, planned)
        self._gap(since_last, planned)
        self._pain_rise(since_last)
        self._flags("clearance_refused", np.zeros(self.count, np.bool_))
        self._flags("cleared_with_limits", np.zeros(self.count, np.bool_))
        self._measured()
        known = Known(self.count, docs.columns, docs.moment, self._none)
        self._response(known, check, ended)
        known.columns.update(self.made)
        known.unsure = {name: pack(flags) for name, flags in docs.unsure.items()}
        known.course["protocol"] = docs.protocol.astype(np.int64)
        return known

    def _none(self, rows: Sequence[int]) -> Any:
        raise LookupError(rows)

    def _sessions_given(self, since_first: Column, planned: Column) -> None:
        docs, rows = self.docs, self.sessions.rows
        recent = docs.as_of[rows] - docs.days <= CAP_DAYS
        self._numbers("sessions_last_84_days", np.bincount(rows[recent], minlength=self.count))
        minutes = self.sessions.numbers("minutes")
        wanted = self.each(lambda protocol: protocol.minutes)[rows]
        self._numbers("short_sessions", np.bincount(rows[minutes * 4 < wanted * 3], minlength=self.count))
        sore = self.of("soreness_nrs")
        late = self.has[self.rows[sore]] & (self.days[sore] - self.last[self.rows[sore]] >= LATE_DAYS)
        docs.odd[self.rows[sore[late]]] = True
        self._flags("late_soreness", np.zeros(self.count, np.bool_))

    def _gap(self, since: Column, planned: Column) -> None:
        low, high = self.each(lambda protocol: protocol.gap_days[0]), self.each(lambda protocol: protocol.gap_days[1])
        session = self.docs.moment == 1
        applies = self.has & (self.done < planned)
        lapsed = applies & (since > high + SLACK_DAYS) & (since <= SOON_CLOSED_DAYS)
        states = {
            "first": ~self.has,
            "in_window": applies & session & (since <= high),
            "too_soon": applies & session & (since < low),
            "late": applies & (since > high),
            "lapsed": lapsed,
            "closed": applies & (since > SOON_CLOSED_DAYS),
        }
        self._words("gap_state", "between", states)
        rated = np.zeros(self.count, np.bool_)
        for name in ("pain_nrs", "own_activities"):
            places = self.of(name)
            rated[self.rows[places[self.days[places] > self.last[self.rows[places]]]]] = True
        self._flags("gap_lapsed_unchecked", lapsed & session & ~rated)

    def _pain_rise(self, since: Column) -> None:
        now = self.docs.columns.get("pain_now")
        told = self.docs.today.get("pain_now")
        if now is None or told is None or not len(self.sessions.rows):
            return
        before = self.sessions.numbers("pain_before")[self.sessions.last()]
        there = self.has & told & ~np.isnan(before) & ((since == 1) | (since == 2))
        self.docs.odd |= there & (before * 2 != np.floor(before * 2))
        self._numbers("post_session_pain_rise", now - before, there)

    def _measured(self) -> None:
        for measure, name in LATEST.items():
            places, there = self.latest(self.of(measure))
            if not there.any() or name not in self.facts:
                continue
            values = np.where(there, self.value[places], np.nan)
            standing = self.docs.columns.get(name)
            if measure == "rmdq" and standing is not None:
                values = np.where(np.isnan(standing), values, standing)
            elif standing is not None:
                values = np.where(there, values, standing)
            self.made[name] = values
        total, scored = self.latest(self.of("start_back"))
        distress, known = self.latest(self.of("start_back_distress"))
        size = len(self.value)
        low = scored & ((self.value[total] <= 3) if size else False)
        same_day = scored & known & ((self.days[total] == self.days[distress]) if size else False)
        high = ~low & same_day & ((self.value[distress] >= 4) if size else False)
        self._words("risk_group", "medium", {"low": low, "high": high})

    # --- the response --------------------------------------------------------------------------------------------

    def _response(self, known: Known, check: Column, ended: Column) -> None:
        docs = self.docs
        checked = check > 0
        change = docs.columns.get("global_change")
        change = np.full(self.count, np.nan) if change is None else change.copy()
        pain, acts, change, early = self._ratings(check, checked, change)
        response = np.full(self.count, -1, np.int8)
        if self.classes.codes:
            of = self.classes.of(rows_of(checked, pain), rows_of(checked, acts), change[checked], PARTS)
            response[checked] = np.where(early[checked], self.classes.codes["indeterminate"], of)
            response[self._stalled(check, response, pain, acts)] = self.classes.codes["not_responded"]
        judged = self._judged(check)
        rated = ~np.isnan(pain[1]) | ~np.isnan(acts[1])
        uncertain = response == self.classes.codes.get("indeterminate", -2)
        self._flags("check_reached", checked)
        self._flags("check_unanswered", checked & ~ended & ~rated & ~judged)
        self._flags("check_overdue", checked & ~ended & uncertain & (self.done > check) & ~judged)
        self._flags("recovered", self.classes.recovered(pain[1], acts[1], PARTS))
        if "response" in self.facts:
            self.made["response"] = response
        for name, column in (("pain_baseline", pain[0]), ("pain_at_check", pain[1])):
            self._numbers(name, column / PARTS, ~np.isnan(column))
        for name, column in (("activities_baseline", acts[0]), ("activities_at_check", acts[1])):
            self._numbers(name, column / PARTS, ~np.isnan(column))
        standing = docs.columns.get("global_change")
        if "global_change" in self.facts:
            self.made["global_change"] = change if standing is None else np.where(np.isnan(change), standing, change)
        self._open(known, checked, early, pain, acts, change, judged)

    def _ratings(
        self, check: Column, checked: Column, change: Column
    ) -> tuple[tuple[Column, Column], tuple[Column, Column], Column, Column]:
        """Ratings at the start and at the check, the person's own view, and whether the check is too early."""
        docs, rows = self.docs, self.rows
        nothing = np.full(self.count, np.nan)
        if not checked.any():
            return (nothing, nothing), (nothing, nothing), np.where(checked, change, np.nan), np.zeros(self.count, bool)
        after = docs.days_at(self.sessions.at(np.maximum(check - 1, 0)))
        before, first_rated, named = self._baseline()
        earliest = self.first + self.numbers.first_days
        last = check == self.each(lambda protocol: protocol.sessions)
        earliest = np.where(last, np.maximum(earliest, after + self.numbers.end_days[0]), earliest)
        late = checked[rows] & (self.days > after[rows])
        pains, with_pain = self.latest(self.of("pain_nrs", late))
        acts, with_acts = self.latest(self.of("own_activities", late))
        views, with_view = self.latest(self.of("global_change", late))
        size = len(self.value)
        pain_now = np.where(with_pain, self.value[pains], np.nan) if size else nothing.copy()
        pain_day = np.where(with_pain, self.days[pains], BEFORE_ALL) if size else np.full(self.count, BEFORE_ALL)
        self._by_sessions(check, checked & ~with_pain, pain_now, pain_day)
        act_day = np.where(with_acts, self.days[acts], BEFORE_ALL) if size else np.full(self.count, BEFORE_ALL)
        newest = np.maximum(pain_day, act_day)
        rated = newest > BEFORE_ALL
        early = checked & np.where(rated, newest < earliest, docs.as_of < earliest)
        if size:
            change = np.where(with_view, self.value[views], change)
        later = np.where(with_acts[:, None], self.rated[acts], -1.0) if size else np.full((self.count, 3), -1.0)
        act_before, act_after = shared_means(first_rated, named, later, with_acts)
        self.docs.odd |= checked & ((pain_now * 2) % 1 != 0) & ~np.isnan(pain_now)
        pain = np.where(checked, before, np.nan), np.where(checked, pain_now * PARTS, np.nan)
        acts_pair = np.where(checked, act_before, np.nan), np.where(checked, act_after, np.nan)
        return pain, acts_pair, np.where(checked, change, np.nan), early

    def _by_sessions(self, check: Column, wanted: Column, pain: Column, day: Column) -> None:
        """Where nobody rated pain after the check, the pain before a later session stands in."""
        rows = self.sessions.rows
        if not len(rows):
            return
        number = np.arange(len(rows)) - self.sessions.starts[rows]
        before = self.sessions.numbers("pain_before")
        those = np.flatnonzero(wanted[rows] & (number >= check[rows]) & ~np.isnan(before))
        pain[rows[those]] = before[those]
        day[rows[those]] = self.docs.days[those]

    def _baseline(self) -> tuple[Column, Column, Column]:
        """(pain before any touch, in parts; the activities of the start; how many were named)."""
        soonest, longest = self.numbers.booking_days
        rows, size = self.rows, len(self.value)
        ahead = self.first[rows] - self.days
        has = self.has[rows]
        booking, booked = self.latest(self.of("pain_nrs", has & (ahead >= soonest) & (ahead <= longest)))
        at_first, rated = self.latest(self.of("pain_nrs", has & (ahead == 0)))
        session = self.sessions.numbers("pain_before")
        own = (
            session[np.minimum(self.sessions.starts, max(len(session) - 1, 0))]
            if len(session)
            else np.full(self.count, np.nan)
        )
        own = np.where(self.has, own, np.nan)
        there = np.where(rated, self.value[at_first], own) if size else own
        mean = np.where(booked, (self.value[booking] + there) / 2, there) if size else there
        parts = mean * PARTS
        self.docs.odd |= self.has & ~np.isnan(there) & ((there * 2) % 1 != 0)
        if size:
            self.docs.odd |= self.has & booked & ((self.value[booking] * 2) % 1 != 0)
        return parts, *self._first_activities()

    def _first_activities(self) -> tuple[Column, Column]:
        """The ratings of the activities that were named at the start, and how many those were."""
        ahead = self.first[self.rows] - self.days
        first, there = self.latest(self.of("own_activities", self.has[self.rows] & (ahead >= 0)))
        rated = np.where(there[:, None], self.rated[first], -1.0) if len(self.value) else np.full((self.count, 3), -1.0)
        return rated, (rated != -1.0).sum(axis=1)

    def _judged(self, check: Column) -> Column:
        """Whether the treated muscle was judged for the check; see `course.muscle_known`."""
        column = self.docs.columns.get(MUSCLE)
        nobody = np.zeros(self.count, np.bool_)
        if column is None:
            return nobody
        values = list(codes_of(self.facts[MUSCLE]))
        places = {word: values.index(word) if word in values else ODD for word in ("not_assessed", "none", "worse")}
        said = (column >= 0) & (column != places["not_assessed"])
        at_once = (column == places["none"]) | (column == places["worse"]) | ~self.has
        at_once |= self.docs.today.get(MUSCLE, nobody)
        latest = np.full(self.count, -1)
        told = self.docs.told_in_sessions(MUSCLE)
        if len(told):
            rows = self.sessions.rows[told]
            latest[rows] = told - self.sessions.starts[rows]
        judged: Column = said & (at_once | ((latest >= 0) & (latest >= check)))
        return judged

    def _stalled(self, check: Column, response: Column, pain: Pair, acts: Pair) -> Column:
        """Who was partly better, and one session later is so again with too little gain; see `course._stalled`."""
        partly: Column = (response == self.classes.codes.get("partly", -2)) & (self.done > check)
        if not partly.any():
            return partly
        after = self.docs.days_at(self.sessions.at(np.maximum(check - 1, 0)))
        upto = self.docs.days_at(self.sessions.at(np.minimum(check, np.maximum(self.done - 1, 0))))
        whose = partly[self.rows] & (self.days > after[self.rows])
        early = whose & (self.days <= upto[self.rows])
        _, with_late = self.latest(self.of("pain_nrs", whose & ~early))
        pains, with_early = self.latest(self.of("pain_nrs", early))
        rated, with_rated = self.latest(self.of("own_activities", early))
        stalled: Column = partly & with_early & with_late
        if not stalled.any():
            return stalled
        then = np.where(with_early, self.value[pains] * PARTS, np.nan)
        first, named = self._first_activities()
        start, now = shared_means(first, named, np.where(with_rated[:, None], self.rated[rated], -1.0), with_rated)
        shared = ~np.isnan(now)
        before = np.where(shared, start, acts[0])
        kinds = self.classes.of(
            rows_of(stalled, (pain[0], then)), rows_of(stalled, (before, now)), np.full(stalled.sum(), np.nan), PARTS
        )
        stalled[stalled] = kinds == self.classes.codes["partly"]
        gained = np.where(shared & ~np.isnan(acts[1]), acts[1] - now, 0.0)
        little = then - pain[1] < float(self.numbers.stalled_pain * PARTS)
        stalled &= little & (gained < float(self.numbers.stalled_activities * PARTS))
        return stalled

    def _open(
        self, known: Known, checked: Column, early: Column, pain: Any, acts: Any, change: Column, judged: Column
    ) -> None:
        """Which ratings and judgements of a check are still open; see `OpenQuestions._open_ratings`."""
        index = engine_of(self.pathway).index
        nobody = np.zeros(self.count, np.bool_)
        asked = {name: ~self.docs.unsure.get(name, nobody) for name in ("pain_at_check", "activities_at_check")}
        asked |= {name: ~self.docs.unsure.get(name, nobody) for name in ("global_change", MUSCLE)}
        due = checked & ~early if "response" in index else nobody
        ratings = {
            "pain_at_check": due & np.isnan(pain[1]) & ~np.isnan(pain[0]) & asked["pain_at_check"],
            "activities_at_check": due & np.isnan(acts[1]) & ~np.isnan(acts[0]) & asked["activities_at_check"],
            "global_change": due & np.isnan(change) & asked["global_change"],
        }
        muscle = checked & ~judged & asked[MUSCLE] if MUSCLE in index else nobody
        settled = np.logical_or.reduce([muscle, *ratings.values()])
        if not settled.any():
            return
        known.ratings = {name: pack(flags) for name, flags in ratings.items()}
        known.muscle, known.settled = pack(muscle), pack(settled)
        if self.classes.codes:
            best = np.where(ratings["global_change"], float(self.numbers.global_full), change)
            filled = self.classes.of(
                rows_of(settled, (pain[0], np.where(ratings["pain_at_check"], 0.0, pain[1]))),
                rows_of(settled, (acts[0], np.where(ratings["activities_at_check"], 10.0 * PARTS, acts[1]))),
                best[settled],
                PARTS,
            )
            known.if_settled = np.full(self.count, -1, np.int8)
            known.if_settled[settled] = np.where(early[settled], self.classes.codes["indeterminate"], filled)

    # --- columns -------------------------------------------------------------------------------------------------

    def _flags(self, name: str, flags: Column) -> None:
        if name in self.facts:
            self.made[name] = flags.astype(np.int8)

    def _numbers(self, name: str, values: Column, there: Column | None = None) -> None:
        if name in self.facts:
            values = values.astype(np.float64)
            self.made[name] = values if there is None else np.where(there, values, np.nan)

    def _words(self, name: str, otherwise: str, whose: dict[str, Column]) -> None:
        if name in self.facts:
            self.made[name] = column_of_words(self.facts[name], self.count, otherwise, whose)
