"""What the session page shows: the banner, the open questions, what was recorded so far, and the taps of each step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.urls import reverse

from palpate.clinic import consenting, overruling
from palpate.clinic.access import care
from palpate.clinic.access.phone import worse_unseen
from palpate.clinic.access.sessions import given_before, last_given, unsigned_before
from palpate.clinic.deciding import NOT_ASSESSED, pathway_in_force, record_of, said, visit_of
from palpate.clinic.document import document_of
from palpate.clinic.door import CALM
from palpate.clinic.in_sight import Sight, seen_with
from palpate.clinic.models import Episode, Session
from palpate.clinic.sessions import TOLD_WORSE, current_decision, treatment_open
from palpate.clinic.soap import YIELD_WORDS
from palpate.clinic.visit import (
    AFTERCARE,
    FOUND_HERE,
    MUSCLES,
    NONE_OF_THESE,
    REGIONS,
    SIDES,
    TECHNIQUES,
    TESTS,
    Treatment,
    Visit,
)
from palpate.figures import Finding, palpation_map
from palpate.pathway.pathway import Pathway
from palpate.show.words import answer, fact_label
from palpate.web.pages.session import taps_of
from palpate.web.routes import ClinicRequest

DEFAULT_FFD_CM = 20
DEFAULT_REGION = "low_back"
# What the hands may find that ends the massage, with the rule whose words say what to do.
STOPPING_RULES = (
    ("A muscle that does not yield", "muscle_does_not_yield"),
    ("Heat, redness or swelling", "two_local_signs"),
    ("Both together", "firm_muscle_with_local_signs"),
    ("Pain out of all proportion", "pain_beyond_explanation"),
)
SIDE_WORDS = {"left": "Left", "right": "Right", "both": "Both sides"}
PRESSURES = {1: "1 feather-light", 2: "2 light", 3: "3 moderate", 4: "4 firm", 5: "5 deepest"}
MINUTES = (5, 10, 15, 20, 30, 45)


def ids_of(session: Session) -> dict[str, Any]:
    """The ids in the addresses of a session."""
    return {"person": session.episode.person_id, "episode": session.episode_id, "session": session.pk}


def shown_with(episode: Episode, seen: Sequence[Sight]) -> list[tuple[str, str]]:
    """Sentences that must stand beside a decision, each with the address it leads to (parts/in_sight.html)."""
    rows = []
    for one in seen:
        ids = {"person": episode.person_id, "episode": one.episode}
        name, more = ("decision-of", {"decision": one.decision}) if one.decision else ("decision", {})
        rows.append((one.text, reverse(name, kwargs={**ids, **more})))
    return rows


def told_worse(session: Session) -> list[tuple[str, str]]:
    """That a worsening was told by telephone and nobody has gone through it, with the page where that is done."""
    if not worse_unseen(session.episode):
        return []
    ids = {"person": session.episode.person_id, "episode": session.episode_id}
    return [(TOLD_WORSE, reverse("phone-told", kwargs=ids))]


def live_context(session: Session, today: Any) -> dict[str, Any]:
    """What changes with the taps: the decision with its banner, what is still open, and what was recorded."""
    visit, pathway = visit_of(session), pathway_in_force()
    latest = care.decisions(session.episode).first()
    decision = current_decision(session, today)
    is_open, why = treatment_open(session, visit, decision, today)
    outdated = latest is not None and latest.session_id == session.pk and decision is None
    told = said(decision) if decision is not None else {}
    ids = {key: value for key, value in ids_of(session).items() if key != "session"}
    return {
        "session": session,
        "visit": visit,
        "decision": decision,
        "in_sight": shown_with(session.episode, seen_with(session.episode, decision, pathway)) + told_worse(session),
        "disposition": decision.disposition if decision is not None else "",
        "told": told,
        "decisive": [row for row in told.get("reasons", ()) if row["decisive"]],
        "outdated": outdated,
        "treat_open": is_open,
        "treat_why": why,
        "override": overruling.standing(decision) if decision is not None else None,
        "open_questions": _open_questions(said(latest) if latest is not None and outdated else told, visit, pathway),
        "given": [_treatment_words(one) for one in visit.treatments],
        "felt": _felt(visit),
        "felt_map": palpation_map("felt-today", _findings(visit)) if visit.palpations else None,
        "decision_url": reverse("decision", kwargs=ids),
        "consent_url": reverse("consent", kwargs=ids),
        "intake_url": reverse("intake", kwargs=ids),
        "note_url": reverse("note", kwargs=ids_of(session)),
        "cannot_be_decided": decision is not None and decision.disposition == NOT_ASSESSED,
    }


def _open_questions(told: Mapping[str, Any], visit: Visit, pathway: Pathway) -> dict[str, Any]:
    """What "incomplete" waits for: questions to tap here, those for the hands (their own step), those of the intake."""
    here, hands, elsewhere = [], [], []
    for row in told.get("ask", ()):
        fact = pathway.vocabulary.facts.get(row["fact"])
        if fact is None or not fact.must_know or told.get("disposition") != "incomplete":
            continue
        if fact.name in visit.facts:
            continue  # tapped since that decision
        group = taps_of.question(fact.name, visit, pathway)
        if fact.name == "pain_now":
            hands.append("pain now")
        elif fact.group == "palpation":
            hands.append(FOUND_HERE.get(fact.name) or fact_label(pathway.vocabulary, fact.name).lower())
        elif group is not None:
            here.append(group)
        else:
            elsewhere.append(str(row["question"]))
    return {"here": here, "hands": hands, "elsewhere": elsewhere}


def page_context(request: ClinicRequest, session: Session, today: Any, now: Any) -> dict[str, Any]:
    """Everything on the session page."""
    episode, pathway = session.episode, pathway_in_force()
    live = live_context(session, today)
    visit: Visit = live["visit"]
    before = last_given(episode, session.day)
    last = visit_of(before) if before is not None else None
    document = document_of(record_of(episode, session), pathway, "session", session.day)
    standing = _standing(document)
    number = given_before(episode, session.day) + 1
    protocol = pathway.protocols.get(episode.protocol) or pathway.protocols[pathway.default_protocol]
    site = str(standing.get("pain_site", ""))
    region = site if site in REGIONS else DEFAULT_REGION
    check_due = number - 1 in {*protocol.checks, protocol.sessions}
    none_of_these, signs = taps_of.looked_for(visit, pathway)
    told_all, aftercare = taps_of.aftercare(visit)
    groups, never = _asked_again(pathway, visit, standing)
    # Before the first massage nothing can have come after one: the tap says so, and nobody is asked about it.
    after = list(NONE_OF_THESE) if number > 1 else [name for name in NONE_OF_THESE if name == "sedation_today"]
    return {
        **live,
        "number": number,
        "planned": protocol.sessions,
        "planned_minutes": visit.planned_minutes or protocol.minutes,
        "clock_now": now,
        "clock_started": _clock_started(visit),
        "step_start": _step(visit),
        "last": last,
        "last_day": before.day if before is not None else None,
        "unchanged_value": taps_of.unchanged_value(),
        "none_of_these": [pathway.vocabulary.facts[name].question for name in after],
        **_covered(pathway, standing),
        "never_asked": never,
        "asked_groups": groups,
        "after_groups": [taps_of.question(name, visit, pathway) for name in after],
        "spasm": taps_of.question("spasm_response", visit, pathway) if last is not None else None,
        "soreness": taps_of.question("soreness_hours", visit, pathway) if last is not None else None,
        "pain_before": taps_of.scale("Pain now, before the massage", "pain_before", "pain-before", visit.pain_before),
        "pain_after": taps_of.scale("Pain now, after the massage", "pain_after", "pain-after", visit.pain_after),
        "check_due": check_due,
        "ratings": _ratings(session, visit),
        "change": _change(visit),
        "tests": _tests(visit, last),
        "sign": taps_of.sign_choice(visit),
        "sign_groups": taps_of.sign_groups(visit),
        "places": taps_of.place_groups(visit, last, region),
        "none_found": none_of_these,
        "sign_questions": signs,
        "regions": REGIONS.items(),
        "sides": [(side, SIDE_WORDS[side]) for side in SIDES],
        "muscles": [(muscle, name, " ".join(where)) for muscle, (name, where) in MUSCLES.items()],
        "yields": taps_of.YIELD_LABELS,
        "techniques": TECHNIQUES.items(),
        "minutes": MINUTES,
        "pressures": PRESSURES.items(),
        "again": _again(last),
        "told_all": told_all,
        "aftercare": aftercare,
        "aftercare_words": [taps_of.capitalised(words) for item, words in AFTERCARE.items() if item != "next_booked"],
        "touches_url": reverse("touches", kwargs=ids_of(session)),
        "live_url": reverse("session-live", kwargs=ids_of(session)),
        "newest_touch": care.touches(session).count(),
        "stop_hands": [f"{found}: {pathway.rule[rule].do}" for found, rule in STOPPING_RULES if rule in pathway.rule],
        "stop_today": [str(pathway.meaning["dispositions"]["medical_exam_first"]["tells"])],
        "stop_emergency": _emergency_lines(pathway, request.practice.emergency_number),
        **_consents(session),
        "unsigned": list(unsigned_before(episode, session.day)[:3]),
    }


def _standing(document: Mapping[str, Any]) -> dict[str, Any]:
    """The newest answer to each question, whenever it was given."""
    known = dict(document["facts"])
    for session in document["sessions"]:
        known.update(session["facts"])
    known.update(document.get("today", {}).get("facts", {}))
    return known


def _asked_again(
    pathway: Pathway, visit: Visit, standing: Mapping[str, Any]
) -> tuple[list[taps_of.Group], list[taps_of.Group]]:
    """The questions to ask again, as groups of taps: those with an answer so far, and those that have none at all."""
    known: list[taps_of.Group] = []
    never: list[taps_of.Group] = []
    for name in taps_of.asked_again(pathway):
        group = taps_of.question(name, visit, pathway, standing.get(name))
        if group is None or name in NONE_OF_THESE:
            continue
        (known if name in standing else never).append(group)
    return known, never


def _covered(pathway: Pathway, standing: Mapping[str, Any]) -> dict[str, Any]:
    """What "nothing has changed" says again: what is not plain "no" with its answer, and the rest by name."""
    facts = pathway.vocabulary
    names = [name for name in taps_of.asked_again(pathway) if name in standing and name not in NONE_OF_THESE]
    noted = [name for name in names if standing[name] not in CALM]
    return {
        "covered_noted": [
            (fact_label(facts, name), answer(facts.facts[name], standing[name]).strip("“”")) for name in noted
        ],
        "covered_calm": [facts.facts[name].question or fact_label(facts, name) for name in names if name not in noted],
        "covered_count": len(names),
    }


def _ratings(session: Session, visit: Visit) -> list[taps_of.Group]:
    """Scores of the last week, and the person's own activities."""
    pain, words = visit.ratings.get("pain_nrs"), "Pain in the last week, on average"
    found = [taps_of.scale(words, "rating", "pain-week", pain, {"name": "pain_nrs"})]
    ends = ("cannot do it", "as well as before")
    for at, name in enumerate(session.episode.activities[:3]):
        chosen = visit.activities.get(at)
        words = f"{name}: how well does it go?"
        found.append(taps_of.scale(words, "activity", f"activity-{at}", chosen, {"index": at}, ends))
    return found


