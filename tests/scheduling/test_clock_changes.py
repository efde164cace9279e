"""Days on which clocks change, in three zones on both sides of the world: nothing guessed, lengths in real minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from palpate.pathway.faults import Faults
from palpate.scheduling import Proposal, propose, read_request

# zone, day on which clocks go forward, a time that is skipped, day on which they go back, a time that comes twice
ZONES = [
    ("Europe/Amsterdam", "2026-03-29", "02:30", "2026-10-25", "02:30"),
    ("America/New_York", "2026-03-08", "02:30", "2026-11-01", "01:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-04-05", "01:45"),  # by half an hour only
]
FORWARD = [(zone, day, skipped) for zone, day, skipped, _, _ in ZONES]
BACK = [(zone, day, twice) for zone, _, _, day, twice in ZONES]


def request(zone: str, hours: list[tuple[str, str]], minutes: int = 60, **more: Any) -> dict[str, Any]:
    """One therapist with these hours, and one session to place."""
    course = {"id": "c", "patient": "p", "sessions": 1, "minutes": minutes, "gap_days": [1, 1], "within_days": 0}
    return {
        "palpate": 1, "time_zone": zone, "slot_minutes": 15, "courses": [{**course, "earliest": hours[0][0][:10]}],
        "therapists": [{"id": "t", "hours": [{"from": start, "to": end} for start, end in hours]}], **more,
    }  # fmt: skip


def times(data: dict[str, Any], count: int = 50) -> list[tuple[str, str]]:
    """The times that are proposed, as the answer would write them, in order."""
    sound = read_request(data)
    found: list[Proposal] = propose(sound, "c", count)
    rows = [proposal.bookings[0] for proposal in found]
    return [
        (row.as_json(sound.time)["from"], row.as_json(sound.time)["to"]) for row in sorted(rows, key=lambda b: b.start)
    ]


@pytest.mark.parametrize(("zone", "day", "skipped"), FORWARD)
def test_s57_a_time_that_clocks_skip_is_a_fault(zone: str, day: str, skipped: str) -> None:
    with pytest.raises(Faults, match=f"{day}T{skipped} does not exist in {zone}: clocks skip it that day"):
        read_request(request(zone, [(f"{day}T{skipped}", f"{day}T06:00")]))


@pytest.mark.parametrize(("zone", "day", "skipped"), FORWARD)
def test_s57_a_session_over_the_hour_that_is_skipped_lasts_its_real_minutes(zone: str, day: str, skipped: str) -> None:
    start = "01:45"
    sound = read_request(request(zone, [(f"{day}T{start}", f"{day}T04:00")]))
    booking = propose(sound, "c", 1)[0].bookings[0]
    shown = booking.as_json(sound.time)
    jump = timedelta(minutes=30 if "Lord_Howe" in zone else 60)
    assert booking.ends_at - booking.starts_at == timedelta(minutes=60)
    assert shown["from"] == f"{day}T{start}"
    assert datetime.fromisoformat(shown["to"]) - datetime.fromisoformat(shown["from"]) == timedelta(hours=1) + jump


@pytest.mark.parametrize(("zone", "day", "twice"), BACK)
def test_s57_hours_over_a_change_back_hold_the_hour_twice_and_the_answer_tells_which(
    zone: str, day: str, twice: str
) -> None:
    found = times(request(zone, [(f"{day}T00:00", f"{day}T04:00")], minutes=15))
    starts = [start for start, _ in found if start.startswith(f"{day}T{twice}")]
    assert len(starts) == 2
    assert all(len(start) == len("2026-10-25T02:30+02:00") for start in starts)
    first, second = (datetime.fromisoformat(start).astimezone(UTC) for start in starts)
    assert second - first == timedelta(minutes=30 if "Lord_Howe" in zone else 60)


@pytest.mark.parametrize(("zone", "day", "twice"), BACK)
def test_s57_a_time_that_comes_twice_may_be_told_by_its_offset_and_else_leaves_less_time_free(
    zone: str, day: str, twice: str
) -> None:
    both = [
        start for start, _ in times(request(zone, [(f"{day}T00:00", f"{day}T04:00")], minutes=15)) if twice in start
    ]
    told = [times(request(zone, [(start, f"{day}T04:00")], minutes=15))[0][0] for start in both]
    assert told == both
    untold = times(request(zone, [(f"{day}T{twice}", f"{day}T04:00")], minutes=15))
    assert untold[0][0] == both[1], "hours begin with the second"
    hours = [(f"{day}T00:00", f"{day}T04:00")]
    booked = [{"therapist": "t", "from": f"{day}T{twice}", "to": f"{day}T04:00"}]
    free = times(request(zone, hours, minutes=15, booked=booked))
    assert all(end <= both[0] or end[:16] <= f"{day}T{twice}" for _, end in free)
    assert both[0] not in [start for start, _ in free], "what is booked begins with the first"


def test_s57_a_course_over_both_changes_and_a_leap_day_and_a_year_end_keeps_its_days() -> None:
    for first, second in (("2026-03-28", "2026-03-29"), ("2028-02-28", "2028-02-29"), ("2026-12-31", "2027-01-01")):
        data = request("Europe/Amsterdam", [(f"{day}T09:00", f"{day}T10:00") for day in (first, second)])
        data["courses"][0] |= {"sessions": 2, "within_days": 1}
        sound = read_request(data)
        proposal = propose(sound, "c")[0]
        assert [booking.as_json(sound.time)["from"] for booking in proposal.bookings] == [
            f"{first}T09:00", f"{second}T09:00",
        ]  # fmt: skip
        assert proposal.days == 1


def test_s57_where_clocks_skip_midnight_the_day_still_begins() -> None:
    # Beirut, 29 March 2026: clocks go from 00:00 to 01:00.
    found = times(request("Asia/Beirut", [("2026-03-28T23:00", "2026-03-29T02:00")]))
    assert ("2026-03-28T23:00", "2026-03-29T01:00") in found
    assert ("2026-03-29T01:00", "2026-03-29T02:00") in found
