"""Is our care working? The page of counts, with what they cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from palpate.clinic import outcomes as counting
from palpate.clinic.access.outcomes import years
from palpate.clinic.outcomes import LEAST, Group
from palpate.clinic.refusals import BadInput
from palpate.figures import Outcome, outcome_bars
from palpate.figures.shapes import Drawing
from palpate.web.page import today_of
from palpate.web.pages.check.views import the_pathway
from palpate.web.routes import ClinicRequest


def outcomes(request: ClinicRequest) -> HttpResponse:
    """The counts of one year. Years are listed; another one is refused."""
    pathway = the_pathway()
    offered = years(request.actor) or [today_of(request).year]
    asked = request.GET.get("year", "")
    if asked and asked not in {str(year) for year in offered}:
        raise BadInput("Choose one of the years that are listed.", "year")
    year = int(asked) if asked else offered[0]
    told = counting.outcomes_of(request.actor, year, pathway)
    limits = pathway.meaning["response"]["limits"]
    context: dict[str, Any] = {
        "year": year,
        "years": offered,
        "told": told,
        "least": LEAST,
        "limits": limits,
        "whole": _bars("whole", "All who started", [told.whole] if told.whole else []),
        "own": _bars("own", "Your own people", [told.own]) if told.own and told.own.started else None,
        "protocols": _bars("protocols", "By protocol", told.by_protocol),
        "therapists": _bars("therapists", "By therapist", told.by_therapist),
    }
    return render(request, "outcomes/page.html", context)


def _bars(name: str, title: str, groups: Sequence[Group | None]) -> Drawing | None:
    """The bars of some groups; a group that is hidden comes without a number. None where there is nothing to show."""
    found = [Outcome(group.name) if group.hidden else Outcome(group.name, **group.classes) for group in groups if group]
    return outcome_bars(name, title, found, LEAST) if found else None
