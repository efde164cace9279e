"""The check: which ratings are due, keeping them, and what is changed where a course goes on.

The points at which a course is judged are the protocol's (dose.md section 5); how ratings become a class is the
pathway's (measures.md section 4). Nothing is carried forward: a rating that is missing is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from palpate.clinic import consenting
from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.checking import given_days, locked, plan_change
from palpate.clinic.access.intake import raise_version
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import Answer, Episode, Measure, PlanItem
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.course import check_points
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import Numbers, exact

PAIN, ACTIVITIES, CHANGE, SLEEP, MOOD = "pain_nrs", "own_activities", "global_change", "sleep_nrs", "mood_nrs"
# What is asked when: measures.md, section 3.
AT_CHECK = (PAIN, ACTIVITIES, CHANGE)
AT_END = (PAIN, ACTIVITIES, CHANGE, SLEEP, MOOD)
AT_FOLLOW_UP = (PAIN, ACTIVITIES, CHANGE, SLEEP)
RANGES = {PAIN: (0, 10), SLEEP: (0, 10), MOOD: (0, 10), CHANGE: (-3, 3)}
MOST_ACTIVITIES = 3
MUSCLE = "spasm_response"
CONSENT = "consent_status"

CHANGES = {
    "exercise": ("Add exercise", "The strongest change: exercise is the part that lasts."),
    "gap": ("Shorter gaps", "The next session after 7 days, where the diary allows it."),
    "minutes": ("Longer sessions", "60 minutes of hands-on time."),
    "technique": ("Another technique", "The weakest change: trials saw no difference between techniques."),
}  # dose.md, section 5: what may be changed after "partly"; one thing at a time

FLAG_WORDS = {
    "global_only": "This rests on the overall view alone, which follows the mood of the day more than the change.",
    "no_domain": "Neither pain nor activities can be judged, so there is nothing to go by.",
    "mixed_review": "The answers point both ways. A clinician looks at them before anything else is tried.",
    "single_domain": "Only one measure could be judged, so nothing supports it.",
    "uncorroborated": "One measure is clearly better, and no other one says the same.",
    "pain_drift_up": "Pain has crept up by a point or more. That is not yet called worse.",
    "too_early": "The ratings are too early to count.",
    "late_check": "The check came late, so more than the massage so far lies between the ratings.",
    "stalled": "Partly again, with almost nothing gained since the last check. It counts as not responded.",
}


@dataclass(frozen=True)
class Check:
    """Where a course stands with its checks on a day.

    after     number of sessions after which it is (or will next be) judged
    reached   that many sessions have been given
    at_end    it is the end of the course
    opens     first day on which ratings count; None before the check is reached
    closes    last day on which ratings of an end check are in time; None for others
    missing   what has not been rated since the session before the check
    """

    after: int
    reached: bool
    at_end: bool
    opens: date | None
    closes: date | None
    missing: tuple[str, ...]

    def is_open(self, day: date) -> bool:
        return self.reached and self.opens is not None and self.opens <= day


def check_of(episode: Episode, pathway: Pathway) -> Check:
    """The latest check that the course has reached, or the first one to come."""
    protocol = pathway.protocols.get(episode.protocol, pathway.protocols[pathway.default_protocol])
    days = given_days(episode)
    points = check_points(protocol)
    reached = [point for point in points if point <= len(days)]
    if not reached:
        return Check(points[0], False, points[0] == protocol.sessions, None, None, ())
    after = reached[-1]
    last = days[after - 1]
    at_end = after == protocol.sessions
    low, high = pathway.numbers.end_days
    opens = max(days[0] + timedelta(days=pathway.numbers.first_days), last + timedelta(days=low if at_end else 1))
    closes = last + timedelta(days=high) if at_end else None
    asked = AT_END if at_end else AT_CHECK
    return Check(after, True, at_end, opens, closes, missing_since(episode, asked, last))


def missing_since(episode: Episode, asked: Sequence[str], day: date) -> tuple[str, ...]:
    """Of the measures asked, those without a rating after a day. Activities are asked only where some were named."""
    newest: dict[tuple[str, date], Measure] = {(row.name, row.day): row for row in care.measures(episode)}
    rated = {row.name for row in newest.values() if row.day > day and not row.taken_back}
    return tuple(name for name in asked if name not in rated and (name != ACTIVITIES or episode.activities))


def keep_scores(
    actor: Actor,
    episode: Episode,
    seen: int,
    values: Mapping[str, int],
    activities: Sequence[int | None],
    day: date,
    allowed: Sequence[str],
) -> int:
    """Keeps ratings of today as rows of their own. Call inside an act.

    Takes    values: by measure, whole numbers in its range; activities: one for each activity named, None where it was
             not rated; allowed: the measures this form asks for.
    Returns  how many rows were added.
    Errors   BadInput by field, also where nothing was rated; Conflict for a stale form (S-56), and on the day of a
             massage: a rating right after it never counts (measures.md, section 3).
    """
    open_deed().about["measures"] = sorted(values)
    for name, value in values.items():
        if name not in allowed or name not in RANGES:
            raise BadInput("this is not asked here", name)
        low, high = RANGES[name]
        if type(value) is not int or not low <= value <= high:
            raise BadInput(f"a whole number from {low} to {high}", name)
    rated = [value for value in activities if value is not None]
    if len(activities) > len(episode.activities[:MOST_ACTIVITIES]) or (rated and ACTIVITIES not in allowed):
        raise BadInput("this activity is not among those that were named", ACTIVITIES)
    if any(type(value) is not int or not 0 <= value <= 10 for value in rated):
        raise BadInput("a whole number from 0 to 10", ACTIVITIES)
    if not values and not rated:
        raise BadInput("Nothing is rated yet. Tap at least one number, or leave the page.")
    if day in given_days(episode):
        raise Conflict("Massage was given today, and a rating right after it does not count. Nothing was saved.")
    if not raise_version(episode, seen):
        raise Conflict("Something has changed since this page was opened. Nothing was saved. Open the page again.")
    at = clock.now()
    for name, value in values.items():
        Measure(episode=episode, name=name, value=float(value), day=day, at=at).save()
    if rated:
        Measure(episode=episode, name=ACTIVITIES, values=list(activities), day=day, at=at).save()
    return len(values) + bool(rated)


def change_one_thing(actor: Actor, episode: Episode, seen: int, what: str) -> PlanItem:
    """Writes into the plan what is changed after a partial response; the change before it no longer stands.

    Call inside an act. Errors: BadInput; Conflict for a stale form or a closed episode.
    """
    open_deed()
    if what not in CHANGES:
        raise BadInput("Choose the one thing that is changed.", "what")
    episode = locked(episode)
    if episode.state == Episode.State.CLOSED:
        raise Conflict("This episode is closed. Nothing was saved.")
    if not raise_version(episode, seen):
        raise Conflict("Something has changed since this page was opened. Nothing was saved. Open the page again.")
    before = plan_change(episode)
    if before is not None:
        before.active = False
        before.version += 1
        before.save(update_fields=["active", "version"])
    title, why = CHANGES[what]
    item = PlanItem(episode=episode, part="change", item=what, what=f"{title}. {why}", created=clock.now())
    item.who = "Therapist"
    item.save()
    return item


def plain_change(numbers: Numbers, kind: str, before: float | None, after: float | None) -> str:
    """One measure's change in a sentence that says how much of it chance could do (measures.md, sections 2 and 4.2).

    Takes  kind: pain (low is good) or activities (high is good); scores of 0 to 10.
    """
    if before is None or after is None:
        return "It was not rated both times, so no change can be told."
    first, last = exact(before), exact(after)
    by = first - last if kind == "pain" else last - first
    points = f"{float(abs(by)):g} point" + ("" if abs(by) == 1 else "s")
    real = numbers.pain_full if kind == "pain" else numbers.activities_full
    no_room = first < numbers.pain_floor if kind == "pain" else first > numbers.activities_ceiling
    if by == 0:
        return "No change."
    if by < 0 and -by >= (numbers.pain_worse if kind == "pain" else numbers.activities_worse):
        return f"Worse by {points}: more than chance easily does."
    if no_room:
        return f"A change of {points}. It began so near the good end that a gain cannot be told."
    if abs(by) < real:
        return f"A change of {points} is within what chance can do."
    if kind == "pain" and by > 0 and by < numbers.pain_full_share * first:
        share = f"{float(numbers.pain_full_share):.0%}"
        return f"Better by {points}, but by less than {share} of where it began, so it counts as a part of a gain."
    return f"Better by {points}: enough to matter to most people. One rating alone proves little."


def keep_muscle(actor: Actor, episode: Episode, seen: int, value: str, pathway: Pathway, day: date) -> Answer:
    """Keeps how the treated muscle has answered. Call inside an act. Errors: BadInput; Conflict for a stale form."""
    open_deed().about["facts"] = [MUSCLE]
    if value not in muscle_words(pathway):
        raise BadInput("Choose how the muscle is now.", MUSCLE)
    if not raise_version(episode, seen):
        raise Conflict("Something has changed since this page was opened. Nothing was saved. Open the page again.")
    row = Answer(episode=episode, fact=MUSCLE, state="answered", value=value, day=day, at=clock.now())
    row.by_id = actor.user_id
    row.save()
    return row


def muscle_words(pathway: Pathway) -> dict[str, str]:
    """The ways in which a treated muscle can have answered, in the pathway's words."""
    fact = pathway.vocabulary.facts.get(MUSCLE)
    return {value: words for value, words in fact.values.items() if value != "not_assessed"} if fact else {}


