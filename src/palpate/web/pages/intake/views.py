"""The intake: one clear screen at a time, the questions that could still change the decision first."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from palpate.clinic import consenting, deciding
from palpate.clinic import intake as record
from palpate.clinic.intake import CANNOT_SAY, ONSET, Open, Said, Stale, Told
from palpate.clinic.models import Episode, Person
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.figures import BodyMapFault, body_map_figure, read_body_map
from palpate.figures.body_map import BodyMap
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.intake import screens
from palpate.web.pages.intake.forms import QuestionForm, RatingsForm, unknown_names, with_no
from palpate.web.pages.intake.screens import BY_ID, MAP, RATINGS, SUMMARY, Screen
from palpate.web.pages.intake.told import Way, conflict_page, groups, labels, number_of_days, wording
from palpate.web.routes import ClinicRequest


def _pathway() -> Pathway:
    """The pathway in force. Errors: Conflict, with the reason: without a pathway nothing can be asked."""
    try:
        return deciding.pathway_in_force()
    except (deciding.WrongPathway, Faults) as error:
        raise Conflict(f"Not assessed: {error}. No question can be asked before that is put right.") from None


def _open(episode: Episode, day: date) -> Open:
    """What the pathway still asks. It may take a second of work, so a request does it once."""
    return record.open_questions(deciding.preview(episode, record.moment_of(episode), day))


def _go(episode: Episode, name: str, way: Way, **more: str) -> HttpResponse:
    ids = {"person": episode.person_id, "episode": episode.pk}
    return HttpResponseRedirect(reverse(name, kwargs={**ids, **more}) + way.query(), status=303)


def intake(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The next screen, whichever it is."""
    day, way = today_of(request), Way.of(request)
    pathway, open_now = _pathway(), _open(episode, day)
    said = record.standing_answers(record.history(episode))
    drawn, ratings_now = record.drawing_of(episode), record.ratings_of(episode)
    step = screens.next_step(
        open_now, _with_onset(said, episode, day), drawn is not None, ratings_now.taken, way.passed
    )
    if step == MAP:
        return _map(request, person, episode, drawn or BodyMap(), open_now=open_now)
    if step == RATINGS:
        form = RatingsForm(wording(pathway), ratings_now)
        return _ratings(request, person, episode, form, open_now=open_now)
    if step == SUMMARY:
        return (
            _thanks(request, person, episode)
            if way.by_person
            else _summary(request, person, episode, pathway, open_now)
        )
    return _screen(request, person, episode, pathway, BY_ID[step], open_now)


def _with_onset(said: dict[str, Said], episode: Episode, day: date) -> dict[str, Said]:
    """The answers, with the one that follows from the day on which the pain began."""
    if episode.onset is None:
        return said
    days = number_of_days(episode.onset, day)
    return {**said, ONSET: Said("answered", days, episode.onset, episode.opened, "")}


# --- one screen of questions ------------------------------------------------------------------------------------------


def one(request: ClinicRequest, person: Person, episode: Episode, screen: str) -> HttpResponse:
    """One screen: shown, or its answers kept."""
    if screen not in BY_ID:
        raise NotVisible
    pathway = _pathway()
    if request.method == "POST":
        return _keep(request, person, episode, pathway, BY_ID[screen])
    return _screen(request, person, episode, pathway, BY_ID[screen], _open(episode, today_of(request)))


