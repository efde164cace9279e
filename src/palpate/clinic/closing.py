"""The end of a course: the letter to the next treatment, discharge note, home plan, and the days of asking again.

Every number in a letter comes from the record; the class of the response comes from the stored decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palpate import letters
from palpate.clinic import moment as clock
from palpate.clinic import planning as plans
from palpate.clinic import referring
from palpate.clinic.access import care, planning
from palpate.clinic.access.adverse import events_of
from palpate.clinic.access.checking import given_days, locked, unsigned
from palpate.clinic.access.practice import user_of
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.checking import AT_FOLLOW_UP, FLAG_WORDS, PAIN
from palpate.clinic.decided import Reading, document_of, known_facts
from palpate.clinic.deciding import visit_of
from palpate.clinic.models import Episode, Letter, Practice, User
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput, Conflict
from palpate.figures.response_bar import OVERALL_WORDS
from palpate.pathway.pathway import Pathway
from palpate.show.words import label

REASONS = {
    "goal": "The person has reached what they wanted",
    "course": "The course is over",
    "other_treatment": "Care goes on with another treatment",
    "own_wish": "The person wishes to stop",
    "not_reached": "The person could not be reached any more",
    "other_place": "Care goes on at another place",
}
REACHED = {"yes": "Reached", "partly": "Partly reached", "no": "Not reached", "not_asked": ""}
SOON = "if the pain gets worse, wakes you at night, or has not eased after a few weeks."


@dataclass(frozen=True)
class FollowUp:
    """A day on which the person is asked again, and what is still missing for it.

    asked   ratings were given in its time: from 7 days before it up to the next one
    """

    day: date
    days_after: int
    asked: bool


@dataclass(frozen=True)
class NextTreatment:
    """A next treatment that fits: what it is, who gives it, what is not done, and whether it comes on top."""

    id: str
    title: str
    step: str
    who: str
    avoid: str
    note: str
    unverified: str
    judged_by: str
    add_on: bool
    sources: Sequence[str]


def next_treatments(reading: Reading) -> list[NextTreatment]:
    """The next treatments that the stored decision names, in its order; those of the plan's parts are left out."""
    if reading.pathway is None or not reading.answer:
        return []
    rows = {row["id"]: row for row in reading.pathway.meaning["switch"]}
    return [_treatment(rows[name]) for name in reading.answer["plan"]["combine"] if name in rows]


def _treatment(row: Mapping[str, Any]) -> NextTreatment:
    return NextTreatment(
        row["id"],
        row["title"],
        row["next_step"],
        row["who"],
        row["avoid"],
        row.get("note", ""),
        row.get("unverified", ""),
        row.get("judged_by", ""),
        bool(row["add_on"]),
        tuple(row["sources"]),
    )


def write_next_letter(
    actor: Actor, practice: Practice, episode: Episode, reading: Reading, treatment: str, *, to: str, agreed: bool
) -> Letter:
    """Keeps the hand-over to a next treatment that the decision names. Call inside an act.

    Takes   treatment: id of one of `next_treatments`; agreed: the person agreed to its being sent.
    Errors  BadInput by field; Conflict where the decision cannot be read again.
    """
    open_deed()
    chosen = next((one for one in next_treatments(reading) if one.id == treatment), None)
    if reading.pathway is None or not reading.answer:
        raise Conflict("This decision cannot be read again, so no letter can be made from it. Decide again first.")
    if chosen is None:
        raise BadInput("The decision does not name this treatment.", "treatment")
    day = clock.today(practice.time_zone)
    to = clean_name(to, field="to")
    refuse = " ".join(str(row["text"]) for row in reading.pathway.meaning["refuse"])
    document = letters.NextTreatmentReferral(
        practice=referring.practice_head(practice, _by(actor, episode)),
        date=day,
        person=referring.about_person(episode.person),
        to=(to,) if to else (),
        presentation=chosen.title,
        next_step=f"{chosen.step} ({chosen.who})",
        duration=duration_words(episode, day),
        response=response_of(reading),
        pain=pain_course(episode, reading),
        massage=referring.massage_of(episode, reading.pathway),
        answers=referring.answers_of(reading),
        pathway=referring.stamp(reading.decision),
        home=kept_home(episode, reading.pathway),
        risk_group=risk_words(reading),
        adverse_events=adverse_words(episode),
        goal=episode.goals,
        not_advised=". ".join(part for part in (chosen.avoid, refuse) if part),
        consent=f"{episode.person.name} agreed to this letter on {day.day} {day:%B %Y}." if agreed else "",
    )
    return referring.write_letter(actor, episode, document, to=to, decision=reading.decision)


