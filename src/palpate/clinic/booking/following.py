"""What follows when one session of a course moves: as few later ones as possible are proposed anew, and none moves by
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from palpate.clinic import appointments
from palpate.clinic.access import practice as the
from palpate.clinic.booking import course as courses
from palpate.clinic.booking.course import Course, Planned, Search
from palpate.clinic.models import Appointment, HeldSession


def _as_numbered(row: Appointment) -> Course | None:
    """The course of an appointment in the order in which its sessions were booked, also where one that moved now
    stands behind a later one: then it is the later one that must follow."""
    course = courses.course_of(row.episode) if row.episode is not None else None
    if course is None or any(one.course_session is None for one in course.booked):
        return course
    return replace(course, booked=tuple(sorted(course.booked, key=lambda one: one.course_session or 0)))


def must_follow(row: Appointment, time_zone: str = "") -> bool:
    """Whether later sessions of the course no longer keep the protocol's windows after this one was moved."""
    course = _as_numbered(row)
    if course is None:
        return False
    zone = time_zone or row.zone or "UTC"
    later = [Planned(one.number, one.therapist_id, one.room_id, one.starts) for one in course.held]
    return bool(courses.breaks(course.protocol, courses.days_of([*courses.fixed_of(course, zone), *later], zone)))


@dataclass(frozen=True)
class Follow:
    """A later session that must move: what is booked or held of it now, and where it would go."""

    now: Appointment | HeldSession
    to: Planned


def follow(row: Appointment, time_zone: str) -> list[Follow]:
    """The fewest later sessions that must move after this one was moved, with a time for each; none where none fits."""
    course = _as_numbered(row)
    if course is None:
        return []
    stay = courses.fixed_of(course, time_zone)
    position = next((one.number for one in stay if one.starts == row.starts), 0)
    standing_now: dict[int, Appointment | HeldSession] = {
        number: one for number, one in enumerate(course.booked, len(course.given) + 1) if number > position
    }
    standing_now |= {one.number: one for one in course.held if one.number > position}
    before = [one for one in stay if one.number <= position]
    later = [Planned(n, one.therapist_id, one.room_id, one.starts) for n, one in sorted(standing_now.items())]
    for many in range(1, len(later) + 1):
        search = Search(row.day, service=row.service)
        found = courses.propose(course, search, time_zone, [*before, *later[many:]], 1)
        if found:
            return [Follow(standing_now[one.number], one) for one in found[0] if one.number in standing_now]
    return []


def move_later(row: Appointment, moves: Sequence[Follow], time_zone: str) -> None:
    """Moves the later sessions of a course, the last first, so that none stands in another's way. Errors: TimeTaken."""
    staff, rooms = {user.pk: user for user in the.therapists()}, {room.pk: room for room in the.rooms()}
    for one in sorted(moves, key=lambda one: -one.to.number):
        therapist, room = staff[one.to.therapist], rooms.get(one.to.room) if one.to.room is not None else None
        if isinstance(one.now, Appointment):
            wish = appointments.as_wish(one.now, one.to.starts, therapist=therapist, room=room)
            appointments.move(one.now, one.now.version, wish, time_zone)
        else:
            length = one.now.ends - one.now.starts
            one.now.starts, one.now.ends = one.to.starts, one.to.starts + length
            one.now.therapist, one.now.room = therapist, room
            one.now.version += 1
            one.now.save()
