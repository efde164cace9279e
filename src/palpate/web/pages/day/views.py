"""The day: who comes when, what is next for each, and what still waits. Made to be quick: one query for all rows, and
no address, and no row that has not changed, is worked out twice."""

from __future__ import annotations

import re
import uuid
from datetime import date as Day
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import appointments as deeds
from palpate.clinic.access import appointments as rows
from palpate.clinic.access import practice as the
from palpate.clinic.access.appointments import DayRow
from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED
from palpate.clinic.models import Appointment
from palpate.clinic.moment import now
from palpate.clinic.referring import overdue_before
from palpate.clinic.refusals import BadInput, NotVisible
from palpate.web.page import today_of
from palpate.web.pages.people.fields import an_id, iso_day, whole_number
from palpate.web.pages.people.shown import address_of
from palpate.web.routes import ClinicRequest
from palpate.web.templatetags.day import INSIDE, ROWS_KEPT

State = Appointment.State
WORDS = {
    "emergency": "Emergency",
    "medical_exam_first": "Medical examination first",
    "do_not_massage_now": "Do not massage now",
    "physician_clearance": "Physician clearance",
    "incomplete": "Questions open",
    "change_treatment": "Change treatment",
    "complete": "Complete",
    "treat_with_precautions": "Treat with precautions",
    "treat": "Treat",
    NOT_ASSESSED: "Not assessed",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STATES = {
    State.BOOKED: "",
    State.ARRIVED: "here",
    State.DONE: "done",
    State.NO_SHOW: "did not come",
    State.CANCELLED: "cancelled",
}
_NOBODY, _ONE, _TWO = (str(uuid.UUID(int=number)) for number in range(3))  # ids that stand for those of a row
_ANY_ID = re.compile(f"{_NOBODY}|{_ONE}|{_TWO}")


class Line(NamedTuple):
    """One row of the page, as text only, in the order in which `templatetags.day` takes it; lists joined by INSIDE."""

    token: str  # id and version, for the buttons
    mark: str  # now, next, or nothing
    times: str
    url: str  # of the appointment
    name: str
    born: str
    person_url: str
    where: str  # room
    therapist: str
    state: str
    taps: str  # names of the buttons
    disposition: str  # id, for its colour
    word: str
    chips: str
    next_url: str
    next_label: str


class Looks(NamedTuple):
    """What the one who looks may see and do."""

    writes: bool
    treats: bool
    decides: bool  # sees what was decided for everybody: owner and auditor
    me: uuid.UUID | None


def today(request: ClinicRequest) -> HttpResponse:
    """The appointments of today."""
    chosen = request.GET.get("date")
    if chosen:
        wanted = iso_day(chosen)
        if wanted is None:
            raise BadInput("A day is written like 2026-03-02.")
        return HttpResponseRedirect(_of_day(wanted))
    return _page(request, today_of(request))


def day(request: ClinicRequest, date: str) -> HttpResponse:
    """The appointments of another day."""
    wanted = iso_day(date)
    if wanted is None or not 2000 <= wanted.year <= 2200:
        raise NotVisible
    return _page(request, wanted)


def _page(request: ClinicRequest, wanted: Day) -> HttpResponse:
    actor, practice, at = request.actor, request.practice, now()
    zone = ZoneInfo(practice.time_zone)
    local = at.astimezone(zone)
    this_day = local.date()
    therapists = the.therapist_names()
    chosen = _chosen(request, [id for id, _ in therapists])
    found = rows.of_day(actor, wanted, chosen)
    request.deed.persons.update([row.person for row in found])
    request.deed.about["day"] = wanted.isoformat()
    looks = Looks(actor.is_any(OWNER, THERAPIST) or "desk" in actor.roles, actor.is_any(THERAPIST),
                  actor.is_any(OWNER, AUDITOR), actor.user_id)  # fmt: skip
    marks = _marks(found, at) if wanted == this_day else {}
    shown = [_line(row, zone, row.starts <= at, looks, marks.get(row.id, "")) for row in found]
    lines = [line for line, row in zip(shown, found, strict=True) if row.state != State.CANCELLED]
    several = len(therapists) > 1 and chosen is None
    context = {
        "title": f"{wanted.day} {wanted:%B %Y}",
        "weekday": f"{wanted:%A}",
        "iso": wanted.isoformat(),
        "is_today": wanted == this_day,
        "before": _of_day(wanted - timedelta(days=1)),
        "after": _of_day(wanted + timedelta(days=1)),
        **_around(),
        "lines": lines,
        "cancelled": [line for line, row in zip(shown, found, strict=True) if row.state == State.CANCELLED],
        "several": several,
        "therapists": therapists if len(therapists) > 1 else (),
        "chosen": chosen,
        "everybody": chosen is None,
        "writes": looks.writes,
        "printed": f"{local.day} {local:%B %Y, %H:%M}",
        "next": next((line for line in lines if line.mark == "next"), None)
        or next((line for line in lines if line.mark == "now"), None),
    }
    return render(request, "day/day.html", context | _waiting(request, looks, this_day))


@lru_cache(maxsize=1)
def _around() -> dict[str, str]:
    """The addresses that stand on every day."""
    names = {"today_url": "today", "new_url": "appointment-new", "state_url": "appointment-state"}
    return {key: reverse(name) for key, name in names.items()}


@lru_cache(maxsize=1)
def _before_the_date() -> str:
    return reverse("day", kwargs={"date": "date"}).removesuffix("date/")


def _of_day(day: Day) -> str:
    """The address of a day."""
    return f"{_before_the_date()}{day.isoformat()}/"


def _chosen(request: ClinicRequest, listed: list[uuid.UUID]) -> uuid.UUID | None:
    """The therapist whose day is shown: whoever was chosen, else oneself, else everybody."""
    told = request.GET.get("therapist", "")
    if told == "all":
        return None
    if told:
        found = next((id for id in listed if str(id) == told), None)
        if found is None:
            raise NotVisible
        return found
    me = request.actor.user_id
    return me if request.actor.is_any(THERAPIST) and not request.actor.is_any(OWNER) and me in listed else None


def _waiting(request: ClinicRequest, looks: Looks, this_day: Day) -> dict[str, Any]:
    """How many notes are unfinished and how many referrals wait longer than their urgency allows: two queries."""
    told: dict[str, Any] = {"unsigned": 0, "overdue": 0}
    if looks.treats:
        told["unsigned"] = rows.unsigned_count(request.actor)
        told["notes_url"] = address_of("notes")
    if request.actor.is_any(OWNER, THERAPIST):
        told["overdue"] = rows.overdue_referrals(request.actor, *overdue_before(this_day, request.practice.time_zone))
        told["referrals_url"] = address_of("referrals")
    return told


def _marks(found: list[DayRow], at: datetime) -> dict[uuid.UUID, str]:
    """Which appointments are going on, and which is the next one."""
    waiting = [row for row in found if row.state in (State.BOOKED, State.ARRIVED)]
    marks = {row.id: "now" for row in waiting if row.starts <= at < row.ends}
    for row in waiting:
        if row.starts > at:
            marks[row.id] = "next"
            break
    return marks


@lru_cache(maxsize=1)
def _addresses() -> dict[str, tuple[str, ...]]:
    """The addresses a row may lead to, in pieces between which the ids of a row stand: worked out once."""
    ids = {"person": _NOBODY, "episode": _ONE}
    found = {name: address_of(name, **ids) for name in ("consent", "intake", "decision", "check", "door")}
    found["session"] = address_of("session", **ids, session=_TWO)
    found |= {"person": address_of("person", person=_NOBODY), "glass": address_of("glass-open", stranger=_NOBODY)}
    found["appointment"] = address_of("appointment", appointment=_NOBODY)
    return {name: tuple(_ANY_ID.split(url)) for name, url in found.items()}


@lru_cache(maxsize=ROWS_KEPT)
def _line(row: DayRow, zone: ZoneInfo, begun: bool, looks: Looks, mark: str) -> Line:
    """A row of the store as the page shows it to whoever looks: a matter of these alone, so it is worked out once.

    A day is opened again and again, and most of its rows are as they were.
    """
    bases = _addresses()
    id, person = str(row.id), str(row.person)
    decision = (row.own and looks.treats) or looks.decides
    disposition, chips = "", []
    if row.episode is None:
        chips.append("No episode")
    elif decision:
        disposition = row.disposition or NOT_ASSESSED
        if row.own and looks.treats:
            if not row.consent:
                chips.append("No consent")
            if row.session is not None:
                chips.append("Note not signed")
        if row.referral:
            chips.append("Referral is out")
    elif looks.treats:
        chips.append("Not in your care team")
    elif row.disposition not in MAY_TREAT:  # the desk sees no more of a decision than this
        chips.append("See therapist")
    step, label = _next(row) if row.own and looks.treats else ("", "")
    next_url = _address(bases[step], person, row.episode, row.session) if step else ""
    born, appointment = row.birth_date, bases["appointment"]
    whose = bases["glass" if looks.treats and not row.own and not looks.decides else "person"]
    return Line(
        f"{id} {row.version}",
        mark,
        _times(row.starts, row.ends, zone),
        f"{appointment[0]}{id}{appointment[1]}",
        f"{row.given_name} {row.family_name}".rstrip(),
        f"{born.day} {MONTHS[born.month - 1]} {born.year}",
        f"{whose[0]}{person}{whose[1]}",
        row.room or "",
        row.therapist_name,
        STATES[row.state],  # type: ignore[index]
        INSIDE.join(_taps(row, begun)) if looks.writes else "",
        disposition,
        WORDS.get(disposition, WORDS[NOT_ASSESSED]) if disposition else "",
        INSIDE.join(chips),
        next_url,
        label,
    )


@lru_cache(maxsize=512)
def _times(starts: datetime, ends: datetime, zone: ZoneInfo) -> str:
    """From when to when, by the clock on the wall: the same few times stand in many rows."""
    begins, ends = starts.astimezone(zone), ends.astimezone(zone)
    return f"{begins.hour:02}:{begins.minute:02}–{ends.hour:02}:{ends.minute:02}"


def _address(pieces: tuple[str, ...], *ids: object) -> str:
    """An address with its ids in place, of which it takes as many as it has gaps."""
    return "".join([f"{piece}{id}" for piece, id in zip(pieces[:-1], ids, strict=False)]) + pieces[-1]


def _taps(row: DayRow, begun: bool) -> tuple[str, ...]:
    """What one tap may say of an appointment."""
    if row.state == State.BOOKED:
        return ("arrived", "no_show") if begun else ("arrived",)
    return ("booked",) if row.state in (State.ARRIVED, State.NO_SHOW) and row.session is None else ()


def _next(row: DayRow) -> tuple[str, str]:
    """The step that is next for a person, and what stands on the button. It follows `palpate.clinic.way`."""
    disposition = row.disposition
    if row.episode is None:
        return "person", "Open an episode"
    if disposition == "emergency":
        return "decision", "Emergency"
    if row.session is not None:
        return "session", "Sign the note" if row.session_state == "stopped" else "Go on"
    if disposition is None:
        return ("intake", "Start the intake") if row.consent else ("consent", "Ask for consent")
    if disposition == "incomplete" and row.given:
        return "check", "Take the check"
    if disposition in ("incomplete", NOT_ASSESSED):
        return "intake", "Go on with the intake"
    if row.referral:
        return "decision", "Record the answer"
    if disposition in ("change_treatment", "complete"):
        return "check", "Close the course"
    if disposition not in MAY_TREAT:
        return "decision", "See what to do"
    return ("door", "Door card") if row.consent else ("consent", "Ask for consent")


def state(request: ClinicRequest) -> HttpResponse:
    """One tap: here, did not come, or back to booked. The button names the appointment and the version it saw."""
    told = [(word, request.POST[word]) for word in ("arrived", "no_show", "booked") if word in request.POST]
    if len(told) != 1:
        raise BadInput("That tap could not be read. Nothing was changed.")
    word, token = told[0]
    id, _, version = token.partition(" ")
    row = rows.appointment_of(request.actor, an_id(id), to_write=True)
    request.deed.concerns(row.person_id)
    request.deed.about |= {"appointment": str(row.pk), "state": word}
    deeds.set_state(row, whole_number(version), word)
    there = reverse("today") if row.day == today_of(request) else _of_day(row.day)
    chosen = request.POST.get("therapist", "")
    listed = {"all", *(str(id) for id in the.therapists().values_list("pk", flat=True))}
    return HttpResponseRedirect(f"{there}?therapist={chosen}" if chosen in listed else there, status=303)