def _change(visit: Visit) -> taps_of.Group:
    words = {3: "Very much better", 2: "Much better", 1: "A little better", 0: "The same"}
    words |= {-1: "A little worse", -2: "Much worse", -3: "Very much worse"}
    choices = [
        taps_of.Choice(
            json.dumps({"name": "global_change", "value": value}), label, visit.ratings.get("global_change") == value
        )
        for value, label in words.items()
    ]
    return taps_of.Group("Compared with before the first massage, the back is", "rating", "global", choices)


def _tests(visit: Visit, last: Visit | None) -> list[dict[str, Any]]:
    """Each test with the value its stepper starts at, and what was recorded."""
    found = []
    for test, (label, unit, low, high, _) in TESTS.items():
        earlier = (last.tests.get(test, {}) if last is not None else {}).get("before")
        values = visit.tests.get(test, {})
        start = values.get("before", earlier if earlier is not None else DEFAULT_FFD_CM if test == "ffd_cm" else 5)
        found.append(
            {
                "test": test,
                "label": label,
                "unit": unit,
                "low": f"{low:g}",
                "high": f"{high:g}",
                "start": f"{start:g}",
                "after_start": f"{values.get('after', start):g}",
                "before": f"{values['before']:g}" if "before" in values else "",
                "after": f"{values['after']:g}" if "after" in values else "",
                "earlier": f"{earlier:g}" if earlier is not None else "",
                "less": (5, 1),
                "more": (1, 5),
            }
        )
    return found


