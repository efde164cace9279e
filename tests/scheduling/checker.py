"""Whether an answer keeps every rule of its request: plain loops over the JSON, with nothing of the program in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

Instants = tuple[datetime, datetime]


def instant(text: str, zone: str, fold: int = 0) -> datetime:
    """The instant of a local time; of one that comes twice, the first, unless its offset or `fold` says so."""
    said = datetime.fromisoformat(text)
    return (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone), fold=fold)).astimezone(UTC)


def broken_rules(request: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Every rule that the answer breaks, in words; none where it keeps them all."""
    zone = request["time_zone"]
    broken: list[str] = []
    courses = {course["id"]: course for course in request["courses"]}
    therapists = {one["id"]: one for one in request["therapists"]}
    rooms = None if request.get("rooms") is None else {room["id"] for room in request["rooms"]}
    rows: dict[str, list[dict[str, Any]]] = {}
    holds: list[tuple[str, str, Instants, str]] = []
    for row in request.get("booked") or []:
        span = (instant(row["from"], zone), instant(row["to"], zone, 1))
        holds += [(kind, row[kind], span, "booked") for kind in ("therapist", "room", "patient") if row.get(kind)]
    for row in answer["bookings"]:
        course = courses[row["course"]]
        rows.setdefault(course["id"], []).append(row)
        start, end = instant(row["from"], zone), instant(row["to"], zone)
        held = (start, end + timedelta(minutes=course.get("turnover_minutes", 0)))
        name = f"{course['id']} session {row['session']}"
        if end - start != timedelta(minutes=course["minutes"]):
            broken.append(f"{name}: not as long as it should be")
        local = start.astimezone(ZoneInfo(zone))
        if (local.hour * 60 + local.minute) % request["slot_minutes"]:
            broken.append(f"{name}: not on a slot")
        therapist = therapists[row["therapist"]]
        if not set(course.get("skills") or []) <= set(therapist.get("skills") or []):
            broken.append(f"{name}: skill")
        if course.get("therapist") not in (None, row["therapist"]):
            broken.append(f"{name}: another therapist than asked for")
        if not inside(held, therapist["hours"], zone):
            broken.append(f"{name}: outside working hours")
        if course.get("available") is not None and not inside((start, end), course["available"], zone):
            broken.append(f"{name}: outside availability")
        if local.date().isoformat() < course["earliest"]:
            broken.append(f"{name}: before the earliest day")
        if (row["room"] is not None) if rooms is None else row["room"] not in rooms:
            broken.append(f"{name}: room {row['room']}")
        holds.append(("therapist", row["therapist"], held, name))
        holds.append(("patient", course["patient"], (start, end), name))
        if row["room"] is not None:
            holds.append(("room", row["room"], held, name))
    for one, other in combinations(sorted(holds, key=lambda hold: hold[:2]), 2):
        met = one[:2] == other[:2] and one[2][0] < other[2][1] and other[2][0] < one[2][1]
        if met and not one[3] == other[3] == "booked":
            broken.append(f"{one[0]} {one[1]} in two places: {one[3]} and {other[3]}")
    for name, own in rows.items():
        course = courses[name]
        days = [instant(row["from"], zone).astimezone(ZoneInfo(zone)).date() for row in own]
        if [row["session"] for row in own] != list(range(1, course["sessions"] + 1)):
            broken.append(f"{name}: not whole")
        for before, after in pairwise(days):
            if not course["gap_days"][0] <= (after - before).days <= course["gap_days"][1]:
                broken.append(f"{name}: gap of {(after - before).days} days")
        if (days[-1] - days[0]).days > course["within_days"]:
            broken.append(f"{name}: longer than {course['within_days']} days")
    unplaced = [row["course"] for row in answer["unplaced"]]
    if sorted([*rows, *unplaced]) != sorted(courses):
        broken.append("a course is neither booked nor unplaced, or both")
    if not all(row["because"] for row in answer["unplaced"]):
        broken.append("a course is unplaced without a reason")
    if (answer["status"] == "partial") != bool(unplaced):
        broken.append(f"status {answer['status']} with {len(unplaced)} unplaced")
    if answer["cost"] != cost_of(request, answer) or answer["changes"] != changes_of(answer):
        broken.append("the cost or the changes are not those of the bookings")
    if answer["bound"] is not None and answer["bound"] > answer["cost"]:
        broken.append("the bound is above the cost")
    return broken


def inside(held: Instants, spans: list[dict[str, str]], zone: str) -> bool:
    """Whether minute by minute some span holds all of it."""
    known = [(instant(span["from"], zone), instant(span["to"], zone)) for span in spans]
    at = held[0]
    while at < held[1]:
        reach = max((end for start, end in known if start <= at < end), default=None)
        if reach is None:
            return False
        at = reach
    return True


def cost_of(request: dict[str, Any], answer: dict[str, Any]) -> int:
    """The sum over booked courses of days from `earliest` to the last session."""
    last = {row["course"]: row["from"][:10] for row in answer["bookings"]}
    earliest = {course["id"]: course["earliest"] for course in request["courses"]}
    return sum(
        (datetime.fromisoformat(day) - datetime.fromisoformat(earliest[name])).days for name, day in last.items()
    )


def changes_of(answer: dict[str, Any]) -> int:
    """How often the next session of a course has another therapist."""
    pairs = pairwise(answer["bookings"])
    return sum(a["course"] == b["course"] and a["therapist"] != b["therapist"] for a, b in pairs)
