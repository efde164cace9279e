"""The decision: what to do, why, what would change it, and what a professional did with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import overruling
from palpate.clinic.access import care
from palpate.clinic.access import referring as papers
from palpate.clinic.access.people import may_write, visible_to
from palpate.clinic.actor import THERAPIST
from palpate.clinic.booking.course import to_cancel
from palpate.clinic.decided import Reading, moment_now, read
from palpate.clinic.deciding import NOT_ASSESSED, decide_now, pathway_in_force
from palpate.clinic.in_sight import seen_with
from palpate.clinic.models import Decision, Episode, Letter, Person
from palpate.clinic.names import clean_text
from palpate.clinic.referring import (
    EXAMINED,
    REFERRED,
    emergency_text,
    handover_document,
    write_handover,
)
from palpate.clinic.refusals import BadInput, Conflict, Forbidden
from palpate.letters import LetterFault, to_pdf
from palpate.pathway.pathway import Pathway
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.decision.forms import HandoverForm, OverruleForm
from palpate.web.pages.decision.shown import changes_of, context_of
from palpate.web.pages.paying.shown import card
from palpate.web.pages.session.board import shown_with
from palpate.web.routes import ClinicRequest


def newest(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """The newest decision of an episode, or that nothing is decided yet."""
    decision = care.newest_decision(episode)
    if decision is None:
        return person_page(request, "decision/none.html", person, episode=episode, step="decision")
    return _page(request, person, episode, decision)


def one(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """One decision, with the pathway of its day."""
    return _page(request, person, episode, decision)


def printed(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """The same decision with everything open, for paper."""
    return _page(request, person, episode, decision, template="decision/print.html")


def _page(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    decision: Decision,
    *,
    template: str = "",
    form: OverruleForm | None = None,
    handover: HandoverForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = today_of(request)
    reading = read(decision)
    all_of_them = list(care.decisions(episode).select_related("by"))
    is_newest = all_of_them[0].pk == decision.pk
    writes = request.actor.is_any(THERAPIST) and may_write(request.actor, person)
    can = overruling.choice(decision) if writes and is_newest and decision.as_of == today else ""
    context = context_of(reading, today) | {
        "is_newest": is_newest,
        "writes": writes,
        "earlier": [row for row in all_of_them if row.pk != decision.pk],
        "overrides": list(papers.overrides(decision)),
        "why_not_overruled": overruling.why_not(decision) if writes and is_newest and not reading.may_treat else "",
        "overrule": can,
        "overrule_form": form or OverruleForm(initial={"does": can}),
        "refers": writes and is_newest and decision.disposition in REFERRED and bool(reading.answer),
        "examined": decision.disposition in EXAMINED,
        "open_letters": _open_letters(episode) if writes else [],
        "episode_letters": reverse("letters", kwargs={"person": person.pk, "episode": episode.pk}) if writes else "",
    }
    seen = seen_with(episode, decision, _in_force()) if is_newest else []
    context["in_sight"] = shown_with(episode, seen)
    context["overtaken"] = any(one.episode == episode.pk and one.decision is None for one in seen)
    context["later_booked"] = len(to_cancel(episode, decision)) if is_newest else 0
    context["paid"] = card(request.actor, person)
    context["next_thing"] = _next(episode, reading, context)
    if decision.disposition == "emergency":
        context |= _emergency(request, person, episode, decision, context, handover)
        # An emergency of an earlier day is read on the ordinary page, with its fixed text.
        template = template or ("decision/emergency.html" if is_newest else "")
    return person_page(
        request, template or "decision/page.html", person, context, episode=episode, step="decision", status=status
    )


def _next(episode: Episode, reading: Reading, context: Mapping[str, Any]) -> tuple[str, str]:
    """The one next thing of this page: its label and address; ("again", "") for deciding again."""
    ids = {"person": episode.person_id, "episode": episode.pk}
    if not context["writes"] or not context["is_newest"]:
        return "", ""
    waits = bool(context["refers"] and context["open_letters"])
    if context["overtaken"] or (not context["of_today"] and not waits) or reading.disposition == NOT_ASSESSED:
        return "again", ""
    if context["overrides"] and context["overrides"][0].does == overruling.NOT_TREAT:
        return "none", ""
    if context["overrule"] == overruling.NOT_TREAT and not reading.may_treat:  # overruled to treat
        planned = episode.planned_at is not None
        return (
            ("Open the door card", url_of(episode, "session"))
            if planned
            else ("Make the plan", url_of(episode, "plan"))
        )
    if context["overrule"] == overruling.NOT_TREAT:
        return "", ""  # the way's own next step
    if context["open_letters"]:
        letter = context["open_letters"][0]
        return "Record the clinician's answer", reverse("letter-answer", kwargs={**ids, "letter": letter.pk})
    if context["refers"]:
        return "Make the referral letter", reverse("referral-new", kwargs=ids)
    if reading.disposition == "incomplete":
        return "Answer the open questions", url_of(episode, "intake")
    return "", ""


def _in_force() -> Pathway | None:
    try:
        return pathway_in_force()
    except Exception:  # the page then says that the pathway is another one
        return None


def _open_letters(episode: Episode) -> list[Letter]:
    waiting = care.letters(episode).filter(kind__in=(Letter.Kind.REFERRAL, Letter.Kind.URGENT))
    return list(waiting.filter(answered__isnull=True, closed__isnull=True))


def _emergency(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    decision: Decision,
    context: dict[str, Any],
    form: HandoverForm | None,
) -> dict[str, Any]:
    reading = context["reading"]
    # Straight from the stored answer: these sentences stand also where the pathway of that day is missing.
    rows = [row for row in reading.answer.get("reasons", ()) if row["disposition"] == "emergency"]
    ids = {"person": person.pk, "episode": episode.pk, "decision": decision.pk}
    prints = request.actor.is_any(THERAPIST) and visible_to(request.actor, "document").filter(pk=person.pk).exists()
    return {
        "text": emergency_text(reading.pathway),
        "because": [row["because"] for row in rows],
        "do": list(dict.fromkeys(row["do"] for row in rows)),
        "phone": request.practice.emergency_number,
        "print_url": reverse("handover-pdf", kwargs=ids) if prints else "",
        "handover_form": form or HandoverForm(),
    }


def why(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """What would have decided otherwise; asked for when somebody opens it."""
    reading = read(decision)
    try:
        told = context_of(reading, today_of(request)) | {"changes": changes_of(reading), "fault": ""}
    except Exception:  # an explanation that fails explains nothing, and decides nothing
        told = {"changes": [], "decision": decision, "fault": "What would change this decision cannot be worked out."}
    if request.htmx:
        return render(request, "decision/_why.html", told)
    return person_page(request, "decision/why.html", person, told, episode=episode, step="decision")


def again(request: ClinicRequest, person: Person, episode: Episode) -> HttpResponse:
    """Decides again, on what is known today."""
    today = today_of(request)
    moment, session = moment_now(episode, today)
    decide_now(request.actor, episode, moment, today, session)
    return _to(episode)


def overrule(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """Keeps an overruling with its reason; the page again where the reason is too short."""
    form = OverruleForm(request.POST)
    if form.is_valid():
        does, reason = form.cleaned_data["does"], form.cleaned_data["reason"]
        try:
            override = overruling.overrule(request.actor, episode, decision, does, reason)
        except BadInput as bad:
            form.add_error(bad.field or None, bad.message)
        else:
            request.deed.about |= {"does": override.does, "override": str(override.pk)}
            return _to(episode)
    if overruling.why_not(decision) and form.data.get("does") == overruling.TREAT:
        raise Forbidden(overruling.why_not(decision) + " Nothing was saved.")
    return _page(request, person, episode, decision, form=form, status=422)


def handover_pdf(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """The urgent hand-over of an emergency, at once and from the stored decision alone."""
    if decision.disposition != "emergency":
        raise Conflict("This decision is no emergency, so there is no urgent hand-over.")
    document = handover_document(request.practice, episode, decision, by=papers.therapist_of(episode))
    try:
        made = to_pdf(document, spell_missing=True)
    except LetterFault:
        raise Conflict("The hand-over cannot be printed. Print this page instead, and send it along.") from None
    return pdf_answer(made, document.file_name)


def keep_handover(request: ClinicRequest, person: Person, episode: Episode, decision: Decision) -> HttpResponse:
    """Keeps the urgent hand-over among the letters, with who called and what was done."""
    if decision.disposition != "emergency":
        raise Conflict("This decision is no emergency, so there is no urgent hand-over. Nothing was saved.")
    form = HandoverForm(request.POST)
    if form.is_valid():
        told = {name: clean_text(form.cleaned_data[name], field=name) for name in ("called_by", "called_at", "done")}
        letter = write_handover(
            request.actor,
            request.practice,
            episode,
            decision,
            done=[("", line.strip()) for line in told["done"].splitlines() if line.strip()],
            called_by=told["called_by"],
            called_at=told["called_at"],
        )
        ids = {"person": person.pk, "episode": episode.pk, "letter": letter.pk}
        return HttpResponseRedirect(reverse("letter", kwargs=ids), status=303)
    return _page(request, person, episode, decision, handover=form, status=422)


def pdf_answer(made: bytes, name: str) -> HttpResponse:
    """A PDF as it is sent: shown in the browser, under a name that holds no name of a person."""
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _to(episode: Episode) -> HttpResponse:
    ids = {"person": episode.person_id, "episode": episode.pk}
    return HttpResponseRedirect(reverse("decision", kwargs=ids), status=303)
