"""From a document to what stands on its pages: every value as the words that are printed. No layout here.

The templates in `paper/` put these words in their places. They get strings, lists and numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from palpate.letters import words
from palpate.letters.documents import (
    DischargeNote,
    Document,
    HomePlan,
    NextTreatmentReferral,
    Referral,
    UrgentHandover,
)
from palpate.letters.fit import Cutter, Step
from palpate.letters.parts import (
    Answers,
    HomeItem,
    HomeRules,
    MassageGiven,
    PainCourse,
    Pairs,
    PathwayStamp,
    Reason,
    Response,
)
from palpate.letters.receipt import Receipt, Translation
from palpate.letters.words import printable

DENSE = 10.0  # points


def compose(document: Document, step: Step) -> dict[str, Any]:
    """The words of a document, cut as `step` says; `cut` tells whether anything had to be left out."""
    cutter = Cutter(step)
    practice, person = document.practice, document.person
    born = words.day(person.birth_date)
    if person.birth_date is not None:
        born += f" ({words.age(person.birth_date, document.date)} years)"
    page = {
        "kind": document.kind,
        "title": document.title,
        "size": step.size,
        # Where space is short, pairs stand in lines and not in rows.
        "dense": step.size <= DENSE,
        "paper": practice.paper,
        "day": [document.date.year, document.date.month, document.date.day],
        "date": words.day(document.date),
        "practice": {
            "name": printable(practice.name),
            "address": cutter.aside_items([cutter.aside_short(line) for line in practice.address], str),
            "contact": [line for line in (printable(practice.phone), cutter.aside_short(practice.email)) if line],
            "phone": printable(practice.phone) or words.NOT_KNOWN,
            "therapist": printable(practice.therapist),
            "profession": ", ".join(
                said for said in (printable(practice.profession), printable(practice.licence)) if said
            ),
        },
        "person": {"name": printable(person.name), "born": born, "record": printable(person.record)},
        "no_diagnosis": words.NO_DIAGNOSIS,
        **_COMPOSERS[document.kind](document, cutter),
    }
    return {**page, "cut": cutter.cut}


def _more_pair(said: str) -> list[str]:
    return ["", said]


def _pairs(pairs: Pairs, cutter: Cutter, empty: str = words.NOT_KNOWN) -> list[list[str]]:
    """Pairs of what stands beside safety; an empty value says so."""
    said = [[cutter.aside_short(label), cutter.aside_short(value) or empty] for label, value in pairs]
    return cutter.aside_items(said, _more_pair)


def _safety_pairs(pairs: Pairs, cutter: Cutter, empty: str = words.NOT_KNOWN) -> list[list[str]]:
    """The same for pairs that safety rests on."""
    said = [[cutter.short(label), cutter.short(value) or empty] for label, value in pairs]
    return cutter.items(said, _more_pair)


def _reasons(reasons: tuple[Reason, ...], cutter: Cutter) -> list[dict[str, Any]]:
    """The rules that asked, each with a letter by which the answer can name it."""
    said = [
        {
            "mark": _mark(at),
            "title": cutter.text(reason.title) or words.rule_name(printable(reason.rule)),
            "because": cutter.text(reason.because),
            "facts": _safety_pairs(reason.facts, cutter),
        }
        for at, reason in enumerate(reasons)
    ]
    return cutter.items(said, lambda more: {"mark": "", "title": "", "because": more, "facts": []})


def _mark(at: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    return chr(ord("A") + at % 26) + (str(at // 26 + 1) if at >= 26 else "")


def _answers(answers: Answers, cutter: Cutter) -> dict[str, Any]:
    return {
        "known": _pairs(answers.known, cutter),
        "not_asked": cutter.items([cutter.short(said) for said in answers.not_asked], str),
        "cannot_say": cutter.items([cutter.short(said) for said in answers.cannot_say], str),
    }


def _massage(massage: MassageGiven, cutter: Cutter) -> list[str]:
    """The sessions so far, in one to three lines."""
    if massage.sessions == 0:
        return ["No massage has been given for this complaint."]
    of = f" of {massage.planned} planned" if massage.planned is not None else ""
    line = f"{massage.sessions} session{'' if massage.sessions == 1 else 's'}{of}"
    line += "".join(f", {cutter.aside(said)}" for said in (massage.minutes, massage.spacing) if said)
    if massage.first is not None and massage.last is not None and massage.first != massage.last:
        line += f"; first {words.day(massage.first)}, last {words.day(massage.last)}"
    elif massage.last is not None or massage.first is not None:
        line += f"; last {words.day(massage.last or massage.first)}"
    techniques = cutter.aside_items([cutter.aside_short(said) for said in massage.techniques], str)
    return [f"{line}.", f"Techniques: {', '.join(techniques) or words.NOT_KNOWN}."]


def _pathway(stamp: PathwayStamp) -> str:
    digest = printable(stamp.digest)
    # Enough of the digest to tell two documents apart; the record has it whole.
    short = f" ({digest[:19]})" if digest else ""
    return f"Pathway {printable(stamp.id)}, version {printable(stamp.version)}{short}"


def _response(response: Response, cutter: Cutter) -> dict[str, Any]:
    clinical, plain = words.RESPONSE[response.kind]
    mixed = response.kind == "not_responded" and "mixed_review" in response.flags
    return {
        "clinical": clinical,
        "plain": words.MIXED if mixed else plain,
        "flags": [words.flag(printable(name)) for name in response.flags],
        "numbers": _pairs(response.numbers, cutter),
        "honest": words.HONEST,
        "honest_clinical": words.HONEST_CLINICAL,
    }


def _home(items: tuple[HomeItem, ...], cutter: Cutter) -> list[dict[str, Any]]:
    """The items for home; the one that says how many are left out has no dose."""
    said = [
        {
            "title": cutter.text(item.title),
            "dose": cutter.text(item.dose) or words.NOT_KNOWN,
            "how": cutter.aside(item.how),
            "stop": cutter.text(item.stop),
            "done": cutter.aside_short(item.done) or words.NOT_KNOWN,
            "assumed": item.assumed,
        }
        for item in items
    ]
    return cutter.items(
        said, lambda more: {"title": more, "dose": "", "how": "", "stop": "", "done": "", "assumed": False}
    )


def _rules(rules: HomeRules, cutter: Cutter) -> dict[str, str]:
    return {
        "start": cutter.aside(rules.start),
        "progress": cutter.aside(rules.progress),
        # Never shortened: it is what the person reads when it counts.
        "stop": printable(rules.stop),
        "emergency": printable(rules.emergency),
    }


def _adverse(events: tuple[str, ...] | None, cutter: Cutter) -> list[str]:
    """None is "not asked"; an empty list was asked and is none."""
    if events is None:
        return ["Not asked."]
    return cutter.items([cutter.text(event) for event in events], str) or ["None reported when asked."]


def _chart(course: PainCourse) -> dict[str, Any]:
    """Pain over the days as fractions of the drawing (x to the right, y upwards), with its description."""
    ratings = sorted(course.ratings, key=lambda rating: rating.day)
    days = [rating.day for rating in ratings] + list(course.sessions)
    if not ratings:
        return {"ratings": [], "says": "No rating of pain was taken."}
    first, last = min(days), max(days)
    # A single day has no width; any span stands for it.
    span = (last - first).days or 1
    said = "; ".join(f"{words.day(rating.day)}: {words.number(rating.value)}" for rating in ratings)
    change = words.number(course.real_change)
    alt = f"Pain from 0 to 10 by day. {said}."
    if course.baseline is None:
        says = "There is no baseline from before the first session, so no change can be judged."
    else:
        says = (
            f"Broken line: baseline {words.number(course.baseline)}. Grey band: within {change} points of it, where a "
            "difference may be no more than the error of the measurement."
        )
    marks = f" Triangles: sessions ({len(course.sessions)})." if course.sessions else ""
    return {
        "ratings": [
            {"x": (rating.day - first).days / span, "y": rating.value / 10, "said": words.number(rating.value)}
            for rating in ratings
        ],
        "sessions": [(day - first).days / span for day in course.sessions],
        "baseline": None if course.baseline is None else course.baseline / 10,
        "low": None if course.baseline is None else max(course.baseline - course.real_change, 0) / 10,
        "high": None if course.baseline is None else min(course.baseline + course.real_change, 10) / 10,
        "first": words.day(first),
        "last": words.day(last) if last != first else "",
        "says": says + marks,
        "alt": f"{alt} {says}{marks}",
    }


def _referral(document: Document, cutter: Cutter) -> dict[str, Any]:
    assert isinstance(document, Referral)
    by = {
        "same_day": f"today, {words.day(document.date)}",
        "within_2_weeks": f"by {words.day(document.date + timedelta(days=14))}",
        "routine": "at the next regular appointment",
    }
    return {
        "heading": words.PURPOSE[document.purpose],
        "asked": words.ASKED[document.purpose],
        "urgency": {"level": document.urgency, "word": words.URGENCY[document.urgency], "by": by[document.urgency]},
        "to": cutter.items([cutter.aside_short(line) for line in document.to], str),
        "situation": cutter.text(document.situation),
        "reasons": _reasons(document.reasons, cutter),
        "answers": _answers(document.answers, cutter),
        "massage": _massage(document.massage, cutter),
        "pain": _pairs(document.pain or (("Pain", ""),), cutter, "not rated"),
        "activities": _pairs(document.activities or (("Own activities", ""),), cutter, "not rated"),
        "background": _pairs(document.background, cutter),
        "request": cutter.text(document.request),
        "valid_for": cutter.short(document.valid_for),
        "link": printable(document.reply_link),
        "consent": cutter.aside(document.consent),
        "pathway": _pathway(document.pathway),
    }


def _urgent(document: Document, cutter: Cutter) -> dict[str, Any]:
    assert isinstance(document, UrgentHandover)
    return {
        "time": printable(document.time),
        "emergency_text": printable(document.emergency_text),
        "emergency_number": printable(document.emergency_number),
        "reasons": _reasons(document.reasons, cutter),
        "found_when": cutter.text(document.found_when),
        "answers": {
            **_answers(document.answers, cutter),
            # Here what is known is safety too: those who take over start from it.
            "known": _safety_pairs(document.answers.known, cutter),
        },
        "vitals": _safety_pairs(document.vitals, cutter, "not measured"),
        "done": cutter.items([[cutter.short(time), cutter.text(what)] for time, what in document.done], _more_pair),
        "background": _pairs(document.background, cutter),
        "called_by": printable(document.called_by),
        "called_at": printable(document.called_at),
        "call_back": printable(document.call_back),
        "pathway": _pathway(document.pathway),
    }


def _next_treatment(document: Document, cutter: Cutter) -> dict[str, Any]:
    assert isinstance(document, NextTreatmentReferral)
    return {
        "to": cutter.items([cutter.aside_short(line) for line in document.to], str),
        "presentation": cutter.text(document.presentation),
        "next_step": cutter.text(document.next_step),
        "not_advised": cutter.text(document.not_advised),
        "duration": cutter.text(document.duration) or words.NOT_KNOWN,
        "response": _response(document.response, cutter),
        "chart": _chart(document.pain),
        "massage": _massage(document.massage, cutter),
        "answers": _answers(document.answers, cutter),
        "home": _home(document.home, cutter),
        "risk_group": cutter.text(document.risk_group) or "not scored",
        "adverse": _adverse(document.adverse_events, cutter),
        "goal": cutter.text(document.goal) or "not recorded",
        "link": printable(document.reply_link),
        "consent": cutter.aside(document.consent),
        "pathway": _pathway(document.pathway),
    }


def _discharge(document: Document, cutter: Cutter) -> dict[str, Any]:
    assert isinstance(document, DischargeNote)
    return {
        "complaint": cutter.aside(document.complaint) or words.NOT_KNOWN,
        "response": _response(document.response, cutter),
        "chart": _chart(document.pain),
        "massage": _massage(document.massage, cutter),
        "home": _home(document.home, cutter),
        "rules": _rules(document.rules, cutter),
        "follow_up": [words.day(day) for day in document.follow_up],
        "goal": cutter.text(document.goal),
        "goal_reached": cutter.text(document.goal_reached),
        "soon": cutter.text(document.soon),
        "next_step": cutter.text(document.next_step),
        "adverse": _adverse(document.adverse_events, cutter),
        "answers": _answers(document.answers, cutter),
        "pathway": _pathway(document.pathway),
    }


def _home_plan(document: Document, cutter: Cutter) -> dict[str, Any]:
    assert isinstance(document, HomePlan)
    return {
        "home": _home(document.home, cutter),
        "rules": _rules(document.rules, cutter),
        "goal": cutter.text(document.goal),
        "next_visit": cutter.text(document.next_visit),
    }


# The words of the printed form, in English; a translation brings its own.
RECEIPT_LABELS = {
    "number": "No.",
    "date": "Date",
    "what": "For",
    "minutes": "Minutes",
    "amount": "Amount",
    "total": "Total",
}


def _receipt(document: Document, cutter: Cutter) -> dict[str, Any]:
    """A receipt is never shortened: what does not fit on its pages is refused by the press."""
    assert isinstance(document, Receipt)
    other = document.translation
    born = f"Born {words.day(document.person.birth_date)}"
    if document.person.birth_date is not None:
        born += f" ({words.age(document.person.birth_date, document.date)} years)"
    return {
        "pages": [
            _receipt_page(document, document, RECEIPT_LABELS, ("en", "ltr"), born, words.day(document.date)),
            *(
                [
                    _receipt_page(
                        document,
                        other,
                        dict(other.labels),
                        (other.language, other.direction),
                        other.born,
                        other.date,
                        other.note,
                    )
                ]
                if other is not None
                else []
            ),
        ],
    }


def _receipt_page(
    document: Receipt, said: Receipt | Translation, labels: Mapping[str, str], language: tuple[str, str], born: str,
    date: str, note: str = "",
) -> dict[str, Any]:  # fmt: skip
    """What a receipt says in one language. Numbers and names keep their own direction on a page from right to left."""
    code, direction = language
    put = printable if direction == "ltr" else _apart
    return {
        "language": code,
        "direction": direction,
        "labels": {name: put(labels[name]) for name in RECEIPT_LABELS},
        "number": put(document.number),
        "address": [line for told in document.address if printable(told) and (line := put(told))],
        "born": put(born),
        "date": put(date),
        "note": put(note),
        "heading": put(said.heading),
        "about": put(said.about),
        "issuer": [[put(label), put(value)] for label, value in said.issuer],
        "details": [[put(label), put(value)] for label, value in said.details],
        "lines": [{field.name: put(getattr(line, field.name)) for field in fields(line)} for line in said.lines],
        "total": put(said.total),
        "tax": put(said.tax),
        "paid": put(said.paid),
    }


# Signs that set a text apart from the direction of what stands around it (Unicode's isolates), and what stands for them
# while `printable` takes out all others.
_ISOLATES = {"\u2068": "\ue000", "\u2069": "\ue001"}


def _apart(text: str) -> str:
    """As `printable`, but a phrase keeps the isolates around its values, and the whole is set apart too."""
    if not text:
        return ""
    for sign, stand_in in _ISOLATES.items():
        text = text.replace(stand_in, "").replace(sign, stand_in)
    text = printable(text)
    for sign, stand_in in _ISOLATES.items():
        text = text.replace(stand_in, sign)
    return f"\u2068{text}\u2069"


_COMPOSERS = {
    Referral.kind: _referral,
    UrgentHandover.kind: _urgent,
    NextTreatmentReferral.kind: _next_treatment,
    DischargeNote.kind: _discharge,
    HomePlan.kind: _home_plan,
    Receipt.kind: _receipt,
}
