"""The intake on a telephone: one screen at a time, what could still change the decision first, sent at the end.

The order of the screens is that of the intake in the practice. No screen shows an earlier answer: going back forgets
what was tapped there. An answer that means an emergency is sent at once, with all that was answered by then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse, QueryDict

from palpate.clinic import intake, phone_intake, phone_links
from palpate.clinic.deciding import WrongPathway, pathway_in_force
from palpate.clinic.intake import ANSWERED, CANNOT_SAY, MOST_ACTIVITIES, NOT_ASKED, ONSET, RATINGS, Told
from palpate.clinic.names import clean_name
from palpate.clinic.phone_intake import Draft, Signed
from palpate.clinic.refusals import BadInput
from palpate.figures import REGIONS
from palpate.figures.body_map import BodyMap
from palpate.library import wording
from palpate.library.languages import say
from palpate.pathway.facts import Fact
from palpate.pathway.faults import Faults
from palpate.web.languages import language_of
from palpate.web.page import today_of
from palpate.web.pages.intake import screens
from palpate.web.pages.intake.forms import QuestionForm, with_no
from palpate.web.pages.intake.screens import BY_ID, MAP, SUMMARY
from palpate.web.pages.intake.screens import RATINGS as RATED
from palpate.web.pages.phone import asking
from palpate.web.pages.phone.asking import Group
from palpate.web.pages.phone.check_views import FORGOT
from palpate.web.pages.phone.entry import cannot_ask, finish, opened, to
from palpate.web.pages.phone.steps import (
    CONSENT,
    At,
    body_map,
    consent,
    keep_consent,
    keep_map,
    sheets,
    shown,
    signed_marks,
    step_page,
)
from palpate.web.routes import ClinicRequest

BEGIN, END = "begin", "end"


def form(request: ClinicRequest) -> HttpResponse:
    """The step that comes next, shown or kept."""
    link = opened(request, phone_links.INTAKE)
    if link is None:
        return to("phone-closed")
    try:
        pathway = pathway_in_force()
    except (WrongPathway, Faults):
        return cannot_ask(request)
    assert link.episode is not None
    draft = phone_intake.draft_of(link)
    at = At(request, link, link.episode, pathway, draft, today_of(request), language_of(request))
    return _keep(at) if request.method == "POST" else _show(at)


def back(request: ClinicRequest) -> HttpResponse:
    """One screen back, or from the beginning; what was tapped there is forgotten."""
    link = opened(request, phone_links.INTAKE)
    if link is None:
        return to("phone-closed")
    if request.POST.get("again") == "yes":
        phone_intake.begin(link)
    else:
        phone_intake.step_back(link)
    return to("phone-intake")


def _step(at: At) -> str:
    """The id of what comes next: a screen, MAP, RATED, CONSENT or END."""
    if not at.draft.begun:
        return BEGIN
    open_now = phone_intake.open_with(at.episode, at.pathway, at.draft, at.day)
    said: dict[str, Any] = {**intake.standing_answers(intake.history(at.episode)), **_told(at.draft)}
    if at.episode.onset is not None:
        said.setdefault(ONSET, Told(ANSWERED, 0))
    drawn = at.draft.drawn is not None or intake.drawing_of(at.episode) is not None
    rated = at.draft.rated or intake.ratings_of(at.episode).taken
    step = screens.next_step(open_now, said, drawn, rated, at.draft.left)
    if step != SUMMARY:
        return step
    if at.draft.consent is None and sheets(at):
        return CONSENT
    return END


def _told(draft: Draft) -> dict[str, Told]:
    return {name: told for name, told in draft.answers.items() if told.state != NOT_ASKED}


def _show(at: At) -> HttpResponse:
    step = _step(at)
    if step == BEGIN:
        return step_page(at, "phone/begin.html", BEGIN)
    if step == MAP:
        return body_map(at, BodyMap())
    if step == RATED:
        return _ratings(at, QueryDict(), {})
    if step == CONSENT:
        return consent(at, {})
    if step == END:
        empty = not (_told(at.draft) or at.draft.drawn or at.draft.rated or signed_marks(at.draft))
        return step_page(
            at, "phone/end.html", END, {"empty": empty, "guardian": phone_intake.guardian_signs(at.episode, at.day)}
        )
    return _screen(at, step, QueryDict(), {})


def _keep(at: At) -> HttpResponse:
    data = at.request.POST
    step = data.get("step", "")
    if step == BEGIN:
        if not at.draft.begun:
            phone_intake.begin(at.link)
        return to("phone-intake")
    if step in BY_ID:
        return _keep_screen(at, step, data)
    if step == MAP:
        return keep_map(at, data)
    if step == RATED:
        return _keep_ratings(at, data)
    if step == CONSENT:
        return keep_consent(at, data)
    if step == END:
        return _send(at)
    raise BadInput("This form does not say which screen it is. Nothing was saved. Open the link again.")


# --- one screen of questions ------------------------------------------------------------------------------------------


def _asked(at: At, screen: str) -> list[Fact]:
    """The questions of a screen that could change the decision and that nobody has answered; else all unanswered."""
    known = intake.questions(at.pathway)
    said: dict[str, Any] = {**intake.standing_answers(intake.history(at.episode)), **_told(at.draft)}
    names = [name for name in BY_ID[screen].facts if name in known and name not in said]
    open_now = phone_intake.open_with(at.episode, at.pathway, at.draft, at.day)
    telling = screens.shown_on(BY_ID[screen], open_now, said, False)
    return [known[name] for name in names if name in telling] or [known[name] for name in names]


def _screen(
    at: At, screen: str, data: QueryDict, errors: dict[str, str], facts: list[Fact] | None = None, status: int = 200
) -> HttpResponse:
    facts = _asked(at, screen) if facts is None else facts
    chosen = {name.removeprefix(asking.QUESTION): data.getlist(name)[-1] for name in data}
    noes = [fact for fact in facts if screens.no_of(fact) is not None] if BY_ID[screen].none else []
    context = {
        "title": say(at.language, f"phone.screen.{screen}"),
        "groups": [_question(at, fact, errors, chosen) for fact in facts],
        "shown": [fact.name for fact in facts],
        "noes": [wording.question(at.language, fact).short for fact in noes] if len(noes) > 1 else [],
        "errors": errors,
    }
    return step_page(at, "phone/screen.html", screen, context, status)


def _question(at: At, fact: Fact, errors: dict[str, str], chosen: dict[str, str]) -> Group:
    language = at.language
    asked = wording.question(language, fact)
    cannot = (CANNOT_SAY, say(language, "answers.cannot_say"))
    note = _first_marked(at) if fact.name == "pain_site" else ""
    error = errors.get(fact.name, "")
    if not fact.is_number:
        pairs, look = [*asking.fact_pairs(asked.answers, fact), cannot], "choice"
    elif (fact.low, fact.high) == (0, 10):
        pairs, look = [*asking.scale_pairs(language), cannot], "scale"
    else:
        pairs, look = [("", say(language, "phone.number_counts")), cannot], "number"
    name = f"{fact.name}__state" if look == "number" else fact.name
    units: tuple[asking.Choice, ...] = ()
    label = ""
    if look == "number":
        label = say(language, "phone.number_label", low=int(fact.low), high=int(fact.high))
        if fact.name == ONSET:
            label = say(language, "phone.how_many")
            pairs_of = [(unit, say(language, f"answers.units.{unit}")) for unit in ("days", "weeks", "months", "years")]
            units = asking.choices(f"{asking.QUESTION}{ONSET}__unit", pairs_of, chosen.get(f"{ONSET}__unit"))
    words = error if error not in asking.ERRORS else asking.error_words(language, error)
    return Group(
        asking.QUESTION + fact.name, asked.question, asked.help, look,
        asking.choices(asking.QUESTION + name, pairs, chosen.get(name, "" if look == "number" else None)),
        asked.code, asked.direction, words, label, "", chosen.get(fact.name, ""), units, note,
    )  # fmt: skip


def _first_marked(at: At) -> str:
    if at.draft.drawn is None or not at.draft.drawn.regions:
        return ""
    region = REGIONS[at.draft.drawn.regions[0]]
    place = wording.region(at.language, region.view, region.place, region.side)
    return say(at.language, "phone.intake.map_first", place=place)


def _keep_screen(at: At, screen: str, data: QueryDict) -> HttpResponse:
    known = intake.questions(at.pathway)
    names = list(dict.fromkeys(data.getlist("shown")))
    if not names or not set(names) <= set(BY_ID[screen].facts):
        raise BadInput("This form does not say which questions it asks. Nothing was saved. Open the link again.")
    facts = [known[name] for name in names]
    own = ["step", "shown", "none"]
    asked = [*names, *(f"{name}__state" for name in names), f"{ONSET}__unit"]
    if strange := asking.strangers(data, [*own, *(asking.QUESTION + name for name in asked)]):
        raise BadInput(f"This form holds something that was not asked: {', '.join(strange)[:200]}. Nothing was saved.")
    told = QueryDict(mutable=True)
    for name in asked:
        if values := data.getlist(asking.QUESTION + name):
            told.setlist(name, values)
    filled: QueryDict = told
    others: list[str] = []
    if "none" in data:
        if not BY_ID[screen].none or data.getlist("none") != ["yes"]:
            raise BadInput("This screen cannot be answered with one no. Nothing was saved. Open the link again.")
        filled, others = with_no(told, facts)
    form = QuestionForm(facts, {}, at.day, filled)
    form.is_valid()
    errors = {name: _fault(at, known, name) for name in {error.split("__")[0] for error in form.errors}}
    errors |= dict.fromkeys(others, "none_other")
    if errors:
        return _screen(at, screen, data, errors, facts, 422)
    phone_intake.keep_screen(at.link, screen, names, form.told)
    said = phone_intake.preview_with(at.episode, at.pathway, phone_intake.draft_of(at.link), at.day)
    if said is not None and said["disposition"] == "emergency":
        return _send(at)
    return to("phone-intake")


def _fault(at: At, known: dict[str, Fact], name: str) -> str:
    """The fault of a question: for a number its range in words, else the code of a sentence."""
    fact = known[name]
    if fact.is_number and (fact.low, fact.high) != (0, 10):
        return say(at.language, "phone.number_wrong", low=int(fact.low), high=int(fact.high))
    return "wrong"


# --- ratings ----------------------------------------------------------------------------------------------------------


def _ratings(at: At, data: QueryDict, errors: dict[str, str], status: int = 200) -> HttpResponse:
    language = at.language
    chosen = {name: data.getlist(name)[-1] for name in data}
    low, high = (
        say(language, f"phone.end_{end}", words=say(language, f"phone.check.activity_{end}")) for end in ("low", "high")
    )
    fixed = intake.ratings_of(at.episode).fixed
    lines = []
    for number in range(1, MOST_ACTIVITIES + 1):
        name, rating = f"activity_{number}", f"rating_{number}"
        group = Group(
            rating, say(language, "phone.intake.activity_rating"), "", "scale",
            asking.choices(rating, asking.scale_pairs(language), chosen.get(rating)), language.code,
            language.direction, asking.error_words(language, errors.get(rating, "")), low, high,
        )  # fmt: skip
        line = {"name": name, "text": chosen.get(name, ""), "group": group, "error": errors.get(name, "")}
        lines.append({**line, "label": say(language, "phone.intake.activity", number=number)})
    context = {
        "groups": [asking.measure(language, name, name, errors, chosen.get(name)) for name in RATINGS],
        "lines": lines if not fixed else [],
        "errors": errors,
        "question": say(language, "measures.own_activities.question"),
        "help": say(language, "measures.own_activities.help"),
    }
    return step_page(at, "phone/ratings.html", RATED, context, status)


def _keep_ratings(at: At, data: QueryDict) -> HttpResponse:
    if "pass" in data:
        phone_intake.keep_ratings(at.link, RATED, {}, (), ())
        return to("phone-intake")
    names = [f"{kind}_{number}" for number in range(1, MOST_ACTIVITIES + 1) for kind in ("activity", "rating")]
    if strange := asking.strangers(data, ["step", *RATINGS, *names]):
        raise BadInput(f"This form holds something that was not asked: {', '.join(strange)[:200]}. Nothing was saved.")
    errors: dict[str, str] = {}
    values = {name: _score(data, name, errors) for name in RATINGS}
    activities: list[str] = []
    scores: list[int | None] = []
    for number in range(1, MOST_ACTIVITIES + 1):
        rating = _score(data, f"rating_{number}", errors)
        try:
            text = clean_name(data.get(f"activity_{number}", ""))
        except BadInput:
            errors[f"activity_{number}"] = say(at.language, "phone.intake.activity_strange")
            continue
        if text:
            activities.append(text)
            scores.append(rating)
        elif rating is not None:
            errors[f"activity_{number}"] = say(at.language, "phone.intake.activity_missing")
    if errors:
        return _ratings(at, data, errors, 422)
    told = {name: value for name, value in values.items() if value is not None}
    if intake.ratings_of(at.episode).fixed:  # names that were rated stand for good, and are not shown here
        activities, scores = [], []
    phone_intake.keep_ratings(at.link, RATED, told, activities, scores)
    return to("phone-intake")


def _score(data: QueryDict, name: str, errors: dict[str, str]) -> int | None:
    try:
        value = asking.one_value(data, name)
        return asking.read_scale(value) if value and value != FORGOT else None
    except BadInput:
        errors[name] = "wrong"
        return None


# --- sending ----------------------------------------------------------------------------------------------------------


def _send(at: At) -> HttpResponse:
    at = replace(at, draft=phone_intake.draft_of(at.link))
    signed: list[Signed] = []
    if marks := signed_marks(at.draft):
        assert at.draft.consent is not None
        lie = sheets(at)
        words = [shown(at, sheet, at.draft.consent["language"]) for sheet in lie]
        if [one.digest for one in words] != at.draft.consent["shown"]:
            phone_intake.step_back(at.link)  # the words are others by now: they are shown again
            return to("phone-intake")
        signed = [Signed(sheet, mark) for sheet, mark in zip(words, marks, strict=True)]
    if not (_told(at.draft) or at.draft.drawn or at.draft.rated or signed):
        return to("phone-intake")
    reply = phone_intake.send(at.request.actor, at.pathway, at.link, at.day, at.language.code, signed)
    at.request.deed.about["decision"] = str(reply.decision.pk)
    return finish(at.request, reply.kind)
