"""What every page knows: who is signed in, where they can go, and what must be said on top."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from palpate.clinic import backup, clock_guard, moment, publishing
from palpate.clinic.access import practice as the
from palpate.clinic.actor import OWNER
from palpate.web.navigation import NAVIGATION
from palpate.web.pages.glass.banners import banners_of


def of_the_clinic(request: HttpRequest) -> dict[str, Any]:
    """What `templates/README.md` lists for base.html."""
    actor = getattr(request, "actor", None)
    practice = getattr(request, "practice", None) or the.the_practice()
    banners = []
    if practice is not None and practice.demo:
        banners.append("This is a demo practice. Everybody in it is made up.")
    if practice is not None and not practice.second_factor and actor is not None and actor.user_id:
        banners.append("Signing in needs no second factor here: right only for one person on their own machine.")
    if practice is not None:
        banners += clock_guard.banner(practice.latest, practice.time_zone)
    banners += banners_of(request, actor, practice)
    if practice is not None and actor is not None and actor.user_id:
        banners += publishing.banners(moment.today(practice.time_zone), owner=actor.is_any(OWNER))
        if actor.is_any(OWNER) and not practice.demo:
            banners += backup.overdue(practice.created)
    nav = [
        (entry.label, entry.url, request.path == entry.url or (entry.url != "/" and request.path.startswith(entry.url)))
        for entry in NAVIGATION
        if actor is not None and actor.is_any(*entry.roles)
    ]
    told: dict[str, Any] = {"actor": actor, "practice": practice, "nav": nav, "banners": banners, "theme": "system"}
    told["practice_name"] = practice.name if practice is not None else ""
    if actor is not None and actor.user_id:
        told |= {
            "theme": getattr(request.user, "theme", "") or "system",
            "theme_url": "/account/theme/",
            "user_name": actor.name,
            "account_url": "/account/",
            "sign_out_url": "/account/sign-out/",
        }
    return told
