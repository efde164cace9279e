"""Booking a whole course: three proposals side by side, one tap books. And what follows when one session moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import appointments as deeds
from palpate.clinic.access import care
from palpate.clinic.access import practice as the
from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.clinic.appointments import TimeTaken
from palpate.clinic.booking import course as courses
from palpate.clinic.booking import following
from palpate.clinic.booking.course import Course, Planned, Search
from palpate.clinic.models import Appointment, Episode, HeldSession, Person
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import person_page, today_of
from palpate.web.pages.book.forms import CourseForm
from palpate.web.pages.people.shown import address_of, local
from palpate.web.routes import ClinicRequest

NO_SEARCH = (
    "This installation has no part that searches for times (the extra named scheduling). Book the sessions singly."
)


def book(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Proposes times for the sessions of a course that are not booked, and books one of the proposals."""
    course = courses.course_of(episode)
    decision = care.newest_decision(episode)
    if course is None or not courses.may_book(decision) or episode.state != Episode.State.OPEN or course.is_full:
        if request.method == "POST":
            raise Conflict("This course cannot be booked now. Nothing was changed. Open the page again.")
        return _page(request, person, episode, course, None, [])
    zone = request.practice.time_zone
    if request.method == "POST":
        return _book(request, person, episode, course, zone)
    form = CourseForm(request.GET if request.GET else None, initial=_usual(request, episode), course=course)
    search = form.search() if form.is_bound and form.is_valid() else form.usual() if not form.is_bound else None
    status = 422 if form.is_bound and not form.is_valid() else 200
    return _proposals(request, person, episode, course, form, search, status=status)


def _usual(request: ClinicRequest, episode: Episode) -> dict[str, Any]:
    return {"from": today_of(request).isoformat(), "therapist": str(episode.therapist_id or "")}


def _proposals(
    request: ClinicRequest, person: Person, episode: Episode, course: Course, form: CourseForm, search: Search | None,
    *, status: int = 200, said: str = "",
) -> HttpResponse:  # fmt: skip
    """The page with the best proposals for a search."""
    zone, found, why = request.practice.time_zone, [], ""
    if search is not None:
        try:
            fixed = courses.fixed_of(course, zone)
            found = courses.propose(course, search, zone, fixed)
            why = "" if found else courses.why_none(course, search, zone, fixed)
        except ModuleNotFoundError:
            why = NO_SEARCH
    shown = [_shown(request, course, number, one) for number, one in enumerate(found, 1)]
    return _page(request, person, episode, course, form, shown, why=why, said=said, status=status)


