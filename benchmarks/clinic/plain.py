"""A plain Django page of the same day: the peer that the day view is measured beside.

Written as one writes it without a thought for speed, but without a query per row either: Django's usual middleware,
sign-in, model objects with select_related and a subquery, a template with its filters. It leaves no audit row, asks no
roles and says nothing of consents, notes and referrals.
"""

from __future__ import annotations

import os
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


def application() -> Any:
    """The WSGI application of the plain page, on the store that the clinic's settings name."""
    chosen = {name: getattr(clinic, name) for name in dir(clinic) if name.isupper()}
    settings.configure(**{**chosen, "MIDDLEWARE": USUAL, "TEMPLATES": TEMPLATES, "ROOT_URLCONF": __name__})
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def day(request: Any) -> Any:
    """The page."""
    from django.contrib.auth.decorators import login_required
    from django.db.models import OuterRef, Subquery
    from django.http import HttpResponse
    from django.template import engines

    from palpate.clinic import moment
    from palpate.clinic.models import Appointment, Decision

    @login_required
    def page(request: Any) -> Any:
        today = moment.today()
        newest = Decision.objects.filter(episode=OuterRef("episode")).order_by("-number").values("disposition")[:1]
        rows = Appointment.objects.filter(day=today).select_related("person", "room", "therapist", "episode")
        rows = rows.annotate(disposition=Subquery(newest)).order_by("starts")
        template = _template or engines["django"].from_string(PAGE)
        globals()["_template"] = template
        return HttpResponse(template.render({"day": today, "rows": rows}, request))

    return page(request)


_template: Any = None


def nothing(request: Any, **_: Any) -> Any:
    """Where the links lead."""
    from django.http import HttpResponse

    return HttpResponse()


def _patterns() -> list[Any]:
    from django.urls import path

    return [
        path("", day),
        path("people/<uuid:person>/", nothing, name="person"),
        path("people/<uuid:person>/episodes/<uuid:episode>/door/", nothing, name="door"),
    ]


urlpatterns = _patterns()
