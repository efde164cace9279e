"""Booking in two taps: proposed times as buttons, any other time typed. Moving and cancelling."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import appointments as deeds
from palpate.clinic.access import appointments as rows
from palpate.clinic.access import booking, care, people, phone
from palpate.clinic.access.people import person_of
from palpate.clinic.actor import DESK, OWNER, THERAPIST
from palpate.clinic.appointments import State, TimeTaken, Wish
from palpate.clinic.booking import cancelling, following, offering, waiting
from palpate.clinic.models import Appointment, Episode, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.web.page import person_page, today_of
from palpate.web.pages.day.forms import BookForm, slot_of
from palpate.web.pages.paying.shown import card, receipt_url
from palpate.web.pages.people.fields import an_id, iso_day, whole_number
from palpate.web.pages.people.shown import address_of, local
from palpate.web.pages.people.views import WISHED
from palpate.web.routes import ClinicRequest

DAYS_SHOWN, A_DAY = 4, 6  # proposed days, and times of each
LOOKED_THROUGH = 42  # days in which free times are looked for


def new(request: ClinicRequest) -> HttpResponse:
    """Books an appointment for a person. Without one, they are looked for first."""
    told = request.POST if request.method == "POST" else request.GET
    if not told.get("person"):
        if request.method == "POST":
            raise NotVisible
        return render(request, "day/choose.html", {"purpose": "appointment", "wished": _wished(request.GET)})
    person, episode = _whose(request, told.get("person", ""), told.get("episode", ""))
    since, until = _window(request, told)
    zone = request.practice.time_zone
    if request.method != "POST":
        usual = _usual(request, episode, since)
        at, _, therapist = _wished(told).partition("/")
        if at and iso_day(at[:10]):
            usual |= {"day": at[:10], "time": at[11:], "therapist": therapist}
        return _book_page(request, person, episode, BookForm(initial=usual, time_zone=zone), since, until)
    if request.POST.get("_person") != str(person.pk):
        raise Conflict("This form belongs to another person's page. Nothing was saved. Open the page again.")
    form = BookForm(request.POST, time_zone=zone)
    if "look" in request.POST:
        request.deed.change = False
        form = BookForm(initial=request.POST.dict(), time_zone=zone)
        return _book_page(request, person, episode, form, since, until)
    if not form.is_valid():
        return _book_page(request, person, episode, form, since, until, status=422)
    try:
        row = deeds.book(form.wish(person, episode), zone)
    except BadInput as bad:
        form.refuse(bad)
        return _book_page(request, person, episode, form, since, until, status=422)
    except TimeTaken as taken:
        form.add_error(None, taken.message)
        return _book_page(request, person, episode, form, since, until, status=409, near=taken.free)
    return _booked(request, row, "Booked")


def _wished(told: Any) -> str:
    """The free time that was tapped in the book, and with whom, as the search for the person carries it on."""
    wished = f"{told.get('at', '')}/{told.get('therapist', '')}"
    return wished if WISHED.fullmatch(wished) else ""


def _booked(request: ClinicRequest, row: Appointment, what: str, there: str = "") -> HttpResponse:
    """Says what was booked, and leads to it, or to where it must be gone on."""
    request.deed.about["appointment"] = str(row.pk)
    starts = local(request, row.starts)
    messages.success(request, f"{what}: {starts.day} {starts:%B %Y, %H:%M}, with {row.therapist.name}.")
    if not people.in_team(row.person, row.therapist):
        messages.warning(request, f"{row.therapist.name} is not in the care team and will not see the record. "
                         "The owner or a therapist in charge can add them.")  # fmt: skip
    return HttpResponseRedirect(there or reverse("appointment", kwargs={"appointment": row.pk}), status=303)


def _whose(request: ClinicRequest, person: str, episode: str) -> tuple[Person, Episode | None]:
    """The person and the episode that a query names, if the actor may book for them and they belong together."""
    found = person_of(request.actor, an_id(person), "appointment", to_write=True)
    request.deed.concerns(found)
    if not episode:
        open_ones = [row for row in people.episodes_of(found) if row.state == Episode.State.OPEN]
        return found, open_ones[0] if len(open_ones) == 1 else None
    row = care.episode_of(request.actor, an_id(episode), "appointment", to_write=True)
    if row.person_id != found.pk:
        raise NotVisible
    return found, row


def _window(request: ClinicRequest, told: Any) -> tuple[date, date]:
    """From which day to which times are proposed: the hints of the page before, within what can be booked."""
    today = today_of(request)
    last = deeds.last_day(today)
    hints = []
    for name in ("from", "to"):
        text = told.get(name, "")
        hint = iso_day(text) if text else None
        if text and hint is None:
            raise BadInput(f"{name}: a day is written like 2026-03-02.")
        hints.append(hint)
    since = min(max(hints[0] or today, today), last)
    until = min(max(hints[1] or since + timedelta(days=LOOKED_THROUGH), since), since + timedelta(days=LOOKED_THROUGH))
    return since, min(until, last)


def _usual(request: ClinicRequest, episode: Episode | None, since: date) -> dict[str, Any]:
    """What stands in the form at first: the therapist of the episode, else oneself; the first room."""
    form = BookForm(time_zone=request.practice.time_zone)
    wished = [str(episode.therapist_id)] if episode is not None and episode.therapist_id else []
    wished += [str(request.actor.user_id), *form.staff]
    therapist = next((id for id in wished if id in form.staff), "")
    room = next(iter(form.places), "")
    given = [id for id, row in form.services.items() if therapist and offering.who_gives(row, [an_id(therapist)])]
    service = next(iter([*given, *form.services]), "")
    return {
        "service": service,
        "therapist": therapist,
        "room": room,
        "minutes": str(deeds.USUAL),
        "day": since.isoformat(),
        "time": "",
    }


def _book_page(
    request: ClinicRequest,
    person: Person,
    episode: Episode | None,
    form: BookForm,
    since: date,
    until: date,
    *,
    status: int = 200,
    near: Iterable[datetime] = (),
    moves: Appointment | None = None,
) -> HttpResponse:
    zone = request.practice.time_zone
    wish = form.looked_at(person, now())
    context = {
        "form": form,
        "slots": _slots(wish, since, until, zone, moves) if wish is not None else [],
        "near": [slot_of(starts, zone) for starts in near],
        "for_episode": episode,
        "since": since,
        "until": until,
        "moves": moves,
        "moves_from": local(request, moves.starts) if moves is not None else None,
        "back_url": address_of("person", person=person.pk),
    }
    return person_page(request, "day/book.html", person, context, status=status)


def _slots(wish: Wish, since: date, until: date, zone: str, moves: Appointment | None) -> list[dict[str, Any]]:
    """The first days with free times, each with a few of them spread over the day."""
    days: dict[date, list[tuple[date, str, str]]] = {}
    for starts in deeds.free(wish, since, until, zone, moves.pk if moves is not None else None):
        slot = slot_of(starts, zone)
        if slot[0] not in days and len(days) == DAYS_SHOWN:
            break
        days.setdefault(slot[0], []).append(slot)
    return [{"day": day, "times": slots[:: -(-len(slots) // A_DAY)]} for day, slots in days.items()]


def appointment(request: ClinicRequest, appointment: Appointment) -> HttpResponse:
    """One appointment: what it is, and the ways to move or cancel it."""
    person, actor = appointment.person, request.actor
    may = actor.is_any(OWNER, THERAPIST, DESK) and rows.appointments(actor, to_write=True).filter(pk=appointment.pk)
    if request.method == "POST":
        return _change(request, appointment, person)
    if "move" in request.GET and appointment.state == State.BOOKED and may:
        since, until = _window(request, request.GET)
        return _move_page(request, appointment, person, None, since, until)
    rules = booking.rules()
    context = {
        "row": appointment,
        "starts": local(request, appointment.starts),
        "ends": local(request, appointment.ends),
        "may_move": bool(may) and appointment.state == State.BOOKED,
        "may": bool(may),
        "changes": [
            (state, CHANGE_WORDS[state])
            for state in (State.ARRIVED, State.NO_SHOW, State.BOOKED)
            if state in deeds.CHANGES.get(appointment.state, ())
            and (state != State.NO_SHOW or appointment.starts <= now())
        ],
        "wish": phone.open_wish(appointment) if appointment.state == State.BOOKED else None,
        "may_cancel": State.CANCELLED in deeds.CHANGES.get(appointment.state, ()),
        "rules": rules,
        "late": cancelling.is_late(appointment, rules),
        "fee": cancelling.amount(rules.cancel_fee_cents or None, rules.currency),
        "owed": cancelling.amount(appointment.fee_cents, rules.currency),
        "move_url": f"{reverse('book')}?week={max(appointment.day, today_of(request))}&move={appointment.pk}",
        "paid": card(actor, person),
        "receipt_url": receipt_url(actor, appointment),
        "day_url": reverse("day", kwargs={"date": appointment.day.isoformat()}),
    }
    stranger = actor.is_any(THERAPIST) and not actor.is_any(OWNER) and not _is_visible(request, person)
    more = {"person_url": address_of("glass-open", stranger=person.pk)} if stranger else {}
    return person_page(request, "day/appointment.html", person, context | more)


CHANGE_WORDS = {State.ARRIVED: "Is here", State.NO_SHOW: "Did not come", State.BOOKED: "Back to booked"}


def _is_visible(request: ClinicRequest, person: Person) -> bool:
    return people.visible_to(request.actor, "contact").filter(pk=person.pk).exists()


def _change(request: ClinicRequest, appointment: Appointment, person: Person) -> HttpResponse:
    """Moves an appointment, or says what became of it."""
    version = whole_number(request.POST.get("_version", ""))
    state = request.POST.get("state")
    if state is not None:
        row = deeds.set_state(appointment, version, state, request.POST.get("by", deeds.PRACTICE))
        request.deed.about["state"] = state
        messages.success(request, f"{person.name}: {row.get_state_display().lower()}.")
        there = reverse("day", kwargs={"date": row.day.isoformat()})
        freed = waiting.freed_by(row)
        if freed is not None and waiting.fits(freed, request.practice.time_zone, person):
            there = reverse("waiting-fits", kwargs={"appointment": row.pk})
        return HttpResponseRedirect(there, status=303)
    zone = request.practice.time_zone
    since, until = _window(request, request.POST)
    form = BookForm(request.POST, time_zone=zone)
    if "look" in request.POST:
        request.deed.change = False
        return _move_page(request, appointment, person, request.POST.dict(), since, until)
    if not form.is_valid():
        return _book_page(request, person, None, form, since, until, status=422, moves=appointment)
    try:
        row = deeds.move(appointment, version, form.wish(person, None), zone)
    except BadInput as bad:
        form.refuse(bad)
        return _book_page(request, person, None, form, since, until, status=422, moves=appointment)
    except TimeTaken as taken:
        form.add_error(None, taken.message)
        near = taken.free
        return _book_page(request, person, None, form, since, until, status=409, near=near, moves=appointment)
    follows = row.episode is not None and following.must_follow(row, zone)
    return _booked(request, row, "Moved", reverse("course-follow", args=[row.pk]) if follows else "")


def _move_page(
    request: ClinicRequest,
    appointment: Appointment,
    person: Person,
    told: dict[str, Any] | None,
    since: date,
    until: date,
) -> HttpResponse:
    starts = local(request, appointment.starts)
    minutes = int((appointment.ends - appointment.starts).total_seconds()) // 60
    now_is = {
        "service": str(appointment.service_id or ""),
        "therapist": str(appointment.therapist_id),
        "room": str(appointment.room_id or ""),
        "minutes": str(minutes),
        "day": f"{starts:%Y-%m-%d}",
        "time": f"{starts:%H:%M}",
    }
    form = BookForm(initial=told or now_is, time_zone=request.practice.time_zone)
    return _book_page(request, person, None, form, since, until, moves=appointment)