def _again(last: Visit | None) -> dict[str, Any] | None:
    """The treatments of the last visit as one tap."""
    if last is None or not last.treatments:
        return None
    rows = [
        {"technique": t.technique, "region": t.region, "side": t.side, "minutes": t.minutes, "pressure": t.pressure}
        for t in last.treatments
    ]
    return {"value": json.dumps({"treatments": rows}), "lines": [_treatment_words(one) for one in last.treatments]}


def _treatment_words(one: Treatment) -> str:
    side = f", {SIDE_WORDS[one.side].lower()}" if one.side else ""
    return (
        f"{TECHNIQUES[one.technique]}, {REGIONS[one.region].lower()}{side}: {one.minutes} min, pressure {one.pressure}"
    )


def _felt(visit: Visit) -> list[str]:
    rows = []
    for found in visit.palpations.values():
        muscle = f", {MUSCLES[found.muscle][0]}" if found.muscle else ""
        rows.append(f"{REGIONS[found.region]}, {SIDE_WORDS[found.side].lower()}{muscle}: {YIELD_WORDS[found.yields]}")
    return rows


def _findings(visit: Visit) -> list[Finding]:
    """The places that were pressed, as the map of the back has them."""
    found = []
    for place in visit.palpations.values():
        for side in ("left", "right") if place.side == "both" else (place.side,):
            region = f"thigh_back_{side}" if place.region == "thigh" else f"{place.region}_{side}"
            muscle = MUSCLES[place.muscle][0] if place.muscle else ""
            found.append(Finding(region, place.yields, muscle))
    return found


