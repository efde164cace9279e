"""Everything that could be booked, as arrays: who could begin when, and what that would hold.

A **start** is an instant at which one therapist could begin. What a session holds are **cells**: of its therapist, of a
room, and of its patient where the patient has several courses. A cell stands for one instant at which something might
begin; two sessions meet exactly where one begins while the other still holds, so it is enough that no cell is
held by more sessions than it has room for. The cells that one session holds of one owner follow each other.

Rooms that have no booking on a day are alike on that day and are counted together (the **pool**); each other is
counted for itself. So it does not matter which of them is named until all is chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from palpate.scheduling.local_time import LocalTime
from palpate.scheduling.records import Booked, Course, Request, Span

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
POOL = 0  # the class of the rooms that are alike that day


@dataclass(frozen=True)
class Kind:
    """Sessions of one length, at each start: whether they fit, and the cell behind the last that they hold.

    hold       minutes for which therapist and room are held: whole slots
    rooms      per room class: whether it is free for so long; None where rooms do not limit
    """

    hold: int
    fits: Bools
    therapist_end: Ints
    room_end: Ints
    rooms: Bools | None


@dataclass(frozen=True)
class Options:
    """The starts that one course could use, by therapist and in order of time, and their groups by day.

    starts      their numbers on the board
    groups      where each group of one therapist and one day begins
    therapist, day   of each group
    """

    starts: Ints
    groups: Ints
    therapist: Ints
    day: Ints


class Board:
    """The board of a request, for all its courses or for those given."""

    def __init__(self, request: Request, courses: Sequence[Course] | None = None) -> None:
        self.request = request
        self.courses = tuple(request.courses if courses is None else courses)
        self.time, self.until, self.therapist, self.day = self._starts()
        self.instants, first = np.unique(self.time, return_index=True)
        self.days: Ints = self.day[first]  # of the instants
        self.at: Ints = np.searchsorted(self.instants, self.time)
        self._kinds: dict[int, Kind] = {}
        self._busy = _taken(request.booked, "patient")
        # Room classes: the names of each, where it is not the pool, and until when it is free from each instant on.
        self.room_names: list[str] = []
        self.pool_on: dict[int, list[str]] = {}
        self._room_until, pool = self._rooms()
        count = len(self.instants)
        self.rooms_from = len(self.time)
        patients_from = self.rooms_from + self._room_until.size
        several = [name for name, often in Counter(course.patient for course in self.courses).items() if often > 1]
        self.patient_cells = {name: patients_from + i * count for i, name in enumerate(several)}
        # How many sessions each cell can hold.
        self.places: Ints = np.ones(patients_from + len(several) * count, dtype=np.int64)
        self.places[self.rooms_from : self.rooms_from + len(pool)] = pool

    def _starts(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Of each start: its instant, until when its therapist is free on that day, the therapist, and the day."""
        time, slot = self.request.time, self.request.slot
        taken = _taken(self.request.booked, "therapist")
        grids: dict[int, Ints] = {}
        parts: list[Ints] = []
        for number, therapist in enumerate(self.request.therapists):
            for span in free_spans(therapist.hours, taken.get(therapist.id, ())):
                for day in range(time.day(span.start), time.day(span.end - 1) + 1):
                    end = min(span.end, time.bounds(day)[1])
                    if day not in grids:
                        grids[day] = np.array(time.grid(day, slot), dtype=np.int64)
                    whole = grids[day]
                    here = whole[(whole >= span.start) & (whole < end)]
                    parts.append(np.stack([here, *(np.full_like(here, value) for value in (end, number, day))]))
        found = np.concatenate([np.zeros((4, 0), dtype=np.int64), *parts], axis=1)
        return found[0], found[1], found[2], found[3]

    def _rooms(self) -> tuple[Ints, Ints]:
        """Per room class and instant: until when it is free (0: not at all); and how many rooms the pool has then."""
        time, rooms, taken = self.request.time, self.request.rooms, _taken(self.request.booked, "room")
        days = self.days
        if rooms is None:
            return np.zeros((0, len(days)), dtype=np.int64), np.zeros(0, dtype=np.int64)
        known = set(map(int, np.unique(days)))
        used = {room: _days_of(taken.get(room, ()), time) & known for room in rooms}
        self.pool_on = {day: [room for room in rooms if day not in used[room]] for day in known}
        pool = np.array([len(self.pool_on[int(day)]) for day in days], dtype=np.int64)
        bounds = {day: time.bounds(day)[1] for day in known}
        ends = np.array([bounds[int(day)] for day in days], dtype=np.int64)
        until = [np.where(pool > 0, ends, 0)]
        for room in (room for room in rooms if used[room]):
            self.room_names.append(room)
            own = np.zeros(len(days), dtype=np.int64)
            for day in used[room]:
                for span in free_spans([Span(*time.bounds(day))], taken[room]):
                    own[(self.instants >= span.start) & (self.instants < span.end)] = span.end
            until.append(own)
        return np.array(until), pool

    def hold_of(self, course: Course) -> int:
        """Minutes for which a session of a course holds therapist and room: whole slots."""
        slot = self.request.slot
        return -(-(course.minutes + course.turnover) // slot) * slot

    def kind(self, course: Course) -> Kind:
        """What sessions of this course's length would hold."""
        hold = self.hold_of(course)
        if hold not in self._kinds:
            end: Ints = np.empty(len(self.time), dtype=np.int64)
            for number in range(len(self.request.therapists)):
                first, behind = np.searchsorted(self.therapist, [number, number + 1])
                own = self.time[first:behind]
                end[first:behind] = first + np.searchsorted(own, own + hold)
            fits: Bools = np.asarray(self.time + hold <= self.until)
            rooms = None
            if self.request.rooms is not None:
                rooms = np.asarray(self._room_until >= self.instants + hold)
                fits &= np.asarray(rooms.any(axis=0))[self.at]
            self._kinds[hold] = Kind(hold, fits, end, np.searchsorted(self.instants, self.instants + hold), rooms)
        return self._kinds[hold]

    def options(self, course: Course) -> Options:
        """The starts that a course could use, as far as its own rules and what is booked already go."""
        return self.grouped(np.flatnonzero(self.kind(course).fits & self.allowed(course) & self.reachable(course)))

    def grouped(self, starts: Ints) -> Options:
        """These starts, with their groups."""
        therapist, day = self.therapist[starts], self.day[starts]
        new = np.ones(len(starts), dtype=np.bool_)
        new[1:] = (therapist[1:] != therapist[:-1]) | (day[1:] != day[:-1])
        groups = np.flatnonzero(new)
        return Options(starts, groups, therapist[groups], day[groups])

    def allowed(self, course: Course) -> Bools:
        """At each start: whether its therapist has the skills, and is the one asked for where one is."""
        who = [
            course.skills <= therapist.skills and course.therapist in (None, therapist.id)
            for therapist in self.request.therapists
        ]
        return np.array(who, dtype=np.bool_)[self.therapist]

    def reachable(self, course: Course) -> Bools:
        """At each start: whether the patient can be there, from the course's earliest day on."""
        always = [Span(int(self.time.min()), int(self.until.max()))] if len(self.time) else []
        spans = free_spans(always if course.available is None else course.available, self._busy.get(course.patient, ()))
        starts = np.array([span.start for span in spans], dtype=np.int64)
        ends = np.array([0, *(span.end for span in spans)], dtype=np.int64)
        inside = ends[np.searchsorted(starts, self.time, side="right")] >= self.time + course.minutes
        return inside & (self.day >= course.earliest)

    def cells_of(self, course: Course, start: int, room: int) -> Iterator[range]:
        """The cells that a session would hold, as ranges. `room` is a room class, -1 where rooms do not limit."""
        kind = self.kind(course)
        yield range(start, int(kind.therapist_end[start]))
        at = int(self.at[start])
        if room >= 0:
            first = self.rooms_from + room * len(self.instants)
            yield range(first + at, first + int(kind.room_end[at]))
        if course.patient in self.patient_cells:
            first = self.patient_cells[course.patient]
            behind = np.searchsorted(self.instants, self.time[start] + course.minutes)
            yield range(first + at, first + int(behind))


def free_spans(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of spans, in order. Takes `taken` in order of their starts; they may overlap."""
    left: list[Span] = []
    for span in spans:
        start = span.start
        for other in taken:
            if other.end <= start or other.start >= span.end:
                continue
            if other.start > start:
                left.append(Span(start, other.start))
            start = other.end
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def _taken(booked: Iterable[Booked], who: str) -> dict[str, list[Span]]:
    taken: dict[str, list[Span]] = {}
    for row in sorted(booked, key=lambda row: row.span):
        name = getattr(row, who)
        if name is not None:
            taken.setdefault(name, []).append(row.span)
    return taken


def _days_of(spans: Iterable[Span], time: LocalTime) -> set[int]:
    return {day for span in spans for day in range(time.day(span.start), time.day(span.end - 1) + 1)}
