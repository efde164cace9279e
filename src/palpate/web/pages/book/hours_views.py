"""When somebody works, the days on which that does not hold, and the days on which the practice is closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic.access import booking as rows
from palpate.clinic.access import practice as the
from palpate.clinic.actor import OWNER
from palpate.clinic.booking import hours, offering
from palpate.clinic.models import HoursException, User
from palpate.clinic.refusals import BadInput, NotVisible
from palpate.web.page import today_of
from palpate.web.pages.book.forms import ClosedForm, ExceptionForm, GivesForm, WeekForm, stored_week
from palpate.web.pages.people.fields import an_id, sentence
from palpate.web.routes import ClinicRequest


def everybody(request: ClinicRequest) -> HttpResponse:
    """The week of each therapist as it holds today, and the closed days to come."""
    today = today_of(request)
    staff = list(the.therapists().order_by("name"))
    told = rows.hours(today, today)
    known = rows.with_hours()
    found = []
    for user in staff:
        mine = [row for row in told if row.therapist_id == user.pk]
        week = [(name, hours.as_typed([row for row in mine if row.weekday == n])) for n, name in enumerate(hours.DAYS)]
        found.append({"user": user, "week": [one for one in week if one[1]], "told": user.pk in known})
    context = {
        "found": found,
        "closed": rows.holidays(today),
        "first": f"{hours.FIRST:%H:%M}",
        "last": f"{hours.LAST:%H:%M}",
        "may_change": request.actor.is_any(OWNER),
    }
    return render(request, "book/hours_all.html", context)


def _therapist(user: User) -> User:
    """Errors: NotVisible for somebody who does not treat."""
    if not the.therapists().filter(pk=user.pk).exists():
        raise NotVisible
    return user


def one(request: ClinicRequest, user: User) -> HttpResponse:
    """The week of one therapist, and their days off; an owner sets a new week from a day on."""
    _therapist(user)
    today = today_of(request)
    form = WeekForm(request.POST if request.method == "POST" else None, initial=_stored(user, today))
    if request.method != "POST":
        return _page(request, user, form, ExceptionForm())
    if form.is_valid():
        try:
            hours.keep_week(user, form.cleaned_data["since"], form.week(), today)
            return _done(request, f"The hours of {user.name} are kept.", reverse("hours", args=[user.pk]))
        except BadInput as bad:
            form.add_error(bad.field if bad.field in form.fields else None, sentence(bad.message))
    return _page(request, user, form, ExceptionForm(), status=422)


def _stored(user: User, today: Any) -> dict[str, Any]:
    return stored_week(list(rows.weeks_of(user)), today) | {"since": today.isoformat()}


def exception(request: ClinicRequest, user: User) -> HttpResponse:
    """Adds a day on which a week does not hold, or takes one away."""
    _therapist(user)
    there = reverse("hours", args=[user.pk])
    if "gone" in request.POST:
        row = rows.exception_of(an_id(request.POST["gone"]))
        if row.therapist_id != user.pk:
            raise NotVisible
        row.delete()
        return _done(request, "Taken away.", there)
    today = today_of(request)
    form = ExceptionForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            hours.keep_exception(user, told["day"], told["kind"], told["begins"], told["ends"], today)
            return _done(request, "Kept.", there)
        except BadInput as bad:
            form.add_error(bad.field, sentence(bad.message))
    return _page(request, user, WeekForm(initial=_stored(user, today)), form, status=422)


def gives(request: ClinicRequest, user: User) -> HttpResponse:
    """Sets which services a therapist gives; none ticked: every one."""
    _therapist(user)
    form = GivesForm(request.POST)
    if not form.is_valid():
        raise BadInput("A service of this form can no longer be booked. Nothing was saved. Open the page again.")
    offering.keep_gives(user, form.chosen())
    return _done(request, f"The services of {user.name} are kept.", reverse("hours", args=[user.pk]))


def _page(
    request: ClinicRequest, user: User, form: WeekForm, day_form: ExceptionForm, *, status: int = 200
) -> HttpResponse:
    today = today_of(request)
    given = rows.gives().get(user.pk, set())
    services = GivesForm(initial={"services": [str(id) for id in given]})
    later = sorted({row.valid_from for row in rows.weeks_of(user) if row.valid_from > today})
    context = {
        "user_row": user,
        "form": form,
        "day_form": day_form,
        "days": rows.exceptions(today, therapists=[user.pk]),
        "later": later,
        "gives_form": services if services.rows else None,
        "gives": [row.name for row in services.rows.values() if row.pk in given],
        "kinds": dict(HoursException.Kind.choices),
        "may_change": request.actor.is_any(OWNER),
        "told": user.pk in rows.with_hours(),
    }
    return render(request, "book/hours.html", context, status=status)


def closed(request: ClinicRequest) -> HttpResponse:
    """The days on which the practice is closed; an owner adds one or takes one away."""
    today, there = today_of(request), reverse("closed-days")
    form = ClosedForm(request.POST if request.method == "POST" and "gone" not in request.POST else None)
    if request.method == "POST":
        if "gone" in request.POST:
            rows.holiday_of(an_id(request.POST["gone"])).delete()
            return _done(request, "Taken away.", there)
        if form.is_valid():
            told = form.cleaned_data
            try:
                offering.close_day(told["day"], told["name"], form.sites.get(told["site"]), today)
                return _done(request, "Kept.", there)
            except BadInput as bad:
                form.add_error(bad.field, sentence(bad.message))
    context = {"form": form, "closed": rows.holidays(today), "may_change": request.actor.is_any(OWNER)}
    return render(request, "book/closed.html", context, status=422 if request.method == "POST" else 200)


def _done(request: ClinicRequest, said: str, there: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(there, status=303)
