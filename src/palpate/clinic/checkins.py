"""The check-in before a visit and the check after a session, as a person sends them by telephone.

Both are sent whole or not at all (S-70): what is missing is named and nothing is kept. "Nothing new" is kept as exactly
that and answers no question of the pathway, so a question that nobody asked stays not asked. What is tapped as new is
an answer of the person, and the pathway decides at once whether a reply is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from palpate.clinic import moment as clock
from palpate.clinic import phone_links
from palpate.clinic.access import phone as rows
from palpate.clinic.access.recording import measures_of
from palpate.clinic.access.referring import therapist_of
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED, decide_now, pathway_in_force, preview, said
from palpate.clinic.intake import ANSWERED, CANNOT_SAY, Told, moment_of
from palpate.clinic.models import Answer, Decision, Episode, Measure, Notice, PhoneLink, PhoneSent
from palpate.clinic.recording import series_of
from palpate.clinic.refusals import BadInput, Conflict
from palpate.clinic.visit import NONE_OF_THESE
from palpate.pathway.facts import Fact
from palpate.pathway.pathway import Pathway
from palpate.pathway.response import activities_code, exact, pain_code

PAIN, SLEEP, CHANGE, ACTIVITIES, SORENESS = "pain_nrs", "sleep_nrs", "global_change", "own_activities", "soreness_nrs"
RANGES = {PAIN: (0, 10), SLEEP: (0, 10), SORENESS: (0, 10), CHANGE: (-3, 3)}
NOTHING, SOMETHING = "nothing", "something"
WELL, SORE, OTHER = "well", "sore", "other"  # how it was after the last massage
AFTER_EFFECTS = tuple(name for name in NONE_OF_THESE if name != "sedation_today")
MOST_ACTIVITIES = 3
DECISION, TOLD = "decision/", "told/"  # where a notice leads

# The safety list: what may have become new, in the groups in which a person reads it. Every question that the pathway
# asks at each session stands in one of them, but for what hands find and for what only the day of the visit can tell.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "legs_arms": (
        "leg_weakness",
        "leg_symptoms",
        "leg_symptoms_new",
        "arm_symptoms",
        "hand_clumsiness",
        "gait_unsteadiness",
    ),
    "toilet": ("saddle_numbness", "bladder_bowel_change", "sexual_function_change"),
    "sudden": (
        "sudden_tearing_pain",
        "collapse_or_clammy",
        "chest_pain_or_breathless",
        "stroke_like_symptoms",
        "new_head_neck_pain",
        "pulsating_abdomen",
        "coughing_or_vomiting_blood",
    ),
    "ill": (
        "fever_or_chills",
        "feeling_unwell",
        "unexplained_weight_loss",
        "urinary_symptoms",
        "abdominal_pain_or_vomiting",
        "colicky_flank_pain",
        "contagious_illness",
    ),
    "pain": ("pain_severe_unremitting", "recent_injury", "one_leg_swelling_pain"),
    "medical": ("cancer_history", "anticoagulant_use", "spinal_injection", "skin_problem_in_area", "rhabdo_risk"),
    "pregnancy": ("pregnancy_status", "pregnancy_warning_signs"),
}
NOT_BY_PHONE = frozenset({"consent_status", "sedation_today", *AFTER_EFFECTS})
CALM: Mapping[str, str] = {"pregnancy_status": "not_pregnant"}  # elsewhere the answer that says no is "none"


@dataclass(frozen=True)
class Asked:
    """What one form asks: measures in order, how many own activities, and whether it asks how the last massage went."""

    measures: tuple[str, ...]
    activities: int
    after: bool
    groups: Mapping[str, tuple[Fact, ...]]
    effects: tuple[Fact, ...]

    @property
    def facts(self) -> dict[str, Fact]:
        """All questions of the pathway that the form holds, by name."""
        found = {fact.name: fact for group in self.groups.values() for fact in group}
        return found | {fact.name: fact for fact in self.effects}


@dataclass(frozen=True)
class Tapped:
    """What a person tapped.

    measures    scores by name
    activities  a score for each own activity, None where they did not remember which it was
    new         whether anything of the safety list is new: NOTHING or SOMETHING
    after       how it was after the last massage: WELL, SORE or OTHER; empty where it is not asked
    facts       what is new, or came after the massage, by question of the pathway
    """

    measures: Mapping[str, int]
    activities: Sequence[int | None] = ()
    new: str = ""
    after: str = ""
    facts: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the person is told at once; see `kind_of`."""

    kind: str
    decision: Decision


