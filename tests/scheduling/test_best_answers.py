"""Small requests against an oracle that tries everything, and larger ones against the rules and first-fit booking."""

from __future__ import annotations

import json
import random
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.schedule.first_fit import days_of, first_fit
from benchmarks.schedule.request_maker import make_request
from palpate.scheduling import read_request, schedule
from tests.scheduling.checker import broken_rules
from tests.scheduling.oracle import best_worth

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-06", "2026-03-07")
FEW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def answered(request: dict[str, Any], seconds: float = 5.0, seed: int = 0) -> dict[str, Any]:
    """The answer as JSON, without how long it took."""
    sound = read_request(json.loads(json.dumps(request)))
    answer = schedule(sound, seconds, seed).as_json(sound.time)
    del answer["seconds"]
    return answer


def worth(answer: dict[str, Any]) -> tuple[int, int, int]:
    return len(answer["unplaced"]), answer["cost"], answer["changes"]


@st.composite
def tiny_requests(draw: st.DrawFn) -> dict[str, Any]:
    """Two therapists, up to three courses, five days, three hours a day: little enough to try everything."""

    def some(day: str, chance: int = 3) -> list[dict[str, str]]:
        hour = draw(st.integers(9, 10))
        long = draw(st.integers(1, 2))
        span = {"from": f"{day}T{hour:02}:00", "to": f"{day}T{hour + long:02}:{draw(st.sampled_from(['00', '30']))}"}
        return [span] if draw(st.integers(0, chance)) else []

    therapists = [
        {"id": name, "skills": draw(st.sampled_from([["deep"], []])), "hours": [s for day in DAYS for s in some(day)]}
        for name in draw(st.sampled_from([["t1"], ["t1", "t2"]]))
    ]
    rooms = draw(st.sampled_from([None, ["r1"], ["r1", "r2"]]))
    booked = []
    for day in DAYS:
        if draw(st.integers(0, 2)) == 0:
            row = {"from": f"{day}T09:00", "to": f"{day}T{draw(st.sampled_from(['09:30', '10:00', '10:20']))}"}
            row |= draw(st.sampled_from([{"therapist": "t1"}, {"room": "r1"}, {"therapist": "t1", "room": "r1"}]))
            booked.append(row)
    courses = [
        {
            "id": f"c{at}",
            "patient": draw(st.sampled_from(["p1", "p2"])),
            "sessions": draw(st.integers(1, 2)),
            "minutes": draw(st.sampled_from([30, 50, 60])),
            "turnover_minutes": draw(st.sampled_from([0, 15, 30])),
            "gap_days": draw(st.sampled_from([[1, 2], [1, 4], [2, 3]])),
            "within_days": draw(st.integers(1, 5)),
            "earliest": draw(st.sampled_from(DAYS[:3])),
            "skills": draw(st.sampled_from([[], [], ["deep"]])),
            **draw(st.sampled_from([{}, {}, {"therapist": "t1"}])),
            **({"available": [s for day in DAYS for s in some(day)]} if draw(st.integers(0, 2)) == 0 else {}),
        }
        for at in range(draw(st.integers(1, 3)))
    ]
    request = {"palpate": 1, "time_zone": "Europe/Amsterdam", "slot_minutes": 30, "therapists": therapists}
    request |= {"booked": booked, "courses": courses}
    if rooms is not None:
        request["rooms"] = [{"id": name} for name in rooms]
    else:
        for row in booked:
            row.pop("room", None)
        request["booked"] = [row for row in booked if "therapist" in row]
    return request


@FEW
@given(request=tiny_requests(), order=st.randoms(use_true_random=False))
def test_a_tiny_request_gets_the_best_answer_whatever_its_order(request: dict[str, Any], order: random.Random) -> None:
    answer = answered(request)
    assert broken_rules(request, answer) == []
    assert worth(answer) == best_worth(request)
    assert answer["status"] == ("partial" if answer["unplaced"] else "optimal")
    assert answer["bound"] == answer["cost"]
    mixed = json.loads(json.dumps(request))
    for key in ("therapists", "rooms", "booked", "courses"):
        order.shuffle(mixed.get(key, []))
    assert worth(answered(mixed)) == worth(answer)


@pytest.mark.parametrize(("seed", "courses", "therapists"), [(1, 10, 2), (2, 12, 1), (3, 24, 3)])
def test_a_larger_request_keeps_every_rule_and_is_no_worse_than_first_fit(
    seed: int, courses: int, therapists: int
) -> None:
    request = make_request(seed, courses, therapists, weeks=9, arrivals=2)
    answer = answered(request, seconds=3.0)
    assert broken_rules(request, answer) == []
    sound = read_request(request)
    simple = first_fit(sound)
    placed = len({booking.course for booking in simple})
    assert (len(answer["unplaced"]), answer["cost"]) <= (courses - placed, days_of(sound, simple))
    assert answer["bound"] is not None
    assert answer["gap"] == pytest.approx(1 - answer["bound"] / answer["cost"], abs=1e-4)


def test_where_there_is_not_room_for_all_no_rule_gives_way_and_the_bound_is_for_as_many_courses() -> None:
    request = make_request(6, 40, 1, weeks=7, arrivals=2, rooms=1)
    for at, course in enumerate(request["courses"]):
        course["patient"] = f"p{at % 15}"  # people with several courses, who cannot be in two places either
    answer = answered(request, seconds=4.0)
    assert broken_rules(request, answer) == []
    assert answer["status"] == "partial"
    assert answer["placed"] + len(answer["unplaced"]) == 40
    assert 0 < answer["bound"] <= answer["cost"]
    simple = first_fit(read_request(request))
    assert answer["placed"] >= len({booking.course for booking in simple})


def test_first_fit_keeps_the_same_rules_so_that_the_comparison_is_fair() -> None:
    request = make_request(4, 12, 2, weeks=9, arrivals=2)
    sound = read_request(request)
    bookings = first_fit(sound)
    answer = {"bookings": [booking.as_json(sound.time) for booking in bookings], "unplaced": [], "status": "feasible"}
    placed = {booking.course for booking in bookings}
    answer["unplaced"] = [
        {"course": row["id"], "because": "-"} for row in request["courses"] if row["id"] not in placed
    ]
    answer["status"] = "partial" if answer["unplaced"] else "feasible"
    broken = broken_rules(request, {**answer, "cost": days_of(sound, bookings), "bound": None, "changes": 0})
    assert [line for line in broken if "the changes" not in line] == []


def test_the_same_request_and_seed_give_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine is: the clock stands long before the end, so that work alone ends the search.
    monkeypatch.setattr("palpate.scheduling.solving.monotonic", count(0.0, -1_000.0).__next__)
    request = make_request(5, 8, 1, weeks=7, arrivals=1)
    first, again = (answered(request, seconds=2.0, seed=3) for _ in range(2))
    assert first["bookings"]
    assert first == again
