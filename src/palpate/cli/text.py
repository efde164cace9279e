"""A decision as a person reads it: what to do, why, what to ask, what next, by when."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

from palpate.pathway.condition import atom_holds, facts_of, signs
from palpate.pathway.decision import Decision
from palpate.pathway.pathway import Offer, Pathway

_MARKS = {
    "emergency": ("!!!", "1;97;41"),
    "medical_exam_first": ("!! ", "1;31"),
    "do_not_massage_now": ("!! ", "1;31"),
    "physician_clearance": ("!  ", "1;33"),
    "incomplete": ("?  ", "1;33"),
    "change_treatment": ("-> ", "1;36"),
    "complete": ("-> ", "1;36"),
    "treat_with_precautions": ("ok*", "1;32"),
    "treat": ("ok ", "1;32"),
}
_URGENCIES = {"same_day": "today", "within_2_weeks": "within two weeks", "routine": "before the first session"}
_MOST_QUESTIONS = 12
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def as_text(pathway: Pathway, decision: Decision) -> str:
    """The decision on a screen or on paper, a blank line at its end."""
    width = max(40, min(get_terminal_size((92, 24)).columns, 100))
    return "\n".join(_lines(pathway, decision.data, width)) + "\n"


def _lines(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    yield "-" * width
    who = data["episode"] or "(no id)"
    yield f"{who}   {_day(data['as_of'])}   {data['moment']}"
    yield ""
    yield _headline(pathway, data, width)
    yield from _block(pathway.meaning["dispositions"][data["disposition"]]["tells"], "    ", width)
    if data["urgency"]:
        yield f"    By when: {_by_when(data)}"
    yield from _reasons(pathway, data, width)
    yield from _precautions(pathway, data, width)
    yield from _lifted(pathway, data, width)
    yield from _questions(data, width)
    yield from _response(data)
    yield from _plan(pathway, data, width)
    yield from _explained(pathway, data, width)
    yield ""
    about = data["pathway"]
    review = pathway.meaning["pathway"]["review_by"]
    yield f"Pathway {about['id']} {about['version']}, {about['digest'][:19]}..., review by {review}."
    if not pathway.meaning["pathway"].get("signed_by"):
        yield "No clinician of the practice has signed it yet."
    if data["as_of"] > review:
        yield f"WARNING: this pathway should have been reviewed by {_day(review)}."
    yield from _block("It sorts people, it makes no diagnosis and promises nothing. A professional decides.", "", width)


def _headline(pathway: Pathway, data: Mapping[str, Any], width: int) -> str:
    mark, colour = _MARKS[data["disposition"]]
    text = f"{mark} {pathway.headline(data['disposition']).upper()}"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{colour}m{text:<{width}}\033[0m"
    return text


def _by_when(data: Mapping[str, Any]) -> str:
    words = _URGENCIES[data["urgency"]]
    day = date.fromisoformat(data["as_of"])
    if data["urgency"] == "same_day":
        return f"{words}, {_day(data['as_of'])}"
    if data["urgency"] == "within_2_weeks":
        return f"{words}, by {_day((day + timedelta(days=14)).isoformat())}"
    return "before any further session" if data["plan"]["sessions_done"] else words


def _reasons(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    if not data["reasons"]:
        return
    yield ""
    yield "WHY"
    for row in data["reasons"]:
        if row["decisive"]:
            yield from _entry(pathway, row, width)
    others = [row for row in data["reasons"] if not row["decisive"]]
    if others:
        yield "  Also, less pressing:"
        for row in others:
            yield from _entry(pathway, row, width)


def _precautions(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    if not data["precautions"]:
        return
    yield ""
    yield "WITH CARE" if data["disposition"] == "treat_with_precautions" else "WITH CARE, once massage may be given"
    for row in data["precautions"]:
        yield from _entry(pathway, row, width, "area: " if row["kind"] == "local_avoid" else "")


def _entry(pathway: Pathway, row: Mapping[str, Any], width: int, word: str = "") -> Iterator[str]:
    yield from _block(word + row["because"], "  * ", width)
    yield from _block(row["do"], "    Do: ", width)
    telling = _telling(pathway, row)
    known = "; ".join(f"{_label(name)}: {_answer(pathway, name, value)}" for name, value in telling.items())
    if known:
        yield from _block(f"Known: {known}", "    ", width)
    sources = [name + " (our own cautious policy)" * (name == "palpate_policy") for name in row["sources"]]
    yield from _block(f"Rule {row['rule']}; sources: {', '.join(sources)}", "    ", width)


def _lifted(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    refused = [row for row in data["lifted"] if row["by"].startswith("refusal")]
    cleared = [row for row in data["lifted"] if row not in refused]
    for heading, rows in (("CLEARED", cleared), ("EXAMINED, AND NOT CLEARED", refused)):
        if rows:
            yield ""
            yield heading
        for row in rows:
            yield from _block(f"{row['rule']}: {row['by']}", "  * ", width)
            yield from _block(row.get("limits", ""), "    Limits: ", width)
    if data["not_lifted"]:
        yield ""
        yield "NOT CLEARED BY WHAT THERE IS"
        for row in data["not_lifted"]:
            yield from _block(f"{row['rule']}: {row['by']} does not count, {row['why']}", "  * ", width)


def _questions(data: Mapping[str, Any], width: int) -> Iterator[str]:
    rows = data["ask"]
    if not rows:
        return
    urgent = [row for row in rows if "emergency" in row["could"]]
    yield ""
    if data["disposition"] == "incomplete":
        yield f"ASK ({len(rows)} open)"
    elif urgent:
        yield f"ASK NOW ({len(rows)} open, and {len(urgent)} could mean an emergency)"
    else:
        yield f"COULD STILL CHANGE THIS ({len(rows)} open)"
    for row in rows[:_MOST_QUESTIONS]:
        could = ", ".join(word.replace("_", " ") for word in row["could"])
        yield from _block(f"{row['question']}  [{row['fact']}; could be: {could}]", "  * ", width)
    rest = rows[_MOST_QUESTIONS:]
    if rest:
        serious = sum("emergency" in row["could"] for row in rest)
        words = f"and {len(rest)} more" + (f", {serious} of which could mean an emergency" if serious else "")
        yield from _block(f"{words}: {', '.join(_label(row['fact']) for row in rest)}", "    ", width)


def _label(name: str) -> str:
    """A fact's name in words; a unit that its value brings is not said twice."""
    for unit in ("_years", "_days", "_weeks", "_hours", "_c"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def _response(data: Mapping[str, Any]) -> Iterator[str]:
    response = data["response"]
    if response is None:
        return
    yield ""
    flags = f" ({', '.join(response['flags']).replace('_', ' ')})" if response["flags"] else ""
    yield f"RESPONSE   {response['class'].replace('_', ' ')}{flags}"
    for key, word in (("pain", "pain, 0 to 10, high is bad"), ("activities", "own activities, 0 to 10, high is good")):
        part = response[key]
        if part:
            yield f"  {word}: {_number(part['baseline'])} at the start, {_number(part['latest'])} now"
    if response["global"]:
        yield f"  the person's own view (-3 to 3): {_number(response['global']['change'])}"


def _plan(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    plan, disposition = data["plan"], data["disposition"]
    protocol = pathway.protocols[plan["protocol"]]
    yield ""
    yield "NEXT"
    treated = disposition.startswith("treat")
    if treated or (plan["sessions_done"] and disposition not in ("emergency", "medical_exam_first")):
        done = f"{plan['sessions_done']} of {plan['sessions_planned']} sessions given"
        judged = "was" if data["response"] and plan["sessions_done"] >= plan["check_after"] else "is"
        yield f"  {protocol.title}: {done}; the response {judged} judged after session {plan['check_after']}."
    if treated and plan["next_to"]:
        which = "next session after today's" if data["moment"] == "session" else "next session"
        ends = f"the course ends by {_day(plan['ends_by'])}"
        yield f"  {which}: {_day(plan['next_from'])} to {_day(plan['next_to'])}; {ends}."
    elif treated and plan["next_from"] and not plan["sessions_done"]:
        yield f"  first session: from {_day(plan['next_from'])}."
    yield from _combined(pathway, plan["combine"], treated, width)
    yield from _home(pathway, plan["home"], width)
    yield from _block(_next_step(data), "  ", width)


def _home(pathway: Pathway, chosen: Sequence[str], width: int) -> Iterator[str]:
    titles = [item.title for item in pathway.home if item.id in chosen]
    if titles:
        most = pathway.meaning["home_rules"]["limit_items"]
        yield from _block(f"At home, at most {most} of: {'; '.join(titles).lower()}.", "  ", width)


def _next_step(data: Mapping[str, Any]) -> str:
    """What is done once the above is done."""
    disposition = data["disposition"]
    if disposition in ("medical_exam_first", "physician_clearance"):
        found = [row["rule"] for row in data["reasons"] if row["disposition"] == disposition]
        rules = [rule for rule in found if not rule.startswith("unsure_")]
        steps = ["what the clinician found as the answer to the question"] if len(rules) < len(found) else []
        if rules:
            steps.append(f"the clinician's answer as a clearance that names what it covers ({', '.join(rules)})")
        return f"Record {', and '.join(steps)}, then decide again."
    then = {
        "emergency": "Write down the time, what was found and what was done. Nothing overrules this.",
        "incomplete": "Then decide again.",
    }
    return then.get(disposition, "")


def _telling(pathway: Pathway, row: Mapping[str, Any]) -> dict[str, Any]:
    """Of the facts that a rule names, those whose answers speak for it."""
    rule = pathway.rule.get(row["rule"])
    if rule is None:
        return dict(row["facts"])
    speaking: set[str] = set()
    for atom, speaks in signs(rule.when):
        if atom_holds(atom, row["facts"]) is speaks:
            speaking.update(facts_of(atom))
    plain = {name for name in row["facts"] if pathway.vocabulary[name].stage != "derived"}
    return {name: value for name, value in row["facts"].items() if name in speaking or name not in plain}


def _combined(pathway: Pathway, chosen: Sequence[str], treated: bool, width: int) -> Iterator[str]:
    offers: dict[str, Offer] = {offer.id: offer for offer in (pathway.parts if treated else pathway.switches)}
    rows = [offers[name] for name in chosen if name in offers]
    if not rows:
        return
    if treated:
        yield from _block("Together with: " + ", ".join(row.title.lower() for row in rows) + ".", "  ", width)
        return
    for row in rows:
        yield from _block(f"{row.title}: {row.text}", "  * ", width)


def _explained(pathway: Pathway, data: Mapping[str, Any], width: int) -> Iterator[str]:
    why_not = data.get("explain")
    if why_not is None:
        return
    yield ""
    yield "WHAT WOULD DECIDE OTHERWISE (smallest changes)"
    for row in why_not["changes"]:
        old = "; ".join(f"{_label(n)} {_answer(pathway, n, v)}" for n, v in row["from"].items())
        new = "; ".join(_answer(pathway, n, v) for n, v in row["to"].items())
        outcome = row["disposition"].replace("_", " ") + (f", {_URGENCIES[row['urgency']]}" if row["urgency"] else "")
        yield from _block(f"{old} -> {new}: {outcome}", "  * ", width)
    if not why_not["changes"]:
        yield "  No change of up to four answers would."
    yield ""
    yield f"RULES THAT DO NOT HOLD ({len(why_not['not_held'])})"
    for row in why_not["not_held"]:
        if "waits_for" in row:
            text = f"{row['rule']}: waits for {', '.join(row['waits_for'])}"
        else:
            stopped = "; ".join(f"{n} = {_answer(pathway, n, v)}" for n, v in row["stopped_by"].items())
            text = f"{row['rule']}: stopped by {stopped}"
        yield from _block(text, "  * ", width)


def _answer(pathway: Pathway, name: str, value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    fact = pathway.vocabulary.facts.get(name)
    if fact is not None and fact.kind == "enum":
        return fact.values.get(value, str(value)).lower()
    unit = f" {fact.unit}" if fact is not None and fact.unit and not isinstance(value, str) else ""
    return f"{_number(value)}{unit}"


def _number(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _block(text: str, first: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False)


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
