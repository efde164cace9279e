"""The clinician's way by a one-time link: code, birth date, letter, answer (S-15 to S-19).

Whoever comes here is nobody until the birth date is right; from then on they are the clinician of one letter for 30
minutes. The session holds the link's id and nothing else: a staff session in the same browser ends when a link is
opened. A miss is answered by a redirect, since an answer of 400 or more would undo its count.
"""

from __future__ import annotations

import uuid

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import answering, link_codes, links, referring
from palpate.clinic.access.referring import therapist_of
from palpate.clinic.models import Notice, ReferralLink
from palpate.clinic.moment import now
from palpate.clinic.refusals import BadInput
from palpate.web.errors import error_page
from palpate.web.page import age_on, today_of
from palpate.web.pages.decision.views import pdf_answer
from palpate.web.pages.link.forms import BirthDateForm, SecretForm
from palpate.web.pages.referral.forms import AnswerForm
from palpate.web.pages.referral.views import rules_to_cover
from palpate.web.routes import ClinicRequest

KEY = "link"  # the only thing in the session of a link
ASKING, OPEN = "asking", "open"


def start(request: ClinicRequest) -> HttpResponse:
    """Where a link leads. Looking at it changes nothing; the code is posted by a tap."""
    if request.method != "POST":
        return render(request, "link/start.html", {"form": SecretForm()})
    if (wait := link_codes.take_try(request.address)) > 0:
        return _too_many(request, wait)
    link = links.link_of(request.POST.get("secret", ""))
    if link is None:
        return _to("link-closed")
    link_codes.no_miss(request.address)
    _begin(request, link, ASKING)
    _as_clinician(request, link)
    return _to("link-who")


def who(request: ClinicRequest) -> HttpResponse:
    """Asks the birth date of the person; five misses end the link."""
    link = links.asking(_id(request, ASKING))
    if link is None:
        return _to("link-closed")
    _as_clinician(request, link)
    if request.method != "POST":
        context = {"form": BirthDateForm(), "missed": link.misses, "left": link_codes.MOST_MISSES - link.misses}
        return render(request, "link/who.html", context)
    form = BirthDateForm(request.POST)
    if not form.is_valid():
        # No date at all is no guess, so it does not count.
        return render(request, "link/who.html", {"form": form, "missed": 0}, status=422)
    if (wait := link_codes.take_try(request.address)) > 0:
        return _too_many(request, wait)
    if links.try_birth_date(link, form.cleaned_data["birth_date"]):
        link_codes.no_miss(request.address)
        _begin(request, link, OPEN)
        return _to("link-letter")
    request.deed.about["miss"] = link.misses
    return _to("link-closed" if link.revoked else "link-who")


def letter(request: ClinicRequest) -> HttpResponse:
    """The one letter of the link, and the form for its answer."""
    reading = request.method != "POST"
    link = links.opened(_id(request, OPEN), locked=not reading)
    if link is None:
        return _to("link-closed")
    _as_clinician(request, link)
    return _letter(request, link) if reading else _answer(request, link)


def _letter(request: ClinicRequest, link: ReferralLink, form: AnswerForm | None = None) -> HttpResponse:
    letter, person = link.letter, link.letter.episode.person
    today = today_of(request)
    rules = rules_to_cover(letter, None)
    initial = {"covers": [rule for rule, _ in rules] or [answering.EVERYTHING]}
    person.age_years, person.same_name = age_on(person.birth_date, today), False
    context = {
        "letter": letter,
        "person": person,
        "form": form or AnswerForm(initial=initial, rules=rules, today=today),
        "data": letter.data,
        "until": links.opened_until(link),
    }
    return render(request, "link/letter.html", context, status=422 if form is not None else 200)


def _answer(request: ClinicRequest, link: ReferralLink) -> HttpResponse:
    letter, episode = link.letter, link.letter.episode
    today = today_of(request)
    form = AnswerForm(request.POST, rules=rules_to_cover(letter, None), today=today)
    if form.is_valid():
        try:
            clearance, decision = answering.record_answer(
                request.actor, episode, letter, **form.cleaned_data, today=today
            )
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, bad.message)
        else:
            links.spend(link)
            request.deed.about |= {"clearance": str(clearance.pk), "decision": str(decision.pk)}
            _tell(link)
            request.session.flush()
            return _to("link-done")
    return _letter(request, link, form)


def _tell(link: ReferralLink) -> None:
    """Tells the therapist that an answer is there; nobody's name stands in the notice (S-20)."""
    episode = link.letter.episode
    therapist = therapist_of(episode)
    if therapist is not None:
        url = reverse("decision", kwargs={"person": episode.person_id, "episode": episode.pk})
        Notice(to=therapist, text="A clinician has answered a referral.", url=url, at=now()).save()


def pdf(request: ClinicRequest) -> HttpResponse:
    """The letter on paper."""
    link = links.opened(_id(request, OPEN))
    if link is None:
        return _to("link-closed")
    _as_clinician(request, link)
    return pdf_answer(referring.pdf_of(link.letter), referring.file_name(link.letter))


def done(request: ClinicRequest) -> HttpResponse:
    """Thanks. What was sent cannot be read here again."""
    return render(request, "link/done.html")


def closed(request: ClinicRequest) -> HttpResponse:
    """The one page for a link that is wrong, used, too old or ended (S-19)."""
    return render(request, "link/closed.html", status=404)


def _id(request: ClinicRequest, stage: str) -> uuid.UUID:
    """The link of this session if it has come to this stage; else an id that no link has."""
    kept = request.session.get(KEY)
    if isinstance(kept, dict) and kept.get("stage") == stage and not request.session.get("_auth_user_id"):
        try:
            return uuid.UUID(str(kept.get("id")))
        except ValueError:
            pass
    return uuid.UUID(int=0)


def _begin(request: ClinicRequest, link: ReferralLink, stage: str) -> None:
    """A session of its own for this link, with a new id and nothing else in it."""
    request.session.flush()
    request.session[KEY] = {"id": str(link.pk), "stage": stage}
    request.session.set_expiry(int(links.SESSION.total_seconds()))


def _as_clinician(request: ClinicRequest, link: ReferralLink) -> None:
    """From here on the act is this link's, about this one person."""
    request.actor = links.actor_of(link, request.address, request.number)
    request.deed.actor = request.actor
    request.deed.concerns(link.letter.episode.person_id)
    request.deed.about |= {"letter": str(link.letter.pk), "episode": str(link.letter.episode.pk)}


def _too_many(request: ClinicRequest, wait: int) -> HttpResponse:
    return error_page(request, 429, "Too many tries from here. Nothing was changed. Please wait a minute.", retry=wait)


def _to(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name), status=303)
