"""A response in words and drawings: charts with their bands, flags, and what the class does not mean."""

from __future__ import annotations

from datetime import date
from typing import Any

from palpate.clinic.access.checking import given_days
from palpate.clinic.access.recording import measures_of
from palpate.clinic.checking import FLAG_WORDS, Check, muscle_said, muscle_words, plain_change
from palpate.clinic.decided import Reading, document_of
from palpate.clinic.models import Episode
from palpate.clinic.recording import series_of
from palpate.figures import Change, Marked, Rating, course_chart, response_bar
from palpate.figures.response_bar import CLASS_WORDS, OVERALL_WORDS
from palpate.pathway.response import exact
from palpate.show.words import label
from palpate.web.pages.decision.shown import sources_of

MEANS = {
    "responded": "Better. That is not yet “better because of massage”.",
    "partly": "Partly better.",
    "not_responded": "Not better by more than chance can do, or better in one thing and worse in another.",
    "worse": "Worse. The whole screen is asked again the same day.",
    "indeterminate": "It cannot be told yet.",
}
TITLES = {"pain": "Pain", "activities": "Own activities"}


def response_of(episode: Episode, reading: Reading, check: Check) -> dict[str, Any] | None:
    """The response of a stored decision as a page shows it; None where the decision holds none."""
    pathway = reading.pathway
    told = reading.answer.get("response") if reading.answer else None
    if pathway is None or not told:
        return None
    numbers = pathway.numbers
    changes, lines = [], []
    for kind in ("pain", "activities"):
        row = told[kind]
        if row is None and kind == "activities" and not episode.activities:
            continue
        before, after = (row["baseline"], row["latest"]) if row else (None, None)
        changes.append(Change(kind, _exact(before), _exact(after)))
        lines.append((TITLES[kind], plain_change(numbers, kind, before, after)))
    overall = told["global"]["change"] if told["global"] else None
    if overall is not None:
        lines.append(
            ("Own view", f"{OVERALL_WORDS[overall].capitalize()}. It supports the rest and never decides alone.")
        )
    said = muscle_said(document_of(reading.decision))
    return {
        "class": told["class"],
        "word": CLASS_WORDS[told["class"]],
        "means": MEANS[told["class"]],
        "flags": [FLAG_WORDS.get(flag, label(flag)) for flag in told["flags"]],
        "lines": lines,
        "bar": response_bar("response", numbers, told["class"], changes, overall),
        "charts": _charts(episode, reading, check, told),
        "muscle": muscle_words(pathway).get(said, ""),
        "limits": pathway.meaning["response"]["limits"],
        "because": pathway.meaning["response"]["because"],
        "sources": sources_of(pathway, pathway.meaning["response"]["sources"]),
    }


def _charts(episode: Episode, reading: Reading, check: Check, told: dict[str, Any]) -> list[Any]:
    assert reading.pathway is not None
    ends = reading.answer["plan"]["ends_by"]
    marked = Marked(sessions=given_days(episode), check=check.opens, end=date.fromisoformat(ends) if ends else None)
    series = series_of(measures_of(episode))
    found = []
    for kind, measure in (("pain", "pain_nrs"), ("activities", "own_activities")):
        scores = [Rating(score.day, score.value) for score in series[measure]]
        before = told[kind]["baseline"] if told[kind] else None
        if scores:
            numbers = reading.pathway.numbers
            chart = course_chart(f"course-{kind}", kind, scores, numbers, _exact(before), marked)  # type: ignore[arg-type]
            found.append(chart)
    return found


def _exact(value: float | None) -> Any:
    return None if value is None else exact(value)
