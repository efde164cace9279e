"""The course of care so far: sessions, gaps, checks and measures, as facts that rules can use.

Everything here is counted from the episode's own dates; the day is `as_of`, never the clock. The thresholds come from
the protocol and the response numbers of the pathway document. Sources: measures.md section 4, dose.md sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from palpate.pathway.condition import Value, truth_of
from palpate.pathway.episode import Clearance, Episode, Measure
from palpate.pathway.faults import Fault, Faults, shown
from palpate.pathway.pathway import GIVABLE, Pathway, Protocol
from palpate.pathway.response import (
    INDETERMINATE,
    NOT_RESPONDED,
    PARTLY,
    Codes,
    classify,
    exact,
    recovered,
    shared_mean,
)
from palpate.pathway.standing import rescreened_today
from palpate.pathway.truth import NO

LATEST = {
    "pain_nrs": "pain_latest",
    "sleep_nrs": "sleep_latest",
    "mood_nrs": "mood_latest",
    "isi": "isi_latest",
    "phq2": "phq2_latest",
    "rmdq": "rmdq_score",
}
SOON_CLOSED_DAYS = 28  # a course with a longer gap is closed (dose.md, section 4)
SLACK_DAYS = 7  # how far the longest gap is soft (dose.md, section 4)
CAP_DAYS = 84  # the span of the cap over all courses (dose.md, section 4)
SHORT_SHARE = Fraction(3, 4)  # of the planned minutes (dose.md, section 4)
CHECK_FACTS = ("pain_at_check", "activities_at_check", "global_change", "spasm_response")


@dataclass(frozen=True)
class Ratings:
    """What the response rule is given: exact numbers, None where missing."""

    pain_before: Fraction | None = None
    pain_after: Fraction | None = None
    activities_before: Fraction | None = None
    activities_after: Fraction | None = None
    change: int | None = None


@dataclass
class Course:
    """The course at the moment of the decision.

    facts      derived facts for the rules, by name
    response   the class at the check, or None before it
    ratings    what it was made from
    flags      of the class, with those of timing
    valid      whether ratings of now may count (the check is neither too early nor before its session)
    """

    protocol: Protocol
    facts: dict[str, Value]
    ratings: Ratings
    response: Codes | None
    flags: tuple[str, ...]
    too_early: bool
    check: int | None


def course_of(pathway: Pathway, episode: Episode, standing: Mapping[str, Value]) -> Course:
    """The course of an episode, with every fact that the judge works out from it."""
    protocol = pathway.protocols[episode.protocol or pathway.default_protocol]
    count = int(standing.get("sessions_completed", 0)) if not episode.sessions else len(episode.sessions)
    facts: dict[str, Value] = {
        "sessions_completed": count,
        "sessions_planned": protocol.sessions,
        "rescreened_today": rescreened_today(pathway, episode),
    }
    _days(facts, episode, standing, protocol, count)
    _clearances(facts, pathway, episode, standing)
    _measures(facts, episode, standing)
    check = _check(protocol, count)
    facts["check_reached"] = check is not None
    ratings, flags, too_early = _ratings(pathway, episode, standing, protocol, check)
    response = _response(pathway, episode, ratings, check, too_early)
    if response is not None:
        flags = tuple(dict.fromkeys((*response.flags, *flags)))
    _check_facts(facts, pathway, episode, standing, ratings, response, check, count)
    _given(facts, episode, standing)
    return Course(protocol, facts, ratings, response, flags, too_early, check)


def _given(facts: dict[str, Value], episode: Episode, standing: Mapping[str, Value]) -> None:
    """Facts of the course that the document gives itself: they stand where it lists no sessions to work them out from.

    Errors  Faults where it lists sessions that say otherwise: of two histories of one person neither is believed.
    """
    faults = []
    given = {**episode.facts, **(episode.today or {})}
    rated = any(name in facts for name in ("pain_at_check", "activities_at_check"))
    for name in sorted({*GIVABLE, "sessions_completed", "course_week"} & set(given)):
        worked_out = bool(episode.sessions) or (name == "response" and rated)
        if worked_out and name in facts and given[name] != facts[name]:
            text = f"found {shown(given[name])}, but the rest of the document makes it {shown(facts[name])}"
            faults.append(Fault("disagreement", f"$.facts.{name}", text))
        elif not worked_out:
            facts[name] = given[name]
    if faults:
        raise Faults(faults)


def _days(
    facts: dict[str, Value], episode: Episode, standing: Mapping[str, Value], protocol: Protocol, count: int
) -> None:
    planned = int(standing.get("sessions_planned", protocol.sessions))
    facts["course_ended"] = count >= planned
    facts["gap_lapsed_unchecked"] = False
    facts["sessions_last_84_days"] = count
    facts["short_sessions"] = 0
    facts["late_soreness"] = False
    facts["gap_state"] = "first" if count == 0 else "between"
    if not episode.sessions:
        if "days_since_first_session" in standing and int(standing["days_since_first_session"]) > protocol.within_days:
            facts["course_ended"] = True
        if "days_since_last_session" in standing and 0 < count < planned:
            _gap(facts, episode, protocol, int(standing["days_since_last_session"]), rated=False)
        return
    as_of, first, last = episode.as_of, episode.sessions[0].day, episode.sessions[-1].day
    since_first, since_last = (as_of - first).days, (as_of - last).days
    facts["days_since_first_session"] = since_first
    facts["days_since_last_session"] = since_last
    facts["course_week"] = since_first // 7
    facts["course_ended"] = count >= planned or since_first > protocol.within_days
    facts["sessions_last_84_days"] = sum((as_of - session.day).days <= CAP_DAYS for session in episode.sessions)
    facts["short_sessions"] = sum(
        session.minutes is not None and session.minutes < SHORT_SHARE * protocol.minutes for session in episode.sessions
    )
    facts["late_soreness"] = _late_soreness(episode, last)
    if count < planned:
        rated = any(m.name in ("pain_nrs", "own_activities") and m.day > last for m in episode.measures)
        _gap(facts, episode, protocol, since_last, rated)
    _pain_rise(facts, episode, since_last)


def _gap(facts: dict[str, Value], episode: Episode, protocol: Protocol, since_last: int, rated: bool) -> None:
    """How today stands to the latest session, in days (dose.md, section 4)."""
    low, high = protocol.gap_days
    if since_last > SOON_CLOSED_DAYS:
        facts["gap_state"] = "closed"
    elif since_last > high + SLACK_DAYS:
        facts["gap_state"] = "lapsed"
        facts["gap_lapsed_unchecked"] = episode.moment == "session" and not rated
    elif since_last > high:
        facts["gap_state"] = "late"
    elif episode.moment == "session":
        facts["gap_state"] = "too_soon" if since_last < low else "in_window"


def _pain_rise(facts: dict[str, Value], episode: Episode, since_last: int) -> None:
    """Pain about a day after a session less pain just before it. Source: facts.csv, post_session_pain_rise."""
    before = episode.sessions[-1].pain_before
    after = (episode.today or {}).get("pain_now")
    if before is not None and isinstance(after, int) and since_last in (1, 2):
        facts["post_session_pain_rise"] = plain(exact(after) - exact(before))


def _late_soreness(episode: Episode, last: date) -> bool:
    """Soreness of 7 or more at 72 hours after the last session, or still rising after that (measures.md, 2.12)."""
    scores = [m for m in _of(episode, "soreness_nrs") if m.day > last]
    late = [m for m in scores if (m.day - last).days >= 3]
    if not late:
        return False
    earlier = [m for m in scores if m.day < late[-1].day]
    rising = bool(earlier) and (late[-1].value or 0) > (earlier[-1].value or 0)
    return (late[-1].value or 0) >= 7 or rising


def _clearances(facts: dict[str, Value], pathway: Pathway, episode: Episode, standing: Mapping[str, Value]) -> None:
    """Whether a clinician's refusal stands, and limits do: until a later clearance that is good covers the same."""
    acute = pathway.acute_when is not None and truth_of(pathway.acute_when, standing) is not NO

    def good(clearance: Clearance) -> bool:
        if clearance.valid_until is not None:
            return clearance.valid_until >= episode.as_of
        named = [rule for rule in pathway.rules if rule.clearance_days is not None and clearance.names(rule.id)]
        days = [rule.clearance_acute_days if acute else rule.clearance_days for rule in named]
        return bool(days) and (episode.as_of - clearance.day).days <= min(day or 0 for day in days)

    def replaced(clearance: Clearance, by: tuple[str, ...]) -> bool:
        return any(
            other.outcome in by
            and other.day > clearance.day
            and good(other)
            and all(map(other.names, clearance.covers))
            for other in episode.clearances
        )

    standing_ones = [c for c in episode.clearances if c.valid_until is None or c.valid_until >= episode.as_of]
    facts["clearance_refused"] = any(
        c.outcome == "not_cleared" and not replaced(c, ("cleared", "cleared_with_limits")) for c in standing_ones
    )
    facts["cleared_with_limits"] = any(
        c.outcome == "cleared_with_limits" and not replaced(c, ("cleared", "cleared_with_limits"))
        for c in standing_ones
    )


