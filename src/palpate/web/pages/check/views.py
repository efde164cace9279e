"""The check after the sessions that the protocol names: ratings first, then the response, then what now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from palpate.clinic import adverse, checking, closing
from palpate.clinic.access import care
from palpate.clinic.access.checking import newest_measure, next_letters, plan_change, unsigned
from palpate.clinic.checking import CHANGES, Check
from palpate.clinic.decided import Reading, read
from palpate.clinic.deciding import MAY_TREAT, NOT_ASSESSED, WrongPathway, decide_now, pathway_in_force
from palpate.clinic.models import Decision, Episode, Person
from palpate.clinic.referring import REFERRED
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.check.forms import ChangeForm, LetterForm, MuscleForm, RatingsForm, strange
from palpate.web.pages.check.shown import response_of
from palpate.web.pages.decision.shown import sources_of
from palpate.web.routes import ClinicRequest


@dataclass(frozen=True)
class Next:
    """The one next thing of the page: `kind` says which form or link carries it; `url` is empty for forms."""

    kind: str
    label: str
    why: str
    url: str = ""


def the_pathway() -> Pathway:
    """The pathway in force. Errors: Conflict, with the reason: nothing can be judged without one."""
    try:
        return pathway_in_force()
    except (WrongPathway, Faults) as error:
        raise Conflict(f"Not assessed: {error}. Nothing can be checked before that is put right.") from None


def seen(request: ClinicRequest) -> int:
    """The version that the form was made from; -1, which no row has, where it does not say."""
    told = request.POST.get("_version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1


def maybe(name: str, query: dict[str, str] | None = None, **ids: Any) -> str:
    """The address of a page of another part; empty where this installation has no such page."""
    try:
        found = reverse(name, kwargs=ids)
    except NoReverseMatch:
        return ""
    return f"{found}?{urlencode(query)}" if query else found


def here(name: str, episode: Episode) -> str:
    """The address of a page of this episode."""
    return reverse(name, kwargs={"person": episode.person_id, "episode": episode.pk})


def check(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Where the course stands, and what is done now."""
    return _page(request, person, episode)


def _page(request: ClinicRequest, person: Person, episode: Episode, *, status: int = 200, **forms: Any) -> HttpResponse:
    day, pathway = today_of(request), the_pathway()
    found = checking.check_of(episode, pathway)
    decision = care.decisions(episode).first()
    reading = read(decision) if decision is not None else None
    treatments = closing.next_treatments(reading) if reading is not None else []
    letters = list(next_letters(episode))
    changed = plan_change(episode)
    next_thing = _next(episode, found, reading, day, bool(treatments), letters, changed)
    context: dict[str, Any] = {
        "check": found,
        "is_open": found.is_open(day),
        "rated": _rated(found),
        "missing_words": [_measure_word(name) for name in found.missing],
        "reading": reading,
        "decision": decision,
        "disposition": reading.disposition if reading else "",
        "answer": reading.answer if reading else {},
        "of_today": decision is not None and decision.as_of == day,
        "response": response_of(episode, reading, found) if reading is not None and _is_told(found, reading) else None,
        "reasons": _reasons(reading),
        "treatments": [(one, _sources(reading, one.sources)) for one in treatments],
        "refuse": reading.pathway.meaning["refuse"] if reading and reading.pathway else [],
        "next_letters": letters,
        "changed": changed,
        "changes": CHANGES,
        "next_thing": next_thing,
        "may_treat": reading is not None and reading.may_treat,
        "partly": _class_of(reading) == "partly",
        "proposals": adverse.proposals(episode),
        "muscle_form": MuscleForm(checking.muscle_words(pathway)),
        "change_form": ChangeForm(),
        "letter_form": LetterForm(treatments, initial={"treatment": treatments[0].id if treatments else ""}),
        "adverse_new": maybe("adverse-new", person=person.pk, episode=episode.pk),
        "hand_url": here("check-ratings", episode) + "?by=person",
    }
    return person_page(
        request, "check/page.html", person, context | forms, episode=episode, step="check", status=status
    )


def _rated(found: Check) -> bool:
    """Whether pain or activities were rated since: enough to go by, though not all that is asked."""
    asked = checking.AT_END if found.at_end else checking.AT_CHECK
    return found.reached and any(name in asked and name not in found.missing for name in ("pain_nrs", "own_activities"))


def _is_told(found: Check, reading: Reading) -> bool:
    """Whether there is a response worth showing: not one that only says that nothing was rated."""
    return found.reached and (_rated(found) or _class_of(reading) not in ("", "indeterminate"))


def _measure_word(name: str) -> str:
    words = {"pain_nrs": "pain", "own_activities": "own activities", "global_change": "own view of the change"}
    return {**words, "sleep_nrs": "sleep", "mood_nrs": "mood"}[name]


