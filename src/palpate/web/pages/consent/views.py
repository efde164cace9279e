"""Consent: what stands, choosing areas, signing, taking back, and every paper with the words that were signed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from palpate.clinic import consenting
from palpate.clinic.access.consenting import papers
from palpate.clinic.consenting import Signed, Standing, blocks_of
from palpate.clinic.messages.words import language_of
from palpate.clinic.models import Consent, Episode, Person
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.library.languages import ENGLISH, read
from palpate.library.place_rules import areas
from palpate.web.languages import choices, known
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.consent.forms import AreasForm, SignForm, WithdrawForm
from palpate.web.routes import ClinicRequest

BACK = ("neck", "upper_back", "mid_back", "low_back", "flank")  # what one button chooses


def consent(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """What stands today, the form that asks for areas, and all papers."""
    return _page(request, person, episode)


def _page(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    *,
    ask: AreasForm | None = None,
    back: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    day = today_of(request)
    rows = list(papers(episode))
    given = [row for row in rows if row.withdraws_id is None]
    named = {area for row in given for area in row.areas}
    stands = consenting.standing(episode, named, day)
    live = consenting.standing_papers(episode, day)
    sensitive = consenting.rules_here().sensitive
    if ask is None:
        chosen = set(BACK) if request.GET.get("set") == "back" else named
        ask = AreasForm(initial={"areas": [area for area in areas() if area in chosen]}, sensitive=list(sensitive))
    context = {
        "stands": stands,
        "areas": [_area(area, stands) for area in areas() if area in named],
        "papers": _papers(rows, live),
        "form": ask,
        "withdraw": back or WithdrawForm(papers=live),
        "live": live,
        "asking": not stands.begins or status != 200 or "ask" in request.GET or request.GET.get("set") == "back",
        "place": consenting.rules_here(),
        "whys": list(dict.fromkeys(missing.why for missing in stands.missing if missing.areas)),
        "before": list(dict.fromkeys(missing.why for missing in stands.missing if not missing.areas)) if given else [],
        "next": url_of(episode, "intake"),
    }
    return person_page(request, "consent/consent.html", person, context, episode=episode, step="consent", status=status)


def _area(area: str, stands: Standing) -> dict[str, Any]:
    return {"name": areas()[area].name, "may": area in stands.touchable, "daily": area in stands.lasts_day}


def _papers(rows: list[Consent], live: list[Consent]) -> list[dict[str, Any]]:
    """Consents and withdrawals, newest first, each with its state in words."""
    found = []
    standing = {row.pk for row in live}
    gone = {row.withdraws_id for row in rows}
    for row in reversed(rows):
        first = next((one for one in rows if one.pk == row.withdraws_id), row)
        state = "taken back" if row.pk in gone else "stands" if row.pk in standing else "run out"
        found.append(
            {
                "row": row,
                "title": first.text.split("\n", 1)[0],
                "areas": consenting.area_names(first.areas),
                "state": "" if row.withdraws_id else state,
                "withdrawal": row.withdraws_id is not None,
            }
        )
    return found


def sign(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """From the areas to the texts, and from the signatures to the store."""
    day = today_of(request)
    sensitive = list(consenting.rules_here().sensitive)
    ask = AreasForm(request.POST, sensitive=sensitive)
    if not ask.is_valid():
        return _page(request, person, episode, ask=ask, status=422)
    chosen = consenting.read_areas(ask.cleaned_data["areas"])
    alone = ask.cleaned_data["alone"]
    code = request.POST.get("language") or language_of(person.language)
    if not known(code):
        raise BadInput("There is no such language. Nothing was saved.")
    lie = [consenting.in_language(sheet, code) for sheet in consenting.sheets(episode, chosen, day, alone)]
    if request.POST.get("step") != "sign":
        return _sheets(request, person, episode, SignForm(lie), chosen, alone, code)
    if request.POST.getlist("shown") != [sheet.digest for sheet in lie]:
        raise Conflict("The words have changed since they were shown. Nothing was saved. Open the page again.")
    form = SignForm(lie, request.POST)
    if not form.is_valid():
        return _sheets(request, person, episode, form, chosen, alone, code, 422)
    agrees = form.cleaned_data.get("agrees", "yes") == "yes"
    signed = [Signed(sheet, mark, agrees) for sheet, mark in zip(lie, form.marks, strict=True)]
    guardian, relation = form.cleaned_data.get("guardian", ""), form.cleaned_data.get("relation", "")
    try:
        consenting.sign(request.actor, episode, day, signed, alone, guardian, relation)
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        return _sheets(request, person, episode, form, chosen, alone, code, 422)
    return HttpResponseRedirect(_home(episode), status=303)


def _sheets(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    form: SignForm,
    chosen: tuple[str, ...],
    alone: str,
    code: str,
    status: int = 200,
) -> HttpResponse:
    context = {
        "language": code,
        "languages": choices(),
        "form": form,
        "chosen": chosen,
        "alone": alone,
        "chosen_words": consenting.area_names(chosen),
        "stays": any(sheet.need.stays for sheet in form.sheets),
        "because": _because(form.sheets),
        "signer": "parent or guardian" if form.by_guardian else person.name,
    }
    return person_page(request, "consent/sign.html", person, context, episode=episode, step="consent", status=status)


def _because(sheets: Any) -> list[dict[str, Any]]:
    """What the asking rests on, each statement once, with whether somebody has read it."""
    statements = {one.id: one for sheet in sheets for one in sheet.need.because}
    certain = {"read": "", "unverified": "nobody has read the source itself", "policy": ""}
    found = []
    for one in statements.values():
        citations = [
            {"citation": f"{s.title}, {s.section}" if s.section else s.title, "url": s.url} for s in one.sources
        ]
        found.append(
            {"text": one.text, "own": one.certainty == "policy", "unsure": certain[one.certainty], "sources": citations}
        )
    return found


def withdraw(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Takes consents back; from then on no session can start where the general one is among them."""
    day = today_of(request)
    live = consenting.standing_papers(episode, day)
    form = WithdrawForm(request.POST, papers=live)
    if not form.is_valid():
        return _page(request, person, episode, back=form, status=422)
    chosen = set(form.cleaned_data["consent"])
    rows = [row for row in live if str(row.pk) in chosen]
    consenting.withdraw(request.actor, episode, rows, form.cleaned_data["why"], day)
    return HttpResponseRedirect(_home(episode), status=303)