def _page(
    request: ClinicRequest, person: Person, episode: Episode, course: Course | None, form: CourseForm | None,
    proposals: Sequence[dict[str, Any]], *, why: str = "", said: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    decision = care.newest_decision(episode)
    actor = request.actor
    clinical = actor.is_any(OWNER, AUDITOR) or (actor.is_any(THERAPIST) and _is_own(request, person))
    context: dict[str, Any] = {
        "course": course,
        "form": form,
        "proposals": proposals,
        "why": why,
        "said": said,
        "open": courses.may_book(decision) and episode.state == Episode.State.OPEN,
        "clinical": clinical,
        "for_episode": episode,
        "stopped": [_appointment(request, row) for row in courses.to_cancel(episode, decision)],
        "waits": courses.only_waits(decision),
        "decision_url": address_of("decision", person=person.pk, episode=episode.pk) if clinical else "",
        "plan_url": address_of("plan", person=person.pk, episode=episode.pk) if actor.is_any(THERAPIST) else "",
        "single_url": f"{reverse('appointment-new')}?person={person.pk}&episode={episode.pk}",
    }
    if course is not None:
        low, high = course.protocol.gap_days
        context |= {
            "low": low,
            "high": high,
            "point": course.decision_point,
            "first": course.next_number,
            "now_last": min(course.decision_point, course.protocol.sessions),
            "past_point": course.next_number > course.decision_point,
            "booked": [
                _appointment(request, row) | {"number": number}
                for number, row in enumerate(course.booked, len(course.given) + 1)
            ],
            "held": [_held(request, row) for row in course.held],
            "can_book_held": bool(course.held)
            and course.held[0].number == course.next_number
            and course.next_number <= course.decision_point,
        }
    return person_page(request, "book/course.html", person, context, status=status)


def _is_own(request: ClinicRequest, person: Person) -> bool:
    from palpate.clinic.access.people import visible_to

    return visible_to(request.actor, "clinical").filter(pk=person.pk).exists()


def _appointment(request: ClinicRequest, row: Appointment) -> dict[str, Any]:
    return {"row": row, "starts": local(request, row.starts), "url": reverse("appointment", args=[row.pk])}


def _held(request: ClinicRequest, row: HeldSession) -> dict[str, Any]:
    return {"row": row, "starts": local(request, row.starts)}


def _shown(request: ClinicRequest, course: Course, number: int, planned: Sequence[Planned]) -> dict[str, Any]:
    """One proposal as its card shows it."""
    names, rooms = dict(the.therapist_names()), {room.pk: room.name for room in the.rooms()}
    sessions = [
        {
            "number": one.number,
            "starts": local(request, one.starts),
            "therapist": names.get(one.therapist, ""),
            "room": rooms.get(one.room, "") if one.room is not None else "",
            "now": one.number <= course.decision_point,
        }
        for one in planned
    ]
    now_many = sum(1 for one in sessions if one["now"])
    return {"number": number, "sessions": sessions, "chosen": written(planned), "now_many": now_many,
            "later": len(sessions) > now_many}  # fmt: skip


def written(planned: Sequence[Planned]) -> str:
    """A proposal as its button sends it: opaque ids and instants."""
    return " ".join(f"{one.number}/{one.therapist}/{one.room or ''}/{one.starts:%Y-%m-%dT%H:%MZ}" for one in planned)


def read(told: str) -> list[Planned]:
    """What a button sent. Errors: BadInput."""
    found = []
    try:
        for part in told.split():
            number, therapist, room, starts = part.split("/")
            if not (part.isascii() and number.isdigit() and len(number) < 3):
                raise ValueError
            at = datetime.strptime(starts, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
            found.append(Planned(int(number), UUID(therapist), UUID(room) if room else None, at))
    except ValueError:
        raise BadInput("That proposal could not be read. Nothing was booked.") from None
    return found


def _book(request: ClinicRequest, person: Person, episode: Episode, course: Course, zone: str) -> HttpResponse:
    """One tap: books a proposal, or what is held of an earlier one."""
    form = CourseForm(request.POST, course=course)
    search = form.search() if form.is_valid() else form.usual()
    try:
        if "held" in request.POST:
            made, held = courses.book_held(course, zone), 0
        else:
            chosen = read(request.POST.get("chosen", ""))
            made, later = courses.book(course, search, chosen, zone, request.POST.get("why", ""))
            held = len(later)
    except TimeTaken:
        said = "One of these times was taken meanwhile. Nothing was booked. These are free now."
        return _proposals(request, person, episode, course, form, search, status=409, said=said)
    except BadInput as bad:
        return _proposals(request, person, episode, course, form, search, status=422, said=bad.message)
    request.deed.about["appointments"] = [str(row.pk) for row in made]
    many = f"{len(made)} session{'s are' if len(made) > 1 else ' is'} booked"
    messages.success(request, f"{many}, {held} more held as a proposal." if held else f"{many}.")
    return HttpResponseRedirect(reverse("course-book", args=[person.pk, episode.pk]), status=303)


def cancel(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Cancels the appointments that were ticked, of a course that the decision has stopped."""
    stopped = {str(row.pk): row for row in courses.to_cancel(episode, care.newest_decision(episode))}
    chosen = request.POST.getlist("appointment")
    if not chosen or not set(chosen) <= set(stopped):
        raise Conflict("These appointments have changed meanwhile. Nothing was cancelled. Open the page again.")
    for id in chosen:
        row = stopped[id]
        deeds.set_state(row, row.version, Appointment.State.CANCELLED, deeds.PRACTICE)
    request.deed.about["appointments"] = chosen
    messages.success(request, f"{len(chosen)} appointment{'s' if len(chosen) > 1 else ''} cancelled.")
    return HttpResponseRedirect(reverse("course-book", args=[person.pk, episode.pk]), status=303)


def follow(request: ClinicRequest, appointment: Appointment) -> HttpResponse:
    """Which later sessions of a course must move after this one was moved, and where to; one tap moves them."""
    zone = request.practice.time_zone
    try:
        moves = following.follow(appointment, zone) if _breaks(appointment, zone) else []
        why = ""
    except ModuleNotFoundError:
        moves, why = [], NO_SEARCH
    if request.method == "POST":
        if not moves or request.POST.get("chosen", "") != written([one.to for one in moves]):
            raise Conflict("The course has changed meanwhile. Nothing was moved. Open the page again.")
        following.move_later(appointment, moves, zone)
        request.deed.about["appointments"] = [str(one.now.pk) for one in moves]
        messages.success(request, "The later sessions are moved.")
        return HttpResponseRedirect(reverse("appointment", args=[appointment.pk]), status=303)
    names = dict(the.therapist_names())
    context = {
        "row": appointment,
        "starts": local(request, appointment.starts),
        "moves": [
            {
                "number": one.to.number,
                "was": local(request, one.now.starts),
                "held": isinstance(one.now, HeldSession),
                "to": local(request, one.to.starts),
                "therapist": names.get(one.to.therapist, ""),
            }
            for one in moves
        ],
        "chosen": written([one.to for one in moves]),
        "must": _breaks(appointment, zone),
        "why": why,
        "course_url": reverse("course-book", args=[appointment.person_id, appointment.episode_id])
        if appointment.episode_id
        else "",
    }
    return person_page(request, "book/follow.html", appointment.person, context)


def _breaks(row: Appointment, zone: str) -> bool:
    return row.episode is not None and following.must_follow(row, zone)
