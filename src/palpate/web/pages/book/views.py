"""The book: a week of everybody, a day by therapists, a day by rooms; and moving by two taps.

Whoever may not see somebody sees only that a time is taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import appointments as deeds
from palpate.clinic.access import appointments as rows
from palpate.clinic.access import booking
from palpate.clinic.access import practice as the
from palpate.clinic.access.booking import Entry
from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.clinic.booking import following, hours, wall
from palpate.clinic.models import Appointment, Room
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, NotVisible
from palpate.web.page import address, today_of
from palpate.web.pages.book.grid import Block, Line, table
from palpate.web.pages.people.fields import an_id, iso_day, whole_number
from palpate.web.pages.people.shown import local
from palpate.web.routes import ClinicRequest

STATES = {Appointment.State.ARRIVED: "here", Appointment.State.DONE: "done"}
LEAST_GAP = timedelta(minutes=15)  # a free stretch that is worth showing


def week(request: ClinicRequest) -> HttpResponse:
    """A week: one row for each day, one column for each therapist, with what is booked and what is free."""
    told = request.GET.get("week", "")
    asked = iso_day(told) if told else today_of(request)
    if asked is None or not 2000 <= asked.year <= 2200:
        raise BadInput("A day is written like 2026-03-02.")
    monday = asked - timedelta(days=asked.weekday())
    staff, chosen = _staff(request)
    moves = _moved(request)
    zone = ZoneInfo(request.practice.time_zone)
    since, until = _instants(monday, monday + timedelta(days=6), zone)
    entries = booking.entries(request.actor, since, until)
    request.deed.concerns(*{entry.person for entry in entries if entry.person is not None})
    works = hours.windows([id for id, _ in staff], monday, monday + timedelta(days=6), request.practice.time_zone)
    closed = {row.day: row.name for row in booking.holidays(monday, monday + timedelta(days=6)) if row.site_id is None}
    days = []
    times = {id: _times(request, moves, id, monday, monday + timedelta(days=6)) for id, _ in staff} if moves else {}
    for number in range(7):
        day = monday + timedelta(days=number)
        cells = []
        for id, name in staff:
            mine = [entry for entry in entries if entry.therapist == id and _day_of(entry.starts, zone) == day]
            open_ones = [window for window in works[id] if window.day == day]
            parts = [] if moves else _parts(mine, open_ones, zone, id)
            cells.append({"name": name, "parts": parts, "works": bool(open_ones)})
            if moves is not None:
                cells[-1]["times"] = _fewer(times[id].get(day, []))
        if any(cell["parts"] or cell["works"] for cell in cells) or number < 5:
            label = f"{day:%A} {day.day} {day:%B}"
            days.append({"day": day, "label": label, "cells": cells, "closed": closed.get(day, ""),
                         "is_today": day == today_of(request)})  # fmt: skip
    context = {
        "view": "week",
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before_url": _week_url(monday - timedelta(days=7), chosen, moves),
        "after_url": _week_url(monday + timedelta(days=7), chosen, moves),
        "days": days,
        "names": [name for _, name in staff],
        "therapists": the.therapist_names(),
        "chosen": chosen,
        "moved_times": len(wall.moved()) if request.actor.is_any(OWNER, DESK) else 0,
    }
    return _page(request, "book/week.html", context, moves)


def by_therapist(request: ClinicRequest, date: str) -> HttpResponse:
    """A day with one column for each therapist."""
    return _day(request, date, "day")


def by_room(request: ClinicRequest, date: str) -> HttpResponse:
    """A day with one column for each room."""
    return _day(request, date, "rooms")


def _day(request: ClinicRequest, told: str, view: str) -> HttpResponse:
    day = iso_day(told)
    if day is None or not 2000 <= day.year <= 2200:
        raise NotVisible
    zone = ZoneInfo(request.practice.time_zone)
    since, until = _instants(day, day, zone)
    entries = booking.entries(request.actor, since, until)
    request.deed.concerns(*{entry.person for entry in entries if entry.person is not None})
    request.deed.about["day"] = day.isoformat()
    staff, rooms = the.therapist_names(), list(the.rooms())
    works = hours.windows([id for id, _ in staff], day, day, request.practice.time_zone)
    moves = _moved(request)
    names = dict(staff)
    if view == "day":
        columns = [
            (name, _blocks(request, entries, zone, names, therapist=id, open_in=works[id])) for id, name in staff
        ]
    else:
        spans = [window for windows in works.values() for window in windows]
        columns = [
            (_named(room, rooms), _blocks(request, entries, zone, names, room=room, open_in=spans)) for room in rooms
        ]
    lines: list[Line] = table(columns) if moves is None else []
    closed = booking.holidays(day, day)
    context = {
        "view": view,
        "day": day,
        "is_today": day == today_of(request),
        "before_url": _day_url(view, day - timedelta(days=1), moves),
        "after_url": _day_url(view, day + timedelta(days=1), moves),
        "names": [name for name, _ in columns],
        "lines": [(line, line.at.minute % 30 == 0) for line in lines],
        "closed": closed,
        "choices": _choices(request, moves, day, view, staff, rooms) if moves is not None else [],
    }
    return _page(request, "book/day.html", context, moves)


def _week_url(monday: date, chosen: uuid.UUID | None, moves: Appointment | None) -> str:
    more = f"&therapist={chosen}" if chosen is not None else ""
    more += f"&move={moves.pk}" if moves is not None else ""
    return f"{reverse('book')}?week={monday.isoformat()}{more}"


def _day_url(view: str, day: date, moves: Appointment | None) -> str:
    there = reverse("book-day" if view == "day" else "book-rooms", kwargs={"date": day.isoformat()})
    return f"{there}?move={moves.pk}" if moves is not None else there


def _page(request: ClinicRequest, template: str, context: dict[str, Any], moves: Appointment | None) -> HttpResponse:
    context["writes"] = request.actor.is_any(OWNER, THERAPIST, DESK)
    context["moves"] = moves
    if moves is not None:
        request.deed.concerns(moves.person_id)
        context["moves_from"] = local(request, moves.starts)
        context["moves_url"] = address("appointment", appointment=moves.pk)
        context["move"] = f"?move={moves.pk}"
    context["today"] = today_of(request)
    return render(request, template, context)


def _staff(request: ClinicRequest) -> tuple[list[tuple[uuid.UUID, str]], uuid.UUID | None]:
    """The therapists whose columns are shown, and the one who was chosen."""
    staff = the.therapist_names()
    told = request.GET.get("therapist", "")
    if not told or told == "all":
        return staff, None
    chosen = [one for one in staff if str(one[0]) == told]
    if not chosen:
        raise NotVisible
    return chosen, chosen[0][0]


def _instants(since: date, until: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begin = datetime.combine(since, time.min, zone).astimezone(UTC)
    return begin, datetime.combine(until + timedelta(days=1), time.min, zone).astimezone(UTC)


def _day_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _named(room: Room, rooms: Sequence[Room]) -> str:
    several = len({one.site_id for one in rooms}) > 1
    return f"{room.name}, {room.site.name}" if several else room.name


def _shown(entry: Entry, zone: ZoneInfo, more: str = "") -> dict[str, Any]:
    begins, ends = entry.starts.astimezone(zone), entry.ends.astimezone(zone)
    return {
        "times": f"{begins:%H:%M}–{ends:%H:%M}",
        "name": entry.name,
        "url": address("appointment", appointment=entry.id) if entry.person is not None else "",
        "state": STATES.get(entry.state, ""),  # type: ignore[call-overload]
        "more": ", ".join(part for part in (entry.service, more) if part),
        "id": entry.id if entry.state == Appointment.State.BOOKED and entry.person is not None else None,
    }


def _blocks(
    request: ClinicRequest,
    entries: Sequence[Entry],
    zone: ZoneInfo,
    names: dict[uuid.UUID, str],
    *,
    therapist: uuid.UUID | None = None,
    room: Room | None = None,
    open_in: Sequence[hours.Window],
) -> list[Block]:
    """What stands in one column of a day."""
    found = [Block(_local(window.starts, zone), _local(window.ends, zone), "open") for window in open_in]
    for entry in entries:
        if entry.therapist != therapist if room is None else entry.room != room.pk:
            continue
        begins, ends, held = (_local(at, zone) for at in (entry.starts, entry.ends, entry.held_until))
        more = names.get(entry.therapist, "") if room is not None else ""
        kind = "busy" if entry.person is not None else "taken"
        found.append(Block(begins, ends, kind, _shown(entry, zone, more), 2))
        if held > ends:
            found.append(Block(ends, held, "turnover", None, 1))
    return found


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """The wall time without its zone: rows of a day are wall times."""
    return at.astimezone(zone).replace(tzinfo=None)


def _quarter(at: datetime) -> datetime:
    """The next quarter of an hour."""
    at = at.astimezone(UTC)
    late = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at - late + (timedelta(minutes=15) if late else timedelta())


def _parts(
    mine: Sequence[Entry], open_ones: Sequence[hours.Window], zone: ZoneInfo, therapist: uuid.UUID
) -> list[dict[str, Any]]:
    """What stands in one cell of a week: appointments and the free stretches between them, in order."""
    found = [(entry.starts, _shown(entry, zone) | {"kind": "busy"}) for entry in mine]
    for window in open_ones:
        at = window.starts
        for entry in [*mine, None]:
            stop = window.ends if entry is None else min(entry.starts, window.ends)
            if stop - at >= LEAST_GAP and stop > now():
                begins, ends = at.astimezone(zone), stop.astimezone(zone)
                first = _quarter(max(begins, now())).astimezone(zone)
                wished = urlencode({"at": f"{first:%Y-%m-%dT%H:%M}", "therapist": therapist})
                url = f"{reverse('appointment-new')}?{wished}"
                found.append((at, {"kind": "free", "times": f"{begins:%H:%M}–{ends:%H:%M}", "url": url}))
            if entry is not None:
                at = max(at, entry.held_until)
    return [part for _, part in sorted(found, key=lambda one: one[0])]


# --- Moving by two taps -----------------------------------------------------------------------------------------------


def _moved(request: ClinicRequest) -> Appointment | None:
    """The appointment that is being moved: the first tap named it."""
    told = request.GET.get("move", "")
    if not told:
        return None
    row = rows.appointment_of(request.actor, an_id(told), to_write=True)
    if row.state != Appointment.State.BOOKED or not request.actor.is_any(OWNER, THERAPIST, DESK):
        raise NotVisible
    return row


def _times(
    request: ClinicRequest, row: Appointment, therapist: uuid.UUID, since: date, until: date, room: Room | None = None
) -> dict[date, list[tuple[str, str]]]:
    """The times to which an appointment can be moved, by day: what stands on each button, and what it sends."""
    zone = ZoneInfo(request.practice.time_zone)
    user = the.user_of(therapist)
    where = room if room is not None else row.room
    wish = deeds.as_wish(row, therapist=user, room=where)
    found = list(deeds.free(wish, since, until, request.practice.time_zone, row.pk))
    place = where.pk if where is not None else ""
    days: dict[date, list[tuple[str, str]]] = {}
    for text, starts in zip(wall.shown(found, request.practice.time_zone), found, strict=True):
        sends = f"{starts:%Y-%m-%dT%H:%MZ}/{therapist}/{place}"
        days.setdefault(_day_of(starts, zone), []).append((text, sends))
    return days


def _fewer(times: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those at full and half hours, where there are any: a week has room for no more."""
    return [one for one in times if one[0][3:5] in ("00", "30")] or times