def asked_of(link: PhoneLink, pathway: Pathway) -> Asked:
    """What the form of a link asks. Before the first massage there is nothing to set a change against."""
    facts = pathway.vocabulary.facts
    groups = {
        name: tuple(facts[fact] for fact in members if fact in facts and facts[fact].each_session)
        for name, members in GROUPS.items()
    }
    groups = {name: members for name, members in groups.items() if members}
    effects = tuple(facts[name] for name in AFTER_EFFECTS if name in facts)
    if link.purpose == phone_links.AFTER:
        return Asked((SORENESS,), 0, True, groups, effects)
    assert link.episode is not None
    begun = moment_of(link.episode) == "review"
    measures = (PAIN, CHANGE, SLEEP) if begun else (PAIN, SLEEP)
    activities = len(link.episode.activities[:MOST_ACTIVITIES])
    return Asked(measures, activities, begun, groups, effects if begun else ())


def new_values(fact: Fact) -> tuple[str, ...]:
    """The answers to a question that say that something is there; for a question of yes and no this is "yes"."""
    if fact.kind == "bool":
        return ("yes",)
    return tuple(value for value in fact.values if value != CALM.get(fact.name, "none"))


def check(asked: Asked, tapped: Tapped) -> dict[str, str]:
    """What is missing or cannot be, by the name of its field: codes of a sentence, `missing`, `wrong` or `unclear`."""
    wrong: dict[str, str] = {}
    for name in asked.measures:
        low, high = RANGES[name]
        if name not in tapped.measures:
            wrong[name] = "missing"
        elif type(tapped.measures[name]) is not int or not low <= tapped.measures[name] <= high:
            wrong[name] = "wrong"
    wrong |= dict.fromkeys(set(tapped.measures) - set(asked.measures), "wrong")
    if len(tapped.activities) != asked.activities:
        wrong[ACTIVITIES] = "missing"
    elif any(one is not None and (type(one) is not int or not 0 <= one <= 10) for one in tapped.activities):
        wrong[ACTIVITIES] = "wrong"
    effects = {name: told for name, told in tapped.facts.items() if name in AFTER_EFFECTS}
    if asked.after and (fault := _after_wrong(tapped.after, effects)):
        wrong["after"] = fault
    elif not asked.after and (tapped.after or effects):
        wrong["after"] = "wrong"
    if tapped.new not in (NOTHING, SOMETHING):
        wrong["new"] = "missing"
    news = set(tapped.facts) - set(effects)
    if (tapped.new == SOMETHING) != bool(news) and "new" not in wrong:
        wrong["new"] = "unclear"
    for name, told in tapped.facts.items():
        fact = asked.facts.get(name)
        known = fact is not None and told.state in (ANSWERED, CANNOT_SAY)
        if not known or (told.state == ANSWERED and fact is not None and fact.wrong(told.value)):
            wrong[name] = "wrong"
        elif name in news and not _speaks(name, told):
            wrong[name] = "wrong"  # a list of what is new has no place for a no
    return wrong


def _speaks(name: str, told: Told) -> bool:
    """Whether an answer says that something is there, or that it cannot be said."""
    return told.state == CANNOT_SAY or told.value not in (False, CALM.get(name, "none"))


def _after_wrong(after: str, effects: Mapping[str, Told]) -> str:
    """What is wrong with how it was after the massage: `missing`, `unclear`, or empty."""
    if after not in (WELL, SORE, OTHER):
        return "missing"
    speaks = any(_speaks(name, told) for name, told in effects.items())
    return "unclear" if (after == OTHER) != speaks else ""


def keep(actor: Actor, link: PhoneLink, asked: Asked, tapped: Tapped, day: date, language: str) -> Reply:
    """Keeps a check-in, or a check after a session, whole; ends its link; and decides. Call inside an act.

    Takes   link: locked.
    Errors  BadInput, where anything is missing; Conflict, where the link is no longer good.
    """
    deed = open_deed()
    if check(asked, tapped):
        raise BadInput("not everything was answered, so nothing was sent")
    episode = link.episode
    if episode is None or not phone_links.is_live(link):
        raise Conflict("This link is no longer good. Nothing was saved.")
    before = preview(episode, moment_of(episode), day)
    worse = much_worse(episode, tapped)
    told: dict[str, Any] = {"new": tapped.new, "after": tapped.after, "activities": list(tapped.activities)}
    told = {name: value for name, value in {**told, "worse": worse}.items() if value}
    sent = _sent(link, episode, day, language, told)
    _keep_scores(episode, asked, tapped, sent)
    facts = dict(tapped.facts)
    if tapped.after in (WELL, SORE):
        # The three after-effects were named with the question, beside an answer for them: these are plain noes.
        facts = {name: Told(ANSWERED, NONE_OF_THESE[name]) for name in AFTER_EFFECTS if name in asked.facts} | facts
    keep_answers(episode, facts, sent)
    deed.about |= {"facts": sorted(tapped.facts), "measures": sorted(tapped.measures), "sent": str(sent.pk)}
    phone_links.spend(link)
    decision = decide_now(actor, episode, moment_of(episode), day)
    kind = kind_of(before, decision, bool(tapped.facts))
    if kind == "clear" and worse:
        kind = "worse"
    reply = Reply(kind, decision)
    if needs_a_look(before, reply) or tapped.facts:
        tell_therapist(episode, "A check-in needs you to look at it.", DECISION if reply.kind != "clear" else TOLD)
    return reply


