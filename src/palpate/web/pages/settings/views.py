"""What the practice is: its data, whose rules of consent it follows, its rooms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from palpate.clinic import practice_data, publishing
from palpate.clinic.access import erasing
from palpate.clinic.access import practice as the
from palpate.clinic.access.publishing import all_rooms
from palpate.clinic.actor import AUDITOR, OWNER, THERAPIST
from palpate.clinic.models import Room, Site
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library.place_rules import TOPICS, areas, keep_words, load_place, places
from palpate.web.page import today_of
from palpate.web.pages.settings.forms import (
    PracticeForm,
    RoomForm,
    SiteForm,
    put_error,
    stored_practice,
    stored_room,
)
from palpate.web.routes import EVERY_STAFF, ClinicRequest

# The parts of the settings: address, title, what is there, who sees it.
PARTS = (
    ("pathways", "Pathway", "Which version decides here, its choices, its review.", (OWNER, THERAPIST, AUDITOR)),
    ("hours-all", "Working hours", "Who works when, days off, and closed days.", tuple(EVERY_STAFF)),
    (
        "services",
        "Services and cancelling",
        "What can be booked, for how long, and what late cancelling costs.",
        tuple(EVERY_STAFF),
    ),
    ("money-rules", "Receipts and refunds", "What stands on receipts, tax, and how packages are refunded.", (OWNER,)),
    ("message-settings", "Messages to people", "Which are sent, when, and in which words.", (OWNER,)),
    ("feeds", "Your calendar", "Your booked times in your own calendar program.", (THERAPIST,)),
    ("users", "Users and roles", "Who works here, and what they may see.", (OWNER, AUDITOR)),
    ("glass-review", "Broken glass", "Who opened a record outside their care, and why.", (OWNER, AUDITOR)),
    ("trail", "Audit trail", "Who read and changed what, and when.", (OWNER, THERAPIST, AUDITOR)),
    ("export", "Export", "Everything in this practice, in files.", (OWNER,)),
    ("erased", "Erased records", "Records that wait for the date until which the law has them kept.", (OWNER,)),
    ("keys", "Keys for programs", "Which other programs may call, and for what.", (OWNER, AUDITOR)),
)
TOPIC_NAMES = {
    "consent": "Consent",
    "age": "Age and guardians",
    "withdrawal": "Withdrawal",
    "areas": "Sensitive areas",
    "draping": "Covering",
    "records": "Keeping records",
    "reporting": "Reporting",
}


def overview(request: ClinicRequest) -> HttpResponse:
    """The practice at a glance, and the way to each part of the settings that this role may open."""
    actor = request.actor
    parts = [(_url(name), title, text) for name, title, text, who in PARTS if actor.is_any(*who)]
    context = {
        "parts": [part for part in parts if part[0]],
        "place_name": dict(places()).get(request.practice.place, request.practice.place),
        "in_force": publishing.in_force(),
        "today": today_of(request),
        "may_change": actor.is_any(OWNER),
        "may_see_pathway": actor.is_any(OWNER, THERAPIST, AUDITOR),
        "rooms": the.rooms().count(),
        "due": erasing.count_due(today_of(request)) if actor.is_any(OWNER) else 0,
    }
    return render(request, "settings/overview.html", context)


def practice(request: ClinicRequest) -> HttpResponse:
    """Changes what the practice says about itself."""
    stored = stored_practice(request.practice)
    if request.method != "POST":
        return _practice_page(request, PracticeForm(initial=stored))
    form = PracticeForm(request.POST)
    if not form.is_valid():
        return _practice_page(request, form, 422)
    told = form.cleaned_data
    try:
        practice_data.change_practice(
            version_of(request),
            form.texts(),
            place=told["place"],
            time_zone=told["time_zone"],
            idle_minutes=told["idle_minutes"],
        )
    except BadInput as bad:
        put_error(form, bad)
        return _practice_page(request, form, 422)
    except Conflict:
        # Both stay: what was typed in the fields, what stands now beside them (S-56).
        return _practice_page(request, form, 409, now=PracticeForm(initial=stored))
    return _done(request, "settings", "Saved.")


def place(request: ClinicRequest) -> HttpResponse:
    """What the rules of a place ask, with how sure each statement is. Without a choice: those of the practice."""
    known = dict(places())
    asked = request.GET.get("place", request.practice.place)
    rules = load_place(asked if asked in known else request.practice.place)
    names = areas()
    context = {
        "rules": rules,
        "places": places(),
        "is_ours": rules.id == request.practice.place,
        "topics": [(TOPIC_NAMES[topic], rules.of_topic(topic)) for topic in TOPICS],
        "sensitive": [(names[id].name, lasting) for id, lasting in rules.sensitive.items()],
        "keep": keep_words(rules),
        "may_change": request.actor.is_any(OWNER),
    }
    return render(request, "settings/place.html", context)


def rooms(request: ClinicRequest) -> HttpResponse:
    """Buildings and rooms."""
    found: dict[Any, list[Room]] = {site.pk: [] for site in the.sites()}
    for room_row in all_rooms():
        found[room_row.site.pk].append(room_row)
    sites = [(site, found[site.pk]) for site in the.sites()]
    return render(request, "settings/rooms.html", {"sites": sites, "may_change": request.actor.is_any(OWNER)})


def site(request: ClinicRequest, site: Site | None = None) -> HttpResponse:
    """Adds a building, or changes one."""
    stored = {"name": site.name, "address": site.address} if site is not None else {}
    form = SiteForm(request.POST if request.method == "POST" else None, initial=stored)
    if request.method == "POST" and form.is_valid():
        try:
            practice_data.save_site(site, version_of(request) if site is not None else 1, **form.cleaned_data)
            return _done(request, "rooms", "Saved.")
        except BadInput as bad:
            put_error(form, bad)
        except Conflict:
            return _small_page(request, form, site, "building", 409, SiteForm(initial=stored))
    return _small_page(request, form, site, "building", 422 if request.method == "POST" else 200)


def room(request: ClinicRequest, room: Room | None = None) -> HttpResponse:
    """Adds a room, or changes one."""
    stored = stored_room(room) if room is not None else {}
    form = RoomForm(request.POST if request.method == "POST" else None, initial=stored)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            version = version_of(request) if room is not None else 1
            practice_data.save_room(room, version, form.chosen_site(), told["name"], told["active"] == "yes")
            return _done(request, "rooms", "Saved.")
        except BadInput as bad:
            put_error(form, bad)
        except Conflict:
            return _small_page(request, form, room, "room", 409, RoomForm(initial=stored))
    return _small_page(request, form, room, "room", 422 if request.method == "POST" else 200)


def version_of(request: ClinicRequest) -> int:
    """The version that a form saw. Errors: BadInput when the form does not say."""
    told = request.POST.get("_version", "")
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise BadInput("this form does not say which version it was made from; open the page again", "_version")
    return int(told)


def _practice_page(
    request: ClinicRequest, form: PracticeForm, status: int = 200, now: PracticeForm | None = None
) -> HttpResponse:
    context = {"form": form, "now": now, "version": request.practice.version}
    return render(request, "settings/practice.html", context, status=status)


def _small_page(
    request: ClinicRequest, form: forms.Form, row: Any, what: str, status: int, now: forms.Form | None = None
) -> HttpResponse:
    context = {"form": form, "row": row, "what": what, "now": now}
    return render(request, "settings/small.html", context, status=status)


def _done(request: ClinicRequest, name: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse(name), status=303)


def _url(name: str) -> str:
    """The address of another part, or "" where this installation has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
