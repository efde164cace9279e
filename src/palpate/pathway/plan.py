"""The plan that goes with a decision: protocol, next dates, and what is combined with massage or follows it.

Sources: contract section 2; dose.md section 4 (windows), combination.md sections 4 and 5 (parts and next treatments).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from palpate.pathway.condition import Value, truth_of
from palpate.pathway.course import Course, check_points
from palpate.pathway.episode import Episode
from palpate.pathway.pathway import Offer, Pathway
from palpate.pathway.truth import NO, YES

BLENDED = ("treat", "treat_with_precautions")
SWITCHED = ("change_treatment", "complete")
REFERRED = ("emergency", "medical_exam_first")  # no date until somebody else has decided


def plan_of(
    pathway: Pathway, episode: Episode, course: Course, known: Mapping[str, Value], disposition: str
) -> dict[str, Any]:
    """The plan as the contract shapes it; dates are ISO days, null where none follows."""
    protocol = course.protocol
    done = int(course.facts["sessions_completed"])
    start, stop, ends = _window(episode, course, disposition)
    checks = [point for point in check_points(protocol) if point >= done] or [protocol.sessions]
    return {
        "protocol": protocol.id,
        "sessions_planned": protocol.sessions,
        "sessions_done": done,
        "check_after": checks[0],
        "next_from": _day(start),
        "next_to": _day(stop),
        "ends_by": _day(ends),
        "combine": _combine(pathway, known, disposition),
        "home": home_items(pathway, known) if _goes_on(known, disposition) else [],
    }


def _window(episode: Episode, course: Course, disposition: str) -> tuple[date | None, date | None, date | None]:
    """First and last day of the next session, and the last day of the course."""
    protocol = course.protocol
    low, high = protocol.gap_days
    done = int(course.facts["sessions_completed"])
    today_counts = episode.moment == "session" and disposition in (*BLENDED, *SWITCHED)
    if not episode.sessions:
        if done or disposition not in BLENDED:
            return None, None, None
        if episode.moment == "session":  # today is session 1
            last: date = episode.as_of
            first = episode.as_of
            done = 1
        else:
            return episode.as_of, None, None
    else:
        first, last = episode.sessions[0].day, episode.sessions[-1].day
        if today_counts and last < episode.as_of:
            last, done = episode.as_of, done + 1
    ends = first + timedelta(days=protocol.within_days)
    if done >= protocol.sessions or course.facts["gap_state"] == "closed" or disposition in REFERRED:
        return None, None, ends
    start = last + timedelta(days=low)
    if disposition not in (*BLENDED, *SWITCHED) and episode.moment == "session":  # today's session is not given
        tomorrow = episode.as_of + timedelta(days=disposition == "do_not_massage_now")
        start = max(start, tomorrow)
    stop = min(last + timedelta(days=high), ends)
    return (start, stop, ends) if start <= stop else (None, None, ends)


def _combine(pathway: Pathway, known: Mapping[str, Value], disposition: str) -> list[str]:
    if disposition in BLENDED:
        return [part.id for part in pathway.parts if _fits(part, known)]
    if disposition in SWITCHED and not _well(known):
        return next_treatments(pathway, known)
    return [part.id for part in pathway.parts if _fits(part, known)] if disposition in SWITCHED else []


def _well(known: Mapping[str, Value]) -> bool:
    """The person responded, and the treated muscle does not say otherwise: no other treatment is needed."""
    return known.get("response") == "responded" and known.get("spasm_response") not in ("none", "partial", "worse")


def next_treatments(pathway: Pathway, known: Mapping[str, Value]) -> list[str]:
    """The first next treatment that fits the presentation, and every add-on that does (combination.md, 5.2)."""
    chosen = [offer.id for offer in pathway.switches if not offer.add_on and _holds(offer, known)][:1]
    return chosen + [offer.id for offer in pathway.switches if offer.add_on and _holds(offer, known)]


def _goes_on(known: Mapping[str, Value], disposition: str) -> bool:
    """The person is in the course, or leaves it well: then the home programme is for them."""
    return disposition in BLENDED or (disposition == "complete" and _well(known))


def home_items(pathway: Pathway, known: Mapping[str, Value]) -> list[str]:
    """Items of the home programme that fit what is known; none whose limits are unknown or met."""
    return [item.id for item in pathway.home if _fits(item, known)]


def _fits(offer: Offer, known: Mapping[str, Value]) -> bool:
    """Offered where its condition holds and its limits surely do not: an unknown limit is not offered."""
    if offer.when is not None and truth_of(offer.when, known) is not YES:
        return False
    return offer.avoid_when is None or truth_of(offer.avoid_when, known) is NO


def _holds(offer: Offer, known: Mapping[str, Value]) -> bool:
    return offer.when is not None and truth_of(offer.when, known) is YES


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
