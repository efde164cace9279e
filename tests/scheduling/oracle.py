"""The best answer to a tiny request, by trying everything. Independent of the program's search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.scheduling.checker import Instants, inside, instant

Hold = tuple[str, str, datetime, datetime]
Way = tuple[int, int, list[Hold]]  # days, changes, what it holds
Worth = tuple[int, int, int]  # courses not placed, days, changes


def best_worth(request: dict[str, Any]) -> Worth:
    """How good the best answer is: courses not placed, days, changes of therapist."""
    zone = request["time_zone"]
    booked: list[Hold] = []
    for row in request.get("booked") or []:
        span = (instant(row["from"], zone), instant(row["to"], zone, 1))
        booked += [(kind, row[kind], *span) for kind in ("therapist", "room", "patient") if row.get(kind)]
    ways = [list(_ways(request, course, booked)) for course in request["courses"]]
    best: list[Worth] = [(len(ways), 0, 0)]

    def go(at: int, worth: Worth, held: list[Hold]) -> None:
        if worth >= best[0] and at < len(ways) and worth[0] > best[0][0]:
            return
        if at == len(ways):
            best[0] = min(best[0], worth)
            return
        for days, changes, holds in ways[at]:
            if not any(_meet(one, other) for one in holds for other in held):
                go(at + 1, (worth[0], worth[1] + days, worth[2] + changes), held + holds)
        go(at + 1, (worth[0] + 1, *worth[1:]), held)

    go(0, (0, 0, 0), [])
    return best[0]


def _meet(one: Hold, other: Hold) -> bool:
    return one[:2] == other[:2] and one[2] < other[3] and other[2] < one[3]


def _ways(request: dict[str, Any], course: dict[str, Any], booked: list[Hold]) -> Iterator[Way]:
    """Every way to book one course whole, what is booked already kept."""
    sessions = list(_sessions(request, course, booked))
    low, high = course["gap_days"]

    def after(chosen: list[tuple[date, str, list[Hold]]]) -> Iterator[Way]:
        if len(chosen) == course["sessions"]:
            days = (chosen[-1][0] - date.fromisoformat(course["earliest"])).days
            changes = sum(a[1] != b[1] for a, b in pairwise(chosen))
            yield days, changes, [hold for _, _, holds in chosen for hold in holds]
            return
        for one in sessions:
            if chosen and not low <= (one[0] - chosen[-1][0]).days <= high:
                continue
            if chosen and (one[0] - chosen[0][0]).days > course["within_days"]:
                continue
            yield from after([*chosen, one])

    return after([])


def _sessions(
    request: dict[str, Any], course: dict[str, Any], booked: list[Hold]
) -> Iterator[tuple[date, str, list[Hold]]]:
    zone, slot = request["time_zone"], request["slot_minutes"]
    rooms = [None] if request.get("rooms") is None else [room["id"] for room in request["rooms"]]
    for therapist in request["therapists"]:
        if course.get("therapist") not in (None, therapist["id"]):
            continue
        if not set(course.get("skills") or []) <= set(therapist.get("skills") or []):
            continue
        for day in sorted({span["from"][:10] for span in therapist["hours"]}):
            for minute in range(0, 24 * 60, slot):
                wall = datetime.fromisoformat(day) + timedelta(minutes=minute)
                start = instant(wall.isoformat(timespec="minutes"), zone)
                if start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall or day < course["earliest"]:
                    continue
                end = start + timedelta(minutes=course["minutes"])
                whole = course["minutes"] + course.get("turnover_minutes", 0)
                until = start + timedelta(minutes=-(-whole // slot) * slot)
                held: Instants = (start, until)
                if not inside(held, therapist["hours"], zone):
                    continue
                if course.get("available") is not None and not inside((start, end), course["available"], zone):
                    continue
                for room in rooms:
                    holds = [("therapist", therapist["id"], *held), ("patient", course["patient"], start, end)]
                    holds += [("room", room, *held)] if room is not None else []
                    if not any(_meet(one, other) for one in holds for other in booked):
                        yield wall.date(), therapist["id"], holds
