"""What can be wrong with a request: one clear line per fault, each with its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from palpate.pathway.faults import Faults
from palpate.scheduling import read_request

SPAN = {"from": "2026-03-02T09:00", "to": "2026-03-02T12:30"}
SOUND: dict[str, Any] = {
    "palpate": 1,
    "time_zone": "Europe/Amsterdam",
    "slot_minutes": 15,
    "therapists": [{"id": "t1", "skills": ["deep"], "hours": [dict(SPAN)]}],
    "rooms": [{"id": "r1"}],
    "booked": [{"therapist": "t1", "room": "r1", **SPAN}],
    "courses": [
        {"id": "c1", "patient": "p1", "sessions": 4, "minutes": 45, "turnover_minutes": 15, "gap_days": [7, 21],
         "within_days": 42, "earliest": "2026-03-02", "skills": ["deep"], "therapist": None, "available": [dict(SPAN)]}
    ],
}  # fmt: skip


def faults_of(data: Any) -> list[str]:
    with pytest.raises(Faults) as caught:
        read_request(data)
    return [str(fault) for fault in caught.value.faults]


def test_the_request_of_the_contract_is_sound() -> None:
    request = read_request(SOUND)
    assert request.courses[0].gap == (7, 21)
    assert request.therapists[0].hours[0].end - request.therapists[0].hours[0].start == 210


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of one place of the request; `...` as a value takes the key away."""

    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        if value is ...:
            del data[path[-1]]
        else:
            data[path[-1]] = value

    return change


