"""Pages that say what happened, what was and was not saved, and what to do (S-38)."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from django.db.utils import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.html import format_html

from palpate.clinic import backup, store
from palpate.clinic.audit import TrailBroken
from palpate.clinic.refusals import Refused

log = logging.getLogger("palpate.web")

TITLES = {
    400: "That request could not be read",
    403: "That is not open to you",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "Something has changed meanwhile",
    411: "That request could not be read",
    413: "That is too large",
    422: "Something needs to be put right",
    429: "Too many tries",
    500: "Something went wrong in the program",
    503: "Please try again in a moment",
}
WHAT = {
    404: "Either it does not exist, or it is not open to you. Nothing was changed.",
    500: "Nothing of this request was saved. Please try again; if it happens again, report the number below.",
}


def wants_json(request: HttpRequest) -> bool:
    return request.content_type == "application/json" or request.path.startswith("/api/")


def error_page(
    request: HttpRequest, status: int, message: str = "", retry: int | None = None, **more: Any
) -> HttpResponse:
    """An error as a page, or as problem JSON for a program. Takes retry: seconds after which to try again."""
    number = getattr(request, "number", "")
    message = message or WHAT.get(status, "Nothing was saved.")
    title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    if wants_json(request):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": message, "number": number, **more}
        response: HttpResponse = JsonResponse(problem, status=status)
        response["Content-Type"] = "application/problem+json"
    else:
        # Only of a user who is known by now: a page about a store that fails must not ask the store.
        theme = getattr(getattr(request, "_cached_user", None), "theme", "")
        context = {"status": status, "title": title, "message": message, "number": number, "theme": theme, **more}
        response = HttpResponse(_page(context), status=status)
    if retry is not None:
        response["Retry-After"] = str(retry)
    return response


def _page(context: dict[str, Any]) -> str:
    """The page; bare words where not even that can be made, since nobody must be left with a blank one (S-62)."""
    try:
        return render_to_string("error.html", context)
    except Exception as error:
        log.error("the page of an error could not be made", exc_info=error, extra={"request": str(context["number"])})
        return format_html(
            '<!doctype html><html lang="en"><title>{}</title><h1>{}</h1><p>{}</p><p>Number for a report: {}</p></html>',
            context["title"],
            context["title"],
            context["message"],
            context["number"],
        )


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page of a refusal; a field's message is shown by the forms themselves."""
    return error_page(request, refused.status, refused.message, retry=refused.about.get("retry"))  # type: ignore[arg-type]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, or from elsewhere (S-14)."""
    return error_page(
        request,
        403,
        "This form came from another page, or the page was open too long. Nothing was saved. Open the page again and "
        "send it once more.",
        title="This page was open too long",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever the program did not foresee. The log has the same number."""
    error = sys.exc_info()[1]
    answer = store_page(request, error) if isinstance(error, Exception) else None
    if answer is not None:
        return answer
    log.error("a request failed", exc_info=error, extra={"request": getattr(request, "number", "")})
    return error_page(request, 500)


BUSY = "The practice's store is busy or cannot be written. Nothing was saved. Please send it again in a moment."
# How SQLite (by its words, as it has no other way) and PostgreSQL (by its codes) say that what they hold is damaged.
DAMAGED_SQLITE = ("malformed", "not a database")
DAMAGED_POSTGRESQL = ("XX001", "XX002")


def store_page(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """The page for a fault of the store (S-62), or None where the error is another."""
    told = {"request": getattr(request, "number", "")}
    if isinstance(error, TrailBroken):
        log.critical("the audit trail is broken, nothing is written", extra=told)
        return damaged_page(request, "audit trail")
    if not isinstance(error, (DatabaseError, InterfaceError)):
        return None
    said = str(error).lower()
    if any(word in said for word in DAMAGED_SQLITE) or getattr(error.__cause__, "sqlstate", "") in DAMAGED_POSTGRESQL:
        log.critical("the store is damaged, nothing is written", exc_info=error, extra=told)
        store.mark_damaged("reading the store")
        return damaged_page(request, "reading the store")
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("the store did not answer", exc_info=error, extra=told)
        return error_page(request, 503, BUSY, retry=5)
    return None


def damaged_page(request: HttpRequest, check: str) -> HttpResponse:
    """No more writing: which check has failed, and which backup is the newest (S-62)."""
    file = backup.newest()
    newest = f"The newest backup that was proven is {Path(file).name}." if file else "No proven backup is known."
    return error_page(
        request,
        503,
        f"The practice's store is damaged, so nothing is written any more. Nothing was saved. The check that "
        f"failed: {check}. {newest} Whoever looks after this installation should stop it and run palpate verify.",
    )
