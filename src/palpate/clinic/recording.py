"""The record of an episode: what happened, in order, and its scores as series, as far as the actor may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from palpate.clinic.access import recording as rows
from palpate.clinic.access import referring
from palpate.clinic.access.adverse import events_of
from palpate.clinic.actor import Actor
from palpate.clinic.deciding import NOT_ASSESSED
from palpate.clinic.models import Decision, Episode, Letter, Measure, Session
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import exact

# Measure -> rows of the pathway's evidence that stand beside its chart. Where there are two lists, the first is for
# pain of up to six weeks (the pathway's own word for acute), the second for longer pain.
EVIDENCE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pain_nrs": (
        ("massage_relieves_acute_pain", "improvement_proves_treatment"),
        ("massage_helps_chronic_pain", "massage_beats_usual_care_short_term", "improvement_proves_treatment"),
    ),
    "own_activities": (("own_activities_two_points_detectable",),) * 2,
    "sleep_nrs": (("massage_improves_sleep_in_back_pain", "massage_helps_insomnia"),) * 2,
    "mood_nrs": (("massage_lifts_mood", "massage_raises_endorphins"),) * 2,
    "ffd_cm": (("massage_improves_range_of_motion",),) * 2,
    "soreness_nrs": (("massage_eases_muscle_soreness", "blood_flow_explains_soreness_relief"),) * 2,
}
MEASURES = tuple(EVIDENCE)
ACUTE_DAYS = 42


@dataclass(frozen=True)
class Event:
    """One line of the timeline. `step` and `id` name the page it leads to, where there is one."""

    day: date
    kind: str
    title: str
    text: str = ""
    step: str = ""
    id: object = None
    disposition: str = ""
    late: date | None = None


@dataclass(frozen=True)
class Score:
    """A score on its day; None: asked for and not given."""

    day: date
    value: Fraction | None


@dataclass(frozen=True)
class Record:
    """All that the record shows to this actor. Without `clinical` only decisions and overrulings are in it."""

    clinical: bool
    events: Sequence[Event]
    decisions: Sequence[Decision]
    sessions: Sequence[date] = ()
    scores: Mapping[str, Sequence[Score]] = field(default_factory=dict)


def record_for(actor: Actor, episode: Episode, time_zone: str) -> Record:
    """The record of an episode that the actor may see in scope `decision`; the rest only where they may see more.

    Events are the newest first.
    """
    zone = ZoneInfo(time_zone)
    decisions = _telling(rows.decisions_of(episode))
    events = [_decided(decision) for decision in decisions]
    for override in rows.overrides_of(episode):
        done = "Massage was given all the same" if override.does == "treat" else "No massage, though it was open"
        text = f"{override.by_name}: {override.reason}"
        day = override.at.astimezone(zone).date()
        events.append(Event(day, "override", f"Overruled. {done}", text, "decision-of", override.decision.pk))
    if not rows.sees(actor, episode.person, "clinical"):
        return Record(False, _newest_first(events), decisions)
    sessions = rows.sessions_of(episode)
    events += _visits(episode, sessions, zone)
    events += _papers(episode, zone)
    measures = rows.measures_of(episode)
    days = [session.day for session in sessions if session.massage_given]
    return Record(True, _newest_first(events), decisions, days, series_of(measures))


def _telling(decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions in their order, without those that stood for a moment only: in a session the pathway decides again
    with every answer, and "questions open" is followed by the next. They stay in the store and on the decision page."""
    last = {decision.session_id: decision.number for decision in sorted(decisions, key=lambda one: one.number)}
    return [
        decision
        for decision in decisions
        if decision.session_id is None
        or decision.disposition != "incomplete"
        or last[decision.session_id] == decision.number
    ]


def _newest_first(events: Sequence[Event]) -> list[Event]:
    return [event for _, event in sorted(enumerate(events), key=lambda pair: (pair[1].day, pair[0]), reverse=True)]


def _decided(decision: Decision) -> Event:
    moment = {"intake": "at the intake", "session": "in the session", "review": "between sessions"}.get(decision.moment)
    version = f"Pathway {decision.pathway_version}" if decision.pathway_version else "No pathway"
    by = f", {decision.by.name}" if decision.by else ""
    return Event(
        decision.as_of,
        "decision",
        f"Decision {decision.number}" + (": not assessed" if decision.disposition == NOT_ASSESSED else ""),
        f"{version}, {moment}{by}.",
        "decision-of",
        decision.pk,
        "" if decision.disposition == NOT_ASSESSED else decision.disposition,
    )


