"""The SOAP note that writes itself from the taps: four plain paragraphs, every number as it was tapped. Pure.

Nothing is invented: what was not asked or not done is said to be so, "no" is written only where "no" was said, and
there is no diagnosis in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from palpate.clinic.visit import (
    AFTERCARE,
    FOUND_HERE,
    MUSCLES,
    NONE_OF_THESE,
    REGIONS,
    SIGNS,
    TECHNIQUES,
    TESTS,
    YIELDING,
    Visit,
)
from palpate.pathway.pathway import Pathway
from palpate.show.words import answer, fact_label, label

YIELD_WORDS = {"yes": "yields", "partly": "yields in part", "no": "does not yield"}
RATED_WORDS = {
    "pain_nrs": "pain in the last week",
    "sleep_nrs": "sleep",
    "mood_nrs": "mood",
    "soreness_nrs": "soreness after the last massage",
}
_TOLD_APART = {*FOUND_HERE, *NONE_OF_THESE, YIELDING, "pain_now", "spasm_response", "soreness_hours"}


@dataclass(frozen=True)
class Soap:
    """The four paragraphs of a note."""

    subjective: str
    objective: str
    assessment: str
    plan: str

    def as_dict(self) -> dict[str, str]:
        return {"s": self.subjective, "o": self.objective, "a": self.assessment, "p": self.plan}


@dataclass(frozen=True)
class Told:
    """What a note is written from.

    last, last_day   the visit before in which massage was given
    decided          the decision that stood for this session (contract section 2); empty: none
    overruled        who overruled it and why; empty: nobody
    next             the plan that follows (`plan` of a review), for the dates
    number           of this session among those given, with it
    """

    visit: Visit
    pathway: Pathway
    last: Visit | None = None
    last_day: date | None = None
    decided: Mapping[str, Any] = field(default_factory=dict)
    overruled: str = ""
    next: Mapping[str, Any] = field(default_factory=dict)
    activities: Sequence[str] = ()
    number: int = 1
    none_why: str = ""


def write(told: Told) -> Soap:
    """The note that the taps give."""
    return Soap(
        _paragraph(_subjective(told)),
        _paragraph(_objective(told)),
        _paragraph(_assessment(told)),
        _paragraph(_plan(told)),
    )


def day_in_words(day: date | str) -> str:
    """`2 March 2026`."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"


def _paragraph(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)


def _subjective(told: Told) -> list[str]:
    visit, facts = told.visit, told.pathway.vocabulary.facts
    lines = [_pain_now(told)]
    said = {name: value for name, value in visit.facts.items() if name in facts and name not in _TOLD_APART}
    said = {name: value for name, value in said.items() if facts[name].group != "palpation"}
    if visit.unchanged:
        but = ", but for what follows" if said or visit.unsure else ""
        lines.append(f"What must be asked again at each session was asked and is as it was{but}.")
    lines += [f"{_label(told, name)}: {_answer(told, name, value)}." for name, value in sorted(said.items())]
    if visit.unsure:
        lines.append(f"Asked, and could not be said: {_labels(told, visit.unsure)}.")
    if not visit.unchanged:
        must = {name for name, fact in facts.items() if fact.each_session and fact.must_know}
        must = {name for name in must if facts[name].group != "palpation"} - set(visit.facts) - visit.unsure
        if must:
            lines.append(f"Not asked today: {_labels(told, must)}.")
    if told.last is not None:
        lines.append(_after_last(told))
        judged = visit.facts.get("spasm_response")
        lines.append(f"The treated muscle against before the course: {_choice(told, 'spasm_response', judged)}.")
    lines.append(_rated(told))
    return lines


def _pain_now(told: Told) -> str:
    now = "not asked" if told.visit.pain_before is None else f"{told.visit.pain_before} of 10"
    last = told.last
    if last is None or told.last_day is None or (last.pain_before is None and last.pain_after is None):
        return f"Pain now: {now}."
    before = "not asked" if last.pain_before is None else last.pain_before
    after = "not asked" if last.pain_after is None else last.pain_after
    return f"Pain now: {now} (on {day_in_words(told.last_day)}: before the massage {before}, after it {after})."


def _after_last(told: Told) -> str:
    facts = told.visit.facts
    names = [name for name in NONE_OF_THESE if name != "sedation_today"]
    parts = [f"{_label(told, name).lower()}: {_answer(told, name, facts.get(name))}" for name in names]
    hours = facts.get("soreness_hours")
    parts.append(f"soreness: {'not asked' if hours is None else f'{hours} hours'}")
    return f"After the last massage: {'; '.join(parts)}."


def _rated(told: Told) -> str:
    visit = told.visit
    parts = [f"{RATED_WORDS[name]} {value:g} of 10" for name, value in visit.ratings.items() if name in RATED_WORDS]
    parts += [
        f"{told.activities[at] if at < len(told.activities) else f'activity {at + 1}'} {value:g} of 10"
        for at, value in sorted(visit.activities.items())
    ]
    if "global_change" in visit.ratings:
        parts.append(f"change since before the first massage {visit.ratings['global_change']:+g} (-3 to +3)")
    return f"Rated today: {'; '.join(parts)}." if parts else "Ratings of the last week: not asked."


