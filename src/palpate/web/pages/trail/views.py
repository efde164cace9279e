"""The audit trail as it is read: who did what, when, about whose record. Names of staff only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from palpate.clinic import audit, downloads
from palpate.clinic.access import audit_list
from palpate.clinic.access.trail import head_of
from palpate.clinic.actor import AUDITOR, OWNER
from palpate.clinic.exporting import csv_stream
from palpate.clinic.models import AuditRow
from palpate.clinic.moment import now
from palpate.web.pages.trail.forms import FilterForm
from palpate.web.routes import ClinicRequest

PAGE = 50
COLUMNS = (
    "number", "at", "actor", "roles", "category", "deed", "change", "outcome", "persons", "about", "why", "address",
    "request", "previous", "hash",
)  # fmt: skip

# What was done, where the name of the route does not say it by itself.
DEEDS = {
    "account_login": "sign-in", "account_logout": "sign-out", "account_theme": "display", "account_overview": "account",
    "account_reset_password": "password forgotten", "account_change_password": "password",
    "account_reauthenticate": "signed in again", "mfa_authenticate": "second factor asked",
    "mfa_login_webauthn": "sign-in by passkey", "mfa_index": "second factor",
    "mfa_reauthenticate": "signed in again by code", "mfa_reauthenticate_webauthn": "signed in again by passkey",
    "mfa_activate_totp": "authenticator app added", "mfa_deactivate_totp": "authenticator app removed",
    "mfa_add_webauthn": "passkey added", "mfa_remove_webauthn": "passkey removed",
    "mfa_generate_recovery_codes": "recovery codes", "touches": "taps of a session",
    "session-live": "session as it stands",
    "glass-open": "opened without being in the care team", "glass-review": "opened without being in the care team",
    "glass-sign-off": "looked at and signed off", "door": "door card", "person-team": "care team",
    "person-team-leave": "out of the care team", "decision-why": "what would change it", "notes": "unfinished notes",
    "export-all": "everything", "export-file": "one person as a file", "export-fhir": "one person as FHIR",
    "export-record": "one person in words", "feed": "calendar address", "episode": "record of an episode",
}  # fmt: skip
CATEGORIES = {"own": "own settings", "signin": "signing in", "glass": "break-glass", "link": "by a link"}


def trail(request: ClinicRequest) -> HttpResponse:
    """The newest rows first, by listed filters. Whoever is neither owner nor auditor reads their own acts."""
    everybody = request.actor.is_any(OWNER, AUDITOR)
    form = FilterForm(request.GET or None, everybody=everybody)
    right = not form.is_bound or form.is_valid()
    wanted = form.wanted(request.practice.time_zone) if form.is_bound and right else audit_list.Wanted()
    pages = Paginator(audit_list.trail(request.actor, wanted), PAGE)
    page = pages.get_page(_number(request.GET.get("page", "1")))
    names = audit_list.names_of_actors() if everybody else {request.actor.id: request.actor.name}
    zone = ZoneInfo(request.practice.time_zone)
    kept = {name: value for name in form.fields if (value := request.GET.get(name, ""))} if right else {}
    context = {
        "form": form,
        "page": page,
        "page_params": urlencode(kept) + "&" if kept else "",
        "rows": [_shown(row, names, zone) for row in page.object_list],
        "altered": [row.number for row in page.object_list if not audit.same(row)],
        "head": head_of(),
        "everybody": everybody,
    }
    return render(request, "trail/trail.html", context, status=200 if right else 422)


def save(request: ClinicRequest) -> HttpResponse:
    """The rows that the filters leave, as CSV: with their hashes, so that they can be compared later."""
    form = FilterForm(request.POST, everybody=True)
    if not form.is_valid():
        return render(request, "trail/trail.html", {"form": form, "rows": [], "everybody": True}, status=422)
    rows = audit_list.in_pages(audit_list.trail(request.actor, form.wanted(request.practice.time_zone)))
    pieces = downloads.begin(request.actor).stream(csv_stream(COLUMNS, _cells(rows)))
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-trail-{now():%Y-%m-%d}.csv"'
    return cast(HttpResponse, answer)


def _cells(rows: Iterable[AuditRow]) -> Iterator[list[Any]]:
    for row in rows:
        yield [getattr(row, column) for column in COLUMNS]


def _shown(row: AuditRow, names: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """A row in words: of people other than the staff, only ids."""
    return {
        "row": row,
        "at": f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        "who": names.get(row.actor) or _without_name(row.actor),
        "did": "changed" if row.change else "read",
        "category": CATEGORIES.get(row.category, row.category),
        "deed": DEEDS.get(row.deed) or row.deed.replace("-", " ").replace("_", " "),
        "about": [
            (name.replace("_", " "), {True: "yes", False: "no"}[value] if isinstance(value, bool) else value)
            for name, value in sorted(row.about.items())
            if not isinstance(value, (dict, list))
        ],
    }


def _without_name(actor: str) -> str:
    if actor.startswith("link:"):
        return "A clinician, by link"
    return {"nobody": "Nobody signed in", "program": "The program"}.get(actor, actor)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