def home_offered(reading: Reading) -> list[plans.Offered]:
    """The home items that the decision's own plan holds, in the pathway's order."""
    named = set(reading.answer.get("plan", {}).get("home", ())) if reading.answer else set()
    return [item for item in plans.home_for(reading) if item.id in named and item.offered]


def home_proposed(episode: Episode, reading: Reading) -> list[str]:
    """The items of the plan that are still offered, else those the pathway would propose; no more than its limit."""
    if reading.pathway is None:
        return []
    offered = home_offered(reading)
    names = {item.id for item in offered}
    standing = [row.item for row in planning.plan_items(episode) if row.part == plans.HOME and row.item in names]
    if not standing:
        _, standing = plans.proposed(reading.pathway, [], offered)
    return standing[: plans.most_home_items(reading.pathway)]


def discharge(
    actor: Actor,
    practice: Practice,
    episode: Episode,
    seen: int,
    reading: Reading,
    *,
    reason: str,
    reached: str,
    home: Sequence[str],
) -> tuple[Episode, list[Letter]]:
    """Ends the course: writes the discharge note and, where there are items, the home plan; closes the episode.

    Call inside an act.
    Takes    reading: the newest decision; reason: a key of REASONS; reached: a key of REACHED; home: ids of home items.
    Errors   BadInput by field; Conflict for a stale page, an unsigned note, a closed episode or an emergency.
    """
    open_deed()
    episode = locked(episode)
    if episode.state == Episode.State.CLOSED:
        raise Conflict("This episode is closed already. Nothing was saved.")
    if episode.version != seen:
        raise Conflict("Something has changed since this page was opened. Nothing was saved. Open the page again.")
    why = why_not_yet(episode, reading)
    if why or reading.pathway is None:
        raise Conflict(f"{why} Nothing was saved.")
    if reason not in REASONS:
        raise BadInput("Choose why the course ends.", "reason")
    if reached not in REACHED:
        raise BadInput("Choose one of these.", "reached")
    offered = {item.id: item for item in home_offered(reading)}
    if not set(home) <= set(offered):
        raise BadInput("One of these is not offered to this person now.", "home")
    most = plans.most_home_items(reading.pathway)
    if len(set(home)) > most:
        raise BadInput(f"At most {most} home items at a time, so that they get done.", "home")
    items = tuple(home_item(offered[name].row, _done(episode).get(name, "")) for name in dict.fromkeys(home))
    made = [_discharge_note(actor, practice, episode, reading, items, REACHED[reached])]
    if items:
        made.append(_home_plan(actor, practice, episode, reading, items))
    episode.state, episode.closed, episode.closed_why = Episode.State.CLOSED, clock.now(), REASONS[reason]
    episode.version += 1
    episode.save(update_fields=["state", "closed", "closed_why", "version"])
    return episode, made


def why_not_yet(episode: Episode, reading: Reading) -> str:
    """Why this episode cannot be discharged now; empty where it can be."""
    if reading.disposition == "emergency":
        return "The newest decision is an emergency. See to that first."
    if reading.pathway is None or not reading.answer:
        return "The newest decision could not be made or cannot be read again. Decide again first."
    if unsigned(episode) is not None:
        return "A note is not signed yet. Sign it first."
    return ""


