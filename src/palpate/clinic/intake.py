"""The intake: answers, the drawing of where it hurts, and the ratings of before the first touch, as they are kept.

"Not asked", "no" and "cannot say" are three different things: no row, a row with a value, a row that says so. Nothing
is ever changed: a newer row follows the older one, and both stay in sight.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from palpate.clinic import moment as clock
from palpate.clinic.access import care
from palpate.clinic.access.intake import answers_with_names, has_sessions_given, newest_drawing, raise_version
from palpate.clinic.access.phone import moments_sent
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.models import Answer, BodyDrawing, Episode, Measure
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict
from palpate.figures import BodyMap, read_body_map, write_body_map
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway

ANSWERED, CANNOT_SAY, NOT_ASKED = "answered", "cannot_say", "not_asked"
# Answered by what the practice knows anyway: the birth date and the consents. Nobody is asked twice.
KNOWN = frozenset({"age_years", "consent_status"})
ONSET = "pain_duration_days"  # kept as the day on which the pain began, so that it stays true tomorrow
RATINGS = ("pain_nrs", "sleep_nrs", "mood_nrs")  # the default set of before session 1: measures.md, section 3
MOST_ACTIVITIES, LOWEST, HIGHEST = 3, 0, 10
BY_PHONE = "the person, by telephone"
FORBIDS = frozenset({"emergency", "medical_exam_first", "do_not_massage_now", "physician_clearance"})


class Stale(Conflict):
    """The answers have changed since the form was opened (S-56)."""


@dataclass(frozen=True)
class Told:
    """One answer as it was just given. `value` only where `state` is answered."""

    state: str
    value: Any = None


@dataclass(frozen=True)
class Said:
    """One answer of the record, with its day and who wrote it down."""

    state: str
    value: Any
    day: date
    at: datetime
    by: str


def questions(pathway: Pathway) -> dict[str, Fact]:
    """The facts that an intake asks for, by name, in the pathway's order."""
    return {
        name: fact for name, fact in pathway.vocabulary.facts.items() if fact.stage == "intake" and name not in KNOWN
    }


def history(episode: Episode) -> dict[str, list[Said]]:
    """Everything that was answered, oldest first, by fact. The onset of the episode counts as an answer of its own."""
    found: dict[str, list[Said]] = {}
    rows = list(answers_with_names(episode))
    by_phone = moments_sent(episode) if any(row.by_id is None for row in rows) else set()
    for row in rows:
        by = row.by.name if row.by else BY_PHONE if row.at in by_phone else ""
        said = Said(row.state, row.value, row.day, row.at, by)
        found.setdefault(row.fact, []).append(said)
    return found


def standing_answers(past: Mapping[str, Sequence[Said]]) -> dict[str, Said]:
    """What stands today: the newest answer of each fact. What was taken back is not in it."""
    newest = {fact: said[-1] for fact, said in past.items()}
    return {fact: said for fact, said in newest.items() if said.state != NOT_ASKED}


def moment_of(episode: Episode) -> str:
    """The moment at which answers of today are decided upon: intake, or review once massage was given."""
    return "review" if has_sessions_given(episode) else "intake"


def keep_answers(
    actor: Actor, pathway: Pathway, episode: Episode, seen: int, told: Mapping[str, Told], day: date
) -> int:
    """Keeps the answers of one screen, all or none. Call inside an act.

    Takes   seen: the version of the episode that the form was made from.
    Returns how many rows were added: an answer that was given today already and is the same adds none.
    Errors  BadInput, which names the fact; Stale.
    """
    open_deed().about["facts"] = sorted(told)
    known = questions(pathway)
    for name, answer in told.items():
        _check(known, name, answer)
    past = history(episode)
    fresh = {name: answer for name, answer in told.items() if not _same(episode, past.get(name), name, answer, day)}
    if not fresh:
        return 0
    _raise(episode, seen)
    at = clock.now()
    for number, (name, answer) in enumerate(fresh.items()):
        kept = answer if name != ONSET else _keep_onset(episode, answer, past.get(ONSET), day)
        if kept is None:
            continue
        row = Answer(episode=episode, fact=name, state=kept.state, value=kept.value, day=day, at=at, number=number)
        row.by_id = actor.user_id
        row.save()
    return len(fresh)


