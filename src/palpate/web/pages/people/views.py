"""The list of people with its search, and the page of one person."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import uploads
from palpate.clinic.access import appointments as times
from palpate.clinic.access import people as rows
from palpate.clinic.access.practice import therapists
from palpate.clinic.actor import AUDITOR, DESK, OWNER, THERAPIST
from palpate.clinic.finding import Wanted, read_wanted
from palpate.clinic.models import Episode, Person
from palpate.clinic.people import doubles
from palpate.clinic.refusals import BadInput
from palpate.clinic.way import way_of
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.paying.shown import card, may_pay
from palpate.web.pages.people import shown
from palpate.web.pages.people.forms import TeamForm
from palpate.web.routes import ClinicRequest

ON_A_PAGE, MOST_STRANGERS, MOST_PAST = 40, 5, 10
SORTS = {"name": "Name", "born": "Birth date", "newest": "Newest first"}
PURPOSES = ("person", "appointment")  # what a hit of the search leads to
# A free time that was tapped in the book, and with whom: 2026-03-02T09:30 and the id of a therapist.
WISHED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def people(request: ClinicRequest) -> HttpResponse:
    """Everybody the actor may see, in a listed order, in pages."""
    sort, page = request.GET.get("sort", "name"), request.GET.get("page", "1")
    return render(request, "people/list.html", _listed(request, Wanted(), sort, page, "person"))


def find(request: ClinicRequest) -> HttpResponse:
    """Those who fit what is typed: the whole page, or the part of it that HTMX asked for."""
    request.deed.change = False  # a search is posted only to keep names out of addresses
    purpose, _, wished = request.POST.get("purpose", "person").partition("/")
    if purpose not in PURPOSES or (wished and WISHED.fullmatch(wished) is None):
        raise BadInput("That search is not known.")
    text = request.POST.get("q", "")[:200]
    wanted = read_wanted(text, today_of(request))
    context = _listed(request, wanted, request.POST.get("sort", "name"), request.POST.get("page", "1"), purpose, wished)
    template = "people/_found.html" if request.htmx else "people/list.html"
    return render(request, template, context | {"q": text, "searched": bool(text.strip())})


def _listed(
    request: ClinicRequest, wanted: Wanted, sort: str, page: str, purpose: str, wished: str = ""
) -> dict[str, Any]:
    if sort not in SORTS:
        raise BadInput(f"People can be put in order by {', '.join(SORTS)}.")
    actor, today = request.actor, today_of(request)
    found = Paginator(rows.in_order(rows.search(actor, wanted), sort), ON_A_PAGE).get_page(page)
    masked = shown.is_masked(actor)
    standing = rows.where_they_stand(actor, found)
    listed = [
        {
            "name": person.name,
            "born": person.birth_date,
            "phone": shown.masked_phone(person.phone) if masked else person.phone,
            "url": _target(person, purpose, wished),
            **_state(person, standing),
        }
        for person in found
    ]
    others = list(rows.strangers(actor, wanted)[:MOST_STRANGERS])
    request.deed.concerns(*found, *others)
    return {
        "page": found,
        "people": listed,
        "strangers": [shown.hint(person) for person in others],
        "sort": sort,
        "sorts": SORTS.items(),
        "page_params": f"sort={sort}&" if sort != "name" else "",
        "purpose": purpose,
        "wished": wished,
        "may_make": actor.is_any(OWNER, THERAPIST, DESK),
        "may_import": actor.is_any(OWNER),
        "today": today,
    }


def _state(person: Person, standing: dict[UUID, tuple[str, str | None]] | None) -> dict[str, str]:
    """Where a person stands, for the list: a disposition, or a word where none is in force. Empty where not shown."""
    if standing is None:
        return {}
    state, disposition = standing.get(person.pk, ("", None))
    if state == Episode.State.OPEN and disposition:
        return {"disposition": disposition}
    words = {Episode.State.OPEN: "Nothing decided yet", Episode.State.CLOSED: "Course ended"}
    return {"word": words.get(state, "No episode yet")}  # type: ignore[call-overload]


def _target(person: Person, purpose: str, wished: str) -> str:
    if purpose == "appointment":
        at, _, therapist = wished.partition("/")
        more = f"&at={at}&therapist={therapist}" if wished else ""
        return f"{reverse('appointment-new')}?person={person.pk}{more}"
    return reverse("person", kwargs={"person": person.pk})


def person(request: ClinicRequest, person: Person) -> HttpResponse:
    """One person: how to reach them, their episodes and appointments, their files, and who cares for them."""
    actor, today = request.actor, today_of(request)
    own = actor.is_any(THERAPIST) and rows.may_write(actor, person)
    clinical = actor.is_any(THERAPIST) and (own or rows.open_glass(actor, person) is not None)
    team = list(rows.team_of(person))
    may_add = actor.is_any(OWNER) or own
    context: dict[str, Any] = {
        "contact": shown.contact(person, actor),
        "masked": shown.is_masked(actor),
        "may_edit": actor.is_any(OWNER, DESK),
        "own": own,
        "clinical": clinical,
        "decisions": clinical or actor.is_any(OWNER, AUDITOR),
        "episodes": _episodes(request, person),
        "coming": _times(request, times.coming(actor, person, today)),
        "past": _times(request, times.past(actor, person, today)[:MOST_PAST]),
        "may_book": own or actor.is_any(OWNER, DESK),
        "book_url": f"{reverse('appointment-new')}?person={person.pk}",
        "files": _files(request, person) if clinical else [],
        "may_upload": own or actor.is_any(DESK),
        "most_files": uploads.QUOTA_FILES,
        "team": team,
        "may_add": may_add,
        "may_remove": actor.is_any(OWNER) and len(team) > 1,
        "team_form": TeamForm().without(place.therapist_id for place in team) if may_add else None,
        "merges": rows.merges_of(person) if may_add else [],
        "alike": _alike(request, person) if may_add else [],
        "payments": may_pay(actor),
        "paid": card(actor, person),
        "no_therapist": not team and therapists().exists(),
    }
    context |= _next(request, person, context)
    return person_page(request, "people/person.html", person, context)


def _next(request: ClinicRequest, person: Person, context: dict[str, Any]) -> dict[str, Any]:
    """The one next thing for who looks: the way of the open episode, a new one, or an appointment."""
    if context["own"]:
        open_one = next((row["row"] for row in context["episodes"] if row["row"].state == Episode.State.OPEN), None)
        if open_one is None:
            label = "Start a new episode" if context["episodes"] else "Start the first episode"
            return {"next_url": reverse("episode-new", kwargs={"person": person.pk}), "next_label": label}
        way = way_of(open_one, today_of(request))
        url = url_of(open_one, way.next.step, way)
        return {"next_url": url, "next_label": way.next.label, "next_why": way.next.why}
    if context["may_book"]:
        return {"next_url": context["book_url"], "next_label": "Book an appointment"}
    return {}


def _episodes(request: ClinicRequest, person: Person) -> list[dict[str, Any]]:
    found = []
    for row in rows.episodes_of(person):
        ids = {"person": person.pk, "episode": row.pk}
        row.person = person
        found.append(
            {"row": row, "opened": shown.local(request, row.opened), "url": shown.address_of("episode", **ids)}
        )
    return found


def _times(request: ClinicRequest, found: Any) -> list[dict[str, Any]]:
    return [{"row": row, "starts": shown.local(request, row.starts)} for row in found]


def _files(request: ClinicRequest, person: Person) -> list[dict[str, Any]]:
    return [{"row": row, "at": shown.local(request, row.at)} for row in rows.uploads_of(person)]


def _alike(request: ClinicRequest, person: Person) -> list[dict[str, Any]]:
    """Records that may be the same human being and that the actor may merge with this one."""
    found = doubles(person.match_name, person.birth_date, [person.pk])
    return [double for double in shown.doubles(request, found) if double["own"]]
