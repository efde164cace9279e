"""A therapist makes an address for their calendar program; the program reads it."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic.access import messages as rows
from palpate.clinic.actor import Actor
from palpate.clinic.messages import calendar
from palpate.clinic.messages import feeds as deeds
from palpate.clinic.models import CalendarFeed
from palpate.clinic.refusals import BadInput
from palpate.web.errors import error_page
from palpate.web.pages.settings.forms import put_error
from palpate.web.routes import ClinicRequest


class FeedForm(forms.Form):
    """Which calendar reads it."""

    name = forms.CharField(
        label="Which calendar reads it?",
        max_length=4 * deeds.LONGEST_NAME,
        help_text="Such as “telephone”. It helps to know later which address to end.",
    )


def feeds(request: ClinicRequest) -> HttpResponse:
    """The therapist's own addresses."""
    return render(request, "feeds/list.html", {"feeds": rows.feeds_of(request.actor.user_id)})


def new(request: ClinicRequest) -> HttpResponse:
    """Makes an address and shows it, this once."""
    form = FeedForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            feed, secret = deeds.make_feed(request.actor, form.cleaned_data["name"])
        except BadInput as bad:
            put_error(form, bad)
        else:
            site = settings.SITE or f"{request.scheme}://{request.get_host()}"
            address = f"{site}{reverse('feed', args=[secret])}"
            return render(request, "feeds/shown.html", {"feed": feed, "address": address})
    return render(request, "feeds/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


def end(request: ClinicRequest, feed: CalendarFeed) -> HttpResponse:
    """Ends an address at once."""
    deeds.revoke_feed(feed)
    messages.success(request, "The address is ended. Calendars that still read it get nothing from now on.")
    return HttpResponseRedirect(reverse("feeds"), status=303)


def feed(request: ClinicRequest, secret: str) -> HttpResponse:
    """The calendar itself. A wrong address and an ended one get the same answer."""
    found = deeds.feed_of(secret)
    if found is None:
        return error_page(request, 404)
    request.deed.actor = Actor(
        f"feed:{found.pk.hex[:30]}", frozenset(), address=request.address, request=request.number
    )
    wait = deeds.take_read(found)
    if wait:
        return error_page(request, 429, "This calendar is read too often. 60 times an hour are allowed.", retry=wait)
    response = HttpResponse(calendar.feed_calendar(found), content_type=calendar.MEDIA_TYPE)
    response["Content-Disposition"] = 'inline; filename="booked.ics"'
    return response