def _class_of(reading: Reading | None) -> str:
    told = (reading.answer.get("response") or {}) if reading is not None and reading.answer else {}
    return str(told.get("class", ""))


def _reasons(reading: Reading | None) -> list[dict[str, Any]]:
    if reading is None or not reading.answer:
        return []
    rows = [*reading.answer["reasons"], *reading.answer["notes"]]
    return [{"because": row["because"], "do": row["do"], "sources": _sources(reading, row["sources"])} for row in rows]


def _sources(reading: Reading | None, names: Any) -> list[dict[str, str]]:
    return sources_of(reading.pathway, names) if reading is not None and reading.pathway is not None else []


def _next(
    episode: Episode,
    found: Check,
    reading: Reading | None,
    day: date,
    switches: bool,
    letters: list[Any],
    changed: Any,
) -> Next:
    decision = reading.decision if reading is not None else None
    if reading is not None and reading.disposition == "emergency":
        return Next(
            "link", "Emergency: what to do now", "The newest decision is an emergency.", url_of(episode, "decision")
        )
    if episode.state == Episode.State.CLOSED:
        return Next("link", "Look at the record", "This episode is closed.", url_of(episode, "record"))
    open_note = unsigned(episode)
    if open_note is not None:
        note = maybe("note", person=episode.person_id, episode=episode.pk, session=open_note.pk)
        return Next("link", "Sign the note first", "The last session has no signed note.", note)
    if decision is None or reading is None:
        return Next("link", "Start with the intake", "Nothing is decided yet.", url_of(episode, "intake"))
    if found.is_open(day) and not _rated(found):
        why = "The ratings come first. They are best given on the tablet, without the therapist looking."
        return Next("link", "Hand over the tablet", why, here("check-ratings", episode) + "?by=person")
    if found.opens is not None and day < found.opens and reading.disposition == "incomplete":
        return _waiting(episode, found.opens)
    if _is_older(decision, newest_measure(episode)):
        return Next("decide", "Decide on these ratings", "New ratings have come in since the last decision.")
    return _by_disposition(episode, day, reading, switches, letters, changed)


def _by_disposition(
    episode: Episode, day: date, reading: Reading, switches: bool, letters: list[Any], changed: Any
) -> Next:
    disposition, decision = reading.disposition, reading.decision
    if disposition == NOT_ASSESSED:
        return Next("decide", "Try again to decide", "No decision could be made. No massage until one can.")
    if disposition == "do_not_massage_now" and _class_of(reading) == "worse":
        why = "Worse: every question of the screen is asked again today."
        return Next("link", "Ask the whole screen again", why, here("check-screen", episode))
    if disposition in REFERRED:
        return Next("link", "See what to do", "Massage is not open.", url_of(episode, "decision"))
    if disposition == "incomplete":
        return Next("link", "Answer the open questions", "Safety questions are open.", url_of(episode, "intake"))
    if disposition in MAY_TREAT:
        since = _first_of_class(episode, "partly") if _class_of(reading) == "partly" else None
        if since is not None and (changed is None or changed.created < since):
            return Next("change", "Go on with this change", "Partly: go on, and change one thing.")
        return _booking(episode, day, reading)
    written = [letter for letter in letters if letter.made >= _first_of(episode, disposition, decision)]
    if switches and not written:
        return Next("letter", "Make the letter", "The next treatment gets a hand-over, so that nothing is told twice.")
    return Next("link", "Discharge", "The course ends here.", here("discharge", episode))


def _waiting(episode: Episode, opens: date) -> Next:
    """On the day of the massage nothing can be judged yet: the check is taken before the next touch."""
    why = f"The check is taken before any further touch; ratings count from {opens.day} {opens:%B %Y}."
    booking = maybe("appointment-new", {"person": str(episode.person_id), "episode": str(episode.pk)})
    return Next("link", "Book the next session", why, booking)


def _booking(episode: Episode, day: date, reading: Reading) -> Next:
    """The next session: now, where the person is here on a day that fits, or on a day that is booked."""
    plan = reading.answer["plan"]
    if not (plan["next_from"] and plan["next_to"]):  # before the first session no last day follows
        return Next("link", "Open the door card", "The next session may be given.", url_of(episode, "session"))
    window = {"from": plan["next_from"], "to": plan["next_to"]}
    booking = maybe("appointment-new", {"person": str(episode.person_id), "episode": str(episode.pk), **window})
    first, last = date.fromisoformat(plan["next_from"]), date.fromisoformat(plan["next_to"])
    why = f"Go on. The next session fits between {first.day} {first:%B} and {last.day} {last:%B %Y}."
    if first <= day <= last:
        door = maybe("door", person=episode.person_id, episode=episode.pk)
        return Next("link", "Open the door card", f"{why} It may be today.", door)
    if booking:
        return Next("link", "Book the next session", why, booking)
    return Next("link", "Open the door card", why, maybe("door", person=episode.person_id, episode=episode.pk))