COURSE, HOURS = ("courses", 0), ("therapists", 0, "hours", 0)
TABLE = [
    (put("palpate", value=2), "$.palpate: found 2, expected 1"),
    (put("palpate", value=True), "$.palpate: found true, expected 1"),
    (put("palpate", value=...), "$: the key palpate is missing"),
    (put("time_zone", value="Europe/Amsterdm"), '$.time_zone: found "Europe/Amsterdm", expected a time zone'),
    (put("time_zone", value="../../etc/passwd"), "$.time_zone: found"),
    (put("time_zone", value=["UTC"]), '$.time_zone: found ["UTC"], expected a time zone'),
    (put("slot_minutes", value=0), "$.slot_minutes: found 0, expected a whole number from 1 to 240"),
    (put("slot_minutes", value="15"), '$.slot_minutes: found "15", expected a whole number'),
    (put("slot_minutes", value=15.0), "$.slot_minutes: found 15.0, expected a whole number"),
    (put("therapists", value={}), "$.therapists: found {}, expected a list"),
    (put("therapists", 0, value=7), "$.therapists[0]: found 7, expected an object"),
    (put("therapists", 0, "id", value=" "), '$.therapists[0].id: found " ", expected a name'),
    (put("therapists", 0, "id", value="a\nb"), "$.therapists[0].id: found"),
    (put("therapists", 0, "skils", value=[]), "$.therapists[0].skils: no key is called that here; the nearest known"),
    (put("therapists", 0, "skills", value="deep"), '$.therapists[0].skills: found "deep", expected a list of texts'),
    (put("rooms", 0, value="r1"), '$.rooms[0]: found "r1", expected an object'),
    (put(*HOURS, "from", value="2026-03-02 09:00"), "$.therapists[0].hours[0].from: found"),
    (put(*HOURS, "from", value="2026-02-30T09:00"), '$.therapists[0].hours[0].from: found "2026-02-30T09:00"'),
    (put(*HOURS, "from", value="2026-03-02T24:00"), "$.therapists[0].hours[0].from: found"),
    (put(*HOURS, "from", value="1926-03-02T09:00"), "expected a day from 2000-01-01 to 2099-12-31"),
    (put(*HOURS, "from", value="2026-03-02T12:30"), "$.therapists[0].hours[0]: it ends at"),
    (put(*HOURS, "to", value="2028-03-02T12:30"), "$.therapists[0].hours[0]: it is longer than 366 days"),
    (put(*HOURS, "to", value=...), "$.therapists[0].hours[0]: the key to is missing"),
    (put(*HOURS, "from", value="2026-03-29T02:30"), "2026-03-29T02:30 does not exist in Europe/Amsterdam"),
    (put(*HOURS, "from", value="2026-03-02T09:00+02:00"), "is not the offset of Europe/Amsterdam at that time"),
    (put("booked", 0, "therapist", value="t2"), '$.booked[0].therapist: no therapist has the id "t2"'),
    (put("booked", 0, "room", value="r2"), '$.booked[0].room: no room has the id "r2"'),
    (put("booked", 0, value=SPAN), "$.booked[0]: it names neither a therapist, a room nor a patient"),
    (put("booked", 0, "from", value="2026-03-29T02:00"), "$.booked[0].from: 2026-03-29T02:00 does not exist"),
    (put(*COURSE, "therapist", value="t2"), '$.courses[0].therapist: no therapist has the id "t2"'),
    (put(*COURSE, "patient", value=...), "$.courses[0]: the key patient is missing"),
    (put(*COURSE, "sessions", value=0), "$.courses[0].sessions: found 0, expected a whole number from 1 to 60"),
    (put(*COURSE, "sessions", value=True), "$.courses[0].sessions: found true"),
    (put(*COURSE, "minutes", value=-45), "$.courses[0].minutes: found -45"),
    (put(*COURSE, "turnover_minutes", value=None), "$.courses[0].turnover_minutes: found null"),
    (put(*COURSE, "gap_days", value=[21, 7]), "$.courses[0].gap_days: found [21, 7]"),
    (put(*COURSE, "gap_days", value=[0, 7]), "$.courses[0].gap_days: found [0, 7]"),
    (put(*COURSE, "gap_days", value=7), "$.courses[0].gap_days: found 7"),
    (put(*COURSE, "within_days", value="42"), '$.courses[0].within_days: found "42"'),
    (put(*COURSE, "earliest", value="2026-13-02"), '$.courses[0].earliest: found "2026-13-02"'),
    (put(*COURSE, "earliest", value=20260302), "$.courses[0].earliest: found 20260302"),
    (put(*COURSE, "available", value=[[]]), "$.courses[0].available[0]: found [], expected an object"),
    (put("courses", value=[SOUND["courses"][0]] * 2), '$.courses[1].id: "c1" is the id of $.courses[0], too'),
    (put("colour", value=1), "$.colour: no key is called that here"),
]


@pytest.mark.parametrize(("change", "line"), TABLE, ids=[line for _, line in TABLE])
def test_a_fault_is_one_line_that_names_its_place(change: Callable[[dict[str, Any]], None], line: str) -> None:
    data = copy.deepcopy(SOUND)
    change(data)
    found = faults_of(data)
    assert len(found) == 1
    assert line in found[0]


def test_all_faults_are_said_at_once() -> None:
    data = copy.deepcopy(SOUND)
    for change, _ in TABLE[3:4] + TABLE[8:9] + TABLE[32:33]:
        change(data)
    assert len(faults_of(data)) == 3


@pytest.mark.parametrize("data", [None, [], 1, "x"])
def test_what_is_no_object_is_no_request(data: Any) -> None:
    assert faults_of(data)[0].startswith("$: found")


def test_more_slots_than_any_practice_has_are_refused_before_they_fill_the_memory() -> None:
    data = copy.deepcopy(SOUND)
    year = [{"from": f"{year}-01-01T00:00", "to": f"{year}-12-31T00:00"} for year in range(2026, 2030)]
    data["slot_minutes"] = 1
    data["therapists"][0]["hours"] = year
    assert faults_of(data) == [
        "$.therapists: the hours hold more than 1,000,000 slots; ask for fewer days, or use longer slots"
    ]
