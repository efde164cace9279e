"""What the pathway advises for one episode on its own day: the whole decision, with reasons, questions and plan.

This is the table that everything else carries things to and from. It is pure: the same document and the same pathway
give the same bytes. Whatever goes wrong, it raises; it never falls back to "treat". Source: contract section 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palpate.pathway.asking import Asked
from palpate.pathway.clearing import Clearings
from palpate.pathway.condition import Value
from palpate.pathway.course import Course, course_of, plain
from palpate.pathway.deriving import clashes, derived_value, made_facts
from palpate.pathway.engine import Engine, engine_of
from palpate.pathway.episode import Clearance, Episode, read_episode
from palpate.pathway.faults import Fault, Faults, shown
from palpate.pathway.open_questions import OpenQuestions
from palpate.pathway.pathway import FIRST_FOUR_RANK, INCOMPLETE_RANK, PRECAUTIONS, Pathway, Rule, rank
from palpate.pathway.plan import plan_of
from palpate.pathway.standing import now


@dataclass(frozen=True)
class Found:
    """What evaluation found, before it is put into words.

    held      indexes of rules that hold and are not lifted, in order
    lifted    index of a rule that holds -> the clearance that lifts it
    not_lifted  index of a rule that holds though a clearance names it -> that clearance, and why it does not count
    unknown   indexes of rules that are neither true nor false
    asked     open facts that could still change the decision, with the names of the facts
    unsure    (fact, same day) for each unsure answer that makes an examination necessary
    """

    known: Mapping[str, Value]
    engine: Engine
    course: Course
    held: tuple[int, ...]
    lifted: Mapping[int, Clearance]
    not_lifted: Mapping[int, tuple[Clearance, str]]
    unknown: tuple[int, ...]
    asked: tuple[tuple[str, Asked], ...]
    unsure: tuple[tuple[str, bool], ...]
    disposition: str
    urgency: str | None


@dataclass(frozen=True)
class Decision:
    """A decision. `data` is the JSON object of contract section 2; the usual parts have names."""

    data: Mapping[str, Any]

    @property
    def disposition(self) -> str:
        return str(self.data["disposition"])

    @property
    def urgency(self) -> str | None:
        return self.data["urgency"]  # type: ignore[no-any-return]

    @property
    def ask(self) -> Sequence[Mapping[str, Any]]:
        return self.data["ask"]  # type: ignore[no-any-return]

    @property
    def reasons(self) -> Sequence[Mapping[str, Any]]:
        return self.data["reasons"]  # type: ignore[no-any-return]

    def to_json(self) -> str:
        """The decision on one line; the same episode and pathway always give the same text."""
        return _encode(self.data)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def decide(pathway: Pathway, episode: Episode | Mapping[str, Any], judge: bool = False) -> Decision:
    """What the pathway advises for one episode on its own day (`as_of`).

    Takes    episode: an Episode, or a decoded document of contract section 1.
             judge: use the plain judge instead of the compiled rules; the answer is the same, slower.
    Returns  a Decision; reasons most serious first, then in the pathway's order.
    Unknown  never read as "no"; `ask` holds the facts that could still change the decision.
    Errors   Faults: everything wrong with the episode, raised together; nothing is repaired.
    Source   contract section 2; each reason names its own.
    """
    if not isinstance(episode, Episode):
        episode = read_episode(episode, pathway)
    return Decision(put_in_words(pathway, episode, find(pathway, episode, judge)))


def find(pathway: Pathway, episode: Episode, judge: bool = False) -> Found:
    """Evaluate the rules for an episode: what holds, what is lifted, what is open, what decides."""
    standing = now(pathway, episode)
    course = course_of(pathway, episode, standing)
    known = {**standing, **course.facts}
    engine = engine_of(pathway, _given(pathway, known))
    values = engine.values(known)
    held, unknown = engine.judge(known) if judge else engine.evaluate(values)
    lifted: dict[int, Clearance] = {}
    not_lifted: dict[int, tuple[Clearance, str]] = {}
    clearings = None
    if episode.clearances:
        clearings = Clearings(pathway, engine, episode, known)
        for at in held:
            clearance = clearings.lifted_by(at)
            if clearance is not None:
                lifted[at] = clearance
        held = [at for at in held if at not in lifted]
        not_lifted = {at: why for at in held if (why := clearings.why_not(at)) is not None}
    questions = OpenQuestions(pathway, engine, episode, course, known, clearings)
    rules = pathway.rules
    highest = max((rules[at].rank for at in held if rules[at].rank > 0), default=0)
    if any(rules[at].disposition == "physician_clearance" for at in lifted):
        highest = max(highest, rank("precaution"))
    asked, unsure = questions.answer(values, held, unknown, lifted)
    if any(same_day for _, same_day in unsure):
        highest = max(highest, rank("medical_exam_first", "same_day"))
    elif unsure:
        highest = max(highest, rank("medical_exam_first", "routine"))
    elif highest < INCOMPLETE_RANK and any(_must_know(pathway, name, one) for name, one in asked):
        highest = INCOMPLETE_RANK
    disposition, urgency = named(highest)
    return Found(
        known=known,
        engine=engine,
        course=course,
        held=tuple(held),
        lifted=lifted,
        not_lifted=not_lifted,
        unknown=tuple(unknown),
        asked=tuple(asked),
        unsure=tuple(unsure),
        disposition=disposition,
        urgency=urgency,
    )


def _must_know(pathway: Pathway, name: str, asked: Asked) -> bool:
    return pathway.vocabulary[name].must_know and asked.could[0][0] >= FIRST_FOUR_RANK


def _given(pathway: Pathway, known: Mapping[str, Value]) -> frozenset[str]:
    """Derived facts that the document gives itself. Errors: Faults where its answers rule the given value out."""
    made = made_facts(pathway)
    given = frozenset(made).intersection(known)
    faults = []
    for name in sorted(given):
        if clashes(made[name], known, known[name]):
            value = derived_value(made[name], known)
            makes = f"make it {shown(value)}" if value is not None else "rule that out"
            text = f"found {shown(known[name])}, but the answers that it is worked out from {makes}"
            faults.append(Fault("disagreement", f"$.facts.{name}", text))
    if faults:
        raise Faults(faults)
    return given


_NAMES = {
    rank(word, urgency): (word, urgency)
    for word in ("emergency", "medical_exam_first", "do_not_massage_now", "physician_clearance", "incomplete",
                 "change_treatment", "complete", "treat_with_precautions", "treat")
    for urgency in (("same_day", "within_2_weeks", "routine") if word == "medical_exam_first" else (None,))
}  # fmt: skip


def named(highest: int) -> tuple[str, str | None]:
    """The disposition and urgency of how serious a decision is (`pathway.rank`)."""
    return _NAMES[highest]


# --- words ----------------------------------------------------------------------------------------------------------


def put_in_words(pathway: Pathway, episode: Episode, found: Found) -> dict[str, Any]:
    """The decision as the contract's JSON object, keys in the contract's order."""
    reasons = _reasons(pathway, found)
    precautions = [
        {"rule": rule.id, "kind": kind, **_why(pathway, rule, found)} for rule, kind in _precautions(pathway, found)
    ]
    return {
        "palpate": 1,
        "episode": episode.id,
        "as_of": episode.as_of.isoformat(),
        "moment": episode.moment,
        "pathway": {
            "id": pathway.id,
            "version": pathway.version,
            "digest": pathway.digest,
            "review_by": pathway.meaning["pathway"]["review_by"],
        },
        "disposition": found.disposition,
        "urgency": found.urgency,
        "summary": _summary(pathway, found, reasons),
        "reasons": reasons,
        "precautions": precautions,
        "lifted": [
            {"rule": pathway.rules[at].id, "by": by_whom(clearance), "do": pathway.rules[at].do}
            | ({"limits": clearance.limits} if clearance.limits else {})
            for at, clearance in found.lifted.items()
        ],
        "not_lifted": [
            {"rule": pathway.rules[at].id, "by": by_whom(clearance), "why": why}
            for at, (clearance, why) in found.not_lifted.items()
        ],
        "notes": [
            {"rule": rule.id, **_why(pathway, rule, found)}
            for rule in (pathway.rules[at] for at in found.held)
            if rule.disposition == "none"
        ],
        "ask": [_question(pathway, name, asked) for name, asked in found.asked],
        "response": _response(found.course),
        "plan": plan_of(pathway, episode, found.course, found.known, found.disposition),
        "settings": dict(pathway.settings),
    }


def by_whom(clearance: Clearance) -> str:
    """How a lifted rule names the clearance."""
    what = "refusal" if clearance.outcome == "not_cleared" else "clearance"
    return f"{what} of {clearance.day.isoformat()}" + (f", {clearance.by}" if clearance.by else "")


def _reasons(pathway: Pathway, found: Found) -> list[dict[str, Any]]:
    rows: list[tuple[int, dict[str, Any]]] = []
    for at in found.held:
        rule = pathway.rules[at]
        if rule.disposition in PRECAUTIONS or rule.disposition == "none":
            continue
        row: dict[str, Any] = {"rule": rule.id, "disposition": rule.disposition}
        if rule.urgency:
            row["urgency"] = rule.urgency
        rows.append((rule.rank, row | {"decisive": False, **_why(pathway, rule, found)}))
    for name, same_day in found.unsure:
        word = "unsure_emergency" if same_day else "unsure_other"
        urgency = "same_day" if same_day else "routine"
        row = {"rule": word, "disposition": "medical_exam_first", "urgency": urgency, "decisive": False}
        rows.append((rank("medical_exam_first", urgency), row | _own(pathway, word, {name: "unsure"})))
    if found.disposition == "incomplete" and not any(row["disposition"] == "incomplete" for _, row in rows):
        row = {"rule": "unanswered", "disposition": "incomplete", "decisive": False}
        rows.append((INCOMPLETE_RANK, row | _own(pathway, "unanswered", {})))
    rows.sort(key=lambda pair: -pair[0])
    decides = rank(found.disposition, found.urgency)
    for level, row in rows:
        row["decisive"] = level == decides
    return [row for _, row in rows]


def _own(pathway: Pathway, word: str, facts: Mapping[str, Value]) -> dict[str, Any]:
    text = pathway.judge_texts[word]
    said = {"because": text["because"], "do": text["do"], "facts": dict(facts)}
    return said | {"sources": list(text["sources"]), "evidence": list(text["evidence"])}


def _why(pathway: Pathway, rule: Rule, found: Found) -> dict[str, Any]:
    return {
        "because": rule.because,
        "do": rule.do,
        "facts": facts_shown(pathway, rule, found.known),
        "sources": list(rule.sources),
        "evidence": list(rule.evidence),
    }


def facts_shown(pathway: Pathway, rule: Rule, known: Mapping[str, Value]) -> dict[str, Value]:
    """The facts that a rule names, with what is known of them; a derived fact with its value where it can be said."""
    made = made_facts(pathway)
    shown_facts: dict[str, Value] = {}
    for name in rule.named:
        value = known.get(name)
        if value is None and name in made:
            value = derived_value(made[name], known)
        if value is not None:
            shown_facts[name] = value
    return shown_facts


def _precautions(pathway: Pathway, found: Found) -> list[tuple[Rule, str]]:
    """Rules that limit how massage is given, and what a clinician cleared: its limits stay."""
    rows = []
    for at in sorted((*found.held, *found.lifted)):
        rule = pathway.rules[at]
        if at in found.lifted:
            if rule.disposition == "physician_clearance":
                rows.append((rule, "precaution"))
        elif rule.disposition in PRECAUTIONS:
            rows.append((rule, rule.disposition))
    return rows


def _summary(pathway: Pathway, found: Found, reasons: Sequence[Mapping[str, Any]]) -> str:
    headline = pathway.headline(found.disposition)
    decisive = next((row for row in reasons if row["decisive"]), None)
    return f"{headline} {decisive['because']}" if decisive else headline


def _question(pathway: Pathway, name: str, asked: Asked) -> dict[str, Any]:
    return {
        "fact": name,
        "question": pathway.vocabulary[name].question,
        "could": list(dict.fromkeys(word for _, word in asked.could)),
        "rules": list(dict.fromkeys(asked.rules)),
    }


def _response(course: Course) -> dict[str, Any] | None:
    codes, ratings = course.response, course.ratings
    if codes is None:
        return None

    def pair(before: Any, after: Any, code: int | None) -> dict[str, Any] | None:
        if before is None and after is None:
            return None
        change = None if before is None or after is None else plain(after - before)
        return {
            "baseline": None if before is None else plain(before),
            "latest": None if after is None else plain(after),
            "change": change,
            "code": code,
        }

    overall = None if ratings.change is None else {"change": ratings.change, "code": codes.overall}
    return {
        "class": codes.kind,
        "flags": list(course.flags),
        "pain": pair(ratings.pain_before, ratings.pain_after, codes.pain),
        "activities": pair(ratings.activities_before, ratings.activities_after, codes.activities),
        "global": overall,
    }
