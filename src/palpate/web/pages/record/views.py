"""The record of an episode: the next thing on top, the charts with how good the evidence is, and what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse

from palpate.clinic import adverse, closing
from palpate.clinic.access import care
from palpate.clinic.actor import THERAPIST
from palpate.clinic.decided import Reading, read
from palpate.clinic.deciding import NOT_ASSESSED
from palpate.clinic.models import Episode, Person
from palpate.clinic.recording import EVIDENCE, Event, Record, evidence_for, record_for
from palpate.figures import Decided, Rating, measures_of_an_episode, timeline
from palpate.pathway.pathway import Pathway
from palpate.show.words import label
from palpate.web.page import person_page, today_of
from palpate.web.pages.check.views import maybe
from palpate.web.pages.decision.shown import sources_of
from palpate.web.routes import ClinicRequest

VERDICTS = {
    "supported": "Supported",
    "partly": "Partly supported",
    "unsupported": "Not supported",
    "contradicted": "Contradicted",
    "no_evidence": "No evidence",
}
# What happened and is read by everybody who may see the page; the rest is the therapist's.
LEADS = {
    "decision-of": "decision",
    "note": "session",
    "consent-paper": "consent",
    "letter": "letter",
    "adverse-event": "event",
}


def record(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The whole episode, as far as the actor may see it."""
    day = today_of(request)
    told = record_for(request.actor, episode, request.practice.time_zone)
    newest = care.decisions(episode).first()
    reading = read(newest) if newest is not None else None
    treats = told.clinical and request.actor.is_any(THERAPIST)
    context: dict[str, Any] = {
        "record": told,
        "events": [_line(episode, event) for event in told.events],
        "reading": reading,
        "disposition": reading.disposition if reading else "",
        "summary": reading.answer.get("summary", "") if reading else "",
        "treats": treats,
        "printed_on": day,
    }
    if told.clinical:
        context |= {
            "charts": _charts(episode, told, reading.pathway if reading else None, day),
            "follow_ups": closing.follow_ups(episode) if episode.state == Episode.State.CLOSED else [],
            "come_back": _come_back(episode, reading),
            "proposals": adverse.proposals(episode),
            "adverse_new": maybe("adverse-new", person=person.pk, episode=episode.pk),
            "follow_url": maybe("follow-up", person=person.pk, episode=episode.pk),
            "letters_url": maybe("letters", person=person.pk, episode=episode.pk),
        }
        context["follow_due"] = any(not one.asked and one.day <= day for one in context["follow_ups"])
    return person_page(request, "record/page.html", person, context, episode=episode if treats else None, step="record")


def _line(episode: Episode, event: Event) -> dict[str, Any]:
    """One event as parts/timeline.html takes it."""
    ids: dict[str, Any] = {"person": episode.person_id, "episode": episode.pk}
    if event.step in LEADS:
        ids[LEADS[event.step]] = event.id
    return {
        "date": event.day,
        "title": event.title,
        "text": event.text,
        "url": maybe(event.step, **ids) if event.step else "",
        "disposition": event.disposition,
        "late": event.late,
    }


def _come_back(episode: Episode, reading: Reading | None) -> str:
    if reading is None or reading.pathway is None or not closing.has_come_back(episode, reading):
        return ""
    return closing.comes_back_words(reading.pathway)


def _charts(episode: Episode, told: Record, pathway: Pathway | None, day: date) -> list[dict[str, Any]]:
    """Each measure's chart with its rows of evidence. Decisions stand in the first one only, so that it stays clear."""
    names = tuple(EVIDENCE)
    rated = [[Rating(score.day, score.value) for score in told.scores[name]] for name in names]
    decided = [Decided(one.as_of, one.disposition) for one in told.decisions if one.disposition != NOT_ASSESSED]
    found = []
    for at, (name, series) in enumerate(zip(names, measures_of_an_episode(*rated), strict=True)):
        drawn = timeline(f"chart-{name.replace('_', '-')}", [series], told.sessions, decided if at == 0 else [])
        table = replace(drawn.table, caption=series.words)
        found.append(
            {
                "figure": replace(drawn, title=series.words, table=table),
                "words": series.words,
                "empty": not rated[at],
                "evidence": _evidence(pathway, name, episode, day) if pathway is not None else [],
            }
        )
    return found


def _evidence(pathway: Pathway, name: str, episode: Episode, day: date) -> list[dict[str, Any]]:
    return [
        {
            "claim": row["claim"],
            "says": row["effect"],
            "certainty": row["certainty"],
            "verdict": VERDICTS.get(str(row["verdict"]), label(str(row["verdict"]))),
            "sources": sources_of(pathway, row["sources"]),  # type: ignore[arg-type]
        }
        for row in evidence_for(pathway, name, episode.onset, day)
    ]