def _screen(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    pathway: Pathway,
    screen: Screen,
    open_now: Open | None,
    form: QuestionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a screen. Takes open_now: what is open, None on a page that comes back with errors."""
    day, way = today_of(request), Way.of(request)
    said = record.standing_answers(record.history(episode))
    known = record.questions(pathway)
    if form is None:
        asked = open_now or Open((), (), "", known=False)
        names = screens.shown_on(screen, asked, _with_onset(said, episode, day), way.whole)
        form = QuestionForm([known[name] for name in names], said, day, onset_days=number_of_days(episode.onset, day))
    shown = [fact.name for fact in form.asked]
    noes = [fact for fact in form.asked if screens.no_of(fact) is not None] if screen.none else []
    context = {
        "screen": screen,
        "form": form,
        "questions": form.questions(_proposals(episode, pathway)),
        "shown": shown,
        "noes": noes if len(noes) > 1 else [],
        "left_open": [fact for fact in form.asked if fact not in noes],
        "hidden": len(screen.facts) - len(shown),
        "open": open_now,
        "way_now": way,
        "post": _url(episode, "intake-screen", way, screen=screen.id),
        "whole_url": _url(episode, "intake-screen", way.with_whole(), screen=screen.id),
    }
    return _page(request, "intake/screen.html", person, episode, context, status)


def _proposals(episode: Episode, pathway: Pathway) -> dict[str, str]:
    """What the drawing speaks for, in words. It is said beside the question, and tapped by the person."""
    site = record.proposed_site(record.drawing_of(episode))
    return {"pain_site": pathway.vocabulary["pain_site"].values[site]} if site else {}


def _keep(request: ClinicRequest, person: Person, episode: Episode, pathway: Pathway, screen: Screen) -> HttpResponse:
    day, way = today_of(request), Way.of(request)
    known = record.questions(pathway)
    names = list(dict.fromkeys(request.POST.getlist("shown")))
    if not names or not set(names) <= set(screen.facts):
        raise BadInput("This form does not say which questions it asks. Nothing was saved. Open the page again.")
    facts = [known[name] for name in names]
    said = record.standing_answers(record.history(episode))
    data: QueryDict = request.POST
    others: list[str] = []
    if "none" in data:
        if not screen.none or data.getlist("none") != ["yes"]:
            raise BadInput("This screen cannot be answered with one no. Nothing was saved. Open the page again.")
        data, others = with_no(request.POST, facts)
    form = QuestionForm(facts, said, day, data, number_of_days(episode.onset, day))
    if strange := unknown_names(request.POST, form):
        raise BadInput(f"This form holds something that was not asked: {', '.join(strange)[:200]}. Nothing was saved.")
    form.is_valid()
    for name in others:
        form.add_error(name, "Another answer is chosen here, so “none of these” was not taken.")
    if form.errors:
        return _screen(request, person, episode, pathway, screen, None, form, 422)
    try:
        record.keep_answers(request.actor, pathway, episode, _seen(request), form.told, day)
    except Stale:
        return _conflict(request, person, episode, _rows(form, _with_onset(said, episode, day)))
    return _after(request, episode, way, screen, names, said | _as_said(form.told, day), day)


def _as_said(told: dict[str, Told], day: date) -> dict[str, Any]:
    return dict.fromkeys((name for name, answer in told.items() if answer.state != record.NOT_ASKED), day)


def _after(
    request: ClinicRequest,
    episode: Episode,
    way: Way,
    screen: Screen,
    names: list[str],
    said: dict[str, Any],
    day: date,
) -> HttpResponse:
    """Where to go once a screen is kept: an emergency leads to the decision at once, all else to the next screen."""
    said_now = deciding.preview(episode, record.moment_of(episode), day)
    if said_now is not None and said_now["disposition"] == "emergency":
        consenting.keep_status(request.actor, episode, day)
        deciding.decide_now(request.actor, episode, record.moment_of(episode), day)
        return HttpResponseRedirect(url_of(episode, "decision"), status=303)
    if way.whole:
        return _go(episode, "intake-all", Way())
    left = [name for name in names if name not in said and not (name == ONSET and episode.onset)]
    return _go(episode, "intake", way.past(screen.id) if left else way)


def _seen(request: ClinicRequest) -> int:
    """The version of the episode that the form was made from. Errors: BadInput."""
    told = request.POST.get("_version", "")
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise BadInput("This form does not say which version it was made from. Nothing was saved. Open the page again.")
    return int(told)


def _rows(form: QuestionForm, said: dict[str, Said]) -> list[tuple[str, str, str]]:
    """What a stale form would change: question, what stands, what was sent."""
    found = []
    for fact in form.asked:
        stands = said.get(fact.name)
        now = labels(fact, stands.state, stands.value) if stands else "Not asked"
        mine = form.told.get(fact.name)
        sent = labels(fact, mine.state, mine.value) if mine else now  # nothing sent leaves what stands
        if now != sent:
            found.append((fact.question, now, sent))
    return found


def _conflict(
    request: ClinicRequest, person: Person, episode: Episode, rows: list[tuple[str, str, str]]
) -> HttpResponse:
    return conflict_page(request, person, episode, rows, _url(episode, "intake", Way.of(request)))


def _url(episode: Episode, name: str, way: Way, **more: str) -> str:
    return reverse(name, kwargs={"person": episode.person_id, "episode": episode.pk, **more}) + way.query()


def _page(
    request: ClinicRequest, template: str, person: Person, episode: Episode, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    way = Way.of(request)
    hand = Way(by_person=True, passed=way.passed)
    context |= {
        "by_person": way.by_person,
        "layout": "intake/person.html" if way.by_person else "way.html",
        "all_url": _url(episode, "intake-all", Way()),
        "hand_url": _url(episode, "intake", hand),
        "back_url": _url(episode, "intake", Way(passed=way.passed)),
        "summary_url": _url(episode, "intake-summary", Way()),
    }
    return person_page(request, template, person, context, episode=episode, step="intake", status=status)


# --- where it hurts, and the ratings ----------------------------------------------------------------------------------


def where(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The body map, drawn by the person."""
    day, way = today_of(request), Way.of(request)
    if request.method != "POST":
        return _map(request, person, episode, record.drawing_of(episode) or BodyMap(), open_now=_open(episode, day))
    if "pass" in request.POST:
        return _go(episode, "intake", way.past(MAP))
    try:
        drawn = read_body_map(request.POST.get("map", ""), request.POST.getlist("map_region"))
    except BodyMapFault as fault:
        return _map(request, person, episode, record.drawing_of(episode) or BodyMap(), error=str(fault), status=422)
    if not drawn.regions and not drawn.strokes:
        error = "Nothing is marked yet. Touch the place that hurts most, or leave the drawing out."
        return _map(request, person, episode, drawn, error=error, status=422)
    try:
        record.keep_drawing(request.actor, episode, _seen(request), drawn, day)
    except Stale:
        stands = record.drawing_of(episode) or BodyMap()
        rows = [("Where it hurts", _marked(stands), _marked(drawn))]
        return _conflict(request, person, episode, rows)
    return _go(episode, "intake", way)


def _marked(drawn: BodyMap) -> str:
    return body_map_figure("m", drawn).description


def _map(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    drawn: BodyMap,
    *,
    open_now: Open | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    post = _url(episode, "intake-map", Way.of(request))
    context = {"figure": body_map_figure("where", drawn), "error": error, "open": open_now, "post": post}
    return _page(request, "intake/map.html", person, episode, context, status)


def ratings(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Pain, sleep, mood and the person's own activities, before the first touch."""
    day, way = today_of(request), Way.of(request)
    pathway, now = _pathway(), record.ratings_of(episode)
    if request.method != "POST":
        return _ratings(request, person, episode, RatingsForm(wording(pathway), now), open_now=_open(episode, day))
    if "pass" in request.POST:
        return _go(episode, "intake", way.past(RATINGS))
    form = RatingsForm(wording(pathway), now, request.POST)
    if not form.is_valid():
        return _ratings(request, person, episode, form, status=422)
    try:
        record.keep_ratings(request.actor, episode, _seen(request), form.values, form.names, form.rated, day)
    except Stale:
        stands = "; ".join(now.names) or "Nothing named"
        rows = [("Ratings and activities", stands, "; ".join(form.names) or "Nothing named")]
        return _conflict(request, person, episode, rows)
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        return _ratings(request, person, episode, form, status=422)
    return _go(episode, "intake", way.past(RATINGS))


def _ratings(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    form: RatingsForm,
    *,
    open_now: Open | None = None,
    status: int = 200,
) -> HttpResponse:
    post = _url(episode, "intake-ratings", Way.of(request))
    context = {
        "form": form,
        "open": open_now,
        "post": post,
        "activities_question": wording(_pathway())["own_activities"],
    }
    return _page(request, "intake/ratings.html", person, episode, context, status)


# --- everything, and the end ------------------------------------------------------------------------------------------


def everything(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """All questions by screen, each with its state and its history."""
    pathway, past = _pathway(), record.history(episode)
    open_now = _open(episode, today_of(request))
    context = {
        "groups": groups(pathway, past, episode, today_of(request), open_now),
        "open": open_now,
        "drawing": _figure(episode),
        "ratings": record.ratings_of(episode),
        "map_url": _url(episode, "intake-map", Way()),
        "ratings_url": _url(episode, "intake-ratings", Way()),
        "next_url": _url(episode, "intake", Way()),
    }
    return _page(request, "intake/all.html", person, episode, context)


def _figure(episode: Episode) -> Any:
    drawn = record.drawing_of(episode)
    return body_map_figure("drawn", drawn) if drawn is not None else None


def summary(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """What was answered, and everything that was not, by name."""
    return _summary(request, person, episode, _pathway(), _open(episode, today_of(request)))


def _summary(
    request: ClinicRequest, person: Person, episode: Episode, pathway: Pathway, open_now: Open
) -> HttpResponse:
    day = today_of(request)
    found = groups(pathway, record.history(episode), episode, day, open_now)
    rows = [row for group in found for row in group["rows"]]
    answered = [{**group, "rows": [row for row in group["rows"] if row["state"] == "answered"]} for group in found]
    status = consenting.status_of(episode, day)
    not_asked = [row for row in rows if row["state"] == "not_asked" and not row["safety"]]
    context = {
        "answered": answered,
        "cannot_say": [row for row in rows if row["state"] == CANNOT_SAY],
        "open_safety": [row for row in rows if row["state"] == "not_asked" and row["safety"]],
        # Nobody should meet a question at the first session of which the intake said nothing.
        "asked_later": [row for row in not_asked if row["each_session"]],
        "not_asked": [row for row in not_asked if not row["each_session"]],
        "open": open_now,
        "consent": status,
        "consent_url": url_of(episode, "consent"),
        "drawing": _figure(episode),
        "ratings": record.ratings_of(episode),
        "map_url": _url(episode, "intake-map", Way()),
        "ratings_url": _url(episode, "intake-ratings", Way()),
        "next_url": _url(episode, "intake", Way()),
    }
    return _page(request, "intake/summary.html", person, episode, context)


def _thanks(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """What the person sees at the end: nothing but to give the tablet back."""
    back = {"summary_next": _url(episode, "intake-summary", Way())}
    return _page(request, "intake/thanks.html", person, episode, back)


def decide(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Decides on what is known now, stores the decision, and leads to it."""
    if _seen(request) != episode.version:
        raise Conflict("Answers have changed since this summary was opened. Nothing was decided. Look at it again.")
    day = today_of(request)
    consenting.keep_status(request.actor, episode, day)
    deciding.decide_now(request.actor, episode, record.moment_of(episode), day)
    return HttpResponseRedirect(url_of(episode, "decision"), status=303)
