"""Why a course cannot be placed: the first rule that leaves it no time, its own rules before those of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property

from palpate.scheduling.board import Board
from palpate.scheduling.proposals import Finder
from palpate.scheduling.records import Course, Fixed, Request

OTHERS = "the other courses hold the times that it would need: there is not enough time for all"


def because(request: Request, course: Course, fixed: Mapping[int, Fixed]) -> str:
    """Which rule leaves no time for one course, as a sentence; empty where there is a time."""
    return Reasons(replace(request, courses=(course,))).of(course, fixed)


class Reasons:
    """The reasons of one request. What the courses need alike is looked at once."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def _bare(self) -> Board:
        return Board(replace(self.request, booked=(), rooms=None))

    @cached_property
    def _with_rooms(self) -> Board:
        taken = tuple(replace(row, therapist=None, patient=None) for row in self.request.booked)
        return Board(replace(self.request, booked=taken))

    @cached_property
    def _whole(self) -> Board:
        return Board(self.request)

    def of(self, course: Course, fixed: Mapping[int, Fixed] | None = None) -> str:
        """The reason why this course has no time even if it were the only one; empty where it has."""
        return self._own_rules(course, fixed or {}) or self._what_is_booked(course, fixed or {})

    def _own_rules(self, course: Course, fixed: Mapping[int, Fixed]) -> str:
        skilled = [one for one in self.request.therapists if course.skills <= one.skills]
        if not skilled:
            words = " and ".join(sorted(course.skills))
            return f"no therapist has the skill {words}" if words else "there is no therapist"
        if course.therapist is not None and course.therapist not in [one.id for one in skilled]:
            return f"therapist {course.therapist}, who is asked for, lacks a skill that it needs"
        board = self._bare
        who = "therapist who may treat it" if course.therapist is None else f"therapist {course.therapist}"
        hours = board.allowed(course) & (board.day >= course.earliest)
        day, begins = date.fromordinal(course.earliest).isoformat(), self.request.time.bounds(course.earliest)[0]
        known = skilled if course.therapist is None else [one for one in skilled if one.id == course.therapist]
        if not any(one.hours and one.hours[-1].end > begins for one in known) and len(fixed) < course.sessions:
            return f"no {who} works from {day} on" if course.therapist is None else f"{who} does not work from {day} on"
        if not (hours & board.kind(course).fits).any() and len(fixed) < course.sessions:
            hold = board.hold_of(course)
            return f"no working hours of a {who} are as long as one session holds them, {hold} minutes"
        if not len(board.options(course).starts) and len(fixed) < course.sessions:
            return f"no working hours of a {who} lie within the times at which the patient can come"
        if not Finder(board, course, fixed).fits():
            low, high = course.gap
            apart = f"{low} to {high} days apart" if low < high else f"{low} days apart"
            times = "working hours" if course.available is None else "working hours and the patient's own times"
            if (course.sessions - 1) * low > course.within:
                return f"{course.sessions} sessions {apart} do not fit into {course.within} days"
            return f"with the {times}, {course.sessions} sessions {apart} within {course.within} days cannot be kept"
        return ""

    def _what_is_booked(self, course: Course, fixed: Mapping[int, Fixed]) -> str:
        if self.request.rooms is not None and not Finder(self._with_rooms, course, fixed).fits():
            return "the rooms are booked at all times that it would need" if self.request.rooms else "there is no room"
        if not Finder(self._whole, course, fixed).fits():
            return "what is booked already leaves too little time of therapists, rooms or the patient"
        return ""