def _visits(episode: Episode, sessions: Sequence[Session], zone: ZoneInfo) -> list[Event]:
    notes = rows.notes_of(episode)
    found = []
    number = 0
    for session in sessions:
        number += session.massage_given
        note = notes.get(session.pk)
        title = f"Session {number}" if session.massage_given else "Visit without massage"
        if note is None:
            title, text = "Session, note not signed yet", f"With {session.therapist.name}."
        else:
            text = f"With {session.therapist.name}. Note signed by {note.signed_name}."
        late = note.signed_at.astimezone(zone).date() if note is not None and note.late else None
        found.append(Event(session.day, "session", title, text, "note", session.pk, late=late))
    for added in rows.amendments_of(episode):
        session = added.note.session
        day = added.at.astimezone(zone).date()
        text = f"{added.by_name}: {added.text} ({added.why})"
        found.append(Event(day, "note", f"Added to the note of {_words(session.day)}", text, "note", session.pk))
    return found


def _papers(episode: Episode, zone: ZoneInfo) -> list[Event]:
    found = []
    for consent in rows.consents_of(episode):
        back = consent.withdraws
        title = "Consent taken back" if back else f"Consent signed by {consent.signed_by}"
        day = consent.at.astimezone(zone).date()
        found.append(Event(day, "consent", title, consent.why, "consent-paper", (back or consent).pk))
    found += [_letter(letter, zone) for letter in rows.letters_of(episode)]
    for answer in referring.all_clearances(episode):
        outcome = answer.outcome.replace("_", " ")
        title = f"Taken back: answer of {answer.clinician}" if answer.takes_back else f"Clinician's answer: {outcome}"
        text = answer.why if answer.takes_back else answer.clinician + (f". {answer.limits}" if answer.limits else "")
        found.append(Event(answer.day, "clearance", title, text, "letters"))
    for event in events_of(episode):
        text = event.what + (f" Settled on {_words(event.settled)}." if event.settled else "")
        found.append(Event(event.began, "adverse", f"Adverse event, {event.severity}", text, "adverse-event", event.pk))
    for told in rows.told_onsets_of(episode):
        words = {"answered": f"{told.value} days", "cannot_say": "cannot say"}.get(told.state, "taken back")
        found.append(Event(told.day, "answer", f"How long the pain has lasted: {words}"))
    for change in rows.changes_of(episode):
        day = change.created.astimezone(zone).date()
        found.append(Event(day, "plan", "One thing changed", change.what, "plan"))
    if episode.closed:
        day = episode.closed.astimezone(zone).date()
        found.append(Event(day, "closed", "Episode closed", f"{episode.closed_why}."))
    return found


def _letter(letter: Letter, zone: ZoneInfo) -> Event:
    to = f"To {letter.to}. " if letter.to else ""
    sent = f"Handed over on {_words(letter.handed_over.astimezone(zone).date())}." if letter.handed_over else ""
    day = letter.made.astimezone(zone).date()
    return Event(day, "letter", str(Letter.Kind(letter.kind).label), f"{to}{sent}".strip(), "letter", letter.pk)


def series_of(measures: Sequence[Measure]) -> dict[str, list[Score]]:
    """The scores of each measure of the record, by day. Own activities are the mean of those that were rated."""
    found: dict[str, list[Score]] = {name: [] for name in MEASURES}
    for row in measures:
        if row.name in found:
            found[row.name].append(Score(row.day, _value(row)))
    return found


def _value(row: Measure) -> Fraction | None:
    if row.values is None:
        return None if row.value is None else exact(row.value)
    rated = [exact(value) for value in row.values if value is not None]
    return sum(rated, Fraction(0)) / len(rated) if rated else None


def evidence_for(pathway: Pathway, measure: str, onset: date | None, day: date) -> list[Mapping[str, object]]:
    """The rows of evidence that stand beside a chart; those this pathway does not have are left out."""
    by_id = {row["id"]: row for row in pathway.meaning["evidence"]}
    acute = onset is not None and (day - onset).days <= ACUTE_DAYS
    return [by_id[name] for name in EVIDENCE[measure][0 if acute else 1] if name in by_id]


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