def _measures(facts: dict[str, Value], episode: Episode, standing: Mapping[str, Value]) -> None:
    for measure, name in LATEST.items():
        scores = _of(episode, measure)
        if scores and (name not in standing or measure != "rmdq"):
            value = scores[-1].value
            assert value is not None
            facts[name] = value
    total, distress = _of(episode, "start_back"), _of(episode, "start_back_distress")
    facts["risk_group"] = "medium"  # where no score is known (combination.md, section 5.2)
    if total and (total[-1].value or 0) <= 3:
        facts["risk_group"] = "low"
    elif total and distress and distress[-1].day == total[-1].day and (distress[-1].value or 0) >= 4:
        facts["risk_group"] = "high"


def _of(episode: Episode, name: str) -> list[Measure]:
    """All scores of one measure, by day."""
    return sorted((m for m in episode.measures if m.name == name), key=lambda m: m.day)


def check_points(protocol: Protocol) -> tuple[int, ...]:
    """After which sessions the response is judged; the end is always among them."""
    return tuple(sorted({*protocol.checks, protocol.sessions}))


def _check(protocol: Protocol, count: int) -> int | None:
    """The latest check point that has been reached, or None before the first."""
    reached = [point for point in check_points(protocol) if point <= count]
    return reached[-1] if reached else None


