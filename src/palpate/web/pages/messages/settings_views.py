"""How the practice writes to people: its name in messages, which are sent and when, and in which words."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages as told
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import moment
from palpate.clinic.access import messages as rows
from palpate.clinic.messages import words
from palpate.clinic.models import Message
from palpate.clinic.refusals import BadInput, Conflict, NotVisible
from palpate.library import languages
from palpate.web.fields import only_of
from palpate.web.pages.messages.forms import NAMES, TextForm, TimesForm, stored_times
from palpate.web.pages.settings.forms import put_error
from palpate.web.pages.settings.views import version_of
from palpate.web.routes import ClinicRequest

EXAMPLE_LINK = "https://clinic.example/link/my/#abcd-efgh"


def overview(request: ClinicRequest) -> HttpResponse:
    """Name, kinds and times; and the way to each text."""
    row = rows.settings_row()
    if request.method != "POST":
        return _overview(request, TimesForm(initial=stored_times(row)))
    form = TimesForm(request.POST)
    only_of(request, form)
    if not form.is_valid():
        return _overview(request, form, 422)
    try:
        told_of = form.cleaned_data
        words.save_settings(version_of(request), told_of["clinic"], told_of["call_hours"], form.times(), form.sends())
    except BadInput as bad:
        put_error(form, bad)
        return _overview(request, form, 422)
    except Conflict:
        return _overview(request, form, 409, now=TimesForm(initial=stored_times(row)))
    told.success(request, "Saved.")
    return HttpResponseRedirect(reverse("message-settings"), status=303)


def _overview(request: ClinicRequest, form: TimesForm, status: int = 200, now: TimesForm | None = None) -> HttpResponse:
    own = {(text.kind, text.language) for text in rows.own_texts()}
    codes = [(code, languages.read(code).name) for code in words.codes()]
    texts = [
        (NAMES[kind], [(code, name, reverse("message-text", args=[kind, code]), (kind, code) in own)
                       for code, name in codes])
        for kind in words.KINDS
    ]  # fmt: skip
    context = {
        "form": form,
        "now": now,
        "version": rows.settings_row().version,
        "texts": texts,
        "by_mail": bool(settings.MAIL_FROM),
        "by_sms": bool(settings.CONFIG.outside.sms_url),
        "site": settings.SITE,
    }
    return render(request, "messages/settings.html", context, status=status)


def text(request: ClinicRequest, kind: str, language: str) -> HttpResponse:
    """One text: the practice's own, or the shipped one to begin with."""
    tongue = _known(kind, language)
    stored = words.words(kind, language)
    initial = {"subject": stored.subject, "text": stored.text}
    if request.method != "POST":
        return _text(request, TextForm(initial=initial, language=tongue), kind, language)
    form = TextForm(request.POST, language=tongue)
    if not form.is_valid():
        return _text(request, form, kind, language, 422)
    try:
        words.save_text(kind, language, version_of(request), form.cleaned_data["subject"], form.cleaned_data["text"])
    except BadInput as bad:
        put_error(form, bad)
        return _text(request, form, kind, language, 422)
    except Conflict:
        return _text(request, form, kind, language, 409, now=TextForm(initial=initial, language=tongue))
    told.success(request, "Saved. From now on this is what is sent.")
    return HttpResponseRedirect(reverse("message-settings"), status=303)


def shipped(request: ClinicRequest, kind: str, language: str) -> HttpResponse:
    """Goes back to the shipped words."""
    _known(kind, language)
    words.forget_text(kind, language, version_of(request))
    told.success(request, "The shipped words are sent again.")
    return HttpResponseRedirect(reverse("message-text", args=[kind, language]), status=303)


def _known(kind: str, language: str) -> languages.Language:
    if kind not in words.KINDS or language not in words.codes():
        raise NotVisible
    return languages.read(language)


def _text(
    request: ClinicRequest, form: TextForm, kind: str, language: str, status: int = 200, now: TextForm | None = None
) -> HttpResponse:
    own, stored = rows.own_text(kind, language), words.words(kind, language)
    tongue = languages.read(language)
    example = {
        "clinic": words.clinic_name(language),
        "time": words.spoken(moment.now(), request.practice.time_zone, language),
        "link": EXAMPLE_LINK,
    }
    context: dict[str, Any] = {
        "form": form,
        "now": now,
        "kind": kind,
        "kind_name": Message.Kind(kind).label,
        "language": tongue,
        "own": own,
        "version": own.version if own is not None else 0,
        "placeholders": [f"{{{name}}}" for name in words.placeholders(kind)],
        "example": {"subject": words.fill(stored.subject, example), "text": words.fill(stored.text, example)},
    }
    return render(request, "messages/text.html", context, status=status)