def paper(request: ClinicRequest, person: Person, episode: Episode, consent: Consent) -> HttpResponse:
    """One paper, with the exact words, to read and to print."""
    rows = list(papers(episode))
    first = next((row for row in rows if row.pk == consent.withdraws_id), consent)
    if first.withdraws_id is not None:
        raise NotVisible
    told = first.signature
    language = read(told.get("language", ENGLISH))
    context = {
        "paper": first,
        "language": language,
        "title": first.text.split("\n", 1)[0],
        "blocks": blocks_of(first.text),
        "areas": consenting.area_names(first.areas),
        "typed": told.get("typed", ""),
        "relation": told.get("relation", ""),
        "agrees": told.get("person_agrees"),
        "therapist": told.get("therapist", ""),
        "box": f"0 0 {told['width']} {told['height']}" if "strokes" in told else "",
        "lines": [_line(stroke) for stroke in told.get("strokes", ())],
        "noes": [row for row in rows if row.withdraws_id == first.pk],
        "back": _home(episode),
    }
    return person_page(request, "consent/paper.html", person, context, episode=episode, step="consent")


def _line(stroke: list[list[float]]) -> str:
    """A stroke as the points of a polyline; a dot becomes a line of no length with round ends."""
    points = stroke if len(stroke) > 1 else [*stroke, *stroke]
    return " ".join(f"{x},{y}" for x, y in points)


def _home(episode: Episode) -> str:
    return reverse("consent", kwargs={"person": episode.person_id, "episode": episode.pk})
