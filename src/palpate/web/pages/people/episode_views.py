"""Opening an episode, closing it, opening it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import people as deeds
from palpate.clinic.access import people as rows
from palpate.clinic.models import Episode, Person
from palpate.clinic.refusals import BadInput
from palpate.web.page import person_page, today_of
from palpate.web.pages.people import shown
from palpate.web.pages.people.fields import sentence, whole_number
from palpate.web.pages.people.forms import CloseForm, EpisodeForm, ReopenForm
from palpate.web.routes import ClinicRequest


def new(request: ClinicRequest, person: Person) -> HttpResponse:
    """What brings the person here, and since when; then on to consent."""
    form = EpisodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        today = today_of(request)
        try:
            made = deeds.open_episode(request.actor, person, form.cleaned_data["complaint"], form.began(today), today)
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
        else:
            request.deed.about["episode"] = str(made.pk)
            ids = {"person": person.pk, "episode": made.pk}
            there = shown.address_of("consent", **ids) or reverse("person", kwargs={"person": person.pk})
            return HttpResponseRedirect(there, status=303)
    open_ones = [row for row in rows.episodes_of(person) if row.state == Episode.State.OPEN]
    status = 422 if request.method == "POST" else 200
    return person_page(request, "people/episode.html", person, {"form": form, "open_ones": open_ones}, status=status)


def close(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Closes an episode, with the reason."""
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            deeds.close_episode(episode, _seen(request), told["why"], told["more"])
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
        else:
            return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
    return _page(request, person, episode, form, "Close this episode")


def reopen(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Opens a closed episode again, with the reason."""
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        deeds.reopen_episode(episode, _seen(request), form.cleaned_data["why"])
        request.deed.about["because"] = form.cleaned_data["why"]
        return HttpResponseRedirect(reverse("person", kwargs={"person": person.pk}), status=303)
    return _page(request, person, episode, form, "Open this episode again")


def _seen(request: ClinicRequest) -> int:
    return whole_number(request.POST.get("_version", ""))


def _page(request: ClinicRequest, person: Person, episode: Episode, form: Any, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "row": episode, "opened": shown.local(request, episode.opened)}
    status = 422 if request.method == "POST" else 200
    return person_page(request, "people/state.html", person, context, status=status)
