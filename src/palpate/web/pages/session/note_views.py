"""The note: as it wrote itself, edited, signed, amended in sight; and the list of notes that still wait."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import notes as deeds
from palpate.clinic.access import may_write
from palpate.clinic.access.notes import amendments, note_of, unfinished
from palpate.clinic.deciding import pathway_in_force, said
from palpate.clinic.models import Decision, Episode, Person, Session
from palpate.clinic.refusals import BadInput, Conflict
from palpate.web.page import person_page, today_of, url_of
from palpate.web.pages.session.board import ids_of
from palpate.web.pages.session.forms import AmendForm, NoteForm
from palpate.web.routes import ClinicRequest


def note(request: ClinicRequest, person: Person, episode: Episode, session: Session) -> HttpResponse:
    """GET: the note, to be signed or as it was signed. POST: keep a draft, sign, or amend."""
    if request.method != "POST":
        return _show(request, person, episode, session)
    if request.POST.get("do") == "amend":
        return _amend(request, person, episode, session)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, person, episode, session, form, status=422)
    try:
        return _keep(request, session, form)
    except deeds.StaleNote as stale:
        return _show(request, person, episode, session, form, status=409, stale=stale.message)
    except BadInput as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, wrong.message)
        return _show(request, person, episode, session, form, status=422)


def _keep(request: ClinicRequest, session: Session, form: NoteForm) -> HttpResponse:
    seen = form.cleaned_data["_version"]
    if request.POST.get("do") == "draft":
        deeds.keep_draft(request.actor, session, seen, form.texts())
        messages.success(request, "The draft is kept. The note is not signed yet.")
        return HttpResponseRedirect(reverse("note", kwargs=ids_of(session)), status=303)
    _, decision = deeds.sign_note(
        request.actor, session, seen, form.texts(), today_of(request), form.cleaned_data["none_why"]
    )
    messages.success(request, "The note is signed.")
    return HttpResponseRedirect(_after(session.episode, decision), status=303)


def _after(episode: Episode, decision: Decision) -> str:
    """Where to go once a note is signed: the check if due, the decision if it forbids massage, else the record."""
    if check_is_due(decision):
        return url_of(episode, "check")
    if decision.disposition in ("emergency", "medical_exam_first", "physician_clearance", "not_assessed"):
        return url_of(episode, "decision")
    return url_of(episode, "record")


def check_is_due(decision: Decision) -> bool:
    """Whether the course has come to a point where its response is judged, or to its end."""
    told = said(decision)
    plan = told.get("plan") or {}
    if decision.disposition in ("change_treatment", "complete"):
        return True
    pathway = pathway_in_force()
    protocol = pathway.protocols.get(plan.get("protocol", "")) or pathway.protocols[pathway.default_protocol]
    document_says = any(row["rule"] in ("check_unanswered", "check_overdue") for row in told.get("reasons", ()))
    return document_says or plan.get("sessions_done") in {*protocol.checks, protocol.sessions}


def _amend(request: ClinicRequest, person: Person, episode: Episode, session: Session) -> HttpResponse:
    form = AmendForm(request.POST)
    if form.is_valid():
        try:
            deeds.amend(request.actor, session, form.cleaned_data["text"], form.cleaned_data["why"])
        except BadInput as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, wrong.message)
        else:
            messages.success(request, "The amendment is added. The note itself is unchanged.")
            return HttpResponseRedirect(reverse("note", kwargs=ids_of(session)), status=303)
    return _show(request, person, episode, session, amend=form, status=422)


def _show(
    request: ClinicRequest,
    person: Person,
    episode: Episode,
    session: Session,
    form: NoteForm | None = None,
    *,
    amend: AmendForm | None = None,
    status: int = 200,
    stale: str = "",
) -> HttpResponse:
    today = today_of(request)
    signed = note_of(session)
    context: dict[str, Any] = {
        "session": session,
        "late": today != session.day,
        "may_change": may_write(request.actor, person),
        "session_url": reverse("session", kwargs=ids_of(session)),
        "parts": deeds.PARTS.items(),
        "stale": stale,
    }
    if signed is not None:
        if form is not None:
            raise Conflict("This note is signed already. Nothing was saved.")
        context |= {
            "note": signed,
            "texts": list(zip(deeds.PARTS.values(), _texts(signed), strict=True)),
            "amendments": list(amendments(signed)),
            "amend": amend or AmendForm(),
        }
        return person_page(
            request, "session/signed.html", person, context, episode=episode, step="session", status=status
        )
    draft = deeds.draft_of(session, today)
    shown = form or NoteForm(initial={**draft.texts, "none_why": ""})
    asks_why = not draft.visit.treatments and not draft.why
    shown.fields["none_why"].required = asks_why
    context |= {
        "form": shown,
        "fields": [shown[part] for part in deeds.PARTS],
        "draft": draft,
        "stored": [(name, draft.texts[part]) for part, name in deeds.PARTS.items()],
        "asks_why": asks_why,
    }
    return person_page(request, "session/note.html", person, context, episode=episode, step="session", status=status)


def _texts(note: Any) -> list[str]:
    return [note.subjective, note.objective, note.assessment, note.plan]


def notes(request: ClinicRequest) -> HttpResponse:
    """Notes of the therapist's own people that are not signed, the oldest first."""
    today = today_of(request)
    rows = [
        {
            "session": one,
            "person": one.episode.person,
            "days": (today - one.day).days,
            "url": reverse("note", kwargs=ids_of(one)),
            "session_url": reverse("session", kwargs=ids_of(one)),
        }
        for one in unfinished(request.actor)
    ]
    request.deed.concerns(*{row["person"] for row in rows})
    return render(request, "notes/notes.html", {"rows": rows, "today": today})
