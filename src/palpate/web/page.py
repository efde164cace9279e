"""Rendering a page of a person's way: the person on top, the steps, and one next thing."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.access.people import has_same_name
from palpate.clinic.models import Episode, Person
from palpate.clinic.way import STEPS, Way, way_of
from palpate.web.routes import ClinicRequest


def today_of(request: ClinicRequest) -> date:
    """The wall date of the practice."""
    return moment.today(request.practice.time_zone)


def age_on(birth_date: date, day: date) -> int:
    """Completed years of age on a day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def person_page(
    request: ClinicRequest,
    template: str,
    person: Person,
    context: dict[str, Any] | None = None,
    *,
    episode: Episode | None = None,
    step: str = "",
    status: int = 200,
) -> HttpResponse:
    """A page about one person. Name, birth date and age stand on it, and a warning where another has that name (S-69).

    Takes  step: the id of the step this page is; the steps are shown where `episode` is given.
    """
    day = today_of(request)
    person.age_years = age_on(person.birth_date, day)
    person.same_name = has_same_name(person)
    told: dict[str, Any] = {
        "person": person,
        "person_url": address("person", person=person.pk),
        "episode": episode,
        "today": day,
    }
    if episode is not None:
        way = way_of(episode, day)
        told |= {"way": way, "steps": _steps(episode, way, step), "next_url": url_of(episode, way.next.step, way)}
        if way.sessions_given:
            told["person_note"] = f"{way.sessions_given} session{'s' if way.sessions_given > 1 else ''} given"
    return render(request, template, told | (context or {}), status=status)


def url_of(episode: Episode, step: str, way: Way | None = None) -> str:
    """The address of a step of an episode's way."""
    ids = {"person": episode.person_id, "episode": episode.pk}
    if step == "session":
        if way is not None and way.session is not None:
            return address("session", **ids, session=way.session.pk)
        return address("door", **ids)
    return address("episode" if step == "record" else step, **ids)


def address(name: str, **ids: UUID) -> str:
    """The address of a route whose path has these ids. Errors: NoReverseMatch."""
    found = _pattern(name, tuple(ids))
    for at, id in enumerate(ids.values()):
        found = found.replace(_STANDS_FOR[at], str(id), 1)
    return found


_STANDS_FOR = tuple(str(UUID(int=number)) for number in range(4))


@lru_cache(maxsize=128)
def _pattern(name: str, ids: tuple[str, ...]) -> str:
    """The address with an id that nothing has in the place of each: Django works it out once, a page fills it in."""
    return reverse(name, kwargs={id: UUID(_STANDS_FOR[at]) for at, id in enumerate(ids)})


def _steps(episode: Episode, way: Way, current: str) -> list[tuple[str, str, str]]:
    """What parts/steps.html shows: label, address, and state done, current or todo."""
    found = []
    for id, label in STEPS:
        state = "current" if id == current else "done" if id in way.done else "todo"
        found.append((label, url_of(episode, id, way), state))
    return found