def _ratings(
    pathway: Pathway, episode: Episode, standing: Mapping[str, Value], protocol: Protocol, check: int | None
) -> tuple[Ratings, tuple[str, ...], bool]:
    numbers = pathway.numbers

    def given(name: str) -> Fraction | None:
        value = standing.get(name)
        return None if value is None else exact(value)  # type: ignore[arg-type]

    change = standing.get("global_change")
    if check is None or not episode.sessions:
        whole = Ratings(
            given("pain_baseline"),
            given("pain_at_check"),
            given("activities_baseline"),
            given("activities_at_check"),
            int(change) if check is not None and change is not None else None,
        )
        return whole, (), False
    first = episode.sessions[0]
    before, first_activities = _baseline(pathway, episode)
    after_session = episode.sessions[check - 1].day
    next_session = episode.sessions[check].day if len(episode.sessions) > check else None
    earliest = first.day + timedelta(days=numbers.first_days)
    if check == protocol.sessions:
        earliest = max(earliest, after_session + timedelta(days=numbers.end_days[0]))
    flags: list[str] = []
    pains = _after(_of(episode, "pain_nrs"), after_session)
    activities = _after(_of(episode, "own_activities"), after_session)
    if not pains:
        later = [s for s in episode.sessions[check:] if s.pain_before is not None]
        pains = [Measure(s.day, "pain_nrs", s.pain_before) for s in later]
    changes = _after(_of(episode, "global_change"), after_session)
    rated = [*pains, *activities]
    too_early = bool(rated) and max(m.day for m in rated) < earliest
    too_early = too_early or (not rated and episode.as_of < earliest)
    if too_early:
        flags.append("too_early")
    elif (next_session and rated and not any(m.day <= next_session for m in rated)) or (
        check == protocol.sessions
        and rated
        and min(m.day for m in rated) > after_session + timedelta(days=numbers.end_days[1])
    ):
        flags.append("late_check")
    shared = shared_mean(first_activities, activities[-1].values) if first_activities and activities else None
    if changes:
        change = changes[-1].value
    return (
        Ratings(
            before if before is not None else given("pain_baseline"),
            exact(pains[-1].value) if pains and pains[-1].value is not None else given("pain_at_check"),
            shared[0] if shared else _first_of(_mean(first_activities), given("activities_baseline")),
            shared[1] if shared else given("activities_at_check"),
            None if change is None else int(change),
        ),
        tuple(flags),
        too_early,
    )


def _baseline(pathway: Pathway, episode: Episode) -> tuple[Fraction | None, tuple[float | None, ...]]:
    """Pain before any touch (mean of the booking rating and session 1's, if both) and session 1's activities.

    Source: measures.md, section 4.1. Without a rating of the last week on the day of session 1, the pain before that
    session stands in; pain after a session never counts.
    """
    first = episode.sessions[0]
    soonest, longest = pathway.numbers.booking_days
    pains = _of(episode, "pain_nrs")
    booking = [m.value for m in pains if soonest <= (first.day - m.day).days <= longest]
    at_first = [m.value for m in pains if m.day == first.day] or [first.pain_before]
    ratings = [exact(value) for value in (booking[-1:] + at_first[-1:]) if value is not None]
    named = [m.values for m in _of(episode, "own_activities") if m.day <= first.day]
    has_first = at_first[-1] is not None
    baseline = sum(ratings, Fraction(0)) / len(ratings) if has_first else None
    return baseline, named[-1] if named else ()


