"""Proposals for one course, and why there are none."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.schedule.request_maker import make_request
from palpate.scheduling import Fixed, propose, read_request, schedule, why_not
from tests.scheduling.checker import broken_rules

MONDAYS = [(date(2026, 3, 2) + timedelta(weeks=at)).isoformat() for at in range(8)]
COURSE = {
    "id": "c1", "patient": "p1", "sessions": 4, "minutes": 45, "turnover_minutes": 15, "gap_days": [7, 21],
    "within_days": 42, "earliest": "2026-03-02", "skills": ["deep"],
}  # fmt: skip


def spans(days: list[str], start: str = "09:00", end: str = "12:00") -> list[dict[str, str]]:
    return [{"from": f"{day}T{start}", "to": f"{day}T{end}"} for day in days]


def request(**course: Any) -> dict[str, Any]:
    """Two therapists who work on Monday mornings, one room, one course."""
    return {
        "palpate": 1, "time_zone": "Europe/Amsterdam", "slot_minutes": 15,
        "therapists": [{"id": name, "skills": ["deep"], "hours": spans(MONDAYS)} for name in ("t1", "t2")],
        "rooms": [{"id": "r1"}], "booked": [], "courses": [{**COURSE, **course}],
    }  # fmt: skip


def test_the_best_proposal_is_as_early_as_the_gaps_allow_with_one_therapist_at_one_time_of_day() -> None:
    data = request()
    data["booked"] = [{"therapist": "t1", "from": "2026-03-02T09:00", "to": "2026-03-02T10:00"}]
    sound = read_request(data)
    best, *others = propose(sound, "c1")
    assert (best.days, best.changes) == (21, 0)
    assert len({(booking.therapist, booking.room) for booking in best.bookings}) == 1
    assert len({booking.as_json(sound.time)["from"][11:] for booking in best.bookings}) == 1
    begins = [proposal.bookings[0].starts_at for proposal in (best, *others)]
    assert len(set(begins)) == 3
    assert [proposal.days for proposal in others] == sorted(proposal.days for proposal in others)


def test_proposals_are_what_the_whole_search_would_book_for_one_course() -> None:
    data = make_request(11, 40, 3)
    sound = read_request(data)
    for course in data["courses"][::10]:
        one = {**data, "courses": [course]}
        proposal = propose(sound, course["id"], 1)[0]
        answer = schedule(read_request(one), 2.0)
        assert (proposal.days, proposal.changes) == (answer.cost, answer.changes)
        assert answer.status == "optimal"
        written = {**answer.as_json(sound.time), "bookings": [row.as_json(sound.time) for row in proposal.bookings]}
        assert broken_rules(one, written) == []


def test_sessions_that_stay_are_kept_and_the_later_ones_keep_their_gaps_to_them() -> None:
    sound = read_request(request())
    first, second, *_ = propose(sound, "c1", 1)[0].bookings
    moved = second.starts_at + timedelta(days=3)  # a Thursday, on which nobody works
    found = propose(sound, "c1", fixed={1: Fixed("t1", first.starts_at), 2: Fixed("t9", moved, "r7")})
    for proposal in found:
        kept = proposal.bookings
        assert [booking.session for booking in kept] == [1, 2, 3, 4]
        assert (kept[0].starts_at, kept[1].starts_at) == (first.starts_at, moved)
        assert (kept[1].therapist, kept[1].room) == ("t9", "r7")
        days = [booking.starts_at.date() for booking in kept]
        assert all(7 <= (after - before).days <= 21 for before, after in pairwise(days))
        assert (days[-1] - days[0]).days <= 42
    assert found
    assert propose(sound, "c1", fixed={1: Fixed("t1", first.starts_at), 2: Fixed("t1", first.starts_at)}) == []


def test_a_course_whose_sessions_all_stay_has_nothing_to_propose_and_no_reason_against_it() -> None:
    sound = read_request(request(sessions=2))
    first, second = propose(sound, "c1", 1)[0].bookings
    fixed = {1: Fixed("t1", first.starts_at), 2: Fixed("t2", second.starts_at)}
    assert propose(sound, "c1", fixed=fixed) == []
    assert why_not(sound, "c1", fixed) == ""


def test_an_unknown_course_or_session_is_refused() -> None:
    sound = read_request(request())
    with pytest.raises(KeyError):
        propose(sound, "c2")
    with pytest.raises(KeyError):
        propose(sound, "c1", fixed={5: Fixed("t1", propose(sound, "c1")[0].bookings[0].starts_at)})


NO_LONG = "no working hours of a therapist who may treat it are as long as one session holds them, 195 minutes"
NO_SHARED = "no working hours of a therapist who may treat it lie within the times at which the patient can come"
NO_ROOM = "the rooms are booked at all times that it would need"
BOOKED = "what is booked already leaves too little time of therapists, rooms or the patient"
OWN_TIMES = (
    "with the working hours and the patient's own times, 4 sessions 7 to 21 days apart within 42 days cannot be kept"
)
REASONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"skills": ["deep", "lymph"]}, {}, "no therapist has the skill deep and lymph"),
    ({}, {"therapists": []}, "no therapist has the skill deep"),
    ({"skills": []}, {"therapists": []}, "there is no therapist"),
    ({"earliest": "2026-06-01"}, {}, "no therapist who may treat it works from 2026-06-01 on"),
    ({"earliest": "2026-06-01", "therapist": "t1"}, {}, "therapist t1 does not work from 2026-06-01 on"),
    ({"minutes": 170}, {}, NO_LONG),
    ({"available": spans(MONDAYS, "13:00", "15:00")}, {}, NO_SHARED),
    ({"available": []}, {}, NO_SHARED),
    ({"within_days": 20}, {}, "4 sessions 7 to 21 days apart do not fit into 20 days"),
    ({"gap_days": [3, 5]}, {}, "with the working hours, 4 sessions 3 to 5 days apart within 42 days cannot be kept"),
    ({"available": spans(MONDAYS[:3])}, {}, OWN_TIMES),
    ({}, {"rooms": []}, "there is no room"),
    ({}, {"booked": [{"room": "r1", "from": "2026-03-02T00:00", "to": "2026-04-06T00:00"}]}, NO_ROOM),
    ({}, {"booked": [{"patient": "p1", **span} for span in spans(MONDAYS[2:])]}, BOOKED),
]  # fmt: skip


@pytest.mark.parametrize(("course", "rest", "reason"), REASONS)
def test_a_course_that_cannot_be_placed_says_which_rule_stood_in_the_way(
    course: dict[str, Any], rest: dict[str, Any], reason: str
) -> None:
    data = {**request(**course), **copy.deepcopy(rest)}
    sound = read_request(data)
    assert why_not(sound, "c1") == reason
    assert propose(sound, "c1") == []
    answer = schedule(sound, 1.0)
    assert (answer.status, dict(answer.unplaced), answer.bookings) == ("partial", {"c1": reason}, ())
    assert (answer.cost, answer.bound, answer.gap) == (0, 0, 0.0)


def test_a_course_for_which_only_others_leave_no_time_says_so() -> None:
    data = request()
    data["therapists"] = [{"id": "t1", "skills": ["deep"], "hours": spans(MONDAYS[:4], "09:00", "10:00")}]
    data["courses"] = [{**COURSE, "id": name, "patient": name} for name in ("c1", "c2")]
    sound = read_request(data)
    answer = schedule(sound, 2.0)
    assert why_not(sound, "c1") == why_not(sound, "c2") == ""
    assert list(answer.unplaced.values()) == [
        "the other courses hold the times that it would need: there is not enough time for all"
    ]
    assert (answer.cost, answer.bound) == (21, 21)


def test_nothing_to_book_is_booked_at_once() -> None:
    data = {**request(), "courses": []}
    answer = schedule(read_request(data), 1.0)
    assert (answer.status, answer.bookings, answer.cost, answer.bound, answer.gap) == ("optimal", (), 0, 0, 0.0)