def _clock_started(visit: Visit) -> datetime | None:
    """When a clock that runs would have been started had it never been stopped; None while it stands still."""
    if not visit.clock or visit.clock[-1][0] != "start":
        return None
    started = datetime.fromisoformat(visit.clock[-1][1])
    for (what, begin), (then, end) in pairwise(visit.clock):
        if (what, then) == ("start", "stop"):
            started -= datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return started


def _step(visit: Visit) -> str:
    """Where a page that is opened again goes on."""
    if visit.treatments:
        return "after"
    if visit.palpations or "felt" in visit.gates:
        return "treatment" if "felt" in visit.gates else "palpation"
    return "tests" if visit.asked else "ask"


def _emergency_lines(pathway: Pathway, number: str) -> list[str]:
    """The fixed emergency text of the pathway, with the practice's emergency number."""
    text = str(pathway.meaning["dispositions"]["emergency"]["tells"])
    return [text, f"The emergency number here: {number}"] if number else [text]


def _consents(session: Session) -> dict[str, Any]:
    """Which regions may be touched today, and which not for want of a consent."""
    consent = consenting.standing(session.episode, REGIONS, session.day)
    return {
        "regions_open": [name for region, name in REGIONS.items() if consent.may_touch(region)],
        "regions_closed": [name for region, name in REGIONS.items() if not consent.may_touch(region)],
    }