def _first_of(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return one if one is not None else other  # a mean of 0 is a mean


def _mean(values: tuple[float | None, ...]) -> Fraction | None:
    rated = [exact(value) for value in values if value is not None]
    return sum(rated, Fraction(0)) / len(rated) if rated else None


def _after(scores: list[Measure], day: date) -> list[Measure]:
    return [score for score in scores if score.day > day]


def _response(pathway: Pathway, episode: Episode, ratings: Ratings, check: int | None, too_early: bool) -> Codes | None:
    if check is None:
        return None
    if too_early:
        return Codes(None, None, None, INDETERMINATE, ())
    codes = class_of(pathway, ratings)
    if codes.kind == PARTLY and _stalled(pathway, episode, ratings, check):
        return Codes(codes.pain, codes.activities, codes.overall, NOT_RESPONDED, (*codes.flags, "stalled"))
    return codes


def class_of(pathway: Pathway, ratings: Ratings) -> Codes:
    """The class of the response rule for these ratings."""
    return classify(
        pathway.numbers,
        ratings.pain_before,
        ratings.pain_after,
        ratings.activities_before,
        ratings.activities_after,
        ratings.change,
    )


def _stalled(pathway: Pathway, episode: Episode, ratings: Ratings, check: int) -> bool:
    """Partly again one session after a partly, with too little gain in between (dose.md, section 5, at_recheck)."""
    if len(episode.sessions) <= check:
        return False
    upto = episode.sessions[check].day
    after = episode.sessions[check - 1].day
    early = [m for m in _after(_of(episode, "pain_nrs"), after) if m.day <= upto]
    late = [m for m in _of(episode, "pain_nrs") if m.day > upto]
    if not early or not late or early[-1].value is None:
        return False
    then = Ratings(ratings.pain_before, exact(early[-1].value), ratings.activities_before, None, None)
    first_activities = _baseline(pathway, episode)[1]
    early_activities = [m for m in _after(_of(episode, "own_activities"), after) if m.day <= upto]
    shared = (
        shared_mean(first_activities, early_activities[-1].values) if first_activities and early_activities else None
    )
    if shared:
        then = Ratings(then.pain_before, then.pain_after, shared[0], shared[1], None)
    if class_of(pathway, then).kind != PARTLY or then.pain_after is None or ratings.pain_after is None:
        return False
    numbers = pathway.numbers
    gain = then.pain_after - ratings.pain_after
    function = Fraction(0)
    if shared and ratings.activities_after is not None:
        function = ratings.activities_after - shared[1]
    return gain < numbers.stalled_pain and function < numbers.stalled_activities


def muscle_known(episode: Episode, standing: Mapping[str, Value], check: int) -> bool:
    """Whether the treated muscle was judged for this check.

    It is judged at the start of a session, so what stands from session n is a finding after n - 1 sessions. Bad news
    counts at once: an early `none` or `worse` needs no confirmation to stop.
    """
    judged = standing.get("spasm_response")
    if judged in (None, "not_assessed"):
        return False
    if judged in ("none", "worse") or not episode.sessions or "spasm_response" in (episode.today or {}):
        return True
    latest = max((at for at, s in enumerate(episode.sessions) if "spasm_response" in s.facts), default=None)
    return latest is not None and latest >= check


def _check_facts(
    facts: dict[str, Value],
    pathway: Pathway,
    episode: Episode,
    standing: Mapping[str, Value],
    ratings: Ratings,
    response: Codes | None,
    check: int | None,
    count: int,
) -> None:
    muscle = muscle_known(episode, standing, check or 0)
    rated = ratings.pain_after is not None or ratings.activities_after is not None
    ended = bool(facts["course_ended"])  # then no session waits for an answer
    facts["check_unanswered"] = check is not None and not ended and not rated and not muscle
    indeterminate = response is not None and response.kind == INDETERMINATE
    facts["check_overdue"] = check is not None and not ended and indeterminate and count > check and not muscle
    facts["recovered"] = recovered(pathway.numbers, ratings.pain_after, ratings.activities_after)
    if response is not None:
        facts["response"] = response.kind
    named: dict[str, Any] = {
        "pain_baseline": ratings.pain_before,
        "pain_at_check": ratings.pain_after,
        "activities_baseline": ratings.activities_before,
        "activities_at_check": ratings.activities_after,
        "global_change": ratings.change,
    }
    facts.update({name: plain(value) for name, value in named.items() if value is not None})


def plain(value: Fraction | int) -> int | float:
    """A number for JSON: whole where it is whole."""
    return int(value) if value == int(value) else float(value)
