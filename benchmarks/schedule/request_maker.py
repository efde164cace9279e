"""Made-up schedule requests, the same for the same seed: part-time therapists, people with jobs, half a calendar."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any

MONDAY = date(2026, 3, 2)
HALVES = (("09:00", "12:30"), ("13:30", "18:00"))
EVENING = ("17:00", "20:00")
PROTOCOLS = (  # sessions, minutes, fewest and most days between them, within so many days; how often out of ten
    ((4, 60, (7, 21), 42), 6),
    ((6, 50, (5, 10), 49), 2),
    ((6, 35, (3, 8), 35), 2),
)


def make_request(
    seed: int, courses: int, therapists: int, *, weeks: int = 14, arrivals: int = 3, rooms: int | None = None
) -> dict[str, Any]:
    """A request as decoded JSON.

    Takes   weeks: of working hours; arrivals: weeks over which the courses' earliest days are spread; rooms: two fewer
            than therapists unless told, at least one.
    """
    dice = random.Random(f"schedule {seed} {courses} {therapists}")
    days = [MONDAY + timedelta(days=at) for at in range(7 * weeks) if at % 7 < 6]
    staff = [_therapist(dice, f"t{at + 1}", days, always=at == 0) for at in range(therapists)]
    room_names = [f"r{at + 1}" for at in range(rooms or max(1, therapists - 2))]
    return {
        "palpate": 1,
        "time_zone": "Europe/Amsterdam",
        "slot_minutes": 15,
        "therapists": staff,
        "rooms": [{"id": name} for name in room_names],
        "booked": _booked(dice, staff, room_names),
        "courses": [_course(dice, f"c{at + 1}", days, arrivals, staff) for at in range(courses)],
    }


def _therapist(dice: random.Random, name: str, days: list[date], always: bool) -> dict[str, Any]:
    skills = ["neuromuscular", *(["lymph"] if dice.random() < 0.5 or always else [])]
    works = {(weekday, half) for weekday in range(5) for half in (0, 1) if dice.random() < 0.75 or always}
    late = dice.randrange(5)
    off = set(dice.sample(range(len(days)), 3))
    hours = []
    for at, day in enumerate(days):
        if at in off:
            continue
        hours += [_span(day, *HALVES[half]) for half in (0, 1) if (day.weekday(), half) in works]
        if day.weekday() == late:
            hours.append(_span(day, "18:00", "20:00"))
    return {"id": name, "skills": skills, "hours": hours}


def _booked(dice: random.Random, staff: list[dict[str, Any]], rooms: list[str]) -> list[dict[str, str]]:
    """What was booked before: the first weeks are fuller. No two in one room, or with one therapist."""
    taken: set[tuple[str, str]] = set()
    rows = []
    for one in staff:
        for span in one["hours"]:
            age = (date.fromisoformat(span["from"][:10]) - MONDAY).days
            if dice.random() < max(0.05, 0.5 - age / 60):
                free = [room for room in rooms if (room, span["from"]) not in taken]
                if free:
                    room = dice.choice(free)
                    taken.add((room, span["from"]))
                    end = f"{span['from'][:11]}{int(span['from'][11:13]) + 1:02}{span['from'][13:]}"
                    rows.append({"therapist": one["id"], "room": room, "from": span["from"], "to": end})
    return rows


def _course(
    dice: random.Random, name: str, days: list[date], arrivals: int, staff: list[dict[str, Any]]
) -> dict[str, Any]:
    ((sessions, minutes, gap, within),) = dice.choices([row for row, _ in PROTOCOLS], [often for _, often in PROTOCOLS])
    earliest = MONDAY + timedelta(days=dice.randrange(7 * arrivals))
    course: dict[str, Any] = {
        "id": name,
        "patient": f"p{name[1:]}",
        "sessions": sessions,
        "minutes": minutes,
        "turnover_minutes": 15,
        "gap_days": list(gap),
        "within_days": within,
        "earliest": earliest.isoformat(),
        "skills": ["neuromuscular", *(["lymph"] if dice.random() < 0.15 else [])],
    }
    if dice.random() < 0.1:
        fitting = [one["id"] for one in staff if set(course["skills"]) <= set(one["skills"])]
        course["therapist"] = dice.choice(fitting)
    kind = dice.random()
    if kind < 0.5:
        return course
    if kind < 0.65:
        halves, weekdays = [HALVES[0]], set(range(5))
    elif kind < 0.8:
        halves, weekdays = [HALVES[1]], set(range(5))
    elif kind < 0.9:
        halves, weekdays = [EVENING, ("09:00", "10:30")], set(range(5))
    else:
        halves, weekdays = list(HALVES), set(dice.sample(range(5), 2))
    open_days = [day for day in days if day >= earliest and day.weekday() in weekdays]
    course["available"] = [_span(day, *half) for day in open_days for half in halves]
    return course


def _span(day: date, start: str, end: str) -> dict[str, str]:
    return {"from": f"{day}T{start}", "to": f"{day}T{end}"}


if __name__ == "__main__":
    import sys

    print(json.dumps(make_request(*map(int, sys.argv[1:4])), indent=1))