def muscle_said(document: Mapping[str, Any]) -> str:
    """How the treated muscle answered, by the newest place of an episode document; empty where nobody judged it."""
    places = [(document.get("today") or {}).get("facts", {})]
    places += [session.get("facts", {}) for session in reversed(document.get("sessions", ()))]
    places.append(document.get("facts", {}))
    return next((str(facts[MUSCLE]) for facts in places if MUSCLE in facts), "")


def screen_facts(pathway: Pathway) -> list[Fact]:
    """The questions that make up the whole screen of a day, but for the consent, which the practice knows itself."""
    facts = pathway.vocabulary.facts.values()
    return [fact for fact in facts if fact.each_session and fact.must_know and fact.name != CONSENT]


def keep_screen(actor: Actor, episode: Episode, seen: int, told: Mapping[str, Any], pathway: Pathway, day: date) -> int:
    """Keeps the answers of a screen that was asked again, with the consent as it stands. Call inside an act.

    Takes    told: by fact, its value, or None for "cannot say"; what is not in it was not asked.
    Returns  how many rows were added.
    Errors   BadInput, which names the fact; Conflict for a stale form.
    """
    open_deed().about["facts"] = sorted(told)
    known = {fact.name: fact for fact in screen_facts(pathway)}
    for name, value in told.items():
        if name not in known:
            raise BadInput("this is not asked here", name)
        if value is not None and (wrong := known[name].wrong(value)):
            raise BadInput(wrong, name)
    if not told:
        raise BadInput("Nothing is answered yet.")
    if not raise_version(episode, seen):
        raise Conflict("Something has changed since this page was opened. Nothing was saved. Open the page again.")
    consent = consenting.status_of(episode, day)
    rows: dict[str, Any] = {**told, **({CONSENT: consent} if consent is not None else {})}
    at = clock.now()
    for number, (name, value) in enumerate(rows.items()):
        state = Answer.State.CANNOT_SAY if value is None else Answer.State.ANSWERED
        row = Answer(episode=episode, fact=name, state=state, value=value, day=day, at=at, number=number)
        row.by_id = actor.user_id
        row.save()
    return len(rows)
