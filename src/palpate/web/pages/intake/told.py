"""What the intake's pages say about answers: in words, by screen, with what stood earlier; and how a page leads on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse

from palpate.clinic.intake import ANSWERED, CANNOT_SAY, NOT_ASKED, ONSET, Open, Said, questions
from palpate.clinic.models import Episode, Person
from palpate.pathway.condition import number
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.web.page import person_page
from palpate.web.pages.intake.screens import SCREENS, STEPS
from palpate.web.routes import ClinicRequest


@dataclass(frozen=True)
class Way:
    """How a page leads on, as it stands in the address: words of ours and nothing about the person.

    by_person  the person holds the tablet: no navigation, no other data
    whole      the screen was opened from the list of all questions: all of it is shown, and it leads back there
    passed     screens that were left with questions open
    """

    by_person: bool = False
    whole: bool = False
    passed: tuple[str, ...] = ()

    @staticmethod
    def of(request: ClinicRequest) -> Way:
        """The way of a request; words that are none of ours are left out."""
        told = request.GET
        passed = tuple(step for step in STEPS if step in told.get("passed", "").split("."))
        return Way(told.get("by") == "person", told.get("show") == "whole", passed)

    def query(self) -> str:
        """As the end of an address."""
        told = {"by": "person" if self.by_person else "", "show": "whole" if self.whole else ""}
        told["passed"] = ".".join(self.passed)
        found = urlencode({name: value for name, value in told.items() if value})
        return f"?{found}" if found else ""

    def past(self, step: str) -> Way:
        return Way(self.by_person, self.whole, (*self.passed, step))

    def with_whole(self) -> Way:
        return Way(self.by_person, True, self.passed)


def number_of_days(onset: date | None, day: date) -> int | None:
    """Days from the onset to a day; None where nobody knows the onset."""
    return max(0, (day - onset).days) if onset else None


def labels(fact: Fact, state: str, value: Any) -> str:
    """An answer in words."""
    if state == CANNOT_SAY:
        return "Cannot say"
    if state != ANSWERED:
        return "Not asked"
    if fact.kind == "bool":
        return "Yes" if value else "No"
    if fact.kind == "enum":
        return str(fact.values.get(value, value))
    return f"{number(value)} {fact.unit}".strip()


def wording(pathway: Pathway) -> dict[str, str]:
    """The questions of the pathway's measures, by id."""
    return {measure["id"]: measure["question"] for measure in pathway.meaning["measures"] if measure.get("question")}


def groups(
    pathway: Pathway, past: Mapping[str, Sequence[Said]], episode: Episode, day: date, open_now: Open
) -> list[dict[str, Any]]:
    """All questions by screen: {"title", "url", "rows"}; a row has its state, its words, its history, and whether every
    session asks it before the massage."""
    known = questions(pathway)
    found = []
    for screen in SCREENS:
        url = reverse("intake-screen", kwargs={"person": episode.person_id, "episode": episode.pk, "screen": screen.id})
        rows = [_row(known[name], past.get(name, ()), episode, day, open_now) for name in screen.facts]
        done = sum(row["state"] != NOT_ASKED for row in rows)
        found.append({"id": screen.id, "title": screen.title, "url": f"{url}?show=whole", "rows": rows, "done": done})
    return found


def _row(fact: Fact, past: Sequence[Said], episode: Episode, day: date, open_now: Open) -> dict[str, Any]:
    newest = past[-1] if past else None
    state, value = (newest.state, newest.value) if newest else (NOT_ASKED, None)
    if fact.name == ONSET and episode.onset:
        state, value = ANSWERED, number_of_days(episode.onset, day)
    return {
        "question": fact.question,
        "state": state,
        "words": labels(fact, state, value),
        "safety": fact.name in open_now.safety,
        "matters": fact.name in open_now.facts,
        "each_session": fact.each_session and fact.must_know,
        "on": newest.day if newest else None,
        "history": [
            {"words": labels(fact, said.state, said.value), "at": said.at, "day": said.day, "by": said.by}
            for said in past
        ]
        if len(past) > 1
        else [],
    }


def conflict_page(
    request: ClinicRequest, person: Person, episode: Episode, rows: Sequence[tuple[str, str, str]], keep_url: str
) -> HttpResponse:
    """Two tabs: what stands now beside what was sent, and both ways on. Nothing of either is lost (S-56)."""
    episode.refresh_from_db(fields=["version"])
    skipped = ("csrfmiddlewaretoken", "_form", "_person", "_version")
    kept = [(name, value) for name, values in request.POST.lists() if name not in skipped for value in values]
    context = {"rows": rows, "kept": kept, "post": request.get_full_path(), "keep_url": keep_url}
    if request.GET.get("by") == "person":
        context["layout"] = "intake/person.html"
    return person_page(request, "intake/conflict.html", person, context, episode=episode, step="intake", status=409)