def _check(known: Mapping[str, Fact], name: str, answer: Told) -> None:
    if name not in known:
        raise BadInput("this is no question of the intake", name)
    if answer.state not in (ANSWERED, CANNOT_SAY, NOT_ASKED):
        raise BadInput("an answer is answered, cannot say or not asked", name)
    wrong = known[name].wrong(answer.value) if answer.state == ANSWERED else None
    if wrong or (answer.state != ANSWERED and answer.value is not None):
        raise BadInput(wrong or "an answer that is no answer has no value", name)


def _same(episode: Episode, past: Sequence[Said] | None, name: str, answer: Told, day: date) -> bool:
    """Whether this adds nothing: it was said today already, or it takes back what nobody said."""
    if name == ONSET and answer.state == ANSWERED:
        return bool(episode.onset == day - timedelta(days=answer.value))
    if not past:
        return answer.state == NOT_ASKED and not (name == ONSET and episode.onset)
    newest = past[-1]
    if answer.state == NOT_ASKED:
        return newest.state == NOT_ASKED and not (name == ONSET and episode.onset)
    return (newest.state, newest.value, newest.day) == (answer.state, answer.value, day)


def _keep_onset(episode: Episode, answer: Told, past: Sequence[Said] | None, day: date) -> Told | None:
    """Keeps since when it hurts as a day. An answer "cannot say" and a day never stand together.

    Returns  the answer that is still to be written down, if any. The day itself is the episode's; that it was told, and
             told otherwise later, stays in the record, since "acute" hangs on it.
    """
    episode.onset = day - timedelta(days=answer.value) if answer.state == ANSWERED else None
    episode.save(update_fields=["onset"])
    if answer.state != NOT_ASKED:
        return answer
    return Told(NOT_ASKED) if past and past[-1].state != NOT_ASKED else None


def _raise(episode: Episode, seen: int) -> None:
    if not raise_version(episode, seen):
        raise Stale("Something has changed since this page was opened. Nothing was saved.")


# --- where it hurts ---------------------------------------------------------------------------------------------------


def drawing_of(episode: Episode) -> BodyMap | None:
    """The newest drawing; None where nobody was asked to draw."""
    row = newest_drawing(episode)
    return read_body_map(json.dumps(row.drawing)) if row is not None else None


def keep_drawing(actor: Actor, episode: Episode, seen: int, drawn: BodyMap, day: date) -> None:
    """Keeps a drawing, unless it is the newest one already. Call inside an act. Errors: Stale."""
    open_deed().about["drawing"] = True
    told = json.loads(write_body_map(drawn))
    newest = newest_drawing(episode)
    if newest is not None and newest.drawing == told and newest.day == day:
        return
    _raise(episode, seen)
    row = BodyDrawing(episode=episode, drawing=told, day=day, at=clock.now())
    row.by_id = actor.user_id
    row.save()


def proposed_site(drawn: BodyMap | None) -> str:
    """The `pain_site` that the drawing proposes: that of the place marked first, as the page asks for the worst first.

    Empty where nothing is marked. A proposal only: the person confirms it.
    """
    if drawn is None or not drawn.sites:
        return ""
    from palpate.figures import REGIONS

    return REGIONS[drawn.regions[0]].site if drawn.regions else drawn.sites[0]