def _objective(told: Told) -> list[str]:
    visit = told.visit
    lines = [f"{TESTS[test][0]}: {_before_after(values, TESTS[test][1])}." for test, values in visit.tests.items()]
    lines = lines or ["Range of motion: not tested."]
    lines += [
        f"{SIGNS[sign]}, the sign to compare: {compared or 'not compared after the massage'}."
        for sign, compared in visit.signs.items()
    ]
    for found in visit.palpations.values():
        muscle = f", {MUSCLES[found.muscle][0]}" if found.muscle else ""
        lines.append(f"{REGIONS[found.region]}, {_side(found.side)}{muscle}: {YIELD_WORDS[found.yields]}.")
    if not visit.palpations:
        told_so = visit.facts.get(YIELDING)
        lines.append(f"Palpation of muscles: {_choice(told, YIELDING, told_so) if told_so else 'not done'}.")
    seen = {name: visit.facts.get(name) for name in FOUND_HERE}
    seen |= {name: visit.facts.get(name) for name in _hands(told) if name in visit.facts}
    parts = [
        f"{FOUND_HERE.get(name) or _label(told, name).lower()}: {_answer(told, name, v)}" for name, v in seen.items()
    ]
    lines.append(f"Looked and felt for: {'; '.join(parts)}.")
    return lines + _given(told)


def _hands(told: Told) -> list[str]:
    facts = told.pathway.vocabulary.facts
    return [name for name, fact in facts.items() if fact.group == "palpation" and name not in (*FOUND_HERE, YIELDING)]


def _given(told: Told) -> list[str]:
    visit = told.visit
    if not visit.treatments:
        return ["No massage was given."]
    rows = []
    for one in visit.treatments:
        side = f", {_side(one.side)}" if one.side else ""
        place = f"{REGIONS[one.region].lower()}{side}"
        rows.append(f"{TECHNIQUES[one.technique]}, {place}, {one.minutes} min, pressure {one.pressure} of 5")
    after = "not asked" if visit.pain_after is None else f"{visit.pain_after} of 10"
    return [f"Given: {'; '.join(rows)}. Together {visit.minutes} min.", f"Pain after the massage: {after}."]


def _assessment(told: Told) -> list[str]:
    decided = told.decided
    if not decided:
        return ["The pathway could not decide or was not asked: not assessed."]
    path = f"{label(decided['pathway']['id'])} {decided['pathway']['version']}"
    lines = [f"{decided['summary']} (Pathway: {path}, {day_in_words(decided['as_of'])})"]
    lines += [f"Because: {row['because']}" for row in decided["reasons"] if row["decisive"] and row["because"]]
    if decided["disposition"] == "incomplete" and decided["ask"]:
        lines.append(f"Still open: {_labels(told, [row['fact'] for row in decided['ask'] if row['could']])}.")
    if told.overruled:
        lines.append(f"Overruled: {told.overruled}")
    answered = decided.get("response") or {}
    if answered.get("class"):
        lines.append(f"Response to the course so far: {str(answered['class']).replace('_', ' ')}.")
    return lines


def _plan(told: Told) -> list[str]:
    visit, decided, plan = told.visit, told.decided, told.next
    lines = []
    if visit.treatments:
        planned = plan.get("sessions_planned")
        lines.append(f"Session {told.number} of {planned}." if planned else f"Session {told.number}.")
        lines += [f"Kept to: {row['do']}" for row in decided.get("precautions", ())]
    else:
        lines.append(f"No massage today: {told.none_why or 'the reason was not given'}.")
        lines += [row["do"] for row in decided.get("reasons", ()) if row["decisive"] and row.get("do")]
    if visit.aftercare:
        lines.append(f"After-care: {'; '.join(AFTERCARE[item] for item in visit.aftercare)}.")
    else:
        lines.append("After-care: nothing was recorded as told.")
    if plan.get("next_from") and plan.get("next_to"):
        lines.append(f"Next session between {day_in_words(plan['next_from'])} and {day_in_words(plan['next_to'])}.")
    return lines


def _label(told: Told, name: str) -> str:
    return fact_label(told.pathway.vocabulary, name)


def _labels(told: Told, names: Any) -> str:
    return "; ".join(sorted(_label(told, name).lower() for name in names))


def _answer(told: Told, name: str, value: Any) -> str:
    if name in told.visit.unsure:
        return "could not be said"
    return "not asked" if value is None else _choice(told, name, value)


def _choice(told: Told, name: str, value: Any) -> str:
    if value is None:
        return "not asked"
    return answer(told.pathway.vocabulary.facts.get(name), value).strip("“”").lower()


def _side(side: str) -> str:
    return "both sides" if side == "both" else side


def _before_after(values: Mapping[str, float], unit: str) -> str:
    before = f"{values['before']:g} {unit} before" if "before" in values else "not tested before"
    after = f"{values['after']:g} {unit} after" if "after" in values else "not tested after"
    return f"{before} the massage, {after}"
