"""Letters to clinicians, how old they are, and the way back: the answer, and what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import answering, links, referring
from palpate.clinic.access import care
from palpate.clinic.access import referring as rows
from palpate.clinic.access.links import live_links
from palpate.clinic.actor import THERAPIST
from palpate.clinic.decided import read
from palpate.clinic.deciding import pathway_in_force
from palpate.clinic.models import Clearance, Decision, Episode, Letter, Person
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput, Conflict
from palpate.pathway.pathway import Pathway
from palpate.show.words import label
from palpate.web.page import person_page, today_of
from palpate.web.pages.decision.views import pdf_answer
from palpate.web.pages.referral.forms import AnswerForm, HandedForm, LetterForm, NewLetterForm, WhyForm
from palpate.web.routes import ClinicRequest

WAITING = (Letter.Kind.REFERRAL, Letter.Kind.URGENT)


# --- making a letter -------------------------------------------------------------------------------------------------


def new(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The letter that the newest decision asks for: addressee and remark may be filled in, then it is ready."""
    decision = care.decisions(episode).first()
    reading = read(decision) if decision is not None else None
    if decision is None or reading is None or reading.disposition not in referring.REFERRED or not reading.answer:
        raise Conflict("The newest decision asks for no examination and no clearance, so there is no letter to make.")
    if decision.as_of != today_of(request):
        raise Conflict("The newest decision is of another day. Decide again first; then make the letter.")
    form = NewLetterForm(request.POST or None, initial={"to": person.doctor})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            letter = referring.write_referral(
                request.actor,
                request.practice,
                episode,
                decision,
                to=told["to"],
                remark=told["remark"],
                agreed=told["agreed"] == "yes",
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return _to("letter", letter)
    context = {
        "form": form,
        "decision": decision,
        "disposition": reading.disposition,
        "urgency": decision.urgency,
        "summary": reading.answer["summary"],
        "examined": reading.disposition in referring.EXAMINED,
        "rules": [label(rule) for rule in referring.asked_rules(reading)],
    }
    return _page(request, "referral/new.html", person, episode, context, form)


# --- letters of an episode -------------------------------------------------------------------------------------------


def letters(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """All letters of an episode, and all answers that were recorded."""
    found = list(care.letters(episode))
    answers = list(rows.all_clearances(episode))
    context = {
        "rows": [(letter, _age(request, letter)) for letter in found],
        "answers": [(row, list(row.taken_back_by.all())) for row in answers if row.takes_back_id is None],
        "outcomes": answering.OUTCOMES,
        "titles": _titles(answers),
        "form": WhyForm(),
    }
    return person_page(request, "referral/letters.html", person, context, episode=episode)


def letter(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """One letter: print it, hand it over, wait for its answer."""
    return _letter(request, person, episode, letter)


def _letter(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    letter: Letter,
    *,
    form: LetterForm | None = None,
    why: WhyForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    pathway_names = [label(rule) for rule in letter.rules]
    data = letter.data
    waits = letter.kind in WAITING and letter.answered is None and letter.closed is None
    can_change = letter.kind == Letter.Kind.REFERRAL and waits and letter.handed_over is None
    initial = {"to": letter.to, "remark": data.get("request", "")}
    context: dict[str, Any] = {
        "letter": letter,
        "waits": waits,
        "age": _age(request, letter),
        "due": referring.due_on(letter.made, letter.urgency, request.practice.time_zone),
        "can_change": can_change,
        "form": form or LetterForm(initial=initial),
        "why_form": why or WhyForm(),
        "handed": referring.HANDED,
        "handed_word": referring.HANDED.get(letter.handed_how, "Handed over"),
        "rules": pathway_names,
        "links": live_links(letter, now()) if waits else [],
        "answers": rows.standing_answers(letter),
        "outcomes": answering.OUTCOMES,
        "situation": data.get("situation", ""),
    }
    return person_page(request, "referral/letter.html", person, context | more, episode=episode, status=status)


def pdf(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """The letter on paper, from what is kept: always the same bytes."""
    return pdf_answer(referring.pdf_of(letter), referring.file_name(letter))


def change(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """Changes addressee and remark of a letter that has not gone out. A stale page shows both texts (S-56)."""
    form = LetterForm(request.POST)
    if _version(request) != letter.version:
        theirs = {"to": letter.to, "remark": letter.data.get("request", "")}
        return _letter(request, person, episode, letter, form=form, theirs=theirs, status=409)
    if form.is_valid():
        told = form.cleaned_data
        try:
            referring.change_letter(letter, _version(request), to=told["to"], remark=told["remark"])
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            return _to("letter", letter)
    return _letter(request, person, episode, letter, form=form, status=422)


def handed(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """Records how a letter went out."""
    form = HandedForm(request.POST)
    if not form.is_valid():
        raise BadInput("Choose how the letter was handed over. Nothing was saved.", "how")
    referring.hand_over(letter, _version(request), form.cleaned_data["how"])
    return _to("letter", letter)


def close(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """Closes a referral that nobody will answer. Its links die."""
    form = WhyForm(request.POST)
    if form.is_valid():
        try:
            referring.close_letter(letter, _version(request), form.cleaned_data["why"])
        except BadInput as bad:
            form.add_error("why", bad.message)
        else:
            links.revoke(letter)
            return _to("letter", letter)
    return _letter(request, person, episode, letter, why=form, status=422)


# --- the one-time link -----------------------------------------------------------------------------------------------


def make_link(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """Makes a one-time link and shows it now, once. It is kept nowhere, so this answer is no redirect."""
    made = links.make_link(request.actor, letter)
    context = {
        "letter": letter,
        "secret": made.secret,
        "address": _address(request, made.secret),
        "until": made.link.until,
    }
    return person_page(request, "referral/link.html", person, context, episode=episode)


def link_pdf(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """The letter with its link printed on it. The secret comes with the form and is not kept."""
    secret = request.POST.get("secret", "")
    if not links.is_of(secret, letter):
        raise Conflict("This link can no longer be used. Make a new one.")
    made = referring.pdf_of(letter, reply_link=_address(request, secret))
    return pdf_answer(made, referring.file_name(letter))


def revoke(request: ClinicRequest, person: Person, episode: Episode, letter: Letter) -> HttpResponse:
    """Ends the links of a letter."""
    links.revoke(letter)
    return _to("letter", letter)


def _address(request: ClinicRequest, secret: str) -> str:
    """Where the link leads. The one setting says it; without it only this machine can be reached anyway (S-35)."""
    site = settings.SITE or f"{request.scheme}://{request.get_host()}"
    return f"{site}{reverse('link')}#{secret}"


# --- the answer ------------------------------------------------------------------------------------------------------


def answer(request: ClinicRequest, person: Person, episode: Episode, letter: Letter | None = None) -> HttpResponse:
    """Records what a clinician answered, and decides again."""
    today = today_of(request)
    decision = care.decisions(episode).first()
    rules = rules_to_cover(letter, decision)
    initial: dict[str, Any] = {"covers": (letter.rules if letter is not None else []) or [rule for rule, _ in rules]}
    if not initial["covers"]:
        initial["covers"] = [answering.EVERYTHING]
    form = AnswerForm(request.POST or None, initial=initial, rules=rules, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            clearance, decided = answering.record_answer(
                request.actor, episode, letter, **form.cleaned_data, today=today
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            request.deed.about |= {"clearance": str(clearance.pk), "decision": str(decided.pk)}
            return HttpResponseRedirect(reverse("decision", kwargs=_ids(episode)), status=303)
    context = {
        "form": form,
        "letter": letter,
        "emergency": decision is not None and decision.disposition == "emergency",
    }
    return _page(request, "referral/answer.html", person, episode, context, form)


def take_back(request: ClinicRequest, person: Person, episode: Episode, clearance: Clearance) -> HttpResponse:
    """Takes a wrongly recorded answer back, and decides again."""
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answering.take_back(request.actor, episode, clearance, form.cleaned_data["why"], today_of(request))
        except BadInput as bad:
            form.add_error("why", bad.message)
        else:
            return HttpResponseRedirect(reverse("decision", kwargs=_ids(episode)), status=303)
    context = {"form": form, "clearance": clearance, "outcome": answering.OUTCOMES[clearance.outcome]}
    return _page(request, "referral/take_back.html", person, episode, context, form)


def rules_to_cover(letter: Letter | None, decision: Decision | None) -> list[tuple[str, str]]:
    """Rules that an answer may name: those of the letter, and those that forbid massage in the newest decision.

    A rule that the pathway in force no longer has is left out: an answer that names it would make the record unsound.
    """
    named: list[str] = list(letter.rules) if letter is not None else []
    if decision is not None:
        named += referring.asked_rules(read(decision))
    pathway: Pathway = pathway_in_force()
    return [(rule, label(rule)) for rule in dict.fromkeys(named) if rule in pathway.rule]


# --- open referrals --------------------------------------------------------------------------------------------------


def referrals(request: ClinicRequest) -> HttpResponse:
    """Referrals that wait for an answer, the oldest first. An owner sees that they exist, not the letters."""
    found = [(letter, _age(request, letter)) for letter in rows.open_referrals(request.actor)]
    request.deed.concerns(*{letter.episode.person_id for letter, _ in found})
    found.sort(key=lambda pair: (pair[1].allowed_days - pair[1].days, pair[0].made))
    context = {
        "rows": found,
        "overdue": sum(age.overdue for _, age in found),
        "opens_letters": request.actor.is_any(THERAPIST),
        "mine": _mine(request, [letter for letter, _ in found]),
    }
    return render(request, "referral/referrals.html", context)


def _mine(request: ClinicRequest, found: Sequence[Letter]) -> set[Any]:
    """People whose letters this member of the staff may open."""
    from palpate.clinic.access.people import visible_to

    people = {letter.episode.person_id for letter in found}
    return set(visible_to(request.actor, "document").filter(pk__in=people).values_list("pk", flat=True))


# --- small things ----------------------------------------------------------------------------------------------------


def _page(
    request: ClinicRequest, template: str, person: Person, episode: Episode, context: dict[str, Any], form: Any
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return person_page(request, template, person, context, episode=episode, step="decision", status=status)


def _age(request: ClinicRequest, letter: Letter) -> referring.Age:
    return referring.age_of(letter, today_of(request), request.practice.time_zone)


def _titles(answers: Sequence[Clearance]) -> dict[Any, str]:
    said = {}
    for row in answers:
        everything = row.covers == [answering.EVERYTHING]
        said[row.pk] = (
            "everything known that day" if everything else ", ".join(label(rule).lower() for rule in row.covers)
        )
    return said


def _ids(episode: Episode) -> dict[str, Any]:
    return {"person": episode.person_id, "episode": episode.pk}


def _to(name: str, letter: Letter) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, kwargs={**_ids(letter.episode), "letter": letter.pk}), status=303)


def _version(request: ClinicRequest) -> int:
    told = request.POST.get("_version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1