def _is_older(decision: Decision, newest: Any) -> bool:
    return newest is not None and newest.at > decision.at


def _first_of(episode: Episode, disposition: str, decision: Decision) -> datetime:
    """When the unbroken run of this disposition began that ends in the newest decision."""
    began: datetime = decision.at
    for row in care.decisions(episode).defer("document", "answer"):
        if row.disposition != disposition:
            break
        began = row.at
    return began


def _first_of_class(episode: Episode, kind: str) -> datetime | None:
    """When the unbroken run of this class of response began that ends in the newest decision."""
    began = None
    for row in care.decisions(episode).exclude(answer=""):
        if _class_of(read(row)) != kind:
            break
        began = row.at
    return began


# --- ratings ----------------------------------------------------------------------------------------------------------


def ratings(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The ratings of a check, given by the person on the tablet (`?by=person`) or told by telephone."""
    pathway = the_pathway()
    found = checking.check_of(episode, pathway)
    by_person = _by_person(request)
    if by_person and request.GET.get("done") == "yes":
        return _rated_page(request, "check/thanks.html", person, episode, {"by_person": True}, 200)
    asked = checking.AT_END if found.at_end else checking.AT_CHECK
    if request.method == "POST":
        if not found.is_open(today_of(request)):
            raise Conflict("Ratings do not count yet for this check. Nothing was saved.")
        answer = keep(request, person, episode, pathway, asked, "check/ratings.html", by_person)
        if answer is not None:
            return answer
        decide_now(request.actor, episode, "review", today_of(request))
        to = here("check-ratings", episode) + "?by=person&done=yes" if by_person else here("check", episode)
        return HttpResponseRedirect(to, status=303)
    form = RatingsForm(pathway, asked, episode.activities)
    return _rated_page(request, "check/ratings.html", person, episode, _ratings_context(form, by_person, found), 200)


def _ratings_context(form: RatingsForm, by_person: bool, found: Check | None) -> dict[str, Any]:
    return {"form": form, "by_person": by_person, "check": found}


def keep(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    pathway: Pathway,
    asked: tuple[str, ...],
    template: str,
    by_person: bool = False,
) -> HttpResponse | None:
    """Keeps the ratings of a form. Returns the page with its errors, or None where everything is kept."""
    form = RatingsForm(pathway, asked, episode.activities, request.POST)
    if wrong := strange(request.POST, form):
        raise BadInput(f"This form holds something that was not asked: {', '.join(wrong)[:200]}. Nothing was saved.")
    if form.is_valid():
        try:
            day = today_of(request)
            checking.keep_scores(request.actor, episode, seen(request), form.values(), form.rated(), day, asked)
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return None
    return _rated_page(request, template, person, episode, _ratings_context(form, by_person, None), 422)


def _rated_page(
    request: ClinicRequest, template: str, person: Person, episode: Episode, context: dict[str, Any], status: int
) -> HttpResponse:
    context["layout"] = "check/person.html" if context.get("by_person") else "way.html"
    return person_page(request, template, person, context, episode=episode, step="check", status=status)


def _by_person(request: ClinicRequest) -> bool:
    return request.GET.get("by") == "person"


# --- what is done now -------------------------------------------------------------------------------------------------


def decide(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Decides again, with what is known today."""
    decide_now(request.actor, episode, "review", today_of(request))
    return HttpResponseRedirect(here("check", episode), status=303)


def muscle(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Keeps how the treated muscle has answered, and decides with it."""
    pathway = the_pathway()
    form = MuscleForm(checking.muscle_words(pathway), request.POST)
    if not form.is_valid():
        return _page(request, person, episode, muscle_form=form, status=422)
    value, day = form.cleaned_data["spasm_response"], today_of(request)
    checking.keep_muscle(request.actor, episode, seen(request), value, pathway, day)
    return decide(request, person, episode)


def change(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Keeps the one thing that is changed after a partial response."""
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _page(request, person, episode, change_form=form, status=422)
    checking.change_one_thing(request.actor, episode, seen(request), form.cleaned_data["what"])
    return HttpResponseRedirect(here("check", episode), status=303)


def letter(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Makes the letter to the next treatment."""
    decision = care.decisions(episode).first()
    reading = read(decision) if decision is not None else None
    if reading is None or not closing.next_treatments(reading):
        raise Conflict("The newest decision names no next treatment, so there is no letter to make.")
    form = LetterForm(closing.next_treatments(reading), request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = closing.write_next_letter(
                request.actor,
                request.practice,
                episode,
                reading,
                told["treatment"],
                to=told["to"],
                agreed=told["agreed"] == "yes",
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            ids = {"person": person.pk, "episode": episode.pk, "letter": made.pk}
            return HttpResponseRedirect(reverse("letter", kwargs=ids), status=303)
    return _page(request, person, episode, letter_form=form, status=422)