def _sent(link: PhoneLink, episode: Episode, day: date, language: str, told: Mapping[str, Any]) -> PhoneSent:
    sent = PhoneSent(link=link, episode=episode, appointment=link.appointment, purpose=link.purpose)
    sent.language, sent.told, sent.day, sent.at = language, dict(told), day, clock.now()
    sent.save()
    return sent


def _keep_scores(episode: Episode, asked: Asked, tapped: Tapped, sent: PhoneSent) -> None:
    for name in asked.measures:
        Measure(episode=episode, name=name, value=float(tapped.measures[name]), day=sent.day, at=sent.at).save()
    # Which activity is which is not shown on a telephone (S-18). The mean of all of them does not hang on their order;
    # with one left out it would, so then none is kept as a score.
    if tapped.activities and None not in tapped.activities:
        Measure(episode=episode, name=ACTIVITIES, values=list(tapped.activities), day=sent.day, at=sent.at).save()


def keep_answers(episode: Episode, facts: Mapping[str, Told], sent: PhoneSent) -> None:
    """Adds the answers of a sending, by nobody of the staff. Call inside an act."""
    for number, (name, told) in enumerate(facts.items()):
        row = Answer(episode=episode, fact=name, state=told.state, value=told.value, day=sent.day, at=sent.at)
        row.number = number
        row.save()


def kind_of(before: Mapping[str, Any] | None, decision: Decision, told: bool) -> str:
    """Which reply the pathway's decision asks for: emergency, same_day, exam, not_today, worse, not_assessed or clear.

    An emergency is always said. What else stops massage is said where something new was told and it is a new reason:
    who waits for a clinician's answer anyway is not frightened each time.
    """
    if decision.disposition == "emergency":
        return "emergency"
    if decision.disposition == NOT_ASSESSED:
        return "not_assessed" if told else "clear"
    if not told:
        return "worse" if _is_worse(before, decision) else "clear"
    if not _new_reasons(before, decision):
        return "clear"
    if decision.disposition == "medical_exam_first":
        return "same_day" if decision.urgency == "same_day" else "exam"
    return "not_today" if decision.disposition in ("do_not_massage_now", "physician_clearance") else "clear"


def _is_worse(before: Mapping[str, Any] | None, decision: Decision) -> bool:
    """Whether these scores stop massage: the pathway calls the response worse, or closes what was open."""
    was_open = (before or {}).get("disposition") in MAY_TREAT
    if decision.disposition in (*MAY_TREAT, "complete", "incomplete"):
        return False
    return was_open or (_class_of(said(decision)) == "worse" and _class_of(before or {}) != "worse")


def much_worse(episode: Episode, tapped: Tapped) -> bool:
    """Whether scores are clearly worse than at the start of the course, by the numbers of the pathway's response rule.

    The pathway judges a course at its checks, after two sessions at the earliest. What a person tells sooner is no
    decision of the pathway, but it is not answered with mere thanks, the therapist is told at once, and massage stays
    closed until a therapist has gone through it (`sessions.treatment_open`). Call before the scores are kept.
    """
    numbers, series = pathway_in_force().numbers, series_of(measures_of(episode))
    first = {name: series[name][0].value for name in (PAIN, ACTIVITIES) if series.get(name)}
    pain = exact(tapped.measures[PAIN]) if PAIN in tapped.measures else None
    known = [one for one in tapped.activities if one is not None]
    activities = Fraction(sum(known), len(known)) if known and None not in tapped.activities else None
    codes = (
        pain_code(numbers, first.get(PAIN), pain),
        activities_code(numbers, first.get(ACTIVITIES), activities),
    )
    return -2 in codes or tapped.measures.get(CHANGE, 0) <= numbers.global_worse