def _discharge_note(
    actor: Actor,
    practice: Practice,
    episode: Episode,
    reading: Reading,
    items: tuple[letters.HomeItem, ...],
    reached: str,
) -> Letter:
    pathway = _pathway(reading)
    chosen = next((one for one in next_treatments(reading) if not one.add_on), None)
    days = given_days(episode)
    document = letters.DischargeNote(
        practice=referring.practice_head(practice, _by(actor, episode)),
        date=clock.today(practice.time_zone),
        person=referring.about_person(episode.person),
        response=response_of(reading),
        pain=pain_course(episode, reading),
        massage=referring.massage_of(episode, pathway),
        home=items,
        rules=home_rules(pathway),
        follow_up=letters.follow_up_dates(days[-1]) if days else (),
        pathway=referring.stamp(reading.decision),
        goal=episode.goals,
        goal_reached=reached,
        soon=SOON,
        complaint=episode.complaint,
        next_step=f"{chosen.step} ({chosen.who})" if chosen else "",
        adverse_events=adverse_words(episode),
        answers=referring.answers_of(reading),
    )
    return referring.write_letter(actor, episode, document, to=episode.person.name, decision=reading.decision)


def _home_plan(
    actor: Actor, practice: Practice, episode: Episode, reading: Reading, items: tuple[letters.HomeItem, ...]
) -> Letter:
    document = letters.HomePlan(
        practice=referring.practice_head(practice, _by(actor, episode)),
        date=clock.today(practice.time_zone),
        person=referring.about_person(episode.person),
        home=items,
        rules=home_rules(_pathway(reading)),
        goal=episode.goals,
    )
    return referring.write_letter(actor, episode, document, to=episode.person.name, decision=reading.decision)


def follow_ups(episode: Episode) -> list[FollowUp]:
    """The days, 28 and 84 days after the last session, on which the person is asked again (dose.md, section 5)."""
    days = given_days(episode)
    if not days:
        return []
    dates = letters.follow_up_dates(days[-1])
    rated = sorted({row.day for row in care.measures(episode) if row.name in AT_FOLLOW_UP and not row.taken_back})
    found = []
    for at, day in enumerate(dates):
        stop = dates[at + 1].toordinal() - 7 if at + 1 < len(dates) else date.max.toordinal()
        asked = any(day.toordinal() - 7 <= one.toordinal() < stop for one in rated)
        found.append(FollowUp(day, (day - days[-1]).days, asked))
    return found


def has_come_back(episode: Episode, reading: Reading | None) -> bool:
    """Whether, after a good response, the newest pain is within 1 point of where it began (dose.md, section 5)."""
    if reading is None or not reading.answer or not given_days(episode):
        return False
    told = reading.answer.get("response") or {}
    before = (told.get("pain") or {}).get("baseline")
    last = given_days(episode)[-1]
    pains = [row for row in care.measures(episode) if row.name == PAIN and row.value is not None and row.day > last]
    if told.get("class") != "responded" or before is None or not pains or pains[-1].taken_back:
        return False
    return bool((pains[-1].value or 0) >= before - 1)


def comes_back_words(pathway: Pathway) -> str:
    """What to do when the pain comes back, in the pathway's words."""
    return next((str(rule) for rule in pathway.meaning["dose"]["rules"] if rule.startswith("Relapse")), "")


# --- parts of the letters -------------------------------------------------------------------------------------------


def response_of(reading: Reading) -> letters.Response:
    """The class, flags in words, and numbers of a stored decision; kind None where there was no check."""
    told = reading.answer.get("response") if reading.answer else None
    if not told:
        return letters.Response(None)
    pairs = []
    for key, title in (("pain", "Pain, 0 to 10"), ("activities", "Own activities, 0 to 10, high is good")):
        row = told.get(key)
        if row:
            pairs.append((title, f"{_score(row['baseline'])} → {_score(row['latest'])}"))
    if told.get("global"):
        step = told["global"]["change"]
        pairs.append(("Own view of the change, −3 to 3", f"{OVERALL_WORDS[step]} ({step:+d})".replace("(+0)", "(0)")))
    flags = tuple(FLAG_WORDS.get(flag, label(flag)) for flag in told["flags"])
    return letters.Response(told["class"], flags, tuple(pairs))


