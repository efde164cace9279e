"""What the tests of signing in share: codes as an authenticator app shows them, a clock that can be moved, and a board
that asks for itself again and again."""

from __future__ import annotations

import re
import sys
import time
import types
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from palpate.clinic import factors
from palpate.clinic.acts import act
from palpate.clinic.models import AuditRow, User
from palpate.web.guard import guarded
from palpate.web.routes import EVERY_STAFF, Route
from tests.clinic_world import PASSWORD, World

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_app(user: User) -> None:
    """An authenticator app with a secret that the test knows."""
    Authenticator(user=user, type=Authenticator.Type.TOTP, data={"secret": factors.encrypt(SECRET)}).save()


def code(steps: int = 0) -> str:
    """What the app shows, some steps of 30 seconds from now."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + steps))


def password(client: Client, user: User, typed: str = PASSWORD, **more: str) -> HttpResponse:
    """Sends the sign-in form."""
    return client.post("/account/sign-in/", {"login": user.email, "password": typed}, **more)


def enter(client: Client, user: User, steps: int = 0) -> HttpResponse:
    """Signs in by password and code."""
    password(client, user)
    return client.post("/account/sign-in/code/", {"code": code(steps)})


def is_in(client: Client) -> bool:
    """Whether this client's session opens a page of the staff."""
    return client.get("/account/").status_code == 200


@contextmanager
def later(**by: float) -> Iterator[None]:
    """The clock of the clinic, moved. Django's sessions and django-allauth's marks go with it."""
    moved = timedelta(**by)
    real_now, real_time = timezone.now, time.time

    def now() -> datetime:
        return real_now() + moved

    def seconds() -> float:
        return real_time() + moved.total_seconds()

    with mock.patch.object(timezone, "now", now), mock.patch("time.time", seconds):
        yield


def board_urls() -> str:
    """A table of addresses with one more: a board that a timer asks for. Returns its name for ROOT_URLCONF."""

    def board(request: HttpRequest) -> HttpResponse:
        return HttpResponse("board")

    module = types.ModuleType("tests.web.board_urls")
    route = Route("board/", "board", board, read=EVERY_STAFF, polls=True)
    module.urlpatterns = [path("board/", guarded(route)), path("", include("palpate.web.urls"))]  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    return module.__name__


def set_password(user: User, typed: str) -> None:
    with act(World.actor(user), "users", "test", change=True):
        user.set_password(typed)
        user.save()


def trail(**told: Any) -> list[AuditRow]:
    return list(AuditRow.objects.filter(**told).order_by("number"))


def filled(route: Route) -> str:
    """The address of a route, with ids that name nothing."""
    kinds = {"uuid": str(uuid.uuid4()), "int": "7", "str": "x", "slug": "x", "path": "x"}
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: kinds[found.group(1) or "str"], route.path)