def _class_of(told: Mapping[str, Any]) -> str:
    return str((told.get("response") or {}).get("class", ""))


def _new_reasons(before: Mapping[str, Any] | None, decision: Decision) -> bool:
    was = {row["rule"] for row in (before or {}).get("reasons", ())}
    same = (before or {}).get("disposition") == decision.disposition
    return not same or bool({row["rule"] for row in said(decision).get("reasons", ())} - was)


def needs_a_look(before: Mapping[str, Any] | None, reply: Reply) -> bool:
    """Whether what was sent has closed massage, or asked for a reply: then the therapist is told at once."""
    was_open = (before or {}).get("disposition") in MAY_TREAT
    return reply.kind != "clear" or (was_open and reply.decision.disposition not in MAY_TREAT)


def tell_therapist(episode: Episode, text: str, step: str) -> None:
    """A notice for the therapist in charge; nobody's name and no answer stands in it (S-20). Call inside an act.

    Takes  step: the end of the address below the episode to which the notice leads.
    """
    therapist = therapist_of(episode)
    if therapist is not None:
        url = f"/people/{episode.person_id}/episodes/{episode.pk}/{step}"
        Notice(to=therapist, text=text, url=url, at=clock.now()).save()


def questions_by_phone(pathway: Pathway) -> set[str]:
    """The questions of each session that a telephone can ask: what GROUPS must hold."""
    return {
        fact.name
        for fact in pathway.vocabulary.facts.values()
        if fact.each_session and fact.must_know and fact.group != "palpation" and fact.name not in NOT_BY_PHONE
    }


# --- what the staff see -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One sending as the therapist reads it.

    lines      what was told, but for plain noes; calm: the questions that were answered with a no
    confirmed  who has gone through it; empty where nobody has
    """

    title: str
    sent: PhoneSent
    lines: tuple[str, ...]
    calm: tuple[str, ...]
    confirmed: str


def confirm(actor: Actor, sent: PhoneSent) -> None:
    """The therapist has gone through what was told and confirms it as told. Call inside an act. Errors: Conflict."""
    from palpate.clinic.models import PhoneSeen
    from palpate.clinic.sessions import hand_of

    open_deed().about["sent"] = str(sent.pk)
    if rows.seen_by(sent) is None:
        PhoneSeen(sent=sent, by_id=hand_of(actor), at=clock.now()).save()


def shown(sent: PhoneSent, pathway: Pathway | None = None) -> Shown:
    """A sending in words, for a member of the staff who may read the person's answers."""
    from palpate.show.words import answer, fact_label

    pathway = pathway or pathway_in_force()
    lines, calm = [], []
    for measure in rows.measures_of(sent):
        title = pathway.measures[measure.name]["title"] if measure.name in pathway.measures else measure.name
        lines.append(f"{title}: {_score(measure)}.")
    lines += [_WORDS[name, str(value)] for name, value in sent.told.items() if (name, str(value)) in _WORDS]
    facts = pathway.vocabulary
    for row in rows.answers_of(sent):
        if row.fact == "consent_status":
            continue
        if row.state == ANSWERED and (row.value is False or row.value == CALM.get(row.fact, "none")):
            calm.append(fact_label(facts, row.fact))
            continue
        word = "cannot say" if row.state == CANNOT_SAY else answer(facts.facts.get(row.fact), row.value)
        lines.append(f"{fact_label(facts, row.fact)}: {word}.")
    seen = rows.seen_by(sent)
    return Shown(TITLES[sent.purpose], sent, tuple(lines), tuple(calm), seen.by.name if seen is not None else "")


def _score(measure: Measure) -> str:
    from palpate.figures.response_bar import OVERALL_WORDS

    if measure.values:
        return ", ".join(f"{one:g}" for one in measure.values)
    value = measure.value or 0.0
    return OVERALL_WORDS[int(value)] if measure.name == CHANGE else f"{value:g}"


TITLES = {
    phone_links.INTAKE: "Intake by telephone",
    phone_links.CHECK_IN: "Check-in",
    phone_links.AFTER: "Check after the session",
    phone_links.PLAN: "My plan",
}
_WORDS = {
    ("new", NOTHING): "Nothing new on the safety list.",
    ("after", WELL): "After the last massage: well.",
    ("after", SORE): "After the last massage: sore, and nothing else.",
    ("worse", "True"): "Clearly worse than at the start of the course.",
}
