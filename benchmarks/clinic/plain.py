"""Plain Django pages of the same day: the peers that the day view is measured beside.

`/` shows what the day view shows of a row. `/few/` is the least that one could call a day's list: time, person,
therapist and state, with one address in each row.

Written as one writes them without a thought for speed, but without a query per row either: Django's usual middleware,
sign-in, model objects with select_related and a subquery, a template with its filters. They leave no audit row, ask no
roles and say nothing of consents, notes and referrals.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palpate.web.settings")

from django.conf import settings

from palpate.web import settings as clinic

USUAL = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # its app, by which people sign in here, does not start without
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"context_processors": PROCESSORS}}
]
PAGE = """<!doctype html><html lang="en"><head><title>Day</title></head><body><h1>{{ day|date:"l j F Y" }}</h1>
<p>{{ request.user.name }}</p><form method="post">{% csrf_token %}</form><table>
<tr><th>Time</th><th>Person</th><th>Born</th><th>Room</th><th>Therapist</th><th>State</th><th>Decision</th><th></th></tr>
{% for row in rows %}<tr><td>{{ row.starts|date:"H:i" }} to {{ row.ends|date:"H:i" }}</td><td>
<a href="{% url 'person' row.person.pk %}">{{ row.person.name }}</a></td>
<td>{{ row.person.birth_date|date:"j M Y" }}</td>
<td>{{ row.room.name }}</td><td>{{ row.therapist.name }}</td><td>{{ row.get_state_display }}</td>
<td>{{ row.disposition|default:"none" }}</td>
<td><a href="{% url 'door' row.person.pk row.episode.pk %}">Door card</a></td></tr>{% endfor %}</table></body></html>"""
FEW = """<!doctype html><html lang="en"><head><title>Day</title></head><body><h1>{{ day|date:"l j F Y" }}</h1>
<table><tr><th>Time</th><th>Person</th><th>Therapist</th><th>State</th></tr>
{% for row in rows %}<tr><td>{{ row.starts|date:"H:i" }}</td>
<td><a href="{% url 'person' row.person.pk %}">{{ row.person.name }}</a></td>
<td>{{ row.therapist.name }}</td><td>{{ row.get_state_display }}</td></tr>{% endfor %}</table></body></html>"""


def application() -> Any:
    """The WSGI application of the plain page, on the store that the clinic's settings name."""
    chosen = {name: getattr(clinic, name) for name in dir(clinic) if name.isupper()}
    settings.configure(**{**chosen, "MIDDLEWARE": USUAL, "TEMPLATES": TEMPLATES, "ROOT_URLCONF": __name__})
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def day(request: Any) -> Any:
    """The day with all that the day view shows of a row."""
    from django.db.models import OuterRef, Subquery

    from palpate.clinic.models import Decision

    newest = Decision.objects.filter(episode=OuterRef("episode")).order_by("-number").values("disposition")[:1]
    rows = _today().select_related("person", "room", "therapist", "episode").annotate(disposition=Subquery(newest))
    return _page(request, PAGE, rows)


def few(request: Any) -> Any:
    """The least that one could call a day's list."""
    return _page(request, FEW, _today().select_related("person", "therapist"))


def _today() -> Any:
    from palpate.clinic import moment
    from palpate.clinic.models import Appointment

    return Appointment.objects.filter(day=moment.today()).order_by("starts")


def _page(request: Any, source: str, rows: Any) -> Any:
    from django.contrib.auth.decorators import login_required
    from django.http import HttpResponse

    from palpate.clinic import moment

    @login_required
    def page(request: Any) -> Any:
        return HttpResponse(_template(source).render({"day": moment.today(), "rows": rows}, request))

    return page(request)


@cache
def _template(source: str) -> Any:
    from django.template import engines

    return engines["django"].from_string(source)


def nothing(request: Any, **_: Any) -> Any:
    """Where the links lead."""
    from django.http import HttpResponse

    return HttpResponse()


def _patterns() -> list[Any]:
    from django.urls import path

    return [
        path("", day),
        path("few/", few),
        path("people/<uuid:person>/", nothing, name="person"),
        path("people/<uuid:person>/episodes/<uuid:episode>/door/", nothing, name="door"),
    ]


urlpatterns = _patterns()
