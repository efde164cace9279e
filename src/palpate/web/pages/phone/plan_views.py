"""My plan: visits, what to do at home, what comes next and why, how it has gone, and what is stored (S-18, S-47)."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from palpate.clinic import my_plan, phone_links
from palpate.clinic.deciding import WrongPathway
from palpate.clinic.refusals import NotVisible
from palpate.figures.simple_course import simple_course
from palpate.library import wording
from palpate.library.languages import Language
from palpate.pathway.faults import Faults
from palpate.web.languages import language_of
from palpate.web.page import today_of
from palpate.web.pages.phone.entry import opened, page, to
from palpate.web.routes import ClinicRequest

# Home items that have a drawing of their own: static/palpate/home/<id>.svg.
DRAWN = frozenset(
    {
        "walk_build", "stay_active", "knee_to_chest", "child_pose_rock", "prone_prop_press_up", "pelvic_tilt",
        "side_lying_rotation", "bridge", "bird_dog", "side_plank_knee", "core_programme",
        "hip_flexor_hamstring_stretch", "sit_to_stand", "water_exercise", "yoga_taichi_class", "heat_wrap",
        "relaxation_breathing",
    }
)  # fmt: skip


def plan(request: ClinicRequest) -> HttpResponse:
    """The plan of the link's person."""
    link = opened(request, phone_links.PLAN)
    if link is None:
        return to("phone-closed")
    language, day = language_of(request), today_of(request)
    context: dict[str, Any] = {"visits": my_plan.visits(link.person), "home": [], "next": None, "charts": []}
    assert link.episode is not None
    try:
        context["home"] = [_home(language, home) for home in my_plan.home_of(link.episode, day)]
        context["next"] = _next(language, my_plan.next_of(link.episode))
    except (WrongPathway, Faults):
        pass  # without a pathway in force nothing is said about what comes next
    ratings = my_plan.ratings_of(link.episode)
    context["charts"] = [
        {"kind": kind, "title": f"phone.plan.chart_{kind}", "drawing": drawing}
        for kind in ("pain", "activities")
        if (drawing := simple_course(ratings[kind])) is not None
    ]
    return page(request, "phone/plan.html", context)


def _home(language: Language, home: my_plan.Home) -> dict[str, Any]:
    """An item in the person's language; where the therapist wrote it themselves, in the therapist's words."""
    picture = f"palpate/home/{home.item.item}.svg" if home.item.item in DRAWN else ""
    if home.row is None:
        told = {
            "title": home.item.what,
            "how": "",
            "often": home.item.how_often,
            "note": "",
            "code": "",
            "direction": "",
        }
    else:
        words = wording.home_item(language, home.row)
        # The dose is the therapist's where they set one of their own.
        own = home.item.how_often if home.item.how_often not in ("", home.row["dose"]) else ""
        told = {
            "title": words.title, "how": words.how, "often": own or words.often, "note": words.note,
            "code": words.code, "direction": words.direction,
        }  # fmt: skip
    return {**told, "id": home.item.pk, "done": home.done, "picture": picture}


def _next(language: Language, told: my_plan.Next | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "title": f"dispositions.{told.disposition}.title",
        "text": f"dispositions.{told.disposition}.text",
        "urgency": f"urgency.{told.urgency}" if told.urgency else "",
        "response": f"response.{told.response}" if told.response else "",
        "steps": [wording.next_step(language, row) for row in told.steps],
        "day": told.day,
        "given": told.given,
        "planned": told.planned,
    }


def tick(request: ClinicRequest) -> HttpResponse:
    """One home item was done today."""
    link = opened(request, phone_links.PLAN)
    if link is None:
        return to("phone-closed")
    assert link.episode is not None
    my_plan.tick(link.episode, _uuid(request.POST.get("item", "")), today_of(request))
    return to("phone-plan")


def ask(request: ClinicRequest) -> HttpResponse:
    """Asks the practice to move or cancel a visit."""
    link = opened(request, phone_links.PLAN)
    if link is None:
        return to("phone-closed")
    my_plan.wish(link.person, _uuid(request.POST.get("visit", "")), request.POST.get("what", ""))
    return to("phone-plan")


def calendar(request: ClinicRequest, which: uuid.UUID) -> HttpResponse:
    """One visit for the person's own calendar: the clinic's neutral name, start and end."""
    link = opened(request, phone_links.PLAN)
    if link is None:
        return to("phone-closed")
    from palpate.clinic.messages.calendar import MEDIA_TYPE, calendar_of

    appointment = my_plan.visit_of(link.person, which)
    answer = HttpResponse(calendar_of(appointment), content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def stored(request: ClinicRequest) -> HttpResponse:
    """What is stored about the person, by kind, and who looked at it (S-47)."""
    link = opened(request, phone_links.PLAN)
    if link is None:
        return to("phone-closed")
    found, more = my_plan.readers(link.person)
    readers = [
        {
            "day": timezone.localtime(row.at).date(),
            "time": timezone.localtime(row.at).time(),
            "role": f"phone.stored.roles.{row.role}",
            "category": f"phone.stored.category.{row.category}",
            "how": f"phone.stored.{row.how}",
        }
        for row in found
    ]
    kinds = [(f"phone.stored.kind.{kind}", count) for kind, count in my_plan.stored(link.person)]
    return page(request, "phone/stored.html", {"kinds": kinds, "readers": readers, "more": len(readers) if more else 0})


def _uuid(text: str) -> uuid.UUID:
    """An id from a form. Errors: NotVisible."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotVisible from None
