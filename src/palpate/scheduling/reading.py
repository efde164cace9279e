"""The schedule request: accepted whole, or refused with every fault at once, each with its JSON path.

Nothing is repaired and nothing is guessed, a local time that does not exist least of all. Source: contract section 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from palpate.pathway.faults import HIDDEN, MOST_HINTS, Fault, Faults, did_you_mean, shown, step
from palpate.scheduling.local_time import LocalTime
from palpate.scheduling.records import Booked, Course, Request, Span, Therapist

MOST_ITEMS = 20_000  # of one list
MOST_STARTS = 1_000_000  # times at which some therapist could begin: more than any practice has, few enough to hold
LONGEST_SPAN = 366 * 24 * 60  # minutes from one `from` to its `to`
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_T = TypeVar("_T")
_KEYS = ("palpate", "time_zone", "slot_minutes", "therapists", "rooms", "booked", "courses")
_COURSE_KEYS = (
    "id", "patient", "sessions", "minutes", "turnover_minutes", "gap_days", "within_days", "earliest", "skills",
    "therapist", "available",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::00)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_IN_NAME = re.compile(f"[\t\n]|{HIDDEN.pattern}")  # names stand on one line


def read_request(data: Any) -> Request:
    """The request that a decoded JSON document holds. Errors: Faults, everything wrong with it, with JSON paths."""
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.time = LocalTime("UTC")
        # The known ids; None where the list itself is at fault, so that nobody knows what it would hold.
        self.therapists: set[str] | None = None
        self.rooms: set[str] | None = None

    def fault(self, code: str, place: str, text: str) -> None:
        self.faults.append(Fault(code, place, text))

    def read(self, data: Any) -> Request:
        if type(data) is not dict:
            raise Faults([Fault("wrong-type", "$", f"found {shown(data)}, expected an object")])
        self._keys(data, "$", _KEYS, ("palpate", "time_zone", "slot_minutes", "therapists", "courses"))
        if "palpate" in data and (type(data["palpate"]) is not int or data["palpate"] != 1):
            self.fault("wrong-version", "$.palpate", f"found {shown(data['palpate'])}, expected 1")
        if "time_zone" in data:
            self._zone(data["time_zone"])
        slot = self._whole(data, "slot_minutes", "$", 1, 240)
        before = len(self.faults)
        therapists = self._each(data.get("therapists", []), "$.therapists", self._therapist)
        self.therapists = {one.id for one in therapists} if len(self.faults) == before else None
        rooms, before = None, len(self.faults)
        if data.get("rooms") is not None:
            rooms = tuple(self._each(data["rooms"], "$.rooms", self._room))
            self.rooms = set(rooms) if len(self.faults) == before else None
        courses = self._each(data.get("courses", []), "$.courses", self._course)
        booked = self._each(data.get("booked") or [], "$.booked", self._booked)
        for key in ("therapists", "rooms", "courses"):
            self._once(data.get(key), f"$.{key}")
        if not self.faults and sum(self._starts(one.hours, slot) for one in therapists) > MOST_STARTS:
            text = f"the hours hold more than {MOST_STARTS:,} slots; ask for fewer days, or use longer slots"
            self.fault("too-large", "$.therapists", text)
        if self.faults:
            raise Faults(dict.fromkeys(self.faults))
        return Request(self.time, slot, tuple(therapists), rooms, tuple(booked), tuple(courses))

    # --- parts -------------------------------------------------------------------------------------------------------

    def _therapist(self, row: Any, place: str) -> Therapist | None:
        if not self._object(row, place, ("id", "skills", "hours"), ("id", "hours")):
            return None
        name, skills = self._name(row, "id", place), self._skills(row, place)
        return Therapist(name, skills, self._spans(row.get("hours", []), f"{place}.hours"))

    def _room(self, row: Any, place: str) -> str | None:
        return self._name(row, "id", place) if self._object(row, place, ("id",), ("id",)) else None

    def _booked(self, row: Any, place: str) -> Booked | None:
        if not self._object(row, place, ("therapist", "room", "patient", "from", "to"), ("from", "to")):
            return None
        names = {
            key: self._name(row, key, place) for key in ("therapist", "room", "patient") if row.get(key) is not None
        }
        if not names:
            self.fault("missing-key", place, "it names neither a therapist, a room nor a patient, so it takes no time")
        self._known(names.get("therapist"), f"{place}.therapist", "therapist", self.therapists)
        self._known(names.get("room"), f"{place}.room", "room", self.rooms)
        span = self._span(row, place, taken=True)
        return Booked(span, **names) if span else None

    def _course(self, row: Any, place: str) -> Course | None:
        needed = ("id", "patient", "sessions", "minutes", "gap_days", "within_days", "earliest")
        if not self._object(row, place, _COURSE_KEYS, needed):
            return None
        therapist = self._name(row, "therapist", place) if row.get("therapist") is not None else None
        self._known(therapist, f"{place}.therapist", "therapist", self.therapists)
        available = None
        if row.get("available") is not None:
            available = self._spans(row["available"], f"{place}.available")
        return Course(
            id=self._name(row, "id", place),
            patient=self._name(row, "patient", place),
            sessions=self._whole(row, "sessions", place, 1, 60),
            minutes=self._whole(row, "minutes", place, 1, 480),
            turnover=self._whole(row, "turnover_minutes", place, 0, 240) if "turnover_minutes" in row else 0,
            gap=self._gap(row, place),
            within=self._whole(row, "within_days", place, 0, 1_000),
            earliest=self._day(row, place),
            skills=self._skills(row, place),
            therapist=therapist,
            available=available,
        )

    def _gap(self, row: dict[str, Any], place: str) -> tuple[int, int]:
        value = row.get("gap_days", [1, 1])
        good = type(value) is list and len(value) == 2 and all(type(x) is int and 1 <= x <= 366 for x in value)
        if not good or value[0] > value[1]:
            what = "the fewest and the most days between two sessions, as [7, 21], each from 1 to 366"
            self.fault("wrong-type", f"{place}.gap_days", f"found {shown(value)}, expected {what}")
            return 1, 1
        return value[0], value[1]

    def _zone(self, value: Any) -> None:
        try:
            self.time = LocalTime(value if type(value) is str else "")
        except LookupError:
            text = f"found {shown(value)}, expected a time zone by its name, such as Europe/Amsterdam"
            self.fault("unknown-time-zone", "$.time_zone", text)

    # --- times -------------------------------------------------------------------------------------------------------

    def _spans(self, rows: Any, place: str) -> tuple[Span, ...]:
        """In order, and joined where they touch."""
        joined: list[Span] = []
        for span in sorted(self._each(rows, place, self._free)):
            if joined and span.start <= joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
            else:
                joined.append(span)
        return tuple(joined)

    def _free(self, row: Any, place: str) -> Span | None:
        return self._span(row, place, taken=False) if self._object(row, place, ("from", "to"), ("from", "to")) else None

    def _span(self, row: dict[str, Any], place: str, taken: bool) -> Span | None:
        """Of times that clocks show twice, those that leave less time free: nobody is booked who might not be there."""
        starts, ends = self._time(row, "from", place), self._time(row, "to", place)
        if not starts or not ends:
            return None
        start, end = (starts[0], ends[-1]) if taken else (starts[-1], ends[0])
        if end <= start and len(starts) == len(ends) == 2:  # both in the hour that comes twice: the first time round
            start, end = starts[0], ends[0]
        if end <= start:
            text = f"it ends at {shown(row['to'])}, which is not after {shown(row['from'])}"
            self.fault("out-of-order", place, text)
            return None
        if end - start > LONGEST_SPAN:
            self.fault("wrong-value", place, "it is longer than 366 days")
            return None
        return Span(start, end)

    def _time(self, row: dict[str, Any], key: str, place: str) -> tuple[int, ...]:
        """The instants that a local time stands for; none where it is at fault."""
        if key not in row:
            return ()
        value, where = row[key], f"{place}.{key}"
        match = _TIME.fullmatch(value) if type(value) is str else None
        wall = self._calendar(datetime.fromisoformat, match[1]) if match else None
        if match is None or wall is None:
            self.fault("wrong-type", where, f"found {shown(value)}, expected a local time such as 2026-03-02T09:00")
            return ()
        if not FIRST_DAY <= wall.date() <= LAST_DAY:
            self.fault("wrong-value", where, f"found {value}, expected a day from {FIRST_DAY} to {LAST_DAY}")
            return ()
        found = self.time.instants(wall)
        if not found:
            self.fault("no-such-time", where, f"{value} does not exist in {self.time.name}: clocks skip it that day")
        elif match[2]:
            offset = _offset(match[2])
            right = tuple(instant for instant in found if self.time.offset(instant) == offset)
            if not right:
                self.fault("no-such-time", where, f"{value} is not the offset of {self.time.name} at that time")
            return right
        return found

    def _day(self, row: dict[str, Any], place: str) -> int:
        value = row.get("earliest")
        day = self._calendar(date.fromisoformat, value) if type(value) is str and _DAY.fullmatch(value) else None
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            if "earliest" in row:
                what = f"a day such as 2026-03-02, from {FIRST_DAY} to {LAST_DAY}"
                self.fault("wrong-type", f"{place}.earliest", f"found {shown(value)}, expected {what}")
            return FIRST_DAY.toordinal()
        return day.toordinal()

    @staticmethod
    def _calendar(read: Callable[[str], _T], text: str) -> _T | None:
        try:
            return read(text)
        except ValueError:
            return None

    @staticmethod
    def _starts(hours: Sequence[Span], slot: int) -> int:
        return sum((span.end - span.start) // slot + 1 for span in hours)

    # --- words and numbers -------------------------------------------------------------------------------------------

    def _object(self, row: Any, place: str, known: Sequence[str], needed: Sequence[str]) -> bool:
        if type(row) is not dict:
            self.fault("wrong-type", place, f"found {shown(row)}, expected an object")
            return False
        self._keys(row, place, known, needed)
        return True

    def _keys(self, row: dict[str, Any], place: str, known: Sequence[str], needed: Sequence[str]) -> None:
        for key in row:
            if key not in known:
                near = did_you_mean(key, known) if len(self.faults) < MOST_HINTS else ""
                self.fault("unknown-key", f"{place}.{step(key)}", f"no key is called that here{near}")
        for key in needed:
            if key not in row:
                self.fault("missing-key", place, f"the key {key} is missing")

    def _each(self, rows: Any, place: str, read: Callable[[Any, str], _T | None]) -> list[_T]:
        if type(rows) is not list:
            self.fault("wrong-type", place, f"found {shown(rows)}, expected a list")
            return []
        if len(rows) > MOST_ITEMS:
            self.fault("too-large", place, f"the list has {len(rows):,} entries, and at most {MOST_ITEMS:,} are read")
            return []
        read_rows = [read(row, f"{place}[{at}]") for at, row in enumerate(rows)]
        return [row for row in read_rows if row is not None]

    def _name(self, row: dict[str, Any], key: str, place: str) -> str:
        value = row.get(key)
        if type(value) is str and value.strip() and len(value) <= 200 and not _IN_NAME.search(value):
            return value
        if key in row:
            self.fault("wrong-type", f"{place}.{key}", f"found {shown(value)}, expected a name of at most 200 letters")
        return ""

    def _skills(self, row: dict[str, Any], place: str) -> frozenset[str]:
        value = row.get("skills")
        if value is None:
            return frozenset()
        if type(value) is not list or not all(type(word) is str and word for word in value):
            self.fault("wrong-type", f"{place}.skills", f"found {shown(value)}, expected a list of texts")
            return frozenset()
        return frozenset(value)

    def _whole(self, row: dict[str, Any], key: str, place: str, low: int, high: int) -> int:
        value = row.get(key)
        if type(value) is int and low <= value <= high:
            return value
        if key in row:
            text = f"found {shown(value)}, expected a whole number from {low} to {high}"
            self.fault("wrong-value", f"{place}.{key}", text)
        return max(low, 1)

    def _known(self, name: str | None, place: str, kind: str, known: set[str] | None) -> None:
        if name and known is not None and name not in known:
            near = did_you_mean(name, known) if len(self.faults) < MOST_HINTS else ""
            self.fault("unknown-name", place, f"no {kind} has the id {shown(name)}{near}")

    def _once(self, rows: Any, place: str) -> None:
        seen: dict[str, int] = {}
        for at, row in enumerate(rows if type(rows) is list else ()):
            name = row.get("id") if type(row) is dict else None
            if type(name) is str and seen.setdefault(name, at) != at:
                self.fault("twice", f"{place}[{at}].id", f"{shown(name)} is the id of {place}[{seen[name]}], too")


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return size if text[0] == "+" else -size