def _choices(
    request: ClinicRequest, row: Appointment, day: date, view: str, staff: Sequence[tuple[uuid.UUID, str]],
    rooms: Sequence[Room],
) -> list[dict[str, Any]]:  # fmt: skip
    """The free times of a day for an appointment that is being moved, by column."""
    if view == "day":
        found = [(name, _times(request, row, id, day, day)) for id, name in staff]
    else:
        found = [(_named(room, rooms), _times(request, row, row.therapist_id, day, day, room)) for room in rooms]
    return [{"name": name, "times": times.get(day, [])} for name, times in found]


def move(request: ClinicRequest) -> HttpResponse:
    """The second tap: moves the appointment to a free time. Later sessions of its course may have to follow."""
    row = rows.appointment_of(request.actor, an_id(request.POST.get("appointment", "")), to_write=True)
    request.deed.concerns(row.person_id)
    request.deed.about["appointment"] = str(row.pk)
    at, therapist, place = _read(request.POST.get("to", ""))
    user = next((one for one in the.therapists() if one.pk == therapist), None)
    room = next((one for one in the.rooms() if one.pk == place), None)
    if user is None or (place is not None and room is None):
        raise BadInput("That time could not be read. Nothing was changed.")
    wish = deeds.as_wish(row, at, therapist=user, room=room)
    moved = deeds.move(row, whole_number(request.POST.get("_version", "")), wish, request.practice.time_zone)
    starts = local(request, moved.starts)
    messages.success(request, f"Moved: {starts.day} {starts:%B %Y, %H:%M}, with {user.name}.")
    return HttpResponseRedirect(after_move(moved), status=303)


def after_move(row: Appointment) -> str:
    """Where a moved appointment leads: to the later sessions of its course that must move too, else to itself."""
    if row.episode is not None and row.course_session is not None and following.must_follow(row):
        return reverse("course-follow", kwargs={"appointment": row.pk})
    return reverse("appointment", kwargs={"appointment": row.pk})


def _read(told: str) -> tuple[datetime, uuid.UUID, uuid.UUID | None]:
    """Instant, therapist and room of a button. Errors: BadInput."""
    parts = told.split("/")
    try:
        if len(parts) != 3 or not told.isascii():
            raise ValueError
        at = datetime.strptime(parts[0], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        return at, uuid.UUID(parts[1]), uuid.UUID(parts[2]) if parts[2] else None
    except ValueError:
        raise BadInput("That time could not be read. Nothing was changed.") from None
