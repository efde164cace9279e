"""The plan of a course: goals, protocol, and the blend of what goes with massage.

What fits a person is said by the pathway; this only reads it. "Massage alone is never a complete plan" is held here:
without advice to stay active and something of exercise a plan is kept only with one of the pathway's two exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from palpate.clinic import moment as clock
from palpate.clinic.access import care, planning
from palpate.clinic.access.checking import given_days
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.checking import PAIN, check_of
from palpate.clinic.decided import Reading, document_of, known_facts
from palpate.clinic.models import Episode, PlanItem, PlanTick
from palpate.clinic.names import clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.condition import Value, facts_of, truth_of
from palpate.pathway.course import check_points
from palpate.pathway.pathway import Offer, Pathway
from palpate.pathway.truth import NO, YES
from palpate.show.words import answer, fact_label

HOME, EXCEPTION = "home", "exception"
DONE = {"yes": "Yes", "partly": "Partly", "no": "No"}
LONGEST_GOALS = 2000  # characters
# Goals of home items that are no exercise (home programme of the dossier, combination.md section 4).
NO_EXERCISE = frozenset({"advice", "relief", "calm", "activity", "sleep", "general_health", "weight"})
# Directions that suit anybody: which way bending eases is not asked, so the neutral set is proposed (combination.md 4).
NEUTRAL = ("any", "neutral", "")
EXCEPTIONS = ("declined", "not_safe_yet")  # in the order of the pathway's own two


@dataclass(frozen=True)
class Offered:
    """A part or home item: whether the pathway offers it to this person now, and if not, why not."""

    id: str
    title: str
    row: Mapping[str, Any]
    offered: bool
    why_not: str


@dataclass(frozen=True)
class Chosen:
    """One part of a plan as it is to be kept: `item` names a home item, else it is empty."""

    part: str
    item: str
    what: str
    who: str = ""
    how_often: str = ""


@dataclass(frozen=True)
class Dates:
    """When a course of this protocol is checked and ends. Days are None before the first session."""

    check_after: int
    check_from: date | None
    ends_by: date | None


def parts_for(reading: Reading) -> list[Offered]:
    """All parts that a plan may hold, each offered or not."""
    return _offers(reading, "parts") if reading.pathway is not None else []


def home_for(reading: Reading) -> list[Offered]:
    """All items of the home programme, each offered or not."""
    return _offers(reading, "home") if reading.pathway is not None else []


def _offers(reading: Reading, kind: str) -> list[Offered]:
    pathway = reading.pathway
    assert pathway is not None
    try:
        known = known_facts(pathway, document_of(reading.decision))
    except Exception:  # nothing is known then, and what has limits is not offered
        known = {}
    offers = pathway.parts if kind == "parts" else pathway.home
    rows = {row["id"]: row for row in pathway.meaning[kind]}
    found = []
    for offer in offers:
        why = _why_not(pathway, offer, known)
        found.append(Offered(offer.id, offer.title, rows[offer.id], not why, why))
    return found


def _why_not(pathway: Pathway, offer: Offer, known: Mapping[str, Value]) -> str:
    """Why an offer does not fit what is known; empty where it does. An unknown limit is not offered."""
    if offer.avoid_when is not None and (truth := truth_of(offer.avoid_when, known)) is not NO:
        if truth is YES:
            named = [name for name in facts_of(offer.avoid_when) if _speaks(pathway, offer, name, known)]
            return "A limit holds: " + _said(pathway, named, known)
        open_facts = [name for name in facts_of(offer.avoid_when) if name not in known]
        return "Not known yet: " + ", ".join(fact_label(pathway.vocabulary, name) for name in open_facts)
    if offer.when is not None and (truth := truth_of(offer.when, known)) is not YES:
        if truth is NO:
            return "What it is for does not hold: " + _said(
                pathway, [n for n in facts_of(offer.when) if n in known], known
            )
        open_facts = [name for name in facts_of(offer.when) if name not in known]
        return "Not known yet: " + ", ".join(fact_label(pathway.vocabulary, name) for name in open_facts)
    return ""


def _speaks(pathway: Pathway, offer: Offer, name: str, known: Mapping[str, Value]) -> bool:
    """Whether without this answer the limit would no longer surely hold."""
    without = {other: value for other, value in known.items() if other != name}
    return name in known and offer.avoid_when is not None and truth_of(offer.avoid_when, without) is not YES


def _said(pathway: Pathway, names: Sequence[str], known: Mapping[str, Value]) -> str:
    vocabulary = pathway.vocabulary
    said = [f"{fact_label(vocabulary, name)}: {answer(vocabulary.facts.get(name), known[name])}" for name in names]
    return "; ".join(said) or "several answers together"


def most_home_items(pathway: Pathway) -> int:
    """How many home items a plan may hold at a time (the pathway's `limit_items`)."""
    return int(pathway.meaning["home_rules"]["limit_items"])


def proposed(pathway: Pathway, parts: Sequence[Offered], home: Sequence[Offered]) -> tuple[list[str], list[str]]:
    """The parts and home items that are proposed: what the person does themselves, and exercises of distinct goals.

    What another professional gives is offered, one tap away: the person decides about a further visit.
    """
    chosen = [part.id for part in parts if part.offered and str(part.row["who"]).startswith("The person")]
    items: list[str] = []
    goals: set[str] = set()
    for item in home:
        goal, direction = item.row["goal"], item.row.get("direction", "")
        if item.offered and goal not in NO_EXERCISE and goal not in goals and direction in NEUTRAL:
            goals.add(goal)
            items.append(item.id)
    items = items[: most_home_items(pathway)]
    # A part and a home item of one name are one thing: the item says the dose.
    titles = {item.title for item in home if item.id in items}
    doubled = {part.id for part in parts if part.title in titles}
    return [id for id in chosen if id not in doubled], items


def protocols_for(pathway: Pathway, episode: Episode) -> list[tuple[Mapping[str, Any], bool]]:
    """The protocols with whether each can be chosen now: an extension only where it is the episode's already."""
    rows = sorted(pathway.meaning["protocols"], key=lambda row: not row.get("default"))
    return [(row, not row.get("extension") or episode.protocol == row["id"]) for row in rows]


def dates_of(episode: Episode, pathway: Pathway, protocol: str) -> Dates:
    """When the course is next checked, and by when it ends (protocol and `first_days` of the pathway)."""
    chosen = pathway.protocols[protocol]
    given = [session.day for session in care.sessions(episode) if session.massage_given]
    points = [*chosen.checks, chosen.sessions]
    check = next((point for point in points if point >= len(given)), chosen.sessions)
    if not given:
        return Dates(check, None, None)
    first = given[0] + timedelta(days=int(pathway.meaning["response"]["first_days"]))
    nth = given[-1] + timedelta(days=chosen.gap_days[0]) if check > len(given) else given[-1]
    return Dates(check, max(first, nth), given[0] + timedelta(days=chosen.within_days))


def stop_rules(pathway: Pathway) -> list[str]:
    """What each outcome of the check leads to, and what stops the course at any time, in the pathway's words."""
    return [rule for rule in pathway.meaning["dose"]["rules"] if rule.startswith(("Check", "A new danger sign"))]


def is_exercise(home: Sequence[Offered], item: str) -> bool:
    return any(row.id == item and row.row["goal"] not in NO_EXERCISE for row in home)


def complete(pathway: Pathway, home: Sequence[Offered], parts: Sequence[str], items: Sequence[str]) -> bool:
    """Whether a plan has advice to stay active and at least one exercise item (combination.md, summary rule)."""
    advice, _ = pathway.meaning["summary"]["every_plan"]
    active = advice in parts or advice in items
    return active and any(is_exercise(home, item) for item in items)


def keep_plan(
    actor: Actor,
    episode: Episode,
    version: int,
    reading: Reading,
    *,
    goals: str,
    protocol: str,
    chosen: Sequence[Chosen],
    exception: str = "",
) -> Episode:
    """Keeps the plan of an episode. Call inside an act.

    Takes   version: of the episode, as the page showed it; chosen: all parts and home items of the plan.
    Errors  Conflict where the episode has changed since; BadInput by field for what the pathway does not offer, too
            many home items, or massage alone without an exception.
    """
    open_deed()
    episode = planning.locked_episode(episode)
    if episode.version != version:
        raise Conflict("This plan has been changed on another page since you opened it. Nothing was saved.")
    if episode.state == Episode.State.CLOSED:
        raise Conflict("This episode is closed. Nothing was saved.")
    pathway = reading.pathway
    if pathway is None:
        raise Conflict("The pathway of this decision is missing, so no plan can be kept. Decide again first.")
    allowed = {row["id"] for row, open_now in protocols_for(pathway, episode) if open_now}
    if protocol not in allowed:
        raise BadInput("Choose one of the protocols.", "protocol")
    if why := _puts_off(episode, pathway, protocol):
        raise BadInput(why, "protocol")
    _check_parts(pathway, reading, episode, chosen, exception)
    episode.goals = clean_text(goals, field="goals", longest=LONGEST_GOALS).strip()
    episode.protocol, episode.planned_at = protocol, clock.now()
    episode.version += 1
    episode.save()
    exceptions = dict(zip(EXCEPTIONS, pathway.meaning["summary"]["exceptions"], strict=False))
    kept = [*chosen, Chosen(EXCEPTION, exception, exceptions[exception])] if exception else list(chosen)
    _keep_items(episode, kept)
    return episode


def _puts_off(episode: Episode, pathway: Pathway, protocol: str) -> str:
    """Why a course cannot change to this protocol now: its check would be put off. Empty where it would not.

    A check that the course has reached is taken before its protocol changes, and a first check is never put off.
    """
    before = pathway.protocols.get(episode.protocol, pathway.protocols[pathway.default_protocol])
    old, new, given = check_points(before), check_points(pathway.protocols[protocol]), len(given_days(episode))
    reached = [point for point in old if point <= given]
    if not reached:
        late = given and new[0] > old[0]
        return f"Its first check comes later than the one after session {old[0]}: take that first." if late else ""
    if reached[-1] not in new and PAIN in check_of(episode, pathway).missing:
        return f"The check after session {reached[-1]} is not taken yet. Take it first; then choose another protocol."
    return ""


def _check_parts(
    pathway: Pathway, reading: Reading, episode: Episode, chosen: Sequence[Chosen], exception: str
) -> None:
    parts, home = parts_for(reading), home_for(reading)
    standing = {(row.part, row.item) for row in planning.plan_items(episode)}
    open_parts = {part.id for part in parts if part.offered}
    open_items = {item.id for item in home if item.offered}
    for one in chosen:
        where, field = (open_items, "home") if one.part == HOME else (open_parts, "parts")
        name = one.item if one.part == HOME else one.part
        if name not in where:
            # What was offered when it was planned and no longer is must go, not stay by habit.
            was = " any longer" if (one.part, one.item) in standing else ""
            raise BadInput(f"“{one.what}” is not offered for this person{was}.", field)
    items = [one.item for one in chosen if one.part == HOME]
    if len(items) > most_home_items(pathway):
        raise BadInput(f"At most {most_home_items(pathway)} home items at a time, so that they get done.", "home")
    names = [one.part for one in chosen if one.part != HOME]
    if exception and exception not in EXCEPTIONS:
        raise BadInput("Choose one of the two exceptions.", "exception")
    if not complete(pathway, home, names, items) and not exception:
        raise BadInput(str(pathway.meaning["summary"]["rule"]), "exception")


def _keep_items(episode: Episode, kept: Sequence[Chosen]) -> None:
    """Makes the active items of the plan exactly these. Items that go are kept, no longer active."""
    wanted = {(one.part, one.item): one for one in kept}
    for row in planning.plan_items(episode, active=False):
        one = wanted.pop((row.part, row.item), None)
        told = (row.what, row.who, row.how_often, row.active)
        if one is None:
            row.active = False
        else:
            row.what, row.who, row.how_often, row.active = one.what, one.who, one.how_often, True
        if told != (row.what, row.who, row.how_often, row.active):
            row.version += 1
            row.save()
    for one in wanted.values():
        item = PlanItem(episode=episode, part=one.part, item=one.item, created=clock.now())
        item.what, item.who, item.how_often = one.what[:300], one.who, one.how_often
        item.save()


def words_of(text: str, field: str) -> str:
    """Who does it, or how often, on one line of at most 200 characters. Errors: BadInput."""
    return clean_name(text, field=field)


def tick(actor: Actor, item: PlanItem, done: str, day: date) -> PlanTick:
    """Records whether a part of the plan was done, as told on a day. Call inside an act. Errors: BadInput, Conflict."""
    open_deed()
    if done not in DONE:
        raise BadInput("Choose yes, partly or no.", "done")
    if not item.active:
        raise Conflict("This is no longer part of the plan. Nothing was saved.")
    row = PlanTick(item=item, done=done, day=day, at=clock.now(), by_id=actor.user_id)
    row.save()
    return row
