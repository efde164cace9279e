"""Into a person's pages by a link, and out of them: code, birth date, reply, closed (S-15 to S-19).

The session holds the link's id, its purpose and the language that was tapped, and nothing else. Every view asks for the
link of its own purpose, so a link reaches what it is for and nothing beside it. A miss is answered by a redirect, since
an answer of 400 or more would undo its count.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import link_codes, phone_links
from palpate.clinic.models import PhoneLink
from palpate.library.languages import Language, say
from palpate.web.languages import KEY as LANGUAGE
from palpate.web.languages import choose, language_of, speak
from palpate.web.pages.link.forms import BirthDateForm
from palpate.web.routes import ClinicRequest

KEY = "phone"  # what a session of a link holds, beside the language
ASKING, OPEN, SENT = "asking", "open", "sent"
HOME = {
    phone_links.INTAKE: "phone-intake",
    phone_links.CHECK_IN: "phone-check-in",
    phone_links.AFTER: "phone-after",
    phone_links.PLAN: "phone-plan",
}  # where a link leads once it is open
REPLIES = ("emergency", "same_day", "exam", "not_today", "worse", "not_assessed", "clear")


def start(request: ClinicRequest) -> HttpResponse:
    """Where every link leads. Looking at it changes nothing; the code is posted by a tap (S-16, S-17)."""
    secret = request.POST.get("secret", "")
    if request.method != "POST":
        return page(request, "phone/start.html", {"secret": ""})
    if "language" in request.POST:  # the page once more in another language; the code is not looked at
        choose(request, request.POST["language"])
        return page(request, "phone/start.html", {"secret": secret[: link_codes.LONGEST]})
    if not secret.strip():
        return page(request, "phone/start.html", {"secret": "", "missing": True}, status=422)
    if (wait := link_codes.take_try(request.address)) > 0:
        return _too_many(request, wait)
    link = phone_links.link_of(secret)
    if link is None:
        return to("phone-closed")
    link_codes.no_miss(request.address)
    as_person(request, link)
    if link.purpose == phone_links.PLAN:
        _begin(request, link, ASKING)
        return to("phone-born")
    phone_links.note_opened(link)
    _begin(request, link, OPEN)
    return to(HOME[link.purpose])


def born(request: ClinicRequest) -> HttpResponse:
    """Asks the birth date before a plan is shown; five misses end the link (S-18)."""
    link = _asking(request)
    if link is None:
        return to("phone-closed")
    as_person(request, link)
    if request.method != "POST":
        left = link_codes.MOST_MISSES - link.misses
        return page(request, "phone/born.html", {"missed": link.misses, "left": left})
    form = BirthDateForm(request.POST)
    if not form.is_valid():  # no date at all is no guess, so it does not count
        return page(request, "phone/born.html", {"invalid": True}, status=422)
    if (wait := link_codes.take_try(request.address)) > 0:
        return _too_many(request, wait)
    if phone_links.try_birth_date(link, form.cleaned_data["birth_date"]):
        link_codes.no_miss(request.address)
        phone_links.note_opened(link)
        _begin(request, link, OPEN)
        return to(HOME[link.purpose])
    request.deed.about["miss"] = link.misses
    return to("phone-closed" if link.revoked else "phone-born")


def _asking(request: ClinicRequest) -> PhoneLink | None:
    return phone_links.live(_id(request, ASKING), phone_links.PLAN, locked=request.method == "POST")


def closed(request: ClinicRequest) -> HttpResponse:
    """The one page for a link that is wrong, used, too old or ended (S-19)."""
    return page(request, "phone/closed.html", status=404)


def sent(request: ClinicRequest) -> HttpResponse:
    """What the person is told once something is sent. What was sent cannot be read here again."""
    kept = _kept(request)
    if kept.get("stage") != SENT:
        return to("phone-closed")
    kind = kept.get("reply") if kept.get("reply") in REPLIES else "not_assessed"
    return page(request, "phone/sent.html", {"reply": reply_words(request, str(kind)), "kind": kind})


def language(request: ClinicRequest) -> HttpResponse:
    """Keeps the language that was tapped, and goes back to where the link stands."""
    choose(request, request.POST.get("language", ""))
    kept = _kept(request)
    if kept.get("stage") == SENT:
        return to("phone-sent")
    if kept.get("stage") == ASKING:
        return to("phone-born")
    return to(HOME[kept["purpose"]] if kept.get("purpose") in HOME else "phone-closed")


def leave(request: ClinicRequest) -> HttpResponse:
    """Closes a plan: the link opens it again, with the birth date."""
    told = request.session.get(LANGUAGE)
    request.session.flush()
    if told:
        request.session[LANGUAGE] = told
    return to("phone")


# --- for the views of each purpose ------------------------------------------------------------------------------------


def opened(request: ClinicRequest, purpose: str) -> PhoneLink | None:
    """The link of this session, if it is for this purpose and still good; locked where something is sent.

    From here on the act is this link's, about this one person, and the page speaks their language.
    """
    link = phone_links.live(_id(request, OPEN), purpose, locked=request.method == "POST")
    if link is None:
        return None
    as_person(request, link)
    request.session.set_expiry(int(phone_links.IDLE.total_seconds()))
    return link


def as_person(request: ClinicRequest, link: PhoneLink) -> None:
    """The act is this link's, about this one person."""
    request.actor = phone_links.actor_of(link, request.address, request.number)
    request.deed.actor = request.actor
    request.deed.concerns(link.person_id)
    request.deed.about |= {"phone_link": str(link.pk), "purpose": link.purpose}
    speak(request, link.person.language)


