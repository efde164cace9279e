"""The check-in before a visit and the check after a session: one page, at most eight taps, sent whole (S-70).

It shows the clinic and the time and nothing else (S-18): no name, no earlier answer. So own activities are asked by
their number, not by their words.
"""

from __future__ import annotations

from django.http import HttpResponse, QueryDict

from palpate.clinic import checkins, phone_links
from palpate.clinic.checkins import (
    ACTIVITIES,
    CHANGE,
    NOTHING,
    OTHER,
    RANGES,
    SOMETHING,
    SORE,
    WELL,
    Asked,
    Tapped,
)
from palpate.clinic.deciding import WrongPathway, pathway_in_force
from palpate.clinic.intake import Told
from palpate.clinic.models import PhoneLink
from palpate.clinic.refusals import BadInput
from palpate.library.languages import Language, say
from palpate.pathway.faults import Faults
from palpate.web.languages import language_of
from palpate.web.page import today_of
from palpate.web.pages.phone import asking
from palpate.web.pages.phone.asking import Group
from palpate.web.pages.phone.entry import cannot_ask, finish, opened, page, to
from palpate.web.routes import ClinicRequest

STEPS = {-3: "minus_3", -2: "minus_2", -1: "minus_1", 0: "zero", 1: "plus_1", 2: "plus_2", 3: "plus_3"}
FORGOT = "forgot"


def check_in(request: ClinicRequest) -> HttpResponse:
    """The check-in of one appointment."""
    return _form(request, phone_links.CHECK_IN)


def after(request: ClinicRequest) -> HttpResponse:
    """The check a day or two after a session."""
    return _form(request, phone_links.AFTER)


def _form(request: ClinicRequest, purpose: str) -> HttpResponse:
    link = opened(request, purpose)
    if link is None:
        return to("phone-closed")
    try:
        asked = checkins.asked_of(link, pathway_in_force())
    except (WrongPathway, Faults):
        return cannot_ask(request)
    if request.method != "POST":
        return _page(request, link, asked, QueryDict(), {})
    tapped, errors = _read(asked, request.POST)
    errors = errors or _codes(checkins.check(asked, tapped))
    if errors:
        return _page(request, link, asked, request.POST, errors, 422)
    language = language_of(request).code
    reply = checkins.keep(request.actor, link, asked, tapped, today_of(request), language)
    request.deed.about["decision"] = str(reply.decision.pk)
    return finish(request, reply.kind)


def _codes(wrong: dict[str, str]) -> dict[str, str]:
    """Faults by the name of a field of the page."""
    unclear = {"new": "new_unclear", "after": "after_unclear"}
    return {name: unclear[name] if code == "unclear" else code for name, code in wrong.items()}


# --- what came back ---------------------------------------------------------------------------------------------------


def _read(asked: Asked, data: QueryDict) -> tuple[Tapped, dict[str, str]]:
    """What was tapped, and what of it cannot be read, by field. Errors: BadInput, for a field that was not asked."""
    names = [f"activity_{at}" for at in range(1, asked.activities + 1)]
    facts_asked = [asking.QUESTION + name for name in asked.facts]
    known = [*asked.measures, *names, *facts_asked, "new", *(["after"] if asked.after else [])]
    if strange := asking.strangers(data, known):
        raise BadInput(f"This form holds something that was not asked: {', '.join(strange)[:200]}. Nothing was saved.")
    errors: dict[str, str] = {}

    def told(name: str) -> str:
        try:
            return asking.one_value(data, name)
        except BadInput:
            errors[name.removeprefix(asking.QUESTION)] = "twice"
            return ""

    def score(name: str, low: int = 0, high: int = 10) -> int | None:
        try:
            return asking.read_scale(told(name), low, high)
        except BadInput:
            errors.setdefault(name, "wrong" if data.get(name) else "missing")
            return None

    scores = {name: score(name, *RANGES[name]) for name in asked.measures}
    measures = {name: value for name, value in scores.items() if value is not None}
    activities = [None if data.get(name) == FORGOT else score(name) for name in names]
    facts: dict[str, Told] = {}
    for name, fact in asked.facts.items():
        value = told(asking.QUESTION + name)
        try:
            answer = asking.read_fact(fact, value)
        except BadInput:
            errors[name] = "wrong"
            continue
        if answer is not None:
            facts[name] = answer
    tapped = Tapped(measures, activities, told("new"), told("after") if asked.after else "", facts)
    return tapped, errors


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(
    request: ClinicRequest,
    link: PhoneLink,
    asked: Asked,
    data: QueryDict,
    errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    language = language_of(request)
    chosen = {name.removeprefix(asking.QUESTION): data.getlist(name)[-1] for name in data}
    news = {
        group: [asking.what_is_new(language, fact, errors, chosen.get(fact.name)) for fact in facts]
        for group, facts in asked.groups.items()
    }
    in_news = {fact.name for facts in asked.groups.values() for fact in facts}
    context = {
        "purpose": link.purpose,
        "post": "phone-after" if link.purpose == phone_links.AFTER else "phone-check-in",
        "appointment": link.appointment if link.purpose == phone_links.CHECK_IN else None,
        "groups": _rated(language, asked, errors, chosen),
        "after": _after(language, errors, chosen) if asked.after else None,
        "effects": [asking.whole(language, fact, errors, chosen.get(fact.name)) for fact in asked.effects],
        "news": [
            {"id": id, "title": say(language, f"phone.check.group.{id}"), "rows": rows} for id, rows in news.items()
        ],
        "new_open": any(chosen.get(name) for name in in_news) or bool(in_news & set(errors)) or "new" in errors,
        "new_error": asking.error_words(language, errors.get("new", "")),
        "errors": errors,
        "NOTHING": NOTHING,
        "SOMETHING": SOMETHING,
    }
    return page(request, "phone/check.html", context, status=status)


def _rated(language: Language, asked: Asked, errors: dict[str, str], chosen: dict[str, str]) -> list[Group]:
    found = []
    for name in asked.measures:
        if name == CHANGE:
            pairs = [(str(step), say(language, f"answers.change.{word}")) for step, word in STEPS.items()]
            found.append(
                asking.plain(language, name, "measures.global_change.question", pairs, errors, chosen.get(name))
            )
        else:
            found.append(asking.measure(language, name, name, errors, chosen.get(name)))
        if name == asked.measures[0]:
            found += [_activity(language, at, errors, chosen) for at in range(1, asked.activities + 1)]
    return found


def _activity(language: Language, at: int, errors: dict[str, str], chosen: dict[str, str]) -> Group:
    name = f"activity_{at}"
    low, high = (
        say(language, f"phone.end_{end}", words=say(language, f"phone.check.activity_{end}")) for end in ("low", "high")
    )
    pairs = [*asking.scale_pairs(language), (FORGOT, say(language, "phone.check.activity_forgot"))]
    error = errors.get(name) or ("wrong" if ACTIVITIES in errors else "")
    return Group(
        name, say(language, f"phone.check.activity_{at}"), "", "scale",
        asking.choices(name, pairs, chosen.get(name)), language.code, language.direction,
        asking.error_words(language, error), low, high,
    )  # fmt: skip


def _after(language: Language, errors: dict[str, str], chosen: dict[str, str]) -> Group:
    pairs = [(value, say(language, f"phone.check.after_{value}")) for value in (WELL, SORE, OTHER)]
    help = "phone.check.after_help"
    return asking.plain(language, "after", "phone.check.after", pairs, errors, chosen.get("after"), help)