# --- ratings of before the first touch --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratings:
    """The newest ratings, None where there is none; `names` are the person's own activities.

    `fixed` is how many names stand for good: once one was rated, another word in its place would compare two things.
    """

    values: Mapping[str, float | None]
    names: tuple[str, ...]
    activities: tuple[float | None, ...]
    fixed: int
    taken: bool

    @property
    def activity_words(self) -> dict[str, str]:
        """Each activity with its rating in digits; those that were not rated are left out."""
        rated = zip(self.names, self.activities, strict=False)
        return {name: f"{value:g}" for name, value in rated if value is not None}


def ratings_of(episode: Episode) -> Ratings:
    """What was rated so far, the newest of each."""
    values: dict[str, float | None] = dict.fromkeys(RATINGS)
    activities: tuple[float | None, ...] = ()
    rated = 0
    taken = False
    for row in care.measures(episode):
        if row.name in values:
            values[row.name] = None if row.taken_back else row.value
            taken = True
        elif row.name == "own_activities":
            activities = () if row.taken_back else tuple(row.values or ())
            rated = max(rated, len(row.values or ()))
            taken = True
    names = tuple(str(name) for name in episode.activities)[:MOST_ACTIVITIES]
    return Ratings(values, names, activities, min(rated, len(names)), taken)


def keep_ratings(
    actor: Actor,
    episode: Episode,
    seen: int,
    values: Mapping[str, int],
    names: Sequence[str],
    activities: Sequence[int | None],
    day: date,
) -> int:
    """Keeps ratings of today and the names of the person's own activities. Call inside an act.

    Takes   values: of RATINGS, 0 to 10, those that were rated; names: up to three; activities: each with its rating.
    Returns how many measures were added.
    Errors  BadInput; Stale.
    """
    open_deed().about["measures"] = sorted(values)
    for name, value in [*values.items(), *(("own_activities", rating) for rating in activities if rating is not None)]:
        if name not in (*RATINGS, "own_activities") or type(value) is not int or not LOWEST <= value <= HIGHEST:
            raise BadInput(f"a rating is a whole number from {LOWEST} to {HIGHEST}", name)
    named = [clean_name(name, field=f"activity_{at}") for at, name in enumerate(names, 1)]
    if len(named) > MOST_ACTIVITIES or len(activities) != len(named) or not all(named):
        raise BadInput("name up to three activities, and rate only those", "activity_1")
    before = ratings_of(episode)
    if tuple(named[: before.fixed]) != before.names[: before.fixed]:
        raise BadInput("an activity that was rated keeps its name; take a free line for another", "activity_1")
    rows = [Measure(name=name, value=float(value)) for name, value in values.items()]
    if any(rating is not None for rating in activities):
        rows.append(Measure(name="own_activities", values=list(activities)))
    today = {(row.name, row.value, json.dumps(row.values)) for row in _newest_of(episode, day)}
    rows = [row for row in rows if (row.name, row.value, json.dumps(row.values)) not in today]
    renamed = tuple(named) != before.names
    if not rows and not renamed:
        return 0
    _raise(episode, seen)
    if renamed:
        episode.activities = named
        episode.save(update_fields=["activities"])
    at = clock.now()
    for row in rows:
        row.episode, row.day, row.at = episode, day, at
        row.save()
    return len(rows)


def _newest_of(episode: Episode, day: date) -> list[Measure]:
    newest = {row.name: row for row in care.measures(episode) if row.day == day and row.session_id is None}
    return [row for row in newest.values() if not row.taken_back]


# --- what is still open -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """What the pathway still asks, most telling first. `safety` are those that could forbid massage."""

    facts: tuple[str, ...]
    safety: tuple[str, ...]
    disposition: str
    known: bool = True


def open_questions(said: Mapping[str, Any] | None) -> Open:
    """What is open, from a preview of the decision. Where there is none, nothing is known, and nothing is settled."""
    if said is None:
        return Open((), (), "", known=False)
    asked = said.get("ask", [])
    facts = tuple(one["fact"] for one in asked)
    safety = tuple(one["fact"] for one in asked if FORBIDS & set(one["could"]))
    return Open(facts, safety, said["disposition"])