def _score(value: float | None) -> str:
    return "not rated" if value is None else f"{value:g}"


def pain_course(episode: Episode, reading: Reading) -> letters.PainCourse:
    """Pain over the course with the baseline of the decision, for a letter's chart."""
    newest = {row.day: row for row in care.measures(episode) if row.name == PAIN}
    ratings = tuple(
        letters.Rating(day, row.value)
        for day, row in sorted(newest.items())
        if row.value is not None and not row.taken_back
    )
    told = (reading.answer.get("response") or {}) if reading.answer else {}
    before = (told.get("pain") or {}).get("baseline")
    return letters.PainCourse(ratings, before, float(_pathway(reading).numbers.pain_full), tuple(given_days(episode)))


def home_item(row: Mapping[str, Any], done: str = "") -> letters.HomeItem:
    """A row of the pathway's home programme as it is printed."""
    stop = f"Leave it out: {'; '.join(row['avoid_if']).lower()}." if row.get("avoid_if") else ""
    return letters.HomeItem(row["title"], row["dose"], row.get("how", ""), stop, done, bool(row.get("assumed")))


def kept_home(episode: Episode, pathway: Pathway) -> tuple[letters.HomeItem, ...]:
    """The home items of the plan with what was told of them."""
    rows = {row["id"]: row for row in pathway.meaning["home"]}
    done = _done(episode)
    items = [row for row in planning.plan_items(episode) if row.part == plans.HOME and row.item in rows]
    return tuple(home_item(rows[item.item], done.get(item.item, "")) for item in items)


def _done(episode: Episode) -> dict[str, str]:
    """For each home item, how often it was told to be done: the newest row of a day counts."""
    told: dict[str, dict[date, str]] = {}
    for tick in planning.ticks(episode):
        told.setdefault(tick.item.item, {}).setdefault(tick.day, tick.done)
    found = {}
    for item, days in told.items():
        counts = {word: list(days.values()).count(word) for word in plans.DONE}
        said = [f"{plans.DONE[word].lower()} on {count} days" for word, count in counts.items() if count]
        found[item] = ", ".join(said)
    return found


def home_rules(pathway: Pathway) -> letters.HomeRules:
    rules = pathway.meaning["home_rules"]
    return letters.HomeRules(rules["start"], rules["progress"], rules["stop"])


def risk_words(reading: Reading) -> str:
    """The risk group with where it comes from; without a score it is an assumption and says so."""
    pathway = _pathway(reading)
    document = document_of(reading.decision)
    scores = [row["value"] for row in document.get("measures", ()) if row["name"] == "start_back"]
    try:
        group = str(known_facts(pathway, document).get("risk_group", ""))
    except Exception:  # a letter goes out with what there is
        group = ""
    if not scores:
        return "No STarT Back score; taken as medium"
    return f"{label(group)} (STarT Back {scores[-1]:g})" if group else f"STarT Back {scores[-1]:g}"


def adverse_words(episode: Episode) -> tuple[str, ...] | None:
    """Adverse events in words; empty: asked, and there were none; None: nobody asked."""
    events = events_of(episode)
    said = tuple(f"{event.began.day} {event.began:%B %Y}, {event.severity}: {event.what}" for event in events)
    asked = any(visit_of(session).asked for session in list(care.sessions(episode))[1:])
    return said if said or asked else None


def duration_words(episode: Episode, day: date) -> str:
    """How long the pain has lasted, to whole weeks."""
    if episode.onset is None:
        return "not known"
    days = (day - episode.onset).days
    return f"{days} days" if days < 14 else f"{days // 7} weeks, since {episode.onset.day} {episode.onset:%B %Y}"


def _pathway(reading: Reading) -> Pathway:
    if reading.pathway is None:
        raise Conflict("The pathway of this decision is missing. Decide again first. Nothing was saved.")
    return reading.pathway


def _by(actor: Actor, episode: Episode) -> User | None:
    return user_of(actor.user_id) if actor.user_id else None