def finish(request: ClinicRequest, reply: str) -> HttpResponse:
    """After something was sent: the link is spent, and the session knows only what to say."""
    request.deed.about["reply"] = reply
    _fresh(request, {"stage": SENT, "reply": reply})
    return to("phone-sent")


def cannot_ask(request: ClinicRequest) -> HttpResponse:
    """Without a pathway in force nothing can be asked or judged. Nothing is sent, and the person is told to call."""
    told = {"reply": reply_words(request, "not_assessed"), "kind": "not_assessed", "unsent": True}
    return page(request, "phone/sent.html", told, status=503)


def page(
    request: ClinicRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page for a person, in the language of this request."""
    language = language_of(request)
    practice = getattr(request, "practice", None)
    told = {"language": language, "phone": practice.phone if practice is not None else "", **(context or {})}
    return render(request, template, told, status=status)


def reply_words(request: ClinicRequest, kind: str) -> dict[str, Any]:
    """Title and sentences of a reply, and the number to call where there is one (safety texts of the language)."""
    language, number = language_of(request), _emergency_number(request)
    with_number = _with_number(language, number)
    if kind == "emergency":
        lines = [
            with_number("emergency"),
            say(language, "safety.emergency_tell"),
            say(language, "safety.emergency_cannot_call"),
        ]
        return {"title": say(language, "safety.emergency_title"), "lines": lines, "number": number}
    if kind == "same_day":
        lines = [say(language, "safety.same_day"), with_number("same_day_if_worse")]
        return {"title": say(language, "safety.same_day_title"), "lines": lines, "number": ""}
    table = "phone.reply" if kind == "not_assessed" else "safety"
    lines = [say(language, f"{table}.{kind}"), with_number("always"), say(language, "safety.nobody_watches")]
    return {"title": say(language, f"{table}.{kind}_title"), "lines": lines, "number": ""}


def _with_number(language: Language, number: str) -> Any:
    def told(key: str) -> str:
        if number:
            return say(language, f"safety.{key}", number=number)
        return say(language, f"safety.{key}_no_number")

    return told


def _emergency_number(request: ClinicRequest) -> str:
    practice = getattr(request, "practice", None)
    return practice.emergency_number if practice is not None else ""


def to(name: str) -> HttpResponse:
    """A redirect after a tap."""
    return HttpResponseRedirect(reverse(name), status=303)


# --- the session ------------------------------------------------------------------------------------------------------


def _kept(request: ClinicRequest) -> dict[str, Any]:
    kept = request.session.get(KEY)
    return kept if isinstance(kept, dict) and not request.session.get("_auth_user_id") else {}


def _id(request: ClinicRequest, stage: str) -> uuid.UUID:
    """The link of this session if it has come to this stage; else an id that no link has."""
    kept = _kept(request)
    if kept.get("stage") == stage:
        try:
            return uuid.UUID(str(kept.get("id")))
        except ValueError:
            pass
    return uuid.UUID(int=0)


def _begin(request: ClinicRequest, link: PhoneLink, stage: str) -> None:
    _fresh(request, {"id": str(link.pk), "purpose": link.purpose, "stage": stage})


def _fresh(request: ClinicRequest, kept: dict[str, str]) -> None:
    """A session with a new id and nothing in it but this and the language; a staff session in this browser ends."""
    language = language_of(request).code  # so that the last page still speaks it, when the link is spent
    request.session.flush()
    request.session[LANGUAGE] = language
    request.session[KEY] = kept
    request.session.set_expiry(int(phone_links.IDLE.total_seconds()))


def _too_many(request: ClinicRequest, wait: int) -> HttpResponse:
    answer = page(request, "phone/wait.html", status=429)
    answer["Retry-After"] = str(wait)
    return answer
